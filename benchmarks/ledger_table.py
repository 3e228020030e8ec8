"""The table of benchmarks/ledger.py, its notes, and whether the targets are met."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from statistics import median, quantiles

import scrapy
import sqlalchemy

# All values by what was measured, the store, and the number of stories in it.
Times = Mapping[tuple[str, str, int], Sequence[float]]

OURS, PLAIN = "sinanews", "SQLite table"
CPU = "ms of CPU"  # the end of the names of CPU times
LOAD = "load of the machine"  # before and after the rounds
PAGES = ("50 known rows", "50 new rows", "25 known, 25 new rows")
# The targets: milliseconds for a page of 50 rows in the largest ledger, by how many MB a harvest's
# peak memory may grow, and how many times the empty ledger's time the largest may take; up to a
# fifth is noise.
MAX_MS = 2.0
MAX_MB = 20.0
MAX_RATIO = 1.2
# Figures for a single row or article: of what, divided by how many, and the units in a millisecond.
EACH = {
    "a known row, µs": ("50 known rows, ms", 50, 1000),
    "a new row, µs": ("50 new rows, ms", 50, 1000),
    "an article, 32 in a commit, µs": ("32 articles, one commit, ms", 32, 1000),
    "an article, a commit each, µs": ("32 articles, a commit each, ms", 32, 1000),
}


def with_each(times: Times) -> dict[tuple[str, str, int], Sequence[float]]:
    """All values, and those for a single row or article."""
    result = dict(times)
    for name, (whole, parts, units) in EACH.items():
        for (what, store, count), values in times.items():
            if what == whole:
                result[name, store, count] = [value / parts * units for value in values]
    return result


def report(values: Times, rounds: int) -> str:
    """The table, its notes, and the verdicts."""
    times = with_each(values)
    counts = sorted({count for _, _, count in times})
    load = " and ".join(f"{value:.1f}" for value in values[LOAD, "", 0])
    head = ["what", "store", *(f"{count:,}" for count in counts), "x table"]
    lines = table([head, *rows(times, counts)])
    notes = [f"- {note}" for note in conditions(rounds, load)]
    verdicts = [
        speed_verdict(times, counts[-1]),
        memory_verdict(times, counts),
        growth_verdict(times, counts),
    ]
    return "\n".join([*lines, "", *notes, "", *verdicts])


def rows(times: Times, counts: Sequence[int]) -> Iterator[list[str]]:
    """A row for each figure and store, those of one figure together."""
    shown = [(what, store) for what, store, _ in times if not what.endswith((CPU, LOAD))]
    figures = list(dict.fromkeys(what for what, _ in shown))
    for what, store in sorted(dict.fromkeys(shown), key=lambda pair: figures.index(pair[0])):
        values = [times.get((what, store, count), ()) for count in counts]
        plain = times.get((what, PLAIN, counts[-1]), ())
        ratio = f"{median(values[-1]) / median(plain):.1f}" if plain and values[-1] else ""
        yield [what, store, *map(cell, values), ratio if store != PLAIN else ""]


def cell(values: Sequence[float]) -> str:
    """The median, and in brackets the range of eight in ten values."""
    if not values:
        return ""
    middle = short(median(values))
    low, high = spread(values)
    return middle if short(low) == short(high) else f"{middle} ({short(low)}-{short(high)})"


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The tenth and the ninetieth percentile; of few values the least and the greatest."""
    if len(values) < 10:  # noqa: PLR2004 - fewer have no tenths
        return min(values), max(values)
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def short(value: float) -> str:
    """Three significant digits, or all digits before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def table(lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = (f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)
    return [head, "|" + "|".join("-" * (size + 2) for size in widths) + "|", *body]


def conditions(rounds: int, load: str) -> list[str]:
    """What to know before comparing this table with another."""
    versions = {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "SQLAlchemy": sqlalchemy.__version__,
        "Scrapy": scrapy.__version__,
    }
    software = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [
        f"medians of {rounds} rounds, all stores in turn in each of them",
        "in brackets the 10th and 90th percentile, of fewer than ten values the least and greatest",
        f"{os.cpu_count()} processors ({platform.machine()}), {software}; files in the page cache",
        f"load of the machine before and after the rounds: {load}; the benchmark alone makes it 1",
        "x table: how many times as much as the plain SQLite table, with the most stories",
    ]


def speed_verdict(times: Times, count: int) -> str:
    """Whether a page takes no longer than it may, with the most stories."""
    pages = {what: times[f"{what}, ms", OURS, count] for what in PAGES}
    met = all(median(values) <= MAX_MS for values in pages.values())
    details = []
    for what, values in pages.items():
        cpu = short(median(times[f"{what}, {CPU}", OURS, count]))
        longer = sum(value > MAX_MS for value in values)
        tail = f", {longer} of {len(values)} longer" if longer else ""
        details.append(f"{what} {cell(values)}, {cpu} of CPU{tail}")
    claim = f"a page takes at most {MAX_MS:g} ms at {count:,} stories"
    return f"{claim}: {yes_or_no(met)}; {'; '.join(details)}"


def memory_verdict(times: Times, counts: Sequence[int]) -> str:
    """Whether a harvest's memory stays the same."""
    least, most = medians(times, "harvest, peak MB", counts)
    claim = f"a harvest's peak memory grows by less than {MAX_MB:g} MB"
    return f"{claim}: {yes_or_no(most - least < MAX_MB)}; from {least:.1f} to {most:.1f} MB"


def growth_verdict(times: Times, counts: Sequence[int]) -> str:
    """Whether the largest ledger is as quick as the empty one."""
    pairs = {what: medians(times, what, counts) for what in ("50 known rows, ms", "harvest, s")}
    met = all(most <= MAX_RATIO * least for least, most in pairs.values())
    details = "; ".join(f"{what}: {a:.2f} and {b:.2f}" for what, (a, b) in pairs.items())
    claim = f"a ledger of {counts[-1]:,} stories is as quick as one of {counts[0]:,}"
    return f"{claim} (within a fifth): {yes_or_no(met)}; {details}"


def medians(times: Times, what: str, counts: Sequence[int]) -> tuple[float, float]:
    """Our ledger's median with the fewest stories, and with the most."""
    return median(times[what, OURS, counts[0]]), median(times[what, OURS, counts[-1]])


def yes_or_no(met: bool) -> str:  # noqa: FBT001 - it is what is put into words
    """YES or NO, for a target."""
    return "YES" if met else "NO"
