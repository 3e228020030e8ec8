"""The bells of a crawl that no command of ours runs, such as a script's."""

from contextlib import suppress
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from sqlalchemy.exc import SQLAlchemyError

from sinanews.exceptions import LedgerError
from sinanews.reporting.bell import Bell, harmless
from sinanews.reporting.verdicts import Verdict
from sinanews.spiders.base import ArchiveSpider

RUNS = 10  # of the last, which have those of this harvest among them


class RunBell:
    """Rings when a run begins and ends. Under the commands `crawl` and `harvest` it does nothing:
    these ring, and know of what ended before there was a crawler, and of other workers."""

    def __init__(self, crawler: Crawler, spider: ArchiveSpider) -> None:
        self._bell = Bell(spider.config.bells, spider.name)
        self._spider = spider
        self._stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that begin and end a run, if anybody is to be told."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        if not crawler.spider.rings or not crawler.spider.config.bells:
            raise NotConfigured
        bell = cls(crawler, crawler.spider)
        crawler.signals.connect(bell.opened, signals.spider_opened)
        crawler.signals.connect(bell.closed, signals.spider_closed)
        return bell

    def opened(self) -> None:
        """The run begins."""
        self._bell.begin()

    def closed(self, reason: str) -> None:
        """The run has ended, and its report is told: that extension comes before this one."""
        code = self._stats.get_value("sinanews/verdict", Verdict.INCOMPLETE)
        view = None
        # One that cannot be read is told by the report.
        with harmless(), suppress(LedgerError, SQLAlchemyError):
            view = self._spider.ledger.view(RUNS)
        self._bell.end(code, reason, view, self._spider.config.stalled_hours)
