"""Forms of networks and load balancers: what is only written differently is the same, and nothing fails.

Each is tried on the resources of `network_cases.py`, in whose states and answers things stand in different orders.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.drift.code import paths
from auditor.drift.code.forms import FORMS, load_balancing, network
from auditor.drift.code.mapping import load_mappings
from auditor.resources import data_dir
from tests.network_cases import cases

MAPPINGS = load_mappings(data_dir("mappings"))
OWN = {**network.FORMS, **load_balancing.FORMS}
CASES = list(cases())
FORMED = [
    (attribute.form, paths.find(attribute.declared, case.state), paths.find(attribute.live, case.row))
    for case in CASES
    for attribute in MAPPINGS.by_kind[case.kind].attributes
    if attribute.form in OWN
]


def shuffled(value: object, random_: random.Random) -> object:
    if isinstance(value, list):
        items = [shuffled(item, random_) for item in value]
        return random_.sample(items, len(items))
    if isinstance(value, dict):
        return {name: shuffled(value[name], random_) for name in random_.sample(list(value), len(value))}
    return value


def in_order(value: object) -> object:
    if isinstance(value, list):
        return sorted((in_order(item) for item in value), key=orjson.dumps)
    return {name: in_order(value[name]) for name in sorted(value)} if isinstance(value, dict) else value


@pytest.mark.parametrize(("form", "state", "row"), FORMED, ids=[form for form, _, _ in FORMED])
@given(seed=st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_order_means_nothing(form: str, state: object, row: object, seed: random.Random) -> None:
    expected = in_order(FORMS[form].declared(state))
    assert in_order(FORMS[form].declared(shuffled(state, seed))) == expected
    assert in_order(FORMS[form].live(shuffled(row, seed))) == in_order(FORMS[form].live(row)) == expected


@pytest.mark.parametrize("form", sorted({form for form, _, _ in FORMED}))
def test_nothing_is_the_same_on_both_sides(form: str) -> None:
    nothing: tuple[object, ...] = (None, "", [], {}, [{}], [None])
    found = [side(value) for side in (FORMS[form].declared, FORMS[form].live) for value in nothing]
    assert found == [found[0]] * len(found)


def names_in(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from names_in(item)


NAMES = sorted({name for _, *sides in FORMED for side in sides for name in names_in(side)})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(NAMES)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)


@given(value=ANYTHING)
@settings(max_examples=150, deadline=None)
def test_no_form_fails_whatever_a_state_says_nor_changes_it(value: object) -> None:
    given_ = repr(value)
    for form in OWN.values():
        for side in (form.declared, form.live):
            assert repr(side([copy.deepcopy(value)])) == repr(side([value]))
    assert repr(value) == given_


@pytest.mark.parametrize(
    ("form", "one", "other", "is_same"),
    [
        ("security_group_rules", {"protocol": "6", "self": "true"}, {"protocol": "TCP", "self": True}, True),
        (
            "security_group_rules",
            {"protocol": "icmp", "self": True},
            {"protocol": "1", "self": True, "from_port": -1},
            True,
        ),
        (
            "security_group_rules",
            {"protocol": "icmp", "self": True, "from_port": 0},
            {"protocol": "1", "self": True},
            False,
        ),
        (
            "security_group_rules",
            {"protocol": "47", "self": True, "from_port": 0},
            {"protocol": "47", "self": True},
            True,
        ),
        (
            "security_group_rules",
            {"protocol": "tcp", "cidr_block": ["::"]},
            {"protocol": "tcp", "cidr_blocks": "::"},
            True,
        ),
        (
            "routes",
            {"cidr_block": "10.0.0.1/8", "gateway_id": "x"},
            {"cidr_block": "10.0.0.0/8", "gateway_id": "x"},
            True,
        ),
        (
            "routes",
            {"ipv6_cidr_block": "0::0/0", "nat_gateway_id": "n"},
            {"ipv6_cidr_block": "::/0", "gateway_id": "n"},
            True,
        ),
        ("routes", {"nat_gateway_id": "n", "network_interface_id": "e"}, {"nat_gateway_id": "n"}, True),
        ("network_acl_entries", {"protocol": "tcp", "from_port": 0}, {"protocol": 6, "icmp_type": 3}, True),
        ("network_acl_entries", {"protocol": "vrrp", "from_port": 3}, {"protocol": "112"}, True),
        ("network_acl_entries", {"protocol": "udp", "from_port": 3}, {"protocol": "17"}, False),
        (
            "load_balancer_actions",
            {"type": "forward", "target_group_arn": "a"},
            {"type": "forward", "forward": {"target_groups": [{"arn": "a", "weight": 5}], "stickiness": None}},
            True,
        ),
        (
            "load_balancer_actions",
            {"type": "forward", "forward": [{"target_group": [{"arn": "a"}, {"arn": "b"}]}]},
            {"type": "forward", "forward": [{"target_group": [{"arn": "a", "weight": 1}, {"arn": "b", "weight": 0}]}]},
            False,
        ),
        (
            "load_balancer_actions",
            {"type": "fixed-response", "fixed_response": [{"status_code": "503", "message_body": ""}]},
            {"type": "fixed-response", "fixed_response": {"status_code": 503}},
            True,
        ),
        (
            "load_balancer_actions",
            {"type": "redirect", "redirect": [{"status_code": "HTTP_301"}]},
            {"type": "redirect", "redirect": [{"status_code": "HTTP_302"}]},
            False,
        ),
        (
            "load_balancer_actions",
            {"type": "authenticate-oidc", "authenticate_oidc": [{"client_id": "a", "client_secret": "one"}]},
            {"type": "authenticate-oidc", "authenticate_oidc": [{"client_id": "a", "client_secret": "other"}]},
            True,
        ),
        (
            "load_balancer_conditions",
            {"field": "path-pattern", "values": ["/a"]},
            {"path_pattern": {"values": ["/a"]}},
            True,
        ),
        ("load_balancer_conditions", {"query_strings": [{"value": "a"}]}, {"query_string": [{"key": "a"}]}, False),
        ("log_delivery", {"enabled": False, "bucket": "a"}, {"enabled": "false", "bucket": "b"}, True),
        ("log_delivery", {"enabled": True, "bucket": "a"}, {"enabled": "true", "bucket": "b"}, False),
        ("mutual_authentication", {"mode": "off"}, {}, True),
        ("mutual_authentication", {"mode": "verify"}, {"mode": "passthrough"}, False),
        ("metadata_options", {"http_tokens": "optional", "http_put_response_hop_limit": 1}, {}, True),
        ("metadata_options", {"http_tokens": "required"}, {"http_tokens": "optional"}, False),
        ("on_by_default", None, "true", True),
        ("on_by_default", False, "false", True),
        ("on_by_default", None, False, False),
        ("log_group_arn", "arn:aws:logs:x:1:log-group:a:*", "arn:aws:logs:x:1:log-group:a", True),
        ("log_group_arn", "arn:aws:s3:::a", "arn:aws:s3:::b", False),
        ("dns_names", ["a.example", "A.example."], ["a.example"], True),
        ("dns_names", ["a.example"], ["b.example"], False),
        ("key_algorithm", "RSA-2048", "RSA_2048", True),
        ("key_algorithm", "RSA-2048", "RSA_4096", False),
    ],
)
def test_what_is_only_written_differently_is_the_same(form: str, one: object, other: object, is_same: bool) -> None:  # noqa: FBT001 - a case
    found, expected = (FORMS[form].declared([side] if isinstance(side, dict) else side) for side in (one, other))
    assert (found == expected) is is_same


def test_a_secret_of_a_client_is_not_in_what_is_compared() -> None:
    state = next(case.state for case in CASES if case.kind == "aws_lb_listener")["default_action"]
    assert "never compared" in str(state)
    assert "never compared" not in str(FORMS["load_balancer_actions"].declared(state))
