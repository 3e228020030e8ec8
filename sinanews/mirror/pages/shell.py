"""What stands around an article: navigation, market table, related links, footer, scripts."""

import json
from collections.abc import Iterable
from functools import cache

from sinanews.mirror.prose import Writer, dice
from sinanews.mirror.story import Story

SECTIONS = 14
LINKS = 14  # in each section
SLOTS = 110  # of advertisements
PRICES = 30
RELATED = 40
RANKED = 3, 10  # tabs, and links in each


def values(story: Story) -> dict[str, str]:
    """The values for the templates' holes outside the article; part of it differs by story."""
    writer = story.writer("shell")
    return {
        "navigation": navigation(),
        "slots": slots(),
        "market": market(),
        "footer": footer(),
        "related": related(writer),
        "ranking": ranking(writer),
    }


def _lines(made: Iterable[str]) -> str:
    return "\n".join(made)


@cache
def navigation() -> str:
    """The menu of the channels."""
    writer = Writer(dice("navigation"))
    return _lines(_section(writer, number) for number in range(SECTIONS))


def _section(writer: Writer, number: int) -> str:
    links = _lines(_menu_item(writer.write("nav"), number, place) for place in range(LINKS))
    return f'<div class="nav-sec nav-sec-{number}"><ul class="clearfix">\n{links}\n</ul></div>'


def _menu_item(text: str, section: int, place: int) -> str:
    href = f"//finance.sina.com.cn/menu/{section}/{place}/"
    return f'<li><a href="{href}" target="_blank" data-sudaclick="cnav_menu_p">{text}</a></li>'


@cache
def market() -> str:
    """A table of prices, which has the only `td`s outside an article."""
    writer = Writer(dice("market"))
    columns = ("firm", "money", "percent", "amount")
    rows = ([writer.write(column) for column in columns] for _ in range(PRICES))
    cells = ("".join(f'<td class="hq">{cell}</td>' for cell in row) for row in rows)
    return _lines(f"<tr>{line}</tr>" for line in cells)


@cache
def footer() -> str:
    """The links at the foot of every page."""
    writer = Writer(dice("footer"))
    links = ((number, writer.write("nav")) for number in range(24))
    return " | ".join(f'<a href="//corp.sina.com.cn/{at}.html">{text}</a>' for at, text in links)


@cache
def slots() -> str:
    """The advertisement slots as JSON in a script; most of a page's weight is such scripts."""
    described = [_slot(number) for number in range(SLOTS)]
    return json.dumps({"slots": described, "version": 3}, indent=2)


def _slot(number: int) -> dict[str, object]:
    name = f"PDPS0000000{60000 + number}"
    sizes = {"width": 300 + number % 3 * 170, "height": 60 + number % 4 * 30}
    return {"pdps": name, "type": "embed", "lazy": number % 2 == 0, "size": sizes}


def related(writer: Writer) -> str:
    """Teasers of other articles, with a picture and a paragraph that is none of this article's."""
    return _lines(_teaser(writer, number) for number in range(RELATED))


def _teaser(writer: Writer, number: int) -> str:
    href = f"https://finance.sina.com.cn/related/{number}.shtml"
    picture = f'<img src="//n.sinaimg.cn/default/teaser{number}.jpg" width="90" height="60" alt="">'
    title = f'<h3><a href="{href}" target="_blank">{writer.write("np")}</a></h3>'
    meta = f'<span class="t">{writer.write("outlet")}</span><i class="cmt">{writer.write("dd")}</i>'
    text = f"<p>{writer.write('clause')}</p>"
    return f'<div class="card"><a href="{href}">{picture}</a>{title}{text}<div>{meta}</div></div>'


def ranking(writer: Writer) -> str:
    """The tabs of the most read articles."""
    tabs, links = RANKED
    return _lines(_tab(writer, number, links) for number in range(tabs))


def _tab(writer: Writer, number: int, links: int) -> str:
    items = _lines(
        f'<li><em>{place}</em><a href="//finance.sina.com.cn/top/{number}/{place}.shtml">'
        f"{writer.write('np')}</a><span>{writer.write('dd')}</span></li>"
        for place in range(1, links + 1)
    )
    return f'<ol class="rank-tab" data-tab="{number}">\n{items}\n</ol>'
