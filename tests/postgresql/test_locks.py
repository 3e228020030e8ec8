"""Whoever changes several stories locks them in the order of docids, whatever order the rows lie
in: two that want the same ones never wait for each other."""

import threading
import time
from contextlib import closing

import psycopg
import pytest

from ledger.conftest import rejected, story, written
from postgres import MARK, PATIENCE
from sinanews.ledger.database import clock_of, engine
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

pytestmark = MARK
FIRST, SECOND = story(1).docid, story(2).docid
LOCK = "SELECT 1 FROM stories WHERE docid = %s FOR UPDATE"

MOVES = {
    "list": lambda ledger: ledger.upsert_listed([story(2), story(1)], "hongguan"),
    "requeue": lambda ledger: ledger.requeue([SECOND, FIRST]),
    "renew": lambda ledger: ledger.renew(),
    "set aside": lambda ledger: ledger.set_aside(),
    "release": lambda ledger: ledger._claims.release([ledger.worker]),  # noqa: SLF001 - as others do
    "settle": lambda ledger: ledger.record_outcomes(
        [written(ledger.claimed(docid)) for docid in (SECOND, FIRST)], lambda ours: ours
    ),
    "fail": lambda ledger: ledger.record_outcomes(
        [rejected(ledger.claimed(docid)) for docid in (SECOND, FIRST)]
    ),
    "publish": lambda ledger: ledger.publish({SECOND: 0, FIRST: 0}, lambda _: None),
}


@pytest.fixture
def ledger(postgres):
    database = engine(postgres.url)
    with closing(Ledger(database, post_path, clock_of(database))) as opened:
        opened.begin("china")
        opened.upsert_listed([story(2)], "guonei")
        opened.upsert_listed([story(1)], "guonei")
        assert len(opened.claim(2)) == 2
        yield opened


def wait_until_it_waits(postgres):
    waiting = """
        SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    end = time.monotonic() + PATIENCE
    while not postgres.execute(waiting):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("name", MOVES)
def test_who_waits_for_the_first_story_holds_no_later_one(postgres, ledger, name):
    errors = []

    def move():
        try:
            MOVES[name](ledger)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    mover = threading.Thread(target=move)
    with postgres.server.connect(postgres.name) as other:
        other.autocommit = False
        other.execute(LOCK, [FIRST])
        mover.start()
        wait_until_it_waits(postgres)
        try:
            other.execute(f"{LOCK} NOWAIT", [SECOND])
        except psycopg.errors.LockNotAvailable:
            errors.append(AssertionError(f"{name} holds {SECOND}, and waits for {FIRST}"))
        other.rollback()
    mover.join()
    assert errors == []
