"""Between Scrapy and the network: a mirror in place of the live site; a site that refuses us."""

from copy import copy
from typing import Self
from weakref import WeakSet

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response, TextResponse
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from sinanews.blocks import Refusals
from sinanews.exceptions import RefusedError
from sinanews.report import BLOCKED
from sinanews.stops import Stop
from sinanews.urls import mirrored, original

# The crawlers that their site has refused: what waits in the downloader is not sent any more.
_REFUSED: WeakSet[Crawler] = WeakSet()


class MirrorHandler(HTTP11DownloadHandler):
    """Downloads from MIRROR_URL, when it is set, while everybody else sees the original URLs.

    A download handler and no middleware, so that throttling, retries, robots.txt and redirects
    work on the original URLs too.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler
        self._mirror: str = crawler.settings["MIRROR_URL"]

    async def download_request(self, request: Request) -> Response:
        """The response to a request, under the request's own URL. Raises RefusedError when the
        site has refused us while the request waited for its turn."""
        if self._crawler in _REFUSED:
            raise RefusedError("not asked for: the site refuses us")
        if not self._mirror:
            return await super().download_request(request)
        asked = copy(request)
        asked._set_url(mirrored(request.url, self._mirror))  # noqa: SLF001 - `replace` checks and copies all else
        response = await super().download_request(asked)
        self._restore_location(response)
        response._url = request.url  # noqa: SLF001 - as above
        return response

    def _restore_location(self, response: Response) -> None:
        location = response.headers.get("Location")
        if location:
            response.headers["Location"] = original(location.decode("latin-1"), self._mirror)


class LeanCompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, spared a guess: copying a text response, Scrapy 2.19 guesses the encoding of the
    body that is still compressed, which takes longer than reading an article does. Who has an
    encoding need not guess; the copy gets none, and looks for it in the text."""

    def process_response(  # type: ignore[override] # the third argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        """The response, its body decompressed."""
        if isinstance(response, TextResponse) and "Content-Encoding" in response.headers:
            response._encoding = response._encoding or "utf-8"  # noqa: SLF001 - see above
        return super().process_response(request, response)


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
