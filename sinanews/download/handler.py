"""The download handlers in front of the configured one: a mirror for the live site, and for the
spiders of an archive the last look before the network."""

from inspect import iscoroutinefunction
from typing import Any, cast

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.misc import build_from_crawler, load_object

from sinanews.download.blocking import BLOCKED_STAT
from sinanews.download.failures import ProxyError, is_proxy_refusal, is_unexplained_distrust
from sinanews.download.hosts import validate
from sinanews.download.responses import rebuild_response
from sinanews.download.turns import wait_for_turn
from sinanews.exceptions import RefusedError
from sinanews.utils.urls import mirrored, original

EXPLAINING = "sinanews.download.aiohttp_handler.AiohttpDownloadHandler"


class MirrorDownloadHandler(BaseDownloadHandler):
    """Hands requests to the handler that the settings name for their scheme.

    With MIRROR_URL they go there, to that address alone, while everybody else sees the original
    URLs. A handler and no middleware, so that throttling, retries, robots.txt and redirects work on
    the original URLs too.
    """

    lazy = True  # other handlers may need an event loop that runs

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._mirror: str = crawler.settings["MIRROR_URL"] or ""
        self._handlers: dict[str, Any] = {}

    async def download_request(self, request: Request) -> Response:
        """The response to a request, under the request's own URL.

        Raises what the configured handler raises.
        """
        url = mirrored(request.url, self._mirror) if self._mirror else request.url
        try:
            response = await self._download(request, url)
        except UnicodeError as error:  # of a handler that takes headers for text
            raise DownloadFailedError(f"a header cannot be decoded: {error}") from error
        except Exception as error:
            if is_proxy_refusal(error):
                raise ProxyError from None
            raise
        location = response.headers.get("Location")
        if self._mirror and location:
            address = original(location.decode("latin-1"), self._mirror)
            response.headers["Location"] = address.encode("latin-1")
        return response

    async def _download(self, request: Request, url: str) -> Response:
        handler = self._handler(url)
        if hasattr(handler, "download_from"):  # as ours for aiohttp has: it saves two copies
            return cast("Response", await handler.download_from(request, url))
        if url == request.url:
            return await self._ask(handler, request)
        mirror_request = request.replace(url=url)
        response = await self._ask(handler, mirror_request)
        request.meta.update(mirror_request.meta)  # a handler notes its latency there
        return rebuild_response(response, url=request.url)

    async def _ask(self, handler: Any, request: Request) -> Response:  # noqa: ANN401 - any handler of Scrapy's or a user's
        if iscoroutinefunction(handler.download_request):
            return cast("Response", await handler.download_request(request))
        # The interface before Scrapy 2.14, which Scrapy still supports.
        awaitable = ensure_awaitable(handler.download_request(request, self.crawler.spider))
        return cast("Response", await awaitable)

    def _handler(self, url: str) -> Any:  # noqa: ANN401 - any handler of Scrapy's or a user's
        scheme = url.partition(":")[0]
        if scheme not in self._handlers:
            settings = self.crawler.settings
            path = settings["WRAPPED_DOWNLOAD_HANDLERS"].get(scheme)
            handler = load_object(path or settings["DOWNLOAD_HANDLERS_BASE"][scheme])
            self._handlers[scheme] = build_from_crawler(handler, self.crawler)
        return self._handlers[scheme]

    async def close(self) -> None:
        """Closes the handlers that were used."""
        for handler in self._handlers.values():
            if hasattr(handler, "close"):
                await ensure_awaitable(handler.close())


class ArchiveDownloadHandler(MirrorDownloadHandler):
    """The last look at the requests of an archive's spider: none goes to where the spider may not
    go, whatever made it, none to a site that has refused us while it waited for its turn, and all
    no faster than the site's budget has it."""

    async def download_request(self, request: Request) -> Response:
        """The response to a request, under the request's own URL.

        Raises OffsiteError for an address outside the spider's `allowed_domains`, RefusedError when
        the site has refused us, or the run ends before its turn has come, and what the configured
        handler raises.
        """
        validate(request, self.crawler.spider)
        self._require_welcome()
        await wait_for_turn(self.crawler)
        self._require_welcome()
        return await super().download_request(request)

    def _require_welcome(self) -> None:
        if self.crawler.stats.get_value(BLOCKED_STAT):
            raise RefusedError("not asked for: the site refuses us")

    async def _download(self, request: Request, url: str) -> Response:
        try:
            return await super()._download(request, url)
        except DownloadFailedError as error:
            ours = self.crawler.settings["WRAPPED_DOWNLOAD_HANDLERS"].get("https") is None
            if not ours or not is_unexplained_distrust(error):
                raise
        # Twisted's client does not say what is wrong with a certificate. aiohttp, which verifies
        # the same, does, before anything is sent.
        await wait_for_turn(self.crawler)
        if EXPLAINING not in self._handlers:
            self._handlers[EXPLAINING] = build_from_crawler(load_object(EXPLAINING), self.crawler)
        return cast("Response", await self._handlers[EXPLAINING].download_from(request, url))
