"""F2014, and N2014 with it: finance and news 2010 to 2014, tech.sina.com.cn until 2019."""

from sinanews.extraction.layouts.base import (
    EDITOR,
    KEYWORDS,
    UPDATED,
    Layout,
    editor_tails,
    meta,
    text,
)

F2014 = Layout(
    name="F2014",
    seen=(2010, 2019),
    required_selectors=("#artibodyTitle", "#pub_date", "#artibody.BSHARE_POP"),
    body="#artibody",
    fields={
        "title": (text("#artibodyTitle"), meta("og:title")),
        "source": (text("#media_name"), meta("mediaid")),
        "published": (text("#pub_date"), meta("weibo: article:create_at")),
        "updated": UPDATED,
        "editor": (*EDITOR, editor_tails("#artibody p")),
        "keywords": KEYWORDS,
    },
)
