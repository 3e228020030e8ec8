"""The numbers of an archive counted anew, to be compared with those that are kept."""

import json

from sqlalchemy import Connection, Engine, func, select

from sinanews.ledger.counts import Cell, Counts, Reports, added_up
from sinanews.ledger.tables import begins_harvest, runs
from sinanews.ledger.triggers import COUNT_REVISIONS, COUNT_STORIES


def audit(database: Engine) -> Counts:
    """Counts every story, every revision, and the report of every run there ever was.

    In an archive that is whole, this is what `kept_counts` says.
    """
    with database.connect() as connection:
        return added_up(
            cells=[Cell(*row) for row in connection.exec_driver_sql(COUNT_STORIES)],
            stored=connection.exec_driver_sql(COUNT_REVISIONS).scalar_one(),
            runs=connection.execute(
                select(func.count()).select_from(runs).where(begins_harvest)
            ).scalar_one(),
            reports=_reports(connection),
        )


def _reports(connection: Connection) -> Reports:
    count = written = 0
    unbalanced = {}
    for run, report in connection.execute(select(runs.c.id, runs.c.report)):
        if account := _account(report):
            count += 1
            written += account.get("written", 0)
            listed = account.get("listed", 0)
            if sum(account.values()) != 2 * listed:
                unbalanced[run] = (listed, sum(account.values()) - listed)
    return Reports(count, written, unbalanced)


def _account(report: str | None) -> dict[str, int]:
    """A report's account and nothing else of it; empty when a run left none."""
    try:
        content = json.loads(report or "{}")
    except ValueError:
        return {}
    account = content.get("account") if isinstance(content, dict) else None
    return account if isinstance(account, dict) else {}
