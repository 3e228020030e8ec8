"""Hostile titles make valid YAML, and safe names inside the folder."""

import re
from pathlib import PurePosixPath

import frontmatter
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sinanews.items import Article
from sinanews.posts.paths import post_path, post_title
from sinanews.posts.render import render
from sinanews.utils.times import at
from support import article_page, place, posts, row

HOSTILE = [
    "both ' and \"",
    'only "double"',
    "only 'single'",
    "colon: yes",
    "# no comment",
    "a #hash # inside",
    "- leading dash",
    "--- document",
    "line\nbreak",
    "line\n---\nbreak",
    "carriage\rreturn\u2028separator\x85next",
    "😀 emoji 👨‍👩‍👧",
    "长" * 200,
    "a" * 200,
    "😀" * 100,
    "....",
    ".",
    "../../x",
    "..\\..\\x",
    "/etc/passwd",
    "nul\x00inside",
    "\x00",
    "{{ template }} {% raw %}",
    "tab\tinside",
    "*anchor &alias !tag %directive @at `tick`",
    "null",
    "true",
    "1.5",
    "#",
    "   spaces   ",
    "\ufeffbom",
    "<script>alert(1)</script>",
    "“引号”[图]？",
    "\ud83d half",
]


def sanitised(title: str) -> str:
    """Reimplements docs/format.md: one line without control characters, twelve characters, and the
    braces."""
    title = re.sub(r"[\t-\r\x1c-\x1e\x85\u2028\u2029]", " ", title.replace("\r\n", "\n"))
    title = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", title).strip()
    cut = re.sub(r"[:/\\?*“”<>|\[\]]", "_", title)
    return cut.replace("{", "&#123;").replace("}", "&#125;")


def rendered(title: str) -> bytes:
    article = Article("nabc0000000001", "https://x/", ["guonei"], title, first_seen=at(0))
    return render(article, "<p>x</p>")


def read_back(title: str) -> frontmatter.Post:
    return frontmatter.loads(rendered(title).decode())


def is_inside(post: str) -> bool:
    path = PurePosixPath(post)
    return (
        path.parent == PurePosixPath("_posts/金融/新浪财经/新浪财经－国內")
        and ".." not in path.parts
    )


@pytest.mark.parametrize("title", [t for t in HOSTILE if len(t) < 100 and "\ud83d" not in t])
def test_a_hostile_title_is_read_back_as_the_source_format_gives_it(title):
    assert read_back(title)["title"] == sanitised(title.strip())


@pytest.mark.parametrize("title", [title for title in HOSTILE if "\ud83d" not in title])
def test_a_hostile_title_is_valid_yaml_for_every_reader(title):
    front = rendered(title).decode().split("\n---\n")[1]
    assert set(yaml.safe_load(front)) == {
        *("title", "categories", "headimg", "author", "comments", "date", "thumbnail")
    }


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_makes_a_name_inside_the_folder(title):
    path = post_path(
        title.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), ["guonei"], "nabc"
    )
    assert is_inside(path)
    name = PurePosixPath(path).name
    assert 3 < len(name.encode()) <= 255
    assert not re.search(r"[\x00-\x1f/]", name)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_title_round_trips(title):
    assert read_back(title)["title"] == sanitised(post_title(title))
    assert is_inside(post_path(title, ["guonei"], "nabc"))


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.text("abc", min_size=1, max_size=60),
)
def test_any_taken_name_stays_within_the_limit_of_file_systems(title, docid):
    path = post_path(title, ["guonei"], docid, taken=True)
    assert len(PurePosixPath(path).name.encode()) <= 255


def test_a_long_title_is_cut_at_weight_150():
    assert post_title("长" * 75) == "长" * 75
    assert post_title("长" * 76) == "长" * 75 + "..."
    assert post_title("a" * 151) == "a" * 150 + "..."
    assert post_title("a" * 149 + "长") == "a" * 149 + "..."
    assert post_title("😀" * 38) == "😀" * 37 + "..."


def test_a_title_of_dots_only_is_named_by_its_docid():
    assert PurePosixPath(post_path("....", ["guonei"], "nabc")).name == "nabc.md"


def test_titles_that_make_one_name_make_two_posts(pages, scrapy, output):
    first, second = "nabc0000000001", "nabc0000000002"
    pages.roll(row(first, title="上涨1.4%"), row(second, title="上涨14%"))
    pages[place(first)] = pages[place(second)] = article_page()

    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0

    assert [path.name for path in posts(output)] == [f"上涨14% {second}.md", "上涨14%.md"]


def test_hostile_titles_survive_a_whole_crawl(pages, scrapy, output):
    rows = [row(f"nabc{number:010}", title=title) for number, title in enumerate(HOSTILE)]
    pages.roll(*rows)
    for number in range(len(HOSTILE)):
        pages[place(f"nabc{number:010}")] = article_page(title="页面标题")

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert len(posts(output)) == len(HOSTILE)
    folder = output / "_posts/金融/新浪财经/新浪财经－国內"
    assert {path.parent for path in posts(output)} == {folder}
    for path in posts(output):
        assert frontmatter.load(str(path))["author"] == "新浪财经"
