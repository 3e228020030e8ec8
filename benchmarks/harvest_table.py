"""The tables and verdicts of benchmarks/harvest.py."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

OURS, TWO = "sinanews", "sinanews-2"
LABELS = {
    OURS: "**sinanews**",
    TWO: "**sinanews, `WORKERS=2`**",
    "rsshub": "RSSHub, its route for Sina Finance",
    "fundus": "fundus, with a parser for Sina",
    "news-please": "news-please, its crawler and files, a tenth of the articles",
    "naive": "naive Scrapy spider, parsel, a file per article, Scrapy's defaults",
    "bare": "bare Scrapy, downloads only, Scrapy's defaults",
    "best": "bare Scrapy, downloads only, best settings",
    "loop": "hand-written aiohttp + Lexbor loop that writes files",
    "download": "aiohttp, downloads only",
}
NO_MEMORY = "knows nothing of earlier runs"
UNDONE = {
    "rsshub": f"{NO_MEMORY} but what it read within the hour; keeps no files; no more than a"
    " list's first page, of 50; an article that cannot be read fails the feed; no list of"
    " pictures, no tickers; what the page has is not sanitised",
    "fundus": f"{NO_MEMORY}; writes a JSON list at its end, if asked; has no parser for Sina; finds"
    " articles in sitemaps and RSS, not in Sina's lists; text without its HTML; no tickers",
    "news-please": f"{NO_MEMORY}; finds articles by sitemaps, RSS or links, not in Sina's lists;"
    " text without its HTML; one picture; no source, no editor, no tickers; files are not synced",
    "naive": f"{NO_MEMORY}; no revisions, no JSON Lines, no tickers; nothing is sanitised; files"
    " are not synced",
    "bare": "reads nothing, keeps nothing",
    "best": "reads nothing, keeps nothing",
    "loop": "as the naive spider; no retries",
    "download": "reads nothing, keeps nothing; no retries",
}
CRAWLERS = ("rsshub", "fundus", "news-please")  # that somebody else keeps, whole
HEAD = (
    "contestant",
    "articles/s, median [min-max]",
    "sinanews is",
    "with two workers",
    "CPU ms/article",
    "peak MB",
    "leaves undone",
)
NOTHING_NEW, VERSION = "nothing new", "scrapy version"
RUNS = {NOTHING_NEW: "sinanews, with nothing new", VERSION: "`scrapy version`"}

# What is required: how many times as fast as whom, ours with one worker or two; of the naive
# spider's CPU; megabytes at the peak; seconds that a run with nothing new takes beside Scrapy's
# start.
LEAST_RATIO = {(OURS, "naive"): 2.6, (TWO, "naive"): 4.0, (OURS, "bare"): 1.4}
MOST_CPU = 0.4
MOST_MEMORY = 125
MOST_IDLE = 0.25

Results = dict[str, Any]
Verdict = tuple[bool, str]


def report(results: Results) -> tuple[str, bool]:
    """Tables, verdicts and notes as text, and whether a requirement is missed."""
    names = [name for name in LABELS if name in results["rounds"]]
    lines = _table([HEAD, *(_row(name, results) for name in names)])
    if NOTHING_NEW in results["rounds"]:
        head = ("run", "s", "CPU s", "peak MB", "requests")
        lines += ["", *_table([head, *(_run_row(name, results) for name in RUNS)])]
    verdicts = list(_verdicts(results))
    words = [f"- {'good' if good else 'MISSED'}: {text}" for good, text in verdicts]
    text = "\n".join([*lines, "", *words, "", *_notes(results), ""])
    return text, not all(good for good, _ in verdicts)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *others = [f"| {' | '.join(row)} |" for row in rows]
    return [head, "|---" * len(rows[0]) + "|", *others]


def _row(name: str, results: Results) -> Sequence[str]:
    rates = [1 / seconds for seconds in _values("seconds", name, results)]
    spread = f"{median(rates):.0f} [{min(rates):.0f}-{max(rates):.0f}]"
    ratios = [
        f"{_ratio(ours, name, results):.2f} x" if ours in results["rounds"] and ours != name else ""
        for ours in (OURS, TWO)
    ]
    cpu = f"{_median('cpu', name, results) * 1e3:.2f}"
    memory = f"{_median('memory', name, results):.0f}"
    return (LABELS[name], spread, *ratios, cpu, memory, UNDONE.get(name, ""))


def _run_row(name: str, results: Results) -> Sequence[str]:
    seconds, cpu = (f"{_median(what, name, results):.2f}" for what in ("seconds", "cpu"))
    memory = f"{_median('memory', name, results):.0f}"
    return (RUNS[name], seconds, cpu, memory, f"{_median('requests', name, results):.0f}")


def _values(figure: str, name: str, results: Results) -> list[float]:
    """A figure in each round; seconds and those of CPU for an article, where a run has any."""
    whole = figure not in {"seconds", "cpu"}
    return [
        round_[figure] / (1 if whole else round_["articles"] or 1)
        for round_ in results["rounds"][name]
    ]


def _median(figure: str, name: str, results: Results) -> float:
    return float(median(_values(figure, name, results)))


def _shares(figure: str, name: str, other: str, results: Results) -> list[float]:
    """What one has of a figure for each of another's, in each round: what slows the machine down
    for a while slows both."""
    pairs = zip(_values(figure, name, results), _values(figure, other, results), strict=True)
    return [one / another for one, another in pairs]


def _ratio(ours: str, other: str, results: Results) -> float:
    """How many times as fast as another one of ours is."""
    return median(_shares("seconds", other, ours, results))


def _verdicts(results: Results) -> Iterator[Verdict]:
    """Whether each requirement is met that these contestants can show."""
    rounds = results["rounds"]
    for (ours, other), least in LEAST_RATIO.items():
        if {ours, other} <= rounds.keys():
            ratio, who = _ratio(ours, other, results), LABELS[ours].strip("*")
            yield ratio >= least, f"{who}: {ratio:.2f} times {other} Scrapy (at least {least})"
    if {OURS, "naive"} <= rounds.keys():
        share = median(_shares("cpu", OURS, "naive", results))
        yield share <= MOST_CPU, f"{share:.2f} of the naive spider's CPU (at most {MOST_CPU})"
    for name in CRAWLERS:
        if {OURS, name} <= rounds.keys():
            # In the round that was best for the other one.
            least = min(_shares("seconds", name, OURS, results))
            yield least > 1, f"ahead of {LABELS[name]}: {least:.1f} times as fast at least"
    for ours in (OURS, TWO):
        if ours in rounds:
            peak = max(_values("memory", ours, results))
            said = f"{LABELS[ours].strip('*')}: a peak of {peak:.0f} MB (under {MOST_MEMORY})"
            yield peak < MOST_MEMORY, said
    if NOTHING_NEW in rounds:
        pairs = zip(*(_values("seconds", name, results) for name in RUNS), strict=True)
        more = median(idle - version for idle, version in pairs)
        said = f"a run with nothing new takes {more:.2f} s more than `scrapy version`"
        yield more <= MOST_IDLE, f"{said} (at most {MOST_IDLE})"


def _notes(results: Results) -> Iterator[str]:
    pages = f"{results['articles']} articles of {results['page_bytes'] / 1e3:.0f} kB"
    count = len(next(iter(results["rounds"].values())))
    yield f"{pages} ({results['pages']}), {count} rounds; ratios are medians of those of each round"
    yield str(results["machine"])
    if {OURS, "best"} <= results["rounds"].keys():
        ours, best = (_median("cpu", name, results) for name in (OURS, "best"))
        more, parse = (ours - best) * 1e3, results["parse"]
        yield (
            f"CPU beyond bare Scrapy's best download: {more:.2f} ms per article, {more / parse:.1f}"
            f" times Lexbor's parse of the page ({parse:.2f} ms)"
        )
