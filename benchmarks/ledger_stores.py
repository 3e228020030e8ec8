"""The three stores that know what was listed, each used as it is meant to be used."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Protocol

from scrapy import Request
from scrapy.dupefilters import RFPDupeFilter
from scrapy.http import HtmlResponse
from scrapy.settings import Settings
from sinanews.options import Options

from ledger_fill import CHANNEL, docid, page
from sinanews import settings as project
from sinanews.extraction import page as reading
from sinanews.items import Article, State
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site
from sinanews.roll.api import Story

ROWS = 50  # on a page of a list
BATCH = 32  # stories claimed at once
AUDIT = "counting all stories"  # as `scrapy status` does

Task = tuple[str, Callable[[], object]]


class Store(Protocol):
    """A store, open; `at` is where `ledger_fill` put it."""

    def __init__(self, at: Path) -> None: ...

    def deciding(self, listed: Sequence[Story]) -> Callable[[], object]:
        """What decides a page's rows, all that is no part of deciding done before."""

    def others(self) -> list[Task]:
        """What else is timed of it, in this order; what has no name only prepares the next."""

    def close(self) -> None:
        """Closes it."""


class OurLedger:
    """sinanews's own: a row for each story, with its state, and its article."""

    def __init__(self, at: Path) -> None:
        folder = at.with_name("output")
        told = {"OUTPUT_DIR": str(folder), "LEDGER_URL": f"sqlite:///{at}"}
        ours = {name: value for name, value in vars(project).items() if name.isupper()}
        self._options = Options.of(Settings(ours | told))
        self._ledger = Ledger.opened(self._options)
        self._claims: list[Claim] = []
        self._outcomes: list[Outcome] = []
        self._other: Ledger | None = None

    def deciding(self, listed: Sequence[Story]) -> Callable[[], object]:
        """As `scrapy harvest` does it; each page is of a run of its own."""
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.begin("china")
        return lambda: self._ledger.upsert_listed(listed, CHANNEL)

    def others(self) -> list[Task]:
        """What a harvest does besides, and `scrapy status`."""
        run = self._ledger.run
        return [
            ("claim of 32", self._claim),
            ("", self._read),
            ("32 articles, one commit", lambda: self._ledger.record_outcomes(self._outcomes)),
            ("", self._claim),
            ("", self._read),
            ("32 articles, a commit each", self._remember_each),
            ("a run's account", lambda: self._ledger.runs.account(run)),
            ("opening", self._open),
            ("closing", self._close_other),
            (AUDIT, self._ledger.audit),
        ]

    def _claim(self) -> None:
        self._claims = self._ledger.claim(BATCH)

    def _read(self) -> None:
        """What became of the claimed stories, as the pipelines know it."""
        paired = zip(articles(), self._claims, strict=True)
        self._outcomes = [
            Outcome(replace(article, docid=c.story.docid), State.WRITTEN, c.post_path, bytes(16))
            for article, c in paired
        ]

    def _remember_each(self) -> None:
        for outcome in self._outcomes:
            self._ledger.record_outcomes([outcome])

    def _open(self) -> None:
        self._other = Ledger.opened(self._options)

    def _close_other(self) -> None:
        assert self._other, "it was opened before"
        self._other.close()

    def close(self) -> None:
        """Closes it."""
        self._ledger.close()


_ARTICLES: list[Article] = []


def articles() -> list[Article]:
    """As many articles of the embedded mirror as are claimed at once."""
    if not _ARTICLES:
        told = (story for story in Site().stories if story.family == "F2017")
        pages = (HtmlResponse(story.url, body=render(story)) for story in islice(told, BATCH))
        _ARTICLES.extend(map(reading.read, pages))
    return _ARTICLES


class PlainTable:
    """The least that SQLite can do: a table of docids, as durable as the ledger."""

    _ASKED = f"SELECT docid FROM seen WHERE docid IN ({', '.join('?' * ROWS)})"  # noqa: S608 - placeholders
    _NEW = "INSERT INTO seen VALUES (?, ?)"

    def __init__(self, at: Path) -> None:
        self._at = at
        self._database = self._opened()
        self._next = 5_000_000

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._at, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("SELECT 1 FROM seen LIMIT 1").fetchall()
        return database

    def deciding(self, listed: Sequence[Story]) -> Callable[[], object]:
        """Look all rows up, insert those that are not there, commit."""
        docids = [story.docid for story in listed]
        return lambda: self._decide(docids)

    def _decide(self, docids: list[str]) -> None:
        self._database.execute("BEGIN")
        known = {found for (found,) in self._database.execute(self._ASKED, docids)}
        self._add([name for name in docids if name not in known])
        self._database.execute("COMMIT")

    def _add(self, docids: Sequence[str]) -> None:
        self._database.executemany(self._NEW, [(name, 0) for name in docids])

    def others(self) -> list[Task]:
        """As many commits as for articles."""
        first, second = self._fresh(), self._fresh()
        return [
            ("32 articles, one commit", lambda: self._commit(first)),
            ("32 articles, a commit each", lambda: self._commit_each(second)),
            ("opening", self._opened),
        ]

    def _fresh(self) -> list[str]:
        """Docids that no page has."""
        self._next += BATCH
        return [docid(number) for number in range(self._next - BATCH, self._next)]

    def _commit_each(self, docids: Sequence[str]) -> None:
        for name in docids:
            self._commit([name])

    def _commit(self, docids: Sequence[str]) -> None:
        self._database.execute("BEGIN")
        self._add(docids)
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Closes it."""
        self._database.close()


class SeenRequests:
    """Scrapy's own: fingerprints in memory, and appended to a file of JOBDIR."""

    def __init__(self, at: Path) -> None:
        self._at = at
        self._filter = RFPDupeFilter(str(at))

    def deciding(self, listed: Sequence[Story]) -> Callable[[], object]:
        """Ask for each request; those that are new are seen from then on."""
        requests = [Request(story.url) for story in listed]
        return lambda: [self._filter.request_seen(request) for request in requests]

    def others(self) -> list[Task]:
        """It has no commits, and reads everything when it is opened."""
        return [("opening", lambda: RFPDupeFilter(str(self._at)).close(""))]

    def close(self) -> None:
        """Closes it."""
        self._filter.close("")


STORES: dict[str, type[Store]] = {
    "sinanews": OurLedger,
    "SQLite table": PlainTable,
    "JOBDIR filter": SeenRequests,
}


class Pages:
    """The pages of a list whose first so many stories a store has."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._dice = Random(count)  # noqa: S311 - for a benchmark, no secret

    def known(self, size: int = ROWS) -> list[Story]:
        """Stories that were listed one after the other, at any time."""
        return page(self._dice.randrange(self._count - size + 1), size)

    def new(self, size: int = ROWS) -> list[Story]:
        """The next stories."""
        self._count += size
        return page(self._count - size, size)


def tasks(store: Store, pages: Pages) -> Iterator[Task]:
    """One round of what is timed of a store. Each has to be done before the next is asked for."""
    yield "50 known rows", store.deciding(pages.known())
    yield "50 new rows", store.deciding(pages.new())
    half = ROWS // 2
    yield "25 known, 25 new rows", store.deciding([*pages.known(half), *pages.new(half)])
    yield from store.others()
