"""Between what the ledger's tables hold and what the rest of sinanews talks about."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from sinanews import post
from sinanews.items import Article, Rejection, State
from sinanews.revisions import content_hash, packed
from sinanews.roll import Story
from sinanews.schema import stories

DONE = (State.WRITTEN, State.UPDATED, State.UNCHANGED)
_STORY = tuple(column.name for column in fields(Story))


@dataclass(frozen=True, slots=True)
class Claim:
    """A story taken to be fetched, with what is already known of its article."""

    story: Story
    state: State = State.LISTED
    post_path: str | None = None
    revision: int = 0
    content_hash: bytes | None = None
    post_hash: bytes | None = None
    tries: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one story: an article with its post's path and hash, or a rejection."""

    item: Article | Rejection
    state: State
    post_path: str | None = None
    post_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What listing needs of a story that the ledger has: its channels as kept, its last change
    in unix seconds, its state, and whether it waits to be claimed."""

    channels: str
    mtime: int
    state: State
    waits: bool


@dataclass(frozen=True, slots=True)
class Named:
    """What a post's path depends on."""

    docid: str
    title: str
    channels: Sequence[str]


def known_stories(connection: Connection, docids: Sequence[str]) -> dict[str, Known]:
    """Those of the docids that the ledger has."""
    asked = select(
        stories.c.docid,
        stories.c.channels,
        stories.c.mtime,
        stories.c.state,
        stories.c.due.is_not(None),
    ).where(stories.c.docid.in_(docids))
    return {docid: Known(*known) for docid, *known in connection.execute(asked)}


def free_paths(connection: Connection, named: Sequence[Named]) -> dict[str, str]:
    """A path for each, its own if no other docid has it."""
    own = {item.docid: post.path(item.title, item.channels, item.docid) for item in named}
    asked = select(stories.c.post_path).where(stories.c.post_path.in_(map(str, own.values())))
    taken = set(connection.execute(asked).scalars())
    free: dict[str, str] = {}
    for docid, path in own.items():
        free[docid] = str(post.taken_path(path, docid) if str(path) in taken else path)
        taken.add(free[docid])
    return free


def story_row(story: Story, channel: str, path: str | None) -> dict[str, Any]:
    """A story's row as it is first listed, by a channel or, with "", by nobody."""
    row = {name: getattr(story, name) for name in _STORY}
    others = [name for name in story.channels if name != channel]
    return row | {
        "channels": ",".join(filter(None, (channel, *others))),
        "channel": channel,
        "state": State.LISTED,
        "tries": 0,
        "revision": 0,
        "post_path": path,
    }


def claim_of(row: RowMapping) -> Claim:
    """A story's row as a claim."""
    channels = tuple(filter(None, row["channels"].split(",")))
    known = ("post_path", "revision", "content_hash", "post_hash", "tries")
    return Claim(
        Story(**{name: row[name] for name in _STORY} | {"channels": channels}),
        State(row["state"]),
        *(row[name] for name in known),
    )


def revision_row(item: Article | Rejection, seen: int) -> dict[str, Any]:
    """An article's row among the revisions, `seen` in unix seconds."""
    assert isinstance(item, Article), f"only an article has revisions, not {item!r}"
    known = {"docid": item.docid, "revision": item.revision, "seen": seen}
    return known | {"content_hash": content_hash(item), "article": packed(item)}
