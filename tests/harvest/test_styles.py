"""An archive has the posts of one style, POST_STYLE, and changes from one to the other and back."""

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from harvest.proofs import change, query, written
from harvest.small import HOUR, NOW, config_of, edited, harvest, listed
from sinanews.archive.adopt import adopt
from sinanews.archive.rebuild import Comparison, compare, rebuild
from sinanews.archive.styles import require_style
from sinanews.exceptions import ArgumentError
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.revisions import raise_damage
from sinanews.ledger.selection import ALL, Selection
from sinanews.posts.paths import post_path
from sinanews.utils.files import path_in

TITLES = [
    "粮价早报",
    "粮价早报",  # the second of a name
    "“临湾”港口",
    "_临湾_港口",
    "出口额增长14%",
    "CPI",
    "cpi",
    "CON",
    "%",
    "[图]nabc0000000001",  # without what is no name, the docid of another
    "nabc0000000008",
]
SITE = [listed(number, title, f"第{number}篇") for number, title in enumerate(TITLES)]


def opened(output: Path, style: str):
    config = config_of(output, POST_STYLE=style)
    return closing(Ledger.open(config, post_path)), config


def rebuilt(output: Path, style: str, selection: Selection = ALL) -> dict[str, bytes]:
    ledger, config = opened(output, style)
    with ledger as own:
        assert not rebuild(own, config, raise_damage, selection).blocked
    return written(output)


def compared(output: Path, style: str) -> Comparison:
    ledger, config = opened(output, style)
    with ledger as own:
        return compare(own, config, raise_damage)


@pytest.fixture
def archive(output) -> Path:
    """An archive in the source style."""
    harvest(output, SITE)
    assert len(written(output)) == len(SITE)
    return output


def test_rebuild_changes_an_archive_to_the_other_style_and_back(archive):
    source = written(archive)
    assert compared(archive, "source").is_equal
    assert not compared(archive, "hexo").is_equal

    hexo = rebuilt(archive, "hexo")

    assert len(hexo) == len(SITE)
    assert all(post.startswith(b"---\ntitle: ") for post in hexo.values())
    assert not any(re.search(r"/[_.]|[%~\"]", path.removeprefix("_posts")) for path in hexo)
    assert compared(archive, "hexo").is_equal
    assert not compared(archive, "source").is_equal
    assert rebuilt(archive, "hexo") == hexo
    assert rebuilt(archive, "source") == source
    assert compared(archive, "source").is_equal


@pytest.mark.parametrize(("first", "second"), [("source", "hexo"), ("hexo", "source")])
def test_the_next_rebuild_completes_a_change_that_was_ended(output, first, second):
    harvest(output, SITE, POST_STYLE=first)
    before = written(output)
    whole = rebuilt(output, second)
    rebuilt(output, first)
    docids = tuple(story.docid for story, _ in SITE)
    for number in range(0, len(docids), 3):
        half = rebuilt(output, second, Selection(docids=docids[:number]))
        assert len(half) == len(SITE)
        # Ended after the new files had their names, and before the old ones were removed.
        for path, post in before.items():
            path_in(output, path).write_bytes(post)

        assert rebuilt(output, second) == whole
        assert rebuilt(output, first) == before


def test_a_harvest_in_the_style_of_a_blog_writes_what_rebuild_makes_of_another(archive, tmp_path):
    blog = tmp_path / "blog"
    harvest(blog, SITE, POST_STYLE="hexo")
    assert written(blog) == rebuilt(archive, "hexo")
    assert rebuilt(blog, "source") == rebuilt(archive, "source")


def test_an_article_that_changes_keeps_its_one_file(output):
    harvest(output, SITE, POST_STYLE="hexo")
    before = written(output)
    again = [edited(page, "改了的正文", "改了的标题") for page in SITE]

    harvest(output, again, NOW + HOUR, POST_STYLE="hexo")

    after = written(output)
    assert after.keys() == before.keys()
    assert all("title: '改了的标题'".encode() in post for post in after.values())
    assert all(b"\nupdated: '2026-" in post for post in after.values())
    assert compared(output, "hexo").is_equal


@pytest.mark.parametrize("style", ["source", "hexo"])
def test_posts_find_their_articles_again_when_the_ledger_is_gone(output, style):
    harvest(output, SITE[:9], POST_STYLE=style)
    before, source = written(output), rebuilt(output, "source")
    rebuilt(output, style)
    for file in output.glob("ledger.db*"):
        file.unlink()

    counts = harvest(output, SITE[:9], NOW + HOUR, POST_STYLE=style)

    assert counts["written"] == counts["updated"] == 0
    assert written(output) == before
    assert compared(output, style).is_equal
    assert len(rebuilt(output, "source")) == len(source)


def test_posts_find_their_articles_again_when_ledger_and_lines_are_gone(output):
    harvest(output, SITE, POST_STYLE="hexo")
    before = written(output)
    for file in output.glob("ledger.db*"):
        file.unlink()
    shutil.rmtree(output / "articles")

    harvest(output, SITE, NOW + HOUR, POST_STYLE="hexo")

    assert written(output) == before
    assert len(query(output, "SELECT DISTINCT post_path FROM stories")) == len(SITE)


def test_posts_that_a_killed_run_lost_are_written_again_in_their_style(output):
    class Killed(BaseException):
        pass

    def kill(step: str) -> None:
        if step == "outcomes":
            raise Killed

    with pytest.raises(Killed):
        harvest(output, SITE[:3], step=kill, POST_STYLE="hexo")
    for path in written(output):
        path_in(output, path).unlink()

    harvest(output, SITE[:3], NOW + HOUR, POST_STYLE="hexo")

    assert len(written(output)) == 3
    assert compared(output, "hexo").is_equal


@pytest.mark.parametrize(("first", "second"), [("source", "hexo"), ("hexo", "source")])
def test_an_archive_of_one_style_is_not_harvested_in_the_other(output, first, second):
    require_style(config_of(output, POST_STYLE=second))  # no archive yet
    harvest(output, SITE, POST_STYLE=first)
    require_style(config_of(output, POST_STYLE=first))
    with pytest.raises(ArgumentError, match=rf"^POST_STYLE: '{second}'.*'{first}'.*scrapy rebuild"):
        require_style(config_of(output, POST_STYLE=second))
    rebuilt(output, second)
    require_style(config_of(output, POST_STYLE=second))


def test_the_harvest_command_refuses_the_other_style_before_its_first_request(
    pages, scrapy, output
):
    harvest(output, SITE[:1])
    change(output, "UPDATE about SET site = NULL")
    run = scrapy("harvest", "china", mirror=pages.url, POST_STYLE="hexo")
    assert run.returncode == 2
    assert "POST_STYLE: 'hexo' is not accepted; expected 'source', as the posts in" in run.stderr
    assert pages.requests == []


def test_files_of_others_stay_where_the_other_style_has_posts(archive):
    rebuilt(archive, "hexo")
    folder = archive / "_posts" / "金融" / "新浪财经" / "新浪财经－国內"
    own = folder / "_临湾_港口.md"
    own.write_text("---\ntitle: 我的\n---\n")
    rebuilt(archive, "hexo")
    assert own.read_text("utf-8") == "---\ntitle: 我的\n---\n"
    assert compared(archive, "hexo").foreign == [str(own.relative_to(archive))]
    own.unlink()
    rebuilt(archive, "source")
    other = folder / "临湾_港口 nabc0000000002.md"
    other.write_text("---\ntitle: 我的\ndocid: 'nabc0000000003'\n---\n")
    rebuilt(archive, "source")
    assert other.exists()


def test_what_is_left_of_the_other_style_is_named_by_check(archive):
    source = written(archive)
    rebuilt(archive, "hexo")
    left = next(path for path in source if "/_临湾_港口" in path)
    path_in(archive, left).write_bytes(source[left])
    assert compared(archive, "hexo").foreign == [left]


def test_posts_are_adopted_in_the_archives_style(output, tmp_path):
    site = [SITE[number] for number in (0, 2, 4, 7, 8)]  # by their posts alone no two are the same
    harvest(output, site)
    source = written(output)
    blog = tmp_path / "blog"
    blog.mkdir()
    shutil.copytree(output / "_posts", blog / "_posts")
    other = tmp_path / "other"
    for _ in range(2):
        ledger, config = opened(other, "hexo")
        with ledger as own:
            adopt(own, config, blog, lambda name, reason: pytest.fail(f"{name}: {reason}"))
        assert len(written(other)) == len(site)
        assert all(post.startswith(b"---\ntitle") for post in written(other).values())
        assert compared(other, "hexo").is_equal
    assert rebuilt(other, "source") == source


def test_posts_of_a_blog_are_not_adopted(archive, tmp_path):
    rebuilt(archive, "hexo")
    reasons = []
    ledger, config = opened(tmp_path / "other", "source")
    with ledger as own:
        adopt(own, config, archive / "_posts", lambda _, reason: reasons.append(reason))
    assert len(reasons) == len(SITE)
    assert {*reasons} == {"it is a post of POST_STYLE=hexo, which lacks what the archive had"}
