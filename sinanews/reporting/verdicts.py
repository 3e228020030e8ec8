"""What a run comes to, and its exit code."""

from collections.abc import Iterable
from enum import IntEnum

from sinanews.download.blocking import BLOCKED
from sinanews.reporting.report import Report, trouble


class Verdict(IntEnum):
    """What a run comes to; the value is the exit code."""

    COMPLETE = 0
    REFUSED = 2
    INCOMPLETE = 3
    BLOCKED = 4
    DRIFTED = 5
    STALLED = 6
    LOCKED = 75


def worst_exit_code(codes: Iterable[int]) -> int:
    """Of several exit codes the one to heed: a refusal before what follows from it.

    >>> worst_exit_code([0, 5, 4]), worst_exit_code([3, 6, 5]), worst_exit_code([0, 0])
    (4, 5, 0)
    """
    order = (0, Verdict.INCOMPLETE, Verdict.STALLED, Verdict.DRIFTED, Verdict.BLOCKED)
    return max(codes, key=lambda code: order.index(code) if code in order else len(order))


def verdict(report: Report) -> Verdict:
    """The gravest that holds."""
    if report.reason.startswith(BLOCKED):
        return Verdict.BLOCKED
    if report.drifted:
        return Verdict.DRIFTED
    if report.stalled:
        return Verdict.STALLED
    failures = report.account["failed"] - report.given_up, *trouble(report).values()
    finished = report.reason == "finished" and not any(failures)
    return Verdict.COMPLETE if finished else Verdict.INCOMPLETE
