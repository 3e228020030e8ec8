"""Plays a recorded trace of Sina's list poll by poll, and harvests it as cron would.

    python tests/trace_server.py [TRACE ...] [--lateness MINUTES ...] [--every POLLS] [--json]

prints for each trace and lateness what a harvest per poll found, and what it asked for.
Without TRACE it plays all of ../shared/trace, without --lateness with the project's setting.
"""
# ruff: noqa: T201 -- a script that talks to the terminal

import argparse
import gzip
import io
import json
import re
import time
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.project import get_project_settings
from scrapy.utils.reactor import install_reactor
from twisted.internet.task import react

from support import QUICK, SHARED, Reply, answering, article_page, lines, posts

ROLL = "feed.mix.sina.com.cn/api/roll/get"
MOST_ROWS = 50


def recorded() -> list[Path]:
    """All traces that are there."""
    return sorted(SHARED.glob("trace/*.json.gz"))


@dataclass(slots=True)
class Traced:
    """An article of a trace. Times are unix seconds; `number` is its place in the trace."""

    number: int
    url: str
    title: str
    ctime: int
    intime: int

    @property
    def docid(self) -> str:
        found = re.search(r"-i(\w+)\.", self.url)
        return found[1] if found else f"trace{self.number}"

    @property
    def place(self) -> str:
        """HOST/PATH of its page."""
        parts = urlsplit(self.url)
        return parts.netloc + parts.path

    def row(self) -> dict[str, Any]:
        """Its row of the list."""
        times = {"ctime": str(self.ctime), "mtime": str(self.intime), "intime": str(self.intime)}
        told = {"docid": f"comos:{self.docid}", "url": self.url, "title": self.title}
        return told | times | {"intro": "", "media_name": "某报", "lids": "2509"}

    def page(self) -> bytes:
        """Its page."""
        title = escape(self.title)
        return article_page(title, f"<p>　　{title}（{self.number}）。</p>")


@dataclass
class Trace:
    """A trace that is being played: the list as it stood at poll number `now`."""

    name: str
    polls: list[tuple[int, list[Traced]]]
    now: int = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        """The trace of a file, each article with the times that its polls allow."""
        told = json.loads(gzip.decompress(path.read_bytes()))
        timeline = _Timeline(told["articles"], told["polls"])
        polls = [(moment, timeline.note(moment, rows)) for moment, rows in told["polls"]]
        return cls(path.name.partition(".")[0], polls)

    def shown(self) -> dict[int, Traced]:
        """All articles that the polls so far have shown, by number."""
        so_far = self.polls[: self.now + 1]
        return {article.number: article for _, rows in so_far for article in rows}

    def answer(self, page: int, size: int = MOST_ROWS) -> dict[str, Any]:
        """The roll API's answer: page 1 as recorded, deeper ones from what was shown before."""
        moment, top = self.polls[self.now]
        start = (page - 1) * size
        rows = (top + self._below(top) if page > 1 else top)[start : start + size]
        told = {"status": {"code": 0, "msg": "succ"}, "rtime": moment, "lid": 2509}
        return {"result": told | {"data": [article.row() for article in rows]}}

    def _below(self, top: list[Traced]) -> list[Traced]:
        """What has left page 1 at its end; what vanished from its middle is no longer listed."""
        there = {article.number for article in top}
        last = min(article.ctime for article in top)
        left = (one for one in self.shown().values() if one.number not in there)
        return sorted(
            (one for one in left if one.ctime <= last), key=lambda one: (-one.ctime, one.number)
        )


class _Timeline:
    """Gives each article a ctime between those of its neighbours when it is first listed.

    Rows that are new side by side share the time between the known rows above and below them
    evenly. Above the first row is the poll's own time; below the last one is what is known and
    off the page, or else the trace's mean time between two articles for each.
    """

    def __init__(self, articles: list[list[str]], polls: list[tuple[int, list[int]]]) -> None:
        self._articles = articles
        self._mean = max(1, (polls[-1][0] - polls[0][0]) // len(articles))
        self._known: dict[int, Traced] = {}
        self._ctimes: list[int] = []  # of all known, ascending

    def note(self, moment: int, rows: list[int]) -> list[Traced]:
        """The articles of one poll's rows, new ones made."""
        for start, end in list(self._new(rows)):
            above = self._known[rows[start - 1]].ctime if start else moment
            below = self._below(rows, start, end, above)
            self._add(rows[start:end], moment, above, min(above, below))
        return [self._known[number] for number in rows]

    def _new(self, rows: list[int]) -> Iterator[tuple[int, int]]:
        """Where rows that are new side by side begin and end."""
        start = 0
        for place, number in enumerate([*rows, None]):
            if number is None or number in self._known:
                if start < place:
                    yield start, place
                start = place + 1

    def _below(self, rows: list[int], start: int, end: int, above: int) -> int:
        """The ctime of what comes after rows[start:end]."""
        if end < len(rows):
            return self._known[rows[end]].ctime
        older = bisect_left(self._ctimes, above)
        return self._ctimes[older - 1] if older else above - self._mean * (end - start + 1)

    def _add(self, new: list[int], moment: int, above: int, below: int) -> None:
        for place, number in enumerate(new, start=1):
            ctime = above - (above - below) * place // (len(new) + 1)
            url, title = self._articles[number]
            self._known[number] = Traced(number, url, title, ctime, moment)
            insort(self._ctimes, ctime)


class TraceServer:
    """Serves a trace on loopback, whatever list is asked for.

    `lists` counts the requests of lists, `articles` those of each article by its HOST/PATH.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.lists = 0
        self.articles: Counter[str] = Counter()
        self._pages = {one.place: one for _, rows in trace.polls for one in rows}
        self._server = answering(self.reply)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Serves no more."""
        self._server.shutdown()
        self._server.server_close()

    def reply(self, target: str) -> Reply:
        """What answers HOST/PATH?QUERY."""
        path, _, query = target.partition("?")
        if path == ROLL:
            self.lists += 1
            asked = parse_qs(query)
            page, size = (int(asked.get(name, ["1"])[0]) for name in ("page", "num"))
            answer = json.dumps(self.trace.answer(page, min(size, MOST_ROWS)))
            return 200, answer.encode(), {}
        if path not in self._pages:
            return 404, b"", {}
        self.articles[path] += 1
        return 200, self._pages[path].page(), {}


@contextmanager
def serving(trace: Trace) -> Iterator[TraceServer]:
    """A trace's server while the block runs."""
    server = TraceServer(trace)
    try:
        yield server
    finally:
        server.close()


@dataclass(slots=True)
class Figures:
    """What harvesting a trace came to."""

    trace: str
    lateness: str
    articles: int = 0
    missed: int = 0
    fetched_again: int = 0
    posts: int = 0
    lists: list[int] = field(default_factory=list)  # requests of each run
    verdicts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def lists_per_run(self) -> float:
        """The mean of the list requests."""
        return sum(self.lists) / len(self.lists)

    def line(self) -> str:
        """The figures in words."""
        return (
            f"{self.trace}, lateness {self.lateness} min: {len(self.lists)} runs, "
            f"{self.articles} articles, {self.missed} missed, "
            f"{self.fetched_again} fetched more than once, {self.posts} posts, "
            f"{self.lists_per_run:.2f} list requests a run (at most {max(self.lists)}), "
            f"{self.seconds:.0f} s, verdicts {self.verdicts}"
        )


async def replay(server: TraceServer, output: Path, every: int, told: dict[str, str]) -> Figures:
    """Harvests each poll, or each `every`th and the last, into one archive.

    The harvests are crawls of one process, each with a crawler and a ledger of its own.
    """
    settings = get_project_settings()
    settings.setdict(QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": server.url} | told)
    trace, began = server.trace, time.monotonic()
    last = len(trace.polls) - 1
    figures = Figures(trace.name, str(settings["LATENESS_MINUTES"]))
    for poll in sorted({*range(0, last, every), last}):
        trace.now, server.lists = poll, 0
        with redirect_stdout(io.StringIO()):
            await AsyncCrawlerRunner(settings).crawl("china")
        figures.lists.append(server.lists)
    figures.seconds = time.monotonic() - began
    _count(figures, server, output)
    return figures


def _count(figures: Figures, server: TraceServer, output: Path) -> None:
    listed = {one.docid for one in server.trace.shown().values()}
    written = {line["docid"] for line in lines(output)}
    figures.articles, figures.missed = len(listed), len(listed - written)
    figures.fetched_again = sum(times > 1 for times in server.articles.values())
    figures.posts = len(posts(output))
    reports = [json.loads(file.read_bytes()) for file in (output / "runs").glob("*.json")]
    figures.verdicts = dict(Counter(report["verdict"] for report in reports))


async def _play(options: argparse.Namespace) -> None:
    for path in options.traces or recorded():
        for minutes in options.lateness or [None]:
            told = {} if minutes is None else {"LATENESS_MINUTES": minutes}
            with TemporaryDirectory() as folder, serving(Trace.read(path)) as server:
                output = options.output or Path(folder) / "output"
                figures = await replay(server, output, options.every, told)
            print(figures.line(), flush=True)
            if options.json:
                print(json.dumps(asdict(figures)))


def main() -> None:
    """Plays what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("traces", nargs="*", type=Path, help="(default: all of ../shared/trace)")
    parser.add_argument("--lateness", nargs="*", metavar="MINUTES", help="settings to compare")
    parser.add_argument("--every", type=int, default=1, help="polls between harvests (default 1)")
    parser.add_argument("--output", type=Path, help="keep the archive here")
    parser.add_argument("--json", action="store_true", help="print JSON too")
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    options = parser.parse_args()
    react(lambda _: deferred_from_coro(_play(options)))


if __name__ == "__main__":
    main()
