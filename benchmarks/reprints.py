"""Measures how well reprints are told from other texts, and what a look for them costs.

    python benchmarks/reprints.py [--articles N] [--sizes N,N] [--rounds N] [--folder DIR]

README.md says what is measured and how. It needs nothing but sinanews.
"""
# ruff: noqa: T201 - a script that prints to the terminal

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.reprints_texts import article, notices, reprint  # noqa: E402 - found by the path
from sinanews.extraction.signatures import (  # noqa: E402
    MOST_KEYS,
    SIMILAR,
    VERSION,
    SignedText,
    sign,
)
from sinanews.items import Article  # noqa: E402
from sinanews.ledger.database import engine, writing  # noqa: E402
from sinanews.ledger.reprints import (  # noqa: E402
    families_of,
    insert_signatures,
    signed_revision,
)
from sinanews.ledger.tables import BUCKET  # noqa: E402

SHARES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08)  # of a text's characters that are edited
EACH_DAY = 60  # notices of each template
THRESHOLDS = [step / 20 for step in range(6, 20)]
WIDTH = 40  # characters of a bar
GROUP = 32  # articles recorded at once, as a harvest does
NUMBERS = 80  # bytes of twenty of them
# What the verdicts ask for: of a look among the most texts against one among the fewest, of an
# article, and with up to so much of a text edited.
MOST_RATIO, MOST_MILLISECONDS = 1.5, 0.4
LEAST_RECALL, LEAST_PRECISION, EDITED = 0.95, 0.99, 0.05


def main() -> int:
    """Prints the tables and the verdicts; returns 1 when one of these is no."""
    options = arguments()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="sinanews-reprints-"))
    try:
        found, right = quality(options.articles)
        costs, cheap = scale(folder, options.sizes, options.rounds)
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
    report = "\n".join([*found, "", *costs, "", *right, *cheap])
    print(report)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "reprints.md").write_text(report + "\n", "utf-8")
    return int("no:" in report)


def arguments() -> argparse.Namespace:
    """The options on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=1000, help="(%(default)s)")
    parser.add_argument("--sizes", default="10000,1000000", help="texts (%(default)s)")
    parser.add_argument("--rounds", type=int, default=20, help="of 32 articles (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where the ledgers are made, and stay")
    results = ROOT / "benchmarks" / "results"
    parser.add_argument("--out", type=Path, default=results, help="(%(default)s)")
    options = parser.parse_args()
    options.sizes = sorted(map(int, options.sizes.split(",")))
    return options


def quality(count: int) -> tuple[list[str], list[str]]:
    """Recall by the share that is edited, both measures by the threshold; and the verdicts."""
    random = Random(1)  # noqa: S311 - invented texts, no secret
    texts = [article(random) for _ in range(count)]
    firsts = [signed(text) for text in texts]
    rows = ["| edited | found | least similarity | median |", "|---|---|---|---|"]
    recalls = {}
    for share in SHARES:
        copies = [signed(reprint(text, share, random)) for text in texts]
        pairs = list(zip(firsts, copies, strict=True))
        recalls[share] = sum(one.is_reprint_of(other) for one, other in pairs) / count
        alike = sorted(one.signature.similarity(other.signature) for one, other in pairs)
        rows.append(
            f"| {share:.0%} | {recalls[share]:.3f} | {alike[0]:.2f} | {median(alike):.2f} |"
        )
    lines, precision = curve(texts, random)
    recall = min(found for share, found in recalls.items() if share <= EDITED)
    verdicts = [
        verdict(recall >= LEAST_RECALL, f"recall with up to {EDITED:.0%} edited: {recall:.3f}"),
        verdict(precision >= LEAST_PRECISION, f"precision: {precision:.4f}"),
    ]
    return [*rows, "", *lines], verdicts


def curve(texts: Sequence[str], random: Random) -> tuple[list[str], float]:
    """Precision and recall by the threshold, as a plot of bars, over all pairs of the articles, a
    reprint of each third one and notices of templates; and the precision at ours."""
    copies = {number: reprint(texts[number], random.uniform(0, EDITED), random)
              for number in range(0, len(texts), 3)}  # fmt: skip
    daily = [text for _, text in notices(EACH_DAY, random)]
    everything = [signed(text) for text in (*texts, *copies.values(), *daily)]
    right = {(first, len(texts) + place) for place, first in enumerate(copies)}
    similarity = {
        (one, other): alike
        for one, other in candidates(everything)
        if (alike := agreeing(everything[one], everything[other])) is not None
    }
    lines = [
        f"{len(everything)} texts, {len(right)} reprints; R recall, P precision",
        "",
        "```",
    ]
    ours = 0.0
    for threshold in THRESHOLDS:
        found = {pair for pair, alike in similarity.items() if alike >= threshold}
        recall = len(found & right) / len(right)
        precision = len(found & right) / len(found) if found else 1.0
        is_ours = abs(threshold - SIMILAR) < 1e-9  # noqa: PLR2004 - equal but for rounding
        ours = precision if is_ours else ours
        mark = " <" if is_ours else ""
        lines += [
            f"{threshold:.2f} R {bar(recall)} {recall:.3f}{mark}",
            f"     P {bar(precision)} {precision:.3f}{mark}",
        ]
    return [*lines, "```"], ours


def agreeing(one: SignedText, other: SignedText) -> float | None:
    """How similar two texts are whose numbers agree; None when these do not."""
    alike = one.signature.similarity(other.signature)
    return alike if one.signature.numbers_agree(other.signature, alike) else None


def candidates(texts: Sequence[SignedText]) -> set[tuple[int, int]]:
    """The pairs that have a key in common."""
    by_key = defaultdict(list)
    for number, text in enumerate(texts):
        for key in text.keys:
            by_key[key].append(number)
    return {pair for numbers in by_key.values() for pair in combinations(numbers, 2)}


def bar(share: float) -> str:
    """A bar for a share.

    >>> bar(0.5).strip()
    '####################'
    """
    return ("#" * round(share * WIDTH)).ljust(WIDTH)


def scale(folder: Path, sizes: Iterable[int], rounds: int) -> tuple[list[str], list[str]]:
    """What a look and a record cost in ledgers of so many texts; and the verdicts."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {size: folder / f"{size}.db" for size in sizes}
    for size, file in files.items():
        if not file.exists():
            fill(file, size)
    random = Random(time.time_ns())  # noqa: S311 - other articles in each run, no secret
    times: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    for _ in range(rounds):
        for size, file in files.items():
            warm(file)
            times[size].append(measure(file, random))
    rows = ["| texts | MB | signature | look | record | all |", "|---|---|---|---|---|---|"]
    middle = {}
    for size, file in files.items():
        parts = [median(part) * 1000 for part in zip(*times[size], strict=True)]
        middle[size] = parts
        shown = " | ".join(f"{part:.3f}" for part in (*parts, sum(parts)))
        rows.append(f"| {size:,} | {file.stat().st_size / 1e6:,.0f} | {shown} |")
    least, most = (middle[size] for size in (min(files), max(files)))
    ratio, whole = most[1] / least[1], sum(most)
    verdicts = [
        verdict(ratio <= MOST_RATIO, f"a look among the most takes {ratio:.2f} times as long"),
        verdict(whole <= MOST_MILLISECONDS, f"an article takes {whole:.2f} ms among the most"),
    ]
    return [*rows, "", "Milliseconds of CPU an article."], verdicts


def fill(file: Path, size: int) -> None:
    """Makes a ledger of so many signatures of nothing, whose keys are anywhere."""
    engine(f"sqlite:///{file}").dispose()
    random = Random(size)  # noqa: S311 - noise, no secret
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-1000000")
        insert = "INSERT INTO signatures VALUES (?, ?, 1, ?, NULL, ?)"
        database.executemany(insert, noise(size, random))
        keys = sorted(
            (random.getrandbits(32), number % BUCKET, number)
            for number in range(1, size + 1)
            for _ in range(MOST_KEYS)
        )
        database.executemany("INSERT OR REPLACE INTO bands VALUES (?, ?, ?)", keys)
        database.commit()


def noise(size: int, random: Random) -> Iterator[tuple[int, str, int, bytes]]:
    """Rows of signatures: with a digest, rows and numbers of random bytes."""
    for number in range(1, size + 1):
        data = random.randbytes(16) + b"\x80" + random.randbytes(128 + NUMBERS)
        yield number, f"n{number:014}", VERSION, data


def warm(file: Path) -> None:
    """Has the whole file in the system's cache: measured is the ledger and not the disk."""
    with file.open("rb") as whole:
        while whole.read(1 << 24):
            pass


def measure(file: Path, random: Random) -> tuple[float, float, float]:
    """Seconds of CPU for an article's signature, for a look, and to record it, of a group."""
    database = engine(f"sqlite:///{file}")
    articles = [
        Article(docid=f"z{random.getrandbits(60)}", text=article(random)) for _ in range(GROUP)
    ]
    signing, looking = [], []
    for one in articles:
        signing.append(clock(lambda one=one: sign(one.text, one.title)))
        looking.append(clock(lambda one=one: look(database, one)))
    recording = clock(lambda: record(database, articles)) / GROUP
    database.dispose()
    return median(signing), median(looking), recording


def look(database: Engine, one: Article) -> None:
    with database.connect() as connection:
        families_of(connection, [one])


def record(database: Engine, articles: Sequence[Article]) -> None:
    with writing(database).begin() as connection:
        insert_signatures(connection, [signed_revision(one) for one in articles])


def signed(text: str) -> SignedText:
    """The signature of a text that has words."""
    made = sign(text)
    assert made, "an invented text has words"
    return made


def clock(work: Callable[[], object]) -> float:
    """Seconds of this thread's CPU that a call takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def verdict(is_so: bool, what: str) -> str:  # noqa: FBT001 - the one thing that it says
    """A line with yes or no."""
    return f"{'yes' if is_so else 'no'}: {what}"


if __name__ == "__main__":
    sys.exit(main())
