"""What a page is made of: everything that is asked of the ledger for it, and nothing else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sinanews.config import Config, Window
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.revisions import OnDamage
from sinanews.ledger.statistics import Most, Period, Presence, Statistics
from sinanews.ledger.views import View
from sinanews.reporting.health import Problem, problems
from sinanews.reporting.html.changes import Change, change

MOST = Most(sources=20, families=12, family_sources=5)
MOST_CHANGES = 12
MOST_GROUPS = 40  # columns of runs, which a phone can still show
RUNS = 10  # the last ones, as in `scrapy status`
# Bounds of the classes of lateness in minutes, beside those up to which runs and deep scans look.
MINUTES = (1, 5, 15, 30, 60, 180, 720, 1440)


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs one after the other: when the first and the last began in local unix seconds, how many
    they are, the pages that they read, and on how many of these each field was."""

    since: int
    until: int
    runs: int
    pages: int
    found: Counter[str]

    def share(self, field: str) -> float:
        """The share of the pages that had a field, 0 to 1."""
        return self.found[field] / self.pages

    def __add__(self, later: "RunGroup") -> "RunGroup":
        return RunGroup(
            self.since,
            later.until,
            self.runs + later.runs,
            self.pages + later.pages,
            self.found + later.found,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """An archive as a page shows it. `now` is the local unix second at which it was looked at;
    `view` and `problems` are of the whole archive, the others of the `period`. `bounds` are those
    of the classes of lateness, in seconds."""

    now: int
    stalled_hours: int
    window: Window
    period: Period
    view: View
    problems: Sequence[Problem]
    bounds: Sequence[int]
    statistics: Statistics
    groups: Sequence[RunGroup]
    changes: Sequence[Change]


def gather(ledger: Ledger, config: Config, period: Period, on_damage: OnDamage) -> Facts:
    """Reads what a page of a period needs. `on_damage` hears of articles that cannot be read."""
    view, now, window = ledger.view(RUNS), ledger.now(), config.window
    edges = {*(minutes * 60 for minutes in MINUTES), window.lookback, window.deep_scan_lookback}
    bounds = sorted(edges - {0})
    return Facts(
        now=now,
        stalled_hours=config.stalled_hours,
        window=window,
        period=period,
        view=view,
        problems=problems(view, now, config.stalled_hours),
        bounds=bounds,
        statistics=ledger.statistics(period, bounds, MOST),
        groups=grouped(ledger.presence(period)),
        changes=[
            change(older, newer)
            for older, newer in ledger.last_changes(period, MOST_CHANGES, on_damage)
        ],
    )


def grouped(runs: Iterable[Presence]) -> list[RunGroup]:
    """The runs in at most MOST_GROUPS groups, each of the same number of runs but the last."""
    groups: list[RunGroup] = []
    size = 1
    for run in runs:
        if len(groups) == MOST_GROUPS and groups[-1].runs == size:
            groups = [one + other for one, other in zip(groups[::2], groups[1::2], strict=True)]
            size *= 2
        found = Counter({name: round(share * run.pages) for name, share in run.shares.items()})
        group = RunGroup(run.started, run.started, 1, run.pages, found)
        if groups and groups[-1].runs < size:
            groups[-1] += group
        else:
            groups.append(group)
    return groups
