"""Brings the tables of an older ledger to today's.

Each step speaks of names as they were in its version, so none of them uses `sinanews.ledger.tables`
but for what makes a ledger anew.
"""

from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, select, text, update

from sinanews.exceptions import LedgerError
from sinanews.extraction import signatures
from sinanews.ledger.postgresql import MIGRATION, take_turns
from sinanews.ledger.records import apart
from sinanews.ledger.tables import UNFINISHED, VERSION, about, metadata, signing, text_key
from sinanews.ledger.triggers import drop_triggers, keep_counts, make_triggers


def migrate(connection: Connection, url: str) -> None:
    """Makes the tables, or brings them up to date. Raises LedgerError, naming the ledger's `url`,
    for tables of a newer sinanews, or that are another program's. Of several that start at once one
    does it, and the others wait until it has."""
    take_turns(connection, MIGRATION)
    version = version_of(connection, url)
    if version is None:
        _require_none(connection, url)
        version = VERSION
        metadata.create_all(connection)
        connection.execute(insert(about).values(version=version))
        connection.execute(insert(signing).values(version=signatures.VERSION))
        keep_counts(connection)
    for step in range(version, VERSION):
        MIGRATIONS[step](connection)
        connection.execute(update(about).values(version=step + 1))


def _require_none(connection: Connection, url: str) -> None:
    """Raises LedgerError where there are tables that are called like a ledger's, which would be
    taken for its own."""
    there = inspect(connection)
    if foreign := sorted(filter(there.has_table, metadata.tables)):
        raise LedgerError(
            f"the ledger {url} cannot be made: the database has another program's table"
            f" {foreign[0]!r}; set LEDGER_URL to an empty database"
        )


def version_of(connection: Connection, url: str) -> int | None:
    """The version of the tables, None where there are none. Raises LedgerError, naming the ledger's
    `url`, for tables of a newer sinanews and for a copy that is not whole."""
    if not inspect(connection).has_table(about.name):
        return None
    version: int = connection.execute(select(about.c.version)).scalar_one()
    if version == UNFINISHED:
        raise LedgerError(
            f"the ledger {url} is a copy that is not whole: `scrapy ledger copy` goes on with it"
        )
    if version > VERSION:
        raise LedgerError(
            f"the ledger {url} is of version {version}, this sinanews knows up to {VERSION}:"
            " install a newer sinanews, or set LEDGER_URL to another ledger"
        )
    return version


def _statements(*statements: str) -> Callable[[Connection], None]:
    """A step that consists of these statements."""

    def step(connection: Connection) -> None:
        # An alias of SQLite's own row number, which only this type gives.
        position = "INTEGER" if connection.dialect.name == "sqlite" else "BIGINT"
        for statement in statements:
            connection.execute(text(statement.replace("{position}", position)))

    return step


def _key_paths(connection: Connection) -> None:
    """Up to version 3 the paths themselves were unique; that index stays, and only costs time."""
    connection.execute(text("ALTER TABLE stories ADD COLUMN post_key BIGINT"))
    paths = connection.execute(
        text("SELECT docid, post_path FROM stories WHERE post_path IS NOT NULL")
    )
    keys = [{"docid": docid, "key": text_key(path)} for docid, path in paths]
    if keys:
        connection.execute(text("UPDATE stories SET post_key = :key WHERE docid = :docid"), keys)
    connection.execute(text("CREATE UNIQUE INDEX stories_post_key ON stories (post_key)"))


def _key_urls(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE stories ADD COLUMN url_key BIGINT"))
    urls = connection.execute(text("SELECT docid, url FROM stories"))
    keys = [{"docid": docid, "key": text_key(url)} for docid, url in urls]
    if keys:
        connection.execute(text("UPDATE stories SET url_key = :key WHERE docid = :docid"), keys)
    connection.execute(text("CREATE INDEX stories_url_key ON stories (url_key)"))


def _watch_lists_and_workers(connection: Connection) -> None:
    _key_urls(connection)
    connection.execute(text("ALTER TABLE runs ADD COLUMN alive_at BIGINT"))
    connection.execute(text(_LISTS))
    connection.execute(text(_GAPS))


_LISTS = """
    CREATE TABLE lists (channel TEXT PRIMARY KEY, newest BIGINT, second BIGINT, total BIGINT,
    lacking BIGINT NOT NULL, unconfirmed_end BIGINT)"""
_GAPS = """
    CREATE TABLE gaps (channel TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL,
    run INTEGER NOT NULL, PRIMARY KEY (channel, since))"""


def _keep_counts(connection: Connection) -> None:
    _COUNTS(connection)
    keep_counts(connection)


_COUNTS = _statements(
    "ALTER TABLE about ADD COLUMN revisions BIGINT NOT NULL DEFAULT 0",
    """
    CREATE TABLE counts (day BIGINT NOT NULL, state TEXT NOT NULL, stories BIGINT NOT NULL,
    articles BIGINT NOT NULL, revisions BIGINT NOT NULL, given_up BIGINT NOT NULL,
    PRIMARY KEY (day, state))""",
    """
    CREATE TABLE accounts (run INTEGER PRIMARY KEY, listed BIGINT NOT NULL,
    accounted BIGINT NOT NULL, written BIGINT NOT NULL)""",
    "CREATE INDEX stories_failed ON stories (state, reason) WHERE state = 'failed'",
    "CREATE INDEX runs_verdict ON runs (verdict, id)",
)


def _fold_paths(connection: Connection) -> None:
    """Up to version 8 `A.md` and `a.md` were two names. Files that have such names keep them."""
    rows = connection.execute(
        text("SELECT docid, post_path, post_key FROM stories WHERE post_path IS NOT NULL")
    ).all()
    folded = apart({docid: path for docid, path, _ in rows})
    keys = [
        {"docid": docid, "key": folded[docid]} for docid, _, key in rows if key != folded[docid]
    ]
    if keys:
        connection.execute(text("UPDATE stories SET post_key = :key WHERE docid = :docid"), keys)


# What had been asked for by its URL, and was never listed, had no time of its own.
_HISTORY = _statements(
    "ALTER TABLE about ADD COLUMN position BIGINT NOT NULL DEFAULT 0",
    """
    CREATE TABLE history (position {position} PRIMARY KEY, docid TEXT NOT NULL,
    revision INTEGER NOT NULL, ctime BIGINT NOT NULL, first_seen BIGINT, seen BIGINT NOT NULL,
    channels TEXT NOT NULL, is_reprint BOOLEAN NOT NULL)""",
    """
    INSERT INTO history
    SELECT row_number() OVER (ORDER BY revisions.seen, revisions.docid, revisions.revision),
    revisions.docid, revisions.revision, coalesce(nullif(ctime, 0), seen), nullif(intime, 0), seen,
    coalesce(channels, ''), false
    FROM revisions LEFT JOIN stories ON stories.docid = revisions.docid""",
    "UPDATE about SET position = (SELECT coalesce(max(position), 0) FROM history)",
    "CREATE UNIQUE INDEX history_docid ON history (docid, revision)",
    "CREATE INDEX history_ctime ON history (ctime, docid, revision)",
    "CREATE INDEX history_first_seen ON history (first_seen, docid, revision)",
    "CREATE INDEX history_seen ON history (seen, docid, revision)",
)


# Articles that are there already get their signatures while harvests run, see
# `sinanews.ledger.reprints`: of a million that takes minutes, for which nobody waits here.
def _keep_signatures(connection: Connection) -> None:
    number = "INTEGER" if connection.dialect.name == "sqlite" else "SERIAL"
    blob = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    own_index = " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""
    _statements(
        f"""
        CREATE TABLE signatures (id {number} PRIMARY KEY, docid TEXT NOT NULL,
        revision INTEGER NOT NULL, version INTEGER NOT NULL, duplicate_of TEXT,
        signature {blob} NOT NULL)""",
        "CREATE UNIQUE INDEX signatures_revision ON signatures (docid, revision)",
        """
        CREATE INDEX signatures_reprints ON signatures (duplicate_of)
        WHERE duplicate_of IS NOT NULL""",
        f"""
        CREATE TABLE bands (key BIGINT NOT NULL, slot INTEGER NOT NULL,
        signature INTEGER NOT NULL, PRIMARY KEY (key, slot)){own_index}""",
        "CREATE TABLE signing (version INTEGER PRIMARY KEY, reached TEXT)",
    )(connection)


_PICTURES = _statements(
    """
    CREATE TABLE pictures (docid TEXT NOT NULL, url_key BIGINT NOT NULL, url TEXT NOT NULL,
    path TEXT, reason TEXT, tries INTEGER NOT NULL, due_at BIGINT,
    PRIMARY KEY (docid, url_key))""",
    "CREATE INDEX pictures_url ON pictures (url_key)",
    "CREATE INDEX pictures_due ON pictures (due_at) WHERE due_at IS NOT NULL",
)


def _work_together(connection: Connection) -> None:
    _statements(
        """
        CREATE TABLE harvests (id INTEGER NOT NULL PRIMARY KEY, spider TEXT NOT NULL,
        arguments TEXT NOT NULL, walker INTEGER, walked BIGINT, lists TEXT, ended BIGINT)""",
        "CREATE INDEX harvests_open ON harvests (id) WHERE ended IS NULL",
        "ALTER TABLE runs ADD COLUMN folder TEXT",
        "ALTER TABLE runs ADD COLUMN harvest INTEGER",
        "ALTER TABLE runs ADD COLUMN part TEXT",
        "CREATE INDEX runs_joined ON runs (harvest) WHERE harvest != id",
        "CREATE TABLE budgets (site TEXT NOT NULL PRIMARY KEY, free_at DOUBLE PRECISION NOT NULL)",
    )(connection)
    if connection.dialect.name == "postgresql":
        drop_triggers(connection)  # these depend on columns that change
        _sort_by_bytes(connection)
        make_triggers(connection)


def _sort_by_bytes(connection: Connection) -> None:
    """Has PostgreSQL sort texts as SQLite does, and not by the language of its cluster."""
    columns = {
        "about": ("site",),
        "stories": (
            *("docid", "url", "title", "summary", "source", "channels", "channel"),
            *("state", "reason", "worker", "post_path"),
        ),
        "revisions": ("docid",),
        "history": ("docid", "channels"),
        "watermarks": ("channel",),
        "lists": ("channel",),
        "gaps": ("channel",),
        "runs": ("spider", "worker", "verdict", "report", "folder", "part"),
        "harvests": ("spider", "arguments", "lists"),
        "budgets": ("site",),
        "counts": ("state",),
        "signatures": ("docid", "duplicate_of"),
        "signing": ("reached",),
        "pictures": ("docid", "url", "path", "reason"),
    }
    for table, names in columns.items():
        changes = (f'ALTER COLUMN {name} TYPE TEXT COLLATE "C"' for name in names)
        connection.execute(text(f"ALTER TABLE {table} {', '.join(changes)}"))


# From version N to N + 1.
MIGRATIONS: dict[int, Callable[[Connection], None]] = {
    # Version 1 looked equally far back in every run, so what was reached was scanned deeply.
    1: _statements(
        "ALTER TABLE frontiers ADD COLUMN swept BIGINT",
        "UPDATE frontiers SET swept = reached",
    ),
    2: _statements("CREATE INDEX runs_open ON runs (id) WHERE ended IS NULL"),
    3: _key_paths,
    # Nobody asked before; the next run's site becomes the archive's.
    4: _statements("ALTER TABLE about ADD COLUMN site TEXT"),
    5: _statements(
        "ALTER TABLE frontiers RENAME COLUMN swept TO deep_scanned",
        "ALTER TABLE frontiers RENAME TO watermarks",
        "ALTER TABLE stories RENAME COLUMN due TO due_at",
        "ALTER TABLE stories RENAME COLUMN owner TO worker",
        "ALTER TABLE stories RENAME COLUMN settled TO finished_run",
        "ALTER TABLE runs RENAME COLUMN owner TO worker",
    ),
    6: _watch_lists_and_workers,
    7: _keep_counts,
    8: _fold_paths,
    9: _HISTORY,
    10: _keep_signatures,
    11: _PICTURES,
    12: _work_together,
    # What earlier versions left unwritten nobody knows.
    13: _statements(
        "ALTER TABLE history ADD COLUMN run INTEGER",
        "ALTER TABLE runs ADD COLUMN position BIGINT",
        "ALTER TABLE runs ADD COLUMN filed BIGINT",
        "UPDATE runs SET filed = ended",
        "CREATE INDEX runs_unfiled ON runs (id) WHERE filed IS NULL",
    ),
}
