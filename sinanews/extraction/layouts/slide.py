"""SLIDE: slide.*.sina.com.cn, whose pictures and captions are data in a script. Written without a
real page, from what other crawlers read of `slide_data`; what is missing there is left out."""

import json
import re
from html import escape
from typing import Any

from sinanews.extraction.layouts.base import KEYWORDS, UPDATED, Layout, Page, meta, text
from sinanews.utils.text import well_formed

_SLIDE_DATA = re.compile(r"\bslide_data\s*=\s*(?=\{)")


def figures(page: Page) -> str:
    """The pictures of a slide show with their captions, as HTML; empty without any."""
    match = _SLIDE_DATA.search(page.html)
    try:
        data = json.JSONDecoder().raw_decode(page.html, match.end())[0] if match else {}
    except (ValueError, RecursionError):
        data = {}
    images = data.get("images")
    return "\n".join(filter(None, map(_figure, images if isinstance(images, list) else [])))


def _figure(image: Any) -> str:  # noqa: ANN401 - any JSON value
    """One picture with its caption, as HTML; empty when it has no URL."""
    source, title = _string(image, "image_url"), _string(image, "title")
    if not source:
        return ""
    caption = escape(_string(image, "intro") or title, quote=False)
    picture = f'<img src="{escape(source)}" alt="{escape(title)}">'
    return f'<div class="img_wrapper">{picture}</div>\n<p>{caption}</p>'


def _string(image: Any, key: str) -> str:  # noqa: ANN401 - any JSON value
    value = image.get(key) if isinstance(image, dict) else None
    return well_formed(value).strip() if isinstance(value, str) else ""


SLIDE = Layout(
    name="SLIDE",
    seen=(2010, 2019),
    required_selectors=(),
    body="#SI_Cont, #eData, .swpt-full-wrap, .slide-content",
    fields={
        "title": (meta("og:title"), text("h1"), text("h2")),
        "source": (meta("mediaid"), meta("article:author")),
        "published": (
            meta("weibo: article:create_at"),
            meta("article:published_time"),
            text(".swpt-time, .swp-time, .date"),
        ),
        "updated": UPDATED,
        "keywords": KEYWORDS,
    },
    made=figures,
)
