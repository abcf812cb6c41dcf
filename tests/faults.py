"""An account behind the fault-injecting proxy, and what an audit of it may not say.

The proxy is no part of the project; the folder that holds it is in AUDITOR_SHARED_TOOLS.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import audits
from auditor.cli.demonstration import CONFIG
from auditor.cli.options import Options
from auditor.cli.setting_up import set_up
from auditor.demo import moto_gaps
from auditor.demo.account import Application, EmbeddedAccount
from auditor.job import plan_of

TOOLS = os.environ.get("AUDITOR_SHARED_TOOLS", "")
MARKS = [
    pytest.mark.network,
    pytest.mark.skipif(not TOOLS, reason="AUDITOR_SHARED_TOOLS names no folder with fault_proxy.py"),
    pytest.mark.filterwarnings("ignore"),
]

Results = Mapping[str, Any]
ACTIONS = [
    action for action in plan_of(set_up(Options(config=CONFIG()), demo=True).chosen).actions if action.service != "sts"
]


class Account:
    """An account behind the proxy, and audits of it in this process."""

    def __init__(self, server: Any, folder: Path) -> None:  # noqa: ANN401 - the proxy is not typed
        self.server = server
        self.folder = folder
        self.number = 0
        self.undisturbed: Results = {}
        self.called: frozenset[tuple[str, str]] = frozenset()
        """Services and operations that the undisturbed audit called."""

    def audit(
        self, *rules: Mapping[str, Any], config: Path | None = None, checks: tuple[str, ...] = ()
    ) -> tuple[int, Results]:
        """Exit status and results with these faults, of all checks or of some."""
        self.server.set_rules(list(rules))
        self.server.reset_counts()
        self.number += 1
        output = self.folder / str(self.number)
        options = Options(config=config or CONFIG(), output=output, format=("json",), check=checks, quiet=True)
        status = audits.run(options, None)
        return status, json.loads((output / "results.json").read_bytes())


def proxy() -> Any:  # noqa: ANN401 - the proxy is not typed
    spec = importlib.util.spec_from_file_location("fault_proxy", Path(TOOLS) / "fault_proxy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def served(folder: Path, *, ideal: bool) -> Iterator[Account]:
    with EmbeddedAccount(ideal=ideal) as embedded:
        state = embedded.state()
    moto_gaps.install()
    before = {name: os.environ.get(name) for name in os.environ if name.startswith("AWS_")}
    with proxy().FaultServer(upstream=Application(state)) as server:
        for name in before:
            del os.environ[name]
        os.environ |= {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        account = Account(server, folder)
        try:
            yield account
        finally:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ |= {name: value for name, value in before.items() if value is not None}
    moto_gaps.uninstall()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    for account in served(tmp_path_factory.mktemp("faulty"), ideal=False):
        status, account.undisturbed = account.audit()
        assert status == 1
        account.called = frozenset((row["service"], row["operation"]) for row in account.server.counts()["counts"])
        yield account


def verdicts(results: Results) -> dict[str, str]:
    return {finding["id"]: finding["status"] for finding in results["findings"]}


def dishonest(undisturbed: Results, disturbed: Results) -> list[str]:
    """Verdicts that a gap made better, or made vanish, or made up."""
    found = []
    asked = {check["id"] for check in disturbed["checks"]}
    after = {finding["id"]: finding for finding in disturbed["findings"]}
    unknown = {(f["check"], f["resource"]["region"]) for f in disturbed["findings"] if f["status"] == "unknown"}
    before = {finding["id"]: finding for finding in undisturbed["findings"] if finding["check"] in asked}
    for finding in before.values():
        now = after.get(finding["id"])
        place = finding["resource"]["region"]
        told = {(finding["check"], place), (finding["check"], "global")}
        told |= {one for one in unknown if one[0] == finding["check"]} if place == "global" else set()
        if now is None and not told & unknown:
            found.append(f"vanished: {finding['check']} {finding['resource']['arn']}")
        elif now is not None and now["status"] not in {finding["status"], "unknown"}:
            found.append(f"{finding['status']} became {now['status']}: {finding['check']} {finding['resource']['arn']}")
    found += [
        f"made up: {now['check']} {now['status']} {now['resource']['arn']}"
        for name, now in after.items()
        if name not in before and now["status"] != "unknown"
    ]
    was = {requirement["id"]: requirement["status"] for requirement in undisturbed["requirements"]}
    found += [
        f"{requirement['id']} became not applicable"
        for requirement in disturbed["requirements"]
        if requirement["status"] == "not_applicable" != was[requirement["id"]]
    ]
    return found
