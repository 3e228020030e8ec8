"""`scrapy check`, which leaves no trace in the archive."""

import argparse

from scrapy.commands import check

from sinanews.commands import disable_archive


class Command(check.Command):
    """Scrapy's command, with the spiders of an archive as ordinary ones."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Reads the options; -s ARCHIVE_ENABLED=True wins."""
        disable_archive(self)
        super().process_options(args, opts)
