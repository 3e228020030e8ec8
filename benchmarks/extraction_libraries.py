"""sinanews and the general extractors, each called the best way that its documentation describes.

A reader takes a capture and returns an answer: for each field one or more readings by name, such
as the author with and without the label before it. A library is scored by the reading of a field
that is right on most captures, so a peer's single `author` may count as Sina's source and as its
editor.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
# (the libraries are in the benchmarks' own venv only, and have no types)

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import lxml.html
import newspaper
import trafilatura
from gne import GeneralNewsExtractor
from goose3 import Goose
from goose3.text import StopWordsChinese
from newsplease import NewsPlease
from readability import Document
from scrapy.http import HtmlResponse

from sinanews.extraction import page

Readings = dict[str, object]
Answer = dict[str, Readings]


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as it was served; `encoding` is the right one, whatever the page declares."""

    name: str
    url: str
    encoding: str
    raw: bytes

    def text(self) -> str:
        """The page decoded, for libraries that take text."""
        return self.raw.decode(self.encoding, "replace")


@dataclass(frozen=True, slots=True)
class Library:
    """A row of the table: a package, what it is given (bytes or str), and how it is called."""

    name: str
    package: str
    given: str
    read: Callable[[Capture], Answer]

    @property
    def title(self) -> str:
        """Name and version, such as "gne 0.4.3"."""
        release = version(self.package) if self.package != OURS else ""
        return self.name.replace(self.package, f"{self.package} {release}".strip(), 1)


OURS = "sinanews"


def isoformat(value: object) -> str | None:
    """A time in any of the peers' notations as ISO 8601; None for anything else.

    >>> isoformat("2005年03月21日 11:21")
    '2005-03-21T11:21:00'
    """
    try:
        return datetime.fromisoformat(str(value)).isoformat()
    except ValueError:
        numbers = [int(number) for number in re.findall(r"\d+", str(value))[:6]]
    try:
        return datetime(*numbers).isoformat()  # type: ignore[arg-type] # noqa: DTZ001 - any count, and score.py adds the zone
    except (TypeError, ValueError):
        return None


def with_and_without_labels(**names: str | None) -> Readings:
    """Each name as given, and without the label before its colon."""
    bare = {
        f"{key} after the colon": re.split("[:：]", name or "")[-1] for key, name in names.items()
    }
    return {**names, **bare}


def peer_answer(
    title: object, names: Readings, published: object, images: Readings, text: object
) -> Answer:
    """A peer's answer. No peer returns tickers; any name that it returns may be the source or the
    editor."""
    return {
        "title": {"title": title},
        "source": names,
        "editor": {**names, "none": None},
        "published": {"date": isoformat(published)},
        "images": images,
        "text": {"text": text},
    }


def read_with_sinanews(capture: Capture) -> Answer:
    """Our own fields, from the response as the spider gets it."""
    headers = {"Content-Type": "text/html"}  # Sina sends no charset
    article = page.read(HtmlResponse(capture.url, headers=headers, body=capture.raw))
    return {
        "title": {"title": article.title},
        "source": {"source": article.source},
        "editor": {"editor": article.editor},
        "published": {"published": article.published and article.published.isoformat()},
        "images": {"images": [image.url for image in article.images]},
        "tickers": {"tickers": article.tickers},
        "text": {"text": article.text},
    }


def trafilatura_reader(**options: bool) -> Callable[[Capture], Answer]:
    """A reader that calls trafilatura with these options.

    Its one picture is the page's lead picture: with include_images it also returns pictures of
    other articles, and fewer captures are right, in pictures and in text.
    """

    def read(capture: Capture) -> Answer:
        document = trafilatura.bare_extraction(
            capture.raw, url=capture.url, with_metadata=True, **options
        )
        if document is None:
            return {}
        names = with_and_without_labels(sitename=document.sitename, author=document.author)
        images: Readings = {"image": [document.image] if document.image else []}
        return peer_answer(document.title, names, document.date, images, document.text)

    return read


def read_with_newspaper(capture: Capture) -> Answer:
    """newspaper4k: its pictures are all pictures of the page, or the top one."""
    article = newspaper.Article(capture.url, language="zh", fetch_images=False)
    article.download(input_html=capture.text())
    article.parse()
    names = with_and_without_labels(authors=" ".join(article.authors), site=article.meta_site_name)
    images: Readings = {
        "images": list(article.images),
        "top_image": [article.top_image] if article.top_image else [],
    }
    return peer_answer(article.title, names, article.publish_date, images, article.text)


def read_with_news_please(capture: Capture) -> Answer:
    """news-please: returns one picture."""
    article = NewsPlease.from_html(capture.text(), url=capture.url, fetch_images=False)
    names = with_and_without_labels(authors=" ".join(article.authors))
    images: Readings = {"image_url": [article.image_url] if article.image_url else []}
    return peer_answer(article.title, names, article.date_publish, images, article.maintext)


def read_with_gne(capture: Capture) -> Answer:
    """GNE: made for Chinese news."""
    host = "https://" + urlsplit(capture.url).netloc
    article = GeneralNewsExtractor().extract(capture.text(), host=host)
    images: Readings = {"images": article["images"]}
    names = with_and_without_labels(author=article["author"])
    published, text = article["publish_time"], article["content"]
    return peer_answer(article["title"], names, published, images, text)


GOOSE = Goose(
    {
        "use_meta_language": False,
        "target_language": "zh",
        "stopwords_class": StopWordsChinese,
        "enable_image_fetching": False,  # it finds pictures by downloading them
    }
)


def read_with_goose(capture: Capture) -> Answer:
    """goose3: one instance for all pages, as in its documentation."""
    article = GOOSE.extract(url=capture.url, raw_html=capture.raw)
    names = with_and_without_labels(
        authors=" ".join(article.authors), site=article.opengraph.get("site_name")
    )
    return peer_answer(article.title, names, article.publish_date, {}, article.cleaned_text)


def read_with_readability(capture: Capture) -> Answer:
    """readability: title and body; text and pictures are those of the body."""
    document = Document(capture.raw, url=capture.url)
    title = document.short_title()
    body = lxml.html.fromstring(document.summary())
    images: Readings = {"of the summary": body.xpath("//img/@src")}
    return peer_answer(title, {}, None, images, body.text_content())


LIBRARIES = (
    Library(OURS, OURS, "bytes", read_with_sinanews),
    Library("trafilatura", "trafilatura", "bytes", trafilatura_reader()),
    Library(
        "trafilatura, favor_precision",
        "trafilatura",
        "bytes",
        trafilatura_reader(favor_precision=True),
    ),
    Library(
        "trafilatura, favor_precision, fast",
        "trafilatura",
        "bytes",
        trafilatura_reader(favor_precision=True, fast=True),
    ),
    Library("newspaper4k, zh", "newspaper4k", "str", read_with_newspaper),
    Library("news-please", "news-please", "str", read_with_news_please),
    Library("gne", "gne", "str", read_with_gne),
    Library("goose3, zh", "goose3", "bytes", read_with_goose),
    Library("readability-lxml", "readability-lxml", "bytes", read_with_readability),
)
