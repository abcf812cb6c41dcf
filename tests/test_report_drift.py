"""Drift in the reports: every list, what is cut and how it is said, who changed what, since when findings are open."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape, unescape
from itertools import repeat
from typing import TYPE_CHECKING, Any

import html5lib
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors import event_history
from auditor.collectors.interfaces import Target
from auditor.drift import document
from auditor.drift.code.model import (
    ClaimedTwice,
    CodeDrift,
    Declared,
    Judged,
    OutputFinding,
    Share,
    Standing,
    State,
    Tool,
    Unmanaged,
    Verdict,
)
from auditor.drift.ignore import Ignoring
from auditor.drift.model import Change, Changed, Difference, Only, Subject, Unknown
from auditor.job.tracing import trace
from auditor.model import Account, Ignore
from auditor.reports import differences as told
from auditor.reports import rendered, summary, terminal
from auditor.reports.page.differences import MAX_FIELDS, MAX_GROUPS, MAX_LISTED, MAX_VALUE
from auditor.reports.page.drift import MAX_TYPES
from auditor.reports.sanitize import clip, visible
from auditor.reports.slack import MAX_DIFFERENCES, payload

if TYPE_CHECKING:
    from tests import report_differences as differences
    from tests import report_samples as samples
else:
    import report_differences as differences
    import report_samples as samples

SCHEMA = json.loads((samples.ROOT / "auditor/reports/results.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
Document = dict[str, Any]


def with_drift(**drift: Any) -> Document:  # noqa: ANN401 - JSON
    return samples.typical() | {"drift": drift}


def page(results: Document) -> str:
    return rendered("html", results)


def section(results: Document) -> str:
    """The section "Drift" of the page; empty where there is none."""
    found = re.search(r'<section id="section-drift".*?</section>', page(results), re.DOTALL)
    return found[0] if found else ""


def words(html: str) -> str:
    """What a reader sees: text without markup, spaces as one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def listed(results: Document, title: str) -> str:
    """A list of the section, as words."""
    found = re.search(
        rf"<details[^>]*><summary>{re.escape(escape(title))} ?\(.*?\n</details>", section(results), re.DOTALL
    )
    assert found, title
    return words(found[0])


# ---------------------------------------------------------------------------------------- the schema

SUBJECT = Subject("ec2_vpcs", "111122223333", "us-east-1", "arn:aws:ec2:::vpc/vpc-1", "AWS::EC2::VPC")
DECLARED = Declared(tool=Tool.TERRAFORM, state="a.tfstate", address="aws_vpc.a", kind="aws_vpc", id="vpc-1")
UNKNOWN = Unknown(SUBJECT, "ec2:DescribeVpcs", "AccessDenied", "no", ("CidrBlock",))
CHANGES = (Change("CidrBlock", "10.0.0.0/16", None), Change("tags.Owner", None, {"a": [1]}))
RULES = (
    Ignore(resource="*vpc-9", attribute="", reason="known", expires="2027-01-31"),
    Ignore(resource="*", attribute="tags.X", reason="written by AWS", expires="2020-01-31"),
)


def compared_snapshots() -> Document:
    ignored = Subject("ec2_vpcs", "111122223333", "us-east-1", "arn:aws:ec2:::vpc/vpc-9", "AWS::EC2::VPC", "nine")
    only = Only(SUBJECT, '{"CidrBlock":"10.0.0.0/16","Tags":null}')
    found = Difference((only, Only(ignored, "{}")), (only,), (Changed(SUBJECT, CHANGES),), (UNKNOWN,))
    ignoring = Ignoring(RULES, dt.date(2026, 11, 21))
    return document.difference(ignoring.difference(found), ignoring)


def compared_code() -> Document:
    judged = [
        Judged(declared=DECLARED, subject=SUBJECT, verdict=Verdict.DEPLOYED, changes=CHANGES, not_compared=("x",)),
        Judged(declared=DECLARED, subject=SUBJECT, verdict=Verdict.MISSING),
        Judged(declared=DECLARED, subject=SUBJECT, verdict=Verdict.UNKNOWN, unknown=(UNKNOWN,)),
    ]
    states = [
        State(
            tool=tool, name="s", digest="ab" * 32, version="4", serial=serial, set_aside=Counter(data=1), pending=("x",)
        )
        for tool, serial in zip(Tool, (1, None, 0), strict=True)
    ]
    outputs = [
        OutputFinding(
            state="s", tool=Tool.PULUMI, name="vpc", names="vpc-1", subject=SUBJECT, verdict=Verdict.DEPLOYED
        ),
        OutputFinding(state="s", tool=Tool.PULUMI, name="no", verdict=Verdict.MISSING),
        OutputFinding(state="s", tool=Tool.PULUMI, name="why", verdict=Verdict.UNKNOWN, unknown=UNKNOWN),
    ]
    found = CodeDrift(
        states=tuple(states),
        judged=tuple(judged),
        unmanaged=(Unmanaged(SUBJECT),),
        shares=(Share("AWS::EC2::VPC", 1, 1), Share("AWS::S3::Bucket", 0, 0, unlisted=(UNKNOWN,))),
        claimed_twice=(ClaimedTwice(SUBJECT, tuple(_standing(one) for one in Standing)),),
        outputs=tuple(outputs),
        unseen=(UNKNOWN,),
    )
    ignoring = Ignoring(RULES, dt.date(2026, 11, 21))
    return document.code(ignoring.code(found), ignoring)


def _standing(standing: Standing) -> Declared:
    return Declared(tool=Tool.PULUMI, state="s", address="a", kind="k", id="i", standing=standing)


def test_what_comparisons_write_follows_the_schema_and_is_shown() -> None:
    results = with_drift(baseline={"id": "b"}, findings={}, resources=compared_snapshots(), code=compared_code())
    results = json.loads(rendered("json", results))
    VALIDATOR.validate(results)
    assert all(results["drift"]["resources"]["summary"].values()), "every list is tried"
    assert all(
        results["drift"]["code"][name] for name in ("added", "removed", "changed", "unknown", "outputs", "rules")
    )
    for name in ("html", "markdown", "slack"):
        assert "vpc-1" in rendered(name, results)


def test_who_changed_what_follows_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("name", "source", "id", "username", "identity_arn", "identity_type", "source_address", "user_agent")
    event = event_history.ChangeEvent(time=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), **{name: name for name in names})

    def who_changed(
        _session: object, region: str, asked: Sequence[Any], since: dt.datetime, until: dt.datetime, _limit: int
    ) -> event_history.History:
        lookups = tuple(event_history.Lookup(one.arn, (event,), complete=False) for one in asked)
        return event_history.History(
            region=region, since=since, until=until, is_cut=True, lookups=lookups, not_looked_up=()
        )

    monkeypatch.setattr(event_history, "who_changed", who_changed)
    session: Any = object()
    targets = [Target(Account("111122223333", "", ("us-east-1",)), session)]
    traced = trace(compared_snapshots(), targets, "2026-10-01T00:00:00+00:00", dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    results = with_drift(baseline={"id": "b"}, findings={}, resources=traced)
    VALIDATOR.validate(results)
    assert "There may be more: there are further events; events before" in words(section(results))


def test_the_samples_follow_the_schema_and_every_part_of_it_occurs() -> None:
    drift = samples.changed()["drift"]
    VALIDATOR.validate(samples.changed())
    for part in ("resources", "code"):
        schema = SCHEMA["properties"]["drift"]["properties"][part]["properties"]
        assert drift[part].keys() == schema.keys()
        assert all(drift[part].values())


Breaking = Callable[[Document], object]
BREAKING: dict[str, Breaking] = {
    "an unknown comparison": lambda drift: drift.update(stack={}),
    "a baseline without an id": lambda drift: drift["baseline"].pop("id"),
    "a baseline's time that is none": lambda drift: drift["baseline"].update(finished_at="yesterday"),
    "an unknown list of findings": lambda drift: drift["findings"].update(gone=[]),
    "a standing that is none": lambda drift: drift["findings"]["new"][0].update(was="missing"),
    "since when, in words": lambda drift: drift["findings"]["new"][0].update(since="long ago"),
    "a change without a message": lambda drift: drift["findings"]["new"][0].pop("message"),
    "no list of what was ignored": lambda drift: drift["code"].pop("ignored"),
    "an unknown list of resources": lambda drift: drift["resources"].update(states=[]),
    "a count below zero": lambda drift: drift["code"]["summary"].update(added=-1),
    "no count": lambda drift: drift["code"]["summary"].pop("unknown"),
    "a resource without an account": lambda drift: drift["code"]["added"][0].pop("account"),
    "a resource with another key": lambda drift: drift["code"]["added"][0].update(password="x"),
    "an added resource without properties": lambda drift: drift["resources"]["added"][0].pop("properties"),
    "a missing one without a claim": lambda drift: drift["code"]["removed"][0].pop("claim"),
    "a claim of an unknown tool": lambda drift: drift["code"]["removed"][0]["claim"].update(tool="ansible"),
    "an unknown standing": lambda drift: drift["code"]["removed"][0]["claim"].update(standing="lost"),
    "a changed one without fields": lambda drift: drift["code"]["changed"][0].update(fields=[]),
    "a field without its new value": lambda drift: drift["code"]["changed"][0]["fields"][0].pop("new"),
    "a field with a third value": lambda drift: drift["code"]["changed"][0]["fields"][0].update(other=1),
    "an unknown one without a reason": lambda drift: drift["code"]["unknown"][0].pop("reason"),
    "columns that are none": lambda drift: drift["code"]["unknown"][0].update(columns="all"),
    "an ignored one of no list": lambda drift: drift["code"]["ignored"][0].update(kind="outputs"),
    "an ignored one without a rule": lambda drift: drift["code"]["ignored"][0].pop("rule"),
    "a rule without an end": lambda drift: drift["code"]["rules"][0].update(expires=""),
    "a share of more than all": lambda drift: drift["code"]["shares"][0].update(percent=101),
    "a state with another serial": lambda drift: drift["code"]["states"][0].update(serial="42"),
    "an output with no verdict": lambda drift: drift["code"]["outputs"][0].update(verdict="fine"),
    "an output that leads to a name": lambda drift: drift["code"]["outputs"][0].update(resource="vpc-1"),
    "one claim, twice": lambda drift: drift["code"]["claimed_twice"][0]["claims"].pop(),
    "somebody without a time": lambda drift: drift["resources"]["changed"][0]["by"][0].pop("time"),
    "somebody with a session": lambda drift: drift["resources"]["changed"][0]["by"][0].update(session="x"),
}


@pytest.mark.parametrize("name", BREAKING)
def test_the_schema_rejects_drift_that_is_none(name: str) -> None:
    results = samples.changed()
    BREAKING[name](results["drift"])
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(results)


def test_results_json_keeps_what_aws_said_of_a_resource_in_its_order() -> None:
    properties = {"tables": ["b", "a"], "operations": [{"resource": {"id": "x"}}, {"resource": {"id": "a"}}]}
    results = samples.changed()
    results["drift"]["resources"]["added"][0]["properties"] = properties
    results["drift"]["code"]["changed"][0]["fields"] = [differences.field("x", properties, ["b", "a"])]
    written = json.loads(rendered("json", results))["drift"]
    assert list(written["resources"]["added"][0]["properties"].items()) == list(properties.items())
    assert written["code"]["changed"][0]["fields"] == [{"path": "x", "old": properties, "new": ["b", "a"]}]


# ---------------------------------------------------------------------------------------- the page


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((), []),
        (("code",), ["title-code", "title-shares", "title-rules"]),
        (("resources",), ["title-resources", "title-rules"]),
        (("code", "resources"), ["title-code", "title-shares", "title-resources", "title-rules"]),
    ],
)
def test_each_comparison_has_its_place_where_it_was_made(parts: tuple[str, ...], shown: list[str]) -> None:
    drift = samples.changed()["drift"]
    results = with_drift(baseline=drift["baseline"], findings={}, **{name: drift[name] for name in parts})
    found = section(results)
    assert re.findall(r' id="(title-(?!drift)[\w-]+)"', found) == shown
    assert ('href="#section-drift"' in page(results)) is bool(parts)


def test_the_figures_are_those_of_the_comparisons() -> None:
    tiles = [words(one) for one in re.findall(r'<ul class="tiles">.*?</ul>', section(samples.changed()), re.DOTALL)]
    assert tiles == [
        "17 declared and deployed 2 missing 3 different 9 unmanaged 4 could not be compared 2 ignored",
        "2 added 1 removed 2 changed 2 could not be compared 1 ignored",
    ]


def shares(results: Document) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(type, title of the bar, share, colours of its parts)"""
    table = section(results).partition('<table class="shares"')[2].partition("</table>")[0]
    found = re.findall(
        r'<tr><th scope="row">(.*?)</th>\s*<td.*?<title>(.*?)</title>(.*?)</svg>.*?share">(.*?)<', table, re.DOTALL
    )
    return [(words(kind), said, share, tuple(re.findall(r'"b-(\w+)"', parts))) for kind, said, parts, share in found]


def test_the_picture_shows_the_least_managed_types_first_and_never_more_than_is_known() -> None:
    unlisted = "AWS::Lambda::Function unmanaged AWS::Lambda::Function: lambda:ListFunctions gave no answer in 4444"
    (subnet, group, role, function, vpc, queue) = shares(samples.changed())
    assert subnet == (
        "AWS::EC2::Subnet",
        "AWS::EC2::Subnet: 12 managed, 7 unmanaged, 1 ignored",
        "63.2 %",
        ("pass", "fail", "waived"),
    )
    assert group[2:] == ("75.0 %", ("pass", "fail"))
    assert role[2:] == ("more than 99.9 %", ("pass", "fail")), "one of 3,000 is not rounded away"
    assert function[0].startswith(unlisted)
    assert function[1:] == (
        "AWS::Lambda::Function: 4 managed, 1 unmanaged; not all could be listed",
        "not known",
        ("unknown",),
    )
    assert vpc[2:] == ("100.0 %", ("pass",))
    assert queue[1:] == ("AWS::SQS::Queue: none seen", "none live", ())


def test_a_type_that_could_not_be_listed_in_many_places_names_a_few() -> None:
    code = differences.code()
    code["shares"][-1]["unlisted"] *= 90
    (kind,) = (kind for kind, *_ in shares(with_drift(code=code)) if kind.startswith("AWS::Lambda"))
    assert kind.count("lambda:ListFunctions gave no answer") == 2
    assert kind.endswith("… and 88 more, below")


def test_the_picture_and_its_table_have_the_same_figures() -> None:
    for width in re.findall(r'class="b-\w+" x="([\d.]+)%" y="0" width="([\d.]+)%"', section(samples.changed())):
        assert float(width[0]) + float(width[1]) <= 100.001
    table = section(samples.changed()).partition('<table class="shares"')[2].partition("</table>")[0]
    rows = re.findall(r'"managed">([\d,]+)</td>.*?"unmanaged">([\d,]+)</td>.*?"ignored">([\d,]+)</td>', table)
    given = {(f"{one['managed']:,}", f"{one['unmanaged']:,}", f"{one['ignored']:,}") for one in _shares()}
    assert set(rows) == given


def _shares() -> list[Document]:
    found: list[Document] = differences.code()["shares"]
    return found


@pytest.mark.parametrize(
    ("managed", "unmanaged", "said"),
    [
        (1, 1, "50.0 %"),
        (0, 5, "0.0 %"),
        (5, 0, "100.0 %"),
        (1, 9999, "less than 0.1 %"),
        (9999, 1, "more than 99.9 %"),
        (999, 1, "99.9 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_to_all(managed: int, unmanaged: int, said: str) -> None:
    assert summary.percentage(managed, unmanaged) == said
    assert summary.managed_share([{"managed": managed, "unmanaged": unmanaged, "unlisted": []}]) == f"{said} managed"


def test_missing_ones_say_how_they_are_declared_and_where() -> None:
    said = listed(samples.changed(), "Missing: declared, and not deployed")
    assert 'Declared as module.recovery["west"].aws_cloudwatch_metric_alarm.lag of s3://states/trading/n' in said
    assert (
        "Retries AWS::SQS::Queue Declared as Retries of trading-queue (cloudformation, tainted) place not known" in said
    )


def cells(results: Document, path: str) -> list[str]:
    """What the page has of a field, old and new."""
    row = re.search(rf'<th scope="row"><code>{re.escape(path)}</code></th>(.*?)</tr>', section(results), re.DOTALL)
    assert row
    return [words(cell) for cell in re.findall(r"<td>(.*?)</td>", row[1], re.DOTALL)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "none"),
        ("none", '"none"'),
        ("", '""'),
        ("5", '"5"'),
        (5, "5"),
        (True, "true"),
        (0.5, "0.5"),
        ([], "[]"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ("\x1b[31m\u202e<b>", '"\\u001b[31m\\u202e<b>"'),
        ("x" * 500, f'"{"x" * (MAX_VALUE - 2)}… (cut; results.json has all 502 characters)'),
        (["ab"] * 20, "[ " + '"ab", ' * 19 + '"ab" ]'),
    ],
)
def test_values_are_shown_as_json_and_nothing_as_none(value: object, shown: str) -> None:
    results = samples.changed()
    results["drift"]["code"]["changed"][0]["fields"] = [differences.field("it", value, 1)]
    assert cells(results, "it") == [shown, "1"]


def test_what_is_declared_stands_beside_what_is_live() -> None:
    results = samples.changed()
    said = listed(results, "Different: declared -> live")
    assert "Field Declared Live backup_retention_period 35 7 deletion_protection true false" in said
    assert cells(results, "tags.Owner") == ['"payments"', "none"]
    assert cells(results, "BackupRetentionPeriod") == ["35", "7"]
    assert "Field Baseline Now" in listed(results, "Changed")


def test_unmanaged_ones_are_grouped_by_type_and_many_are_folded() -> None:
    groups = re.findall(r'<details class="kind"( open)?><summary>(.*?)</summary>', section(samples.changed()))
    assert groups == [
        ("", "AWS::EC2::Subnet (7)"),
        (" open", "AWS::EC2::SecurityGroup (1)"),
        (" open", "AWS::IAM::Role (1)"),
    ]


def test_what_could_not_be_compared_names_the_action_the_reason_and_the_resources() -> None:
    said = listed(samples.changed(), "Could not be compared")
    assert "none was denied NotMapped awscc_sns_topic: a type that is not looked for alerts awscc_sns_topic" in said
    assert "lambda:ListFunctions Timeout unmanaged AWS::Lambda::Function" in said
    assert "lambda_functions in region us-west-2 AWS::Region, payments (444455556666), us-west-2" in said
    assert "orders AWS::RDS::DBClusterParameterGroup, trading (111122223333), us-east-1; only Parameters" in said


def test_what_is_ignored_has_its_reason_and_its_end() -> None:
    said = listed(samples.changed(), "Ignored by the configuration")
    assert "pilot AWS::EC2::Subnet, unmanaged pilot, torn down in January until 2027-01-31" in said
    assert "module.app.aws_lambda_function.settle AWS::Lambda::Function, different the deployment pipeline wr" in said
    assert '"2026-11-01" "2026-11-20"' in said


def test_rules_stand_once_with_what_they_cover_in_all_comparisons() -> None:
    table = section(samples.changed()).partition('id="title-rules"')[2]
    rows = [words(row) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]]
    assert [re.sub(r".* (?=in force|expired|matches)", "", row) for row in rows] == [
        "in force: covers 2",
        "in force: covers 1",
        "expired: it covers nothing any more, and would cover 1",
        "matches nothing: remove it, or correct it",
    ]
    assert rows[0].startswith("arn:aws:ec2:*:*:subnet/subnet-pilot* any pilot, torn down in January 2027-01-31")


def test_a_rule_that_the_document_does_not_have_is_no_error() -> None:
    results = samples.changed()
    results["drift"]["code"]["ignored"][0]["rule"] = 99
    assert "pilot AWS::EC2::Subnet, unmanaged until" in listed(results, "Ignored by the configuration")


def test_outputs_that_lead_somewhere_are_counted_and_the_others_listed() -> None:
    said = listed(samples.changed(), "Outputs that lead nowhere, or that could not be followed")
    assert "web_dns web-12.us-east-1.elb.amazonaws.com : leads nowhere of s3://states/trading/network.tfstate" in said
    assert "password : its value is secret of stack.json" in said
    assert "secondary_vpc_id : leads nowhere of trading-queue" in said
    assert "vpc_id vpc-0a1b" not in said
    assert said.endswith("Outputs that lead to live resources, or name none: 1.")


def test_what_is_declared_by_several_names_each_claim() -> None:
    said = listed(samples.changed(), "Declared by several")
    assert said.endswith("(terraform) Vpc of trading-queue (cloudformation)")


def test_attributes_that_were_not_compared_are_told_by_type() -> None:
    said = words(section(samples.changed()))
    assert "aws_lambda_function filename (4), source_code_hash (4)" in said


def test_states_are_told_with_what_was_set_aside_and_what_was_begun() -> None:
    said = listed(samples.changed(), "The code: states and stacks that were read")
    assert (
        "network.tfstate terraform 4, Terraform 1.7.1 42 abababababab 14 data source (3), provider random (1) none"
        in said
    )
    assert "stack.json pulumi 3 none cdcdcdcdcdcd 6 none creating aws:sqs/queue:Queue retries" in said
    assert "trading-queue cloudformation not told none" in said


def test_who_changed_a_resource_is_told_or_why_nobody_knows() -> None:
    said = listed(samples.changed(), "Changed")
    first = "ModifyDBCluster by arn:aws:sts::111122223333:assumed-role/admin/jane.doe 2026-11-20 16:05:11 UTC, rds.amaz"
    assert first in said
    assert said.index(first) < said.index("AddRoleToDBCluster by")
    assert "event ModifyDBCluster-0f3c, from 198.51.100.7, console.amazonaws.com AddRoleToDBCluster" in said
    assert "… and 1 more, in results.json. There may be more: there are further events" in said, "three are shown"
    gone = listed(samples.changed(), "Removed")
    assert "Who did it is not known: CloudTrail keeps events for 90 days, and the baseline is older." in gone
    assert "temporary AWS::IAM::Role trading (111122223333), global arn:aws:iam::111122223333:temporary" in listed(
        samples.changed(), "Added"
    )


# ---------------------------------------------------------------------------------------- very many


def test_of_very_many_some_are_shown_and_the_rest_is_counted() -> None:
    count = 1000
    code, resources = differences.very_many(count, samples.HOSTILE)
    results = with_drift(baseline={"id": "b"}, code=code, resources=resources)
    found = section(results)
    shown: Counter[str] = Counter()
    for group in found.split('<ul class="entries k-')[1:]:
        shown[re.split('["\\s]', group)[0]] += group.count('<li class="entry">')
    assert shown == {"removed": 400, "changed": 400, "added": 400, "ignored": 400, "twice": 200}
    assert MAX_LISTED == 200
    left = Counter(re.findall(r"… and ([\d,]+) more", words(found)))
    assert left["800"] == 7, "missing, different, ignored; changed, removed, added, ignored"
    assert left[str(len(code["shares"]) - MAX_TYPES)] == 1
    assert left[str(60 - MAX_FIELDS)] == 1
    assert '<details class="change"><summary>Missing: declared, and not deployed (1,000)' in found
    assert len(found) < 4_000_000


def test_unmanaged_ones_that_are_listed_and_those_that_are_not_add_up() -> None:
    code, _ = differences.very_many(1000, samples.HOSTILE)
    said = section(with_drift(code=code)).partition("<summary>Unmanaged")[2].partition("<summary>Could not")[0]
    listed_ = said.count('<li class="entry">')
    left = sum(int(one.replace(",", "")) for one in re.findall(r"… and ([\d,]+) more", said))
    assert (listed_, listed_ + left) == (MAX_LISTED, 1000)
    assert sum(int(one) for one in re.findall(r"Thing \((\d+)\)</summary>", said)) == 1000


def test_reasons_and_types_beyond_the_limit_are_counted() -> None:
    code = differences.code()
    code["unknown"] = [code["unknown"][0] | {"reason": f"reason {number}"} for number in range(MAX_GROUPS + 7)]
    code["added"] = [code["added"][0] | {"type": f"AWS::K{number:03}::T"} for number in range(MAX_GROUPS + 9)]
    found = words(section(with_drift(code=code)))
    assert "… and 7 more for other reasons, in results.json." in found
    assert "… and 9 more of other types, in results.json." in found
    assert found.count("none was denied") + found.count("rds:DescribeDBClusterParameters AccessDenied") == MAX_GROUPS


def test_attributes_of_a_type_beyond_the_limit_are_counted() -> None:
    code = differences.code()
    one = code["not_compared"][0]
    code["not_compared"] = [one | {"attribute": f"a{number:02}"} for number in range(MAX_FIELDS + 3)]
    assert "a39 (2), and 3 more" in words(section(with_drift(code=code)))


def test_a_short_list_is_open_and_a_long_one_folded() -> None:
    code = differences.code()
    code["removed"] = code["removed"] * 11
    found = section(with_drift(code=code))
    assert '<details class="change"><summary>Missing' in found
    assert '<details class="change" open><summary>Different' in found


# ---------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize("sample", [samples.hostile, samples.forged])
def test_hostile_names_paths_and_values_stay_text(sample: Callable[[], Document]) -> None:
    text = page(sample())
    html5lib.HTMLParser(strict=True).parse(text)
    found = section(sample())
    tags = set(re.findall(r"<(\w+)", found))
    assert not tags & {"script", "img", "style", "iframe", "a", "form", "input"}
    assert not re.search(r"\son\w+=|\sstyle=|javascript:[^<]*\"", re.sub(r">[^<]*<", "><", found))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800]", found)


@pytest.mark.parametrize(
    "form", ["html", "markdown", "slack", "csv", "sarif", "junit", "ocsf", "asff", "oscal", "json"]
)
def test_a_forged_document_is_rendered_in_every_format(form: str) -> None:
    results = samples.forged()
    results["drift"]["baseline"]["finished_at"] = "2026-10-21T10:00:40Z"
    before = copy.deepcopy(results)
    rendered(form, results).encode()
    assert results == before


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_each_text_is_seen_wherever_it_stands_and_makes_no_element(text: str) -> None:
    code, resources = (
        differences.poisoned(part, repeat(text)) for part in (differences.code(), differences.resources())
    )
    plain = section(with_drift(baseline={"id": "b"}, code=differences.code(), resources=differences.resources()))
    found = section(with_drift(baseline={"id": text}, code=code, resources=resources))
    assert unescape(found).count(clip(visible(text), MAX_VALUE)) > 100
    assert set(re.findall(r"<\w+", found)) == set(re.findall(r"<\w+", plain))
    assert words(found).isprintable()


# ---------------------------------------------------------------------------------------- since when


def opened(results: Document) -> dict[str, str]:
    """Name of a changed finding -> since when it is said to be open."""
    changes = page(results).partition('id="section-changes"')[2].partition("</section>")[0]
    items = re.findall(r"<bdi>([\w/-]+)</bdi>(.*?)</li>", changes, re.DOTALL)
    return {name: found[1] for name, text in items if (found := re.search(r"; ((?:was )?open since [^<]*)<", text))}


def test_findings_say_since_when_they_are_open_and_how_many_days_that_is() -> None:
    results = samples.changed()
    assert opened(results) == {
        "ledger": "was open since 2026-09-21, 61 days",
        "legacy": "open since 2026-08-21, 92 days",
    }
    articles = re.findall(r"<article.*?</article>", page(results), re.DOTALL)
    assert [words(one)[:6] for one in articles if "open since" in one] == ["Fail: "]
    assert sum("<span>open since 2026-08-21, 92 days</span>" in one for one in articles) == 1


def test_still_open_ones_come_the_oldest_first_and_those_of_unknown_age_last() -> None:
    results = samples.changed()
    (one,) = results["drift"]["findings"]["still_open"]
    del one["since"]
    times = [None, "2026-11-20T10:00:01Z", "2026-10-01T00:00:00+02:00", "no time"]
    results["drift"]["findings"]["still_open"] = [
        one
        | {"id": f"f{number}", "resource": one["resource"] | {"name": f"n{number}"}}
        | ({"since": since} if since else {})
        for number, since in enumerate(times)
    ]
    still = page(results).partition("<summary>Still open (4)")[2].partition("</details>")[0]
    assert re.findall(r"<bdi>(n\d)</bdi>", still) == ["n2", "n1", "n0", "n3"]
    assert re.findall(r"; open since ([^<]*)<", still) == ["2026-09-30, 51 days", "2026-11-20, 0 days"]


@pytest.mark.parametrize(
    ("since", "started", "said"),
    [
        ("2026-11-20T10:00:00+00:00", "2026-11-21T10:00:00Z", "2026-11-20, 1 day"),
        ("2026-11-21T10:00:00+00:00", "2026-11-21T10:00:00Z", "2026-11-21, 0 days"),
        ("2020-11-21T10:00:00+00:00", "2026-11-21T10:00:00Z", "2020-11-21, 2,191 days"),
        ("2026-11-22T10:00:00+00:00", "2026-11-21T10:00:00Z", "2026-11-22, 0 days"),
        ("2026-11-20T10:00:00+00:00", "some time", "2026-11-20"),
    ],
)
def test_an_age_is_counted_to_the_start_of_the_audit(since: str, started: str, said: str) -> None:
    assert summary.open_for({"audit": {"started_at": started}}, dt.datetime.fromisoformat(since)) == said


@given(st.text() | st.none() | st.integers() | st.datetimes(timezones=st.timezones()).map(str))
def test_what_is_no_time_is_not_told(since: object) -> None:
    found = summary.open_since({"drift": {"findings": {"still_open": [{"id": "x", "since": since}]}}})
    assert all(moment.tzinfo == dt.UTC for moment in found.values())


# ---------------------------------------------------------------------------------------- Slack, the terminal


def slack_sections(results: Document) -> list[str]:
    texts = [
        block["text"]["text"] for block in payload(results)["blocks"] if block["type"] == "section" and "text" in block
    ]
    return [text for text in texts if text.startswith(("*From the code*", "*Resources since"))]


def test_slack_tells_the_figures_and_the_worst_few() -> None:
    code, since = (text.splitlines() for text in slack_sections(samples.changed()))
    assert code[0].startswith(
        "*From the code*: 2 missing, 3 different, 9 unmanaged, 4 could not be compared, 2 ignored, "
    )
    assert ", 2 outputs that lead nowhere, 1 output that could not be followed, 1 declared by several; " in code[0]
    assert code[0].endswith("; managed share not known")
    assert code[1].startswith("*could not be compared* without `lambda:ListFunctions` (1), ")
    assert [line.partition(" ")[0] for line in code[2:8]] == ["*missing*"] * 2 + ["*different*"] * 2 + [
        "*unmanaged*"
    ] * 2
    assert "`backup_retention_period` `35` → `7`" in code[4]
    assert code[8:] == ["… and 8 more"]
    assert since[0] == (
        "*Resources since the baseline*: 2 added, 1 removed, 2 changed, 2 could not be compared, 1 ignored"
    )
    assert "by `arn:aws:sts::111122223333:assumed-role/admin/jane.doe` (ModifyDBCluster)" in since[3]


@pytest.mark.parametrize("sample", [samples.hostile, samples.forged, samples.large])
def test_slack_holds_any_drift_within_its_limits_and_as_text(sample: Callable[[], Document]) -> None:
    results = sample()
    assert len(payload(results)["blocks"]) <= 50
    for text in slack_sections(results):
        assert len(text.encode("utf-16-le")) // 2 <= 3000
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
        prose = re.sub(r"`[^`\n]*`", "", text)
        assert not re.search(r"`|\*bold|_italic_|~gone|[@#](here|general)|://|:aws:", prose)
        assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("character", ["x", "\U0001f600", "&"])
def test_slack_counts_what_has_no_room(character: str) -> None:
    code = differences.poisoned(differences.code(), repeat(character * 2000))
    code["removed"] = code["removed"] * 20
    (said,) = slack_sections(with_drift(code=code))
    told_ = len(re.findall(r"^\*(?:missing|different|unmanaged)\*", said, re.MULTILINE))
    assert len(said.encode("utf-16-le")) // 2 <= 3000
    assert told_ == MAX_DIFFERENCES if character == "x" else 0 < told_ < MAX_DIFFERENCES
    assert said.endswith(f"\n… and {40 + 3 + 9 - told_} more")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), []),
        (("resources",), ["Since the baseline: 2 added, 1 removed, 2 changed, 2 could not be compared, 1 ignored"]),
        (
            ("code",),
            ["From the code: 2 missing, 3 different, 9 unmanaged, 4 could not be compared, 2 ignored, 2 outputs that"],
        ),
    ],
)
def test_the_terminal_has_a_line_for_each_comparison(parts: tuple[str, ...], expected: list[str]) -> None:
    drift = samples.changed()["drift"]
    text = terminal.render(with_drift(**{name: drift[name] for name in parts}), colour=False, width=300)
    lines = text.partition("\n\n")[0].splitlines()[2:]
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected


@pytest.mark.parametrize("sample", [samples.hostile, samples.forged])
def test_nothing_of_drift_steers_the_terminal(sample: Callable[[], Document]) -> None:
    text = terminal.render(sample(), colour=False, width=80)
    assert text.replace("\n", "").isprintable()


# ---------------------------------------------------------------------------------------- what is told first


def test_each_kind_of_difference_has_its_share_of_what_is_told() -> None:
    part: Any = {"removed": ["r"] * 9, "changed": ["c"] * 2, "added": ["a"] * 9}
    found: Any = told.worst(part, 8)
    assert [kind for kind, _ in found] == ["removed"] * 3 + ["changed"] * 2 + ["added"] * 3
    assert told.how_many(part) == 20
    only: Any = {"removed": [], "changed": [], "added": ["a"]}
    found = told.worst(only, 8)
    assert found == [("added", "a")]


def test_actions_that_were_denied_come_before_other_reasons_the_most_frequent_first() -> None:
    part = {"unknown": [{"action": action} for action in ("b:B", "", "a:A", "", "", "b:B")]}
    assert told.denied(part) == [("b:B", 2), ("a:A", 1), ("", 3)]


def test_a_comparison_in_figures_counts_its_outputs_and_its_managed_share() -> None:
    code = differences.code()
    code["shares"] = code["shares"][:4]
    code["outputs"] = code["outputs"][1:2]
    assert summary.counted_from_code(code).endswith(
        "2 ignored, 1 output that leads nowhere, 1 declared by several; 99.7 % managed"
    )
    code |= {"shares": [], "outputs": [], "claimed_twice": []}
    assert summary.counted_from_code(code).endswith("4 could not be compared, 2 ignored")
