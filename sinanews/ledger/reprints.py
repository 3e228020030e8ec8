"""Reprints: articles whose text the archive has under another docid already.

A text's signature is kept with each of its revisions. Those that may be the same are found by the
keys of their bands, each a look into an index, and compared by their signatures; so a look takes
as long in a large archive as in a small one. Two copies that two workers record at the same moment
do not know of each other: both are firsts, and `family` joins them all the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, delete, func, select, update

from sinanews.exceptions import DamagedError
from sinanews.extraction.signatures import MOST_KEYS, VERSION, Signature, SignedText, sign
from sinanews.items import Article
from sinanews.ledger.database import insert_new, upsert, writing
from sinanews.ledger.prepared import Prepared
from sinanews.ledger.revisions import OnDamage, readable, unpacked
from sinanews.ledger.tables import BUCKET, bands, revisions, signatures, signing, stories
from sinanews.utils import times


@dataclass(frozen=True, slots=True)
class Relative:
    """An article of a family as its last revision has it, and when its first one was read here."""

    article: Article
    seen: datetime


@dataclass(frozen=True, slots=True)
class SignedRevision:
    """The row of a revision's signature, and the keys that its text is found by."""

    row: dict[str, Any]
    keys: tuple[int, ...]


class _Match(NamedTuple):
    """An article that has the same text, and the one whose reprint its line says that it is."""

    docid: str
    duplicate_of: str | None

    @property
    def first(self) -> str:
        return self.duplicate_of or self.docid


# Whatever may be the same as one of some texts: at most BUCKET signatures for each of their keys.
CANDIDATES = (
    select(bands.c.key, signatures.c.docid, signatures.c.duplicate_of, signatures.c.signature)
    .join(signatures, signatures.c.id == bands.c.signature)
    .where(
        bands.c.key.in_(bindparam("keys", expanding=True)),
        signatures.c.version == bindparam("version"),
    )
)
# The number of keys is made a multiple of this: each other number would be another statement, which
# the database parses and caches.
KEYS_AT_ONCE = 4 * MOST_KEYS


def families_of(connection: Connection, articles: Sequence[Article]) -> list[str | None]:
    """For each article the docid of the one whose text it reprints: of its family, that which was
    recorded first. None where there is none, or the article itself is it."""
    return [
        _first_of(connection, article, matches)
        for article, matches in zip(articles, _matches(connection, articles), strict=True)
    ]


def _first_of(connection: Connection, article: Article, matches: Sequence[_Match]) -> str | None:
    # What an earlier line of this article says is said again as long as its text is the same.
    said = (match.duplicate_of for match in matches if match.docid == article.docid)
    if before := next(filter(None, said), None):
        return before
    firsts = {match.first for match in matches} - {article.docid}
    if not firsts:
        return None
    seen = _first_seen(connection, {article.docid, *firsts})
    first = min(seen, key=lambda docid: (seen[docid], docid), default=None)
    return None if first == article.docid else first


def family(connection: Connection, article: Article, on_damage: OnDamage) -> list[Relative]:
    """The articles that have the text of this one, itself among them, in the order in which they
    were read first; empty where there is no other. Those that say nothing of each other are among
    them: two that were recorded at the same moment, or by a version that kept no signatures. Of one
    that is damaged as in `Ledger.articles`."""
    own = select(signatures.c.duplicate_of).filter_by(docid=article.docid)
    docids = {article.docid, *filter(None, connection.execute(own).scalars())}
    for match in _matches(connection, [article])[0]:
        docids |= {match.docid, match.first}
    reprints = select(signatures.c.docid).where(signatures.c.duplicate_of.in_(docids))
    docids |= set(connection.execute(reprints).scalars())
    if docids == {article.docid}:
        return []
    last = (revisions.c.docid == stories.c.docid) & (revisions.c.revision == stories.c.revision)
    query = select(stories.c.docid, revisions.c.seen, revisions.c.article).join(revisions, last)
    rows = connection.execute(query.where(stories.c.docid.in_(docids)))
    articles = readable(rows, lambda seen, data: unpacked(data, seen), on_damage)
    first_seen = _first_seen(connection, docids)
    relatives = [Relative(one, times.at(first_seen[one.docid])) for _, one in articles]
    return sorted(relatives, key=lambda relative: (relative.seen, relative.article.docid))


def signed_revision(article: Article) -> SignedRevision | None:
    """What is to be kept of an article's text; None where it has no words."""
    signed = sign(article.text, article.title)
    if signed is None:
        return None
    row = {
        "docid": article.docid,
        "revision": article.revision,
        "version": VERSION,
        "duplicate_of": article.duplicate_of,
        "signature": signed.signature.to_bytes(),
    }
    return SignedRevision(row, signed.keys)


def insert_signatures(connection: Connection, signed: Sequence[SignedRevision]) -> None:
    """Keeps the signatures of revisions that have none yet."""
    if not signed:
        return
    keys = {(one.row["docid"], one.row["revision"]): one.keys for one in signed}
    columns = (signatures.c.id, signatures.c.docid, signatures.c.revision)
    insert = insert_new(connection, signatures).returning(*columns)
    new_bands = [
        {"key": key, "slot": number % BUCKET, "signature": number}
        for number, docid, revision in connection.execute(insert, [one.row for one in signed])
        for key in keys[docid, revision]
    ]
    if new_bands:
        # Workers that record copies write the same rows: in one order, they wait for each other.
        new_bands.sort(key=itemgetter("key", "slot"))
        _UPSERT_BANDS.execute_many(connection, new_bands)


_UPSERT_BANDS = Prepared(
    lambda connection: upsert(connection, bands, ["signature"]),
    [column.name for column in bands.c],
)


def sign_older(database: Engine, count: int) -> int:
    """Keeps the signatures of the revisions of up to so many articles that have none, for another
    version recorded them. Returns how many articles were looked at, 0 when all have theirs. What is
    damaged is passed over: whoever reads it is told."""
    with database.connect() as connection:
        row = connection.execute(_REACHED).one_or_none()
        if row is not None and row.reached is None:
            return 0
        after = row.reached if row else ""
        docids = connection.execute(_DOCIDS, {"after": after, "count": count}).scalars().all()
        rows = connection.execute(_UNSIGNED, {"docids": docids}).all()
    articles = readable(rows, lambda seen, data: unpacked(data, seen), _pass_over)
    signed = [one for _, article in articles if (one := signed_revision(article))]
    reached = docids[-1] if len(docids) == count else None
    with writing(database).begin() as connection:
        if row is None:
            first = {"version": VERSION, "reached": after}
            connection.execute(insert_new(connection, signing), first)
        # Not when another worker has done these meanwhile.
        ours = {"after": after, "new_reached": reached}
        if connection.execute(_REACH, ours).rowcount:
            stale = delete(signatures).where(
                signatures.c.docid.in_(docids), signatures.c.version != VERSION
            )
            connection.execute(stale)
            insert_signatures(connection, signed)
    return len(docids)


_REACHED = select(signing.c.reached).where(signing.c.version == VERSION)
_REACH = (
    update(signing)
    .where(signing.c.version == VERSION, signing.c.reached == bindparam("after"))
    .values(reached=bindparam("new_reached"))
)
_DOCIDS = (
    select(stories.c.docid)
    .where(stories.c.docid > bindparam("after"), stories.c.revision > 0)
    .order_by(stories.c.docid)
    .limit(bindparam("count"))
)
_SIGNED = (
    (signatures.c.docid == revisions.c.docid)
    & (signatures.c.revision == revisions.c.revision)
    & (signatures.c.version == VERSION)
)
_UNSIGNED = (
    select(revisions.c.docid, revisions.c.seen, revisions.c.article)
    .outerjoin(signatures, _SIGNED)
    .where(revisions.c.docid.in_(bindparam("docids", expanding=True)), signatures.c.id.is_(None))
    .order_by(revisions.c.docid, revisions.c.revision)
)


def _pass_over(error: DamagedError) -> None:
    """Leaves a damaged article without a signature."""


def _matches(connection: Connection, articles: Sequence[Article]) -> list[list[_Match]]:
    """For each article the revisions whose text is the same, its own too; found in one look for
    all, since asking takes longer than finding."""
    signed = [sign(article.text, article.title) for article in articles]
    keys = list({key for one in signed if one for key in one.keys})
    candidates: defaultdict[int, list[tuple[_Match, bytes]]] = defaultdict(list)
    if keys:
        keys += keys[:1] * (-len(keys) % KEYS_AT_ONCE)
        rows = connection.execute(CANDIDATES, {"keys": keys, "version": VERSION})
        for key, docid, duplicate_of, data in rows:
            candidates[key].append((_Match(docid, duplicate_of), data))
    return [list(_same(one, candidates)) if one else [] for one in signed]


def _same(
    text: SignedText, candidates: Mapping[int, Sequence[tuple[_Match, bytes]]]
) -> Iterator[_Match]:
    """Those of the candidates under a text's keys that have the same text; none that is damaged."""
    every = chain.from_iterable(candidates.get(key, ()) for key in text.keys)
    for match, data in dict.fromkeys(every):
        with suppress(ValueError):
            if text.signature.is_reprint_of(Signature.from_bytes(data)):
                yield match


_FIRST_SEEN = (
    select(revisions.c.docid, func.min(revisions.c.seen))
    .where(revisions.c.docid.in_(bindparam("docids", expanding=True)))
    .group_by(revisions.c.docid)
)


def _first_seen(connection: Connection, docids: Iterable[str]) -> dict[str, int]:
    """When the first revision of each of these articles was read that the ledger has, in local unix
    seconds."""
    return dict(connection.execute(_FIRST_SEEN, {"docids": list(docids)}).all())
