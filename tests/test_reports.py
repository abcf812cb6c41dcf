"""Report formats: golden files (`AUDITOR_UPDATE_GOLDEN=1 pytest` writes them), hostile names, limits, determinism."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import html5lib
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from auditor.cli.options import FORMAT_NAMES
from auditor.errors import UsageError
from auditor.reports import FORMATS, chosen, chosen_on_request, named, policy, rendered, summary, terminal
from auditor.reports.page.findings import MAX_FINDINGS
from auditor.reports.sanitize import clip, slack_code, slack_prose, visible
from auditor.reports.slack import payload
from auditor.resources import data_dir
from tests.goldens import golden

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests import report_samples as samples
else:
    import report_samples as samples

SCHEMA = json.loads((samples.ROOT / "auditor/reports/results.schema.json").read_text())
NAMES = list(samples.SAMPLES)


class Page(HTMLParser):
    """The elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open in {"style", "script"}:
            self.raw[self._open] = self.raw.get(self._open, "") + data
        self._open = self._open if self._open in {"style", "script"} else ""

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.elements if attribute in attrs]


def html(results: dict[str, Any]) -> str:
    return rendered("html", results)


# ---------------------------------------------------------------------------------------- the registry


def test_the_formats_are_those_of_the_interface() -> None:
    assert {name: form.filename for name, form in FORMATS.items()} == {
        "html": "report.html",
        "json": "results.json",
        "csv": "findings.csv",
        "markdown": "summary.md",
        "sarif": "results.sarif",
        "junit": "junit.xml",
        "ocsf": "findings.ocsf.json",
        "asff": "findings.asff.json",
        "oscal": "oscal-assessment-results.json",
        "slack": "slack.json",
    }
    assert tuple(FORMATS) == FORMAT_NAMES


def test_an_unknown_format_is_a_usage_error_that_lists_what_exists() -> None:
    with pytest.raises(UsageError, match=r"'pdf'.*There are: asff, csv, html, json, junit, ") as caught:
        named("pdf")
    assert caught.value.exit_status == 2
    assert [form.filename for form in chosen_on_request(["pdf"])] == ["report.pdf", "results.json"]


def test_json_is_always_among_the_chosen_formats_and_each_comes_once() -> None:
    assert [form.filename for form in chosen(["slack", "slack"])] == ["slack.json", "results.json"]


def test_data_folders_are_found_and_others_refused() -> None:
    assert (data_dir("report_templates") / "report.html").is_file()
    assert data_dir("checks").is_dir()
    with pytest.raises(ValueError, match="no such data folder"):
        data_dir("../secrets")


# ---------------------------------------------------------------------------------------- golden files


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", list(FORMATS))
def test_golden(form: str, name: str) -> None:
    text = rendered(form, samples.SAMPLES[name]())
    if form == "html":  # the style and the script are read elsewhere; their hashes would change with each comma
        text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1\3", text, flags=re.DOTALL)
        text = re.sub(r"sha256-[\w+/=]+", "sha256-…", text)
    golden(f"{name}.{FORMATS[form].filename}", text)


@pytest.mark.parametrize("name", NAMES)
def test_golden_terminal(name: str) -> None:
    golden(f"{name}.terminal.txt", terminal.render(samples.SAMPLES[name](), colour=False, width=100))


@pytest.mark.parametrize("form", policy.FORMS)
@pytest.mark.parametrize("caller", [False, True])
def test_golden_policy(form: policy.Form, *, caller: bool) -> None:
    actions = ["rds:DescribeDBClusters", "ec2:DescribeVpcs", "organizations:ListAccounts", "ec2:DescribeVpcs"]
    roles = [f"arn:aws:iam::{samples.PAYMENTS}:role/auditor", f"arn:aws:iam::{samples.TRADING}:role/auditor"]
    suffix = {"json": "json", "terraform": "tf", "cloudformation": "cloudformation.json"}[form]
    name = f"policy{'-caller' if caller else ''}.{suffix}"
    golden(name, policy.render(actions, form, caller=caller, role_arns=roles))


# ---------------------------------------------------------------------------------------- every format


@pytest.mark.parametrize("name", [*NAMES, "large", "lifelike"])
def test_samples_and_results_json_follow_the_schema(name: str) -> None:
    results = getattr(samples, name)()
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    validator.validate(results)
    validator.validate(json.loads(rendered("json", results)))


@pytest.mark.parametrize(
    "broken",
    [
        {"schema_version": "2.0"},
        {"findings": [{"id": "x"}]},
        {"scope": {"accounts": [{"id": "12", "regions": []}]}},
        {"requirements": [{**samples.typical()["requirements"][0], "status": "passed"}]},
        {"collection": {"calls": "many", "items": 0, "errors": []}},
    ],
)
def test_the_schema_of_the_results_rejects_what_is_none(broken: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({**samples.typical(), **broken})


@pytest.mark.parametrize("form", list(FORMATS))
@pytest.mark.parametrize("name", NAMES)
def test_rendering_is_deterministic_and_leaves_the_results_alone(form: str, name: str) -> None:
    results = samples.SAMPLES[name]()
    before = copy.deepcopy(results)
    assert rendered(form, results) == rendered(form, results)
    assert results == before


@pytest.mark.parametrize("form", list(FORMATS))
def test_the_order_of_findings_and_errors_does_not_matter(form: str) -> None:
    results, shuffled = samples.lifelike(), samples.lifelike()
    random.Random(7).shuffle(shuffled["findings"])  # noqa: S311 - a shuffled deck, not a secret
    random.Random(7).shuffle(shuffled["collection"]["errors"])  # noqa: S311 - as above
    assert rendered(form, shuffled) == rendered(form, results)


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_output_can_be_written_as_utf_8(form: str) -> None:
    rendered(form, samples.hostile()).encode()


def test_every_output_for_people_says_that_a_demonstration_is_one() -> None:
    results = samples.denied()
    said = "No real account was looked at"
    assert html(results).count(said) >= 2
    assert said in rendered("slack", results)
    assert "[Demonstration]" in payload(results)["text"]
    assert terminal.render(results, colour=False, width=80).startswith("Demonstration")
    assert said not in html(samples.typical())


# ---------------------------------------------------------------------------------------- the verdict


def verdict(*statuses: str, complete: bool = True, unchecked: int = 0) -> str:
    requirements = [{"status": status, "checks": ["x"]} for status in statuses]
    requirements += [{"status": "unknown", "checks": []}] * unchecked
    return summary.verdict({"requirements": requirements, "audit": {"complete": complete}})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (verdict("fail", "fail", "pass", "unknown"), "2 of 4 requirements fail, 1 could not be seen."),
        (verdict("fail", "pass"), "1 of 2 requirements fails."),
        (verdict("fail", unchecked=2), "1 of 3 requirements fails, 2 have no check yet."),
        (
            verdict("pass", "unknown", complete=False),
            "Nothing that was seen fails, but of 2 requirements 1 could not be seen.",
        ),
        (verdict("pass", unchecked=1), "Nothing that was seen fails, but of 2 requirements 1 has no check yet."),
        (verdict("pass", "waived"), "All 2 requirements pass, 1 of them by waiver."),
        (verdict("pass", "not_applicable"), "The one requirement that applies passes."),
        (verdict("pass", "pass", "not_applicable"), "All 2 of 3 requirements that apply pass."),
        (verdict("pass", "pass", complete=False), "All 2 requirements pass. The collection has gaps."),
        (verdict("not_applicable"), "None of the 1 requirement applies: there was nothing to look at."),
        (verdict(), "No requirement was evaluated."),
    ],
)
def test_the_verdict_is_one_sentence(said: str, expected: str) -> None:
    assert said == expected


def test_a_requirement_without_a_check_is_shown_as_unknown_with_the_reason() -> None:
    page = html(samples.typical())
    section = page[page.index('<section class="requirement s-unknown" id="CMP-04"') :]
    assert "No check evaluates this requirement yet" in section[: section.index("</section>")]


# ---------------------------------------------------------------------------------------- HTML


@pytest.mark.parametrize("name", [*NAMES, "lifelike"])
def test_the_page_is_html_without_a_parse_error(name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(html(getattr(samples, name)()))


@pytest.mark.parametrize(("before", "after"), [("</h1>", ""), ("<main>", "<main main='"), ("<!DOCTYPE html>", "")])
def test_html_that_is_broken_is_rejected(before: str, after: str) -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse(html(samples.typical()).replace(before, after, 1))


def test_the_policy_names_the_hashes_of_the_style_and_the_script_that_are_there() -> None:
    page = Page(html(samples.hostile()))
    allowed = next(attrs["content"] or "" for tag, attrs in page.elements if "http-equiv" in attrs)
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in allowed
    assert allowed.startswith("default-src 'none'; ")
    assert "unsafe" not in allowed


def test_the_page_asks_for_nothing() -> None:
    page = Page(html(samples.lifelike()))
    assert not {"src", "srcset", "data", "poster", "action", "ping", "background"} & {
        attribute for _, attrs in page.elements for attribute in attrs
    }
    assert {value for value in page.values("href") if not value.startswith("#")} == {"data:,"}
    assert "url(http" not in page.raw["style"]
    assert "@import" not in page.raw["style"]


@pytest.mark.parametrize("sample", [samples.hostile, samples.large, samples.forged])
def test_hostile_names_stay_text_in_html(sample: Callable[[], dict[str, Any]]) -> None:
    text = html(sample())
    page = Page(text)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == tags.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(tags)
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]
    assert not [value for value in page.values("href") if not value.startswith(("#", "data:,"))]
    assert "{{ 7 * 7 }}" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", text)


@pytest.mark.parametrize("name", [*NAMES, "lifelike", "large"])
def test_ids_are_unique_and_links_lead_somewhere(name: str) -> None:
    page = Page(html(getattr(samples, name)()))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {unquote(value[1:]) for value in page.values("href") if value.startswith("#")} <= set(ids)
    labels = {one for value in page.values("aria-labelledby") for one in value.split()}
    assert labels <= set(ids)


@pytest.mark.parametrize("name", ["lifelike", "changed"])
def test_headings_descend_one_level_at_a_time(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(html(getattr(samples, name)())).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_very_many_findings_are_bounded_failures_first_and_it_says_what_is_left_out() -> None:
    text = html(samples.large())
    shown = [attrs for tag, attrs in Page(text).elements if tag == "article"]
    assert len(shown) == MAX_FINDINGS
    assert {attrs["data-status"] for attrs in shown} == {"fail"}
    assert "2,000 of 5,000 findings are shown" in text
    assert len(text) < 8_000_000


def test_each_requirement_gets_its_share_of_what_is_shown() -> None:
    results = samples.large()
    for number, one in enumerate(results["findings"]):
        one["status"] = "fail"
        one["requirements"] = ["DNS-01"] if number < 10 else ["NET-01"]
    text = html(results)
    section = text[text.index('" id="DNS-01"') :]
    assert section[: section.index("</section>")].count("<article") == 10


def test_a_finding_of_two_requirements_is_shown_once_and_referred_to() -> None:
    text = html(samples.typical())
    section = text[text.index('" id="DB-05"') : text.index('" id="SEC-01"')]
    assert "shown under SEC-01" in section
    assert text.count("rotates every 90 days, at most 30 are allowed</p>") == 1


def test_the_matrix_draws_accounts_together_where_there_are_very_many_places() -> None:
    results = samples.lifelike()
    regions = [f"xx-test-{number}" for number in range(20)]
    results["scope"]["accounts"] = [{"id": f"{number:012}", "regions": regions} for number in range(60)]
    text = html(results)
    assert "each column is a whole account" in text
    assert "further accounts are not drawn" in text


def test_the_matrix_shows_a_gap_without_findings_as_unknown() -> None:
    results = samples.denied()
    results["findings"] = [one for one in results["findings"] if one["check"] != "secret-rotates"]
    text = html(results)
    row = text[text.index('<tr data-id="SEC-01">') :]
    assert row[: row.index("</tr>")].count("#shape-unknown") == 2, "overall, and in the one place"


def _variables(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_enough_in_both_schemes(scheme: str) -> None:
    css = (data_dir("report_templates") / "report.css").read_text()
    light, dark = css.split("prefers-color-scheme: dark", 1)
    colours = (
        _variables(light) if scheme == "light" else {**_variables(light), **_variables(dark.split("@media print")[0])}
    )
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in ("page", "raised")]
    pairs += [
        (tone, ground)
        for tone in ("fail", "unknown", "waived", "pass")
        for ground in ("page", "raised", f"{tone}-tint")
    ]
    pairs += [("ink", f"{tone}-tint") for tone in ("fail", "unknown", "waived", "pass")] + [("on-solid", "fail")]
    for one, other in pairs:
        high, low = sorted((_luminance(colours[one]), _luminance(colours[other])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (one, other)


# ---------------------------------------------------------------------------------------- Slack


def _texts(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for block in blocks:
        found += [block["text"]] if "text" in block else []
        found += [*block.get("fields", []), *block.get("elements", [])]
    return found


@pytest.mark.parametrize("name", [*NAMES, "lifelike", "large"])
def test_slack_stays_within_block_kits_limits(name: str) -> None:
    made = payload(getattr(samples, name)())
    assert 0 < len(made["text"]) <= 3000
    assert 0 < len(made["blocks"]) <= 50
    for block in made["blocks"]:
        assert block["type"] in {"header", "section", "context", "divider"}
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10
        limit = {"header": 150, "section": 3000, "context": 3000}.get(block["type"], 0)
        assert all(0 < len(text["text"].encode("utf-16-le")) // 2 <= limit for text in _texts([block]))
        assert all(len(text["text"]) <= 2000 for text in block.get("fields", []))
        assert block["type"] != "header" or block["text"]["type"] == "plain_text"


@pytest.mark.parametrize("name", [*NAMES, "lifelike", "large"])
def test_slack_takes_every_block_for_a_block(name: str) -> None:
    blocks = payload(getattr(samples, name)())["blocks"]
    for block, read in zip(blocks, Block.parse_all(blocks), strict=True):
        read.validate_json()
        assert read.to_dict() == block


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "section"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
    ],
)
def test_slack_does_not_take_a_broken_block(broken: dict[str, Any]) -> None:
    (block,) = Block.parse_all([broken])
    with pytest.raises(SlackObjectFormationError):
        block.validate_json()


@pytest.mark.parametrize("sample", [samples.hostile, samples.large, samples.forged])
def test_hostile_names_stay_text_in_slack(sample: Callable[[], dict[str, Any]]) -> None:
    made = payload(sample())
    for text in [made["text"], *(one["text"] for one in _texts(made["blocks"]))]:
        assert not re.search(r"[<>]", re.sub(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d :-]+UTC>", "", text))
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        prose = re.sub(r"`[^`\n]*`", "", text)
        assert "`" not in prose
        assert not re.search(r"\*bold|_italic_|~gone|[@#](here|general)|://|:aws:", prose)
        assert text.replace("\n", "").isprintable()


def test_slack_names_the_worst_failure_first_and_how_many_more_there_are() -> None:
    made = payload(samples.large())
    texts = [one["text"] for one in _texts(made["blocks"])]
    first = texts[texts.index("*Worst failures*") + 1]
    assert first.startswith("*CRITICAL*  *")
    assert any(text.endswith("; 499 more like it") for text in texts)
    assert "*What could not be seen*" in texts
    assert any(text.startswith("… and 192 more actions") for text in texts)


def test_slack_begins_with_what_changed() -> None:
    results = samples.changed()
    texts = [one["text"] for one in _texts(payload(results)["blocks"])]
    since = next(number for number, text in enumerate(texts) if text.startswith("*Since <!date^"))
    assert texts[since].endswith(": 2 new, 2 resolved, 1 still open, 2 newly unseen")
    assert texts[since + 1] == "*New failures*"
    assert texts[since + 2].startswith("*CRITICAL*  *DB-05*  `orders")
    assert texts.index("*Worst failures*") > since
    (resolved,) = (text for text in texts if text.startswith("*Resolved*"))
    assert "was fail, is pass" in resolved
    assert "was fail, is not asked" in next(text for text in texts if text.startswith("*Newly unseen*"))
    assert any("<https://reports.example-bank.net/2026/report.html?a=1&amp;b=2|Open the report>" in t for t in texts)


def test_slack_holds_any_number_of_changes() -> None:
    results = samples.large()
    kept = ("id", "check", "requirements", "severity", "resource", "message")
    changes = [{key: one[key] for key in kept} | {"was": "pass", "now": "fail"} for one in results["findings"]]
    kinds = ("new", "resolved", "still_open", "newly_unseen", "seen_again")
    results["drift"]["findings"] = dict.fromkeys(kinds, changes)
    results["audit"]["demo"] = True
    made = payload(results)
    assert len(made["blocks"]) <= 50
    assert all(len(text["text"].encode("utf-16-le")) // 2 <= 3000 for text in _texts(made["blocks"]))
    assert any(re.search(r"\n… and [\d,]+ more$", text["text"]) for text in _texts(made["blocks"]))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "https://x|y", "https://x>", 'https://"', ""])
def test_an_address_that_is_no_plain_one_is_no_link(url: str) -> None:
    results = samples.changed()
    results["audit"]["report_url"] = url
    assert summary.report_url(results) == ""
    assert "Open the report" not in rendered("slack", results)


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_slack_text_never_outgrows_its_bound(text: str, limit: int) -> None:
    assert len(slack_prose(text, limit)) <= 5 * limit
    assert len(slack_code(text, limit)) <= 5 * limit + 2
    assert not re.search(r"[<>*~`\n]", slack_prose(text, limit))


def test_slack_keeps_arns_types_and_times_as_they_are() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/_a_*"
    assert slack_prose(f"uses {arn} of *AWS::KMS::Key* since 10:00:42", 200) == (
        f"uses `{arn}` of \u2217AWS::KMS::Key\u2217 since 10:00:42"
    )


# ---------------------------------------------------------------------------------------- the terminal


@pytest.mark.parametrize("name", [*NAMES, "large", "forged"])
@pytest.mark.parametrize("width", [20, 80, 200])
def test_nothing_steers_the_terminal_without_colour(name: str, width: int) -> None:
    assert terminal.render(getattr(samples, name)(), colour=False, width=width).replace("\n", "").isprintable()


def test_colour_adds_nothing_but_colour() -> None:
    plain = terminal.render(samples.hostile(), colour=False, width=90)
    coloured = terminal.render(samples.hostile(), colour=True, width=90)
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == plain


def test_the_terminal_shows_twenty_failures_and_counts_the_rest() -> None:
    text = terminal.render(samples.large(), colour=False, width=100)
    assert "Worst failures (20 of 2,500)" in text
    assert "… and 2,480 more" in text
    assert len(text.splitlines()) < 250


def test_the_table_fits_the_terminal() -> None:
    lines = terminal.render(samples.lifelike(), colour=False, width=100).splitlines()
    assert max(map(len, lines[: lines.index("", 4)])) <= 100


# ---------------------------------------------------------------------------------------- results.json


def test_results_json_is_canonical() -> None:
    text = rendered("json", samples.lifelike())
    assert text.endswith("}\n")
    assert rendered("json", json.loads(text)) == text
    assert list(json.loads(text)["findings"][0]["evidence"]) == ["name", "encrypted", "days", "zones", "key"]


def test_results_json_keeps_every_value() -> None:
    results = samples.hostile()
    again = json.loads(rendered("json", results))
    by_id = {one["id"]: one for one in results["findings"]}
    assert all(by_id[one["id"]] == one for one in again["findings"])
    assert again["audit"] == results["audit"]


def test_results_json_has_no_number_that_json_lacks() -> None:
    results = samples.typical()
    results["findings"][0]["evidence"] = {"lag": float("nan"), "all": [float("inf")]}
    assert '"lag": "nan"' in rendered("json", results)
    assert '"inf"' in rendered("json", results)


# ---------------------------------------------------------------------------------------- making text harmless


@given(st.text(alphabet=st.characters()))
def test_visible_text_is_printable_and_plain_text_is_unchanged(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)
    if text.isascii() and text.isprintable():
        assert visible(text) == text


def test_what_cannot_be_seen_becomes_an_escape() -> None:
    assert visible("a\u202eb\x1b[0m\n\u200b\u3164\ud800") == "a\\u202eb\\x1b[0m\\n\\u200b\\u3164\\ud800"
    assert visible("one\r\n\ttwo\x07", lines=True) == "one\n    two\\x07"
    assert visible("Zürich 東京 résumé 👍") == "Zürich 東京 résumé 👍"


def test_clipping_says_so() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"


# ---------------------------------------------------------------------------------------- the IAM policy

MANY = [f"service{number % 40}:DescribeSomethingOrOther{number}" for number in range(700)]


def _size(document: dict[str, Any]) -> int:
    return len(re.sub(r"\s", "", json.dumps(document)))


def test_the_policy_has_exactly_these_actions_once() -> None:
    made = json.loads(policy.render([*MANY, *MANY], "json"))
    allowed = [action for statement in made["Statement"] for action in statement["Action"]]
    assert sorted(allowed) == sorted(set(MANY))
    assert len({statement["Sid"] for statement in made["Statement"]}) == len(made["Statement"]) > 1
    assert all(statement["Resource"] == "*" and statement["Effect"] == "Allow" for statement in made["Statement"])


def test_policies_that_are_attached_stay_within_the_limit_and_say_why_there_are_several() -> None:
    template = json.loads(policy.render(MANY, "cloudformation"))
    documents = [one["Properties"]["PolicyDocument"] for one in template["Resources"].values()]
    assert len(documents) > 1
    assert all(_size(document) <= policy.LIMIT for document in documents)
    assert "attach all of them" in template["Description"]
    hcl = policy.render(MANY, "terraform")
    assert hcl.count('resource "aws_iam_policy"') == len(documents)
    assert "attach all of them" in hcl.splitlines()[0]


def test_a_small_policy_is_one_statement() -> None:
    made = json.loads(policy.render(["ec2:DescribeVpcs"], "json"))
    assert made["Statement"] == [
        {"Sid": "AuditorRead", "Effect": "Allow", "Action": ["ec2:DescribeVpcs"], "Resource": "*"}
    ]


def test_very_many_roles_of_the_caller_are_split_too() -> None:
    roles = [f"arn:aws:iam::{number:012}:role/auditor-readonly" for number in range(400)]
    template = json.loads(policy.render([], "cloudformation", caller=True, role_arns=roles))
    documents = [one["Properties"]["PolicyDocument"] for one in template["Resources"].values()]
    assert all(_size(document) <= policy.LIMIT for document in documents)
    named_roles = [role for one in documents for statement in one["Statement"] for role in statement["Resource"]]
    assert named_roles == roles


@pytest.mark.parametrize("action", ["ec2:*", "*", "ec2:Describe*", 'ec2:X"', "ec2"])
def test_what_is_no_action_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="not an IAM action"):
        policy.render([action], "json")


def test_a_policy_that_would_permit_nothing_is_a_usage_error() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    (signing,) = json.loads(policy.render([], "json", caller=True, signing_key=key))["Statement"]
    assert (signing["Action"], signing["Resource"]) == (["kms:GetPublicKey", "kms:Sign"], [key])
    states = ["s3://states/app/[ab]/**/*.tfstate", "s3://states/net.tfstate"]
    objects, lists = json.loads(policy.render([], "json", caller=True, states=states))["Statement"]
    assert (objects["Action"], objects["Resource"]) == (
        ["s3:GetObject"],
        ["arn:aws:s3:::states/app/*/*/*.tfstate", "arn:aws:s3:::states/net.tfstate"],
    )
    assert (lists["Action"], lists["Resource"]) == (["s3:ListBucket"], ["arn:aws:s3:::states"])
    with pytest.raises(UsageError, match="no role to assume"):
        policy.render(["ec2:DescribeVpcs"], "json", caller=True)
    with pytest.raises(UsageError, match="nothing to permit"):
        policy.render([], "json")


def test_an_unknown_form_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="There are: json, terraform, cloudformation"):
        policy.render(["ec2:DescribeVpcs"], "pulumi")  # type: ignore[arg-type]  # what a user may type


def test_a_role_cannot_break_out_of_terraform() -> None:
    hcl = policy.render([], "terraform", caller=True, role_arns=['arn:aws:iam::1:role/"${file("x")}%{if}'])
    assert '"arn:aws:iam::1:role/\\"$${file(\\"x\\")}%%{if}"' in hcl
