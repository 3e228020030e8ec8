"""Three stores that tell new stories from those listed before, each used as intended."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Protocol

from scrapy import Request
from scrapy.dupefilters import RFPDupeFilter
from scrapy.http import HtmlResponse
from scrapy.settings import Settings
from sqlalchemy import create_engine, update

from ledger_fill import CHANNEL, FIRST_TIME, GAP, docid, page
from sinanews import settings as project_settings
from sinanews.archive.repair import own_folder, repair
from sinanews.config import Config
from sinanews.extraction.page import read
from sinanews.items import Article, State
from sinanews.ledger.history import Query
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.ledger.tables import runs
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story

ROWS_PER_PAGE = 50  # of a list
BATCH = 32  # stories per claim
WINDOW = 1000  # articles of an export
EXPORT, LOOK, AUDIT = "export of 1,000", "32 looks for reprints", "counting all stories"
REPAIR, AFTER_KILL = "repair, as a run begins", "repair after a kill"
AFTER_POWER_CUT = "repair after a power cut"
WORKER_OF_AN_EARLIER_BOOT = f"{socket.gethostname()}:00000000-0:1:1:00000000"

Task = tuple[str, Callable[[], object]]


class Store(Protocol):
    """An open store, at the `path` where `ledger_fill` made it."""

    def __init__(self, path: Path) -> None: ...

    def prepare_page(self, listed: Sequence[Story]) -> Callable[[], object]:
        """Prepares a page of a list; returns what looks up its rows and adds the new ones."""

    def _end_run(self) -> None:
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.runs.note_filed(self._ledger.run)

    def other_tasks(self, pages: "Pages") -> list[Task]:
        """What else is timed, in this order; a task without a name only prepares the next."""

    def close(self) -> None:
        """Closes it."""


class LedgerStore:
    """sinanews's own: a row for each story, with its state, and its article."""

    def __init__(self, path: Path) -> None:
        settings = Settings()
        settings.setmodule(project_settings)
        self.output = path.with_name(f"{path.name}-output")
        settings.set("OUTPUT_DIR", str(self.output))
        self._url = f"sqlite:///{path}"
        settings.set("LEDGER_URL", self._url)
        self._config = Config.from_settings(settings)
        self._ledger = Ledger.open(self._config, post_path)
        self._claims: list[Claim] = []
        self._outcomes: list[Outcome] = []
        self._other: Ledger | None = None

    def prepare_page(self, listed: Sequence[Story]) -> Callable[[], object]:
        """As `scrapy harvest` does it, each page in a run of its own."""
        self._end_run()
        self._ledger.begin("china")
        return lambda: self._ledger.upsert_listed(listed, CHANNEL)

    def _end_run(self) -> None:
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.runs.note_filed(self._ledger.run)

    def other_tasks(self, pages: "Pages") -> list[Task]:
        """What else a harvest, `scrapy status` and `scrapy export` do."""
        run, window = self._ledger.run, pages.window()
        return [
            (REPAIR, lambda: repair(self._ledger, self._config)),
            ("claim of 32", self._claim),
            ("", self._make_outcomes),
            (LOOK, self._look),
            ("32 articles, one commit", lambda: self._ledger.record_outcomes(self._outcomes)),
            ("", self._claim),
            ("", self._make_outcomes),
            ("32 articles, a commit each", self._record_each),
            ("a run's account", lambda: self._ledger.runs.account(run)),
            ("opening", self._open),
            ("closing", self._close_other),
            ("status", lambda: self._ledger.view(10)),
            (EXPORT, lambda: self._export(window)),
            (AUDIT, self._ledger.audit),
        ]

    def _claim(self) -> None:
        self._claims = self._ledger.claim(BATCH)

    def _make_outcomes(self) -> None:
        """The outcomes of the claimed stories, as the pipelines make them."""
        post_hash = bytes(16)
        # Texts that no article had before, or each would be a reprint.
        made = [
            replace(
                article, docid=claim.story.docid, text=shuffled(article.text, claim.story.docid)
            )
            for article, claim in zip(articles(), self._claims, strict=True)
        ]
        self._outcomes = [
            Outcome(article, State.WRITTEN, claim.post_path, post_hash)
            for article, claim in zip(made, self._claims, strict=True)
        ]

    def _look(self) -> None:
        for outcome in self._outcomes:
            assert isinstance(outcome.item, Article), "each of them was written"
            self._ledger.families_of([outcome.item])

    def _export(self, window: tuple[int, int]) -> None:
        since, until = window
        lines = sum(1 for _ in self._ledger.lines(Query(since=since, until=until)))
        if lines != WINDOW:
            raise SystemExit(f"an export had {lines} articles of {WINDOW}")

    def kill(self, pages: "Pages", *, power_cut: bool = False) -> Callable[[], object]:
        """Leaves a run as if it was killed before a post was in its place, or the power was cut;
        returns what the next run does about it."""
        self.prepare_page(pages.new())()
        self._claim()
        self._make_outcomes()
        self._ledger.record_outcomes(self._outcomes)
        worker = WORKER_OF_AN_EARLIER_BOOT if power_cut else killed_worker(self._ledger.worker)
        dead = {"worker": worker, "alive_at": 0}
        database = create_engine(self._url)
        with database.begin() as connection:
            ours = update(runs).where(runs.c.id == self._ledger.run)
            connection.execute(ours.values(dead | {"folder": own_folder(self._config)}))
        database.dispose()
        self._ledger.begin("china")
        return lambda: repair(self._ledger, self._config)

    def _record_each(self) -> None:
        for outcome in self._outcomes:
            self._ledger.record_outcomes([outcome])

    def _open(self) -> None:
        self._other = Ledger.open(self._config, post_path)

    def _close_other(self) -> None:
        assert self._other, "the task before opened it"
        self._other.close()

    def close(self) -> None:
        """Closes it, its run at its end: one that never ended would be taken to be killed."""
        self._end_run()
        self._ledger.close()


def killed_worker(other: str) -> str:
    """The name of a worker on this machine whose process has ended, made of another one's."""
    place, _, _, token = other.rsplit(":", 3)
    process = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        check=True,
        capture_output=True,
        text=True,
    )
    return f"{place}:{process.stdout.strip()}:1:{token[::-1]}"


@cache
def articles() -> list[Article]:
    """Articles of the embedded mirror, one for each story of a claim."""
    stories = (story for story in Site().stories if story.family == "F2017")
    pages = (HtmlResponse(story.url, body=render(story)) for story in islice(stories, BATCH))
    return [read(page) for page in pages]


def shuffled(text: str, seed: str) -> str:
    """A text's characters in another order, the same for each seed: as many words, none of them the
    other's."""
    letters = list(text)
    Random(seed).shuffle(letters)  # noqa: S311 - an invented text, no secret
    return "".join(letters)


class PlainTable:
    """The minimum for SQLite: a table of docids, as durable as the ledger."""

    _SELECT = f"SELECT docid FROM seen WHERE docid IN ({', '.join('?' * ROWS_PER_PAGE)})"  # noqa: S608 - placeholders
    _INSERT = "INSERT INTO seen VALUES (?, ?)"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = self._open()
        self._next = 50_000_000  # a number that no page comes to

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("SELECT 1 FROM seen LIMIT 1").fetchall()
        return database

    def prepare_page(self, listed: Sequence[Story]) -> Callable[[], object]:
        """Looks up all rows, inserts the new ones, commits."""
        docids = [story.docid for story in listed]
        return lambda: self._enter_page(docids)

    def _enter_page(self, docids: list[str]) -> None:
        self._database.execute("BEGIN")
        existing = {row[0] for row in self._database.execute(self._SELECT, docids)}
        self._insert([name for name in docids if name not in existing])
        self._database.execute("COMMIT")

    def _insert(self, docids: Sequence[str]) -> None:
        self._database.executemany(self._INSERT, [(name, 0) for name in docids])

    def _end_run(self) -> None:
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.runs.note_filed(self._ledger.run)

    def other_tasks(self, pages: "Pages") -> list[Task]:
        """As many commits as the ledger needs for its articles."""
        del pages
        first, second = self._new_docids(), self._new_docids()
        return [
            ("32 articles, one commit", lambda: self._commit(first)),
            ("32 articles, a commit each", lambda: self._commit_each(second)),
            ("opening", self._open),
        ]

    def _new_docids(self) -> list[str]:
        """Docids that are on no page."""
        self._next += BATCH
        return [docid(number) for number in range(self._next - BATCH, self._next)]

    def _commit_each(self, docids: Sequence[str]) -> None:
        for name in docids:
            self._commit([name])

    def _commit(self, docids: Sequence[str]) -> None:
        self._database.execute("BEGIN")
        self._insert(docids)
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Closes it."""
        self._database.close()


class SeenRequests:
    """Scrapy's own: fingerprints in memory, and appended to a file in JOBDIR."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._filter = RFPDupeFilter(str(path))

    def prepare_page(self, listed: Sequence[Story]) -> Callable[[], object]:
        """Looks up each request, which adds it."""
        requests = [Request(story.url) for story in listed]
        return lambda: [self._filter.request_seen(request) for request in requests]

    def _end_run(self) -> None:
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.runs.note_filed(self._ledger.run)

    def other_tasks(self, pages: "Pages") -> list[Task]:
        """It has no commits, and reads its whole file when it is opened."""
        del pages
        return [("opening", lambda: RFPDupeFilter(str(self._path)).close(""))]

    def close(self) -> None:
        """Closes it."""
        self._filter.close("")


STORES: dict[str, type[Store]] = {
    "sinanews": LedgerStore,
    "SQLite table": PlainTable,
    "JOBDIR filter": SeenRequests,
}


class Pages:
    """The pages of a list of which a store has the first `count` stories."""

    def __init__(self, count: int) -> None:
        self._first, self._count = count, count
        self._random = Random(count)  # noqa: S311 - invented data, no secret

    def existing(self, size: int = ROWS_PER_PAGE) -> list[Story]:
        """Consecutive stories that the store has, from anywhere in the list."""
        return page(self._random.randrange(self._count - size + 1), size)

    def window(self) -> tuple[int, int]:
        """The unix seconds between which WINDOW stories are that the store was made with."""
        first = self._random.randrange(self._first - WINDOW + 1)
        return FIRST_TIME + first * GAP, FIRST_TIME + (first + WINDOW) * GAP

    def new(self, size: int = ROWS_PER_PAGE) -> list[Story]:
        """The next stories that the store does not have."""
        self._count += size
        return page(self._count - size, size)


def tasks(store: Store, pages: Pages) -> Iterator[Task]:
    """One round of a store's tasks. Each has to be done before the next is taken."""
    yield "50 known rows", store.prepare_page(pages.existing())
    yield "50 new rows", store.prepare_page(pages.new())
    half = ROWS_PER_PAGE // 2
    yield "25 known, 25 new rows", store.prepare_page([*pages.existing(half), *pages.new(half)])
    yield from store.other_tasks(pages)
