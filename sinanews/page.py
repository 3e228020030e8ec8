"""Reads one article page: response -> Article. Knows no storage and asks for nothing."""

import re
from collections.abc import Sequence

from scrapy.http import Response, TextResponse

from sinanews import body as bodies
from sinanews import html5, layouts, processors, times, urls
from sinanews.exceptions import LayoutError
from sinanews.items import Article
from sinanews.layouts.base import Layout, Markup
from sinanews.loaders import ArticleLoader
from sinanews.roll import Story

BODY = "body_html"
# How a mobile page names the PC page that it stands for; its slashes are escaped.
_PC_URL = re.compile(r'"__webURL":"(https?:[^"]+\.sina\.com\.cn[^"]*)"')
_NOT_FOUND = "页面没有找到"


def read(response: Response, story: Story | None = None) -> Article:
    """The article of a page; `story` is the list's row for it, whose title and times lead.

    Raises LayoutError when the page is of no known family or lacks a required field.
    """
    page = Markup(response.text if isinstance(response, TextResponse) else "")
    layout = layouts.of(page)
    if layout is None:
        tried = {layout.name: layout.absent(page) for layout in layouts.LAYOUTS}
        raise LayoutError(response.url, ["layout"], tried)
    article = _load(page, layout, response.url, story)
    if missing := article.missing():
        raise LayoutError(response.url, missing, {layout.name: _rules(layout, missing)})
    return article


def pc_url(response: Response) -> str | None:
    """The URL of the PC page that a mobile page names; None when it names none."""
    found = _PC_URL.search(response.text) if isinstance(response, TextResponse) else None
    return urls.canonical(found[1].replace("\\/", "/")) if found else None


def is_soft_404(response: Response) -> bool:
    """Whether a page without an article says, with status 200, that it is not there."""
    return isinstance(response, TextResponse) and _NOT_FOUND in response.text


def _rules(layout: Layout, missing: Sequence[str]) -> list[str]:
    known = {**layout.fields, BODY: (f"content of {layout.body}",)}
    return [f"{name}: {rule}" for name in missing for rule in known.get(name, ())]


def _load(page: Markup, layout: Layout, url: str, story: Story | None) -> Article:
    loader = ArticleLoader()
    loader.add_value("docid", story.docid if story else urls.docid(url))
    loader.add_value("url", story.url if story else url)
    loader.add_value("layout", layout.name)
    if story:
        _add_listed(loader, story)
    _add_fields(loader, layout, page)
    _add_body(loader, layout, layout.content(page), url)
    return loader.load_item()


def _add_listed(loader: ArticleLoader, story: Story) -> None:
    loader.add_value("title", story.title)
    loader.add_value("summary", story.summary)
    loader.add_value("channels", list(story.channels))
    loader.add_value("first_seen", times.at(story.intime) if story.intime else None)


def _add_fields(loader: ArticleLoader, layout: Layout, page: Markup) -> None:
    for field, rules in layout.fields.items():
        loader.add_rules(field, rules, page)
    loader.add_rules("editor_code", layout.fields.get("editor", ()), page)
    loader.context["titles"] = loader.get_collected_values("title")  # the list's and the page's


def _add_body(loader: ArticleLoader, layout: Layout, inner_html: str, url: str) -> None:
    body = html5.parsed_body(inner_html)
    html5.repair_links(body, urls.canonical(url))  # the reference follows rows as https
    loader.add_value(BODY, html5.inner(body))
    loader.add_value("headimg", html5.pictures(body)[:1])
    loader.add_value("tickers", bodies.stocks(inner_html, body))
    bodies.unfurnished(body, layout.furniture)
    loader.add_value("images", bodies.images(body))
    paragraphs = bodies.paragraphs(body)
    loader.add_value("text", "\n".join(paragraphs))
    loader.add_value("author", processors.byline(paragraphs))
