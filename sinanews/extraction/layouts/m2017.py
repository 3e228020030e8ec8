"""M2017: sina.cn and the hosts below it, for phones, in 2017. The article element is the body, with
headline and source in it; the time is shown without its year."""

from dataclasses import replace

from sinanews.extraction.layouts.base import editor_lines, text
from sinanews.extraction.layouts.mobile import M

M2017 = replace(
    M,
    name="M2017",
    seen=(2017, 2017),
    required_selectors=("h1.art_tit_h1", "time.weibo_time"),
    body="article.art_box",
    fields=M.fields
    | {"editor": (text("p.article-editor, p.show_author"), editor_lines("article.art_box p"))},
    # Further: pictures for sharing, slots of advertisements, the button to unfold the text.
    beside=(
        "h1.art_tit_h1, .weibo_info, .weibo_user, time.weibo_time",
        "#wx_pic, .sharePic, [sax-type], .look_more",
    ),
)
