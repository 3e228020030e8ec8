"""The report of a run, or of all runs that were one harvest: composed, filed and told."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from sinanews.config import Config
from sinanews.download.blocking import BLOCKED
from sinanews.items import State
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.reporting.coverage import FieldCoverage, drifted, earlier_coverage
from sinanews.reporting.report import Report, account, lines
from sinanews.reporting.silence import stalled
from sinanews.reporting.verdicts import verdict
from sinanews.utils.atomic import write_whole
from sinanews.utils.files import say, takes_colour
from sinanews.utils.text import json_text
from sinanews.utils.times import file_time

RUNS_BEFORE = 10  # so many runs say how often a field is usually there
RUNS_OF_DAYS = 500  # and so many whether a site has gone quiet: four an hour for five days
WROTE = (State.WRITTEN, State.UPDATED)
FINISHED = "finished"  # how Scrapy calls the end of a spider that had nothing left to do


@dataclass(frozen=True, slots=True)
class Part:
    """What one run knows of that no other does: the report without what the ledger tells, how many
    articles it `wrote`, and what it found `beside` the stories that it listed and claimed, both by
    state."""

    report: Report
    wrote: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The part as the ledger has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The same again."""
        return cls(Report(**values["report"]), values["wrote"], values["beside"])


@dataclass(frozen=True, slots=True)
class Scope:
    """The runs of which a report is, the stories that they were about, and whether they asked the
    site for anything."""

    runs: Sequence[int]
    selection: Selection | None
    asks_site: bool = True


def walk_part(parts: Sequence[Part], lists: Mapping[str, Any], *, is_well: bool) -> Part:
    """What came of a harvest's lists, of which none of its runs' parts tells: one may have walked
    them and then been killed. Lists with which all is not well count as one that could not be
    read."""
    counts = {name: value for name, value in lists.items() if name != "filtered"}
    started = min((part.report.started for part in parts), default=0)
    report = Report(spider="", started=started, **counts)
    if not is_well:
        report.lists_failed += 1
    return Part(report, beside={State.FILTERED: lists.get("filtered", 0)})


def whole_report(parts: Sequence[Part], ledger: Ledger, scope: Scope, config: Config) -> Report:
    """The report of runs that left these parts, with its verdict.

    Raises SQLAlchemyError when the ledger cannot be read.
    """
    report = _merged([part.report for part in parts])
    tries = config.failed_tries
    others = replace(scope.selection, tries=tries) if scope.selection else None
    states = ledger.runs.account(*scope.runs, others=others)
    for state in WROTE:
        # What they wrote stays in their account, even if a run beside them has claimed the story
        # anew since.
        states[state] = max(states[state], sum(part.wrote.get(state, 0) for part in parts))
    beside = Counter[State]()
    for part in parts:
        beside.update({State(name): count for name, count in part.beside.items()})
    report.account = account(states + beside, filtered=0)
    failures = ledger.runs.failures(*scope.runs, others=others) + Counter(report.failures)
    report.waiting = failures.pop(None, 0)
    report.failures = {str(text): count for text, count in failures.items()}
    report.given_up = ledger.runs.given_up(*scope.runs, tries=tries)
    earlier = [run.report for run in ledger.runs.last(RUNS_BEFORE + 1)]
    report.presence_before = earlier_coverage(earlier)
    report.drifted = drifted(FieldCoverage.of(report.pages, report.presence), earlier)
    if scope.asks_site:
        limit = config.stalled_hours * 3600
        before = partial(ledger.runs.last, RUNS_OF_DAYS)
        report.stalled = stalled(report, before, ledger.now(), limit)
    report.verdict = verdict(report).name.lower()
    return report


def _merged(reports: Sequence[Report]) -> Report:
    """What several runs know of, as of one."""
    first = min(reports, key=lambda report: report.started)
    pages = sum(report.pages for report in reports)
    ends = [report.started + report.seconds for report in reports]
    return Report(
        spider=first.spider,
        started=first.started,
        reason=_reason([report.reason for report in reports]),
        failures=_sum(report.failures for report in reports),
        lists={name: walk for report in reports for name, walk in report.lists.items()},
        lists_failed=sum(report.lists_failed for report in reports),
        rows_broken=sum(report.rows_broken for report in reports),
        errors=sum(report.errors for report in reports),
        crashes=_sum(report.crashes for report in reports),
        pages=pages,
        presence=earlier_coverage([asdict(report) for report in reports]) if pages else {},
        removed=_sum(report.removed for report in reports),
        doubtful=_sum(report.doubtful for report in reports),
        pictures=_pictures([report.pictures for report in reports if report.pictures]),
        requests=sum(report.requests for report in reports),
        bytes=sum(report.bytes for report in reports),
        seconds=round(max(ends) - first.started, 3),
    )


def _reason(reasons: Sequence[str]) -> str:
    """How they ended: whoever was told to end, or could not write, has left the rest to those that
    finished; but a refusal, or an error in somebody's code, is told."""
    for reason in reasons:
        if reason.startswith(BLOCKED):
            return reason
    gravest_first = ("crashed", FINISHED, *filter(None, reasons), "killed")
    return next(reason for reason in gravest_first if reason in {*reasons, "killed"})


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for count in counts:
        total.update(count)
    return dict(total)


def _pictures(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not counts:
        return {}
    sums = {name: sum(count[name] for count in counts) for name in ("downloaded", "kept")}
    return {**sums, "failed": _sum(count["failed"] for count in counts)}


def file_report(report: Report, ledger: Ledger, output: Path, run: int) -> None:
    """Files a report, named by the run's start, and by its number where another began in that
    second. Raises OSError."""
    name = file_time(report.started)
    if ledger.runs.shares_start(run):
        name += f"-{run}"
    write_whole({output / "runs" / f"{name}.json": json_text(report.to_json()).encode()})


def tell_report(report: Report, output: Path) -> None:
    """Prints a report's lines, in colours where somebody can see them. Call it last: whoever was to
    read it may be gone."""
    here = Path.cwd()
    shown = output.relative_to(here) if output.is_relative_to(here) else output
    text = f"posts, articles and reports are in {shown}"
    told = [*lines(report), text]
    if not takes_colour(sys.stdout):
        say(*told)
        return
    from sinanews.reporting.screen import show_report  # noqa: PLC0415 - 0.1 s, for terminals only

    show_report(told, report.verdict, sys.stdout)
