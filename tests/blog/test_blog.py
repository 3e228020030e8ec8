"""POST_STYLE=hexo looks right in Hexo as it comes: versions 7 and 8, their default configuration
and theme, on machines in UTC and in China, opened in Chromium.

`BLOG_PAGES=all` has every page opened of both versions in both zones.
"""

import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from blog.making import Post, Site, generate, look, post_of
from sinanews.items import Article
from sinanews.utils.times import CHINA
from support import needs_shared

pytestmark = pytest.mark.servers("node", "npm", "chromium")

ALL = os.environ.get("BLOG_PAGES") == "all"
SAMPLE = 1 if ALL else 12  # of so many posts' pages one is opened
BOTH = [("hexo", "UTC"), ("hexo-7", "Asia/Shanghai")]
CROSSED = [("hexo", "Asia/Shanghai"), ("hexo-7", "UTC")] if ALL else []
VERSIONS = {"hexo": "8.1.2", "hexo-7": "7.3.0"}
FRONT = "index.html"
A_TAG = re.compile(r"</?(?:a|b|br|div|font|img|p|span|strong|table|td|tr)\b[^<>]*>")
BODY = "<p>　　一段正文，*不是*强调，也不是_斜体_，见 https://example.com/a_b_c ，`1<2`。</p>\n" * 3
# Titles with what YAML, Nunjucks, HTML, Hexo and file systems have a meaning for.
TITLES = (
    "“临湾”：[图]港口?",
    "出口额增长1.4%",
    "{{ 7 * 7 }}{% raw %}试点",
    '它\'s "甲" \\n & 乙: # 丙',
    "<b>粗</b>与<!-- more -->",
    "CON",
    "---",
    "_草稿_~",
    ".隐藏. ",
    "a/b\\c:d*e|f",
    "标" * 200,
)


def article(number: int, title: str, **fields: object) -> Article:
    listed = datetime(2022, 8, 8, 0, 30, number, tzinfo=CHINA)  # the day before in UTC
    values = {"first_seen": listed, "body_html": BODY, "source": "某报", "layout": "F2017"}
    docid = f"nabc000000{number:04}"
    url = f"https://finance.sina.com.cn/china/2022-08-08/doc-i{docid}.shtml"
    return Article(docid, url, ["guonei"], title, **values | fields)


@pytest.fixture(scope="module")
def awkward() -> list[Post]:
    """Posts whose titles and keywords mean something to what reads them."""
    keywords = ["A股", "<img src=x>", "{{ 1 }}", "康养 ", "…", "a/b", "%"]
    return [post_of(article(n, title, keywords=keywords)) for n, title in enumerate(TITLES)]


@pytest.fixture(scope="module")
def posts(harvested, conformance, awkward) -> list[Post]:
    return harvested + conformance + awkward


@pytest.fixture(scope="module", params=BOTH + CROSSED, ids="-".join)
def site(request, packages, posts, tmp_path_factory) -> Site:
    hexo, zone = request.param
    made = generate(packages, tmp_path_factory.mktemp("site") / "site", posts, hexo, zone)
    assert made.version == VERSIONS[hexo]
    return made


@pytest.fixture(scope="module")
def seen(packages, site, posts, awkward) -> dict[str, dict]:
    """What is seen of posts, by docid: of all the awkward and a sample of the others; and of the
    front page, FRONT."""
    awkward_docids = {post.article.docid for post in awkward}
    docids = [
        post.article.docid
        for number, post in enumerate(posts)
        if number % SAMPLE == 0 or post.article.docid in awkward_docids
    ]
    pages = look(packages, site, [FRONT, *(site.paths[docid] for docid in docids)])
    return {FRONT: pages[FRONT]} | {docid: pages[site.paths[docid]] for docid in docids}


def test_there_is_a_page_of_every_post(site, posts):
    assert len(posts) >= 330
    assert site.paths.keys() == {post.article.docid for post in posts}
    assert len(set(site.paths.values())) == len(posts)
    for path in site.paths.values():
        assert (site.public / path / "index.html").is_file()


def test_the_address_of_every_page_has_the_day_in_china(site, posts):
    for post in posts:
        assert site.paths[post.article.docid].startswith(post.day.replace("-", "/") + "/")


def test_no_page_has_code_or_an_escaped_tag(site):
    pages = [site.public / path / "index.html" for path in site.paths.values()]
    escaped = re.compile(r"&lt;/?(?:a|div|img|p|span|table)\b")
    for page in pages:
        entry = page.read_text("utf-8").partition('itemprop="articleBody">')[2]
        entry = entry.partition('<footer class="article-footer">')[0]
        assert entry, page
        assert "<pre" not in entry, page
        assert not escaped.search(entry), page


def test_a_reader_sees_title_day_categories_and_tags_as_sina_has_them(seen, posts):
    for post in posts:
        if page := seen.get(post.article.docid):
            assert page["titles"] == [" ".join(post.article.title.split())]
            assert page["days"] == [post.day]
            titles = {"guonei": ["金融", "新浪财经", "新浪财经－国內"]}
            channel = post.article.channels[0]
            assert page["categories"] == titles.get(channel, page["categories"])
            assert len(page["categories"]) == 3
            assert {tag.casefold() for tag in page["tags"]} == expected_tags(post.article)


def expected_tags(article: Article) -> set[str]:
    names = (name.strip() for name in article.keywords)
    look_alikes = {"<img src=x>": "＜img src=x＞"}
    return {look_alikes.get(name, name).casefold() for name in names if any(map(str.isalnum, name))}


def test_a_reader_sees_all_of_the_text_and_no_markup(seen, posts):
    for post in posts:
        if page := seen.get(post.article.docid):
            (text,) = page["texts"]
            assert not A_TAG.search(text)
            assert page["code"] == 0
            for line in post.article.text.split("\n"):
                assert squeezed(line) in squeezed(text)
            if post.article.body_html == BODY:
                shown = squeezed(BODY.replace("<p>", "").replace("</p>", ""))
                assert shown in squeezed(text)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_picture_is_shown_and_the_source_is_linked(seen, posts):
    pictures = 0
    for post in posts:
        if page := seen.get(post.article.docid):
            urls = [image.url for image in post.article.images]
            assert [picture["url"] for picture in page["pictures"]] == urls
            assert all(picture["isShown"] for picture in page["pictures"])
            assert post.article.url in page["links"][0]
            pictures += len(urls)
    assert pictures > 10


def test_the_front_page_has_excerpts_that_end_before_the_text_does(seen, posts):
    front = seen[FRONT]
    by_title = {post.article.title: post.article for post in posts}
    assert len(front["titles"]) == front["excerpts"] == 10
    assert front["code"] == 0
    for title, text in zip(front["titles"], front["texts"], strict=True):
        whole = by_title[title].text
        assert 0 < len(squeezed(text)) <= len(squeezed(whole)) + len("阅读全文ReadMore")
        assert "来源：" not in text


@needs_shared()
def test_the_conformance_posts_are_among_them(conformance):
    assert len(conformance) == 27


def test_the_day_stays_in_china_where_clocks_change_at_night(packages, tmp_path: Path):
    # On these days clocks change in New Zealand, where it is half a day later than in UTC.
    nights = [datetime(2022, *day, 0, 30, tzinfo=CHINA) for day in ((9, 25), (4, 3))]
    posts = [post_of(article(n, f"夜{n}", first_seen=night)) for n, night in enumerate(nights)]
    site = generate(packages, tmp_path / "site", posts, "hexo", "Pacific/Auckland")
    for post in posts:
        assert site.paths[post.article.docid].startswith(post.day.replace("-", "/"))
