"""What the archive and its runs look like, as lines of text."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from itertools import pairwise

from sinanews.items import STATES, Article, State
from sinanews.ledger.counts import Counts
from sinanews.ledger.runs import Run
from sinanews.utils import times


def table(rows: Iterable[Sequence[object]]) -> list[str]:
    """The rows with their columns aligned, the first to the left, the others to the right.

    >>> table([("state", "stories"), ("written", 12)])
    ['state    stories', 'written       12']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [_aligned(row, widths) for row in cells]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    words = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "  ".join(words).rstrip()


def states(audit: Counts) -> list[str]:
    """How many stories are in each state, and what they add up to."""
    counts = {state: audit.states.get(state, 0) for state in State}
    settled = " + ".join(f"{state.value} {counts[state]}" for state in STATES)
    return [
        *table([("state", "stories"), *((state.value, n) for state, n in counts.items())]),
        "",
        f"listed {audit.stories} = {settled} + not fetched yet {counts[State.LISTED]}",
    ]


def balance(audit: Counts) -> list[str]:
    """Whether the account balances, and by how much it does not."""
    complaints = list(audit.complaints())
    if complaints:
        return [f"the account does not balance: {complaint}" for complaint in complaints]
    count = audit.runs_without_report
    open_runs = f" ({count} killed or still at work)" if count else ""
    return [f"the account balances, over all stories and {audit.runs} runs{open_runs}"]


def runs(records: Sequence[Run]) -> list[str]:
    """A line a run, newest first."""
    head = ("run", "begun (UTC)", "seconds", "verdict", "listed", *(s.value for s in STATES))
    return table([head, *(_run(run) for run in records)]) if records else ["no runs yet"]


def _run(run: Run) -> Sequence[object]:
    account = run.report.get("account", {})
    begun = datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M")
    counts = [account.get(name, "-") for name in ("listed", *STATES)]
    seconds = "-" if run.ended is None else run.ended - run.started
    return (run.id, begun, seconds, run.verdict or "runs, or was killed", *counts)


def empty_days(days: Iterable[int]) -> list[str]:
    """The days without an article between the first and the last; days are counted from 1970,
    in China time.

    >>> empty_days([19577, 19580])
    ['2023-08-09', '2023-08-10']
    """
    filled = set(days)
    span = range(min(filled, default=0), max(filled, default=0))
    return [times.at(day * 86_400).date().isoformat() for day in span if day not in filled]


def changes(revisions: Sequence[Article]) -> list[str]:
    """What each revision of an article changed, as a unified diff of its fields and text."""
    lines = _heading(revisions[0])
    for older, newer in pairwise(revisions):
        names = (f"revision {older.revision}", f"revision {newer.revision}")
        lines += [
            "",
            *unified_diff(_fields(older), _fields(newer), names[0], names[1], lineterm="", n=1),
        ]
    return lines


def _heading(article: Article) -> list[str]:
    return [article.url, f"{article.title}, first seen {article.first_seen}"]


def _fields(article: Article) -> list[str]:
    line = article.to_json()
    text = line.pop("text").split("\n")
    hidden = {"body_html", "revision"}
    fields = [
        f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in line.items() if k not in hidden
    ]
    return [*fields, *text]
