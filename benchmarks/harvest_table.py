"""The table of benchmarks/harvest.py."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

LABELS = {
    "sinanews": "sinanews",
    "sinanews-2": "sinanews, WORKERS=2",
    "naive": "naive Scrapy spider, parsel, a file per article, Scrapy's defaults",
    "bare": "bare Scrapy, downloads only, Scrapy's defaults",
    "best": "bare Scrapy, downloads only, best settings",
    "loop": "hand-written aiohttp + Lexbor loop that writes files",
    "download": "aiohttp, downloads only",
}
HEAD = (
    "contestant",
    "articles/s, median [min-max]",
    "sinanews is",
    "with two workers",
    "CPU ms/article",
    "peak MB",
)
NOTHING_NEW, VERSION = "nothing new", "scrapy version"


def markdown(results: dict[str, Any]) -> str:
    """The figures as a table, and a summary below it."""
    rates = {name: _rates(name, results) for name in LABELS if name in results["rounds"]}
    rows = [HEAD, *(_row(name, rates, results) for name in rates)]
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    lines = [head, "|---" * len(HEAD) + "|", *others]
    return "\n".join([*lines, "", *_summary(rates, results), ""])


def _rates(name: str, results: dict[str, Any]) -> list[float]:
    return [results["articles"] / round_["seconds"] for round_ in results["rounds"][name]]


def _row(name: str, rates: dict[str, list[float]], results: dict[str, Any]) -> Sequence[str]:
    spread = f"{median(rates[name]):.0f} [{min(rates[name]):.0f}-{max(rates[name]):.0f}]"
    ratios = (_ratio(ours, name, rates) for ours in ("sinanews", "sinanews-2"))
    cpu = f"{_cpu(name, results):.2f}"
    memory = f"{_median('memory', name, results):.0f}"
    return (LABELS[name], spread, *ratios, cpu, memory)


def _ratio(ours: str, other: str, rates: dict[str, list[float]]) -> str:
    return f"{median(rates[ours]) / median(rates[other]):.2f} x" if ours in rates else ""


def _cpu(name: str, results: dict[str, Any]) -> float:
    return _median("cpu", name, results) / float(results["articles"]) * 1e3


def _median(figure: str, name: str, results: dict[str, Any]) -> float:
    return float(median(round_[figure] for round_ in results["rounds"][name]))


def _summary(rates: dict[str, list[float]], results: dict[str, Any]) -> Iterable[str]:
    pages = f"{results['articles']} articles of {results['page_bytes'] / 1e3:.0f} kB"
    yield f"Pages: {pages} ({results['pages']}), {len(next(iter(rates.values())))} rounds."
    parse = results["parse"]
    if {"sinanews", "best"} <= rates.keys():
        more = _cpu("sinanews", results) - _cpu("best", results)
        yield (
            f"CPU beyond bare Scrapy's best download: {more:.2f} ms per article, {more / parse:.1f}"
            f" times Lexbor's parse of the page ({parse:.2f} ms)."
        )
    if NOTHING_NEW in results["rounds"]:
        idle, version = (_median("seconds", name, results) for name in (NOTHING_NEW, VERSION))
        yield f"A run with nothing new takes {idle - version:.2f} s more than `scrapy version`."
