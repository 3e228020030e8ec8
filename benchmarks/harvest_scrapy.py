"""Scrapy without sinanews: a naive spider, and one that only downloads.

    python benchmarks/harvest_scrapy.py NAME URL FOLDER

harvests the site at URL, which is laid out as MIRROR_URL wants it, into FOLDER.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response, TextResponse

from harvest_peers import AT_ONCE, ROWS, asked, placed, write

BEST = {
    "CONCURRENT_REQUESTS": AT_ONCE,
    "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
    "CONCURRENT_ITEMS": 1,
    "METAREFRESH_ENABLED": False,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        "harvest_scrapy.LeanCompression": 590,
    },
}


class LeanCompression(HttpCompressionMiddleware):
    """Spared a guess: Scrapy 2.19 guesses the encoding of a body that is still compressed, for
    longer than it takes to download it, unless it has one already; the copy gets none."""

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """The response, its body unpacked."""
        if isinstance(response, TextResponse):
            response._encoding = response._encoding or "utf-8"  # noqa: SLF001 -- see above
        return super().process_response(request, response)


class Bare(Spider):
    """Downloads every page and does nothing with it."""

    name = "bare"
    root = folder = ""

    async def start(self) -> AsyncIterator[Request]:
        """The list, from its first page."""
        yield Request(asked(self.root, 1), self.parse_list, cb_kwargs={"page": 1})

    def parse_list(self, response: TextResponse, page: int) -> Iterator[Request]:
        """Its articles, and its next page."""
        rows = json.loads(response.body)["result"]["data"]
        for row in rows:
            yield Request(placed(self.root, row), self.parse, cb_kwargs={"row": row})
        if len(rows) == ROWS:
            yield Request(asked(self.root, page + 1), self.parse_list, cb_kwargs={"page": page + 1})

    def parse(self, response: Response, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Nothing of a page."""
        del response, row
        return iter(())


class Naive(Bare):
    """The spider that a tutorial leads to: parsel, a file for each article, Scrapy's defaults."""

    name = "naive"

    def parse(self, response: Response, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The article's fields; its post is written on the way."""
        body = response.css("#artibody, #article")
        item = {
            "title": (response.css("h1.main-title::text").get() or "").strip(),
            "date": response.css(".date-source .date::text").get(),
            "source": response.css(".date-source .source::text").get(),
            "editor": response.css(".article-editor::text, .show_author::text").get(),
            "keywords": response.css("meta[name=keywords]::attr(content)").get(),
            "images": [response.urljoin(src) for src in body.css("img::attr(src)").getall()],
            "text": "\n".join("".join(p.css("::text").getall()).strip() for p in body.css("p")),
        }
        write(Path(self.folder), row, item, body.get() or "")
        yield item


CONTESTANTS: dict[str, tuple[type[Bare], dict[str, Any]]] = {
    "naive": (Naive, {}),
    "bare": (Bare, {}),
    "best": (Bare, BEST),
}


def main(name: str, root: str, folder: str) -> None:
    """Crawls to the end."""
    spider, settings = CONTESTANTS[name]
    process = CrawlerProcess({"LOG_LEVEL": "INFO", **settings})
    process.crawl(spider, root=root, folder=folder)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
