"""A harvest that is killed at any moment leaves an archive that the next run completes."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

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

ARCHIVES, KILLS = 4, 25  # an archive is killed so often, one harvest after the other
LONGEST = 3.0  # seconds until a kill that waits for nothing
START = 1.5  # the same for the first kill, which is to hit the beginning
STEPS = 50  # posts until a kill that waits for posts
BLIND = 0.4  # of the kills wait for nothing
SLOW = 0.02  # seconds for each page, or a harvest would be over before it is killed so often
ARTICLES = 500
HARVEST = ["harvest", "china", "-a", "channel=all"]


@dataclass(frozen=True)
class Kill:
    """How an archive stood when a harvest was killed: its posts, and those of that harvest."""

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
    """An archive in the making."""

    output: Path
    mirror: str
    stories: int
    kills: list[Kill] = field(default_factory=list)

    def settings(self, delay: float = 0) -> dict[str, str]:
        told = {"OUTPUT_DIR": str(self.output), "MIRROR_URL": self.mirror}
        return told | (slowly(delay) if delay else {})

    def harvest(self) -> None:
        """Harvests undisturbed."""
        process = launch(HARVEST, **self.settings())
        said, errors = process.communicate()
        assert process.returncode == 0, said + errors

    def be_killed(self, dice: random.Random) -> None:
        """Harvests until the process is killed: after a while, or after some posts."""
        before = count_posts(self.output)
        process = launch(HARVEST, **self.settings(SLOW))
        if not self.kills or dice.random() < BLIND:
            time.sleep(dice.uniform(0, LONGEST if self.kills else START))
        else:
            wait_for_posts(process, self.output, before + dice.randint(1, STEPS))
            time.sleep(dice.uniform(0, SLOW))
        alive = process.poll() is None
        process.kill()
        process.communicate()
        if alive:
            there = count_posts(self.output)
            temporary = len(list(self.output.rglob("*.tmp")))
            self.kills.append(Kill(there, there - before, temporary, there == self.stories))

    def export(self) -> bytes:
        """What `scrapy export` makes of the archive."""
        file = self.output.parent / "export.jsonl"
        process = launch(["export", "-o", str(file)], **self.settings())
        said, errors = process.communicate()
        assert process.returncode == 0, said + errors
        return file.read_bytes()


def survive(archive: Archive, seed: int) -> None:
    """Kills an archive's harvests again and again, and then lets one come to its end."""
    dice = random.Random(seed)  # noqa: S311 - moments to kill at, no secrets
    while len(archive.kills) < KILLS:
        archive.be_killed(dice)
    archive.harvest()


def tell(archives: list[Archive]) -> None:
    kills = [kill for archive in archives for kill in archive.kills]
    phases = Counter(kill.phase for kill in kills)
    told = [
        f"{len(kills)} kills of harvests of {archives[0].stories} articles",
        *(f"{count} {phase}" for phase, count in phases.items()),
        f"{sum(kill.temporary > 0 for kill in kills)} left temporary files",
        *(f"posts there: {[kill.posts for kill in archive.kills]}" for archive in archives),
    ]
    print(*told, sep="\n")  # noqa: T201 - what pytest -rP shows


@pytest.fixture
def archives(tmp_path):
    """One whose harvest nobody disturbs, then those that are to be killed."""
    site = Site(articles=540, tick=0)
    with running(site) as mirror:
        folders = [tmp_path / str(number) / "output" for number in range(ARCHIVES + 1)]
        for folder in folders:
            folder.parent.mkdir()
        yield [Archive(folder, mirror.url, len(domestic(site))) for folder in folders]


def test_a_harvest_killed_again_and_again_ends_as_if_nobody_had_disturbed_it(archives, subtests):
    undisturbed, *killed = archives
    undisturbed.harvest()
    with ThreadPoolExecutor(ARCHIVES) as pool:
        list(pool.map(survive, killed, range(ARCHIVES)))
    tell(killed)

    assert_kills_hit_every_phase(killed)
    for archive in killed:
        for check in CHECKS:
            with subtests.test(check.__name__, archive=archive.output.parent.name):
                check(undisturbed, archive)


def assert_kills_hit_every_phase(archives):
    kills = [kill for archive in archives for kill in archive.kills]
    phases = Counter(kill.phase for kill in kills)
    assert all(archive.stories >= ARTICLES for archive in archives)
    assert len(kills) >= 100
    assert phases["before the first post"] >= 1
    assert phases["while posts were written"] >= 24


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


def no_article_has_two_json_lines(_, killed):
    found = Counter(
        line["docid"] for file in (killed.output / "articles").iterdir() for line in whole(file)
    )
    assert set(found.values()) == {1}


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
    no_article_has_two_json_lines,
    the_account_balances,
)
