"""Whether somebody has to look at an archive, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sinanews.ledger.runs import LISTLESS, Run
from sinanews.ledger.views import List, View
from sinanews.reporting.verdicts import Verdict, worst_exit_code
from sinanews.utils.times import span

IN_A_ROW = 3  # runs: one that is blocked or drifted may be an accident
# What the next run does not put right by itself.
LASTING = {v.name.lower(): v for v in (Verdict.BLOCKED, Verdict.DRIFTED, Verdict.STALLED)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in a sentence, and the verdict that it comes to."""

    verdict: Verdict
    text: str


def problems(view: View, now: int, stalled_hours: int) -> list[Problem]:
    """All that is wrong with an archive at a local unix second; nothing when it is healthy."""
    return [
        *_incomplete(view, now, stalled_hours),
        *_failing(view),
        *(Problem(Verdict.STALLED, text) for text in silent_lists(view, stalled_hours)),
        *(Problem(Verdict.INCOMPLETE, text) for text in unbalanced(view)),
    ]


def exit_code(found: Iterable[Problem]) -> int:
    """That of the gravest problem, 0 without one."""
    return worst_exit_code([Verdict.COMPLETE, *(problem.verdict for problem in found)])


def _incomplete(view: View, now: int, stalled_hours: int) -> Iterator[Problem]:
    """No run was complete for too long, whatever the runs came to that there were."""
    last = view.last_complete
    since = last.ended if last else view.begun
    if since is None:
        yield Problem(Verdict.STALLED, "no harvest was run yet")
    elif now - since > stalled_hours * 3600:
        age = span(now - since)
        when = f"for {age}, since run {last.id}" if last else f"yet, and the first began {age} ago"
        yield Problem(Verdict.STALLED, f"no run was complete {when}")


def _failing(view: View) -> Iterator[Problem]:
    """The last runs all came to what lasts."""
    ended = [run.verdict for run in view.runs if run.verdict and run.spider not in LISTLESS]
    last = ended[:IN_A_ROW]
    if len(last) == IN_A_ROW and LASTING.keys() >= set(last):
        gravest = worst_exit_code(LASTING[verdict] for verdict in last)
        text = f"the last {IN_A_ROW} runs were {', '.join(last)}"
        yield Problem(Verdict(gravest), text)


def silent_lists(view: View, stalled_hours: int) -> Iterator[str]:
    """The lists whose newest row was old already when they were read last, by their own clocks; a
    sentence each."""
    for listed in view.lists:
        run = _last_reader(view, listed)
        began = run.report["lists"][listed.channel].get("began") if run else None
        age = began - listed.newest if began and listed.newest else 0
        if run and age > stalled_hours * 3600:
            yield f"list {listed.channel}: its newest row was {span(age)} old in run {run.id}"


def _last_reader(view: View, listed: List) -> Run | None:
    """Of the last runs the one that read a list; none where it is harvested no more."""
    return next((run for run in view.runs if listed.channel in run.report.get("lists", {})), None)


def unbalanced(view: View) -> list[str]:
    """By how much the account does not balance, a sentence each."""
    return [f"the account does not balance: {wrong}" for wrong in view.counts.complaints()]
