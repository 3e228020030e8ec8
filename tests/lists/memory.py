"""A ledger in dictionaries: what harvests see of the real one, a hundred times as fast."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sinanews.items import Article, State
from sinanews.ledger.listing import Listed
from sinanews.ledger.records import DONE, Claim, Outcome
from sinanews.ledger.selection import Selection
from sinanews.ledger.watermarks import Gap
from sinanews.roll.api import Story
from sinanews.roll.watermark import ListState, Watermark

UNSETTLED = (State.FAILED, State.LISTED)


@dataclass(slots=True)
class _Record:
    story: Story
    run: int
    due: bool = True
    state: State = State.LISTED
    finished_run: int | None = None
    revision: int = 0
    reason: str | None = None


@dataclass
class MemoryLedger:
    """A ledger of which one run at a time takes. What failed is due again in every run."""

    lists: "MemoryLedger" = field(init=False)
    runs: "MemoryLedger" = field(init=False)
    records: dict[str, _Record] = field(default_factory=dict)
    marks: dict[str, tuple[Watermark | None, ListState]] = field(default_factory=dict)
    all_gaps: list[Gap] = field(default_factory=list)
    run: int = 0
    started: int = 0
    clock: int = 0

    def __post_init__(self) -> None:
        self.lists = self.runs = self

    def now(self) -> int:
        return self.clock

    def begin(self) -> None:
        self.run, self.started = self.run + 1, self.clock
        for record in self.records.values():
            record.due |= record.state in UNSETTLED

    def watermark(self, channel: str) -> Watermark | None:
        return self.marks.get(channel, (None, ListState()))[0]

    def state(self, channel: str) -> ListState:
        return self.marks.get(channel, (None, ListState()))[1]

    def note(
        self, channel: str, watermark: Watermark | None, state: ListState, gaps: Iterable[Gap] = ()
    ) -> None:
        self.marks[channel] = (watermark, state)
        self.all_gaps += gaps

    def gaps(self) -> list[Gap]:
        return self.all_gaps

    def upsert_listed(self, rows: Sequence[Story], _: str, limit: float = float("inf")) -> Listed:
        new = waiting = 0
        for story in rows:
            record = self.records.get(story.docid)
            if record is None:
                if new < limit:
                    new += 1
                    self.records[story.docid] = _Record(story, self.run)
                continue
            record.run = self.run
            if story.mtime > record.story.mtime:
                record.due = True
                record.story = replace(story, intime=record.story.intime)
            elif story.url != record.story.url:
                record.story = replace(record.story, url=story.url)
                record.due |= record.state in {State.GONE, State.FAILED}
            waiting += record.due
        return Listed(new + waiting, new)

    def claim(self, _: int, selection: Selection) -> list[Claim]:
        due = [r for r in self.records.values() if r.due and _is_selected(r, selection)]
        for record in due:
            record.due, record.run = False, self.run
        return [Claim(record.story, record.state, revision=record.revision) for record in due]

    def record_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            record = self.records[outcome.item.docid]
            record.state, record.finished_run = outcome.state, self.run
            if isinstance(outcome.item, Article):
                record.revision = outcome.item.revision
            else:
                record.reason = outcome.item.reason

    def account(self, run: int, others: Selection) -> Counter[State]:
        account: Counter[State] = Counter()
        for record in self._counted(run, others):
            done = record.state in DONE and record.finished_run != run
            failed = record.state is State.LISTED
            account[State.UNCHANGED if done else State.FAILED if failed else record.state] += 1
        return account

    def _counted(self, run: int, others: Selection) -> Iterable[_Record]:
        others = replace(others, tries=None)
        for record in self.records.values():
            waits = record.state in UNSETTLED and _is_selected(record, others)
            if record.run == run or waits:
                yield record

    def failures(self, run: int, others: Selection) -> Counter[str | None]:
        counted = self._counted(run, others)
        return Counter(record.reason for record in counted if record.state in UNSETTLED)

    def given_up(self, run: int, tries: int) -> int:  # noqa: ARG002 - as the real one has it
        return 0

    def end(self, run: int, verdict: str, report: Any) -> None:
        """Nothing: whatever a run was is in its report."""

    def last(self, count: int) -> list[Any]:  # noqa: ARG002 - as the real one has it
        return []


def _is_selected(record: _Record, selection: Selection) -> bool:
    written = record.state in DONE
    since, until = selection.since or 0, selection.until or float("inf")
    in_days = since <= record.story.ctime < until
    return in_days and selection.written in {None, written}
