"""Between what the ledger's tables hold and what the rest of sinanews talks about."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from sinanews.items import Article, Item, State
from sinanews.ledger.revisions import packed
from sinanews.ledger.tables import stories, text_key
from sinanews.roll.api import Story
from sinanews.utils import urls

DONE = (State.WRITTEN, State.UPDATED, State.UNCHANGED)
_STORY = tuple(column.name for column in fields(Story))


class PathOf(Protocol):
    """Names the file of a story's article; `taken` when another has the one that its title makes.

    The ledger keeps paths apart and knows nothing else of them.
    """

    def __call__(
        self, title: str, channels: Sequence[str], docid: str, *, taken: bool = False
    ) -> str:
        """A path below the output folder."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A story taken to be fetched, with what the ledger has of its article and why the last try
    failed, and once its page has been read, the hash of what that says now."""

    story: Story
    state: State = State.LISTED
    post_path: str | None = None
    revision: int = 0
    content_hash: bytes | None = None
    post_hash: bytes | None = None
    tries: int = 0
    reason: str | None = None
    page_hash: bytes | None = None

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
class ExistingStory:
    """What listing needs of a story that the ledger has: its URL, whether that belongs to another
    story, its channels with commas between, its last change in unix seconds, its state, its last
    run, and whether it waits to be claimed."""

    url: str
    is_duplicate: bool
    channels: str
    mtime: int
    state: State
    run: int | None
    waits: bool


_EXISTING = select(
    stories.c.docid,
    stories.c.url,
    stories.c.url_key.is_(None),
    stories.c.channels,
    stories.c.mtime,
    stories.c.state,
    stories.c.run,
    stories.c.due_at.is_not(None),
).where(stories.c.docid.in_(bindparam("docids", expanding=True)))


def existing_stories(connection: Connection, docids: Sequence[str]) -> dict[str, ExistingStory]:
    """Those of the docids that the ledger has."""
    rows = connection.execute(_EXISTING, {"docids": docids}).all()
    return {docid: ExistingStory(*columns) for docid, *columns in rows}


def docids_by_url(connection: Connection, addresses: Sequence[str]) -> dict[str, str]:
    """The docids of those stories that the ledger has under one of the URLs."""
    keys = list(map(text_key, addresses))
    query = select(stories.c.url, stories.c.docid).where(stories.c.url_key.in_(keys))
    return dict(connection.execute(query).all())


def under_existing_docids(connection: Connection, rows: Sequence[Story]) -> Sequence[Story]:
    """The rows of a list; one whose page was fetched by an old URL before, which carries no
    docid, under the docid that it has since."""
    odd = [story for story in rows if f"-i{story.docid}." not in story.url]
    by_path = {story.docid: urls.docid(story.url) for story in odd}
    other = {docid: own for docid, own in by_path.items() if docid != own}
    if not other:
        return rows
    existing = existing_stories(connection, list(other.values()))
    renamed = {docid: own for docid, own in other.items() if own in existing}
    return [replace(story, docid=renamed.get(story.docid, story.docid)) for story in rows]


def free_path(connection: Connection, article: Article, path_of: PathOf) -> str:
    """The path of an article's file, its title's own if no other docid has it."""
    path = path_of(article.title, article.channels, article.docid)
    query = select(stories.c.docid).where(stories.c.post_key == text_key(path))
    if connection.execute(query).first() is None:
        return path
    return path_of(article.title, article.channels, article.docid, taken=True)


def make_way(connection: Connection, path: str, docid: str, path_of: PathOf) -> None:
    """Moves the story that has a path, if another than `docid` has it and was never written, to
    its own with its docid."""
    query = select(stories.c.docid, stories.c.title, stories.c.channels).where(
        stories.c.post_key == text_key(path), stories.c.docid != docid, stories.c.revision == 0
    )
    if holder := connection.execute(query).one_or_none():
        channels = list(filter(None, holder.channels.split(",")))
        own = path_of(holder.title, channels, holder.docid, taken=True)
        moved = update(stories).filter_by(docid=holder.docid).values(path_columns(own))
        connection.execute(moved)


def story_row(story: Story, channel: str, path: str | None) -> dict[str, Any]:
    """A story's row as it is first listed, by a channel or, with "", by nobody."""
    row = {name: getattr(story, name) for name in _STORY} | {"url_key": text_key(story.url)}
    others = [name for name in story.channels if name != channel]
    return row | {
        "channels": ",".join(filter(None, (channel, *others))),
        "channel": channel,
        "state": State.LISTED,
        "tries": 0,
        "revision": 0,
        **path_columns(path),
    }


def path_columns(path: str | None) -> dict[str, Any]:
    """A post's path, and the key that makes it one story's alone."""
    return {"post_path": path, "post_key": text_key(path) if path else None}


def claim_of(row: RowMapping) -> Claim:
    """A story's row as a claim."""
    channels = tuple(filter(None, row["channels"].split(",")))
    columns = ("post_path", "revision", "content_hash", "post_hash", "tries", "reason")
    return Claim(
        Story(**{name: row[name] for name in _STORY} | {"channels": channels}),
        State(row["state"]),
        *(row[name] for name in columns),
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
