"""T2005: tables without ids, in gb2312. An advertisement floats in the text and splits a word."""

from html import escape

from sinanews.mirror.pages import base, shell
from sinanews.mirror.story import Story
from sinanews.mirror.templates import fill

FORM = "{folder}/{day}/2{number}.shtml"
LACKS = frozenset({"editor", "code", "keywords", "stocks"})
ADVERTISEMENT = (
    '<!--NEWSZW_HZH_BEGIN--><table align=left style="margin-top:10px">\n  <tr>\n    <td>'
    "<a href=http://chanye.finance.sina.com.cn/focus/>"
    '<img src="http://image2.sina.com.cn/ad.jpg" height="300" width="400" border=1></a>\n'
    "      </td>\n  </tr>\n</table><!--NEWSZW_HZH_END-->"
)


def _render(story: Story) -> str:
    first, second, *rest = story.paragraphs()
    written = [_paragraph(first), _split(second), *map(_paragraph, rest)]
    own = {"content": "\n\n".join(written)}
    return fill("t2005.html", {**shell.values(story), **base.values(story), **own})


def _paragraph(text: str) -> str:
    return f"<p>　　{escape(text, quote=False)}</p>"


def _split(text: str) -> str:
    middle = len(text) // 2
    halves = escape(text[:middle], quote=False), escape(text[middle:], quote=False)
    return f"<p>　　{ADVERTISEMENT.join(halves)}</p>"


T2005 = base.Family(
    "T2005", "chanye.finance.sina.com.cn", ("sm", "cy"), _render, FORM, "gb18030", LACKS
)
