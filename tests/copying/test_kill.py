"""A copy whose process was killed at any moment is gone on with, and is the same in the end."""

import os
import random
import signal
from itertools import count

import pytest
from sqlalchemy import Engine, event

from copying.conftest import tables
from sinanews.ledger import copying
from support import scrapy_in

KILLS = int(os.environ.get("COPY_KILLS", "2"))  # in each direction
EVENT = "before_cursor_execute"


def killed(source: str, target: str, statement: int) -> bool:
    """Copies in a process that is killed before that statement, counted on both sides; returns
    whether it came so far."""
    pid = os.fork()
    if pid == 0:
        left = count(statement, -1)
        try:
            event.listen(
                Engine, EVENT, lambda *_: next(left) or os.kill(os.getpid(), signal.SIGKILL)
            )
            copying.copy(source, target)
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(copying, "PAGE", 40)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_copy_is_gone_on_with(seed, source, target):
    chance = random.Random(seed)  # noqa: S311 - a kill can be repeated

    kills = 0
    while kills < 4 and killed(source, target, chance.randint(1, 200)):
        kills += 1

    assert kills > 0, "some copies are killed before they are whole"
    assert copying.copy(source, target).differences.count == 0
    assert tables(target) == tables(source)


@pytest.mark.usefixtures("small_pages")
def test_the_export_of_a_killed_copy_is_that_of_the_source(source, target, archive):
    assert killed(source, target, 60)

    run = scrapy_in(archive)("ledger", "copy", source, target)

    assert run.returncode == 0, run.stderr
    exports = [
        scrapy_in(archive)("export", "-o", "-", "--revisions", LEDGER_URL=url).stdout
        for url in (source, target)
    ]
    assert exports[0] == exports[1] != ""
