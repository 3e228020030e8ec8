"""What was settled is known, although the connection broke before the server could say so."""

from contextlib import closing

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from ledger.conftest import rejected, story, written
from postgres import MARK
from postgresql.proxy import proxy
from sinanews.ledger.database import clock_of, engine
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

pytestmark = MARK


@pytest.fixture
def way(postgres):
    with proxy(postgres.server.port) as made:
        yield made


@pytest.fixture
def ledger(postgres, way):
    database = engine(make_url(postgres.url).set(port=way.port))
    with closing(Ledger(database, post_path, clock_of(database))) as opened:
        opened.begin("china")
        opened.upsert_listed([story(1), story(2)], "guonei")
        yield opened


def outcomes(ledger):
    one, two = ledger.claim(2)
    return [written(one), rejected(two)]


def test_what_was_committed_is_settled_although_the_answer_was_lost(ledger, way, postgres):
    made = outcomes(ledger)
    way.lost = 1

    done = ledger.record_outcomes(made, lambda ours: ours)

    assert way.losses == 1
    assert done == {story(1).docid, story(2).docid}
    assert made[0].seen is not None, "its line can be written"
    assert not ledger.holds(story(1).docid)
    assert postgres.execute("SELECT count(*) FROM revisions") == [(1,)]
    assert postgres.execute("SELECT state FROM stories ORDER BY docid") == [
        ("written",),
        ("failed",),
    ]


def test_what_was_not_committed_is_an_error_and_stays_to_be_settled(ledger, way, postgres):
    made = outcomes(ledger)
    way.before, way.lost = True, 1

    with pytest.raises(DBAPIError):
        ledger.record_outcomes(made, lambda ours: ours)

    assert way.losses == 1
    assert postgres.execute("SELECT count(*) FROM revisions") == [(0,)]
    assert ledger.holds(story(1).docid)
    assert ledger.record_outcomes(made, lambda ours: ours) == {story(1).docid, story(2).docid}
    assert ledger.counts() == ledger.audit()


def test_a_cut_before_the_commit_is_an_error_although_something_was_published(ledger, way):
    made = outcomes(ledger)

    def publish(ours):
        way.cut()
        return ours

    with pytest.raises(DBAPIError):
        ledger.record_outcomes(made, publish)
    assert ledger.counts().articles == 0
