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
from multiprocessing.synchronize import Event

from scrapy.cmdline import execute
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from sqlalchemy.exc import SQLAlchemyError

from sinanews.archive.housekeeping import keep_house
from sinanews.archive.lock import locked
from sinanews.commands import crawl
from sinanews.config import Config
from sinanews.exceptions import LockedError, SinanewsError
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path
from sinanews.reporting.verdicts import Verdict, worst_exit_code
from sinanews.spiders.base import ADDON, ArchiveSpider
from sinanews.spiders.china import ChinaSpider
from sinanews.utils.files import say

logger = logging.getLogger(__name__)


class Command(crawl.Command):
    """The crawl under a lock, which the system drops when its processes end in whatever way."""

    requires_crawler_process = False  # its event loop must not be there when workers are forked

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Run a spider from cron: one at a time, exit code = verdict"

    def crawl(self, spidercls: type[ArchiveSpider], opts: argparse.Namespace) -> None:
        """Runs the spider unless another harvest of this archive, or a rebuild, runs."""
        config = Config.from_settings(self.crawler_settings)
        try:
            helpers = _helpers(config, opts)
            if helpers:
                _import_components(self.crawler_settings)
            with locked(config.output, "harvest"), _crawls(helpers) as others:
                self.crawler_process = AsyncCrawlerProcess(self.crawler_settings)
                super().crawl(spidercls, opts)
                codes = _ended(others, early=self.exitcode != Verdict.COMPLETE)
                self.exitcode = worst_exit_code([self.exitcode, *codes])
                if config.housekeeping:
                    _keep_house(config)
        except LockedError as error:
            say(error)  # for cron's mail
            self.exitcode = Verdict.LOCKED


def _keep_house(config: Config) -> None:
    """Removes and packs what is old, now that this harvest's processes are done. No signal waits
    for its end, for none does harm. Whatever goes wrong, the harvest has come to what it has."""
    for wish_to_end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish_to_end, signal.SIG_DFL)
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


def _helpers(config: Config, opts: argparse.Namespace) -> int:
    """How many processes help; none with a limit, which each would have for itself."""
    return 0 if "limit" in opts.spargs else config.workers - 1


@contextmanager
def _crawls(count: int) -> Iterator[Sequence[BaseProcess]]:
    """So many further crawls with this harvest's arguments, which share its work by the ledger.

    Forked, they have at once what took a second to import. This process walks the lists for all.
    """
    context = multiprocessing.get_context("fork")
    lists_walked = context.Event()
    ChinaSpider.shares_terminal = count > 0
    crawls = [context.Process(target=_crawl, args=(lists_walked,)) for _ in range(count)]
    for crawl_ in crawls:
        crawl_.start()
    ChinaSpider.lists_walked = lists_walked
    try:
        yield crawls
    finally:
        for crawl_ in crawls:
            crawl_.kill()


def _crawl(lists_walked: Event) -> None:
    os.setsid()  # away from the terminal's Ctrl-C: the harvest tells it to end, once
    ChinaSpider.walks_lists, ChinaSpider.lists_walked = False, lists_walked
    execute(["scrapy", "crawl", *sys.argv[1:]])  # Scrapy took `harvest` out


def _ended(others: Sequence[BaseProcess], *, early: bool) -> list[int]:
    """The exit codes of the other crawls; they are ended first where this one ended early. One that
    was killed has left its stories to the rest, and no verdict."""
    for other in others if early else ():
        other.terminate()
    for other in others:
        other.join()
    codes = [other.exitcode or 0 for other in others]
    return [code if code >= 0 else Verdict.INCOMPLETE for code in codes]
