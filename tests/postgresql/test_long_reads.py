"""Whoever reads for long has no transaction open between two pages: one that stays open keeps a
server from clearing away what claims leave behind, and claims get slower and slower."""

from contextlib import closing

import pytest
from sqlalchemy import event

from ledger.conftest import story, written
from postgres import MARK
from sinanews.ledger import history, recovery, statistics
from sinanews.ledger import ledger as ledger_module
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.statistics import Period
from sinanews.posts.paths import post_path

pytestmark = MARK
PAGE = 3
STORIES = 3 * PAGE + 1
READS = {
    "lines": lambda ledger, _: ledger.lines(),
    "articles": lambda ledger, _: ledger.articles(),
    "presence": lambda ledger, _: ledger.presence(Period()),
    "posts of runs": lambda ledger, _: ledger.recovery.posts_of([1]),
    "paths": lambda ledger, look: (
        ledger.recovery.paths(in_use=True, also=lambda path, _: look() or path) and ()
    ),
}
OPEN = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""


@pytest.fixture
def ledger(postgres, monkeypatch):
    for module, name in (
        (history, "PAGE"),
        (ledger_module, "PAGE"),
        (recovery, "PAGE"),
        (statistics, "RUNS_PAGE"),
    ):
        monkeypatch.setattr(module, name, PAGE)
    with closing(Ledger(engine(postgres.url), post_path)) as opened:
        opened.begin("china")
        opened.upsert_listed([story(number) for number in range(STORIES)], "guonei")
        opened.record_outcomes([written(claim) for claim in opened.claim(STORIES)])
        for _ in range(STORIES):
            report = {"pages": 1, "presence": {"title": 1.0}}
            opened.runs.end(opened.run, "complete", report)
            opened.begin("china")
        yield opened


@pytest.mark.parametrize("name", READS)
def test_no_transaction_is_open_while_somebody_reads_on(postgres, ledger, name):
    looks = []
    look = lambda: looks.append(postgres.execute(OPEN)[0][0])  # noqa: E731 - said in the table above

    for _ in READS[name](ledger, look):
        look()

    assert len(looks) >= STORIES
    assert set(looks) == {0}


def test_each_number_of_a_report_is_counted_in_a_transaction_of_its_own(ledger):
    begun = []
    event.listen(ledger._database, "begin", begun.append)  # noqa: SLF001 - to count them
    ledger.statistics(Period(), [60], statistics.Most(1, 1, 1))
    assert len(begun) == 7
