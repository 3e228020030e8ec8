"""The pictures that a body shows: their addresses, and the files that stand in for them."""

import html
import re
from collections.abc import Iterator, Mapping

from sinanews.extraction.sanitize import ATTRIBUTE, attributes_of
from sinanews.utils.urls import picture_address

_IMAGE = re.compile(r"<img[ \t\n\f\r/][^<>]*+>", re.IGNORECASE)
# Browsers would show one of these in place of what `src` has.
_SOURCE_SETS = {"srcset", "sizes"}


def addresses(body: str) -> list[str]:
    """The addresses of the pictures that a body shows, in order, each once.

    >>> addresses('<img src="http://n.sinaimg.cn/a.png"><img src=//n.sinaimg.cn/a.png>')
    ['https://n.sinaimg.cn/a.png']
    """
    found = (_address(match[0]) for match in _IMAGE.finditer(body))
    return list(dict.fromkeys(filter(None, found)))


def with_files(body: str, files: Mapping[str, str]) -> str:
    """The body with the pictures that have files here, by their addresses, shown from these: paths
    below the output folder, which a blog has at its root.

    >>> files = {"https://n.sinaimg.cn/a.png": "images/01/01ab.png"}
    >>> with_files('<img src="http://n.sinaimg.cn/a.png" alt="x">', files)
    '<img src="/images/01/01ab.png" alt="x">'
    """
    if not files:
        return body

    def placed(match: re.Match[str]) -> str:
        path = files.get(_address(match[0]) or "")
        return _shown_from(match[0], f"/{path}") if path else match[0]

    return _IMAGE.sub(placed, body)


def _address(tag: str) -> str | None:
    source = (attributes_of(tag) or {}).get("src")
    return picture_address(source) if source else None


def _shown_from(tag: str, source: str) -> str:
    opening, attributes = tag[: len("<img")], tag[len("<img") : -1]
    return f"{opening}{''.join(_attributes(attributes, source))}>"


def _attributes(text: str, source: str) -> Iterator[str]:
    """The attributes of an img tag with another source; of two in a tag, the first counts."""
    has_source = False
    position = 0
    for match in ATTRIBUTE.finditer(text):
        yield text[position : match.start()]
        position = match.end()
        name = (match[1] or "").lower()
        if name == "src" and not has_source:
            has_source = True
            yield f' {match[1]}="{html.escape(source)}"'
        elif name not in _SOURCE_SETS:
            yield match[0]
    yield text[position:]
