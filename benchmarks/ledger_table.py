"""The table of benchmarks/ledger.py, its notes, and whether the requirements are met."""

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
IDLE, VERSION = "nothing new", "scrapy version"
PAGES = ("50 known rows", "50 new rows", "25 known, 25 new rows")
# What a run does, or whoever looks at an archive; what counts or copies it as a whole is not here.
WORK = {
    "harvest": "s",
    IDLE: "s",
    **dict.fromkeys(PAGES, "ms"),
    "repair, as a run begins": "ms",
    "claim of 32": "ms",
    "32 looks for reprints": "ms",
    "32 articles, one commit": "ms",
    "32 articles, a commit each": "ms",
    "a run's account": "ms",
    "opening": "ms",
    "status": "ms",
    "export of 1,000": "ms",
    "repair after a kill": "ms",
}
# The requirements: milliseconds for a page of 50 rows in the largest ledger; how many times the
# smallest ledger's time the largest may take, which its deeper indexes and noise share; by how many
# MB the peak memory of a run may grow; and seconds that one with nothing new takes beside Scrapy's
# start.
MAX_MS = 2.0
MAX_RATIO = 1.5
MAX_MB = 10.0
MAX_IDLE = 0.25
# Figures for a single row or article: of what, divided by how many, and the units in a millisecond.
EACH = {
    "a known row, µs": ("50 known rows, ms", 50, 1000),
    "a new row, µs": ("50 new rows, ms", 50, 1000),
    "an article, 32 in a commit, µs": ("32 articles, one commit, ms", 32, 1000),
    "an article, a commit each, µs": ("32 articles, a commit each, ms", 32, 1000),
    "a look for reprints, µs": ("32 looks for reprints, ms", 32, 1000),
    "an exported article, µs": ("export of 1,000, ms", 1000, 1000),
}


def with_each(times: Times) -> dict[tuple[str, str, int], Sequence[float]]:
    """All values, and those for a single row or article."""
    result = dict(times)
    for name, (whole, parts, units) in EACH.items():
        for (what, store, count), values in times.items():
            if what == whole:
                result[name, store, count] = [value / parts * units for value in values]
    return result


def report(values: Times, rounds: int) -> tuple[str, bool]:
    """The table, its verdicts and notes, and whether a requirement is missed."""
    times = with_each(values)
    counts = sorted({count for _, store, count in times if store})
    load = " and ".join(f"{value:.1f}" for value in values[LOAD, "", 0])
    head = ["what", "store", *(f"{count:,}" for count in counts), "x table"]
    lines = table([head, *rows(times, counts)])
    verdicts = [
        page_verdict(times, counts[-1]),
        *(growth_verdict(times, f"{what}, {unit}", counts) for what, unit in WORK.items()),
        memory_verdict(times, counts),
        *(idle_verdict(times, count) for count in counts),
    ]
    words = [f"- {'good' if good else 'MISSED'}: {text}" for good, text in verdicts]
    text = "\n".join([*lines, "", *words, "", *conditions(rounds, load)])
    return text, not all(good for good, _ in verdicts)


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
        f"- medians of {rounds} rounds, all stores in turn in each of them",
        "- in brackets the 10th and 90th percentile, of few values the least and greatest",
        f"- {os.cpu_count()} processors ({platform.machine()}), {software}",
        f"- load of the machine before and after the rounds: {load}; the benchmark makes it 1",
        "- x table: how many times as much as the plain SQLite table, with the most stories",
    ]


def page_verdict(times: Times, count: int) -> tuple[bool, str]:
    """Whether a page takes no longer than it may, with the most stories."""
    pages = {what: times[f"{what}, ms", OURS, count] for what in PAGES}
    good = all(median(values) <= MAX_MS for values in pages.values())
    details = [
        f"{what} {cell(values)} ms, {short(median(times[f'{what}, {CPU}', OURS, count]))} of CPU"
        for what, values in pages.items()
    ]
    return good, f"at {count:,} stories: {'; '.join(details)} (at most {MAX_MS:g} ms)"


def growth_verdict(times: Times, what: str, counts: Sequence[int]) -> tuple[bool, str]:
    """Whether something takes as long with the most stories as with the fewest."""
    least, most = medians(times, what, counts)
    said = f"{what}: {most / least:.2f} times as much at {counts[-1]:,} stories as at {counts[0]:,}"
    return most <= MAX_RATIO * least, f"{said} (at most {MAX_RATIO:g})"


def memory_verdict(times: Times, counts: Sequence[int]) -> tuple[bool, str]:
    """Whether a harvest's memory stays the same."""
    least, most = medians(times, "harvest, peak MB", counts)
    said = f"a harvest's peak memory: {least:.1f} and {most:.1f} MB (at most {MAX_MB:g} more)"
    return most - least <= MAX_MB, said


def idle_verdict(times: Times, count: int) -> tuple[bool, str]:
    """Whether a run with nothing new takes little more than Scrapy's start, which was measured
    beside each."""
    pairs = zip(*(times[f"{what}, s", OURS, count] for what in (IDLE, VERSION)), strict=True)
    more = median(run - start for run, start in pairs)
    said = f"a run with nothing new takes {more:.2f} s more than `scrapy version`"
    return more <= MAX_IDLE, f"{said} at {count:,} stories (at most {MAX_IDLE:g})"


def medians(times: Times, what: str, counts: Sequence[int]) -> tuple[float, float]:
    """Our ledger's median with the fewest stories, and with the most."""
    return median(times[what, OURS, counts[0]]), median(times[what, OURS, counts[-1]])
