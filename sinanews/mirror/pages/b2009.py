"""B2009: all channels around 2009, in gb2312 with CRLF. Pictures stand centred before the text."""

from html import escape

from sinanews.mirror.pages import base
from sinanews.mirror.story import Story

PATH = "{folder}/{compact_day}/{hhmm}27{number}.shtml"
MISSING = frozenset({"editor", "code", "keywords", "stocks"})


def _render(story: Story) -> str:
    page = base.fill_page(
        "b2009.html",
        story,
        source_element=base.plain_source(story),
        picture_element=_picture(story) if "picture" in story.features else "",
        content="\n\n".join(_paragraph(text) for text in story.paragraphs()),
    )
    return page.replace("\n", "\r\n")


def _paragraph(text: str) -> str:
    html = escape(text, quote=False)
    return f'<p>　　<span style="font-family: Times New Roman;">{html}</span></p>'


def _picture(story: Story) -> str:
    """A picture, a spacer, the caption, and a comment that does not end where it seems to."""
    spacer = "<img src=http://i0.sinaimg.cn/home/c.gif height=5 width=1 style='border:0'>"
    image = f'<img style="border:1px #000 solid;" src=http:{story.picture} alt=配图>'
    caption = escape(story.writer("caption").write("caption"))
    more = "<!--br><font class=f12><b><a href=http://finance.sina.com.cn/>更多图片</a></font></b-->"
    return f"<center>{image}<br>{spacer}<br>{caption} {more}<br><br></center>"


B2009 = base.Family(
    "B2009", "finance.sina.com.cn", ("roll", "g"), _render, PATH, "gb18030", MISSING
)
