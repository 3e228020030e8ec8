"""Each format holds what the lines hold."""

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given
from pyarrow import parquet
from scrapy.exporters import XmlItemExporter

from exports.samples import FIRST, article, articles, line, lines, plain, texts
from sinanews.exceptions import ArgumentError, UnfitError
from sinanews.exports import FORMATS, exporter_for
from sinanews.exports.atom import ATOM, AtomExporter, updated_of
from sinanews.exports.csv import CsvExporter, inert
from sinanews.exports.jsonl import LineExporter, json_line
from sinanews.exports.parquet import ParquetExporter, arrow_schema
from sinanews.exports.writing import write, write_file
from sinanews.items import FIELDS, Article, Image
from sinanews.utils.times import at
from test_exporters import Topical

LISTS = ("channels", "keywords", "tickers", "images")


def exported(exporter, *given: bytes) -> bytes:
    """The file of these lines, all of which are to fit."""
    file = BytesIO()
    assert write(file, given, exporter, pytest.fail) == len(given)
    return file.getvalue()


def rows_of(data: bytes) -> list[dict]:
    """The rows of CSV, as docs/dataset.md says that they are read."""
    rows = list(csv.DictReader(StringIO(data.decode(), newline="")))
    for row in rows:
        for name, value in row.items():
            text = value[1:] if value[:1] == "'" and inert(value) != value else value
            row[name] = json.loads(text) if name in LISTS else text
    return rows


# CSV


@given(articles)
def test_a_row_of_csv_is_what_the_line_is(one):
    (row,) = rows_of(exported(CsvExporter, json_line(one)))
    read = json.loads(json_line(one))
    assert tuple(row) == FIELDS
    assert row == {
        name: value if name in LISTS else "" if value is None else str(value)
        for name, value in read.items()
    }


@given(texts)
@example("=cmd|' /C calc'!A0")
@example("'=1")
@example("\r=1")
@example("＝1+1")
def test_no_cell_begins_a_formula_and_each_can_be_made_exact(text):
    cell = inert(text)
    assert cell[:1] not in {*"=+-@＝＋－＠\t\r\n"} or not cell
    back = cell[1:] if cell[:1] == "'" and inert(cell) != cell else cell
    assert back == text


def test_every_text_of_a_row_is_inert():
    texts = (
        "docid",
        "url",
        "title",
        "summary",
        "author",
        "source",
        "editor",
        "editor_code",
        "text",
    )
    data = exported(CsvExporter, line(**dict.fromkeys(texts, "=1+1")))
    (row,) = csv.DictReader(StringIO(data.decode(), newline=""))
    assert {row[name] for name in texts} == {"'=1+1"}


def test_csv_has_crlf_and_quotes_around_every_text():
    data = exported(CsvExporter, line(title='"甲", 乙', text=""))
    header, row = data.decode().split("\r\n")[:2]
    assert header == ",".join(f'"{name}"' for name in FIELDS)
    assert data.endswith(b'"\r\n')
    assert '"""甲"", 乙"' in row
    assert ",1," in row, "a number has no quotes"


def test_null_is_nothing_and_an_empty_text_is_two_quotation_marks():
    data = exported(CsvExporter, line(title="", summary=None, author=None))
    assert ',"",,,"某报",' in data.decode().split("\r\n")[1]


# Parquet


@given(articles)
def test_a_row_of_parquet_is_what_the_line_is(one):
    data = exported(ParquetExporter, json_line(one))
    expected = plain(json_line(one))
    expected["images"] = [{"path": None, **image} for image in expected["images"]]
    assert parquet.read_table(BytesIO(data)).to_pylist() == [expected]


def test_parquet_is_typed():
    schema = parquet.read_schema(BytesIO(exported(ParquetExporter)))
    assert tuple(schema.names) == FIELDS
    assert schema.field("published").type == pa.timestamp("us", "Asia/Shanghai")
    assert schema.field("revision").type == pa.int64()
    assert schema.field("channels").type == pa.list_(pa.string())
    assert schema.field("images").type == pa.list_(
        pa.struct([("url", pa.string()), ("caption", pa.string()), ("path", pa.string())])
    )
    assert schema.metadata[b"sinanews_schema"] == b"1"


def test_times_of_parquet_are_chinas():
    data = exported(ParquetExporter, line(published=at(FIRST)))
    (row,) = parquet.read_table(BytesIO(data)).to_pylist()
    assert row["published"].isoformat() == at(FIRST).isoformat()
    assert row["published"].tzinfo == ZoneInfo("Asia/Shanghai")


def test_a_group_of_rows_is_bounded():
    body = "字" * 1_000_000
    data = exported(ParquetExporter, *(line(f"n{n}", body_html=body) for n in range(12)))
    metadata = parquet.read_metadata(BytesIO(data))
    assert metadata.num_rows == 12
    assert metadata.num_row_groups == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 3},
        {"published": "gestern"},
        {"published": "2026-09-29T10:00:00"},
        {"channels": "guonei"},
        {"images": [1]},
        {"revision": 1.5},
        {"revision": "drei"},
    ],
    ids=str,
)
def test_what_does_not_fit_into_parquet_is_named_and_the_others_are_there(wrong):
    unfit = orjson.dumps(json.loads(line("nbad")) | wrong) + b"\n"
    file, notes = BytesIO(), []
    assert write(file, [line("n1"), unfit, line("n2")], ParquetExporter, notes.append) == 2
    assert parquet.read_table(file)["docid"].to_pylist() == ["n1", "n2"]
    (note,) = notes
    assert isinstance(note, UnfitError)
    assert str(note).startswith("article nbad does not fit into this format: ")


def test_a_field_of_a_users_own_class_has_a_column_in_an_exporter_of_his_own():
    class TopicalParquet(ParquetExporter):
        item_class = Topical

    class TopicalCsv(CsvExporter):
        item_class = Topical

    given_line = json_line(Topical(docid="n1", topic="利率"))
    table = parquet.read_table(BytesIO(exported(TopicalParquet, given_line)))
    assert table["topic"].to_pylist() == ["利率"]
    assert rows_of(exported(TopicalCsv, given_line))[0]["topic"] == "利率"
    assert "topic" not in rows_of(exported(CsvExporter, given_line))[0]
    assert arrow_schema(Topical).names == [*FIELDS, "topic"]


# Atom


def entries(data: bytes) -> list[ET.Element]:
    return ET.fromstring(data).findall(f"{{{ATOM}}}entry")  # noqa: S314 - our own


def text_of(entry: ET.Element, name: str) -> str | None:
    return entry.findtext(f"{{{ATOM}}}{name}")


def test_an_entry_has_the_full_text_and_leads_to_its_source():
    (entry,) = entries(exported(AtomExporter, line()))
    assert text_of(entry, "id") == "tag:sina.com.cn,2026:article/nabc0000000001"
    assert text_of(entry, "title") == article().title
    assert text_of(entry, "published") == at(FIRST).isoformat()
    assert entry.find(f"{{{ATOM}}}link").get("href") == article().url
    content = entry.find(f"{{{ATOM}}}content")
    assert content.get("type") == "html"
    assert "<b>粗</b>" in content.text
    terms = [category.get("term") for category in entry.findall(f"{{{ATOM}}}category")]
    assert terms == [*article().channels, *article().keywords]


@given(articles)
def test_a_feed_is_xml_whatever_is_in_the_text(one):
    (entry,) = entries(exported(AtomExporter, json_line(one)))
    assert text_of(entry, "id").startswith("tag:sina.com.cn,2026:article/")
    assert datetime.fromisoformat(text_of(entry, "updated")).tzinfo


def test_nothing_in_an_entry_acts():
    body = '<p onclick="x()">甲<script>alert(1)</script><a href="javascript:x()">乙</a></p>'
    (entry,) = entries(exported(AtomExporter, line(body_html=body)))
    html = text_of(entry, "content")
    assert "甲" in html
    assert not {"script", "onclick"} & {*html.replace("<", " ").replace("=", " ").split()}
    assert "javascript" not in html


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"published": at(10), "first_seen": at(20)}, 10),
        ({"published": None, "first_seen": at(20)}, 20),
        ({"published": at(10), "updated": at(30), "seen": at(40)}, 30),
        ({"published": at(10), "updated": at(5)}, 10),
        ({"published": at(10), "seen": at(40)}, 10),
        ({"published": at(10), "seen": at(40), "revision": 2}, 40),
        ({"published": at(10), "updated": at(30), "seen": at(40), "revision": 2}, 30),
        ({"published": None, "first_seen": None, "seen": at(40)}, 40),
    ],
)
def test_an_entry_was_updated_when_its_article_last_said_something_new(fields, expected):
    assert updated_of(Article(**fields)) == at(expected)


def test_a_feed_was_updated_with_its_newest_entry_and_says_so_before_them():
    data = exported(AtomExporter, *lines(3))
    children = list(ET.fromstring(data))  # noqa: S314 - our own
    tags = [child.tag.partition("}")[2] for child in children]
    assert tags.index("updated") < tags.index("entry")
    assert text_of(ET.fromstring(data), "updated") == at(FIRST + 2 * 86_400).isoformat()  # noqa: S314 - our own


def test_a_feed_without_entries_is_whole():
    assert entries(exported(AtomExporter)) == []


# All


@pytest.mark.parametrize("ending", FORMATS)
def test_an_exporter_takes_items_too_as_a_feed_of_scrapys_gives_them(ending):
    file, exporter_class = BytesIO(), exporter_for(f"a{ending}", {})
    exporter = exporter_class(file, fields_to_export=None, encoding="utf-8")
    exporter.start_exporting()
    exporter.export_item(article())
    exporter.finish_exporting()
    assert not file.closed
    assert file.getvalue() == exported(exporter_class, json_line(article()))


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xml"])
def test_text_can_be_packed_and_equal_articles_are_equal_bytes(ending, tmp_path):
    made = [tmp_path / f"{name}{ending}.gz" for name in "ab"]
    for path in made:
        assert write_file(path, lines(3), exporter_for(path.name, {}), pytest.fail) == 3
    first, second = (path.read_bytes() for path in made)
    assert first == second
    assert first[4:8] == bytes(4), "no time of packing (RFC 1952, MTIME)"
    assert gzip.decompress(first) == exported(exporter_for(f"a{ending}", {}), *lines(3))


def test_an_exporter_of_scrapys_gets_items_and_what_it_cannot_take_is_named():
    class Choosy(XmlItemExporter):
        def export_item(self, item: dict) -> None:
            if item["docid"] == "nbad":
                raise ValueError("not this one")
            super().export_item(item)

    file, notes = BytesIO(), []
    assert write(file, [line("n1"), line("nbad")], Choosy, notes.append) == 1
    assert [item.findtext("docid") for item in ET.fromstring(file.getvalue())] == ["n1"]  # noqa: S314 - our own
    assert [str(note) for note in notes] == [
        "article nbad does not fit into this format: not this one"
    ]


# The registry


def test_a_users_own_format_is_found_by_its_ending_and_one_of_ours_can_be_taken_away():
    own = {".scrapy.xml": "scrapy.exporters.XmlItemExporter", ".csv": None}
    assert exporter_for("a.scrapy.xml", own) is XmlItemExporter
    assert exporter_for("a.scrapy.xml.gz", own) is XmlItemExporter
    assert exporter_for("a.xml", own) is AtomExporter
    assert exporter_for("-", own) is LineExporter
    with pytest.raises(ArgumentError, match=r"\.jsonl, \.parquet, \.xml, \.scrapy\.xml \(or"):
        exporter_for("a.csv", own)


@pytest.mark.parametrize("name", ["a.txt", "a", ".csv", "csv", "a.gz", "a.csv.zip", "a.parquet.gz"])
def test_an_ending_without_a_format_is_refused(name):
    with pytest.raises(ArgumentError, match=r"^-o: "):
        exporter_for(name, {})


def test_a_format_that_cannot_be_loaded_is_refused_by_name():
    with pytest.raises(ArgumentError, match=r"EXPORT_FORMATS: 'sinanews\.exports\.none'"):
        exporter_for("a.mine", {".mine": "sinanews.exports.none"})


def test_without_pyarrow_parquet_says_what_to_install(monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "sinanews.exports.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ArgumentError, match=r"pip install 'sinanews\[parquet\]'"):
        exporter_for("a.parquet", {})


def test_a_file_that_fails_halfway_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"old")

    def failing():
        yield line()
        raise RuntimeError("the ledger is gone")

    with pytest.raises(RuntimeError):
        write_file(path, failing(), LineExporter, pytest.fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_pictures_survive_every_format():
    one = line(images=[Image("https://n.sinaimg.cn/a.png", "=图", path="images/0a/0a.png")])
    expected = [{"url": "https://n.sinaimg.cn/a.png", "caption": "=图", "path": "images/0a/0a.png"}]
    (row,) = rows_of(exported(CsvExporter, one))
    (parquet_row,) = parquet.read_table(BytesIO(exported(ParquetExporter, one))).to_pylist()
    assert row["images"] == parquet_row["images"] == expected
