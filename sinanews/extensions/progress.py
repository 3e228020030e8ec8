"""A bar with counts while a run works."""

import logging
import sys
import time
from contextlib import ExitStack
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sinanews.exceptions import WriteError
from sinanews.items import Rejection, is_article

INTERVAL = 5.0  # seconds between two lines of progress where there is no terminal

logger = logging.getLogger(__name__)


class Progress:
    """A bar with counts on a terminal, log lines otherwise."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        self._bar: tqdm[Any] | None = None
        self._redirected = ExitStack()
        self._said = time.monotonic()
        self._counts: dict[str, int] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that tell how a run goes."""
        progress = cls(crawler)
        crawler.signals.connect(progress.opened, signals.spider_opened)
        crawler.signals.connect(progress.scraped, signals.item_scraped)
        crawler.signals.connect(progress.dropped, signals.item_dropped)
        crawler.signals.connect(progress.closed, signals.spider_closed)
        return progress

    def opened(self) -> None:
        """Starts the bar, if anybody is there to look at it."""
        if sys.stderr.isatty():
            self._bar = tqdm(desc="articles", unit="", dynamic_ncols=True)
            self._redirect()

    def _redirect(self) -> None:
        """Lets the log go round the bar; a log that goes to a file is left alone."""
        console = [h for h in logging.root.handlers if getattr(h, "stream", None) is sys.stderr]
        if console:
            self._redirected.enter_context(logging_redirect_tqdm())
            # tqdm's own handler takes the format over, but not the level.
            logging.root.handlers[-1].setLevel(console[0].level)

    def scraped(self, item: Any) -> None:  # noqa: ANN401 - items of any kind
        """Counts what was written."""
        if is_article(item):
            self._count("written" if ItemAdapter(item)["revision"] == 1 else "updated")

    def dropped(self, item: Any, exception: DropItem) -> None:  # noqa: ANN401 - items of any kind
        """Counts what was as before, gave no article, or could not be written."""
        if isinstance(exception, WriteError):
            self._count("not written")
        elif isinstance(item, Rejection):
            self._count(item.state.value)
        elif is_article(item):
            self._count("unchanged")

    def _count(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        if self._bar is not None:
            self._bar.total = self._stats.get_value("sinanews/to_fetch", 0)
            self._bar.set_postfix(self._counts, refresh=False)
            self._bar.update()
        elif time.monotonic() - self._said > INTERVAL:
            self._said = time.monotonic()
            logger.info("%s", ", ".join(f"{what} {n}" for what, n in self._counts.items()))

    def closed(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()
            self._redirected.close()
