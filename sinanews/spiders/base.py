"""What all spiders share: claims from the ledger become requests, responses become items."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from sqlalchemy import ColumnElement
from twisted.python.failure import Failure

from sinanews import page
from sinanews.exceptions import LayoutError
from sinanews.items import Article, Rejection, State
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.rows import Claim
from sinanews.schema import engine

GONE = (404, 410)
BATCH = 32  # claims in hand at once: enough to keep the downloader busy, few to lose to a kill


class ArchiveSpider(Spider):
    """A spider whose work stands in the ledger."""

    options: Options
    ledger: Ledger

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:  # noqa: ARG003 - for the spiders to read
        """Raises ArgumentError for settings or arguments that no run could work with."""
        engine(Options.of(settings).ledger_url).dispose()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """The spider, its arguments read. Raises ArgumentError before anything is requested."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.options = Options.of(crawler.settings)
        spider.ledger = Ledger.of(crawler)
        spider.ledger.begin(spider.name)
        return spider

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
            headers={"Referer": "https://finance.sina.com.cn/"},
            cb_kwargs={"claim": claim},
            dont_filter=True,  # the ledger has filtered already
        )

    def parse(self, response: Response, claim: Claim) -> Iterator[Article | Rejection]:
        """The article of a page, or why there is none."""
        try:
            yield page.read(response, claim.story)
        except LayoutError as error:
            yield self._unreadable(claim, response, error)
        except Exception as error:
            self.logger.exception("%s could not be read", response.url)
            reason = f"error: {type(error).__name__}: {error}"
            yield Rejection(claim.story.docid, response.url, State.FAILED, reason, response.body)

    def _unreadable(self, claim: Claim, response: Response, error: LayoutError) -> Rejection:
        self.logger.error("%s", error)
        return Rejection(
            claim.story.docid,
            response.url,
            State.FAILED,
            f"no {', '.join(error.missing)}",
            response.body,
            error.missing,
            {name: list(looked_for) for name, looked_for in error.tried.items()},
        )

    def failed(self, failure: Failure) -> Iterator[Rejection]:
        """The rejection of a story whose page could not be had."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        claim: Claim = request.cb_kwargs["claim"]
        error = failure.value
        response = error.response if isinstance(error, HttpError) else None
        gone = response is not None and response.status in GONE
        reason = f"HTTP {response.status}" if response else f"{type(error).__name__}: {error}"
        self.logger.log(logging.INFO if gone else logging.ERROR, "%s: %s", request.url, reason)
        state = State.GONE if gone else State.FAILED
        yield Rejection(claim.story.docid, request.url, state, reason)
