"""F2016: finance.sina.com.cn 2014 to 2016. Date and source share a span; the editor line and a
promotional picture follow the body."""

from sinanews.extraction.layouts.base import EDITOR, UPDATED, Layout, keyword_lists, meta, text

F2016 = Layout(
    name="F2016",
    seen=(2014, 2016),
    required_selectors=("#artibodyTitle", ".time-source"),
    body="#artibody",
    fields={
        "title": (text("#artibodyTitle"), meta("og:title")),
        "source": (text(".time-source"), meta("mediaid")),
        "published": (text(".time-source"), meta("weibo: article:create_at")),
        "updated": UPDATED,
        "editor": EDITOR,
        "keywords": (keyword_lists(".article-keywords"),),
    },
)
