"""`scrapy crawl`, which refuses what makes no sense, and exits with the run's verdict."""

import argparse

from scrapy import Spider
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from sinanews.exceptions import SinanewsError
from sinanews.report import Verdict


class Command(crawl.Command):
    """Scrapy's command with arguments checked before anything starts."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider; the exit code is the verdict."""
        if len(args) == 1:
            self._refuse(args[0], opts.spargs)
        super().run(args, opts)
        if not self.exitcode:
            self.exitcode = self._crawler.stats.get_value("sinanews/verdict", Verdict.INCOMPLETE)

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)
        return self._crawler

    def _refuse(self, name: str, arguments: dict[str, str]) -> None:
        assert self.crawler_process, "Scrapy gives this command a process"
        try:
            spider = self.crawler_process.spider_loader.load(name)
        except KeyError:
            known = ", ".join(self.crawler_process.spider_loader.list())
            raise UsageError(f"spider {name!r} is not known; there are: {known}") from None
        try:
            spider.refuse(self.settings, arguments)  # type: ignore[attr-defined] # all of ours have it
        except SinanewsError as error:
            raise UsageError(str(error)) from error
