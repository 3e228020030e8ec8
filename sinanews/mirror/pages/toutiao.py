"""CJ: t.cj.sina.com.cn, 财经头条. Its metas have no times, and its keywords are the site's."""

from html import escape
from urllib.parse import quote

from sinanews.mirror.pages import base
from sinanews.mirror.story import Story

PATH = "articles/view/64792{number}/18232{number}00100{letters}"
MISSING = frozenset({"editor", "code", "keywords", "stocks"})


def _render(story: Story) -> str:
    picture = f'<p><img class="article-img" src="{story.picture}"></p>'
    return base.fill_page(
        "toutiao.html",
        story,
        newsid=f"64792{story.number}-18232{story.number}00100{story.letters}",
        quoted_url=quote(f"{story.url}?cre=tianyi&mod=wnews", safe=""),
        content="".join(_paragraph(text) for text in story.paragraphs())
        + (picture if "picture" in story.features else ""),
    )


def _paragraph(text: str) -> str:
    return f"<p><font>{escape(text, quote=False)}</font></p>"


CJ = base.Family("CJ", "t.cj.sina.com.cn", ("articles",), _render, PATH, missing=MISSING)
