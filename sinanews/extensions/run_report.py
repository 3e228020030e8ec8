"""The report of a run: told at its end, filed, and noted in the ledger."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

from itemadapter import ItemAdapter, is_item
from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy.exc import SQLAlchemyError

from sinanews.download.blocking import BLOCKED
from sinanews.items import State
from sinanews.ledger.database import explained
from sinanews.pipelines import ValidatePipeline
from sinanews.reporting.coverage import FieldCoverage
from sinanews.reporting.report import (
    DOUBTFUL_STATS,
    PICTURES_STAT,
    REMOVED_STATS,
    UNKEPT_STATS,
    Report,
)
from sinanews.reporting.verdicts import verdict
from sinanews.reporting.whole import WROTE, Part, Scope, file_report, tell_report, whole_report
from sinanews.spiders.base import ArchiveSpider

logger = logging.getLogger(__name__)


class RunReport:
    """Gathers a run's report; at its end tells it, files it, and notes it in the ledger."""

    def __init__(self, crawler: Crawler) -> None:
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        self._crawler = crawler
        self._stats = crawler.stats
        self._output = crawler.spider.config.output
        self._ledger = crawler.spider.ledger
        self._clock = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that tell what became of items."""
        extension = cls(crawler)
        crawler.signals.connect(extension.error, signals.item_error)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def error(self, item: Any, failure: Any) -> None:  # noqa: ANN401 - any item, a twisted Failure
        """Logs what could not be processed; the ledger still has it as not done."""
        logger.error("%s could not be kept: %s", _name(item), failure.value)
        self._stats.inc_value("sinanews/errors")

    def closed(self, spider: ArchiveSpider, reason: str) -> None:
        """Files the report, and prints what came of the run; of one that works for a harvest, which
        has one report, its part is noted in the ledger."""
        try:
            part = spider.part = self._part(spider, reason)
            if self._ledger.harvest is not None:
                if reason.startswith(BLOCKED):
                    self._ledger.reset_failures()
                self._ledger.harvests.leave(self._ledger.run, part.to_json())
                return
            report = whole_report(
                [part],
                self._ledger,
                Scope((self._ledger.run,), spider.selection(), asks_site=spider.asks_site),
                spider.config,
            )
        except SQLAlchemyError as error:
            text = f"{self._ledger.place} cannot be read: {explained(error)}"
            logger.error("there is no report: %s", text)  # noqa: TRY400 - the reason is the message
            return
        self._stats.set_value("sinanews/verdict", verdict(report).value)
        try:
            file_report(report, self._ledger, self._output, self._ledger.run)
            self._ledger.runs.end(self._ledger.run, report.verdict, report.to_json())
            if report.reason.startswith(BLOCKED):
                self._ledger.reset_failures()
        except (OSError, SQLAlchemyError) as error:
            logger.error("the report could not be kept in %s: %s", self._output, explained(error))  # noqa: TRY400 - the reason is the message
        tell_report(report, self._output)

    def _part(self, spider: ArchiveSpider, reason: str) -> Part:
        """What this run alone knows of."""
        stats = self._stats.get_stats()
        validation = self._crawler.get_item_pipeline(ValidatePipeline)
        coverage = validation.coverage if validation else FieldCoverage()
        counts = {name.value: stats.get(f"sinanews/items/{name}", 0) for name in WROTE}
        beside, reasons = spider.looked_at()
        beside[State.FILTERED] += stats.get("sinanews/filtered", 0)
        report = Report(
            spider=spider.name,
            started=self._ledger.started,
            reason="crashed" if stats.get("spider_exceptions/count") else reason,
            failures=dict(reasons),
            lists=stats.get("sinanews/lists", {}),
            lists_failed=stats.get("sinanews/lists_failed", 0),
            rows_broken=stats.get("sinanews/rows_broken", 0),
            errors=stats.get("sinanews/errors", 0),
            crashes=stats.get("sinanews/crashes", {}),
            pages=coverage.pages,
            presence=coverage.shares(),
            removed=_by_kind(stats, REMOVED_STATS),
            doubtful=_by_kind(stats, DOUBTFUL_STATS),
            pictures=_pictures(stats) if spider.config.pictures.are_kept else {},
            requests=stats.get("downloader/request_count", 0),
            bytes=stats.get("downloader/response_bytes", 0),
            seconds=round(time.monotonic() - self._clock, 3),
        )
        return Part(report, counts, {state.value: count for state, count in beside.items()})


def _by_kind(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """The counts whose names begin with a prefix, by the rest of the name."""
    counts = ((name, count) for name, count in sorted(stats.items()) if name.startswith(prefix))
    return {name.removeprefix(prefix): count for name, count in counts}


def _pictures(stats: Mapping[str, Any]) -> dict[str, Any]:
    counts = Counter(_by_kind(stats, PICTURES_STAT))
    downloaded = counts["downloaded"]
    return {
        "downloaded": downloaded,
        "kept": max(counts["shown"] - downloaded, 0),
        "failed": _by_kind(stats, UNKEPT_STATS),
    }


def _name(item: Any) -> str:  # noqa: ANN401 - items of any kind
    url = ItemAdapter(item).get("url") if is_item(item) else None
    return str(url or type(item).__name__)
