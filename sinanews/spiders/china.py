"""The spider `china`: walks the roll API's lists into the ledger, and fetches what is due."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator, Sequence
from multiprocessing.synchronize import Event
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.signals import spider_idle
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from sinanews.arguments import Harvest
from sinanews.exceptions import RollError
from sinanews.ledger.records import Claim
from sinanews.ledger.selection import Selection
from sinanews.roll.walk import Walk
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.lists import failure_reason, list_request, read_list
from sinanews.spiders.walks import Walks

LISTS_SECONDS = 0.02  # between two looks whether another process has walked the lists


class ChinaSpider(ArchiveSpider):
    """Harvests the domestic channels; arguments: channel, since, until, limit.

    The lists are walked one after the other, and before any page is fetched, so that an article in
    several channels is known as one.
    """

    name = "china"
    # Of the processes that share a harvest one walks the lists, and sets the event when that is
    # done; the others wait for it.
    walks_lists: ClassVar[bool] = True
    lists_walked: ClassVar[Event | None] = None

    def __init__(self, **arguments: object) -> None:
        super().__init__()
        self.query = Harvest.from_arguments(arguments)
        self._walks: Walks | None = None  # until they begin
        self._listing = True  # until the lists have been walked
        self._paused: asyncio.TimerHandle | None = None
        self._claims = self._claim_all()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """The spider, its arguments and settings read."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if crawler.settings.getbool("ARCHIVE_ENABLED"):
            crawler.signals.connect(spider.resume_walk, spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yields the request for the first page of the first list; of every list, if there is no
        archive."""
        if not self.settings.getbool("ARCHIVE_ENABLED"):
            for channel in self.query.channels:
                yield list_request(channel, 1, self.parse_list, self.list_failed)
        elif not self.walks_lists:
            await self._wait_for_lists()
        else:
            self._walks = Walks(self.query, self.config, self.ledger)
            self._walks.start()
            for request in self._go_on():
                yield request

    async def _wait_for_lists(self) -> None:
        """Returns when another process has walked the lists, or ended before it had."""
        other = multiprocessing.parent_process()
        event = self.lists_walked
        assert other, "only a process of a harvest leaves the lists to another"
        assert event, "which tells when they have been walked"
        while not event.is_set() and other.is_alive():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(LISTS_SECONDS)
        self._listing = False

    def parse_list(self, response: Response, walk: Walk | None = None) -> Iterator[Any]:
        """Enters a page's rows in the ledger; yields the request for the next page, or for the
        next list.

        Without a `walk`, as in `scrapy parse`, yields the requests of the page's stories.

        @url https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&k=&num=50&page=1
        @returns requests 1
        """
        try:
            roll = read_list(response, self.config.bounds)
        except RollError as error:
            if walk is None:
                self.logger.error("%s", error)  # noqa: TRY400 - the reason is the message
            yield from self._fail_page(str(error))
            return
        if walk is None:
            yield from map(self.article_request, roll.stories)
            return
        assert self._walks, "a walk is one of the run's"
        try:
            self._walks.read(roll)
        except SQLAlchemyError as error:
            self.close_run(error)
            return
        yield from self._go_on()

    def list_failed(self, failure: Failure) -> Iterator[Any]:
        """Has a page of a list that could not be had asked for again, or goes on to the next list.

        Raises CloseSpider when robots.txt forbids the list.
        """
        if reason := failure_reason(failure):
            yield from self._fail_page(reason)

    def resume_walk(self) -> None:
        """Goes on when a list's request or callback came to nothing: a middleware dropped it, or it
        raised an error."""
        if not self._listing:
            return
        if self._walks is None or self._walks.walk is None:  # a subclass' start() walks no list
            self._listing = False
        elif self._paused is None:
            reason = "the request for its next page came to nothing"
            for request in self._fail_page(reason, final=True):
                self._request(request)
        raise DontCloseSpider

    def next_claim(self) -> Claim | None:
        """The next story to be fetched; None while lists are walked, and when none is left."""
        return None if self._listing else next(self._claims, None)

    def selection(self) -> Selection | None:
        """The stories of the channels and days that are asked for, unless there is a limit."""
        return None if self.query.limit else self._selection()

    def awaited(self) -> Sequence[Selection]:
        """What it claims but for articles that may have changed; with a limit, nothing."""
        return () if self._listing or self.query.limit else (self._selection(written=False),)

    def _claim_all(self) -> Iterator[Claim]:
        """New and failed stories, then articles that may have changed; all within the limit."""
        limit = self.query.limit or float("inf")
        fetched = yield from self.claims(self._selection(written=False), limit)
        rechecks = min(limit - fetched, self.config.rechecks_per_run)
        yield from self.claims(self._selection(written=True), rechecks)

    def _selection(self, *, written: bool | None = None) -> Selection:
        return Selection(
            channels=tuple(channel.name for channel in self.query.channels),
            since=self.query.begin if self.query.since else None,
            until=self.query.end if self.query.until else None,
            written=written,
        )

    def _count_due(self) -> int:
        """How many articles this run is to fetch, those that earlier ones left included."""
        rechecks = self.ledger.count_due(self._selection(written=True))
        due = self.ledger.count_due(self._selection(written=False))
        count = due + min(rechecks, self.config.rechecks_per_run)
        return min(count, self.query.limit or count)

    def _fail_page(self, reason: str, *, final: bool = False) -> Iterator[Request]:
        if self._walks is None or self._walks.walk is None:
            return
        try:
            self._walks.fail(reason, final=final)
        except SQLAlchemyError as error:
            self.close_run(error)
        else:
            yield from self._go_on()

    def _go_on(self) -> Iterator[Request]:
        """Yields the request for the page that the walk wants next; one that it wants after a pause
        is sent then. When there is no walk any more, stories are claimed."""
        if self._walks:
            self._report(self._walks)
        walk = self._walks.walk if self._walks else None
        if walk is None:
            self._listing = False
            self.crawler.stats.set_value("sinanews/to_fetch", self._count_due())
            if self.lists_walked:
                self.lists_walked.set()
            return
        request = list_request(walk.channel, walk.page, self.parse_list, self.list_failed)
        request.cb_kwargs["walk"] = walk
        request.meta["max_retry_times"] = 0  # the walk asks again, after a pause
        if not walk.pauses:
            yield request
            return
        pause = walk.pauses * self.config.list_pause
        self._paused = asyncio.get_running_loop().call_later(pause, self._end_pause, request)

    def _end_pause(self, request: Request) -> None:
        self._paused = None
        self._request(request)

    def _request(self, request: Request) -> None:
        self.crawler.engine.crawl(request)

    def closed(self, reason: str) -> None:  # noqa: ARG002 - Scrapy's signature
        """Asks for no further page."""
        if self._paused:
            self._paused.cancel()

    def _report(self, walks: Walks) -> None:
        counts = {
            "lists": walks.reports,
            "lists_failed": walks.failed,
            "rows_broken": walks.rows_broken,
            "filtered": walks.filtered,
        }
        for name, value in counts.items():
            self.crawler.stats.set_value(f"sinanews/{name}", value)
