"""Scrapy without sinanews: a naive spider, and one that only downloads.

    python benchmarks/harvest_scrapy.py NAME URL FOLDER

harvests the site at URL, which has the layout that MIRROR_URL expects, into FOLDER.
"""

import gzip
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from harvest_peers import CONCURRENCY, ROWS_PER_PAGE, article_url, list_url, write

BEST = {
    "CONCURRENT_REQUESTS": CONCURRENCY,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
    "CONCURRENT_ITEMS": 1,
    "METAREFRESH_ENABLED": False,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
        "harvest_scrapy.LeanCompression": 590,
    },
}


class LeanCompression:
    """Decompresses gzip, and builds the response anew.

    The `Response.replace` that Scrapy's own middleware calls guesses, in Scrapy 2.19, the encoding
    of the body that is still compressed, which takes longer than the download.
    """

    def process_request(self, request: Request) -> None:
        """Asks for gzip."""
        request.headers.setdefault("Accept-Encoding", b"gzip")

    def process_response(self, request: Request, response: Response) -> Response:
        """The response, its body decompressed."""
        del request
        if response.headers.get("Content-Encoding") != b"gzip":
            return response
        body = gzip.decompress(response.body)
        del response.headers["Content-Encoding"]
        cls = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        names = set(response.attributes) - {"encoding", "body"}
        return cls(body=body, **{name: getattr(response, name) for name in names})


class Bare(Spider):
    """Downloads every page and does nothing with it."""

    name = "bare"
    root = folder = ""

    async def start(self) -> AsyncIterator[Request]:
        """Yields the request for the list's first page."""
        yield Request(list_url(self.root, 1), self.parse_list, cb_kwargs={"page": 1})

    def parse_list(self, response: Response, page: int) -> Iterator[Request]:
        """Yields the requests for the listed articles and for the next page."""
        rows = json.loads(response.body)["result"]["data"]
        for row in rows:
            yield Request(article_url(self.root, row), self.parse, cb_kwargs={"row": row})
        if len(rows) == ROWS_PER_PAGE:
            url = list_url(self.root, page + 1)
            yield Request(url, self.parse_list, cb_kwargs={"page": page + 1})

    def parse(self, response: Response, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yields nothing."""
        del response, row
        return iter(())


class Naive(Bare):
    """The spider that a tutorial leads to: parsel, a file for each article, Scrapy's defaults."""

    name = "naive"

    def parse(self, response: Response, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Writes the article's post and yields its fields."""
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
    """Crawls the whole site."""
    spider, settings = CONTESTANTS[name]
    process = CrawlerProcess({"LOG_LEVEL": "INFO", **settings})
    process.crawl(spider, root=root, folder=folder)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:4])
