"""The triggers that keep an archive's numbers, as each database wants them.

They and their tables came with ledger version 8. A later version that changes them leaves to the
migration to 8 what stands here.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

# How the numbers of a ledger without triggers are found: those of stories by the day of their
# ctime, counted from 1970 in China, and by state.
COUNT_STORIES = """
    SELECT (ctime + 28800) / 86400, state, count(*), count(*) FILTER (WHERE revision > 0),
        CAST(sum(revision) AS BIGINT), count(*) FILTER (WHERE state = 'failed' AND due_at IS NULL)
    FROM stories GROUP BY 1, 2"""
COUNT_REVISIONS = "SELECT count(*) FROM revisions"
# Has the trigger look at each run.
_COUNT_RUNS = "UPDATE runs SET report = report"


def keep_counts(connection: Connection) -> None:
    """Makes the triggers, and the numbers of what is there already."""
    sqlite = connection.dialect.name == "sqlite"
    for statement in _sqlite() if sqlite else _postgresql():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"INSERT INTO counts {COUNT_STORIES}")
    connection.exec_driver_sql(f"UPDATE about SET revisions = ({COUNT_REVISIONS})")  # noqa: S608 - our own
    connection.exec_driver_sql(_COUNT_RUNS)


def make_triggers(connection: Connection) -> None:
    """Makes PostgreSQL's triggers, and leaves the numbers as they are."""
    for statement in _postgresql():
        connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Takes PostgreSQL's triggers away; `make_triggers` puts them back."""
    for trigger in _TRIGGERS:
        first, *_, last = trigger.split()
        connection.exec_driver_sql(f"DROP TRIGGER {first} ON {last}")


def drop_counts(connection: Connection) -> None:
    """Takes the triggers away, and the numbers that they keep in tables of their own."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for name in found.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        for function in _FUNCTIONS:
            connection.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")
    connection.exec_driver_sql("DELETE FROM counts")
    connection.exec_driver_sql("DELETE FROM accounts")


def _add(row: str, sign: str) -> str:
    """Adds a story, NEW or OLD, to the numbers of its day and state, or takes it off."""
    names = ("stories", "articles", "revisions", "given_up")
    sums = ", ".join(f"{name} = counts.{name} {sign} excluded.{name}" for name in names)
    return f"""
        INSERT INTO counts (day, state, {", ".join(names)})
        VALUES (({row}.ctime + 28800) / 86400, {row}.state, 1,
            CAST({row}.revision > 0 AS INTEGER), {row}.revision,
            CAST({row}.state = 'failed' AND {row}.due_at IS NULL AS INTEGER))
        ON CONFLICT (day, state) DO UPDATE SET {sums};"""  # noqa: S608 - made of our own words


_ADD_NEW, _TAKE_OLD = _add("NEW", "+"), _add("OLD", "-")
_UPDATE = "UPDATE OF state, revision, ctime, due_at ON stories"
# A claim changes nothing of that.
_CHANGED = """
    OLD.state <> NEW.state OR OLD.revision <> NEW.revision OR OLD.ctime <> NEW.ctime
    OR (OLD.due_at IS NULL) <> (NEW.due_at IS NULL)"""
_ONE_MORE = "UPDATE about SET revisions = revisions + 1;"
_ONE_LESS = "UPDATE about SET revisions = revisions - 1;"
# A run's account is in its report, or it has none.
_NOTE_ACCOUNT = """
        INSERT INTO accounts (run, listed, accounted, written)
        SELECT NEW.id, coalesce(sum({number}) FILTER (WHERE key = 'listed'), 0),
            coalesce(sum({number}) FILTER (WHERE key <> 'listed'), 0),
            coalesce(sum({number}) FILTER (WHERE key = 'written'), 0)
        FROM {report} WHERE key IS NOT NULL GROUP BY NEW.id;"""
_FORGET_ACCOUNT = "DELETE FROM accounts WHERE run = OLD.id;"


def _sqlite() -> Iterator[str]:
    json = "json_each(CASE WHEN json_valid(NEW.report) THEN NEW.report ELSE '{}' END, '$.account')"
    note_account = _NOTE_ACCOUNT.format(number="value", report=json)
    for trigger, action in {
        "stories_added AFTER INSERT ON stories": _ADD_NEW,
        f"stories_changed AFTER {_UPDATE} WHEN {_CHANGED}": _TAKE_OLD + _ADD_NEW,
        "stories_deleted AFTER DELETE ON stories": _TAKE_OLD,
        "revisions_added AFTER INSERT ON revisions": _ONE_MORE,
        "revisions_deleted AFTER DELETE ON revisions": _ONE_LESS,
        "runs_added AFTER INSERT ON runs": note_account,
        "runs_reported AFTER UPDATE OF report ON runs": _FORGET_ACCOUNT + note_account,
        "runs_deleted AFTER DELETE ON runs": _FORGET_ACCOUNT,
    }.items():
        yield f"CREATE TRIGGER {trigger} BEGIN {action} END"


# Transactions of several workers change the same few numbers. They do so as they commit, one after
# the other: so none waits for long, and no two for each other.
_ALONE = "LOCK TABLE counts IN SHARE ROW EXCLUSIVE MODE;"


_TRIGGERS = {
    "stories_counted AFTER INSERT OR DELETE ON stories": "count_story",
    f"stories_changed AFTER {_UPDATE}": "count_story",
    "revisions_counted AFTER INSERT OR DELETE ON revisions": "count_revision",
    "runs_reported AFTER INSERT OR DELETE OR UPDATE OF report ON runs": "note_account",
}
# PostgreSQL refuses JSON in which a text has the character 0; an odd number of backslashes before
# the u is what makes it one.
_JSON = r"CAST(regexp_replace(NEW.report, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g') AS JSON)"
_NOTE_ACCOUNT_OF_RUN = f"""
            IF TG_OP <> 'INSERT' THEN {_FORGET_ACCOUNT} END IF;
            IF TG_OP <> 'DELETE' THEN
                BEGIN {
    _NOTE_ACCOUNT.format(
        number="CAST(value AS BIGINT)", report=f"json_each_text({_JSON} -> 'account')"
    )
}
                EXCEPTION WHEN data_exception THEN NULL; -- what is no JSON has no account
                END;
            END IF;"""
_FUNCTIONS = ("count_story", "count_revision", "note_account")


def _postgresql() -> Iterator[str]:
    for function, action in {
        "count_story": f"""
            {_ALONE}
            IF TG_OP <> 'INSERT' THEN {_TAKE_OLD} END IF;
            IF TG_OP <> 'DELETE' THEN {_ADD_NEW} END IF;""",
        "count_revision": f"""
            {_ALONE}
            IF TG_OP = 'INSERT' THEN {_ONE_MORE} ELSE {_ONE_LESS} END IF;""",
        "note_account": _NOTE_ACCOUNT_OF_RUN,
    }.items():
        yield f"""
            CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {action}
            RETURN NULL; END $$"""
    for trigger, function in _TRIGGERS.items():
        changed = f"WHEN ({_CHANGED})" if "stories_changed" in trigger else ""
        yield f"""
            CREATE CONSTRAINT TRIGGER {trigger} DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW {changed} EXECUTE FUNCTION {function}()"""
