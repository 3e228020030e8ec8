"""`scrapy harvest`, for cron: one run at a time, a verdict, an exit code."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from sinanews.commands import crawl
from sinanews.options import Options
from sinanews.report import Verdict, gravest


class Command(crawl.Command):
    """The crawl under a lock, which the system drops when the process ends in whatever way."""

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Run a spider from cron: one at a time, exit code = verdict"

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider unless another harvest of this archive runs."""
        options = Options.of(self.crawler_settings)
        path = options.output / "harvest.lock"
        try:
            with FileLock(path, timeout=0), _crawls(_others(options, opts)) as others:
                super().work(args, opts)
                codes = _ended(others, early=self.exitcode != Verdict.COMPLETE)
                self.exitcode = gravest([self.exitcode, *codes])
        except Timeout:
            print(f"harvest: another harvest holds {path}; this one does nothing")  # noqa: T201 - for cron's mail
            self.exitcode = Verdict.LOCKED


def _others(options: Options, opts: argparse.Namespace) -> int:
    """How many processes help; none with a limit, which each would have for itself."""
    return 0 if "limit" in opts.spargs else options.workers - 1


@contextmanager
def _crawls(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many crawls of what this harvest was asked for: they share its work by the ledger."""
    command = [sys.executable, "-m", "scrapy", "crawl", *sys.argv[1:]]  # Scrapy took `harvest` out
    # Away from the terminal's Ctrl-C: the harvest tells them to end, once.
    started = [
        subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own words
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for crawl_ in started:
            crawl_.kill()


def _ended(others: list[subprocess.Popen[bytes]], *, early: bool) -> list[int]:
    """The exit codes of the other crawls, which are told to end where this one ended early."""
    for other in others if early else ():
        other.terminate()
    return [other.wait() for other in others]
