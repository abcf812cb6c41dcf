"""Sample comparisons for `drift.code` and `drift.resources` of `results.json`, in the form of `drift/document.py`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Document = dict[str, Any]

ACCOUNT, OTHER = "111122223333", "444455556666"
EAST, WEST = "us-east-1", "us-west-2"
LISTS = ("added", "removed", "changed", "unknown", "ignored")
_NETWORK, _STACK, _QUEUE = "s3://states/trading/network.tfstate", "stack.json", "trading-queue"
_FIXED = frozenset({"tool", "standing", "verdict", "expires", "time", "since", "started_at"})
"""Keys whose values the schema limits: words of the tool's own, and times."""


def subject(
    kind: str, table: str, name: str, *, account: str = ACCOUNT, region: str = EAST, tail: str = ""
) -> Document:
    """A resource as comparisons name it."""
    service = table.partition("_")[0]
    place = "" if region == "global" else region
    arn = f"arn:aws:{service}:{place}:{account}:{tail or name}"
    return {"table": table, "type": kind, "arn": arn, "account": account, "region": region, "name": name}


def place(table: str, action: str, *, account: str = ACCOUNT, region: str = EAST) -> Document:
    """An account and region in which a table could not be listed."""
    service = action.partition(":")[0]
    kind = "AWS::Account" if region == "global" else "AWS::Region"
    about = {"table": table, "type": kind, "arn": f"arn:aws:{service}:{region}:{account}:*"}
    return about | {"account": account, "region": region, "name": None}


def why(action: str, code: str, reason: str, *columns: str) -> Document:
    """Why something could not be compared."""
    return {"action": action, "code": code, "reason": reason, "columns": list(columns)}


def claim(
    address: str, kind: str, state: str = _NETWORK, tool: str = "terraform", standing: str = "managed"
) -> Document:
    """A declared resource as a state has it."""
    return {"tool": tool, "state": state, "address": address, "kind": kind, "standing": standing}


def field(path: str, old: object, new: object) -> Document:
    """A field that differs."""
    return {"path": path, "old": old, "new": new}


def _with_summary(part: Document) -> Document:
    return {**part, "summary": {name: len(part[name]) for name in LISTS}}


def _rules(matched: Iterable[int]) -> list[Document]:
    """One rule in force, one for a single attribute, one that expired, one that matches nothing here."""
    about: list[tuple[str, str | None, str, str, bool]] = [
        ("arn:aws:ec2:*:*:subnet/subnet-pilot*", None, "pilot, torn down in January", "2027-01-31", False),
        ("module.app.*", "tags.LastDeployed", "the deployment pipeline writes it", "2027-06-30", False),
        ("arn:aws:iam::*:role/break-glass", None, "made by hand during the outage", "2026-10-31", True),
        ("arn:aws:sqs:*", "VisibilityTimeout", "under test", "2026-12-31", False),
    ]
    keys = ("resource", "attribute", "reason", "expires", "expired")
    return [dict(zip(keys, rule, strict=True)) | {"matched": n} for rule, n in zip(about, matched, strict=True)]


# ---------------------------------------------------------------------------------------- the code


def _states() -> list[Document]:
    return [
        {"tool": "terraform", "name": _NETWORK, "version": "4, Terraform 1.7.1", "serial": 42, "digest": "ab" * 32}
        | {"resources": 14, "set_aside": {"data source": 3, "provider random": 1}, "pending": []},
        {"tool": "pulumi", "name": _STACK, "version": "3", "serial": None, "digest": "cd" * 32}
        | {"resources": 6, "set_aside": {}, "pending": ["creating aws:sqs/queue:Queue retries"]},
        {"tool": "cloudformation", "name": _QUEUE, "version": "", "serial": None, "digest": "ef" * 32}
        | {"resources": 2, "set_aside": {"AWS::CDK::Metadata": 1}, "pending": []},
    ]


def _unmanaged() -> list[Document]:
    subnets = [
        subject("AWS::EC2::Subnet", "ec2_subnets", f"hand-made-{number}", tail=f"subnet/subnet-0{number}")
        for number in range(1, 8)
    ]
    role = subject("AWS::IAM::Role", "iam_roles", "break-glass", region="global", tail="role/break-glass")
    return [*subnets, subject("AWS::EC2::SecurityGroup", "ec2_security_groups", "temporary", region=WEST), role]


def _missing() -> list[Document]:
    alarm = subject("AWS::CloudWatch::Alarm", "cloudwatch_alarms", "replication-lag", region=WEST)
    nowhere = {
        "table": "sqs_queues",
        "type": "AWS::SQS::Queue",
        "arn": "Retries",
        "account": "",
        "region": "",
        "name": None,
    }
    return [
        alarm
        | {"claim": claim('module.recovery["west"].aws_cloudwatch_metric_alarm.lag', "aws_cloudwatch_metric_alarm")},
        nowhere | {"claim": claim("Retries", "AWS::SQS::Queue", _QUEUE, "cloudformation", "tainted")},
    ]


def _different() -> list[Document]:
    cluster = subject("AWS::RDS::DBCluster", "rds_clusters", "orders", tail="cluster:orders")
    group = subject("AWS::EC2::SecurityGroup", "ec2_security_groups", "database", tail="security-group/sg-0db")
    policy = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::trades/*"}
    role = subject("AWS::IAM::Role", "iam_roles", "order-service-task", region="global", tail="role/order-service-task")
    return [
        cluster
        | {"claim": claim("module.db.aws_rds_cluster.orders", "aws_rds_cluster")}
        | {
            "fields": [
                field("backup_retention_period", 35, 7),
                field("deletion_protection", True, False),
                field("tags.Owner", "payments", None),
            ]
        },
        group
        | {"claim": claim('aws_security_group.database["a"]', "aws_security_group")}
        | {
            "fields": [
                field('ingress[IpProtocol="tcp",FromPort=22,ToPort=22]', None, {"CidrIp": "0.0.0.0/0", "FromPort": 22}),
                field("description", "5432", 5432),
            ]
        },
        role
        | {"claim": claim("urn:pulumi:prod::app::aws:iam/role:Role::task", "aws:iam/role:Role", _STACK, "pulumi")}
        | {"fields": [field("inline_policy[]", None, policy | {"Condition": {"Note": "x" * 400}})]},
    ]


def _not_told() -> list[Document]:
    denied = "rds:DescribeDBClusterParameters gave no answer in 111122223333/us-east-1 (AccessDenied: no)"
    unlisted = "lambda:ListFunctions gave no answer in 444455556666/us-west-2 (Timeout: no answer within 20 s)"
    group = subject("AWS::RDS::DBClusterParameterGroup", "rds_cluster_parameter_groups", "orders")
    queue = {
        "table": "",
        "type": "aws:sqs/queue:Queue",
        "arn": "retries",
        "account": "",
        "region": "",
        "name": "retries",
    }
    topic = queue | {"type": "awscc_sns_topic", "arn": "alerts", "name": None}
    listed = place("lambda_functions", "lambda:ListFunctions", account=OTHER, region=WEST)
    return [
        group
        | {"claim": claim("aws_rds_cluster_parameter_group.orders", "aws_rds_cluster_parameter_group")}
        | why("rds:DescribeDBClusterParameters", "AccessDenied", denied, "Parameters"),
        queue
        | {
            "claim": claim(
                "urn:pulumi:prod::app::aws:sqs/queue:Queue::retries", "aws:sqs/queue:Queue", _STACK, "pulumi", "pending"
            )
        }
        | why("", "Pending", "aws:sqs/queue:Queue: an operation on it was begun and not ended"),
        topic
        | {"claim": claim("awscc_sns_topic.alerts", "awscc_sns_topic")}
        | why("", "NotMapped", "awscc_sns_topic: a type that is not looked for"),
        listed | why("lambda:ListFunctions", "Timeout", f"unmanaged AWS::Lambda::Function: {unlisted}"),
    ]


def code() -> Document:
    """A comparison with three states in which every kind of difference, and of not knowing, occurs."""
    pilot = subject("AWS::EC2::Subnet", "ec2_subnets", "pilot", tail="subnet/subnet-pilot-1")
    task = subject("AWS::Lambda::Function", "lambda_functions", "settle", tail="function:settle")
    vpc = subject("AWS::EC2::VPC", "ec2_vpcs", "trading-prod", tail="vpc/vpc-0a1b")
    counted: list[tuple[str, int, int, int, float | None]] = [
        ("AWS::EC2::VPC", 2, 0, 0, 100.0),
        ("AWS::EC2::Subnet", 12, 7, 1, 63.2),
        ("AWS::IAM::Role", 2999, 1, 0, 100.0),
        ("AWS::EC2::SecurityGroup", 3, 1, 0, 75.0),
        ("AWS::SQS::Queue", 0, 0, 0, None),
        ("AWS::Lambda::Function", 4, 1, 0, None),
    ]
    keys = ("type", "managed", "unmanaged", "ignored", "percent")
    shares: list[Document] = [dict(zip(keys, share, strict=True)) | {"unlisted": []} for share in counted]
    shares[-1]["unlisted"] = [_not_told()[-1]["reason"]]
    lists = {
        "added": _unmanaged(),
        "removed": _missing(),
        "changed": _different(),
        "unknown": _not_told(),
        "ignored": [
            pilot | {"kind": "added", "rule": 0},
            task
            | {"kind": "changed", "rule": 1, "address": "module.app.aws_lambda_function.settle"}
            | {"fields": [field("tags.LastDeployed", "2026-11-01", "2026-11-20")]},
        ],
        "rules": _rules((1, 1, 1, 0)),
    }
    return {
        "states": _states(),
        "deployed": 17,
        **_with_summary(lists),
        "shares": shares,
        "outputs": _outputs(vpc),
        "claimed_twice": [
            vpc
            | {"claims": [claim("aws_vpc.main", "aws_vpc"), claim("Vpc", "AWS::EC2::VPC", _QUEUE, "cloudformation")]}
        ],
        "not_compared": [
            {"kind": "aws_db_instance", "attribute": "password", "resources": 2},
            {"kind": "aws_lambda_function", "attribute": "filename", "resources": 4},
            {"kind": "aws_lambda_function", "attribute": "source_code_hash", "resources": 4},
        ],
    }


def _outputs(vpc: Document) -> list[Document]:
    none = {"names": None, "resource": None, "code": None, "reason": None}
    return [
        none
        | {
            "tool": "terraform",
            "state": _NETWORK,
            "name": "vpc_id",
            "names": "vpc-0a1b",
            "verdict": "deployed",
            "resource": vpc,
        },
        none
        | {"tool": "terraform", "state": _NETWORK, "name": "web_dns", "verdict": "missing"}
        | {"names": "web-12.us-east-1.elb.amazonaws.com", "reason": None},
        none
        | {
            "tool": "pulumi",
            "state": _STACK,
            "name": "password",
            "verdict": "unknown",
            "code": "Withheld",
            "reason": "its value is secret",
        },
        none | {"tool": "cloudformation", "state": _QUEUE, "name": "secondary_vpc_id", "verdict": "missing"},
    ]


# ---------------------------------------------------------------------------------------- since the baseline


def by(event: str, who: str, time: str = "2026-11-20T16:05:11Z", source: str = "rds.amazonaws.com") -> Document:
    """A change as CloudTrail tells of it."""
    about = {"time": time, "event": event, "source": source, "event_id": f"{event}-0f3c", "who": who}
    return about | {"username": "jane.doe", "from": "198.51.100.7", "user_agent": "console.amazonaws.com"}


def resources() -> Document:
    """What became of resources since a baseline, with who changed them where that is known."""
    person = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/jane.doe"
    proxy = subject("AWS::RDS::DBProxy", "rds_proxies", "orders", tail="db-proxy:prx-1")
    bucket = subject("AWS::S3::Bucket", "s3_buckets", "trades-archive", tail="trades-archive")
    cluster = subject("AWS::RDS::DBCluster", "rds_clusters", "orders", tail="cluster:orders")
    zone = subject("AWS::Route53::HostedZone", "route53_hosted_zones", "example-bank.net", region="global")
    pilot = subject("AWS::EC2::Subnet", "ec2_subnets", "pilot", tail="subnet/subnet-pilot-1")
    denied = "dynamodb:ListTables gave no answer in the baseline and the audit (AccessDenied: no)"
    lists = {
        "added": [
            proxy | {"properties": {"EngineFamily": "POSTGRESQL"}, "by": [by("CreateDBProxy", person)]},
            subject("AWS::IAM::Role", "iam_roles", "temporary", region="global") | {"properties": {"Path": "/"}},
        ],
        "removed": [
            bucket | {"properties": {}, "by_unknown": "CloudTrail keeps events for 90 days, and the baseline is older."}
        ],
        "changed": [
            cluster
            | {
                "fields": [
                    field("BackupRetentionPeriod", 35, 7),
                    field("AssociatedRoles[]", None, {"RoleArn": "arn:aws:iam::1:role/x"}),
                ]
            }
            | {
                "by": [
                    by("ModifyDBCluster", person),
                    by("AddRoleToDBCluster", f"arn:aws:iam::{ACCOUNT}:user/deployment", "2026-11-19T08:00:00Z"),
                    by("ModifyDBCluster", person, "2026-11-18T08:00:00Z"),
                    by("AddTagsToResource", person, "2026-11-17T08:00:00Z"),
                ],
                "by_unknown": "there are further events",
            },
            zone | {"fields": [field("Config.Comment", "managed", "managed by hand")]},
        ],
        "unknown": [
            place("dynamodb_tables", "dynamodb:ListTables", region=WEST)
            | why("dynamodb:ListTables", "AccessDenied", denied),
            cluster | why("rds:DescribeDBClusters", "NotCollected", "Engine not collected in the baseline", "Engine"),
        ],
        "ignored": [pilot | {"kind": "added", "rule": 0}],
        "rules": _rules((1, 0, 0, 0)),
    }
    return _with_summary(lists)


# ---------------------------------------------------------------------------------------- hostile, and very many


def poisoned(value: Any, texts: Iterator[str], *, forged: bool = False, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """A document with the next of `texts` for every string in it, names of free members too.

    Words that only the tool writes are spared, unless the document is to be `forged`.
    """
    if isinstance(value, str):
        return value if key in _FIXED and not forged else next(texts)
    if isinstance(value, Mapping):
        if key == "set_aside":
            return {next(texts): count for count in value.values()}
        spared = frozenset() if forged else _FIXED | ({"kind"} if "rule" in value else frozenset())
        found = {
            name: item if name in spared else poisoned(item, texts, forged=forged, key=name)
            for name, item in value.items()
        }
        return found | ({next(texts): next(texts)} if key in ("old", "new", "properties") else {})
    if isinstance(value, list):
        return [poisoned(item, texts, forged=forged, key=key) for item in value]
    return value


def hostile(texts: Sequence[str]) -> tuple[Document, Document]:
    """Both comparisons with another of the texts in every place that somebody else writes to."""
    one_by_one = itertools.cycle(texts)
    return poisoned(code(), one_by_one), poisoned(resources(), one_by_one)


def forged(texts: Iterable[str]) -> tuple[Document, Document]:
    """Both comparisons with each of the texts in every place."""
    parts = []
    for whole in (code(), resources()):
        made = [poisoned(whole, itertools.repeat(text), forged=True) for text in texts]
        lists = [name for name, value in whole.items() if isinstance(value, list)]
        parts.append(_with_summary({**whole, **{name: [item for one in made for item in one[name]] for name in lists}}))
    return parts[0], parts[1]


def very_many(count: int, texts: tuple[str, ...]) -> tuple[Document, Document]:
    """Thousands of differences of each kind; every third name is one of `texts`."""
    base, since = code(), resources()

    def named(number: int, one: Document) -> Document:
        name = texts[number % len(texts)] if number % 3 == 0 else f"resource-{number}"
        kind = one["type"] if one["type"].startswith("AWS::Region") else f"AWS::Kind{number % 60}::Thing"
        return one | {"name": name, "arn": f"{one['arn']}-{number}", "type": kind}

    def repeated(part: Document, name: str) -> list[Document]:
        return [named(number, part[name][number % len(part[name])]) for number in range(count)]

    for part in (base, since):
        part |= {name: repeated(part, name) for name in LISTS}
        for number, one in enumerate(part["unknown"]):
            one |= {"action": f"service{number % 300}:List", "reason": f"service{number % 300}:List gave no answer"}
        part["summary"] = dict.fromkeys(LISTS, count)
    fields = [field(f"tags.k{number}", number, texts[number % len(texts)]) for number in range(60)]
    base["changed"][0] = base["changed"][0] | {"fields": fields}
    base["shares"] = [base["shares"][number % 6] | {"type": f"AWS::Kind{number}::Thing"} for number in range(300)]
    for name in ("states", "outputs", "claimed_twice", "not_compared"):
        base[name] = [
            one | ({"kind": f"aws_kind_{n}"} if name == "not_compared" else {})
            for n, one in enumerate(base[name] * (count // 4))
        ]
    return base, since
