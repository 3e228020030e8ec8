"""Articles that are edited, renamed, rechecked or removed after they were written."""

import time

import pytest

from harvest.proofs import assert_accounts_balance, change, query, reports, written
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.utils.times import at, rfc1123
from support import article_page, lines, place, posts, row

HARVEST = ("harvest", "china")
HOUR = 3600


@pytest.fixture
def mirror():
    site = Site(articles=40, tick=0)
    site.now += HOUR  # when all of them are listed
    with running(site) as started:
        yield started


def stamps(output):
    """The modification time of each post."""
    return {path.name: path.stat().st_mtime_ns for path in posts(output)}


def test_an_edited_article_is_written_again_and_status_shows_its_changes(mirror, scrapy, output):
    site = mirror.site
    edited, renamed, removed, *_ = site.listed(1686)
    assert scrapy(*HARVEST, mirror=mirror.url).returncode == 0
    before, first = written(output), stamps(output)
    post_paths = {
        story["docid"]: story["post_path"] for story in query(output, "SELECT * FROM stories")
    }
    site.now += HOUR
    site.edit(edited.docid)
    site.edit(renamed.docid, title="改过的标题")
    site.edit(removed.docid)
    site.remove(removed.docid)
    mirror.forget()

    run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert " written 0 + updated 2 + unchanged" in run.stdout
    assert " gone 1 + failed 0" in run.stdout
    assert len(set(mirror.articles())) == 3, "nothing else was asked for"
    again = {line["docid"]: line for line in lines(output) if line["revision"] == 2}
    assert again.keys() == {edited.docid, renamed.docid}
    for story in (edited, renamed):
        line, path = again[story.docid], post_paths[story.docid]
        assert line["updated"] == at(site.now).isoformat()
        assert line["first_seen"] == at(story.intime).isoformat()
        post = (output / path).read_text("utf-8")
        assert f"\ndate: {rfc1123(at(story.intime))}\n" in post
        assert post.encode() != before[path]
    assert "\ntitle: '改过的标题'\n" in (output / post_paths[renamed.docid]).read_text("utf-8")
    touched = {path.name for path in posts(output) if stamps(output)[path.name] != first[path.name]}
    assert touched == {post_paths[s.docid].rpartition("/")[2] for s in (edited, renamed)}
    assert written(output).keys() == before.keys()
    assert written(output)[post_paths[removed.docid]] == before[post_paths[removed.docid]]
    assert_accounts_balance(output)

    status = scrapy("status", renamed.docid).stdout.splitlines()

    assert status[0] == renamed.url
    assert status[1].endswith(f"first seen {at(renamed.intime)}")
    assert "--- revision 1" in status
    assert "+++ revision 2" in status
    assert f'-title: "{renamed.title}"' in status
    assert '+title: "改过的标题"' in status
    paragraph = site.story(renamed.docid).paragraphs()[-1]
    assert any(line.startswith("+") and paragraph in line for line in status)


def test_only_changed_articles_are_written_again(pages, scrapy, output):
    same, sourced, vanished = "nsame000000001", "nsourced000001", "nvanished00001"
    rows = [row(docid, title=f"标题{docid}") for docid in (same, sourced, vanished)]
    pages.roll(*rows)
    for docid in (same, sourced, vanished):
        pages[place(docid)] = article_page()
    scrapy(*HARVEST, mirror=pages.url)
    before = stamps(output)
    pages.roll(*(fields | {"mtime": "1700000999"} for fields in rows[:2]))
    pages[place(sourced)] = article_page().replace("某报".encode(), "另一报".encode())
    del pages[place(vanished)]
    change(output, "UPDATE stories SET due_at = 0 WHERE docid = ?", vanished)

    run = scrapy(*HARVEST, mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert "written 0 + updated 1 + unchanged 1 + filtered 0 + gone 1 + failed 0" in run.stdout
    assert stamps(output) == before, "no post has other bytes than before"
    (line,) = [line for line in lines(output) if line["revision"] == 2]
    assert (line["docid"], line["source"]) == (sourced, "另一报")
    assert_accounts_balance(output)


def test_young_articles_are_rechecked_on_schedule_up_to_the_limit_per_run(pages, scrapy, output):
    now = int(time.time())
    ages = {"nyoung00000001": 0.5, "nmiddle0000001": 2, "nold0000000001": 50}
    listed = {docid: now - int(hours * HOUR) for docid, hours in ages.items()}
    pages.roll(*(row(docid, title=docid, intime=str(intime)) for docid, intime in listed.items()))
    for docid in ages:
        pages[place(docid)] = article_page()

    def rechecked(**settings):
        pages.requests.clear()
        run = scrapy(*HARVEST, mirror=pages.url, RECHECK_HOURS="24,1", **settings)
        assert run.returncode == 0, run.stderr
        return [docid for docid in ages for path in pages.articles() if docid in path]

    def due():
        return {story["docid"]: story["due_at"] for story in query(output, "SELECT * FROM stories")}

    assert rechecked() == list(ages)
    young, middle, _ = listed.values()
    assert list(due().values()).count(None) == 1
    assert due() == dict(zip(ages, (young + HOUR, middle + 24 * HOUR, None), strict=True))
    assert rechecked() == []

    change(output, "UPDATE stories SET due_at = due_at - ?", 24 * HOUR)
    assert rechecked(RECHECKS_PER_RUN="1") == ["nyoung00000001"]
    assert rechecked(RECHECKS_PER_RUN="1") == ["nmiddle0000001"]
    assert rechecked() == []
    accounts = [report["account"]["unchanged"] for report in reports(output)]
    assert accounts == [0, 3, 3, 3, 3]
    assert_accounts_balance(output)
