"""The posts of the reference corpus become an archive, and their pages continue it."""

import json
import shutil
from pathlib import Path

import pytest

from support import needs_shared, posts, reference

POSTS = reference("conformance", "posts", "*")
TWIN, FIRST = "024", "023"  # one article, as two archives kept it
pytestmark = needs_shared()


@pytest.fixture
def corpus(tmp_path) -> Path:
    """The 27 posts as two blogs have them, one of which has only the article that both have."""
    for folder in POSTS:
        blog = "b" if folder.name == TWIN else "a"
        place = tmp_path / "corpus" / blog / post_path(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "expected.md", place)
    return tmp_path / "corpus"


def post_path(folder: Path) -> str:
    return (folder / "expected.path").read_text("utf-8").strip("\n")


def content(output: Path) -> dict[str, bytes]:
    """The posts of an archive, by path below its posts' folder."""
    return {str(post.relative_to(output / "_posts")): post.read_bytes() for post in posts(output)}


def serve(pages) -> None:
    """Serves the pages of the 26 articles, all of one list."""
    rows = []
    for folder in POSTS:
        if folder.name != TWIN:
            (row,) = json.loads((folder / "roll.json").read_bytes())["result"]["data"]
            rows.append(row)
            pages[row["url"].partition("://")[2]] = (folder / "page.html").read_bytes()
    rows.sort(key=lambda row: int(row["ctime"]), reverse=True)
    pages.roll(*rows, rtime=int(rows[0]["ctime"]) + 60)


def test_the_corpus_is_adopted_rebuilt_and_continued_without_writing_a_post_twice(
    corpus, pages, scrapy, output
):
    expected = {f"a/{post_path(f)}": (f / "expected.md").read_bytes() for f in POSTS}
    twin = f"a/{post_path(POSTS[0].with_name(FIRST))}"
    expected[twin] = (POSTS[0].with_name(FIRST) / "expected.md").read_bytes()

    run = scrapy("adopt", str(corpus))

    assert run.returncode == 3, run.stderr
    assert run.stdout.splitlines() == [
        f"{corpus}/b/{twin[2:]}: the archive has its article in _posts/{twin}",
        "adopted 26, had 0 already, could not adopt 1",
    ]
    assert content(output) == expected
    changed = {post: post.stat().st_mtime_ns for post in posts(output)}

    serve(pages)
    run = scrapy("harvest", "china", "-a", "since=2021-01-01", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert "listed 26 = written 0 + updated 26" in run.stdout
    assert {post: post.stat().st_mtime_ns for post in posts(output)} == changed

    shutil.rmtree(output / "_posts")
    for settings in ({}, {"POST_BODY": "clean"}, {}):
        assert scrapy("rebuild", **settings).returncode == 0
        assert (content(output) == expected) is not bool(settings)
    assert scrapy("rebuild", "--check").returncode == 0


def test_the_adopted_corpus_is_rebuilt_before_anything_is_harvested(corpus, scrapy, output):
    scrapy("adopt", str(corpus))
    expected = content(output)

    shutil.rmtree(output / "_posts")
    for settings in ({}, {"POST_BODY": "clean"}, {}):
        assert scrapy("rebuild", **settings).returncode == 0
        assert (content(output) == expected) is not bool(settings)
    assert len(expected) == 26
    assert scrapy("rebuild", "--check").returncode == 0


def test_the_list_tells_the_docids_of_adopted_articles(corpus, pages, scrapy, output):
    scrapy("adopt", str(corpus))
    serve(pages)
    scrapy("harvest", "china", "-a", "since=2021-01-01", mirror=pages.url)

    run = scrapy("export", "-o", str(output / "all.jsonl"))

    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in (output / "all.jsonl").read_text("utf-8").splitlines()]
    rows = [json.loads((f / "roll.json").read_bytes())["result"]["data"][0] for f in POSTS]
    docids = {row["docid"].partition(":")[2] for row in rows}
    assert {line["docid"] for line in lines} < docids
    assert len(lines) == len(docids) - 1 == 26
    assert {line["revision"] for line in lines} == {2}
