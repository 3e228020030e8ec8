"""Parts of a Scrapy project that do something of their own about the story n2, and n3 and n4."""

from collections.abc import AsyncIterator
from typing import Any

from itemadapter import ItemAdapter, is_item
from scrapy import Request
from scrapy.exceptions import DropItem, IgnoreRequest
from scrapy.http import HtmlResponse, Response

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>
<h1 class="main-title">标题</h1>
<div class="date-source"><span class="date">2026年09月29日 00:34</span></div>
<div class="article" id="artibody"><p>von anderswo</p></div></body></html>"""


class Answers:
    def process_request(self, request: Request) -> Response | None:
        if "doc-in2." not in request.url:
            return None
        return HtmlResponse(request.url, body=PAGE, encoding="utf-8")


class Ignores:
    def process_request(self, request: Request) -> None:
        if "doc-in2." in request.url:
            raise IgnoreRequest("not this one")


class DropsItem:
    async def process_spider_output(
        self,
        response: Response,  # noqa: ARG002 - Scrapy's signature
        result: AsyncIterator[Any],
    ) -> AsyncIterator[Any]:
        async for thing in result:
            if docid(thing) != "n2":
                yield thing


def docid(thing: object) -> str | None:
    return ItemAdapter(thing).get("docid") if is_item(thing) else None


class _Drops:
    dropped = ""

    def process_item(self, item: Any) -> Any:
        if docid(item) == self.dropped:
            raise DropItem(f"not {self.dropped}")
        return item


class Drops50(_Drops):
    dropped = "n1"


class Drops150(_Drops):
    dropped = "n2"


class Drops250(_Drops):
    dropped = "n3"


class Drops350(_Drops):
    dropped = "n4"


class _Raises:
    wrong = ""

    def process_item(self, item: Any) -> Any:
        if docid(item) == self.wrong:
            raise RuntimeError(f"something is wrong with {self.wrong}")
        return item


class Raises50(_Raises):
    wrong = "n1"


class Raises150(_Raises):
    wrong = "n2"


class Raises250(_Raises):
    wrong = "n3"


class Raises350(_Raises):
    wrong = "n4"
