"""Reads one article page: response -> Article. Knows no storage and asks for nothing."""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from typing import Any

from scrapy.http import Response, TextResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import body as bodies
from sinanews.extraction import html5, layouts
from sinanews.extraction.boilerplate import remove_boilerplate
from sinanews.extraction.bylines import byline
from sinanews.extraction.layouts.base import Layout, Page, Rule
from sinanews.extraction.loaders import ArticleLoader
from sinanews.items import Article, missing_fields
from sinanews.roll.api import Story
from sinanews.utils import times, urls

BODY = "body_html"
# How a mobile page names the PC page that it stands for; its slashes are escaped.
_PC_URL = re.compile(r'"__webURL" ?: ?"(https?:[^"]+\.sina\.com\.cn[^"]*)"')
# Sina's own page for what is not there says so in GBK; whether it declares that is not known.
_NOT_FOUND = tuple("页面没有找到".encode(encoding) for encoding in ("gbk", "utf-8"))
# An editor line says one of them or both.
_TOGETHER = {"editor": ("editor", "editor_code")}
_SMALL = 30_000  # bytes; an article's page is several times this


def read(
    response: Response, story: Story | None = None, loader: type[ArticleLoader] = ArticleLoader
) -> Article:
    """The article of a page; `story` is the list's row for it, whose title and times lead.

    `loader` collects the fields, and what it fills is returned: an Article, or another item of
    the loader's `default_item_class`.

    Raises LayoutError when the page is of no known family or lacks a required field.
    """
    page = _markup(response) if isinstance(response, TextResponse) else Page("")
    layout = layouts.of(page)
    if layout is None:
        tried = {layout.name: layout.absent(page) for layout in layouts.LAYOUTS}
        raise LayoutError(response.url, ["layout"], tried)
    article = _load(page, layout, response, story, loader)
    if missing_fields(article):
        # What the page itself lacks, so that its file alone shows the same.
        missing = missing_fields(_load(page, layout, response, None, loader))
        sought = _sought(layout, loader.rules, missing)
        raise LayoutError(response.url, missing, {layout.name: sought})
    return article


def _markup(response: TextResponse) -> Page:
    """The page, parsed; of its bytes when they are UTF-8 throughout."""
    text = response.text
    replaced = "\ufffd" in text or response.body.startswith(BOM_UTF8)
    return Page(text, None if replaced or response.encoding != "utf-8" else response.body)


def pc_url(response: Response) -> str | None:
    """The URL of the PC page that a mobile page names; None when it names none."""
    found = _PC_URL.search(response.text) if isinstance(response, TextResponse) else None
    return urls.canonical(found[1].replace("\\/", "/")) if found else None


def is_soft_404(response: Response) -> bool:
    """Whether a page without an article says, with status 200, that it is not there.

    >>> is_soft_404(Response("https://finance.sina.com.cn/a", body="页面没有找到".encode("gbk")))
    True
    """
    body = response.body
    return len(body) < _SMALL and any(words in body for words in _NOT_FOUND)


Rules = Mapping[str, Sequence[Rule]]


def _rules(layout: Layout, own: Rules) -> Rules:
    """For each field a loader's own rules, then the layout's."""
    return {
        field: (*own.get(field, ()), *layout.fields.get(field, ()))
        for field in (*layout.fields, *own)
    }


def _sought(layout: Layout, own: Rules, missing: Sequence[str]) -> list[str]:
    known = {**_rules(layout, own), BODY: (f"content of {layout.body}",)}
    return [f"{name}: {rule}" for name in missing for rule in known.get(name, ())]


def _load(
    page: Page,
    layout: Layout,
    response: Response,
    story: Story | None,
    loader_class: type[ArticleLoader],
) -> Article:
    loader = loader_class()
    # Not as an argument: Scrapy's loader would parse the page a second time.
    loader.context["response"] = response
    if story:
        loader.add_value("title", story.title)
        loader.add_value("summary", story.summary)
    _add_fields(loader, layout, page)
    url = response.url
    known = _listed(story) if story else {"docid": urls.docid(url), "url": url}
    known |= _body(layout, layout.content(page), url)
    article: Article = loader.load_item(layout=layout.name, **known)
    return article


def _listed(story: Story) -> dict[str, Any]:
    title = {"title": story.title} if story.title else {}  # as listed, doubled spaces and all
    return title | {
        "docid": story.docid,
        "url": story.url,
        "channels": list(story.channels),
        "first_seen": times.at(story.intime) if story.intime else None,
    }


def _add_fields(loader: ArticleLoader, layout: Layout, page: Page) -> None:
    for field, rules in _rules(layout, loader.rules).items():
        loader.add_rules(_TOGETHER.get(field, (field,)), rules, page)


def _body(layout: Layout, inner_html: str, url: str) -> dict[str, Any]:
    body = html5.parsed_body(inner_html)
    html5.repair_links(body, urls.canonical(url))  # the reference follows rows as https
    found = {
        BODY: html5.inner(body),
        "headimg": next(iter(html5.pictures(body)), None) or None,
        "tickers": bodies.stocks(inner_html, body),
    }
    remove_boilerplate(body, layout.boilerplate)
    paragraphs = bodies.paragraphs(body)
    return found | {
        "images": bodies.images(body),
        "text": "\n".join(paragraphs),
        "author": byline(paragraphs),
    }
