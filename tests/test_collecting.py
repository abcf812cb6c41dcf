"""Collecting against a session that answers from a script: paging, denials, what vanished, what is malformed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import botocore.exceptions
import orjson
import pytest

from auditor.collectors.asking import Expiry
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.collectors.collect import Collection
from auditor.collectors.interfaces import Progress, Target
from auditor.collectors.plan import Plan, make_plan
from auditor.collectors.session import AwsSession, BadBodyError, Failure, TimeUpError, Tuning
from auditor.model import Account, Read
from auditor.snapshot.staging import CALLS, GAPS, Staging

ACCOUNT, REGION = "111122223333", "us-east-1"
CATALOGUE = DeclaredCatalogue()
Answer = Mapping[str, Any] | BaseException | Callable[[Mapping[str, Any]], Any]


class Script:
    """A session that answers from a script: method -> answer, or answers one after the other."""

    def __init__(self, **answers: Answer | Sequence[Answer]) -> None:
        self.tuning = Tuning(threads=4)
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self._lock = threading.Lock()

    def caller(self, service: str, region: str) -> Script._Caller:
        return self._Caller(self, service, region)

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [params for name, _, params in self.asked if name == method]

    class _Caller:
        def __init__(self, script: Script, service: str, region: str) -> None:
            self.script, self.service, self.region = script, service, region

        def call(self, method: str, _timeout: float, **params: Any) -> Any:  # noqa: ANN401 - request and answer
            script = self.script
            with script._lock:  # noqa: SLF001 - its own script
                answer = script.answers[method]
                if isinstance(answer, Sequence):
                    answer = answer[min(len(script.calls(method)), len(answer) - 1)]
                script.asked.append((method, self.region, params))
            if callable(answer):
                answer = answer(params)
            if isinstance(answer, BaseException):
                raise answer
            return {"ResponseMetadata": {"RequestId": "r-1"}, **cast("Mapping[str, Any]", answer)}


def refused(code: str, message: str = "no") -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "Any")


class Collected:
    """What a collection staged."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self.gaps = list(staging.lines(GAPS))
        self.calls = list(staging.lines(CALLS))
        self.units = sorted(str(unit.relative_to(staging.folder)) for unit in staging.units())

    def rows(self, table: str) -> list[dict[str, Any]]:
        return list(self._staging.lines(table))

    def names(self, table: str) -> list[str]:
        return sorted(row["arn"].rsplit("/", 1)[-1] for row in self.rows(table))

    @property
    def told(self) -> set[tuple[str, str, str]]:
        """Of each gap: table, code, the end of its ARN."""
        return {(gap["table"], gap["code"], gap["arn"].rsplit("/", 1)[-1]) for gap in self.gaps}


@pytest.fixture
def collect(tmp_path: Path) -> Callable[..., Collected]:
    def run(session: Script, *reads: Read, regions: tuple[str, ...] = (REGION,)) -> Collected:
        return collected(tmp_path / "units", session, make_plan(CATALOGUE, reads), regions)

    return run


def collected(folder: Path, session: Script, plan: Plan, regions: tuple[str, ...] = (REGION,)) -> Collected:
    staging = Staging(folder)
    target = Target(Account(ACCOUNT, "", regions), cast("AwsSession", session))
    try:
        Collection(CATALOGUE, plan, staging, threads=4).run([target], lambda _progress: None)
    finally:
        staging.close()
    return Collected(staging)


def read(table: str, *columns: str) -> Read:
    return Read(table, frozenset(columns))


def vpcs(*names: str, token: str = "") -> dict[str, Any]:
    return {"Vpcs": [{"VpcId": name} for name in names]} | ({"NextToken": token} if token else {})


def lb_arn(name: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{name}"


def load_balancers(*names: str) -> dict[str, Any]:
    return {"LoadBalancers": [{"LoadBalancerArn": lb_arn(name), "LoadBalancerName": name} for name in names]}


# ---------------------------------------------------------------------------------------------- listings


def test_every_page_is_followed_at_the_largest_size_and_an_empty_page_is_no_end(
    collect: Callable[..., Collected],
) -> None:
    session = Script(describe_vpcs=[vpcs(token="t1"), vpcs("vpc-1", token="t2"), vpcs("vpc-2")])
    found = collect(session, read("ec2_vpcs"))
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2"]
    assert session.calls("describe_vpcs") == [
        {"MaxResults": 1000},
        {"MaxResults": 1000, "NextToken": "t1"},
        {"MaxResults": 1000, "NextToken": "t2"},
    ]
    assert found.gaps == []
    assert [call["items"] for call in found.calls] == [0, 1, 1]


def test_a_token_given_twice_is_a_gap_and_what_was_listed_is_kept(collect: Callable[..., Collected]) -> None:
    session = Script(
        describe_vpcs=[vpcs("vpc-1", token="a"), vpcs("vpc-2", token="b"), vpcs("vpc-3", token="a"), vpcs("vpc-4")]
    )
    found = collect(session, read("ec2_vpcs"))
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2", "vpc-3"]
    assert found.told == {("ec2_vpcs", "Pagination", "")}
    assert len(session.asked) == 3


def test_a_page_that_fails_is_a_gap_though_others_answered(collect: Callable[..., Collected]) -> None:
    found = collect(Script(describe_vpcs=[vpcs("vpc-1", token="a"), refused("InternalError")]), read("ec2_vpcs"))
    assert found.names("ec2_vpcs") == ["vpc-1"]
    assert found.told == {("ec2_vpcs", "InternalError", "")}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("UnauthorizedOperation"), "UnauthorizedOperation"),
        (refused("RequestLimitExceeded"), "RequestLimitExceeded"),
        (TimeUpError("late"), "Timeout"),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="x"), "Timeout"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="x"), "ConnectionError"),
        (BadBodyError("cut short"), "InvalidResponse"),
        (botocore.exceptions.NoCredentialsError(), "NoCredentialsError"),
    ],
)
def test_a_listing_that_fails_is_a_gap_that_names_the_iam_action(
    error: Exception, code: str, collect: Callable[..., Collected]
) -> None:
    found = collect(Script(describe_vpcs=error), read("ec2_vpcs"))
    [gap] = found.gaps
    assert (gap["code"], gap["action"], gap["service"], gap["operation"]) == (
        code,
        "ec2:DescribeVpcs",
        "ec2",
        "DescribeVpcs",
    )
    assert (gap["account"], gap["region"], gap["columns"], gap["arn"]) == (ACCOUNT, REGION, [], "")
    assert [call["code"] for call in found.calls] == [code]


def test_a_bug_is_raised_and_no_gap(collect: Callable[..., Collected]) -> None:
    with pytest.raises(ZeroDivisionError):
        collect(Script(describe_vpcs=ZeroDivisionError("a bug")), read("ec2_vpcs"))


def test_a_listing_that_fails_leaves_gaps_in_the_tables_below_it(collect: Callable[..., Collected]) -> None:
    session = Script(describe_load_balancers=refused("AccessDenied"), describe_target_groups={"TargetGroups": []})
    found = collect(session, read("elbv2_rules"), read("elbv2_target_health"))
    assert ("elbv2_listeners", "AccessDenied", "") in found.told
    assert ("elbv2_rules", "AccessDenied", "") in found.told
    below = [gap for gap in found.gaps if gap["table"] == "elbv2_rules"]
    assert {gap["action"] for gap in below} == {"elasticloadbalancing:DescribeLoadBalancers"}


def test_a_listing_without_its_list_is_broken_not_empty(collect: Callable[..., Collected]) -> None:
    found = collect(Script(list_secrets={}), read("secretsmanager_secrets"))
    assert found.told == {("secretsmanager_secrets", "InvalidResponse", "")}


@pytest.mark.parametrize("answer", [{"SecretList": "none"}, {"SecretList": None}, {"SecretList": {"a": 1}}])
def test_what_is_no_list_is_never_taken_for_rows(answer: Mapping[str, Any], collect: Callable[..., Collected]) -> None:
    found = collect(Script(list_secrets=answer), read("secretsmanager_secrets"))
    assert found.rows("secretsmanager_secrets") == []
    assert found.told == {("secretsmanager_secrets", "InvalidResponse", "")}


def test_a_parent_that_vanished_has_nothing_below_it(collect: Callable[..., Collected]) -> None:
    session = Script(
        describe_load_balancers=load_balancers("kept", "gone"),
        describe_listeners=lambda p: (
            refused("LoadBalancerNotFound")
            if p["LoadBalancerArn"].endswith("gone")
            else {"Listeners": [{"ListenerArn": f"{p['LoadBalancerArn']}/l1"}]}
        ),
    )
    found = collect(session, read("elbv2_listeners"))
    assert found.names("elbv2_listeners") == ["l1"]
    assert found.gaps == []


def test_variants_of_a_listing_are_all_asked_for(collect: Callable[..., Collected]) -> None:
    session = Script(
        describe_db_engine_versions=lambda p: {"DBEngineVersions": [{"Engine": p["Engine"], "EngineVersion": "1"}]}
    )
    found = collect(session, read("rds_engine_versions"))
    assert sorted(row["Engine"] for row in found.rows("rds_engine_versions")) == ["aurora-mysql", "aurora-postgresql"]


# ---------------------------------------------------------------------------------------------- details


def test_only_what_is_planned_is_called(collect: Callable[..., Collected]) -> None:
    session = Script(describe_vpcs=vpcs("vpc-1"))
    found = collect(session, read("ec2_vpcs", "vpcid"))
    assert [name for name, _, _ in session.asked] == ["describe_vpcs"]
    assert found.rows("ec2_vpcs")[0]["EnableDnsSupport"] is None


def test_a_row_is_written_when_all_its_details_are_in(collect: Callable[..., Collected]) -> None:
    def attribute(params: Mapping[str, Any]) -> dict[str, Any]:
        name = params["Attribute"][0].upper() + params["Attribute"][1:]
        return {name: {"Value": params["Attribute"] == "enableDnsSupport"}}

    session = Script(describe_vpcs=vpcs("vpc-1", "vpc-2"), describe_vpc_attribute=attribute)
    found = collect(session, read("ec2_vpcs", "enablednssupport", "enablednshostnames"))
    assert [(row["EnableDnsSupport"], row["EnableDnsHostnames"]) for row in found.rows("ec2_vpcs")] == [
        (True, False),
        (True, False),
    ]
    assert len(session.calls("describe_vpc_attribute")) == 4


def test_a_denied_detail_is_a_gap_in_its_row_and_columns_alone(collect: Callable[..., Collected]) -> None:
    session = Script(
        describe_vpcs=vpcs("vpc-1", "vpc-2"),
        describe_vpc_attribute=lambda p: (
            refused("UnauthorizedOperation") if p["VpcId"] == "vpc-2" else {"EnableDnsSupport": {"Value": True}}
        ),
    )
    found = collect(session, read("ec2_vpcs", "enablednssupport"))
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2"]
    gaps = [gap for gap in found.gaps if gap["columns"] == ["EnableDnsSupport"]]
    assert [gap["arn"].rsplit("/")[-1] for gap in gaps] == ["vpc-2"]
    assert gaps[0]["action"] == "ec2:DescribeVpcAttribute"


def test_a_resource_that_vanished_meanwhile_is_no_row_and_no_gap(collect: Callable[..., Collected]) -> None:
    session = Script(
        describe_vpcs=vpcs("vpc-1", "vpc-2"),
        describe_vpc_attribute=lambda p: (
            refused("InvalidVpcID.NotFound") if p["VpcId"] == "vpc-2" else {"EnableDnsSupport": {"Value": True}}
        ),
    )
    found = collect(session, read("ec2_vpcs", "enablednssupport"))
    assert found.names("ec2_vpcs") == ["vpc-1"]
    assert found.gaps == []


def functions(*names: str) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function/"
    return {"Functions": [{"FunctionArn": arn + name, "FunctionName": name} for name in names]}


def test_a_code_that_means_there_is_none_gives_an_empty_column(collect: Callable[..., Collected]) -> None:
    session = Script(list_functions=functions("f"), get_policy=refused("ResourceNotFoundException"))
    found = collect(session, read("lambda_functions", "resourcepolicy"))
    assert [row["ResourcePolicy"] for row in found.rows("lambda_functions")] == [None]
    assert found.gaps == []


def test_a_function_that_vanished_before_its_tags_were_read_is_no_row(collect: Callable[..., Collected]) -> None:
    session = Script(list_functions=functions("f"), list_tags=refused("ResourceNotFoundException"))
    found = collect(session, read("lambda_functions", "tags"))
    assert (found.rows("lambda_functions"), found.gaps) == ([], [])


def keys(*names: str) -> dict[str, Any]:
    return {"Keys": [{"KeyId": name, "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}"} for name in names]}


def described(manager: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda params: {"KeyMetadata": {"KeyId": params["KeyId"], "KeyManager": manager, "Enabled": True}}


def test_what_a_row_is_identified_by_comes_first_and_decides_what_else_is_asked(
    collect: Callable[..., Collected],
) -> None:
    columns = read("kms_keys", "keypolicy", "keyrotationenabled")
    session = Script(list_keys=keys("aws"), describe_key=described("AWS"))
    assert collect(session, columns).rows("kms_keys")[0]["KeyManager"] == "AWS"
    assert [name for name, _, _ in session.asked] == ["list_keys", "describe_key"]


def test_a_customers_key_is_asked_for_the_rest(collect: Callable[..., Collected]) -> None:
    session = Script(
        list_keys=keys("own"),
        describe_key=described("CUSTOMER"),
        get_key_policy={"Policy": '{"Statement": []}'},
        get_key_rotation_status={"KeyRotationEnabled": True},
    )
    found = collect(session, read("kms_keys", "keypolicy", "keyrotationenabled"))
    [row] = found.rows("kms_keys")
    assert (row["KeyPolicy"], row["KeyRotationEnabled"], row["Enabled"]) == ({"Statement": []}, True, True)


@pytest.mark.parametrize("answer", [refused("AccessDeniedException"), {"KeyMetadata": {"Enabled": "perhaps"}}])
def test_a_failed_identifying_call_spoils_the_whole_row(answer: Answer, collect: Callable[..., Collected]) -> None:
    found = collect(Script(list_keys=keys("own"), describe_key=answer), read("kms_keys"))
    assert found.names("kms_keys") == ["own"]
    [gap] = found.gaps
    assert (gap["columns"], gap["arn"].rsplit("/")[-1]) == ([], "own")


# ---------------------------------------------------------------------------------------------- batches


def tag_answers(params: Mapping[str, Any]) -> dict[str, Any]:
    arns = params["ResourceArns"]
    tags = [{"ResourceArn": arn, "Tags": [{"Key": "n", "Value": arn.rsplit("/", 1)[-1]}]} for arn in arns]
    return {"TagDescriptions": tags[::-1]}


def test_a_batch_serves_as_many_rows_as_aws_allows_in_any_order(collect: Callable[..., Collected]) -> None:
    names = [f"lb{number:02}" for number in range(45)]
    session = Script(describe_load_balancers=load_balancers(*names), describe_tags=tag_answers)
    found = collect(session, read("elbv2_load_balancers", "tags"))
    assert sorted(len(params["ResourceArns"]) for params in session.calls("describe_tags")) == [5, 20, 20]
    assert sorted(row["tags"]["n"] for row in found.rows("elbv2_load_balancers")) == names


def test_one_vanished_resource_does_not_spoil_its_batch(collect: Callable[..., Collected]) -> None:
    def tags(params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an answer or an error
        gone = any(arn.endswith("gone") for arn in params["ResourceArns"])
        return refused("LoadBalancerNotFound") if gone else tag_answers(params)

    session = Script(describe_load_balancers=load_balancers("a", "gone", "b"), describe_tags=tags)
    found = collect(session, read("elbv2_load_balancers", "tags"))
    assert found.names("elbv2_load_balancers") == ["a", "b"]
    assert {row["tags"]["n"] for row in found.rows("elbv2_load_balancers")} == {"a", "b"}
    assert found.gaps == []


def test_a_batch_that_leaves_a_row_out_spoils_that_row_alone(collect: Callable[..., Collected]) -> None:
    def tags(params: Mapping[str, Any]) -> dict[str, Any]:
        return {"TagDescriptions": [t for t in tag_answers(params)["TagDescriptions"] if "lost" not in str(t)]}

    session = Script(describe_load_balancers=load_balancers("a", "lost"), describe_tags=tags)
    found = collect(session, read("elbv2_load_balancers", "tags"))
    assert found.names("elbv2_load_balancers") == ["a", "lost"]
    assert found.told == {("elbv2_load_balancers", "InvalidResponse", "lost")}
    assert found.gaps[0]["columns"] == ["tags"]


def test_a_denied_batch_is_a_gap_in_each_of_its_rows(collect: Callable[..., Collected]) -> None:
    session = Script(describe_load_balancers=load_balancers("a", "b"), describe_tags=refused("AccessDenied"))
    found = collect(session, read("elbv2_load_balancers", "tags"))
    assert found.told == {("elbv2_load_balancers", "AccessDenied", "a"), ("elbv2_load_balancers", "AccessDenied", "b")}
    assert len(session.calls("describe_tags")) == 1


# ---------------------------------------------------------------------------------------------- malformed answers


def test_a_malformed_value_spoils_its_column_of_its_row(collect: Callable[..., Collected]) -> None:
    answer = {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": "perhaps"}, {"VpcId": "vpc-2", "IsDefault": True}]}
    found = collect(Script(describe_vpcs=answer), read("ec2_vpcs"))
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2"]
    [gap] = found.gaps
    assert (gap["code"], gap["columns"], gap["arn"].rsplit("/")[-1]) == ("InvalidResponse", ["IsDefault"], "vpc-1")


def test_an_item_that_cannot_be_a_row_is_a_gap_in_its_table_and_below(collect: Callable[..., Collected]) -> None:
    answer = {"LoadBalancers": [*load_balancers("a")["LoadBalancers"], {"LoadBalancerName": "without an ARN"}, "text"]}
    found = collect(Script(describe_load_balancers=answer, describe_listeners={"Listeners": []}), read("elbv2_rules"))
    assert found.names("elbv2_load_balancers") == ["a"]
    assert found.told == {(f"elbv2_{name}", "InvalidResponse", "") for name in ("load_balancers", "listeners", "rules")}


@pytest.mark.parametrize(
    "answer",
    [{"TagDescriptions": "none"}, {"TagDescriptions": ["a"]}, {"TagDescriptions": [{"ResourceArn": ["x"]}]}, {}],
)
def test_a_malformed_batch_spoils_its_rows(answer: Mapping[str, Any], collect: Callable[..., Collected]) -> None:
    session = Script(describe_load_balancers=load_balancers("a"), describe_tags=answer)
    found = collect(session, read("elbv2_load_balancers", "tags"))
    assert found.told == {("elbv2_load_balancers", "InvalidResponse", "a")}


# ---------------------------------------------------------------------------------------------- accounts and units


def test_an_account_that_cannot_be_entered_is_a_gap_in_every_table(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    plan = make_plan(CATALOGUE, [read("ec2_vpcs"), read("iam_roles"), read("elbv2_rules")])
    target = Target(Account(ACCOUNT, "", (REGION,)), None, Failure("AccessDenied", "not allowed"))
    Collection(CATALOGUE, plan, staging, threads=2).run([target], lambda _progress: None)
    found = Collected(staging)
    assert {gap["table"] for gap in found.gaps} == {planned.table.name for planned in plan.tables}
    assert {gap["action"] for gap in found.gaps} == {"sts:AssumeRole"}
    assert found.calls == []


def test_expired_credentials_are_not_tried_again_and_again(collect: Callable[..., Collected]) -> None:
    session = Script(describe_vpcs=refused("ExpiredToken"), describe_subnets=refused("ExpiredToken"))
    regions = tuple(f"eu-west-{number}" for number in range(1, 9))
    found = collect(session, read("ec2_vpcs"), read("ec2_subnets"), regions=regions)
    assert len(found.gaps) == 16
    assert {gap["code"] for gap in found.gaps} == {"ExpiredToken"}
    assert len(session.asked) < 16


def test_expiry_is_noted_only_for_codes_that_say_so() -> None:
    expiry = Expiry()
    for _ in range(9):
        expiry.note(Failure("AccessDenied", ""))
    expiry.refuse()
    for _ in range(3):
        expiry.note(Failure("ExpiredTokenException", ""))
    with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
        expiry.refuse()


def test_global_tables_are_asked_once_in_their_home_and_regional_ones_in_each_region(
    collect: Callable[..., Collected],
) -> None:
    session = Script(describe_vpcs=vpcs("vpc-1"), describe_regions={"Regions": [{"RegionName": REGION}]})
    found = collect(session, read("ec2_vpcs"), read("ec2_regions"), regions=("eu-west-1", "eu-west-2"))
    assert sorted((name, region) for name, region, _ in session.asked) == [
        ("describe_regions", "us-east-1"),
        ("describe_vpcs", "eu-west-1"),
        ("describe_vpcs", "eu-west-2"),
    ]
    assert found.units == [f"{ACCOUNT}/{region}/ec2" for region in ("eu-west-1", "eu-west-2", "global")]


def test_progress_counts_units_calls_and_items(tmp_path: Path) -> None:
    seen: list[Progress] = []
    session = cast("AwsSession", Script(describe_vpcs=vpcs("vpc-1", "vpc-2")))
    collection = Collection(CATALOGUE, make_plan(CATALOGUE, [read("ec2_vpcs")]), Staging(tmp_path), threads=2)
    collection.run([Target(Account(ACCOUNT, "", ("eu-west-1", "eu-west-2")), session)], seen.append)
    assert (seen[-1].units, seen[-1].done, seen[-1].items) == (2, 2, 4)


class CountingSink:
    """A sink that counts how often its units are committed."""

    def __init__(self) -> None:
        self.commits: list[str] = []
        self.lines = 0

    def has(self, _unit: str) -> bool:
        return False

    def open(self, unit: str) -> CountingSink.Unit:
        return self.Unit(self, unit)

    class Unit:
        def __init__(self, sink: CountingSink, name: str) -> None:
            self.sink, self.name = sink, name

        def _line(self, *_: object) -> None:
            assert self.name not in self.sink.commits, "a line after the unit's end"
            self.sink.lines += 1

        row = call = gap = _line

        def commit(self) -> None:
            self.sink.commits.append(self.name)


def test_a_unit_is_committed_once_after_its_last_line() -> None:
    sink = CountingSink()
    session = Script(
        describe_load_balancers=load_balancers("a", "b"),
        describe_listeners=lambda p: {"Listeners": [{"ListenerArn": p["LoadBalancerArn"] + "/l"}]},
        describe_rules=refused("AccessDenied"),
        describe_tags=tag_answers,
    )
    plan = make_plan(CATALOGUE, [read("elbv2_rules", "tags"), read("elbv2_load_balancers", "tags")])
    target = Target(Account(ACCOUNT, "", (REGION, "eu-west-1")), cast("AwsSession", session))
    Collection(CATALOGUE, plan, cast("Any", sink), threads=4).run([target], lambda _progress: None)
    assert sorted(sink.commits) == [f"{ACCOUNT}/eu-west-1/elbv2", f"{ACCOUNT}/{REGION}/elbv2"]
    assert sink.lines > 10


def test_an_interrupted_collection_is_taken_up_where_it_was(tmp_path: Path) -> None:
    plan = make_plan(CATALOGUE, [read("ec2_vpcs"), read("kms_aliases")])
    held = threading.Event()
    first = Script(
        describe_vpcs=[vpcs("vpc-1", token="t"), lambda _: held.wait(5) or vpcs()], list_aliases={"Aliases": []}
    )

    def stop(progress: Progress) -> None:
        if progress.done and len(first.calls("describe_vpcs")) == 2:
            raise KeyboardInterrupt

    staging = Staging(tmp_path)
    target = Target(Account(ACCOUNT, "", (REGION,)), cast("AwsSession", first))
    with pytest.raises(KeyboardInterrupt):
        Collection(CATALOGUE, plan, staging, threads=2).run([target], stop)
    staging.close()
    held.set()
    assert Collected(staging).units == [f"{ACCOUNT}/{REGION}/kms"]

    second = Script(describe_vpcs=vpcs("vpc-1", "vpc-2"))
    found = collected(tmp_path, second, plan)
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2"]
    assert found.units == [f"{ACCOUNT}/{REGION}/ec2", f"{ACCOUNT}/{REGION}/kms"]
    assert {name for name, _, _ in second.asked} == {"describe_vpcs"}


def test_a_call_that_never_returns_is_given_up_and_its_rows_are_spoilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.collectors.collect.CALL_SECONDS", -4.7)
    held = threading.Event()
    session = Script(
        describe_vpcs=vpcs("vpc-1", "vpc-2"),
        describe_vpc_attribute=lambda p: (
            held.wait(5) and {} if p["VpcId"] == "vpc-2" else {"EnableDnsSupport": {"Value": True}}
        ),
        list_aliases=lambda _: held.wait(5) and {"Aliases": []},
    )
    plan = make_plan(CATALOGUE, [read("ec2_vpcs", "enablednssupport"), read("kms_aliases")])
    found = collected(tmp_path, session, plan)
    held.set()
    assert found.names("ec2_vpcs") == ["vpc-1", "vpc-2"]
    assert found.told == {("ec2_vpcs", "Timeout", "vpc-2"), ("kms_aliases", "Timeout", "")}


def lines(texts: Iterable[bytes]) -> list[Any]:
    return [orjson.loads(text) for text in texts]


def test_what_arrives_after_a_units_end_is_dropped(tmp_path: Path) -> None:
    unit = Staging(tmp_path).open("a/b/c")
    unit.row("t", {"n": 1})
    unit.commit()
    unit.row("t", {"n": 2})
    assert lines((tmp_path / "a/b/c/t.ndjson").read_bytes().splitlines()) == [{"n": 1}]
