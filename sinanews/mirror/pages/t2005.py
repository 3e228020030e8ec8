"""T2005: tables without ids, in gb2312. An advertisement floats in the text and splits a word."""

from html import escape

from sinanews.mirror.pages import base, body
from sinanews.mirror.story import Story

PATH = "{folder}/{day}/2{number}.shtml"
MISSING = frozenset({"editor", "code", "keywords", "stocks"})
ADVERTISEMENT = (
    '<!--NEWSZW_HZH_BEGIN--><table align=left style="margin-top:10px">\n  <tr>\n    <td>'
    "<a href=http://chanye.finance.sina.com.cn/focus/>"
    '<img src="http://image2.sina.com.cn/ad.jpg" height="300" width="400" border=1></a>\n'
    "      </td>\n  </tr>\n</table><!--NEWSZW_HZH_END-->"
)


def _render(story: Story) -> str:
    first, second, *rest = story.paragraphs()
    middle = len(second) // 2
    halves = escape(second[:middle], quote=False), escape(second[middle:], quote=False)
    split = f"<p>　　{ADVERTISEMENT.join(halves)}</p>"
    content = "\n\n".join([body.paragraph(first), split, *map(body.paragraph, rest)])
    return base.fill_page("t2005.html", story, content=content)


T2005 = base.Family(
    "T2005", "chanye.finance.sina.com.cn", ("sm", "cy"), _render, PATH, "gb18030", MISSING
)
