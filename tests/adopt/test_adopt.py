"""Posts of all eras become an archive: what is adopted, where it lies, what is refused and why."""

import json
import os
import random
import shutil
import signal
import time
from dataclasses import astuple
from pathlib import Path

import pytest

from adopt.conftest import FOLDER, adopted, config_for, put
from adopt.old_posts import BODY, DATE, ERAS, SECOND, e1, e1_bug, e3
from harvest.proofs import change, launch, ledger_rows, query, written
from sinanews.archive.adopt import SIZE_LIMIT
from sinanews.archive.lock import locked
from sinanews.archive.rebuild import compare, rebuild
from sinanews.exceptions import DamagedError
from sinanews.items import Image
from sinanews.ledger.revisions import packed, packed_with_post, post_of, raise_damage
from sinanews.utils.times import at
from support import posts


def snapshot(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Every file, with its bytes and the time of its last change."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def articles(ledger) -> dict[str, object]:
    """The articles of a ledger by title."""
    return {article.title: article for _, article in ledger.articles()}


@pytest.mark.parametrize("era", ERAS)
def test_a_post_of_each_era_is_rebuilt_byte_for_byte(era, blog, config, ledger):
    data = ERAS[era]("海港开市")
    folder = blog(海港开市=data)

    result, _ = adopted(folder, config)

    assert astuple(result) == (1, 0, 0)
    path = f"_posts/{FOLDER}/海港开市.md"
    assert written(config.output) == {path: data}
    for settings in ({}, {"POST_BODY": "clean"}, {}):
        shutil.rmtree(config.output / "_posts")
        rebuild(ledger, config_for(config.output, **settings), raise_damage)
        assert (written(config.output) == {path: data}) is not bool(settings)
    assert compare(ledger, config, raise_damage).is_equal


@pytest.mark.parametrize("era", ERAS)
def test_a_post_of_each_era_says_what_its_article_is(era, blog, config, ledger):
    adopted(blog(海港开市=ERAS[era]("海港开市")), config)

    ((path, article),) = ledger.articles()

    assert path == f"_posts/{FOLDER}/海港开市.md"
    assert (article.title, article.channels) == ("海港开市", ["guonei"])
    assert article.first_seen == at(SECOND)
    assert (article.published, article.updated, article.source, article.layout) == (None,) * 4
    assert (article.url, article.revision) == ("", 1)
    assert article.docid.startswith("adopted-")


def test_a_body_gives_the_fields_that_are_in_it(blog, config, ledger):
    body = (
        "<p>　　（记者 苏禾）海港今日开市。</p>"
        '<div class="img_wrapper"><img src="https://n.sinaimg.cn/a.jpg" alt>'
        '<span class="img_descr">码头</span></div>' + BODY
    )
    adopted(blog(海港开市=e3("海港开市", body, picture="https://n.sinaimg.cn/a.jpg")), config)

    article = articles(ledger)["海港开市"]

    assert article.body_html == body
    assert article.text == "（记者 苏禾）海港今日开市。\n海港今日开市。"
    assert article.author == "苏禾"
    assert (article.editor, article.editor_code) == ("苏禾", "SF099")
    assert article.tickers == ["stock_sh600000"]
    assert article.images == [Image("https://n.sinaimg.cn/a.jpg", "码头")]
    assert article.headimg == "https://n.sinaimg.cn/a.jpg"


def test_what_the_generator_changed_in_a_body_is_as_the_page_had_it(blog, config, ledger):
    proxied, braces = ERAS["E4 with proxied pictures"], ERAS["E4 with braces"]
    adopted(blog(甲=proxied("甲"), 乙=braces("乙"), 丙=ERAS["E4 with what acts"]("丙")), config)

    found = articles(ledger)

    assert '<img src="http://n.sinaimg.cn/a.jpg">' in found["甲"].body_html
    assert ".a{color:red}" in found["乙"].body_html
    assert "javascript" not in found["丙"].body_html


def test_a_title_in_braces_is_the_title(blog, config, ledger):
    adopted(blog(试点=e3("宜川{试点}")), config)
    assert [*articles(ledger)] == ["宜川{试点}"]


def test_the_bytes_of_a_post_that_fields_give_are_not_kept_twice(blog, config):
    adopted(blog(甲=e3("甲"), 乙=e1("乙")), config)

    rows = query(config.output, "SELECT title, article FROM revisions JOIN stories USING (docid)")

    assert {row["title"]: post_of(row["article"]) for row in rows} == {"甲": None, "乙": e1("乙")}


ADDRESS = "https://finance.sina.com.cn/china/2021-03-22/doc-inabc0000000002.shtml"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("docid: 'nabc0000000001'\n", ("nabc0000000001", "")),
        (f"link: '{ADDRESS}?from=wap'\n", ("nabc0000000002", ADDRESS)),
        ("link: 'https://example.com/doc-inabc0000000003.shtml'\n", ("adopted-", "")),
        ("docid: '../../etc'\n", ("adopted-", "")),
        ("docid: ['a']\nlink: {a: b}\n", ("adopted-", "")),
    ],
)
def test_a_docid_is_taken_from_front_matter(more, told, blog, config, ledger):
    post = e3("甲").replace(b"comments:", f"{more}comments:".encode())
    adopted(blog(甲=post), config)

    (article,) = articles(ledger).values()

    docid, url = told
    assert article.docid.startswith(docid)
    assert article.url == url


@pytest.mark.parametrize(
    ("links", "is_told"),
    [
        (["2021-03-22/doc-inabc0000000001.shtml#top"], True),
        (
            ["2021-03-22/doc-inabc0000000001.shtml#top", "2021-03-22/doc-inabc0000000001.shtml#a"],
            True,
        ),
        (["2021-03-22/doc-inabc0000000001.shtml"], False),
        (["2019-01-01/doc-inabc0000000001.shtml#top"], False),
        (
            ["2021-03-22/doc-inabc0000000001.shtml#a", "2021-03-22/doc-inabc0000000009.shtml#a"],
            False,
        ),
    ],
)
def test_a_docid_is_taken_from_links_into_the_page_itself(links, is_told, blog, config, ledger):
    hrefs = [f"https://finance.sina.com.cn/china/{link}" for link in links]
    body = BODY + "".join(f'<a href="{href}">图</a>' for href in hrefs)
    adopted(blog(甲=e3("甲", body)), config)

    (article,) = articles(ledger).values()

    assert (article.docid == "nabc0000000001") is is_told


def test_a_docid_is_taken_from_the_name_of_a_file_of_ours(config, ledger, tmp_path):
    put(tmp_path / "old" / "_posts", "甲 nabcdefg0000001", e3("甲"))
    put(tmp_path / "old" / "_posts", "乙 二〇二一", e3("乙"))
    adopted(tmp_path / "old", config)

    found = articles(ledger)

    assert found["甲"].docid == "nabcdefg0000001"
    assert found["乙"].docid.startswith("adopted-")


def test_docids_that_are_made_are_the_same_whenever_and_wherever_posts_are_adopted(
    blog, config, tmp_path
):
    folder = blog(甲=e3("甲"), 乙=e1("乙"))
    adopted(folder, config)
    adopted(folder, config_for(tmp_path / "other"))

    docids = [
        query(o, "SELECT docid FROM stories ORDER BY docid")
        for o in (config.output, tmp_path / "other")
    ]

    assert docids[0] == docids[1]
    assert len(docids[0]) == 2


def test_posts_of_the_archive_s_own_folder_stay_as_they_are(config):
    put(config.output / "_posts", "甲", e3("甲"))
    put(config.output / "_posts", "旧/乙.md", e1("乙"))
    before = snapshot(config.output)

    result, _ = adopted(config.output, config)

    assert astuple(result) == (2, 0, 0)
    after = snapshot(config.output)
    assert {path: after[path] for path in before} == before
    assert posts(config.output) == sorted(before)


def test_a_folder_within_the_archive_s_posts_is_adopted_where_it_lies(config, ledger):
    put(config.output / "_posts", "旧/乙.md", e1("乙"))

    adopted(config.output / "_posts" / "旧", config)

    assert [path for path, _ in ledger.articles()] == ["_posts/旧/乙.md"]
    assert [path.name for path in posts(config.output)] == ["乙.md"]


def test_posts_that_the_archive_s_folder_is_a_link_to_stay_as_they_are(blog, config):
    folder = blog(甲=e1("甲"))
    config.output.mkdir()
    (config.output / "_posts").symlink_to(folder / "source" / "_posts")
    before = snapshot(folder)

    for name, expected in {folder: (1, 0, 0), config.output: (0, 1, 0)}.items():
        assert astuple(adopted(name, config)[0]) == expected

    assert snapshot(folder) == before


def test_what_else_an_archive_has_is_no_post(config):
    """Whether the archive is named, or a folder around it."""
    put(config.output, "articles/甲.md", e3("甲"))
    put(config.output, "runs/x.json", b"")
    for folder in (config.output, config.output.parent):
        assert adopted(folder, config)[1] == {}
    assert posts(config.output) == []


def test_nothing_in_a_folder_elsewhere_is_changed(blog, config):
    folder = blog(甲=e3("甲"), 乙=e1("乙"), 坏=b"x")
    before = snapshot(folder)

    adopted(folder, config)

    assert snapshot(folder) == before


def test_all_folders_of_a_repository_with_old_and_new_eras_are_adopted(config, tmp_path):
    put(tmp_path / "repo", "post/金融/新浪财经 - 新浪财经－国內/甲.md", e1("甲"))
    put(tmp_path / "repo", f"source/_posts/{FOLDER}/乙.md", e3("乙"))
    put(tmp_path / "repo", "README.md", b"# no post")

    result, _ = adopted(tmp_path / "repo", config)

    assert astuple(result) == (2, 0, 0)
    assert set(written(config.output)) == {
        "_posts/金融/新浪财经 - 新浪财经－国內/甲.md",
        f"_posts/{FOLDER}/乙.md",
    }


def test_a_post_is_copied_beside_another_article_of_its_name(blog, config, tmp_path):
    day_later = "Tue, 23 Mar 2021 03:04:05 GMT"
    adopted(blog(收盘=e3("收盘")), config)
    put(tmp_path / "later", "收盘", e3("收盘", date=day_later))

    result, _ = adopted(tmp_path / "later", config)

    assert astuple(result) == (1, 0, 0)
    first, second = sorted(posts(config.output), key=lambda path: len(path.name))
    assert (first.name, first.read_bytes()) == ("收盘.md", e3("收盘"))
    assert second.name.startswith("收盘 adopted-")
    assert second.read_bytes() == e3("收盘", date=day_later)
    again, _ = adopted(tmp_path / "later", config)
    assert astuple(again) == (0, 1, 0)


def test_a_file_of_something_else_is_never_overwritten(blog, config):
    taken = put(config.output / "_posts", "甲", b"of something else")

    result, _ = adopted(blog(甲=e3("甲")), config)

    assert astuple(result) == (1, 0, 0)
    assert taken.read_bytes() == b"of something else"
    assert [path.read_bytes() for path in posts(config.output)].count(e3("甲")) == 1


def test_what_cannot_be_adopted_is_named_with_its_reason(blog, config):
    yaml = "its front matter is no YAML"
    day = b"date: Mon, 22 Mar 2021 03:04:05 GMT"
    refused = {
        "empty": (b"", "it is empty"),
        "binary": (b"\x89PNG\r\n\0\0", "it is no text"),
        "latin": (e3("x").replace("海港".encode(), b"\xe9"), "it is no UTF-8"),
        "markdown": (b"# Heading\n\ntext", "it has no front matter, or more than 16384 characters"),
        "unclosed": (
            b"---\ntitle: x\n",
            "it has no front matter, or more than 16384 characters",
        ),
        "huge head": (
            e3("x").replace(b"comments:", b"#" * 20_000 + b"\ncomments:"),
            "it has no front matter, or more than 16384 characters",
        ),
        "nine marks": (e1_bug("x"), yaml),
        "both quotes": (e3("x").replace(b"'x'", b'"it\'s "x""'), yaml),
        "deep": (e3("x").replace(b"comments: false", b"a: " + b"[" * 9_000), yaml),
        "list": (b"---\n- a\n---\nx", "its front matter has no keys"),
        "untitled": (e3("x").replace(b"title: 'x'", b"title: ''"), "its front matter has no title"),
        "title of lists": (
            e3("x").replace(b"title: 'x'", b"title: [a]"),
            "its front matter has no title",
        ),
        "undated": (e3("x").replace(day, b""), "its front matter has no date"),
        "odd date": (e3("x", date="gestern"), "its date is no time: 'gestern'"),
        "no day": (e3("x", date="2021-13-41"), "its date is no time: '2021-13-41'"),
        "old": (
            e3("x", date="0001-01-01 00:00:00"),
            "its date is of another age: '0001-01-01 00:00:00'",
        ),
        "odd year": (
            e3("x", date="Mon, 01 Jan 0001 00:00:00 GMT"),
            "its date is no time: 'Mon, 01 Jan 0001 00:00:00 GMT'",
        ),
        "new": (
            e3("x", date="Fri, 01 Jan 2088 00:00:00 GMT"),
            "its date is in the future: Thu, 01 Jan 2088 00:00:00 GMT",
        ),
        "other feed": (
            e3("x").replace("新浪财经".encode(), "海港日报".encode()),
            "it is not filed under 新浪财经",
        ),
        "bodiless": (e3("x", body=""), "it has no body"),
        "large": (e3("x", body="甲" * SIZE_LIMIT), f"it has more than {SIZE_LIMIT} bytes"),
        "tags": (e3("x", body="<b>" * 40_000), "its body has more than 30000 tags (PAGE_TAGS)"),
    }
    folder = blog(好=e3("好"), **{name: data for name, (data, _) in refused.items()})

    result, found = adopted(folder, config)

    base = f"source/_posts/{FOLDER}"
    assert found == {f"{base}/{name}.md": reason for name, (_, reason) in refused.items()}
    assert result.adopted == 1
    assert [path.name for path in posts(config.output)] == ["好.md"]


def test_names_and_things_that_are_no_posts_are_refused(blog, config, tmp_path):
    base = blog(好=e3("好")) / "source" / "_posts"
    secret = put(tmp_path, "secret/x.md", e3("甲"))
    (base / "link.md").symlink_to(secret)
    (base / "folder").symlink_to(secret.parent)
    (base / "picture.png").write_bytes(b"x")
    (base / "folder.md").mkdir()
    (base / "a\x1b[2J.md").write_bytes(e3("乙"))
    (base / "b\u202e.md").write_bytes(e3("乙"))
    Path(os.fsdecode(os.fsencode(base) + b"/\xff.md")).write_bytes(e3("乙"))
    (base / ".hidden.md").write_bytes(e3("乙"))
    (base / ".git").mkdir()
    (base / ".git" / "x.md").write_bytes(e3("乙"))
    os.mkfifo(base / "pipe.md")

    result, found = adopted(tmp_path / "blog", config)

    name = "its name has control characters, or is no UTF-8"
    assert {key.removeprefix("source/_posts/"): reason for key, reason in found.items()} == {
        "link.md": "it is a link",
        "folder": "it is a link to a folder",
        "picture.png": "its name does not end in .md",
        "a\x1b[2J.md": name,
        "b\u202e.md": name,
        "\udcff.md": name,
        "pipe.md": "it is no file",
    }
    assert result.adopted == 1


def test_a_posts_folder_that_is_a_link_is_refused(config, tmp_path):
    put(tmp_path, "secret/x.md", e3("甲"))
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog" / "_posts").symlink_to(tmp_path / "secret")

    result, found = adopted(tmp_path / "blog", config)

    assert (result.adopted, found) == (0, {"_posts": "it is a link to a folder"})


def test_two_files_of_one_article_are_one_article_and_the_second_is_named(config, tmp_path):
    """Whether they have the same time, or times between which Sina moved it."""
    root = tmp_path / "old"
    put(root, "a/甲.md", e3("甲"))
    put(root, "b/甲.md", e1("甲"))
    put(root, "c/甲.md", e3("甲", date="Mon, 22 Mar 2021 03:26:58 GMT"))
    put(root, "d/甲.md", e3("甲", date="Tue, 23 Mar 2021 03:04:05 GMT"))

    for expected in ((2, 0, 2), (0, 2, 2)):
        result, found = adopted(root, config)
        assert astuple(result) == expected
        same = "the archive has its article in _posts/a/甲.md"
        assert found == {"b/甲.md": same, "c/甲.md": same}


def test_something_in_the_way_of_a_copy_is_told_and_the_others_are_adopted(blog, config):
    folder = blog(**{"x/甲.md": e3("甲"), "y/乙.md": e3("乙")})
    put(config.output, "_posts/x", b"a file where a folder should be")

    result, found = adopted(folder, config)

    assert astuple(result) == (1, 0, 1)
    ((name, reason),) = found.items()
    assert name.endswith("x/甲.md")
    assert reason.startswith("it cannot be copied: ")


def test_done_twice_nothing_changes(blog, config):
    folder = blog(甲=e3("甲"), 乙=e1("乙"), 坏=b"")
    adopted(folder, config)
    before, rows = snapshot(config.output / "_posts"), ledger_rows(config.output)

    result, _ = adopted(folder, config)

    assert astuple(result) == (0, 2, 1)
    assert snapshot(config.output / "_posts") == before
    assert ledger_rows(config.output) == rows
    assert len(query(config.output, "SELECT id FROM runs")) == 1


@pytest.mark.parametrize("in_place", [False, True])
def test_killed_and_done_again_everything_is_adopted_once(in_place, blog, scrapy, output):
    count = 400
    names = {f"{number:03}": e1(f"标题{number}") for number in range(count)}
    folder = blog(**names)
    if in_place:
        output.mkdir()
        shutil.copytree(folder / "source" / "_posts", output / "_posts")
        folder = output
    for least in (1, 100):
        process = launch(["adopt", str(folder)], OUTPUT_DIR=str(output))
        began = time.monotonic()
        while process.poll() is None and count_articles(output) < least:
            assert time.monotonic() - began < 60
        process.send_signal(signal.SIGKILL)
        process.communicate()
    so_far = count_articles(output)

    run = scrapy("adopt", str(folder))

    assert run.returncode == 0, run.stderr
    assert run.stdout == f"adopted {count - so_far}, had {so_far} already, could not adopt 0\n"
    assert so_far >= 100
    assert count_articles(output) == len(posts(output)) == count
    assert scrapy("rebuild", "--check").returncode == 0
    assert "the account balances" in scrapy("status").stdout


def count_articles(output: Path) -> int:
    """How many articles a ledger has, if there is one yet."""
    try:
        return query(output, "SELECT count(*) AS n FROM stories")[0]["n"]
    except Exception:  # noqa: BLE001 - it is being made
        return 0


def test_a_post_that_was_copied_and_not_entered_is_entered(blog, config):
    put(config.output / "_posts", "甲", e1("甲"))  # as a kill after the copy leaves it

    result, _ = adopted(blog(甲=e1("甲")), config)

    assert astuple(result) == (1, 0, 0)
    assert [path.name for path in posts(config.output)] == ["甲.md"]


def test_a_damaged_post_in_the_ledger_is_named_and_its_file_left(blog, config, ledger):
    adopted(blog(甲=e1("甲"), 乙=e1("乙")), config)
    data = query(config.output, "SELECT docid, article FROM revisions ORDER BY docid")
    change(
        config.output,
        "UPDATE revisions SET article = ? WHERE docid = ?",
        data[0]["article"][:-9],
        data[0]["docid"],
    )
    before, named = written(config.output), []

    rebuild(ledger, config, named.append)

    assert written(config.output) == before
    assert [error.docid for error in named] == [data[0]["docid"]]
    with pytest.raises(DamagedError):
        ledger.adopted_posts([data[0]["docid"]])


def test_a_post_behind_a_line_is_read_back_and_costs_little():
    text = random.Random(7).choices("海港今日开市价涨跌平收盘成交额亿元指数", k=3_000)  # noqa: S311 - no secret
    post = e1("海港开市", f"<p>{''.join(text)}</p>")
    line = json.dumps({"body_html": post.decode(), "text": "".join(text)}, ensure_ascii=False)

    data = packed_with_post(line.encode(), post)

    assert post_of(data) == post
    assert post_of(packed(line.encode())) is None
    assert len(data) - len(packed(line.encode())) < len(packed(post)) / 4
    with pytest.raises(ValueError, match="cut off"):
        post_of(data[:-5])


def test_the_command_says_what_it_did(blog, scrapy):
    folder = blog(甲=e3("甲"), 坏=b"")

    run = scrapy("adopt", str(folder))

    assert run.returncode == 3
    assert run.stdout.splitlines() == [
        f"{folder}/source/_posts/{FOLDER}/坏.md: it is empty",
        "adopted 1, had 0 already, could not adopt 1",
    ]
    (folder / "source" / "_posts" / FOLDER / "坏.md").unlink()
    run = scrapy("adopt", str(folder))
    assert (run.returncode, run.stdout) == (0, "adopted 0, had 1 already, could not adopt 0\n")


def test_control_characters_of_names_do_not_reach_the_terminal(blog, scrapy):
    folder = blog(**{"x/a\x1b[31m.md": e3("甲")})
    run = scrapy("adopt", str(folder))
    assert "\x1b" not in run.stdout
    assert r"a\x1b[31m.md: its name has control characters" in run.stdout


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["no/such/folder"]])
def test_arguments_that_make_no_sense_are_refused(arguments, scrapy, output):
    run = scrapy("adopt", *arguments)
    assert run.returncode == 2
    assert not output.exists()


def test_nothing_is_adopted_beside_a_harvest(blog, scrapy, output):
    folder = blog(甲=e3("甲"))
    output.mkdir()
    with locked(output, "harvest"):
        run = scrapy("adopt", str(folder))
    assert run.returncode == 75
    assert run.stdout.startswith("adopt: another harvest holds ") or "a harvest holds" in run.stdout
    assert posts(output) == []


def test_date_of_an_era_is_the_one_that_the_tests_know():
    assert at(SECOND).isoformat() == "2021-03-22T11:04:05+08:00"
    assert DATE == "Mon, 22 Mar 2021 03:04:05 GMT"
