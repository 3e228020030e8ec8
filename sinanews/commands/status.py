"""`scrapy status`: what the archive holds, how the last runs went; or an article's revisions."""

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.commands import Damage, archive
from sinanews.config import Config
from sinanews.ledger.ledger import Ledger
from sinanews.reporting import health, summary, terminal
from sinanews.utils.files import say, takes_colour
from sinanews.utils.text import json_text

RUNS = 10


class Command(ScrapyCommand):
    """Reads the ledger and changes nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """What may stand behind the command."""
        return "[DOCID] [options]"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Show the archive and its last runs, or an article's revisions"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--json, --check and --failed."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="for machines, as JSON")
        parser.add_argument(
            "--check",
            action="store_true",
            help="what is wrong, a line each; the exit code is that of the gravest",
        )
        parser.add_argument(
            "--failed", action="store_true", help="each story that has failed, and why"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints what is asked for."""
        if len(args) > 1 or (args and (opts.json or opts.check or opts.failed)):
            raise UsageError("status takes one docid and no option, or options alone")
        if opts.check and (opts.json or opts.failed):
            raise UsageError("status --check takes no other option")
        with archive(self, read_only=True) as (ledger, config):
            is_overview = not (args or opts.check or opts.failed or opts.json)
            if is_overview and (sys.stdout.isatty() or takes_colour(sys.stdout)):
                self._show(ledger, config)
                return
            if args:
                lines = self._article(ledger, args[0])
            elif opts.check:
                lines = self._check(ledger, config)
            elif opts.failed:
                lines = _failed(ledger, as_json=opts.json)
            else:
                lines = _overview(ledger, config, as_json=opts.json)
        say(*lines)

    def _article(self, ledger: Ledger, docid: str) -> list[str]:
        damage = Damage()
        revisions = ledger.revisions(docid, damage.note)
        if not revisions and not damage.count:
            raise UsageError(f"docid: {docid!r} is not in the archive", print_help=False)
        if not revisions:
            self.exitcode = damage.exit_code
            return []
        family = ledger.family(revisions[-1], damage.note)
        self.exitcode = damage.exit_code
        return [*terminal.changes(revisions), *terminal.relatives(family)]

    def _show(self, ledger: Ledger, config: Config) -> None:
        from sinanews.reporting.screen import show_overview  # noqa: PLC0415 - 0.1 s, for terminals only

        show_overview(ledger.view(RUNS), ledger.now(), config.stalled_hours, sys.stdout)

    def _check(self, ledger: Ledger, config: Config) -> list[str]:
        found = health.problems(ledger.view(RUNS), ledger.now(), config.stalled_hours)
        self.exitcode = health.exit_code(found)
        return [problem.text for problem in found] or ["healthy"]


def _failed(ledger: Ledger, *, as_json: bool) -> list[str]:
    stories = ledger.failed()
    return _json(summary.failed(stories)) if as_json else terminal.failed(stories)


def _overview(ledger: Ledger, config: Config, *, as_json: bool) -> list[str]:
    view = ledger.view(RUNS)
    if as_json:
        return _json(summary.summary(view, config.stalled_hours))
    return terminal.overview(view, ledger.now(), config.stalled_hours)


def _json(value: object) -> list[str]:
    return json_text(value).split("\n")
