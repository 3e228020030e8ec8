"""`scrapy rebuild`: every post again from the ledger, without the network; or only compared."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.archive.lock import locked
from sinanews.archive.rebuild import compare, rebuild
from sinanews.commands import Damage, archive
from sinanews.exceptions import LockedError
from sinanews.reporting.verdicts import Verdict
from sinanews.utils.files import say


class Command(ScrapyCommand):
    """Byte for byte the same posts, unless POST_BODY or POST_EXTRA_KEYS have changed."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Write every post again, from the ledger; or only compare them with it"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """--check."""
        super().add_options(parser)
        what = "change nothing; name each post that is not as the ledger has it"
        parser.add_argument("--check", action="store_true", help=what)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the posts and says how many, or compares them."""
        if args:
            raise UsageError("rebuild takes no arguments")
        if opts.check:
            self._check()
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        damage = Damage()
        with archive(self) as (ledger, config):
            try:
                with locked(config.output, "rebuild"):
                    rebuilt = rebuild(ledger, config, damage.note)
            except LockedError as error:
                say(error)
                self.exitcode = Verdict.LOCKED
                return
            self.exitcode = damage.exit_code
            for path, reason in rebuilt.blocked.items():
                say(f"{path} cannot be written: {reason}")
                self.exitcode = Verdict.INCOMPLETE
            say(f"{rebuilt.posts} posts in {config.output}")

    def _check(self) -> None:
        damage = Damage()
        with archive(self, read_only=True) as (ledger, config):
            posts = compare(ledger, config, damage.note)
        for path in posts.different:
            say(f"{path} differs from the ledger")
        for path in posts.missing:
            say(f"{path} is missing")
        for path in posts.foreign:
            say(f"{path} belongs to no article")
        wrong = f"{len(posts.different)} differ, {len(posts.missing)} missing"
        say(f"{posts.posts} posts: {wrong}, {len(posts.foreign)} of no article")
        self.exitcode = damage.exit_code if posts.is_equal else Verdict.INCOMPLETE
