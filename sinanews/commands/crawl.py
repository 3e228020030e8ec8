"""`scrapy crawl`, which refuses what makes no sense, and exits with the run's verdict."""

import argparse
import gc
import logging
from collections.abc import Mapping
from typing import Any

from scrapy import Spider
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from sinanews.exceptions import SinanewsError
from sinanews.report import BLOCKED, Verdict

# What Scrapy tells at the start of every run, its versions, all settings and all components, and
# at its end, after the report.
PREAMBLE = (
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.crawler",
    "scrapy.extensions.feedexport",
    "scrapy.middleware",
    "scrapy.utils.log",
)
GARBAGE = 10_000  # objects more than were freed; Python itself looks after 700
# These make a record of every page and item, most of which LOG_LEVEL then throws away.
VERBOSE = ("scrapy.core.engine", "scrapy.core.scraper")


class Command(crawl.Command):
    """Scrapy's command with arguments checked before anything starts."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Reads the options; the log then leaves the preamble out, unless it is to tell all."""
        super().process_options(args, opts)
        _spare_the_collector()
        if self.crawler_settings["LOG_LEVEL"] != "DEBUG":
            for name in PREAMBLE:  # a filter, for Scrapy sets their levels anew
                logging.getLogger(name).addFilter(_is_no_preamble)

    @property
    def crawler_settings(self) -> Settings:
        """The settings that the run will have."""
        assert self.settings, "Scrapy gives every command settings"
        return self.settings

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider; the exit code is the verdict."""
        for name in VERBOSE:
            logging.getLogger(name).setLevel(self.crawler_settings["LOG_LEVEL"])
        if len(args) == 1:
            self._refuse(args[0], opts.spargs)
        self.work(args, opts)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider, its arguments known to be good."""
        super().run(args, opts)
        if not self.exitcode and self._crawler.stats:
            self.exitcode = int(_verdict(self._crawler.stats.get_stats()))

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler

    def _refuse(self, name: str, arguments: dict[str, str]) -> None:
        loader = get_spider_loader(self.crawler_settings)
        try:
            spider = loader.load(name)
        except KeyError:
            known = ", ".join(loader.list())
            raise UsageError(f"spider {name!r} is not known; there are: {known}") from None
        try:
            spider.refuse(self.crawler_settings, arguments)  # type: ignore[attr-defined] # all of ours have it
        except SinanewsError as error:
            raise UsageError(str(error)) from error


def _spare_the_collector() -> None:
    """What is imported by now stays, so Python need not look through it for garbage; and pages make
    little that only the collector can find, so it looks less often. A twentieth of all CPU."""
    gc.freeze()
    gc.set_threshold(GARBAGE)


def _is_no_preamble(record: logging.LogRecord) -> bool:
    """Warnings and errors, and the answers to signals."""
    return record.levelno >= logging.WARNING or str(record.msg).startswith("Received ")


def _verdict(stats: Mapping[str, Any]) -> Verdict:
    if str(stats.get("finish_reason")).startswith(BLOCKED):
        return Verdict.BLOCKED
    return Verdict(stats.get("sinanews/verdict", Verdict.INCOMPLETE))
