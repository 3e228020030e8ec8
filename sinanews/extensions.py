"""What a run tells while it works and when it ends."""

import logging
import sys
import time
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sinanews.items import Article, Rejection

INTERVAL = 5.0  # seconds between two lines of progress where there is no terminal
ACCOUNT = ("written", "updated", "unchanged", "filtered", "gone", "failed")

logger = logging.getLogger(__name__)


class Progress:
    """A bar with counts on a terminal, log lines otherwise, and at the end what was written."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats, "a crawler that runs has stats"
        self._stats = crawler.stats
        self._folder = Path(crawler.settings["OUTPUT_DIR"])
        self._bar: tqdm[Any] | None = None
        self._redirect = logging_redirect_tqdm()
        self._said = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that tell how a run goes."""
        progress = cls(crawler)
        crawler.signals.connect(progress.opened, signals.spider_opened)
        crawler.signals.connect(progress.scraped, signals.item_scraped)
        crawler.signals.connect(progress.dropped, signals.item_dropped)
        crawler.signals.connect(progress.error, signals.item_error)
        crawler.signals.connect(progress.closed, signals.spider_closed)
        return progress

    def opened(self) -> None:
        """Starts the bar, if anybody is there to look at it."""
        if sys.stderr.isatty():
            self._bar = tqdm(desc="articles", unit="", dynamic_ncols=True)
            self._redirect.__enter__()

    def scraped(self, item: Article | Rejection) -> None:
        """Counts what was written, or why not."""
        if isinstance(item, Rejection):
            self._count(item.state.value)
            self._count(f"{item.state.value}/{item.reason}", show=False)
        else:
            self._count("written" if item.revision == 1 else "updated")

    def dropped(self) -> None:
        """Counts what was as before."""
        self._count("unchanged")

    def error(self, item: Article | Rejection, failure: Any) -> None:  # noqa: ANN401 - a twisted Failure
        """Says what could not be kept; the ledger still has it as not done."""
        logger.error("%s could not be kept: %s", item.url, failure.value)
        self._count("errors")

    def _count(self, what: str, *, show: bool = True) -> None:
        self._stats.inc_value(f"sinanews/{what}")
        if show:
            self._show()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.total = self._known("listed") - self._known("unchanged")
            self._bar.set_postfix({name: n for name in ACCOUNT if (n := self._known(name))})
            self._bar.update()
        elif time.monotonic() - self._said > INTERVAL:
            self._said = time.monotonic()
            logger.info("%s", self._account())

    def _known(self, what: str) -> int:
        return int(self._stats.get_value(f"sinanews/{what}", 0))

    def _account(self) -> str:
        states = " + ".join(f"{name} {self._known(name)}" for name in ACCOUNT)
        return f"listed {self._known('listed')} = {states}"

    def closed(self, spider: Spider, reason: str) -> None:
        """Says what was written and where."""
        if self._bar is not None:
            self._bar.close()
            self._redirect.__exit__(None, None, None)
        print(f"{spider.name} {reason}: {self._account()}")  # noqa: T201 - the run's answer to its user
        print(f"posts in {self._folder / '_posts'}, JSON Lines in {self._folder / 'articles'}")  # noqa: T201 - as above
        if self._known("failed"):
            print(f"pages that failed, with the reason: {self._folder / 'failed'}")  # noqa: T201 - as above
