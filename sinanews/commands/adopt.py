"""`scrapy adopt`: posts that exist become an archive, or more of one, without the network."""

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.archive.adopt import adopt
from sinanews.archive.lock import locked
from sinanews.commands import archive
from sinanews.exceptions import LockedError
from sinanews.reporting.verdicts import Verdict
from sinanews.utils.files import say


class Command(ScrapyCommand):
    """Changes nothing in the folder, and no post."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """What stands behind the command."""
        return "DIR [options]"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Make existing posts in the source format articles of the archive"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's interface
        """Names each file that is no post, and says how many are."""
        if len(args) != 1:
            raise UsageError("adopt takes one folder of posts, such as ../blog/source/_posts")
        folder = Path(args[0])
        if not folder.is_dir():
            raise UsageError(f"DIR: {args[0]!r} is no folder", print_help=False)
        with archive(self) as (ledger, config):
            try:
                with locked(config.output, "adopt"):
                    result = adopt(ledger, config, folder, _refuse)
            except LockedError as error:
                say(error)
                self.exitcode = Verdict.LOCKED
                return
        say(f"adopted {result.adopted}, had {result.had} already, could not adopt {result.refused}")
        self.exitcode = Verdict.INCOMPLETE if result.refused else Verdict.COMPLETE


def _refuse(name: str, reason: str) -> None:
    say(f"{name}: {reason}")
