"""The report of a run: told at its end, filed, and noted in the ledger."""

import logging
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter, is_item
from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy.exc import SQLAlchemyError

from sinanews.download.blocking import BLOCKED
from sinanews.items import State
from sinanews.ledger.database import in_short
from sinanews.ledger.selection import Selection
from sinanews.pipelines import ValidatePipeline
from sinanews.reporting.coverage import FieldCoverage, drifted, earlier_coverage
from sinanews.reporting.report import (
    DOUBTFUL_STATS,
    PICTURES_STAT,
    REMOVED_STATS,
    UNKEPT_STATS,
    Report,
    account,
    lines,
)
from sinanews.reporting.silence import stalled
from sinanews.reporting.verdicts import verdict
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils.atomic import write_whole
from sinanews.utils.files import say, takes_colour
from sinanews.utils.text import json_text
from sinanews.utils.times import file_time

RUNS_BEFORE = 10  # so many runs say how often a field is usually there
RUNS_OF_DAYS = 500  # and so many whether a site has gone quiet: four an hour for five days

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
        """Files the report, and prints what came of the run."""
        try:
            report = self._report(spider, reason)
        except SQLAlchemyError as error:
            text = f"{self._ledger.place} cannot be read: {in_short(error)}"
            logger.error("there is no report: %s", text)  # noqa: TRY400 - the reason is the message
            return
        report.verdict = verdict(report).name.lower()
        self._stats.set_value("sinanews/verdict", verdict(report).value)
        try:
            self._store(report)
            if report.reason.startswith(BLOCKED):
                self._ledger.reset_failures()
        except (OSError, SQLAlchemyError) as error:
            logger.error("the report could not be kept in %s: %s", self._output, error)  # noqa: TRY400 - the reason is the message
        text = f"posts, articles and reports are in {_shown(self._output)}"
        # Last: whoever was to read it may be gone.
        _tell([*lines(report), text], report.verdict)

    def _store(self, report: Report) -> None:
        write_whole({self._file(): json_text(report.to_json()).encode()})
        self._ledger.runs.end(self._ledger.run, report.verdict, report.to_json())

    def _file(self) -> Path:
        """Named by the run's start, and by its number where another began in that second."""
        name = file_time(self._ledger.started)
        if self._ledger.runs.shares_start(self._ledger.run):
            name += f"-{self._ledger.run}"
        return self._output / "runs" / f"{name}.json"

    def _report(self, spider: ArchiveSpider, reason: str) -> Report:
        runs, run, stats = self._ledger.runs, self._ledger.run, self._stats.get_stats()
        validation = self._crawler.get_item_pipeline(ValidatePipeline)
        coverage = validation.coverage if validation else FieldCoverage()
        earlier = [record.report for record in runs.last(RUNS_BEFORE + 1)]
        tries = spider.config.failed_tries
        others = spider.selection()
        others = replace(others, tries=tries) if others else None
        beside, reasons = spider.looked_at()
        failures = runs.failures(run, others) + Counter[str | None](reasons)
        waiting = failures.pop(None, 0)
        report = Report(
            spider=spider.name,
            started=self._ledger.started,
            reason="crashed" if stats.get("spider_exceptions/count") else reason,
            account=account(self._states(others) + beside, stats.get("sinanews/filtered", 0)),
            failures={str(text): count for text, count in failures.items()},
            waiting=waiting,
            given_up=runs.given_up(run, tries),
            lists=stats.get("sinanews/lists", {}),
            lists_failed=stats.get("sinanews/lists_failed", 0),
            rows_broken=stats.get("sinanews/rows_broken", 0),
            errors=stats.get("sinanews/errors", 0),
            crashes=stats.get("sinanews/crashes", {}),
            pages=coverage.pages,
            presence=coverage.shares(),
            presence_before=earlier_coverage(earlier),
            drifted=drifted(coverage, earlier),
            removed=_by_kind(stats, REMOVED_STATS),
            doubtful=_by_kind(stats, DOUBTFUL_STATS),
            pictures=_pictures(stats) if spider.config.pictures.are_kept else {},
            requests=stats.get("downloader/request_count", 0),
            bytes=stats.get("downloader/response_bytes", 0),
            seconds=round(time.monotonic() - self._clock, 3),
        )
        now, limit = self._ledger.now(), spider.config.stalled_hours * 3600
        if spider.asks_site:
            report.stalled = stalled(report, partial(runs.last, RUNS_OF_DAYS), now, limit)
        return report

    def _states(self, others: Selection | None) -> Counter[State]:
        """What became of the run's stories. What it wrote stays in its account, even if a run
        beside it has claimed the story anew since."""
        states = self._ledger.runs.account(self._ledger.run, others)
        for state in (State.WRITTEN, State.UPDATED):
            count = self._stats.get_value(f"sinanews/items/{state}", 0)
            states[state] = max(states[state], count)
        return states


def _tell(told: Sequence[str], verdict: str) -> None:
    """Prints a report's lines, in colours where somebody can see them."""
    if not takes_colour(sys.stdout):
        say(*told)
        return
    from sinanews.reporting.screen import show_report  # noqa: PLC0415 - 0.1 s, for terminals only

    show_report(told, verdict, sys.stdout)


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


def _shown(folder: Path) -> Path:
    """A folder as a user sees it from where the run was started."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _name(item: Any) -> str:  # noqa: ANN401 - items of any kind
    url = ItemAdapter(item).get("url") if is_item(item) else None
    return str(url or type(item).__name__)
