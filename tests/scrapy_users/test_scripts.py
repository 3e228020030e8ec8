"""Scripts that run the project's spiders, as Scrapy's documentation shows it."""

import pytest

from bells.listener import listening
from scrapy_users.users import ROBOTS, User, serving
from support import row

DOCIDS = ("n1", "n2", "n3", "n4", "n5")


@pytest.fixture
def user(tmp_path):
    with serving(*DOCIDS) as site:
        yield User(tmp_path, site)


def test_a_limit_may_be_a_number(user):
    run = user.script("script.py", "limit")
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2", "n3")
    assert len(user.site.articles()) == 3
    assert "china: complete (finished)" in run.stdout
    assert "listed 3 = written 3 + " in run.stdout


def test_days_may_be_dates(user):
    """The stories are of 2023-11-15 in China, but one of the day before and one of the next."""
    rows = [row(docid, ctime=str(1_700_000_000)) for docid in DOCIDS]
    rows[0]["ctime"], rows[4]["ctime"] = str(1_700_070_000), str(1_699_900_000)
    user.site.roll(*rows)
    run = user.script("script.py", "since")
    assert run.returncode == 0, run.stderr
    user.assert_archived("n2", "n3", "n4")
    assert user.report()["account"]["filtered"] == 2


def test_arguments_of_other_tools_are_ignored(user):
    """scrapyd adds `_job`."""
    run = user.scrapy("crawl", "china", "-a", "_job=1", "-a", "_version=r3")
    assert run.returncode == 0, run.stderr
    user.assert_archived(*DOCIDS)


def test_an_archive_is_made_without_the_add_on_in_the_settings(user):
    run = user.script("script.py", "no_addons")
    assert run.returncode == 0, run.stderr
    user.assert_archived(*DOCIDS)
    assert user.report()["verdict"] == "complete"
    assert user.site.times(ROBOTS) == 1


@pytest.mark.parametrize("addons", ["{}", '{"addons.Mine": 5}'])
def test_an_archive_is_made_with_whichever_add_ons_a_user_names(user, addons):
    run = user.scrapy("crawl", "china", ADDONS=addons)
    assert run.returncode == 0, run.stderr
    user.assert_archived(*DOCIDS)
    added = "addons.Mine" in addons
    assert len(user.saw("items at 350", "item", "docid")) == (5 if added else 0)


def test_a_script_may_name_the_spider_by_its_class(user):
    run = user.script("script.py", "by_class")
    assert run.returncode == 0, run.stderr
    user.assert_archived("n1", "n2")
    assert run.stdout.endswith("finished 2\n")
    asked = [f"https://{asked.target}" for asked in user.site.asked]
    assert sorted(user.saw("nearest", "request")) == sorted(asked)


@pytest.mark.parametrize(
    "runner", ["deferred_runner", "async_runner", "reactorless_runner", "side_by_side"]
)
def test_two_crawls_of_one_process_make_two_whole_archives(user, runner):
    folders = [user.folder / "one", user.folder / "two"]
    run = user.script("script.py", runner, *folders)
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout.count("listed 5 = written 5 + ") == 2
    for folder in folders:
        user.output = folder
        user.assert_archived(*DOCIDS)
        assert user.report()["verdict"] == "complete"
        assert user.report()["account"]["written"] == 5
    assert len(user.site.articles()) == 10


def test_a_script_s_crawl_rings(user):
    with listening() as listener:
        user.site.roll(row("n1"), row("broken", url=""))
        bells = {"NOTIFY_URL": listener.notify_url(), "HEARTBEAT_URL": listener.heartbeat_url}
        run = user.script("script.py", "limit", **bells)
    assert run.returncode == 0, run.stderr
    assert listener.beats == ["/start", "/3"]
    assert listener.titles == ["新浪财经存档 china：不完整（此前：完整）"]
