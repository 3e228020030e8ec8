"""SLIDE: slide.*.sina.com.cn, whose pictures and words are data in a script. No capture of one is
known: this follows what crawlers say of `slide_data`, and takes what is there."""

import json
import re
from html import escape
from typing import Any

from sinanews.extraction.layouts.base import KEYWORDS, UPDATED, Layout, Page, meta, text

_DATA = re.compile(r"\bslide_data\s*=\s*(?=\{)")


def figures(page: Page) -> str:
    """The pictures of a slide page with their words as HTML; empty when it has none."""
    images = _data(page.html).get("images")
    found = images if isinstance(images, list) else []
    return "\n".join(_figure(image) for image in found if _said(image, "image_url"))


def _data(html: str) -> dict[str, Any]:
    found = _DATA.search(html)
    try:
        data = json.JSONDecoder().raw_decode(html, found.end())[0] if found else {}
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _figure(image: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    source, title = _said(image, "image_url"), _said(image, "title")
    picture = f'<img src="{escape(source)}" alt="{escape(title)}">'
    words = escape(_said(image, "intro") or title, quote=False)
    return f'<div class="img_wrapper">{picture}</div>\n<p>{words}</p>'


def _said(image: Any, name: str) -> str:  # noqa: ANN401 - whatever JSON holds
    value = image.get(name) if isinstance(image, dict) else None
    return value.strip() if isinstance(value, str) else ""


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
