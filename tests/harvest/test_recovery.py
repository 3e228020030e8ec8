"""A ledger that was deleted or put back is completed from the JSON lines; files that are none of an
article's own are left as they are."""

import json
import logging
import os
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvest.proofs import assert_accounts_balance, assert_posts_are_whole, change, query, written
from harvest.small import HOUR, NOW, config_of, edited, export, harvest, listed, opened
from sinanews.archive.recovery import TAIL
from sinanews.archive.styles import post_file
from sinanews.utils.atomic import TEMPORARY
from support import lines

OLDER = "the ledger is older than this folder: {} articles were entered again from articles/*.jsonl"
LEFT = "{} posts belong to no article and are left as they are"


def backup(output):
    """A copy of the ledger, as docs/running.md has it made."""
    copy = output.parent / "backup.db"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(output / "ledger.db")) as database:
        database.execute("VACUUM INTO ?", [str(copy)])
    return copy


def delete_ledger(output):
    for file in output.glob("ledger.db*"):
        file.unlink()


def put_back(output, copy):
    delete_ledger(output)
    shutil.copyfile(copy, output / "ledger.db")


def revisions(output):
    return Counter((line["docid"], line["revision"]) for line in lines(output))


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def in_ledger(output):
    """What the ledger has of articles, but for what only the list says."""
    only_listed = {"state", "run", "finished_run", "worker", "ctime", "source"}
    rows = query(output, "SELECT * FROM stories ORDER BY docid")
    return [{name: row[name] for name in row.keys() - only_listed} for row in rows]


NAMESAKES = [listed(n, "同一个标题", f"第{n}篇") for n in range(10)]
SITE = [*NAMESAKES, *(listed(n) for n in range(10, 20))]


def test_a_deleted_ledger_is_completed_from_the_json_lines(output, caplog):
    harvest(output, SITE)
    changed = [edited(page, "改了") if n in {3, 12} else page for n, page in enumerate(SITE)]
    harvest(output, changed, NOW + HOUR)
    before, exported, known = written(output), export(output), in_ledger(output)
    lines_before = revisions(output)
    delete_ledger(output)

    counts = harvest(output, changed, NOW + 2 * HOUR)

    assert warnings(caplog) == [OLDER.format(20)]
    assert counts["listed"] == counts["unchanged"] == 20, "nothing is fetched again"
    assert written(output) == before
    assert export(output) == exported
    assert in_ledger(output) == known
    assert revisions(output) == lines_before
    assert len(query(output, "SELECT * FROM revisions")) == 22
    assert_accounts_balance(output)
    assert_posts_are_whole(output)
    with opened(output) as ledger:
        assert list(ledger.audit().complaints()) == []
    caplog.clear()
    harvest(output, changed, NOW + 3 * HOUR)
    assert warnings(caplog) == [], "it is said once"


def test_an_older_ledger_is_completed_from_the_json_lines(output, caplog):
    harvest(output, SITE[:5])
    copy = backup(output)
    site = [edited(page, "改了", f"新标题{n}") if n < 8 else page for n, page in enumerate(SITE)]
    harvest(output, SITE, NOW + HOUR)
    harvest(output, site, NOW + 2 * HOUR)
    before, exported, known = written(output), export(output), in_ledger(output)
    lines_before = revisions(output)
    put_back(output, copy)

    counts = harvest(output, site, NOW + 3 * HOUR)

    assert warnings(caplog) == [OLDER.format(20)]
    assert counts["unchanged"] == 20
    assert written(output) == before
    assert export(output) == exported
    assert in_ledger(output) == known
    assert revisions(output) == lines_before
    assert_accounts_balance(output)
    with opened(output) as ledger:
        assert list(ledger.audit().complaints()) == []


def test_what_changed_since_the_lines_were_written_is_fetched(output):
    harvest(output, SITE)
    delete_ledger(output)
    site = [edited(SITE[0], "改了"), *SITE[1:]]

    counts = harvest(output, site, NOW + HOUR)

    assert (counts["updated"], counts["unchanged"]) == (1, 19)
    assert revisions(output)[SITE[0][0].docid, 2] == 1
    assert len(written(output)) == 20


def test_the_second_revision_of_a_renamed_article_keeps_its_name(output):
    harvest(output, [listed(1, "旧标题")])
    site = [edited(listed(1, "旧标题"), "改了", "新标题"), listed(2, "新标题")]
    harvest(output, site, NOW + HOUR)
    before = written(output)
    delete_ledger(output)

    harvest(output, site, NOW + 2 * HOUR)

    assert written(output) == before
    assert sorted(path.rpartition("/")[2] for path in before) == ["新标题.md", "旧标题.md"]


def test_an_archive_without_its_posts_gets_them_again(output):
    harvest(output, SITE)
    before = written(output)
    delete_ledger(output)
    shutil.rmtree(output / "_posts")

    harvest(output, [], NOW + HOUR)

    assert {*written(output).values()} == {*before.values()}
    assert written(output).keys() >= {path for path in before if "同一个" not in path}


def test_a_line_that_was_cut_off_is_passed_over(output, caplog):
    harvest(output, SITE[:4])
    (file,) = (output / "articles").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    delete_ledger(output)

    counts = harvest(output, SITE[:4], NOW + HOUR)

    assert warnings(caplog) == [OLDER.format(3), LEFT.format(1)]
    assert (counts["written"], counts["unchanged"]) == (1, 3), "one is read anew, into its own post"
    assert len(written(output)) == 4


@pytest.mark.parametrize("tail", [b"", b"\0" * 4096, b"null\n[]\n{}\n7\n", b'{"docid": 7}\n'])
def test_what_is_no_article_at_the_end_of_a_file_hides_nothing(tail, output, caplog):
    harvest(output, [listed(1, text="长" * TAIL)])
    (file,) = (output / "articles").iterdir()
    file.write_bytes(file.read_bytes() + tail)
    delete_ledger(output)

    harvest(output, [], NOW + HOUR)

    assert warnings(caplog) == [OLDER.format(1)]


@pytest.mark.parametrize("name", ["export.jsonl", "notes.txt", "china-2026.jsonl"])
def test_files_of_others_beside_the_json_lines_are_no_articles(name, output, caplog):
    harvest(output, SITE[:2])
    (file,) = (output / "articles").iterdir()
    line = json.loads(file.read_bytes().splitlines()[0]) | {"docid": "nforeign"}
    (output / "articles" / name).write_text(json.dumps(line) + "\n")

    harvest(output, SITE[:2], NOW + HOUR)

    assert warnings(caplog) == []
    assert len(written(output)) == 2


def test_a_run_by_a_clock_that_was_ahead_does_not_hide_a_lost_one(output, caplog):
    for number in range(4):
        harvest(output, SITE[: number + 1], NOW + 365 * 24 * HOUR + number)
    copy = backup(output)
    harvest(output, SITE[:6], NOW + HOUR)
    put_back(output, copy)

    harvest(output, SITE[:6], NOW + 2 * HOUR)

    assert warnings(caplog) == [OLDER.format(2)]
    assert set(revisions(output).values()) == {1}


def test_an_article_that_was_never_listed_is_entered_as_such(output):
    story, text = listed(1)
    harvest(output, [(story, text)])
    (file,) = (output / "articles").iterdir()
    line = json.loads(file.read_bytes()) | {"first_seen": None, "channels": []}
    file.write_text(json.dumps(line) + "\n")
    delete_ledger(output)
    shutil.rmtree(output / "_posts")

    harvest(output, [], NOW + HOUR)

    (row,) = query(output, "SELECT * FROM stories")
    assert (row["ctime"], row["intime"], row["mtime"], row["channel"]) == (0, 0, 0, "")
    assert row["post_path"] == "_posts/金融/新浪财经/标题1.md"
    assert [*written(output)] == [row["post_path"]]


def test_posts_without_lines_are_told_and_found_again_by_their_articles(output, caplog):
    harvest(output, SITE)
    before = written(output)
    delete_ledger(output)
    shutil.rmtree(output / "articles")
    # Listed the other way round, each article's title would lead to another one's post.
    counts = harvest(output, SITE[::-1][:-1], NOW + HOUR)

    assert warnings(caplog) == [LEFT.format(20)]
    assert counts["written"] == 19
    assert written(output) == before, "that of the story which left the list is still there"


def test_a_file_that_is_none_of_the_articles_own_is_not_overwritten(output):
    harvest(output, [listed(1)])
    post = output / "_posts/金融/新浪财经/新浪财经－国內/标题2.md"
    post.write_text("my own notes")
    site = [listed(1), listed(2)]

    harvest(output, site, NOW + HOUR)

    assert post.read_text() == "my own notes"
    own = f"{post.name[:-3]} {site[1][0].docid}.md"
    assert post.with_name(own).is_file()
    assert_posts_are_whole_but(output, post)
    harvest(output, site, NOW + 2 * HOUR)
    assert post.read_text() == "my own notes"


def test_an_article_whose_commit_failed_is_written_over_its_own_post(output):
    harvest(output, SITE[:2])
    before = written(output)
    unrecord = """UPDATE stories SET state = 'listed', revision = 0, due_at = 0,
        content_hash = NULL, post_hash = NULL WHERE docid = ?"""
    change(output, unrecord, SITE[1][0].docid)
    change(output, "DELETE FROM revisions WHERE docid = ?", SITE[1][0].docid)
    (file,) = (output / "articles").iterdir()
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])

    counts = harvest(output, SITE[:2], NOW + HOUR)

    assert counts["written"] == 1
    assert written(output) == before


def assert_posts_are_whole_but(output, other):
    paths = {row["post_path"] for row in query(output, "SELECT post_path FROM stories")}
    assert paths == written(output).keys() - {str(other.relative_to(output))}


def test_an_article_whose_both_names_are_taken_fails_and_names_the_file(output):
    folder = output / "_posts/金融/新浪财经/新浪财经－国內"
    folder.mkdir(parents=True)
    story, _ = listed(1)
    for name in ("标题1.md", f"标题1 {story.docid}.md"):
        (folder / name).write_text("mine", "utf-8")

    counts = harvest(output, [listed(1), listed(2)])

    assert (counts["written"], counts["failed"]) == (1, 1)
    (row,) = query(output, "SELECT * FROM stories WHERE state = 'failed'")
    place = f"_posts/金融/新浪财经/新浪财经－国內/标题1 {story.docid}.md"
    assert row["reason"] == f"{place} is a file of something else"


@pytest.mark.parametrize(("age", "kept"), [(0, True), (2 * HOUR, False), (-2 * HOUR, False)])
def test_temporary_files_of_a_live_process_are_kept_for_an_hour(age, kept, output):
    harvest(output, SITE[:1])
    change(output, "UPDATE runs SET ended = NULL, verdict = NULL")
    pid = os.getppid()
    leftover = output / "_posts" / TEMPORARY.format(pid, "a.0")
    leftover.write_bytes(b"half")
    moment = time.time() - age
    os.utime(leftover, (moment, moment))

    harvest(output, SITE[:1], NOW + HOUR)

    assert leftover.exists() == kept


def test_temporary_files_that_no_run_left_are_removed_on_the_next_day(output):
    harvest(output, SITE[:1])
    leftover = output / "_posts" / TEMPORARY.format(1 << 30, 0)
    leftover.write_bytes(b"half")

    harvest(output, SITE[:1], NOW + 60)
    assert leftover.exists(), "a million posts are not looked through at every start"
    harvest(output, SITE[:1], NOW + 24 * HOUR)

    assert not leftover.exists()


def test_a_harvest_tells_that_its_ledger_was_deleted_and_fetches_nothing_again(
    scrapy, output, site
):
    assert scrapy("harvest", "china", mirror=site.url).returncode == 0
    before = written(output)
    delete_ledger(output)
    site.forget()

    run = scrapy("harvest", "china", mirror=site.url)

    assert run.returncode == 0, run.stderr
    assert f"WARNING: {OLDER.format(len(before))}\n" in run.stderr
    assert site.articles() == []
    assert written(output) == before
    assert set(revisions(output).values()) == {1}
    assert_accounts_balance(output)
    status = scrapy("status").stdout
    assert "the account balances, over all stories and 2 runs\n" in status
    assert "  recovered  " in status


titles = st.sampled_from(["粮价早报", "增长4%", "增长4％", "_增长4%", "CPI", "cpi", "%", "[图]"])
# Runs, each with the titles of the articles that it lists, and whether their posts are lost.
histories = st.lists(st.lists(st.tuples(titles, st.booleans()), max_size=4), min_size=1, max_size=3)


@settings(max_examples=int(os.environ.get("RECOVERED_HISTORIES", "12")), deadline=None)
@given(runs=histories, style=st.sampled_from(["source", "hexo"]), keeps_backup=st.booleans())
@example(runs=[[("增长4%", False)] * 3, [("增长4%", True)] * 2], style="hexo", keeps_backup=False)
def test_posts_keep_their_names_in_both_styles_whatever_was_lost(runs, style, keeps_backup):
    """Of articles that are listed newest first, as Sina does it, some of whose posts are gone."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        numbers = count()
        lost = set()
        for place, run in enumerate(runs):
            site = []
            for title, is_lost in run:
                number = next(numbers)
                site.append(listed(number, title, f"第{number}篇"))
                lost |= {site[-1][0].docid} if is_lost else set()
            harvest(output, site[::-1], NOW + place * HOUR, POST_STYLE=style)
            if place == 0:
                copy = backup(output)
        before, known = written(output), in_ledger(output)
        config = config_of(output, POST_STYLE=style)
        for row in known:
            if row["docid"] in lost:
                Path(post_file(config, row["post_path"], row["docid"])).unlink()
        put_back(output, copy) if keeps_backup else delete_ledger(output)

        harvest(output, [], NOW + 9 * HOUR, POST_STYLE=style)

        assert {row["docid"]: row["post_path"] for row in in_ledger(output)} == {
            row["docid"]: row["post_path"] for row in known
        }
        after = written(output)
        assert before.items() >= after.items()
        assert keeps_backup or before == after


@pytest.mark.parametrize("name", ["china-2026-09-21T23-00-00.jsonl", "a-2026-01-01T00-00-00.jsonl"])
def test_what_is_no_file_among_the_lines_is_passed_over(output, name):
    harvest(output, SITE)
    os.mkfifo(output / "articles" / name)
    (output / "articles" / f"b{name}").mkdir()
    before = export(output)
    delete_ledger(output)

    harvest(output, SITE, NOW + HOUR)

    assert export(output) == before
