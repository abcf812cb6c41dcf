"""An account behind the fault-injecting proxy, and what an audit of it may not say.

The proxy is no part of the project; the folder that holds it is in AUDITOR_SHARED_TOOLS.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.demonstration import CONFIG
from auditor.cli.options import Options
from auditor.cli.setting_up import set_up
from auditor.demo import moto_gaps
from auditor.demo.account import Application, EmbeddedAccount
from auditor.demo.worlds import build
from auditor.demo.worlds.building import Builder
from auditor.demo.worlds.edge import upload_server_certificate
from auditor.job import plan_of
from auditor.model import Action

TOOLS = os.environ.get("AUDITOR_SHARED_TOOLS", "")
MARKS = [
    pytest.mark.network,
    pytest.mark.skipif(not TOOLS, reason="AUDITOR_SHARED_TOOLS names no folder with fault_proxy.py"),
    pytest.mark.filterwarnings("ignore"),
]

Results = Mapping[str, Any]
EVERYTHING = Path(__file__).parent / "data" / "everything" / "config.toml"


def actions(config: Path) -> list[Action]:
    """What an audit of this configuration may call, the question who one is apart."""
    plan = plan_of(set_up(Options(config=config), demo=True).chosen)
    return [action for action in plan.actions if action.service != "sts"]


class Account:
    """An account behind the proxy, and audits of it in this process."""

    def __init__(self, server: Any, folder: Path, config: Path) -> None:  # noqa: ANN401 - the proxy is not typed
        self.server = server
        self.folder = folder
        self.config = config
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
        options = Options(config=config or self.config, output=output, format=("json",), check=checks, quiet=True)
        status = audits.run(options, None)
        return status, json.loads((output / "results.json").read_bytes())


def proxy() -> Any:  # noqa: ANN401 - the proxy is not typed
    spec = importlib.util.spec_from_file_location("fault_proxy", Path(TOOLS) / "fault_proxy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(folder: Path, config: Path, builds: Callable[[boto3.Session], None]) -> Iterator[Account]:
    """An account behind the proxy, after an undisturbed audit."""
    with EmbeddedAccount(worlds=()) as embedded:
        builds(boto3.Session(region_name="us-east-1"))
        state = embedded.state()
    moto_gaps.install()
    before = {name: os.environ.get(name) for name in os.environ if name.startswith("AWS_")}
    with proxy().FaultServer(upstream=Application(state)) as server:
        server.srv.socket.listen(128)  # an audit opens dozens of connections at once
        for name in before:
            del os.environ[name]
        os.environ |= {
            "AWS_ENDPOINT_URL": server.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        account = Account(server, folder, config)
        try:
            status, account.undisturbed = account.audit()
            assert status == 1
            account.called = frozenset((row["service"], row["operation"]) for row in account.server.counts()["counts"])
            yield account
        finally:
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ |= {name: value for name, value in before.items() if value is not None}
    moto_gaps.uninstall()


def build_demo(session: boto3.Session) -> None:
    """What the demo shows, with its faults."""
    build(session)


def build_everything(session: boto3.Session) -> None:
    """All documented systems, two of them with their faults, and what is needed for every operation to be called."""
    build(session, ideal=True, worlds=("exchange", "payment", "trading"))
    build(session, worlds=("failover", "transactions"))
    ec2, ecs, eks, iam = (session.client(name) for name in ("ec2", "ecs", "eks", "iam"))
    entries = [{"Cidr": "10.0.0.0/8"}]
    ec2.create_managed_prefix_list(PrefixListName="own", MaxEntries=1, AddressFamily="IPv4", Entries=entries)
    cluster = ecs.list_clusters()["clusterArns"][0]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=json.dumps({"instanceId": instance}))
    role = iam.list_roles()["Roles"][0]["Arn"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    eks.create_nodegroup(
        clusterName=eks.list_clusters()["clusters"][0], nodegroupName="own", subnets=[subnet], nodeRole=role
    )
    upload_server_certificate(Builder(session, project="own", ideal=True, endpoint_url=None), "own")
    session.client("scheduler").create_schedule_group(Name="own")
    session.client("scheduler").create_schedule(
        Name="own",
        GroupName="own",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:us-east-1:123456789012:function:own", "RoleArn": role},
    )
    trail = session.client("cloudtrail").list_trails()["Trails"][0]
    session.client("cloudtrail", region_name=trail["HomeRegion"]).put_event_selectors(
        TrailName=trail["TrailARN"], EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    )


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The demo's account, audited as the demo is."""
    with served(tmp_path_factory.mktemp("faulty"), CONFIG(), build_demo) as account:
        yield account


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account in which every operation is called, audited against every requirement."""
    with served(tmp_path_factory.mktemp("everything"), EVERYTHING, build_everything) as account:
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
        if place == "global" or finding["status"] == "unknown":
            told |= {one for one in unknown if one[0] == finding["check"]}
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
