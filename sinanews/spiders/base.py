"""What all spiders share: claims from the ledger become pages, pages become items."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import closing
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.settings import BaseSettings
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError

from sinanews import page
from sinanews.files import writable_folder
from sinanews.items import Article, Item
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.publish import cannot_write, repair
from sinanews.roll import Story
from sinanews.rows import Claim
from sinanews.spiders.engine import NOTHING, is_closing, kept
from sinanews.spiders.reading import item_of

SMALLEST = 65_536  # bytes that a disk must have left for a run to begin
KEEPING = 64  # stories that wait for the disk while others are downloaded
BATCH = 32  # stories claimed at once: enough that a claim costs little, few to lose to a kill


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
        """Does the run's work; a ledger that fails ends the run."""
        try:
            if not self.hindrance:
                await self.work()
        except SQLAlchemyError as error:
            self.hindrance = cannot_write(error, self.options.output, self.ledger)
        if self.hindrance:
            self.logger.error("%s; the run ends here", self.hindrance)
            raise CloseSpider(self.hindrance)
        for request in NOTHING:
            yield request

    async def work(self) -> None:
        """What the run is for; each spider's own."""
        raise NotImplementedError

    async def fetch(self, wanted: ColumnElement[bool], limit: float = float("inf")) -> int:
        """Fetches the stories that are due and wanted, as many at once as Scrapy is to have
        requests; returns how many."""
        at_once = self.settings.getint("CONCURRENT_REQUESTS") or BATCH
        self._turns = asyncio.Semaphore(at_once)
        claims = self._claims(wanted, limit)
        fetchers = at_once + KEEPING
        self._fetching = [asyncio.ensure_future(self._fetch(claims)) for _ in range(fetchers)]
        # Whoever cancels the wait does not cancel them: what was begun ends in good order.
        await asyncio.wait(self._fetching)
        return sum(await asyncio.gather(*self._fetching))

    def _claims(self, wanted: ColumnElement[bool], limit: float) -> Generator[Claim]:
        """Stories, claimed a few at a time until none is left or the run is coming to its end."""
        while limit > 0 and not is_closing(self.crawler):
            claims = self.ledger.claim(int(min(BATCH, limit)), wanted)
            limit -= len(claims)
            yield from claims
            if not claims:
                return

    async def _fetch(self, claims: Generator[Claim]) -> int:
        """Fetches one story after the other; returns how many."""
        fetched = 0
        with closing(claims):  # where one fails, the others end too
            while item := await self._next(claims):
                await kept(self.crawler, item)
                fetched += 1
        return fetched

    async def _next(self, claims: Generator[Claim]) -> Item | None:
        """What becomes of the next story, when it is its turn; None when there is none left."""
        async with self._turns:
            claim = next(claims, None)
            return await self._item(claim.story) if claim else None

    async def _item(self, story: Story) -> Item:
        """The article of a story's page, or why there is none; a mobile page leads to the PC page,
        and stands in for it."""
        item, response = await item_of(self.crawler, story, story.url)
        if response is None or not isinstance(item, Article) or item.layout != "M":
            return item
        pc = page.pc_url(response)
        other = (await item_of(self.crawler, story, pc))[0] if pc else None
        return other if isinstance(other, Article) else item
