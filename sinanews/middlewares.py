"""Downloader middlewares: where we may go, robots.txt, redirects, proxies, bodies unpacked whole, a
site that refuses us."""

import asyncio
import logging
from collections import defaultdict
from typing import Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.settings import BaseSettings
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

from sinanews import __version__
from sinanews.archive.warc import FOLDER, PageFiles, ServedPage
from sinanews.download.blocking import (
    BLOCKED,
    BLOCKED_STAT,
    CAPTCHA_PAGE,
    FAILED_BEFORE,
    LOGIN_PAGE,
    REFUSALS,
    Refusals,
    is_captcha,
    is_login_page,
    is_login_url,
    list_refusal,
)
from sinanews.download.decompression import content_encoding, unpacked
from sinanews.download.failures import describe, detail
from sinanews.download.hosts import PICTURE, UNREADABLE, is_sinas, validate
from sinanews.exceptions import (
    BlockedError,
    DecompressionError,
    LoginPageError,
    OffsiteError,
    PageNotKeptError,
    RobotsTxtError,
    RobotsTxtUnavailableError,
    TooLargeError,
)
from sinanews.extraction import page, redirects
from sinanews.roll.api import Story
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.stop import Stop
from sinanews.utils.proxies import proxy_for
from sinanews.utils.times import file_time
from sinanews.utils.urls import is_roll_url, mirrored

SERVED = "served"  # in a request's meta: headers and body of its answer as they came
PROXY_OF_ENVIRONMENT = "proxy_of_environment"  # in a request's meta
CLIENT_ERROR, SERVER_ERROR = 400, 500  # where these statuses begin
OK, FOUND = 200, 302

logger = logging.getLogger(__name__)


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's, but as RFC 9309 has it: a robots.txt with a status of 4xx forbids nothing, one that
    cannot be had forbids all for now. And for every request: of those that wait for one robots.txt,
    Scrapy 2.19 tells only the first what it says, and lets the others through whatever it says."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._rules: dict[str, RobotParser | RobotsTxtUnavailableError | None] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """What the robots.txt of the request's host says, None when it forbids nothing.

        Raises RobotsTxtUnavailableError when it could not be had.
        """
        url = urlparse_cached(request)
        async with self._locks[url.netloc]:
            if url.netloc not in self._rules:
                self._rules[url.netloc] = await self._read(request)
        rules = self._rules[url.netloc]
        if isinstance(rules, RobotsTxtUnavailableError):
            raise rules
        return rules

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raises RobotsTxtError for a request that is forbidden."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            host = urlparse_cached(request).netloc
            raise RobotsTxtError(f"robots.txt of {host} forbids it") from error

    async def _read(self, request: Request) -> RobotParser | RobotsTxtUnavailableError | None:
        url = urlparse_cached(request)
        # Or a host that has pictures only would be none of ours.
        mark = {PICTURE: request.meta[PICTURE]} if PICTURE in request.meta else {}
        robots_request = Request(
            f"{url.scheme}://{url.netloc}/robots.txt",
            priority=self.DOWNLOAD_PRIORITY,
            meta={"dont_obey_robotstxt": True, **mark},
            callback=NO_CALLBACK,
        )
        stats = self.crawler.stats
        stats.inc_value("robotstxt/request_count")
        try:
            response = await self.crawler.engine.download_async(robots_request)
        except OffsiteError as error:
            logger.warning(
                "robots.txt of %s leads elsewhere and counts as none: %s", url.netloc, error
            )
            return None
        except IgnoreRequest:  # such as one redirect too many, which counts as a status of 4xx
            return None
        except Exception as error:
            reason = describe(error, robots_request)
            if reason is None:
                raise
            return self._unavailable(url.netloc, reason, detail(error))
        stats.inc_value("robotstxt/response_count")
        stats.inc_value(f"robotstxt/response_status_count/{response.status}")
        if response.status >= SERVER_ERROR:
            return self._unavailable(url.netloc, f"HTTP {response.status}")
        if response.status >= CLIENT_ERROR:
            return None
        return await self._parse(response, request)

    async def _parse(self, response: Response, request: Request) -> RobotParser:
        parser_class = load_object(self.crawler.settings["ROBOTSTXT_PARSER"])
        parser: RobotParser = build_from_crawler(parser_class, self.crawler, response.body)
        await self.crawler.signals.send_catch_log_async(
            signal=signals.robots_parsed, robotparser=parser, request=request
        )
        return parser

    @staticmethod
    def _unavailable(host: str, reason: str, details: str = "") -> RobotsTxtUnavailableError:
        why = reason + details
        logger.warning("robots.txt of %s: %s; what is there waits for a later run", host, why)
        return RobotsTxtUnavailableError(f"robots.txt of {host}: {reason}")


class AnswerMiddleware:
    """Answers every request of a spider that asks no site with an empty page, before any other
    middleware sees it: there is nobody whom it could reach."""

    def process_request(self, request: Request) -> Response:
        """The empty page."""
        return Response(request.url)


class LoginMiddleware:
    """Follows no redirect to where one logs in: there is no article."""

    def process_request(self, request: Request) -> None:
        """Raises LoginPageError."""
        if is_login_url(request.url):
            raise LoginPageError(LOGIN_PAGE)


class HostsMiddleware:
    """Lets through only what the spider's `allowed_domains` have: stories, robots.txt, links that a
    page names, and redirects, each of them a request of its own.

    Scrapy's own would let through what has `dont_filter`, as stories do and where they lead, and
    `allow_offsite`; and it drops the others without a word to their errbacks.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler whose spider says where it may go."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raises OffsiteError."""
        validate(request, self._crawler.spider)


class RedirectsMiddleware(RedirectMiddleware):
    """Scrapy's, but an address that cannot be read fails the page with that reason, and not as an
    error of ours.

    REDIRECT_ENABLED=False switches it off.
    """

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002 - Scrapy's own still takes it
    ) -> Request | Response:
        """The response, or a request for where it leads. Raises OffsiteError."""
        try:
            return super().process_response(request, response)
        except ValueError as error:  # for brackets in the host, and the like
            raise OffsiteError(UNREADABLE) from error


class PageRedirectsMiddleware(RedirectsMiddleware):
    """Follows a page that is nothing but a redirect, by a meta element or a script, as if its
    answer were one: to the same hosts, and as many in a row.

    Scrapy's MetaRefreshMiddleware follows pages that have an article as well, and no scripts. The
    answers of a list, and what a component asks for itself, such as robots.txt, are no pages.

    REDIRECT_ENABLED=False switches it off. METAREFRESH_MAXDELAY holds for it, too.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._most_seconds = settings.getint("METAREFRESH_MAXDELAY")

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """The response, or a request for where its page leads. Raises OffsiteError."""
        if is_roll_url(_first_url(request)) or request.callback is NO_CALLBACK:
            return response
        if is_login_page(response.body) or is_captcha(response.body):
            return response  # which says more than where it leads
        url = redirects.target(response, self._most_seconds)
        if not url:
            return response
        answer = Response(response.url, status=FOUND, headers={"Location": url})
        followed = super().process_response(request, answer, spider)
        return response if followed is answer else followed


class ProxyMiddleware(HttpProxyMiddleware):
    """Scrapy's, but the address that is really asked decides, a mirror's where there is one; and
    `all_proxy` counts too. A `proxy` in a request's meta wins, as with Scrapy's.

    HTTPPROXY_ENABLED=False switches it off.
    """

    mirror: str

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's settings. Raises NotConfigured when it is switched off."""
        middleware = super().from_crawler(crawler)
        middleware.mirror = crawler.settings["MIRROR_URL"] or ""
        return middleware

    def process_request(self, request: Request, spider: Spider | None = None) -> None:  # noqa: ARG002 - Scrapy's own still takes it
        """Names the proxy, and sends its password where only the proxy reads it."""
        if "proxy" not in request.meta or request.meta.get(PROXY_OF_ENVIRONMENT):
            url = mirrored(request.url, self.mirror) if self.mirror else request.url
            request.meta[PROXY_OF_ENVIRONMENT] = True  # a redirect's address is looked up anew
            request.meta["proxy"] = proxy_for(url)
        super().process_request(request)


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

        Raises ResponseDataLossError when it could not be unpacked whole after all tries, and
        DownloadCancelledError at once when it is larger than DOWNLOAD_MAXSIZE.
        """
        encoding = content_encoding(response)
        if not encoding or request.method == "HEAD":
            return response
        max_size = request.meta.get("download_maxsize", self._maxsize)
        try:
            return unpacked(response, max_size)
        except TooLargeError as error:
            raise DownloadCancelledError(str(error)) from error
        except DecompressionError as error:
            return self._retry(request, error)

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


class ServedMiddleware:
    """A downloader middleware that holds an article's page as it was served, before its body is
    unpacked, until `KeepPagesMiddleware` writes it."""

    def process_response(self, request: Request, response: Response) -> Response:
        """The response as it is."""
        if response.status == OK and isinstance(request.cb_kwargs.get("story"), Story):
            # No response: that knows its request, and such circles stay in memory for long.
            pairs = response.headers.items()
            headers = [(name, value) for name, values in pairs for value in values]
            request.meta[SERVED] = headers, response.body
        return response


class KeepPagesMiddleware:
    """A spider middleware that writes each article's page to the archive before it is read:
    KEEP_PAGES. What leads to no callback, such as redirects and refusals, is no page.

    So whatever article the ledger has was made of pages that are kept.
    """

    def __init__(self, spider: ArchiveSpider) -> None:
        self._spider = spider
        self._files: PageFiles | None = None  # until the first page comes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's spider, at whose end the last file is closed."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        keeper = cls(crawler.spider)
        crawler.signals.connect(keeper.spider_closed, signals.spider_closed)
        return keeper

    def process_spider_input(self, response: Response) -> None:
        """Writes the page. Raises PageNotKeptError when it cannot be written, which ends the run
        and leaves the article to the next one."""
        request = response.request
        assert request, "a response that a spider gets was asked for"
        headers, body = request.meta.pop(SERVED, (None, b""))
        if headers is None:
            return
        kwargs = request.cb_kwargs
        page = ServedPage(
            docid=kwargs["story"].docid,
            url=response.url,
            asked_url=_first_url(request),
            status=response.status,
            headers=headers,
            body=body,
            is_further="mobile" in kwargs or "parts" in kwargs,
        )
        try:
            self._page_files().add(page)
        except OSError as error:
            raise PageNotKeptError(self._spider.close_run(error)) from error

    def _page_files(self) -> PageFiles:
        if self._files is None:
            spider, config = self._spider, self._spider.config
            run = f"{spider.name}-{file_time(spider.ledger.started)}-{spider.ledger.run}"
            folder, size = config.output / FOLDER, config.pages_file_size
            self._files = PageFiles(folder, run, size, f"sinanews/{__version__}")
        return self._files

    def spider_closed(self) -> None:
        """Closes the file that is open."""
        try:
            if self._files:
                self._files.close()
        except OSError as error:  # the next run closes it
            logger.error("the kept pages could not be closed: %s", error)  # noqa: TRY400 - the reason is the message


class BlockMiddleware:
    """Stops a run that the site refuses, before it asks for hundreds of pages in vain: at the first
    such answer of a list, or when half of the last article pages of Sina's hosts were refused.

    Neither a robots.txt nor the answer of a foreign host says anything of that, nor does a page
    that is refused once more, as in an earlier run that went on.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._stop = Stop(crawler)
        self._refusals = Refusals()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler that it may have to stop."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """The response; a refusal too many closes the spider.

        Raises BlockedError for an answer of a list that refuses us, which is not asked again.
        """
        if is_roll_url(_first_url(request)):
            if reason := list_refusal(response.status, response.body):
                self._crawler.stats.set_value(BLOCKED_STAT, reason)
                raise BlockedError(f"{reason} ({request.url})")
        elif is_sinas(response.url) and _is_first_answer(request, response):
            self._count(request, _refusal(response))
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Counts a page of Sina's that leads to a login."""
        redirects = request.meta.get("redirect_urls", ())
        is_page = PICTURE not in request.meta
        if is_page and isinstance(exception, LoginPageError) and any(map(is_sinas, redirects)):
            self._count(request, LOGIN_PAGE)

    def _count(self, request: Request, refusal: str | None) -> None:
        if refusal and refusal == request.meta.get(FAILED_BEFORE):
            return  # then it was the page's own, or it would not count as tried
        reason = self._refusals.block_reason(refusal)
        if reason and refusal:
            self._crawler.stats.set_value(BLOCKED_STAT, reason)
            self._stop.close(f"{BLOCKED}{reason} ({request.url})")


def _first_url(request: Request) -> str:
    """What was asked for before any redirect."""
    urls: list[str] = request.meta.get("redirect_urls", [request.url])
    return urls[0]


def _is_first_answer(request: Request, response: Response) -> bool:
    """Whether this is what the site says to a page, for the first time: each retry of a page that
    is refused would count for itself otherwise, a cache is not the site, and who refuses a picture
    may have something against its use elsewhere."""
    robots = urlparse_cached(request).path == "/robots.txt"
    is_page = not (robots or PICTURE in request.meta)
    return is_page and not (request.meta.get("retry_times") or "cached" in response.flags)


def _refusal(response: Response) -> str | None:
    """How a page refuses us; None for one that does not."""
    if response.status in REFUSALS:
        return f"HTTP {response.status}"
    if is_login_page(response.body):
        return LOGIN_PAGE
    if is_captcha(response.body) and not page.has_layout(response):
        return CAPTCHA_PAGE
    return None
