"""`scrapy mirror`: serves the embedded miniature Sina, or writes it as files."""

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.exceptions import ArgumentError
from sinanews.mirror import files
from sinanews.mirror.faults import Faults
from sinanews.mirror.server import LOOPBACK, serve
from sinanews.mirror.site import Site

PORT = "8317"
LAST_PORT = 65535


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
        try:
            _run(args, opts)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from error


def _run(args: list[str], opts: argparse.Namespace) -> None:
    if args:
        raise ArgumentError("arguments", args[0], "options only")
    numbers = {name: _whole(name, getattr(opts, name)) for name in ("seed", "articles", "tick")}
    port, faults = _port(opts.port), Faults(opts.fault)
    site = Site(**numbers)
    if opts.write:
        _write(site, Path(opts.write))
    else:
        _serve(site, port, faults)


def _whole(name: str, value: str) -> int:
    if not value.isdecimal():
        raise ArgumentError(name, value, "a whole number from 0")
    return int(value)


def _port(value: str) -> int:
    port = int(value) if value.isdecimal() else -1
    if not 0 <= port <= LAST_PORT:
        raise ArgumentError("port", value, f"a number from 0 to {LAST_PORT}")
    return port


def _write(site: Site, folder: Path) -> None:
    try:
        written = files.write(site, folder)
    except OSError as error:
        raise ArgumentError("write", str(folder), f"a folder ({error.strerror})") from error
    sys.stdout.write(f"{written} files written to {folder}\n")


def _serve(site: Site, port: int, faults: Faults) -> None:
    def announce(url: str) -> None:
        sys.stdout.write(f"mirror of {len(site.stories)} articles at {url} (MIRROR_URL)\n")
        sys.stdout.flush()

    try:
        serve(site, LOOPBACK, port, faults, announce)
    except OSError as error:
        raise ArgumentError("port", port, f"a port that can be used ({error.strerror})") from error
