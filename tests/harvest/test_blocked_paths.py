"""What stands in the way of one file costs one article, and the run goes on."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harvest.proofs import (
    assert_accounts_balance,
    change,
    leftovers,
    query,
    reports,
    written,
)
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import Scrapy, lines

HARVEST = ("harvest", "china")
EDITED = 12
REASON = "its post cannot be written: Is a directory"


@dataclass
class Archive:
    """An archive before a run that updates twelve articles, the posts as that run writes them with
    nothing in its way, and the path of one of these."""

    output: Path
    scrapy: Scrapy
    url: str
    undisturbed: dict[str, bytes] = field(default_factory=dict)
    path: str = ""

    @property
    def post(self) -> Path:
        return self.output / self.path

    def harvest(self, **settings):
        return self.scrapy(*HARVEST, mirror=self.url, **settings)

    def harvest_again(self):
        """Has what failed tried again."""
        change(self.output, "UPDATE stories SET due_at = 0 WHERE state = 'failed'")
        run = self.harvest()
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def archive(scrapy, output, tmp_path):
    site = Site(articles=40, tick=0)
    site.now += 3600  # when all of them are listed
    with running(site) as mirror:
        archive, twin = Archive(output, scrapy, mirror.url), tmp_path / "twin"
        for folder in (output, twin):
            assert archive.harvest(OUTPUT_DIR=str(folder)).returncode == 0
        edited = [story.docid for story in site.listed(1686)[:EDITED]]
        site.now += 3600
        for docid in edited:
            site.edit(docid)
        assert archive.harvest(OUTPUT_DIR=str(twin)).returncode == 0
        archive.undisturbed = written(twin)
        sql = f"SELECT post_path FROM stories WHERE docid = '{edited[7]}'"  # noqa: S608 - a docid of ours
        archive.path = str(query(output, sql)[0]["post_path"])
        yield archive


def folder_in_place(post):
    post.unlink()
    post.mkdir()


def full_folder_in_place(post):
    folder_in_place(post)
    (post / "file").touch()


@pytest.mark.parametrize("block", [folder_in_place, full_folder_in_place])
def test_a_blocked_post_is_a_failure_of_its_article_and_written_once_the_way_is_free(
    block, archive
):
    output = archive.output
    block(archive.post)

    run = archive.harvest()

    assert run.returncode == 3, run.stderr
    assert f"updated {EDITED - 1} + " in run.stdout
    assert f"failed, {REASON}: 1\n" in run.stdout
    assert "Traceback" not in run.stderr
    assert reports(output)[-1]["failures"] == {REASON: 1}
    (archive.post / "file").unlink(missing_ok=True)
    archive.post.rmdir()
    rest = {path: post for path, post in archive.undisturbed.items() if path != archive.path}
    assert written(output) == rest
    (story,) = query(output, "SELECT docid, due_at FROM stories WHERE state = 'failed'")
    assert story["due_at"], "it is tried again"
    failed = output / f"failed/{story['docid']}.json"
    assert json.loads(failed.read_text("utf-8"))["reason"] == REASON
    assert leftovers(output) == []
    assert_accounts_balance(output)

    archive.harvest_again()

    assert written(output) == archive.undisturbed
    assert not failed.exists()
    assert len(lines(output)) == len(archive.undisturbed) + EDITED


def test_a_link_to_itself_gives_way_to_the_post(archive):
    archive.post.unlink()
    archive.post.symlink_to(archive.post)
    assert archive.harvest().returncode == 0
    assert written(archive.output) == archive.undisturbed


def test_a_failure_that_cannot_be_kept_either_is_recorded_all_the_same(archive):
    folder_in_place(archive.post)
    (archive.output / "failed").touch()

    run = archive.harvest()

    assert run.returncode == 3, run.stderr
    assert f"failed, {REASON}: 1\n" in run.stdout
    assert "cannot be kept in failed/: File exists" in run.stderr
    assert "Traceback" not in run.stderr
    archive.post.rmdir()
    archive.harvest_again()
    assert written(archive.output) == archive.undisturbed


def test_a_file_where_a_channel_s_folder_belongs_fails_the_articles_of_that_channel(archive):
    folder = archive.post.parent
    aside = folder.rename(archive.output / "aside")
    folder.touch()

    run = archive.harvest()

    assert run.returncode == 3, run.stderr
    assert "Traceback" not in run.stderr
    failures = reports(archive.output)[-1]["failures"]
    assert sum(failures.values()) == EDITED
    assert {reason.rpartition(": ")[0] for reason in failures} == {"its post cannot be written"}
    folder.unlink()
    aside.rename(folder)
    archive.harvest_again()
    assert written(archive.output) == archive.undisturbed
