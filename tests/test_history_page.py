"""The page of the history: its figures, hostile names, limits; and in a real browser: no script, no request, narrow."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from pypdf import PdfReader

from auditor.reports.history_chart import BOTTOM, MIDDLE, REACH, TOP, chart
from auditor.reports.history_page import FIRST_OPEN, MAX_COLUMNS, MAX_OPEN, render
from tests.goldens import GOLDEN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests import report_samples as samples
    from tests.report_samples import Document
else:
    import report_samples as samples

    Document = dict

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def lived() -> Document:
    """The document of `auditor history` that somebody read (tests/test_history.py)."""
    made: Document = json.loads((GOLDEN / "history.json").read_bytes())
    return made


def one_series() -> Document:
    return {**lived(), "series": lived()["series"][:1]}


def long(audits: int = 40, failures: int = 200) -> Document:
    """One series with very many audits and open failures."""
    made = one_series()
    series = made["series"][0]
    newest, failure, line = series["audits"][-1], series["open"][0], series["requirements"]["DB-05"]
    series["audits"] = [
        {
            **newest,
            "id": f"audit-{number}",
            "started_at": f"20{20 + number // 12}-{1 + number % 12:02}-01T08:00:00.000+00:00",
        }
        for number in range(audits)
    ]
    series["open"] = [{**failure, "id": f"finding-{number}"} for number in range(failures)]
    series["requirements"] = {
        f"DB-{number:02}": {**line, "statuses": [("pass", "fail")[(number + n) % 7 == 0] for n in range(audits)]}
        for number in range(20)
    }
    return made


def hostile() -> Document:
    """Names by somebody who wants to be executed, wherever others have a say."""
    made = lived()
    names = iter(samples.HOSTILE * 40)

    def spoil(value: Any, key: str = "") -> Any:  # noqa: ANN401 - a JSON document, whatever is in it
        if isinstance(value, dict):
            return {name: spoil(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [spoil(item, key) for item in value]
        free = {"id", "folder", "standard", "standard_title", "environment", "organization", "name", "check", "arn"}
        free |= {"type", "region", "regions", "account", "title", "why", "remedy", "scope"}
        return next(names) if key in free and isinstance(value, str) else value

    spoilt: Document = spoil(made)
    for series in spoilt["series"]:
        line = next(iter(series["requirements"].values()))
        series["requirements"] = {f"{number} {name}": line for number, name in enumerate(samples.HOSTILE)}
    return spoilt


PAGES: dict[str, Callable[[], Document]] = {"lived": lived, "one": one_series, "long": long, "hostile": hostile}


def text_of(page: str) -> str:
    """What a reader sees, without markup and style."""
    body = re.sub(r"<(style|desc|title)\b.*?</\1>", "", page.partition("<body>")[2], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


# ---------------------------------------------------------------------------------------- what is on it


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_html_without_any_script_and_its_policy_allows_its_style_alone(name: str) -> None:
    page = render(PAGES[name]())
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<script" not in page.lower()
    assert " style=" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert f"style-src &#39;sha256-{digest}&#39;" in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;; ")
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_something_on_the_page_and_nothing_is_fetched(name: str) -> None:
    page = render(PAGES[name]())
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids)), "an id stands for one thing"
    for tag, target in re.findall(r'<(\w+)[^>]*?\s(?:href|src)="([^"]*)"', page):
        assert target.startswith("#") or (tag, target) == ("link", "data:,")
    named = set(re.findall(r'aria-labelledby="([^"]*)"', page))
    assert {one for names in named for one in names.split()} <= set(ids)


def test_the_figures_are_those_of_the_document() -> None:
    found = lived()
    page = render(found)
    said = text_of(page)
    for series in found["series"]:
        for audit in series["audits"]:
            assert f"{audit['started_at'][:19].replace('T', ' ')} UTC {audit['folder']}" in said
        assert f"{len(series['open'])} open failures" in said
        for age in series["ages"]:
            assert f"{age['words']} {age['open']} {' '.join(map(str, age['by_severity'].values()))}" in said
        for id_, line in series["requirements"].items():
            assert f"{id_} {line['title']}" in said
    for one in found["unusable"]:
        assert f"{one['folder']} {one['why']}" in said
    assert "legacy c DB-05" in said
    assert "2026-09-01 last seen 2026-09-21 62" in said
    assert found["definitions"]["score"] in said
    assert found["definitions"]["age"] in said


@pytest.mark.parametrize(
    ("passed", "applicable", "verdict"),
    [
        ((1, 3), 4, "3 of 4 requirements that apply pass, 2 more than at the first audit."),
        ((3, 1), 4, "1 of 4 requirements that apply pass, 2 fewer than at the first audit."),
        ((3, 3), 4, "3 of 4 requirements that apply pass, as many as at the first audit."),
        ((3,), 4, "3 of 4 requirements that apply pass: the first audit."),
        ((0, 0), 0, "No requirement applies."),
    ],
)
def test_the_heading_says_where_things_stand(passed: tuple[int, ...], applicable: int, verdict: str) -> None:
    found = one_series()
    newest, line = found["series"][0]["audits"][-1], found["series"][0]["requirements"]["DB-05"]
    found["series"][0]["audits"] = [{**newest, "passed": number, "applicable": applicable} for number in passed]
    found["series"][0]["requirements"] = {"DB-05": {**line, "statuses": ["fail"] * len(passed)}}
    assert f"<h1>{verdict}</h1>" in render(found)


def test_several_series_are_counted_and_each_has_its_verdict() -> None:
    page = render(lived())
    assert "<h1>5 audits in 2 series</h1>" in page
    assert "<b>1 of 2 requirements that apply pass: the first audit.</b>" in page


def test_a_demonstration_is_called_one_where_it_stands() -> None:
    told, banner = "No real account was looked at.", '<aside class="demo"'
    mixed, demo = lived(), {**lived(), "series": lived()["series"][1:]}
    assert [one["demo"] for one in mixed["series"]] == [False, True]
    page = render(mixed)
    assert banner not in page
    assert told not in page.partition('id="series-2"')[0]
    assert told in page.partition('id="series-2"')[2]
    assert banner in render(demo)
    assert "<title>Demonstration: " in render(demo)
    assert told not in render(one_series())


def test_what_is_too_much_for_a_page_is_counted() -> None:
    page = render(long(40, 200))
    matrix = page.partition('class="matrix over-time"')[2].partition("</table>")[0]
    assert matrix.count('<th scope="col" class="place">') == MAX_COLUMNS
    assert "24 earlier ones count for the last change" in page
    assert page.count("<b><bdi>legacy</bdi></b>") == MAX_OPEN
    assert f"{MAX_OPEN - FIRST_OPEN} further ones" in page
    assert "140 more not shown here. auditor history --format json has them all." in page
    assert "200</b> open" not in page
    assert page.count("audit-39") == 1


def test_years_stand_above_their_days_and_hours_where_a_day_has_several() -> None:
    found = one_series()
    audits = found["series"][0]["audits"]
    for audit, at in zip(
        audits, ("2025-12-31T08:00", "2026-01-01T08:00", "2026-01-01T20:30", "2026-01-02T08:00"), strict=True
    ):
        audit["started_at"] = f"{at}:00.000+00:00"
    matrix = render(found).partition('class="matrix over-time"')[2].partition("</thead>")[0]
    assert re.findall(r'colspan="(\d)" class="place first">(\d+)<', matrix) == [("1", "2025"), ("3", "2026")]
    assert re.findall(r'class="place">([^<]*)<', matrix) == ["12-31", "01-01 08:00", "01-01 20:30", "01-02"]


def test_a_cell_marks_a_change_and_one_that_was_not_asked_is_empty() -> None:
    found = one_series()
    found["series"][0]["requirements"] = {
        "DB-05": {**found["series"][0]["requirements"]["DB-05"], "statuses": ["pass", "fail", None, "fail"]}
    }
    body = render(found).partition('class="matrix over-time"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    cells = re.findall(r'<td class="cell( turned)?">(.*?)</td>', body)
    assert [bool(turned) for turned, _ in cells] == [False, True, False, False]
    assert cells[2][1] == '<span class="vh">not asked</span>'
    assert "2026-09-21 08:00:00 UTC: Fail, changed" in cells[1][1]


# ---------------------------------------------------------------------------------------- the drawing


def audit(at: str, score: float | None, new: int = 0, resolved: int = 0, *, complete: bool = True) -> Document:
    changes = {"new": new, "resolved": resolved}
    return {"started_at": f"{at}T08:00:00.000+00:00", "score": score, "changes": changes, "complete": complete}


def test_scores_and_bars_lie_where_they_belong() -> None:
    drawn = chart([audit("2026-01-01", 0.0), audit("2026-01-11", 50.0, 4, 2), audit("2026-02-10", 100.0, 1, 0)])
    assert [float(mark.y or "nan") for mark in drawn.marks] == [BOTTOM, (TOP + BOTTOM) / 2, TOP]
    places = [float(mark.x[:-1]) for mark in drawn.marks]
    assert places == [2.0, 26.0, 98.0], "by time, not by number"
    assert [(float(mark.up), float(mark.down)) for mark in drawn.marks] == [(0, 0), (REACH, REACH / 2), (REACH / 4, 0)]
    assert [float(mark.up_y) + float(mark.up) for mark in drawn.marks] == [MIDDLE] * 3
    assert drawn.most == 4
    assert len(drawn.lines) == 2
    assert drawn.marks[1].said == "2026-01-11: score 50.0%, 4 new, 2 resolved"
    assert "The score was 0.0% at first and is 100.0% at last; the lowest was 0.0% on 2026-01-01" in drawn.said
    assert "5 failures were new and 2 were resolved" in drawn.said


def test_a_line_stops_where_there_is_no_score() -> None:
    days = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05")
    drawn = chart([audit(day, score) for day, score in zip(days, (10.0, 20.0, None, 30.0, 40.0), strict=True)])
    assert [mark.y is None for mark in drawn.marks] == [False, False, True, False, False]
    assert len(drawn.lines) == 2
    assert "2026-01-03: no score" in drawn.marks[2].said
    assert "The score" not in chart([audit("2026-01-01", None)]).said


def test_one_audit_lies_in_the_middle_with_one_date() -> None:
    drawn = chart([{**audit("2026-01-01", 10.0, complete=False), "changes": None}])
    assert [(mark.x, mark.complete) for mark in drawn.marks] == [("50.000%", False)]
    assert drawn.marks[0].said == "2026-01-01: score 10.0%, the first audit; collection with gaps"
    assert [(tick.x, tick.text, tick.anchor) for tick in drawn.ticks] == [("50.000%", "2026-01-01", "middle")]
    assert drawn.most == 0


@pytest.mark.parametrize("count", [2, 3, 10, 400])
def test_dates_have_room_and_bars_do_not_touch_while_they_can_be_seen(count: int) -> None:
    drawn = chart([audit(f"{2020 + n // 336}-{1 + n // 28 % 12:02}-{1 + n % 28:02}", 1.0, 1) for n in range(count)])
    ticks = [float(tick.x[:-1]) for tick in drawn.ticks]
    assert ticks[0] == 2.0
    assert ticks[-1] == 98.0
    assert all(after - before > 13.99 for before, after in pairwise(ticks))
    width, places = float(drawn.marks[0].width[:-1]), [float(mark.x[:-1]) for mark in drawn.marks]
    closest = min(after - before for before, after in pairwise(places))
    assert 0.5 <= width <= 3
    assert width < closest or width == 0.5


# ---------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: apt-get install chromium")
        pytest.skip("needs chromium: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path = tmp_path / f"{name}.html"
        path.write_bytes(render(PAGES[name]()).encode())
        return path

    return write


@pytest.mark.browser
def test_it_reads_without_javascript_asks_for_nothing_and_fits_any_width(
    browser: Browser, written: Callable[[str], Path]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    asked: list[str] = []
    told: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    pages = [written(name) for name in ("lived", "hostile", "long")]
    for path in pages:
        page.goto(path.as_uri())
        assert page.locator("svg.plot").first.is_visible()
        assert page.locator("table.audits").last.is_visible()
        for width in (320, 400, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri() for path in pages]
    assert told == []
    context.close()


@pytest.mark.browser
def test_axe_finds_nothing_in_light_and_dark_and_the_keyboard_reaches_the_tables(
    browser: Browser, written: Callable[[str], Path]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = written("lived")
    context = browser.new_context(color_scheme="light", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    assert [one["id"] for one in axe.run(page).response["violations"]] == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 23, 28)"
    assert page.locator(".tick.minor").count() > 0
    assert not page.locator(".tick.minor").first.is_visible()
    assert [one["id"] for one in axe.run(page).response["violations"]] == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-labelledby')"))
    assert {"title-1-matrix title-1", "audits-1 title-1"} <= reached
    page.evaluate("document.querySelector('svg.plot').removeAttribute('aria-labelledby')")
    page.evaluate("document.querySelectorAll('svg.plot > title, svg.plot > desc').forEach(one => one.remove())")
    assert [one["id"] for one in axe.run(page).response["violations"]] == ["svg-img-alt"], "axe sees what is missing"
    context.close()


@pytest.mark.browser
def test_hostile_names_do_not_run_and_it_prints_in_light_with_page_numbers(
    browser: Browser, written: Callable[[str], Path], tmp_path: Path
) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(written("hostile").as_uri())
    assert page.evaluate("window.hacked") is None
    assert "<script>window.hacked = true</script>" in page.inner_text("main")
    page.goto(written("long").as_uri())
    page.pdf(path=str(tmp_path / "history.pdf"), prefer_css_page_size=True)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details.older table").first.evaluate("one => one.getBoundingClientRect().height") > 100
    context.close()
    printed = PdfReader(tmp_path / "history.pdf").pages
    assert printed[0].mediabox.width > printed[0].mediabox.height, "tables are wide, so the pages are"
    assert all(f"{number} / {len(printed)}" in one.extract_text() for number, one in enumerate(printed, 1))


def test_the_samples_are_not_changed_by_rendering() -> None:
    found = lived()
    before = copy.deepcopy(found)
    render(found)
    assert found == before
