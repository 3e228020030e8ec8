"""F2016: finance.sina.com.cn 2014 to 2016. The editor line follows the body."""

from html import escape

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

FOLDERS = ("china/gncj", "china/hgjj", "money/bank/bank_hydt", "roll")


def _render(story: Story) -> str:
    return base.fill_page(
        "f2016.html",
        story,
        channel="cj",
        source_text=escape(story.source, quote=False),
        content=body.content(story) + body.keyword_comment(story),
        keyword_links=body.keyword_links(story, "finance"),
    )


F2016 = base.Family("F2016", "finance.sina.com.cn", FOLDERS, _render)
