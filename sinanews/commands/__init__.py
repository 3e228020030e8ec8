"""Commands of this project, beside and in place of Scrapy's own."""

import gc
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import TracebackType

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy.exc import DBAPIError

from sinanews.config import Config
from sinanews.exceptions import ArgumentError, DamagedError, SinanewsError, UnfitError
from sinanews.ledger.database import unusable
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path
from sinanews.reporting.verdicts import Verdict
from sinanews.utils import times
from sinanews.utils.files import escape_unprintable, say
from sinanews.utils.logs import keep_records_plain
from sinanews.utils.text import printable

DAY = 86_400  # seconds
GARBAGE = 50_000  # objects more than were freed; Python itself looks after 700
INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended, as shells have it


def _end_plainly(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Ends a program that Ctrl-C interrupts, where no run is there to end in good order, by a line
    in place of a traceback. Raises SystemExit."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    say("interrupted", file=sys.stderr)
    raise SystemExit(INTERRUPTED)


# Scrapy imports this package for any command.
escape_unprintable()
keep_records_plain()
sys.excepthook = _end_plainly
# What a program imports stays, and is most of what it makes: looking through it for garbage takes
# a tenth of the time in which a command starts.
gc.set_threshold(GARBAGE)


def refusal(error: Exception) -> UsageError:
    """What to raise in a command for an error that says what it refuses."""
    return UsageError(printable(str(error)))


def period(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """The unix seconds at which the day of `--since` begins and that of `--until` ends, in China;
    None for one that is not given. Raises ArgumentError for what makes no sense."""
    begin = times.day_start(times.day("--since", since)) if since else None
    end = times.day_start(times.day("--until", until)) + DAY if until else None
    if begin is not None and end is not None and begin >= end:
        raise ArgumentError("--since", since, f"a day not after --until {until}")
    return begin, end


def disable_archive(command: ScrapyCommand) -> None:
    """Has the spiders of an archive run as ordinary ones: for commands of Scrapy's that look at
    pages, and leave no trace. Their `default_settings` would not win over the project's."""
    assert command.settings, "Scrapy gives every command settings"
    command.settings.set("ARCHIVE_ENABLED", value=False, priority="cmdline")


@contextmanager
def archive(command: ScrapyCommand, *, read_only: bool = False) -> Iterator[tuple[Ledger, Config]]:
    """The archive that a command works on, or only reads; what it refuses becomes a usage error."""
    assert command.settings, "Scrapy gives every command settings"
    try:
        config = Config.from_settings(command.settings)
        with closing(Ledger.open(config, post_path, read_only=read_only)) as ledger:
            try:
                yield ledger, config
            except DBAPIError as error:
                raise unusable(ledger.place, error) from error
    except (SinanewsError, OSError) as error:
        raise refusal(error) from error


class Damage:
    """Names articles that are left out, on standard error, while a command does the others."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, error: DamagedError | UnfitError) -> None:
        """Names one, once."""
        self.count += 1
        say(f"{error}; it is left out", file=sys.stderr)

    @property
    def exit_code(self) -> int:
        """That of a command which could not do them all."""
        return Verdict.INCOMPLETE if self.count else Verdict.COMPLETE
