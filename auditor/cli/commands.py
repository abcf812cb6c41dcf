"""The commands of interface.md. What is heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor import __version__
from auditor.cli import options as shared

_AUDIT = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor")
def auditor() -> None:
    """Audit live AWS accounts against documented requirements.

    What could not be seen is never a pass. Exit status: 0 all evaluated and nothing fails; 1 something fails;
    2 nothing was audited; 3 something is unknown; 4 a bug; 130, 143 interrupted.
    """


@auditor.command()
@shared.choosing
@shared.narrowing
@shared.reporting
@shared.comparing
@shared.sealing
@shared.telling
@shared.speaking
@click.option("--resume", type=_AUDIT, metavar="DIR", help="Continue an audit that was interrupted.")
def run(resume: Path | None, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Collect, evaluate, report: the main job."""
    from auditor.cli import audits

    return audits.run(shared.options(values), resume)


@auditor.command()
@shared.choosing
@shared.narrowing
@shared.sealing
@shared.speaking
@click.option("--output", type=_AUDIT, metavar="DIR", help="Folder of the snapshot.  [default: ./audit-TIMESTAMP]")
@click.option("--resume", type=_AUDIT, metavar="DIR", help="Continue a collection that was interrupted.")
def collect(resume: Path | None, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Make a snapshot only."""
    from auditor.cli import audits

    return audits.collect(shared.options(values), resume)


@auditor.command()
@click.argument("snapshot", type=_AUDIT)
@shared.choosing
@shared.reporting
@shared.comparing
@shared.sealing
@shared.speaking
def evaluate(snapshot: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Put checks to an existing snapshot or audit, offline: by default those that it was made for."""
    from auditor.cli import audits

    return audits.evaluate(snapshot, shared.options(values))


@auditor.command()
@click.argument("audit", type=_AUDIT)
@shared.reporting
@shared.telling
@shared.speaking
def report(audit: Path, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Render an existing audit again, in any format, `pdf` (with Chromium) among them; or send it."""
    from auditor.cli import audits

    return audits.report(audit, shared.options(values))


@auditor.command()
@click.argument("audit", type=_AUDIT)
@click.option("--key", type=_AUDIT, metavar="FILE", help="Public key (PEM) that must have signed it.")
@click.option(
    "--authorities", type=_AUDIT, metavar="FILE", help="Root certificates (PEM) that its timestamp must lead to."
)
@click.option("--chain", is_flag=True, help="Every earlier audit that the chain names must be there.")
@shared.speaking
def verify(
    audit: Path,
    key: Path | None,
    authorities: Path | None,
    chain: bool,  # noqa: FBT001 - click's value
    **values: Any,  # noqa: ANN401 - click's values
) -> int:
    """Check that an audit's files are as they were written; exit status 1 names what is not.

    Offline. AUDIT is an audit's folder or a bundle.
    """
    from auditor.cli import evidence

    return evidence.verify(audit, key, authorities, chain=chain, quiet=shared.options(values).quiet)


@auditor.command()
@click.argument("audit", type=_AUDIT)
@click.option("--output", type=_AUDIT, metavar="FILE", help="The bundle.  [default: AUDIT.zip]")
@shared.speaking
def bundle(audit: Path, output: Path | None, **values: Any) -> int:  # noqa: ANN401 - click's values
    """Put an audit into one archive to hand over: the same audit gives the same bytes."""
    from auditor.cli import evidence

    return evidence.bundle(audit, output, quiet=shared.options(values).quiet)


@auditor.command()
@click.argument("audit", type=_AUDIT)
@click.option(
    "--requirement", multiple=True, metavar="GLOB", help="Of these requirements (repeatable).  [default: all]"
)
@click.option("--status", multiple=True, metavar="STATUS", help="Only findings of this status (repeatable).")
@click.option("--size", type=click.IntRange(min=1), default=25, show_default=True, help="How many to draw.")
@click.option("--seed", required=True, metavar="TEXT", help="Whoever gives the same text draws the same.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def sample(audit: Path, requirement: tuple[str, ...], status: tuple[str, ...], size: int, seed: str, form: str) -> int:
    """Draw findings, passes too, for an auditor's own re-testing; anybody can draw them again."""
    from auditor.cli import evidence

    return evidence.sample(audit, requirement, status, size, seed, form)


@auditor.command()
@click.argument("snapshot", type=_AUDIT)
@click.argument("sql")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
def query(snapshot: Path, sql: str, form: str) -> int:
    """Put any question to the inventory: `auditor query AUDIT 'SELECT arn FROM ec2_vpcs'`."""
    from auditor.cli import queries

    return queries.query(snapshot, sql, form)


@auditor.command()
@click.argument("audit", type=_AUDIT)
@click.option("--baseline", type=_AUDIT, metavar="AUDIT", help="The earlier audit to compare with.")
@click.option(
    "--terraform-state", multiple=True, metavar="STATE", help="Terraform state: file, glob, s3:// (repeatable)."
)
@click.option("--pulumi-state", multiple=True, metavar="STATE", help="`pulumi stack export`: the same (repeatable).")
@click.option("--cloudformation", multiple=True, metavar="STACK", help="Stacks by name, globs allowed (repeatable).")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--output", type=_AUDIT, metavar="FILE", help="Write it to a file.  [default: standard output]")
@shared.speaking
def drift(
    audit: Path,
    baseline: Path | None,
    terraform_state: tuple[str, ...],
    pulumi_state: tuple[str, ...],
    cloudformation: tuple[str, ...],
    form: str,
    output: Path | None,
    **values: Any,  # noqa: ANN401 - click's values
) -> int:
    """Say what changed since an earlier audit, or what differs from the code.

    Exit status: 0 no drift; 1 something was added, removed or changed; 3 something could not be compared.
    """
    from auditor.cli import drifting

    asked = drifting.Asked(
        baseline=baseline, terraform=terraform_state, pulumi=pulumi_state, cloudformation=cloudformation
    )
    return drifting.drift(audit, asked, form, output, quiet=shared.options(values).quiet)


@auditor.command()
@click.argument("directory", type=_AUDIT, required=False, metavar="[DIR]")
@click.option("--history", "beside", type=_AUDIT, metavar="DIR", help="The same folder, as an option.")
@click.option("--standard", default="", metavar="NAME", help="Only audits against this standard.")
@click.option("--account", multiple=True, metavar="ID", help="Only audits that look at this account (repeatable).")
@click.option("--format", "form", type=click.Choice(["table", "json", "html"]), default="table", show_default=True)
@click.option("--output", type=_AUDIT, metavar="FILE", help="Write it to a file.  [default: standard output]")
@click.option("--no-index", is_flag=True, help="Read every audit anew; neither use nor write an index.")
@shared.speaking
def history(
    directory: Path | None,
    beside: Path | None,
    standard: str,
    account: tuple[str, ...],
    form: str,
    output: Path | None,
    no_index: bool,  # noqa: FBT001 - click's value
    **values: Any,  # noqa: ANN401 - click's values
) -> int:
    """Tell how the audits in DIR developed: score, new and resolved failures, their age.  [default: .]"""
    from auditor.cli import history as histories

    folder = histories.folder_of(directory, beside)
    quiet = shared.options(values).quiet
    return histories.history(folder, form, output, standard, account, with_index=not no_index, quiet=quiet)


@auditor.command()
@shared.choosing
@click.option("--caller", is_flag=True, help="What the caller needs besides, to reach the audited accounts.")
@click.option(
    "--format", "form", type=click.Choice(["json", "terraform", "cloudformation"]), default="json", show_default=True
)
def policy(caller: bool, form: str, **values: Any) -> int:  # noqa: ANN401, FBT001 - click's values
    """Print the least-privilege IAM policy for the chosen audit."""
    from auditor.cli import catalogue

    return catalogue.policy(shared.options(values), form, caller=caller)


@auditor.command()
@click.option("--ideal", is_flag=True, help="The deployments as the documents correct them.")
@click.option("--standard", default="", metavar="NAME", help="Standard to audit the embedded account against.")
@click.option("--requirement", multiple=True, metavar="GLOB", help="Only these requirements (repeatable).")
@click.option("--check", multiple=True, metavar="GLOB", help="Only these checks (repeatable).")
@shared.reporting
@shared.comparing
@shared.sealing
@shared.speaking
def demo(ideal: bool, **values: Any) -> int:  # noqa: ANN401, FBT001 - click's values
    """Audit an embedded AWS account with the documented faults built in: no credentials, no network."""
    from auditor.cli import audits

    return audits.demo(shared.options(values), ideal=ideal)


@auditor.group()
def checks() -> None:
    """The catalogue of checks."""


@checks.command("list")
@shared.choosing
def checks_list(**values: Any) -> int:  # noqa: ANN401 - click's values
    """List the checks."""
    from auditor.cli import catalogue

    return catalogue.list_checks(shared.options(values))


@checks.command("show")
@click.argument("name", metavar="ID")
@click.option("--config", type=_AUDIT, help="Configuration file, for checks of your own.")
def checks_show(name: str, config: Path | None) -> int:
    """Show one check: what it asks, and of which tables and API operations."""
    from auditor.cli import catalogue

    return catalogue.show_check(name, config)


@checks.command("test")
@click.argument("names", nargs=-1, metavar="[ID]...")
@click.option("--config", type=_AUDIT, help="Configuration file, for checks of your own.")
def checks_test(names: tuple[str, ...], config: Path | None) -> int:
    """Run checks' own cases."""
    from auditor.cli import catalogue

    return catalogue.test_checks(names, config)


@checks.command("new")
@click.argument("name", metavar="ID")
@click.option("--folder", type=_AUDIT, default=Path("our-checks"), show_default=True, help="Where to put it.")
def checks_new(name: str, folder: Path) -> int:
    """Write the skeleton of a check and its cases."""
    from auditor.cli import catalogue

    return catalogue.new_check(name, folder)


@auditor.group()
def standards() -> None:
    """The standards and what they demand."""


@standards.command("list")
def standards_list() -> int:
    """List the built-in standards."""
    from auditor.cli import catalogue

    return catalogue.list_standards()


@standards.command("show")
@click.argument("name")
def standards_show(name: str) -> int:
    """Show a standard's requirements, parameters and regions."""
    from auditor.cli import catalogue

    return catalogue.show_standard(name)
