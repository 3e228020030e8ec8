"""A terminal (a pty) in which a command runs, and what it shows then."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

ROOT = Path(__file__).parent.parent
ROWS = 40
PATIENCE = 120  # seconds without a word, after which a command is taken to hang
_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[?\d;]*)(?P<command>[A-Za-z])|(?P<character>.)", re.DOTALL
)
_ABOUT_TERMINALS = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
_BEGUN = re.compile(r"\x1b(?:\[[?\d;]*)?$")  # a control sequence whose end is still to come


class Terminal:
    """The screen of a terminal so many columns wide, on which all lines stay: text and colours, and
    of the control sequences those by which a bar is drawn. Others raise ValueError."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._rows: list[list[tuple[str, str]]] = [[]]  # each character with its colours
        self._row = self._column = 0
        self._colours = ""

    def feed(self, text: str) -> None:
        """Shows what a program wrote, whole control sequences."""
        for token in _TOKEN.finditer(text):
            if character := token["character"]:
                self._show(character)
            else:
                self._obey(token["command"], token["parameters"], token[0])

    @property
    def lines(self) -> list[str]:
        """The text of each line."""
        return ["".join(character for character, _ in row).rstrip() for row in self._rows]

    @property
    def coloured(self) -> Iterator[Text]:
        """Each line with its colours."""
        for row in self._rows:
            pieces = groupby(row, lambda cell: cell[1])
            text = (f"\x1b[0m{colours}{''.join(c for c, _ in cells)}" for colours, cells in pieces)
            yield Text.from_ansi("".join(text))

    def _show(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._next_row()
        elif unicodedata.category(character) == "Cc":
            raise ValueError(f"a terminal would obey {character!r}")
        else:
            width = cell_len(character)
            if self._column + width > self._columns:
                self._next_row()
                self._column = 0
            row = self._rows[self._row]
            row += [(" ", "")] * (self._column + width - len(row))
            # The second column of a wide character holds nothing of its own.
            row[self._column : self._column + width] = [(character, self._colours)] + [("", "")] * (
                width - 1
            )
            self._column += width

    def _next_row(self) -> None:
        self._row += 1
        if self._row == len(self._rows):
            self._rows.append([])

    def _obey(self, command: str, parameters: str, sequence: str) -> None:
        if command == "m":
            self._colours = "" if parameters in {"", "0"} else self._colours + sequence
        elif command == "A":
            self._row = max(0, self._row - int(parameters or 1))
        elif command == "K" and parameters == "2":
            self._rows[self._row] = []
        elif (command, parameters) not in {("h", "?25"), ("l", "?25")}:  # the cursor's, seen or not
            raise ValueError(f"{sequence!r} is no control sequence that is known here")


def record(
    command: Sequence[str], columns: int, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """What a command, run in the project's root, writes to a terminal so many columns wide, as it
    comes: in pieces of whole control sequences and characters. What concerns terminals in our own
    environment is left out. Raises CalledProcessError for a command that fails, when it has ended.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    told = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}
    }
    told |= {"TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"} | dict(environment or {})
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=told, cwd=ROOT
    )
    os.close(theirs)
    try:
        yield from _pieces(ours)
    finally:
        os.close(ours)
        process.kill()
        code = process.wait()
    if code:
        raise subprocess.CalledProcessError(code, command)


def _pieces(descriptor: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    text = ""
    while data := _read(descriptor):
        text += decoder.decode(data)
        begun = _BEGUN.search(text)
        end = begun.start() if begun else len(text)
        yield text[:end]
        text = text[end:]


def _read(descriptor: int) -> bytes:
    """What comes next; nothing when the last process at the other end has ended. Raises
    TimeoutError when nothing comes for too long."""
    if not select.select([descriptor], [], [], PATIENCE)[0]:
        raise TimeoutError(f"the command wrote nothing for {PATIENCE} seconds")
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # which Linux raises then
        return b""
