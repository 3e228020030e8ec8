"""F2014: finance.sina.com.cn 2010 to 2014, in gb2312. It names no editor but by a code, and the
only keywords stand behind the title in a meta."""

from sinanews.mirror.pages import base, body, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FOLDERS = ("china", "consume/puguangtai", "money/bank")
FORM = "{folder}/{compact}/{hhmm}191{number}.shtml"


def _render(story: Story) -> str:
    signed = f'<div class="show_author">（编辑：{story.code}）</div>' if story.code else ""
    own = {
        "source_element": base.plain_source(story),
        "content": body.content(story),
        "signed": signed,
    }
    return fill("f2014.html", {**shell.values(story), **base.values(story), **own})


F2014 = base.Family(
    "F2014", "finance.sina.com.cn", FOLDERS, _render, FORM, "gb18030", frozenset({"editor"})
)
