"""Names of files, and text on a terminal, whatever the locale."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from sinanews.utils.text import printable

_PLAIN_TERMINALS = {"", "dumb", "unknown"}  # values of TERM


def path_in(folder: Path, name: str) -> Path:
    """The path below a folder for a name that we give, in UTF-8 on the disk.

    Python writes names in the locale's encoding, so the name is turned into the text that is these
    bytes there. A folder that a user names is left alone: it came through the same encoding.

    >>> path_in(Path("output"), "_posts/金融/标题.md").name
    '标题.md'
    """
    return Path(filename_in(folder, name))


def filename_in(folder: Path, name: str) -> str:
    """The same path as a str, for code that runs for every article: a Path takes longer to make,
    and interns each of its parts."""
    return f"{folder}/{os.fsdecode(name.encode(errors='surrogateescape'))}"


def name_of(path: str) -> str:
    """The name that `path_in` made a path of, and a folder's listing has.

    >>> name_of(str(path_in(Path("output"), "标题.md")))
    'output/标题.md'
    """
    return os.fsencode(path).decode(errors="surrogateescape")


def say(*lines: object, file: TextIO | None = None) -> None:
    """Prints each on a line of its own, on standard output unless told otherwise. What a terminal
    would obey instead of showing is escaped. Nothing else in sinanews prints.

    >>> say("a\\x1b[2J", "b")
    a\\x1b[2J
    b
    """
    print("\n".join(printable(str(line)) for line in lines), file=file)


def takes_control_sequences(file: TextIO | None) -> bool:
    """Whether a file is a terminal that obeys control sequences, and whose user has not asked to be
    spared them (https://no-color.org)."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "") in _PLAIN_TERMINALS
    return file is not None and file.isatty() and not is_plain


def takes_colour(file: TextIO | None) -> bool:
    """The same, or a pipe for whose end the user wants colours, as `less -R` shows them
    (https://force-color.org)."""
    if os.environ.get("FORCE_COLOR") and not os.environ.get("NO_COLOR"):
        return True
    return takes_control_sequences(file)


def escape_unprintable() -> None:
    """Has standard output show as `\\uXXXX` what the terminal's encoding lacks, as standard error
    does; printing would fail otherwise."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
