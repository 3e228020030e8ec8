"""A prepared statement does what SQLAlchemy would have it do, on either database."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, select

from ledger.conftest import on_each_kind
from sinanews.ledger.database import engine, insert_new, storable, writing
from sinanews.ledger.prepared import Prepared
from sinanews.ledger.tables import history, revisions

NUMBERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.one_of(st.sampled_from("\0\ud83d\udcc8%:'\"{}()"), st.characters()), max_size=9)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "position": st.integers(1, 2**40),
            "docid": TEXTS,
            "revision": st.integers(0, 2**31 - 1),
            "ctime": NUMBERS,
            "first_seen": st.none() | NUMBERS,
            "seen": NUMBERS,
            "channels": TEXTS,
            "is_reprint": st.booleans(),
            "run": st.none() | st.integers(0, 2**31 - 1),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=(
        lambda row: row["position"],
        lambda row: (storable(row["docid"]), row["revision"]),
    ),
)


@on_each_kind
def test_a_prepared_insert_leaves_the_rows_that_the_same_insert_of_sqlalchemy_leaves(kind):
    prepared = Prepared(lambda connection: insert_new(connection, history), history.c.keys())
    with kind.new() as url:
        database = engine(url)

        @given(ROWS)
        @settings(max_examples=kind.examples(80))
        def law(rows):
            left = []
            for way in (
                lambda connection: connection.execute(insert_new(connection, history), rows),
                lambda connection: prepared.execute_many(connection, rows),
            ):
                with writing(database).begin() as connection:
                    connection.execute(delete(history))
                    way(connection)
                    left.append(connection.execute(select(history).order_by("position")).all())
            assert left[0] == left[1]
            assert len(left[0]) == len(rows)

        law()
        database.dispose()


@on_each_kind
def test_a_prepared_insert_takes_what_is_in_a_row_beside_its_columns_for_nothing(kind):
    prepared = Prepared(lambda connection: insert_new(connection, revisions), revisions.c.keys())
    row = {"docid": "n1", "revision": 1, "seen": 2, "content_hash": b"\0", "article": b"\xff"}
    with kind.new() as url:
        database = engine(url)
        with writing(database).begin() as connection:
            prepared.execute_many(connection, [{**row, "worker": "nobody"}])
            prepared.execute_many(connection, [{**row, "seen": 3}])
            assert [*connection.execute(select(revisions)).mappings()] == [row]
        database.dispose()


@on_each_kind
def test_a_prepared_select_is_made_once_for_each_database(kind):
    made = []

    def build(connection):
        made.append(connection.dialect.name)
        return select(revisions.c.seen).where(
            revisions.c.docid == bindparam("docid", required=False),
            revisions.c.revision.in_([1, 2]),
        )

    prepared = Prepared(build)
    with kind.new() as url:
        database = engine(url)
        with database.connect() as connection:
            for docid in ("n1", "n2"):
                rows = prepared.execute(connection, {"docid": docid})
                assert rows.all() == []
        database.dispose()
    assert len(made) == 1
