"""Forms that a declaration may take beyond a plain listing: plain text, nested batches, times, examined text."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from auditor.collectors.catalogue import DeclaredCatalogue, paging_rules
from auditor.collectors.collect import Collection
from auditor.collectors.interfaces import Target
from auditor.collectors.lint import declaration_problems
from auditor.collectors.plan import make_plan
from auditor.collectors.session import AwsSession
from auditor.model import Account, Detail, Examine, Read, Table
from auditor.snapshot.staging import Staging
from tests.test_collecting import ACCOUNT, REGION, Collected, Script

ARN = "arn:aws:ecs:us-east-1:111122223333:cluster/"
CLUSTERS = Table(
    name="ecs_clusters",
    description="Clusters.",
    service="ecs",
    operation="ListClusters",
    items="clusterArns",
    value_as="clusterArn",
    type="AWS::ECS::Cluster",
    arn="{clusterArn}",
    key=("clusterArn",),
    name_from="tail(clusterArn)",
    page_size=100,
    details=(
        Detail(
            operation="DescribeClusters",
            params={"clusters": ["$clusterArn"], "include": ["TAGS"]},
            columns={"*": "", "tags": "tags"},
            omit=("settings",),
            batch=100,
            batch_items="clusters",
            batch_key="clusterArn",
            always=True,
        ),
    ),
)
INSTANCES = Table(
    name="ec2_instances",
    description="Instances.",
    service="ec2",
    operation="DescribeInstances",
    items="Reservations[].Instances[]",
    type="AWS::EC2::Instance",
    arn="arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
    key=("InstanceId",),
    tags="Tags",
    page_size=1000,
    details=(
        Detail(
            operation="DescribeImages",
            params={"Filters": [{"Name": "image-id", "Values": ["$ImageId"]}], "IncludeDeprecated": True},
            columns={"ImageState": "State"},
            batch=200,
            batch_items="Images",
            batch_key="ImageId",
            partial=True,
        ),
    ),
)
ACCELERATORS = Table(
    name="globalaccelerator_accelerators",
    description="Accelerators.",
    service="globalaccelerator",
    operation="ListAccelerators",
    items="Accelerators",
    type="AWS::GlobalAccelerator::Accelerator",
    arn="{AcceleratorArn}",
    key=("AcceleratorArn",),
    name_from="Name",
    taggable=False,
    is_global=True,
    home="us-west-2",
)
METRICS = Table(
    name="cloudwatch_statistics",
    description="Statistics.",
    service="cloudwatch",
    operation="GetMetricStatistics",
    items="Datapoints",
    params={
        "Namespace": "AWS/RDS",
        "MetricName": "CPUUtilization",
        "StartTime": "$now-2h",
        "EndTime": "$now",
        "Period": 60,
        "Statistics": ["Maximum"],
    },
    type="AWS::CloudWatch::MetricStatistics",
    arn="arn:{partition}:cloudwatch:{region}:{account}:statistics/{Timestamp}",
    key=("Timestamp",),
    taggable=False,
)
FUNCTIONS = Table(
    name="lambda_functions",
    description="Functions.",
    service="lambda",
    operation="ListFunctions",
    items="Functions",
    type="AWS::Lambda::Function",
    arn="{FunctionArn}",
    key=("FunctionArn",),
    taggable=False,
    omit=("Environment",),
    examine={"Credentials": Examine("Environment.Variables || `{}`", "pairs")},
)


def catalogue(*tables: Table) -> DeclaredCatalogue:
    return DeclaredCatalogue({table.name: table for table in tables})


def collected(folder: Path, session: Script, table: Table) -> Collected:
    declared = catalogue(table)
    staging = Staging(folder)
    target = Target(Account(ACCOUNT, "", (REGION,)), cast("AwsSession", session))
    plan = make_plan(declared, [Read(table.name, frozenset({"*"}))])
    try:
        Collection(declared, plan, staging, threads=4).run([target], lambda _progress: None)
    finally:
        staging.close()
    return Collected(staging)


@pytest.mark.parametrize("table", [CLUSTERS, INSTANCES, ACCELERATORS, METRICS, FUNCTIONS], ids=lambda t: t.name)
def test_lint_takes_these_forms(table: Table) -> None:
    of_its_list = "is not on the reviewed list"  # which names what the shipped declarations call
    assert [told for told in declaration_problems(catalogue(table)) if of_its_list not in told] == []


def test_a_listing_of_plain_text_becomes_rows_that_a_batch_completes(tmp_path: Path) -> None:
    def described(params: Mapping[str, Any]) -> dict[str, Any]:
        tags = [{"key": "Environment", "value": "production"}]
        return {
            "clusters": [
                {"clusterArn": arn, "status": "ACTIVE", "settings": [{"name": "x", "value": "y"}], "tags": tags}
                for arn in reversed(params["clusters"])
            ]
        }

    session = Script(list_clusters={"clusterArns": [f"{ARN}a", f"{ARN}b"]}, describe_clusters=described)
    found = collected(tmp_path, session, CLUSTERS)
    rows = {row["name"]: row for row in found.rows("ecs_clusters")}
    assert sorted(rows) == ["a", "b"]
    assert (rows["a"]["arn"], rows["a"]["status"]) == (f"{ARN}a", "ACTIVE")
    assert rows["a"]["tags"] == {"Environment": "production"}
    assert "settings" not in rows["a"]
    assert session.calls("describe_clusters") == [{"clusters": [f"{ARN}a", f"{ARN}b"], "include": ["TAGS"]}]
    assert found.gaps == []


def test_a_batch_in_a_filter_asks_once_for_equal_values_and_may_leave_rows_out(tmp_path: Path) -> None:
    images = ("ami-1", "ami-2", "ami-1")
    instances = [{"InstanceId": f"i-{number}", "ImageId": image} for number, image in enumerate(images)]
    session = Script(
        describe_instances={"Reservations": [{"Instances": instances[:1]}, {"Instances": instances[1:]}]},
        describe_images={"Images": [{"ImageId": "ami-1", "State": "available"}]},
    )
    found = collected(tmp_path, session, INSTANCES)
    states = {row["InstanceId"]: row["ImageState"] for row in found.rows("ec2_instances")}
    assert states == {"i-0": "available", "i-1": None, "i-2": "available"}
    [asked] = session.calls("describe_images")
    assert asked["Filters"] == [{"Name": "image-id", "Values": ["ami-1", "ami-2"]}]
    assert found.gaps == []


def test_a_global_service_is_asked_in_its_home_region(tmp_path: Path) -> None:
    session = Script(list_accelerators={"Accelerators": [{"AcceleratorArn": "arn:aws:globalaccelerator::1:a/1"}]})
    found = collected(tmp_path, session, ACCELERATORS)
    assert [row["region"] for row in found.rows("globalaccelerator_accelerators")] == ["global"]
    assert {region for _, region, _ in session.asked} == {"us-west-2"}


def test_times_are_those_of_the_call(tmp_path: Path) -> None:
    session = Script(get_metric_statistics={"Datapoints": []})
    collected(tmp_path, session, METRICS)
    [asked] = session.calls("get_metric_statistics")
    assert asked["EndTime"] - asked["StartTime"] == pytest.approx(
        datetime.timedelta(hours=2), abs=datetime.timedelta(seconds=5)
    )
    assert abs(datetime.datetime.now(datetime.UTC) - asked["EndTime"]) < datetime.timedelta(minutes=1)
    assert asked["Statistics"] == ["Maximum"]


def test_an_operation_with_tokens_is_paged_though_botocore_has_no_paginator_for_it() -> None:
    rules = paging_rules("events", "ListEventBuses")
    assert rules == {
        "input_token": "NextToken",
        "output_token": "NextToken",
        "result_key": ["EventBuses"],
        "limit_key": "Limit",
    }
    assert paging_rules("kms", "DescribeKey") is None


# ---------------------------------------------------------------------------------------------- examined text

PASSWORD = "MySecurePassword123!"


def test_of_examined_text_place_reason_and_fingerprint_are_kept_and_never_the_value(tmp_path: Path) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
    variables = {"DB_PASSWORD": PASSWORD, "AGAIN_PASSWORD": PASSWORD, "STAGE": "prod"}
    listed = [
        {"FunctionArn": f"{arn}a", "Environment": {"Variables": variables}},
        {"FunctionArn": f"{arn}b", "Environment": {"Variables": {"SECRET_ARN": "arn:aws:secretsmanager:x:1:secret:y"}}},
        {"FunctionArn": f"{arn}c"},
    ]
    found = collected(tmp_path, Script(list_functions={"Functions": listed}), FUNCTIONS)
    kept = {row["arn"].rsplit(":")[-1]: row["Credentials"] for row in found.rows("lambda_functions")}
    assert [one["place"] for one in kept["a"]] == ["AGAIN_PASSWORD", "DB_PASSWORD"]
    assert len({one["fingerprint"] for one in kept["a"]}) == 1
    assert (kept["b"], kept["c"]) == ([], [])
    on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"DB_PASSWORD" in on_disk
    assert PASSWORD.encode() not in on_disk


def row(table: str, operation: str, service: str, items: str, examine: Examine, item: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a small table
    declared = Table(
        name=table,
        description="Anything.",
        service=service,
        operation=operation,
        items=items,
        type="AWS::X::Y",
        arn="arn:aws:x",
        key=("arn",),
        taggable=False,
        examine={"Found": examine},
    )
    return catalogue(declared).row(table, item, ACCOUNT, REGION)["Found"]


def test_user_data_is_decoded_and_unpacked_before_it_is_read() -> None:
    detail = Examine("Description", "user_data")
    script = f"#!/bin/sh\nmysql -u app --password={PASSWORD}\n".encode()
    for raw in (script, gzip.compress(script)):
        text = base64.b64encode(raw).decode()
        found = row("ec2_images", "DescribeImages", "ec2", "Images", detail, {"Description": text})
        assert len(found) == 1
        assert found[0]["place"] == "line 2"
        assert PASSWORD not in json.dumps(found)


def test_containers_stacks_and_parameters_are_read_in_all_their_parts() -> None:
    containers = [
        {
            "name": "app",
            "environment": [{"name": "API_KEY", "value": PASSWORD}],
            "command": ["sh", "-c", f"psql postgresql://app:{PASSWORD}@db/x"],
            "dockerLabels": {"db.password": PASSWORD},
        },
        {"name": "sidecar", "secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:ssm:x:1:parameter/y"}]},
    ]
    found = row("ec2_images", "DescribeImages", "ec2", "Images", Examine("Tags", "containers"), {"Tags": containers})
    assert [one["place"].split(":")[0] for one in found] == ["container app"] * 3
    stack = {
        "Parameters": [{"ParameterKey": "DbPassword", "ParameterValue": PASSWORD}, {"ParameterKey": "Stage"}],
        "Outputs": [{"OutputKey": "AdminPassword", "OutputValue": PASSWORD}],
    }
    examine = Examine("{Parameters: Parameters, Outputs: Outputs}", "stack")
    found = row("cloudformation_stacks", "DescribeStacks", "cloudformation", "Stacks", examine, stack)
    assert sorted(one["place"].split(" ")[0].rstrip(":") for one in found) == ["output", "parameter"]
    parameter = {"Name": "/payment/prod/db-password", "Type": "String"}
    examine = Examine("@", "parameter")
    plain = row("ssm_parameters", "DescribeParameters", "ssm", "Parameters", examine, parameter)
    assert [(one["place"], one["fingerprint"]) for one in plain] == [("/payment/prod/db-password", "")]
    secure = parameter | {"Type": "SecureString"}
    assert row("ssm_parameters", "DescribeParameters", "ssm", "Parameters", examine, secure) == []
