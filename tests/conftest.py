"""The fixtures that the tests share."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import postgres as postgresql
import servers
from support import ROOT, Pages, Scrapy, scrapy_in

# A machine may be busy: no example has to end within a time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", servers.MARK)
    config.addinivalue_line("markers", "long: takes a minute, and begins before the others")
    config.pluginmanager.register(servers.Servers(), "servers")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives each worker its share of the long tests to begin with: one that began last would be
    waited for alone. A share is what `--dist worksteal` hands to a worker first."""
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    total = len(items)
    items.clear()
    for worker in range(workers):
        own = long[worker::workers]
        rest = (total - len(items)) // (workers - worker) - len(own)
        items += own + others[:rest]
        del others[:rest]


@pytest.fixture(autouse=True)
def restored_environment() -> Iterator[None]:
    """Each test leaves the environment as it was: Scrapy's functions for projects change it, and
    the next test's commands would be of another project."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def pages() -> Iterator[Pages]:
    served = Pages()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def scrapy(output: Path) -> Scrapy:
    """Runs `scrapy ARGUMENTS` in `output`, as a user does."""
    return scrapy_in(output)


@pytest.fixture
def postgres() -> Iterator[postgresql.Database]:
    """A new, empty database on a real PostgreSQL; whoever asks for it is marked `postgres.MARK`."""
    with postgresql.database() as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgresql.MARK)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that is still to be made, of each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    database: postgresql.Database = request.getfixturevalue("postgres")
    return database.url


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests, the same one for all processes that share it."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


HexoSite = Callable[[Path], Path]


@pytest.fixture(scope="session")
def hexo_site(common: Path) -> HexoSite:
    """Makes a new folder a Hexo site without posts, with the packages and scripts of tests/hexo."""

    def make(folder: Path) -> Path:
        shutil.copytree(ROOT / "tests" / "hexo", folder)
        packages = servers.install(folder, common)
        (folder / "node_modules").symlink_to(packages, target_is_directory=True)
        return folder

    return make
