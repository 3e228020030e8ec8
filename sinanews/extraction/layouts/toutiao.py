"""CJ: cj.sina.com.cn and t.cj.sina.com.cn, 财经头条. Its keywords are those of the site, its
meta times are empty, and the docID in its script is another page's."""

from dataclasses import replace

from sinanews.extraction.layouts.f2017 import F2017

CJ = replace(
    F2017,
    name="CJ",
    seen=(2018, 2018),
    required_selectors=("h1.main-title", '.date-source a.source[href*="cj.sina.com.cn/"]'),
    fields={name: rules for name, rules in F2017.fields.items() if name != "keywords"},
)
