"""`scrapy mirror`: serves the embedded miniature Sina, or writes it as files."""

import argparse

from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter

from sinanews.commands import refusal
from sinanews.exceptions import ArgumentError

PORT = "8317"


class _HelpFormatter(ScrapyHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Scrapy's, but it keeps the lines of the list of faults."""


class Command(ScrapyCommand):
    """Exit code 2 when an argument makes no sense or the port is taken."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Serve a miniature Sina on loopback, for trials and tests"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = _HelpFormatter
        parser.epilog = _faults()
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
        parser.add_argument(
            "--faults",
            nargs="?",
            const="all",
            default="",
            metavar="SHARES",
            help="what goes wrong at a share of all addresses, by chance but the same for the same"
            " --seed: NAME=SHARE%% of a kind or family, SHARE%% of all, several with commas, such"
            " as 5%%,bombs=2%%,hang=0%% (alone: 2%% of all)",
        )
        parser.add_argument("--write", metavar="DIR", help="write the site as files, and end")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Scrapy imports all commands for any of them, and the mirror brings a web server along.
        from sinanews.mirror.start import start  # noqa: PLC0415 - see above

        try:
            start(args, opts)
        except ArgumentError as error:
            raise refusal(error) from error


def _faults() -> str:
    """The kinds of faults, a line each, by family."""
    # Scrapy imports all commands for any of them, and the faults bring the mirror's pages along.
    from sinanews.mirror.faults import FAMILIES  # noqa: PLC0415 - see above

    lines = ["The kinds of faults, by family:"]
    for family in FAMILIES:
        lines += ["", f"{family.name}: {family.summary}"]
        lines += [f"  {kind.name:17} {kind.summary}" for kind in family.kinds]
    return "\n".join(lines)
