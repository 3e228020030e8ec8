"""VIDEO: video.sina.com.cn, a player with a title and at best a few words; its poster stands in
for a picture. No capture of one is known: this takes what the metas and the player say."""

from html import escape

from sinanews.extraction.layouts.base import KEYWORDS, UPDATED, Layout, Page, meta, text


def poster(page: Page) -> str:
    """The video's poster and description as HTML."""
    still = page.first("video[poster]")
    source = (still.attributes.get("poster") if still else "") or page.metas.get("og:image") or ""
    picture = f'<div class="img_wrapper"><img src="{escape(source)}" alt=""></div>\n'
    words = escape(page.metas.get("og:description") or page.metas.get("description") or "")
    return (picture if source else "") + (f"<p>{words}</p>" if words else "")


VIDEO = Layout(
    name="VIDEO",
    seen=(2010, 2026),
    required_selectors=(),
    opening=("og:type", "video"),
    body="video, #myflashBox, #playerBox, .player, #J_Article_Player",
    fields={
        "title": (meta("og:title"), text("h1"), text("h2")),
        "source": (meta("mediaid"), meta("article:author")),
        "published": (meta("weibo: article:create_at"), meta("article:published_time")),
        "updated": UPDATED,
        "keywords": KEYWORDS,
    },
    made=poster,
)
