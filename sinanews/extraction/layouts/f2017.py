"""F2017: finance.sina.com.cn since 2017."""

from sinanews.extraction.layouts.base import EDITOR, UPDATED, Layout, keyword_lists, meta, text

F2017 = Layout(
    name="F2017",
    seen=(2017, 2026),
    required_selectors=("h1.main-title", ".date-source"),
    body="#artibody",
    fields={
        "title": (text("h1.main-title"), meta("og:title")),
        "source": (text(".date-source .source"), meta("mediaid")),
        "published": (
            text(".date-source .date"),
            meta("weibo: article:create_at"),
            meta("article:published_time"),
        ),
        "updated": UPDATED,
        "editor": EDITOR,
        # `.keywords` in .article-relzt are topics.
        "keywords": (keyword_lists("#article-bottom > .keywords"),),
    },
)
