"""What all spiders share: claims from the ledger become requests, responses become items."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from sinanews import page
from sinanews.blocks import is_captcha
from sinanews.exceptions import LayoutError, RefusedError
from sinanews.files import writable_folder
from sinanews.items import Article, Rejection, State
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.publish import cannot_write, repair
from sinanews.report import BLOCKED
from sinanews.roll import Story
from sinanews.rows import Claim
from sinanews.spiders.lists import REFERER

Item = Article | Rejection
GONE = (404, 410)
SMALLEST = 65_536  # bytes that a disk must have left for a run to begin
BATCH = 32  # claims in hand at once: enough to keep the downloader busy, few to lose to a kill


class ArchiveSpider(Spider):
    """A spider whose work stands in the ledger."""

    options: Options
    ledger: Ledger
    hindrance = ""  # why the run cannot even begin

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:  # noqa: ARG003 - for the spiders to read
        """Raises ArgumentError for settings or arguments that no run could work with, LedgerError
        for a ledger that cannot be used."""
        options = Options.of(settings)
        writable_folder("OUTPUT_DIR", options.output, SMALLEST)
        Ledger.opened(options).check()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """The spider, its arguments read. Raises ArgumentError before anything is requested."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.options = Options.of(crawler.settings)
        spider.ledger = Ledger.of(crawler)
        spider.begin()
        return spider

    def begin(self) -> None:
        """Clears up behind runs that were killed, and begins this one."""
        try:
            self.ledger.release_dead()
            repair(self.ledger, self.options)
            self.ledger.begin(self.name)
        except (OSError, SQLAlchemyError) as error:
            self.hindrance = cannot_write(error, self.options.output, self.ledger)

    async def start(self) -> AsyncIterator[Any]:
        """The spider's requests; a ledger that fails ends the run."""
        try:
            if not self.hindrance:
                async for request in self.requests():
                    yield request
        except SQLAlchemyError as error:
            self.hindrance = cannot_write(error, self.options.output, self.ledger)
        if self.hindrance:
            self.logger.error("%s; the run ends here", self.hindrance)
            raise CloseSpider(self.hindrance)

    def requests(self) -> AsyncIterator[Any]:
        """What the spider asks for; each spider's own."""
        raise NotImplementedError

    async def claimed(
        self, wanted: ColumnElement[bool], limit: float = float("inf")
    ) -> AsyncIterator[Request]:
        """A request for each story that is due and wanted, as fast as they can be sent."""
        while limit > 0:
            await self._downloader_has_room()
            claims = self.ledger.claim(int(min(BATCH, limit)), wanted)
            limit -= len(claims)
            for claim in claims:
                yield self._request(claim)
            if not claims:
                return

    async def _downloader_has_room(self) -> None:
        engine = self.crawler.engine
        while engine is not None and engine.needs_backout():
            await self.crawler.signals.wait_for(signals.scheduler_empty)

    def _request(self, claim: Claim) -> Request:
        return Request(
            claim.story.url,
            callback=self.parse,
            errback=self.failed,
            headers=REFERER,
            cb_kwargs={"claim": claim},
            dont_filter=True,  # the ledger has filtered already
        )

    def parse(self, response: Response, claim: Claim) -> Iterator[Item | Request]:
        """The article of a page, or why there is none; a mobile page leads to its PC page."""
        item = self._read(response, claim)
        pc = page.pc_url(response) if isinstance(item, Article) and item.layout == "M" else None
        yield self._pc_request(pc, claim, item) if pc else item

    def _pc_request(self, url: str, claim: Claim, mobile: Item) -> Request:
        return self._request(claim).replace(
            url=url,
            callback=self.parse_pc,
            errback=self.keep_mobile,
            cb_kwargs={"claim": claim, "mobile": mobile},
        )

    def parse_pc(self, response: Response, claim: Claim, mobile: Item) -> Iterator[Item]:
        """The article of the PC page, or else the one of the mobile page."""
        item = self._read(response, claim)
        yield item if isinstance(item, Article) else mobile

    def keep_mobile(self, failure: Failure) -> Iterator[Item]:
        """The article of the mobile page, when there is no PC page."""
        yield failure.request.cb_kwargs["mobile"]  # type: ignore[attr-defined] # Scrapy sets it

    def _read(self, response: Response, claim: Claim) -> Item:
        try:
            return page.read(response, claim.story)
        except LayoutError as error:
            return self._unreadable(claim, response, error)
        except Exception as error:
            self.logger.exception("%s could not be read", response.url)
            reason = f"error: {type(error).__name__}: {error}"
            return _rejected(claim.story, response, reason)

    def _unreadable(self, claim: Claim, response: Response, error: LayoutError) -> Rejection:
        story = claim.story
        if is_captcha(response.body):
            return _rejected(story, response, "a captcha page")
        if page.is_soft_404(response):
            self.logger.info("%s: its page says that it is not there", response.url)
            return Rejection(story.docid, story.url, State.GONE, "soft 404")
        self.logger.error("%s", error)
        rejection = _rejected(story, response, f"no {', '.join(error.missing)}")
        rejection.missing = error.missing
        rejection.tried = {name: list(looked_for) for name, looked_for in error.tried.items()}
        return rejection

    def failed(self, failure: Failure) -> Iterator[Rejection]:
        """The rejection of a story whose page could not be had; none if it was not asked for."""
        if isinstance(failure.value, RefusedError):
            return
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        claim: Claim = request.cb_kwargs["claim"]
        state, reason = _cause(failure.value)
        level = logging.INFO if state is State.GONE else logging.ERROR
        self.logger.log(level, "%s: %s", request.url, reason)
        yield Rejection(claim.story.docid, claim.story.url, state, reason)
        if isinstance(failure.value, IgnoreRequest) and "robots.txt" in reason:
            raise CloseSpider(f"{BLOCKED}robots.txt forbids {request.url}")


def _rejected(story: Story, response: Response, reason: str) -> Rejection:
    header = response.headers.get("Content-Type") or b""
    content_type = header.decode("latin-1")
    return Rejection(story.docid, story.url, State.FAILED, reason, response.body, content_type)


def _cause(error: BaseException | None) -> tuple[State, str]:
    if isinstance(error, HttpError):
        status = error.response.status
        return State.GONE if status in GONE else State.FAILED, f"HTTP {status}"
    return State.FAILED, f"{type(error).__name__}: {error}"
