"""A harvest marks reprints, and `scrapy status DOCID` shows what has one text."""

import orjson
import pytest

from commands.conftest import on_file
from harvest.proofs import change, query
from older_ledgers import make_older
from sinanews.mirror.server import running
from sinanews.mirror.site import Site

ARTICLES = 60  # of which one is a reprint


@pytest.fixture(scope="module")
def site():
    return Site(articles=ARTICLES, tick=0)


@pytest.fixture
def mirror(site):
    with running(site) as started:
        yield started


@pytest.fixture
def first_of(site):
    """The docid of the first of each reprint on the site."""
    firsts = {one.docid: one.reprint_of for one in site.listed(1686) if one.reprint_of}
    assert len(firsts) == 1
    return firsts


def lines(archive):
    """The JSON lines of an archive's runs, by docid."""
    files = sorted((archive / "articles").glob("*.jsonl"))
    parsed = [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]
    return {line["docid"]: line for line in parsed}


def exported(archive, scrapy):
    """The lines that the ledger has."""
    file = archive.parent / "exported.jsonl"
    run = scrapy("export", "-o", str(file))
    assert run.returncode == 0, run.stderr
    return file.read_bytes()


def joined(line, other):
    """Whether one of the two lines says that it is a reprint of the other's article."""
    pairs = {(line["duplicate_of"], other["docid"]), (other["duplicate_of"], line["docid"])}
    return any(one == other for one, other in pairs)


def test_a_harvest_marks_what_has_the_text_of_another_article_and_drops_nothing(
    archive, scrapy, first_of
):
    written = lines(archive)
    assert all(joined(written[docid], written[first]) for docid, first in first_of.items())
    marked = [line for line in written.values() if line["duplicate_of"]]
    assert len(marked) == len(first_of)
    # What is in the ledger says the same.
    kept = exported(archive, scrapy).splitlines()
    assert {line["docid"]: line["duplicate_of"] for line in map(orjson.loads, kept)} == {
        docid: line["duplicate_of"] for docid, line in written.items()
    }
    assert len(written) == len(list((archive / "_posts").rglob("*.md")))


def test_status_shows_the_articles_of_one_text_with_sources_and_times(archive, scrapy, first_of):
    (reprint, first), *_ = first_of.items()
    written = lines(archive)
    for docid in (reprint, first):
        shown = scrapy("status", docid)
        assert shown.returncode == 0, shown.stderr
        _, _, family = shown.stdout.partition("2 articles have this text")
        rows = {row.split()[0]: row for row in family.splitlines()[2:]}
        assert rows.keys() == {reprint, first}
        for one, row in rows.items():
            line = written[one]
            assert line["source"] in row
            assert line["title"] in row
            assert line["published"][:16].replace("T", " ") in row
            assert line["first_seen"][:16].replace("T", " ") in row
            assert (line["duplicate_of"] or " - ") in row


def test_status_shows_no_family_of_an_article_that_is_alone(archive, scrapy, first_of):
    alone = min(lines(archive).keys() - first_of.keys() - set(first_of.values()))
    assert "have this text" not in scrapy("status", alone).stdout


@on_file
def test_the_next_harvest_finds_reprints_of_what_an_older_version_recorded(
    archive, scrapy, mirror, first_of
):
    make_older(archive / "ledger.db", version=10)
    said = lines(archive)

    # A run may end before all have their signatures; the next one goes on.
    for _ in range(20):
        run = scrapy("crawl", "china", mirror=mirror.url)
        assert run.returncode == 0, run.stderr
        if query(archive, "SELECT reached FROM signing") == [{"reached": None}]:
            break
    else:
        pytest.fail("older articles still have no signatures after twenty runs")

    for docid in first_of:
        assert "2 articles have this text" in scrapy("status", docid).stdout
    assert lines(archive) == said


def test_an_archive_made_again_from_its_json_lines_has_the_same_families(
    archive, scrapy, mirror, first_of, server
):
    before = exported(archive, scrapy)
    if server:
        change(archive, "DROP SCHEMA public CASCADE")
        change(archive, "CREATE SCHEMA public")
    for file in archive.glob("ledger.db*"):
        file.unlink()

    run = scrapy("harvest", "china", mirror=mirror.url)

    assert run.returncode == 0, run.stderr
    assert exported(archive, scrapy) == before
    for reprint in first_of:
        assert "2 articles have this text" in scrapy("status", reprint).stdout
    assert scrapy("rebuild").returncode == 0
