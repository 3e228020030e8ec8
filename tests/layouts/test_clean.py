"""POST_BODY=clean: bodies of every layout without boilerplate, and with everything else."""

import json
import re

import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import body as bodies
from sinanews.extraction import html5, layouts, page
from sinanews.mirror.pages import FAMILIES, render
from sinanews.mirror.site import Site
from sinanews.utils.text import line
from support import ROOT, reference

FIXTURES = sorted((ROOT / "tests/fixtures/layouts").iterdir())
CAPTURES = [f for f in reference("conformance", "captures", "*") if (f / "truth.json").exists()]
BOILERPLATE = re.compile(
    r"<!--|<script|<style|<iframe|<link|<noscript|<ins\b|appendQr|kaihu|otherContent|video-2017"
    r"|责任编辑[：:]|（编辑：S|海量资讯、精准解读|特别声明：|article-editor|show_author|ct_hqimg"
)
PICTURELESS = ("T2005", "M")  # the mirror renders their pages without pictures
families = pytest.mark.parametrize("family", FAMILIES)
labelled = pytest.mark.parametrize("folder", [*FIXTURES, *CAPTURES], ids=lambda f: f.name)


def cleaned(article):
    return bodies.clean(article.body_html, layouts.BY_NAME[article.layout].boilerplate)


def tree(html):
    return html5.parsed_body(html)


def links(html):
    return [link.attributes["href"] for link in tree(html).css("a")]


def pictures(html):
    return [image.attributes["src"] for image in tree(html).css("img")]


def assert_clean(html):
    assert BOILERPLATE.search(html) is None, BOILERPLATE.search(html)
    assert re.search(r"\n\s*\n", html) is None
    assert html == html.strip()


def article_of(folder):
    """The article of a labelled page, and its label."""
    file = folder / ("truth.json" if folder in CAPTURES else "expected.json")
    label = json.loads(file.read_text("utf-8"))
    body = (folder / "page.html").read_bytes()
    return page.read(HtmlResponse(label["url"], body=body)), label


@labelled
def test_a_clean_body_has_the_labelled_paragraphs_and_pictures_and_no_boilerplate(folder):
    article, label = article_of(folder)
    html = cleaned(article)
    assert_clean(html)
    squeezed = "".join("".join(label["paragraphs"]).split())
    body = tree(html)
    bodies.images(body)  # takes the credits of pictures out, which a clean body shows
    assert "".join("".join(bodies.paragraphs(body)).split()) == squeezed
    assert pictures(html) == [image["url"] for image in label["images"]]


@labelled
def test_a_clean_body_has_the_links_in_the_text_and_no_others(folder):
    article, label = article_of(folder)
    texts = {
        line(link.text()): link.attributes["href"]
        for link in tree(article.body_html).css("a[href]")
    }
    wanted = {
        url for text, url in texts.items() if text and any(text in p for p in label["paragraphs"])
    }
    assert {url for url in links(cleaned(article)) if url} == wanted


def stories(family, count=40):
    """Enough of the mirror's stories to have every kind of boilerplate that a layout can have."""
    return Site(articles=0, tick=0).publish(count, family=family)


@families
def test_pages_of_the_mirror_come_out_clean_and_whole(family):
    for story in stories(family):
        article = page.read(HtmlResponse(story.url, body=render(story)))
        html = cleaned(article)
        assert_clean(html)
        quoted = [paragraph for paragraph in story.paragraphs() if paragraph not in article.text]
        assert quoted == []
        assert pictures(html) == [image.url for image in article.images]
        pictured = "picture" in story.features and family not in PICTURELESS
        assert len(article.images) == pictured
        named = [stock.digits for stock in story.stocks]
        assert sum(any(digits in url for digits in named) for url in links(html)) == len(named)


@families
def test_each_kind_of_boilerplate_is_among_them(family):
    features = frozenset().union(*(story.features for story in stories(family)))
    wanted = {"picture", "topic", "adlist", "table", "script", "video", "stocks", "quote"}
    assert wanted - features <= FAMILIES[family].missing
