"""Downloader middlewares: robots.txt, bodies unpacked whole, a site that refuses us."""

import asyncio
from collections import defaultdict
from typing import Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from scrapy.responsetypes import responsetypes
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from sinanews.download.blocking import BLOCKED, BLOCKED_STAT, Refusals
from sinanews.download.decompression import content_encoding, decompress
from sinanews.download.responses import rebuild_response
from sinanews.exceptions import DecompressionError, RobotsTxtError
from sinanews.spiders.stop import Stop


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's, for every request: of those that wait for one robots.txt, Scrapy 2.19 tells only
    the first what it says, and lets the others through whatever it says."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """What the robots.txt of the request's host says, None when it could not be had."""
        async with self._locks[urlparse_cached(request).netloc]:
            return await super().robot_parser(request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raises RobotsTxtError for a request that is forbidden."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RobotsTxtError(f"robots.txt forbids {request.url}") from error


class DecompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, but a body is unpacked as a whole or not at all: `scrapy.utils.gz.gunzip` takes
    what there is of a gzip that was cut off, and such a page would pass for an article.

    COMPRESSION_ENABLED=False switches it off.
    """

    crawler: Crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's settings. Raises NotConfigured when it is switched off."""
        middleware = super().from_crawler(crawler)
        middleware.crawler = crawler
        return middleware

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002 - Scrapy's own still takes it
    ) -> Request | Response:
        """The response unpacked, or a request to try again.

        Raises ResponseDataLossError when it could not be unpacked whole after all tries.
        """
        encoding = content_encoding(response)
        if not encoding or request.method == "HEAD":
            return response
        max_size = request.meta.get("download_maxsize", self._maxsize)
        try:
            body = decompress(response.body, encoding, max_size)
        except DecompressionError as error:
            return self._retry(request, error)
        del response.headers["Content-Encoding"]
        cls = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        return rebuild_response(response, cls, body=body)

    @property
    def _maxsize(self) -> int:
        return self.crawler.settings.getint("DOWNLOAD_MAXSIZE")

    def _retry(self, request: Request, error: DecompressionError) -> Request:
        spider = self.crawler.spider
        assert spider, "a response belongs to a crawl"
        retry = get_retry_request(request, spider=spider, reason=str(error))
        if retry is None:
            raise ResponseDataLossError(str(error)) from error
        retry.meta["dont_cache"] = True  # a cache has the damaged body by now
        return retry


class BlockMiddleware:
    """Stops a run that the site refuses, before it asks for hundreds of pages in vain."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stop = Stop(crawler)
        self._refusals = Refusals()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler that it may have to stop."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """The response; a refusal too many closes the spider."""
        reason = self._refusals.block_reason(response.status, response.body)
        if reason:
            self._crawler.stats.set_value(BLOCKED_STAT, reason)
            self._stop.close(f"{BLOCKED}{reason} ({request.url})")
        return response
