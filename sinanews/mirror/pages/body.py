"""The inside of an article's body: paragraphs, and the furniture that Sina puts among them."""

from html import escape

from sinanews.mirror.story import Stock, Story
from sinanews.mirror.templates import fill

_QUOTES = {
    "stock": "https://finance.sina.com.cn/realstock/company/{}/nc.shtml",
    "hkstock": "https://stock.finance.sina.com.cn/hkstock/quotes/{}.html",
    "usstock": "https://stock.finance.sina.com.cn/usstock/quotes/{}.html",
}


def content(story: Story) -> str:
    """The paragraphs with pictures, tables and the like after the ones they belong to."""
    blocks = [paragraph(text) for text in story.paragraphs()]
    after = (_picture, _quote, _table, _script)
    for number, furniture in enumerate(after[: len(blocks)]):
        blocks[number] += furniture(story)
    return _linked("\n".join(blocks), story) + _adlist(story)


def paragraph(text: str) -> str:
    """A paragraph, indented as in print."""
    return f"<p>　　{escape(text, quote=False)}</p>"


def _picture(story: Story) -> str:
    if "picture" not in story.features:
        return ""
    caption = story.writer("caption").write("caption") if "caption" in story.features else ""
    image = f'<img src="{story.picture}" alt="{caption}">'
    return f'\n<div class="img_wrapper">{image}<span class="img_descr">{caption}</span></div>'


def _quote(story: Story) -> str:
    if "quote" not in story.features:
        return ""
    return f'\n<blockquote class="fin_reference">{_said(story, "quote")}</blockquote>'


def _said(story: Story, part: str) -> str:
    return paragraph(story.writer(part).write("sentence"))


def _table(story: Story) -> str:
    if "table" not in story.features:
        return ""
    writer = story.writer("table")
    rows = [["项目", "数额", "变动"]]
    rows += [[writer.write(slot) for slot in ("np", "money", "percent")] for _ in range(4)]
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    lines = "".join(f"<tr>{line}</tr>\n" for line in cells)
    return f'\n<table border="1" cellspacing="0"><tbody>\n{lines}</tbody></table>'


def _script(story: Story) -> str:
    """A script whose text looks like markup: a regular expression would end the body here."""
    if "script" not in story.features:
        return ""
    return '\n<script>var bodySlot = {"id": "' + story.docid + '", "close": "</p></div>"};</script>'


def _adlist(story: Story) -> str:
    """A paragraph that an editor took out; Sina leaves it in a comment."""
    if "adlist" not in story.features:
        return ""
    return f"\n<!--article_adlist[{_said(story, 'adlist')}]article_adlist-->"


def _linked(html: str, story: Story) -> str:
    """Links the first place that names a stock, as Sina's publisher does."""
    for stock in story.stocks:
        html = html.replace(stock.name, _link(stock, bare="unquoted" in story.features), 1)
    return html


def _link(stock: Stock, *, bare: bool) -> str:
    """The name with a span that a script fills with the price; `bare` without quotes."""
    quote = "" if bare or stock.market != "stock" else '"'
    key = f"{stock.market}_{stock.code}"
    href = _QUOTES[stock.market].format(stock.code)
    marks = f"target={quote}_blank{quote} data-sudaclick={quote}content_marketkeywords_p{quote}"
    link = f'<a href={quote}{href}{quote} class="keyword" {marks}>{stock.name}</a>'
    price = f"<span id={quote}quote_{stock.code}{quote}></span>"
    return f"<span id={quote}{key}{quote}>{link}</span>{price}"


def keyword_comment(story: Story) -> str:
    """The stocks of the article, read by a script; empty without any."""
    market = story.stocks[0].market if story.stocks else "stock"
    codes = "&".join(ticker.partition("_")[2] for ticker in story.tickers)
    return f"<!-- news_keyword_pub,{market},{codes} -->"


def keyword_links(story: Story, channel: str) -> str:
    """The keywords as links to the channel's tags."""
    root = f"http://tags.{channel}.sina.com.cn"
    return "".join(f'<a href="{root}/{word}" target="_blank">{word}</a>' for word in story.keywords)


def video(story: Story) -> str:
    """The player's slot, with the script that fills it."""
    return fill("video.html", {"docid": story.docid}) if "video" in story.features else ""
