"""The outputs of states (DRF-04): those that are required are there, and what they name is live. Pure.

What an output names is found in its text: ARNs, ids of AWS's own form (`vpc-0a1b…`), and DNS names that AWS gives out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.drift.code.live import Live, Table
from auditor.drift.code.model import OutputFinding, State, Verdict
from auditor.drift.code.paths import dns_name
from auditor.drift.model import Subject, Unknown

NOT_LOOKED_FOR, WITHHELD = "NotLookedFor", "Withheld"

ID_TABLES: Mapping[str, str] = {
    "acl": "ec2_network_acls",
    "eipalloc": "ec2_addresses",
    "eni": "ec2_network_interfaces",
    "fl": "ec2_flow_logs",
    "i": "ec2_instances",
    "igw": "ec2_internet_gateways",
    "lt": "ec2_launch_templates",
    "nat": "ec2_nat_gateways",
    "pcx": "ec2_vpc_peering_connections",
    "pl": "ec2_managed_prefix_lists",
    "rtb": "ec2_route_tables",
    "sg": "ec2_security_groups",
    "subnet": "ec2_subnets",
    "tgw": "ec2_transit_gateways",
    "tgw-attach": "ec2_transit_gateway_attachments",
    "tgw-rtb": "ec2_transit_gateway_route_tables",
    "vpc": "ec2_vpcs",
    "vpce": "ec2_vpc_endpoints",
}
"""Prefix of an id -> the table that has it.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
"""
ARN_TABLES: Sequence[tuple[str, str]] = (
    (r"acm:[^:]*:\d*:certificate/", "acm_certificates"),
    (r"backup:[^:]*:\d*:backup-plan:", "backup_plans"),
    (r"backup:[^:]*:\d*:backup-vault:", "backup_vaults"),
    (r"cloudformation:[^:]*:\d*:stack/", "cloudformation_stacks"),
    (r"cloudtrail:[^:]*:\d*:trail/", "cloudtrail_trails"),
    (r"cloudwatch:[^:]*:\d*:alarm:", "cloudwatch_alarms"),
    (r"cloudwatch::\d*:dashboard/", "cloudwatch_dashboards"),
    (r"dynamodb:[^:]*:\d*:table/[^/]+$", "dynamodb_tables"),
    *((rf"ec2:[^:]*:\d*:[\w-]+/{prefix}-[0-9a-f]+$", table) for prefix, table in ID_TABLES.items()),
    (r"ecs:[^:]*:\d*:cluster/", "ecs_clusters"),
    (r"ecs:[^:]*:\d*:service/", "ecs_services"),
    (r"ecs:[^:]*:\d*:task-definition/", "ecs_task_definition_revisions"),
    (r"eks:[^:]*:\d*:cluster/", "eks_clusters"),
    (r"eks:[^:]*:\d*:nodegroup/", "eks_nodegroups"),
    (r"elasticloadbalancing:[^:]*:\d*:listener-rule/", "elbv2_rules"),
    (r"elasticloadbalancing:[^:]*:\d*:listener/", "elbv2_listeners"),
    (r"elasticloadbalancing:[^:]*:\d*:loadbalancer/(app|net|gwy)/", "elbv2_load_balancers"),
    (r"elasticloadbalancing:[^:]*:\d*:targetgroup/", "elbv2_target_groups"),
    (r"events:[^:]*:\d*:event-bus/", "events_buses"),
    (r"events:[^:]*:\d*:rule/", "events_rules"),
    (r"globalaccelerator::\d*:accelerator/[^/]+$", "globalaccelerator_accelerators"),
    (r"iam::\d*:group/", "iam_groups"),
    (r"iam::\d*:instance-profile/", "iam_instance_profiles"),
    (r"iam::\d*:policy/", "iam_policies"),
    (r"iam::\d*:role/", "iam_roles"),
    (r"iam::\d*:user/", "iam_users"),
    (r"kms:[^:]*:\d*:alias/", "kms_aliases"),
    (r"kms:[^:]*:\d*:key/", "kms_keys"),
    (r"lambda:[^:]*:\d*:function:[^:]+$", "lambda_functions"),
    (r"logs:[^:]*:\d*:log-group:", "logs_log_groups"),
    (r"rds:[^:]*:\d*:cluster:", "rds_clusters"),
    (r"rds::\d*:global-cluster:", "rds_global_clusters"),
    (r"rds:[^:]*:\d*:db:", "rds_instances"),
    (r"rds:[^:]*:\d*:db-proxy:", "rds_proxies"),
    (r"rds:[^:]*:\d*:subgrp:", "rds_subnet_groups"),
    (r"s3:::[^/]+$", "s3_buckets"),
    (r"scheduler:[^:]*:\d*:schedule/", "scheduler_schedules"),
    (r"secretsmanager:[^:]*:\d*:secret:", "secretsmanager_secrets"),
    (r"sns:[^:]*:\d*:[^:]+$", "sns_topics"),
    (r"ssm:[^:]*:\d*:parameter/", "ssm_parameters"),
    (r"states:[^:]*:\d*:stateMachine:", "stepfunctions_state_machines"),
    (r"route53:::hostedzone/", "route53_hosted_zones"),
    (r"route53:::healthcheck/", "route53_health_checks"),
)
"""What follows `arn:aws:` -> the table that has it.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""
DNS_TABLES: Sequence[tuple[str, str]] = (
    (r"\.elb\.(?:[\w-]+\.)?amazonaws\.com$", "elbv2_load_balancers"),
    (r"\.cluster-(?:ro-)?\w+\.[\w-]+\.rds\.amazonaws\.com$", "rds_clusters"),
    (r"\.proxy-\w+\.[\w-]+\.rds\.amazonaws\.com$", "rds_proxies"),
    (r"\.global-\w+\.global\.rds\.amazonaws\.com$", "rds_global_clusters"),
    (r"\.\w+\.[\w-]+\.rds\.amazonaws\.com$", "rds_instances"),
    (r"\.awsglobalaccelerator\.com$", "globalaccelerator_accelerators"),
    (r"\.[\w-]+\.eks\.amazonaws\.com$", "eks_clusters"),
    (r"\.vpce\.amazonaws\.com$", "ec2_vpc_endpoints"),
    (r"\.s3(?:[.-][\w-]+)?\.amazonaws\.com$", "s3_buckets"),
)
"""The end of a DNS name -> the table whose rows have it."""
_ADDRESSES = ("DNSName", "DnsName", "Endpoint", "ReaderEndpoint", "endpoint", "DualStackDnsName")

_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:[^\s\"',;\]})]+")
_ID = re.compile(
    rf"(?<![\w/-])({'|'.join(sorted(ID_TABLES, key=len, reverse=True))})-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?(?![\w-])"
)
_DNS = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)+(?:amazonaws\.com(?:\.cn)?|awsglobalaccelerator\.com)(?![\w-])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """Something in an output that ought to be live."""

    text: str
    table: str
    """Empty: no table has such a thing."""


def named(value: Any) -> list[Named]:  # noqa: ANN401 - any JSON
    """Every id, ARN and endpoint in an output's value, sorted, each once."""
    return sorted({found for text in _texts(value) for found in _in_text(text)})


def tables_of(states: Iterable[State]) -> frozenset[str]:
    """The tables in which what outputs name is looked for."""
    return frozenset(
        one.table for state in states for output in state.outputs for one in named(output.value) if one.table
    )


def check_outputs(states: Sequence[State], required: Sequence[str], live: Live) -> tuple[OutputFinding, ...]:
    """The required outputs of all states together, and everything that any output names. Sorted."""
    names = {table: _Names(Table(live, table)) for table in tables_of(states) if table in live.rules}
    found = [*_required(states, required)]
    for state in states:
        places = {one.id: (one.account, one.region) for one in state.resources if one.id}
        for output in state.outputs:
            if output.withheld:
                unknown = Unknown(_nowhere(), "", WITHHELD, "a secret output is neither kept nor followed")
                found.append(_finding(state, output.name, "", None, Verdict.UNKNOWN, unknown))
            for one in named(output.value):
                place = places.get(one.text) or _place(one.text)
                found.append(_follow(state, output.name, one, names.get(one.table), place))
    return tuple(sorted(found, key=lambda one: (one.tool, one.state, one.name, one.names)))


def _required(states: Sequence[State], required: Sequence[str]) -> Iterator[OutputFinding]:
    given: dict[str, State] = {}
    for state in states:
        for output in state.outputs:
            if output.withheld or output.value not in (None, "", [], {}, False):
                given.setdefault(output.name, state)
    for name in required:
        if name in given:
            yield _finding(given[name], name, "", None, Verdict.DEPLOYED)
        else:
            yield OutputFinding(state="", tool=states[0].tool, name=name, verdict=Verdict.MISSING)


def _follow(state: State, output: str, one: Named, names: _Names | None, place: tuple[str, str]) -> OutputFinding:
    """Where something that an output names leads; `place`: the account and region in which it ought to be."""
    if names is None:
        unknown = Unknown(_nowhere(), "", NOT_LOOKED_FOR, f"{one.text} is of a kind that is not looked for")
        return _finding(state, output, one.text, None, Verdict.UNKNOWN, unknown)
    subject = names.find(one.text)
    if subject is not None:
        return _finding(state, output, one.text, subject, Verdict.DEPLOYED)
    if hidden := names.table.hidden(*place):
        return _finding(state, output, one.text, hidden[0].subject, Verdict.UNKNOWN, hidden[0])
    return _finding(state, output, one.text, None, Verdict.MISSING)


def _finding(
    state: State, name: str, names: str, subject: Subject | None, verdict: Verdict, unknown: Unknown | None = None
) -> OutputFinding:
    return OutputFinding(
        state=state.name, tool=state.tool, name=name, names=names, subject=subject, verdict=verdict, unknown=unknown
    )


class _Names:
    """What the rows of a table are called: ARN, key, name where it is unique, DNS names."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows: dict[str, int] = {}
        for number, subject in table.rows():
            row = table.row(number)
            for name in _names(row, table.rules.table.key):
                self._rows.setdefault(name, number)
            self._rows.setdefault(_plain_arn(subject.arn), number)

    def find(self, text: str) -> Subject | None:
        """The row that an output's text names."""
        number = self._rows.get(_plain_arn(text) if text.startswith("arn:") else dns_name(text))
        return self.table.subjects[number] if number is not None else None


def _names(row: Mapping[str, Any], key: Iterable[str]) -> Iterator[str]:
    for column in key:
        if isinstance(row.get(column), str):
            yield row[column]
    for column in _ADDRESSES:
        value = row.get(column)
        address = value.get("Address") if isinstance(value, Mapping) else value
        if isinstance(address, str):
            yield dns_name(address.removeprefix("https://"))
    for entry in row.get("DnsEntries") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get("DnsName"), str):
            yield dns_name(entry["DnsName"])
    if row["type"] == "AWS::S3::Bucket":
        yield from (f"{row['name']}.s3.amazonaws.com", f"{row['name']}.s3.{row.get('BucketRegion')}.amazonaws.com")


def _plain_arn(arn: str) -> str:
    """A log group's ARN without the `:*` that AWS gives with it."""
    return arn.removesuffix(":*")


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _in_text(text: str) -> Iterator[Named]:
    for arn in _ARN.findall(text):
        yield Named(arn, _table(arn.split(":", 2)[2], ARN_TABLES, re.match))
    rest = _ARN.sub(" ", text)
    for match in _ID.finditer(rest):
        yield Named(match[0], ID_TABLES[match[1]])
    for match in _DNS.finditer(rest):
        table = _table(dns_name(match[0]), DNS_TABLES, re.search)
        if table:
            yield Named(match[0], table)


def _table(text: str, tables: Sequence[tuple[str, str]], matches: Any) -> str:  # noqa: ANN401 - re.match or re.search
    return next((table for pattern, table in tables if matches(pattern, text)), "")


def _place(text: str) -> tuple[str, str]:
    parts = text.split(":")
    known = len(parts) > 5 and parts[0] == "arn"  # noqa: PLR2004 - arn:partition:service:region:account:resource
    return (parts[4], parts[3]) if known else ("", "")


def _nowhere() -> Subject:
    return Subject("", "", "", "", "")
