"""A page and its row give the exact bytes of the reference corpus' post."""

import json

import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.posts.paths import post_path
from sinanews.posts.render import render
from sinanews.roll import api as roll
from support import needs_shared, posts, reference

POSTS = reference("conformance", "posts", "*")
pytestmark = needs_shared()


@pytest.mark.parametrize("folder", POSTS, ids=lambda folder: folder.name)
def test_page_and_row_make_the_reference_post(folder):
    story = roll.read((folder / "roll.json").read_text("utf-8"), "roll.json").stories[0]
    response = HtmlResponse(story.url, body=(folder / "page.html").read_bytes())

    article = page.read(response, story)

    assert render(article, article.body_html) == (folder / "expected.md").read_bytes()
    path = post_path(article.title, article.channels, article.docid)
    assert f"{path.removeprefix('_posts/')}\n" == (folder / "expected.path").read_text("utf-8")


@pytest.mark.parametrize("folder", POSTS, ids=lambda folder: folder.name)
def test_a_crawl_writes_the_reference_post(folder, pages, scrapy, output):
    answer = (folder / "roll.json").read_bytes()
    url = json.loads(answer)["result"]["data"][0]["url"]
    pages["feed.mix.sina.com.cn/api/roll/get"] = answer
    pages[url.partition("://")[2]] = (folder / "page.html").read_bytes()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    path = (folder / "expected.path").read_text("utf-8").strip("\n")
    assert posts(output) == [output / "_posts" / path]
    assert posts(output)[0].read_bytes() == (folder / "expected.md").read_bytes()


def test_there_are_27_posts_to_compare():
    assert len(POSTS) == 27
