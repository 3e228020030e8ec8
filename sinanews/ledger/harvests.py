"""Harvests: what several runs do together on one ledger, as one run to whoever looks at them.

`scrapy harvest` joins the harvest at work that was asked for the same. One of its runs walks the
lists for all of them; when the last has ended, one report says what came of all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from sinanews.ledger.database import writing
from sinanews.ledger.runs import Runs
from sinanews.ledger.tables import harvests, runs
from sinanews.ledger.workers import LEASE

KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Member:
    """A run of a harvest: when it ended, in unix seconds, None if it did not, and what it left as
    its part of the report, None if it was killed."""

    run: int
    ended: int | None
    part: Mapping[str, Any] | None


class Harvests:
    """The harvests of an archive. `clock` gives the unix time in seconds, `lease` is for how many
    seconds a worker of which nothing else is known is taken to be at work."""

    def __init__(
        self, database: Engine, all_runs: Runs, clock: Callable[[], float], lease: int = LEASE
    ) -> None:
        self._database = database
        self._writing = writing(database)
        self._runs = all_runs
        self._clock = clock
        self._lease = lease

    def join(self, run: int, spider: str, arguments: str, own: int | None = None) -> int:
        """Has a run work for the harvest at work that was asked for the same, or begin one; returns
        the harvest's number. `own` is one that waits for this run, also if all others have left it.
        Ends harvests that were killed."""
        with self._writing.begin() as connection:
            _lock(connection)
            at_work = self._runs.at_work(connection)
            harvest = run
            for row in connection.execute(select(harvests).where(_OPEN)).all():
                members = _members(connection, row.id)
                if row.id == own or any(member.run in at_work for member in members):
                    if (row.spider, row.arguments) == (spider, arguments):
                        harvest = row.id
                elif self._is_abandoned(members):
                    _end(connection, row.id, int(self._clock()), KILLED, {})
            if harvest == run:
                values = {"id": run, "spider": spider, "arguments": arguments}
                connection.execute(insert(harvests).values(values))
            connection.execute(update(runs).filter_by(id=run).values(harvest=harvest))
        return harvest

    def _is_abandoned(self, members: list[Member]) -> bool:
        """Whether nobody will write the report: all were killed, or the last to end was, before it
        had written that."""
        ends = [member.ended or 0 for member in members if member.part is not None]
        return not ends or self._clock() - max(ends) >= self._lease

    def takes_walk(self, harvest: int, run: int) -> bool:
        """Has a run of the harvest walk the lists, unless another does, or has done so; says
        whether it is to."""
        with self._database.connect() as connection:
            row = connection.execute(_WALK, {"harvest": harvest}).one()
        if row.walked is not None or row.walker in self._runs.at_work():
            return False
        taken = update(harvests).where(
            harvests.c.id == harvest,
            harvests.c.walked.is_(None),
            harvests.c.walker.is_not_distinct_from(row.walker),
        )
        with self._writing.begin() as connection:
            return connection.execute(taken.values(walker=run)).rowcount > 0

    def is_walked(self, harvest: int) -> bool:
        """Whether the lists have been walked."""
        with self._database.connect() as connection:
            return connection.execute(_WALK, {"harvest": harvest}).one().walked is not None

    def note_lists(self, harvest: int, run: int, lists: Mapping[str, Any], *, done: bool) -> None:
        """Notes what came of the lists so far, and whether they have been walked; from the run that
        walks them, and no other."""
        values: dict[str, Any] = {"lists": json.dumps(lists, ensure_ascii=False)}
        if done:
            values["walked"] = int(self._clock())
        walked = update(harvests).filter_by(id=harvest, walker=run, walked=None).values(values)
        with self._writing.begin() as connection:
            connection.execute(walked)

    def leave(self, run: int, part: Mapping[str, Any]) -> None:
        """Notes that a run has ended, and its part of the report."""
        values = {"ended": int(self._clock()), "part": json.dumps(part, ensure_ascii=False)}
        with self._writing.begin() as connection:
            connection.execute(update(runs).filter_by(id=run).values(values))

    def is_over(self, harvest: int) -> bool:
        """Whether none of its runs is at work."""
        with self._database.connect() as connection:
            return self._is_over(connection, harvest)

    def _is_over(self, connection: Connection, harvest: int) -> bool:
        at_work = self._runs.at_work(connection)
        return not any(member.run in at_work for member in _members(connection, harvest))

    def members(self, harvest: int) -> list[Member]:
        """Its runs, in the order in which they began."""
        with self._database.connect() as connection:
            return _members(connection, harvest)

    def lists(self, harvest: int) -> tuple[Mapping[str, Any], bool]:
        """What came of the lists, and whether all is well with that: they have been walked, or
        nobody began to, as in a subclass of a spider that walks none."""
        with self._database.connect() as connection:
            row = connection.execute(_WALK, {"harvest": harvest}).one()
        is_well = row.walked is not None or row.walker is None
        return json.loads(row.lists or "{}"), is_well

    def end(self, harvest: int, verdict: str, report: Mapping[str, Any]) -> bool:
        """Notes the end, verdict and report of a harvest, unless it has ended, or somebody has
        joined it meanwhile; says whether it did."""
        with self._writing.begin() as connection:
            _lock(connection)
            is_open = select(harvests.c.id).where(_OPEN, harvests.c.id == harvest)
            if connection.execute(is_open).first() is None or not self._is_over(
                connection, harvest
            ):
                return False
            _end(connection, harvest, int(self._clock()), verdict, report)
        return True

    def result(self, harvest: int) -> tuple[str, Mapping[str, Any]] | None:
        """The verdict and the report of a harvest; None for one that has not ended."""
        query = (
            select(runs.c.verdict, runs.c.report)
            .join(harvests, harvests.c.id == runs.c.id)
            .where(harvests.c.id == harvest, harvests.c.ended.is_not(None))
        )
        with self._database.connect() as connection:
            row = connection.execute(query).first()
        return (row.verdict, json.loads(row.report)) if row else None


def _lock(connection: Connection) -> None:
    """Has others wait that would join or end a harvest now, until the transaction ends. In SQLite
    they do so anyhow."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE harvests IN SHARE ROW EXCLUSIVE MODE")


def _members(connection: Connection, harvest: int) -> list[Member]:
    columns = (runs.c.id, runs.c.ended, runs.c.part)
    query = select(*columns).where(_of(harvest)).order_by(runs.c.id)
    return [
        Member(run, ended, None if part is None else json.loads(part))
        for run, ended, part in connection.execute(query)
    ]


def _end(
    connection: Connection, harvest: int, now: int, verdict: str, report: Mapping[str, Any]
) -> None:
    connection.execute(update(harvests).filter_by(id=harvest).values(ended=now))
    own = case((runs.c.part.is_(None), KILLED), else_=verdict)
    members = update(runs).where(_of(harvest))
    connection.execute(
        members.values(verdict=own, part=None, ended=func.coalesce(runs.c.ended, now))
    )
    text = json.dumps(report, ensure_ascii=False)
    first = update(runs).filter_by(id=harvest)
    connection.execute(first.values(verdict=verdict, report=text, ended=now))


def _of(harvest: int) -> ColumnElement[bool]:
    """Which runs are a harvest's, each found by an index."""
    joined = (runs.c.harvest == harvest) & (runs.c.harvest != runs.c.id)
    return (runs.c.id == harvest) | joined


_OPEN = harvests.c.ended.is_(None)
_WALK = select(harvests.c.walker, harvests.c.walked, harvests.c.lists).where(
    harvests.c.id == bindparam("harvest")
)
