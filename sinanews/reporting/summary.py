"""What `scrapy status --json` says; docs/running.md has the meaning of each key."""

from collections.abc import Iterable
from typing import Any

from sinanews.items import isoformat
from sinanews.ledger.runs import Run
from sinanews.ledger.views import FailedStory, View
from sinanews.reporting.health import silent_lists, unbalanced
from sinanews.reporting.terminal import account, empty_days, verdict
from sinanews.utils import times


def summary(view: View, stalled_hours: int) -> dict[str, Any]:
    """An archive and its last runs."""
    counts = view.counts
    return {
        "account": account(counts),
        "unbalanced": unbalanced(view),
        "articles": counts.articles,
        "revisions": counts.revisions,
        "failures": dict(view.failures),
        "given_up": view.given_up,
        "waiting_since": _time(view.waiting_since),
        "empty_days": [[first.isoformat(), last.isoformat()] for first, last in empty_days(counts)],
        "gaps": [
            {
                "channel": gap.channel,
                "since": _time(gap.since),
                "until": _time(gap.until),
                "run": gap.run,
            }
            for gap in view.gaps
        ],
        "lists": [
            {"channel": listed.channel, "newest": _time(listed.newest), "total": listed.total}
            for listed in view.lists
        ],
        "silent": list(silent_lists(view, stalled_hours)),
        "last_complete": _run(view.last_complete, view) if view.last_complete else None,
        "runs": [_run(run, view) for run in view.runs],
    }


def _run(run: Run, view: View) -> dict[str, Any]:
    return {
        "id": run.id,
        "spider": run.spider,
        "verdict": verdict(run, view),
        "reason": run.report.get("reason"),
        "started": _time(run.started),
        "ended": _time(run.ended),
        "seconds": None if run.ended is None else run.ended - run.started,
        "account": run.report.get("account", {}),
        "failures": run.report.get("failures", {}),
    }


def failed(stories: Iterable[FailedStory]) -> list[dict[str, Any]]:
    """The stories that have failed."""
    return [
        {
            "docid": story.docid,
            "url": story.url,
            "reason": story.reason,
            "tries": story.tries,
            "given_up": story.given_up,
            "next_try": _time(story.due_at),
        }
        for story in stories
    ]


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else isoformat(times.at(seconds))
