"""What surrounds an article: navigation, market table, related links, footer, scripts."""

import json
from functools import cache

from sinanews.mirror.prose import Writer, seeded_random
from sinanews.mirror.story import Story

SECTIONS = 14
LINKS_PER_SECTION = 14
SLOTS = 110  # for advertisements
PRICES = 30
RELATED = 40
TABS, LINKS_PER_TAB = 3, 10  # of the most read articles


def values(story: Story) -> dict[str, str]:
    """The values for the templates' placeholders outside the article."""
    writer = story.writer("shell")
    return {
        "navigation": _navigation(),
        "slots": _slots(),
        "market": _market(),
        "footer": _footer(),
        "related": "\n".join(_teaser(writer, number) for number in range(RELATED)),
        "ranking": "\n".join(_tab(writer, number) for number in range(TABS)),
    }


@cache
def _navigation() -> str:
    """The menu of the channels."""
    writer = Writer(seeded_random("navigation"))
    return "\n".join(_section(writer, number) for number in range(SECTIONS))


def _section(writer: Writer, number: int) -> str:
    links = "\n".join(
        f'<li><a href="//finance.sina.com.cn/menu/{number}/{place}/" target="_blank"'
        f' data-sudaclick="cnav_menu_p">{writer.write("nav")}</a></li>'
        for place in range(LINKS_PER_SECTION)
    )
    return f'<div class="nav-sec nav-sec-{number}"><ul class="clearfix">\n{links}\n</ul></div>'


@cache
def _market() -> str:
    """A table of prices, with the only `td` elements outside an article."""
    writer = Writer(seeded_random("market"))
    slots = ("firm", "money", "percent", "amount")
    rows = ([writer.write(slot) for slot in slots] for _ in range(PRICES))
    lines = ("".join(f'<td class="hq">{cell}</td>' for cell in row) for row in rows)
    return "\n".join(f"<tr>{line}</tr>" for line in lines)


@cache
def _footer() -> str:
    """The links at the foot of every page."""
    writer = Writer(seeded_random("footer"))
    return " | ".join(
        f'<a href="//corp.sina.com.cn/{number}.html">{writer.write("nav")}</a>'
        for number in range(24)
    )


@cache
def _slots() -> str:
    """The advertisement slots as JSON in a script: on real pages most bytes are such scripts."""
    slots = [
        {
            "pdps": f"PDPS0000000{60000 + number}",
            "type": "embed",
            "lazy": number % 2 == 0,
            "size": {"width": 300 + number % 3 * 170, "height": 60 + number % 4 * 30},
        }
        for number in range(SLOTS)
    ]
    return json.dumps({"slots": slots, "version": 3}, indent=2)


def _teaser(writer: Writer, number: int) -> str:
    """A link to another article, with a picture and a paragraph that are not this article's."""
    href = f"https://finance.sina.com.cn/related/{number}.shtml"
    picture = f'<img src="//n.sinaimg.cn/default/teaser{number}.jpg" width="90" height="60" alt="">'
    title = f'<h3><a href="{href}" target="_blank">{writer.write("np")}</a></h3>'
    meta = f'<span class="t">{writer.write("outlet")}</span><i class="cmt">{writer.write("dd")}</i>'
    text = f"<p>{writer.write('clause')}</p>"
    return f'<div class="card"><a href="{href}">{picture}</a>{title}{text}<div>{meta}</div></div>'


def _tab(writer: Writer, number: int) -> str:
    """A tab of the most read articles."""
    items = "\n".join(
        f'<li><em>{place}</em><a href="//finance.sina.com.cn/top/{number}/{place}.shtml">'
        f"{writer.write('np')}</a><span>{writer.write('dd')}</span></li>"
        for place in range(1, LINKS_PER_TAB + 1)
    )
    return f'<ol class="rank-tab" data-tab="{number}">\n{items}\n</ol>'
