"""Workers that are killed at any moment lose and double nothing: the rest of them finish the same
harvest.

WORKER_KILLS=50 has that many. benchmarks/worker_kills.py does it with 2,000 articles each, and
with scrapy-redis beside.
"""

import os
import random
from contextlib import ExitStack
from itertools import cycle

import pytest

import postgres
from benchmarks.worker_crews import Count, Sinanews, can_be_elsewhere, count_sinanews
from harvest.proofs import domestic
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import QUICK

pytestmark = postgres.MARK

IN_ALL = int(os.environ.get("WORKER_KILLS", "6"))
# Workers, all but one of which are killed, and whether each is as on a machine of its own.
CREWS = ((4, False), (3, True), (2, False), (2, True))
ARTICLES = 250
HARVEST = ("china", "-achannel=all")


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> tuple[int, list[Count]]:
    """How many stories the lists have, and what came of each harvest."""
    folder = tmp_path_factory.mktemp("workers")
    rng = random.Random(17)  # noqa: S311 - picks moments to kill at, no secret
    site, made = Site(articles=ARTICLES, tick=0), []
    with ExitStack() as open_, running(site) as mirror:
        settings = QUICK | {"MIRROR_URL": mirror.url}
        options = [*HARVEST, *(f"-s{name}={value}" for name, value in settings.items())]
        ours = Sinanews(options, lambda: open_.enter_context(postgres.database()).url)
        expected = ours.undisturbed(folder)
        for turn, (workers, elsewhere) in enumerate(cycle(CREWS)):
            if sum(len(one.kills) for one in made) >= IN_ALL:
                break
            folders = [folder / str(turn) / str(number) for number in range(workers)]
            apart = elsewhere and can_be_elsewhere()
            made.append(count_sinanews(ours, expected, folders, rng, elsewhere=apart))
    for one in made:
        print(one)  # noqa: T201 - shown by pytest -rP
    return len(domestic(site)), made


def test_workers_are_killed_at_work(killed):
    articles, counts = killed
    moments = [moment for one in counts for moment in one.kills]
    assert len(moments) >= IN_ALL
    assert sum(0 < moment < articles for moment in moments) >= IN_ALL / 2


def test_nothing_is_lost_and_nothing_is_doubled(killed):
    _, counts = killed
    assert [(one.lost, one.doubled) for one in counts] == [(0, 0)] * len(counts)


def test_the_harvest_is_complete_and_each_survivor_says_so(killed):
    _, counts = killed
    assert [one.codes for one in counts] == [[0] * len(one.codes) for one in counts]
    assert all(one.codes for one in counts)


def test_the_export_is_that_of_one_worker(killed):
    _, counts = killed
    assert all(one.same_export for one in counts)
