"""Decodes pages as what their bytes are, where a label says otherwise."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scrapy.http import TextResponse
from w3lib.encoding import (
    html_body_declared_encoding,
    html_to_unicode,
    http_content_type_encoding,
    read_bom,
    to_unicode,
)

UTF_8, GBK = "utf-8", "gb18030"  # Sina's other encoding; it has all that gb2312 and gbk have
# Labels that are believed where the bytes are no UTF-8.
_BELIEVED = frozenset((GBK, "big5hkscs", "big5", "cp950"))
_ASCII = bytes(range(128))
_SAMPLE = 8_000  # bytes that are not ASCII
_HAN = re.compile("[\u2e80-\uffef]")
# So many broken characters for each Chinese one, and more, has what is no UTF-8 at all.
_PARTLY = 2


class Decoded(NamedTuple):
    """A page's text, the encoding in which it was read, and whether its label names another."""

    text: str
    encoding: str
    is_repaired: bool = False
    is_whole: bool = True  # all its bytes could be read


def readings(response: TextResponse) -> Iterator[Decoded]:
    """The text of a page as what it is, and as Sina's other encoding if that leaves bytes unread:
    a page may have parts in both, such as a menu that was put into it.

    The label counts unless the bytes contradict it: Chinese in GBK is no UTF-8, and where the bytes
    are UTF-8 that is no chance, so that of these two the bytes decide.
    """
    first = decode(response)
    yield first
    if not first.is_whole:
        yield _decoded(response, GBK if first.encoding == UTF_8 else UTF_8)


def decode(response: TextResponse) -> Decoded:
    """The first of the `readings` of a page."""
    encoding, body = response.encoding.lower(), response.body
    if encoding == UTF_8:
        text = _as_labelled(response)
        if "\ufffd" not in text:
            return Decoded(text, encoding)
        if not is_broken(text) or len(_HAN.findall(text)) * _PARTLY > text.count("\ufffd"):
            return Decoded(text, encoding, is_whole=False)
    elif (bom := read_bom(body)[0]) is None and _is_utf_8(body):
        return _decoded(response, UTF_8)
    elif bom is not None or encoding in _BELIEVED:
        text = _as_labelled(response)
        if not is_broken(text):
            return Decoded(text, encoding, is_whole="\ufffd" not in text)
    return _decoded(response, GBK)


def _as_labelled(response: TextResponse) -> str:
    """The response's `text`, which it would keep as long as it is kept itself."""
    return html_to_unicode(f"charset={response.encoding}", response.body)[1]


def is_broken(text: str) -> bool:
    """Whether most of what is not ASCII could not be read."""
    if "\ufffd" not in text:  # a search is twenty times as fast as a count
        return False
    return text.count("\ufffd") * 2 > sum(not character.isascii() for character in text)


def _decoded(response: TextResponse, encoding: str) -> Decoded:
    body = response.body
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    label = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    text = to_unicode(body, encoding)
    is_repaired = label is not None and label != encoding
    return Decoded(text, encoding, is_repaired, is_whole="\ufffd" not in text)


def _is_utf_8(body: bytes) -> bool:
    """Whether bytes are Chinese in UTF-8, perhaps with some that are broken."""
    text = body.translate(None, _ASCII)[:_SAMPLE].decode("utf-8", "replace")
    return text.count("\ufffd") * 2 <= len(text) and _HAN.search(text) is not None
