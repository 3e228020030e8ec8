"""BLOG: blog.sina.com.cn. Pictures are loaded later, from `real_src`."""

from html import escape

from sinanews.mirror.pages import base
from sinanews.mirror.story import Story

PATH = "{folder}/blog_4c1{number}0102{letters}.html"
MISSING = frozenset({"editor", "code", "stocks"})
SPACER = "http://simg.sinajs.cn/blog7style/images/common/sg_trans.gif"


def _render(story: Story) -> str:
    first, *rest = (_paragraph(text) for text in story.paragraphs())
    return base.fill_page(
        "blog.html",
        story,
        content="\n".join([first, _picture(story), *rest]),
        tag_links="\n".join(map(_tag, story.keywords)),
    )


def _paragraph(text: str) -> str:
    return f"<p>&nbsp;<wbr>{escape(text, quote=False)}</p>"


def _picture(story: Story) -> str:
    if "picture" not in story.features:
        return ""
    title = escape(story.title)
    image = f'<img src="{SPACER}" real_src ="http:{story.picture}" ALT="{title}" TITLE="{title}" />'
    link = "http://photo.blog.sina.com.cn/showpic.html#blogid=1"
    return f'<a HREF="{link}" TARGET="_blank">{image}</a>'


def _tag(word: str) -> str:
    link = f"http://search.sina.com.cn/?c=blog&amp;q={word}&amp;by=tag"
    return f'<h3><a href="{link}" target="_blank">{escape(word)}</a></h3>'


BLOG = base.Family("BLOG", "blog.sina.com.cn", ("s",), _render, PATH, missing=MISSING)
