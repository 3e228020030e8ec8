"""`scrapy export`: the archive as one file, from the ledger, without the network."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.commands import Damage, archive
from sinanews.exceptions import ArgumentError
from sinanews.ledger.history import Query
from sinanews.utils import times
from sinanews.utils.files import say

DAY = 86_400


class Command(ScrapyCommand):
    """Always complete, whatever became of the runs that wrote the archive."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Write the archive's articles into one file, from the ledger"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """-o, --since and --until."""
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="what to write, a .jsonl file")
        parser.add_argument("--since", metavar="DAY", help="first day of ctime, China time")
        parser.add_argument("--until", metavar="DAY", help="last day of ctime, China time")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the file and says how many articles it holds."""
        if args or not opts.output:
            raise UsageError("export needs -o FILE and nothing else")
        with archive(self, read_only=True) as (ledger, _):
            path, query = _json_lines(opts.output), _days(opts.since, opts.until)
            damage = Damage()
            count = write(path, ledger.lines(query, damage.note))
            say(f"{count} articles in {path}")
            self.exitcode = damage.exit_code


def _json_lines(name: str) -> Path:
    if Path(name).suffix != ".jsonl":
        raise ArgumentError("-o", name, "a name that ends in .jsonl")
    return Path(name)


def _days(since: str | None, until: str | None) -> Query:
    begin = times.day_start(times.day("--since", since)) if since else None
    end = times.day_start(times.day("--until", until)) + DAY if until else None
    if begin is not None and end is not None and begin >= end:
        raise ArgumentError("--since", since, f"a day not after --until {until}")
    return Query(since=begin, until=end)


def write(path: Path, lines: Iterable[bytes]) -> int:
    """Writes the lines, the file whole or not at all; returns how many.

    Raises ArgumentError for a file that cannot be written.
    """
    count = 0
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with half.open("wb") as file:
            for count, line in enumerate(lines, 1):  # noqa: B007 - the last is the count
                file.write(line)
        half.replace(path)
    except OSError as error:
        accepted = f"a file that can be written ({error.strerror})"
        raise ArgumentError("-o", str(path), accepted) from error
    finally:
        half.unlink(missing_ok=True)
    return count
