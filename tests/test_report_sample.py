"""The sample for re-testing: whoever knows the seed draws the same one, and nobody chose what is in it."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.reports.sample import Sample, as_csv, as_json, digest, sample, table

if TYPE_CHECKING:
    from tests import report_samples as samples
else:
    import report_samples as samples

SEED = "2026-Q4"


def audit_of(ids: list[str]) -> dict[str, Any]:
    """An audit with a finding of each id, all of one requirement."""
    results = samples.typical()
    results["findings"] = [samples.finding("database-encrypted", "DB-05", "pass", one, id=one) for one in ids]
    return results


def ids_of(drawn: Sample) -> list[str]:
    return [one["id"] for one in drawn.findings]


IDS = st.lists(st.text(alphabet="0123456789abcdef", min_size=1, max_size=16), min_size=1, max_size=30, unique=True)
SEEDS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


# ---------------------------------------------------------------------------------------- how it is drawn


def test_the_order_is_that_of_sha256sum_in_a_shell() -> None:
    """The digests are coreutils': `printf '%s\\n%s' 2026-Q4 aaaa | sha256sum`."""
    digests = {
        "aaaa": "f9c017d65542b80011238cee39ca6f467c07ea2efcdd26f16eaad159c517c708",
        "bbbb": "ee012b60da92cf1931940afa61c162a985b5fe94cde3a69dbc879a1aa7b56a23",
        "cccc": "0514508078d72175147dbd65b80b75199894458f47b107c7f019d64d3fb83ac8",
        "dddd": "86c87de943f73bde434c394200495e95a6d70798866c405bfd8143c3a7714623",
    }
    assert {one: digest(SEED, one) for one in digests} == digests
    drawn = sample(audit_of(list(digests)), ["DB-05"], 3, SEED)
    assert ids_of(drawn) == sorted(digests, key=digests.__getitem__)[:3]


def test_a_number_is_the_seed_that_it_is_written_as() -> None:
    results = audit_of(["aaaa", "bbbb", "cccc"])
    assert sample(results, ["DB-05"], 2, 7) == sample(results, ["DB-05"], 2, "7")


@given(IDS, SEEDS, st.data())
def test_a_larger_sample_begins_with_the_smaller(ids: list[str], seed: str, data: st.DataObject) -> None:
    small = data.draw(st.integers(min_value=1, max_value=len(ids)))
    large = data.draw(st.integers(min_value=small, max_value=len(ids)))
    results = audit_of(ids)
    smaller, larger = (sample(results, ["DB-05"], size, seed) for size in (small, large))
    assert ids_of(larger)[:small] == ids_of(smaller)
    assert len(ids_of(larger)) == large


@given(IDS, SEEDS, st.integers(min_value=1, max_value=40))
def test_what_is_drawn_is_of_the_population_and_each_once(ids: list[str], seed: str, size: int) -> None:
    drawn = sample(audit_of(ids), ["DB-05"], size, seed)
    assert len(set(ids_of(drawn))) == len(drawn.findings) == min(size, len(ids))
    assert set(ids_of(drawn)) <= set(ids)
    assert drawn.population == len(ids)
    assert drawn.is_whole is (size >= len(ids))


@given(IDS, SEEDS, st.integers(min_value=1, max_value=30), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_does_not_matter(ids: list[str], seed: str, size: int, random: Any) -> None:  # noqa: ANN401 - hypothesis's own random.Random
    shuffled = list(ids)
    random.shuffle(shuffled)
    assert sample(audit_of(ids), ["DB-05"], size, seed) == sample(audit_of(shuffled), ["DB-05"], size, seed)


def test_every_finding_is_drawn_about_equally_often_in_every_place() -> None:
    """5 of 20, 2,000 times: 500 each are expected, with a standard deviation of 19. The seeds are fixed."""
    ids = [hashlib.sha256(str(number).encode()).hexdigest()[:16] for number in range(20)]
    results = audit_of(ids)
    draws = [ids_of(sample(results, ["DB-05"], 5, seed)) for seed in range(2000)]
    counts = Counter(one for drawn in draws for one in drawn)
    first = Counter(drawn[0] for drawn in draws)
    assert set(counts) == set(first) == set(ids)
    assert all(420 <= count <= 580 for count in counts.values())
    assert all(55 <= count <= 145 for count in first.values())


def test_another_seed_draws_another_sample() -> None:
    results = samples.lifelike()
    assert ids_of(sample(results, ["*"], 10, "one")) != ids_of(sample(results, ["*"], 10, "two"))


def test_drawing_leaves_the_results_alone() -> None:
    results = samples.typical()
    before = copy.deepcopy(results)
    sample(results, ["*"], 3, SEED)
    assert results == before


# ---------------------------------------------------------------------------------------- what it is drawn from


def test_the_population_is_every_finding_that_serves_a_requirement_passes_too() -> None:
    results = samples.typical()
    drawn = sample(results, ["DB-*"], 100, SEED)
    serving = [one for one in results["findings"] if "DB-05" in one["requirements"]]
    assert sorted(ids_of(drawn)) == sorted(one["id"] for one in serving)
    assert {one["status"] for one in drawn.findings} == {"pass", "fail", "waived"}


def test_a_finding_of_two_requirements_is_in_the_population_once_and_counted_for_both() -> None:
    drawn = sample(samples.typical(), ["DB-05", "SEC-0?"], 100, SEED)
    assert drawn.requirements == ("DB-05", "SEC-01")
    assert drawn.population == len(set(ids_of(drawn))) == 5
    assert drawn.by_requirement == {"DB-05": 5, "SEC-01": 1}


@pytest.mark.parametrize(
    ("statuses", "names"),
    [
        ((), {"orders", "pilot", "legacy", "ledger", "prod/orders"}),
        (("fail",), {"orders", "legacy", "prod/orders"}),
        (("pass", "waived"), {"pilot", "ledger"}),
        (("pass", "pass"), {"ledger"}),
    ],
)
def test_the_population_can_be_limited_to_statuses(statuses: tuple[str, ...], names: set[str]) -> None:
    drawn = sample(samples.typical(), ["DB-05"], 100, SEED, statuses)
    assert {one["resource"]["name"] for one in drawn.findings} == names
    assert drawn.population == len(names)
    assert drawn.statuses == tuple(dict.fromkeys(statuses))


@pytest.mark.parametrize(
    ("globs", "size", "seed", "statuses", "said"),
    [
        (
            ["XX-01"],
            5,
            SEED,
            (),
            "No requirement of the audit matches 'XX-01'. There are: CMP-04, DB-05, DNS-01, NET-01",
        ),
        (["DB-05", "db-*"], 5, SEED, (), "matches 'db-\\*'"),
        (["\x1b[31m"], 5, SEED, (), r"matches '\\\\?x1b\[31m'"),
        ([], 5, SEED, (), "No requirement was named. There are: CMP-04"),
        (["DB-05"], 0, SEED, (), "A sample of 0 is none"),
        (["DB-05"], -3, SEED, (), "A sample of -3 is none"),
        (["DB-05"], 5, "", (), "The seed is empty"),
        (["DB-05"], 5, "a\nb", (), "cannot be seen"),
        (["DB-05"], 5, "\udcff", (), "cannot be seen"),
        (
            ["DB-05"],
            5,
            SEED,
            ("failed",),
            "failed is no status. There are: pass, fail, unknown, waived, not_applicable",
        ),
        (
            ["CMP-04", "DNS-*"],
            5,
            SEED,
            (),
            "no finding serves CMP-04, DNS-01.*CMP-04 is unknown, DNS-01 is not_applicable",
        ),
        (["DB-05"], 5, SEED, ("unknown",), "no finding serves DB-05 with the status unknown.*DB-05 is fail"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    globs: list[str], size: int, seed: str, statuses: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        sample(samples.typical(), globs, size, seed, statuses)
    assert caught.value.exit_status == 2
    assert str(caught.value).isprintable()


def test_an_audit_without_requirements_has_nothing_to_draw_from() -> None:
    with pytest.raises(UsageError, match=r"matches '\*'. There are: none"):
        sample(samples.empty(), ["*"], 5, SEED)


# ---------------------------------------------------------------------------------------- what is said of it


def test_the_method_says_what_was_drawn_from_what_and_how() -> None:
    said = sample(samples.typical(), ["DB-05", "DNS-01"], 2, SEED).method
    assert "5 of the findings of audit 2026-11-21T10-00-00Z-trading-dr, each once" in said
    assert "those that serve any of DB-05, DNS-01." in said
    assert "No finding serves DNS-01." in said
    assert "Findings of every status are in it, passes too." in said
    assert 'printf \'%s\\n%s\' "$SEED" "$ID" | sha256sum' in said
    assert said.endswith("The sample is the first 2 of the population in the order of the digests.")


def test_the_method_says_that_the_sample_is_everything() -> None:
    said = sample(samples.typical(), ["DB-05"], 25, SEED, ["fail"]).method
    assert "with the status fail." in said
    assert "every status" not in said
    assert said.endswith(
        "The sample is the first 3 of the population in the order of the digests: all of it, as 25 were asked for."
    )


def drawn_from_hostile() -> Sample:
    return sample(samples.hostile(), ["*"], 100, "=seed")


@pytest.mark.parametrize("width", [20, 80, 200])
def test_nothing_in_the_table_steers_the_terminal(width: int) -> None:
    assert table(drawn_from_hostile(), width).replace("\n", "").isprintable()


def test_the_table_fits_the_terminal_and_names_every_finding_in_order() -> None:
    drawn = sample(samples.lifelike(), ["NET-*"], 12, SEED)
    text = table(drawn, 100)
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("12 of 120 findings, seed 2026-Q4\n")
    places = [text.index(one) for one in ids_of(drawn)]
    assert all(before < after for before, after in pairwise(places))
    assert "Pass" in text


@pytest.mark.parametrize("name", ["typical", "hostile", "lifelike"])
def test_the_csv_has_the_findings_in_order_with_how_they_were_drawn(name: str) -> None:
    results: dict[str, Any] = getattr(samples, name)()
    drawn = sample(results, ["*"], 10, "=seed")
    text = as_csv(drawn)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [row["finding_id"] for row in rows] == ids_of(drawn)
    assert [row["number"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert [row["digest"] for row in rows] == [digest("=seed", one) for one in ids_of(drawn)]
    assert {row["seed"] for row in rows} == {"'=seed"}, "no formula"
    assert {row["population"] for row in rows} == {str(drawn.population)}
    assert {row["audit_id"] for row in rows} == {results["audit"]["id"]}
    assert [row["status"] for row in rows] == [one["status"] for one in drawn.findings]
    assert all(line.isprintable() for line in text.split("\r\n"))


@pytest.mark.parametrize("name", ["typical", "hostile", "lifelike"])
def test_the_json_has_the_whole_findings_and_is_plain_ascii(name: str) -> None:
    drawn = sample(getattr(samples, name)(), ["*"], 10, SEED)
    text = as_json(drawn)
    document = json.loads(text)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert document["findings"] == [
        {"number": number, "digest": digest(SEED, one["id"]), **one}
        for number, one in enumerate(drawn.findings, start=1)
    ]
    assert document["method"] == drawn.method
    assert (document["seed"], document["size"], document["population"]) == (SEED, 10, drawn.population)
    assert document["whole_population"] is drawn.is_whole
    assert sum(document["by_requirement"].values()) >= document["population"]
