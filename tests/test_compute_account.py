"""What runs, and the audit trail, built in the embedded account: the ideal passes, and each fault fails where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds import compute, trail
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder, trusts_service
from auditor.demo.worlds.network import Plan, build_network
from tests.together import Fault, changes, judge, label, together

CONFIG = """
standard = "compute.toml"
environment = "production"
environment_suffix = "prod"
"""
STANDARD = f"""
[compute]
title = "What runs, and its trail"
primary = "{PRIMARY}"
recovery = []
requirements = ["CMP-05", "CMP-06", "CMP-08", "IAM-04", "IAM-07", "MON-05", "MON-06"]
"""

Verdicts = dict[tuple[str, str], tuple[str, str]]
"""(check, resource) -> (status, message)."""


class Site:
    """A region with what the requirements demand; `changes` are the faults."""

    def __init__(self) -> None:
        self.builder = Builder(boto3.Session(), project="payment", ideal=True, endpoint_url=None)
        self.key = self.builder.key(PRIMARY, "payment-prod")
        self.network = build_network(self.builder, Plan(PRIMARY, "payment", "10.0.0.0/16"))
        self.bucket = trail.build_bucket(self.builder, PRIMARY, "payment-audit-prod", self.key, "cloudtrail", "config")

    @property
    def subnets(self) -> tuple[str, ...]:
        """The private subnets, one a zone."""
        return tuple(self.network.private.values())

    def service(self, **changes: Any) -> None:  # noqa: ANN401 - a plan's fields
        """An ECS service, ideal but for the changes."""
        task, start = compute.build_task_roles(self.builder)
        groups = (self.network.groups["app"],) if "app" in self.network.groups else ()
        plan = compute.ServicePlan(PRIMARY, "payment-app-prod", self.subnets, groups, task, start)
        compute.build_service(self.builder, replace(plan, **changes))

    def cluster(self, **changes: Any) -> None:  # noqa: ANN401 - keyword arguments
        """An EKS cluster."""
        compute.build_eks_cluster(self.builder, PRIMARY, "payment-eks-prod", self.subnets, self.key, **changes)

    def cutover(self, *, gone: str = "", **changes: Any) -> None:  # noqa: ANN401 - keyword arguments
        """The cut-over with a function for each state; `gone` is a state whose function is deleted afterwards."""
        role = self.builder.role("payment-cutover-functions", trusts_service("lambda"))
        functions = {
            state: self.builder.function(PRIMARY, f"payment-{state.lower()}-prod", role)
            for state in compute.CUTOVER_STATES
        }
        compute.build_cutover(self.builder, PRIMARY, "payment-cutover-prod", functions, **changes)
        if gone:
            self.builder.client("lambda").delete_function(FunctionName=functions[gone])

    def trail(self, **changes: Any) -> None:  # noqa: ANN401 - a plan's fields
        """A trail, ideal but for the changes."""
        plan = trail.TrailPlan("payment-trail-prod", self.bucket, self.key)
        trail.build_trail(self.builder, replace(plan, **changes))

    def recorder(self, *, managed: bool = True, service: str = "config", **changes: Any) -> None:  # noqa: ANN401
        """AWS Config, ideal but for the changes."""
        role = trail.build_config_role(self.builder, managed=managed, service=service)
        trail.build_recorder(self.builder, PRIMARY, changes.pop("role", role), self.bucket, **changes)

    def parameters(self, *names: str) -> None:
        """Parameters below the prefix."""
        compute.build_parameters(self.builder, PRIMARY, dict.fromkeys(names or ("db/secret-arn", "log-level"), "x"))

    def everything(self, **changes: dict[str, Any]) -> None:
        """All of it, with changes of its parts by the name of the method."""
        for part in ("service", "cluster", "cutover", "trail", "recorder"):
            getattr(self, part)(**changes.get(part, {}))
        self.parameters(*changes.get("parameters", {}))

    def judged(self, folder: Path) -> Verdicts:
        """The verdicts of an audit."""
        (folder / "compute.toml").write_text(STANDARD)
        (folder / "config.toml").write_text(CONFIG)
        options = Options(config=folder / "config.toml", output=folder / "audit", format=("json",), quiet=True)
        audits.run(options, None)
        results = json.loads((folder / "audit" / "results.json").read_bytes())
        assert not results["collection"]["errors"]
        return {
            (f["check"], f["resource"]["name"] or f["resource"]["region"]): (f["status"], f["message"])
            for f in results["findings"]
        }


@pytest.fixture
def site() -> Iterator[Site]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield Site()


def test_the_ideal_passes(site: Site, tmp_path: Path) -> None:
    site.everything()
    verdicts = site.judged(tmp_path)
    assert {what: told for what, told in verdicts.items() if told[0] != "pass"} == {}
    assert {
        "config-recorder-off-or-incomplete",
        "config-recorder-role-missing-or-not-trusting-config",
        "database-secret-not-named-in-parameter-store",
        "ecs-service-in-one-zone",
        "ecs-service-role-missing-or-not-trusting-ecs",
        "ecs-service-short-of-tasks",
        "eks-cluster-not-active-or-unsupported",
        "eks-cluster-role-missing-or-not-trusting-eks",
        "function-role-missing-or-not-trusting-lambda",
        "no-sound-cutover-state-machine",
        "no-sound-trail-of-every-region",
        "role-unused-too-long",
        "state-machine-role-missing-or-not-trusting-states",
        "task-definition-role-missing-or-not-trusting-ecs",
    } == {check for check, _ in verdicts}


SERVICE, CLUSTER, MACHINE, TRAIL = "payment-app-prod", "payment-eks-prod", "payment-cutover-prod", "payment-trail-prod"
GONE = "arn:aws:iam::123456789012:role/gone"
PREFIX = "/payment/prod/"
CUTOVER, RECORDER = "no-sound-cutover-state-machine", "config-recorder-off-or-incomplete"
ALL = "no-sound-trail-of-every-region"
RECORDER_ROLE = "config-recorder-role-missing-or-not-trusting-config"
TASK_ROLES = (
    "task-definition-role-missing-or-not-trusting-ecs",
    "ecs-service-role-missing-or-not-trusting-ecs",
)


FAULTS: list[tuple[dict[str, Any], set[tuple[str, str]], str]] = [
    ({"service": {"starts": False}}, {("ecs-service-short-of-tasks", SERVICE)}, "runs 0 of 3 desired tasks"),
    ({"service": {"role": GONE}}, {(check, SERVICE) for check in TASK_ROLES}, "does not exist"),
    (
        {"cluster": {"version": "1.28"}},
        {("eks-cluster-not-active-or-unsupported", CLUSTER)},
        "1.28, which is unsupported",
    ),
    (
        {"cluster": {"role": GONE}},
        {("eks-cluster-role-missing-or-not-trusting-eks", CLUSTER)},
        "does not exist",
    ),
    ({"cutover": {"without": ("ValidateTargetHealth",)}}, {(CUTOVER, MACHINE)}, "no state ValidateTargetHealth"),
    ({"cutover": {"gone": "PerformTrafficSwitch"}}, {(CUTOVER, MACHINE)}, "which does not exist"),
    (
        {"cutover": {"service": "lambda"}},
        {("state-machine-role-missing-or-not-trusting-states", MACHINE)},
        "it must trust states.amazonaws.com",
    ),
    ({"trail": {"every_region": False}}, {(ALL, TRAIL)}, "records the region us-east-1 alone"),
    ({"trail": {"global_events": False, "every_region": False}}, {(ALL, TRAIL)}, "events of global services"),
    ({"trail": {"validated": False}}, {(ALL, TRAIL)}, "does not validate"),
    ({"trail": {"key": ""}}, {(ALL, TRAIL)}, "is not encrypted"),
    ({"trail": {"logging": False}}, {(ALL, TRAIL)}, "is not logging"),
    ({"trail": {"management": False}}, {(ALL, TRAIL)}, "records no management events"),
    ({"recorder": {"types": ("AWS::EC2::VPC",)}}, {(RECORDER, "default")}, "does not record all supported types"),
    ({"recorder": {"managed": False}}, {(RECORDER, "default")}, "nor has it service-role/AWS_ConfigRole"),
    ({"recorder": {"channel": False}}, {(RECORDER, "default")}, "there is no delivery channel"),
    ({"recorder": {"recording": False}}, {(RECORDER, "default")}, "is not recording"),
    ({"recorder": {"role": GONE}}, {(RECORDER, "default"), (RECORDER_ROLE, "default")}, "does not exist"),
    (
        {"recorder": {"service": "ec2"}},
        {(RECORDER, "default"), (RECORDER_ROLE, "default")},
        "it must trust config.amazonaws.com",
    ),
    (
        {"parameters": {"db/host": 1}},
        {("database-secret-not-named-in-parameter-store", PREFIX)},
        "none of which names the ARN",
    ),
]


@pytest.mark.parametrize("faults", together(FAULTS), ids=label)
def test_each_fault_fails_on_its_resource(site: Site, tmp_path: Path, faults: list[Fault]) -> None:
    site.everything(**changes(faults))
    judge(faults, {what: told for what, told in site.judged(tmp_path).items() if told[0] != "pass"})


def test_a_service_in_one_zone_fails(site: Site, tmp_path: Path) -> None:
    site.everything(service={"subnets": site.subnets[:1]})
    bad = {what for what, (status, _) in site.judged(tmp_path).items() if status == "fail"}
    assert bad == {("ecs-service-in-one-zone", SERVICE)}


def test_nothing_at_all_fails_where_something_must_exist(site: Site, tmp_path: Path) -> None:
    verdicts = site.judged(tmp_path)
    assert {what: status for what, (status, _) in verdicts.items()} == {
        (CUTOVER, "global"): "fail",
        (ALL, "global"): "fail",
        (RECORDER, PRIMARY): "fail",
        ("database-secret-not-named-in-parameter-store", PRIMARY): "fail",
    }


def test_an_old_role_that_nobody_uses_fails(site: Site, tmp_path: Path) -> None:
    with site.builder.days_ago(100):
        site.builder.role("payment-forgotten-prod", trusts_service("ec2"))
    site.builder.role("payment-new-prod", trusts_service("ec2"))
    verdicts = site.judged(tmp_path)
    assert verdicts["role-unused-too-long", "payment-forgotten-prod"][0] == "fail"
    assert verdicts["role-unused-too-long", "payment-new-prod"][0] == "pass"


def test_a_recorder_in_another_region_has_a_bucket_of_its_own(site: Site) -> None:
    made = trail.build_bucket(site.builder, RECOVERY, "payment-audit-dr-prod", site.key)
    trail.build_recorder(site.builder, RECOVERY, trail.build_config_role(site.builder), made, channel=False)
    found = site.builder.client("config", RECOVERY).describe_configuration_recorders()["ConfigurationRecorders"]
    assert [one["recordingGroup"]["includeGlobalResourceTypes"] for one in found] == [False]
