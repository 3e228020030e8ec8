"""M: finance.sina.cn, the mobile pages; the mirror has one of every story."""

from html import escape

from sinanews.mirror.pages import base
from sinanews.mirror.story import Story

FOLDERS = ("china/gncj", "china/hgjj", "stock/ssgs")
PATH = "{folder}/{day}/detail-i{docid}.d.html"
MISSING = frozenset({"editor", "code", "keywords", "stocks"})
SLOT = '<div sax-type="proxy" class="j_native_opq240314 box" data-id="201711dingdingeb"></div>'


def _render(story: Story) -> str:
    first, *rest = (_paragraph(text) for text in story.paragraphs())
    return base.fill_page(
        "mobile.html",
        story,
        pc_url="" if story.family == "M" else story.url.replace("/", "\\/"),
        content="\n\n".join([first, SLOT + "".join(rest[:1]), *rest[1:]]),
    )


def _paragraph(text: str) -> str:
    return f'<p class="art_p">{escape(text, quote=False)}</p>'


M = base.Family("M", "finance.sina.cn", FOLDERS, _render, PATH, missing=MISSING)
