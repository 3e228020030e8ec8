"""SLIDE: slide.*.sina.com.cn, whose pictures and captions are data: in a script (`slide_data`), or
in hidden lists (`#eData dl`). Written without a real page, from what other crawlers read of them;
what is missing there is left out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from selectolax.lexbor import LexborNode

from sinanews.extraction.layouts.base import KEYWORDS, UPDATED, Layout, Page, Rule, meta, text
from sinanews.utils.text import well_formed

_SLIDE_DATA = re.compile(r"\bslide_data\s*=\s*(?=\{)")
_INTRO = 4  # the place of the caption among the dd elements of a list, from 0; the first is the URL


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a slide show; what it lacks is empty."""

    url: str
    title: str
    intro: str

    def html(self) -> str:
        """The picture with its caption below; empty when it has no URL."""
        if not self.url:
            return ""
        caption = escape(self.intro or self.title, quote=False)
        image = f'<img src="{escape(self.url)}" alt="{escape(self.title)}">'
        return f'<div class="img_wrapper">{image}</div>\n<p>{caption}</p>'


def figures(page: Page) -> str:
    """The pictures of a slide show with their captions, as HTML; empty without any."""
    images = _slide_data(page).get("images")
    pictures = (
        [
            Picture(_string(image, "image_url"), _string(image, "title"), _string(image, "intro"))
            for image in images
        ]
        if isinstance(images, list)
        else [_listed(page, node) for node in page.all("#eData dl")]
    )
    return "\n".join(filter(None, (picture.html() for picture in pictures)))


def in_slide_data(key: str) -> Rule:
    """What the script says of the show as a whole."""

    def find(page: Page) -> Iterator[str]:
        return filter(None, [_string(_slide_data(page).get("slide"), key)])

    return Rule(f"{key} in slide_data", find)


def _slide_data(page: Page) -> dict[str, Any]:
    """The object in the script; empty without one that can be read."""
    match = _SLIDE_DATA.search(page.html)
    try:
        data: dict[str, Any] = (
            json.JSONDecoder().raw_decode(page.html, match.end())[0] if match else {}
        )
    except (ValueError, RecursionError):
        data = {}
    return data


def _string(data: Any, key: str) -> str:  # noqa: ANN401 - any JSON value
    value = data.get(key) if isinstance(data, dict) else None
    return well_formed(value).strip() if isinstance(value, str) else ""


def _listed(page: Page, node: LexborNode) -> Picture:
    """The picture of a hidden list: its title is the dt, the others are dd elements."""
    title = "".join(map(page.text, node.css("dt")[:1])).strip()
    parts = [page.text(part).strip() for part in node.css("dd")]
    return Picture(
        url=parts[0] if parts else "",
        title=title,
        intro=parts[_INTRO] if len(parts) > _INTRO else "",
    )


SLIDE = Layout(
    name="SLIDE",
    seen=(2010, 2019),
    required_selectors=(),
    body=(
        "#eData, #SI_Cont, .swpt-full-wrap, .slide-content, script:lexbor-contains('slide_data')"
    ),
    fields={
        "title": (
            meta("og:title"),
            text("h1"),
            text("h2"),
            in_slide_data("title"),
            text("#eData dt"),
        ),
        "source": (meta("mediaid"), meta("article:author")),
        "published": (
            meta("weibo: article:create_at"),
            meta("article:published_time"),
            text(".swpt-time, .swp-time, .date"),
            in_slide_data("createtime"),
        ),
        "updated": UPDATED,
        "keywords": KEYWORDS,
    },
    made=figures,
)
