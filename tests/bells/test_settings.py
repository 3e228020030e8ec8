"""Settings of bells that make no sense are refused before the first request, without secrets."""

import importlib.util
import os

import pytest

from bells.listener import SECRET
from harvest.small import config_of
from sinanews.config import Bells
from sinanews.exceptions import ArgumentError
from support import ROOT, ask, place


def bells_of(tmp_path, **settings: object) -> Bells:
    return config_of(tmp_path, **settings).bells


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("", ()),
        (" , ", ()),
        ("json://a/x", ("json://a/x",)),
        ("json://a/x?to=b,c, mailto://d:e@f", ("json://a/x?to=b,c", "mailto://d:e@f")),
        ("json://a\nbark://b,tgram://c\n", ("json://a", "bark://b", "tgram://c")),
        (["json://a", "json://b"], ("json://a", "json://b")),
    ],
)
def test_several_addresses_stand_with_commas_or_spaces_between(tmp_path, value, urls):
    bells = bells_of(tmp_path, NOTIFY_URL=value)
    assert bells.notify == urls
    assert bool(bells) == bool(urls)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NOTIFY_URL", SECRET),
        ("NOTIFY_URL", f"json://a/{SECRET}\x00"),
        ("NOTIFY_URL", f"{SECRET}, json://a"),
        ("HEARTBEAT_URL", SECRET),
        ("HEARTBEAT_URL", f"ftp://example.org/{SECRET}"),
        ("HEARTBEAT_URL", f"file:///{SECRET}"),
        ("HEARTBEAT_URL", f"https://me:{SECRET}@example.org/"),
        ("HEARTBEAT_URL", f"https://example.org/{SECRET} x"),
        ("HEARTBEAT_URL", f"https://example.org/{SECRET}#x"),
        ("HEARTBEAT_URL", f"https://example.org:port/{SECRET}"),
        ("HEARTBEAT_URL", f"http:///{SECRET}"),
        ("METRICS_FILE", " "),
        ("METRICS_FILE", "a\0b"),
        ("REPORT_LANGUAGE", "de"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_without_a_secret(tmp_path, name, value):
    with pytest.raises(ArgumentError, match=f"^{name}: .* is not accepted; expected ") as error:
        bells_of(tmp_path, **{name: value})
    assert SECRET not in str(error.value)


def test_without_apprise_a_notice_is_refused_with_what_to_install(tmp_path, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "sinanews.config.find_spec", lambda name: None if name == "apprise" else there(name)
    )
    assert not bells_of(tmp_path).notify
    with pytest.raises(ArgumentError, match=r"pip install 'sinanews\[notify\]'") as error:
        bells_of(tmp_path, NOTIFY_URL=f"json://a/{SECRET}")
    assert SECRET not in str(error.value)


def test_a_value_that_is_printed_shows_no_secret(tmp_path):
    settings = {"NOTIFY_URL": f"json://a/{SECRET}", "HEARTBEAT_URL": f"https://a.b/{SECRET}"}
    assert SECRET not in repr(config_of(tmp_path, **settings))


def test_a_relative_file_is_one_of_the_project_s_root(tmp_path):
    assert bells_of(tmp_path, METRICS_FILE="docs/b.prom").metrics == ROOT / "docs" / "b.prom"


def test_a_file_of_metrics_can_be_nothing_that_is_not_for_that(tmp_path):
    """It is written over by each run."""
    old = tmp_path / "old.prom"
    old.write_bytes(b"sinanews_x 1\n")
    for good in (old, tmp_path / "new.prom"):
        assert bells_of(tmp_path, METRICS_FILE=str(good)).metrics == good
    (tmp_path / "folder.prom").mkdir()
    (tmp_path / "link.prom").symlink_to(old)
    (tmp_path / "dangling.prom").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.prom")
    no_plain_file = "a plain file, or one that is not there yet"
    for bad, accepted in {
        "output/ledger.db": "a name that ends in .prom",
        "/dev/full": "a name that ends in .prom",
        **dict.fromkeys(("a.prom.gz", "a.PROM", ".prom", "prom", "."), "a name that ends in .prom"),
        "folder.prom": no_plain_file,
        "link.prom": no_plain_file,
        "dangling.prom": no_plain_file,
        "pipe.prom": no_plain_file,
        "none/a.prom": "a file in a folder that is there",
        "old.prom/a.prom": "a file in a folder that is there",
    }.items():
        with pytest.raises(ArgumentError, match=f"^METRICS_FILE: .* expected {accepted}"):
            bells_of(tmp_path, METRICS_FILE=str(tmp_path / bad))
    assert old.read_bytes() == b"sinanews_x 1\n"


def test_an_address_that_apprise_does_not_know_is_refused_before_anything_is_asked_for(
    scrapy, pages
):
    secret = {"NOTIFY_URL": f"json://127.0.0.1/x, nonsense://{SECRET}"}
    run = scrapy("crawl", "china", "-L", "DEBUG", mirror=pages.url, **secret)
    assert run.returncode == 2
    assert "NOTIFY_URL: 'nonsense://… (number 2)' is not accepted; expected a URL" in run.stderr
    assert SECRET not in run.stdout + run.stderr
    assert pages.requests == []


def test_crawls_of_single_articles_and_the_canary_ring_nothing(scrapy, pages, listener):
    bells = {"NOTIFY_URL": listener.notify_url(), "HEARTBEAT_URL": listener.heartbeat_url}
    pages[place()] = (500, b"")
    assert ask(scrapy, pages, **bells).returncode == 3
    assert scrapy("canary", "-a", "channel=guonei", mirror=pages.url, **bells).returncode == 3
    assert (listener.notices, listener.beats) == ([], [])
