"""F2017: finance.sina.com.cn since 2017."""

from sinanews.mirror.pages import base, body, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FOLDERS = ("china", "china/gncj", "jjxw", "roll", "hy/hyjz", "wm", "jryx/bank", "chanjing/cyxw")


def _render(story: Story) -> str:
    own = {
        "source_element": base.source(story, "source ent-source"),
        "topic": _topic(story),
        "video": body.video(story),
        "content": body.content(story) + body.keyword_comment(story),
    }
    return fill("f2017.html", {**shell.values(story), **base.values(story), **own})


def _topic(story: Story) -> str:
    if "topic" not in story.features:
        return ""
    name = story.writer("topic").write("topic")
    href = f"https://finance.sina.com.cn/zt_d/subject-{story.ctime}"
    return f'<p>\t<a href="{href}" target="_blank">专题：{name}</a></p>'


F2017 = base.Family("F2017", "finance.sina.com.cn", FOLDERS, _render)
