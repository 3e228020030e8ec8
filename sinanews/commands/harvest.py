"""`scrapy harvest`, for cron: one run at a time, a verdict, an exit code."""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from filelock import FileLock, Timeout
from scrapy.cmdline import execute
from scrapy.crawler import AsyncCrawlerProcess

from sinanews.commands import crawl
from sinanews.config import Config
from sinanews.reporting.verdicts import Verdict, worst_exit_code
from sinanews.spiders.base import ArchiveSpider


class Command(crawl.Command):
    """The crawl under a lock, which the system drops when its processes end in whatever way."""

    requires_crawler_process = False  # its event loop must not be there when workers are forked

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Run a spider from cron: one at a time, exit code = verdict"

    def crawl(self, spidercls: type[ArchiveSpider], opts: argparse.Namespace) -> None:
        """Runs the spider unless another harvest of this archive runs."""
        config = Config.from_settings(self.crawler_settings)
        path = config.output / "harvest.lock"
        try:
            with FileLock(path, timeout=0), _crawls(_helpers(config, opts)) as others:
                self.crawler_process = AsyncCrawlerProcess(self.crawler_settings)
                super().crawl(spidercls, opts)
                codes = _ended(others, early=self.exitcode != Verdict.COMPLETE)
                self.exitcode = worst_exit_code([self.exitcode, *codes])
        except Timeout:
            print(f"harvest: another harvest holds {path}; this one does nothing")  # noqa: T201 - for cron's mail
            self.exitcode = Verdict.LOCKED


def _helpers(config: Config, opts: argparse.Namespace) -> int:
    """How many processes help; none with a limit, which each would have for itself."""
    return 0 if "limit" in opts.spargs else config.workers - 1


@contextmanager
def _crawls(count: int) -> Iterator[Sequence[BaseProcess]]:
    """So many further crawls with this harvest's arguments, which share its work by the ledger.

    Forked, they have at once what took half a second to import.
    """
    context = multiprocessing.get_context("fork")
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


def _ended(others: Sequence[BaseProcess], *, early: bool) -> list[int]:
    """The exit codes of the other crawls; they are ended first where this one ended early."""
    for other in others if early else ():
        other.terminate()
    for other in others:
        other.join()
    return [other.exitcode or 0 for other in others]
