"""Statements that are carried out for every article."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement


class Prepared:
    """A statement that is compiled once for each database, and goes to the driver as that wants it:
    SQLAlchemy takes longer to hand a row on than SQLite to write it.

    `build` makes the statement for a connection. `columns` are those that an insert sets. Values go
    to the driver as they are, so they are of types that it knows, and lists of values are none.
    Those that the statement has itself may be lists, and are for `execute` alone.
    """

    def __init__(
        self, build: Callable[[Connection], Executable], columns: Sequence[str] = ()
    ) -> None:
        self._build = build
        self._columns = columns
        self._compiled: dict[str, SQLCompiler] = {}

    def execute(
        self, connection: Connection, values: Mapping[str, Any]
    ) -> CursorResult[*tuple[Any, ...]]:
        """Carries the statement out with these values, by name."""
        compiled = self._compiled_for(connection)
        every = {**compiled.params, **values}
        return connection.exec_driver_sql(compiled.string, *_as_wanted(compiled, [every]))

    def execute_many(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> CursorResult[*tuple[Any, ...]]:
        """Carries it out once for each of the rows, of which there is at least one."""
        compiled = self._compiled_for(connection)
        return connection.exec_driver_sql(compiled.string, _as_wanted(compiled, rows))

    def _compiled_for(self, connection: Connection) -> SQLCompiler:
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            statement = self._build(connection)
            assert isinstance(statement, ClauseElement), "every statement is one"
            columns = list(self._columns) or None
            compiled = statement.compile(
                dialect=dialect, column_keys=columns, compile_kwargs={"render_postcompile": True}
            )
            assert isinstance(compiled, SQLCompiler), "what is no DDL is compiled by this"
            self._compiled[dialect.name] = compiled
        return self._compiled[dialect.name]


def _as_wanted(compiled: SQLCompiler, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The rows as the driver takes them: SQLite's by position, psycopg's by name."""
    order = compiled.positiontup
    return [tuple(map(row.__getitem__, order)) for row in rows] if order else list(rows)
