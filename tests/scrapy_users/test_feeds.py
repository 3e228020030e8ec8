"""Feeds of a user's own, however he asks for them, beside the archive's JSON lines."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from scrapy_users.users import User, serving
from support import article_page, place

IMAGE = '<img src="//n.sinaimg.cn/a.png"><span>图</span>'
PICTURE = f'<p>　　正文。</p><div class="img_wrapper">{IMAGE}</div>'
ARTICLES = ["n1", "n2", "n3"]
FORMATS = {"csv": "csv", "json": "json", "jsonl": "jsonlines"}


@pytest.fixture
def user(tmp_path):
    """One whose site has three articles, a page that is gone, one that fails, and one that cannot
    be read."""
    with serving(*ARTICLES, "n4", "n5", "n6", n1=article_page(body=PICTURE)) as site:
        site[place("n4")] = (404, b"")
        site[place("n5")] = (500, b"")
        site[place("n6")] = b"<html><h1>no article"
        yield User(tmp_path, site)


def feeds(folder: Path) -> dict[str, dict[str, str]]:
    return {f"{folder}/mine.{ending}": {"format": name} for ending, name in FORMATS.items()}


def read(file: Path) -> list[dict]:
    """The items of a feed."""
    text = file.read_bytes().decode()
    if file.suffix == ".csv":
        return list(csv.DictReader(StringIO(text, newline="")))
    if file.suffix == ".json":
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines()]


def assert_archived_beside(user: User, run) -> None:
    """The archive is as it is without feeds."""
    assert run.returncode == 3, run.stderr
    user.assert_archived(*ARTICLES)
    assert user.states() | {"n4": "gone", "n5": "failed", "n6": "failed"} == user.states()
    assert len(user.lines()) == user.report()["account"]["written"] == 3


def asked_with_o(user: User, mine: Path):
    return user.scrapy("crawl", "china", "-o", f"{mine}.csv", "-o", f"{mine}.json")


def asked_with_overwriting(user: User, mine: Path):
    mine.with_suffix(".jsonl").write_text('{"docid": "old"}\n', "utf-8")
    return user.scrapy("crawl", "china", "-O", f"{mine}.jsonl")


def asked_by_setting(user: User, mine: Path):
    return user.scrapy("crawl", "china", FEEDS=feeds(mine.parent))


@pytest.mark.parametrize("asked", [asked_with_o, asked_with_overwriting, asked_by_setting])
def test_a_feed_has_the_articles_and_so_has_the_archive(user, asked, subtests):
    run = asked(user, user.folder / "mine")
    assert_archived_beside(user, run)
    files = sorted(user.folder.glob("mine.*"))
    assert files
    for file in files:
        with subtests.test(file.name):
            items = read(file)
            assert sorted(item["docid"] for item in items) == ARTICLES, "no rejection is among them"
            by_docid = {item["docid"]: item for item in items}
            for line in user.lines():
                item = by_docid[line["docid"]]
                images = item["images"]
                if file.suffix == ".csv":
                    images = json.loads(images or "[]")
                assert images == line["images"]
                same = ("url", "title", "published", "first_seen", "body_html", "text")
                assert {name: item[name] for name in same} == {name: line[name] for name in same}
    assert any(line["images"] for line in user.lines())


def test_a_feed_goes_on_over_several_runs(user):
    """As -o has it; what was archived before is in no feed again."""
    mine = user.folder / "mine.jsonl"
    user.scrapy("crawl", "china", "-o", str(mine), "-a", "limit=2")
    first = len(read(mine))
    user.scrapy("crawl", "china", "-o", str(mine))
    assert first == 2
    assert sorted(item["docid"] for item in read(mine)) == ARTICLES
    assert user.docids() == ARTICLES


def test_settings_for_feeds_leave_the_archive_s_lines_as_they_are(user, subtests):
    """Fields, encoding and indentation are meant for a user's own feeds."""
    mine = user.folder / "mine.json"
    told = {"FIELDS": ["title", "docid"], "ENCODING": "gb18030", "INDENT": "2"}
    settings = {f"FEED_EXPORT_{name}": value for name, value in told.items()}
    run = user.scrapy("crawl", "china", "-o", str(mine), **settings)
    with subtests.test("the archive's lines have all fields"):
        assert_archived_beside(user, run)
        assert {"body_html", "published", "images"} <= user.lines()[0].keys()
    with subtests.test("the user's feed has his"):
        items = json.loads(mine.read_text("gb18030"))
        assert [[*item] for item in items] == [["title", "docid"]] * 3


def test_feeds_in_batches_leave_the_archive_s_lines_as_they_are(user):
    mine = f"{user.folder}/mine-%(batch_id)d.jsonl"
    run = user.scrapy("crawl", "china", "-o", mine, FEED_EXPORT_BATCH_ITEM_COUNT="2")
    assert_archived_beside(user, run)
    assert len(list((user.output / "articles").iterdir())) == 1
    sizes = sorted(len(read(file)) for file in user.folder.glob("mine-*.jsonl"))
    assert sizes == [1, 2]


def test_a_run_without_articles_writes_no_feed_of_the_archive(user):
    """An empty feed of the user's is his own affair."""
    assert user.scrapy("crawl", "china").returncode == 3
    before = len(user.lines())
    mine = user.folder / "mine.json"
    user.scrapy("crawl", "china", "-o", str(mine))
    assert json.loads(mine.read_text("utf-8") or "[]") == []
    assert len(user.lines()) == before
    assert len(list((user.output / "articles").iterdir())) == 1
