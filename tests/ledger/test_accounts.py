"""Accounts and audits of the ledger balance; watermarks are stored for each channel."""

import pytest
from sqlalchemy import delete, update

from ledger.conftest import rejected, story, unchanged, written
from sinanews.items import STATES, State
from sinanews.ledger.tables import revisions, runs, stories
from sinanews.ledger.watermarks import Gap
from sinanews.reporting.report import account
from sinanews.roll.watermark import ListState, Watermark


def harvest_six_stories(ledger):
    """Records outcomes of six stories and ends the run; returns its account."""
    ledger.upsert_listed([story(n) for n in range(1, 7)], "guonei")
    one, two, three, four, five, six = ledger.claim(6)
    ledger.record_outcomes([written(one), written(two), written(three)])
    ledger.record_outcomes(
        [rejected(four, State.GONE), rejected(five), rejected(six, reason="no title")]
    )
    return end_run(ledger)


def end_run(ledger):
    counts = account(ledger.runs.account(ledger.run), filtered=2)
    ledger.runs.end(ledger.run, "complete", {"account": counts})
    return counts


def change(ledger, statement):
    with ledger._database.begin() as connection:  # noqa: SLF001 - to corrupt the ledger
        connection.execute(statement)


def test_a_runs_account_balances_and_failures_have_their_reasons(ledger):
    counts = harvest_six_stories(ledger)
    assert counts["listed"] == 8 == sum(counts[state] for state in STATES)
    assert [counts[state] for state in STATES] == [3, 0, 0, 2, 1, 2]
    assert ledger.runs.failures(ledger.run) == {"HTTP 500": 1, "no title": 1}


def test_a_later_run_counts_earlier_articles_as_unchanged_and_earlier_failures_as_failed(ledger):
    harvest_six_stories(ledger)
    ledger.begin("china")
    ledger.upsert_listed([story(n) for n in range(1, 8)], "guonei")
    docids = [story(1).docid, story(2).docid]
    ledger.requeue(docids)
    claims = {claim.story.docid: claim for claim in ledger.claim(9)}
    same, changed = (claims[docid] for docid in docids)
    ledger.record_outcomes([unchanged(same), written(changed, "<p>新</p>")])

    counts = end_run(ledger)

    assert counts["listed"] == 9 == sum(counts[state] for state in STATES)
    assert [counts[state] for state in STATES] == [0, 1, 2, 2, 1, 3]
    assert ledger.runs.failures(ledger.run)[None] == 1, "not fetched"
    assert list(ledger.audit().complaints()) == []


def test_an_audit_counts_stories_articles_and_runs(ledger):
    harvest_six_stories(ledger)
    ledger.begin("china")
    audit = ledger.audit()
    assert audit.states == {State.WRITTEN: 3, State.GONE: 1, State.FAILED: 2}
    assert (audit.stories, audit.articles, audit.stored, audit.written) == (6, 3, 3, 3)
    assert (audit.runs, audit.runs_without_report, audit.unbalanced_runs) == (2, 1, {})
    assert list(audit.complaints()) == []


def test_an_audit_accepts_articles_of_a_killed_run(ledger):
    harvest_six_stories(ledger)
    change(ledger, update(runs).values(report="{}", verdict="killed"))
    assert list(ledger.audit().complaints()) == []


@pytest.mark.parametrize(
    ("corruption", "complaints"),
    [
        (
            update(stories).filter_by(docid=story(1).docid).values(state="lost"),
            ["of 6 stories, 1 are in no known state"],
        ),
        (
            delete(revisions).filter_by(docid=story(1).docid),
            ["the articles have 3 revisions, the ledger keeps 2"],
        ),
        (
            delete(stories).filter_by(docid=story(1).docid),
            [
                "the articles have 2 revisions, the ledger keeps 3",
                "the runs wrote 3 articles, the ledger has 2",
            ],
        ),
        (delete(runs), ["the runs wrote 0 articles, the ledger has 3"]),
    ],
)
def test_an_audit_says_by_how_much_an_account_is_off(corruption, complaints, ledger):
    harvest_six_stories(ledger)
    change(ledger, corruption)
    assert list(ledger.counts().complaints()) == complaints
    assert ledger.counts() == ledger.audit()


def test_an_audit_names_a_run_whose_report_does_not_balance(ledger):
    counts = harvest_six_stories(ledger)
    unbalanced = {"account": counts | {"listed": 10}}
    ledger.runs.end(ledger.run, "complete", unbalanced)
    assert list(ledger.audit().complaints()) == ["run 1 listed 10 stories and accounts for 8"]


def test_each_channel_has_its_own_watermark_and_state_once_they_are_noted(ledger):
    lists = ledger.lists
    assert (lists.watermark("guonei"), lists.state("guonei")) == (None, ListState())
    lists.note("guonei", Watermark(100, 90), ListState(100, 99, 3))
    lists.note("guonei", Watermark(200, 90), ListState(200, 150, 4, unconfirmed_end=120))
    lists.note("buwei", None, ListState(50, 50))
    assert lists.watermark("guonei") == Watermark(200, 90)
    assert lists.state("guonei") == ListState(200, 150, 4, unconfirmed_end=120)
    assert (lists.watermark("buwei"), lists.state("buwei")) == (None, ListState(50, 50))


def test_a_gap_stays_for_ever(ledger):
    gap = Gap("guonei", 100, 150, run=1)
    ledger.lists.note("guonei", Watermark(200, 90), ListState(), [gap])
    ledger.lists.note("guonei", Watermark(300, 90), ListState(), [gap, Gap("buwei", 90, 95, run=2)])
    assert ledger.lists.gaps() == [Gap("buwei", 90, 95, run=2), gap]
