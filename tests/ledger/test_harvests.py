"""Runs that were asked for the same are one harvest, whoever of them ends, and however."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from ledger.conftest import NOW, Clock, elsewhere, pose, story, written
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.tables import runs
from sinanews.ledger.workers import LEASE
from sinanews.posts.paths import post_path

ALL, SOME = '[["guonei"], null, null]', '[["guonei"], "2026-03-18", null]'


@pytest.fixture
def worker(tmp_path, clock):
    """Begins a run of a worker that was asked for something, on a machine of its own."""
    ledgers = []

    def begin(arguments=ALL, own=None):
        ledger = Ledger(engine(f"sqlite:///{tmp_path}/ledger.db"), post_path, clock)
        ledger.begin("china", arguments=arguments, own_harvest=own)
        pose(ledger, elsewhere(ledger.worker))
        ledgers.append(ledger)
        return ledger

    yield begin
    for ledger in ledgers:
        ledger.close()


def leave(ledger):
    ledger.harvests.leave(ledger.run, {"report": {}, "wrote": {}, "beside": {}})


def end(ledger, verdict="complete"):
    return ledger.harvests.end(ledger.harvest, verdict, {"account": {"listed": 0}})


def test_what_was_asked_for_the_same_is_one_harvest(worker):
    one, two, other = worker(), worker(), worker(SOME)
    assert one.harvest == two.harvest == one.run
    assert other.harvest == other.run


def test_what_has_ended_is_joined_by_nobody(worker):
    one = worker()
    leave(one)
    assert worker().harvest != one.harvest
    assert end(one)
    assert worker().harvest not in {one.harvest, None}


def test_what_all_have_left_is_joined_by_a_run_for_which_it_waits(worker):
    one = worker()
    leave(one)
    two = worker(own=one.harvest)
    assert two.harvest == one.harvest
    assert not end(one)
    leave(two)
    assert end(one)


def test_one_walks_the_lists_and_another_when_that_one_has_ended(worker):
    one, two = worker(), worker()
    harvests, harvest = one.harvests, one.harvest
    assert [harvests.takes_walk(harvest, ledger.run) for ledger in (one, two, two)] == [
        *(True, False, False)
    ]
    one.harvests.note_lists(harvest, one.run, {"lists": {"guonei": {}}}, done=False)
    leave(one)
    assert harvests.takes_walk(harvest, two.run)
    one.harvests.note_lists(harvest, one.run, {"lists": {}}, done=True)
    assert not harvests.is_walked(harvest), "it walks no more"
    two.harvests.note_lists(harvest, two.run, {"lists": {"guonei": {"new": 3}}}, done=True)
    assert harvests.lists(harvest) == ({"lists": {"guonei": {"new": 3}}}, True)
    assert not harvests.takes_walk(harvest, worker().run)


def test_a_silent_walker_is_followed_by_another_after_a_lease(worker, clock):
    one, two = worker(), worker()
    assert one.harvests.takes_walk(one.harvest, one.run)
    clock.advance(LEASE - 1)
    two.renew()
    assert not two.harvests.takes_walk(two.harvest, two.run)
    clock.advance(1)
    assert two.harvests.takes_walk(two.harvest, two.run)


def test_a_harvest_ends_when_the_last_of_its_runs_does_and_once(worker):
    one, two = worker(), worker()
    leave(one)
    assert not end(one)
    assert one.harvests.result(one.harvest) is None
    leave(two)
    assert end(one)
    assert not end(two, "incomplete")
    assert two.harvests.result(two.harvest) == ("complete", {"account": {"listed": 0}})


def test_who_joins_a_harvest_is_waited_for(worker):
    one = worker()
    two = worker()
    leave(one)
    three = worker()
    leave(two)
    assert not end(one)
    leave(three)
    assert end(one)


def test_of_a_harvest_one_run_is_shown_with_the_verdict_of_all(worker, clock):
    one, two = worker(), worker()
    (shown,) = one.runs.last(9)
    assert (shown.id, shown.ended, shown.verdict) == (one.run, None, None)
    leave(one)
    (shown,) = one.runs.last(9)
    assert shown.ended is None, "its harvest goes on"
    clock.advance(5)
    leave(two)
    assert end(two)
    (shown,) = one.runs.last(9)
    assert (shown.started, shown.ended) == (NOW, NOW + 5)
    assert (shown.verdict, shown.report) == ("complete", {"account": {"listed": 0}})
    assert one.counts() == one.audit()
    assert one.counts().runs == 1


def test_a_harvest_is_killed_when_all_its_runs_are(worker, clock):
    one, two = worker(), worker()
    clock.advance(LEASE // 2)
    two.renew()
    clock.advance(LEASE // 2)
    assert one.runs.killed() == [one.run]
    assert one.runs.killed_records() == set()
    clock.advance(LEASE)
    assert one.runs.killed_records() == {one.run}
    later = worker()
    assert later.harvest == later.run
    assert one.harvests.result(one.harvest) == ("killed", {})


def test_a_report_that_is_being_written_is_waited_for_a_lease_long(worker, clock):
    one = worker()
    leave(one)
    clock.advance(LEASE - 1)
    worker(SOME)
    assert one.harvests.result(one.harvest) is None
    clock.advance(1)
    worker(SOME)
    assert one.harvests.result(one.harvest) == ("killed", {})
    assert not end(one)


def test_killed_runs_of_a_harvest_keep_that_verdict(worker, clock):
    one, two = worker(), worker()
    clock.advance(LEASE)
    two.renew()
    leave(two)
    assert end(two)
    with two._database.connect() as connection:  # noqa: SLF001 - nothing else shows joined runs
        verdicts = connection.exec_driver_sql("SELECT id, verdict, ended FROM runs").all()
    assert verdicts == [
        (one.run, "complete", NOW + LEASE),
        (two.run, "complete", NOW + LEASE),
    ]


def test_what_one_left_is_in_the_account_of_the_harvest_once(worker, clock):
    one, two = worker(), worker()
    one.upsert_listed([story(1), story(2)], "guonei")
    (claim,) = one.claim(1)
    one.record_outcomes([written(claim)])
    one.claim(1)
    clock.advance(LEASE)
    (taken,) = two.claim(9)
    two.record_outcomes([written(taken)])
    account = two.runs.account(one.run, two.run)
    assert dict(account) == {"written": 2, "failed": 0}


class Histories(RuleBasedStateMachine):
    """Workers that join, walk, leave, and are killed, in any order."""

    @initialize()
    def begin(self):
        self.clock = Clock()
        self.database = engine("sqlite://")
        self.workers = {}  # those at work, by their run
        self.left = {}  # those that wait for the report
        self.harvest_of = {}
        self.walkers = {}
        self.ended = {}

    @rule(arguments=st.sampled_from([ALL, SOME]))
    def join(self, arguments):
        ledger = Ledger(self.database, post_path, self.clock)
        ledger.begin("china", arguments=arguments)
        with self.database.begin() as connection:
            row = update(runs).filter_by(id=ledger.run)
            connection.execute(row.values(worker=f"elsewhere:{ledger.run}"))
        self.workers[ledger.run] = ledger, arguments
        self.harvest_of[ledger.run] = ledger.harvest, arguments

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def walk(self, data):
        run = data.draw(st.sampled_from(sorted(self.workers)))
        ledger, _ = self.workers[run]
        if ledger.harvests.takes_walk(ledger.harvest, run):
            before = self.walkers.get(ledger.harvest)
            assert before not in self.workers, "nobody walks beside another"
            self.walkers[ledger.harvest] = run

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def leave(self, data):
        run = data.draw(st.sampled_from(sorted(self.workers)))
        self.left[run] = self.workers.pop(run)
        leave(self.left[run][0])

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill(self, data):
        run = data.draw(st.sampled_from(sorted(self.workers)))
        del self.workers[run]
        self.clock.advance(LEASE)
        self.renew()

    @precondition(lambda self: self.left)
    @rule(data=st.data())
    def report(self, data):
        run = data.draw(st.sampled_from(sorted(self.left)))
        ledger, _ = self.left[run]
        at_work = {self.harvest_of[other][0] for other in self.workers}
        if ledger.harvests.result(ledger.harvest) is None:
            ended = end(ledger, f"by {run}")
            assert ended == (ledger.harvest not in at_work)
            if ended:
                assert ledger.harvest not in self.ended
                self.ended[ledger.harvest] = f"by {run}"

    def renew(self):
        for ledger, _ in self.workers.values():
            ledger.renew()

    @invariant()
    def holds(self):
        if not self.harvest_of:
            return
        for run, (_, arguments) in self.workers.items():
            harvest, _ = self.harvest_of[run]
            assert self.harvest_of[harvest][1] == arguments
            assert harvest not in self.ended
        one_each = {harvest for run, (harvest, _) in self.harvest_of.items() if run in self.workers}
        asked = {arguments for _, arguments in self.workers.values()}
        assert len(one_each) == len(asked), "who was asked for the same works together"
        ledger = next(iter((*self.workers.values(), *self.left.values())), (None,))[0]
        if ledger is None:
            return
        for harvest, verdict in self.ended.items():
            result = ledger.harvests.result(harvest)
            assert result is not None
            assert result[0] == verdict
            assert json.dumps(result[1])
        assert {run.id for run in ledger.runs.last(999)} == {
            harvest for harvest, _ in self.harvest_of.values()
        }
        assert ledger.counts() == ledger.audit()


Histories.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestHistories = Histories.TestCase
