"""feed.xml beside the archive: what is newest of each channel, and no harm to any run."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.samples import FIRST, Ledger
from harvest.proofs import change, query, reports
from sinanews.exports.atom import ATOM
from sinanews.exports.reading import Query
from sinanews.extensions.feed import newest
from sinanews.mirror.server import RunningMirror, running
from sinanews.mirror.site import Site

HOUR = 3_600


@pytest.fixture
def mirror() -> Iterator[RunningMirror]:
    with running(Site(articles=60, tick=0)) as started:
        yield started


def entries(output: Path) -> list[str]:
    """The docids of the feed."""
    feed = ET.parse(output / "feed.xml").getroot()  # noqa: S314 - our own
    ids = [entry.findtext(f"{{{ATOM}}}id") for entry in feed.findall(f"{{{ATOM}}}entry")]
    return [text.rpartition("/")[2] for text in ids]


class Channels(Ledger):
    """A ledger whose articles are in the channels that their docids begin with."""

    def _rows(self, query: Query) -> list:
        rows = super()._rows(query)
        return [row for row in rows if query.channel in row.docid.split("-")]


def docids(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["docid"] for line in lines]


def test_the_newest_of_each_channel_come_newest_first_and_once():
    ledger = Channels()
    for number in range(100):
        ledger.add(f"a-{number}", FIRST + number * HOUR)
    ledger.add("a-b-100", FIRST + 100 * HOUR)
    ledger.add("b-old", FIRST - 90_000 * HOUR)
    found = newest(ledger, ["a", "b", "c"], 3, FIRST + 101 * HOUR)
    assert docids(found) == ["a-b-100", "a-99", "a-98", "b-old"]


def test_of_a_large_archive_only_the_end_is_read():
    ledger, read = Channels(), []
    for number in range(5_000):
        ledger.add(f"a-{number}", FIRST + number * HOUR)
    real = ledger.lines
    ledger.lines = lambda query: map(lambda line: read.append(line) or line, real(query))  # type: ignore[method-assign] # noqa: C417
    assert len(newest(ledger, ["a"], 10, FIRST + 5_000 * HOUR)) == 10
    assert len(read) < 40


def test_a_harvest_writes_the_feed_when_asked_and_else_none(mirror, scrapy, output):
    run = scrapy("harvest", "china", "-a", "channel=guonei,jinrong", mirror=mirror.url)
    assert run.returncode == 0, run.stderr
    assert not (output / "feed.xml").exists()

    run = scrapy("harvest", "china", mirror=mirror.url, FEED_ARTICLES="3")

    assert run.returncode == 0, run.stderr
    rows = query(
        output,
        "SELECT docid, channels FROM stories WHERE revision > 0 ORDER BY ctime DESC, docid DESC",
    )
    expected = set()
    for channel in ("guonei", "jinrong"):
        of_channel = [
            row["docid"] for row in rows if channel in row["channels"].replace(",", " ").split()
        ]
        expected |= {*of_channel[:3]}
    assert {*entries(output)} == expected
    assert 3 <= len(expected) <= 6


def test_a_feed_that_cannot_be_written_harms_no_run(mirror, scrapy, output):
    (output / "feed.xml" / "in the way").mkdir(parents=True)
    run = scrapy("harvest", "china", mirror=mirror.url, FEED_ARTICLES="3")
    assert run.returncode == 0, run.stderr
    assert "feed.xml could not be written: " in run.stderr
    assert "Traceback" not in run.stderr
    assert reports(output)[-1]["verdict"] == "complete"


def test_a_damaged_article_is_left_out_of_the_feed(mirror, scrapy, output):
    run = scrapy("harvest", "china", mirror=mirror.url, FEED_ARTICLES="5")
    first = entries(output)
    change(output, "UPDATE revisions SET article = ? WHERE docid = ?", b"damaged", first[0])
    run = scrapy("harvest", "china", mirror=mirror.url, FEED_ARTICLES="5")
    assert run.returncode == 0, run.stderr
    assert f"article {first[0]} is damaged: " in run.stderr
    assert first[0] not in entries(output)


def test_a_number_that_makes_no_sense_is_refused(scrapy, output):
    run = scrapy("harvest", "china", mirror="http://127.0.0.1:9", FEED_ARTICLES="some")
    assert run.returncode == 2
    assert "FEED_ARTICLES: 'some' is not accepted; expected a whole number, 0 or more" in run.stderr
    assert not output.exists()
