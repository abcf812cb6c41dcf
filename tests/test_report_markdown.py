"""`summary.md`: what others wrote stays text for a CommonMark parser and for GitHub, and the page stays small."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from auditor.reports import summary
from auditor.reports.markdown import LIMIT, MAX_CHANGES, MAX_FAILURES, MAX_WAIVERS, Markdown, code, link, prose
from auditor.reports.sanitize import clip, visible

if TYPE_CHECKING:
    from tests import report_differences as differences
    from tests import report_samples as samples
else:
    import report_differences as differences
    import report_samples as samples

HEADINGS = {
    *("Since the baseline", "New failures", "Newly unseen", "Resolved", "Seen again"),
    *("Drift", "Requirements", "Worst failures", "What could not be seen", "Waivers", "How to verify"),
}
LIVE = (
    "@octocat please look",
    "(@org/team)",
    "fixes #123, octo/repo#4 and GH-5",
    "gh-7 ghsa-abcd-1234 CVE-2026-1234",
    "see a5c3785ed8d6a35868bc169f07e40e889087fd2e or a5c3785",
    "octocat@a5c3785",
    "https://evil.test/ and ftp://evil.test",
    "www.evil.test evil.com //evil.com",
    "mail me@evil.com",
    ":tada::+1: :100:",
    "costs $1 and $2, $x^2$, $`x`$",
    "!5 %6 ~7 &8",
    "# heading",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "2) item",
    "> quote",
    "***",
    "---",
    "===",
    "~~~",
    "```",
    "    indented",
    "- [x] task",
    "| a | b |",
    "a|b",
    "`a|b`",
    "a|@b|#1",
    "a\\|@b",
    "\\",
    "`",
    "``",
    "`` ` ``",
    "a` `b",
    "[text](https://evil.com)",
    "[text][1]",
    "[1]: https://evil.com",
    "[^1]",
    "![image](https://evil.com/x.png)",
    "[[wiki]]",
    "<https://evil.com>",
    "<b>bold</b>",
    "<!-- comment -->",
    "&lt;b&gt; &#60;b&#62; &copy;",
    "**bold** __bold__ *em* _em_ ~~gone~~ ~gone~",
    "snake_case_name __init__",
    "hard break\\\nhere",
    "two spaces  \nhere",
    "$",
    "a - b = c",
)

COMPARISONS = ("From the code", "Since the baseline")
ALIVE_ELSEWHERE = {"a - b = c", "`", "``", "`a|b`", "snake_case_name __init__", "\\", "$", "!5 %6 ~7 &8"}
ALIVE_ELSEWHERE |= {"[^1]", "[[wiki]]", "[text][1]"}
"""Nothing for CommonMark and GitHub's issues where they stand alone; in a sentence, a wiki or GitLab they may be."""


def text_of(results: dict[str, Any]) -> str:
    return "".join(Markdown().render(results))


def sample_of(name: str) -> dict[str, Any]:
    results: dict[str, Any] = getattr(samples, name)()
    return results


def everywhere(said: str) -> dict[str, Any]:
    """A document with the same text wherever somebody else writes."""
    results = samples.changed()
    results["tool"]["version"] = said
    results["audit"] |= dict.fromkeys(("id", "standard", "standard_title", "organization", "environment"), said)
    results["audit"] |= {"identity": said, "finished_at": said, "report_url": f"no {said}"}
    results["scope"]["accounts"][0] |= {"name": said, "regions": [said]}
    results["method"] = {"checks_digest": said, "config_digest": said}
    for one in results["requirements"]:
        one |= {"title": said, "statement": said, "reason": said}
    changes = [one for kind in results["drift"]["findings"].values() for one in kind]
    for one in [*results["findings"], *changes]:
        one["message"] = said
        one["resource"] = {**one["resource"], "arn": said, "name": said, "type": said, "region": said}
    results["drift"] |= {"baseline": {"id": said, "finished_at": said}}
    results["drift"] |= {
        name: differences.poisoned(results["drift"][name], repeat(said)) for name in ("code", "resources")
    }
    results["waivers"] = [
        {**one, "requirement": said, "resource": said, "reason": said, "approved_by": said, "expires": said}
        for one in results["waivers"]
    ]
    gap = samples.error("rds:DescribeDBClusters", said, ["database-encrypted"], code=said, message=said)
    results["collection"]["errors"] = [gap | {"action": said}]
    return results


# ---------------------------------------------------------------------------------------- what a reader's program sees

_BLOCKS = "heading|paragraph|bullet_list|list_item|table|thead|tbody|tr|th|td"
_STRUCTURE = re.compile(rf"(?:{_BLOCKS}|strong|em)_(?:open|close)")
_CONTENT = frozenset({"inline", "text", "code_inline", "softbreak"})
# What GitHub makes of the text nodes of a page, except in code: its documentation, "Autolinked references and URLs",
# "Mentioning people and teams", "Using emojis", "Writing mathematical expressions"; GFM, "Autolinks (extension)".
GITHUB = {
    "mention": re.compile(r"(?<![\w`])@[a-z0-9]", re.IGNORECASE),
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    "issue": re.compile(r"#\d|\bgh-\d", re.IGNORECASE),
    "commit": re.compile(r"\b[0-9a-f]{7,40}\b"),
    "address": re.compile(r"\b(?:https?|ftp)://|\bwww\.", re.IGNORECASE),
    "emoji": re.compile(r":[a-z0-9_+-]+:", re.IGNORECASE),
    "formula": re.compile(r"\$[^$]+\$"),
}


def parsed(text: str) -> list[Token]:
    return MarkdownIt("gfm-like").parse(text)


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


def dangers(text: str) -> set[str]:
    """Everything on a page that this format never writes: HTML, links, images, quotes, code blocks, live words."""
    found = set()
    for token in flat(parsed(text)):
        if not _STRUCTURE.fullmatch(token.type) and token.type not in _CONTENT:
            found.add(token.type)
        if token.type == "text":
            found |= {name for name, pattern in GITHUB.items() if pattern.search(token.content)}
    return found


def headings(text: str) -> list[tuple[str, str]]:
    tokens = parsed(text)
    return [(one.tag, tokens[at + 1].content) for at, one in enumerate(tokens) if one.type == "heading_open"]


def cells(line: str) -> list[str]:
    """A row's cells by GFM's rule: a pipe ends a cell unless a backslash stands before it, in code too."""
    return re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))


def uneven(text: str) -> list[str]:
    """Rows of tables that have not as many cells as the heading."""
    lines, found = text.splitlines(), []
    for token in parsed(text):
        if token.type == "table_open" and token.map:
            first, last = token.map
            found += [line for line in lines[first:last] if len(cells(line)) != len(cells(lines[first]))]
    return found


def shown(tokens: list[Token]) -> str:
    """The text that a reader sees of a paragraph, item or cell."""
    return "".join(one.content for one in flat(tokens) if one.type in {"text", "code_inline"})


BROKEN = [
    ("<b>bold</b>", "html_inline"),
    ("<script>\n", "html_block"),
    ("[text](https://evil.com)", "link_open"),
    ("see evil.com", "link_open"),
    ("![image](x.png)", "image"),
    ("> quote", "blockquote_open"),
    ("1. item", "ordered_list_open"),
    ("    code", "code_block"),
    ("```\ncode", "fence"),
    ("~~gone~~", "s_open"),
    ("a\\\nb", "hardbreak"),
    ("***", "hr"),
    ("\\@octocat", "mention"),
    ("\\#123 gh-1", "issue"),
    ("a5c3785", "commit"),
    (":tada:", "emoji"),
    ("$x^2$", "formula"),
    ("me\\@evil.com", "e-mail"),
    ("https\\://evil", "address"),
]


@pytest.mark.parametrize(("text", "danger"), BROKEN)
def test_the_reader_sees_each_danger_that_is_there(text: str, danger: str) -> None:
    assert danger in dangers(text)


def test_the_reader_sees_uneven_tables_and_strange_headings() -> None:
    assert uneven("| a | b |\n| --- | --- |\n| 1 | 2 |\n| `x|y` | 2 |\n") == ["| `x|y` | 2 |"]
    assert not uneven("| a | b |\n| --- | --- |\n| `x`\\|`y` | 2 |\n")
    assert headings("# One\n\nTwo\n===\n") == [("h1", "One"), ("h1", "Two")]


@pytest.mark.parametrize("name", [*samples.SAMPLES, "large", "lifelike", "forged"])
def test_samples_have_no_danger(name: str) -> None:
    results = sample_of(name)
    results["audit"].pop("report_url", None)  # the one link that is meant
    assert_harmless(text_of(results))


@pytest.mark.parametrize("said", [*samples.HOSTILE, *LIVE])
def test_hostile_text_anywhere_stays_text(said: str) -> None:
    assert_harmless(text_of(everywhere(said)))


def assert_harmless(text: str) -> None:
    assert not dangers(text)
    assert not uneven(text)
    levels = headings(text)
    assert [level for level, _ in levels].count("h1") == 1
    assert {words for level, words in levels if level != "h1"} <= HEADINGS
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(text.encode()) <= LIMIT
    text.encode()


@pytest.mark.parametrize("said", [said for said in LIVE if said not in ALIVE_ELSEWHERE])
def test_live_words_are_live_where_they_are_not_escaped(said: str) -> None:
    raw = f"text\n{said}\n\n| h | i |\n| --- | --- |\n| {said} | x |\n"
    assert dangers(raw) or headings(raw) or uneven(raw) or shown(parsed(said)) != said


# ---------------------------------------------------------------------------------------- text that stays text

AWKWARD = st.text(alphabet=st.sampled_from("`*_[]()<>#|~!$&@:/\\.,-+= \nab19w")) | st.text(alphabet=st.characters())
PLACES = ("{}", "- {}", "- **high** {}", "# {}", "| h | i |\n| --- | --- |\n| {} | x |", "text {} text", "line\n{}")


def words(text: str) -> str:
    return " ".join(visible(text).split())


def assert_reads_as(made: str, text: str) -> None:
    for place in PLACES:
        page = place.format(made)
        expected = {"- **high** {}": f"high {text}", "text {} text": f"text {text} text", "line\n{}": f"line{text}"}
        expected[PLACES[4]] = f"hi{text}x"
        assert shown(parsed(page)) == expected.get(place, text), place
        assert not dangers(page), place
        assert not uneven(page), place


@given(AWKWARD)
def test_prose_reads_as_the_text_wherever_it_stands(text: str) -> None:
    assert_reads_as(prose(f"a{text}", 10_000), words(f"a{text}"))
    assert_reads_as(prose(f"{text}.", 10_000), words(f"{text}."))


@given(AWKWARD)
def test_code_reads_as_the_text_wherever_it_stands(text: str) -> None:
    assert_reads_as(code(f"a{text}", 10_000), words(f"a{text}"))
    assert_reads_as(code(f"{text}.", 10_000), words(f"{text}."))


@pytest.mark.parametrize("said", [*samples.HOSTILE, *LIVE])
def test_each_hostile_text_reads_as_it_is(said: str) -> None:
    assert_reads_as(prose(said, 10_000), words(said))
    assert_reads_as(code(said, 10_000), words(said))


@given(AWKWARD, st.integers(min_value=1, max_value=60))
def test_text_never_outgrows_five_bytes_a_character(text: str, limit: int) -> None:
    assert len(prose(text, limit).encode()) <= 5 * limit + 8
    assert len(code(text, limit).encode()) <= 5 * limit + 8
    assert len(words(clip(visible(text), limit))) <= limit


def test_plain_sentences_are_not_disfigured() -> None:
    said = "rotates every 90 days, at most 30 are allowed (10.5 % of them); python3.9 is e.g. old, snake_case - fine"
    assert prose(said, 200) == said
    assert prose("2027-01-31", 40) == "2027-01-31"


def test_what_would_be_alive_is_code_with_the_sentence_around_it() -> None:
    assert prose("uses arn:aws:kms:us-east-1:1:key/1, not (@octocat).", 100) == (
        "uses `arn:aws:kms:us-east-1:1:key/1`, not (`@octocat`)."
    )


@pytest.mark.parametrize("empty", ["", " ", "\n", "  \t "])
def test_an_empty_name_is_a_dash(empty: str) -> None:
    assert code(empty.strip(), 10) == r"\-"


@pytest.mark.parametrize(
    ("address", "made"),
    [
        ("https://a.test/r.html?x=1&y=%20#z", "[Report](https://a.test/r.html?x=1&amp;y=%20#z)"),
        ("http://a.test:8080/é", "[Report](http://a.test:8080/%C3%A9)"),
        ("https://a.test/)[x](javascript:y)", "[Report](https://a.test/%29%5Bx%5D%28javascript:y%29)"),
        ('https://a.test/"><script>', "[Report](https://a.test/%22%3E%3Cscript%3E)"),
        ("https://a.test/a b|c`d\\e*", "[Report](https://a.test/a%20b%7Cc%60d%5Ce%2A)"),
        ("javascript:alert(1)", "Report: `javascript:alert(1)`"),
        ("data:text/html,x", "Report: `data:text/html,x`"),
        ("file:///etc/passwd", "Report: `file:///etc/passwd`"),
        ("https:///no-host", "Report: `https:///no-host`"),
        ("https://[", "Report: `https://[`"),
        ("reports/report.html", "Report: `reports/report.html`"),
        ("https://a.test/" + "x" * 2000, f"Report: `https://a.test/{'x' * 184}…`"),
    ],
)
def test_only_web_addresses_become_links_and_nothing_leaves_them(address: str, made: str) -> None:
    assert link("Report", address) == made
    hrefs = [one.attrGet("href") for one in flat(parsed(f"See {made}.")) if one.type == "link_open"]
    assert len(hrefs) == made.startswith("[")
    assert all(str(href).startswith("http") for href in hrefs)


# ---------------------------------------------------------------------------------------- golden files


@pytest.mark.parametrize("name", [*samples.SAMPLES, "large", "lifelike"])
def test_rendering_is_deterministic_and_leaves_the_results_alone(name: str) -> None:
    results = sample_of(name) | {"drift": samples.changed()["drift"], "waivers": samples.changed()["waivers"]}
    before, shuffled = copy.deepcopy(results), copy.deepcopy(results)
    lists = [shuffled[part] for part in ("findings", "requirements", "checks", "waivers")]
    for one in [*lists, shuffled["collection"]["errors"], *shuffled["drift"]["findings"].values()]:
        random.Random(7).shuffle(one)  # noqa: S311 - a shuffled deck, not a secret
    assert text_of(shuffled) == text_of(results)
    assert results == before


# ---------------------------------------------------------------------------------------- what is on the page


def test_the_first_lines_say_what_was_audited_and_how_it_went() -> None:
    text = text_of(samples.typical())
    assert headings(text)[0][1] == summary.headline(samples.typical())
    assert text.split("\n")[2] == f"**{summary.verdict(samples.typical())}**"


def test_a_demonstration_is_called_one_before_the_verdict() -> None:
    text = text_of(samples.denied())
    assert text.index(summary.DEMO) < text.index(summary.verdict(samples.denied()))
    assert summary.DEMO not in text_of(samples.typical())


def row_of(text: str, first: str) -> list[str]:
    return next(found for line in text.splitlines() if (found := [one.strip() for one in cells(line)])[0] == first)


WORDS = {
    "fail": "**Fail**",
    "unknown": "**Unknown**",
    "waived": "Waived",
    "pass": "Pass",
    "not_applicable": "Not applicable",
}


@pytest.mark.parametrize("status", WORDS)
def test_each_status_is_shown_in_its_own_word_and_counted_in_its_own_column(status: str) -> None:
    results = samples.document(
        [samples.requirement("DB-05", "Title", "Statement")],
        [samples.check("database-encrypted", "DB-05", "Databases are encrypted")],
        [samples.finding("database-encrypted", "DB-05", status, "orders")],
    )
    text = text_of(results)
    assert row_of(text, "DB-05")[2] == WORDS[status]
    columns = dict(zip(row_of(text, "Count of"), row_of(text, "Findings"), strict=True))
    assert {name for name, count in columns.items() if count == "1"} == {summary.WORDS[status]}


def test_an_unknown_finding_is_named_as_unseen_and_never_counted_as_passed() -> None:
    text = text_of(samples.denied())
    assert "3 findings are unknown, in DB-05, SEC-01." in text
    assert row_of(text, "DB-05")[2:7] == ["**Unknown**", "0", "2", "0", "0"]
    assert "`rds:DescribeDBClusters` AccessDenied in trading (`111122223333`) us-east-1" in text


def test_a_requirement_without_a_check_is_named() -> None:
    text = text_of(samples.typical())
    assert "No check of this version evaluates CMP-04." in text
    assert row_of(text, "CMP-04")[-1] == "Database failover is automated *No check evaluates it.*"


def test_a_requirement_whose_checks_said_nothing_is_named() -> None:
    results = samples.spotless()
    results["requirements"][0] |= {"id": "NET-09", "status": "unknown", "counts": {}, "reason": "Nothing was said."}
    text = text_of(results)
    assert "The checks of NET-09 found nothing to judge." in section(text, "What could not be seen")
    assert row_of(text, "NET-09")[-1].endswith("*Nothing was said.*")


def test_gaps_that_touch_no_finding_are_told_too() -> None:
    results = samples.spotless()
    results["audit"]["complete"] = False
    assert section(text_of(results), "What could not be seen").endswith("is never a pass.\nThe collection has gaps.\n")
    results["collection"]["errors"] = [samples.error("kms:GetKeyPolicy", "us-east-1", [])]
    assert "- `kms:GetKeyPolicy` AccessDenied in" in section(text_of(results), "What could not be seen")


def test_where_everything_was_seen_there_is_nothing_to_say() -> None:
    assert "What could not be seen" not in {words for _, words in headings(text_of(samples.spotless()))}


def test_a_failure_of_each_check_comes_the_most_severe_first_and_all_are_counted() -> None:
    results = samples.lifelike()
    said = section(text_of(results), "Worst failures")
    listed = re.findall(r"^- \*\*(\w+)\*\* (\S+) ", said, re.MULTILINE)
    ranks = [["critical", "high", "medium", "low"].index(severity) for severity, _ in listed]
    assert ranks == sorted(ranks)
    assert len({requirement for _, requirement in listed}) == len(listed) == 22
    others = sum(int(count) for count in re.findall(r" \((\d+) more like it\)$", said, re.MULTILINE))
    assert len(listed) + others == results["summary"]["findings"]["fail"]


def section(text: str, heading: str) -> str:
    return text.split(f" {heading}\n", 1)[1].split("\n#", 1)[0]


def test_changes_since_the_baseline_are_counted_and_listed() -> None:
    text = text_of(samples.changed())
    assert "Compared with `2026-10-21T10-00-00Z-trading-dr`, finished `2026-10-21T10:00:40Z`." in text
    counts = dict(zip(row_of(text, "New failures"), row_of(text, "2"), strict=True))
    assert counts == {
        "New failures": "2",
        "Newly unseen": "2",
        "Resolved": "2",
        "Seen again": "1",
        "Still open": "1",
    }
    arrows = {name: re.findall("^- (.*?): ", section(text, name), re.MULTILINE) for name in list(counts)[:-1]}
    assert arrows == {
        "New failures": ["not there → fail", "pass → fail"],
        "Resolved": ["fail → waived", "fail → pass"],
        "Newly unseen": ["pass → unknown", "fail → not asked"],
        "Seen again": ["unknown → not there"],
    }
    assert text.count("Still open") == 1


def test_drift_is_told_in_figures_with_the_worst_and_what_was_denied() -> None:
    said = section(text_of(samples.changed()), "Drift").splitlines()
    code, since = (next(line for line in said if line.startswith(f"**{words}:**")) for words in COMPARISONS)
    assert code.startswith(
        "**From the code:** 2 missing, 3 different, 9 unmanaged, 4 could not be compared, 2 ignored,"
    )
    assert since == "**Since the baseline:** 2 added, 1 removed, 2 changed, 2 could not be compared, 1 ignored."
    assert (
        "- **could not be compared** without `lambda:ListFunctions` (1), `rds:DescribeDBClusterParameters` (1), "
        "for other reasons (2)" in said
    )
    assert (
        "- **different** `orders` `AWS::RDS::DBCluster`, trading (`111122223333`), us-east-1; declared as "
        "`module.db.aws_rds_cluster.orders`; `backup_retention_period` `35` → `7`; `deletion_protection` `true` → "
        "`false`; and 1 more field" in said
    )
    kinds = [line[4:].partition("*")[0] for line in said if line.startswith("- **")]
    assert kinds[1:11] == ["missing"] * 2 + ["different"] * 3 + ["unmanaged"] * 5
    assert "… and 4 more differences, in `results.json`." in said


@pytest.mark.parametrize("name", ["code", "resources"])
def test_a_comparison_that_was_not_made_is_not_told_of(name: str) -> None:
    results = samples.changed()
    del results["drift"][name]
    said = section(text_of(results), "Drift")
    assert [f"**{words}:**" in said for words in COMPARISONS] == [name != "code", name != "resources"]


def test_without_a_baseline_nothing_is_said_of_changes() -> None:
    assert "baseline" not in text_of(samples.typical())
    assert "baseline" not in text_of(samples.typical() | {"drift": {"baseline": {"id": "x"}}})


@pytest.mark.parametrize(
    ("waiver", "state", "covers"),
    [
        ({"state": "in_force", "covers": {"waived": 3, "unknown": 1}}, "in force", "1 unknown, 3 waived"),
        ({"state": "expired", "covers": {"fail": 2}}, "**expired**", "2 fail"),
        ({"state": "matches_nothing", "covers": {}, "matched": 0}, "**matches nothing**", "0"),
        ({"state": "not_needed", "covers": {"pass": 1}}, "**not needed**", "1 pass"),
        ({"matched": 4, "expired": False}, "in force", "4"),
        ({"matched": 4, "expired": True}, "**expired**", "4"),
        ({"matched": 0, "expired": False}, "**matches nothing**", "0"),
        ({"matched": 1, "expired": True, "state": "something new"}, "**expired**", "1"),
    ],
)
def test_each_waiver_says_how_it_stands_who_approved_it_why_and_until_when(
    waiver: dict[str, Any], state: str, covers: str
) -> None:
    about = {"check": "vpc-*", "resource": "*", "reason": "pilot", "approved_by": "CISO", "expires": "2027-01-31"}
    text = text_of(samples.typical() | {"waivers": [about | waiver]})
    assert row_of(text, state)[1:] == [covers, "`vpc-*`", "`*`", "pilot", "CISO", "2027-01-31"]


def test_how_to_verify_names_the_audit_the_tool_and_the_digests() -> None:
    said = section(text_of(samples.typical()), "How to verify")
    assert "Audit `2026-11-21T10-00-00Z-trading-dr`, made by auditor 0.1.0, checks `sha256:abab" in said
    assert "`auditor verify AUDIT`" in said
    assert "`sha256:" not in section(text_of(samples.typical() | {"method": {}}), "How to verify")


def test_the_least_document_is_a_page() -> None:
    text = text_of(samples.empty())
    assert_harmless(text)
    assert "**No requirement was evaluated.**" in text
    assert "Looked at: no account." in text


def test_the_report_is_linked_where_its_address_is_known() -> None:
    text = text_of(samples.changed())
    assert "[The whole report](https://reports.example-bank.net/2026/report.html?a=1&amp;b=2)." in text
    assert dangers(text) == {"link_open", "link_close"}
    assert "The whole report" not in text_of(samples.typical())


# ---------------------------------------------------------------------------------------- its size


def enormous(said: str) -> dict[str, Any]:
    """Very many of everything, each with a long text."""
    results = everywhere(said)
    results["audit"]["report_url"] = "https://a.test/" + "x" * 1980
    results["findings"] = [
        samples.finding(f"check-{number % 100}", "DB-05", status, f"{number}{said}", message=said, region=said)
        for number in range(1000)
        for status in ("fail", "unknown")
    ]
    results["requirements"] = [
        samples.requirement(f"DB-{number}", said, said, status=status, counts={}, checks=[], reason=said)
        for number in range(500)
        for status in WORDS
    ]
    results["scope"]["accounts"] = [
        {"id": f"{number:012}", "name": said, "regions": [f"{number}{said}"]} for number in range(500)
    ]
    results["collection"]["errors"] = [
        samples.error(f"s:Describe{number}", f"{place}{said}", ["database-encrypted"], code=said)
        for number in range(200)
        for place in range(10)
    ]
    results["waivers"] *= 200
    for kind in results["drift"]["findings"].values():
        kind.extend(kind * 399)
    for part in (results["drift"][name] for name in ("code", "resources")):
        for name in ("added", "removed", "changed", "unknown"):
            part[name] *= 400
    return results


@pytest.mark.parametrize("character", ["x", "&", "|", "`|", "@", "東", "👍", "|東", "\u202e", "_ ", "$ "])
def test_the_page_stays_below_githubs_limit_whatever_there_is_and_says_what_it_leaves_out(character: str) -> None:
    text = text_of(enormous(character * 1000))
    assert len(text.encode()) <= LIMIT < 65_536
    assert len(re.findall(r"^… and [\d,]+ more ", text, re.MULTILINE)) == 1 + 1 + 1 + 1 + 4 + 2
    assert "- `auditor verify AUDIT`" in text


def test_what_is_shown_and_what_is_left_out_add_up() -> None:
    results = enormous("name")
    text = text_of(results)
    listed = [line for line in section(text, "Requirements").splitlines() if line.startswith("| DB-")]
    left, by_status = re.search(r"… and ([\d,]+) more requirements.* They are: (.*)\.", text).groups()  # type: ignore[union-attr]  # it is there, or the test fails
    assert len(listed) + int(left.replace(",", "")) == 2500
    assert sum(int(one.replace(",", "")) for one in re.findall(r"(\d+) ", by_status)) == 2500 - len(listed)
    assert text.count("(9 more like it)") == MAX_FAILURES
    assert f"… and {1000 - 10 * MAX_FAILURES:,} more failures" in text
    assert f"… and {800 - MAX_WAIVERS:,} more waivers" in text
    assert f"… and {800 - MAX_CHANGES:,} more findings" in text


def test_a_hundred_thousand_findings_make_a_page() -> None:
    results = samples.lifelike()
    results["findings"] = results["findings"] * 215
    assert len(results["findings"]) > 100_000
    assert_harmless(text_of(results))
