"""An article whose bytes in the ledger are damaged is named; all others can be had."""

import json

import pytest

from harvest.proofs import change, query
from ledger.test_damage import flipped
from support import article_page, place, row

GOOD, BAD = "nabc0000000001", "nabc0000000002"


@pytest.fixture
def damaged(pages, scrapy, output):
    """An archive of two articles, of which one has a bit flipped."""
    serve(pages, "正文。", mtime=1_700_000_010)
    run = scrapy("crawl", "china", mirror=pages.url)
    assert run.returncode == 0, run.stderr
    (kept,) = query(output, f"SELECT article FROM revisions WHERE docid = '{BAD}'")  # noqa: S608 - our own
    change(
        output,
        "UPDATE revisions SET article = ? WHERE docid = ?",
        flipped(kept["article"], 4 * len(kept["article"])),
        BAD,
    )
    return output


def serve(pages, text, mtime):
    """Serves two articles; the text and the last change are those of the one that is damaged."""
    pages.roll(row(GOOD, title="甲"), row(BAD, title="乙", mtime=str(mtime)))
    pages[place(GOOD)] = article_page()
    pages[place(BAD)] = article_page(body=f"<p>{text}</p>")


@pytest.mark.usefixtures("damaged")
def test_an_export_leaves_a_damaged_article_out_and_says_so(scrapy, tmp_path):
    file = tmp_path / "all.jsonl"

    run = scrapy("export", "-o", str(file))

    assert run.returncode == 3
    assert run.stdout == f"1 articles in {file}\n"
    (told,) = run.stderr.splitlines()
    assert told.startswith(f"article {BAD} is damaged: ")
    assert told.endswith("; it is left out")
    assert [json.loads(text)["docid"] for text in file.read_bytes().splitlines()] == [GOOD]


@pytest.mark.usefixtures("damaged")
def test_status_of_a_damaged_article_says_so(scrapy):
    run = scrapy("status", BAD)
    assert (run.returncode, run.stdout.strip()) == (3, "")
    assert run.stderr.startswith(f"article {BAD} is damaged: ")
    assert scrapy("status", GOOD).returncode == 0


@pytest.mark.usefixtures("damaged")
def test_a_damaged_article_that_changes_is_written_again(pages, scrapy, tmp_path):
    serve(pages, "新的正文。", mtime=1_700_009_999)

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 0, run.stderr
    assert "updated 1" in run.stdout
    file = tmp_path / "all.jsonl"
    assert scrapy("export", "-o", str(file)).returncode == 0
    texts = {
        line["docid"]: line["text"] for line in map(json.loads, file.read_bytes().splitlines())
    }
    assert texts[BAD] == "新的正文。"
    status = scrapy("status", BAD)
    assert (status.returncode, len(status.stderr.splitlines())) == (3, 1), "of its first revision"
    assert "乙" in status.stdout
