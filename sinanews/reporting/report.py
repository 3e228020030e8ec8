"""A run's report: what became of every listed story, and how the pages read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sinanews.items import STATES, State
from sinanews.utils import times

# How the stats begin that count what was taken out of bodies, and what was read with doubt.
REMOVED_STATS, DOUBTFUL_STATS = "sinanews/removed/", "sinanews/doubtful/"
# And those that count pictures: what was fetched and shown, and what was not, by reason.
PICTURES_STAT, UNKEPT_STATS = "sinanews/pictures/", "sinanews/pictures_unkept/"


@dataclass(slots=True)
class Report:
    """The report of one run. Times are unix seconds: of the site's clock in `lists`, else local.

    `lists` has for each channel the answers read (`pages`), the list's time when the walk `began`,
    its `newest` and `oldest` rows, how far back it was to go (`horizon`), the `gap` in seconds that
    is left to the watermark, whether the list `ended` first and what the walk's `end` was, the
    `gaps` in which there may be rows that were not seen, whether these are `confirmed`, and whether
    the walk was `complete`; `new` are stories that were not known. `waiting` are those failed ones
    that were not fetched, `given_up` those that were given up in an earlier run and not tried in
    this one. `removed` counts, by kind, what was taken out of bodies because it would act in a
    browser; `doubtful`, what was read otherwise than the page says, or not at all since it can be
    read in two ways. `pictures` has how many were `downloaded`, how often posts show one that was
    `kept` already, and `failed`, by reason, those that posts show from their addresses; it is
    empty where none was to be fetched. `crashes` are errors in somebody's code, by what and where.
    `stalled` says what has come to a stop, if anything has.
    """

    spider: str
    started: int
    reason: str = ""
    verdict: str = ""
    account: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    given_up: int = 0
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists_failed: int = 0
    rows_broken: int = 0
    errors: int = 0
    crashes: dict[str, int] = field(default_factory=dict)
    pages: int = 0
    presence: dict[str, float] = field(default_factory=dict)
    presence_before: dict[str, float] = field(default_factory=dict)
    drifted: list[str] = field(default_factory=list)
    removed: dict[str, int] = field(default_factory=dict)
    doubtful: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, Any] = field(default_factory=dict)
    stalled: str | None = None
    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as its file has it."""
        return asdict(self)


def account(states: Mapping[State, int], filtered: int) -> dict[str, int]:
    """listed and what it is the sum of; `filtered` are rows that were not asked for."""
    counted = {state.value: states.get(state, 0) for state in STATES}
    counted[State.FILTERED] += filtered
    return {"listed": sum(states.values()) + filtered} | counted


def lines(report: Report) -> list[str]:
    """The report in words, for a terminal."""
    counts = {
        "waiting, not fetched yet": report.waiting,
        "given up before": report.given_up,
        **{f"crashed: {what}": count for what, count in report.crashes.items()},
    }
    parts = " + ".join(f"{state.value} {report.account[state]}" for state in STATES)
    return [
        f"{report.spider}: {report.verdict} ({report.reason})",
        f"listed {report.account['listed']} = {parts}",
        *(f"failed, {reason}: {count}" for reason, count in report.failures.items()),
        *(f"{what}: {count}" for what, count in counts.items() if count),
        *([f"stalled: {report.stalled}"] if report.stalled else []),
        *(
            f"drifted: {name} on {report.presence.get(name, 0):.0%} of the pages,"
            f" {report.presence_before.get(name, 1.0):.0%} before"
            for name in report.drifted
        ),
        *_by_kind("taken out of bodies", report.removed),
        *_by_kind("doubtful", report.doubtful),
        *_pictures(report.pictures),
        *(_walked(name, walk) for name, walk in report.lists.items()),
        *(_gap(name, walk, gap) for name, walk in report.lists.items() for gap in walk["gaps"]),
        *(f"{what}: {count}" for what, count in trouble(report).items() if count),
        f"{report.requests} requests, {report.bytes / 1e6:.1f} MB, {report.seconds:.1f} s",
    ]


def _by_kind(what: str, counts: Mapping[str, int]) -> list[str]:
    kinds = ", ".join(f"{kind} {count}" for kind, count in counts.items())
    return [f"{what}: {kinds}"] if counts else []


def _pictures(counts: Mapping[str, Any]) -> list[str]:
    if not counts:
        return []
    return [
        f"pictures: downloaded {counts['downloaded']}, there already {counts['kept']}",
        *(f"picture failed, {reason}: {count}" for reason, count in counts["failed"].items()),
    ]


def _walked(name: str, walk: Mapping[str, Any]) -> str:
    back = f" back to {times.minute(walk['oldest'])}" if walk["oldest"] else ""
    short = walk["ended"] and walk["oldest"] > walk["horizon"]
    end = f", where it ends (asked for: {times.minute(walk['horizon'])})" if short else ""
    more = ", before its own count of rows" if short and walk["end"] == "depth" else ""
    return f"list {name}: pages walked {walk['pages']}{back}{end}{more}"


def _gap(name: str, walk: Mapping[str, Any], gap: Sequence[int]) -> str:
    since, until = map(times.minute, gap)
    what = "are no longer listed" if walk["confirmed"] else "were not listed"
    return f"list {name}: rows between {since} and {until} {what}"


def trouble(report: Report) -> dict[str, int]:
    """What keeps a run from being complete, beside stories that failed, each with its count."""
    return {
        "lists that could not be read": report.lists_failed,
        "lists with a gap": sum(bool(walk["gaps"]) for walk in report.lists.values()),
        "rows that could not be read": report.rows_broken,
        "articles that could not be kept": report.errors,
    }
