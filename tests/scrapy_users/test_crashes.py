"""An error in somebody's code names itself, with the place and how often."""

import pytest

from support import place

MODULES = {"SPIDER_MODULES": "sinanews.spiders,failing", "EXTENSIONS": {"failing.Crashes": 0}}


def crashes(user) -> dict[str, int]:
    """What was counted, without the lines of the code."""
    (counts,) = user.saw("crashes", "closed", "counts")
    return {place.rpartition(":")[0]: count for place, count in counts.items()}


@pytest.mark.parametrize(
    ("spider", "place"),
    [
        ("failing callback", "ValueError in parse (failing"),
        ("failing request", "KeyError in article_request (failing"),
    ],
)
def test_a_callback_that_fails_is_named_with_its_place_and_count(user, spider, place):
    run = user.scrapy("crawl", spider, **MODULES)
    assert run.returncode == 3, run.stderr
    assert user.report()["reason"] == "crashed"
    assert crashes(user) == {place: 3}


def test_an_errback_that_fails_is_named(user, site):
    site[place("n1")] = (500, b"")
    run = user.scrapy("crawl", "failing errback", RETRY_TIMES="0", **MODULES)
    assert run.returncode == 3, run.stderr
    assert user.report()["reason"] == "crashed"
    assert crashes(user) == {"LookupError in article_failed (failing": 1}


def test_a_middleware_that_fails_at_a_list_is_named(user):
    middlewares = {"tests.faulty.Lists": 1}
    run = user.scrapy("crawl", "china", DOWNLOADER_MIDDLEWARES=middlewares, **MODULES)
    assert run.returncode == 3, run.stderr
    assert user.report()["reason"] == "crashed"
    assert crashes(user) == {"AssertionError in process_request (tests.faulty": 1}


def test_a_pipeline_that_fails_is_named(user):
    run = user.scrapy("crawl", "china", ITEM_PIPELINES={"failing.Pipeline": 250}, **MODULES)
    assert run.returncode == 3, run.stderr
    assert crashes(user) == {"TypeError in process_item (failing": 3}


def test_a_run_without_errors_counts_none(user):
    assert user.scrapy("crawl", "china", **MODULES).returncode == 0
    assert crashes(user) == {}
