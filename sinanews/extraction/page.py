"""Reads article pages: takes a response, returns an Article. Sends no requests, stores nothing."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from typing import Any

from itemadapter import ItemAdapter
from scrapy.http import Response, TextResponse

from sinanews.config import Bounds
from sinanews.exceptions import BoundError, EncodingError, LayoutError
from sinanews.extraction import body as bodies
from sinanews.extraction import html5, layouts, pager
from sinanews.extraction.boilerplate import remove_boilerplate
from sinanews.extraction.bounds import DEFAULT, check, check_text
from sinanews.extraction.bylines import byline
from sinanews.extraction.encodings import UTF_8, decode, is_broken, readings
from sinanews.extraction.layouts.base import Layout, Page, Rule
from sinanews.extraction.loaders import ArticleLoader
from sinanews.extraction.notes import BYLINES, ENCODINGS, Notes
from sinanews.extraction.storable import make_storable
from sinanews.items import Article, missing_fields
from sinanews.roll.api import Story
from sinanews.utils import times, urls

# The script of a mobile page names the PC page of the same article, with escaped slashes.
_PC_URL = re.compile(r'"__webURL" ?: ?"(https?:[^"]{1,2000})"')
_PC_HOST = ".sina.com.cn"
# The message of Sina's "page not found", which is GBK. It is compared in bytes, independently of
# the encoding that the response declares.
_NOT_FOUND = tuple("页面没有找到".encode(encoding) for encoding in ("gbk", "utf-8"))
_NOT_FOUND_SIZE = 30_000  # bytes, at most; pages with an article are several times as large


def read(
    response: Response,
    story: Story | None = None,
    loader: type[ArticleLoader] = ArticleLoader,
    bounds: Bounds = DEFAULT,
    notes: Notes | None = None,
) -> Article:
    """Reads the article of a page.

    `story` is its row in the roll list, whose title and times take precedence over the page's.
    `loader` collects the fields; the result is of its `default_item_class`. What was noted
    while the page was read is added to `notes`.

    Raises LayoutError when the page has no layout that is supported, or lacks a required field;
    BoundError when it is larger than `bounds`; EncodingError when its bytes are no text.
    """
    errors: list[EncodingError | LayoutError] = []
    for page in _pages(response, bounds):
        try:
            article = _article(page, response, story, loader)
        except (EncodingError, LayoutError) as error:
            errors.append(error)
            continue
        if notes is not None:
            notes.removed.update(page.notes.removed)
            notes.doubtful.update(page.notes.doubtful)
            notes.other_pages.update(page.notes.other_pages)
        return article
    raise next((error for error in errors if isinstance(error, EncodingError)), errors[0])


def _article(
    page: Page, response: Response, story: Story | None, loader: type[ArticleLoader]
) -> Article:
    """The article of a page in one of its readings. Raises what `read` raises."""
    layout = layouts.of(page)
    if layout is None:
        absent = {layout.name: layout.absent(page) for layout in layouts.LAYOUTS}
        raise LayoutError(response.url, ["layout"], absent)
    article = _load(page, layout, response, story, loader)
    if not page.is_whole and is_broken(ItemAdapter(article).get("body_html") or ""):
        raise EncodingError
    if missing_fields(article):
        # Reported as for the page alone, so that reading its saved file gives the same error.
        missing = missing_fields(_load(page, layout, response, None, loader))
        rules: dict[str, Sequence[object]] = {
            **_rules(layout, loader),
            "body_html": [f"content of {layout.body}"],
        }
        tried = [f"{field}: {rule}" for field in missing for rule in rules.get(field, ())]
        raise LayoutError(response.url, missing, {layout.name: tried})
    return article


def has_layout(response: Response) -> bool:
    """Whether a page is of a kind that has an article, whether or not it lacks something.

    One that is larger than the bounds has none.
    """
    try:
        return any(layouts.of(page) for page in _pages(response, DEFAULT))
    except BoundError:
        return False


def pc_url(response: Response) -> str | None:
    """The canonical URL of the PC page that a mobile page names; None when it names none."""
    text = decode(response).text if isinstance(response, TextResponse) else ""
    named = [match[1].replace("\\/", "/") for match in _PC_URL.finditer(text)]
    links = html5.parse(text).css("link[rel=canonical]")
    named += [link.attributes.get("href") or "" for link in links]
    url = next((url for url in named if _PC_HOST in url), None)
    return urls.canonical(url) if url else None


def is_soft_404(response: Response) -> bool:
    """Whether a response, whatever its status, is Sina's "page not found".

    >>> is_soft_404(Response("https://finance.sina.com.cn/a", body="页面没有找到".encode("gbk")))
    True
    """
    body = response.body
    return len(body) < _NOT_FOUND_SIZE and any(message in body for message in _NOT_FOUND)


def _pages(response: Response, bounds: Bounds) -> Iterator[Page]:
    """The parsed page, in each of its `readings`; an empty one for a response that is not text.
    Raises BoundError."""
    if not isinstance(response, TextResponse):
        yield Page("")
        return
    for reading in readings(response):
        # Lexbor parses UTF-8. The body serves as it is, and the text need not be encoded again,
        # unless decoding changed something: it drops a BOM, and replaces invalid bytes with U+FFFD.
        body = response.body
        is_utf8 = reading.encoding == UTF_8
        is_unchanged = is_utf8 and reading.is_whole and not body.startswith(BOM_UTF8)
        page = Page(reading.text, body if is_unchanged else None, bounds)
        page.url, page.is_whole = response.url, reading.is_whole
        if reading.is_repaired:
            page.notes.doubtful[ENCODINGS] += 1
        yield page


def _rules(layout: Layout, loader: type[ArticleLoader]) -> dict[str, tuple[Rule, ...]]:
    """The rules of each field: the loader's own, then the layout's."""
    return {
        field: (*loader.rules.get(field, ()), *layout.fields.get(field, ()))
        for field in (*layout.fields, *loader.rules)
    }


def _load(
    page: Page,
    layout: Layout,
    response: Response,
    story: Story | None,
    loader_class: type[ArticleLoader],
) -> Article:
    """Fills an item with the loader; required fields may stay empty."""
    loader = loader_class()
    # Not passed as an argument, with which Scrapy's loader would parse the page again.
    loader.context["response"] = response
    if story:
        loader.add_value("title", story.title)
        loader.add_value("summary", story.summary)
    for field, rules in _rules(layout, loader_class).items():
        # An editor line has a name, a code, or both. Both come from the same line.
        fields = ("editor", "editor_code") if field == "editor" else (field,)
        loader.add_rules(fields, rules, page)
    values: dict[str, Any] = {"layout": layout.name}
    if story:
        if story.title:
            values["title"] = story.title  # unprocessed: posts have its double spaces
        values["docid"] = story.docid
        values["url"] = story.url
        values["channels"] = list(story.channels)
        values["first_seen"] = times.at(story.intime) if story.intime else None
    else:
        values["docid"] = urls.docid(response.url)
        values["url"] = response.url
    values |= _body_fields(page, layout, response.url)
    article: Article = loader.load_item(**values)
    make_storable(article)
    return article


def _body_fields(page: Page, layout: Layout, url: str) -> dict[str, Any]:
    """The fields that come from the article's body, by name. Raises BoundError.

    What a page's parser made of it, or what is data in a script, may be larger than the page.
    """
    inner_html, bounds = layout.content(page), page.bounds
    check_text(len(inner_html), bounds)
    check(inner_html.encode(), bounds)
    body = html5.parsed_body(inner_html)
    html5.repair_links(body, urls.canonical(url))  # RSSHub resolves links against the https URL
    first_image = body.css_first("img")
    source = first_image.attributes.get("src") if first_image else None
    page.notes.other_pages = pager.other_pages(page, layout, url)
    if page.notes.other_pages and pager.has_signs(inner_html, url):
        # Or else they would stand in the midst of the whole article.
        pager.remove_pagers(body, bounds, url, with_links=True)
    fields: dict[str, Any] = {
        "body_html": html5.inner(body, removed=page.notes.removed),
        "headimg": source if source and urls.is_web_url(source) else None,
        "tickers": bodies.stocks(inner_html, body),
    }
    remove_boilerplate(body, layout.boilerplate, bounds, url)  # in place, and body_html has it
    fields["images"] = bodies.images(body, bounds)  # which takes their captions out of the body
    paragraphs = bodies.paragraphs(body, bounds)
    doubtful: list[str] = []
    fields["text"] = "\n".join(paragraphs)
    fields["author"] = byline(paragraphs, doubtful)
    if doubtful:
        page.notes.doubtful[BYLINES] += len(doubtful)
    return fields
