"""Names the code that failed in a run, for its report."""

from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from sinanews.reporting.crashes import CRASHES_STAT, with_crash


class Crashes:
    """Counts errors of callbacks, errbacks, spider middlewares and pipelines by what and where, in
    the stat `sinanews/crashes`."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that tell of errors."""
        crashes = cls(crawler)
        crawler.signals.connect(crashes.spider_error, signals.spider_error)
        crawler.signals.connect(crashes.item_error, signals.item_error)
        return crashes

    def spider_error(self, failure: Failure) -> None:
        """Counts the error of a callback."""
        self._count(failure)

    def item_error(self, item: Any, failure: Failure) -> None:  # noqa: ANN401, ARG002 - any item; Scrapy's signal
        """Counts the error of a pipeline."""
        self._count(failure)

    def _count(self, failure: Failure) -> None:
        assert failure.value, "a failure has an exception"
        crashes = with_crash(self._stats.get_value(CRASHES_STAT, {}), failure.value)
        self._stats.set_value(CRASHES_STAT, crashes)
