"""Parts of Scrapy that do not work, by name, for `-s DOWNLOADER_MIDDLEWARES`."""

from scrapy import Request


class Pages:
    def process_request(self, request: Request) -> None:
        assert "/doc-i" not in request.url, "something is wrong with pages"


class Lists:
    def process_request(self, request: Request) -> None:
        assert "api/roll" not in request.url, "something is wrong with lists"
