"""A harvest killed at any moment leaves an archive that the next run completes."""

import os
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import postgres
from harvest.proofs import (
    assert_accounts_balance,
    assert_posts_are_whole,
    count_posts,
    domestic,
    launch,
    ledger_rows,
    leftovers,
    query,
    slowly,
    wait_for_posts,
    whole,
    written,
)
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import ON_SERVER

# Of all archives, half of them with their ledgers on a server; HARVEST_KILLS=200 has that many.
IN_ALL = int(os.environ.get("HARVEST_KILLS", "24"))
ARCHIVES = 2 if IN_ALL >= 48 else 1  # of each kind
KILLS = IN_ALL // 2 // ARCHIVES  # of each, one harvest after the other
MAX_WAIT = 3.0  # maximum seconds until a kill at a random time
MAX_FIRST_WAIT = 1.5  # the same for the first kill, which should hit the start
MAX_NEW_POSTS = 1250 // KILLS  # maximum number of new posts until a kill that waits for posts
TIMED = 0.4  # share of the kills that come at a random time
DELAY = 0.02  # download delay in seconds, so that a harvest lasts long enough for all kills
ARTICLES = 500
HARVEST = ["harvest", "china", "-a", "channel=all"]


@dataclass(frozen=True)
class Kill:
    """The state of an archive after a kill: all posts, and those new in the killed harvest."""

    posts: int
    fresh: int
    temporary: int
    done: bool

    @property
    def phase(self) -> str:
        if not self.posts:
            return "before the first post"
        if self.done:
            return "when all posts were there"
        return "while posts were written" if self.fresh else "while starting again"


@dataclass
class Archive:
    """An archive and the kills of its harvests."""

    output: Path
    mirror: str
    stories: int
    kills: list[Kill] = field(default_factory=list)

    def settings(self, delay: float = 0) -> dict[str, str]:
        settings = {"OUTPUT_DIR": str(self.output), "MIRROR_URL": self.mirror}
        return settings | (slowly(delay) if delay else {})

    def harvest(self) -> None:
        """Harvests to the end."""
        process = launch(HARVEST, **self.settings())
        stdout, stderr = process.communicate()
        assert process.returncode == 0, stdout + stderr

    def harvest_and_kill(self, rng: random.Random) -> None:
        """Starts a harvest and kills it after a random time or a random number of posts."""
        before = count_posts(self.output)
        process = launch(HARVEST, **self.settings(DELAY))
        if not self.kills or rng.random() < TIMED:
            time.sleep(rng.uniform(0, MAX_WAIT if self.kills else MAX_FIRST_WAIT))
        else:
            wait_for_posts(process, self.output, before + rng.randint(1, MAX_NEW_POSTS))
            time.sleep(rng.uniform(0, DELAY))
        alive = process.poll() is None
        process.kill()
        process.communicate()
        if alive:
            posts = count_posts(self.output)
            temporary = len(list(self.output.rglob("*.tmp")))
            self.kills.append(Kill(posts, posts - before, temporary, posts == self.stories))

    def export(self) -> bytes:
        """The output of `scrapy export` for the archive, but for what depends on when an article
        was read, and before which other."""
        file = self.output.parent / "export.jsonl"
        process = launch(["export", "-o", str(file)], **self.settings())
        stdout, stderr = process.communicate()
        assert process.returncode == 0, stdout + stderr
        return re.sub(rb'"(?:seen|duplicate_of)":(?:"[^"]*"|null),?', b"", file.read_bytes())


def kill_repeatedly(archive: Archive, seed: int) -> None:
    """Kills harvests of an archive repeatedly, then lets one finish."""
    rng = random.Random(seed)  # noqa: S311 - picks moments to kill at, no secrets
    while len(archive.kills) < KILLS:
        archive.harvest_and_kill(rng)
    archive.harvest()


def print_summary(archives: list[Archive]) -> None:
    kills = [kill for archive in archives for kill in archive.kills]
    phases = Counter(kill.phase for kill in kills)
    summary = [
        f"{len(kills)} kills of harvests of {archives[0].stories} articles",
        *(f"{count} {phase}" for phase, count in phases.items()),
        f"{sum(kill.temporary > 0 for kill in kills)} left temporary files",
        *(f"posts there: {[kill.posts for kill in archive.kills]}" for archive in archives),
    ]
    print(*summary, sep="\n")  # noqa: T201 - shown by pytest -rP


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=postgres.MARK)])
def archives(request, tmp_path, monkeypatch):
    """One archive for an undisturbed harvest, then those whose harvests are killed, their ledgers
    on a server or not."""
    site = Site(articles=540, tick=0)
    with running(site) as mirror:
        folders = [tmp_path / str(number) / "output" for number in range(ARCHIVES + 1)]
        for folder in folders:
            folder.parent.mkdir()
        with ExitStack() as databases:
            for folder in folders[1:] if request.param == "postgresql" else ():
                url = databases.enter_context(postgres.database()).url
                monkeypatch.setitem(ON_SERVER, folder, url)
            yield [Archive(folder, mirror.url, len(domestic(site))) for folder in folders]


@pytest.mark.long
def test_a_repeatedly_killed_harvest_ends_like_an_undisturbed_one(archives, subtests):
    undisturbed, *killed = archives
    undisturbed.harvest()
    with ThreadPoolExecutor(ARCHIVES) as pool:
        list(pool.map(kill_repeatedly, killed, range(1, ARCHIVES + 1)))
    print_summary(killed)

    assert_kills_hit_every_phase(killed)
    for archive in killed:
        for check in CHECKS:
            with subtests.test(check.__name__, archive=archive.output.parent.name):
                check(undisturbed, archive)


def assert_kills_hit_every_phase(archives):
    kills = [kill for archive in archives for kill in archive.kills]
    phases = Counter(kill.phase for kill in kills)
    assert all(archive.stories >= ARTICLES for archive in archives)
    assert len(kills) == KILLS * ARCHIVES
    assert phases["before the first post"] >= 1
    assert phases["while posts were written"] >= len(kills) * 0.24


def the_posts_are_the_same_byte_for_byte(undisturbed, killed):
    assert len(written(undisturbed.output)) == undisturbed.stories
    assert written(killed.output) == written(undisturbed.output)


def the_ledger_says_the_same(undisturbed, killed):
    assert ledger_rows(killed.output) == ledger_rows(undisturbed.output)


def the_export_is_the_same(undisturbed, killed):
    assert killed.export() == undisturbed.export()


def no_temporary_file_is_left(_, killed):
    assert leftovers(killed.output) == []


def no_article_was_written_twice(_, killed):
    assert query(killed.output, "SELECT docid FROM stories WHERE revision != 1") == []
    assert len(query(killed.output, "SELECT docid FROM revisions")) == killed.stories


def each_article_has_one_json_line(undisturbed, killed):
    lines_per_article = Counter(
        line["docid"] for file in (killed.output / "articles").iterdir() for line in whole(file)
    )
    assert set(lines_per_article.values()) == {1}
    assert len(lines_per_article) == undisturbed.stories


def the_account_balances(_, killed):
    assert_accounts_balance(killed.output)
    assert_posts_are_whole(killed.output)
    verdicts = {run["verdict"] for run in query(killed.output, "SELECT verdict FROM runs")}
    assert verdicts <= {"killed", "complete"}


CHECKS = (
    the_posts_are_the_same_byte_for_byte,
    the_ledger_says_the_same,
    the_export_is_the_same,
    no_temporary_file_is_left,
    no_article_was_written_twice,
    each_article_has_one_json_line,
    the_account_balances,
)
