"""The spider `china`: walks the roll API's lists into the ledger, and fetches what is due."""

import asyncio
import multiprocessing
from collections import deque
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
from sinanews.roll.api import Roll
from sinanews.roll.walk import Walk
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.lists import failure_reason, list_request, read_list

DAY = 86_400
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
        self._channels = deque(self.query.channels)  # those whose list has not been walked yet
        self._walk: Walk | None = None
        self._listing = True  # until the lists have been walked
        self._room = self.query.limit or float("inf")  # for stories that lists may still add
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
        elif request := self._start_walk():
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

        Without a `walk`, as in `scrapy parse`, yields the requests of the page's stories. Raises
        CloseSpider when the site refuses us.

        @url https://feed.mix.sina.com.cn/api/roll/get?pageid=155&lid=1686&k=&num=50&page=1
        @returns requests 1
        """
        try:
            roll = read_list(response)
        except RollError as error:
            if walk is None:
                self.logger.error("%s", error)  # noqa: TRY400 - the reason is the message
            yield from self._fail_walk(str(error))
            return
        if walk is None:
            yield from map(self.article_request, roll.stories)
            return
        try:
            request = self._step(walk, roll)
        except SQLAlchemyError as error:
            self.close_run(error)
            return
        if request:
            yield request

    def list_failed(self, failure: Failure) -> Iterator[Any]:
        """Ends the walk of a list of which a page could not be had; yields the next list's request.

        Raises CloseSpider when robots.txt forbids the list.
        """
        if reason := failure_reason(failure):
            yield from self._fail_walk(reason)

    def resume_walk(self) -> None:
        """Goes on when a list's request or callback came to nothing: a middleware dropped it, or it
        raised an error."""
        if not self._listing:
            return
        if self._walk is None:  # a subclass' start() walks no list
            self._listing = False
        for request in self._fail_walk("the request for its next page came to nothing"):
            self.crawler.engine.crawl(request)
        raise DontCloseSpider

    def next_claim(self) -> Claim | None:
        """The next story to be fetched; None while lists are walked, and when none is left."""
        return None if self._listing else next(self._claims, None)

    def awaited(self) -> Sequence[Selection]:
        """What it claims but for articles that may have changed; with a limit, nothing."""
        return () if self._listing or self.query.limit else (self._selection(written=False),)

    def _claim_all(self) -> Iterator[Claim]:
        """New and failed stories, then articles that may have changed; all within the limit."""
        limit = self.query.limit or float("inf")
        fetched = yield from self.claims(self._selection(written=False), limit)
        rechecks = min(limit - fetched, self.config.rechecks_per_run)
        yield from self.claims(self._selection(written=True), rechecks)

    def _selection(self, *, written: bool) -> Selection:
        return Selection(
            channels=tuple(channel.name for channel in self.query.channels),
            since=self.query.begin,
            until=self.query.end if self.query.until else None,
            written=written,
        )

    def _start_walk(self) -> Request | None:
        """The request for the first page of the next list; None when there is no further list."""
        self._walk = None
        while self._channels:
            channel = self._channels.popleft()
            walk = Walk(self.query, channel, self.ledger.runs.watermark(channel.name))
            if self._room > 0:
                self._walk = walk
                return self._list_request(walk)
            self._report(walk)
        self._listing = False
        if self.lists_walked:
            self.lists_walked.set()
        return None

    def _list_request(self, walk: Walk) -> Request:
        request = list_request(walk.channel, walk.page, self.parse_list, self.list_failed)
        request.cb_kwargs["walk"] = walk
        return request

    def _step(self, walk: Walk, roll: Roll) -> Request | None:
        """Enters a page's rows in the ledger; returns the request to go on with, if any."""
        if walk.began is None:
            walk.begin(roll.rtime, self._horizon(walk, roll.rtime))
        for broken in roll.broken:
            self.logger.error("%s", broken)
        self._count("rows_broken", len(roll.broken))
        filtered = walk.filtered
        waiting = self.ledger.upsert_listed(walk.step(roll), walk.channel.name, self._room)
        self._room -= waiting
        walk.waiting += waiting
        self._count("to_fetch", waiting)
        self._count("filtered", walk.filtered - filtered)
        self._report(walk)
        if not walk.complete and self._room > 0:
            return self._list_request(walk)
        self._finish(walk)
        return self._start_walk()

    def _horizon(self, walk: Walk, clock: int) -> int:
        """How far back to walk, in unix seconds: to `since`, behind the last walk, or the depth."""
        if self.query.since:
            return self.query.begin
        if walk.before and not self.query.until:
            return walk.before.horizon(clock, self.config.window)
        return int(min(clock, self.query.end)) - self.config.first_run_days * DAY

    def _finish(self, walk: Walk) -> None:
        """Moves the watermark when the walk left no gap behind it."""
        name, pages = walk.channel.name, walk.page - 1
        self.logger.info("%s: list pages %d, articles to fetch %d", name, pages, walk.waiting)
        if walk.complete and walk.began and not self.query.until:
            self.ledger.runs.move(walk.channel.name, walk.watermark(self.config.window))

    def _fail_walk(self, reason: str) -> Iterator[Request]:
        """Ends the walk in hand as incomplete; yields the request for the next list."""
        walk = self._walk
        if walk is None:
            return
        self.logger.error("%s: its list is incomplete: %s", walk.channel.name, reason)
        self._count("lists_failed")
        self._report(walk)
        if request := self._start_walk():
            yield request

    def _report(self, walk: Walk) -> None:
        lists = self.crawler.stats.get_value("sinanews/lists", {})
        lists[walk.channel.name] = walk.report()
        self.crawler.stats.set_value("sinanews/lists", lists)

    def _count(self, name: str, amount: int = 1) -> None:
        self.crawler.stats.inc_value(f"sinanews/{name}", amount)
