"""What a run and `scrapy status` show on a real terminal, and what they do not where there is none.

`tools.recording` runs a command in a pty, and is the terminal: it takes the control sequences that
a bar needs, and no other.
"""

import io
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harvest.small import opened
from hostile.test_output import BIDI, EVERYTHING, controls, store_raw
from ledger.conftest import story
from sinanews.ledger.counts import Counts
from sinanews.reporting import screen, terminal
from sinanews.reporting.live import Foot, cut
from sinanews.reporting.pace import Pace, progress
from sinanews.utils.files import takes_colour, takes_control_sequences
from support import QUICK, ROOT, Pages, article_page, place, row
from tools.recording import Terminal, record

DAY = 86_400
COUNT = 12  # articles of the site
NARROW, WIDE = 60, 120  # columns
REDRAWN = re.compile(r"(?=\r\x1b\[2K)")  # the bar, its last line taken away first
ESCAPE = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
TITLE = "央行今日开展“逆回购”操作—维护流动性合理充裕，市场利率窄幅波动，机构：关注后续投放节奏"
# A page at a time, so that there is something to see.
SLOWLY = QUICK | {"CONCURRENT_REQUESTS_PER_DOMAIN": "1", "DOWNLOAD_DELAY": "0.2"}


@dataclass
class Site:
    """A site, and where it is harvested to."""

    url: str
    output: Path

    def command(self, *arguments: str, **settings: str) -> list[str]:
        told = QUICK | {"MIRROR_URL": self.url, "OUTPUT_DIR": str(self.output)} | settings
        options = [f"-s{name}={value}" for name, value in told.items()]
        return [sys.executable, "-m", "scrapy", *arguments, *options]

    def on_terminal(self, columns: int, *arguments: str, **settings: str) -> str:
        """What a command writes to a terminal of QUICK settings."""
        return "".join(record(self.command(*arguments, **settings), columns))


@dataclass
class Run:
    """What a harvest wrote, and the lines of the terminal before each new drawing of the bar."""

    text: str
    frames: list[list[str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pages = Pages()
    docids = [f"nabc{number:010}" for number in range(COUNT)]
    pages.roll(*(row(docid, title=f"{TITLE}{docid}") for docid in docids))
    pages.update({place(docid): article_page() for docid in docids})
    yield Site(pages.url, tmp_path_factory.mktemp("archive"))
    pages.server.shutdown()
    pages.server.server_close()


@pytest.fixture(scope="module")
def run(site):
    """The site's first harvest, on a narrow terminal."""
    text = "".join(record(site.command("harvest", "china", **SLOWLY), NARROW))
    shown, frames = Terminal(NARROW), []
    # What is read from a terminal at a time may end in the middle of the bar.
    for piece in REDRAWN.split(text):
        shown.feed(piece)
        frames.append(shown.lines)
    return Run(text, frames)


def test_a_run_shows_counts_rate_time_left_and_what_is_read(run):
    bars = [frame[-2:] for frame in run.frames if frame[-2:-1] and " left" in frame[-2]]
    assert bars
    for above, below in bars:
        words = r"\d+ of 12  \d+\.\d a second  \d:\d\d left"
        assert re.fullmatch(rf"articles  [━╸╺ ]{{4,40}}  {words}", above), above
        assert re.fullmatch(r"written \d+  央行今日.*…", below), below


def test_the_bar_never_wraps_and_leaves_nothing_behind(run):
    for frame in run.frames:
        assert sum(line.startswith("articles ") for line in frame) <= 1, frame
        assert all(cell_len(line) <= NARROW for line in frame)
    (last,) = [line for line in run.frames[-1] if line.startswith("articles ")]
    assert " 12 of 12 " in last
    assert " left" not in last


def test_the_log_goes_above_the_bar_whole(run):
    assert re.findall(r"INFO: guonei: list pages .*", ESCAPE.sub("", run.text)) == [
        "INFO: guonei: list pages 1, new articles 12\r"
    ]
    text = "".join(run.frames[-1])
    assert text.index("guonei: list pages") < text.index("articles ")


def test_the_last_lines_are_those_of_a_run_without_a_terminal(run, site):
    """The same to the letter, once the colours are away."""
    *_, verdict, listed, walked, asked, where, end = ESCAPE.sub("", run.text).split("\r\n")
    states = "written 12 + updated 0 + unchanged 0 + filtered 0 + gone 0 + failed 0"
    assert (verdict, listed) == ("china: complete (finished)", f"listed 12 = {states}")
    assert walked.startswith("list guonei: pages walked 1 back to 2023-11-15 06:13, where it ends")
    assert re.fullmatch(r"15 requests, \d\.\d MB, \d+\.\d s", asked)
    assert (where, end) == (f"posts, articles and reports are in {site.output}", "")


def test_the_cursor_is_never_left_hidden(run):
    """A run that is killed could not show it again."""
    hidden = [match.end() for match in re.finditer(re.escape("\x1b[?25l"), run.text)]
    assert hidden
    assert all(run.text[end:].startswith("\x1b[?25h") for end in hidden)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("columns", [NARROW, WIDE])
def test_status_fits_the_terminal(site, columns):
    text = site.on_terminal(columns, "status")
    sheet = Terminal(1_000)  # on which nothing wraps
    sheet.feed(text)
    assert "\x1b[" in text
    assert max(map(cell_len, sheet.lines)) <= columns
    shown = "\n".join(sheet.lines)
    assert re.search(r"^written +12\b", shown, re.MULTILINE)
    assert re.search(r"11-15 Wed +12  █{34}$", shown, re.MULTILINE)
    assert re.search(r"^1 +\S*11-\d\d \d\d:\d\d .*complete +12 +12 .*0$", shown, re.MULTILINE)
    assert ("unchanged  filtered" in shown) == (columns == WIDE)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_is_to_be_plain_gets_no_control_sequence(site, plain):
    status = "".join(record(site.command("status"), WIDE, plain))
    assert "\x1b" not in status
    assert re.search(r"11-15 Wed +12  █{34}\r\n", status)


@pytest.mark.usefixtures("run")
def test_a_run_on_a_plain_terminal_draws_no_bar(site):
    again = "".join(record(site.command("harvest", "china"), WIDE, {"TERM": "dumb"}))
    assert "\x1b" not in again
    assert "\r" not in again.replace("\r\n", "")
    assert "china: complete (finished)\r\n" in again


@pytest.mark.usefixtures("run")
def test_processes_that_share_a_terminal_draw_no_bar(site):
    text = site.on_terminal(WIDE, "harvest", "china", WORKERS="2")
    assert text.count("china: complete (finished)") == 1
    assert "\x1b[2K" not in text
    assert "articles ━" not in text


@pytest.mark.usefixtures("run")
def test_a_cron_run_loads_no_library_for_terminals_and_prints_its_lines_only(site):
    command = site.command("harvest", "china")
    command[1:1] = ["-X", "importtime"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert {"scrapy", "sinanews.extensions.progress"} <= loaded
    assert not {name.partition(".")[0] for name in loaded} & {"rich", "tqdm"}
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.startswith("china: complete (finished)\nlisted 12 = written 0 + ")


@pytest.mark.usefixtures("run")
def test_a_pipe_gets_colours_if_it_asks_for_them(site, monkeypatch):
    def status() -> str:
        command = site.command("status")
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "\x1b" not in status()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in status()


@pytest.mark.usefixtures("run")
def test_an_export_leaves_no_bar_on_the_terminal(site, tmp_path):
    shown = Terminal(WIDE)
    text = site.on_terminal(WIDE, "export", "-o", str(tmp_path / "all.jsonl"))
    shown.feed(text)
    assert " of 12" in text
    assert [line for line in shown.lines if line] == [f"12 articles in {tmp_path}/all.jsonl"]
    assert len((tmp_path / "all.jsonl").read_text("utf-8").split("\n")) == COUNT + 1


class Tty(io.StringIO):
    """A terminal, by what it says of itself."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "file", "obeys", "coloured"),
    [
        ({"TERM": "xterm"}, Tty(), True, True),
        ({"TERM": "xterm"}, io.StringIO(), False, False),
        ({"TERM": "xterm"}, None, False, False),
        ({}, Tty(), False, False),
        ({"TERM": "dumb"}, Tty(), False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, Tty(), False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, Tty(), True, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, io.StringIO(), False, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, Tty(), False, False),
    ],
)
def test_the_environment_says_what_a_terminal_takes(
    environment, file, obeys, coloured, monkeypatch
):
    for name in ("TERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (takes_control_sequences(file), takes_colour(file)) == (obeys, coloured)


# What strangers write


def test_what_is_read_cannot_steer_the_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    file, shown = Tty(), Terminal(NARROW)
    foot = Foot("articles", file)
    foot.show(Pace(), 3, f"涨{EVERYTHING}[red]停[/red] \x1b[2J\x1b]0;x\x07")
    foot.close(leave=True)
    shown.feed(
        file.getvalue().replace("\n", "\r\n")
    )  # which raises ValueError for what it does not know
    below = next(line for line in shown.lines if line.startswith("涨"))
    assert controls(below) == set()
    assert r"涨\x00" in below


def test_nothing_in_the_overview_steers_the_terminal(output, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with opened(output) as ledger:
        ledger.begin("china")
        ledger.upsert_listed([story(1), story(2)], "guonei")
        for claim in ledger.claim(2):
            store_raw(ledger, claim)
        file, shown = io.StringIO(), Terminal(1_000)
        screen.show_overview(ledger.view(10), ledger.now(), 24, file)
    shown.feed(file.getvalue().replace("\n", "\r\n"))
    assert controls("".join(shown.lines)) == set()
    assert any(r"failed, t\x1b[31mRED" in line for line in shown.lines)


@given(st.text(st.sampled_from("a涨“—… \u0301" + BIDI)), st.integers(2, 30))
def test_a_text_is_cut_to_what_has_its_columns_on_any_terminal(text, columns):
    shown = cut(text, columns)
    widest = sum(2 if character in "涨“—…\u0301" else 1 for character in shown)
    assert widest <= columns
    assert text.startswith(shown.removesuffix("…"))


# Numbers


def test_the_time_left_comes_from_the_last_half_minute():
    now = 0.0
    pace = Pace(lambda: now)
    assert progress(pace, 0) == []
    for now, count in [(10.0, 100), (50.0, 200), (80.0, 230)]:  # noqa: B007 - the clock reads it
        pace.note(count)
    assert (pace.rate, pace.seconds_left(330)) == (1.0, 100.0)
    assert progress(pace, 330) == ["230 of 330", "1.0 a second", "1:40 left"]
    assert progress(pace, 230) == ["230 of 230", "1.0 a second"]
    now = 200.0
    pace.note(230)
    assert progress(pace, 330) == ["230 of 330"], "nobody can tell"


def counts(days: dict[int, int]) -> Counts:
    return Counts({}, 0, days, 0, 0, 0, 0, 0, {})


def test_the_chart_has_two_weeks_up_to_the_newest_article_that_is_not_yet_to_come():
    today = 20_000
    days = {today - 30: 9, today - 12: 4, today - 1: 2, today + 300: 1, -5: 1, 0: 1}
    chart = terminal.articles_a_day(counts(days), today * DAY)
    assert [count for _, count in chart] == [0, 0, 4, *[0] * 10, 2]
    assert f"{chart[-1][0]}" == "2024-10-03"
    assert terminal.articles_a_day(counts({today - 1: 2, today: 3}), today * DAY)[0][1] == 2
    assert terminal.articles_a_day(counts({}), today * DAY) == []


def test_columns_of_chinese_are_aligned():
    rows = terminal.table([("原因", "n"), ("没有布局", 12), ("a", 3)])
    assert rows == ["原因       n", "没有布局  12", "a          3"]
    assert {cell_len(line) for line in rows} == {12}
