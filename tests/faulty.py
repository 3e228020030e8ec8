"""Parts of Scrapy that do not work, by name, for `-s DOWNLOADER_MIDDLEWARES`."""

from scrapy import Request
from scrapy.http import Response


class Pages:
    def process_request(self, request: Request) -> None:
        assert "/doc-i" not in request.url, "something is wrong with pages"


class Lists:
    def process_request(self, request: Request) -> None:
        assert "api/roll" not in request.url, "something is wrong with lists"


class ListAnswers:
    """A spider middleware that fails at the answer of the first channel's list."""

    def process_spider_input(self, response: Response) -> None:
        if "lid=1686" in response.url:
            raise RuntimeError("something is wrong with this answer")
