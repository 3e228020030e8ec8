"""What is told of a run that has ended, by whatever bell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sinanews.reporting.report import Report, trouble
from sinanews.reporting.verdicts import Verdict

CRASHED = "crashed"  # stands where a run ended with a code that is no verdict's
VERDICTS = (*(v.name.lower() for v in Verdict if v is not Verdict.LOCKED), CRASHED)
REASONS = 5  # of failed articles, most frequent first; who wants all looks into the report


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: `archive` is the folder, `started` and `ended` are local unix seconds.

    `reason` says why there is no report, which then is empty.
    """

    archive: str
    spider: str
    exit_code: int
    started: int
    ended: int
    reason: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One of VERDICTS.

        >>> Ended("output", "china", 4, 0, 1).verdict, Ended("output", "china", 1, 0, 1).verdict
        ('blocked', 'crashed')
        """
        codes = {int(verdict): verdict.name.lower() for verdict in Verdict}
        return codes.get(self.exit_code, CRASHED)

    def causes(self) -> list[str]:
        """Why it is no better, a line each, in the words of the report and the log."""
        causes = _causes(Report(**self.report)) if self.report else ()
        return [*causes] or [self.reason or self.verdict]

    def ages(self) -> dict[str, int]:
        """For each channel whose list was read, how old its newest row was then, in seconds by the
        list's own clock."""
        lists = self.report.get("lists", {})
        return {
            name: walk["began"] - walk["newest"]
            for name, walk in lists.items()
            if walk["began"] and walk["newest"]
        }


def _causes(report: Report) -> Iterator[str]:
    if report.reason not in {"finished", "crashed"}:
        yield report.reason
    yield from (f"crashed: {what}: {count}" for what, count in report.crashes.items())
    if report.stalled:
        yield f"stalled: {report.stalled}"
    for name in report.drifted:
        yield f"drifted: {name} on {report.presence.get(name, 0):.0%} of the pages"
    most = sorted(report.failures.items(), key=lambda pair: -pair[1])
    yield from (f"failed, {reason}: {count}" for reason, count in islice(most, REASONS))
    if report.waiting:
        yield f"waiting, not fetched yet: {report.waiting}"
    yield from (f"{what}: {count}" for what, count in trouble(report).items() if count)
