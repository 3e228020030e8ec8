"""The spider `articles`: fetches the given article pages, of any family and any Sina host."""

import re
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from sinanews import urls
from sinanews.exceptions import ArgumentError
from sinanews.roll import Story
from sinanews.schema import stories
from sinanews.spiders.base import BATCH, ArchiveSpider

_HOST = re.compile(r"(?:[\w-]+\.)*sina\.(?:com\.cn|cn)")


class ArticlesSpider(ArchiveSpider):
    """Argument: urls, a file with a URL a line, `-` for standard input, or a comma list."""

    name = "articles"

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.asked = list(addresses(arguments))

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:
        """Raises ArgumentError for settings or arguments that no run could work with."""
        if arguments.get("urls") != "-":  # standard input can be read only once
            list(addresses(arguments))
        super().refuse(settings, arguments)

    async def requests(self) -> AsyncIterator[Any]:
        """A request for each URL; what is in the archive already is fetched again."""
        asked = list(dict.fromkeys(self.asked))
        for start in range(0, len(asked), BATCH):
            named = [_story(url) for url in asked[start : start + BATCH]]
            docids = [story.docid for story in named]
            self.ledger.enlist(named, channel="")
            self.ledger.ask(docids)
            async for request in self.claimed(stories.c.docid.in_(docids)):
                yield request


def addresses(arguments: dict[str, str]) -> Iterator[str]:
    """The URLs that are asked for. Raises ArgumentError for one that is none of Sina's."""
    for name in set(arguments) - {"urls"}:
        raise ArgumentError(name, arguments[name], "the argument urls only")
    if not arguments.get("urls"):
        raise ArgumentError("urls", "", "a file, - for standard input, or URLs with commas")
    for line in _lines(arguments["urls"]):
        if line.strip() and not line.startswith("#"):
            yield _address(line.strip())


def _lines(value: str) -> Iterable[str]:
    if value == "-":
        return sys.stdin
    if "://" in value or value.startswith("//"):
        return value.split(",")
    try:
        return Path(value).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ArgumentError("urls", value, f"a file that can be read ({error})") from error


def _address(line: str) -> str:
    try:
        parts = urlsplit(line)
    except ValueError as error:
        raise ArgumentError("urls", line, f"an article's URL ({error})") from error
    if parts.scheme not in {"http", "https", ""} or not _HOST.fullmatch(parts.hostname or ""):
        raise ArgumentError("urls", line, "an article's URL on sina.com.cn or sina.cn")
    return urls.canonical(line)


def _story(url: str) -> Story:
    return Story(docid=urls.docid(url), url=url, title="", ctime=0, intime=0, mtime=0)
