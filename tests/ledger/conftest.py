"""Ledgers that share one database, of each kind, and a clock set by the tests."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

import postgres
from sinanews.items import Article, Rejection, State
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.ledger.tables import runs, stories
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story
from sinanews.utils.times import at
from support import ROOT

NOW = 1_700_000_000
PAUSE, TRIES = 300, 4
AGES = (86_400, 3600)  # unsorted on purpose: any order is accepted


@dataclass
class Clock:
    """A clock that only moves when a test advances it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def new_file() -> Iterator[str]:
    """The URL of a ledger that is still to be made, in a file."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/ledger.db"


@contextmanager
def new_database() -> Iterator[str]:
    """The URL of a ledger that is still to be made, on a server."""
    with postgres.database() as database:
        yield database.url


@dataclass(frozen=True)
class Kind:
    """A kind of database, for laws that are tried with many examples, each with a new one. A server
    takes longer for that, and has one example in `dearer`."""

    new: Callable[[], AbstractContextManager[str]]
    dearer: int = 1

    def examples(self, count: int) -> int:
        return -(-count // self.dearer)


on_each_kind = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind(new_file), id="sqlite"),
        pytest.param(Kind(new_database, dearer=8), id="postgresql", marks=postgres.MARK),
    ],
)


OpenLedger = Callable[[], Ledger]


@pytest.fixture
def open_ledger(ledger_url, clock) -> Iterator[OpenLedger]:
    """Opens the ledger for another worker and begins a run."""
    ledgers: list[Ledger] = []

    def open_() -> Ledger:
        ledgers.append(Ledger(engine(ledger_url), post_path, clock, Retries(PAUSE, TRIES, AGES)))
        ledgers[-1].begin("china")
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(open_ledger) -> Ledger:
    return open_ledger()


class Watched:
    """The statements that a ledger's database carries out, and how."""

    def __init__(self, ledger: Ledger) -> None:
        self._database: Engine = ledger._database  # noqa: SLF001 - to watch its statements
        self.statements: list[tuple[str, Any]] = []
        event.listen(self._database, "before_cursor_execute", self._note)

    def _note(self, *call: Any) -> None:
        self.statements.append((call[2], call[3]))

    def plans(self) -> dict[str, Sequence[str]]:
        """The steps of each look so far. On a server, which scans whatever is small, those that it
        takes where a table is not."""
        looks = [(sql, values) for sql, values in self.statements if sql.startswith("SELECT")]
        is_server = self._database.dialect.name == "postgresql"
        explain = "EXPLAIN" if is_server else "EXPLAIN QUERY PLAN"
        with self._database.connect() as connection:
            if is_server:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            return {
                sql: [
                    row[-1] for row in connection.exec_driver_sql(f"{explain} {sql}", values).all()
                ]
                for sql, values in looks
            }


NEW_WORKER = "from sinanews.ledger.workers import new_worker; print(new_worker())"


@pytest.fixture(scope="session")
def dead_worker() -> str:
    """The name of a worker on this machine whose process has ended."""
    run = subprocess.run(
        [sys.executable, "-c", NEW_WORKER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A process that says which worker it is, and waits."""
    program = f"{NEW_WORKER}; import sys; sys.stdout.flush(); sys.stdin.read()"
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield started
    started.kill()
    started.communicate()


def pose(ledger: Ledger, worker: str) -> None:
    """Hands all claims of a ledger, and its run, to a worker of that name."""
    own = ledger.worker
    with ledger._database.begin() as connection:  # noqa: SLF001 - no other way to pose as another
        connection.execute(update(stories).filter_by(worker=own).values(worker=worker))
        connection.execute(update(runs).filter_by(worker=own).values(worker=worker))


def elsewhere(worker: str) -> str:
    """The name that a worker would have on another machine."""
    return f"elsewhere.example:{worker.partition(':')[2]}"


def story(number: int = 1, title: str = "", ctime: int = NOW) -> Story:
    docid = f"nabc{number:010}"
    url = f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"
    return Story(docid, url, title or f"标题{number}", ctime, NOW, NOW, channels=("guonei",))


def written(claim: Claim, body: str = "<p>文</p>") -> Outcome:
    article = Article(
        claim.story.docid,
        claim.story.url,
        ["guonei"],
        claim.story.title,
        published=at(NOW),
        revision=claim.revision + 1,
        body_html=body,
    )
    return Outcome(article, State.UPDATED if claim.revision else State.WRITTEN, claim.post_path)


def unchanged(claim: Claim) -> Outcome:
    outcome = written(claim)
    outcome.item.revision = claim.revision
    return Outcome(outcome.item, State.UNCHANGED)


def next_run(ledger: Ledger) -> None:
    ledger.runs.end(ledger.run, "incomplete", {})
    ledger.begin("china")


def rejected(claim: Claim, state: State = State.FAILED, reason: str = "HTTP 500") -> Outcome:
    return Outcome(Rejection(claim.story.docid, claim.story.url, state, reason), state)
