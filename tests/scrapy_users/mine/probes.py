"""Parts of a Scrapy project that write down what Scrapy hands them and change nothing.

A line of JSON each, into the file that PROBES names.
"""

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter, is_item
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response


def note(who: str, what: str, **more: object) -> None:
    """Writes down what happened to whom."""
    line = json.dumps({"who": who, "what": what, **more}, default=str)
    with Path(os.environ["PROBES"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def headers(message: Request | Response) -> dict[str, str]:
    return message.headers.to_unicode_dict()


class Downloader:
    """A downloader middleware."""

    name = "downloader"

    def process_request(self, request: Request) -> None:
        note(self.name, "request", url=request.url, headers=headers(request))

    def process_response(self, request: Request, response: Response) -> Response:
        note(self.name, "response", url=response.url, status=response.status, asked=request.url)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        note(self.name, "exception", url=request.url, error=type(exception).__name__)


class Nearest(Downloader):
    """One that stands next to the network."""

    name = "nearest"


class Scraping:
    """A spider middleware."""

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for thing in start:
            note("spider", "start", url=thing.url)
            yield thing

    def process_spider_input(self, response: Response) -> None:
        note("spider", "response", url=response.url, status=response.status)

    async def process_spider_output(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        async for thing in result:
            note("spider", "yielded", url=response.url, **described(thing))
            yield thing


def described(thing: object) -> dict[str, object]:
    """What was yielded, in short."""
    if isinstance(thing, Request):
        return {"kind": "Request", "target": thing.url}
    fields = ItemAdapter(thing).asdict() if is_item(thing) else {}
    return {"kind": type(thing).__name__, "docid": fields.get("docid"), "fields": [*fields]}


class Items:
    """A pipeline."""

    name = "items"

    def process_item(self, item: Any) -> Any:
        note(self.name, "item", **described(item))
        return item


class Items50(Items):
    name = "items at 50"


class Items150(Items):
    name = "items at 150"


class Items250(Items):
    name = "items at 250"


class Items350(Items):
    name = "items at 350"


class Crawl:
    """An extension: what a crawl is made of, and its counts."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        settings = self.crawler.settings
        names = [name for name in settings if name.endswith("_BASE")]
        note(
            "crawl",
            "opened",
            bases={name: settings.getdict(name) for name in names},
            scheduler=settings["SCHEDULER"],
            pipelines=[str(path) for path in settings.getdict("ITEM_PIPELINES")],
        )

    def closed(self, reason: str) -> None:
        note(
            "crawl",
            "closed",
            reason=reason,
            reactor="twisted.internet.reactor" in sys.modules,
            stats=self.crawler.stats.get_stats(),
        )
