"""The HTML report in a real browser: no request, no script but its own, keyboard, narrow, dark, print."""

from __future__ import annotations

import os
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, Self

import pytest
from pypdf import PdfReader

from auditor.errors import UsageError
from auditor.reports import ON_REQUEST, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests import report_samples as samples
else:
    import report_samples as samples

pytestmark = pytest.mark.browser

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for name in ("lifelike", "changed", "hostile", "denied", "empty", "large"):
        made[name] = folder / f"{name}.html"
        made[name].write_text(rendered("html", getattr(samples, name)()))
    return made


def violations(page: Page) -> list[str]:
    """What axe-core (https://github.com/dequelabs/axe-core) says is wrong with a page."""
    page.evaluate(
        "document.querySelectorAll('.finding, .entry').forEach((o) => { o.style.contentVisibility = 'visible'; })"
    )
    found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe().run(page)
    return [one["id"] for one in found.response["violations"]]


def box(found: Locator, measure: Literal["y", "height"]) -> float:
    where = found.bounding_box()
    assert where is not None
    return where[measure]


class Visit:
    """A page that was opened, what it asked for and what it complained about."""

    def __init__(self, browser: Browser, path: Path, fragment: str = "", **options: Any) -> None:  # noqa: ANN401 - as Playwright's
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri() + fragment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("name", ["lifelike", "changed", "hostile", "denied", "empty", "large"])
def test_only_the_file_itself_is_asked_for_and_nothing_complains(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    with Visit(browser, pages[name]) as visit:
        visit.page.wait_for_timeout(200)
        assert [url for url in visit.requests if not url.startswith("data:")] == [pages[name].as_uri()]
        assert visit.complaints == []


def test_hostile_names_do_not_run(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["hostile"]) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert visit.page.evaluate("window.hacked") is None
        assert "<script>window.hacked = true</script>" in visit.page.inner_text("main")


def test_the_policy_stops_script_and_style_that_got_in_all_the_same(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["hostile"]) as visit:
        visit.page.evaluate("""() => {
            const script = document.createElement('script');
            script.textContent = 'window.hacked = true';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src="https://evil.test/" onerror="hacked = 1">');
        }""")
        visit.page.wait_for_timeout(200)
        assert visit.page.evaluate("window.hacked") is None
        assert len([one for one in visit.complaints if "Content Security Policy" in one]) >= 2


def test_without_javascript_everything_but_the_tools_is_there(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["changed"], java_script_enabled=False) as visit:
        folded = visit.page.locator("#section-drift details.kind").first
        assert not folded.locator(".entry").first.is_visible()
        folded.locator("> summary").click()
        assert folded.locator(".entry").count() == 7
        assert all(one.is_visible() for one in folded.locator(".entry").all())
    with Visit(browser, pages["lifelike"], java_script_enabled=False) as visit:
        assert not visit.page.locator("#tools").is_visible()
        hidden = "article.finding:not(.folded article), .requirement, .matrix tr, #section-method"
        assert visit.page.locator(hidden).count() > 100
        assert all(one.is_visible() for one in visit.page.locator(".requirement").all())
        folded = visit.page.locator("details.folded").first
        folded.locator("> summary").click()
        assert folded.locator("article").first.is_visible()


def assert_fields_are_side_by_side(page: Page, *, narrow: bool) -> None:
    """Old and new value of a field stand beside each other, on narrow screens below its path; bars have a length."""
    row = page.locator(".fields tbody tr").first
    path, old, new = (row.locator(cell) for cell in ("th", "td >> nth=0", "td >> nth=1"))
    assert abs(box(old, "y") - box(new, "y")) < 1
    assert (box(path, "y") < box(old, "y")) is narrow
    bars = page.locator(".shares svg")
    assert all(width > 100 for width in bars.evaluate_all("all => all.map(o => o.getBoundingClientRect().width)"))


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("large", 400),
        *((name, width) for name in ("lifelike", "changed", "hostile", "denied") for width in (320, 400, 1280)),
    ],
)
def test_the_page_never_scrolls_sideways(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    with Visit(browser, pages[name], viewport={"width": width, "height": 800}) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        if name == "changed":
            assert_fields_are_side_by_side(visit.page, narrow=width < 768)


@pytest.mark.parametrize(
    ("name", "scheme", "width"), [("changed", "light", 1280), ("changed", "dark", 400), ("denied", "light", 1280)]
)
def test_axe_finds_nothing_to_complain_of(
    browser: Browser, pages: dict[str, Path], name: str, scheme: Literal["light", "dark"], width: int
) -> None:
    size = {"width": width, "height": 900}
    with Visit(browser, pages[name], color_scheme=scheme, viewport=size) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(visit.page) == []


def test_axe_complains_where_there_is_something(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["empty"]) as visit:
        visit.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button></button>')")
        assert "button-name" in violations(visit.page)


def test_the_matrix_comes_first_with_the_counts_beside_it(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["changed"], viewport={"width": 1280, "height": 900}) as visit:
        matrix, counts = (visit.page.locator(name).bounding_box() for name in (".matrix", ".counts"))
        assert matrix is not None
        assert counts is not None
        assert counts["x"] >= matrix["x"] + matrix["width"]
        assert abs(counts["y"] - box(visit.page.locator(".picture"), "y")) < 1
        heads = visit.page.locator(".bars thead th.number").evaluate_all(
            "all => all.map(one => { const r = document.createRange(); r.selectNodeContents(one);"
            " const b = r.getBoundingClientRect(); return [b.left, b.right]; })"
        )
        assert all(before[1] < after[0] for before, after in pairwise(heads)), "headings do not touch"


def test_relations_are_drawn(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["changed"]) as visit:
        said = " ".join((visit.page.locator("figure.chain").first.text_content() or "").split())
        assert "150 s until the health check has failed" in said
        assert "not known promotion" in said
        assert "300 s that are allowed" in said
        sides = visit.page.locator("table.sides").first
        assert sides.locator("tr.short").count() == 2
        assert "us-east-1 (primary)" in (sides.text_content() or "")


def test_a_link_is_copied_when_it_is_followed(browser: Browser, pages: dict[str, Path]) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with Visit(browser, pages["changed"], permissions=permissions) as visit:
        link = visit.page.locator(".finding .permalink").first
        link.click()
        visit.page.wait_for_function("document.querySelector('#told').textContent === 'Link copied'")
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied == visit.page.url
        assert "#finding-" in copied


def test_every_page_that_is_printed_has_its_number_and_no_line_of_a_table_is_cut(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    with Visit(browser, pages["changed"]) as visit:
        visit.page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
        visit.page.emulate_media(media="print")
        kept = visit.page.eval_on_selector_all(".entry", "all => all.map(o => getComputedStyle(o).breakInside)")
        assert set(kept) == {"avoid"}
    printed = PdfReader(tmp_path / "report.pdf").pages
    assert len(printed) > 3
    for number, page in enumerate(printed, 1):
        assert f"{number} / {len(printed)}" in page.extract_text()
    assert "hand-made-7" in "".join(page.extract_text() for page in printed), "what is folded is printed"
    with Visit(browser, pages["lifelike"]) as visit:
        visit.page.emulate_media(media="print")
        kept = visit.page.eval_on_selector_all("tr, .finding", "all => all.map(o => getComputedStyle(o).breakInside)")
        assert set(kept) == {"avoid"}


def test_the_page_is_printed_as_pdf_where_there_is_a_browser(tmp_path: Path) -> None:
    if shutil.which("chromium") is None and not os.environ.get("CI"):
        pytest.skip("needs chromium: apt-get install chromium")
    (tmp_path / "report.pdf").write_bytes(b"".join(ON_REQUEST["pdf"].render(samples.changed())))
    printed = PdfReader(tmp_path / "report.pdf").pages
    assert "3 of 6 requirements fail" in printed[0].extract_text()
    assert len(printed) > 3


def test_a_browser_that_prints_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 5\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"did not print \(exit status 5\)"):
        list(ON_REQUEST["pdf"].render(samples.empty()))


def test_only_very_many_findings_wait_until_they_come_into_view(browser: Browser, pages: dict[str, Path]) -> None:
    for name, expected in (("lifelike", "visible"), ("large", "auto")):
        with Visit(browser, pages[name], java_script_enabled=True) as visit:
            last = visit.page.locator(".finding").last
            assert last.evaluate("one => getComputedStyle(one).contentVisibility") == expected
            entries = visit.page.locator("#section-drift .k-changed > .entry").evaluate_all(
                "all => all.map(one => getComputedStyle(one).contentVisibility)"
            )
            assert set(entries) == ({"auto"} if name == "large" else set())


def test_light_and_dark_follow_the_reader(browser: Browser, pages: dict[str, Path]) -> None:
    seen = []
    for scheme in ("light", "dark"):
        with Visit(browser, pages["lifelike"], color_scheme=scheme) as visit:
            seen.append(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert seen == ["rgb(255, 255, 255)", "rgb(19, 23, 28)"]


def test_print_opens_what_is_folded_and_numbers_the_pages(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    with Visit(browser, pages["denied"], color_scheme="dark") as visit:
        made = visit.page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
        assert made.startswith(b"%PDF-")
        visit.page.emulate_media(media="print")
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not visit.page.locator("#tools").is_visible()
        assert box(visit.page.locator("details.folded article").first, "height") > 10


def test_the_keyboard_reaches_the_findings_and_the_matrix(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["lifelike"]) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert box(page.locator(".skip"), "y") >= 0
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('.cell') !== null"):
                break
        assert page.evaluate("document.activeElement.closest('.cell') !== null")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        target = page.evaluate("decodeURIComponent(location.hash.slice(1))")
        assert page.evaluate("(id) => document.getElementById(id) !== null", target)


def test_the_skip_link_leads_past_the_overview(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["lifelike"]) as visit:
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.id") == "filter-text"


def test_search_and_filters_narrow_the_findings_and_say_how_many(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["lifelike"]) as visit:
        page = visit.page
        everything = page.inner_text("#matches")
        page.fill("#filter-text", "NET-06 payments")
        page.wait_for_function("(before) => document.querySelector('#matches').textContent !== before", arg=everything)
        assert page.locator(".requirement:visible").count() == 1
        assert page.inner_text("#matches").startswith("1 of 55 requirements, ")
        page.click("#reset")
        assert page.inner_text("#matches") == everything
        page.select_option("#filter-status", "unknown")
        assert {one.get_attribute("data-status") for one in page.locator(".finding:visible").all()} == {"unknown"}
        assert page.locator("#IAM-05").is_visible()
        page.select_option("#filter-region", "us-west-2")
        assert {one.get_attribute("data-region") for one in page.locator(".finding:visible").all()} == {"us-west-2"}


def test_sorting_puts_the_worst_first_in_sections_and_matrix(browser: Browser, pages: dict[str, Path]) -> None:
    with Visit(browser, pages["lifelike"]) as visit:
        visit.page.select_option("#order", "status")
        ranks = visit.page.eval_on_selector_all(".requirement", "all => all.map(one => Number(one.dataset.rank))")
        assert ranks == sorted(ranks)
        rows = visit.page.eval_on_selector_all(".matrix tbody tr", "all => all.map(one => one.dataset.id)")
        assert rows == visit.page.eval_on_selector_all(".requirement", "all => all.map(one => one.id)")


def test_a_deep_link_opens_what_is_folded(browser: Browser, pages: dict[str, Path]) -> None:
    passed = next(one for one in samples.lifelike()["findings"] if one["status"] == "pass")
    with Visit(browser, pages["lifelike"], f"#finding-{passed['id']}") as visit:
        found = visit.page.locator(f"[id='finding-{passed['id']}']")
        assert found.is_visible()
        assert 0 <= box(found, "y") < 700
