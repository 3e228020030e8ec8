"""What was listed is what it came to, whoever counts; and how far the lists are known."""

import pytest
from sqlalchemy import delete, update

from ledger.conftest import rejected, story, unchanged, written
from sinanews.items import STATES, State
from sinanews.ledger.tables import revisions, runs, stories
from sinanews.reporting.report import account
from sinanews.roll.watermark import Watermark


def harvested(ledger):
    """Six stories, each come to something else; the run's report is kept. Returns the account."""
    ledger.upsert_listed([story(n) for n in range(1, 7)], "guonei")
    one, two, three, four, five, six = ledger.claim(6)
    ledger.record_outcomes([written(one), written(two), written(three)])
    ledger.record_outcomes(
        [rejected(four, State.GONE), rejected(five), rejected(six, reason="no title")]
    )
    return ended(ledger)


def ended(ledger):
    told = account(ledger.runs.account(ledger.run), filtered=2)
    ledger.runs.end(ledger.run, "complete", {"account": told})
    return told


def change(ledger, statement):
    with ledger._database.begin() as connection:  # noqa: SLF001 - to do what nobody should
        connection.execute(statement)


def test_a_runs_account_balances_and_failures_have_their_reasons(ledger):
    told = harvested(ledger)
    assert told["listed"] == 8 == sum(told[state] for state in STATES)
    assert [told[state] for state in STATES] == [3, 0, 0, 2, 1, 2]
    assert ledger.runs.failures(ledger.run) == {"HTTP 500": 1, "no title": 1}


def test_in_a_later_run_what_was_done_is_unchanged_and_what_failed_still_failed(ledger):
    harvested(ledger)
    ledger.begin("china")
    ledger.upsert_listed([story(n) for n in range(1, 8)], "guonei")
    docids = [story(1).docid, story(2).docid]
    ledger.requeue(docids)
    claims = {claim.story.docid: claim for claim in ledger.claim(9)}
    same, changed = (claims[docid] for docid in docids)
    ledger.record_outcomes([unchanged(same), written(changed, "<p>新</p>")])

    told = ended(ledger)

    assert told["listed"] == 9 == sum(told[state] for state in STATES)
    assert [told[state] for state in STATES] == [0, 1, 2, 2, 1, 3]
    assert ledger.runs.failures(ledger.run)["not fetched"] == 1
    assert list(ledger.audit().complaints()) == []


def test_an_audit_counts_stories_articles_and_runs_each_on_its_own(ledger):
    harvested(ledger)
    ledger.begin("china")
    known = ledger.audit()
    assert known.states == {State.WRITTEN: 3, State.GONE: 1, State.FAILED: 2}
    assert (known.stories, known.articles, known.stored, known.written) == (6, 3, 3, 3)
    assert (known.runs, known.runs_without_report, known.unbalanced_runs) == (2, 1, {})
    assert list(known.complaints()) == []


def test_articles_of_a_killed_run_are_no_complaint(ledger):
    harvested(ledger)
    change(ledger, update(runs).values(report="{}", verdict="killed"))
    assert list(ledger.audit().complaints()) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            update(stories).filter_by(docid=story(1).docid).values(state="lost"),
            "of 6 stories, 1 are in no known state",
        ),
        (
            delete(revisions).filter_by(docid=story(1).docid),
            "of 3 articles, 1 are not in the ledger",
        ),
        (
            delete(stories).filter_by(docid=story(1).docid),
            "the runs wrote 3 articles, the ledger has 2",
        ),
        (
            delete(runs),
            "the runs wrote 0 articles, the ledger has 3",
        ),
    ],
)
def test_an_account_that_does_not_balance_says_by_how_much(wrong, told, ledger):
    harvested(ledger)
    change(ledger, wrong)
    assert list(ledger.audit().complaints()) == [told]


def test_a_run_whose_own_report_does_not_balance_is_named(ledger):
    told = harvested(ledger)
    unbalanced_runs = {"account": told | {"listed": 10}}
    ledger.runs.end(ledger.run, "complete", unbalanced_runs)
    assert list(ledger.audit().complaints()) == ["run 1 listed 10 stories and accounts for 8"]


def test_a_watermark_is_known_once_it_was_moved_and_each_channel_has_its_own(ledger):
    assert ledger.runs.watermark("guonei") is None
    ledger.runs.move("guonei", Watermark(100, 90))
    ledger.runs.move("guonei", Watermark(200, 90))
    ledger.runs.move("buwei", Watermark(50, 50))
    assert ledger.runs.watermark("guonei") == Watermark(200, 90)
    assert ledger.runs.watermark("buwei") == Watermark(50, 50)
