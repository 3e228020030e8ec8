"""A fork is what a process is that was started."""

import pytest


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("settings", "--get", "BOT_NAME"),
        ("status",),
        ("harvest", "nothing"),
        ("crawl", "articles", "-a", "urls=-"),
        ("crawl", "china", "-a", "since=yesterday"),
        ("nothing",),
    ],
)
def test_a_fork_says_and_returns_what_a_started_command_does(scrapy, arguments):
    fork, started = scrapy(*arguments), scrapy(*arguments, prefix=["env"])
    assert (fork.returncode, fork.stdout, fork.stderr) == (
        started.returncode,
        started.stdout,
        started.stderr,
    )


def test_a_fork_has_the_variables_of_now(scrapy, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    narrow = scrapy("harvest", "--help").stdout
    monkeypatch.setenv("COLUMNS", "200")
    wide = scrapy("harvest", "--help").stdout
    assert max(map(len, narrow.splitlines())) < 60 < max(map(len, wide.splitlines()))


def test_a_command_with_settings_in_its_environment_is_started(scrapy, monkeypatch):
    monkeypatch.setenv("SINANEWS_CLOSESPIDER_ITEMCOUNT", "17")
    run = scrapy("settings", "--get", "CLOSESPIDER_ITEMCOUNT")
    assert run.stdout == "17\n", run.stderr
