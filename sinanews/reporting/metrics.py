"""METRICS_FILE: numbers of the last run and of the archive, for Prometheus.

A run is over before anybody could ask it, so the numbers lie in a file that the textfile collector
of Prometheus' node exporter reads (https://github.com/prometheus/node_exporter#textfile-collector).
Names and units are by https://prometheus.io/docs/practices/naming/. All have the label `archive`,
so that the files of several archives can lie in one folder.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sinanews.items import STATES
from sinanews.ledger.views import View
from sinanews.reporting.ended import VERDICTS, Ended
from sinanews.reporting.health import unbalanced
from sinanews.utils.text import printable, well_formed

MOST_REASONS = 20  # of failures, most frequent first: each is a series of its own
OTHER = "other"  # stands for the reasons that are over
LONGEST = 200  # characters of a label's value

# A metric's class, name, help text, label beside `archive` ("" for none), and its value, or its
# values by that label; None has no value.
_Values = Mapping[str, float] | float | None
_Row = tuple[type[GaugeMetricFamily] | type[CounterMetricFamily], str, str, str, _Values]


class _Numbers(Collector):
    """The metrics of one archive."""

    def __init__(self, archive: str, rows: Iterable[_Row]) -> None:
        self._archive = _label(archive)
        self._rows = list(rows)

    def collect(self) -> Iterator[Metric]:
        """Each row as a metric."""
        for kind, name, meaning, label, values in self._rows:
            if values is None:
                continue
            metric = kind(name, meaning, labels=["archive", *([label] if label else [])])
            by_label = values if isinstance(values, Mapping) else {"": values}
            for value, number in by_label.items():
                metric.add_metric([self._archive, *([_label(value)] if label else [])], number)
            yield metric


def render(ended: Ended, view: View | None, limit: int) -> bytes:
    """The file's content; a channel is silent whose newest row is older than `limit` seconds. Of an
    archive that cannot be read it has the run alone."""
    rows = [*_of_run(ended), *_of_report(ended, limit), *(_of_archive(view) if view else ())]
    registry = CollectorRegistry()
    registry.register(_Numbers(ended.archive, rows))
    return generate_latest(registry)


def _of_run(ended: Ended) -> Iterator[_Row]:
    verdicts = {verdict: float(verdict == ended.verdict) for verdict in VERDICTS}
    seconds = ended.ended - ended.started
    meaning = "1 for what the last run came to, 0 for the rest."
    yield _gauge("run_verdict", meaning, verdicts, "verdict")
    yield _gauge("run_exit_code", "Exit code of the last run.", ended.exit_code)
    yield _gauge("run_start_timestamp_seconds", "When the last run began.", ended.started)
    yield _gauge("run_end_timestamp_seconds", "When the last run ended.", ended.ended)
    yield _gauge("run_duration_seconds", "How long the last run took.", seconds)


def _of_report(ended: Ended, limit: int) -> Iterator[_Row]:
    report = ended.report
    if not report:
        return
    account = {state.value: report["account"][state] for state in STATES}
    yield _gauge("run_stories", "Stories that the last run listed, by state.", account, "state")
    failures = _most(report["failures"])
    yield _gauge(
        "run_failures", "Stories that failed in the last run, by reason.", failures, "reason"
    )
    yield _gauge(
        "run_waiting_stories", "Stories that the last run did not fetch.", report["waiting"]
    )
    yield _gauge("run_requests", "Requests of the last run.", report["requests"])
    yield _gauge("run_received_bytes", "Bytes that the last run received.", report["bytes"])
    yield _gauge("run_pages", "Article pages that the last run read.", report["pages"])
    shares = report["presence"] or None
    meaning = "Share of the last run's pages that have a field."
    yield _gauge("run_field_presence_ratio", meaning, shares, "field")
    yield _gauge(
        "run_failed_lists", "Lists that the last run could not read.", report["lists_failed"]
    )
    meaning = "Errors of code in the last run."
    yield _gauge("run_crashes", meaning, sum(report["crashes"].values()))
    ages = ended.ages()
    silent = {name: float(age >= limit) for name, age in ages.items()}
    yield _gauge("channel_newest_age_seconds", _AGE, ages or None, "channel")
    yield _gauge("channel_silent", "1 for a channel without news.", silent or None, "channel")


_AGE = "How old a channel's newest row was when the last run read its list."


def _of_archive(view: View) -> Iterator[_Row]:
    counts = view.counts
    states = {state: counts.states.get(state, 0) for state in (*STATES, "listed")}
    yield _gauge("stories", "All stories of the archive, by state.", states, "state")
    yield _counter("articles", "Stories that have an article.", counts.articles)
    yield _counter("revisions", "Revisions of all articles.", counts.revisions)
    yield _counter("runs", "Runs that left a report.", counts.runs)
    yield _counter("list_gaps", "Gaps in lists that nobody has seen.", len(view.gaps))
    yield _gauge("given_up_stories", "Failed stories that were given up.", view.given_up)
    meaning = "Contradictions in the account of all stories."
    yield _gauge("unbalanced_accounts", meaning, len(unbalanced(view)))
    meaning = "Since when the first story is due that is still to be fetched."
    yield _gauge("waiting_since_timestamp_seconds", meaning, view.waiting_since)
    newest = {row.channel: row.newest for row in view.lists if row.newest}
    meaning = "Time of a channel's newest row when its list was read last."
    yield _gauge("channel_newest_timestamp_seconds", meaning, newest or None, "channel")
    last = view.last_complete
    meaning = "When the last complete run ended."
    yield _gauge("last_complete_run_timestamp_seconds", meaning, last.ended if last else None)


def _gauge(name: str, meaning: str, values: _Values, label: str = "") -> _Row:
    return GaugeMetricFamily, f"sinanews_{name}", meaning, label, values


def _counter(name: str, meaning: str, value: float) -> _Row:
    return CounterMetricFamily, f"sinanews_{name}", meaning, "", value


def _most(failures: Mapping[str, int]) -> dict[str, int]:
    """The most frequent reasons, and the sum of the others."""
    by_count = iter(sorted(failures.items(), key=lambda pair: (-pair[1], pair[0])))
    shown: dict[str, int] = {}
    for reason, count in islice(by_count, MOST_REASONS):
        shown[_label(reason)] = shown.get(_label(reason), 0) + count
    rest = sum(count for _, count in by_count)
    return shown | ({OTHER: shown.get(OTHER, 0) + rest} if rest else {})


def _label(value: str) -> str:
    """Without what a terminal obeys, and in UTF-8: one value that is not makes the collector pass
    the whole file over."""
    return well_formed(printable(value))[:LONGEST]
