"""Between what the ledger's tables hold and what the rest of sinanews talks about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Protocol

import orjson
from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from sinanews.items import Article, Item, State
from sinanews.ledger.postgresql import NAMES, take_turns
from sinanews.ledger.revisions import packed
from sinanews.ledger.tables import path_key, revisions, stories, text_key
from sinanews.roll.api import Story
from sinanews.utils import urls

DONE = (State.WRITTEN, State.UPDATED, State.UNCHANGED)
_STORY = tuple(field.name for field in fields(Story))
_STATES = {state.value: state for state in State}
# What a claim is made of, in the order of its fields.
CLAIM_COLUMNS = tuple(
    stories.c[name]
    for name in (
        *(*_STORY, "state", "post_path", "revision", "content_hash", "post_hash", "tries"),
        "reason",
    )
)
# What `story_row` sets.
STORY_COLUMNS = (
    *(*_STORY, "url_key", "channel", "state", "tries", "revision"),
    *("post_path", "post_key"),
)


class PathOf(Protocol):
    """Names the file of a story's article; `taken` says how many of the names that it could have
    are others'.

    The ledger keeps paths apart and knows nothing else of them.
    """

    def __call__(self, title: str, channels: Sequence[str], docid: str, *, taken: int = 0) -> str:
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a story and of the last reading of its article: `content_hash` as
    `content_hash` makes it, and the unix second at which the last revision was read; both are None
    where there is none."""

    story: Story
    state: State
    content_hash: bytes | None
    seen: int | None


@dataclass(slots=True)
class Outcome:
    """What became of one story: an article with its post's path and hash and its JSON line, or a
    rejection. Once it is recorded, `seen` is the unix second at which that was."""

    item: Item
    state: State
    post_path: str | None = None
    post_hash: bytes | None = None
    line: bytes | None = None
    seen: int | None = None


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


def lock_stories(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Keeps other transactions from changing the stories that meet conditions, until this one ends.
    All lock them in the order of docids: so two that want the same ones wait, and never for each
    other. SQLite's writers take turns anyhow."""
    if connection.dialect.name == "postgresql":
        locked = select(stories.c.docid).where(*which).order_by(stories.c.docid)
        connection.execute(locked.with_for_update())


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


def free_path(
    connection: Connection, docid: str, path_of: Callable[..., str], first: int = 0
) -> str:
    """The path of a story's file, of those that `path_of(taken=N)` gives it for N from `first` on
    the first that is no other story's, and will not become one until the transaction ends."""
    take_turns(connection, NAMES)
    number = first
    while True:
        path = path_of(taken=number)
        query = select(stories.c.docid).where(
            stories.c.post_key == path_key(path), stories.c.docid != docid
        )
        if connection.execute(query).first() is None:
            return path
        number += 1


def make_way(connection: Connection, path: str, docid: str, path_of: PathOf) -> None:
    """Moves the story that has a path, if another than `docid` has it and was never written, to
    its own with its docid."""
    take_turns(connection, NAMES)
    others = (
        stories.c.post_key.in_([path_key(path), text_key(path)]),
        stories.c.docid != docid,
        stories.c.revision == 0,
    )
    lock_stories(connection, *others)
    query = select(stories.c.docid, stories.c.title, stories.c.channels).where(*others)
    for holder in connection.execute(query).all():
        channels = list(filter(None, holder.channels.split(",")))
        names = partial(path_of, holder.title, channels, holder.docid)
        own = free_path(connection, holder.docid, names, first=1)
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
    """A post's new path, and the key that makes it one story's alone."""
    return {"post_path": path, "post_key": path_key(path) if path else None}


def keep_paths(connection: Connection, paths: Mapping[str, str]) -> dict[str, int]:
    """The keys under which files that are there already keep their paths, by docid, even where two
    of them, or one and another story's, would be one file elsewhere: one of such files has the key
    of both, so that no new file gets the name, and the others have keys of their own paths alone.
    """
    take_turns(connection, NAMES)
    keys = {docid: path_key(path) for docid, path in paths.items()}
    query = select(stories.c.docid, stories.c.post_path).where(
        stories.c.post_key.in_(list(keys.values())), stories.c.docid.not_in(list(paths))
    )
    before = dict(connection.execute(query).all())
    kept = apart({**before, **paths})
    for docid, path in before.items():
        if kept[docid] != path_key(path):
            row = update(stories).filter_by(docid=docid).values(post_key=kept[docid])
            connection.execute(row)
    return {docid: kept[docid] for docid in paths}


def apart(paths: Mapping[str, str]) -> dict[str, int]:
    """A key for each of these paths, which differ, by docid. Of several with one `path_key` the
    path that is written as the key has it gets that, or else the first; the others get their
    `text_key`, which is then no other's."""
    exact = {text_key(path) for path in paths.values()}
    keys: dict[str, int] = {}
    given: set[int] = set()
    for docid, path in paths.items():
        key, own = path_key(path), text_key(path)
        is_first = key not in given and key not in exact
        keys[docid] = key if is_first else own
        given.add(keys[docid])
    return keys


_READINGS = (
    select(*CLAIM_COLUMNS, revisions.c.seen)
    .outerjoin(
        revisions,
        (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision),
    )
    .where(stories.c.docid.in_(bindparam("docids", expanding=True)))
)


def readings(connection: Connection, docids: Sequence[str]) -> dict[str, Reading]:
    """The last readings of those of the docids that the ledger has."""
    rows = connection.execute(_READINGS, {"docids": docids})
    last = ((claim_of(values), seen) for *values, seen in rows)
    return {
        claim.story.docid: Reading(claim.story, claim.state, claim.content_hash, seen)
        for claim, seen in last
    }


def claim_of(values: Sequence[Any]) -> Claim:
    """A story as a claim, of the values of CLAIM_COLUMNS."""
    docid, url, title, ctime, intime, mtime, summary, source, channels, state, *others = values
    listed = tuple(filter(None, channels.split(",")))
    story = Story(docid, url, title, ctime, intime, mtime, summary, source, listed)
    return Claim(story, _STATES[state], *others)


def revision_row(outcome: Outcome, content_hash: bytes, ctime: int) -> dict[str, Any]:
    """An article's row among the revisions and in history, but for when it was read; `ctime` is the
    row's in its list, in unix seconds, or 0."""
    article = outcome.item
    assert isinstance(article, Article), f"only an article has revisions, not {article!r}"
    own = article.published or article.first_seen
    return {
        "docid": article.docid,
        "revision": article.revision,
        "content_hash": content_hash,
        "article": packed(outcome.line or orjson.dumps(article.to_json())),
        "ctime": ctime or (int(own.timestamp()) if own else 0),
        "first_seen": int(article.first_seen.timestamp()) if article.first_seen else None,
        "channels": ",".join(article.channels),
        "is_reprint": article.duplicate_of is not None,
    }
