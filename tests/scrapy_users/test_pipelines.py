"""A user's own pipelines get each article once, and what they do with it is in the account."""

from collections import Counter

import pytest

from scrapy_users.users import User, serving
from support import place

PRIORITIES = (50, 150, 250, 350)


def at_each(name: str) -> dict[str, int]:
    """A pipeline of that name before, between and behind the project's own."""
    return {f"{name}{priority}": priority for priority in PRIORITIES}


@pytest.fixture
def user(tmp_path):
    """One whose site has five stories."""
    with serving("n1", "n2", "n3", "n4", "n5") as site:
        yield User(tmp_path, site)


def test_a_pipeline_gets_each_article_once_at_any_priority(user):
    run = user.scrapy("crawl", "china", ITEM_PIPELINES=at_each("probes.Items"))
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3", "n4", "n5")
    for priority in PRIORITIES:
        seen = Counter(user.saw(f"items at {priority}", "item", "docid"))
        assert seen == dict.fromkeys(("n1", "n2", "n3", "n4", "n5"), 1), priority
        assert set(user.saw(f"items at {priority}", "item", "kind")) == {"Article"}


def test_a_dropped_article_is_filtered_and_not_fetched_again(user, subtests):
    """Behind the archive's own pipeline it is in the archive already, and only in no feed."""
    feed = user.folder / "feed.jsonl"
    first = user.scrapy("crawl", "china", "-o", str(feed), ITEM_PIPELINES=at_each("doers.Drops"))

    with subtests.test("the account balances, and nothing is missing"):
        assert first.returncode == 0, first.stderr
        assert user.report()["verdict"] == "complete"
        account = user.report()["account"]
        assert (account["listed"], account["written"], account["filtered"]) == (5, 2, 3)
    with subtests.test("the ledger says so"):
        dropped = dict.fromkeys(("n1", "n2", "n3"), "filtered")
        assert user.states() == {**dropped, "n4": "written", "n5": "written"}
    with subtests.test("no feed has it"):
        assert '"n5"' in feed.read_text("utf-8")
        assert not any(f'"n{n}"' in feed.read_text("utf-8") for n in (1, 2, 3, 4))
        assert user.docids() == ["n5"]
        assert len(user.posts()) == 2
    user.site.forget()
    with subtests.test("the next run does not fetch it again, with or without the pipeline"):
        second = user.scrapy("crawl", "china", ITEM_PIPELINES=at_each("doers.Drops"))
        third = user.scrapy("crawl", "china")
        assert (second.returncode, third.returncode) == (0, 0)
        assert user.site.articles() == []
        assert user.states()["n1"] == "filtered"
    with subtests.test("an export has what is archived"):
        assert exported(user) == ["n4", "n5"]


def test_a_pipeline_that_raises_costs_its_article_and_is_told(user, subtests):
    run = user.scrapy("crawl", "china", ITEM_PIPELINES=at_each("doers.Raises"))

    with subtests.test("it is told"):
        for number in (1, 2, 3, 4):
            assert f"something is wrong with n{number}" in run.stderr
        assert "articles that could not be kept: 4" in run.stdout
    with subtests.test("the run is incomplete, and its account balances"):
        assert run.returncode == 3
        assert user.report()["verdict"] == "incomplete"
        account = user.report()["account"]
        assert (account["listed"], account["written"], account["failed"]) == (5, 2, 3)
    with subtests.test("what came as far as the archive is there"):
        assert len(user.posts()) == 2
        assert {user.states()[docid] for docid in ("n4", "n5")} == {"written"}
    with subtests.test("the next run fetches the others again"):
        user.site.forget()
        run = user.scrapy("crawl", "china")
        assert run.returncode == 0, run.stderr
        assert sorted(user.site.articles()) == [place(docid) for docid in ("n1", "n2", "n3")]
        assert set(user.states().values()) == {"written"}
        assert exported(user) == ["n1", "n2", "n3", "n4", "n5"]


def test_an_item_of_another_kind_passes_through_to_the_user_s_feed(user, subtests):
    feed = user.folder / "feed.jsonl"
    run = user.scrapy(
        *("crawl", "greeting", "-o", str(feed)),
        SPIDER_MODULES="sinanews.spiders,spiders",
        ITEM_PIPELINES=at_each("probes.Items"),
    )
    assert run.returncode == 0, run.stderr
    with subtests.test("the archive has the articles alone"):
        user.assert_archived("n1", "n2", "n3", "n4", "n5")
        assert user.report()["pages"] == 5
    with subtests.test("the feed has both"):
        assert feed.read_text("utf-8").count('{"hello": 1}\n') == 5
        assert feed.read_text("utf-8").count('"docid"') == 5
    with subtests.test("every pipeline has seen it"):
        for priority in PRIORITIES:
            seen = Counter(user.saw(f"items at {priority}", "item", "kind"))
            assert seen == {"Article": 5, "dict": 5}, priority


def exported(user: User) -> list[str]:
    """The docids of `scrapy export`."""
    file = user.folder / "export.jsonl"
    assert user.scrapy("export", "-o", str(file)).returncode == 0
    found = (
        line.split('"docid":"')[1].split('"')[0] for line in file.read_text("utf-8").splitlines()
    )
    return sorted(found)
