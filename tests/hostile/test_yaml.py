"""Front matter is read alike by PyYAML and by Hexo's js-yaml, whatever its values hold."""

import json
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import frontmatter
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sinanews.posts.front_matter import PostHandler
from support import ROOT, article_page, place, posts, row

HEXO = ROOT / "tests" / "hexo"
SINGLE = ("title", "headimg", "thumbnail", "link", "source", "editor", "docid", "updated")
LISTS = ("keywords", "tickers")
HOSTILE = [
    "",
    " ",
    " both ends ",
    "\u3000全角\u3000",
    "it's",
    '"quoted"',
    "both ' and \"",
    "''",
    '""',
    "back\\slash",
    "it's \\q",
    'it\'s "\\q" \\',
    "\\",
    "\\\\'",
    "\\x1b",
    "\\u003c",
    "colon: value",
    "key: 'x'\nother: y",
    "# comment",
    "a # b",
    "---",
    "\n---\n",
    "x\n---\n\n<script>alert(1)</script>",
    "...",
    "- item",
    "? key",
    "&anchor",
    "*alias",
    "!tag",
    "!!python/object:os.system",
    "%TAG ! tag:",
    "@at",
    "`tick`",
    "|",
    ">",
    "[a, b]",
    "{a: b}",
    "{{ 7*7 }}{% raw %}",
    "&#123;",
    "null",
    "~",
    "true",
    "1e3",
    "0x10",
    "2022-08-08",
    "<b>'</b>",
    "<img src=x onerror=alert(1)>",
    "</div>",
    "tab\tinside",
    "line\r\nfeed",
    "next\x85line\u2028and\u2029paragraph",
    "\x00\x07\x1b[31m\x7f\x9b31m",
    "\u202eoverride\u2066isolate\u200f",
    "\ufeffbom\ufeff",
    "\ufffe\uffff",
    "emoji 👨‍👩‍👧 and astral 𠀀\U0010ffff",
    "half \ud83d",
    "长" * 5_000,
    "a'\"\\ " * 500,
]


def documented(value: str) -> str:
    """What docs/format.md says of a value's characters, written down a second time."""
    value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    value = re.sub("\r\n|[\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029]", " ", value)
    kept = [c for c in value if unicodedata.category(c) != "Cc" and not turns_direction(c)]
    return "".join(kept).replace("{", "&#123;").replace("}", "&#125;")


def turns_direction(character: str) -> bool:
    kinds = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    marks = "\u061c\u200e\u200f\u206a\u206b\u206c\u206d\u206e\u206f"
    return unicodedata.bidirectional(character) in kinds or character in marks


def post_of(value: str) -> str:
    """A post with this value for every key that can have one of Sina's."""
    metadata: dict[str, object] = dict.fromkeys(SINGLE, value)
    metadata |= {name: [value, value] for name in LISTS}
    return frontmatter.dumps(frontmatter.Post("<div>x</div>", PostHandler(), **metadata))


@pytest.fixture(scope="module")
def hexo_reads(
    hexo_site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], dict]]:
    """Reads a post's front matter as Hexo does; one process for all of them."""
    folder = hexo_site(tmp_path_factory.mktemp("front-matter") / "site")
    with subprocess.Popen(
        ["node", "front_matter.js"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as node:
        assert node.stdin
        assert node.stdout

        def read(post: str) -> dict:
            node.stdin.write(json.dumps(post) + "\n")
            node.stdin.flush()
            answer = json.loads(node.stdout.readline())
            assert "error" not in answer, f"{answer['error']}\n{post}"
            return answer["read"]

        yield read
        node.stdin.close()


MARKS = [
    *(
        "'",
        '"',
        "\\",
        "\\q",
        ":",
        "#",
        "---",
        "&",
        "*",
        "!",
        "%",
        "@",
        "<",
        ">",
        "{",
        "}",
        "- ",
        "?",
    ),
    *("|", ">", "~", ": ", " #", " ", "\n", "\ufeff", "\x85", "\u2028", "\x1b[2J", "\u202e"),
    *("题", "𠀀", "👨‍👩‍👧", "x"),
]
pieces = st.sampled_from(MARKS)
values = st.one_of(
    st.lists(pieces, max_size=30).map("".join), st.text(st.characters(exclude_categories=["Cs"]))
)


@settings(max_examples=1_000)
@given(values)
def test_pyyaml_reads_what_went_in(value):
    front = post_of(value).split("\n---\n")[1]
    assert yaml.safe_load(front) == frontmatter.loads(post_of(value)).metadata
    assert_went_through(yaml.safe_load(front), value)


@pytest.mark.servers("node", "npm")
@settings(max_examples=1_000)
@given(values)
def test_js_yaml_reads_what_went_in(hexo_reads, value):
    assert_went_through(hexo_reads(post_of(value)), value)


@pytest.mark.servers("node", "npm")
@pytest.mark.parametrize("value", HOSTILE)
def test_both_read_a_hostile_value_as_it_went_in(hexo_reads, value):
    post = post_of(value)
    assert_went_through(frontmatter.loads(post).metadata, value)
    assert_went_through(hexo_reads(post), value)


def assert_went_through(read: dict, value: str) -> None:
    expected = documented(value)
    assert {name: read[name] for name in SINGLE} == dict.fromkeys(SINGLE, expected)
    assert {name: read[name] for name in LISTS} == dict.fromkeys(LISTS, [expected] * 2)


@given(values)
@example("x\n---\n<script>alert(1)</script>")
def test_front_matter_ends_where_it_ends_and_is_no_markup(value):
    before, front, body = post_of(value).split("\n---\n")
    assert (before, body) == ("", "\n<div>x</div>\n" + " " * 12)
    assert not re.search(r"[<>{}]", front)
    assert not [c for c in front if c != "\n" and not documented(c)]


def test_posts_of_hostile_values_are_written_again_byte_for_byte():
    for value in HOSTILE:
        post = post_of(value)
        assert frontmatter.dumps(frontmatter.loads(post)) == post


@pytest.mark.servers("node", "npm")
def test_a_picture_with_a_quote_and_a_backslash_is_read_back(pages, scrapy, output, hexo_reads):
    pages.roll(row(title="it's \\q"))
    body = r"""<p><img src="https://n.sinaimg.cn/it's?\q.jpg"></p>"""
    pages[place()] = article_page(body=body).replace("某报".encode(), "甲's \\乙".encode())

    run = scrapy("crawl", "china", mirror=pages.url, POST_EXTRA_KEYS="source,link")

    assert run.returncode == 0, run.stderr
    (post,) = posts(output)
    for read in (frontmatter.load(str(post)).metadata, hexo_reads(post.read_text("utf-8"))):
        assert read["title"] == "it's _q"
        assert read["headimg"] == read["thumbnail"] == r"https://n.sinaimg.cn/it's?\q.jpg"
        assert read["source"] == "甲's \\乙"


def test_the_readers_are_those_of_a_blog():
    packages = json.loads(Path(HEXO / "package-lock.json").read_text("utf-8"))["packages"]
    assert "node_modules/hexo-front-matter" in packages
    assert packages["node_modules/hexo-front-matter"]["dependencies"]["js-yaml"]
