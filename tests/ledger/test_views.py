"""Looking at an archive takes as long whatever the archive holds."""

from sqlalchemy import event

from ledger.conftest import rejected, story, written

LARGE = {"stories", "revisions", "runs"}
# Short entries, or few of them.
SMALL = {
    "SCAN runs USING COVERING INDEX runs_joined",
    "SCAN runs USING COVERING INDEX runs_verdict",
    "SCAN runs USING INDEX runs_open",
}


def test_a_view_scans_no_large_table(ledger):
    ledger.upsert_listed([story(number) for number in range(9)], "guonei")
    one, two, *_ = ledger.claim(5)
    ledger.record_outcomes([written(one), rejected(two)])
    database = ledger._database  # noqa: SLF001 - to watch its statements
    executed = []
    event.listen(database, "before_cursor_execute", lambda *args: executed.append(args[2:4]))

    assert ledger.view(10).waiting_since is not None
    ledger.failed()
    statements = list(executed)

    assert len(statements) > 10
    with database.connect() as connection:
        plans = {
            statement: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            for statement, values in statements
        }
    for statement, plan in plans.items():
        steps = {step[3] for step in plan} - SMALL
        scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")}
        assert "LIMIT" in statement or not scanned & LARGE, statement
