"""Between what the ledger's tables hold and what the rest of sinanews talks about."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, bindparam, select

from sinanews.items import Article, Item, State
from sinanews.ledger.revisions import packed
from sinanews.ledger.tables import path_key, stories
from sinanews.posts import front_matter as post
from sinanews.roll.api import Story
from sinanews.utils import urls

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

    @property
    def was_fetched(self) -> bool:
        """Whether its page was asked for before, with or without success."""
        return self.revision > 0 or self.tries > 0


@dataclass(slots=True)
class Outcome:
    """What became of one story: an article with its post's path and hash and its JSON line, or a
    rejection."""

    item: Item
    state: State
    post_path: str | None = None
    post_hash: bytes | None = None
    line: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What listing needs of a story that the ledger has: its channels as kept, its last change
    in unix seconds, its state, its last run, and whether it waits to be claimed."""

    channels: str
    mtime: int
    state: State
    run: int | None
    waits: bool


_KNOWN = select(
    stories.c.docid,
    stories.c.channels,
    stories.c.mtime,
    stories.c.state,
    stories.c.run,
    stories.c.due.is_not(None),
).where(stories.c.docid.in_(bindparam("docids", expanding=True)))


def known_stories(connection: Connection, docids: Sequence[str]) -> dict[str, Known]:
    """Those of the docids that the ledger has."""
    rows = connection.execute(_KNOWN, {"docids": docids}).all()
    return {docid: Known(*known) for docid, *known in rows}


def by_url(connection: Connection, addresses: Sequence[str]) -> dict[str, str]:
    """The docids of those stories that the ledger has under one of the URLs."""
    asked = select(stories.c.url, stories.c.docid).where(stories.c.url.in_(addresses))
    return dict(connection.execute(asked).tuples().all())


def under_known_docids(connection: Connection, listed: Sequence[Story]) -> Sequence[Story]:
    """The rows of a list; one whose page was fetched by an old URL before, which carries no
    docid, under the docid that it has since."""
    odd = [story for story in listed if f"-i{story.docid}." not in story.url]
    named = {story.docid: urls.docid(story.url) for story in odd}
    other = {listed: own for listed, own in named.items() if listed != own}
    if not other:
        return listed
    known = known_stories(connection, list(other.values()))
    taken = {listed: own for listed, own in other.items() if own in known}
    return [replace(story, docid=taken.get(story.docid, story.docid)) for story in listed]


def free_path(connection: Connection, title: str, channels: Sequence[str], docid: str) -> str:
    """The path of a title's post, its own if no other docid has it."""
    path = post.path(title, channels, docid)
    asked = select(stories.c.docid).where(stories.c.post_key == path_key(str(path)))
    taken = connection.execute(asked).first() is not None
    return str(post.taken_path(path, docid) if taken else path)


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
        **placed(path),
    }


def placed(path: str | None) -> dict[str, Any]:
    """A post's path, and what makes it one story's alone."""
    return {"post_path": path, "post_key": path_key(path) if path else None}


def claim_of(row: RowMapping) -> Claim:
    """A story's row as a claim."""
    channels = tuple(filter(None, row["channels"].split(",")))
    known = ("post_path", "revision", "content_hash", "post_hash", "tries")
    return Claim(
        Story(**{name: row[name] for name in _STORY} | {"channels": channels}),
        State(row["state"]),
        *(row[name] for name in known),
    )


def revision_row(outcome: Outcome, content_hash: bytes, seen: int) -> dict[str, Any]:
    """An article's row among the revisions, `seen` in unix seconds."""
    article = outcome.item
    assert isinstance(article, Article), f"only an article has revisions, not {article!r}"
    return {
        "docid": article.docid,
        "revision": article.revision,
        "seen": seen,
        "content_hash": content_hash,
        "article": packed(outcome.line or orjson.dumps(article.to_json())),
    }
