"""What spiders of an archive share: claimed stories become requests, and pages items."""

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.extensions.feedexport import FeedExporter
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.signals import engine_stopped, spider_closed, spider_idle, spider_opened
from sqlalchemy.exc import SQLAlchemyError
from twisted.python.failure import Failure

from sinanews import settings as defaults
from sinanews.archive.lines import FEED
from sinanews.archive.repair import cannot_write, own_folder, repair
from sinanews.archive.strays import Strays
from sinanews.archive.styles import require_style
from sinanews.archive.warc import FOLDER
from sinanews.config import Config, require_feeds
from sinanews.download.blocking import FAILED_BEFORE
from sinanews.download.hosts import SINA, refusal
from sinanews.exceptions import ArgumentError, BoundError, PartError
from sinanews.exports.jsonl import LINES_STAT
from sinanews.extraction import layouts, page
from sinanews.extraction.loaders import ArticleLoader
from sinanews.extraction.notes import Notes
from sinanews.extraction.parts import Parts
from sinanews.items import Rejection, State, get_field
from sinanews.ledger.budget import Budget
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim
from sinanews.ledger.selection import Selection
from sinanews.posts.paths import post_path
from sinanews.reporting.crashes import CRASHES_STAT, with_crash
from sinanews.reporting.report import DOUBTFUL_STATS, REMOVED_STATS
from sinanews.reporting.whole import Part
from sinanews.roll.api import Story
from sinanews.spiders.reading import read_item, reject, reject_part, rejection, story_of
from sinanews.spiders.stop import Stop
from sinanews.utils.atomic import require_writable
from sinanews.utils.urls import FRONT_PAGE

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

ADDON = "sinanews.addon.ArchiveAddon"
SMALLEST = 65_536  # bytes that a disk must have left for a run to begin
BATCH = 32  # stories claimed at once: enough that a claim costs little, few to lose to a kill
SIGNS = 4  # of life that a worker gives in the time of a lease: one of them may come late
SIGN = 20  # older articles at once that get their signatures: that takes ten milliseconds
SIGN_SECONDS = 0.1  # between two times
OWN_SECONDS = 0.01  # between two looks whether the process that forked this one has begun
FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.02, 1.0  # between two looks at what other workers do


def pauses() -> Iterator[float]:
    """The seconds between looks at what other workers do, each twice the last: who is nearly done
    is not waited for long, and who takes hours is not asked about often.

    >>> from itertools import islice
    >>> [*islice(pauses(), 8)]
    [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0]
    """
    pause = FIRST_LOOK_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, LOOK_SECONDS)


class ArchiveSpider(Spider):
    """A spider whose articles go into an archive, and whose queue is the archive's ledger.

    It brings the add-on along that puts scheduler, pipelines, feed and report in place. With
    ARCHIVE_ENABLED=False it is an ordinary spider that reads pages and leaves nothing behind, as
    for `scrapy parse`.

    A subclass says in `next_claim` what is to be fetched next, in `awaited` for what it waits when
    other workers have that, and may change `article_request`, `parse`, `loader` and
    `allowed_domains`: nothing beyond these is asked for, whoever names it.
    """

    allowed_domains: ClassVar[Sequence[str]] = SINA
    loader: ClassVar[type[ArticleLoader]] = ArticleLoader
    asks_site: ClassVar[bool] = True  # whether it fetches anything; if not, any site's archive does
    rings: ClassVar[bool] = True  # whether anybody who is not there is told how its runs go
    # Whether its run works together with others that were asked for the same, as one harvest.
    works_together: ClassVar[bool] = False
    # The number of the harvest of several processes: 0 until the one that forked the others, and
    # waits for them, has begun it.
    own_harvest: ClassVar["Synchronized[int] | None"] = None
    shares_terminal: ClassVar[bool] = False  # whether other processes of its run write there too
    config: Config
    ledger: Ledger
    strays: Strays
    stop: Stop
    part: Part | None = None  # of the report of its harvest, once the run has ended
    budget: Budget | None = None  # what it may ask of the site, together with all others
    _renewing: asyncio.Task[None] | None = None
    _signing: asyncio.Task[None] | None = None
    _watching: asyncio.Task[None] | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Adds the add-on, and the defaults of this project's settings: in a script, in another
        project, or where a user has add-ons of his own."""
        super().update_settings(settings)
        for name in filter(str.isupper, vars(defaults)):
            settings.setdefault(name, getattr(defaults, name), priority="default")
        addons = settings.getdict("ADDONS")
        # A process merges its settings into those of a crawler again, over what has their priority.
        priority = (settings.getpriority("ADDONS") or 0) + 1
        settings.set("ADDONS", {ADDON: 0} | addons, priority)

    @classmethod
    def handles_request(cls, request: Request) -> bool:  # noqa: ARG003 - Scrapy's signature
        """None: several spiders go to the same hosts, and `scrapy shell URL` would complain."""
        return False

    @classmethod
    def validate(cls, settings: BaseSettings) -> None:
        """Checks that a run could work with these settings.

        Raises ArgumentError for a setting that makes no sense or a folder that cannot be written,
        LedgerError for a ledger that cannot be used.
        """
        if not settings.getbool("ARCHIVE_ENABLED"):
            return
        config = Config.from_settings(settings)
        require_feeds(settings)
        if settings["JOBDIR"]:
            accepted = "no JOBDIR for this spider: its ledger is the job, and every run resumes it"
            raise ArgumentError("JOBDIR", settings["JOBDIR"], accepted)
        require_writable("OUTPUT_DIR", config.output, SMALLEST)
        if config.keep_pages:
            require_writable("KEEP_PAGES", config.output / FOLDER, SMALLEST)
        require_style(config)
        ledger = Ledger.open(config, post_path)
        try:
            ledger.check(config if cls.asks_site else replace(config, same_site=True))
        finally:
            ledger.close()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - Scrapy's signature
        """The spider, its arguments and settings read.

        Raises what `validate` raises, before anything is requested.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.config = Config.from_settings(crawler.settings)
        if crawler.settings.getbool("ARCHIVE_ENABLED"):
            cls.validate(crawler.settings)
            spider.ledger = Ledger.open(spider.config, post_path)
            spider.budget = spider.ledger.budget(spider.config)
            spider.stop = Stop(crawler)
            crawler.signals.connect(spider.begin, spider_opened)
            crawler.signals.connect(spider.wait_for_others, spider_idle)
            crawler.signals.connect(spider.stop_waiting, spider_closed)
            crawler.signals.connect(spider.end, engine_stopped)
        return spider

    def begin(self) -> None:
        """Brings files and ledger together, and begins this run.

        Raises CloseSpider when the archive cannot be written.
        """
        try:
            self.strays = repair(self.ledger, self.config, keeps_lines=self._keeps_lines)
            self._begin_run()
            self._renewing = asyncio.ensure_future(self._renew_leases())
            self._signing = asyncio.ensure_future(self._sign_older())
        except (OSError, SQLAlchemyError) as error:
            reason = cannot_write(error, self.config.output, self.ledger)
            self.logger.error("%s; the run ends here", reason)  # noqa: TRY400 - the reason is the message
            raise CloseSpider(reason) from error

    def _begin_run(self) -> None:
        site = self.config.site if self.asks_site else None
        where, arguments = own_folder(self.config), self.shared_arguments()
        parent, own = multiprocessing.parent_process(), self.own_harvest
        if own is None or arguments is None:
            self.ledger.begin(self.name, site, where, arguments)
        elif parent is None:
            self.ledger.begin(self.name, site, where, arguments)
            own.value = self.ledger.harvest or 0
        else:
            while not own.value and parent.is_alive():
                time.sleep(OWN_SECONDS)
            self.ledger.begin(self.name, site, where, arguments, own.value or None)

    async def _renew_leases(self) -> None:
        """Says from time to time that this worker is at work, so that what it holds stays its own:
        a page may wait for a long time until it is its turn."""
        while True:
            await asyncio.sleep(self.config.lease / SIGNS)
            try:
                self.ledger.renew()
            except SQLAlchemyError as error:
                self.close_run(error)

    async def _sign_older(self) -> None:
        """Has reprints found of what another version recorded, a few articles at a time, while the
        run works: of a million that takes minutes. What is left when it ends the next one does."""
        try:
            while True:
                if not self.ledger.sign_older(SIGN):
                    return
                await asyncio.sleep(SIGN_SECONDS)
        except SQLAlchemyError as error:
            self.close_run(error)

    def end(self) -> None:
        """Notes that this run's files are there, if they are, gives back what is still claimed, and
        closes the ledger."""
        for task in filter(None, (self._renewing, self._signing)):
            task.cancel()
        if self._lines_are_written():
            with suppress(SQLAlchemyError):  # then the next run looks for itself
                self.ledger.runs.note_filed(self.ledger.run)
        self.ledger.close()

    @property
    def _keeps_lines(self) -> bool:
        """Whether each run writes its JSON lines into the archive, as the add-on has it."""
        feeds = self.crawler.settings.getdict("FEEDS")
        is_on = self.crawler.get_extension(FeedExporter) is not None
        return is_on and FEED.items() <= feeds.items()

    def _lines_are_written(self) -> bool:
        """Whether all items have their lines, or none is to have one. Items that are no articles
        have none: then the next run looks whether one is missing."""
        stats = self.crawler.stats
        scraped = stats.get_value("item_scraped_count", 0)
        return not self._keeps_lines or stats.get_value(LINES_STAT, 0) >= scraped

    def close_run(self, error: OSError | SQLAlchemyError) -> str:
        """Ends the run in good order because the archive cannot be written; returns the reason."""
        reason = cannot_write(error, self.config.output, self.ledger)
        self.stop.close(reason)
        return reason

    def next_claim(self) -> Claim | None:
        """The next story to be fetched, claimed; None when there is none now."""
        raise NotImplementedError

    def selection(self) -> Selection | None:
        """The stories that the run is about: it is complete when none of them waits. By default
        None: only what it lists and claims counts."""
        return None

    def shared_arguments(self) -> str | None:
        """What it was asked for, in a form that is the same for whoever asks for the same: its run
        and theirs are one harvest then. By default None: its run is its own."""
        return None

    def awaited(self) -> Sequence[Selection]:
        """The stories for which the run waits, when it has nothing left to claim, as long as other
        workers have them: these may die, and leave them to be fetched here. By default none."""
        return ()

    def looked_at(self) -> tuple[Counter[State], Counter[str]]:
        """What the run found of stories that it had no need to claim, for its account: how many of
        each state, and why those failed that did. By default nothing."""
        return Counter(), Counter()

    def claims(self, selection: Selection, limit: float) -> Generator[Claim, None, int]:
        """Claims the selected stories that are due, a few at a time; returns how many."""
        count = 0
        while batch := self.ledger.claim(int(min(BATCH, limit - count)), selection):
            count += len(batch)
            for claim in batch:
                if self.ledger.holds(claim.story.docid):
                    yield claim
                else:  # this process was stopped for longer than a lease
                    self.note_lost(claim.story.url)
        return count

    def note_lost(self, url: str) -> None:
        """Says that a story which was claimed here is not any more."""
        self.logger.warning("%s: nothing is written, its story is no longer this worker's", url)
        self.crawler.stats.inc_value("sinanews/claims_lost")

    def wait_for_others(self) -> None:
        """Keeps the run open while other workers have stories of those that it is to fetch.

        Raises DontCloseSpider.
        """
        if self._watching is None and self._others_at_work():
            self._watching = asyncio.ensure_future(self._watch())
        if self._watching is not None:
            raise DontCloseSpider

    def _others_at_work(self) -> bool:
        """Whether there is something to wait for. Nothing is being fetched here, so what is held
        here has come to nothing, and nobody is to wait for that."""
        selections = self.awaited()
        try:
            if selections:
                self.ledger.set_aside()
            # Each is looked at, for that frees what dead workers hold.
            looks = [self.ledger.others_work_on(selection) for selection in selections]
        except SQLAlchemyError as error:
            self.close_run(error)
            return True  # until that has closed the run, for its own reason
        return any(looks)

    async def _watch(self) -> None:
        """Has what other workers leave fetched, or closes the run when they are done and nothing is
        left: the engine looks for itself every five seconds only."""
        engine, looks = self.crawler.engine, pauses()
        waiting = True
        while waiting:
            await asyncio.sleep(next(looks))
            if not engine.spider_is_idle():
                looks = pauses()
                continue
            others_work = self._others_at_work()
            requests = self._requests_for_what_is_left()
            for request in requests:
                engine.crawl(request)
            waiting = others_work or bool(requests)  # of what a dead worker left there may be more
        self._watching = None
        await self.close_if_nobody_objects()

    def _requests_for_what_is_left(self) -> list[Request]:
        """Claims some of the awaited stories that are due now; returns their requests."""
        try:
            selections = self.awaited()
            claims = [claim for one in selections for claim in self.ledger.claim(BATCH, one)]
        except SQLAlchemyError as error:
            self.close_run(error)
            return []
        return [request for claim in claims if (request := self.claim_request(claim))]

    async def close_if_nobody_objects(self) -> None:
        """Closes the run as the engine does when it finds it idle."""
        answers = self.crawler.signals.send_catch_log(
            spider_idle, spider=self, dont_log=DontCloseSpider
        )
        failures = [answer.value for _, answer in answers if isinstance(answer, Failure)]
        if not any(isinstance(error, DontCloseSpider) for error in failures):
            await self.crawler.engine.close_spider_async(reason="finished")

    def stop_waiting(self) -> None:
        """Looks no more for what others leave."""
        if self._watching:
            self._watching.cancel()

    def claim_request(self, claim: Claim) -> Request | None:
        """The request for a claimed story's page; None when `article_request` raised an error,
        which costs one story, as in a callback."""
        try:
            request = self.article_request(claim.story)
        except Exception as error:
            self.logger.exception("article_request failed for %s", claim.story.url)
            stats = self.crawler.stats
            stats.inc_value("spider_exceptions/count")
            stats.set_value(CRASHES_STAT, with_crash(stats.get_value(CRASHES_STAT, {}), error))
            return None
        if claim.tries:
            request.meta.setdefault(FAILED_BEFORE, claim.reason)
        if claim.was_fetched:
            # A cache would answer with what the page said before.
            request.meta.setdefault("dont_cache", True)
        return request

    def article_request(self, story: Story) -> Request:
        """The request for a story's page. Called by the scheduler when it is the story's turn."""
        return self._page_request(story.url, story)

    def _page_request(self, url: str, story: Story, **kwargs: Any) -> Request:  # noqa: ANN401 - arguments of any callback
        return Request(
            url,
            callback=self.parse,
            errback=self.article_failed,
            cb_kwargs={"story": story, **kwargs},
            headers={"Referer": FRONT_PAGE},
            dont_filter=True,  # a redirect may lead to where another story's led
        )

    def parse(
        self,
        response: Response,
        story: Story | None = None,
        mobile: Any = None,  # noqa: ANN401 - an item of any kind
        parts: Parts | None = None,
    ) -> Iterator[Any]:
        """Yields a page's article, or a rejection that says why there is none.

        A mobile page leads to the PC page that it names, and its own article, `mobile`, stands in
        where that has none; it is False for one that was not whole. A page that names one of
        somebody else's is rejected. `story` is the list's row; without it the page alone is read.

        Of an article over several pages each leads to the next one, and the last to the whole;
        `parts` are those that were read before, in whatever order they came.

        @url https://finance.sina.com.cn/jjxw/2026-09-29/doc-initmtvm2245137.shtml
        @returns items 1 1
        @scrapes docid title body_html
        """
        notes = Notes()
        item = read_item(response, story, self.loader, self.config.bounds, notes)
        for prefix, counts in ((REMOVED_STATS, notes.removed), (DOUBTFUL_STATS, notes.doubtful)):
            for kind, count in counts.items():
                self.crawler.stats.inc_value(f"{prefix}{kind}", count)
        pc_url = page.pc_url(response) if _is_mobile(item) and not parts else None
        others = notes.other_pages
        if isinstance(item, Rejection):
            yield reject_part(item, parts) if parts else mobile or item
        elif pc_url and mobile is None and story is not None:
            if reason := refusal(pc_url, self.allowed_domains):
                self.logger.error("%s names %r as its PC page: %s", response.url, pc_url, reason)
                yield reject(response, story, reason)
            else:
                # One of several pages is no article, and stands in for none.
                yield self._page_request(pc_url, story, mobile=item if not others else False)
        elif parts or others:
            yield self._next_or_whole(response, item, story, parts, others)
        else:
            yield item

    def _next_or_whole(
        self,
        response: Response,
        item: Any,  # noqa: ANN401 - an item of any kind
        story: Story | None,
        parts: Parts | None,
        others: Mapping[int, str],
    ) -> Any:  # noqa: ANN401 - a request or an item
        """The request for the next page of an article of which one has been read; once all are,
        the whole article; or a rejection where that cannot be had."""
        try:
            if parts:
                parts = parts.with_next(response.url, item, others)
            else:
                parts = Parts.of(response.url, item, others)
            parts.require(self.config.article_pages, self.config.bounds)
            url = self._next_url(parts)
            if url is None:
                return parts.join(self.config.bounds)
        except (BoundError, PartError) as error:
            reason = str(error) if isinstance(error, PartError) else f"its article has {error}"
            self.logger.error("%s: %s", response.url, reason)  # noqa: TRY400 - the reason is the message
            return reject(response, story, reason)
        request = self._page_request(url, story or story_of(item), parts=parts)
        if response.request and "dont_cache" in response.request.meta:
            request.meta["dont_cache"] = response.request.meta["dont_cache"]
        return request

    def _next_url(self, parts: Parts) -> str | None:
        """Where the next page of an article is; None when all are read. Raises PartError."""
        number = parts.next_number
        if number is None:
            return None
        if reason := refusal(parts.urls[number], self.allowed_domains):
            raise PartError(number, reason)
        return parts.urls[number]

    def article_failed(self, failure: Failure) -> Iterator[Any]:
        """Yields a rejection for a page that could not be had, or the mobile page's article.

        Raises CloseSpider when robots.txt forbids the page.
        """
        kwargs = failure.request.cb_kwargs  # type: ignore[attr-defined] # Scrapy sets it before errbacks
        if item := rejection(failure, kwargs["story"]):
            if parts := kwargs.get("parts"):
                yield reject_part(item, parts)
            else:
                yield kwargs.get("mobile") or item


def _is_mobile(item: Any) -> bool:  # noqa: ANN401 - items of any kind
    if isinstance(item, Rejection):
        return False
    layout = layouts.BY_NAME.get(get_field(item, "layout") or "")
    return layout is not None and layout.is_mobile
