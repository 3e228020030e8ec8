"""The spider `articles`: fetches the given article pages, of any family and any Sina host."""

import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sinanews.download.hosts import is_sinas
from sinanews.exceptions import ArgumentError
from sinanews.ledger.records import Claim
from sinanews.ledger.selection import Selection
from sinanews.roll.api import Story
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils import urls

AT_ONCE = 256  # stories in one question to the ledger


class ArticlesSpider(ArchiveSpider):
    """Argument: urls, a file with a URL a line, `-` for standard input, or a comma list."""

    name = "articles"
    rings = False

    def __init__(self, **arguments: object) -> None:
        super().__init__()
        # `scrapy check` makes each spider without arguments.
        self.urls = [] if "SCRAPY_CHECK" in os.environ else article_urls(arguments)
        self._claims = self._claim_all()
        self._elsewhere: list[str] = []  # docids of articles that other workers had claimed

    async def start(self) -> AsyncIterator[Any]:
        """Yields nothing: what to fetch is claimed, unless there is no archive."""
        if not self.settings.getbool("ARCHIVE_ENABLED"):
            for url in self.urls:
                yield self.article_request(_story(urls.docid(url), url))

    def next_claim(self) -> Claim | None:
        """The next of the articles; what is in the archive already, again."""
        return next(self._claims, None)

    def _claim_all(self) -> Iterator[Claim]:
        stories = self._stories()
        self.crawler.stats.set_value("sinanews/to_fetch", len(stories))
        for start in range(0, len(stories), AT_ONCE):
            batch = stories[start : start + AT_ONCE]
            docids = [story.docid for story in batch]
            self.ledger.upsert_listed(batch, channel="")
            self.ledger.requeue(docids)
            claimed = set()
            for claim in self.claims(Selection(docids=tuple(docids)), len(docids)):
                claimed.add(claim.story.docid)
                yield claim
            self._elsewhere += (docid for docid in docids if docid not in claimed)

    def awaited(self) -> Sequence[Selection]:
        """The articles that other workers had claimed."""
        return [
            Selection(docids=tuple(self._elsewhere[start : start + AT_ONCE]))
            for start in range(0, len(self._elsewhere), AT_ONCE)
        ]

    def _stories(self) -> list[Story]:
        """One for each article, whichever of its URLs are asked for. The old pages' carry no
        docid, but the list may have given them one."""
        listed = self.ledger.docids(self.urls)
        by_docid: dict[str, str] = {}
        for url in self.urls:
            by_docid.setdefault(listed.get(url) or urls.docid(url), url)
        return [_story(docid, url) for docid, url in by_docid.items()]


def article_urls(arguments: dict[str, object]) -> list[str]:
    """The URLs that are asked for. Raises ArgumentError for one that is none of Sina's."""
    for name, value in arguments.items():
        if name != "urls" and not name.startswith("_"):
            raise ArgumentError(name, value, "the argument urls only")
    accepted = "a file, - for standard input, or URLs with commas"
    value = str(arguments.get("urls") or "")
    if not value:
        raise ArgumentError("urls", "", accepted)
    lines = (line.strip() for line in _lines(value))
    article_urls = [_article_url(line) for line in lines if line and not line.startswith("#")]
    if not article_urls:
        raise ArgumentError("urls", value, f"{accepted}, with a URL in it")
    return article_urls


def _lines(value: str) -> Iterable[str]:
    if "://" in value or value.startswith("//"):
        return value.split(",")
    try:
        return _standard_input() if value == "-" else Path(value).read_text("utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise ArgumentError("urls", value, f"a file that can be read ({error})") from error


@cache
def _standard_input() -> tuple[str, ...]:
    """Its lines, remembered: it can be read only once, and a spider is made twice, first to check
    its arguments."""
    return tuple(sys.stdin.buffer.read().decode("utf-8-sig").split("\n"))


def _article_url(line: str) -> str:
    url = urls.canonical(line)
    if not is_sinas(url):
        raise ArgumentError("urls", line, "an article's URL on sina.com.cn or sina.cn")
    if not urlsplit(url).path.strip("/"):
        raise ArgumentError("urls", line, "an article's URL, not a front page's")
    return url


def _story(docid: str, url: str) -> Story:
    return Story(docid=docid, url=url, title="", ctime=0, intime=0, mtime=0)
