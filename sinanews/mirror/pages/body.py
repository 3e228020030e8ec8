"""The content of an article's body: paragraphs, and what Sina puts between them."""

from html import escape

from sinanews.mirror.story import Stock, Story
from sinanews.mirror.templates import fill

_QUOTES = {
    "stock": "https://finance.sina.com.cn/realstock/company/{}/nc.shtml",
    "hkstock": "https://stock.finance.sina.com.cn/hkstock/quotes/{}.html",
    "usstock": "https://stock.finance.sina.com.cn/usstock/quotes/{}.html",
}


def content(story: Story) -> str:
    """The paragraphs, with pictures, tables and the like between the first ones."""
    blocks = [paragraph(text) for text in story.paragraphs()]
    inserts = (_picture, _quote, _table, _script)
    for number, insert in enumerate(inserts[: len(blocks)]):
        blocks[number] += insert(story)
    html = "\n".join(blocks)
    for stock in story.stocks:
        # Sina's publishing system links the first mention only.
        html = html.replace(stock.name, _stock_link(stock, bare="unquoted" in story.features), 1)
    return html + _adlist(story)


def paragraph(text: str) -> str:
    """A paragraph, indented as in print."""
    return f"<p>　　{escape(text, quote=False)}</p>"


def _picture(story: Story) -> str:
    if "picture" not in story.features:
        return ""
    image = f'<img src="{story.picture}" alt="{story.caption}">'
    return f'\n<div class="img_wrapper">{image}<span class="img_descr">{story.caption}</span></div>'


def _quote(story: Story) -> str:
    if "quote" not in story.features:
        return ""
    text = story.writer("quote").write("sentence")
    return f'\n<blockquote class="fin_reference">{paragraph(text)}</blockquote>'


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
    """A script that contains markup: to a regular expression the body would seem to end here."""
    if "script" not in story.features:
        return ""
    return '\n<script>var bodySlot = {"id": "' + story.docid + '", "close": "</p></div>"};</script>'


def _adlist(story: Story) -> str:
    """A paragraph that an editor removed; Sina leaves it in a comment."""
    if "adlist" not in story.features:
        return ""
    text = story.writer("adlist").write("sentence")
    return f"\n<!--article_adlist[{paragraph(text)}]article_adlist-->"


def _stock_link(stock: Stock, *, bare: bool) -> str:
    """The name with a span for the price, which a script fills in; `bare` without quotes."""
    quote = "" if bare or stock.market != "stock" else '"'
    key = f"{stock.market}_{stock.code}"
    href = _QUOTES[stock.market].format(stock.code)
    attributes = (
        f"target={quote}_blank{quote} data-sudaclick={quote}content_marketkeywords_p{quote}"
    )
    link = f'<a href={quote}{href}{quote} class="keyword" {attributes}>{stock.name}</a>'
    price = f"<span id={quote}quote_{stock.code}{quote}></span>"
    return f"<span id={quote}{key}{quote}>{link}</span>{price}"


def keyword_comment(story: Story) -> str:
    """The comment with the article's stocks, which a script reads."""
    market = story.stocks[0].market if story.stocks else "stock"
    codes = "&".join(ticker.partition("_")[2] for ticker in story.tickers)
    return f"<!-- news_keyword_pub,{market},{codes} -->"


def keyword_links(story: Story, channel: str) -> str:
    """The keywords as links to the tags of a channel."""
    root = f"http://tags.{channel}.sina.com.cn"
    return "".join(f'<a href="{root}/{word}" target="_blank">{word}</a>' for word in story.keywords)


def wbkey(story: Story) -> str:
    """The keywords as an attribute that a script reads."""
    return escape(",".join((*story.keywords, "新闻")))


def video(story: Story) -> str:
    """The element for a video player and the script that fills it, if the story has a video."""
    return fill("video.html", {"docid": story.docid}) if "video" in story.features else ""
