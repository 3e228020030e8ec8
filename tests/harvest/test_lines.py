"""Each revision that a run recorded has one line in `articles/`, whatever kept it from writing."""

import gzip
import json
import os
import socket
from collections import Counter
from pathlib import Path

import pytest

from harvest.proofs import change, query, whole
from harvest.small import HOUR, NOW, config_of, harvest, listed
from sinanews.archive.lines import FEED
from sinanews.archive.repair import own_folder
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

SITE = [listed(number) for number in range(6)]
CRAWL = ("crawl", "china", "-a", "limit=8")
LIMITED = 3  # the exit code of a run that left something for the next
DYING = """
import os, signal
class Dying:
    def process_item(self, item):
        os.kill(os.getpid(), signal.SIGKILL)
"""


class Killed(BaseException):
    pass


def harvest_and_kill(output, now=NOW, lines=1):
    """A run that is killed once it has written so many lines."""
    left = [lines]

    def kill(step):
        left[0] -= step == "line"
        if step in {"outcomes", "line"} and not left[0]:
            raise Killed

    with pytest.raises(Killed):
        harvest(output, SITE, now, kill)


def in_lines(output: Path) -> Counter[tuple[str, int]]:
    files = (file for file in (output / "articles").rglob("*.jsonl") if file.is_file())
    return Counter((line["docid"], line["revision"]) for file in files for line in whole(file))


def recorded(output: Path) -> Counter[tuple[str, int]]:
    rows = query(output, "SELECT docid, revision FROM revisions")
    return Counter((row["docid"], row["revision"]) for row in rows)


@pytest.fixture
def mirror():
    with running(Site(articles=40, tick=0)) as started:
        yield started


@pytest.fixture
def dying(tmp_path, monkeypatch):
    """The settings with which a run kills itself when it has recorded an article, before its line
    is written."""
    (tmp_path / "dying.py").write_text(DYING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return {"ITEM_PIPELINES": json.dumps({"dying.Dying": 900})}


def test_a_run_killed_before_its_first_line_has_its_lines_from_the_next(
    mirror, scrapy, output, dying
):
    assert scrapy(*CRAWL, mirror=mirror.url, **dying).returncode < 0
    assert not (output / "articles").exists()
    assert recorded(output)

    run = scrapy(*CRAWL, mirror=mirror.url)

    assert "lines that run 1 left unwritten are in articles/rest-1-" in run.stderr
    assert in_lines(output) == recorded(output)


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/nowhere/at/all")])
def test_lines_of_a_feed_that_could_not_be_opened_come_once_it_can(make, mirror, scrapy, output):
    output.mkdir()
    make(output / "articles")
    scrapy(*CRAWL, mirror=mirror.url)
    again = scrapy(*CRAWL, mirror=mirror.url)
    assert "lines of run 1 cannot be written: [Errno 17]" in again.stderr
    assert f"{output / 'articles'}'" in again.stderr
    assert "unwritten are in" not in again.stderr
    (output / "articles").unlink()
    before = recorded(output)

    run = scrapy(*CRAWL, mirror=mirror.url)

    assert "8 lines that run 1 left unwritten are in articles/rest-1-" in run.stderr
    assert "8 lines that run 2 left unwritten are in articles/rest-2-" in run.stderr
    assert in_lines(output) == recorded(output) > before


@pytest.mark.parametrize("packed", [False, True])
def test_what_a_repair_wrote_stays_when_another_finds_more_missing(output, packed):
    harvest_and_kill(output)
    harvest(output, SITE, NOW + HOUR)
    (rest,) = (output / "articles").glob("rest-*")
    data = rest.read_bytes()
    assert data.count(b"\n") == 2
    # Killed before that was noted; and the last line is lost.
    os.truncate(rest, len(data) - 5)
    change(output, "UPDATE runs SET filed = NULL WHERE id = 1")
    if packed:
        rest.with_name(f"{rest.name}.gz").write_bytes(gzip.compress(rest.read_bytes()))
        rest.unlink()

    harvest(output, SITE, NOW + 2 * HOUR)

    again = rest.with_name(rest.name.replace("rest-1-", "rest-1-2-"))
    assert data == data[: -len(again.read_bytes())] + again.read_bytes()
    assert in_lines(output) + Counter(packed_lines(output)) == recorded(output)


def packed_lines(output):
    for file in (output / "articles").glob("*.gz"):
        *lines, _ = gzip.decompress(file.read_bytes()).split(b"\n")
        yield from ((line["docid"], line["revision"]) for line in map(json.loads, lines))


def test_an_article_that_is_damaged_costs_the_others_nothing(output, caplog):
    harvest_and_kill(output, lines=0)
    docid = SITE[0][0].docid
    change(output, "UPDATE revisions SET article = ? WHERE docid = ?", b"damaged", docid)

    harvest(output, SITE, NOW + HOUR)

    assert in_lines(output) == recorded(output) - Counter([(docid, 1)])
    assert "2 lines that run 1 left unwritten" in caplog.text
    assert f"{docid} is damaged" in caplog.text


def test_where_all_that_is_missing_is_damaged_no_file_is_made(output):
    harvest_and_kill(output, lines=2)
    missing = [docid for docid, _ in recorded(output) - in_lines(output)]
    assert len(missing) == 1
    change(output, "UPDATE revisions SET article = ? WHERE docid = ?", b"damaged", *missing)

    harvest(output, SITE, NOW + HOUR)

    assert [*(output / "articles").glob("rest-*")] == []


def test_a_clock_that_was_set_right_during_a_run_costs_no_line(output):
    harvest_and_kill(output)
    # It was eight hours ahead when the run began.
    change(output, "UPDATE runs SET started = started + ?", 8 * HOUR)

    harvest(output, SITE, NOW + HOUR)

    assert in_lines(output) == recorded(output)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/nowhere")])
def test_what_is_no_file_among_the_lines_holds_no_repair_up(output, make):
    harvest_and_kill(output)
    for name in ("a-2026-09-21T14-13-20.jsonl", "z-2026-09-21T23-00-00.jsonl"):
        make(output / "articles" / name)

    harvest(output, SITE, NOW + HOUR)

    assert in_lines(output) == recorded(output)


def test_lines_that_a_killed_run_wrote_are_on_the_disk_before_they_count(output, monkeypatch):
    harvest_and_kill(output)
    (file,) = (output / "articles").iterdir()
    synced = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    harvest(output, SITE, NOW + HOUR)

    assert file.resolve() in synced


SPIDER = """
from sinanews.spiders.china import ChinaSpider
class Own(ChinaSpider):
    name = {name!r}
"""


@pytest.mark.parametrize("name", ["sub/dir", "a\nb", "long" * 55, "财经 %s-7"])
def test_a_spider_may_have_any_name(name, mirror, scrapy, output, dying):
    (output.parent / "own.py").write_text(SPIDER.format(name=name))
    settings = {"SPIDER_MODULES": "own,sinanews.spiders", "MIRROR_URL": mirror.url}
    crawl = ("crawl", name, "-a", "limit=8")
    assert scrapy(*crawl, **settings, **dying).returncode < 0
    assert scrapy(*crawl, **settings).returncode == LIMITED
    change(output, "UPDATE runs SET filed = NULL")

    assert scrapy(*CRAWL, mirror=mirror.url).returncode == LIMITED

    assert in_lines(output) == recorded(output)


def test_the_lines_of_a_feed_that_a_user_made_his_own_are_left_to_him(
    mirror, scrapy, output, dying
):
    (uri,) = FEED
    own = {"FEEDS": json.dumps({uri: {"format": "article-lines", "fields": ["docid"]}})}
    assert scrapy(*CRAWL, mirror=mirror.url, **own, **dying).returncode < 0

    run = scrapy(*CRAWL, mirror=mirror.url, **own)

    assert run.returncode == LIMITED, run.stderr
    assert [*(output / "articles").glob("rest-*")] == []


def test_a_run_without_feeds_leaves_no_lines_to_be_written(mirror, scrapy, output):
    off = {"EXTENSIONS": json.dumps({"scrapy.extensions.feedexport.FeedExporter": None})}
    for _ in range(2):
        scrapy(*CRAWL, mirror=mirror.url, **off)
    assert recorded(output)
    assert not (output / "articles").exists()


def test_a_folder_is_known_by_any_of_its_paths(output):
    output.mkdir()
    link = output.with_name("link")
    link.symlink_to(output)
    assert own_folder(config_of(link)) == own_folder(config_of(output))
    assert own_folder(config_of(output)) == f"{socket.gethostname()}:{output.resolve()}"
