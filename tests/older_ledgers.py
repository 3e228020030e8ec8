"""Ledgers as earlier versions of sinanews made them."""

import sqlite3
from contextlib import closing
from pathlib import Path


def make_older(file: Path, version: int) -> None:
    """Downgrades the tables of an SQLite ledger to an earlier version."""
    renamed = [
        "ALTER TABLE watermarks RENAME TO frontiers",
        "ALTER TABLE frontiers RENAME COLUMN deep_scanned TO swept",
        "ALTER TABLE stories RENAME COLUMN due_at TO due",
        "ALTER TABLE stories RENAME COLUMN worker TO owner",
        "ALTER TABLE stories RENAME COLUMN finished_run TO settled",
        "ALTER TABLE runs RENAME COLUMN worker TO owner",
    ]
    watched = [
        "DROP TABLE gaps",
        "DROP TABLE lists",
        "ALTER TABLE runs DROP COLUMN alive_at",
        "DROP INDEX stories_url_key",
        "ALTER TABLE stories DROP COLUMN url_key",
    ]
    on_stories = ("added", "changed", "deleted")
    on_others = ("revisions_added", "revisions_deleted", "runs_added", "runs_reported")
    counted = [
        *(f"DROP TRIGGER stories_{name}" for name in on_stories),
        *(f"DROP TRIGGER {name}" for name in (*on_others, "runs_deleted")),
        "DROP INDEX stories_failed",
        "DROP INDEX runs_verdict",
        "DROP TABLE counts",
        "DROP TABLE accounts",
        "ALTER TABLE about DROP COLUMN revisions",
    ]
    signed = ["DROP TABLE signatures", "DROP TABLE bands", "DROP TABLE signing"]
    together = [
        *(f"DROP TABLE {name}" for name in ("harvests", "budgets")),
        "DROP INDEX runs_joined",
        *(f"ALTER TABLE runs DROP COLUMN {name}" for name in ("folder", "harvest", "part")),
    ]
    filed = [
        "DROP INDEX runs_unfiled",
        "ALTER TABLE runs DROP COLUMN filed",
        "ALTER TABLE runs DROP COLUMN position",
        "ALTER TABLE history DROP COLUMN run",
    ]
    changes = {
        13: filed,
        12: together,
        11: ["DROP TABLE pictures"],
        10: signed,
        9: ["DROP TABLE history", "ALTER TABLE about DROP COLUMN position"],
        8: [],
        7: counted,
        6: watched,
        5: renamed,
        4: ["ALTER TABLE about DROP COLUMN site"],
        3: ["DROP INDEX stories_post_key", "ALTER TABLE stories DROP COLUMN post_key"],
        2: ["DROP INDEX runs_open"],
        1: ["ALTER TABLE frontiers DROP COLUMN swept"],
    }
    with closing(sqlite3.connect(file)) as database:
        for statement in [sql for step in changes if step >= version for sql in changes[step]]:
            database.execute(statement)
        database.execute("UPDATE about SET version = ?", [version])
        database.commit()
