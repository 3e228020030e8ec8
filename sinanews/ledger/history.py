"""Every revision of every article in the order in which it was recorded: what was known at a
moment.

What somebody sorts by, or asks for up to a moment, never changes once it is noted, whatever the
list says of an article later: so an export of what was known then is the export that was made then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    bindparam,
    exists,
    func,
    literal,
    select,
    tuple_,
    update,
)

from sinanews.ledger.database import insert_new
from sinanews.ledger.prepared import Prepared
from sinanews.ledger.tables import about, history, revisions, runs

PAGE = 1000  # revisions read in one transaction


class By(StrEnum):
    """The times that revisions are sorted by and asked for: the article's own, when it entered its
    list, when the revision was read."""

    CTIME = "ctime"
    FIRST_SEEN = "first_seen"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Query:
    """Which revisions are asked for; by default the last one of each article, oldest first.

    `since` and `until` bound the time `by`, in unix seconds, the first inclusive and the second
    not; `channel` is one that their lines name; without `reprints` those are left out that their
    lines mark as such. `revisions` asks for each revision and not only for the last. With `as_of`,
    revisions that were read after that unix second are as if there were none. `after` is a position
    in history: what was recorded behind it, in that order.
    """

    since: int | None = None
    until: int | None = None
    by: str = By.CTIME
    channel: str | None = None
    reprints: bool = True
    revisions: bool = False
    as_of: int | None = None
    after: int | None = None


def record(connection: Connection, rows: Sequence[dict[str, Any]], run: int | None) -> None:
    """Enters revisions that the ledger has not, each with what history is sorted by; `run` is the
    number of the run that recorded them, if one did.

    Positions are given under a lock that lasts until the transaction ends, so that whoever sees one
    sees all before it, with several writers too.
    """
    last: int = _ADVANCE.execute(connection, {"count": len(rows)}).scalar_one()
    numbered = [
        {**row, "position": position, "run": run}
        for position, row in enumerate(rows, last - len(rows) + 1)
    ]
    _INSERT_HISTORY.execute_many(connection, numbered)
    _INSERT_REVISIONS.execute_many(connection, rows)


_ADVANCE = Prepared(
    lambda _: (
        update(about)
        .values(position=about.c.position + bindparam("count"))
        .returning(about.c.position)
    )
)
_INSERT_HISTORY = Prepared(
    lambda connection: insert_new(connection, history), [column.name for column in history.c]
)
_INSERT_REVISIONS = Prepared(
    lambda connection: insert_new(connection, revisions), [column.name for column in revisions.c]
)


def position(database: Engine) -> int:
    """The position of what was recorded last, 0 where nothing was."""
    with database.connect() as connection:
        last: int = connection.execute(select(about.c.position)).scalar_one()
    return last


def count(database: Engine, query: Query, until: int) -> int:
    """How many revisions a query has, up to a position."""
    with database.connect() as connection:
        number: int = connection.execute(
            select(func.count()).select_from(history).where(*_conditions(query, until))
        ).scalar_one()
    return number


def pages(database: Engine, query: Query, until: int) -> Iterator[tuple[str, int, bytes]]:
    """The docids, times of reading and packed articles of the revisions of a query, up to a
    position.

    A page is a transaction: one that took as long as a large export would have SQLite's log grow
    all the while, and PostgreSQL's claims slow down.
    """
    keys = _order(query)
    same = (revisions.c.docid == history.c.docid) & (revisions.c.revision == history.c.revision)
    columns = (*keys, history.c.docid, history.c.seen, revisions.c.article)
    page = (
        select(*(column.label(f"c{number}") for number, column in enumerate(columns)))
        .join(revisions, same)
        .where(*_conditions(query, until))
        .order_by(*keys)
        .limit(PAGE)
    )
    after: tuple[Any, ...] = ()
    while True:
        with database.connect() as connection:
            rows = connection.execute(_behind(page, keys, after)).all()
        for *_, docid, seen, article in rows:
            yield docid, seen, article
        if len(rows) < PAGE:
            return
        after = tuple(rows[-1][: len(keys)])


def recorded_by(database: Engine, run: int) -> list[tuple[str, int]]:
    """Docid and number of the revisions that a run recorded, in the order in which it did."""
    began = select(runs.c.position).filter_by(id=run).scalar_subquery()
    own = (history.c.position > began, history.c.run == run)
    query = select(history.c.docid, history.c.revision).where(*own).order_by(history.c.position)
    with database.connect() as connection:
        return [(docid, revision) for docid, revision in connection.execute(query)]


def _behind(
    page: Select[Any], keys: Sequence[ColumnElement[Any]], after: tuple[Any, ...]
) -> Select[Any]:
    return page.where(tuple_(*keys) > tuple_(*after)) if after else page


def _order(query: Query) -> list[Column[Any]]:
    if query.after is not None:
        return [history.c.position]
    return [history.c[query.by], history.c.docid, history.c.revision]


def _conditions(query: Query, until: int) -> Iterator[ColumnElement[bool]]:
    time = history.c[query.by]
    yield history.c.position <= until
    if query.since is not None:
        yield time >= query.since
    if query.until is not None:
        yield time < query.until
    if query.by is By.FIRST_SEEN:
        yield time.is_not(None)
    if query.channel is not None:
        commas = literal(",") + history.c.channels + ","
        yield commas.contains(f",{query.channel},", autoescape=True)
    if not query.reprints:
        yield history.c.is_reprint.is_(False)
    if query.as_of is not None:
        yield history.c.seen <= query.as_of
    if query.after is not None:
        yield history.c.position > query.after
    if not query.revisions:
        later = history.alias("later")
        is_later = [
            later.c.docid == history.c.docid,
            later.c.revision > history.c.revision,
            later.c.position <= until,
        ]
        if query.as_of is not None:
            is_later.append(later.c.seen <= query.as_of)
        yield ~exists().where(*is_later)
