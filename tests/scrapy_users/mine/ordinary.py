"""A spider that has nothing to do with archives, in a file that runs by itself."""

from collections.abc import Iterator
from typing import Any

from scrapy import Spider
from scrapy.http import Response


class OrdinarySpider(Spider):
    """Yields the title of each page; argument: `urls`, with commas. Follows links."""

    name = "ordinary"

    def __init__(self, urls: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = urls.split(",")

    def parse(self, response: Response) -> Iterator[Any]:
        yield {"url": response.url, "title": response.css("h1::text").get()}
        yield from response.follow_all(css="a")
