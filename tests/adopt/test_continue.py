"""A list finds adopted articles again, by title and time, and an adoption finds listed ones."""

import shutil
import zlib
from dataclasses import astuple, replace

import pytest

from adopt.conftest import FOLDER, adopted, config_for, put
from adopt.old_posts import DATE, SECOND, e1, e3
from harvest.proofs import query
from sinanews.archive.rebuild import compare
from sinanews.ledger.adoption import made_docid
from sinanews.ledger.revisions import raise_damage
from sinanews.ledger.tables import path_key
from sinanews.roll.api import Story
from support import article_page, place, posts, row

MINUTES_LATER = SECOND + 23 * 60
DAY = 86_400


def story(docid="nabc0000000001", title="甲", intime=SECOND, ctime=0) -> Story:
    url = f"https://finance.sina.com.cn/china/2021-03-22/doc-i{docid}.shtml"
    return Story(docid, url, title, ctime or intime - 40, intime, intime - 10)


def listed(ledger, *stories: Story):
    ledger.begin("china")
    return ledger.upsert_listed(stories, "guonei")


def docids(ledger) -> set[str]:
    return {article.docid for _, article in ledger.articles()}


@pytest.mark.parametrize(
    "listed_as",
    [
        story(),
        story(intime=MINUTES_LATER, ctime=MINUTES_LATER),
        story(intime=SECOND + 7 * 3600, ctime=SECOND - 60),
        story(intime=SECOND - 600),
    ],
    ids=["at the same second", "moved", "moved by hours, with its own time before", "earlier"],
)
def test_a_listed_article_continues_the_adopted_one(listed_as, blog, config, ledger):
    adopted(blog(甲=e1("甲")), config)

    result = listed(ledger, listed_as)

    assert astuple(result) == (1, 0), "it waits, and is not new"
    (found,) = query(config.output, "SELECT * FROM stories")
    assert (found["docid"], found["url"]) == (listed_as.docid, listed_as.url)
    assert found["intime"] == SECOND, "the date of the post stays"
    assert found["post_path"] == f"_posts/{FOLDER}/甲.md"
    assert docids(ledger) == {listed_as.docid}
    assert compare(ledger, config, raise_damage).is_equal


@pytest.mark.parametrize(
    "listed_as",
    [
        story(title="乙"),
        story(intime=SECOND + DAY),
        story(intime=SECOND - DAY),
        story(intime=SECOND + 7 * 3600, ctime=SECOND + 6 * 3600),
        story(intime=SECOND + 30 * DAY, ctime=SECOND - 60),
    ],
    ids=["of another title", "a day later", "a day earlier", "written later", "dated wrongly"],
)
def test_another_article_is_another_one(listed_as, blog, config, ledger):
    adopted(blog(甲=e1("甲")), config)

    assert astuple(listed(ledger, listed_as)) == (1, 1)

    assert len(query(config.output, "SELECT docid FROM stories")) == 2


def test_titles_are_compared_as_the_names_of_files_have_them(blog, config, ledger):
    adopted(blog(甲=e3("_CPI_：上涨1.4%")), config)
    assert listed(ledger, story(title="“CPI”：上涨1.4%")).new == 0


def test_a_long_title_that_was_cut_is_found(blog, config, ledger):
    title = "海" * 80
    adopted(blog(甲=e3("海" * 75 + "...")), config)
    assert listed(ledger, story(title=title)).new == 0


def test_of_several_articles_with_one_title_each_gets_its_own_docid(config, ledger, tmp_path):
    dates = {"a": DATE, "b": "Mon, 22 Mar 2021 05:04:05 GMT"}
    for name, date in dates.items():
        put(tmp_path / "old", f"{name}/甲.md", e1("甲", date=date))
    adopted(tmp_path / "old", config)
    second = story("nabc0000000002", intime=SECOND + 7_200 + 60)

    assert listed(ledger, second, story(intime=SECOND + 60)).new == 0

    paths = query(config.output, "SELECT docid, post_path FROM stories ORDER BY docid")
    assert [tuple(row.values()) for row in paths] == [
        ("nabc0000000001", "_posts/a/甲.md"),
        ("nabc0000000002", "_posts/b/甲.md"),
    ]


def test_of_two_rows_the_one_of_the_same_time_is_the_adopted_article(blog, config, ledger):
    adopted(blog(甲=e1("甲")), config)
    other = story("nabc0000000002", intime=MINUTES_LATER)

    assert listed(ledger, other, story()).new == 1

    assert docids(ledger) == {"nabc0000000001"}


def test_a_row_that_comes_again_finds_the_same_article(blog, config, ledger):
    adopted(blog(甲=e1("甲")), config)
    for _ in range(3):
        listed(ledger, story())
        listed(ledger, replace(story(), mtime=SECOND + 999, title="甲改"))
    assert len(query(config.output, "SELECT docid FROM stories")) == 1


def test_an_article_whose_docid_was_told_is_found_by_it(blog, config, ledger):
    post = e3("甲").replace(b"comments:", b"docid: 'nabc0000000001'\ncomments:")
    adopted(blog(甲=post), config)

    assert astuple(listed(ledger, story(title="改了", intime=SECOND + 2 * DAY))) == (1, 0)

    (found,) = query(config.output, "SELECT * FROM stories")
    assert (found["url"], found["intime"]) == (story().url, SECOND)


def test_an_article_whose_docid_was_told_is_not_taken_for_another(blog, config, ledger):
    post = e3("甲").replace(b"comments:", b"docid: 'nabc0000000009'\ncomments:")
    adopted(blog(甲=post), config)
    assert listed(ledger, story()).new == 1


def test_an_article_whose_address_was_told_is_the_one_of_that_address(blog, config, ledger):
    listed(ledger, replace(story(), docid="comos-1", title="别的", intime=SECOND + 9 * DAY))
    post = e3("甲").replace(b"comments:", f"link: '{story().url}'\ncomments:".encode())

    adopted(blog(甲=post), config)

    assert docids(ledger) == {"comos-1"}


def test_an_article_without_an_address_is_fetched_by_the_one_that_is_asked_for(
    blog, config, ledger
):
    post = e3("甲").replace(b"comments:", b"docid: 'nabc0000000001'\ncomments:")
    adopted(blog(甲=post), config)
    ledger.begin("articles")

    ledger.upsert_listed([replace(story(), title="", intime=0, ctime=0, mtime=0)], "")

    (found,) = query(config.output, "SELECT url FROM stories")
    assert found["url"] == story().url


def test_a_story_that_waits_makes_way_for_a_post_that_lies_under_its_name(config, ledger):
    listed(ledger, story(intime=SECOND + 9 * DAY))
    put(config.output / "_posts", "甲", e1("甲"))

    result, _ = adopted(config.output, config)

    assert astuple(result) == (1, 0, 0)
    paths = query(config.output, "SELECT post_path FROM stories ORDER BY revision")
    assert [row["post_path"] for row in paths] == [
        f"_posts/{FOLDER}/甲 nabc0000000001.md",
        f"_posts/{FOLDER}/甲.md",
    ]
    keys = query(config.output, "SELECT post_key FROM stories WHERE revision = 1")
    assert [row["post_key"] for row in keys] == [path_key(f"_posts/{FOLDER}/甲.md")]


def test_a_listed_article_without_a_page_gets_the_adopted_post(blog, config, ledger):
    listed(ledger, story())

    result, _ = adopted(blog(甲=e1("甲")), config)

    assert astuple(result) == (1, 0, 0)
    ((path, article),) = ledger.articles()
    assert (path, article.docid) == (f"_posts/{FOLDER}/甲.md", "nabc0000000001")
    assert article.url == story().url
    assert not list(ledger.counts().complaints())


def test_what_was_harvested_is_had_already(config, pages, scrapy, output):
    times = {"ctime": str(SECOND - 40), "intime": str(SECOND), "mtime": str(SECOND - 10)}
    pages.roll(row(title="甲", **times), rtime=SECOND + 60)
    pages[place()] = article_page()
    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0
    before = {path: path.read_bytes() for path in posts(output)}

    result, found = adopted(output, config)

    assert (astuple(result), found) == ((0, 1, 0), {})
    assert {path: path.read_bytes() for path in posts(output)} == before


def test_a_post_of_a_harvested_article_elsewhere_is_named(config, pages, scrapy, tmp_path):
    times = {"ctime": str(SECOND - 40), "intime": str(SECOND), "mtime": str(SECOND - 10)}
    pages.roll(row(title="甲", **times), rtime=SECOND + 60)
    pages[place()] = article_page()
    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0
    put(tmp_path / "old", "a/甲.md", e1("甲"))

    result, found = adopted(tmp_path / "old", config)

    assert astuple(result) == (0, 0, 1)
    assert found == {"a/甲.md": f"the archive has its article in _posts/{FOLDER}/甲.md"}


def test_a_harvest_writes_the_post_of_an_adopted_article_in_its_place(
    blog, config, pages, scrapy, output
):
    random = e3("甲", "<p>旧</p>", picture="https://picsum.photos/400/300?random=7301")
    adopted(blog(甲=random), config)
    times = {"ctime": str(SECOND - 40), "intime": str(MINUTES_LATER), "mtime": str(SECOND)}
    pages.roll(row(title="甲", **times), rtime=SECOND + 7_200)
    pages[place()] = article_page(body="<p>　　新的正文。</p>")

    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    (post,) = posts(output)
    assert post == output / "_posts" / FOLDER / "甲.md"
    assert "新的正文" in post.read_text("utf-8")
    assert DATE in post.read_text("utf-8")
    assert scrapy("rebuild", "--check").returncode == 0
    assert [row["revision"] for row in query(output, "SELECT revision FROM revisions")] == [1, 2]
    assert pages.articles() == [place()]
    again = scrapy("harvest", "china", mirror=pages.url)
    assert "unchanged 1" in again.stdout
    assert pages.articles() == [place()], "it is not fetched each time"


def test_a_ledger_put_back_to_before_the_harvest_writes_no_post_twice(
    blog, config, pages, scrapy, output
):
    adopted(blog(甲=e1("甲"), 乙=e1("乙")), config)
    shutil.copy(output / "ledger.db", output.parent / "backup.db")
    times = {"ctime": str(SECOND - 40), "intime": str(SECOND), "mtime": str(SECOND - 10)}
    pages.roll(row(title="甲", **times), rtime=SECOND + 60)
    pages[place()] = article_page()
    assert scrapy("harvest", "china", mirror=pages.url).returncode == 0
    before = {path: path.read_bytes() for path in posts(output)}
    for suffix in ("", "-wal", "-shm"):
        (output / f"ledger.db{suffix}").unlink(missing_ok=True)
    shutil.copy(output.parent / "backup.db", output / "ledger.db")

    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert {path: path.read_bytes() for path in posts(output)} == before
    assert len(before) == 2
    assert scrapy("rebuild", "--check").returncode == 0
    assert pages.articles() == [place()]


def test_an_adopted_post_that_lacks_is_rebuilt_after_its_docid_became_known(
    blog, config, ledger, scrapy, output
):
    random = e3("甲", "<p>旧</p>", picture="https://picsum.photos/400/300?random=7301")
    adopted(blog(甲=random), config)
    listed(ledger, story())
    (post,) = posts(output)
    post.unlink()

    assert scrapy("rebuild").returncode == 0

    assert post.read_bytes() == random
    assert config_for(output) == config


def test_a_random_picture_that_the_made_docid_would_give_too_stays(blog, config, ledger):
    number = zlib.crc32(made_docid("甲", SECOND).encode()) % 10_001
    picture = f"https://picsum.photos/400/300?random={number}"
    adopted(blog(甲=e3("甲", "<p>文</p>", picture=picture)), config)

    listed(ledger, story())

    assert compare(ledger, config, raise_damage).is_equal


def test_an_article_s_docid_that_was_made_is_in_no_table_once_the_list_told_it(
    blog, config, ledger
):
    adopted(blog(甲=e1("甲")), config)
    listed(ledger, story())
    tables = query(config.output, "SELECT name FROM sqlite_master WHERE type = 'table'")
    for table in tables:
        for found in query(config.output, f"SELECT * FROM {table['name']}"):  # noqa: S608 - SQLite's own names
            assert not any(str(value).startswith("adopted-") for value in found.values())
