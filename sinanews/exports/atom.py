"""Atom, RFC 4287: an entry an article, with its full text."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import quote

import orjson
from lxml import etree  # type: ignore[import-untyped] # it has no types of its own

from sinanews.exports.jsonl import LineExporter
from sinanews.extraction import body as bodies
from sinanews.extraction import layouts
from sinanews.items import Article
from sinanews.posts.render import inert
from sinanews.utils.times import at

ATOM = "http://www.w3.org/2005/Atom"
# RFC 4151. The docid is Sina's, and an article has the same id in every feed.
_TAG = "tag:sina.com.cn,2026:article/"
_FEED = {"id": "tag:sina.com.cn,2026:articles", "title": "新浪财经"}
_BUFFER = 10_000_000  # bytes of entries that are kept in memory, the rest on the disk
# What is no character of XML 1.0, and would make the whole feed unreadable.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class AtomExporter(LineExporter):
    """Writes a feed. Its own `updated` is the latest of its entries', and stands before them, so
    the entries wait in a temporary file until the end."""

    def __init__(self, file: IO[bytes], **options: Any) -> None:  # noqa: ANN401 - Scrapy's signature
        super().__init__(file, **options)
        self._entries = SpooledTemporaryFile(_BUFFER)  # noqa: SIM115 - closed by finish_exporting
        self._updated = at(0)

    def export_line(self, line: bytes) -> None:
        """Adds an entry."""
        article = Article.from_json(orjson.loads(line))
        updated = updated_of(article)
        self._updated = max(self._updated, updated)
        entry = _element(None, "entry", nsmap={None: ATOM})
        for child in _children(article, updated):
            entry.append(child)
        self._entries.write(etree.tostring(entry, encoding="utf-8") + b"\n")

    def finish_exporting(self) -> None:
        """Writes the feed's head, its entries and its end; the file stays open."""
        head = _element(None, "feed", nsmap={None: ATOM})
        head.set("{http://www.w3.org/XML/1998/namespace}lang", "zh-CN")
        for name, text in (_FEED | {"updated": self._updated.isoformat()}).items():
            head.append(_element(text, name))
        head.append(_person("新浪财经"))
        head.append(_element("sinanews", "generator"))
        text = etree.tostring(head, encoding="utf-8", xml_declaration=True)
        begin, end, after = text.rpartition(b"</feed>")
        self.file.write(begin + b"\n")
        self._entries.seek(0)
        shutil.copyfileobj(self._entries, self.file)
        self._entries.close()
        self.file.write(end + after + b"\n")


def updated_of(article: Article) -> datetime:
    """When an article last said something new: its last edit; of a later revision without one, when
    it was read; else when it was published."""
    published = article.published or article.first_seen
    changed = article.updated or (article.seen if article.revision > 1 else None)
    times = [moment for moment in (published, changed) if moment]
    return max(times, default=article.seen or at(0))


def _children(article: Article, updated: datetime) -> Iterator[etree.Element]:
    yield _element(_TAG + quote(article.docid), "id")
    yield _element(article.title, "title")
    yield _element(updated.isoformat(), "updated")
    if published := article.published or article.first_seen:
        yield _element(published.isoformat(), "published")
    yield _element(None, "link", rel="alternate", type="text/html", href=article.url)
    if name := article.author or article.source:
        yield _person(name)
    for term in (*article.channels, *article.keywords):
        yield _element(None, "category", term=term)
    if article.summary:
        yield _element(article.summary, "summary")
    yield _element(_content(article), "content", type="html")


def _content(article: Article) -> str:
    """The body without Sina's boilerplate, and nothing in it that acts."""
    layout = layouts.BY_NAME.get(article.layout or "")
    return inert(bodies.clean(article.body_html, layout.boilerplate if layout else ()))


def _person(name: str) -> etree.Element:
    author = _element(None, "author")
    author.append(_element(name, "name"))
    return author


def _element(text: str | None, tag: str, **attributes: Any) -> etree.Element:  # noqa: ANN401 - nsmap, too
    nsmap = attributes.pop("nsmap", None)
    element = etree.Element(f"{{{ATOM}}}{tag}", nsmap=nsmap)
    for name, value in attributes.items():
        element.set(name, _xml(value))
    element.text = text and _xml(text)
    return element


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)
