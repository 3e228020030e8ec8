"""The laws of exports, held to real commands: harvests that are killed, articles that are edited,
and exports beside them."""

import os
import random
import time
from dataclasses import dataclass, field

import orjson
import pytest

import postgres
from harvest.proofs import count_posts, domestic, launch, query, slowly
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.times import at
from support import ON_SERVER

KILLS = int(os.environ.get("EXPORT_KILLS", "3"))  # on each kind of database
ARTICLES = 160
DELAY = 0.02  # download delay in seconds, so that kills hit a harvest while it writes
MOST_NEW = 30  # revisions until a kill
EDITED = 20  # articles in each round
HARVEST = ["harvest", "china", "-a", "channel=all"]


@dataclass
class Reader:
    """Who follows an archive by its exports: the whole at some moments, and all that changed."""

    settings: dict[str, str]
    whole: dict[int, bytes] = field(default_factory=dict)  # exports by when they were made
    replica: dict[str, bytes] = field(default_factory=dict)  # lines by docid, from the changes
    cursor: str = "0"

    def export(self, *arguments: str) -> tuple[bytes, str]:
        """What `scrapy export` writes to standard output, and the last line beside it."""
        process = launch(["export", "-o", "-", *arguments], **self.settings)
        stdout, stderr = process.communicate()
        assert process.returncode == 0, stderr
        return stdout.encode(), stderr.splitlines()[-1]

    def look(self) -> None:
        """Notes the whole archive as it is now. Nobody may write to it."""
        moment = int(time.time())
        self.whole[moment] = self.export()[0]

    def follow(self) -> None:
        """Takes over what changed since the last time. A harvest may run beside it."""
        changes, last = self.export("--changes-since", self.cursor)
        for line in changes.splitlines(keepends=True):
            self.replica[orjson.loads(line)["docid"]] = line
        name, self.cursor = last.split()
        assert name == "cursor"


@pytest.fixture
def mirror():
    with running(Site(articles=ARTICLES, tick=0)) as started:
        yield started


def edit_some(mirror, rng):
    mirror.site.now += 60
    for docid in rng.sample(sorted(domestic(mirror.site)), EDITED):
        mirror.site.edit(docid)


def count_revisions(output):
    if output not in ON_SERVER and not (output / "ledger.db").exists():
        return 0
    return query(output, "SELECT count(*) AS count FROM revisions")[0]["count"]


def harvest_and_kill(reader, output, rng):
    """Kills a harvest after some revisions, which may be of edited articles."""
    process = launch(HARVEST, **reader.settings, **slowly(DELAY))
    enough = count_posts(output) and count_revisions(output) + rng.randint(1, MOST_NEW)
    while process.poll() is None and not count_posts(output):
        time.sleep(0.01)
    while process.poll() is None and count_revisions(output) < enough:
        time.sleep(0.01)
    if rng.random() < 0.5:
        reader.follow()
    process.kill()
    process.communicate()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgres.MARK)])
def archive(request, output, monkeypatch):
    """The folder of an archive whose ledger is in it, or on a server."""
    if request.param == "postgresql":
        monkeypatch.setitem(ON_SERVER, output, request.getfixturevalue("postgres").url)
    return output


def test_exports_of_killed_harvests_keep_the_laws_of_time_and_of_change(mirror, archive):
    output, rng = archive, random.Random(KILLS)  # noqa: S311 - picks moments, no secrets
    reader = Reader({"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url})
    for _ in range(KILLS):
        harvest_and_kill(reader, output, rng)
        reader.look()
        edit_some(mirror, rng)
        mirror.forget()
    process = launch(HARVEST, **reader.settings)
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    reader.follow()
    head = reader.export()[0].splitlines(keepends=True)

    assert {orjson.loads(line)["docid"]: line for line in head} == reader.replica
    assert len(head) == len(domestic(mirror.site))
    assert any(orjson.loads(line)["revision"] > 1 for line in head)
    assert len({*reader.whole.values()}) > 1, "the moments differ"
    for moment, then in reader.whole.items():
        assert reader.export("--as-of", at(moment).isoformat())[0] == then, at(moment)
