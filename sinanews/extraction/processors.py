"""Functions from one value of a page to one value of an article, for input processors.

MapCompose drops a None that they return.
"""

import re

from sinanews.utils.text import line
from sinanews.utils.times import without_date

_HAN = r"[\u4e00-\u9fff·]"  # with the dot in names such as 尉迟·晚照
# The functions below have examples for each of these patterns.
_EDITOR = re.compile(
    rf"""
    (?:编辑|责编)[：:]\s*
    (?P<names>
        {_HAN}*
        (?:[\s、，,/]+{_HAN}{{2,4}}(?![：:\u4e00-\u9fff]))*  # not followed by a colon: a label
    )
    \s*(?P<code>[A-Za-z]{{1,3}}\d{{2,4}})?
    """,
    re.VERBOSE,
)
_OUTLET_PREFIX = re.compile(r"^(?:https?://\S+)?\s*(?:(?:来源|稿源|出处)[：:])?\s*")
_OUTLET_SUFFIXES = ("[微博]", "[微博", "微博]", "微博", "收藏本文")
_COMMENTS = "我有话说"  # with how many readers did, up to the end
_WORD = re.compile(rf"{_HAN}+")
_TICKERS = re.compile(r"\s*news_keyword_pub,(?P<market>\w+),(?P<codes>.*)", re.DOTALL)


def outlet(text: str) -> str | None:
    """The outlet, without a label, date, URL or link to social media from the same element.

    >>> examples = {
    ...     "海港日报": "海港日报",
    ...     "来源：新华社": "新华社",
    ...     " 2016年05月25日10:10 新浪财经 ": "新浪财经",
    ...     "http://www.sina.com.cn 2005年03月21日 11:21 《理财周刊》": "《理财周刊》",
    ...     "北京晚报 [微博] 我有话说(23人参与)": "北京晚报",
    ...     "2016年05月25日10:10": None,
    ... }
    >>> [text for text, name in examples.items() if outlet(text) != name]
    []
    """
    shown = _OUTLET_PREFIX.sub("", line(without_date(text)) or "", count=1)
    end = len(shown.partition(_COMMENTS)[0].rstrip(" "))
    while suffix := next((one for one in _OUTLET_SUFFIXES if shown.endswith(one, 0, end)), ""):
        end -= len(suffix)
        end -= shown.endswith(" ", 0, end)
    return shown[:end].strip() or None


def editor(text: str) -> str | None:
    """The names in an editor line, with one space between them.

    >>> examples = {
    ...     "责任编辑：支全明 SF099": "支全明",
    ...     "责任编辑：支全明SF099": "支全明",
    ...     "责任编辑：王翔、支全明": "王翔 支全明",
    ...     "责任编辑：王翔 支全明 SN241": "王翔 支全明",
    ...     "【编辑：支全明】": "支全明",
    ...     "责任编辑：支全明 来源：新华社": "支全明",
    ...     "（编辑：SN064）": None,
    ... }
    >>> [text for text, names in examples.items() if editor(text) != names]
    []
    """
    match = _EDITOR.search(text)
    return " ".join(_WORD.findall(match["names"])) or None if match else None


def editor_code(text: str) -> str | None:
    """The staff code in an editor line.

    >>> editor_code("责任编辑：支全明 SF099"), editor_code("（编辑：SN064）")
    ('SF099', 'SN064')
    >>> editor_code("责任编辑：王翔 ") is None
    True
    """
    match = _EDITOR.search(text)
    return match["code"] if match else None


def tickers(comment: str) -> list[str]:
    """The stocks in the content of a keyword comment: each code after its market.

    >>> tickers(" news_keyword_pub,stock,sz000430&sh601008 ")
    ['stock_sz000430', 'stock_sh601008']
    >>> tickers(" news_keyword_pub,usstock,MU & AMD& ")
    ['usstock_MU', 'usstock_AMD']
    >>> tickers(" news_keyword_pub,stock, ")
    []
    """
    match = _TICKERS.fullmatch(comment)
    if not match:
        return []
    codes = (code.strip() for code in match["codes"].split("&"))
    return [f"{match['market']}_{code}" for code in codes if code]


def words(text: str) -> list[str]:
    """The words of a comma-separated list.

    >>> words("宏观, 利率,,")
    ['宏观', '利率']
    """
    return [word.strip() for word in text.split(",") if word.strip()]
