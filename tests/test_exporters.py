"""Articles in the formats that Scrapy's exporters write, and our JSON Lines."""

import csv
import errno
import gzip
import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import scrapy
from scrapy.exporters import (
    CsvItemExporter,
    JsonItemExporter,
    JsonLinesItemExporter,
    PythonItemExporter,
    XmlItemExporter,
)
from scrapy.utils.misc import build_from_crawler
from scrapy.utils.test import get_crawler

from sinanews.exports.jsonl import LINES_STAT, ArchiveLinesExporter, ArticleLinesExporter, json_line
from sinanews.items import FIELDS, Article, Image

ARTICLE = Article(
    docid="nabc",
    url="https://finance.sina.com.cn/china/doc-iabc.shtml",
    channels=["guonei", "jinrong"],
    title="标题,“甲”",
    published=datetime(2022, 8, 8, 10, 55, 13, tzinfo=timezone(timedelta(hours=8))),
    images=[Image("https://n.sinaimg.cn/a.png", '图,"一"'), Image("https://n.sinaimg.cn/b.png")],
    body_html="<p>正文。</p>",
)
TIME = "2022-08-08T10:55:13+08:00"
IMAGES = [
    {"url": "https://n.sinaimg.cn/a.png", "caption": '图,"一"'},
    {"url": "https://n.sinaimg.cn/b.png", "caption": ""},
]


@dataclass(slots=True)
class Topical(Article):
    topic: str | None = None


def exported(exporter_class, *items, **options) -> bytes:
    file = BytesIO()
    exporter = exporter_class(file, **options)
    exporter.start_exporting()
    for item in items:
        exporter.export_item(item)
    exporter.finish_exporting()
    return file.getvalue()


def lines(*items, **options):
    return [
        json.loads(line) for line in exported(ArticleLinesExporter, *items, **options).splitlines()
    ]


def test_scrapys_csv_has_times_in_iso_8601_and_images_as_json():
    text = exported(CsvItemExporter, ARTICLE, Article()).decode()
    full, empty = csv.DictReader(StringIO(text, newline=""))
    assert tuple(full) == FIELDS
    assert full["title"] == "标题,“甲”"
    assert full["channels"] == "guonei,jinrong"
    assert (full["published"], full["updated"]) == (TIME, "")
    assert json.loads(full["images"]) == IMAGES
    assert "图" in full["images"]
    assert empty["images"] == "[]"


def test_scrapys_json_has_times_in_iso_8601_and_images_as_objects():
    (line,) = json.loads(exported(JsonItemExporter, ARTICLE))
    assert line == json.loads(json_line(ARTICLE))
    assert (line["published"], line["images"]) == (TIME, IMAGES)


def test_scrapys_json_lines_equal_ours():
    output = exported(JsonLinesItemExporter, ARTICLE, Topical(topic="利率"), encoding="utf-8")
    assert [json.loads(line) for line in output.splitlines()] == lines(
        ARTICLE, Topical(topic="利率")
    )


def test_scrapys_xml_has_an_element_for_each_image():
    item = ET.fromstring(exported(XmlItemExporter, ARTICLE)).find("item")  # noqa: S314 - our own
    assert item.findtext("published") == TIME
    assert [value.text for value in item.find("channels")] == ["guonei", "jinrong"]
    images = [
        {part.tag: part.text or "" for part in value} for value in item.find("images").iter("value")
    ]
    assert images == IMAGES


def test_scrapys_python_exporter_gives_the_fields_of_the_line():
    assert PythonItemExporter().export_item(ARTICLE) == json.loads(json_line(ARTICLE))


def test_our_lines_have_all_fields_in_their_order_as_utf_8():
    data = exported(ArticleLinesExporter, ARTICLE, Article())
    assert data == json_line(ARTICLE) + json_line(Article())
    assert data.count(b"\n") == 2
    assert tuple(json.loads(data.splitlines()[1])) == FIELDS
    assert "标题".encode() in data


def test_our_lines_have_the_further_fields_of_a_subclass():
    (line,) = lines(Topical(docid="nabc", topic="利率"))
    assert tuple(line) == (*FIELDS, "topic")
    assert line["topic"] == "利率"


class ScrapyItem(scrapy.Item):
    price = scrapy.Field()
    docid = scrapy.Field()
    title = scrapy.Field()


@pytest.mark.parametrize("cls", [dict, ScrapyItem])
def test_our_lines_take_any_item_and_values_that_scrapy_can_write(cls):
    (line,) = lines(cls(price=Decimal("6.80"), docid="nabc"))
    assert list(line.items()) == [("docid", "nabc"), ("price", "6.80")]


def test_a_value_that_json_cannot_hold_is_refused_and_the_next_line_is_whole():
    file = BytesIO()
    exporter = ArticleLinesExporter(file)
    with pytest.raises(TypeError):
        exporter.export_item({"docid": "nabc", "page": object()})
    exporter.export_item(ARTICLE)
    assert file.getvalue() == json_line(ARTICLE)


def test_the_fields_of_a_feed_are_those_asked_for_in_the_order_asked_for():
    assert [list(line.items()) for line in lines(ARTICLE, fields_to_export=["url", "docid"])] == [
        [("url", ARTICLE.url), ("docid", "nabc")]
    ]


def test_the_fields_of_a_feed_can_have_other_names():
    (line,) = lines(ARTICLE, fields_to_export={"docid": "id", "published": "date"})
    assert line == {"id": "nabc", "date": TIME}


@pytest.mark.parametrize("fields", [["docid", "topic"], {"docid": "docid", "topic": "topic"}])
def test_a_field_that_an_item_lacks_is_left_out_unless_empty_ones_are_wanted(fields):
    assert lines({"docid": "nabc"}, fields_to_export=fields) == [{"docid": "nabc"}]
    options = {"fields_to_export": fields, "export_empty_fields": True}
    assert lines({"docid": "nabc"}, **options) == [{"docid": "nabc", "topic": None}]


def test_declared_fields_that_are_not_set_are_null_where_empty_ones_are_wanted():
    item = ScrapyItem(docid="nabc")
    assert lines(item) == [{"docid": "nabc"}]
    assert lines(item, export_empty_fields=True) == [
        {"docid": "nabc", "price": None, "title": None}
    ]


def test_options_of_other_exporters_do_no_harm():
    assert lines(ARTICLE, encoding="utf-8", indent=4, ensure_ascii=True) == lines(ARTICLE)


def test_lines_can_be_written_to_a_gzip_file(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb") as file:
        ArticleLinesExporter(file).export_item(ARTICLE)
    assert gzip.decompress(path.read_bytes()) == json_line(ARTICLE)


def test_a_line_is_in_the_file_before_the_file_is_closed(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        ArticleLinesExporter(file).export_item(ARTICLE)
        assert path.read_bytes() == json_line(ARTICLE)


class Full(BytesIO):
    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


def archive_exporter(file, crawler):
    return build_from_crawler(ArchiveLinesExporter, crawler, file, encoding="utf-8")


def test_the_lines_of_an_archive_are_on_the_disk_and_counted_when_its_feed_ends(
    tmp_path, monkeypatch
):
    synced = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    crawler = get_crawler()
    with (tmp_path / "a.jsonl").open("wb") as file:
        exporter = archive_exporter(file, crawler)
        exporter.export_item(ARTICLE)
        exporter.export_item(Article())
        assert (synced, crawler.stats.get_value(LINES_STAT)) == ([], None)
        exporter.finish_exporting()
    assert synced == [tmp_path / "a.jsonl", tmp_path]
    assert crawler.stats.get_value(LINES_STAT) == 2


def test_lines_that_could_not_be_written_are_not_counted(caplog):
    crawler = get_crawler()
    exporter = archive_exporter(Full(), crawler)
    exporter.export_item(ARTICLE)
    exporter.finish_exporting()
    assert crawler.stats.get_value(LINES_STAT) is None
    assert len(caplog.records) == 1


def test_an_archive_s_feed_into_a_pipe_ends_without_an_error(caplog):
    read, write = os.pipe()
    with os.fdopen(write, "wb") as pipe:
        exporter = archive_exporter(pipe, get_crawler())
        exporter.export_item(Article(docid="nabc"))
        exporter.finish_exporting()
    with os.fdopen(read, "rb") as end:
        assert end.read() == json_line(Article(docid="nabc"))
    assert caplog.records == []


def test_a_full_disk_is_logged_once_and_does_not_raise(caplog):
    caplog.set_level(logging.ERROR)
    exporter = ArticleLinesExporter(Full())
    exporter.export_item(ARTICLE)
    exporter.export_item(ARTICLE)
    (record,) = caplog.records
    assert "No space left on device" in record.getMessage()
