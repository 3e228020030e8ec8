"""`scrapy reread`: today's layouts over kept pages, without the network."""

import argparse
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from sinanews.archive.lock import locked
from sinanews.archive.warc import FOLDER
from sinanews.commands import crawl
from sinanews.config import Config
from sinanews.exceptions import LockedError
from sinanews.ledger.runs import REREAD
from sinanews.reporting.verdicts import Verdict
from sinanews.spiders.base import ArchiveSpider
from sinanews.spiders.replay import start_process
from sinanews.spiders.reread import RereadSpider
from sinanews.utils.files import say


class Command(crawl.Command):
    """The spider `reread` under the lock of a harvest, with processes that read for it; the exit
    code is its verdict."""

    requires_crawler_process = False  # its event loop must not be there when processes are forked

    def syntax(self) -> str:
        """What may stand behind the command."""
        return "[options]"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Read kept pages again with today's layouts; no network"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--processes."""
        super().add_options(parser)
        cores = len(os.sched_getaffinity(0))
        what = f"how many processes read pages (default: one a core, {cores} here)"
        parser.add_argument("--processes", default=str(cores), metavar="N", help=what)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Names the spider."""
        args.insert(0, REREAD)
        super().process_options(args, opts)

    def crawl(self, spidercls: type[ArchiveSpider], opts: argparse.Namespace) -> None:
        """Rereads, unless a harvest, a rebuild or another reread is at work on this archive."""
        config = Config.from_settings(self.crawler_settings)
        count = opts.processes
        if not count.isascii() or not count.isdigit() or not int(count):
            raise UsageError(f"--processes: {count!r} is not accepted; expected 1 or more")
        try:
            with locked(config.output, REREAD), _pool(self.crawler_settings, config, int(count)):
                self.crawler_process = AsyncCrawlerProcess(self.crawler_settings)
                super().crawl(spidercls, opts)
        except LockedError as error:
            say(error)
            self.exitcode = Verdict.LOCKED


@contextmanager
def _pool(settings: BaseSettings, config: Config, count: int) -> Iterator[None]:
    """So many processes, which are forked: they have at once what took a second to import."""
    start = (settings, config.output / FOLDER)
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(count, context, start_process, start)
    try:
        pool.submit(os.getpid).result()  # which forks them all
        RereadSpider.pool, RereadSpider.processes = pool, count
        yield
    finally:
        pool.shutdown(cancel_futures=True)
