"""Who may fetch what, and when: each story is one worker's at a time, and none is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from sqlalchemy import update

from ledger.conftest import NOW, PAUSE, TRIES, next_run, rejected, story, written
from sinanews.items import State
from sinanews.ledger.claims import LEASE
from sinanews.ledger.tables import stories

MANY = 200


def numbers(claims):
    return [int(claim.story.docid[-3:]) for claim in claims]


def owned_by(ledger, owner):
    """Makes what the ledger holds another worker's."""
    with ledger._database.begin() as connection:  # noqa: SLF001 - no other way to be somebody else
        connection.execute(
            update(stories).where(stories.c.worker.is_not(None)).values(worker=owner)
        )


def test_two_workers_at_once_claim_every_story_exactly_once(opened):
    workers = [opened(), opened()]
    workers[0].upsert_listed([story(n) for n in range(MANY)], "guonei")

    def work(worker):
        found = []
        while claims := worker.claim(7):
            found += numbers(claims)
        return found

    with ThreadPoolExecutor(2) as pool:
        found = list(chain(*pool.map(work, workers)))
    assert sorted(found) == list(range(MANY))


def test_stories_of_earlier_runs_come_first_and_of_one_time_the_oldest(ledger, clock):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    clock.go(60)
    ledger.upsert_listed([story(3, ctime=NOW - 5), story(4, ctime=NOW - 9)], "guonei")

    assert numbers(ledger.claim(9)) == [1, 2, 4, 3]


def test_a_claim_is_kept_for_its_lease_and_then_anybodys(opened, clock):
    first, second = opened(), opened()
    first.upsert_listed([story()], "guonei")
    assert numbers(first.claim(1)) == [1]

    clock.go(LEASE - 1)
    assert second.claim(1) == []
    clock.go(1)
    assert numbers(second.claim(1)) == [1]


def test_who_comes_back_after_his_lease_makes_no_second_revision(opened, clock):
    late, other = opened(), opened()
    late.upsert_listed([story()], "guonei")
    (claim,) = late.claim(1)
    clock.go(LEASE)
    (again,) = other.claim(1)
    other.record_outcomes([written(again)])

    late.record_outcomes([written(claim)])

    assert len(late.revisions(claim.story.docid)) == 1
    assert late.audit().states == {State.WRITTEN: 1}
    assert late.claim(1) == []


def test_what_a_worker_still_holds_when_it_ends_is_due_at_once(opened):
    first, second = opened(), opened()
    first.upsert_listed([story(1), story(2)], "guonei")
    done, _ = first.claim(2)
    first.record_outcomes([written(done)])

    first.close()

    assert numbers(second.claim(9)) == [2]


def test_what_a_killed_worker_held_is_given_back(opened, dead):
    ledger = opened()
    ledger.upsert_listed([story()], "guonei")
    ledger.claim(1)
    owned_by(ledger, dead)
    assert ledger.claim(1) == []

    ledger.release_dead()

    assert numbers(ledger.claim(1)) == [1]


@pytest.mark.parametrize("alive", ["a worker of ours", "elsewhere.example:1:abcd"])
def test_what_a_worker_holds_that_may_be_alive_is_not_given_back(alive, opened):
    ledger = opened()
    ledger.upsert_listed([story()], "guonei")
    ledger.claim(1)
    if ":" in alive:
        owned_by(ledger, alive)

    opened().release_dead()

    assert ledger.claim(1) == []


def test_a_failed_story_is_tried_again_after_pauses_that_double_and_then_no_more(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    for pause in (PAUSE, 2 * PAUSE, 4 * PAUSE):
        ledger.record_outcomes([rejected(claim) for claim in ledger.claim(1)])
        clock.go(pause - 1)
        assert ledger.claim(1) == []
        clock.go(1)
    (last,) = ledger.claim(1)
    assert last.tries == TRIES - 1
    ledger.record_outcomes([rejected(last)])
    clock.go(10 * 86_400)

    assert ledger.claim(1) == []
    next_run(ledger)
    ledger.upsert_listed([story()], "guonei")
    assert ledger.runs.account(ledger.run) == {State.FAILED: 1}
    assert ledger.runs.failures(ledger.run) == {"HTTP 500": 1}


def test_a_try_that_succeeds_ends_the_counting(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim) for claim in ledger.claim(1)])
    clock.go(PAUSE)
    (claim,) = ledger.claim(1)
    assert (claim.state, claim.tries) == (State.FAILED, 1)
    ledger.record_outcomes([written(claim)])
    ledger.requeue([claim.story.docid])

    (claim,) = ledger.claim(1)

    assert (claim.state, claim.tries, claim.revision) == (State.WRITTEN, 0, 1)


def test_what_a_refused_run_could_not_have_was_not_tried(ledger):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    ledger.record_outcomes([rejected(ledger.claim(1)[0], reason="HTTP 429")])
    next_run(ledger)
    ledger.upsert_listed([story(1), story(2)], "guonei")
    ledger.record_outcomes([rejected(ledger.claim(1)[0], reason="HTTP 403")])

    ledger.reset_failures()

    assert [(claim.story.docid[-1], claim.tries) for claim in ledger.claim(9)] == [("2", 0)]
    assert ledger.runs.account(ledger.run) == {State.FAILED: 2}, "for this run they have failed"


def test_what_is_gone_is_not_asked_for_again(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([rejected(claim, State.GONE) for claim in ledger.claim(1)])
    clock.go(10 * 86_400)
    assert ledger.claim(1) == []


def test_an_article_is_looked_at_again_at_each_age_and_then_no_more(ledger, clock):
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(1)])
    looked = []
    for hour in range(1, 50):
        clock.now = NOW + hour * 3600
        for claim in ledger.claim(1):
            looked.append(hour)
            ledger.record_outcomes([written(claim, f"<p>{hour}</p>")])
    assert looked == [1, 24]


def test_an_article_listed_late_is_looked_at_again_at_the_ages_that_are_left(ledger, clock):
    clock.now = NOW + 2 * 3600
    ledger.upsert_listed([story()], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(1)])
    clock.now = NOW + 86_400 - 1
    assert ledger.claim(1) == []
    clock.go(1)
    assert numbers(ledger.claim(1)) == [1]


def test_what_an_article_said_before_stays(ledger):
    ledger.upsert_listed([story()], "guonei")
    for body in ("<p>一</p>", "<p>二</p>"):
        (claim,) = ledger.claim(1)
        ledger.record_outcomes([written(claim, body)])
        ledger.requeue([claim.story.docid])
    (claim,) = ledger.claim(1)
    ledger.record_outcomes([rejected(claim, State.GONE)])

    assert [article.body_html for article in ledger.revisions(claim.story.docid)] == [
        "<p>一</p>",
        "<p>二</p>",
    ]
    assert [article.revision for _, article in ledger.articles()] == [2], "gone, and still exported"
