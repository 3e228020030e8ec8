"""What the rows of a list's page change in the ledger. A page costs the same whatever the ledger
holds: a handful of statements, each of them found by an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, or_, select, update
from sqlalchemy.sql.compiler import SQLCompiler

from sinanews.items import State
from sinanews.ledger.records import Known, known_stories, placed, story_row, under_known_docids
from sinanews.ledger.tables import insert_new, runs, stories
from sinanews.posts import front_matter as post
from sinanews.roll.api import Story


@dataclass(frozen=True, slots=True)
class Listing:
    """Where and when rows were listed: by a channel or, with "", by nobody, in a run, at a local
    unix second."""

    channel: str
    run: int
    now: int


def note(
    connection: Connection, listed: Sequence[Story], where: Listing, room: float = float("inf")
) -> int:
    """Notes rows in order; of new stories only as many as there is room for.

    Returns how many of all these stories now wait to be claimed.
    """
    listed = under_known_docids(connection, listed)
    known = known_stories(connection, [story.docid for story in listed])
    unknown = {story.docid: story for story in listed if story.docid not in known}
    new = list(unknown.values())[: int(min(room, len(unknown)))]
    changed = [s for s in listed if s.docid in known and s.mtime > known[s.docid].mtime]
    _add(connection, new, where)
    _touch(connection, known, where)
    _change(connection, changed, known, where)
    again = {s.docid for s in changed if known[s.docid].state is not State.LISTED}
    return len(new) + sum(story.waits or docid in again for docid, story in known.items())


def _add(connection: Connection, new: Sequence[Story], where: Listing) -> None:
    """Adds new stories, each with its title's path unless another docid has that."""
    rows = _rows(new, where)
    if _inserted(connection, rows) < len(rows):
        there = known_stories(connection, [story.docid for story in new])
        _inserted(connection, [_renamed(row) for row in rows if row["docid"] not in there])


def _rows(new: Sequence[Story], where: Listing) -> list[dict[str, Any]]:
    shared = {"due": where.now, "run": where.run}
    folder = post.folder(list(filter(None, [where.channel])))
    paths = (f"{folder}/{post.name(s.title, s.docid)}" if s.title else None for s in new)
    return [story_row(s, where.channel, path) | shared for s, path in zip(new, paths, strict=True)]


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    own = post.path(row["title"], (row["channel"],), row["docid"])
    return row | placed(str(post.taken_path(own, row["docid"])))


def _inserted(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those rows whose docid and path are free; returns how many.

    The driver gets them as it wants them: SQLAlchemy takes longer to hand on a page of them than
    SQLite to write it.
    """
    if not rows:
        return 0
    form = _form(connection, list(rows[0]))
    order = form.positiontup
    given = [tuple(map(row.__getitem__, order)) for row in rows] if order else rows
    return connection.exec_driver_sql(form.string, given).rowcount


def _form(connection: Connection, columns: list[str]) -> SQLCompiler:
    """How the connection's driver wants a story inserted; made once, for it takes long."""
    dialect = connection.dialect
    if dialect.name not in _FORMS:
        statement = insert_new(connection, stories)
        _FORMS[dialect.name] = statement.compile(dialect=dialect, column_keys=columns)
    return _FORMS[dialect.name]


_FORMS: dict[str, SQLCompiler] = {}


def _touch(connection: Connection, known: Mapping[str, Known], where: Listing) -> None:
    """Notes the run and the channel with those stories that do not have them yet."""
    seen = [docid for docid, story in known.items() if story.run != where.run]
    if seen:
        connection.execute(_SEEN, {"docids": seen, "now_in": where.run})
    others = {docid: story.channels.split(",") for docid, story in known.items()}
    joined = [
        {"of": docid, "joined": ",".join(filter(None, (*names, where.channel)))}
        for docid, names in others.items()
        if where.channel and where.channel not in names
    ]
    if joined:
        connection.execute(_JOIN, joined)


def _change(
    connection: Connection, changed: Sequence[Story], known: Mapping[str, Known], where: Listing
) -> None:
    """Notes what a row says anew; an article that was fetched before is due again."""
    if changed:
        connection.execute(_SAY, [_said(story, where) for story in changed])
    # Asked for by its URL until now, and never listed.
    first = [_said(story, where) for story in changed if not known[story.docid].mtime]
    if first:
        connection.execute(_LIST, first)


def _said(story: Story, where: Listing) -> dict[str, Any]:
    said = ("mtime", "title", "summary", "ctime", "intime")
    told = {f"said_{name}": getattr(story, name) for name in said}
    return told | {"of": story.docid, "by": where.channel, "now": where.now}


# Made once: SQLAlchemy takes longer to build a statement than SQLite to carry it out.
_ONE = stories.c.docid == bindparam("of")
_MANY = stories.c.docid.in_(bindparam("docids", expanding=True))
# What another run that is still at work has listed or claimed stays in its account.
_OPEN = select(runs.c.id).where(runs.c.ended.is_(None))
_SEEN = (
    update(stories)
    .where(_MANY, or_(stories.c.run.is_(None), stories.c.run.not_in(_OPEN)))
    .values(run=bindparam("now_in"))
)
_JOIN = update(stories).where(_ONE).values(channels=bindparam("joined"))
_WAITS_ANYHOW = stories.c.state == State.LISTED
_SAY = (
    update(stories)
    .where(_ONE)
    .values(
        mtime=bindparam("said_mtime"),
        title=bindparam("said_title"),
        summary=bindparam("said_summary"),
        due=case(
            (_WAITS_ANYHOW | stories.c.owner.is_not(None), stories.c.due), else_=bindparam("now")
        ),
    )
)
_LIST = (
    update(stories)
    .where(_ONE)
    .values(
        ctime=bindparam("said_ctime"),
        intime=bindparam("said_intime"),
        channel=bindparam("by"),
    )
)
