"""Silence and failures in a row are told of an archive, single failures are not."""

from dataclasses import replace

import pytest

from sinanews.ledger.counts import Counts
from sinanews.ledger.runs import Run
from sinanews.ledger.views import List, View
from sinanews.reporting.health import exit_code, problems
from sinanews.reporting.verdicts import Verdict

NOW = 1_700_000_000
HOUR = 3600
SOUND = Counts(
    states={"written": 3},
    given_up=0,
    days={19_000: 3},
    revisions=3,
    stored=3,
    written=3,
    runs=9,
    runs_without_report=0,
    unbalanced_runs={},
)


def run(number, verdict, hours_ago, spider="china"):
    started = NOW - int(hours_ago * HOUR)
    ended = started + 60 if verdict else None
    report = {"lists": {"guonei": {"began": started}}}
    return Run(number, spider, "host:1:abcd", started, None, ended, verdict, report)


def view(*runs, lists=(), begun=None, counts=SOUND):
    """The archive after these runs, newest first."""
    complete = (run for run in runs if run.verdict == "complete" and run.spider != "articles")
    return View(
        counts=counts,
        failures={},
        given_up=0,
        waiting_since=None,
        lists=lists,
        gaps=[],
        begun=begun or (runs[-1].started if runs else None),
        runs=runs,
        killed=frozenset(),
        last_complete=next(complete, None),
    )


def verdicts(*words, hours=1):
    """Runs with these verdicts, the newest of them first, an hour or more apart."""
    return [run(9 - place, word, place * hours) for place, word in enumerate(words)]


@pytest.mark.parametrize(
    "archive",
    [
        view(*verdicts("complete")),
        view(*verdicts("incomplete", "incomplete", "incomplete", "complete")),
        view(*verdicts("blocked", "blocked", "complete")),
        view(*verdicts("drifted", "incomplete", "drifted", "blocked", "complete")),
        view(*verdicts(None, "complete")),
        view(run(1, "incomplete", 23)),
        view(*verdicts("complete"), lists=[List("guonei", NOW - 23 * HOUR, 9)]),
        view(*verdicts("complete"), lists=[List("guonei", None, None)]),
        # Harvested no more.
        view(*verdicts("complete"), lists=[List("jinrong", NOW - 99 * HOUR, 9)]),
        # The list was fine when it was read; that nobody reads it is told by the run's age.
        view(run(1, "complete", 23), lists=[List("guonei", NOW - 46 * HOUR, 9)]),
    ],
)
def test_an_archive_is_healthy(archive):
    assert problems(archive, NOW, 24) == []
    assert exit_code([]) == 0


@pytest.mark.parametrize(
    ("archive", "code", "text"),
    [
        (view(), 6, "no harvest was run yet"),
        (
            view(*verdicts("incomplete", "killed", hours=30)),
            6,
            "no run was complete yet, and the first began 30 h 0 min ago",
        ),
        (
            view(*verdicts("incomplete", "incomplete"), begun=NOW - 99 * HOUR),
            6,
            "no run was complete yet, and the first began 4 days 3 h ago",
        ),
        (
            view(*verdicts("incomplete", "complete", hours=26)),
            6,
            "no run was complete for 25 h 59 min, since run 8",
        ),
        (
            # Articles that somebody asked for are no harvest.
            view(run(2, "complete", 1, "articles"), run(1, "complete", 30)),
            6,
            "no run was complete for 29 h 59 min, since run 1",
        ),
        (
            view(*verdicts("blocked", "blocked", "blocked", "complete")),
            4,
            "the last 3 runs were blocked, blocked, blocked",
        ),
        (
            view(*verdicts("drifted", "drifted", "drifted", "complete")),
            5,
            "the last 3 runs were drifted, drifted, drifted",
        ),
        (
            view(*verdicts(None, "drifted", "stalled", "drifted", "complete")),
            5,
            "the last 3 runs were drifted, stalled, drifted",
        ),
        (
            view(*verdicts("complete"), lists=[List("guonei", NOW - 25 * HOUR, 9)]),
            6,
            "list guonei: its newest row was 25 h 0 min old in run 9",
        ),
        (
            view(*verdicts("complete"), counts=replace(SOUND, stored=2)),
            3,
            "the account does not balance: the articles have 3 revisions, the ledger keeps 2",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_verdict(archive, code, text):
    (problem,) = problems(archive, NOW, 24)
    assert (problem.verdict, problem.text) == (code, text)


def test_the_exit_code_is_that_of_the_gravest_problem():
    archive = view(
        *verdicts("blocked", "blocked", "blocked"),
        begun=NOW - 99 * HOUR,
        lists=[List("guonei", NOW - 25 * HOUR, 9)],
        counts=replace(SOUND, stored=2),
    )
    found = problems(archive, NOW, 24)
    assert [problem.verdict for problem in found] == [6, 4, 6, 3]
    assert exit_code(found) == Verdict.BLOCKED


def test_the_hours_are_a_setting():
    archive = view(*verdicts("complete", hours=30), lists=[List("guonei", NOW - 30 * HOUR, 9)])
    assert exit_code(problems(archive, NOW, 24)) == Verdict.STALLED
    assert exit_code(problems(archive, NOW, 31)) == 0
