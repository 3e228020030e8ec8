"""Ledgers of one file, whose clock the tests turn."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sinanews.items import Article, Rejection, State
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story
from sinanews.utils.times import at

NOW = 1_700_000_000
PAUSE, TRIES = 300, 4
AGES = (86_400, 3600)  # in no order: whoever sets them need not care


@dataclass
class Clock:
    """A local clock that goes only when it is told to."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


Opened = Callable[[], Ledger]


@pytest.fixture
def opened(tmp_path, clock) -> Iterator[Opened]:
    """Opens the ledger for one more worker, which begins a run."""
    open_: list[Ledger] = []

    def worker() -> Ledger:
        database = engine(f"sqlite:///{tmp_path}/ledger.db")
        open_.append(Ledger(database, post_path, clock, Retries(PAUSE, TRIES, AGES)))
        open_[-1].begin("china")
        return open_[-1]

    yield worker
    for ledger in open_:
        ledger.close()


@pytest.fixture
def ledger(opened) -> Ledger:
    return opened()


@pytest.fixture(scope="session")
def dead() -> str:
    """The name of a worker of this machine that runs no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return f"{socket.gethostname()}:{ended.pid}:abcd"


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
