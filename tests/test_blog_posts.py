"""Posts of POST_STYLE=hexo: names that Hexo and every file system take and no two articles share,
front matter that YAML reads back, content that Markdown leaves alone."""

import re
from datetime import datetime

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from blog.making import hexo_config
from sinanews.items import Article
from sinanews.ledger.tables import path_key
from sinanews.posts.blog import TAG_LIMIT, TAGS_LIMIT, tags
from sinanews.posts.paths import NAME_LIMIT, hexo_path, post_path
from sinanews.posts.render import post_bytes
from sinanews.utils.text import plain_line
from sinanews.utils.times import CHINA

COLOURED = '<div style="color:red">'
MOMENT = datetime(2022, 8, 8, 0, 30, tzinfo=CHINA)
DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
DOCIDS = ("nabc0000000001", "nabc0000000002", "chanye.finance.sina.com.cn-sm-2005-03-21-244339")
# What other characters are made of, and whole docids of others.
PIECES = st.sampled_from(
    [*"_. %\"{}'&;#~+$^`|", *"ａ％é\u0301😀　\u200b\ufeff\u2028", "甲", "cpi", *DOCIDS]
)
TITLES = (
    st.lists(PIECES | st.characters(codec="utf-8"), min_size=1, max_size=12).map("".join)
    | st.text()
)


def named(title: str, docid: str, taken: int = 0) -> tuple[str, str]:
    """The paths of an article's post in both styles."""
    path = post_path(title, ["guonei"], docid, taken=taken)
    return path, hexo_path(path, docid)


def article(title: str = "标题", body: str = "<p>正文。</p>", **fields: object) -> Article:
    url = f"https://finance.sina.com.cn/china/2022-08-08/doc-i{DOCIDS[0]}.shtml"
    values = {"first_seen": MOMENT, "layout": "F2017", "body_html": body} | fields
    return Article(DOCIDS[0], url, ["guonei"], title, **values)


def parts_of(article: Article, **settings: object) -> tuple[dict, str]:
    """Front matter as YAML reads it, and content."""
    post = post_bytes(article, hexo_config(**settings)).decode()
    empty, head, content = post.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(head), content


@given(TITLES, st.sampled_from(DOCIDS), st.integers(0, 3))
def test_a_name_is_one_that_hexo_and_every_file_system_take(title, docid, taken):
    _, path = named(title, docid, taken)
    root, *folders, name = path.split("/")
    assert root == "_posts"
    for part in (*folders, name.removesuffix(".md")):
        assert part == part.strip("._ ")
        assert part
        assert not re.search(r'[%"#?*:<>|\\{}`\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]', part)
        assert not DEVICES.fullmatch(part)
        assert "  " not in part
    assert name.endswith(".md")
    assert len(name.encode()) <= NAME_LIMIT


@given(TITLES, st.sampled_from(DOCIDS), st.integers(0, 3))
def test_the_name_of_a_name_is_itself(title, docid, taken):
    _, path = named(title, docid, taken)
    assert hexo_path(path, docid) == path


@given(TITLES, TITLES, st.permutations(DOCIDS), st.integers(0, 3), st.integers(0, 3))
def test_two_articles_have_two_names(title, other_title, docids, taken, other_taken):
    path, hexos = named(title, docids[0], taken)
    other, others = named(other_title, docids[1], other_taken)
    assume(path_key(path) != path_key(other))  # as the ledger has it
    assert path_key(hexos) != path_key(others)


@given(TITLES, st.permutations(DOCIDS), st.integers(0, 3))
def test_a_title_that_is_the_name_of_anothers_post_has_another_name(title, docids, taken):
    path, hexos = named(title, docids[0], taken)
    stem = hexos.rpartition("/")[2].removesuffix(".md")
    other, others = named(stem, docids[1])
    assume(path_key(path) != path_key(other))
    assert path_key(hexos) != path_key(others)


@given(st.text("a涨 .%_-\t\ufeff\ufffd\u3000\u200b\x1c\x85", max_size=12))
def test_the_path_of_a_path_is_itself(name):
    """Also of what goes from between spaces."""
    made = hexo_path(f"_posts/{name}/{name}.md", DOCIDS[0])
    assert hexo_path(made, DOCIDS[0]) == made
    assert "  " not in made


@pytest.mark.parametrize(
    "path", ["_posts/_a/%b/.c/标题.md", "_posts/a /标题.md", "_posts/CON/CON.md", "_posts/_.md"]
)
def test_folders_of_adopted_posts_are_names_too(path):
    made = hexo_path(path, DOCIDS[0])
    assert made.endswith(f"{DOCIDS[0]}.md")
    assert not re.search(r"/[_. ]|[_. ]/|%|//", made.removeprefix("_posts"))


@given(TITLES.filter(lambda title: plain_line(title).strip()))
def test_the_title_in_front_matter_is_sinas(title):
    title = title.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    head, _ = parts_of(article(title))
    assert head["title"] == plain_line(title).strip()


def test_front_matter_has_what_hexo_and_its_themes_look_for():
    picture = "https://n.sinaimg.cn/a.jpg"
    body = f'<p><img src="{picture}"></p><p>正文。</p>'
    read, _ = parts_of(article("{{ 1 }}：“甲”?", body, keywords=["康养"], updated=MOMENT))
    assert read == {
        "title": "{{ 1 }}：“甲”?",
        "date": "2022-08-08T00:30:00",
        "updated": "2022-08-08T00:30:00",
        "categories": ["金融", "新浪财经", "新浪财经－国內"],
        "tags": ["康养"],
        "author": "新浪财经",
        "comments": False,
        "headimg": picture,
        "thumbnail": picture,
        "docid": DOCIDS[0],
    }


def test_extra_keys_are_added_but_for_those_that_are_there():
    keys = "link,source,docid,updated,keywords"
    told = article(source="某报", keywords=["康养"], updated=MOMENT)
    read, _ = parts_of(told, POST_EXTRA_KEYS=keys)
    assert list(read)[-3:] == ["link", "source", "keywords"]
    assert read["updated"] == "2022-08-08T00:30:00"


@given(st.lists(TITLES, max_size=40))
def test_tags_have_pages_of_their_own_and_no_markup(keywords):
    names = tags(keywords)
    assert len(names) <= TAGS_LIMIT
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert len(name) <= TAG_LIMIT
        assert re.search(r"\w", name)
        assert not set(name) & set('<>"&')


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("<p>甲</p><p>乙</p>", ["<p>甲</p>", "<p>乙</p>"]),
        (
            "<div><div><p>甲</p><p>乙</p></div><p>丙</p></div>",
            ["<p>甲</p>", "<p>乙</p>", "<p>丙</p>"],
        ),
        ("甲<b>乙</b><p>丙</p>丁", ["<p>甲<b>乙</b></p>", "<p>丙</p>", "<p>丁</p>"]),
        ("<font><p>甲</p></font>", ["<div><font><p>甲</p></font></div>"]),
        ("<pre>甲\n\n  乙</pre>", ['<div style="white-space: pre-line">甲\n乙</div>']),
        (f"{COLOURED}<p>甲</p><p>乙</p></div>", [f"{COLOURED}<p>甲</p><p>乙</p></div>"]),
        ("<ul><li>{{甲}}</li></ul>", ["<ul><li>&#123;&#123;甲&#125;&#125;</li></ul>"]),
    ],
)
def test_content_is_blocks_without_frames_around_them(body, blocks):
    _, content = parts_of(article(body=body))
    shown = content.partition("\n<!-- more -->\n")[0]
    assert shown == "\n".join(blocks)


MARKUP = st.sampled_from([
    *("<div>", "</div>", "<p>", "</p>", "<pre>", "</pre>", "<b>", "</b>", "<!-- more -->", "<br>"),
    *("\n", "\n\n", "    x", "# x", "* x", "```", "[a](b)", "&lt;p&gt;", "<table><tr><td>"),
    "甲" * 70,
])  # fmt: skip # as short as it can be


@given(st.lists(MARKUP, max_size=20).map("".join), st.sampled_from([None, "某<b>报", "```"]))
def test_content_is_one_block_of_html_for_markdown(body, source):
    _, content = parts_of(article(body=body, source=source))
    lines = content.split("\n")
    assert lines.pop() == ""
    assert all(line.strip() for line in lines)
    assert re.match(r"<!-- more -->|<(?:address|blockquote|div|p|table)\b", content)
    assert len(re.findall(r"<!--+\s*more\s*--+>", content)) == 1
    assert "<pre" not in content
    assert "```" not in content


def test_the_mark_stands_behind_a_paragraph_that_says_something():
    body = f"<p>原标题：甲</p><p>{'乙' * 60}</p><p>丙</p>"
    _, content = parts_of(article(body=body, source="某报"))
    head, _, rest = content.partition("\n<!-- more -->\n")
    assert head.endswith(f"<p>{'乙' * 60}</p>")
    assert rest.startswith("<p>丙</p>\n<p>来源：某报　<a href=")


def test_a_body_may_be_as_deep_as_a_page():
    deep = "<div><p>甲</p>" * 1_400 + "<p>乙</p>" + "</div>" * 1_400
    _, content = parts_of(article(body=deep))
    assert content.count("<p>甲</p>") == 1_400
