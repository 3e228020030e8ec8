"""F2014: finance.sina.com.cn 2010 to 2014, in gb2312. The editor is named by a code only, and the
keywords stand only in a meta, behind the title."""

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

FOLDERS = ("china", "consume/puguangtai", "money/bank")
PATH = "{folder}/{compact_day}/{hhmm}191{number}.shtml"


def _render(story: Story) -> str:
    signature = f'<div class="show_author">（编辑：{story.code}）</div>' if story.code else ""
    return base.fill_page(
        "f2014.html",
        story,
        source_element=base.plain_source(story),
        content=body.content(story),
        signature=signature,
    )


F2014 = base.Family(
    "F2014", "finance.sina.com.cn", FOLDERS, _render, PATH, "gb18030", frozenset({"editor"})
)
