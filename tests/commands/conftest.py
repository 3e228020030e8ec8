"""A small site, and an archive of it; commands, on an archive whose ledger is in a file and on one
whose ledger is on a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site
from support import ON_SERVER, Scrapy, scrapy_in

on_file = pytest.mark.parametrize("server", ["file"], indirect=True)


@pytest.fixture(params=["file", pytest.param("server", marks=postgres.MARK)])
def server(request: pytest.FixtureRequest, output: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The LEDGER_URL of the archive; "" for a ledger in a file in its folder."""
    if request.param == "file":
        return ""
    database: postgres.Database = request.getfixturevalue("postgres")
    monkeypatch.setitem(ON_SERVER, output, database.url)
    return database.url


@pytest.fixture
def scrapy(server: str, output: Path) -> Scrapy:  # noqa: ARG001 - for each kind of ledger
    """Runs `scrapy ARGUMENTS` in `output`, as a user does."""
    return scrapy_in(output)


@pytest.fixture
def mirror() -> Iterator[RunningMirror]:
    """A site of forty stories that does not change."""
    with running(Site(articles=40, tick=0)) as started:
        yield started


@pytest.fixture
def archive(mirror, scrapy, output):
    """An archive of the site's domestic news."""
    run = scrapy("harvest", "china", mirror=mirror.url)
    assert run.returncode == 0, run.stderr
    return output
