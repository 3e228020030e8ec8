"""sinanews and the general extractors, each called the best way its documentation knows.

A reader takes a capture and gives an answer: for each field one or more readings by name, such
as the author with and without the label before it. A library is scored by the one reading of a
field that is right on most captures, so a peer's single `author` may stand for Sina's source, and
for its editor.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
# (the libraries are in the benchmark's own venv only, and have no types)

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
    """A page as it was served, and where from; `encoding` is the right one, not the declared."""

    name: str
    url: str
    encoding: str
    raw: bytes

    def text(self) -> str:
        """The page decoded, for the libraries that want it so."""
        return self.raw.decode(self.encoding, "replace")


@dataclass(frozen=True, slots=True)
class Library:
    """One row of the table: what is measured, of which package, and what it is given."""

    name: str
    package: str
    given: str
    read: Callable[[Capture], Answer]

    @property
    def title(self) -> str:
        """The name and the version, such as "gne 0.4.3"."""
        release = version(self.package) if self.package != OURS else ""
        return self.name.replace(self.package, f"{self.package} {release}".strip(), 1)


OURS = "sinanews"


def moment(stamp: object) -> str | None:
    """A time in any of the peers' notations as ISO 8601; None when it is none.

    >>> moment("2005年03月21日 11:21")
    '2005-03-21T11:21:00'
    """
    try:
        return datetime.fromisoformat(str(stamp)).isoformat()
    except ValueError:
        numbers = [int(number) for number in re.findall(r"\d+", str(stamp))[:6]]
    try:
        return datetime(*numbers).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001 -- peers name no zone, score.py adds it
    except (TypeError, ValueError):
        return None


def people(**names: str | None) -> Readings:
    """Each name as given, and without the label before its colon."""
    bare = {
        f"{key} after the colon": re.split("[:：]", name or "")[-1] for key, name in names.items()
    }
    return {**names, **bare}


def offered(
    title: object, names: Readings, published: object, images: Readings, text: object
) -> Answer:
    """A peer's answer. No peer knows tickers; whoever it names may be the source or the editor."""
    return {
        "title": {"title": title},
        "source": names,
        "editor": {**names, "none": None},
        "published": {"date": moment(published)},
        "images": images,
        "text": {"text": text},
    }


def with_sinanews(capture: Capture) -> Answer:
    """Our own fields, from the response that the spider gets."""
    headers = {"Content-Type": "text/html"}  # Sina declares no charset there
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


def with_trafilatura(**options: bool) -> Callable[[Capture], Answer]:
    """A reader that calls trafilatura with these options.

    Its one picture is the page's lead: with include_images it also gives those of foreign
    articles, and fewer captures are right, in pictures and in text.
    """

    def read(capture: Capture) -> Answer:
        found = trafilatura.bare_extraction(
            capture.raw, url=capture.url, with_metadata=True, **options
        )
        if found is None:
            return {}
        names = people(sitename=found.sitename, author=found.author)
        images: Readings = {"image": [found.image] if found.image else []}
        return offered(found.title, names, found.date, images, found.text)

    return read


def with_newspaper(capture: Capture) -> Answer:
    """newspaper4k: its pictures are all of the page, or the top one."""
    article = newspaper.Article(capture.url, language="zh", fetch_images=False)
    article.download(input_html=capture.text())
    article.parse()
    names = people(authors=" ".join(article.authors), site=article.meta_site_name)
    images: Readings = {
        "images": list(article.images),
        "top_image": [article.top_image] if article.top_image else [],
    }
    return offered(article.title, names, article.publish_date, images, article.text)


def with_news_please(capture: Capture) -> Answer:
    """news-please: knows one picture."""
    article = NewsPlease.from_html(capture.text(), url=capture.url, fetch_images=False)
    names = people(authors=" ".join(article.authors))
    images: Readings = {"image_url": [article.image_url] if article.image_url else []}
    return offered(article.title, names, article.date_publish, images, article.maintext)


def with_gne(capture: Capture) -> Answer:
    """GNE: made for Chinese news."""
    host = "https://" + urlsplit(capture.url).netloc
    found = GeneralNewsExtractor().extract(capture.text(), host=host)
    images: Readings = {"images": found["images"]}
    names = people(author=found["author"])
    return offered(found["title"], names, found["publish_time"], images, found["content"])


GOOSE = Goose(
    {
        "use_meta_language": False,
        "target_language": "zh",
        "stopwords_class": StopWordsChinese,
        "enable_image_fetching": False,  # it finds pictures by downloading them
    }
)


def with_goose(capture: Capture) -> Answer:
    """goose3, one instance for all pages as its documentation has it."""
    article = GOOSE.extract(url=capture.url, raw_html=capture.raw)
    names = people(authors=" ".join(article.authors), site=article.opengraph.get("site_name"))
    return offered(article.title, names, article.publish_date, {}, article.cleaned_text)


def with_readability(capture: Capture) -> Answer:
    """readability: title and body; text and pictures are those of the body."""
    document = Document(capture.raw, url=capture.url)
    title = document.short_title()
    body = lxml.html.fromstring(document.summary())
    images: Readings = {"of the summary": body.xpath("//img/@src")}
    return offered(title, {}, None, images, body.text_content())


LIBRARIES = (
    Library(OURS, OURS, "bytes", with_sinanews),
    Library("trafilatura", "trafilatura", "bytes", with_trafilatura()),
    Library(
        "trafilatura, favor_precision",
        "trafilatura",
        "bytes",
        with_trafilatura(favor_precision=True),
    ),
    Library(
        "trafilatura, favor_precision, fast",
        "trafilatura",
        "bytes",
        with_trafilatura(favor_precision=True, fast=True),
    ),
    Library("newspaper4k, zh", "newspaper4k", "str", with_newspaper),
    Library("news-please", "news-please", "str", with_news_please),
    Library("gne", "gne", "str", with_gne),
    Library("goose3, zh", "goose3", "bytes", with_goose),
    Library("readability-lxml", "readability-lxml", "bytes", with_readability),
)
