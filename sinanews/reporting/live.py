"""How far a command is, at the foot of a terminal; what it logs meanwhile goes above that."""

import logging
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sinanews.reporting.pace import Pace, progress
from sinanews.utils.text import printable

LONGEST_BAR, SHORTEST_BAR = 40, 4  # columns
GAP = 2  # columns between the parts of a line
LOOK_SECONDS = 0.2  # between two looks at how far an iteration is
_WIDE = {"W", "F", "A"}  # East Asian widths; of an ambiguous one some terminals make two columns

_T = TypeVar("_T")


class Foot:
    """A bar with counts at the foot of the terminal that `file` is, and what is done just now.

    `what` says what is counted. A log that goes to `file` goes above the bar until that is closed.
    """

    def __init__(self, what: str, file: TextIO) -> None:
        self._what = what
        self._file = file
        self._console = Console(file=file, force_terminal=True, highlight=False)
        # Standard output is left alone: it may be a pipe. No thread looks at the counts.
        self._live = Live(
            console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        self._live.start()
        self._console.show_cursor()  # which a kill would leave hidden
        self._handlers = [
            handler
            for handler in logging.root.handlers
            if isinstance(handler, logging.StreamHandler) and handler.stream is file
        ]
        for handler in self._handlers:
            handler.setStream(_Above(self._console))

    def show(self, pace: Pace, total: int, below: str = "") -> None:
        """Shows how many of a total are done, and a line below that. There is no bar while the
        total is not known, which is 0 then; nobody can have done more than it."""
        columns = self._console.width - 1  # of some terminals the last column begins a new line
        words = "  ".join(progress(pace, total))
        # A stroke of the bar has two columns where ambiguous characters have.
        length = min((columns - len(self._what) - len(words) - 2 * GAP) // 2, LONGEST_BAR)
        lines: list[RenderableType] = [_line(f"{self._what}  {words}", columns)]
        if total and length >= SHORTEST_BAR:
            grid = Table.grid(padding=(0, GAP, 0, 0))
            bar = ProgressBar(
                total, pace.count, length, complete_style="cyan", finished_style="green"
            )
            grid.add_row(self._what, bar, Text(words, no_wrap=True))
            lines = [grid]
        if below:
            lines.append(_line(printable(below), columns))
        self._live.update(Group(*lines), refresh=True)

    def close(self, *, leave: bool) -> None:
        """Gives the log its file back. The bar stays as it is, or goes."""
        for handler in self._handlers:
            handler.setStream(self._file)
        self._live.transient = not leave
        self._live.stop()


class _Above:
    """A file for a log's handler, whose lines appear above the bar of a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str) -> None:
        """Writes lines, which the terminal itself wraps, as it does without a bar."""
        self._console.print(Text(text), end="", soft_wrap=True)

    def flush(self) -> None:
        """Nothing waits to be written."""


def _line(text: str, columns: int) -> Text:
    return Text(cut(text, columns), no_wrap=True)


def cut(text: str, columns: int) -> str:
    """The text, or of a longer one what has so many columns on any terminal, with its ellipsis.

    >>> cut("央行今日开展逆回购", 10), cut("short", 10)
    ('央行今日…', 'short')
    """
    if _columns(text) <= columns:
        return text
    length, room = 0, columns - _columns("…")
    while (room := room - _columns(text[length])) >= 0:
        length += 1
    return f"{text[:length]}…"


def _columns(text: str) -> int:
    """How many columns a text has at the most."""
    return sum(2 if unicodedata.east_asian_width(c) in _WIDE else 1 for c in text)


def counted(values: Iterable[_T], what: str, total: int) -> Iterator[_T]:
    """The values, while a bar on standard error says how many have come."""
    foot, pace = Foot(what, sys.stderr), Pace()
    shown = float("-inf")
    try:
        for done, value in enumerate(values):
            if time.monotonic() - shown >= LOOK_SECONDS:
                shown = time.monotonic()
                pace.note(done)
                foot.show(pace, total)
            yield value
    finally:
        foot.close(leave=False)
