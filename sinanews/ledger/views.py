"""What somebody who looks at an archive wants to know, beside its articles.

Whatever the ledger holds, it is found by an index or kept by triggers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, literal_column, select

from sinanews.items import State
from sinanews.ledger.counts import Counts
from sinanews.ledger.runs import Run
from sinanews.ledger.tables import lists, runs, stories
from sinanews.ledger.watermarks import Gap


@dataclass(frozen=True, slots=True)
class List:
    """What a channel's list was like when it was read last: the ctime of its newest row in unix
    seconds, and how many rows it said it has."""

    channel: str
    newest: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class FailedStory:
    """A story that failed, so many times that it was given up or not; `due_at` is the local unix
    second from which on it is tried again, None when it is not."""

    docid: str
    url: str
    reason: str | None
    tries: int
    given_up: bool
    due_at: int | None


@dataclass(frozen=True, slots=True)
class View:
    """An archive as it is now. `failures` are the failed stories by reason, `given_up` how many of
    them were tried so often that they count no more in a run's verdict; `waiting_since` is the
    local unix second since when the first of those that are due waits to be fetched, `begun` that
    at which the first run began; `runs` are the last ones, newest first, and `killed` the numbers
    of those that were, and have no end."""

    counts: Counts
    failures: Mapping[str, int]
    given_up: int
    waiting_since: int | None
    lists: Sequence[List]
    gaps: Sequence[Gap]
    begun: int | None
    runs: Sequence[Run]
    killed: frozenset[int]
    last_complete: Run | None


_FAILED = stories.c.state == literal_column("'failed'")  # as the index of these has it


def failures(connection: Connection) -> dict[str, int]:
    """How many stories have failed for which reason, most first."""
    reason = stories.c.reason
    query = select(reason, func.count()).where(_FAILED).group_by(reason)
    counted = [(reason or "", count) for reason, count in connection.execute(query)]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))


def given_up(connection: Connection, tries: int) -> int:
    """How many stories have failed so many times, or more often."""
    query = select(func.count()).where(_FAILED, stories.c.tries >= tries)
    return connection.execute(query).scalar_one()


def failed_stories(connection: Connection, tries: int) -> list[FailedStory]:
    """Each story that has failed, newest first; given up after so many tries."""
    columns = stories.c
    is_given_up = columns.tries >= tries
    query = select(
        *(columns.docid, columns.url, columns.reason, columns.tries, is_given_up, columns.due_at)
    ).where(_FAILED)
    newest_first = query.order_by(stories.c.ctime.desc(), stories.c.docid)
    return [FailedStory(*row) for row in connection.execute(newest_first)]


def waiting_since(connection: Connection, now: int) -> int | None:
    """Since which local unix second the first story waits that is due, and was not fetched yet."""
    waiting = stories.c.state.in_((State.LISTED, State.FAILED))
    query = select(stories.c.due_at).where(stories.c.due_at <= now, waiting)
    return connection.execute(query.order_by(stories.c.due_at).limit(1)).scalar()


def begun(connection: Connection) -> int | None:
    """The local unix second at which the first run began."""
    query = select(runs.c.started).order_by(runs.c.id).limit(1)
    return connection.execute(query).scalar()


def lists_of(connection: Connection) -> list[List]:
    """What the lists were like that have been read, by channel."""
    query = select(lists.c.channel, lists.c.newest, lists.c.total).order_by(lists.c.channel)
    return [List(*row) for row in connection.execute(query)]
