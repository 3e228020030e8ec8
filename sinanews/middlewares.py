"""Between Scrapy and the network: a mirror in place of the live site; a site that refuses us."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from copy import copy
from typing import Self
from weakref import WeakSet

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError
from scrapy.http import Headers, Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from sinanews.blocks import Refusals
from sinanews.exceptions import PackedError, RefusedError
from sinanews.report import BLOCKED
from sinanews.stops import Stop
from sinanews.unpacking import unpacked
from sinanews.urls import mirrored, original

# aiohttp's messages name the object that has the settings of TLS.
_TLS_OBJECT = re.compile(r" ssl:<[^>]*>")
# The crawlers that their site has refused: what waits in the downloader is not sent any more.
_REFUSED: WeakSet[Crawler] = WeakSet()


class MirrorHandler(AiohttpDownloadHandler):
    """Downloads from MIRROR_URL, when it is set, while everybody else sees the original URLs.

    A download handler and no middleware, so that throttling, retries, robots.txt and redirects
    work on the original URLs too. By aiohttp, in half the time that Twisted's client takes.
    """

    experimental = False  # Scrapy warns of its interface, which may change in its next version
    lazy = True  # aiohttp begins in a loop that runs

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._mirror: str = crawler.settings["MIRROR_URL"]

    async def download_request(self, request: Request) -> Response:
        """The response to a request, under the request's own URL. Raises RefusedError when the
        site has refused us while the request waited for its turn."""
        if self.crawler in _REFUSED:
            raise RefusedError("not asked for: the site refuses us")
        self._count("downloader/request_count")
        # A copy whose fields are set, for `replace` would check and copy all of them.
        asked = copy(request)
        asked._body = request.body or None  # type: ignore[assignment] # noqa: SLF001 - or else aiohttp sends `Content-Length: 0`
        if self._mirror:
            asked._set_url(mirrored(request.url, self._mirror))  # noqa: SLF001 - see above
        try:
            response = await super().download_request(asked)
        except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
            raise type(error)(_TLS_OBJECT.sub("", str(error))) from error
        if self._mirror:
            self._restore(request.url, response)
        return response

    async def _iter_body_chunks(self, response: _ClientResponse) -> AsyncIterator[bytes]:  # type: ignore[override] # static at Scrapy's
        """The body unpacked, where Scrapy's middleware would make a second response of it."""
        chunks = self._counted(response.content.iter_any())
        encoding = response.headers.get("Content-Encoding", "").strip().lower().removeprefix("x-")
        packed = encoding not in {"", "identity"}
        try:
            async for chunk in unpacked(chunks, encoding) if packed else chunks:
                yield chunk
        except PackedError as error:
            raise aiohttp.ClientPayloadError(str(error)) from error

    async def _counted(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._count("downloader/response_bytes", len(chunk))
            yield chunk

    @staticmethod
    def _extract_headers(response: _ClientResponse) -> Headers:
        headers = AiohttpDownloadHandler._extract_headers(response)  # noqa: SLF001 - a static method has no super()
        headers.pop("Content-Encoding", None)
        return headers

    def _count(self, what: str, amount: int = 1) -> None:
        """In place of Scrapy's DownloaderStats, which would count what was unpacked."""
        assert self.crawler.stats, "a crawler that runs has stats"
        self.crawler.stats.inc_value(what, amount)

    def _restore(self, url: str, response: Response) -> None:
        response._url = url  # noqa: SLF001 - see above
        location = response.headers.get("Location")
        if location:
            response.headers["Location"] = original(location.decode("latin-1"), self._mirror)


class StrictRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's, for every request: of those that wait for one robots.txt, Scrapy 2.19 tells only
    the first what it says, and lets the others through whatever it says."""

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """What the robots.txt of the request's host says, None when it could not be had."""
        await super().robot_parser(request)
        parser = self._parsers[urlparse_cached(request).netloc]
        assert not isinstance(parser, Deferred), "the robots.txt that was waited for is there"
        return parser


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
        sign = self._refusals.sign(response.status, response.body)
        if sign:
            _REFUSED.add(self._crawler)
            self._stop.because(f"{BLOCKED}{sign} ({request.url})")
        return response
