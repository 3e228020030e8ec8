"""The measurement's table, its notes, and whether the targets are met."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles

import scrapy
import sqlalchemy

# What was measured, of which store, with how many stories in it; every single value.
Times = Mapping[tuple[str, str, int], Sequence[float]]

OURS, PLAIN = "sinanews", "SQLite table"
CPU = "ms of CPU"  # how the names of such times end
LOAD = "load of the machine"  # before the rounds and after them
PAGES = ("50 known rows", "50 new rows", "25 known, 25 new rows")
MOST_MS = 2.0  # for a page of 50 rows in the largest ledger
MOST_MB = 20.0  # by which a harvest's peak memory may grow
AS_QUICK = 1.2  # the largest ledger may take so many times the empty one's time; less is noise
# What is told for one of many as well: of what, how many, and in which unit of how many to a ms.
EACH = {
    "a known row, µs": ("50 known rows, ms", 50, 1000),
    "a new row, µs": ("50 new rows, ms", 50, 1000),
    "an article, 32 in a commit, µs": ("32 articles, one commit, ms", 32, 1000),
    "an article, a commit each, µs": ("32 articles, a commit each, ms", 32, 1000),
}


def with_each(times: Times) -> dict[tuple[str, str, int], Sequence[float]]:
    """What was measured, and what follows for a single row or article."""
    told = dict(times)
    for name, (whole, parts, unit) in EACH.items():
        for (what, store, count), values in times.items():
            if what == whole:
                told[name, store, count] = [value / parts * unit for value in values]
    return told


def report(measured: Times, rounds: int) -> str:
    """The table, what to know about it, and the verdicts."""
    times = with_each(measured)
    counts = sorted({count for _, _, count in times})
    load = " and ".join(f"{value:.1f}" for value in measured[LOAD, "", 0])
    head = ["what", "store", *(f"{count:,}" for count in counts), "x table"]
    lines = table([head, *rows(times, counts)])
    notes = [f"- {note}" for note in conditions(rounds, load)]
    verdicts = [quick(times, counts[-1]), small(times, counts), steady(times, counts)]
    return "\n".join([*lines, "", *notes, "", *verdicts])


def rows(times: Times, counts: Sequence[int]) -> Iterator[list[str]]:
    """A line for each thing measured and each store it was measured of."""
    shown = [(what, store) for what, store, _ in times if not what.endswith((CPU, LOAD))]
    pairs, whats = dict.fromkeys(shown), list(dict.fromkeys(what for what, _ in shown))
    for what, store in sorted(pairs, key=lambda pair: whats.index(pair[0])):
        found = [times.get((what, store, count), ()) for count in counts]
        plain = times.get((what, PLAIN, counts[-1]), ())
        share = f"{median(found[-1]) / median(plain):.1f}" if plain and found[-1] else ""
        yield [what, store, *map(cell, found), share if store != PLAIN else ""]


def cell(values: Sequence[float]) -> str:
    """The median, and between which values eight of ten lie."""
    if not values:
        return ""
    middle = short(median(values))
    low, high = spread(values)
    return middle if short(low) == short(high) else f"{middle} ({short(low)}-{short(high)})"


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Of few values the least and the greatest, else the tenth and the ninetieth percentile."""
    if len(values) < 10:  # noqa: PLR2004 - of fewer there are no tenths
        return min(values), max(values)
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def short(value: float) -> str:
    """Three digits that count, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def table(lines: Sequence[Sequence[str]]) -> list[str]:
    """Markdown with straight columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = (f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)
    return [head, "|" + "|".join("-" * (size + 2) for size in widths) + "|", *body]


def conditions(rounds: int, load: str) -> list[str]:
    """What a reader must know to compare this table with another."""
    versions = {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "SQLAlchemy": sqlalchemy.__version__,
        "Scrapy": scrapy.__version__,
    }
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [
        f"medians of {rounds} rounds, all stores in turn in each of them",
        "in brackets the 10th and 90th percentile, of fewer than ten values the least and greatest",
        f"{os.cpu_count()} processors ({platform.machine()}), {told}; files in the page cache",
        f"load of the machine before and after the rounds: {load}; its measuring alone is 1",
        "x table: so many times what the plain SQLite table takes, with the most stories",
    ]


def quick(times: Times, count: int) -> str:
    """Whether a page is decided in time, with the most stories."""
    pages = {what: times[f"{what}, ms", OURS, count] for what in PAGES}
    met = all(median(values) <= MOST_MS for values in pages.values())
    cpu = {what: short(median(times[f"{what}, {CPU}", OURS, count])) for what in PAGES}
    told = (f"{what} {cell(page)}, {cpu[what]} of CPU{late(page)}" for what, page in pages.items())
    claim = f"a page is decided in {MOST_MS:g} ms at {count:,} stories"
    return f"{claim}: {answer(met)}; {'; '.join(told)}"


def late(values: Sequence[float]) -> str:
    """How many took longer than they may."""
    over = sum(value > MOST_MS for value in values)
    return f", {over} of {len(values)} longer" if over else ""


def small(times: Times, counts: Sequence[int]) -> str:
    """Whether a harvest's memory stays the same."""
    least, most = medians(times, "harvest, peak MB", counts)
    claim = f"a harvest's peak memory grows by less than {MOST_MB:g} MB"
    return f"{claim}: {answer(most - least < MOST_MB)}; from {least:.1f} to {most:.1f} MB"


def steady(times: Times, counts: Sequence[int]) -> str:
    """Whether the largest ledger is read as quickly as the empty one."""
    pairs = {what: medians(times, what, counts) for what in ("50 known rows, ms", "harvest, s")}
    met = all(most <= AS_QUICK * least for least, most in pairs.values())
    told = "; ".join(f"{what}: {a:.2f} and {b:.2f}" for what, (a, b) in pairs.items())
    claim = f"{counts[-1]:,} stories are read as quickly as {counts[0]:,}"
    return f"{claim} (within a fifth): {answer(met)}; {told}"


def medians(times: Times, what: str, counts: Sequence[int]) -> tuple[float, float]:
    """Of our ledger, with the fewest stories and with the most."""
    return median(times[what, OURS, counts[0]]), median(times[what, OURS, counts[-1]])


def answer(met: bool) -> str:  # noqa: FBT001 - a verdict is what it turns into words
    """YES or NO."""
    return "YES" if met else "NO"
