"""`scrapy harvest`, for cron: one run at a time, a verdict, an exit code."""

import argparse
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.process import BaseProcess

from scrapy.cmdline import execute
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from sqlalchemy.exc import SQLAlchemyError

from sinanews.archive.housekeeping import keep_house
from sinanews.archive.lock import locked
from sinanews.commands import crawl
from sinanews.config import Config
from sinanews.exceptions import LedgerError, LockedError, SinanewsError
from sinanews.ledger.database import explained
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path
from sinanews.reporting.report import Report
from sinanews.reporting.verdicts import Verdict, verdict
from sinanews.reporting.whole import (
    FINISHED,
    Part,
    Scope,
    file_report,
    tell_report,
    walk_part,
    whole_report,
)
from sinanews.spiders.base import ADDON, ArchiveSpider, pauses
from sinanews.utils.files import say

logger = logging.getLogger(__name__)


class Command(crawl.Command):
    """The crawl under a lock, which the system drops when its processes end in whatever way; with
    others on the same ledger that were asked for the same, one harvest."""

    requires_crawler_process = False  # its event loop must not be there when workers are forked

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Run a spider from cron: one at a time, exit code = verdict"

    def crawl(self, spidercls: type[ArchiveSpider], opts: argparse.Namespace) -> None:
        """Runs the spider unless another harvest of this archive, or a rebuild, runs."""
        config = Config.from_settings(self.crawler_settings)
        try:
            with _working_together(spidercls), locked(config.output, "harvest"):
                shares = spidercls(**opts.spargs).shared_arguments() is not None
                helpers = config.workers - 1 if shares else 0
                if helpers:
                    _import_components(self.crawler_settings)
                with _crawls(helpers) as others:
                    self.crawler_process = AsyncCrawlerProcess(self.crawler_settings)
                    super().crawl(spidercls, opts)
                    _end(others, early=self._reason != FINISHED)
                    self._end_harvest(config)
                if config.housekeeping:
                    _keep_house(config)
        except LockedError as error:
            say(error)  # for cron's mail
            self.exitcode = Verdict.LOCKED

    def _end_harvest(self, config: Config) -> None:
        """Waits until all workers of this one's harvest are done, on whatever machine; tells the
        one report of all, and takes its verdict for the exit code. One that was told to end early
        waits for nobody."""
        spider = self._own_crawler.spider if self._own_crawler else None
        if not isinstance(spider, ArchiveSpider) or spider.ledger.harvest is None:
            return
        _heed_signals()
        looks = pauses()
        try:
            with closing(Ledger.open(config, post_path)) as ledger:
                while not (report := _composed(ledger, spider)):
                    if self._reason != FINISHED:
                        say("other workers go on with this harvest")
                        return
                    time.sleep(next(looks))
                try:
                    file_report(report, ledger, config.output, spider.ledger.harvest)
                except OSError as error:
                    logger.error("the report could not be kept in %s: %s", config.output, error)  # noqa: TRY400 - the reason is the message
        except (SinanewsError, SQLAlchemyError) as error:
            logger.error("the harvest's report could not be had: %s", explained(error))  # noqa: TRY400 - the reason is the message
            self.exitcode = Verdict.INCOMPLETE
            return
        self.exitcode = verdict(report)
        self._reason, self._report = report.reason, report.to_json()
        tell_report(report, config.output)


@contextmanager
def _working_together(spidercls: type[ArchiveSpider]) -> Iterator[None]:
    spidercls.works_together = True
    try:
        yield
    finally:
        spidercls.works_together = False


def _composed(ledger: Ledger, spider: ArchiveSpider) -> Report | None:
    """The report of a spider's harvest, which is written here if nobody has done so; None while
    others are at work. A ledger that cannot keep it spoils no report.

    Raises LedgerError and SQLAlchemyError for one that cannot tell it.
    """
    harvest = spider.ledger.harvest
    assert harvest is not None, "nobody asks for the report of no harvest"
    if known := ledger.harvests.result(harvest):
        if not known[1]:
            raise LedgerError(f"harvest {harvest} was taken for killed and given up by another run")
        return Report(**known[1])
    if not ledger.harvests.is_over(harvest):
        return None
    members = ledger.harvests.members(harvest)
    parts = [Part.from_json(member.part) for member in members if member.part]
    if spider.part and not any(m.part for m in members if m.run == spider.ledger.run):
        parts.append(spider.part)  # which the ledger could not keep
    lists, is_well = ledger.harvests.lists(harvest)
    parts.append(walk_part(parts, lists, is_well=is_well))
    scope = Scope([member.run for member in members], spider.selection())
    report = whole_report(parts, ledger, scope, spider.config)
    try:
        is_ended = ledger.harvests.end(harvest, report.verdict, report.to_json())
    except SQLAlchemyError as error:
        logger.error("the report could not be kept in %s: %s", ledger.place, explained(error))  # noqa: TRY400 - the reason is the message
        return report
    return report if is_ended else None


def _heed_signals() -> None:
    """What comes now ends the process as it would end any; no signal waits for Scrapy's engine,
    which has ended."""
    for wish_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish_to_end, signal.SIG_DFL)


def _keep_house(config: Config) -> None:
    """Removes and packs what is old, now that this harvest's processes are done. No signal waits
    for its end, for none does harm. Whatever goes wrong, the harvest has come to what it has."""
    _heed_signals()
    try:
        with closing(Ledger.open(config, post_path, read_only=True)) as ledger:
            oldest_run = ledger.runs.oldest_at_work()
        kept = keep_house(config.output, config.housekeeping, time.time(), oldest_run)
    except (OSError, SinanewsError, SQLAlchemyError) as error:
        logger.warning("old files were not removed or packed: %s", error)
        return
    if kept.removed or kept.packed:
        logger.info("of old files %d were removed, %d packed", kept.removed, kept.packed)


def _import_components(settings: BaseSettings) -> None:
    """Imports Scrapy's components and ours once, for all processes that are forked after it. A
    user's own may need an event loop and are left alone."""
    names = ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS")
    paths = [path for name in names for path in settings[f"{name}_BASE"]]
    paths += filter(None, settings.getdict("DOWNLOAD_HANDLERS").values())
    for path in (*paths, settings["DOWNLOADER"], settings["SCHEDULER"], ADDON):
        if str(path).startswith(("scrapy.", "sinanews.")):
            load_object(path)


@contextmanager
def _crawls(count: int) -> Iterator[Sequence[BaseProcess]]:
    """So many further crawls with this harvest's arguments, which share its work by the ledger.

    Forked, they have at once what took a second to import.
    """
    context = multiprocessing.get_context("fork")
    ArchiveSpider.shares_terminal = count > 0
    ArchiveSpider.own_harvest = context.Value("i") if count else None
    crawls = [context.Process(target=_crawl) for _ in range(count)]
    for crawl_ in crawls:
        crawl_.start()
    try:
        yield crawls
    finally:
        for crawl_ in crawls:
            crawl_.kill()


def _crawl() -> None:
    os.setsid()  # away from the terminal's Ctrl-C: the harvest tells it to end, once
    execute(["scrapy", "crawl", *sys.argv[1:]])  # Scrapy took `harvest` out


def _end(others: Sequence[BaseProcess], *, early: bool) -> None:
    """Waits for the other crawls; they are ended first where this one ended early. One that was
    killed has left its stories to the rest."""
    for other in others if early else ():
        other.terminate()
    for other in others:
        other.join()
