"""`scrapy harvest`, for cron: one run at a time, a verdict, an exit code."""

import argparse

from filelock import FileLock, Timeout

from sinanews.commands import crawl
from sinanews.options import Options
from sinanews.report import Verdict


class Command(crawl.Command):
    """The crawl under a lock, which the system drops when the process ends in whatever way."""

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Run a spider from cron: one at a time, exit code = verdict"

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider unless another harvest of this archive runs."""
        path = Options.of(self.crawler_settings).output / "harvest.lock"
        try:
            with FileLock(path, timeout=0):
                super().work(args, opts)
        except Timeout:
            print(f"harvest: another harvest holds {path}; this one does nothing")  # noqa: T201 - for cron's mail
            self.exitcode = Verdict.LOCKED
