"""Harvests of a site where things go wrong ring once for each change, and keep their secrets."""

import os
import signal

import pytest
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families

from bells.listener import SECRET, listening, wait_until
from harvest.proofs import launch, query
from harvest.test_alarms import HOUR, NEW, OLD, Channel
from support import Pages, article_page, scrapy_in

QUIET = {"STALLED_HOURS": "1"}  # the list's newest row is an hour old
AT_ONCE = {"FAILED_PAUSE_SECONDS": "0"}


def value(text: str, name: str, **labels: str) -> float | None:
    """A sample's value in a file of metrics."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


class Runs:
    """Harvests of one archive, each with what became of it."""

    def __init__(self, folder, pages) -> None:
        self.output, self.metrics = folder / "output", folder / "sinanews.prom"
        self._scrapy, self._pages = scrapy_in(self.output), pages
        self.said = ""

    def harvest(self, listener, *options: str, **settings: str) -> int:
        bells = {
            "NOTIFY_URL": listener.notify_url(),
            "HEARTBEAT_URL": listener.heartbeat_url,
            "METRICS_FILE": str(self.metrics),
        }
        told = {**AT_ONCE, **bells, **settings}
        run = self._scrapy("harvest", "china", *options, mirror=self._pages.url, **told)
        self.said += run.stdout + run.stderr
        return run.returncode


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Runs that are complete, incomplete, blocked twice, stalled, and complete twice: the exit code
    of each, how many notices there were after it, its heartbeats and its metrics."""
    pages = Pages()
    runs = Runs(tmp_path_factory.mktemp("bells"), pages)
    channel, steps = Channel(pages), []
    with listening() as listener:

        def run(*options: str, **settings: str) -> None:
            before = len(listener.beats)
            code = runs.harvest(listener, *options, **settings)
            count, beats = len(listener.notices), listener.beats[before:]
            steps.append((code, count, beats, runs.metrics.read_text("utf-8")))

        run()
        channel.serve_new(b"", 500)
        run()
        channel.answer(b"", 403)
        run("-L", "DEBUG")
        run("-L", "DEBUG")
        channel.serve_new(article_page())
        channel.now += HOUR
        channel.list([*NEW, *OLD], channel.now - HOUR)
        run(**QUIET)
        run()
        run()
    pages.server.shutdown()
    pages.server.server_close()
    return runs, listener, steps


def test_each_change_of_the_verdict_rings_once(history):
    _, listener, steps = history
    assert [step[0] for step in steps] == [0, 3, 4, 4, 6, 0, 0]
    assert [step[1] for step in steps] == [0, 1, 2, 2, 3, 4, 4]
    assert [title.partition("：")[2] for title in listener.titles] == [
        "不完整（此前：完整）",
        "被网站拒绝（此前：不完整）",
        "停滞（此前：被网站拒绝）",
        "恢复正常（此前：停滞）",
    ]
    assert [notice["type"] for _, notice in listener.notices] == [
        *("warning", "failure", "failure", "success")
    ]


def test_a_notice_says_why_what_to_do_where_and_how_many(history):
    runs, listener, _ = history
    incomplete, blocked, stalled, well = (notice["message"] for _, notice in listener.notices)
    assert "原因：failed, HTTP 500: 6\n" in incomplete
    assert "原因：blocked: HTTP 403 (https://feed.mix.sina.com.cn/" in blocked
    assert "怎么办：停掉定时任务" in blocked
    assert "原因：stalled: no list has a row of the last 1 hours\n" in stalled
    assert "频道 国內（guonei） 没有新内容：最新一条已是 1 小时前的。" in stalled
    assert "频道 国內（guonei） 又有新内容了。" in well
    for message in (incomplete, blocked, stalled, well):
        assert f":{runs.output}\n本次：列出 " in message


def test_the_heartbeat_has_the_start_and_the_exit_code_of_each_run(history):
    _, _, steps = history
    for code, _, beats, _ in steps:
        assert beats == ["/start", f"/{code}" if code else ""]


def test_the_metrics_are_those_of_the_run_and_of_the_archive(history):
    _, _, steps = history
    names = ("complete", "incomplete", "blocked", "stalled")
    for code, _, _, text in steps:
        assert value(text, "sinanews_run_exit_code") == code
        came_to = [n for n in names if value(text, "sinanews_run_verdict", verdict=n)]
        assert came_to == [{0: "complete", 3: "incomplete", 4: "blocked", 6: "stalled"}[code]]
        assert value(text, "sinanews_last_complete_run_timestamp_seconds")
    first, second, *_, last = (text for *_, text in steps)
    assert value(first, "sinanews_articles_total") == 50
    assert value(first, "sinanews_run_stories", state="written") == 50
    assert value(second, "sinanews_run_failures", reason="HTTP 500") == 6
    assert value(last, "sinanews_articles_total") == 56
    assert value(last, "sinanews_runs_total") == len(steps)
    assert value(last, "sinanews_run_received_bytes") > 1000


def test_no_log_and_no_file_has_a_secret(history):
    runs, _, _ = history
    assert "DEBUG" in runs.said
    assert SECRET not in runs.said
    files = [path for path in runs.output.parent.rglob("*") if path.is_file()]
    assert runs.metrics in files
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


@pytest.fixture
def site(pages):
    """A list of one article, an hour old, whose page is there."""
    channel = Channel(pages)
    channel.list(OLD[:1], channel.now - HOUR)
    return pages


@pytest.fixture
def runs(tmp_path, site):
    return Runs(tmp_path, site)


def test_what_is_refused_rings_once_though_there_is_no_crawler(runs, listener):
    codes = [runs.harvest(listener, FIRST_RUN_DAYS="none", REPORT_LANGUAGE="en") for _ in range(2)]

    assert codes == [2, 2]
    assert listener.titles == ["sinanews china: refused (before: complete)"]
    assert "Reason: FIRST_RUN_DAYS: 'none' is not" in listener.notices[0][1]["message"]
    assert listener.beats == ["/2", "/2"]
    assert value(runs.metrics.read_text("utf-8"), "sinanews_run_exit_code") == 2


def test_a_crash_rings_and_a_locked_run_is_silent(runs, listener):
    probe = {"EXTENSIONS": '{"nowhere.AtAll": 1}'}
    assert runs.harvest(listener, **probe) == 1
    assert [title.partition("：")[2] for title in listener.titles] == ["程序出错（此前：完整）"]
    assert listener.beats == ["/start", "/1"]

    with FileLock(runs.output / "harvest.lock"):
        assert runs.harvest(listener) == 75
    assert len(listener.notices) == 1
    assert listener.beats == ["/start", "/1"]
    assert value(runs.metrics.read_text("utf-8"), "sinanews_run_exit_code") == 1


def test_workers_ring_as_one(runs, listener):
    assert runs.harvest(listener, WORKERS="2") == 0

    assert listener.beats == ["/start", ""]
    assert listener.notices == []
    text = runs.metrics.read_text("utf-8")
    assert value(text, "sinanews_runs_total") == 1
    assert value(text, "sinanews_run_stories", state="written") == 1


def test_bells_that_cannot_ring_change_nothing_and_say_so_in_a_line_each(runs, listener, tmp_path):
    listener.status = 500
    # The folder is there, and takes no file of that length of name.
    metrics = {"METRICS_FILE": str(tmp_path / f"{'n' * 300}.prom")}

    assert runs.harvest(listener, "-L", "ERROR", STALLED_HOURS="1", **metrics) == 6

    errors = [line for line in runs.said.splitlines() if " ERROR: " in line]
    assert [line.partition(" ERROR: ")[2].partition(" ")[0] for line in errors] == [
        *("HEARTBEAT_URL", "METRICS_FILE", "NOTIFY_URL:")
    ]
    assert SECRET not in runs.said
    assert len(query(runs.output, "SELECT * FROM stories WHERE state = 'written'")) == 1


def test_a_run_that_is_killed_while_it_rings_has_rung_once(runs, listener, site):
    listener.hold.clear()
    settings = {"NOTIFY_URL": listener.notify_url(), "STALLED_HOURS": "1"}
    arguments = {"OUTPUT_DIR": str(runs.output), "MIRROR_URL": site.url, **settings}
    process = launch(["harvest", "china"], **arguments)
    wait_until(lambda: listener.notices)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    listener.hold.set()

    assert runs.harvest(listener, **settings) == 6
    assert len(listener.notices) == 1
