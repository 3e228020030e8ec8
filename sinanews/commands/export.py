"""`scrapy export`: the archive in formats for others, from the ledger, without the network."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.channels import BY_NAME
from sinanews.commands import Damage, archive, period, refusal
from sinanews.exceptions import ArgumentError, hide_password
from sinanews.exports import STDOUT, Exporter, exporter_for
from sinanews.exports.months import export_months
from sinanews.exports.places import export_to, folder_at, local_path
from sinanews.exports.reading import Query, Reading
from sinanews.exports.writing import standard_output, write
from sinanews.utils import times
from sinanews.utils.files import say, takes_control_sequences

MONTHLY = "months.parquet"  # what the files in a folder are called, so far as their format goes
TIMES = ("ctime", "first_seen", "seen")


class Command(ScrapyCommand):
    """Always complete, whatever became of the runs that wrote the archive."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Write the archive's articles into a file of many formats, from the ledger"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """-o, and which articles, in which state, in which order."""
        super().add_options(parser)
        add = parser.add_argument
        add(
            *("-o", "--output"),
            metavar="FILE",
            help="a .jsonl, .csv, .parquet or .xml (Atom) file, text also with .gz; DIR/, a"
            " Parquet file a month; these also as s3://BUCKET/NAME; - for JSON Lines on standard"
            " output",
        )
        add("--since", metavar="DAY", help="first day of the time --by names, in China")
        add("--until", metavar="DAY", help="last day of it")
        add("--by", metavar="TIME", default="ctime", help=f"{', '.join(TIMES)} (%(default)s)")
        add("--channel", metavar="NAME", help="articles of this channel")
        add("--no-reprints", action="store_true", help="leave out articles marked as reprints")
        add("--revisions", action="store_true", help="every revision, not only the last")
        add("--as-of", metavar="TIME", help="what the archive knew at that moment")
        add(
            "--changes-since",
            metavar="CURSOR",
            help="what came or changed since; 0 begins, and the last line on standard error has the"
            " next one",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the articles and says how many there are."""
        if args or not opts.output:
            raise UsageError("export needs -o FILE and options, and nothing else")
        assert self.settings, "Scrapy gives every command settings"
        try:
            query = _query(opts)
            name = MONTHLY if _is_folder(opts.output) else opts.output
            exporter = exporter_for(name, self.settings.getdict("EXPORT_FORMATS"))
        except ArgumentError as error:
            raise refusal(error) from error
        damage = Damage()
        with archive(self, read_only=True) as (ledger, _):
            reading = (_Shown if _is_watched(opts.output) else Reading)(ledger, damage.note)
            if query.after is not None:
                reading.require_cursor(query.after)
            cursor = reading.position
            try:
                said = _write(opts.output, reading, query, exporter)
            except OSError as error:
                accepted = f"a file that can be written ({error.strerror or error})"
                raise ArgumentError("-o", opts.output, accepted) from error
        say(said, file=sys.stderr if opts.output == STDOUT else None)
        if query.after is not None:
            say(f"cursor {cursor}", file=sys.stderr)
        self.exitcode = damage.exit_code


class _Shown(Reading):
    """Shows a bar while lines are read."""

    def lines(self, query: Query) -> Iterator[bytes]:
        """The lines of a query."""
        from sinanews.reporting.live import counted  # noqa: PLC0415 - 0.1 s, for terminals only

        return counted(super().lines(query), "articles", self.count(query))


def _is_watched(output: str) -> bool:
    """Whether somebody can look at a bar, and it does not stand among the articles."""
    is_among_lines = output == STDOUT and sys.stdout.isatty()
    return takes_control_sequences(sys.stderr) and not is_among_lines


def _query(opts: argparse.Namespace) -> Query:
    """What the options ask for. Raises ArgumentError for what makes no sense."""
    begin, end = period(opts.since, opts.until)
    if opts.by not in TIMES:
        raise ArgumentError("--by", opts.by, " or ".join(TIMES))
    if opts.channel is not None and opts.channel not in BY_NAME:
        raise ArgumentError("--channel", opts.channel, f"one of {', '.join(BY_NAME)}")
    if opts.as_of is not None and opts.changes_since is not None:
        accepted = "no --as-of beside it: a cursor goes on from what the archive knows now"
        raise ArgumentError("--changes-since", opts.changes_since, accepted)
    if opts.changes_since is not None and _is_folder(opts.output):
        raise ArgumentError("-o", opts.output, "a file: a folder keeps a cursor of its own")
    return Query(
        since=begin,
        until=end,
        by=opts.by,
        channel=opts.channel,
        reprints=not opts.no_reprints,
        revisions=opts.revisions,
        as_of=None if opts.as_of is None else _moment(opts.as_of),
        after=None if opts.changes_since is None else _cursor(opts.changes_since),
    )


def _moment(value: str) -> int:
    """The unix time in seconds of a time that has passed, in China unless it says where."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or len(value) <= len("2022-08-08"):  # which moment of a day is not said
        accepted = "a time such as 2022-08-08T10:55:13 (in China) or 2022-08-08T02:55:13Z"
        raise ArgumentError("--as-of", value, accepted)
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=times.CHINA)).timestamp())
    if seconds >= int(time.time()):  # an article may yet be read in this very second
        raise ArgumentError("--as-of", value, "a time that has passed: nobody knows more yet")
    return seconds


def _cursor(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        accepted = "0, or the number of the last line on standard error, `cursor NUMBER`"
        raise ArgumentError("--changes-since", value, accepted)
    return int(value)


def _is_folder(output: str) -> bool:
    path = local_path(output)
    return output.endswith(os.sep) or (path is not None and path.is_dir())


def _write(output: str, reading: Reading, query: Query, exporter: Exporter) -> str:
    """Writes the articles; returns what to say of it. Raises ArgumentError and OSError."""
    shown = hide_password(output)
    what = "revisions" if query.revisions else "articles"
    if _is_folder(output):
        outcome = export_months(folder_at(output), reading, query, exporter)
        return f"{outcome.articles} {what} in {shown}, {outcome.changed} months written"
    lines = reading.lines(query)
    if output == STDOUT:
        with standard_output() as file:
            return f"{write(file, lines, exporter, reading.note)} {what} on standard output"
    return f"{export_to(output, lines, exporter, reading.note)} {what} in {shown}"
