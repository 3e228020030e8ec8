"""F2016: finance.sina.com.cn 2014 to 2016. The editor line follows the body."""

from html import escape

from sinanews.mirror.pages import base, body, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FOLDERS = ("china/gncj", "china/hgjj", "money/bank/bank_hydt", "roll")


def _render(story: Story) -> str:
    own = {
        "source_text": escape(story.source, quote=False),
        "content": body.content(story) + body.keyword_comment(story),
        "keyword_links": body.keyword_links(story, "finance"),
    }
    return fill("f2016.html", {**shell.values(story), **base.values(story), **own})


F2016 = base.Family("F2016", "finance.sina.com.cn", FOLDERS, _render)
