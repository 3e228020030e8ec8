"""How far a run is, while it works."""

import asyncio
import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler

from sinanews.items import STATES
from sinanews.reporting.pace import Pace, progress
from sinanews.roll.api import Story
from sinanews.roll.walk import Walk
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils.files import takes_control_sequences

if TYPE_CHECKING:
    from sinanews.reporting.live import Foot

BAR_SECONDS = 0.2  # between two looks at the counts on a terminal
LOG_SECONDS = 5.0  # and between two log lines where there is none

logger = logging.getLogger(__name__)


class Progress:
    """A bar with counts, and what is read just now, on a terminal; log lines otherwise.

    It looks at the stats `sinanews/items/*` from time to time, and costs nothing for each item.
    """

    def __init__(self, crawler: Crawler) -> None:
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        self._crawler = crawler
        self._stats = crawler.stats
        self._shares_terminal = crawler.spider.shares_terminal
        self._pace = Pace()
        self._foot: Foot | None = None
        self._reading = ""
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that begin and end a run."""
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def opened(self) -> None:
        """Starts the bar, if anybody is there to look at it, and nobody else writes there."""
        if takes_control_sequences(sys.stderr) and not self._shares_terminal:
            from sinanews.reporting.live import Foot  # noqa: PLC0415 - 0.1 s, and cron needs none

            self._foot = Foot("articles", sys.stderr)
            self._crawler.signals.connect(self.reading, signals.request_reached_downloader)
        self._looking = asyncio.ensure_future(self._look())

    def reading(self, request: Request) -> None:
        """Notes what is being read."""
        story, walk = request.cb_kwargs.get("story"), request.cb_kwargs.get("walk")
        if isinstance(story, Story):
            self._reading = story.title or story.url
        elif isinstance(walk, Walk):
            self._reading = f"list {walk.channel.name}, page {walk.page}"

    async def _look(self) -> None:
        shown: Mapping[str, int] = {}
        while True:
            await asyncio.sleep(BAR_SECONDS if self._foot else LOG_SECONDS)
            counts = self._note_counts()
            if self._foot:
                self._foot.show(self._pace, self._total(), _joined(counts, self._reading))
            elif counts != shown:
                shown = counts
                how_far = ", ".join(progress(self._pace, self._total()))
                logger.info("%s; %s", _in_words(counts), how_far)

    def _note_counts(self) -> dict[str, int]:
        """What became of the articles so far."""
        counts = {state.value: self._stats.get_value(f"sinanews/items/{state}") for state in STATES}
        self._pace.note(sum(filter(None, counts.values())))
        return {state: count for state, count in counts.items() if count}

    def _total(self) -> int:
        """How many are to be read; 0 until the lists have been walked."""
        total: int = self._stats.get_value("sinanews/to_fetch", 0)
        return max(total, self._pace.count) if total else 0

    def closed(self) -> None:
        """Ends the bar, which then shows what the run came to."""
        if self._looking:
            self._looking.cancel()
        if self._foot:
            counts = self._note_counts()
            try:
                self._foot.show(self._pace, self._total(), _in_words(counts))
            finally:  # the terminal may be gone
                self._foot.close(leave=bool(counts))


def _joined(counts: Mapping[str, int], reading: str) -> str:
    return "  ".join(filter(None, [_in_words(counts), reading]))


def _in_words(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{state} {count}" for state, count in counts.items())
