"""A spider that is none of an archive's is run as in any project."""

import json

import pytest

from harvest.proofs import query
from scrapy_users.users import MINE, User, serving
from support import article_page, place

RUNS = {
    "runspider": ("runspider", str(MINE / "ordinary.py")),
    "crawl": ("crawl", "ordinary"),
}
PROBES = {
    "EXTENSIONS": {"probes.Crawl": 0},
    "DOWNLOADER_MIDDLEWARES": {"probes.Downloader": 543},
    "ITEM_PIPELINES": {"probes.Items150": 150},
    "SPIDER_MODULES": "sinanews.spiders,ordinary",
}


@pytest.fixture
def linked(site):
    """A page that links to two others, to one of them twice."""
    links = "".join(f'<a href="/{name}.html">' for name in ("a", "b", "b"))
    site["start.html"] = article_page("start", body=links)
    site["a.html"], site["b.html"] = article_page("a"), article_page("b")
    return site


def items(file) -> list[str]:
    return sorted(json.loads(line)["title"] for line in file.read_text("utf-8").splitlines())


@pytest.mark.parametrize("how", RUNS)
def test_it_runs_as_in_any_project(user, linked, how, subtests):
    feed = user.folder / "feed.jsonl"
    told = (*RUNS[how], "-a", f"urls={linked.url}/start.html", "-o", str(feed))
    run = user.scrapy(*told, **PROBES | {"MIRROR_URL": ""})

    with subtests.test("it ends well, and says nothing of articles"):
        assert run.returncode == 0, run.stderr
        assert run.stdout == ""
        assert "Traceback" not in run.stderr
    with subtests.test("its feed has its items"):
        assert items(feed) == ["a", "b", "start"]
    with subtests.test("no archive is made"):
        assert not user.output.exists()
    (opened,) = user.notes("crawl", "opened")
    with subtests.test("Scrapy's own scheduler holds its requests"):
        assert opened["scheduler"] == "scrapy.core.scheduler.Scheduler"
    with subtests.test("its pipelines are its own"):
        assert opened["pipelines"] == ["probes.Items150"]
        assert user.saw("items at 150", "item", "kind") == ["dict"] * 3
    with subtests.test("what it asks for twice is fetched once"):
        (stats,) = user.saw("crawl", "closed", "stats")
        assert stats["dupefilter/filtered"] == 1
        paths = ["a.html", "b.html", "robots.txt", "start.html"]
        assert sorted(linked.requests) == paths
        assert sorted(user.saw("downloader", "request")) == [f"{linked.url}/{p}" for p in paths]


def test_it_adds_nothing_to_an_archive_that_is_there(user, linked):
    assert user.scrapy("crawl", "china").returncode == 0
    reports = sorted((user.output / "runs").iterdir())
    told = ("crawl", "ordinary", "-a", f"urls={linked.url}/start.html")
    assert user.scrapy(*told, **PROBES | {"MIRROR_URL": ""}).returncode == 0
    assert sorted((user.output / "runs").iterdir()) == reports
    user.assert_archived("n1", "n2", "n3")
    (run,) = query(user.output, "SELECT spider FROM runs")
    assert run["spider"] == "china"


def test_its_requests_go_to_the_mirror_where_there_is_one(user, site):
    feed = user.folder / "feed.jsonl"
    told = ("crawl", "ordinary", "-a", f"urls=https://{place('n1')}", "-o", str(feed))
    assert user.scrapy(*told, **PROBES).returncode == 0
    assert site.articles() == [place("n1")]
    assert json.loads(feed.read_text("utf-8"))["url"] == f"https://{place('n1')}"


def test_it_resumes_from_a_jobdir(tmp_path):
    """What the first run leaves the second one does; no page that is linked to is fetched twice."""
    names = [f"p{number}" for number in range(12)]
    with serving() as site:
        links = "".join(f'<a href="/{name}.html">' for name in names)
        site["start.html"] = article_page("start", body=links)
        site |= {f"{name}.html": article_page(name) for name in names}
        user = User(tmp_path, site)
        feed = tmp_path / "feed.jsonl"
        told = ("crawl", "ordinary", "-a", f"urls={site.url}/start.html", "-o", str(feed))
        own = {"JOBDIR": str(tmp_path / "job"), "MIRROR_URL": "", "CONCURRENT_REQUESTS": "1"}

        first = user.scrapy(*told, **PROBES, **own, CLOSESPIDER_ITEMCOUNT="4")
        done = len(items(feed))
        second = user.scrapy(*told, **PROBES, **own)

    assert (first.returncode, second.returncode) == (0, 0)
    assert user.saw("crawl", "closed", "reason") == ["closespider_itemcount", "finished"]
    assert 4 <= done < 13
    assert items(feed) == sorted([*names, "start", "start"])
    linked_to = sorted(path for path in site.requests if path.startswith("p"))
    assert linked_to == sorted(f"{name}.html" for name in names)
    assert (tmp_path / "job" / "requests.seen").exists()


@pytest.mark.parametrize("command", ["crawl", "harvest"])
def test_a_jobdir_for_an_archive_s_spider_is_refused(user, site, command):
    run = user.scrapy(command, "china", JOBDIR=str(user.folder / "job"))
    assert run.returncode == 2
    assert "JOBDIR" in run.stderr.splitlines()[-1]
    assert "is not accepted; expected no JOBDIR for this spider" in run.stderr
    assert "Traceback" not in run.stderr
    assert site.asked == []
    assert not (user.folder / "job").exists()


def test_a_failing_callback_of_it_is_its_own_affair(user, linked):
    """As in any project, errors of callbacks are logged, and the exit code is 0."""
    told = ("crawl", "ordinary", "-a", f"urls={linked.url}/gone.html,{linked.url}/a.html")
    run = user.scrapy(*told, **PROBES | {"MIRROR_URL": ""})
    assert run.returncode == 0
    assert run.stdout == ""
    assert user.saw("items at 150", "item", "kind") == ["dict"]
