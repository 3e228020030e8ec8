"""`scrapy mirror`: serves the embedded miniature Sina, or writes it as files."""

import argparse

from scrapy.commands import ScrapyCommand

from sinanews.commands import refusal
from sinanews.exceptions import ArgumentError

PORT = "8317"


class Command(ScrapyCommand):
    """Exit code 2 when an argument makes no sense or the port is taken."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Serve a miniature Sina on loopback, for trials and tests"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--port", default=PORT, help=f"0 for any free one (default {PORT})")
        parser.add_argument("--articles", default="420", help="how many (default 420)")
        parser.add_argument("--seed", default="0", help="another seed, other articles (default 0)")
        parser.add_argument("--tick", default="20", help="seconds the clock gains per list answer")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="PATH=KIND[*TIMES]",
            help="what goes wrong where, such as lid=1686=429*3 (may be repeated)",
        )
        parser.add_argument("--write", metavar="DIR", help="write the site as files, and end")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Scrapy imports all commands for any of them, and the mirror brings a web server along.
        from sinanews.mirror.start import start  # noqa: PLC0415 - see above

        try:
            start(args, opts)
        except ArgumentError as error:
            raise refusal(error) from error
