"""`scrapy ledger copy FROM TO`: a whole ledger into another database, checked row by row."""

import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.commands import refusal
from sinanews.config import Config
from sinanews.exceptions import SinanewsError
from sinanews.ledger.copying import Copy, Notes, copy, size
from sinanews.reporting.pace import Pace
from sinanews.reporting.verdicts import Verdict
from sinanews.utils.files import say, takes_control_sequences
from sinanews.utils.text import printable

if TYPE_CHECKING:
    from sinanews.reporting.live import Foot


class Command(ScrapyCommand):
    """Reads the one ledger, and writes the other; done again, it only compares them."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """What may stand behind the command."""
        return "copy FROM TO"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Copy a ledger to another database, two values of LEDGER_URL, and check the copy"

    def run(self, args: list[str], opts: object) -> None:  # noqa: ARG002 - Scrapy's signature
        """Copies, says how many rows there are, and names what differs."""
        if len(args) != 3 or args[0] != "copy":  # noqa: PLR2004 - copy, FROM, TO
            raise UsageError("ledger takes copy FROM TO, two values of LEDGER_URL")
        assert self.settings, "Scrapy gives every command settings"
        _, source, target = args
        try:
            lease = Config.from_settings(self.settings).lease
            if takes_control_sequences(sys.stderr):
                with closing(_Bar(size(source))) as bar:
                    made = copy(source, target, lease, bar.note)
            else:
                made = copy(source, target, lease)
        except (SinanewsError, OSError) as error:
            raise refusal(error) from error
        self._tell(made)

    def _tell(self, made: Copy) -> None:
        say(*(f"{table}: {count} rows" for table, count in made.rows.items()))
        _name(made.mended, "; there it has U+FFFD for them")
        _name(made.differences, "")
        if made.differences.count and made.was_whole:
            say(f"TO was whole before and is left as it is: it differs in {made.differences.count}")
        elif made.differences.count:
            say("TO is not whole: copy again")
        else:
            done = "was" if made.was_whole else "is"
            say(f"TO {done} a whole copy: {sum(made.rows.values())} rows, all equal")
        self.exitcode = Verdict.INCOMPLETE if made.differences.count else Verdict.COMPLETE


def _name(notes: Notes, what: str) -> None:
    for sentence in notes.first:
        say(printable(f"{sentence}{what}"), file=sys.stderr)
    if left := notes.count - len(notes.first):
        say(f"and {left} more", file=sys.stderr)


class _Bar:
    """A bar on standard error, for copying and then for checking."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._what = ""
        self._count = 0
        self._foot: Foot | None = None

    def note(self, what: str, rows: int) -> None:
        """Shows how far it is with what is done now."""
        from sinanews.reporting.live import LOOK_SECONDS, Foot  # noqa: PLC0415 - 0.1 s, for terminals only

        if what != self._what:
            self.close()
            self._what, self._count, self._shown = what, 0, 0.0
            self._foot, self._pace = Foot(what, sys.stderr), Pace()
        self._count += rows
        now = time.monotonic()
        if self._foot and now - self._shown >= LOOK_SECONDS:
            self._shown = now
            self._pace.note(self._count)
            self._foot.show(self._pace, self._total)

    def close(self) -> None:
        """Takes the bar away."""
        if self._foot:
            self._foot.close(leave=False)
            self._foot = None
