"""N2017: news.sina.com.cn since 2017. Published minutes after the time it shows."""

from html import escape

from sinanews.mirror.pages import base, body, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FOLDERS = ("c", "gov", "o")


def _render(story: Story) -> str:
    own = {
        "source_element": base.source(story, "source"),
        "video": body.video(story),
        "original": _original(story),
        "content": body.content(story),
        "wbkey": escape(",".join((*story.keywords, "新闻"))),
        "keyword_links": body.keyword_links(story, "news"),
    }
    return fill("n2017.html", {**shell.values(story), **base.values(story), **own})


def _original(story: Story) -> str:
    """The outlet's own title, which opens the body of a reprint."""
    if "original" not in story.features:
        return ""
    return body.paragraph(f"原标题：{story.writer('original').write('original')}")


N2017 = base.Family("N2017", "news.sina.com.cn", FOLDERS, _render)
