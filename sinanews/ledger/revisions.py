"""An article as the ledger keeps it: the hash that tells a change, and its packed bytes."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

import orjson
from isal import isal_zlib

from sinanews.exceptions import DamagedError
from sinanews.items import Article, isoformat
from sinanews.utils.times import at

HASH_VERSION = b"\x01"  # changes with what is hashed, so that old hashes are known as such
# Of an adopted article, whose post says less than its page: no page has it, so that the article is
# new when its page is read.
ADOPTED_HASH = b"\x00"
_LEVEL = 2  # 6 % larger than zlib makes it at its default, in a quarter of the time
_WINDOW = 1 << 15  # bytes that zlib looks back


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


def unpacked(data: bytes, seen: int) -> Article:
    """The article of `packed` bytes, which was read at that unix second."""
    article = Article.from_json(orjson.loads(isal_zlib.decompress(data)))
    article.seen = at(seen)
    return article


def packed_text(data: bytes) -> bytes:
    """The JSON text that `packed` was given."""
    return isal_zlib.decompress(data)


def line(data: bytes, seen: int) -> bytes:
    """The JSON line of `packed` bytes, with when it was read, in unix seconds, and the line feed at
    its end."""
    return with_seen(isal_zlib.decompress(data), _iso(seen)) + b"\n"


def with_seen(text: bytes, moment: bytes) -> bytes:
    """A JSON line that says when it was read, whatever version wrote it: what is recorded is packed
    before anybody can know that, and earlier versions had no such field.

    >>> with_seen(b'{"docid":"n1","seen":null,"revision":1}', b"2022-08-08T10:55:13+08:00")
    b'{"docid":"n1","seen":"2022-08-08T10:55:13+08:00","revision":1}'
    >>> with_seen(b'{"docid":"n1","revision":1}', b"2022-08-08T10:55:13+08:00")
    b'{"docid":"n1","seen":"2022-08-08T10:55:13+08:00","revision":1}'
    """
    # A key in a line is no text of the article's, in which quotes are escaped.
    field = b'"seen":"%b"' % moment
    before, null, behind = text.partition(b'"seen":null')
    if null:
        return before + field + behind
    if b'"seen":"' in text:
        return text
    return text.replace(b',"revision":', b',%b,"revision":' % field, 1)


@lru_cache
def _iso(seconds: int) -> bytes:
    return at(seconds).isoformat().encode()


def packed_with_post(line: bytes, post: bytes) -> bytes:
    """The same with the bytes of a post behind it, for whoever asks for them: readers of the line
    do not see them. A post repeats what is in the line, so it adds a tenth."""
    compressor = isal_zlib.compressobj(_LEVEL, zdict=line.rstrip(b"\n")[-_WINDOW:])
    return packed(line) + compressor.compress(post) + compressor.flush()


def post_of(data: bytes) -> bytes | None:
    """The post that `packed_with_post` put behind the line; None where there is none. Raises
    ValueError for one that is cut off."""
    whole = isal_zlib.decompressobj()
    text = whole.decompress(data)
    if not whole.unused_data:
        return None
    behind = isal_zlib.decompressobj(zdict=text[-_WINDOW:])
    post: bytes = behind.decompress(whole.unused_data)
    if not behind.eof:
        raise ValueError("the post behind the line is cut off")
    return post


Key = TypeVar("Key")
Read = TypeVar("Read")
OnDamage = Callable[[DamagedError], None]
UNREADABLE: tuple[type[Exception], ...] = (
    isal_zlib.error,  # type: ignore[assignment] # its stub has it as an instance
    ValueError,
    TypeError,
)


def raise_damage(error: DamagedError) -> None:
    """What to do about an article that is damaged, unless somebody knows better."""
    raise error


def readable(
    rows: Iterable[tuple[str, Key, bytes]],
    read: Callable[[Key, bytes], Read],
    on_damage: OnDamage,
) -> Iterator[tuple[Key, Read]]:
    """What `read` makes of the key and the `packed` bytes of rows, each after a docid, with the
    key; those that it cannot read go to `on_damage` instead."""
    for docid, key, data in rows:
        try:
            made = read(key, data)
        except UNREADABLE as error:
            on_damage(DamagedError(docid, error))
        else:
            yield key, made
