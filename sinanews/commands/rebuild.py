"""`scrapy rebuild`: every post again from the ledger, without the network."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.archive import repair as publish
from sinanews.commands import archive


class Command(ScrapyCommand):
    """Byte for byte the same posts, unless POST_BODY or POST_EXTRA_KEYS have changed."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Write every post again, from the ledger"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Writes the posts and says how many."""
        if args:
            raise UsageError("rebuild takes no arguments")
        with archive(self) as (ledger, config):
            print(f"{publish.rebuild(ledger, config)} posts in {config.output}")  # noqa: T201 - the command's answer
