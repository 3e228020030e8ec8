"""An archive with all that a page can show: failures, revisions, reprints; and a browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from sinanews.config import Config
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.read_only import read_only_engine
from sinanews.ledger.revisions import raise_damage
from sinanews.ledger.statistics import Period
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.posts.paths import post_path
from sinanews.reporting.html.facts import Facts, gather
from support import posts, scrapy_in
from tools.browser import Browser, browser

ARTICLES, EDITED, FAILED = 80, 3, 2
GUONEI = 1686  # the channel's lid

Gather = Callable[..., Facts]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two harvests of a site: two of its pages cannot be read, three of its articles change in
    between. Not to be changed; `copied` may be."""
    output = tmp_path_factory.mktemp("archive") / "output"
    site = Site(articles=ARTICLES, tick=0)
    plain = [story.docid for story in site.listed(GUONEI) if not story.reprint_of]
    scrapy = scrapy_in(output)
    with running(site, [f"{docid}=no-article" for docid in plain[:FAILED]]) as mirror:
        assert scrapy("crawl", "china", mirror=mirror.url).returncode == 3
        for docid in plain[FAILED:][:EDITED]:
            site.edit(docid)
        run = scrapy("crawl", "china", mirror=mirror.url)
    assert run.returncode == 3, run.stderr
    return output


@pytest.fixture(scope="session")
def written(archive: Path) -> int:
    """How many articles the archive has."""
    return len(posts(archive))


@pytest.fixture
def copied(archive: Path, tmp_path: Path) -> Path:
    """A copy of the ledger, in an archive of its own."""
    folder = tmp_path / "copied"
    folder.mkdir()
    shutil.copyfile(archive / "ledger.db", folder / "ledger.db")
    return folder


@pytest.fixture
def gathered() -> Iterator[Gather]:
    """Reads what a page of an archive needs, as the command does."""
    ledgers: list[Ledger] = []

    def gather_(output: Path, period: Period = Period(), on_damage=raise_damage) -> Facts:  # noqa: B008 - it cannot be changed
        ledgers.append(Ledger(read_only_engine(f"sqlite:///{output}/ledger.db"), post_path))
        return gather(ledgers[-1], config(output), period, on_damage)

    yield gather_
    for ledger in ledgers:
        ledger.close()


def config(output: Path) -> Config:
    """The settings' defaults, of what matters to a page."""
    settings = Settings()
    settings.setmodule("sinanews.settings")
    settings.set("OUTPUT_DIR", str(output))
    return Config.from_settings(settings)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with browser() as started:
        yield started
