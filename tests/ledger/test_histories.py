"""Whatever workers do, and whatever befalls them and their clocks: each claim has one outcome at
the most, and no story is lost."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from ledger.conftest import NOW, Kind, elsewhere, on_each_kind, rejected, story, written
from sinanews.items import State
from sinanews.ledger import workers
from sinanews.ledger.claims import DAY, Retries
from sinanews.ledger.database import engine, writing
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim
from sinanews.ledger.tables import stories
from sinanews.ledger.workers import LEASE
from sinanews.posts.paths import post_path

HISTORIES = int(os.environ.get("CLAIM_HISTORIES", "80"))
STORIES = 6
MACHINES = (0, 1)  # the one of these tests, and another of which it knows nothing
YEAR = 365 * DAY

machines = st.sampled_from(MACHINES)
numbers = st.integers(0, 99)


@dataclass
class Worker:
    """A worker, when it said last that it is at work, what it remembers to have claimed, each with
    the claim's number, and when it claimed or renewed each of them last, in true time."""

    ledger: Ledger
    machine: int
    alive: float
    memory: dict[str, tuple[int, Claim]] = field(default_factory=dict)
    renewed: dict[str, float] = field(default_factory=dict)


class Histories(RuleBasedStateMachine):
    """Workers on two machines, whose clocks go wrong, share a ledger."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._place = ExitStack()
        self._database = engine(self._place.enter_context(kind.new()))
        self.time = float(NOW)
        self.ahead = dict.fromkeys(MACHINES, 0.0)
        self.clocks_were_right = True
        self.workers: list[Worker] = []
        self.holder: dict[str, tuple[int, Worker]] = {}  # of each story's last claim
        self.claims = 0
        self.revisions: dict[str, int] = {}
        self.open: set[str] = set()  # stories that have still to be fetched
        self.lost: set[int] = set()  # claims

    @initialize()
    def list_stories(self):
        self.start(0)
        listed = [story(number) for number in range(STORIES)]
        self.workers[0].ledger.upsert_listed(listed, "guonei")
        self.open = {one.docid for one in listed}

    @rule(machine=machines)
    def start(self, machine):
        if len(self.workers) == 4:
            return
        retries = Retries(pause=300, tries=1000)
        clock = lambda: self.time + self.ahead[machine]  # noqa: E731 - of this machine
        ledger = Ledger(self._database, post_path, clock, retries)
        if machine:
            ledger._claims.worker = elsewhere(ledger.worker)  # noqa: SLF001 - no test has two machines
        ledger.release_dead()
        for run in ledger.runs.killed():
            ledger.runs.end(run, "killed", {})
        ledger.begin("china")
        self.workers.append(Worker(ledger, machine, self.time))

    @rule(seconds=st.sampled_from([1, LEASE // 4, LEASE - 1, LEASE, 2 * LEASE, DAY]))
    def wait(self, seconds):
        self.time += seconds

    @rule(machine=machines, ahead=st.sampled_from([0, 700, -700, YEAR, -YEAR]))
    def set_clock(self, machine, ahead):
        self.ahead[machine] = ahead
        self.clocks_were_right = self.clocks_were_right and not ahead

    def any_worker(self, number):
        return self.workers[number % len(self.workers)] if self.workers else None

    @rule(number=numbers, count=st.integers(1, STORIES))
    def claim(self, number, count):
        if worker := self.any_worker(number):
            self.note_claims(worker, worker.ledger.claim(count))

    def note_claims(self, worker, claims):
        for claim in claims:
            docid = claim.story.docid
            assert docid in self.open, "what is done is not due"
            assert docid not in worker.memory, "what is in work is not claimed anew"
            last, before = self.holder.get(docid, (0, None))
            is_held = before in self.workers and docid in before.memory and last not in self.lost
            if is_held and self.is_known(before):
                renewed = before.renewed[docid]
                assert self.time - renewed >= LEASE - 1, "it was at work, and said so"
            self.claims += 1
            worker.memory[docid] = self.claims, claim
            self.holder[docid] = self.claims, worker
            worker.renewed[docid] = self.time

    def is_known(self, worker):
        """Whether others can know that a worker is at work: here they do, of one on another machine
        only what it said."""
        is_heard = not worker.machine or self.time - worker.alive < LEASE - 1
        return self.clocks_were_right and is_heard

    @rule(number=numbers)
    def renew(self, number):
        if worker := self.any_worker(number):
            worker.ledger.renew()
            worker.alive = self.time
            worker.renewed |= dict.fromkeys(worker.memory, self.time)
            lost = [docid for docid in worker.memory if not worker.ledger.holds(docid)]
            for docid in lost:
                del worker.memory[docid]

    @rule(number=numbers, count=st.integers(1, STORIES), fails=st.booleans())
    def settle(self, number, count, fails):
        worker = self.any_worker(number)
        if worker is None or not worker.memory:
            return
        docids = list(worker.memory)[:count]
        remembered = {docid: worker.memory.pop(docid) for docid in docids}
        make = rejected if fails else written
        published = set()

        def publish(ours):
            published.update(ours)
            return ours

        outcomes = [make(claim) for _, claim in remembered.values()]
        done = worker.ledger.record_outcomes(outcomes, publish)

        assert done == published
        for docid in done:
            assert self.holder[docid] == (remembered[docid][0], worker), "the last claim's holder"
            del self.holder[docid]
            if not fails:
                self.open.discard(docid)
                self.revisions[docid] = self.revisions.get(docid, 0) + 1

    @rule(number=numbers)
    def change(self, number):
        """A story is to be fetched again."""
        if self.workers:
            docid = story(number % STORIES).docid
            self.workers[0].ledger.requeue([docid])
            if docid not in self.holder:
                self.open.add(docid)

    @rule(number=numbers)
    def die(self, number):
        if worker := self.any_worker(number):
            workers.retire(worker.ledger.worker)
            self.workers.remove(worker)

    @rule(number=numbers)
    def end(self, number):
        if worker := self.any_worker(number):
            worker.ledger.runs.end(worker.ledger.run, "incomplete", {})
            worker.ledger.close()
            self.workers.remove(worker)

    @rule(number=numbers)
    def crash(self, number):
        """The server crashes before a worker's claims are on the disk, and begins again."""
        if worker := self.any_worker(number):
            ours = stories.c.worker == worker.ledger.worker
            with writing(self._database).begin() as connection:
                connection.execute(update(stories).where(ours).values(worker=None, due_at=NOW - 1))
            self.lost |= {claim for claim, _ in worker.memory.values()}

    @rule(number=numbers)
    def set_aside(self, number):
        """What is in work has come to nothing."""
        if worker := self.any_worker(number):
            worker.ledger.set_aside()
            worker.memory.clear()

    @rule(number=numbers)
    def release_dead(self, number):
        if worker := self.any_worker(number):
            worker.ledger.release_dead()

    @invariant()
    def every_outcome_is_one_revision(self):
        if self.workers:
            ledger = self.workers[0].ledger
            for docid, count in self.revisions.items():
                numbers = [article.revision for article in ledger.revisions(docid)]
                assert numbers == list(range(1, count + 1))

    def teardown(self):
        """When all have died, and the clocks are right, a later run gets all there is to do."""
        self.ahead = dict.fromkeys(MACHINES, 0.0)
        while self.workers:
            self.die(0)
        self.time += DAY
        self.start(0)
        ledger = self.workers[0].ledger
        claimed = {claim.story.docid for claim in ledger.claim(STORIES + 1)}
        assert claimed == self.open
        account = ledger.audit()
        assert account.stories == STORIES == sum(account.states.values())
        assert account.states.get(State.WRITTEN, 0) + account.states.get(State.UPDATED, 0) >= len(
            self.revisions.keys() - self.open
        )
        ledger.close()
        self._place.close()


@on_each_kind
def test_claims_have_one_outcome_and_no_story_is_lost_over_any_history(kind):
    many = settings(max_examples=kind.examples(HISTORIES), stateful_step_count=40, deadline=None)
    run_state_machine_as_test(lambda: Histories(kind), settings=many)
