"""An archive on a read-only disk can be looked at, and not harvested."""

import json

from commands.conftest import on_file
from harvest.proofs import count_posts, launch, slowly, wait_for_posts
from support import needs_mount, on_read_only_disk

pytestmark = [needs_mount, on_file]


def test_an_archive_on_a_read_only_disk_is_shown_and_exported(archive, scrapy, tmp_path, subtests):
    disk = on_read_only_disk(archive)
    file = tmp_path / "all.jsonl"
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}

    for command, expected in (
        (["status"], "the account balances, over all stories and 1 runs"),
        (["status", "--check"], "healthy"),
        (["status", "--failed"], "no story has failed"),
        (["export", "-o", str(file)], f"{count_posts(archive)} articles in {file}"),
    ):
        with subtests.test(" ".join(command)):
            run = scrapy(*command, prefix=disk)
            assert (run.returncode, run.stderr) == (0, "")
            assert expected in run.stdout.splitlines()
    assert {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()} == before


def test_an_archive_on_a_read_only_disk_is_neither_harvested_nor_rebuilt(archive, mirror, scrapy):
    mirror.forget()
    for command in (["harvest", "china"], ["rebuild"]):
        run = scrapy(*command, mirror=mirror.url, prefix=on_read_only_disk(archive))
        assert run.returncode == 2, run.stderr
        assert "Traceback" not in run.stderr
    assert mirror.requests == []


def test_a_read_only_archive_is_shown_beside_a_harvest_and_after_a_kill(mirror, scrapy, output):
    harvest = launch(
        ["harvest", "china"], OUTPUT_DIR=str(output), MIRROR_URL=mirror.url, **slowly(2)
    )
    wait_for_posts(harvest, output, 1)
    disk = on_read_only_disk(output)

    beside = scrapy("status", "--json", prefix=disk)
    harvest.kill()
    harvest.communicate()
    after = scrapy("status", "--json", prefix=disk)

    assert (beside.returncode, after.returncode) == (0, 0), beside.stderr + after.stderr
    assert json.loads(beside.stdout)["account"]["listed"] > 0
    assert json.loads(after.stdout)["account"]["written"] == count_posts(output)
    assert json.loads(after.stdout)["runs"][0]["verdict"] == "killed"
