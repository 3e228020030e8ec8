"""What the site answers to an address, before any fault: pages made once and kept zipped."""

import gzip
from dataclasses import dataclass
from urllib.parse import parse_qs

from sinanews.mirror import roll
from sinanews.mirror.pages import render
from sinanews.mirror.site import Site
from sinanews.mirror.story import Story

HTML = "text/html"  # as Sina's, without a charset
JSON = "application/json; charset=utf-8"
JAVASCRIPT = "application/javascript; charset=utf-8"
NOT_FOUND = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>404</title></head>
<body><h1>404 Not Found</h1></body></html>
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `zipped` is the same body as gzip, where it is kept."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    zipped: bytes | None = None
    location: str | None = None


def zipped(body: bytes) -> bytes:
    """As gzip, without a time of its own, so that equal bodies give equal bytes."""
    return gzip.compress(body, compresslevel=6, mtime=0)


class Replies:
    """Answers for one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._pages: dict[tuple[str, str], tuple[Story, Reply]] = {}

    def to(self, target: str) -> Reply:
        """The answer to HOST/PATH?QUERY: a roll answer, robots.txt, an article page, or 404."""
        address, _, query = target.partition("?")
        if address == roll.PATH:
            return self._roll(query)
        if address.endswith("/robots.txt"):
            return Reply(b"User-agent: *\nDisallow:\n", "text/plain")
        return self._article(address) or Reply(NOT_FOUND.encode(), status=404)

    def _article(self, address: str) -> Reply | None:
        if story := self._site.at(address):
            return self.page(story)
        phone = self._site.on_phones(address)
        return self.page(phone, "M") if phone else None

    def _roll(self, query: str) -> Reply:
        asked = {name: given[-1] for name, given in parse_qs(query).items()}
        body = roll.answer(self._site, asked).encode()
        return Reply(body, JAVASCRIPT if "callback" in asked else JSON)

    def page(self, story: Story, family: str = "") -> Reply:
        """The page of a story, made anew only when the story has changed; `family` for another
        page than its own."""
        kept = self._pages.get((story.docid, family))
        if kept is None or kept[0] is not story:
            body = render(story, family)
            kept = self._pages[story.docid, family] = story, Reply(body, zipped=zipped(body))
        return kept[1]
