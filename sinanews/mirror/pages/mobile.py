"""M: finance.sina.cn, the pages for phones; the mirror has one of every story."""

from html import escape

from sinanews.mirror.pages import base, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FOLDERS = ("china/gncj", "china/hgjj", "stock/ssgs")
FORM = "{folder}/{day}/detail-i{docid}.d.html"
LACKS = frozenset({"editor", "code", "keywords", "stocks"})
SLOT = '<div sax-type="proxy" class="j_native_opq240314 box" data-id="201711dingdingeb"></div>'


def _render(story: Story) -> str:
    first, *rest = (_paragraph(text) for text in story.paragraphs())
    pc = "" if story.family == "M" else story.url.replace("/", "\\/")
    own = {"pc_url": pc, "content": "\n\n".join([first, SLOT + "".join(rest[:1]), *rest[1:]])}
    return fill("mobile.html", {**shell.values(story), **base.values(story), **own})


def _paragraph(text: str) -> str:
    return f'<p class="art_p">{escape(text, quote=False)}</p>'


M = base.Family("M", "finance.sina.cn", FOLDERS, _render, FORM, lacks=LACKS)
