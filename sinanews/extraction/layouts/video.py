"""VIDEO: video.sina.com.cn, a player with a title and sometimes a description. Written without a
real page, for what metas and the player may have; the player's poster serves as the picture."""

from html import escape

from sinanews.extraction.layouts.base import KEYWORDS, UPDATED, Layout, Page, meta, text


def poster(page: Page) -> str:
    """The video's poster and description as HTML; without those the page does not have."""
    video = page.first("video[poster]")
    source = (video.attributes.get("poster") if video else "") or page.metas.get("og:image")
    description = page.metas.get("og:description") or page.metas.get("description")
    html = ""
    if source:
        html += f'<div class="img_wrapper"><img src="{escape(source)}" alt=""></div>\n'
    if description:
        html += f"<p>{escape(description)}</p>"
    return html


VIDEO = Layout(
    name="VIDEO",
    seen=(2010, 2026),
    required_selectors=(),
    required_meta=("og:type", "video"),
    # Other crawlers find the video's number in a script, whatever the player's element.
    body=(
        "video, #myflashBox, #playerBox, .player, #J_Article_Player,"
        " script:lexbor-contains('video_id')"
    ),
    fields={
        "title": (meta("og:title"), text("h1"), text("h2")),
        "source": (meta("mediaid"), meta("article:author")),
        "published": (meta("weibo: article:create_at"), meta("article:published_time")),
        "updated": UPDATED,
        "keywords": KEYWORDS,
    },
    made=poster,
)
