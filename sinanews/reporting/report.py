"""A run's report: what became of every listed story, and how the pages read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sinanews.items import STATES, State
from sinanews.utils import times


@dataclass(slots=True)
class Report:
    """The report of one run. Times are unix seconds: of the site's clock in `lists`, else local.

    `lists` has for each channel its pages walked, the oldest ctime reached, how far back the walk
    was to go, the gap in seconds that is left to the last watermark, and whether the walk was
    complete, or came to the list's end instead.
    """

    spider: str
    started: int
    reason: str = ""
    verdict: str = ""
    account: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists_failed: int = 0
    rows_broken: int = 0
    errors: int = 0
    pages: int = 0
    presence: dict[str, float] = field(default_factory=dict)
    presence_before: dict[str, float] = field(default_factory=dict)
    drifted: list[str] = field(default_factory=list)
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
    parts = " + ".join(f"{state.value} {report.account[state]}" for state in STATES)
    return [
        f"{report.spider}: {report.verdict} ({report.reason})",
        f"listed {report.account['listed']} = {parts}",
        *(f"failed, {reason}: {count}" for reason, count in report.failures.items()),
        *(
            f"drifted: {name} on {report.presence[name]:.0%} of the pages,"
            f" {report.presence_before.get(name, 1.0):.0%} before"
            for name in report.drifted
        ),
        *(_walked(name, walk) for name, walk in report.lists.items()),
        *(f"{what}: {count}" for what, count in trouble(report).items() if count),
        f"{report.requests} requests, {report.bytes / 1e6:.1f} MB, {report.seconds:.1f} s",
    ]


def _walked(name: str, walk: Mapping[str, Any]) -> str:
    back = f" back to {times.minute(walk['oldest'])}" if walk["oldest"] else ""
    short = walk["ended"] and walk["oldest"] and walk["oldest"] > walk["horizon"]
    end = f", where it ends (asked for: {times.minute(walk['horizon'])})" if short else ""
    return f"list {name}: pages walked {walk['pages']}{back}{end}"


def has_gap(walk: Mapping[str, Any]) -> bool:
    """Whether a list of several pages ended before it came to what the last walk had reached:
    what was listed and left it in between is not known. A list of one page is meant to be short.
    """
    return bool(walk["ended"] and walk["gap"] and walk["pages"] > 1)


def trouble(report: Report) -> dict[str, int]:
    """What keeps a run from being complete, beside stories that failed, each with its count."""
    return {
        "lists that could not be read": report.lists_failed,
        "lists that end before the last run began": sum(map(has_gap, report.lists.values())),
        "rows that could not be read": report.rows_broken,
        "articles that could not be kept": report.errors,
    }
