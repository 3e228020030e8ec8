"""Measures and scores every library on every capture; extraction.py runs it in its venv."""
# ruff: noqa: T201 -- a script, in no package, that talks to the terminal

import gc
import importlib.util
import json
import logging
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from extraction_libraries import LIBRARIES, Answer, Capture, Library
from extraction_table import Row, report

Truth = dict[str, Any]

# What a peer must return to be compared in time, as the table and as the truth calls it.
ASKED = {"title": "title", "date": "published", "source": "source", "text": "text"}


@dataclass(slots=True)
class Measured:
    """What one library gave for each capture, and its best time in seconds.

    The first round's answer counts; where another round's text differs, it is `unsteady`.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    unsteady: set[str] = field(default_factory=set)


def main(shared: Path, out: Path, rounds: int) -> int:
    """Print the table and write it and all single results to `out`."""
    folder = shared / "conformance" / "captures"
    if not (folder / "score.py").exists():
        sys.exit(f"{folder} holds no score.py; name the folder above conformance with --shared")
    score, truths = scorer(folder), truths_in(folder)
    captures = [loaded(folder / name, truth) for name, truth in truths.items()]
    with quiet(), offline() as refused:
        measured = measure(captures, rounds)
    rows = [scored(library, measured[library.name], truths, score) for library in LIBRARIES]
    notes = [*conditions(len(truths), rounds), f"network connections tried: {len(refused)}"]
    write(out, rows, notes, report(rows, score.FIELDS, notes))
    return 0


def scorer(folder: Path) -> ModuleType:
    """score.py as it lies beside the captures."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{folder / 'score.py'} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truths_in(folder: Path) -> dict[str, Truth]:
    """The labels of every capture that has them."""
    paths = sorted(folder.glob("*/truth.json"))
    return {path.parent.name: json.loads(path.read_text("utf-8")) for path in paths}


def loaded(folder: Path, truth: Truth) -> Capture:
    """One page from the disk."""
    raw = (folder / "page.html").read_bytes()
    return Capture(folder.name, truth["url"], truth["encoding"], raw)


@contextmanager
def quiet() -> Iterator[None]:
    """No log lines from any library: writing them would cost time too."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def offline() -> Iterator[list[object]]:
    """Nothing is fetched; what tried to is in the list."""
    refused: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        refused.append(address)
        raise OSError("the benchmark stays offline")

    with patch("socket.getaddrinfo", refuse), patch("socket.socket.connect", refuse):
        yield refused


def measure(captures: list[Capture], rounds: int) -> dict[str, Measured]:
    """Each page by each library in turn, `rounds` times after one that only warms up."""
    measured: dict[str, Measured] = defaultdict(Measured)
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}", end="\r", file=sys.stderr, flush=True)
        for page in captures:
            for library in LIBRARIES:
                read(library, page, measured[library.name])
        if number == 0:
            forget_warm_up(measured)
    print(end="\r\033[K", file=sys.stderr)
    return measured


def forget_warm_up(measured: dict[str, Measured]) -> None:
    """Drop the first round's times, and take what it loaded out of the collector's sight."""
    for found in measured.values():
        found.seconds.clear()
    gc.collect()
    gc.freeze()


def read(library: Library, page: Capture, found: Measured) -> None:
    """One page by one library: its answer, or what it threw, and its best time so far."""
    start = time.perf_counter()
    try:
        answer = library.read(page)
    except Exception as error:  # noqa: BLE001 -- whatever a library throws is its result
        answer = None
        found.failures.setdefault(page.name, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - start
    found.seconds[page.name] = min(seconds, found.seconds.get(page.name, seconds))
    if answer is not None:
        keep(answer, page.name, found)


def keep(answer: Answer, name: str, found: Measured) -> None:
    """Keep the first answer for a capture; mark it when another's text is not the same."""
    first = found.answers.setdefault(name, answer)
    if first.get("text") != answer.get("text"):
        found.unsteady.add(name)


def scored(library: Library, found: Measured, truths: dict[str, Truth], score: ModuleType) -> Row:
    """A library's row: every capture counts, also those it threw on."""
    best = {field: best_reading(field, found, truths, score) for field in score.FIELDS}
    return Row(
        library=library.title,
        given=library.given,
        returns={name: returns(field, found) for name, field in ASKED.items()},
        readings={field: reading for field, (reading, _) in best.items()},
        wrong={field: wrong for field, (_, wrong) in best.items()},
        text={n: text_f1(truth, found.answers.get(n), score) for n, truth in truths.items()},
        milliseconds={name: seconds * 1000 for name, seconds in found.seconds.items()},
        failures=found.failures,
        unsteady=sorted(found.unsteady),
    )


def best_reading(
    field: str, found: Measured, truths: dict[str, Truth], score: ModuleType
) -> tuple[str, list[str]]:
    """The reading of a field that is right most often, and the captures it has wrong."""
    answers = found.answers
    names = {name: None for answer in answers.values() for name in answer.get(field, ())}
    wrong = {
        reading: [
            capture
            for capture, truth in truths.items()
            if capture not in answers
            or not score.exactly_right(
                field, truth, {field: value(answers[capture], field, reading)}
            )
        ]
        for reading in (names or ["none"])
    }
    return min(wrong.items(), key=lambda found: len(found[1]))


def value(answer: Answer, field: str, reading: str) -> object:
    """What an answer has for a field by one of its readings."""
    return answer.get(field, {}).get(reading)


def text_f1(truth: Truth, answer: Answer | None, score: ModuleType) -> float:
    """How much of the text is right, 0 to 1."""
    if answer is None:
        return 0.0
    return float(score.text_f1("\n".join(truth["paragraphs"]), value(answer, "text", "text") or ""))


def returns(field: str, found: Measured) -> bool:
    """Whether the library gave anything at all for the field, on any page."""
    return any(any(answer.get(field, {}).values()) for answer in found.answers.values())


def conditions(pages: int, rounds: int) -> list[str]:
    """What a reader must know to compare this table with another."""
    return [
        f"{pages} captures; each field's column says on how many it is exactly right",
        f"ms: best of {rounds} rounds a page, decoding included; the median page, and all pages",
        f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}",
        "str: decoded with the right encoding; bytes: the library finds the encoding itself",
        "a page without editor, pictures or tickers is right for a library that gives none",
    ]


def write(out: Path, rows: list[Row], notes: list[str], table: str) -> None:
    """The table to the terminal and to extraction.md, everything to extraction.json."""
    out.mkdir(parents=True, exist_ok=True)
    results = {"notes": notes, "libraries": [row.to_json() for row in rows]}
    text = json.dumps(results, ensure_ascii=False, indent=1)
    (out / "extraction.json").write_text(text + "\n", encoding="utf-8")
    (out / "extraction.md").write_text(table + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
