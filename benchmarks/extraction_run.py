"""Measures and scores every library on every capture; extraction.py runs it in its venv."""
# ruff: noqa: T201 - a script, in no package, that prints to the terminal

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

# What a peer must return for its time to be compared, by its name in the table and in the truth.
REQUIRED = {"title": "title", "date": "published", "source": "source", "text": "text"}


@dataclass(slots=True)
class Measurements:
    """A library's answer and best time in seconds for each capture.

    The first round's answer counts; where another round's text differs, it is `unsteady`.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    unsteady: set[str] = field(default_factory=set)


def main(shared: Path, out: Path, rounds: int) -> int:
    """Measures; prints the table, and writes it and all single results to `out`."""
    folder = shared / "conformance" / "captures"
    if not (folder / "score.py").exists():
        sys.exit(f"{folder} holds no score.py; name the folder above conformance with --shared")
    score = load_score(folder / "score.py")
    paths = sorted(folder.glob("*/truth.json"))
    truths: dict[str, Truth] = {
        path.parent.name: json.loads(path.read_text("utf-8")) for path in paths
    }
    captures = [
        Capture(name, truth["url"], truth["encoding"], (folder / name / "page.html").read_bytes())
        for name, truth in truths.items()
    ]
    with no_logging(), offline() as refused:
        measurements = measure(captures, rounds)
    rows = [table_row(library, measurements[library.name], truths, score) for library in LIBRARIES]
    notes = [*conditions(len(truths), rounds), f"network connections tried: {len(refused)}"]
    write(out, rows, notes, report(rows, score.FIELDS, notes))
    return 0


def load_score(path: Path) -> ModuleType:
    """Imports the score.py beside the captures."""
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def no_logging() -> Iterator[None]:
    """Silences all libraries while the block runs: log lines would cost time too."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def offline() -> Iterator[list[object]]:
    """Refuses all connections while the block runs; yields the list of refused ones."""
    refused: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        refused.append(address)
        raise OSError("the benchmark stays offline")

    with patch("socket.getaddrinfo", refuse), patch("socket.socket.connect", refuse):
        yield refused


def measure(captures: list[Capture], rounds: int) -> dict[str, Measurements]:
    """Reads each page with each library in turn, in `rounds` rounds after one that warms up."""
    measurements: dict[str, Measurements] = defaultdict(Measurements)
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}", end="\r", file=sys.stderr, flush=True)
        for page in captures:
            for library in LIBRARIES:
                read(library, page, measurements[library.name])
        if number == 0:
            for library_measurements in measurements.values():
                library_measurements.seconds.clear()
            gc.collect()
            gc.freeze()  # what the libraries have loaded would slow collections down
    print(end="\r\033[K", file=sys.stderr)
    return measurements


def read(library: Library, page: Capture, measurements: Measurements) -> None:
    """Reads a page with a library; adds its answer, or its exception, and its time."""
    start = time.perf_counter()
    try:
        answer = library.read(page)
    except Exception as error:  # noqa: BLE001 - whatever a library throws is its result
        answer = None
        measurements.failures.setdefault(page.name, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - start
    measurements.seconds[page.name] = min(seconds, measurements.seconds.get(page.name, seconds))
    if answer is not None:
        first = measurements.answers.setdefault(page.name, answer)
        if first.get("text") != answer.get("text"):
            measurements.unsteady.add(page.name)


def table_row(
    library: Library, measurements: Measurements, truths: dict[str, Truth], score: ModuleType
) -> Row:
    """A library's row: every capture counts, also those on which it threw."""
    best = {field: best_reading(field, measurements, truths, score) for field in score.FIELDS}
    return Row(
        library=library.title,
        given=library.given,
        returns={name: returns(field, measurements) for name, field in REQUIRED.items()},
        readings={field: reading for field, (reading, _) in best.items()},
        wrong={field: wrong for field, (_, wrong) in best.items()},
        text={n: text_f1(truth, measurements.answers.get(n), score) for n, truth in truths.items()},
        milliseconds={name: seconds * 1000 for name, seconds in measurements.seconds.items()},
        failures=measurements.failures,
        unsteady=sorted(measurements.unsteady),
    )


def best_reading(
    field: str, measurements: Measurements, truths: dict[str, Truth], score: ModuleType
) -> tuple[str, list[str]]:
    """The reading of a field that is right most often, and the captures where it is wrong."""
    answers = measurements.answers
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
    return min(wrong.items(), key=lambda item: len(item[1]))


def value(answer: Answer, field: str, reading: str) -> object:
    """One reading of a field in an answer, None if it has none."""
    return answer.get(field, {}).get(reading)


def text_f1(truth: Truth, answer: Answer | None, score: ModuleType) -> float:
    """How much of the text is right, from 0 to 1."""
    if answer is None:
        return 0.0
    return float(score.text_f1("\n".join(truth["paragraphs"]), value(answer, "text", "text") or ""))


def returns(field: str, measurements: Measurements) -> bool:
    """Whether the library returns the field on any page."""
    return any(any(answer.get(field, {}).values()) for answer in measurements.answers.values())


def conditions(pages: int, rounds: int) -> list[str]:
    """What to know before comparing this table with another."""
    return [
        f"{pages} captures; a field's column says on how many it is exactly right",
        f"ms: a page's best of {rounds} rounds, decoding included; the median page, and all pages",
        f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}",
        "str: decoded with the right encoding; bytes: the library finds the encoding itself",
        "where a page has no editor, pictures or tickers, returning none is right",
    ]


def write(out: Path, rows: list[Row], notes: list[str], table: str) -> None:
    """Prints the table and writes it to extraction.md, all results to extraction.json."""
    out.mkdir(parents=True, exist_ok=True)
    results = {"notes": notes, "libraries": [row.to_json() for row in rows]}
    text = json.dumps(results, ensure_ascii=False, indent=1)
    (out / "extraction.json").write_text(text + "\n", encoding="utf-8")
    (out / "extraction.md").write_text(table + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
