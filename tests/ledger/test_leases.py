"""A claim is its worker's for a lease; what it lost meanwhile it neither writes nor records."""

import os
import signal
from dataclasses import replace

import pytest

from ledger.conftest import NOW, elsewhere, pose, rejected, story, unchanged, written
from sinanews.exceptions import ClaimLostError
from sinanews.items import State
from sinanews.ledger.claims import DAY
from sinanews.ledger.selection import ALL
from sinanews.ledger.workers import LEASE

YEAR = 365 * DAY


def docids(claims):
    return [claim.story.docid for claim in claims]


@pytest.fixture
def claim_one(ledger):
    """Has a ledger claim its only story."""
    ledger.upsert_listed([story()], "guonei")

    def claim(by=ledger):
        (claimed,) = by.claim(1)
        return claimed

    return claim


def test_a_lease_that_is_renewed_does_not_run_out(ledger, open_ledger, claim_one, clock):
    other = open_ledger()
    claim = claim_one()
    for _ in range(10):
        clock.advance(LEASE - 1)
        ledger.renew()
        assert other.claim(1) == []
    assert ledger.record_outcomes([written(claim)]) == {claim.story.docid}


def test_a_worker_does_not_claim_anew_what_it_still_has_in_work(ledger, claim_one, clock):
    claim = claim_one()
    clock.advance(2 * LEASE)
    assert ledger.claim(1) == []
    assert ledger.record_outcomes([written(claim)]) == {claim.story.docid}


@pytest.mark.parametrize("late", [written, rejected])
def test_what_another_took_over_is_left_to_it(late, ledger, open_ledger, claim_one, clock):
    other = open_ledger()
    claim = claim_one()
    clock.advance(LEASE)
    again = claim_one(by=other)
    published = []

    def publish(docids):
        published.extend(docids)
        return docids

    assert ledger.record_outcomes([late(claim)], publish) == set()

    assert published == []
    assert other.record_outcomes([written(again)], publish) == {claim.story.docid}
    assert published == [claim.story.docid]
    assert ledger.record_outcomes([late(claim)], publish) == set(), "nor once that has an outcome"
    assert len(ledger.revisions(claim.story.docid)) == 1
    assert ledger.audit().states == {State.WRITTEN: 1}
    assert ledger.claim(1) == []


def test_of_a_group_only_what_is_still_held_is_recorded(ledger, open_ledger, clock):
    other = open_ledger()
    ledger.upsert_listed([story(1), story(2)], "guonei")
    claims = ledger.claim(2)
    clock.advance(LEASE)
    (taken,) = other.claim(1)

    done = ledger.record_outcomes([written(claim) for claim in claims])

    assert done == {claim.story.docid for claim in claims} - {taken.story.docid}


def test_what_cannot_be_published_is_held_until_it_has_another_outcome(ledger, claim_one):
    claim = claim_one()
    assert ledger.record_outcomes([written(claim)], lambda _: set()) == set()
    assert ledger.audit().states == {State.LISTED: 1}
    assert ledger.holds(claim.story.docid)

    assert ledger.record_outcomes([rejected(claim)]) == {claim.story.docid}
    assert ledger.audit().states == {State.FAILED: 1}


def test_of_two_outcomes_of_a_story_the_first_counts(ledger, claim_one):
    claim = claim_one()
    ledger.record_outcomes([written(claim, "<p>一</p>"), written(claim, "<p>二</p>")])
    assert ledger.record_outcomes([written(claim, "<p>三</p>")]) == set()
    (article,) = ledger.revisions(claim.story.docid)
    assert article.body_html == "<p>一</p>"


def test_a_worker_that_renews_learns_what_it_lost(ledger, open_ledger, clock):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    claims = ledger.claim(2)
    clock.advance(LEASE)
    (taken,) = open_ledger().claim(1)

    ledger.renew()

    assert [ledger.holds(docid) for docid in docids(claims)] == [
        docid != taken.story.docid for docid in docids(claims)
    ]
    with pytest.raises(ClaimLostError):
        ledger.claimed(taken.story.docid)


def test_no_path_is_reserved_for_a_story_that_another_took_over(ledger, open_ledger, clock):
    other = open_ledger()
    ledger.upsert_listed([replace(story(), title="")], "")
    (claim,) = ledger.claim(1)
    clock.advance(LEASE)
    (again,) = other.claim(1)

    with pytest.raises(ClaimLostError):
        ledger.reserve_path(written(claim).item)
    assert other.reserve_path(written(again).item)


def test_an_unchanged_article_that_another_took_over_is_left_to_it(
    ledger, open_ledger, claim_one, clock
):
    ledger.record_outcomes([written(claim_one())])
    ledger.requeue([story().docid])
    claim = claim_one()
    clock.advance(LEASE)
    other = open_ledger()
    again = claim_one(by=other)
    other.record_outcomes([written(again, "<p>新</p>")])

    assert ledger.record_outcomes([unchanged(claim)]) == set()
    assert ledger.audit().states == {State.UPDATED: 1}


def test_what_a_dead_worker_held_is_due_at_once(ledger, open_ledger, claim_one, dead_worker):
    claim_one()
    pose(ledger, dead_worker)
    other = open_ledger()
    assert other.claim(1) == []
    assert other.runs.killed() == [ledger.run]

    other.release_dead()

    assert docids(other.claim(1)) == [story().docid]


def test_what_a_worker_that_runs_holds_is_not_released(open_ledger, claim_one, clock):
    claim_one()
    other = open_ledger()
    clock.advance(LEASE - 1)
    other.release_dead()
    assert other.claim(1) == []
    clock.advance(10 * LEASE)
    assert other.runs.killed() == [], "it is there, and only slow"


@pytest.mark.parametrize("name", [elsewhere, lambda _: "host:1:abcd"])
def test_a_worker_elsewhere_is_taken_to_be_dead_once_it_was_silent_for_a_lease(
    name, ledger, open_ledger, claim_one, clock
):
    claim_one()
    clock.advance(100)
    ledger.renew()
    pose(ledger, name(ledger.worker))
    other = open_ledger()

    clock.advance(LEASE - 1)
    other.release_dead()
    assert (other.claim(1), other.runs.killed()) == ([], [])
    clock.advance(1)
    assert other.runs.killed() == [ledger.run]
    assert docids(other.claim(1)) == [story().docid]


@pytest.mark.parametrize("ahead", [700, YEAR])
def test_what_a_worker_elsewhere_held_whose_clock_was_ahead_is_due_at_once(
    ahead, ledger, open_ledger, claim_one, clock
):
    clock.advance(ahead)
    claim_one()
    ledger.renew()
    pose(ledger, elsewhere(ledger.worker))
    clock.advance(-ahead)
    other = open_ledger()
    assert other.runs.killed() == [ledger.run]

    other.release_dead()

    assert docids(other.claim(1)) == [story().docid]


def test_what_waits_for_a_clock_that_was_ahead_is_due_now(ledger, claim_one, clock):
    clock.advance(YEAR)
    ledger.record_outcomes([rejected(claim_one())])
    ledger.upsert_listed([story(2)], "guonei")
    clock.advance(-YEAR)
    assert sorted(docids(ledger.claim(9))) == [story(1).docid, story(2).docid]


def test_what_waits_no_longer_than_anything_may_goes_on_waiting(ledger, claim_one, clock):
    ledger.record_outcomes([written(claim_one())])  # is looked at again after an hour and a day
    clock.advance(3600)
    ledger.record_outcomes([unchanged(claim_one())])
    ledger.release_dead()
    assert ledger.claim(1) == []
    clock.advance(DAY - 3600)
    assert docids(ledger.claim(1)) == [story().docid]


def test_an_article_listed_in_the_future_is_looked_at_after_its_largest_age(ledger, clock):
    clock.now = NOW - YEAR
    ledger.upsert_listed([story()], "guonei")
    (claim,) = ledger.claim(1)
    ledger.record_outcomes([written(claim)])
    assert ledger.claim(1) == []
    clock.advance(DAY)
    assert docids(ledger.claim(1)) == [story().docid]


def test_others_are_at_work_until_theirs_have_outcomes(ledger, open_ledger, claim_one):
    claim = claim_one()
    other = open_ledger()
    assert other.others_work_on(ALL)
    assert not ledger.others_work_on(ALL), "its own it need not wait for"
    ledger.record_outcomes([written(claim)])
    assert not other.others_work_on(ALL)


def test_whoever_waits_for_others_gets_what_one_lost_whose_lease_is_over(
    open_ledger, claim_one, clock
):
    claim_one()
    other = open_ledger()
    clock.advance(LEASE)
    assert other.others_work_on(ALL), "it was claimed, and nobody has settled it"
    assert docids(other.claim(1)) == [story().docid]
    assert not other.others_work_on(ALL)


def test_a_worker_elsewhere_is_waited_for_as_long_as_its_run_shows_signs_of_life(
    ledger, open_ledger, claim_one, clock
):
    claim_one()
    pose(ledger, elsewhere(ledger.worker))
    other = open_ledger()
    clock.advance(LEASE - 1)
    assert (other.others_work_on(ALL), other.claim(1)) == (True, [])
    clock.advance(1)
    assert other.runs.killed() == [ledger.run]
    assert docids(other.claim(1)) == [story().docid]


def test_a_worker_elsewhere_whose_run_has_ended_is_not_waited_for(ledger, open_ledger, claim_one):
    claim_one()
    pose(ledger, elsewhere(ledger.worker))
    other = open_ledger()
    other.runs.end(ledger.run, "killed", {})
    other.others_work_on(ALL)
    assert docids(other.claim(1)) == [story().docid]


def test_whoever_waits_for_others_gets_what_a_dead_one_leaves(
    ledger, open_ledger, claim_one, dead_worker
):
    claim_one()
    pose(ledger, dead_worker)
    other = open_ledger()
    assert other.others_work_on(ALL)
    assert docids(other.claim(1)) == [story().docid]


def test_what_came_to_nothing_keeps_nobody_waiting_and_is_due_when_its_worker_ends(
    ledger, open_ledger, claim_one
):
    claim_one()
    other = open_ledger()

    ledger.set_aside()

    assert not other.others_work_on(ALL)
    assert other.claim(1) == ledger.claim(1) == []
    ledger.close()
    assert docids(other.claim(1)) == [story().docid]


def test_what_came_to_nothing_is_due_when_another_run_begins(ledger, open_ledger, claim_one):
    claim_one()
    ledger.set_aside()
    other = open_ledger()
    other.release_dead()
    assert docids(other.claim(1)) == [story().docid]


def test_what_was_never_tried_does_not_wait_for_a_clock_that_was_ahead(ledger, clock):
    clock.advance(700)
    ledger.upsert_listed([story()], "guonei")
    clock.advance(-700)
    ledger.release_dead()
    assert docids(ledger.claim(1)) == [story().docid]


FOLDER = "here:/output"


def unfiled(ledger, folder=FOLDER):
    return [run.id for run in ledger.runs.unfiled(folder)]


def test_what_a_dead_worker_left_unwritten_is_its_own_folder_s_until_that_is_written(
    open_ledger, dead_worker
):
    dead, other = open_ledger(), open_ledger()
    dead.begin("china", folder=FOLDER)
    assert unfiled(other) == [], "it is at work"
    pose(dead, dead_worker)
    assert unfiled(other) == [dead.run]
    assert unfiled(other, "elsewhere:/output") == []

    other.runs.end_killed()

    assert unfiled(other) == [dead.run], "that somebody noticed writes nothing"
    other.runs.note_filed(dead.run)
    assert unfiled(other) == []


def test_a_worker_that_is_stopped_may_still_write_what_it_recorded(open_ledger, process, clock):
    name = process.stdout.readline().strip()
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    stopped, other = open_ledger(), open_ledger()
    stopped.begin("china", folder=FOLDER)
    pose(stopped, name)
    clock.advance(2 * LEASE)

    other.runs.end_killed()

    assert other.runs.last(1)[0].verdict == "killed"
    assert unfiled(other) == []
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert unfiled(other) == [stopped.run]


def test_a_run_that_ended_in_order_left_nothing_once_its_files_are_closed(open_ledger):
    ledger, other = open_ledger(), open_ledger()
    ledger.begin("china", folder=FOLDER)
    ledger.runs.end(ledger.run, "complete", {})
    ledger.runs.note_filed(ledger.run)
    ledger.close()
    assert unfiled(other) == []


def test_a_run_recorded_its_own_revisions_and_no_other_s(open_ledger):
    one, other = open_ledger(), open_ledger()
    for ledger, number in ((one, 1), (other, 2)):
        ledger.begin("china")
        ledger.upsert_listed([story(number)], "guonei")
        [claim] = ledger.claim(1)
        ledger.record_outcomes([written(claim)])
    for ledger, number in ((one, 1), (other, 2)):
        assert ledger.recorded_by(ledger.run) == [(story(number).docid, 1)]
        assert [*ledger.lines_of(ledger.recorded_by(ledger.run))] == [
            line for line in ledger.lines() if story(number).docid.encode() in line
        ]
