"""What the archive and its runs look like, as lines of text."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from difflib import unified_diff
from itertools import pairwise

from sinanews.items import STATES, Article
from sinanews.ledger.counts import Counts
from sinanews.ledger.reprints import Relative
from sinanews.ledger.runs import Run
from sinanews.ledger.views import FailedStory, View
from sinanews.reporting.health import silent_lists, unbalanced
from sinanews.utils import times
from sinanews.utils.text import printable

_EPOCH = date(1970, 1, 1).toordinal()  # from which the ledger counts days
LAST_DAY = date.max.toordinal() - _EPOCH  # that a date can say
CHART_DAYS = 14  # two weeks show what weekends look like
CHART_COLUMNS = 36  # of the longest bar: with day and count it fits into 60


def table(rows: Iterable[Sequence[object]]) -> list[str]:
    """The rows with their columns aligned, the first to the left, the others to the right.

    >>> table([("state", "stories"), ("written", 12)])
    ['state    stories', 'written       12']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(_columns, column)) for column in zip(*cells, strict=True)]
    return [_aligned(row, widths) for row in cells]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        (cell, " " * (width - _columns(cell))) for cell, width in zip(row, widths, strict=True)
    )
    words = ["".join(first), *(f"{blank}{cell}" for cell, blank in others)]
    return "  ".join(words).rstrip()


def _columns(text: str) -> int:
    """How many columns of a terminal a text has: Chinese characters have two each."""
    text = printable(text)
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most tables can do without

    return cell_len(text)


def overview(view: View, now: int, stalled_hours: int) -> list[str]:
    """An archive and its last runs at a local unix second."""
    states = account(view.counts)
    del states["listed"]
    return [
        *table([("state", "stories"), *states.items()]),
        "",
        *remarks(view, now, stalled_hours),
        *_chart(articles_a_day(view.counts, now)),
        "",
        *_runs(view),
    ]


def remarks(view: View, now: int, stalled_hours: int) -> list[str]:
    """What there is to say of an archive beside its tables, a sentence each."""
    counts = view.counts
    states = account(counts)
    listed = states.pop("listed")
    days = ", ".join(map(_days, empty_days(counts)))
    return [
        f"listed {listed} = {' + '.join(f'{state} {count}' for state, count in states.items())}",
        *_balance(view),
        *_failures(view),
        *_waiting(view, now),
        *(
            f"list {gap.channel}: rows between {times.minute(gap.since)} and"
            f" {times.minute(gap.until)} were never seen (run {gap.run})"
            for gap in view.gaps
        ),
        *silent_lists(view, stalled_hours),
        f"days without articles: {days or 'none'}",
        _last_complete(view.last_complete, now),
    ]


def account(counts: Counts) -> dict[str, int]:
    """listed and what it is the sum of, over all stories; one that is in no state that there is
    waits for somebody to look at it."""
    states = {state.value: counts.states.get(state, 0) for state in STATES}
    waiting = counts.stories - sum(states.values())
    return {"listed": counts.stories, **states, "waiting": waiting}


def _balance(view: View) -> list[str]:
    """Whether the account balances, and by how much it does not."""
    count = view.counts.runs_without_report
    open_runs = f" ({count} killed or still at work)" if count else ""
    balances = f"the account balances, over all stories and {view.counts.runs} runs{open_runs}"
    return unbalanced(view) or [balances]


def _failures(view: View) -> list[str]:
    """Why stories have failed, and what becomes of them."""
    count, given_up = sum(view.failures.values()), view.given_up
    if not count:
        return []
    which = f"{count - given_up} to be tried again, {given_up} given up"
    return [
        *(f"failed, {reason}: {count}" for reason, count in view.failures.items()),
        f"of the failed, {which}: `scrapy status --failed` names them",
    ]


def _waiting(view: View, now: int) -> list[str]:
    if not view.counts.waiting:
        return []
    since = view.waiting_since
    first = f", the first for {times.span(now - since)}" if since else ""
    return [f"{view.counts.waiting} stories wait to be fetched{first}"]


def _last_complete(run: Run | None, now: int) -> str:
    when = f"{times.span(now - run.ended)} ago (run {run.id})" if run and run.ended else "never"
    return f"last complete run: {when}"


def _runs(view: View) -> list[str]:
    """A line a run, newest first."""
    head = ("run", "begun (UTC)", "seconds", "verdict", "listed", *(s.value for s in STATES))
    return table([head, *(_run(run, view) for run in view.runs)]) if view.runs else ["no runs yet"]


def _run(run: Run, view: View) -> Sequence[object]:
    account = run.report.get("account", {})
    counts = [account.get(name, "-") for name in ("listed", *STATES)]
    seconds = "-" if run.ended is None else run.ended - run.started
    return (run.id, begun(run), seconds, verdict(run, view), *counts)


def begun(run: Run) -> str:
    """When a run began, in UTC, as its files' names have it."""
    return datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M")


def verdict(run: Run, view: View) -> str:
    """A run's verdict, or what is known of one that has none."""
    return run.verdict or ("killed" if run.id in view.killed else "runs")


def empty_days(counts: Counts) -> list[tuple[date, date]]:
    """The days without an article between the first and the last, in China: first and last of each
    time that there was none."""
    days = sorted(day for day in counts.days if 0 < day < LAST_DAY)
    return [
        (_date(before + 1), _date(after - 1))
        for before, after in pairwise(days)
        if after - before > 1
    ]


def articles_a_day(counts: Counts, now: int) -> list[tuple[date, int]]:
    """How many articles each of the last days has, up to the newest that has any and is not yet to
    come at a local unix second, in China; nothing without articles."""
    today = times.at(now).date().toordinal() - _EPOCH
    days = [day for day in counts.days if 0 < day <= today]
    if not days:
        return []
    begin = max(min(days), max(days) - CHART_DAYS + 1)
    return [(_date(day), counts.days.get(day, 0)) for day in range(begin, max(days) + 1)]


def _chart(days: Sequence[tuple[date, int]]) -> list[str]:
    """A bar a day."""
    most = max((count for _, count in days), default=0)
    bars = ("#" * math.ceil(count * CHART_COLUMNS / most) for _, count in days)
    rows = table(days) if days else []
    head = ["articles a day:"] if days else []
    return [*head, *(f"  {row}  {bar}".rstrip() for row, bar in zip(rows, bars, strict=True))]


def _date(day: int) -> date:
    return times.at(day * 86_400).date()


def _days(span: tuple[date, date]) -> str:
    first, last = span
    return f"{first}" if first == last else f"{first} to {last}"


def failed(stories: Sequence[FailedStory]) -> list[str]:
    """The stories that have failed, and how they are tried again."""
    if not stories:
        return ["no story has failed"]
    head = ("docid", "tries", "", "next try", "reason", "URL")
    return [
        *table([head, *(_failed(story) for story in stories)]),
        "",
        "`scrapy crawl articles -a urls=URL,URL` tries those again at once, given up or not",
    ]


def _failed(story: FailedStory) -> Sequence[object]:
    given_up = "given up" if story.given_up else ""
    next_try = times.minute(story.due_at) if story.due_at else "never"
    return (story.docid, story.tries, given_up, next_try, story.reason, story.url)


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


def relatives(family: Sequence[Relative]) -> list[str]:
    """The articles that have one text, in this order: when they were published, listed and read
    here, whose reprint each line says that it is, their sources and titles. None, no lines."""
    if not family:
        return []
    head = ("docid", "published", "first seen", "read here", "duplicate of")
    left = table([head, *(_relative(one) for one in family)])
    right = ["source, title", *(f"{one.article.source}, {one.article.title}" for one in family)]
    lines = [f"{first}  {rest}" for first, rest in zip(left, right, strict=True)]
    return ["", f"{len(family)} articles have this text, that which was read first on top:", *lines]


def _relative(one: Relative) -> Sequence[object]:
    article = one.article
    moments = (article.published, article.first_seen, one.seen)
    shown = (f"{moment:%Y-%m-%d %H:%M}" if moment else "-" for moment in moments)
    return (article.docid, *shown, article.duplicate_of or "-")


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
