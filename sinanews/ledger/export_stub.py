"""STAND-IN for the ledger's reading API: to be deleted when that is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text

from sinanews.ledger.ledger import Ledger
from sinanews.ledger.revisions import OnDamage, line, readable
from sinanews.ledger.tables import revisions, stories
from sinanews.utils.times import at


@dataclass(frozen=True, slots=True)
class ExportQuery:
    since: int | None = None
    until: int | None = None
    by: str = "ctime"
    channel: str | None = None
    reprints: bool = True
    revisions: bool = False
    as_of: int | None = None
    after: int | None = None


def _select(query: ExportQuery) -> Select[Any]:
    place = text("revisions.rowid")
    time = {
        "ctime": stories.c.ctime,
        "first_seen": stories.c.intime,
        "seen": revisions.c.seen,
    }[query.by]
    other = revisions.alias()
    latest = select(func.max(other.c.revision)).where(other.c.docid == revisions.c.docid)
    if query.as_of is not None:
        latest = latest.where(other.c.seen <= query.as_of)
    made = (
        select(
            revisions.c.docid,
            revisions.c.seen,
            revisions.c.article,
            stories.c.intime,
        )
        .join_from(revisions, stories, stories.c.docid == revisions.c.docid)
        .order_by(time, revisions.c.docid, revisions.c.revision)
    )
    if not query.revisions:
        made = made.where(revisions.c.revision == latest.scalar_subquery())
    if query.as_of is not None:
        made = made.where(revisions.c.seen <= query.as_of)
    if query.since is not None:
        made = made.where(time >= query.since)
    if query.until is not None:
        made = made.where(time < query.until)
    if query.channel is not None:
        made = made.where((" " + stories.c.channels + " ").contains(query.channel))
    if query.after is not None:
        made = made.where(text(f"{place} > {query.after}"))
    return made


def lines(ledger: Ledger, query: ExportQuery, on_damage: OnDamage) -> Iterator[bytes]:
    with ledger._database.connect() as connection:  # noqa: SLF001
        rows = connection.execution_options(yield_per=200).execute(_select(query))
        data = ((row.docid, row.seen, row.article) for row in rows)
        for seen, text_ in readable(data, line, on_damage):
            yield text_.replace(b'"seen":null', b'"seen":"%s"' % at(seen).isoformat().encode(), 1)


def count_lines(ledger: Ledger, query: ExportQuery) -> int:
    with ledger._database.connect() as connection:  # noqa: SLF001
        counted = select(func.count()).select_from(_select(query).order_by(None).subquery())
        return int(connection.execute(counted).scalar_one())


def position(ledger: Ledger) -> int:
    with ledger._database.connect() as connection:  # noqa: SLF001
        return int(
            connection.execute(text("SELECT coalesce(max(rowid), 0) FROM revisions")).scalar_one()
        )
