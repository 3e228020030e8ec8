"""A user's own spider on the project's: his fields, requests and settings, in the same archive."""

import json

import pytest

from scrapy_users.users import MINE, ROBOTS, User, serving
from support import ROOT, article_page, place

DOCIDS = ("n1", "n2", "n3")
RUNS = {
    "runspider": ("runspider", str(MINE / "topics.py")),
    "crawl": ("crawl", "topics"),
}


def page(docid: str) -> bytes:
    return article_page(head=f'<meta name="topic" content=" 话题{docid} ">')


@pytest.fixture(scope="module", params=RUNS)
def topics(request, tmp_path_factory):
    """A user whose spider has run, from its file and as one of the project's."""
    with serving(*DOCIDS, **{docid: page(docid) for docid in DOCIDS}) as site:
        site.first[place("n2")] = [(500, b"", {})]
        user = User(tmp_path_factory.mktemp("topics"), site)
        user.run = user.scrapy(*RUNS[request.param], SPIDER_MODULES="sinanews.spiders,topics")
        assert user.run.returncode == 0, user.run.stderr
        yield user


def test_its_articles_are_archived(topics):
    topics.assert_archived(*DOCIDS)
    assert topics.report()["spider"] == "topics"
    assert topics.report()["verdict"] == "complete"
    assert "listed 3 = written 3 + " in topics.run.stdout


def test_its_field_is_in_the_line_and_in_the_export(topics):
    expected = {docid: f"话题{docid}" for docid in DOCIDS}
    assert {line["docid"]: line["topic"] for line in topics.lines()} == expected
    export = topics.folder / "export.jsonl"
    assert topics.scrapy("export", "-o", str(export)).returncode == 0
    exported = map(json.loads, export.read_text("utf-8").splitlines())
    assert {line["docid"]: line["topic"] for line in exported} == expected


def test_its_requests_are_those_of_article_request(topics):
    """Header and cookie come with each story, also when it is asked for again."""
    for docid, times in (("n1", 1), ("n2", 2), ("n3", 1)):
        asked = [a for a in topics.site.asked if a.target == place(docid)]
        assert [a.headers["X-Mine"] for a in asked] == [docid] * times
        assert [a.headers["Cookie"] for a in asked] == [f"visitor={docid}"] * times
        assert {a.headers["User-Agent"][:8] for a in asked} == {"sinanews"}


def test_its_settings_are_added_to_the_project_s(topics, subtests):
    with subtests.test("DOWNLOADER_MIDDLEWARES"):
        asked = [f"https://{asked.target}" for asked in topics.site.asked]
        assert sorted(topics.saw("downloader", "request")) == sorted(asked)
        assert topics.site.times(ROBOTS) == 1
    with subtests.test("SPIDER_MIDDLEWARES"):
        yielded = topics.notes("spider", "yielded")
        kinds = [said["kind"] for said in yielded if said["kind"] != "Request"]
        assert kinds == ["TopicArticle"] * 3
    with subtests.test("ITEM_PIPELINES"):
        assert sorted(topics.saw("items at 150", "item", "docid")) == [*DOCIDS]
    with subtests.test("EXTENSIONS"):
        assert topics.saw("crawl", "closed", "reason") == ["finished"]
        assert topics.report()["reason"] == "finished"
    with subtests.test("FEEDS"):
        feed = json.loads((topics.folder / "topics.json").read_text("utf-8"))
        assert sorted(article["docid"] for article in feed) == [*DOCIDS]
        assert {article["topic"] for article in feed} == {f"话题{docid}" for docid in DOCIDS}


def test_dictionaries_are_archived_as_articles_are(tmp_path):
    """The same posts, and lines that have the dictionary's further field too."""
    with serving(*DOCIDS) as site:
        plain, dicts = User(tmp_path / "plain", site), User(tmp_path / "dicts", site)
        plain.folder.mkdir()
        dicts.folder.mkdir()
        plain.scrapy("crawl", "china")
        run = dicts.scrapy("crawl", "dicts", SPIDER_MODULES="sinanews.spiders,spiders")

    assert run.returncode == 0, run.stderr
    dicts.assert_archived(*DOCIDS)
    assert [p.read_bytes() for p in dicts.posts()] == [p.read_bytes() for p in plain.posts()]
    lines = {line["docid"]: line for line in dicts.lines()}
    assert {line.pop("size") for line in lines.values()} == {len(site[place("n1")])}
    others = {line["docid"]: line for line in plain.lines()}
    assert all(line.pop("seen") for line in (*lines.values(), *others.values()))
    assert lines == others


def test_an_archive_may_be_shared_by_both(user, site):
    """What the project's spider has archived, a user's own need not fetch again."""
    assert user.scrapy("crawl", "china", "-a", "limit=2").returncode == 0
    site.forget()
    run = user.scrapy("crawl", "dicts", SPIDER_MODULES="sinanews.spiders,spiders")
    assert run.returncode == 0, run.stderr
    assert len(site.articles()) == 1
    user.assert_archived(*DOCIDS)


@pytest.mark.parametrize("spider", ["china", "topics"])
def test_a_project_of_one_s_own_may_build_on_the_settings(user, site, spider, subtests):
    """With a settings module that begins with ours, and a scrapy.cfg of its own."""
    (user.folder / "scrapy.cfg").write_text("[settings]\ndefault = own_settings\n", "utf-8")
    paths = {"PYTHONPATH": f"{MINE}:{ROOT}"}
    run = user.scrapy("crawl", spider, cwd=user.folder, environment=paths, OUTPUT_DIR=None)

    assert run.returncode == 0, run.stderr
    with subtests.test("a relative folder begins at its root"):
        user.output = user.folder / "kept"
        user.assert_archived(*DOCIDS)
    with subtests.test("its own parts are added to the archive's; a spider's stand in for them"):
        middleware, items = ("nearest", "350") if spider == "china" else ("downloader", "150")
        asked = [f"https://{asked.target}" for asked in site.asked]
        assert sorted(user.saw(middleware, "request")) == sorted(asked)
        assert sorted(user.saw(f"items at {items}", "item", "docid")) == [*DOCIDS]
        assert site.times(ROBOTS) == 1
        assert user.saw("crawl", "closed", "reason") == ["finished"]
    with subtests.test("its feed has the articles"):
        feed = user.folder / ("mine.jsonl" if spider == "china" else "topics.json")
        assert all(docid in feed.read_text("utf-8") for docid in DOCIDS)


def test_a_harvest_of_a_spider_that_walks_no_list_fetches_what_is_due_and_is_complete(tmp_path):
    with serving(*DOCIDS) as site:
        user = User(tmp_path, site)
        assert user.scrapy("crawl", "china", "-a", "limit=1").returncode == 0
        modules = {"SPIDER_MODULES": "sinanews.spiders,spiders"}
        run = user.scrapy("harvest", "listless", **modules)
        assert run.returncode == 0, run.stdout + run.stderr
        assert "listless: complete (finished)" in run.stdout
