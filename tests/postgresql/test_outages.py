"""Whatever befalls the server while harvests are at work: they wait, or end in good order, and a
further one makes the archive whole. Nothing is lost, and nothing is there twice."""

import os
import random
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from harvest.proofs import count_posts, launch, leftovers, reports, slowly, wait_for_posts, whole
from harvest.test_full_disk import fill
from postgres import MARK, Database, Server
from postgresql.proxy import proxy
from sinanews.ledger.database import BUSY_SECONDS
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.read_only import read_only_engine
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.posts.paths import post_path
from support import posts

pytestmark = MARK
HARVEST = ["harvest", "china"]
ARTICLES = 200
GUONEI = 1686
DELAY = 0.02  # seconds between two pages, so that what befalls the server hits a harvest at work
OUTAGES = int(os.environ.get("SERVER_OUTAGES", "9"))
MOST = 4 * OUTAGES  # harvests until that many have befallen them
GOOD = (0, 3)


@pytest.fixture
def mirror():
    with running(Site(articles=ARTICLES, tick=0)) as started:
        yield started


@pytest.fixture
def settings(mirror, output):
    return {"MIRROR_URL": mirror.url, "OUTPUT_DIR": str(output)}


def ended(process):
    """The exit code of a harvest, and what it said; it ended in good order."""
    stdout, stderr = process.communicate()
    assert process.returncode in GOOD, stdout + stderr
    assert "Traceback" not in stderr, stderr
    return process.returncode, stdout + stderr


def assert_is_whole(output, mirror, url):
    """Each article has one post, one revision and one JSON line, and the account balances."""
    docids = {story.docid for story in mirror.site.listed(GUONEI)}
    with closing(Ledger(read_only_engine(url), post_path)) as ledger:
        counts = ledger.counts()
        assert counts == ledger.audit()
        assert list(counts.complaints()) == []
        articles = dict(ledger.articles())
    assert {article.docid for article in articles.values()} == docids
    assert {article.revision for article in articles.values()} == {1}
    assert {str(path.relative_to(output)) for path in posts(output)} == {*articles}
    assert leftovers(output) == []
    files = (output / "articles").iterdir()
    lines = Counter(line["docid"] for file in files for line in whole(file))
    assert lines == dict.fromkeys(docids, 1)
    for report in reports(output):
        assert report["account"]["listed"] == sum(
            number for state, number in report["account"].items() if state != "listed"
        )


def test_harvests_survive_whatever_befalls_the_server_and_the_way_to_it(
    postgres, settings, mirror, output
):
    rng = random.Random(OUTAGES)  # noqa: S311 - picks moments, no secrets
    with proxy(postgres.server.port) as way:
        direct = postgres.url
        settings["LEDGER_URL"] = (
            make_url(direct).set(port=way.port).render_as_string(hide_password=False)
        )

        def restart(mode):
            postgres.stop(mode)
            time.sleep(rng.random())
            postgres.start()

        def lose_commits(*, before):
            way.before, way.lost = before, 1
            end = time.monotonic() + 2
            while way.lost and time.monotonic() < end:
                time.sleep(0.01)
            way.lost = 0

        outages = {
            "stopped": lambda: restart("fast"),
            "crashed": lambda: restart("immediate"),
            "cut off": postgres.cut,
            "broken way": way.cut,
            "commit lost": lambda: lose_commits(before=True),
            "answer lost": lambda: lose_commits(before=False),
        }
        left = [name for _ in range(OUTAGES) for name in outages][:OUTAGES]
        codes = []
        while left and len(codes) < MOST:
            process = launch(HARVEST, **settings, **slowly(DELAY))
            while left and process.poll() is None:
                wait_for_posts(process, output, count_posts(output) + rng.randint(1, 9))
                time.sleep(rng.random() * 0.1)
                if process.poll() is None:
                    outages[left.pop()]()
            codes.append(ended(process)[0])
            if not codes[-1]:  # it got to the end: more to do
                mirror.site.now += 3600
                mirror.site.publish(40)
        assert left == []
        assert way.losses > 0

        code, said = ended(launch(HARVEST, **settings))
        assert code == 0, said
    assert_is_whole(output, mirror, direct)


def test_a_statement_that_takes_too_long_ends_the_run_in_good_order(
    postgres, settings, mirror, output
):
    patient = postgres.url
    settings["LEDGER_URL"] = f"{patient}?options=-cstatement_timeout%3D500ms"
    process = launch(HARVEST, **settings, **slowly(DELAY))
    wait_for_posts(process, output, 5)
    with postgres.server.connect(postgres.name) as holder:
        holder.autocommit = False
        holder.execute("LOCK TABLE stories")
        code, said = ended(process)
    assert code == 3
    assert "due to statement timeout; raise statement_timeout" in said
    assert "cannot be written: canceling statement due to statement timeout" in said

    code, said = ended(launch(HARVEST, **settings))

    assert code == 0, said
    assert_is_whole(output, mirror, patient)


@pytest.fixture
def small_server():
    """A server on a small disk of its own, in a folder that its user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="sinanews-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(folder)]
    result = subprocess.run(mount, capture_output=True, text=True, check=False)
    if result.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk can be mounted by root alone: {result.stderr.strip()}")
    try:
        server = Server(folder)
        server.start()
        yield server
        server.stop("immediate")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_of_the_server_ends_the_run_and_with_more_room_the_next_completes_it(
    small_server, settings, mirror, output
):
    database = Database(small_server, "postgres")
    settings["LEDGER_URL"] = database.url
    process = launch(HARVEST, **settings, **slowly(DELAY))
    wait_for_posts(process, output, 5)
    filler = fill(small_server.folder)

    began = time.monotonic()
    code, said = ended(process)
    assert code == 3, said
    assert time.monotonic() - began < 2 * BUSY_SECONDS + 30
    assert f"the ledger {database.shown} cannot be written: " in said
    assert len(mirror.articles()) < len(mirror.site.listed(GUONEI))

    filler.unlink()
    small_server.start()
    code, said = ended(launch(HARVEST, **settings))
    assert code == 0, said
    assert_is_whole(output, mirror, database.url)
