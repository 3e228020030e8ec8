"""What a run comes to: one verdict from its stats, which is also the exit code."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Verdict(IntEnum):
    """The verdicts and their exit codes."""

    COMPLETE = 0
    REFUSED = 2
    INCOMPLETE = 3


def of(stats: Mapping[str, Any]) -> Verdict:
    """INCOMPLETE when an article or a list could not be had, or the run did not finish."""
    trouble = ("sinanews/failed", "sinanews/lists_failed", "sinanews/rows_broken")
    failed = any(stats.get(name) for name in trouble) or _broke_off(stats)
    return Verdict.INCOMPLETE if failed else Verdict.COMPLETE


def _broke_off(stats: Mapping[str, Any]) -> bool:
    errors = stats.get("spider_exceptions/count") or stats.get("sinanews/errors")
    return bool(errors) or stats.get("finish_reason") != "finished"
