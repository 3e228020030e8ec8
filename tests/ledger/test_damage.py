"""Articles are read one by one: what is damaged is noticed, and costs only itself."""

import json

import pytest
from sqlalchemy import update

from ledger.conftest import story, written
from sinanews.exceptions import DamagedError, LedgerError
from sinanews.ledger.ledger import PAGE
from sinanews.ledger.revisions import line, packed, readable
from sinanews.ledger.tables import revisions
from support import DOCID

# Whether another connection has a transaction open.
BUSY = {
    "sqlite": "PRAGMA wal_checkpoint(TRUNCATE)",
    "postgresql": """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND xact_start IS NOT NULL""",
}


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit flipped."""
    place, shift = divmod(bit, 8)
    return data[:place] + bytes([data[place] ^ 1 << shift]) + data[place + 1 :]


def test_every_flipped_bit_is_noticed_or_changes_nothing():
    text = json.dumps({"docid": DOCID, "text": "正文。" * 9}, ensure_ascii=False).encode()
    data = packed(text)
    noticed: list[DamagedError] = []
    rows = ((DOCID, bit, flipped(data, bit)) for bit in range(8 * len(data)))

    whole = list(readable(rows, line, noticed.append))

    assert {made for _, made in whole} <= {text + b"\n"}
    assert len(noticed) + len(whole) == 8 * len(data)
    assert len(noticed) > 8 * len(data) - 8
    assert {error.docid for error in noticed} == {DOCID}


def test_damage_is_an_error_unless_somebody_takes_it(ledger):
    ledger.upsert_listed([story(number) for number in (1, 2, 3)], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(3)])
    with ledger._database.begin() as connection:  # noqa: SLF001 - to corrupt the ledger
        damaged = update(revisions).filter_by(docid=story(2).docid)
        connection.execute(damaged.values(article=b"\0"))

    for read in (ledger.articles, ledger.lines):
        with pytest.raises(LedgerError, match=f"article {story(2).docid} is damaged: "):
            list(read())
        noticed: list[DamagedError] = []
        assert len(list(read(on_damage=noticed.append))) == 2
        assert [error.docid for error in noticed] == [story(2).docid]


def test_articles_are_read_in_pages_between_which_no_transaction_is_open(open_ledger):
    ledger, other = open_ledger(), open_ledger()
    numbers = range(2 * PAGE + 1)
    ledger.upsert_listed([story(number) for number in numbers], "guonei")
    ledger.record_outcomes([written(claim) for claim in ledger.claim(len(numbers))])

    articles = ledger.articles()
    docids = [next(articles)[1].docid]
    other.upsert_listed([story(9999)], "guonei")
    with other._database.connect() as connection:  # noqa: SLF001 - to ask the database
        busy, *_ = connection.exec_driver_sql(BUSY[connection.dialect.name]).one()
    docids += [article.docid for _, article in articles]

    assert busy == 0
    assert docids == [story(number).docid for number in numbers]
