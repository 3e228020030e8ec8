"""`scrapy canary`: whether today's pages are still read; stores nothing."""

import argparse

from sinanews.commands import crawl


class Command(crawl.Command):
    """The spider `canary`; its verdict is the exit code."""

    def syntax(self) -> str:
        """What may stand behind the command."""
        return "[options]"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Read one live story per channel: each field present or missing"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Names the spider, and all channels unless -a channel names some."""
        args.insert(0, "canary")
        super().process_options(args, opts)
        opts.spargs.setdefault("channel", "all")
