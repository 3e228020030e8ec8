"""A mirror site, and harvests that run in the background."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from harvest.proofs import launch
from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site


@pytest.fixture
def site() -> Iterator[RunningMirror]:
    """A mirror of one day's domestic stories, which do not change."""
    with running(Site(articles=130, tick=0)) as mirror:
        yield mirror


Start = Callable[..., Popen[str]]


@pytest.fixture
def start(output: Path) -> Iterator[Start]:
    """Starts `scrapy ARGUMENTS` and does not wait; kills what still runs at teardown."""
    started: list[Popen[str]] = []

    def begin(*arguments: str, **settings: str) -> Popen[str]:
        started.append(launch([*arguments], OUTPUT_DIR=str(output), **settings))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
