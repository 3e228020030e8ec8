"""What a run tells while it works and when it ends."""

import json
import logging
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter, is_item
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sinanews.exceptions import WriteError
from sinanews.items import Rejection, is_article, to_article
from sinanews.ledger.tables import in_short
from sinanews.reporting import report
from sinanews.reporting.report import Presence, Report
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils.atomic import write_whole

INTERVAL = 5.0  # seconds between two lines of progress where there is no terminal
RUNS_BEFORE = 10  # so many runs say how often a field is usually there

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


class RunReport:
    """Gathers a run's report; at its end tells it, files it, and notes it in the ledger."""

    def __init__(self, crawler: Crawler) -> None:
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        self._stats = crawler.stats
        self._output = crawler.spider.config.output
        self._ledger = crawler.spider.ledger
        self._presence = Presence()
        self._started = self._ledger.now()
        self._clock = time.monotonic()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connected to the signals that tell what became of items."""
        gathering = cls(crawler)
        crawler.signals.connect(gathering.scraped, signals.item_scraped)
        crawler.signals.connect(gathering.dropped, signals.item_dropped)
        crawler.signals.connect(gathering.error, signals.item_error)
        crawler.signals.connect(gathering.closed, signals.spider_closed)
        return gathering

    def scraped(self, item: Any) -> None:  # noqa: ANN401 - items of any kind
        """Counts the fields of an article."""
        if is_article(item):
            self._presence.add(to_article(item))

    def dropped(self, item: Any, exception: DropItem) -> None:  # noqa: ANN401 - items of any kind
        """Counts the fields of what was as before or could not be read, and what could not be
        written."""
        if isinstance(exception, WriteError):
            self._stats.inc_value("sinanews/errors")
        elif is_article(item):
            self._presence.add(to_article(item))
        elif isinstance(item, Rejection) and item.missing:
            self._presence.add_unreadable(item.missing)

    def error(self, item: Any, failure: Any) -> None:  # noqa: ANN401 - any item, a twisted Failure
        """Logs what could not be processed; the ledger still has it as not done."""
        logger.error("%s could not be kept: %s", _name(item), failure.value)
        self._stats.inc_value("sinanews/errors")

    def closed(self, spider: Spider, reason: str) -> None:
        """Keeps the report, and tells what came of the run."""
        try:
            told = self._gathered(spider, reason)
        except SQLAlchemyError as error:
            said = f"{self._ledger.place} cannot be read: {in_short(error)}"
            logger.error("there is no report: %s", said)  # noqa: TRY400 - the reason is the message
            return
        told.verdict = report.verdict(told).name.lower()
        self._stats.set_value("sinanews/verdict", report.verdict(told).value)
        try:
            self._keep(told)
            if told.reason.startswith(report.BLOCKED):
                self._ledger.forgive()
        except (OSError, SQLAlchemyError) as error:
            logger.error("the report could not be kept in %s: %s", self._output, error)  # noqa: TRY400 - the reason is the message
        # Last: whoever was to read it may be gone.
        print("\n".join(report.lines(told)))  # noqa: T201 - the run's answer to its user
        print(f"posts, articles and reports are in {_shown(self._output)}")  # noqa: T201 - as above

    def _keep(self, told: Report) -> None:
        data = json.dumps(told.to_json(), ensure_ascii=False, indent=1).encode()
        write_whole({self._file(): data})
        self._ledger.runs.end(self._ledger.run, told.verdict, told.to_json())

    def _file(self) -> Path:
        """Named by the run's start, and by its number where another began in that second."""
        begun = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(self._started))
        own = self._output / "runs" / f"{begun}.json"
        return own.with_stem(f"{begun}-{self._ledger.run}") if own.exists() else own

    def _gathered(self, spider: Spider, reason: str) -> Report:
        runs, run, stats = self._ledger.runs, self._ledger.run, self._stats.get_stats()
        earlier = report.before([known.report for known in runs.last(RUNS_BEFORE + 1)])
        return Report(
            spider=spider.name,
            started=self._started,
            reason="crashed" if _crashed(stats) else reason,
            account=report.account(runs.account(run), stats.get("sinanews/filtered", 0)),
            failures=dict(runs.failures(run)),
            lists=stats.get("sinanews/lists", {}),
            lists_failed=stats.get("sinanews/lists_failed", 0),
            rows_broken=stats.get("sinanews/rows_broken", 0),
            errors=stats.get("sinanews/errors", 0),
            pages=self._presence.pages,
            presence=self._presence.shares(),
            presence_before=earlier,
            drifted=report.drifted(self._presence, earlier),
            requests=stats.get("downloader/request_count", 0),
            bytes=stats.get("downloader/response_bytes", 0),
            seconds=round(time.monotonic() - self._clock, 3),
        )


def _shown(folder: Path) -> Path:
    """A folder as a user sees it from where the run was started."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _name(item: Any) -> str:  # noqa: ANN401 - items of any kind
    url = ItemAdapter(item).get("url") if is_item(item) else None
    return str(url or type(item).__name__)


def _crashed(stats: Mapping[str, Any]) -> bool:
    return bool(stats.get("spider_exceptions/count"))
