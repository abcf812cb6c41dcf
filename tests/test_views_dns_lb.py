"""The views about load balancers, DNS and tags, on what AWS answers."""

from __future__ import annotations

import itertools
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from auditor import sql, toml_source
from auditor.engine.cases import Case, table_rows
from auditor.engine.reads import as_reads, statement_reads
from auditor.library import shipped
from auditor.model import Account, Read, Role
from auditor.snapshot import database
from auditor.snapshot.scope import ScopeRules

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY = shipped()
CATALOGUE = LIBRARY.catalogue
RECORDINGS = os.environ.get("AUDITOR_RECORDINGS", "")
OWNER = "111122223333"
OTHER = "444455556666"
BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{OWNER}:loadbalancer/app/web/0a1b2c3d4e5f6071"
LISTENER = BALANCER.replace(":loadbalancer/", ":listener/") + "/0000000000000050"
RULE = LISTENER.replace(":listener/", ":listener-rule/")
EAST = "web-123456789.us-east-1.elb.amazonaws.com"
WEST = "web-dr-123456789.us-west-2.elb.amazonaws.com"
Items = dict[str, list[dict[str, Any]]]

recorded = pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS is not set")


def ask(folder: Path, tables: Items, query: str, exclude: tuple[str, ...] = (), **parameters: object) -> list[Any]:
    """The query's rows, sorted, from a database with these items."""
    case = Case(name="a world", tables=tables, expect=[])
    target = folder / "world.duckdb"
    target.unlink(missing_ok=True)
    schema, sources = LIBRARY.narrowed_schema(statements=[query]), {}
    for name, items in table_rows(case, LIBRARY.engine_schema).items():
        if name not in schema.columns:
            continue
        path = folder / f"{name}.ndjson"
        path.write_bytes(b"".join(database.line(item) for item in items))
        sources[name] = database.json_source([path], schema.columns[name])
    roles = {case.primary: Role.PRIMARY} | dict.fromkeys(case.recovery, Role.RECOVERY) | {"eu-west-1": Role.ALSO}
    accounts = [Account(account, "", tuple(roles)) for account in (OWNER, OTHER)]
    context = database.Context(accounts=accounts, roles=roles, now=case.now, scope=ScopeRules(exclude=exclude))
    database.build(target, schema, sources, context)
    with duckdb.connect(str(target), read_only=True) as connection:
        return sorted(connection.execute(query, parameters or None).fetchall(), key=str)


def listener(protocol: str = "HTTP", arn: str = LISTENER, **more: object) -> dict[str, Any]:
    """A listener of the load balancer."""
    return {"ListenerArn": arn, "LoadBalancerArn": BALANCER, "Protocol": protocol, "Port": 80, **more}


def redirect(protocol: str | None) -> dict[str, Any]:
    """An action that redirects."""
    told = {"Protocol": protocol} if protocol else {}
    return {"Type": "redirect", "RedirectConfig": {**told, "StatusCode": "HTTP_301"}}


def balancer(name: str, dns: str, region: str = "us-east-1", account: str = OWNER) -> dict[str, Any]:
    """A load balancer."""
    arn = f"arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/0a1b2c3d4e5f6071"
    return {"account": account, "region": region, "LoadBalancerArn": arn, "LoadBalancerName": name, "DNSName": dns}


def record(name: str, *values: str, kind: str = "A", zone: str = "Z1", **more: object) -> dict[str, Any]:
    """A record set with values."""
    held = {"TTL": 300, "ResourceRecords": [{"Value": value} for value in values]} if values else {}
    return {"HostedZoneId": zone, "Name": name, "Type": kind, **held, **more}


def alias(name: str, target: str, zone: str = "Z1", into: str = "ZELB", **more: object) -> dict[str, Any]:
    """An alias."""
    leads = {"HostedZoneId": into, "DNSName": target, "EvaluateTargetHealth": True}
    return {**record(name, zone=zone), "AliasTarget": leads, **more}


def failover(part: str, **more: object) -> dict[str, Any]:
    """What makes a record set one of a failover pair."""
    return {"Failover": part, "SetIdentifier": part.lower(), **more}


# ------------------------------------------------------------------------------------------- listeners


def test_the_regions_own_table_says_which_protocols_a_policy_offers(tmp_path: Path) -> None:
    tables: Items = {
        "elbv2_ssl_policies": [
            {"Name": "both", "SslProtocols": ["TLSv1.3", "TLSv1.2"]},
            {"Name": "old", "SslProtocols": ["TLSv1.2", "SSLv3", "TLSv1"]},
            {"Name": "unreadable", "SslProtocols": ["TLSv1.3", "TLS-next"]},
            {"Name": "elsewhere", "SslProtocols": ["TLSv1.2"], "region": "us-west-2"},
            {"Name": "empty"},
        ],
        "elbv2_listeners": [
            listener("HTTPS", f"{LISTENER}{number}", SslPolicy=policy)
            for number, policy in enumerate(("both", "old", "unreadable", "elsewhere", "empty"))
        ]
        + [listener("HTTP", f"{LISTENER}8"), listener("TLS", f"{LISTENER}9"), {"ListenerArn": f"{LISTENER}bare"}],
    }
    query = "SELECT policy, is_tls, protocols, lowest_version::DOUBLE FROM listener_protocols WHERE is_tls IS NOT FALSE"
    assert ask(tmp_path, tables, query) == [
        ("both", True, ["TLSv1.2", "TLSv1.3"], 1.2),
        ("elsewhere", True, None, None),
        ("empty", True, None, None),
        ("old", True, ["SSLv3", "TLSv1", "TLSv1.2"], 0.0),
        ("unreadable", True, ["TLSv1.3", "TLS-next"], None),
        (None, None, None, None),
        (None, True, None, None),
    ]
    assert ask(tmp_path, tables, "SELECT DISTINCT load_balancer, load_balancer_kind FROM listener_protocols") == [
        ("web", "app"),
        (None, None),
    ]


@recorded
@pytest.mark.parametrize("file", ["ssl_policies_awsdocs_2023.json", "ssl_policies_moto525.json"])
def test_every_recorded_policy_is_read(tmp_path: Path, file: str) -> None:
    told = json.loads((Path(RECORDINGS) / "reference" / file).read_text())
    policies = told.get("SslPolicies") or [
        {"Name": name, "SslProtocols": policy["ssl_protocols"]} for name, policy in told["policies"].items()
    ]
    lowest = {p["Name"]: min(1.0 if v == "TLSv1" else float(v[4:]) for v in p["SslProtocols"]) for p in policies}
    tables: Items = {
        "elbv2_ssl_policies": [{"Name": p["Name"], "SslProtocols": p["SslProtocols"]} for p in policies],
        "elbv2_listeners": [
            listener("HTTPS", f"{LISTENER}{number}", SslPolicy=p["Name"]) for number, p in enumerate(policies)
        ],
    }
    found = ask(tmp_path, tables, "SELECT policy, lowest_version::DOUBLE FROM listener_protocols")
    assert len(lowest) > 5
    assert dict(found) == lowest


def test_what_a_listener_does_is_its_default_once_and_every_rule(tmp_path: Path) -> None:
    tables: Items = {
        "elbv2_listeners": [
            listener("HTTP", LISTENER, DefaultActions=[redirect(None)]),
            listener("HTTPS", f"{LISTENER}s", DefaultActions=[{"Type": "authenticate-oidc"}, {"Type": "forward"}]),
            listener("TCP", f"{LISTENER}t"),
        ],
        "elbv2_rules": [
            {"RuleArn": f"{RULE}/d", "ListenerArn": LISTENER, "Priority": "default", "IsDefault": True,
             "Actions": [redirect(None)]},
            {"RuleArn": f"{RULE}/e", "ListenerArn": LISTENER, "Priority": "default", "Actions": [redirect(None)]},
            {"RuleArn": f"{RULE}/1", "ListenerArn": LISTENER, "Priority": "1", "IsDefault": False,
             "Actions": [redirect("https")]},
            {"RuleArn": f"{RULE}/2", "ListenerArn": LISTENER, "Priority": "2", "Actions": [redirect("#{protocol}")]},
            {"RuleArn": f"{RULE}/3", "ListenerArn": f"{LISTENER}s", "Priority": "3", "IsDefault": False,
             "Actions": [redirect("#{protocol}")]},
            {"RuleArn": f"{RULE}/4", "ListenerArn": LISTENER, "Priority": "4", "IsDefault": False},
        ],
    }  # fmt: skip
    assert ask(tmp_path, tables, "SELECT Protocol, rule, action, redirects_to FROM listener_actions") == [
        ("HTTP", "1", "redirect", "HTTPS"),
        ("HTTP", "2", "redirect", "HTTP"),
        ("HTTP", "default", "redirect", "HTTP"),
        ("HTTPS", "3", "redirect", "HTTPS"),
        ("HTTPS", "default", "authenticate-oidc", None),
        ("HTTPS", "default", "forward", None),
    ]


@recorded
def test_recorded_listeners_are_read(tmp_path: Path) -> None:
    answers = [
        json.loads(path.read_text())["data"].get("Listeners", [])
        for path in sorted((Path(RECORDINGS) / "c7n/elbv2/DescribeListeners").glob("*.json"))
    ]
    listeners = {one["ListenerArn"]: one for one in itertools.chain.from_iterable(answers)}
    expected = sorted(
        (arn, action["Type"], action.get("RedirectConfig", {}).get("Protocol"))
        for arn, one in listeners.items()
        for action in one["DefaultActions"]
    )
    found = ask(tmp_path, {"elbv2_listeners": list(listeners.values())},
                "SELECT arn, action, redirects_to FROM listener_actions")  # fmt: skip
    assert expected
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_a_load_balancer_that_the_audit_leaves_out_or_that_stands_aside_serves_no_region(tmp_path: Path) -> None:
    zones = [{"ZoneName": zone} for zone in "abc"]
    more = {"Type": "application", "Scheme": "internet-facing", "State": {"Code": "active"}, "AvailabilityZones": zones}
    left_out = {**balancer("left-out", EAST), **more}
    aside = {**balancer("aside", EAST, "eu-west-1"), **more}
    narrow = {**balancer("narrow", EAST), **more, "AvailabilityZones": zones[:1]}
    facts = toml_source.load(LIBRARY.folder / "load_balancing/no-active-internet-facing-load-balancer.toml").data[
        "facts"
    ]
    found = ask(
        tmp_path,
        {"elbv2_load_balancers": [left_out, aside, narrow]},
        f"SELECT name, qualified FROM ({facts})",  # noqa: S608 - the check's own
        ("*/left-out/*",),
        availability_zones=3,
    )
    assert found == [("narrow", None)]


# ------------------------------------------------------------------------------------------- DNS


def test_names_are_compared_without_case_dot_and_dualstack(tmp_path: Path) -> None:
    tables: Items = {
        "route53_record_sets": [
            alias("API.example.org.", "Dualstack.Web-1.us-east-1.elb.amazonaws.com."),
            record("www.example.org.", "API.example.org.", kind="CNAME"),
            record("ip.example.org.", "192.0.2.1", "192.0.2.2"),
            record("example.org.", "ns-1.awsdns-00.com.", kind="NS"),
            record("empty.example.org."),
        ]
    }
    assert ask(tmp_path, tables, "SELECT dns, answer, alias_zone FROM dns_answers") == [
        ("api.example.org", "web-1.us-east-1.elb.amazonaws.com", "ZELB"),
        ("ip.example.org", "192.0.2.1", None),
        ("ip.example.org", "192.0.2.2", None),
        ("www.example.org", "api.example.org", None),
    ]


def test_load_balancers_and_every_database_endpoint_have_names(tmp_path: Path) -> None:
    cluster = f"arn:aws:rds:us-east-1:{OWNER}:cluster:orders"
    world = {"GlobalClusterArn": f"arn:aws:rds::{OWNER}:global-cluster:all", "GlobalClusterIdentifier": "all"}
    tables: Items = {
        "elbv2_load_balancers": [balancer("web", "Web-1.us-east-1.elb.amazonaws.com"), {"LoadBalancerArn": BALANCER}],
        "rds_clusters": [
            {"DBClusterArn": cluster, "DBClusterIdentifier": "orders", "Endpoint": "w.rds", "ReaderEndpoint": "r.rds",
             "CustomEndpoints": ["c1.rds", "c2.rds"]},
            {"DBClusterArn": f"{cluster}-new", "DBClusterIdentifier": "new"},
        ],
        "rds_instances": [
            {"DBInstanceArn": f"arn:aws:rds:us-east-1:{OWNER}:db:one", "DBInstanceIdentifier": "one",
             "Endpoint": {"Address": "I.rds", "Port": 5432}, "ListenerEndpoint": {"Address": "l.rds"}},
            {"DBInstanceArn": f"arn:aws:rds:us-east-1:{OWNER}:db:creating", "DBInstanceIdentifier": "creating"},
        ],
        "rds_global_clusters": [{**world, "Endpoint": "g.rds"}, {**world, "Endpoint": "g.rds", "region": "us-west-2"}],
    }  # fmt: skip
    assert ask(tmp_path, tables, "SELECT dns, kind, name, region FROM dns_targets") == [
        ("c1.rds", "database", "orders", "us-east-1"),
        ("c2.rds", "database", "orders", "us-east-1"),
        ("g.rds", "database", "all", "global"),
        ("i.rds", "database", "one", "us-east-1"),
        ("l.rds", "database", "one", "us-east-1"),
        ("r.rds", "database", "orders", "us-east-1"),
        ("w.rds", "database", "orders", "us-east-1"),
        ("web-1.us-east-1.elb.amazonaws.com", "load balancer", "web", "us-east-1"),
    ]


def test_pairs_are_of_one_zone_name_and_type(tmp_path: Path) -> None:
    tables: Items = {
        "route53_record_sets": [
            alias("a.example.org.", f"{EAST}.", **failover("PRIMARY", HealthCheckId="h1")),
            alias("a.example.org.", f"{WEST}.", **failover("SECONDARY")),
            alias("a.example.org.", f"{EAST}.", Type="AAAA", **failover("PRIMARY")),
            alias("a.example.org.", f"{WEST}.", zone="Z2", **failover("SECONDARY")),
            record("b.example.org.", EAST, kind="CNAME", **failover("PRIMARY", HealthCheckId="")),
            record("c.example.org.", "192.0.2.1"),
        ]
    }
    query = """
    SELECT HostedZoneId, name, RecordType, arn = primary_arn, primary_health_check, primary_is_alias,
           primary_evaluates_target_health, primary_ttl, secondary_arn IS NOT NULL, secondary_ttl
    FROM failover_pairs
    """
    assert ask(tmp_path, tables, query) == [
        ("Z1", "a.example.org.", "A", True, "h1", True, True, 60, True, 60),
        ("Z1", "a.example.org.", "AAAA", True, None, True, True, 60, False, None),
        ("Z1", "b.example.org.", "CNAME", True, None, False, False, 300, False, None),
        ("Z2", "a.example.org.", "A", None, None, None, None, None, True, 60),
    ]


ENDS: dict[str, tuple[str, list[tuple[str, str | None, str | None, bool]]]] = {
    "balancer": (f"{EAST}.", [(EAST, "us-east-1", "primary", False)]),
    "of another account": (f"DualStack.{WEST.upper()}", [(WEST, "us-west-2", "recovery", False)]),
    "gone": ("old-1.us-east-1.elb.amazonaws.com", [("old-1.us-east-1.elb.amazonaws.com", None, None, False)]),
    "far": ("x-1.eu-central-1.elb.amazonaws.com", [("x-1.eu-central-1.elb.amazonaws.com", None, None, True)]),
    "far network": ("x-1.elb.us-gov-west-1.amazonaws.com", [("x-1.elb.us-gov-west-1.amazonaws.com", None, None, True)]),
    "far database": ("d.cn-north-1.rds.amazonaws.com.cn", [("d.cn-north-1.rds.amazonaws.com.cn", None, None, True)]),
    "proxy": ("p.proxy-c1.us-east-1.rds.amazonaws.com", [("p.proxy-c1.us-east-1.rds.amazonaws.com", None, None, True)]),
    "somebody's": ("www.example.com.", [("www.example.com", None, None, False)]),
    "one hop": ("one.example.org.", [(EAST, "us-east-1", "primary", False)]),
    "three hops": ("three.example.org.", [(EAST, "us-east-1", "primary", False)]),
    "four hops": ("four.example.org.", []),
    "two ends": ("both.example.org.", [(EAST, "us-east-1", "primary", False), (WEST, "us-west-2", "recovery", False)]),
    "circle": ("round.example.org.", []),
    "other zone's circle": ("split.example.org.", [(EAST, "us-east-1", "primary", False)]),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_a_record_is_followed_to_its_ends(tmp_path: Path, name: str) -> None:
    target, ends = ENDS[name]
    tables: Items = {
        "elbv2_load_balancers": [balancer("web", EAST), balancer("dr", WEST, "us-west-2", OTHER)],
        "route53_record_sets": [
            record("start.example.org.", target, kind="CNAME", **failover("PRIMARY")),
            alias("one.example.org.", EAST),
            record("two.example.org.", "one.example.org", kind="CNAME"),
            alias("three.example.org.", "two.example.org.", into="Z1"),
            record("four.example.org.", "three.example.org", kind="CNAME"),
            alias("both.example.org.", EAST, SetIdentifier="1", Weight=1),
            alias("both.example.org.", f"dualstack.{WEST}", SetIdentifier="2", Weight=1),
            record("round.example.org.", "about.example.org.", kind="CNAME"),
            record("about.example.org.", "round.example.org.", kind="CNAME"),
            alias("split.example.org.", "split-2.example.org.", into="Z2"),
            alias("split-2.example.org.", "split.example.org.", into="Z1"),
            alias("split-2.example.org.", EAST, zone="Z2"),
        ],
    }
    query = "SELECT answer, target_region, role, could_be_elsewhere FROM failover_targets"
    assert ask(tmp_path, tables, query) == ends


def test_what_is_left_out_of_the_audit_is_no_answer(tmp_path: Path) -> None:
    tables: Items = {
        "route53_hosted_zones": [{"Id": "/hostedzone/Z2", "HostedZoneId": "Z2", "Name": "example.net."}],
        "route53_record_sets": [
            alias("a.example.org.", EAST, **failover("PRIMARY")),
            alias("b.example.org.", EAST, **failover("PRIMARY")),
            alias("c.example.net.", EAST, zone="Z2", **failover("PRIMARY")),
        ],
    }
    exclude = ("arn:aws:route53:::hostedzone/Z2", "arn:aws:route53:::hostedzone/Z1/recordset/b.example.org./*")
    assert ask(tmp_path, tables, "SELECT dns FROM dns_answers", exclude) == [("a.example.org",)]
    assert ask(tmp_path, tables, "SELECT name FROM failover_pairs", exclude) == [("a.example.org.",)]


def test_a_name_of_another_account_is_followed_where_the_own_one_has_none(tmp_path: Path) -> None:
    start = record("start.example.org.", "db.internal.", kind="CNAME", **failover("PRIMARY"))
    theirs = {**record("db.internal.", WEST, kind="CNAME", zone="Z2"), "account": OTHER}
    ours = record("db.internal.", EAST, kind="CNAME", zone="Z3")
    for records, ends in (([theirs], [WEST]), ([theirs, ours], [EAST])):
        found = ask(tmp_path, {"route53_record_sets": [start, *records]}, "SELECT answer FROM failover_targets")
        assert found == [(end,) for end in ends]


def test_a_hundred_thousand_records_take_seconds(tmp_path: Path) -> None:
    case = Case(name="a large zone", expect=[], tables={"route53_record_sets": [record("a.example.org.", "192.0.2.1")]})
    target = tmp_path / "large.duckdb"
    LIBRARY.build_case(target, case, table_rows(case, LIBRARY.engine_schema))
    with duckdb.connect(str(target)) as connection:
        connection.execute("SET threads = 2")
        connection.execute(
            """
            INSERT INTO route53_record_sets BY NAME
            SELECT 'arn:aws:route53:::hostedzone/Z1/recordset/n' || n || '.example.org./CNAME/' || part AS arn,
                   '111122223333' AS account, 'global' AS region, 'n' || n || '.example.org.' AS name,
                   'Z1' AS HostedZoneId, 'CNAME' AS RecordType, part AS SetIdentifier,
                   CASE WHEN n < 10000 THEN part END AS Failover,
                   [{'Value': 'n' || (n + 1) || '.example.org'}] AS ResourceRecords
            FROM range(50000) AS r(n), (VALUES ('PRIMARY'), ('SECONDARY')) AS p(part)
            """
        )
        started = time.monotonic()
        connection.execute("SELECT count(*), count(target_arn) FROM failover_targets").fetchall()
        assert connection.execute("SELECT count(*) FROM failover_pairs").fetchall() == [(10000,)]
        assert time.monotonic() - started < 20


# ------------------------------------------------------------------------------------------- tags


def _taggable() -> set[str]:
    return {name for name, table in CATALOGUE.tables().items() if table.taggable}


def _parts(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _parts(value)


def test_every_kind_that_can_carry_tags_is_there_and_no_other() -> None:
    reads = statement_reads("SELECT 1 FROM all_resources", LIBRARY.engine_schema)
    assert set(reads) == _taggable(), "checks/views/all_resources.sql and the tables with taggable=True differ"


def test_it_asks_aws_for_nothing_but_lists_and_tags() -> None:
    for read in as_reads(statement_reads("SELECT 1 FROM all_resources", LIBRARY.engine_schema)):
        filled = [set(detail.columns) for detail in CATALOGUE.details(read) if not detail.always]
        assert filled in ([], [{"tags"}]), read.table


@pytest.mark.parametrize("view", ["listener_protocols", "listener_actions", "dns_answers", "dns_targets",
                                  "failover_pairs", "failover_targets"])  # fmt: skip
def test_views_that_need_no_tags_ask_for_no_details(view: str) -> None:
    for read in as_reads(statement_reads(f"SELECT 1 FROM {view}", LIBRARY.engine_schema)):  # noqa: S608 - our own names
        assert CATALOGUE.actions(read) == CATALOGUE.actions(Read(read.table)), read.table


def test_no_view_of_ours_selects_everything() -> None:
    for name in ("all_resources", "all_tags", "dns_answers", "dns_targets", "failover_pairs", "failover_targets",
                 "listener_actions", "listener_protocols", "standing_resources"):  # fmt: skip
        assert "*" not in sql.read(LIBRARY.views[name]).identifiers, name


def test_each_kind_gives_its_resources_with_their_own_type_once(tmp_path: Path) -> None:
    case = Case(name="one of each", expect=[])
    target = tmp_path / "each.duckdb"
    LIBRARY.build_case(target, case, {})
    kinds = {name: CATALOGUE.tables()[name].type for name in _taggable()}
    with duckdb.connect(str(target)) as connection:
        for name, type_ in kinds.items():
            for region in ("us-east-1", "us-west-2"):
                own = "" if name == "rds_global_clusters" else region
                row = {"arn": f"arn:aws:x:{own}:{OWNER}:{name}", "account": OWNER, "region": region, "type": type_,
                       "name": name, "tags": {"Environment": "production", "Empty": ""}}  # fmt: skip
                row |= {"HomeRegion": region} if name == "cloudtrail_trails" else {}
                database.insert(connection, name, LIBRARY.database_schema().columns[name], [row])
        found = connection.execute("SELECT type, region FROM all_resources").fetchall()
        tags = connection.execute("SELECT DISTINCT type, key, value FROM all_tags").fetchall()
    expected = [
        (type_, region)
        for name, type_ in kinds.items()
        for region in (["global"] if name == "rds_global_clusters" else ["us-east-1", "us-west-2"])
    ]
    assert sorted(found) == sorted(expected)
    assert sorted(tags) == sorted((type_, *tag) for type_ in kinds.values() for tag in
                                  (("Environment", "production"), ("Empty", "")))  # fmt: skip


def test_what_others_share_and_what_is_gone_is_nobodys_to_tag(tmp_path: Path) -> None:
    tables: Items = {
        "ec2_subnets": [{"SubnetId": "subnet-mine", "OwnerId": OWNER}, {"SubnetId": "subnet-shared", "OwnerId": OTHER}],
        "ec2_nat_gateways": [{"NatGatewayId": "nat-gone", "State": "deleted"}, {"NatGatewayId": "nat-bare"}],
        "route53_hosted_zones": [{"Id": "/hostedzone/Z1", "HostedZoneId": "Z1", "Name": "example.org."}],
    }
    assert [arn.rsplit("/", 1)[-1] for (arn,) in ask(tmp_path, tables, "SELECT arn FROM all_resources")] == [
        "nat-bare",
        "subnet-mine",
        "Z1",
    ]
