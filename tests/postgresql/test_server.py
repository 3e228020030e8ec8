"""The server that other tests lean on."""

import psycopg
import pytest

from postgres import MARK

pytestmark = MARK


def test_each_test_has_an_empty_database_of_its_own(postgres):
    assert postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    assert postgres.execute("SELECT current_database()") == [(postgres.name,)]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_what_was_committed_is_there_after_a_stop(postgres, mode):
    postgres.execute("CREATE TABLE kept AS SELECT 1 AS one")

    postgres.stop(mode)
    with pytest.raises(psycopg.OperationalError):
        postgres.execute("SELECT 1")
    postgres.start()

    assert postgres.execute("SELECT one FROM kept") == [(1,)]
