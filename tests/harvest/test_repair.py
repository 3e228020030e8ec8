"""The next run repairs each kind of damage that a kill can leave behind."""

import os
import subprocess
import sys

import pytest

from harvest.proofs import (
    assert_accounts_balance,
    assert_posts_are_whole,
    change,
    leftovers,
    query,
    written,
)
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.atomic import TEMPORARY
from support import ROOT, lines

HARVEST = ("harvest", "china")
UNRECORD = """UPDATE stories SET state = 'listed', finished_run = NULL, revision = 0, worker = ?,
    content_hash = NULL, post_hash = NULL, due_at = 9999999999 WHERE docid = ?"""


@pytest.fixture
def mirror():
    with running(Site(articles=40, tick=0)) as started:
        yield started


NEW_WORKER = "from sinanews.ledger.workers import new_worker; print(new_worker())"


@pytest.fixture
def dead_worker():
    """The name of a worker on this machine whose process has ended."""
    run = subprocess.run(
        [sys.executable, "-c", NEW_WORKER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_the_next_run_repairs_what_a_kill_left_behind(mirror, scrapy, output, dead_worker):
    first = scrapy(*HARVEST, mirror=mirror.url)
    assert first.returncode == 0, first.stderr
    before, owner = written(output), dead_worker
    stories = query(output, "SELECT docid, post_path FROM stories ORDER BY docid")
    folder = (output / stories[0]["post_path"]).parent
    # The run was killed, so it has no end time.
    killed = "UPDATE runs SET ended = NULL, filed = NULL, verdict = NULL, report = NULL, worker = ?"
    change(output, killed, owner)
    # One post was written, but not yet recorded in the ledger.
    unrecorded = stories[0]["docid"]
    change(output, UNRECORD, owner, unrecorded)
    change(output, "DELETE FROM revisions WHERE docid = ?", unrecorded)
    # Another was recorded in the ledger, but its post was lost.
    (output / stories[1]["post_path"]).unlink()
    dead_pid = dead_worker.split(":")[2]
    # Temporary files: two of the killed process, one of a live process.
    abandoned = [
        folder / TEMPORARY.format(dead_pid, 0),
        output / "runs" / TEMPORARY.format(dead_pid, 1),
    ]
    in_use = folder / TEMPORARY.format(os.getpid(), 0)
    for file in (*abandoned, in_use):
        file.write_bytes(b"half a po")
    mirror.forget()

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert written(output) == before
    assert f"{stories[1]['post_path']} was missing after a kill and is written again" in run.stderr
    assert [path for path in mirror.articles() if unrecorded in path] == mirror.articles()
    assert "= written 1 + updated 0 + " in run.stdout
    revisions = query(output, "SELECT count(*) AS n FROM revisions GROUP BY docid")
    assert [row["n"] for row in revisions] == [1] * len(stories)
    assert len({line["docid"] for line in lines(output)}) == len(stories)
    assert leftovers(output) == [in_use]
    assert [row["verdict"] for row in query(output, "SELECT verdict FROM runs ORDER BY id")] == [
        "killed",
        "complete",
    ]
    assert_posts_are_whole(output)
    assert_accounts_balance(output)
    status = scrapy("status").stdout
    assert "the account balances, over all stories and 2 runs (1 killed or still at work)" in status
