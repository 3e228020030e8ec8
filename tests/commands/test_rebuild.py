"""`scrapy rebuild`: alone with the archive, safe beside a crawl; `--check` tells what differs."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock
from scrapy.settings import Settings

from harvest.proofs import launch, leftovers, query, slowly, wait_for_posts, written
from sinanews.archive.lock import locked
from sinanews.archive.rebuild import rebuild
from sinanews.config import Config
from sinanews.items import State
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Outcome
from sinanews.ledger.revisions import raise_damage
from sinanews.posts.paths import post_path
from sinanews.posts.render import post_bytes
from sinanews.utils.atomic import TEMPORARY, write_whole
from support import posts

HARVEST = ("harvest", "china")


def snapshot(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Every file, with its bytes and the time of its last change."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture
def harvest(mirror, output, server):  # noqa: ARG001 - its ledger is there
    """A harvest that is at work."""
    settings = {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url}
    process = launch([*HARVEST], **settings, **slowly(10))
    wait_for_posts(process, output, 1)
    yield process
    process.kill()
    process.communicate()


def test_a_rebuild_does_nothing_beside_a_harvest(harvest, scrapy, output):
    run = scrapy("rebuild")

    assert run.returncode == 75, run.stderr
    lock = output / "harvest.lock"
    assert run.stdout == f"rebuild: a harvest holds {lock}; this one does nothing\n"
    assert scrapy("rebuild", "--check").returncode == 0, "to look is allowed"
    assert harvest.poll() is None


@pytest.mark.parametrize(
    ("command", "holder"),
    [(["harvest", "china"], "a rebuild"), (["rebuild"], "another rebuild")],
)
def test_nothing_is_done_beside_a_rebuild(command, holder, archive, mirror, scrapy):
    before = written(archive)
    mirror.forget()
    with locked(archive, "rebuild"):
        run = scrapy(*command, mirror=mirror.url)

    assert run.returncode == 75, run.stderr
    lock = archive / "harvest.lock"
    assert run.stdout == f"{command[0]}: {holder} holds {lock}; this one does nothing\n"
    assert mirror.requests == []
    assert written(archive) == before


def test_a_lock_that_says_nothing_is_taken_for_a_harvest_s(archive, scrapy):
    (archive / "harvest.lock").write_bytes(b"")
    with FileLock(archive / "harvest.lock"):
        assert "rebuild: a harvest holds" in scrapy("rebuild").stdout


class RacingLedger(Ledger):
    """Beside it, a crawl writes a second revision of an article at the worst moment: when a rebuild
    has read the first one."""

    config: Config

    def publish(self, last: Mapping[str, int], place: object) -> None:
        other = Ledger.open(self.config, post_path)
        other.begin("china", self.config.site)
        docid = next(iter(last))
        other.requeue([docid])
        (claim,) = other.claim(1)
        (article,) = other.revisions(docid)
        article.revision, article.body_html = 2, "<p>第二版。</p>"
        post = post_bytes(article, self.config)
        write_whole({self.config.output / claim.post_path: post})
        other.record_outcomes([Outcome(article, State.UPDATED, claim.post_path)])
        other.runs.end(other.run, "complete", {})
        other.close()
        super().publish(last, place)


def test_a_rebuild_leaves_what_a_crawl_wrote_meanwhile(archive, mirror, scrapy, server):
    settings = Settings()
    settings.setmodule("sinanews.settings")
    told = {"OUTPUT_DIR": str(archive), "MIRROR_URL": mirror.url, "LEDGER_URL": server}
    settings.setdict(told, "cmdline")
    before = written(archive)
    racing = RacingLedger.open(Config.from_settings(settings), post_path)
    racing.config = Config.from_settings(settings)

    rebuilt = rebuild(racing, racing.config, raise_damage)

    racing.close()
    (changed,) = query(archive, "SELECT post_path FROM stories WHERE revision = 2")
    now = written(archive)
    assert rebuilt.posts == len(now) == len(before)
    assert "第二版。" in now[changed["post_path"]].decode()
    assert {path for path in now if now[path] != before[path]} == {changed["post_path"]}
    assert scrapy("rebuild", "--check").returncode == 0
    assert leftovers(archive) == []


def test_rebuilds_beside_a_crawl_leave_the_posts_of_the_ledger(archive, mirror, scrapy):
    before = posts(archive)
    mirror.site.now += 3600
    for story in mirror.site.listed(1686):
        mirror.site.edit(story.docid)
    crawl = launch(["crawl", "china"], OUTPUT_DIR=str(archive), MIRROR_URL=mirror.url)

    while crawl.poll() is None:
        run = scrapy("rebuild")
        assert run.returncode == 0, run.stderr

    stdout, stderr = crawl.communicate()
    assert crawl.returncode == 0, stderr
    assert f"updated {len(before)} " in stdout
    check = scrapy("rebuild", "--check")
    assert check.returncode == 0, check.stdout
    assert leftovers(archive) == []


def test_a_rebuild_names_the_post_that_something_stands_in_the_way_of(archive, scrapy):
    before = written(archive)
    blocked, lost, *_ = posts(archive)
    lost.unlink()
    blocked.unlink()
    blocked.mkdir()

    run = scrapy("rebuild")

    assert run.returncode == 3, run.stderr
    path = blocked.relative_to(archive)
    assert run.stdout.splitlines() == [
        f"{path} cannot be written: Is a directory",
        f"{len(before)} posts in {archive}",
    ]
    blocked.rmdir()
    del before[str(path)]
    assert written(archive) == before
    assert leftovers(archive) == []


def test_a_check_of_posts_that_are_the_ledger_s_says_so(archive, scrapy):
    half = posts(archive)[0].with_name(TEMPORARY.format(1, 0))
    half.write_bytes(b"half a po")  # a crawl is at work

    run = scrapy("rebuild", "--check")

    count = len(posts(archive))
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{count} posts: 0 differ, 0 missing, 0 of no article\n"


def test_a_check_names_each_post_that_is_not_as_the_ledger_has_it_and_changes_nothing(
    archive, scrapy
):
    count = len(posts(archive))
    differs, lost, folder, *_ = posts(archive)
    differs.write_bytes(differs.read_bytes() + b" ")
    lost.unlink()
    folder.unlink()
    folder.mkdir()
    foreign = differs.with_name("别的.md")
    foreign.write_bytes(b"of another")
    odd = Path(str(differs.parent).encode().decode(), b"\xff.md".decode("utf-8", "surrogateescape"))
    odd.write_bytes(b"no UTF-8")
    before = snapshot(archive)

    run = scrapy("rebuild", "--check")

    name = differs.parent.relative_to(archive)
    assert run.returncode == 3, run.stderr
    assert sorted(run.stdout.splitlines()[:-1]) == sorted(
        [
            f"{name / differs.name} differs from the ledger",
            f"{name / folder.name} differs from the ledger",
            f"{name / lost.name} is missing",
            f"{name / foreign.name} belongs to no article",
            f"{name}/\ufffd.md belongs to no article",
        ]
    )
    assert run.stdout.splitlines()[-1] == f"{count} posts: 2 differ, 1 missing, 2 of no article"
    assert snapshot(archive) == before
