"""When a site has gone quiet: runs that each look well, and bring nothing."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from sinanews.ledger.runs import Run
from sinanews.reporting.report import Report

CLOCK_SECONDS = 600  # a run that began so much later than now was timed by a clock that was ahead


def stalled(
    report: Report, earlier: Callable[[], Sequence[Run]], now: int, limit: int
) -> str | None:
    """What has brought nothing for `limit` seconds; None when nothing is wrong.

    `earlier` gives the runs before, newest first, and is called only when they matter; `now` is the
    local unix time in seconds.
    """
    hours = limit // 3600
    if report.lists and _newest_is_old(report.lists, limit):
        return f"no list has a row of the last {hours} hours"
    is_quiet = bool(report.lists) and not _new(report.lists)
    is_in_vain = _waits_in_vain(report.account, report.given_up)
    if not is_quiet and not is_in_vain:
        return None
    before = [run for run in earlier() if run.report and run.started <= now + CLOCK_SECONDS]
    if is_quiet and _is_long(_quiet_since(report, before), now, limit):
        return f"no new article was listed in the last {hours} hours"
    if is_in_vain and _is_long(_in_vain_since(before), now, limit):
        return f"articles wait, and none was written in the last {hours} hours"
    return None


def _is_long(since: int | None, now: int, limit: int) -> bool:
    return since is not None and now - since >= limit


def _newest_is_old(lists: Mapping[str, Any], limit: int) -> bool:
    """By the lists' own clocks; a list that could not be read says nothing."""
    walks = list(lists.values())
    return all(w["newest"] and w["began"] and w["began"] - w["newest"] >= limit for w in walks)


def _new(lists: Mapping[str, Any]) -> int:
    return sum(walk.get("new", 0) for walk in lists.values())


def _quiet_since(report: Report, before: Sequence[Run]) -> int | None:
    """When one of these lists last had something new, or was first walked."""
    same = [run for run in before if report.lists.keys() & run.report.get("lists", {}).keys()]
    busy = [run.started for run in same if _new(run.report["lists"])]
    return max(busy, default=min((run.started for run in same), default=None))


def _in_vain_since(before: Sequence[Run]) -> int | None:
    """When the first of the last runs began that had articles to fetch and wrote none."""
    runs = takewhile(lambda run: _waits_in_vain(run.report["account"], 0), before)
    return min((run.started for run in runs), default=None)


def _waits_in_vain(account: Mapping[str, int], given_up: int) -> bool:
    return account["failed"] > given_up and not account["written"] + account["updated"]
