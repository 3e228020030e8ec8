"""A small site, and an archive of it."""

from collections.abc import Iterator

import pytest

from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site


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
