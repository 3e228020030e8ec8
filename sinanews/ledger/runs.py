"""What the ledger knows of runs: their records and their accounts."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, RowMapping, case, func, insert, select, update

from sinanews.items import State
from sinanews.ledger import workers
from sinanews.ledger.database import writing
from sinanews.ledger.records import DONE
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import about, begins_harvest, harvests, runs, stories
from sinanews.ledger.workers import LEASE, Liveness

REREAD = "reread"  # the spider that reads kept pages
LISTLESS = ("articles", REREAD)  # spiders that walk no list


_SHOWN = ("id", "spider", "worker", "started", "alive_at", "verdict", "report")


@dataclass(frozen=True, slots=True)
class Run:
    """A run's record. Times are local unix seconds: `alive_at` is when its worker last said that it
    was at work, `ended` is None while it runs."""

    id: int
    spider: str
    worker: str
    started: int
    alive_at: int | None
    ended: int | None
    verdict: str | None
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A run of which something may be missing in its folder; it began at that local unix second."""

    id: int
    started: int


def insert_ended_run(
    connection: Connection, spider: str, worker: str, verdict: str, now: int
) -> int:
    """Enters a run that began and ended at a local unix second, as part of a transaction; returns
    its number."""
    times = dict.fromkeys(("started", "alive_at", "ended", "filed"), now)
    row = {"spider": spider, "worker": worker, "verdict": verdict, **times}
    made = connection.execute(insert(runs).values(row)).inserted_primary_key
    assert made, "a run that was inserted has a number"
    return int(made[0])


class Runs:
    """The runs of an archive. `clock` gives the local unix time in seconds, `lease` is for how many
    seconds a worker of which nothing else is known is taken to be at work after it said so."""

    def __init__(
        self, database: Engine, clock: Callable[[], float] = time.time, lease: int = LEASE
    ) -> None:
        self._database = database
        self._writing = writing(database)
        self._clock = clock
        self._lease = lease

    def begin(self, spider: str, worker: str, started: int, folder: str = "") -> int:
        """Notes that a run began at a local unix second, which writes into `folder`, host:path;
        returns its number.

        It is on the disk before anything that the run writes, so that a power cut leaves a run
        without an end, and loses no commit of an earlier one.
        """
        row = {
            "spider": spider,
            "worker": worker,
            "started": started,
            "alive_at": started,
            "folder": folder,
            "position": select(about.c.position).scalar_subquery(),
        }
        with writing(self._database, durable=True).begin() as connection:
            made = connection.execute(insert(runs).values(row)).inserted_primary_key
        assert made, "a run that was inserted has a number"
        return int(made[0])

    def end(self, run: int, verdict: str, report: Mapping[str, Any]) -> None:
        """Notes a run's end, its verdict and its report."""
        text = json.dumps(report, ensure_ascii=False)
        values = {"ended": int(self._clock()), "verdict": verdict, "report": text}
        with self._writing.begin() as connection:
            connection.execute(update(runs).filter_by(id=run).values(values))

    def end_killed(self) -> None:
        """Notes of the runs that were killed that they have ended."""
        killed = self.killed()
        if not killed:
            return
        still_open = runs.c.id.in_(killed), runs.c.ended.is_(None)
        values = {"ended": int(self._clock()), "verdict": "killed", "report": "{}"}
        with self._writing.begin() as connection:
            connection.execute(update(runs).where(*still_open).values(values))

    def unfiled(self, folder: str | None = None) -> list[Unfiled]:
        """The runs that have not noted that their folder has all that they recorded, and do so no
        more; with a folder, those that wrote there. One that is stopped may still go on."""
        with self._database.connect() as connection:
            rows = connection.execute(_UNFILED).all()
        return [
            Unfiled(row.id, row.started)
            for row in rows
            if folder is None or row.folder in {folder, None}
            if workers.liveness(row.worker) not in {Liveness.RUNNING, Liveness.STOPPED}
            if row.ended is not None or self._is_over(row.worker, row.alive_at)
        ]

    def note_filed(self, run: int) -> None:
        """Notes that a run's folder has, on the disk, all that it recorded."""
        with self._writing.begin() as connection:
            filed = update(runs).filter_by(id=run).values(filed=int(self._clock()))
            connection.execute(filed)

    def last(self, count: int) -> list[Run]:
        """The last runs, newest first. Of a harvest there is one, which ends when all its workers
        are done."""
        query = _RECORDS.order_by(runs.c.id.desc()).limit(count)
        with self._database.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return list(map(_run, rows))

    def last_complete(self) -> Run | None:
        """The last run that was complete, of those that walked lists."""
        complete = _RECORDS.where(runs.c.verdict == "complete", runs.c.spider.not_in(LISTLESS))
        query = complete.order_by(runs.c.id.desc()).limit(1)
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        return _run(row) if row else None

    def shares_start(self, run: int) -> bool:
        """Whether one of the last hundred runs before it began in the same second."""
        query = select(runs.c.id, runs.c.started).where(runs.c.id.between(run - 100, run))
        with self._database.connect() as connection:
            starts = dict(connection.execute(query).all())
        own = starts.pop(run, None)
        return own in starts.values()

    def alone(self, run: int) -> bool:
        """Whether no other run is at work on the archive."""
        query = select(runs.c.id).where(runs.c.ended.is_(None), runs.c.id != run).limit(1)
        with self._database.connect() as connection:
            return connection.execute(query).first() is None

    def note_alive(self, run: int) -> None:
        """Notes that a run's worker is at work."""
        with self._writing.begin() as connection:
            alive = update(runs).filter_by(id=run).values(alive_at=int(self._clock()))
            connection.execute(alive)

    def killed(self) -> list[int]:
        """The runs that neither ended nor still run."""
        return [run for run, worker, sign in self._open() if self._is_over(worker, sign)]

    def killed_records(self) -> set[int]:
        """Those of the runs that `last` gives which neither ended nor still run: of a harvest, when
        none of its runs does."""
        at_work = self.at_work()
        query = select(runs.c.id, runs.c.harvest).where(runs.c.ended.is_(None))
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        alive = {run for run, _ in rows if run in at_work}
        alive |= {harvest for run, harvest in rows if run in at_work and harvest}
        return {harvest or run for run, harvest in rows} - alive

    def at_work(self, connection: Connection | None = None) -> set[int]:
        """The runs that still run; as a transaction sees them, if one is given."""
        runs_ = self._open() if connection is None else _open(connection)
        return {run for run, worker, sign in runs_ if not self._is_over(worker, sign)}

    def oldest_at_work(self) -> int | None:
        """When the oldest of the runs began that still run, in local unix seconds."""
        query = select(func.min(runs.c.started)).where(runs.c.id.in_(self.at_work()))
        with self._database.connect() as connection:
            oldest: int | None = connection.execute(query).scalar_one()
        return oldest

    def past_spans(self, spider: str) -> list[tuple[int, int]]:
        """When those runs of a spider began and ended that are over, in local unix seconds."""
        query = select(runs.c.id, *_SPAN).filter_by(spider=spider)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        at_work = self.at_work()
        return [self._span(*times) for number, *times in rows if number not in at_work]

    def span(self, run: int) -> tuple[int, int] | None:
        """When a run began and ended, in local unix seconds; None for one that is not known."""
        with self._database.connect() as connection:
            row = connection.execute(select(*_SPAN).filter_by(id=run)).first()
        return self._span(*row) if row else None

    def _span(self, began: int, ended: int | None, alive_at: int | None) -> tuple[int, int]:
        """The run's, which lasts no longer than a lease after its last sign of life: the end of one
        that was killed is when that was noticed."""
        latest = (alive_at or began) + self._lease
        return began, latest if ended is None else min(ended, latest)

    def without_run(self, names: Iterable[str]) -> list[str]:
        """Those of the workers that have no run which may still be at work."""
        at_work = {worker: alive_at for _, worker, alive_at in self._open()}
        return [name for name in names if self._is_over(name, at_work.get(name))]

    def _open(self) -> list[tuple[int, str, int]]:
        with self._database.connect() as connection:
            return _open(connection)

    def _is_over(self, worker: str, alive_at: int | None) -> bool:
        """Whether a worker is at work no more. Where nothing is known of its process, its last sign
        of life counts; one that lies far ahead was given by a clock that was wrong."""
        known = workers.liveness(worker)
        if known in {Liveness.STOPPED, Liveness.UNKNOWN}:
            return alive_at is None or abs(self._clock() - alive_at) >= self._lease
        return known is Liveness.DEAD

    def account(self, *ours: int, others: Selection | None = None) -> Counter[State]:
        """What became of every story that these runs listed or claimed, and of the `others` that
        wait.

        What was done before is unchanged; what was not fetched has failed, for now.
        """
        state = (stories.c.state, stories.c.finished_run.in_(ours))
        query = select(*state, func.count()).where(stories.c.run.in_(ours)).group_by(*state)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        waiting = sum(self._waiting(ours, others).values())
        account: Counter[State] = Counter()
        for came_to, here, count in rows:
            account[_in_run(State(came_to), here=bool(here))] += count
        account[State.FAILED] += waiting
        return account

    def failures(self, *ours: int, others: Selection | None = None) -> Counter[str | None]:
        """Why stories of these runs, and `others` that wait, have failed, by reason; None stands
        for those that were not fetched."""
        failed = stories.c.state.in_(_UNSETTLED)
        query = select(stories.c.reason, func.count()).where(stories.c.run.in_(ours), failed)
        with self._database.connect() as connection:
            rows = connection.execute(query.group_by(stories.c.reason)).all()
        return _by_reason(rows) + self._waiting(ours, others)

    def _waiting(self, ours: Sequence[int], selection: Selection | None) -> Counter[str | None]:
        """How many stories of a selection wait and are not in the account of these runs, by
        reason."""
        if selection is None:
            return Counter()
        waits = stories.c.due_at.is_not(None) & stories.c.state.in_(_UNSETTLED)
        foreign = func.coalesce(stories.c.run, 0).not_in(ours)
        query = select(stories.c.reason, func.count()).where(waits, foreign, selection.clause())
        with self._database.connect() as connection:
            rows = connection.execute(query.group_by(stories.c.reason)).all()
        return _by_reason(rows)

    def given_up(self, *ours: int, tries: int) -> int:
        """How many of the failures of these runs were given up before, after so many tries, and not
        tried again."""
        before = func.coalesce(stories.c.finished_run, 0).not_in(ours), stories.c.tries >= tries
        query = select(func.count()).where(
            stories.c.run.in_(ours), stories.c.state == State.FAILED, *before
        )
        with self._database.connect() as connection:
            return connection.execute(query).scalar_one()


# Of a harvest the run that began it, whose end is that of all.
_ENDED = case((runs.c.harvest.is_(None), runs.c.ended), else_=harvests.c.ended).label("ended")
_RECORDS = (
    select(*(column for column in runs.c if column.name in _SHOWN), _ENDED)
    .outerjoin(harvests, harvests.c.id == runs.c.id)
    .where(begins_harvest)
)
_SPAN = (runs.c.started, runs.c.ended, runs.c.alive_at)


_LAST_SIGN = func.coalesce(runs.c.alive_at, runs.c.started).label("alive_at")
_UNFILED = (
    select(runs.c.id, runs.c.started, runs.c.ended, runs.c.worker, runs.c.folder, _LAST_SIGN)
    .where(runs.c.filed.is_(None))
    .order_by(runs.c.id)
)


def _open(connection: Connection) -> list[tuple[int, str, int]]:
    """Number, worker and last sign of life of the runs that have not ended."""
    query = select(runs.c.id, runs.c.worker, _LAST_SIGN).where(runs.c.ended.is_(None))
    return [(*row,) for row in connection.execute(query)]


_UNSETTLED = (State.FAILED, State.LISTED)


def _by_reason(rows: Iterable[Row[str | None, int]]) -> Counter[str | None]:
    return Counter({row[0]: row[1] for row in rows})


def _run(row: RowMapping) -> Run:
    return Run(**dict(row) | {"report": json.loads(row["report"] or "{}")})


def _in_run(state: State, *, here: bool) -> State:
    if state is State.LISTED:
        return State.FAILED
    return state if here or state not in DONE else State.UNCHANGED
