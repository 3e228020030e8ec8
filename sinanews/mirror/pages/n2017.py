"""N2017: news.sina.com.cn since 2017. Published minutes after the time that the page shows."""

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

FOLDERS = ("c", "gov", "o")


def _render(story: Story) -> str:
    return base.fill_page(
        "n2017.html",
        story,
        channel="gn",
        source_element=base.source(story, "source"),
        video=body.video(story),
        original=_original(story),
        content=body.content(story),
        wbkey=body.wbkey(story),
        keyword_links=body.keyword_links(story, "news"),
    )


def _original(story: Story) -> str:
    """The outlet's own title, with which the body of a reprint begins."""
    if "original" not in story.features:
        return ""
    return body.paragraph(f"原标题：{story.writer('original').write('original')}")


N2017 = base.Family("N2017", "news.sina.com.cn", FOLDERS, _render)
