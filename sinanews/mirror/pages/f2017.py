"""F2017: finance.sina.com.cn since 2017."""

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

FOLDERS = ("china", "china/gncj", "jjxw", "roll", "hy/hyjz", "wm", "jryx/bank", "chanjing/cyxw")


def _render(story: Story) -> str:
    return base.fill_page(
        "f2017.html",
        story,
        channel="cj",
        source_element=base.source(story, "source ent-source"),
        topic=_topic(story),
        video=body.video(story),
        content=body.content(story) + body.keyword_comment(story),
    )


def _topic(story: Story) -> str:
    if "topic" not in story.features:
        return ""
    name = story.writer("topic").write("topic")
    href = f"https://finance.sina.com.cn/zt_d/subject-{story.ctime}"
    return f'<p>\t<a href="{href}" target="_blank">专题：{name}</a></p>'


F2017 = base.Family("F2017", "finance.sina.com.cn", FOLDERS, _render)
