"""How a page of a list changes the ledger, and that its statements scan no large table."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from older_ledgers import make_older
from sinanews.items import Article, Rejection, State
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Outcome
from sinanews.ledger.selection import Selection
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story
from sinanews.utils.times import at

NOW = 1_700_000_000


@pytest.fixture
def database(tmp_path) -> Iterator[Engine]:
    opened = engine(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.dispose()


@pytest.fixture
def ledger(database) -> Ledger:
    ledger = Ledger(database, post_path, clock=lambda: NOW)
    ledger.begin("china")
    return ledger


def story(number=1, title="", mtime=NOW):
    docid = f"nabc{number:010}"
    url = f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"
    return Story(docid, url, title or f"标题{number}", NOW, NOW, mtime, channels=("guonei",))


def written(claim):
    article = Article(claim.story.docid, claim.story.url, title="题", published=at(NOW))
    return Outcome(article, State.WRITTEN, claim.post_path, b"hash")


def gone(claim):
    item = Rejection(claim.story.docid, claim.story.url, State.GONE, "HTTP 404")
    return Outcome(item, State.GONE)


def test_stories_with_the_same_title_get_distinct_paths(ledger):
    assert ledger.upsert_listed([story(1, "题"), story(2, "题"), story(3)], "guonei").waiting == 3
    assert ledger.upsert_listed([story(4, "题")], "guonei").waiting == 1

    claims = ledger.claim(9)
    names = {claim.story.docid[-1]: claim.post_path.rpartition("/")[2] for claim in claims}
    assert names == {
        "1": "题.md",
        "2": "题 nabc0000000002.md",
        "3": "标题3.md",
        "4": "题 nabc0000000004.md",
    }


def test_a_story_of_several_lists_is_in_the_account_once_and_knows_them_all(ledger):
    page = [story(1), story(2)]
    assert ledger.upsert_listed(page, "guonei").waiting == 2
    assert ledger.upsert_listed([*page, story(3)], "hongguan").waiting == 3

    assert ledger.runs.account(ledger.run) == {State.FAILED: 3}  # for now: none is fetched
    assert [claim.story.channels for claim in ledger.claim(9)][:2] == [("guonei", "hongguan")] * 2


def test_a_story_is_in_the_account_of_the_last_run_that_listed_it(ledger):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    first = ledger.run
    ledger.runs.end(first, "complete", {})
    ledger.begin("china")
    ledger.upsert_listed([story(2)], "guonei")

    assert ledger.runs.account(first).total() == ledger.runs.account(ledger.run).total() == 1


def test_a_story_stays_in_the_account_of_a_run_that_is_still_at_work(ledger):
    ledger.upsert_listed([story(1), story(2)], "guonei")
    first = ledger.run
    ledger.begin("china")
    ledger.upsert_listed([story(2)], "guonei")

    assert ledger.runs.account(first).total() == 2
    assert ledger.runs.account(ledger.run).total() == 0


def test_a_changed_row_is_due_again_unless_it_is_already_waiting(ledger):
    ledger.upsert_listed([story(1), story(2), story(3)], "guonei")
    done, left, waits = ledger.claim(3)
    ledger.record_outcomes([written(done), gone(left)])
    changed = [replace(story(n), mtime=NOW + 60, title="新题") for n in (1, 2, 3)]

    waiting = ledger.upsert_listed(changed, "guonei").waiting

    assert waiting == 3, "the fetched one, the gone one, and the one that is still claimed"
    again, back = ledger.claim(9)
    assert (again.story.docid, again.story.title) == (done.story.docid, "新题")
    assert again.post_path == done.post_path
    assert back.story.docid == left.story.docid
    assert ledger.claimed(waits.story.docid) == waits


def test_new_stories_are_recorded_up_to_the_limit(ledger):
    assert ledger.upsert_listed([story(1), story(2), story(3)], "guonei", limit=2).waiting == 2
    assert [claim.story.docid for claim in ledger.claim(9)] == [story(1).docid, story(2).docid]


def test_no_statement_of_a_harvest_scans_all_stories_or_runs(ledger, database):
    executed: list[tuple[str, object]] = []
    event.listen(database, "before_cursor_execute", lambda *args: executed.append(args[2:4]))

    ledger.release_dead()
    assert ledger.runs.killed() == []
    ledger.upsert_listed([story(1), story(2)], "guonei")
    ledger.upsert_listed([story(1, mtime=NOW + 1), story(2), story(3, "标题1")], "hongguan")
    claims = ledger.claim(2)
    ledger.renew()
    ledger.record_outcomes([written(claim) for claim in claims])
    ledger.publish({claim.story.docid: 1 for claim in claims}, list)
    ledger.without_article([str(claim.post_path) for claim in claims])
    ledger.claim(9)
    ledger.others_work_on(Selection(channels=("guonei",), written=False))
    ledger.set_aside()
    ledger.runs.account(ledger.run)
    ledger.runs.failures(ledger.run)
    ledger.runs.end(ledger.run, "complete", {})
    ledger.close()

    assert len(executed) > 15
    plans = {
        statement: scans(database, statement, values)
        for statement, values in [*executed]
        if not statement.startswith("PRAGMA ")
    }
    assert {statement: steps for statement, steps in plans.items() if steps} == {}


def scans(database, statement, values):
    """The full scans in SQLite's query plan, except of the index of open runs."""
    one = values[0] if isinstance(values, list) else values
    with database.connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one).all()
    small = {"SCAN runs USING INDEX runs_open", "SCAN about"}
    plan = [step[3] for step in steps if step[3] not in small]
    return [step for step in plan if step.startswith("SCAN ")]


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
def test_a_ledger_of_an_earlier_version_is_upgraded(version, database, ledger, tmp_path):
    ledger.upsert_listed([story(1, "题"), story(2)], "guonei")
    older, today = tmp_path / "ledger.db", tmp_path / "today.db"
    before = parts(older)
    database.dispose()
    make_older(older, version)
    assert parts(older) != before

    later = Ledger(engine(f"sqlite:///{older}"), post_path, clock=lambda: NOW)
    assert later.counts() == later.audit()
    later.upsert_listed([story(3, "题")], "guonei")

    paths = [claim.post_path for claim in later.claim(9)]
    assert len(set(paths)) == 3
    later.close()
    engine(f"sqlite:///{today}").dispose()
    assert parts(older) == before == parts(today)


def parts(file):
    """The columns of each table and index, and the version."""
    with closing(sqlite3.connect(file)) as database:
        columns = database.execute(
            "SELECT m.name, c.name, c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        )
        return {*columns, *database.execute("SELECT name, version FROM sqlite_master, about")}
