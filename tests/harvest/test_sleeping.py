"""Crawls that share an archive, one of which is stopped, killed, slow, or elsewhere: nothing is
lost, and nothing is done twice."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing

import pytest

from harvest.proofs import (
    STUCK,
    assert_accounts_balance,
    assert_posts_are_whole,
    change,
    count_posts,
    leftovers,
    query,
    slowly,
)
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import QUICK, ROOT, Pages, article_page, lines, place

CRAWL = ("crawl", "china")
LEASE = 2
LOST = "nothing is written, its story is no longer this worker's"
TABLES = "SELECT name FROM sqlite_master WHERE name = 'runs'"
DONE = "SELECT docid FROM stories WHERE finished_run IS NOT NULL"
HELD = "SELECT docid FROM stories WHERE worker IS NOT NULL"
WAITING = "SELECT docid FROM stories WHERE worker IS NULL AND due_at IS NOT NULL"


def wait_until(condition, *processes):
    """Waits for a condition while the processes run."""
    began = time.monotonic()
    while not condition():
        assert all(process.poll() is None for process in processes), "it ended too early"
        assert time.monotonic() - began < STUCK, "nothing moves"
        time.sleep(0.01)


def count(output, sql):
    """How many rows a query of the ledger has."""
    return len(query(output, sql))


def wait_for_rows(output, sql, number, *processes):
    """Waits until a query of the ledger has so many rows; at first there is no ledger, or an empty
    one."""

    def there():
        made = (output / "ledger.db").exists() and count(output, TABLES)
        return made and count(output, sql) >= number

    wait_until(there, *processes)


def stop(process):
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


def stop_between_transactions(process, output):
    """Stops a crawl that holds no lock of its ledger: others would wait for that in vain."""
    while True:
        stop(process)
        with closing(sqlite3.connect(output / "ledger.db", timeout=0)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.01)
            else:
                return


class GatedPages(Pages):
    """Pages that are answered at once, but for those of `held` articles: these wait until the gate
    opens, and say what they said when they were asked for."""

    def __init__(self, docids):
        super().__init__()
        self.gate = threading.Event()
        self.held = set()
        self.docids = docids
        self.publish("第一版。")

    def publish(self, text):
        for docid in self.docids:
            self[place(docid)] = article_page(docid, f"<p>{text}</p>")

    def reply(self, target):
        answer = super().reply(target)
        if target in self.held:
            self.gate.wait(STUCK)
        return answer

    def waiting(self):
        return len(self.held & set(self.requests))


@pytest.fixture
def gated():
    docids = [f"n{number:02}" for number in range(30)]
    pages = GatedPages(docids)
    pages.held = {place(docid) for docid in docids[5:]}
    yield pages
    pages.gate.set()
    pages.server.shutdown()
    pages.server.server_close()


def asking_for(pages):
    urls = ",".join(f"https://{place(docid)}" for docid in pages.docids)
    return ("crawl", "articles", "-a", f"urls={urls}")


@pytest.fixture
def stopped(gated, start, output):
    """A crawl that has written five articles, has asked for others, and was stopped then: their
    pages come while it sleeps."""
    settings = {"MIRROR_URL": gated.url, "LEASE_SECONDS": str(LEASE), "DOWNLOAD_TIMEOUT": "60"}
    crawl = start(*asking_for(gated), **settings)
    wait_for_rows(output, DONE, 5, crawl)
    wait_until(lambda: gated.waiting() >= 8, crawl)
    stop_between_transactions(crawl, output)
    gated.gate.set()
    return crawl


def wake(process):
    """What a crawl that was stopped logs until it ends, in good order."""
    process.send_signal(signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=STUCK)
    assert process.returncode == 0, stdout + stderr
    assert "Traceback" not in stderr
    return stderr


def assert_nothing_is_double(output, scrapy):
    written = Counter((line["docid"], line["revision"]) for line in lines(output))
    assert set(written.values()) == {1}
    assert len(written) == count(output, "SELECT docid FROM revisions")
    assert leftovers(output) == []
    assert_accounts_balance(output)
    assert_posts_are_whole(output)
    check = scrapy("rebuild", "--check")
    assert check.returncode == 0, check.stdout
    assert "the account balances" in scrapy("status").stdout


def test_a_crawl_that_was_stopped_for_longer_than_its_lease_writes_nothing_that_another_did(
    stopped, gated, scrapy, output
):
    second = scrapy(*asking_for(gated), mirror=gated.url, LEASE_SECONDS=str(LEASE))

    assert second.returncode == 0, second.stderr
    assert count_posts(output) == len(gated.docids), "it waited for the lease to run out"
    log = wake(stopped)
    assert 8 <= log.count(LOST) <= len(gated.docids) - 5
    assert {line["docid"] for line in lines(output)} == set(gated.docids)
    assert {line["revision"] for line in lines(output)} == {1}
    assert_nothing_is_double(output, scrapy)


def test_a_crawl_that_was_stopped_does_not_undo_what_changed_meanwhile(
    stopped, gated, scrapy, output, tmp_path
):
    settings = {"mirror": gated.url, "LEASE_SECONDS": str(LEASE)}
    assert scrapy(*asking_for(gated), **settings).returncode == 0
    gated.publish("第二版。")
    assert scrapy(*asking_for(gated), **settings).returncode == 0

    wake(stopped)

    assert_nothing_is_double(output, scrapy)
    export = tmp_path / "export.jsonl"
    assert scrapy("export", "-o", str(export)).returncode == 0
    articles = [*map(json.loads, export.read_text("utf-8").splitlines())]
    assert len(articles) == len(gated.docids)
    assert {(article["text"], article["revision"]) for article in articles} == {("第二版。", 2)}
    for post in (output / "_posts").rglob("*.md"):
        assert "第二版。" in post.read_text("utf-8")


@pytest.fixture
def mirror():
    site = Site(articles=60, tick=0)
    site.now += 3600  # when all of them are listed
    with running(site) as started:
        yield started


def listed(mirror):
    return {story.docid for story in mirror.site.listed(1686)}


def test_a_crawl_that_has_nothing_left_takes_what_a_killed_one_leaves(
    mirror, start, scrapy, output
):
    first = start(*CRAWL, MIRROR_URL=mirror.url, **slowly(1.0))
    wait_for_rows(output, HELD, 20, first)
    second = start(*CRAWL, MIRROR_URL=mirror.url)
    wait_until(lambda: not query(output, WAITING), first, second)
    assert query(output, HELD), "the second one has something to wait for"

    first.kill()

    stdout, stderr = second.communicate(timeout=STUCK)
    assert second.returncode == 0, stdout + stderr
    assert count_posts(output) == len(listed(mirror))
    assert scrapy(*CRAWL, mirror=mirror.url).returncode == 0
    verdicts = query(output, "SELECT verdict FROM runs ORDER BY id")
    assert [run["verdict"] for run in verdicts] == ["killed", "complete", "complete"]
    assert leftovers(output) == []
    assert_accounts_balance(output)


def test_a_crawl_waits_for_another_until_that_has_settled_what_it_holds(mirror, start, output):
    first = start(*CRAWL, MIRROR_URL=mirror.url, **slowly(0.15))
    wait_for_rows(output, HELD, 20, first)
    second = start(*CRAWL, MIRROR_URL=mirror.url)

    for crawl in (second, first):
        stdout, stderr = crawl.communicate(timeout=STUCK)
        assert crawl.returncode == 0, stdout + stderr
        assert not query(output, HELD)
        assert not query(output, WAITING)
    assert set(Counter(mirror.articles()).values()) == {1}
    assert count_posts(output) == len(listed(mirror))


def test_a_crawl_that_waits_ends_when_it_is_told_to(mirror, start, output):
    first = start(*CRAWL, MIRROR_URL=mirror.url, **slowly(1.0))
    wait_for_rows(output, HELD, 20, first)
    second = start(*CRAWL, MIRROR_URL=mirror.url)
    wait_until(lambda: not query(output, WAITING), first, second)

    second.terminate()

    stdout, stderr = second.communicate(timeout=STUCK)
    assert "china: incomplete (shutdown)" in stdout, stderr
    assert "Traceback" not in stderr
    assert first.poll() is None


def test_claims_do_not_run_out_while_pages_wait_for_their_turn(mirror, scrapy, output):
    run = scrapy(*CRAWL, mirror=mirror.url, LEASE_SECONDS="1", **slowly(0.15))

    assert run.returncode == 0, run.stderr
    assert "WARNING" not in run.stderr
    assert set(Counter(mirror.articles()).values()) == {1}
    assert count_posts(output) == len(listed(mirror))


@pytest.fixture
def killed(mirror, start, output):
    """A run that was killed with stories claimed."""
    crawl = start(*CRAWL, MIRROR_URL=mirror.url, LEASE_SECONDS=str(LEASE), **slowly(0.2))
    wait_for_rows(output, DONE, 5, crawl)
    crawl.kill()
    crawl.wait()
    assert count(output, HELD) > 20
    return crawl


def scrapy_within(command, mirror, output, **settings):
    """A crawl of the same archive that runs within another command."""
    if not shutil.which(command[0]):
        pytest.skip(f"there is no {command[0]}")
    values = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url} | settings
    options = [f"-s{name}={value}" for name, value in values.items()]
    crawl = [*command, sys.executable, "-m", "scrapy", *CRAWL, *options]
    run = subprocess.run(crawl, cwd=ROOT, capture_output=True, text=True, check=False)
    if "Operation not permitted" in run.stderr:
        pytest.skip(f"{command[0]} needs rights: {run.stderr.strip()}")
    return run


def wait_for_lease(output):
    (last,) = query(output, "SELECT max(due_at) AS due_at FROM stories")
    wait_until(lambda: time.time() > last["due_at"])


@pytest.mark.usefixtures("killed")
@pytest.mark.parametrize(
    "container",
    [
        ["unshare", "--uts", "sh", "-c", 'hostname container-2 && exec "$@"', "sh"],
        ["unshare", "--pid", "--fork", "--mount-proc"],
    ],
    ids=["another host name", "another namespace of processes"],
)
def test_a_run_killed_in_another_container_is_completed_once_its_lease_is_over(
    container, mirror, output
):
    wait_for_lease(output)

    run = scrapy_within(container, mirror, output, LEASE_SECONDS=str(LEASE))

    assert run.returncode == 0, run.stderr
    assert count_posts(output) == len(listed(mirror))
    assert query(output, "SELECT verdict FROM runs ORDER BY id")[0]["verdict"] == "killed"
    assert_accounts_balance(output)


@pytest.mark.usefixtures("killed")
def test_a_run_whose_process_number_was_given_again_is_completed_at_once(mirror, scrapy, output):
    """The number is that of these tests, which began at another time."""
    (run,) = query(output, "SELECT worker FROM runs")
    host, boot, _, start, token = run["worker"].split(":")
    again = f"{host}:{boot}:{os.getpid()}:{start}:{token}"
    for table in ("stories", "runs"):
        change(output, f"UPDATE {table} SET worker = ? WHERE worker IS NOT NULL", again)  # noqa: S608 - our own names
    change(output, "UPDATE stories SET due_at = due_at + 600 WHERE worker IS NOT NULL")

    done = scrapy(*CRAWL, mirror=mirror.url)

    assert done.returncode == 0, done.stderr
    assert count_posts(output) == len(listed(mirror))
    assert query(output, "SELECT verdict FROM runs ORDER BY id")[0]["verdict"] == "killed"


@pytest.mark.usefixtures("killed")
@pytest.mark.parametrize("ahead", [700, 365 * 86_400])
def test_what_a_run_left_whose_clock_was_ahead_is_done_by_the_next_one(
    ahead, mirror, scrapy, output
):
    """It was killed on another machine, and some of its stories had failed."""
    (run,) = query(output, "SELECT worker FROM runs")
    away = f"elsewhere.example:{run['worker'].partition(':')[2]}"
    change(output, "UPDATE stories SET worker = ? WHERE worker IS NOT NULL", away)
    change(output, "UPDATE runs SET worker = ?", away)
    change(output, "UPDATE runs SET started = started + ?, alive_at = alive_at + ?", ahead, ahead)
    change(output, "UPDATE stories SET due_at = due_at + ?", ahead)
    failed = "state = 'failed', tries = 1, worker = NULL, reason = 'HTTP 500'"
    later = time.time() + ahead + 86_000
    change(
        output,
        f"UPDATE stories SET {failed}, due_at = ? WHERE docid IN ({HELD} LIMIT 3)",  # noqa: S608 - our own words
        int(later) if ahead > 86_400 else int(time.time()),
    )

    done = scrapy(*CRAWL, mirror=mirror.url, LEASE_SECONDS="60")

    assert done.returncode == 0, done.stdout + done.stderr
    assert count_posts(output) == len(listed(mirror))
    assert query(output, "SELECT verdict FROM runs ORDER BY id")[0]["verdict"] == "killed"
