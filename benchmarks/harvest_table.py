"""The table of benchmarks/harvest.py."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

SAID = {
    "sinanews": "sinanews",
    "sinanews-2": "sinanews, WORKERS=2",
    "naive": "naive Scrapy spider, parsel, a file an article, Scrapy's defaults",
    "bare": "bare Scrapy, downloads only, Scrapy's defaults",
    "best": "bare Scrapy, downloads only, best settings",
    "loop": "hand-written aiohttp + Lexbor loop that writes files",
    "download": "aiohttp, downloads only",
}
NOTHING_NEW, VERSION = "nothing new", "scrapy version"


def markdown(results: dict[str, Any]) -> str:
    """The figures as a table, and the sentences that they amount to."""
    rates = {name: _rates(name, results) for name in SAID if name in results["rounds"]}
    rows = [_row(name, rates, results) for name in rates]
    head = (
        "contestant",
        "articles/s, median [min-max]",
        "sinanews is",
        "with two workers",
        "CPU ms/article",
        "peak MB",
    )
    return "\n".join([*_table([head, *rows]), "", *_sentences(rates, results), ""])


def _rates(name: str, results: dict[str, Any]) -> list[float]:
    return [results["articles"] / measured["seconds"] for measured in results["rounds"][name]]


def _row(name: str, rates: dict[str, list[float]], results: dict[str, Any]) -> Sequence[str]:
    spread = f"{median(rates[name]):.0f} [{min(rates[name]):.0f}-{max(rates[name]):.0f}]"
    ours = (_ratio(own, name, rates) for own in ("sinanews", "sinanews-2"))
    cpu = f"{_cpu(name, results):.2f}"
    memory = f"{_median('memory', name, results):.0f}"
    return (SAID[name], spread, *ours, cpu, memory)


def _ratio(own: str, other: str, rates: dict[str, list[float]]) -> str:
    return f"{median(rates[own]) / median(rates[other]):.2f} x" if own in rates else ""


def _cpu(name: str, results: dict[str, Any]) -> float:
    return _median("cpu", name, results) / results["articles"] * 1e3


def _median(what: str, name: str, results: dict[str, Any]) -> float:
    return median(measured[what] for measured in results["rounds"][name])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|---" * len(rows[0]) + "|", *others]


def _sentences(rates: dict[str, list[float]], results: dict[str, Any]) -> Iterable[str]:
    pages = f"{results['articles']} articles of {results['bytes_a_page'] / 1e3:.0f} kB"
    yield f"Pages: {pages} ({results['pages']}), {len(next(iter(rates.values())))} rounds."
    parse = results["parse"]
    if {"sinanews", "best"} <= rates.keys():
        own = _cpu("sinanews", results) - _cpu("best", results)
        yield (
            f"CPU beyond bare Scrapy's best download: {own:.2f} ms an article, {own / parse:.1f}"
            f" times Lexbor's parse of the page ({parse:.2f} ms)."
        )
    if NOTHING_NEW in results["rounds"]:
        none, version = (_median("seconds", name, results) for name in (NOTHING_NEW, VERSION))
        yield f"A run with nothing new takes {none - version:.2f} s more than `scrapy version`."
