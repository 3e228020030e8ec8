"""`scrapy crawl`, which refuses what makes no sense, and exits with the run's verdict."""

import argparse
import gc
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from scrapy import Spider
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.signals import engine_started
from scrapy.spiderloader import get_spider_loader

from sinanews.commands import archive, refusal
from sinanews.config import Bells
from sinanews.download.blocking import BLOCKED
from sinanews.exceptions import ArgumentError, SinanewsError
from sinanews.extensions.bell import RUNS
from sinanews.reporting.bell import Bell, harmless
from sinanews.reporting.crashes import crash_place
from sinanews.reporting.verdicts import Verdict
from sinanews.spiders.base import ArchiveSpider

# What Scrapy logs at the start of every run, its versions, all settings and all components, at its
# end, after the report, and of pages that are missing, which the spiders log with their reason.
PREAMBLE = (
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.crawler",
    "scrapy.extensions.feedexport",
    "scrapy.middleware",
    "scrapy.spidermiddlewares.httperror",
    "scrapy.utils.log",
)
# A download that fails is logged by the spider that asked for it, with the reason.
REPEATED = "scrapy.downloadermiddlewares.retry"
# These make a record of every page and item, most of which LOG_LEVEL then throws away.
VERBOSE = ("scrapy.core.engine", "scrapy.core.scraper")
GARBAGE_OF_RUN = 5_000  # new objects, less those freed, after which Python looks for garbage


class Command(crawl.Command):
    """Scrapy's command with arguments checked before anything starts; for a spider that is none of
    an archive's, Scrapy's command as it is."""

    _bell: Bell | None = None
    _own_crawler: Crawler | None = None
    _reason = ""  # how the crawl ended, for the bell
    _report: Mapping[str, Any] | None = None  # that of a harvest, which other runs may have begun

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Reads the options; the log then leaves the preamble out, unless it is to tell all."""
        super().process_options(args, opts)
        level = self.crawler_settings["LOG_LEVEL"]
        if self._archive_spider(args) and level != "DEBUG":
            for name in PREAMBLE:  # a filter, for Scrapy sets their levels anew
                logging.getLogger(name).addFilter(_is_no_preamble)
            logging.getLogger(REPEATED).addFilter(lambda _: False)
            # They are part of the preamble, and looking up the platform's starts a subprocess.
            self.crawler_settings.set("LOG_VERSIONS", [])

    @property
    def crawler_settings(self) -> Settings:
        """The settings that the run will have."""
        assert self.settings, "Scrapy gives every command settings"
        return self.settings

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider; the exit code is the verdict."""
        if "=" in "".join(args[1:]):
            hint = " ".join(f"-a {argument}" for argument in args[1:])
            raise UsageError(f"arguments of a spider follow -a: scrapy crawl {args[0]} {hint}")
        spidercls = self._archive_spider(args)
        if spidercls:
            for name in VERBOSE:
                logging.getLogger(name).setLevel(self.crawler_settings["LOG_LEVEL"])
            with self._ringing(spidercls):
                self._validate(spidercls, opts.spargs)
                self.crawl(spidercls, opts)
        else:
            super().run(args, opts)

    def crawl(self, spidercls: type[ArchiveSpider], opts: argparse.Namespace) -> None:
        """Runs a spider whose arguments are known to be good."""
        assert self.crawler_process, "Scrapy gives commands that crawl a process"
        if self._bell:
            self._bell.begin()
        self._own_crawler = crawler = self.crawler_process.create_crawler(spidercls)
        crawler.signals.connect(_spare_garbage_collector, engine_started)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        self.exitcode = 1 if self.crawler_process.bootstrap_failed else int(_verdict(crawler))
        self._reason = crawler.stats.get_value("finish_reason", "") if crawler.stats else ""

    @contextmanager
    def _ringing(self, spidercls: type[ArchiveSpider]) -> Iterator[None]:
        """Tells those who are not there how the run in the block ends, in whatever way but by a
        signal: this is where its exit code is settled, and what is refused has no crawler."""
        settings = self.crawler_settings.copy()
        spidercls.update_settings(settings)
        if not spidercls.rings or not settings.getbool("ARCHIVE_ENABLED"):
            yield
            return
        try:
            bells = Bells.from_settings(settings)
            self._bell = Bell(bells, spidercls.name) if bells else None
        except ArgumentError as error:
            raise refusal(error) from error
        if self._bell is None:
            yield
            return
        # Else its crawler would ring too, and those of other workers, of which some are not done.
        spidercls.rings = False
        code, reason = 1, ""
        try:
            yield
            code, reason = self.exitcode, self._reason
        except UsageError as error:
            code, reason = Verdict.REFUSED, str(error)
            raise
        except Exception as error:
            reason = crash_place(error)
            raise
        except BaseException:  # whoever interrupts it is there, and knows
            code = Verdict.LOCKED
            raise
        finally:
            spidercls.rings = True
            self._ring(self._bell, code, reason)

    def _ring(self, bell: Bell, code: int, reason: str) -> None:
        view, hours = None, 0
        # An archive that cannot be read is told by what could not work with it.
        with harmless(), suppress(UsageError), archive(self, read_only=True) as (ledger, config):
            view, hours = ledger.view(RUNS), config.stalled_hours
        bell.end(code, reason, view, hours, self._report)

    def _archive_spider(self, args: list[str]) -> type[ArchiveSpider] | None:
        """The named spider if it is one of an archive. Raises UsageError for an unknown name."""
        if len(args) == 0:
            return None
        loader = get_spider_loader(self.crawler_settings)
        try:
            spidercls: type[Spider] = loader.load(args[0])
        except KeyError:
            names = ", ".join(loader.list())
            raise UsageError(f"spider {args[0]!r} is not known; there are: {names}") from None
        return spidercls if issubclass(spidercls, ArchiveSpider) else None

    def _validate(self, spidercls: type[ArchiveSpider], arguments: dict[str, str]) -> None:
        settings = self.crawler_settings.copy()
        try:
            spidercls.update_settings(settings)
            spidercls(**arguments)
            spidercls.validate(settings)
        except SinanewsError as error:
            raise refusal(error) from error


def _spare_garbage_collector() -> None:
    """What there is when the engine starts stays until the end, so Python need not search it for
    garbage: to search it took a ninth of all CPU. What comes then is searched more often than what
    is imported: 50,000 objects of garbage are 6 MB."""
    gc.freeze()
    gc.set_threshold(GARBAGE_OF_RUN)


def _is_no_preamble(record: logging.LogRecord) -> bool:
    """Warnings and errors, and the answers to signals."""
    return record.levelno >= logging.WARNING or str(record.msg).startswith("Received ")


def _verdict(crawler: Crawler) -> Verdict:
    stats = crawler.stats.get_stats()
    if str(stats.get("finish_reason")).startswith(BLOCKED):
        return Verdict.BLOCKED
    return Verdict(stats.get("sinanews/verdict", Verdict.INCOMPLETE))
