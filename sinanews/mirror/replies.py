"""The replies of a site to requests, before any fault; pages are rendered once."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qs

from sinanews.mirror import images, roll
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site
from sinanews.mirror.story import Story

HTML = "text/html"  # without a charset, as Sina sends it
JSON = "application/json; charset=utf-8"
JAVASCRIPT = "application/javascript; charset=utf-8"
NOT_FOUND = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>404</title></head>
<body><h1>404 Not Found</h1></body></html>
"""


class Delivery(Enum):
    """How a reply gets to the client: as it should, or in one of the wrong ways."""

    WHOLE = auto()
    NEVER = auto()  # the connection stays open, and nothing is sent
    RESET = auto()  # the connection breaks before anything is sent
    HALF = auto()  # the whole body is announced, half of it sent
    DRIPPING = auto()  # a byte a second
    RAW = auto()  # the body is all that is sent, without status and headers


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    `zipped` is its body as gzip, if that is at hand. `headers` are sent beside the usual ones; with
    a Content-Encoding the body is packed already, and every client gets it so.
    """

    body: bytes
    content_type: str = HTML
    status: int = 200
    zipped: bytes | None = None
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE


def zip_body(body: bytes) -> bytes:
    """A body as gzip, without a time in it, so that equal bodies become equal bytes."""
    return gzip.compress(body, compresslevel=6, mtime=0)


class Replies:
    """The replies of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pages: dict[tuple[str, str], tuple[Story, Reply]] = {}

    def to(self, target: str) -> Reply:
        """The reply to HOST/PATH?QUERY: an answer of the roll API, robots.txt, a picture, a page,
        or 404."""
        address, _, query = target.partition("?")
        if address == roll.PATH:
            args = {name: values[-1] for name, values in parse_qs(query).items()}
            body = roll.answer(self._site, args).encode()
            return Reply(body, JAVASCRIPT if "callback" in args else JSON)
        if address.endswith("/robots.txt"):
            return Reply(b"User-agent: *\nDisallow:\n", "text/plain")
        if images.is_picture(address):
            return Reply(*images.picture(address))
        if story := self._site.at(address):
            return self.page(story)
        if story := self._site.at_mobile(address):
            return self.page(story, "M")
        return Reply(NOT_FOUND.encode(), status=404)

    def is_listed(self, target: str) -> bool:
        """Whether HOST/PATH?QUERY is an answer of the roll API, or a page to which one leads."""
        address = target.partition("?")[0]
        return address == roll.PATH or self._site.at(address) is not None

    def page(self, story: Story, family: str = "") -> Reply:
        """The page of a story, of its own family or of another; rendered again only when the story
        has changed."""
        cached = self._pages.get((story.docid, family))
        if cached is None or cached[0] is not story:
            body = render(story, family)
            cached = self._pages[story.docid, family] = story, Reply(body, zipped=zip_body(body))
        return cached[1]
