"""Sites for harvests to be disturbed at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from harvest.proofs import launch
from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site


@pytest.fixture
def site() -> Iterator[RunningMirror]:
    """A day's domestic stories, which do not change."""
    with running(Site(articles=130, tick=0)) as mirror:
        yield mirror


Start = Callable[..., Popen[str]]


@pytest.fixture
def start(output: Path) -> Iterator[Start]:
    """Starts `scrapy ARGUMENTS` and does not wait; what still runs at the end is killed."""
    started: list[Popen[str]] = []

    def begin(*arguments: str, **settings: str) -> Popen[str]:
        started.append(launch([*arguments], OUTPUT_DIR=str(output), **settings))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
