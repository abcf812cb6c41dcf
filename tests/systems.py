"""The five documented systems, each served over HTTP from its own account, and audits of them in this process."""

from __future__ import annotations

import copy
import copyreg
import fnmatch
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from auditor.cli import audits
from auditor.cli.demonstration import CONFIG
from auditor.cli.options import Options
from auditor.cli.setting_up import set_up
from auditor.demo.account import Served, serve
from auditor.demo.moto_gaps.engine import DATE_HEADER
from auditor.demo.worlds import SYSTEMS
from auditor.engine.reads import check_reads

PRIMARY = "us-east-1"
MARKS = [pytest.mark.network, pytest.mark.filterwarnings("ignore")]
Results = Mapping[str, Any]


class System:
    """A documented system behind HTTP on the loopback interface."""

    def __init__(self, standard: str, served: Served, folder: Path) -> None:
        self.standard = standard
        self.touched: set[str] = set()
        """Services that have been called through `client`."""
        self._served = served
        self._folder = folder
        self._number = 0
        self._session = boto3.Session(aws_access_key_id="FOOBARKEY", aws_secret_access_key="FOOBARSECRET")
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        """A client of the system's account."""
        self.touched.add(service)
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(
                service, region_name=region, endpoint_url=self._served.url
            )
        return self._clients[service, region]

    def named(self, service: str, operation: str, items: str, name: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        """The item of a listing whose tag Name is `name`."""
        listed = getattr(self.client(service, region), operation)()[items]
        return next(item for item in listed if {"Key": "Name", "Value": name} in item.get("Tags", []))

    @contextmanager
    def changed(self) -> Iterator[None]:
        """What is done to the account in this context is undone afterwards."""
        application = self._served.application
        _let_parameters_be_copied()
        stores = {id(store): store for store in application.state}  # moto knows these by identity
        kept = copy.deepcopy(application.state, stores)
        self.touched.clear()
        try:
            yield
        finally:
            application.state = kept

    def audit(self, *checks: str) -> tuple[int, Results]:
        """Exit status and results of an audit against the system's own standard, with all its checks or some."""
        self._number += 1
        output = self._folder / f"{self.standard}-{self._number}"
        options = Options(
            config=CONFIG(), standard=self.standard, output=output, format=("json",), check=checks, quiet=True
        )
        status = audits.run(options, None)
        return status, json.loads((output / "results.json").read_bytes())

    def audit_of(self, requirement: str, *, widely: bool = False) -> Results:
        """The results of each check that serves a requirement; `widely`: or reads of a service that was touched.

        Checks of every kind of resource (tags and names) are left to the requirements that are about these.
        """
        touched = self.touched if widely else set()
        chosen = {
            name
            for name, (served, services, every_kind) in reads(self.standard).items()
            if requirement in served or (services & touched and (not every_kind or requirement.startswith("TAG")))
        }
        return self.audit(*sorted(chosen))[1]


@cache
def _let_parameters_be_copied() -> None:
    """moto's dict of Systems Manager's parameters cannot be copied as it is: its class wants to know whose it is."""
    from moto.ssm.models import ParameterDict

    def taken_apart(found: ParameterDict) -> Any:  # noqa: ANN401 - as `object.__reduce_ex__` has it
        return ParameterDict, (found.account_id, found.region_name), vars(found), None, iter(found.items())

    copyreg.pickle(ParameterDict, taken_apart)


@cache
def reads(standard: str) -> Mapping[str, tuple[tuple[str, ...], frozenset[str], bool]]:
    """Check -> the requirements that it serves, the services whose tables it reads, whether it is about every kind."""
    chosen = set_up(Options(config=CONFIG(), standard=standard), demo=True).chosen
    tables = chosen.shipped.catalogue.tables()
    return {
        check.id: (
            check.requirements,
            frozenset(tables[name].service for name in check_reads(check, chosen.shipped.engine_schema)),
            check.resource == "*",
        )
        for check in chosen.checks
    }


@contextmanager
def system(standard: str, folder: Path, *, ideal: bool) -> Iterator[System]:
    """Serve a system, and point the environment of this process at it."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with serve(ideal, worlds=(SYSTEMS[standard],)) as served:
        try:
            for name in before:
                del os.environ[name]
            os.environ.update(served.environment)
            yield System(standard, served, folder)
        finally:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ.update(before)


def serving(standard: str) -> Any:  # noqa: ANN401 - a fixture has no type of its own
    """The fixture `served`: the corrected system, for the tests of a module."""

    @pytest.fixture(scope="module", name="served")
    def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
        with system(standard, tmp_path_factory.mktemp(standard), ideal=True) as one:
            yield one

    return served


def ec2_id(system: System, kind: str, name: str, region: str = PRIMARY) -> str:
    """The id of a `Vpc`, `Subnet`, `RouteTable`, `NatGateway`, `TransitGateway` and so on by its tag Name."""
    return str(system.named("ec2", xform_name(f"Describe{kind}s"), f"{kind}s", name, region)[f"{kind}Id"])


@contextmanager
def days_ago(client: Any, days: float) -> Iterator[None]:  # noqa: ANN401 - boto3 is untyped
    """What the client does in this context was done that many days ago."""

    def date(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore is untyped
        request.headers[DATE_HEADER] = (datetime.now(UTC) - timedelta(days=days)).isoformat()

    client.meta.events.register("before-sign", date)
    yield
    client.meta.events.unregister("before-sign", date)


# ---------------------------------------------------------------------------------------- breaking one requirement

Change = Callable[[System], None]


@dataclass(frozen=True, slots=True)
class Break:
    """One change to a corrected system that breaks one requirement."""

    requirement: str
    check: str
    resource: str
    """The finding's resource: its name, or a glob over the end of its ARN."""
    change: Change
    also: tuple[str, ...] = ()
    """Requirements that cannot hold either after this change."""
    widely: bool = False
    """Whether everything is judged that reads of the services that were touched: one break of each requirement is."""

    @property
    def id(self) -> str:
        """The test's name."""
        return f"{self.requirement}-{self.change.__name__}"


class Breaks:
    """The changes that a system's tests make."""

    def __init__(self) -> None:
        self._registered: list[Break] = []

    @property
    def all(self) -> list[Break]:
        """Every change; of each requirement one is judged widely, which breaks nothing else if there is such a one."""
        chosen: dict[str, Break] = {}
        for one in sorted(self._registered, key=lambda one: bool(one.also)):
            chosen.setdefault(one.requirement, one)
        return [replace(one, widely=chosen[one.requirement] is one) for one in self._registered]

    def __call__(
        self, requirement: str, check: str, resource: str, *, also: tuple[str, ...] = ()
    ) -> Callable[[Change], Change]:
        """Register a function that makes one change to the corrected system."""

        def register(change: Change) -> Callable[[System], None]:
            self._registered.append(Break(requirement, check, resource, change, also))
            return change

        return register


class Variations:
    """Changes to a corrected system that a requirement takes no offence at."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(self, requirement: str) -> Callable[[Change], Change]:
        """Register a function that makes one change to the corrected system."""

        def register(change: Change) -> Change:
            self.all.append(pytest.param(requirement, change, id=f"{requirement}-{change.__name__}"))
            return change

        return register


def verdicts(results: Results) -> dict[str, str]:
    """Requirement -> status."""
    return {requirement["id"]: requirement["status"] for requirement in results["requirements"]}


def bad(results: Results) -> list[str]:
    """Findings that are neither a pass nor left out: status, check, resource, message; a line each."""
    found = [finding for finding in results["findings"] if finding["status"] in {"fail", "unknown"}]
    return [f"{f['status']} {f['check']} {f['resource']['region']} {_called(f)}: {f['message']}" for f in found]


def _called(finding: Mapping[str, Any]) -> str:
    resource = finding["resource"]
    return str(resource["name"] or resource["arn"])


def broken_alone(one: Break, system: System) -> None:
    """The change breaks the requirement, on the right resource, and nothing else."""
    with system.changed():
        one.change(system)
        results = system.audit_of(one.requirement, widely=one.widely)
    told = verdicts(results)
    expected = {one.requirement, *(one.also if one.widely else set(one.also) & set(told))}
    assert {name for name, verdict in told.items() if verdict == "fail"} == expected, bad(results)
    assert {name for name, verdict in told.items() if verdict == "unknown"} == set(), bad(results)
    names = [
        name
        for finding in results["findings"]
        if finding["check"] == one.check and finding["status"] == "fail"
        for name in (finding["resource"]["name"] or "", finding["resource"]["arn"])
    ]
    assert any(fnmatch.fnmatchcase(name, f"*{one.resource}") for name in names), bad(results)


def stays_satisfied(requirement: str, change: Change, system: System) -> None:
    """The requirement is judged, and passes, after the change."""
    with system.changed():
        change(system)
        results = system.audit_of(requirement)
    assert bad(results) == []
    assert verdicts(results)[requirement] == "pass"
