"""Spiders of a user's own that build on the project's."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from itemadapter import ItemAdapter
from scrapy import Request
from scrapy.http import Response

from sinanews.items import Article
from sinanews.spiders.china import ChinaSpider


class GreetingSpider(ChinaSpider):
    """Yields something else beside each article."""

    name = "greeting"

    def parse(self, response: Response, *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield {"hello": 1}
        yield from super().parse(response, *args, **kwargs)


class DictSpider(ChinaSpider):
    """Yields articles as dictionaries, with a field more."""

    name = "dicts"

    def parse(self, response: Response, *args: Any, **kwargs: Any) -> Iterator[Any]:
        for thing in super().parse(response, *args, **kwargs):
            if isinstance(thing, Article):
                yield {**ItemAdapter(thing).asdict(), "size": len(response.body)}
            else:
                yield thing


class HandledSpider(ChinaSpider):
    """Downloads in a way of its own."""

    name = "handled"
    custom_settings: ClassVar[dict[str, Any]] = {
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "handlers.Recording"),
        "DOWNLOADER_MIDDLEWARES": {"probes.Downloader": 543},
    }


class StubbornSpider(ChinaSpider):
    """Asks for its stories whatever robots.txt says, and only once."""

    name = "stubborn"

    def article_request(self, story: Any) -> Request:
        request = super().article_request(story)
        return request.replace(meta={"dont_obey_robotstxt": True, "dont_retry": True})


class ListlessSpider(ChinaSpider):
    """Walks no list: it fetches what others have listed."""

    name = "listless"

    async def start(self) -> AsyncIterator[Any]:
        for nothing in ():
            yield nothing
