"""What the ledger knows of lists: how far each is known, what it was like, and what of it never
will be known."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection, Engine, select

from sinanews.ledger.database import insert_new, upsert, writing
from sinanews.ledger.tables import gaps, lists, watermarks
from sinanews.roll.watermark import ListState, Watermark


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows of a channel's list between two ctimes, in unix seconds of the site's clock, which it no
    longer had when a run looked for them."""

    channel: str
    since: int
    until: int
    run: int


class Watermarks:
    """The lists of an archive, by the names of their channels."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._writing = writing(database)

    def watermark(self, channel: str) -> Watermark | None:
        """How far a list is known without a gap; None before its first complete walk."""
        query = select(watermarks.c.reached, watermarks.c.deep_scanned).filter_by(channel=channel)
        with self._database.connect() as connection:
            row = connection.execute(query).one_or_none()
        return Watermark(row.reached, row.deep_scanned or row.reached) if row else None

    def state(self, channel: str) -> ListState:
        """What a list was like when it was last walked."""
        columns = [lists.c[field.name] for field in fields(ListState)]
        with self._database.connect() as connection:
            row = connection.execute(select(*columns).filter_by(channel=channel)).one_or_none()
        return ListState(*row) if row else ListState()

    def note(
        self,
        channel: str,
        watermark: Watermark | None,
        state: ListState,
        new_gaps: Iterable[Gap] = (),
    ) -> None:
        """Notes what a walk has found, all of it or nothing."""
        with self._writing.begin() as connection:
            for table, row in ((watermarks, watermark), (lists, state)):
                if row is not None:
                    values = asdict(row)
                    statement = upsert(connection, table, list(values))
                    connection.execute(statement, values | {"channel": channel})
            for gap in new_gaps:
                connection.execute(insert_new(connection, gaps), asdict(gap))

    def gaps(self) -> Sequence[Gap]:
        """Every gap there is, in the order of time."""
        with self._database.connect() as connection:
            return gaps_of(connection)


def gaps_of(connection: Connection) -> list[Gap]:
    """Every gap there is, in the order of time."""
    ordered = select(gaps).order_by(gaps.c.since, gaps.c.channel)
    return [Gap(*row) for row in connection.execute(ordered)]
