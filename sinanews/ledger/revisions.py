"""An article as the ledger keeps it: the hash that tells a change, and its packed bytes."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import TypeVar

import orjson
from isal import isal_zlib

from sinanews.exceptions import DamagedError
from sinanews.items import Article, isoformat

HASH_VERSION = b"\x01"  # changes with what is hashed, so that old hashes are known as such
_LEVEL = 2  # 6 % larger than zlib makes it at its default, in a quarter of the time


def content_hash(article: Article) -> bytes:
    """Equal for two readings of an article exactly when Sina did not change what it says: the
    words beside the body, and the body, in which text, pictures and stocks are."""
    words = (
        article.title,
        article.source,
        article.editor,
        article.editor_code,
        isoformat(article.published),
        *article.keywords,
        article.body_html,
    )
    return HASH_VERSION + sha256("\x1f".join(part or "" for part in words).encode()).digest()[:16]


def packed(line: bytes) -> bytes:
    """An article's JSON line, compressed as zlib does it."""
    return isal_zlib.compress(line.rstrip(b"\n"), _LEVEL)


def unpacked(data: bytes) -> Article:
    """The article of `packed` bytes."""
    return Article.from_json(orjson.loads(isal_zlib.decompress(data)))


def line(data: bytes) -> bytes:
    """The JSON line of `packed` bytes, with the line feed at its end."""
    return isal_zlib.decompress(data) + b"\n"


Key = TypeVar("Key")
Read = TypeVar("Read")
OnDamage = Callable[[DamagedError], None]
_UNREADABLE: tuple[type[Exception], ...] = (
    isal_zlib.error,  # type: ignore[assignment] # its stub has it as an instance
    ValueError,
    TypeError,
)


def raise_damage(error: DamagedError) -> None:
    """What to do about an article that is damaged, unless somebody knows better."""
    raise error


def readable(
    rows: Iterable[tuple[str, Key, bytes]], read: Callable[[bytes], Read], on_damage: OnDamage
) -> Iterator[tuple[Key, Read]]:
    """What `read` makes of rows of a docid, a key and `packed` bytes, with the key; those that it
    cannot read go to `on_damage` instead."""
    for docid, key, data in rows:
        try:
            made = read(data)
        except _UNREADABLE as error:
            on_damage(DamagedError(docid, error))
        else:
            yield key, made
