"""The page, looked at with a browser: it draws, asks for nothing, and nothing in it acts."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvest.proofs import change
from report.conftest import EDITED, FAILED
from sinanews.ledger.database import engine
from sinanews.ledger.statistics import Period
from sinanews.reporting.html.page import page
from sinanews.utils.times import at

pytestmark = pytest.mark.servers("chromium")

PHONE, DESKTOP = 390, 1100  # CSS pixels
MOST_BYTES = 1_500_000
DRAWN = "document.querySelectorAll('.drawn').length"
CHARTS = ["daily", "hours", "lateness", "presence", "runs"]
HOSTILE = (
    "</script><script>window.acted=1</script><img src=https://hostile.example/a.png"
    " onerror=window.acted=1>\"'`{{7*7}}${window.acted=1}%s%n&lt;b&gt;\u2028\u202e\x1b[31m\ud800"
)
# Whatever its text is cut to or escaped into, this much of it is seen.
SEEN = "</script><script>window.acted=1</script>"


@pytest.fixture(scope="module")
def tab(chromium):
    return chromium.new_page()


@dataclass(frozen=True)
class Screen:
    """What a page is looked at with, by whom; the width is in CSS pixels."""

    width: int = PHONE
    is_dark: bool = False
    language: str = "zh"


def opened(tab, text: str, file: Path, screen: Screen = Screen()):
    """Opens the page from the disk, and waits until its charts are drawn."""
    file.write_text(text, "utf-8")
    tab.requests.clear()
    tab.complaints.clear()
    tab.resize(screen.width, 844, is_dark=screen.is_dark)
    tab.open(file.as_uri())
    tab.wait_until(f"{DRAWN} === document.querySelectorAll('[data-chart]').length")
    return tab


@pytest.mark.parametrize(
    "screen", [Screen(), Screen(DESKTOP, is_dark=True), Screen(is_dark=True, language="en")]
)
def test_the_page_opens_from_the_disk_draws_its_charts_and_asks_for_nothing(
    archive, gathered, tab, tmp_path, screen
):
    text = page(gathered(archive), screen.language)
    file = tmp_path / "report.html"
    seen = opened(tab, text, file, screen)
    assert len(text.encode()) <= MOST_BYTES
    assert seen.requests == [file.as_uri()]
    assert seen.complaints == []
    ids = "[...document.querySelectorAll('[data-chart]')].map(one => one.dataset.chart)"
    assert seen.evaluate(ids) == [f"chart-{name}" for name in CHARTS]
    marks = "[...document.querySelectorAll('.chart svg')].map(one => one.querySelectorAll("
    assert all(seen.evaluate(f"{marks}'[class*=mark-rect] path').length)"))
    labels = "[...document.querySelectorAll('.chart')].map(one => [...one.querySelectorAll("
    labels = seen.evaluate(f"{labels}'.role-axis-label text')].map(text => text.textContent))")
    by_chart = dict(zip(CHARTS, labels, strict=True))
    assert all(by_chart.values())
    for name in ("daily", "runs"):
        first = f"document.querySelector('#{name} tbody tr:last-child td').textContent"
        assert seen.evaluate(first) in by_chart[name]
    assert seen.evaluate("document.documentElement.scrollWidth") <= screen.width
    boxes = "[...document.querySelectorAll('.chart svg')].map(one => one.getBoundingClientRect()"
    assert all(200 < found <= screen.width for found in seen.evaluate(f"{boxes}.width)"))


def test_every_word_of_the_page_can_be_read_in_the_dark_and_in_the_light(
    archive, gathered, tab, tmp_path
):
    text = page(gathered(archive), "zh")
    for is_dark in (False, True):
        seen = opened(tab, text, tmp_path / "report.html", Screen(is_dark=is_dark))
        paper = seen.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (luminance(paper) < 0.5) == is_dark
        inks = seen.evaluate("""[...new Set([...document.querySelectorAll(
            "p, h1, h2, h3, td, th, dt, dd, summary, a, small, .chart svg text")]
            .map(one => getComputedStyle(one)[one.closest("svg") ? "fill" : "color"]))]""")
        assert min(contrast(ink, paper) for ink in inks) >= 4.5  # WCAG 2.2, 1.4.3


def luminance(colour: str) -> float:
    """The relative luminance of `rgb(…)`, as WCAG 2.2 defines it."""
    parts = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_page_says_what_the_archive_holds(archive, written, gathered, tab, tmp_path):
    facts = gathered(archive)
    seen = opened(tab, page(facts, "zh"), tmp_path / "report.html")
    text = seen.evaluate("document.body.innerText")
    assert f"共 {facts.statistics.articles} 篇" in text
    assert seen.evaluate("document.title") == "新浪财经存档报告"
    assert seen.evaluate("document.documentElement.lang") == "zh-CN"
    assert facts.statistics.articles == written > 50
    for reason, count in facts.view.failures.items():
        assert reason in text
        assert count == FAILED
    for family in facts.statistics.families.largest:
        assert family.title in text
    assert len(facts.changes) == EDITED
    put = seen.evaluate("[...document.querySelectorAll('ins')].map(one => one.textContent)")
    for one in facts.changes:
        assert one.article.title in text
        assert any(added.put in put for added in one.differences if added.put)
    for run in facts.view.runs:
        assert f"{at(run.started):%Y-%m-%d %H:%M}" in text


def test_every_chart_has_its_numbers_in_a_table(archive, gathered, tab, tmp_path):
    facts = gathered(archive)
    seen = opened(tab, page(facts, "en"), tmp_path / "report.html")
    for name in CHARTS:
        rows = seen.evaluate(f"document.querySelectorAll('#{name} details tbody tr').length")
        assert rows > 0, name
    cells = "[...document.querySelectorAll('#hours details td')].map(one => one.textContent)"
    hours = [[int(cell) for cell in row] for row in chunks(seen.evaluate(cells), 8)]
    assert [row[0] for row in hours] == [*range(24)]
    assert sum(sum(row[1:]) for row in hours) == facts.statistics.articles
    late = "[...document.querySelectorAll('#lateness td:nth-child(3)')].map(one => one.textContent)"
    assert [int(cell) for cell in seen.evaluate(late)] == facts.statistics.lateness


def chunks(values, size):
    return [values[begin : begin + size] for begin in range(0, len(values), size)]


def test_without_scripts_there_are_tables_and_no_empty_charts(archive, gathered, tab, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page(gathered(archive), "zh"), "utf-8")
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(file.as_uri())
        tab.send("Emulation.setScriptExecutionDisabled", value=False)
        shown = "[...document.querySelectorAll('.chart')].some(one => one.offsetHeight)"
        assert tab.evaluate(shown) is False
        assert "图表不显示" in tab.evaluate("document.body.innerText")
    finally:
        tab.send("Emulation.setScriptExecutionDisabled", value=False)


@pytest.fixture
def hostile(copied):
    """An archive whose every text is hostile, and as long as one may be."""
    text = (HOSTILE + "x" * 60_000).encode("utf-8", "replace").decode()
    for column in ("title", "source", "summary"):
        change(copied, f"UPDATE stories SET {column} = ? || docid", text)  # noqa: S608 - our own
    change(copied, "UPDATE stories SET url = 'javascript:window.acted=1//' || docid")
    change(copied, "UPDATE stories SET reason = ? || docid WHERE state = 'failed'", text)
    change(copied, "UPDATE stories SET channels = ? || docid", text.replace(",", ""))
    change(copied, "UPDATE runs SET verdict = ? WHERE id = 1", text)
    change(copied, "INSERT INTO gaps VALUES (?, 1, 2, 1)", text)
    return copied


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_from_outside_acts_and_all_of_it_is_seen_as_text(
    hostile, gathered, tab, tmp_path, language
):
    text = page(gathered(hostile), language)
    file = tmp_path / "report.html"
    seen = opened(tab, text, file)
    assert len(text.encode()) <= MOST_BYTES
    assert seen.requests == [file.as_uri()]
    assert seen.complaints == []
    assert seen.evaluate("window.acted") is None
    assert seen.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
    assert seen.evaluate("document.querySelectorAll('script').length") == len(CHARTS) + 1
    links = "[...document.querySelectorAll('a')].map(one => one.protocol)"
    assert {*seen.evaluate(links)} <= {"file:", "https:"}
    shown = seen.evaluate("document.body.innerText")
    for name in ("sources", "channels", "failures", "reprints", "gaps"):
        assert SEEN in seen.evaluate(f"document.getElementById('{name}').innerText"), name
    assert not set(shown) & set("\u202e\u2028\x1b")
    assert "{{7*7}}" in shown
    assert seen.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_policy_of_the_page_stops_what_would_act(archive, gathered, tab, tmp_path, pages):
    """What a mistake of ours would let through, the browser does not run and not fetch."""
    text = page(gathered(archive), "zh").replace(
        "</header>",
        f"</header><script>window.acted=1</script><img src={pages.url}/a.png"
        " onerror=window.acted=1><a id=link href='javascript:window.acted=1'>x</a>",
    )
    seen = opened(tab, text, tmp_path / "report.html")
    seen.evaluate("document.getElementById('link').click()")
    assert seen.evaluate("new Promise(done => setTimeout(() => done(!window.acted), 200))") is True
    assert pages.requests == []
    refused = [text for text in seen.complaints if "Content Security Policy" in text]
    assert len(refused) >= len(("script", "picture", "link"))


def test_an_archive_without_articles_and_a_period_without_any_say_so(archive, gathered, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    engine(f"sqlite:///{empty}/ledger.db").dispose()
    assert "存档里还没有文章" in (text := page(gathered(empty), "zh"))
    assert "<script" not in text
    assert "no articles of this period" in page(gathered(archive, Period(until=0)), "en")


def test_a_damaged_revision_is_told_of_and_the_page_is_made(copied, gathered):
    change(copied, "UPDATE revisions SET article = x'00' WHERE revision = 2")
    told = []
    facts = gathered(copied, on_damage=told.append)
    assert len(told) == EDITED
    assert "还没有文章改动过" in page(facts, "zh")


def test_what_needs_somebody_stands_first(copied, gathered):
    change(copied, "UPDATE runs SET started = 1, ended = 2, verdict = 'complete'")
    facts = gathered(copied)
    text = page(facts, "zh")
    (problem,) = facts.problems
    assert problem.text in text
    assert text.index(problem.text) < text.index('<dl class="cards">')
    assert "停滞" in text
