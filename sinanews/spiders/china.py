"""The spider `china`: walks the roll API's lists into the ledger, and fetches what is due."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from typing import Any, Self

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
from sinanews.spiders.base import ArchiveSpider, pauses
from sinanews.spiders.lists import failure_reason, list_request, read_list
from sinanews.spiders.walks import Walks


class ChinaSpider(ArchiveSpider):
    """Harvests the domestic channels; arguments: channel, since, until, limit.

    The lists are walked one after the other, and before any page is fetched, so that an article in
    several channels is known as one.
    """

    name = "china"

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
            return
        try:
            if await self._is_to_walk():
                self._walks = Walks(self.query, self.config, self.ledger)
                self._walks.start()
            else:
                self._begin_claiming()
        except SQLAlchemyError as error:
            self.close_run(error)
            return
        if self._walks:
            for request in self._go_on():
                yield request

    async def _is_to_walk(self) -> bool:
        """Whether this run walks the lists. Of a harvest's runs one does so; the others wait until
        that is done, or it has ended before, and one of them takes its place."""
        harvest, looks = self.ledger.harvest, pauses()
        if harvest is None:
            return True
        while not self.ledger.harvests.is_walked(harvest):
            if self.ledger.harvests.takes_walk(harvest, self.ledger.run):
                return True
            await asyncio.sleep(next(looks))
        return False

    def _begin_claiming(self) -> None:
        self._listing = False
        self.crawler.stats.set_value("sinanews/to_fetch", self._count_due())

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

    def shared_arguments(self) -> str | None:
        """Its channels and days; with a limit, which each run has for itself, none."""
        if not self.works_together or self.query.limit:
            return None
        names = [channel.name for channel in self.query.channels]
        days = [day and day.isoformat() for day in (self.query.since, self.query.until)]
        return json.dumps([names, *days])

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
            try:
                self._note_lists(done=True)
                self._begin_claiming()
            except SQLAlchemyError as error:
                self.close_run(error)
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
        if self._listing:
            with suppress(SQLAlchemyError):  # which has closed the run
                self._note_lists(done=False)

    def _report(self, walks: Walks) -> None:
        if self.ledger.harvest is not None:  # which has them from the ledger
            return
        for name, value in walks.account().items():
            self.crawler.stats.set_value(f"sinanews/{name}", value)

    def _note_lists(self, *, done: bool) -> None:
        """Tells the harvest what came of the lists."""
        if self._walks and self.ledger.harvest is not None:
            lists, run = self._walks.account(), self.ledger.run
            self.ledger.harvests.note_lists(self.ledger.harvest, run, lists, done=done)
