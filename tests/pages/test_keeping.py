"""KEEP_PAGES: which pages a run keeps, and what becomes of it when it cannot."""

import gzip
import subprocess
import time
import tomllib

import pytest

from articles.test_articles import phone_page
from harvest.proofs import launch, query, slowly, wait_for_posts
from pages.readers import assert_accepted
from several_pages import by_path, numbers_and_next, page_of
from sinanews.archive.warc import FOLDER, OPEN, index, page_files, read_page
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import DOCID, ROOT, article_page, ask, lines, place, row

KEEP = {"KEEP_PAGES": "true"}
FEW = 60  # stories of a small site


def kept(output):
    """The kept pages of an archive, in order."""
    folder = output / FOLDER
    return [read_page(folder, one.place) for path in page_files(folder) for one in index(path)]


def test_an_article_page_is_kept_as_it_was_served(pages, scrapy, output):
    body = gzip.compress(article_page())
    pages[place()] = body
    pages.headers[place()] = {"Content-Encoding": "gzip", "Set-Cookie": "who=me", "ETag": '"7"'}
    pages.roll(row())

    run = scrapy("crawl", "china", mirror=pages.url, **KEEP)

    assert run.returncode == 0, run.stderr
    (page,) = kept(output)  # neither the list nor robots.txt is one
    assert (page.docid, page.url, page.body) == (DOCID, f"https://{place()}", body)
    assert (b"Content-Encoding", b"gzip") in page.headers
    assert (b"Etag", b'"7"') in page.headers
    (file,) = (output / FOLDER).iterdir()
    assert b"who=me" not in gzip.decompress(file.read_bytes())
    assert pages.url.encode() not in gzip.decompress(file.read_bytes())
    assert_accepted([file])


def test_the_name_of_a_file_tells_spider_start_and_run(pages, scrapy, output):
    pages[place()] = article_page()

    ask(scrapy, pages, **KEEP)

    (run,) = query(output, "SELECT id, started FROM runs")
    start = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(run["started"]))
    assert [path.name for path in (output / FOLDER).iterdir()] == [
        f"articles-{start}-{run['id']}-00001.warc.gz"
    ]


def test_a_file_says_which_version_made_it(pages, scrapy, output):
    pages[place()] = article_page()

    ask(scrapy, pages, **KEEP)

    (file,) = (output / FOLDER).iterdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"software: sinanews/{project['version']}\r\n".encode() in gzip.decompress(
        file.read_bytes()
    )


def test_no_page_is_kept_by_default(pages, scrapy, output):
    pages[place()] = article_page()

    assert ask(scrapy, pages).returncode == 0

    assert not (output / FOLDER).exists()


def test_a_page_that_fails_is_kept_and_one_that_is_not_there_is_none(pages, scrapy, output):
    pages[place("nbad")] = b"<html><body>no layout</body></html>"
    pages[place("nrefused")] = (500, b"<html></html>")

    ask(scrapy, pages, "nbad", "ngone", "nrefused", **KEEP)

    assert [page.docid for page in kept(output)] == ["nbad"]


def test_a_page_to_which_a_redirect_leads_is_kept_under_both_addresses(pages, scrapy, output):
    asked, found = place("nold"), place("nnew")
    pages[asked] = (301, b"")
    pages.headers[asked] = {"Location": f"{pages.url}/{found}"}
    pages[found] = article_page()

    ask(scrapy, pages, "nold", **KEEP)

    (page,) = kept(output)
    assert (page.asked_url, page.url) == (f"https://{asked}", f"https://{found}")
    assert page.docid == "nold"


def test_all_pages_of_an_article_are_kept(pages, scrapy, output):
    address = by_path(place())
    for number in (1, 2, 3):
        target = address(number).partition("://")[2]
        pages[target] = page_of(number, 3, address, numbers_and_next)

    ask(scrapy, pages, **KEEP)

    assert [(page.url, page.is_further) for page in kept(output)] == [
        (address(1), False),
        (address(2), True),
        (address(3), True),
    ]
    assert {page.docid for page in kept(output)} == {DOCID}


def test_a_phone_page_and_its_pc_page_are_kept(pages, scrapy, output):
    phone = f"finance.sina.cn/china/2026-09-29/detail-i{DOCID}.d.html"
    pages[phone] = phone_page(f"https://{place()}")
    pages[place()] = article_page()

    run = scrapy("crawl", "articles", "-a", f"urls=https://{phone}", mirror=pages.url, **KEEP)

    assert run.returncode == 0, run.stderr
    assert [(page.url, page.is_further) for page in kept(output)] == [
        (f"https://{phone}", False),
        (f"https://{place()}", True),
    ]


def test_a_run_that_may_not_keep_pages_does_not_begin(pages, scrapy, output):
    output.mkdir()
    (output / FOLDER).write_text("something else")
    pages[place()] = article_page()

    run = ask(scrapy, pages, **KEEP)

    assert run.returncode == 2
    assert f"KEEP_PAGES: '{output / FOLDER}' is not accepted; expected a folder that" in run.stderr
    assert pages.requests == []


@pytest.fixture
def small_disk(output):
    """A disk for kept pages alone."""
    folder = output / FOLDER
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"a small disk can be mounted by root alone: {result.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_run_and_loses_no_article(small_disk, scrapy, output):
    with running(Site(articles=FEW, tick=0)) as mirror:
        stories = {story.docid for story in mirror.site.listed(1686)}

        run = scrapy("harvest", "china", mirror=mirror.url, **KEEP)

        assert run.returncode == 3, run.stderr
        assert f"({output} cannot be written: [Errno 28] No space left on device)" in run.stdout
        assert "Traceback" not in run.stderr
        done = {line["docid"] for line in lines(output)}
        assert 0 < len(done) < len(stories)
        assert done <= {page.docid for page in kept(output)}, "each article has its page"
        assert_accepted(page_files(small_disk))
        assert query(output, "SELECT docid FROM stories WHERE state = 'failed'") == []

        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        run = scrapy("harvest", "china", mirror=mirror.url, **KEEP)

        assert run.returncode == 0, run.stdout + run.stderr
    assert {page.docid for page in kept(output)} == stories
    assert {line["docid"] for line in lines(output)} == stories
    assert len(lines(output)) == len(stories)


def test_a_killed_run_leaves_the_page_of_every_article_and_the_next_one_closes_its_file(
    scrapy, output
):
    with running(Site(articles=FEW, tick=0)) as mirror:
        settings = {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url, **KEEP}
        harvest = launch(["harvest", "china"], **settings, **slowly(0.05))
        wait_for_posts(harvest, output, 10)
        harvest.kill()
        harvest.communicate()
        (left,) = (output / FOLDER).iterdir()
        assert left.name.endswith(OPEN)
        with left.open("ab") as file:  # as if it had been killed while it wrote
            file.write(b"\x1f\x8b\x08half a record")
        done = {row["docid"] for row in query(output, "SELECT docid FROM revisions")}

        run = scrapy("harvest", "china", mirror=mirror.url, **KEEP)

    assert run.returncode == 0, run.stderr
    told = f"pages/{left.name.removesuffix(OPEN)} ended in a record that was cut off: 16 bytes"
    assert told in run.stderr
    first, second = page_files(output / FOLDER)
    assert first.name == left.name.removesuffix(OPEN)
    assert done <= {one.docid for one in index(first)}
    assert_accepted([first, second])


def test_the_file_of_a_run_at_work_is_left_alone_by_another(scrapy, output, pages):
    pages[place()] = article_page()
    with running(Site(articles=FEW, tick=0)) as mirror:
        settings = {"OUTPUT_DIR": str(output), "MIRROR_URL": mirror.url, **KEEP}
        harvest = launch(["harvest", "china"], **settings, **slowly(0.3))
        wait_for_posts(harvest, output, 3)
        ask(scrapy, pages, **KEEP, SAME_SITE="true")
        assert harvest.poll() is None
        names = [path.name for path in (output / FOLDER).iterdir()]
        assert [name for name in names if name.startswith("china") and name.endswith(OPEN)]
        harvest.terminate()
        harvest.communicate()

    assert_accepted(page_files(output / FOLDER))
    assert list((output / FOLDER).glob(f"*{OPEN}")) == []
