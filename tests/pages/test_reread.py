"""`scrapy reread`: what kept pages say today, and nothing written twice."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from articles.test_articles import phone_page
from harvest.proofs import assert_accounts_balance, change, launch, query, reports, written
from several_pages import by_path, numbers_and_next, page_of
from sinanews.archive.lock import locked
from sinanews.archive.warc import FOLDER, index, page_files
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.spiders.reread import PROGRESS
from support import (
    DOCID,
    QUICK,
    ROOT,
    article_page,
    ask,
    lines,
    place,
    row,
    scrapy_in,
    wait_for_next_second,
)

KEEP = {"KEEP_PAGES": "true"}
UNCHANGING = {"seen", "revision", "updated"}  # of a line; the others are what the page says
NEXT_LAYOUT = article_page(title="新版面").replace(b'id="artibody"', b'id="artibody2027"')
KILLS = 8


def account(run):
    """The account of a run, as its output has it."""
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("listed ")]
    words = line.replace("+", "").replace("=", "").split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def counts(**states):
    none = dict.fromkeys(("written", "updated", "unchanged", "filtered", "gone", "failed"), 0)
    return {"listed": sum(states.values())} | none | states


def mended(output, *arguments):
    """Runs scrapy with a layout more than this sinanews has."""
    options = [f"-s{name}={value}" for name, value in (QUICK | {"OUTPUT_DIR": output}).items()]
    command = [sys.executable, "-m", "tests.pages.mended", *arguments, *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )


def files(output):
    """Posts, lines, and what the ledger has of articles."""
    rows = query(output, "SELECT docid, revision, seen, content_hash, article FROM revisions")
    return written(output), lines(output), rows


def line_of(output, docid, revision):
    found = [one for one in lines(output) if (one["docid"], one["revision"]) == (docid, revision)]
    assert len(found) == 1
    return {name: value for name, value in found[0].items() if name not in UNCHANGING}


@pytest.fixture(scope="module")
def site():
    with running(Site(articles=150, tick=0)) as started:
        yield started


@pytest.fixture(scope="module")
def harvested(site, tmp_path_factory):
    """An archive with the pages of its articles, in several files."""
    output = tmp_path_factory.mktemp("harvested") / "output"
    harvest = ("harvest", "china", "-a", "channel=all")
    run = scrapy_in(output)(*harvest, mirror=site.url, PAGES_FILE_SIZE="300000", **KEEP)
    assert run.returncode == 0, run.stderr
    assert len(page_files(output / FOLDER)) > 3
    return output


@pytest.fixture
def archive(harvested, output):
    """That archive, to be changed."""
    return shutil.copytree(harvested, output)


def test_a_reread_of_what_was_harvested_changes_nothing_and_asks_nobody(archive, site, scrapy):
    before = files(archive)
    site.forget()

    run = scrapy("reread")

    assert run.returncode == 0, run.stderr
    assert account(run) == counts(unchanged=len(before[2]))
    assert files(archive) == before
    assert site.requests == []
    assert not (archive / PROGRESS).exists()
    assert_accounts_balance(archive)


def test_every_article_is_read_as_the_harvest_read_it(archive, scrapy):
    change(archive, "UPDATE stories SET content_hash = x'00' WHERE revision > 0")
    before = written(archive)

    run = scrapy("reread", "--processes", "3")

    assert run.returncode == 0, run.stderr
    docids = [
        row["docid"] for row in query(archive, "SELECT docid FROM stories WHERE revision > 0")
    ]
    assert account(run) == counts(updated=len(docids))
    for docid in docids:
        assert line_of(archive, docid, 2) == line_of(archive, docid, 1)
    assert written(archive) == before
    assert {row["n"] for row in query(archive, "SELECT max(revision) n FROM revisions")} == {2}
    status = scrapy("status")
    assert "the account balances" in status.stdout, status.stdout
    assert scrapy("reread").stdout.count(f"unchanged {len(docids)}") == 1


def test_a_revision_of_a_reread_was_seen_when_it_was_reread(archive, scrapy):
    change(archive, "UPDATE revisions SET seen = 1700000000")
    change(archive, "UPDATE stories SET content_hash = x'00' WHERE revision > 0")
    began = int(time.time())

    assert scrapy("reread").returncode == 0

    seen = query(archive, "SELECT min(seen) AS first FROM revisions WHERE revision = 2")
    assert seen[0]["first"] >= began


# A layout that is mended


def test_a_page_that_no_layout_read_is_an_article_once_one_does(pages, scrapy, output):
    pages.roll(row(title=""))
    pages[place()] = NEXT_LAYOUT
    assert scrapy("crawl", "china", mirror=pages.url, **KEEP).returncode in {3, 5}
    assert scrapy("reread").returncode == 3
    assert lines(output) == []
    pages.requests.clear()

    run = mended(output, "reread")

    assert run.returncode == 0, run.stderr
    assert account(run) == counts(written=1)
    (line,) = lines(output)
    assert (line["title"], line["layout"], line["revision"]) == ("新版面", "F2027", 1)
    assert line["first_seen"] == "2023-11-15T06:13:40+08:00", "as the list had it"
    (post,) = written(output).values()
    assert "正文".encode() in post
    assert list((output / "failed").iterdir()) == []
    assert pages.requests == []
    (story,) = query(output, "SELECT state, reason, tries, due_at FROM stories")
    assert story == {"state": "written", "reason": None, "tries": 0, "due_at": None}


def test_an_article_that_is_read_otherwise_gets_a_revision(pages, scrapy, output):
    body = '<p>　　旧。</p></div><div id="artibody2027"><p>　　新。</p>'
    pages[place()] = article_page(body=body)
    ask(scrapy, pages, **KEEP)

    run = mended(output, "reread")

    assert run.returncode == 0, run.stderr
    assert account(run) == counts(updated=1)
    assert [line["text"] for line in lines(output)] == ["旧。", "新。"]
    (post,) = written(output).values()
    assert "新。".encode() in post
    assert "1 to be tried" not in scrapy("status").stdout
    assert mended(output, "reread").stdout.count("unchanged 1") == 1


def test_a_page_that_cannot_be_read_any_more_leaves_its_article_as_it_is(pages, scrapy, output):
    pages[place()] = article_page(body="<p>　　正文。</p>" * 20)
    ask(scrapy, pages, **KEEP)
    before = files(output)

    run = scrapy("reread", PAGE_TAGS="10")

    assert run.returncode == 3
    assert "failed, its page has more than 10 tags (PAGE_TAGS): 1" in run.stdout
    assert files(output) == before
    assert query(output, "SELECT state FROM stories") == [{"state": "written"}]


# Several pages


def test_the_pages_of_an_article_are_joined_as_in_a_harvest(pages, scrapy, output):
    address = by_path(place())
    for number in (1, 2, 3):
        target = address(number).partition("://")[2]
        pages[target] = page_of(number, 3, address, numbers_and_next)
    ask(scrapy, pages, **KEEP)
    change(output, "UPDATE stories SET content_hash = x'00'")

    assert scrapy("reread").returncode == 0

    assert line_of(output, DOCID, 2) == line_of(output, DOCID, 1)
    assert "第3部分的正文。" in lines(output)[-1]["text"]


@pytest.mark.parametrize("pc_page", [True, False], ids=["with its PC page", "alone"])
def test_a_phone_page_is_read_as_in_a_harvest(pc_page, pages, scrapy, output):
    phone = f"finance.sina.cn/china/2026-09-29/detail-i{DOCID}.d.html"
    pages[phone] = phone_page(f"https://{place()}")
    if pc_page:
        pages[place()] = article_page()
    scrapy("crawl", "articles", "-a", f"urls=https://{phone}", mirror=pages.url, **KEEP)
    change(output, "UPDATE stories SET content_hash = x'00'")

    assert scrapy("reread").returncode == 0

    assert line_of(output, DOCID, 2) == line_of(output, DOCID, 1)
    assert lines(output)[-1]["layout"] == ("F2017" if pc_page else "M")


def test_a_further_page_that_was_not_kept_fails_the_article(pages, scrapy):
    address = by_path(place())
    pages[place()] = page_of(1, 2, address, numbers_and_next)
    ask(scrapy, pages, **KEEP)

    run = scrapy("reread")

    assert run.returncode == 3
    assert "failed, part 2: a further page was not kept: 1" in run.stdout


# Which page counts


def test_the_newest_kept_page_counts(pages, scrapy, output):
    for text in ("一", "二"):
        pages[place()] = article_page(body=f"<p>　　{text}。</p>")
        ask(scrapy, pages, **KEEP)
    change(output, "UPDATE stories SET content_hash = x'00'")

    assert scrapy("reread").returncode == 0

    assert [line["text"] for line in lines(output)] == ["一。", "二。", "二。"]


def test_a_kept_page_does_not_undo_what_a_newer_one_said_that_was_not_kept(pages, scrapy, output):
    pages[place()] = article_page(body="<p>　　旧。</p>")
    ask(scrapy, pages, **KEEP)
    pages[place()] = article_page(body="<p>　　新。</p>")
    wait_for_next_second()
    ask(scrapy, pages)

    run = scrapy("reread")

    assert account(run) == counts(unchanged=1)
    assert [line["text"] for line in lines(output)] == ["旧。", "新。"]


def test_after_a_reread_that_was_killed_newer_pages_count_as_well(pages, scrapy, output):
    pages[place()] = article_page(body="<p>　　旧。</p>")
    ask(scrapy, pages, **KEEP)
    a_day_ago = int(time.time()) - 86_400
    row_of_run = f"('reread', 'elsewhere', {a_day_ago}, {a_day_ago})"
    change(output, f"INSERT INTO runs (spider, worker, started, alive_at) VALUES {row_of_run}")  # noqa: S608 - our own
    pages[place()] = article_page(body="<p>　　新。</p>")
    wait_for_next_second()
    ask(scrapy, pages)

    assert account(scrapy("reread")) == counts(unchanged=1)


def test_an_article_that_was_dropped_or_that_is_unknown_stays_so(pages, scrapy, output):
    for docid in ("ndropped", "nunknown"):
        pages[place(docid)] = article_page(body=f"<p>　　{docid}。</p>")
    ask(scrapy, pages, "ndropped", "nunknown", **KEEP)
    change(output, "UPDATE stories SET state = 'filtered', content_hash = x'00'")
    change(output, "UPDATE stories SET docid = 'nother' WHERE docid = 'nunknown'")

    run = scrapy("reread")

    assert account(run) == counts(filtered=2)
    assert len(lines(output)) == 2


def test_pages_of_a_spider_that_is_not_known_are_left_alone(pages, scrapy, output):
    pages[place()] = article_page()
    ask(scrapy, pages, **KEEP)
    (file,) = page_files(output / FOLDER)
    file.rename(file.with_name(file.name.replace("articles-", "somebodys-")))

    run = scrapy("reread")

    assert run.returncode == 3
    assert "failed, its spider 'somebodys' is not known: 1" in run.stdout


# Arguments, locks, damage


def test_without_kept_pages_a_reread_is_refused(pages, scrapy, output):
    pages[place()] = article_page()
    ask(scrapy, pages)

    run = scrapy("reread")

    assert run.returncode == 2
    assert f"OUTPUT_DIR: '{output}' is not accepted; expected an archive whose pages" in run.stderr


@pytest.mark.parametrize("count", ["0", "-1", "two", "²"])
def test_a_number_of_processes_that_makes_no_sense_is_refused(count, pages, scrapy):
    pages[place()] = article_page()
    ask(scrapy, pages, **KEEP)

    run = scrapy("reread", f"--processes={count}")

    assert run.returncode == 2
    assert f"--processes: {count!r} is not accepted; expected 1 or more" in run.stderr


def test_a_reread_does_nothing_beside_a_harvest(pages, scrapy, output):
    pages[place()] = article_page()
    ask(scrapy, pages, **KEEP)
    with locked(output, "harvest"):
        run = scrapy("reread")

    assert run.returncode == 75
    assert run.stdout.startswith("reread: a harvest holds ")


def test_a_damaged_file_is_named_and_the_others_are_read(archive, scrapy):
    path = page_files(archive / FOLDER)[0]
    pages = list(index(path))
    data = bytearray(path.read_bytes())
    data[pages[1].place.offset + 30] ^= 1
    path.write_bytes(data)

    run = scrapy("reread")

    assert run.returncode == 3
    assert f"{FOLDER}/{path.name} is damaged at byte {pages[1].place.offset}; what" in run.stderr
    articles = len(query(archive, "SELECT docid FROM revisions"))
    assert account(run) == counts(unchanged=articles - len(pages) + 1)


def test_a_reread_is_no_harvest_to_a_monitor(archive, scrapy):
    before = json.loads(scrapy("status", "--json").stdout)["last_complete"]

    assert scrapy("reread").returncode == 0

    after = json.loads(scrapy("status", "--json").stdout)
    assert after["runs"][0]["spider"] == "reread"
    assert after["last_complete"] == before
    assert reports(archive)[-1]["account"]["unchanged"] == len(lines(archive))


def test_a_reread_of_pages_that_cannot_be_read_says_nothing_of_the_site(pages, scrapy, output):
    pages[place()] = NEXT_LAYOUT
    ask(scrapy, pages, **KEEP)
    change(output, "UPDATE runs SET started = started - 200000, ended = ended - 200000")

    run = scrapy("reread")

    assert run.returncode == 3, "it is incomplete, and not stalled"
    assert "failed, no layout: 1" in run.stdout


def test_the_spider_rereads_without_the_command_too(archive, scrapy):
    change(archive, "UPDATE stories SET content_hash = x'00' WHERE revision > 0")
    articles = len(query(archive, "SELECT docid FROM revisions"))

    run = scrapy("crawl", "reread")

    assert run.returncode == 0, run.stderr
    assert account(run) == counts(updated=articles)


# Kills


def test_a_reread_that_is_killed_again_and_again_ends_like_an_undisturbed_one(archive, scrapy):
    change(archive, "UPDATE stories SET content_hash = x'00' WHERE revision > 0")
    before = written(archive)
    docids = {row["docid"] for row in query(archive, "SELECT docid FROM revisions")}
    rng = random.Random(3)  # noqa: S311 - picks moments to kill at, no secrets
    done = [0]
    for _ in range(KILLS):
        process = launch(["reread", "--processes=1"], OUTPUT_DIR=str(archive))
        goal = done[-1] + rng.randint(1, len(docids) // KILLS)
        while process.poll() is None and revised(archive) < goal:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        done.append(revised(archive))
    assert 0 < done[1] < len(docids), done

    run = scrapy("reread")

    assert run.returncode == 0, run.stderr
    assert written(archive) == before
    found = query(
        archive, "SELECT docid, max(revision) AS last, count(*) AS n FROM revisions GROUP BY 1"
    )
    assert {row["docid"]: (row["last"], row["n"]) for row in found} == dict.fromkeys(docids, (2, 2))
    assert "the account balances" in scrapy("status").stdout
    assert_accounts_balance(archive)


def revised(output: Path) -> int:
    return query(output, "SELECT count(*) AS n FROM revisions WHERE revision = 2")[0]["n"]


def test_a_reread_goes_on_where_a_killed_one_ended_unless_it_reads_otherwise(archive, scrapy):
    folder = archive / FOLDER
    indexed = (one for path in page_files(folder) for one in index(path))
    kept = sorted((one.kept, one.docid) for one in indexed if not one.is_further)
    process = launch(["reread", "--processes=1"], OUTPUT_DIR=str(archive))
    while process.poll() is None and not (archive / PROGRESS).exists():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    noted = json.loads((archive / PROGRESS).read_bytes())
    left = sum([kept, docid] > noted["after"] for kept, docid in kept)
    assert 0 < left < len(kept)

    # A page that the list of what is done hides is not read again by the same code.
    (archive / PROGRESS).write_text(json.dumps(noted | {"code": "other"}), "utf-8")
    assert account(scrapy("reread"))["listed"] == len(kept)
    (archive / PROGRESS).write_text(json.dumps(noted), "utf-8")
    assert account(scrapy("reread"))["listed"] == left


def test_a_reread_that_is_told_to_end_does_so_in_good_order(archive, scrapy):
    change(archive, "UPDATE stories SET content_hash = x'00' WHERE revision > 0")
    articles = len(query(archive, "SELECT docid FROM revisions"))
    process = launch(["reread", "--processes=1"], OUTPUT_DIR=str(archive))
    while process.poll() is None and not revised(archive):
        time.sleep(0.001)

    process.send_signal(signal.SIGINT)

    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 3, stderr
    assert "reread: incomplete (shutdown)" in stdout
    assert "Traceback" not in stderr
    assert 0 < revised(archive) < articles
    assert query(archive, "SELECT docid FROM stories WHERE worker IS NOT NULL") == []
    assert scrapy("reread").returncode == 0
    assert revised(archive) == articles


def test_the_processes_that_read_end_with_a_reread_that_is_killed(archive):
    process = launch(["reread", "--processes=2"], OUTPUT_DIR=str(archive))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("this system does not tell which processes a process has")
    while not (found := children.read_text().split()) and process.poll() is None:
        time.sleep(0.005)
    assert found
    process.kill()
    process.communicate()

    deadline = time.monotonic() + 60
    while any(Path("/proc", number).exists() for number in found):
        assert time.monotonic() < deadline
        time.sleep(0.02)
