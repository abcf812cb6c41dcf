"""What decides an audit: which checks, with which parameters, over what, and how a verdict is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from auditor.errors import SnapshotError
from auditor.model import Ignore, Role, Standard, Waiver
from auditor.snapshot.read import Snapshot
from auditor.snapshot.scope import ScopeRules

if TYPE_CHECKING:
    from auditor.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that decides what is asked and how it is judged; kept in the snapshot, so that it can be judged again."""

    standard: Standard
    requirements: tuple[str, ...]
    check_globs: tuple[str, ...]
    check_paths: tuple[str, ...]
    environment: str
    environment_suffix: str
    roles: Mapping[str, Role]
    scope: ScopeRules
    waivers: tuple[Waiver, ...]
    formats: tuple[str, ...]
    organization: str
    config_digest: str
    report_url: str = ""
    demo: bool = False
    terraform: tuple[str, ...] = ()
    """States to compare with: paths or s3:// addresses, globs allowed."""
    pulumi: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()
    """Names of stacks, globs allowed."""
    ignores: tuple[Ignore, ...] = ()
    who_changed: bool = False

    @property
    def placeholders(self) -> dict[str, str]:
        """What messages and SQL may name besides parameters."""
        return {"environment": self.environment, "environment_suffix": self.environment_suffix}

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps(dataclasses.asdict(self)))
        return plain

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> Settings:
        """From `to_json`; raises KeyError or TypeError where it is something else."""
        standard = plain["standard"]
        scope = plain["scope"]
        return Settings(
            **{
                **plain,
                "standard": Standard(
                    **{
                        **standard,
                        "recovery": tuple(standard["recovery"]),
                        "requirements": tuple(standard["requirements"]),
                    }
                ),
                "requirements": tuple(plain["requirements"]),
                "check_globs": tuple(plain["check_globs"]),
                "check_paths": tuple(plain["check_paths"]),
                "formats": tuple(plain["formats"]),
                "roles": {region: Role(role) for region, role in plain["roles"].items()},
                "scope": ScopeRules(
                    {key: tuple(values) for key, values in scope["tags"].items()},
                    tuple(scope["exclude"]),
                    scope["include_defaults"],
                ),
                "waivers": tuple(Waiver(**waiver) for waiver in plain["waivers"]),
                "ignores": tuple(Ignore(**rule) for rule in plain.get("ignores", ())),
                **{name: tuple(plain.get(name, ())) for name in ("terraform", "pulumi", "cloudformation")},
            }
        )


def settings_of_snapshot(snapshot: Snapshot) -> Settings:
    """What a snapshot was made for. Raises SnapshotError where it does not say."""
    try:
        return Settings.from_json(snapshot.document["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(
            f"{snapshot.folder} does not say what it was made for.", "Give --config or --standard."
        ) from error


def is_demo(snapshot: Snapshot) -> bool:
    """Whether the snapshot is of the embedded account: whatever is made of it says so."""
    return bool(snapshot.document.get("settings", {}).get("demo"))


def settings_of(config: Config, *, demo: bool = False) -> Settings:
    """The part of the configuration that decides verdicts."""
    return Settings(
        standard=config.standard,
        requirements=config.requirements,
        check_globs=config.check_globs,
        check_paths=tuple(str(path) for path in config.check_paths),
        environment=config.environment,
        environment_suffix=config.environment_suffix,
        roles={part.region: part.role for part in config.regions.explicit()},
        scope=ScopeRules(dict(config.scope.tags), config.scope.exclude, config.scope.include_defaults),
        waivers=config.waivers,
        formats=config.report.formats,
        organization=config.report.organization,
        config_digest=config.digest(),
        report_url=config.report.url,
        demo=demo,
        terraform=config.state.terraform,
        pulumi=config.state.pulumi,
        cloudformation=config.state.cloudformation,
        ignores=config.drift.ignores,
        who_changed=config.drift.who_changed,
    )
