"""The spider `china`: walks the roll API's lists into the ledger, then fetches what is due."""

from scrapy.settings import BaseSettings
from sqlalchemy import ColumnElement

from sinanews import roll
from sinanews.arguments import Harvest
from sinanews.channels import Channel
from sinanews.exceptions import RollError
from sinanews.frontier import Frontier
from sinanews.rows import DONE
from sinanews.schema import stories
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.lists import roll_page
from sinanews.walk import Walk

DAY = 86_400


class ChinaSpider(ArchiveSpider):
    """Harvests the domestic channels; arguments: channel, since, until, limit."""

    name = "china"

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.asked = Harvest.of(arguments)

    @classmethod
    def refuse(cls, settings: BaseSettings, arguments: dict[str, str]) -> None:
        """Raises ArgumentError for settings or arguments that no run could work with."""
        Harvest.of(arguments)
        super().refuse(settings, arguments)

    async def work(self) -> None:
        """First the lists, so that an article in several channels is known as one; then pages,
        those of articles that may have changed last."""
        room = self.asked.limit or float("inf")
        for channel in self.asked.channels:
            room -= await self._walk(channel, room)
        room = self.asked.limit or float("inf")
        again = stories.c.state.in_(DONE)
        room -= await self.fetch(self._wanted() & ~again, room)
        await self.fetch(self._wanted() & again, min(room, self.options.rechecks_per_run))

    def _wanted(self) -> ColumnElement[bool]:
        names = [channel.name for channel in self.asked.channels]
        since = stories.c.channel.in_(names) & (stories.c.ctime >= self.asked.begin)
        return since & (stories.c.ctime < self.asked.end) if self.asked.until else since

    async def _walk(self, channel: Channel, room: float) -> int:
        """Walks a channel's list into the ledger; returns how many stories are to be fetched."""
        before = self.ledger.runs.frontier(channel.name)
        walk, waiting = Walk(self.asked), 0
        try:
            while not walk.complete and waiting < room:
                answer = await roll_page(self.crawler, channel, walk.page)
                if walk.began is None:
                    walk.begin(answer.rtime, self._horizon(before, answer.rtime))
                waiting += self._note(walk.step(answer), answer, channel, room - waiting)
        except RollError as error:
            self.logger.error("%s: its list is incomplete: %s", channel.name, error)  # noqa: TRY400 - a traceback tells the user nothing more
            self._count("lists_failed")
        finally:
            self._settle(channel, walk, before)
        self.logger.info(
            "%s: list pages %d, articles to fetch %d", channel.name, walk.page - 1, waiting
        )
        return waiting

    def _note(
        self, found: list[roll.Story], answer: roll.Roll, channel: Channel, room: float
    ) -> int:
        for broken in answer.broken:
            self.logger.error("%s", broken)
        waiting = self.ledger.enlist(found, channel.name, room)
        self._count("rows_broken", len(answer.broken))
        self._count("to_fetch", waiting)
        return waiting

    def _horizon(self, before: Frontier | None, clock: int) -> int:
        """How far back to walk, in unix seconds: to `since`, behind the last walk, or the depth."""
        if self.asked.since:
            return self.asked.begin
        if before and not self.asked.until:
            return before.horizon(clock, self.options.window)
        return int(min(clock, self.asked.end)) - self.options.first_run_days * DAY

    def _settle(self, channel: Channel, walk: Walk, before: Frontier | None) -> None:
        """Reports the walk, and moves the frontier when it left no gap behind it."""
        self._count("filtered", walk.filtered)
        assert self.crawler.stats, "a crawler that runs has stats"
        lists = self.crawler.stats.get_value("sinanews/lists", {})
        lists[channel.name] = walk.report(before)
        self.crawler.stats.set_value("sinanews/lists", lists)
        if walk.complete and walk.began and not self.asked.until:
            self.ledger.runs.move(channel.name, walk.frontier(before, self.options.window))

    def _count(self, what: str, amount: int = 1) -> None:
        assert self.crawler.stats, "a crawler that runs has stats"
        self.crawler.stats.inc_value(f"sinanews/{what}", amount)
