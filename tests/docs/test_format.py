"""docs/format.md: its tables of titles, file names and bodies match the output."""

import json
import re
from pathlib import Path

import frontmatter
import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.items import Article
from sinanews.posts.paths import post_path
from sinanews.posts.render import render
from sinanews.roll import api as roll
from support import ROOT, article_page, posts, row

DOC = (ROOT / "docs" / "format.md").read_text("utf-8")
CODE = re.compile(r"`([^`]*)`")


def rows(head: str) -> list[list[str]]:
    """The cells of the table with this heading, each reduced to its first code span."""
    table = DOC.partition(f"| {head} |")[2].partition("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [[(CODE.search(cell) or [cell, cell])[1] for cell in line] for line in cells]


def read(title: str, body: str = "<p>　　正文。</p>") -> Article:
    """The article read from a page and from its row in the list, which has the title."""
    answer = {"result": {"status": {"code": 0}, "data": [row(title=title)]}}
    story = roll.read(json.dumps(answer), "list").stories[0]
    return page.read(HtmlResponse(story.url, body=article_page("页上的标题", body)), story)


def listed(cell: str) -> str:
    """A title as the table writes it: escapes of JSON stand for their characters."""
    return json.loads('"{}"'.format(cell.replace('"', r"\""))) if r"\u" in cell else cell


TITLES = rows("title in the list")


@pytest.mark.parametrize(("cell", "front", "name"), [line[:3] for line in TITLES])
def test_titles_and_file_names_match_the_table(cell, front, name):
    article = read(listed(cell))
    post = render(article, article.body_html).decode().split("\n")
    assert post[2] == f"title: {front}"
    assert Path(post_path(listed(cell), ["guonei"], article.docid)).name == name


BODIES = [line[:3] for line in rows("on the page")]


@pytest.mark.parametrize(("served", "reference", "ours"), BODIES)
def test_bodies_differ_from_the_reference_as_in_the_table(served, reference, ours):
    body = read("标题", served).body_html
    assert body == ours
    assert body != reference


def test_both_tables_were_found():
    assert len(TITLES) == 11
    assert {len(line) for line in TITLES} == {4}
    assert len(BODIES) == 6


def test_a_post_matches_the_diagram():
    diagram = re.search(r"```\n(⏎\n.*?)\n```", DOC, re.DOTALL)[1]
    article = read("标题", '<img src="https://n.sinaimg.cn/a.png">')
    expected = diagram.replace("\n", "").replace("⏎", "\n").replace("␠", " ")
    for name, value in {
        "{title}": "标题",
        "{picture}": "https://n.sinaimg.cn/a.png",
        "{Mon, 08 Aug 2022 02:55:13 GMT}": "Tue, 14 Nov 2023 22:13:40 GMT",
        "{body}": article.body_html,
    }.items():
        assert name in expected
        expected = expected.replace(name, value)
    assert render(article, article.body_html).decode() == expected


def test_extra_keys_match_the_example():
    article = read("标题")
    article.keywords = ["康养", "评级"]
    post = render(article, article.body_html, ["link", "keywords"]).decode()
    example = re.search(r"```\nthumbnail: .*?\nlink: .*?\n(.*?)```", DOC, re.DOTALL)[1]
    assert f"link: '{article.url}'\n{example}" in post


def test_posts_round_trip_byte_for_byte(demo):
    example = re.search(r'frontmatter\.load\("output/(.*?)"\)', DOC)[1]
    assert demo.output / example in posts(demo.output)
    for path in posts(demo.output):
        assert frontmatter.dumps(frontmatter.load(str(path))).encode() == path.read_bytes()
