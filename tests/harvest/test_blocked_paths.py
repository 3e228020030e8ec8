"""What stands in the way of one file costs one article, and the run goes on."""

import json

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
from support import lines

HARVEST = ("harvest", "china")


@pytest.fixture
def mirror():
    site = Site(articles=40, tick=0)
    site.now += 3600  # when all of them are listed
    with running(site) as started:
        yield started


@pytest.fixture
def undisturbed(mirror, scrapy, tmp_path):
    """The posts as a run writes them with nothing in its way."""
    folder = tmp_path / "undisturbed"
    assert scrapy(*HARVEST, mirror=mirror.url, OUTPUT_DIR=str(folder)).returncode == 0
    mirror.forget()
    return written(folder)


def folder_in_place(post):
    post.mkdir(parents=True)


def full_folder_in_place(post):
    folder_in_place(post)
    (post / "file").touch()


def loop_in_place(post):
    """A link that leads to itself is a name like any other, and gives way."""
    post.parent.mkdir(parents=True)
    post.symlink_to(post)


@pytest.mark.parametrize("block", [folder_in_place, full_folder_in_place])
def test_a_blocked_post_is_a_failure_of_its_article_and_written_once_the_way_is_free(
    block, undisturbed, mirror, scrapy, output
):
    path = sorted(undisturbed)[7]
    block(output / path)

    run = scrapy(*HARVEST, mirror=mirror.url)

    reason = "its post cannot be written: Is a directory"
    assert run.returncode == 3, run.stderr
    assert f"written {len(undisturbed) - 1} + " in run.stdout
    assert f"failed, {reason}: 1\n" in run.stdout
    assert "Traceback" not in run.stderr
    assert reports(output)[-1]["failures"] == {reason: 1}
    rest = {other: post for other, post in undisturbed.items() if other != path}
    (output / path / "file").unlink(missing_ok=True)
    (output / path).rmdir()
    assert written(output) == rest
    (story,) = query(output, "SELECT docid, state, due_at FROM stories WHERE revision = 0")
    assert story["due_at"], "it is tried again"
    assert json.loads((output / f"failed/{story['docid']}.json").read_text())["reason"] == reason
    assert leftovers(output) == []
    assert_accounts_balance(output)

    change(output, "UPDATE stories SET due_at = 0 WHERE revision = 0")
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    assert written(output) == undisturbed
    assert not (output / f"failed/{story['docid']}.json").exists()
    assert len(lines(output)) == len(undisturbed)


def test_a_link_to_itself_gives_way_to_the_post(undisturbed, mirror, scrapy, output):
    loop_in_place(output / sorted(undisturbed)[7])
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    assert written(output) == undisturbed


def test_a_failure_that_cannot_be_kept_either_is_recorded_all_the_same(
    undisturbed, mirror, scrapy, output
):
    path = sorted(undisturbed)[7]
    folder_in_place(output / path)
    (output / "failed").touch()

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 3, run.stderr
    assert "failed, its post cannot be written: Is a directory: 1\n" in run.stdout
    assert "cannot be kept in failed/: File exists" in run.stderr
    assert "Traceback" not in run.stderr
    change(output, "UPDATE stories SET due_at = 0 WHERE revision = 0")
    (output / path).rmdir()
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    assert written(output) == undisturbed


def test_a_file_where_a_channel_s_folder_belongs_fails_the_articles_of_that_channel(
    undisturbed, mirror, scrapy, output
):
    folder = (output / sorted(undisturbed)[7]).parent
    folder.parent.mkdir(parents=True)
    folder.touch()

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 3, run.stderr
    assert "Traceback" not in run.stderr
    failures = reports(output)[-1]["failures"]
    assert sum(failures.values()) == len(undisturbed)
    assert {reason.rpartition(": ")[0] for reason in failures} == {"its post cannot be written"}
    folder.unlink()
    change(output, "UPDATE stories SET due_at = 0 WHERE revision = 0")
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    assert written(output) == undisturbed
