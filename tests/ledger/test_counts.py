"""The numbers that triggers keep are those that counting gives, whatever happened."""

from contextlib import ExitStack
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from ledger.conftest import NOW, Clock, Kind, on_each_kind, rejected, story, unchanged, written
from sinanews.items import State
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.tables import revisions, runs, stories
from sinanews.posts.paths import post_path
from sinanews.reporting.report import account

DAY = 86_400
NUMBERS = st.sets(st.integers(1, 12), min_size=1)
REJECTED = (State.FAILED, State.GONE, State.FILTERED)
# What json.dumps may write, and what no JSON is.
ODD_REPORTS = ("", "{}", "[]", "null", '{"account": {}}', '{"account": null}', '{"a": NaN}', "{")


class Histories(RuleBasedStateMachine):
    """Anything that harvests, and somebody with a database client, may do to a ledger."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.clock = Clock()
        self._place = ExitStack()
        self.database = engine(self._place.enter_context(kind.new()))
        self.ledger = Ledger(self.database, post_path, self.clock, Retries(60, 2, (3600,)))
        self.ledger.begin("china")

    def teardown(self) -> None:
        self.ledger.close()
        self._place.close()

    @rule(
        numbers=NUMBERS, days=st.integers(-3, 3), channel=st.sampled_from(["guonei", "buwei", ""])
    )
    def rows_are_listed(self, numbers, days, channel):
        rows = [story(number, ctime=NOW + days * DAY) for number in numbers]
        changed = [replace(row, mtime=int(self.clock())) for row in rows]
        self.ledger.upsert_listed(changed, channel)

    @rule(count=st.integers(1, 5), data=st.data())
    def stories_are_claimed_and_settled(self, count, data):
        claims = self.ledger.claim(count)
        settled = claims[: data.draw(st.integers(0, len(claims)))]
        if settled:
            self.ledger.record_outcomes([self.outcome(claim, data) for claim in settled])

    def outcome(self, claim, data):
        state = data.draw(st.sampled_from([State.WRITTEN, State.UNCHANGED, *REJECTED]))
        if state in REJECTED:
            return rejected(claim, state)
        same = state is State.UNCHANGED and claim.revision
        return unchanged(claim) if same else written(claim, f"<p>{claim.revision}</p>")

    @rule(numbers=NUMBERS)
    def stories_are_asked_for(self, numbers):
        self.ledger.requeue([story(number).docid for number in numbers])

    @rule()
    def the_site_refuses_us(self):
        self.ledger.reset_failures()

    @rule(seconds=st.sampled_from([1, 60, 700, 3600, DAY]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)

    @rule(off=st.sampled_from([0, 0, 1]))
    def a_run_ends_and_another_begins(self, off):
        counted = account(self.ledger.runs.account(self.ledger.run), filtered=2)
        counted["listed"] += off
        self.ledger.runs.end(self.ledger.run, "complete", {"account": counted})
        self.ledger.begin("china")

    @rule()
    def a_run_is_killed(self):
        self.ledger.runs.end(self.ledger.run, "killed", {})
        self.ledger.begin("china")

    @rule(number=st.integers(1, 12), table=st.sampled_from([stories, revisions]))
    def rows_are_deleted_by_hand(self, number, table):
        if not self.ledger.holds(story(number).docid):
            self.change(delete(table).filter_by(docid=story(number).docid))

    @rule(report=st.sampled_from(ODD_REPORTS))
    def reports_are_odd(self, report):
        self.change(runs.update().filter_by(id=self.ledger.run).values(report=report))

    def change(self, statement):
        with self.database.begin() as connection:
            connection.execute(statement)

    @invariant()
    def kept_numbers_are_counted_numbers(self):
        assert self.ledger.counts() == self.ledger.audit()


@on_each_kind
def test_kept_numbers_are_counted_numbers_over_any_history(kind):
    many = settings(max_examples=kind.examples(40), deadline=None)
    run_state_machine_as_test(lambda: Histories(kind), settings=many)
