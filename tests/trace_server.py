"""Replays a recorded trace of Sina's list poll by poll, and harvests it as cron would.

    python tests/trace_server.py [TRACE ...] [--lateness MINUTES ...] [--every POLLS] [--json]

prints for each trace and lateness how many articles the harvests found and missed, and how many
list requests they made. TRACE defaults to all of ../shared/trace, --lateness to the project's
setting.
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
MAX_ROWS = 50


def recorded() -> list[Path]:
    """The paths of all recorded traces."""
    return sorted(SHARED.glob("trace/*.json.gz"))


@dataclass(slots=True)
class TracedArticle:
    """An article of a trace. Times are unix seconds; `number` is its index in the trace."""

    number: int
    url: str
    title: str
    ctime: int
    intime: int

    @property
    def docid(self) -> str:
        match = re.search(r"-i(\w+)\.", self.url)
        return match[1] if match else f"trace{self.number}"

    @property
    def place(self) -> str:
        """HOST/PATH of its page."""
        parts = urlsplit(self.url)
        return parts.netloc + parts.path

    def row(self) -> dict[str, Any]:
        """Its row in the list."""
        times = {"ctime": str(self.ctime), "mtime": str(self.intime), "intime": str(self.intime)}
        fields = {"docid": f"comos:{self.docid}", "url": self.url, "title": self.title}
        return fields | times | {"intro": "", "media_name": "某报", "lids": "2509"}

    def page(self) -> bytes:
        """Its article page."""
        title = escape(self.title)
        return article_page(title, f"<p>　　{title}（{self.number}）。</p>")


@dataclass
class Trace:
    """A trace being replayed: the list as it was at poll number `now`."""

    name: str
    polls: list[tuple[int, list[TracedArticle]]]
    now: int = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads a trace from a file and estimates the times of its articles from the polls."""
        recording = json.loads(gzip.decompress(path.read_bytes()))
        timeline = _Timeline(recording["articles"], recording["polls"])
        polls = [(moment, timeline.add_poll(moment, rows)) for moment, rows in recording["polls"]]
        return cls(path.name.partition(".")[0], polls)

    def shown(self) -> dict[int, TracedArticle]:
        """All articles listed in the polls so far, by number."""
        so_far = self.polls[: self.now + 1]
        return {article.number: article for _, rows in so_far for article in rows}

    def answer(self, page: int, size: int = MAX_ROWS) -> dict[str, Any]:
        """The roll API's answer: page 1 as recorded, deeper pages from earlier polls."""
        moment, top = self.polls[self.now]
        start = (page - 1) * size
        rows = (top + self._below(top) if page > 1 else top)[start : start + size]
        result = {"status": {"code": 0, "msg": "succ"}, "rtime": moment, "lid": 2509}
        return {"result": result | {"data": [article.row() for article in rows]}}

    def _below(self, top: list[TracedArticle]) -> list[TracedArticle]:
        """Articles pushed off the end of page 1, without those that vanished from its middle."""
        on_page = {article.number for article in top}
        last = min(article.ctime for article in top)
        left = (article for article in self.shown().values() if article.number not in on_page)
        return sorted(
            (article for article in left if article.ctime <= last),
            key=lambda article: (-article.ctime, article.number),
        )


class _Timeline:
    """Gives each article a ctime between those of its neighbours when it is first listed.

    Rows that are new side by side are spread evenly between the ctimes of the rows above and
    below them. Above the first row, the poll's own time is used; below the last row, the next older
    article that has left the page, or else the mean time between two articles of the trace.
    """

    def __init__(self, articles: list[list[str]], polls: list[tuple[int, list[int]]]) -> None:
        self._articles = articles
        self._mean = max(1, (polls[-1][0] - polls[0][0]) // len(articles))
        self._seen: dict[int, TracedArticle] = {}
        self._ctimes: list[int] = []  # of all articles seen, ascending

    def add_poll(self, moment: int, rows: list[int]) -> list[TracedArticle]:
        """Returns the articles of one poll's rows, and creates the new ones."""
        for start, end in list(self._new(rows)):
            above = self._seen[rows[start - 1]].ctime if start else moment
            below = self._below(rows, start, end, above)
            self._add(rows[start:end], moment, above, min(above, below))
        return [self._seen[number] for number in rows]

    def _new(self, rows: list[int]) -> Iterator[tuple[int, int]]:
        """The start and end of each stretch of new rows."""
        start = 0
        for place, number in enumerate([*rows, None]):
            if number is None or number in self._seen:
                if start < place:
                    yield start, place
                start = place + 1

    def _below(self, rows: list[int], start: int, end: int, above: int) -> int:
        """The ctime of the article after rows[start:end]."""
        if end < len(rows):
            return self._seen[rows[end]].ctime
        older = bisect_left(self._ctimes, above)
        return self._ctimes[older - 1] if older else above - self._mean * (end - start + 1)

    def _add(self, new: list[int], moment: int, above: int, below: int) -> None:
        for place, number in enumerate(new, start=1):
            ctime = above - (above - below) * place // (len(new) + 1)
            url, title = self._articles[number]
            self._seen[number] = TracedArticle(number, url, title, ctime, moment)
            insort(self._ctimes, ctime)


class TraceServer:
    """Serves a trace on loopback, with the same list for every channel.

    `lists` counts list requests, `articles` the requests of each article by HOST/PATH.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.lists = 0
        self.articles: Counter[str] = Counter()
        self._pages = {article.place: article for _, rows in trace.polls for article in rows}
        self._server = answering(self.reply)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()

    def reply(self, target: str) -> Reply:
        """The reply to a request for HOST/PATH?QUERY."""
        path, _, query = target.partition("?")
        if path == ROLL:
            self.lists += 1
            args = parse_qs(query)
            page, size = (int(args.get(name, ["1"])[0]) for name in ("page", "num"))
            answer = json.dumps(self.trace.answer(page, min(size, MAX_ROWS)))
            return 200, answer.encode(), {}
        if path not in self._pages:
            return 404, b"", {}
        self.articles[path] += 1
        return 200, self._pages[path].page(), {}


@contextmanager
def serving(trace: Trace) -> Iterator[TraceServer]:
    """Serves a trace within a `with` block."""
    server = TraceServer(trace)
    try:
        yield server
    finally:
        server.close()


@dataclass(slots=True)
class Figures:
    """The results of harvesting a trace."""

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
        """The mean number of list requests per run."""
        return sum(self.lists) / len(self.lists)

    def line(self) -> str:
        """The figures as one line of text."""
        return (
            f"{self.trace}, lateness {self.lateness} min: {len(self.lists)} runs, "
            f"{self.articles} articles, {self.missed} missed, "
            f"{self.fetched_again} fetched more than once, {self.posts} posts, "
            f"{self.lists_per_run:.2f} list requests a run (at most {max(self.lists)}), "
            f"{self.seconds:.0f} s, verdicts {self.verdicts}"
        )


async def replay(
    server: TraceServer, output: Path, every: int, overrides: dict[str, str]
) -> Figures:
    """Harvests each poll, or each `every`th and the last, into one archive.

    The harvests are crawls in one process, each with its own crawler and ledger.
    """
    settings = get_project_settings()
    settings.setdict(QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": server.url} | overrides)
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
    listed = {article.docid for article in server.trace.shown().values()}
    written = {line["docid"] for line in lines(output)}
    figures.articles, figures.missed = len(listed), len(listed - written)
    figures.fetched_again = sum(times > 1 for times in server.articles.values())
    figures.posts = len(posts(output))
    reports = [json.loads(file.read_bytes()) for file in (output / "runs").glob("*.json")]
    figures.verdicts = dict(Counter(report["verdict"] for report in reports))


async def _play(options: argparse.Namespace) -> None:
    for path in options.traces or recorded():
        for minutes in options.lateness or [None]:
            overrides = {} if minutes is None else {"LATENESS_MINUTES": minutes}
            with TemporaryDirectory() as folder, serving(Trace.read(path)) as server:
                output = options.output or Path(folder) / "output"
                figures = await replay(server, output, options.every, overrides)
            print(figures.line(), flush=True)
            if options.json:
                print(json.dumps(asdict(figures)))


def main() -> None:
    """Parses the command line and replays the traces."""
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
