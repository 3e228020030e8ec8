"""A bar with counts while a run works."""

import asyncio
import logging
import sys
from contextlib import ExitStack
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sinanews.items import STATES

BAR_SECONDS = 0.2  # between two looks at the counts on a terminal
LOG_SECONDS = 5.0  # and between two log lines where there is none

logger = logging.getLogger(__name__)


class Progress:
    """A bar with counts on a terminal, log lines otherwise.

    It looks at the stats `sinanews/items/*` from time to time, and costs nothing for each item.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        self._bar: tqdm[Any] | None = None
        self._redirected = ExitStack()
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that begin and end a run."""
        progress = cls(crawler)
        crawler.signals.connect(progress.opened, signals.spider_opened)
        crawler.signals.connect(progress.closed, signals.spider_closed)
        return progress

    def opened(self) -> None:
        """Starts the bar, if anybody is there to look at it."""
        if sys.stderr.isatty():
            self._bar = tqdm(desc="articles", unit="", dynamic_ncols=True)
            self._redirect_log()
        self._looking = asyncio.ensure_future(self._look())

    def _redirect_log(self) -> None:
        """Lets the log go round the bar; a log that goes to a file is left alone."""
        console = [h for h in logging.root.handlers if getattr(h, "stream", None) is sys.stderr]
        if console:
            self._redirected.enter_context(logging_redirect_tqdm())
            # tqdm's own handler takes the format over, but not the level.
            logging.root.handlers[-1].setLevel(console[0].level)

    async def _look(self) -> None:
        shown: dict[str, int] = {}
        while True:
            await asyncio.sleep(LOG_SECONDS if self._bar is None else BAR_SECONDS)
            counts = self._counts()
            if self._bar is not None:
                self._update(self._bar)
            elif counts != shown:
                shown = counts
                logger.info("%s", ", ".join(f"{state} {n}" for state, n in counts.items()))

    def _counts(self) -> dict[str, int]:
        counts = {state.value: self._stats.get_value(f"sinanews/items/{state}") for state in STATES}
        return {state: count for state, count in counts.items() if count}

    def _update(self, bar: "tqdm[Any]") -> None:
        counts = self._counts()
        bar.total = self._stats.get_value("sinanews/to_fetch", 0)
        bar.set_postfix(counts, refresh=False)
        bar.n = sum(counts.values())
        bar.refresh()

    def closed(self) -> None:
        """Ends the bar."""
        if self._looking:
            self._looking.cancel()
        if self._bar is not None:
            self._update(self._bar)
            self._bar.close()
            self._redirected.close()
