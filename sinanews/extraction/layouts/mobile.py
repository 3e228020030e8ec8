"""M: sina.cn and the hosts below it, the pages for phones. Their keywords are those of the site."""

from sinanews.extraction.layouts.base import UPDATED, Layout, editor_lines, meta, shown_time, text

M = Layout(
    name="M",
    seen=(2024, 2024),
    required_selectors=("h1.art_tit_h1", ".art_content"),
    body=".art_content",
    fields={
        "title": (text("h1.art_tit_h1"), meta("og:title")),
        "source": (text(".weibo_user"), meta("article:author")),
        "published": (shown_time("time.weibo_time"), meta("article:published_time")),
        "updated": UPDATED,
        "editor": (text("p.article-editor, p.show_author"), editor_lines(".art_content p")),
    },
    # A video's player and a button to follow its account.
    boilerplate=(".art_video_box, .art_video, .look_sub",),
    is_mobile=True,
)
