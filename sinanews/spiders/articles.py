"""The spider `articles`: fetches the given article pages, of any family and any Sina host."""

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from sinanews import urls
from sinanews.exceptions import ArgumentError
from sinanews.roll import Story
from sinanews.schema import stories
from sinanews.spiders.base import ArchiveSpider

AT_ONCE = 256  # stories in one question to the ledger
_HOST = re.compile(r"(?:[\w-]+\.)*sina\.(?:com\.cn|cn)")


class ArticlesSpider(ArchiveSpider):
    """Argument: urls, a file with a URL a line, `-` for standard input, or a comma list."""

    name = "articles"

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.asked = addresses(arguments)

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:
        """Raises ArgumentError for settings or arguments that no run could work with."""
        addresses(arguments)
        super().refuse(settings, arguments)

    async def work(self) -> None:
        """Fetches each article; what is in the archive already, again."""
        asked = self._stories()
        for start in range(0, len(asked), AT_ONCE):
            named = asked[start : start + AT_ONCE]
            docids = [story.docid for story in named]
            self.ledger.enlist(named, channel="")
            self.ledger.ask(docids)
            await self.fetch(stories.c.docid.in_(docids))

    def _stories(self) -> list[Story]:
        """One for each article, whichever of its URLs are asked for. The old pages' carry no
        docid, but the list may have given them one."""
        old = [url for url in self.asked if not urls.carries_docid(url)]
        listed = self.ledger.docids(old) if old else {}
        found: dict[str, str] = {}
        for url in self.asked:
            found.setdefault(listed.get(url) or urls.docid(url), url)
        return [_story(docid, url) for docid, url in found.items()]


def addresses(arguments: dict[str, str]) -> list[str]:
    """The URLs that are asked for. Raises ArgumentError for one that is none of Sina's."""
    for name in set(arguments) - {"urls"}:
        raise ArgumentError(name, arguments[name], "the argument urls only")
    accepted = "a file, - for standard input, or URLs with commas"
    if not arguments.get("urls"):
        raise ArgumentError("urls", "", accepted)
    asked = list(map(_address, _asked(_lines(arguments["urls"]))))
    if not asked:
        raise ArgumentError("urls", arguments["urls"], f"{accepted}, with a URL in it")
    return asked


def _asked(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are neither blank nor comments."""
    stripped = (line.strip() for line in lines)
    return (line for line in stripped if line and not line.startswith("#"))


def _lines(value: str) -> Iterable[str]:
    if "://" in value or value.startswith("//"):
        return value.split(",")
    try:
        return _standard_input() if value == "-" else Path(value).read_text("utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise ArgumentError("urls", value, f"a file that can be read ({error})") from error


@cache
def _standard_input() -> tuple[str, ...]:
    """Its lines, kept: it can be read only once, and is asked for by `refuse` and by the spider."""
    return tuple(sys.stdin)


def _address(line: str) -> str:
    try:
        parts = urlsplit(line)
    except ValueError as error:
        raise ArgumentError("urls", line, f"an article's URL ({error})") from error
    if parts.scheme not in {"http", "https", ""} or not _HOST.fullmatch(parts.hostname or ""):
        raise ArgumentError("urls", line, "an article's URL on sina.com.cn or sina.cn")
    if not parts.path.strip("/"):
        raise ArgumentError("urls", line, "an article's URL, not a front page's")
    return urls.canonical(line)


def _story(docid: str, url: str) -> Story:
    return Story(docid=docid, url=url, title="", ctime=0, intime=0, mtime=0)
