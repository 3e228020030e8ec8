"""The page path as a target for a coverage-guided fuzzer; `make fuzz` runs it.

    python tests/fuzz/target.py FOLDER… [-max_total_time=SECONDS] [more options of libFuzzer]

An input is a file such as those of `corpus/pages/`. What leads to other code than the inputs before
goes into the first folder; one that breaks a promise becomes the file `crash-…`.
"""

import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]  # as for pytest

with atheris.instrument_imports(include=["sinanews"]):
    from fuzz import strategies
    from fuzz.checks import check_page
    from fuzz.samples import page_of


def read_page(data: bytes) -> None:
    """Reads one input. What goes wrong ends the process, and atheris tells it."""
    check_page(page_of(data))


def dictionary() -> str:
    """What the fuzzer puts into pages beside bytes: the words of the strategies, as libFuzzer reads
    them."""
    names = (
        "PROSE",
        "NASTY",
        "ENTITIES",
        "SCRIPTED",
        "ADDRESSES",
        "TAGS",
        "CLASSES",
        "IDS",
        "HEADS",
    )
    words = {word for name in names for word in getattr(strategies, name) if word}
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in sorted(words))
    return "".join(f'"{word}"\n' for word in escaped)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # a page that cannot be read is logged, and here most cannot
    with TemporaryDirectory() as folder:
        words = Path(folder) / "words"
        words.write_text(dictionary(), encoding="ascii")
        atheris.Setup([*sys.argv, f"-dict={words}"], read_page)
        atheris.Fuzz()
