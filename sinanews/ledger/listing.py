"""What the rows of a list's page change in the ledger. A page costs the same whatever the ledger
holds: a handful of statements, each of them found by an index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, case, or_, select, update

from sinanews.items import State
from sinanews.ledger.adoption import recognize
from sinanews.ledger.database import insert_new, storable
from sinanews.ledger.postgresql import NAMES, take_turns
from sinanews.ledger.prepared import Prepared
from sinanews.ledger.records import (
    DONE,
    STORY_COLUMNS,
    ExistingStory,
    PathOf,
    docids_by_url,
    existing_stories,
    lock_stories,
    story_row,
    under_existing_docids,
)
from sinanews.ledger.tables import runs, stories, text_key
from sinanews.roll.api import Story


@dataclass(frozen=True, slots=True)
class Listing:
    """Where and when rows were listed: by a channel or, with "", by nobody, in a run, at a local
    unix second. `path_of` names the files of new stories."""

    channel: str
    run: int
    now: int
    path_of: PathOf


@dataclass(frozen=True, slots=True)
class Listed:
    """What came of a page's rows: how many of its stories now wait to be claimed, and how many were
    not known."""

    waiting: int
    new: int


def upsert_listed(
    connection: Connection, rows: Sequence[Story], listing: Listing, limit: float = float("inf")
) -> Listed:
    """Adds the new stories of a page, at most `limit` of them, and notes what the page says anew
    of the others.

    A URL is one story's: the story of another docid that is listed with it is filtered.
    """
    take_turns(connection, NAMES)
    rows = [_storable(story) for story in rows]
    rows = under_existing_docids(connection, rows)
    lock_stories(connection, stories.c.docid.in_([story.docid for story in rows]))
    existing = existing_stories(connection, [story.docid for story in rows])
    unknown = {story.docid: story for story in rows if story.docid not in existing}
    if recognized := recognize(connection, list(unknown.values()), listing.path_of):
        existing |= existing_stories(connection, recognized)
        unknown = {docid: story for docid, story in unknown.items() if docid not in existing}
    new = list(unknown.values())[: int(min(limit, len(unknown)))]
    moved = [story for story in rows if _has_moved(story, existing.get(story.docid), listing)]
    owners = _owners(connection, [*moved, *new]) if moved or new else {}
    single = [story for story in new if owners[story.url] == story.docid]
    _add(connection, single, listing)
    _add_duplicates(connection, [story for story in new if story not in single], owners, listing)
    _note_run_and_channel(connection, existing, listing)
    moved = [story for story in moved if owners[story.url] == story.docid]
    if moved:
        connection.execute(_SET_URL, [_new_url(story, listing) for story in moved])
    changed = [
        story
        for story in rows
        if story.docid in existing
        and not existing[story.docid].is_duplicate
        and story.mtime > existing[story.docid].mtime
    ]
    _change(connection, changed, existing, listing)
    again = {s.docid for s in changed if existing[s.docid].state is not State.LISTED}
    again |= {s.docid for s in moved if existing[s.docid].state in {State.GONE, State.FAILED}}
    waiting = sum(story.waits or docid in again for docid, story in existing.items())
    return Listed(len(single) + waiting, len(new))


def _storable(story: Story) -> Story:
    """The story as the ledger will have it, so that it is found again. Whoever reads a list leaves
    nothing to be done; a spider of somebody's may."""
    return replace(
        story,
        docid=storable(story.docid),
        url=storable(story.url),
        title=storable(story.title),
        summary=story.summary and storable(story.summary),
        source=story.source and storable(story.source),
    )


def _has_moved(story: Story, existing: ExistingStory | None, listing: Listing) -> bool:
    """Whether a row gives a story another URL. By one that is merely asked for, such as a phone's,
    an article that is there does not move, unless it was adopted without any."""
    if existing is None or existing.url == story.url:
        return False
    return bool(listing.channel) or existing.state not in DONE or not existing.url


def _owners(connection: Connection, rows: Sequence[Story]) -> dict[str, str]:
    """The docid to which each row's URL belongs: whoever had it first."""
    owners = docids_by_url(connection, [story.url for story in rows])
    for story in rows:
        owners.setdefault(story.url, story.docid)
    return owners


def _add_duplicates(
    connection: Connection, rows: Sequence[Story], owners: Mapping[str, str], listing: Listing
) -> None:
    """Adds stories whose page is another's, as settled."""
    if rows:
        settled = {"state": State.FILTERED, "finished_run": listing.run, "url_key": None}
        values = [
            {
                **story_row(story, listing.channel, None),
                **settled,
                "reason": f"the same page as {owners[story.url]}",
                "run": listing.run,
            }
            for story in rows
        ]
        connection.execute(insert_new(connection, stories), values)


def _add(connection: Connection, new: Sequence[Story], listing: Listing) -> None:
    """Adds new stories, each with the first of its paths that no other docid has."""
    taken = 0
    while _insert_free(connection, [_row(story, listing, taken) for story in new]) < len(new):
        inserted = existing_stories(connection, [story.docid for story in new])
        new = [story for story in new if story.docid not in inserted]
        taken += 1


def _row(story: Story, listing: Listing, taken: int) -> dict[str, Any]:
    """A new story's row; one without a title gets its path when its page has been read."""
    channels = [listing.channel] if listing.channel else []
    path = listing.path_of(story.title, channels, story.docid, taken=taken) if story.title else None
    row = story_row(story, listing.channel, path)
    return row | {"due_at": listing.now, "run": listing.run}


def _insert_free(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those rows whose docid and path are free; returns how many."""
    if not rows:
        return 0
    return _INSERT.execute_many(connection, rows).rowcount


def _note_run_and_channel(
    connection: Connection, existing: Mapping[str, ExistingStory], listing: Listing
) -> None:
    """Notes the run and the channel with those stories that do not have them yet."""
    of_other_runs = [docid for docid, story in existing.items() if story.run != listing.run]
    if of_other_runs:
        connection.execute(_SET_RUN, {"docids": of_other_runs, "new_run": listing.run})
    channels = {docid: story.channels.split(",") for docid, story in existing.items()}
    joined = [
        {"key": docid, "joined": ",".join(filter(None, (*names, listing.channel)))}
        for docid, names in channels.items()
        if listing.channel and listing.channel not in names
    ]
    if joined:
        connection.execute(_SET_CHANNELS, joined)


def _change(
    connection: Connection,
    changed: Sequence[Story],
    existing: Mapping[str, ExistingStory],
    listing: Listing,
) -> None:
    """Notes what a row says anew; an article that was fetched before is due again."""
    if changed:
        connection.execute(_SET_ROW, [_new_values(story, listing) for story in changed])
    # Asked for by its URL until now, or adopted, and never listed.
    first = [_new_values(story, listing) for story in changed if not existing[story.docid].mtime]
    if first:
        connection.execute(_SET_LISTING, first)


def _new_values(story: Story, listing: Listing) -> dict[str, Any]:
    names = ("mtime", "title", "summary", "ctime", "intime")
    values = {f"new_{name}": getattr(story, name) for name in names}
    return values | {"key": story.docid, "new_channel": listing.channel, "now": listing.now}


def _new_url(story: Story, listing: Listing) -> dict[str, Any]:
    key = text_key(story.url)
    return {"key": story.docid, "new_url": story.url, "new_key": key, "now": listing.now}


_INSERT = Prepared(
    lambda connection: insert_new(connection, stories), (*STORY_COLUMNS, "due_at", "run")
)
# Made once: SQLAlchemy takes longer to build a statement than SQLite to carry it out.
_ONE = stories.c.docid == bindparam("key")
_MANY = stories.c.docid.in_(bindparam("docids", expanding=True))
# What another run that is still at work has listed or claimed stays in its account.
_OPEN = select(runs.c.id).where(runs.c.ended.is_(None))
_SET_RUN = (
    update(stories)
    .where(_MANY, or_(stories.c.run.is_(None), stories.c.run.not_in(_OPEN)))
    .values(run=bindparam("new_run"))
)
_SET_CHANNELS = update(stories).where(_ONE).values(channels=bindparam("joined"))
_WAITS_ANYHOW = (stories.c.state == State.LISTED) | stories.c.worker.is_not(None)
_SET_ROW = (
    update(stories)
    .where(_ONE)
    .values(
        mtime=bindparam("new_mtime"),
        title=bindparam("new_title"),
        summary=bindparam("new_summary"),
        due_at=case((_WAITS_ANYHOW, stories.c.due_at), else_=bindparam("now")),
    )
)
# What was not to be had at the old URL may be there at the new one.
_MISSED = (stories.c.state == State.GONE) | (stories.c.state == State.FAILED)
_WAS_MISSED = _MISSED & stories.c.worker.is_(None)
_SET_URL = (
    update(stories)
    .where(_ONE)
    .values(
        url=bindparam("new_url"),
        url_key=bindparam("new_key"),
        tries=case((_WAS_MISSED, 0), else_=stories.c.tries),
        due_at=case((_WAS_MISSED, bindparam("now")), else_=stories.c.due_at),
    )
)
_FIRST_INTIME = case(
    (stories.c.intime == 0, bindparam("new_intime", type_=BigInteger)),
    else_=stories.c.intime,  # the date of the post that was adopted, which stays
)
_SET_LISTING = (
    update(stories)
    .where(_ONE)
    .values(
        ctime=bindparam("new_ctime"),
        intime=_FIRST_INTIME,
        channel=bindparam("new_channel"),
    )
)
