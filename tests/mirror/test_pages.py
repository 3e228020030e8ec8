"""The article pages of today's two families: realistic, complete, and those of their stories."""

import gzip
import re
from html import unescape

import pytest
from selectolax.lexbor import LexborHTMLParser

from sinanews.mirror.pages import render
from sinanews.mirror.site import Site

BODIES = {"F2017": "div.article#artibody", "N2017": "div.article#article"}


@pytest.fixture(scope="module")
def pages():
    """The stories of these families among a hundred and thirty, each with its parsed page."""
    stories = [story for story in Site(articles=130).stories if story.family in BODIES]
    return [(story, LexborHTMLParser(html(story))) for story in stories]


def html(story):
    return render(story).decode()


def meta(tree, name):
    node = tree.css_first(f'meta[name="{name}"], meta[property="{name}"]')
    return node and node.attributes["content"]


def with_feature(pages, feature):
    """Those of the pages whose story has a feature, of which there must be some."""
    matching = [(story, tree) for story, tree in pages if feature in story.features]
    assert matching
    return matching


def text(node):
    return " ".join(node.text().split())


def test_a_page_has_the_size_and_the_tree_of_a_real_one(pages):
    for story, tree in pages:
        assert 60_000 <= len(render(story)) <= 110_000
        assert len(tree.css("*")) > 1_000


def test_no_placeholder_of_a_template_is_left(pages):
    assert not [story for story, _ in pages if re.search("[⟦⟧]", html(story))]


def test_each_page_has_one_headline_and_one_body_of_its_family(pages):
    assert {story.family for story, _ in pages} == set(BODIES)
    for story, tree in pages:
        title = " ".join(story.title.split())
        assert [text(node) for node in tree.css("h1.main-title")] == [title]
        assert len(tree.css(BODIES[story.family])) == 1


def test_the_head_names_the_story(pages):
    for story, tree in pages:
        assert meta(tree, "publishid") == story.docid
        assert meta(tree, "og:url") == story.url
        assert meta(tree, "og:title") == story.title
        assert meta(tree, "mediaid") == meta(tree, "article:author") == story.source
        assert meta(tree, "tags") == ",".join(story.keywords)
        assert meta(tree, "keywords") == (",".join(story.keywords) or story.title)


def test_the_shown_date_is_ctime_and_news_pages_are_published_later(pages):
    for story, tree in pages:
        shown = text(tree.css_first(".date-source .date"))
        created, published = (
            meta(tree, "weibo: article:create_at"),
            meta(tree, "article:published_time"),
        )
        assert re.sub("[年月]", "-", shown).replace("日", "") == created[:16]
        assert (published[:19].replace("T", " ") > created) == (story.family == "N2017")


def test_the_source_is_a_link_or_plain(pages):
    nodes = [(story, tree.css_first(".date-source .source")) for story, tree in pages]
    assert {node.tag for _, node in nodes} == {"a", "span"}
    assert all(text(node) == story.source for story, node in nodes)


def test_the_body_holds_the_paragraphs_in_order(pages):
    for story, tree in pages:
        body = tree.css_first(BODIES[story.family]).text()
        positions = [body.find(paragraph) for paragraph in story.paragraphs()]
        assert -1 not in positions
        assert positions == sorted(positions)


def test_the_editor_line_stands_in_the_body_with_and_without_code(pages):
    assert {story.code is None for story, _ in pages} == {True, False}
    for story, tree in pages:
        line = tree.css_first(f"{BODIES[story.family]} :is(p.article-editor, p.show_author)")
        assert line.text() == f"责任编辑：{story.editor} {story.code or ''}"


@pytest.mark.parametrize(
    ("feature", "css"),
    [
        ("picture", "div.img_wrapper > img[src^='//'] + span.img_descr"),
        ("quote", "blockquote.fin_reference > p"),
        ("table", "table tr td"),
        ("video", "div.video-2017#videoList0"),
        ("script", "p + script"),
    ],
)
def test_a_feature_shows_in_the_bodies_of_its_stories_only(pages, feature, css):
    assert with_feature(pages, feature)
    for story, tree in pages:
        node = tree.css_first(BODIES[story.family]).css_first(css)
        assert (node is not None) == (feature in story.features), story.docid


def test_a_removed_paragraph_is_only_in_a_comment(pages):
    for story, tree in with_feature(pages, "adlist"):
        removed = re.search(
            r"<!--article_adlist\[<p>　　(.*?)</p>\]article_adlist-->", html(story)
        )[1]
        assert unescape(removed) not in tree.css_first(BODIES[story.family]).text()


def test_the_first_mention_of_a_stock_is_linked_some_without_quotes(pages):
    for story, tree in with_feature(pages, "stocks"):
        body = tree.css_first(BODIES[story.family])
        for stock in story.stocks:
            key = f"{stock.market}_{stock.code}"
            assert text(body.css_first(f"span[id='{key}'] > a.keyword")) == stock.name
            assert body.css_first(f"span[id='{key}'] + span[id='quote_{stock.code}']")
    assert any("<span id=stock_" in html(story) for story, _ in with_feature(pages, "unquoted"))


def test_the_keyword_comment_lists_the_codes_in_order(pages):
    finance = [story for story, _ in with_feature(pages, "stocks") if story.family == "F2017"]
    for story in finance:
        listed = re.search(r"<!-- news_keyword_pub,(\w+),(\S*) -->", html(story))
        assert [f"{listed[1]}_{code}" for code in listed[2].split("&")] == list(story.tickers)


def test_news_pages_carry_their_keywords_below_the_body(pages):
    for story, tree in [(story, tree) for story, tree in pages if story.family == "N2017"]:
        words = tree.css_first("#keywords").attributes["data-wbkey"]
        assert words == ",".join((*story.keywords, "新闻"))


def test_a_page_is_html_without_a_charset_in_its_header(get, mirror):
    answer = get(mirror.site.stories[0].address)
    assert answer.headers["Content-Type"] == "text/html"
    assert b'<meta charset="utf-8"' in answer.body


def test_a_page_is_zipped_for_clients_that_accept_gzip(get, mirror):
    address = mirror.site.stories[0].address
    plain, zipped = get(address), get(address, encoding="gzip, deflate")
    assert (plain.headers["Content-Encoding"], zipped.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.headers["Vary"] == "Accept-Encoding"


def test_an_edited_page_shows_its_time_and_the_new_paragraph(get, mirror):
    story = mirror.site.stories[0]
    assert "article:update_at" not in get(story.address).text
    edited = mirror.site.edit(story.docid)
    tree = LexborHTMLParser(get(story.address).text)
    assert meta(tree, "weibo: article:update_at") == "2026-03-18 09:00:00"
    assert edited.paragraphs()[-1] in tree.css_first(BODIES[story.family]).text()


def test_a_removed_page_is_not_found(get, mirror):
    story = mirror.site.stories[0]
    mirror.site.remove(story.docid)
    assert get(story.address).status == 404


def test_an_unknown_page_is_not_found_and_robots_txt_allows_all(get):
    assert get("finance.sina.com.cn/china/nothing.shtml").status == 404
    robots = get("finance.sina.com.cn/robots.txt")
    assert (robots.status, robots.text) == (200, "User-agent: *\nDisallow:\n")
