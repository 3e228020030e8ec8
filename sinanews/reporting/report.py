"""A run's report: what became of every listed story, and how the pages read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

from sinanews.items import FIELDS, Article, State
from sinanews.utils import times

STATES = tuple(state for state in State if state is not State.LISTED)
# What every article has, whatever its family.
REQUIRED = ("title", "published", "body_html")
LEAST_PAGES = 5  # fewer tell nothing of a layout
FALL = 0.2  # of the pages; a layout that drifts loses a field on nearly all of them
BLOCKED = "blocked: "  # how the reason begins with which a spider was closed


class Verdict(IntEnum):
    """What a run comes to; the value is the exit code."""

    COMPLETE = 0
    REFUSED = 2
    INCOMPLETE = 3
    BLOCKED = 4
    DRIFTED = 5
    LOCKED = 75


def gravest(codes: Iterable[int]) -> int:
    """Of several exit codes the one to heed: a refusal before what follows from it.

    >>> gravest([0, 5, 4]), gravest([0, 0])
    (4, 0)
    """
    order = (0, Verdict.INCOMPLETE, Verdict.DRIFTED, Verdict.BLOCKED)
    return max(codes, key=lambda code: order.index(code) if code in order else len(order))


@dataclass(slots=True)
class Presence:
    """On how many of the pages read each field was there."""

    pages: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, article: Article) -> None:
        """Counts one article."""
        self.pages += 1
        self.fields.update(name for name in FIELDS if getattr(article, name))

    def add_unreadable(self, missing: Iterable[str]) -> None:
        """Counts a page that lacked required fields; without a layout it lacks them all."""
        lacking = set(missing)
        self.pages += 1
        self.fields.update(name for name in REQUIRED if not lacking & {name, "layout"})

    def shares(self) -> dict[str, float]:
        """The share of the pages for each field, 0 to 1; empty before the first page."""
        return {name: round(self.fields[name] / self.pages, 4) for name in FIELDS if self.pages}


@dataclass(slots=True)
class Report:
    """The report of one run. Times are unix seconds: of the site's clock in `lists`, else local.

    `lists` has for each channel its pages walked, the oldest ctime reached, how far back the walk
    was to go, the gap in seconds that is left to the last frontier, and whether the walk was
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


def before(reports: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The mean presence of earlier reports, each weighed by its pages."""
    read = [report for report in reports if report.get("pages")]
    pages = sum(report["pages"] for report in read)
    shares = ((report["presence"], report["pages"]) for report in read)
    total: Counter[str] = Counter()
    for presence, weight in shares:
        total.update({name: share * weight for name, share in presence.items()})
    return {name: round(total[name] / pages, 4) for name in FIELDS if pages}


def drifted(now: Presence, earlier: Mapping[str, float]) -> list[str]:
    """The required fields that are on clearly fewer pages than before."""
    if now.pages < LEAST_PAGES:
        return []
    shares = now.shares()
    return [name for name in REQUIRED if shares[name] < earlier.get(name, 1.0) - FALL]


def verdict(report: Report) -> Verdict:
    """The gravest that holds."""
    if report.reason.startswith(BLOCKED):
        return Verdict.BLOCKED
    if report.drifted:
        return Verdict.DRIFTED
    trouble = report.account["failed"], *_trouble(report).values()
    finished = report.reason == "finished" and not any(trouble)
    return Verdict.COMPLETE if finished else Verdict.INCOMPLETE


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
        *(f"{what}: {count}" for what, count in _trouble(report).items() if count),
        f"{report.requests} requests, {report.bytes / 1e6:.1f} MB, {report.seconds:.1f} s",
    ]


def _walked(name: str, walk: Mapping[str, Any]) -> str:
    back = f" back to {times.minute(walk['oldest'])}" if walk["oldest"] else ""
    short = walk["ended"] and walk["oldest"] and walk["oldest"] > walk["horizon"]
    end = f", where it ends (asked for: {times.minute(walk['horizon'])})" if short else ""
    return f"list {name}: pages walked {walk['pages']}{back}{end}"


def torn(walk: Mapping[str, Any]) -> bool:
    """Whether a list of several pages ended before it came to what the last walk had reached:
    what was listed and left it in between is not known. A list of one page is meant to be short.
    """
    return bool(walk["ended"] and walk["gap"] and walk["pages"] > 1)


def _trouble(report: Report) -> dict[str, int]:
    return {
        "lists that could not be read": report.lists_failed,
        "lists that end before the last run began": sum(map(torn, report.lists.values())),
        "rows that could not be read": report.rows_broken,
        "articles that could not be kept": report.errors,
    }
