"""An archive in which every table has rows, and copies of it on both databases."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

import postgres as postgresql
from harvest.proofs import change
from sinanews.ledger.tables import metadata
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import scrapy_in

SITE = Site(articles=40, tick=0)
HARVEST = ("harvest", "china", "-a", "channel=all")
GONE, BROKEN = (story.docid for story in SITE.listed(1686)[5:7])
# What this harvest leaves empty.
MORE = (
    "INSERT INTO budgets VALUES ('https://example.org', 1790000000.123456)",
    "INSERT INTO gaps VALUES ('guonei', 1, 2, 1)",
    "UPDATE signatures SET duplicate_of = 'nabc0000000001' WHERE id % 9 = 0",
)


@contextmanager
def serving() -> Iterator[str]:
    with running(SITE, faults=[f"{GONE}=404", f"{BROKEN}=500"]) as mirror:
        yield mirror.url


@pytest.fixture(scope="session")
def harvested(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """The archive's folder, which nobody changes, and its mirror."""
    output = tmp_path_factory.mktemp("harvested") / "output"
    with serving() as url:
        scrapy_in(output)(*HARVEST, mirror=url, IMAGES="download", WORKERS="2")
        for statement in MORE:
            change(output, statement)
        yield output, url


@pytest.fixture
def archive(harvested, output) -> Path:
    """A folder with a ledger like it, for whoever changes that."""
    output.mkdir()
    shutil.copy(harvested[0] / "ledger.db", output)
    return output


@pytest.fixture
def source(archive) -> str:
    return f"sqlite:///{archive}/ledger.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgresql.MARK)])
def target(request, tmp_path) -> str:
    """The URL of an empty place."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/ledger.db"
    return request.getfixturevalue("postgres").url


@pytest.fixture
def here(tmp_path) -> str:
    """As `target`, for what is the same on both databases."""
    return f"sqlite:///{tmp_path}/here.db"


def tables(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a ledger, in one order."""
    database = create_engine(url)
    with database.connect() as connection:
        rows = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    database.dispose()
    return rows
