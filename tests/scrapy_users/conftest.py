"""A user of Scrapy, and a site for him."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scrapy_users.users import Site, User, serving

collect_ignore = ["mine"]  # a user's own modules, which find each other on his PYTHONPATH


@pytest.fixture
def site() -> Iterator[Site]:
    """Three stories."""
    with serving("n1", "n2", "n3") as site:
        yield site


@pytest.fixture
def user(tmp_path: Path, site: Site) -> User:
    return User(tmp_path, site)
