"""M2018: sina.cn and the hosts below it, for phones, in 2018. As M2017, with the source inside of
the time's element."""

from dataclasses import replace

from sinanews.extraction.layouts.base import meta, shown_time, text
from sinanews.extraction.layouts.m2017 import M2017

M2018 = replace(
    M2017,
    name="M2018",
    seen=(2018, 2018),
    required_selectors=("h1.art_tit_h1", "time.art_time"),
    fields=M2017.fields
    | {
        "source": (text("time.art_time .art_cite"), text("time.art_time"), meta("article:author")),
        "published": (shown_time("time.art_time"), meta("article:published_time")),
    },
    beside=(*M2017.beside, "time.art_time"),
)
