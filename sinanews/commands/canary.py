"""`scrapy canary`: whether today's pages are still read; keeps nothing."""

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

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the spider over all channels, or those of -a channel."""
        opts.spargs.setdefault("channel", "all")
        super().run([*args, "canary"], opts)
