"""The fixtures that the tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from support import Pages, Scrapy, scrapy_in

# A machine may be busy: no example has to end within a time.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


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
