"""One-value functions between what stands in a page and what an article holds.

An ItemLoader drops what they return as None; an empty string stays a value.
"""

import re

from sinanews.utils.text import line
from sinanews.utils.times import without_date

_HAN = r"[\u4e00-\u9fff·]"
# A label such as 来源： is no second editor.
_EDITOR = re.compile(
    rf"(?:编辑|责编)[：:]\s*(?P<names>{_HAN}*(?:[\s、，,/]+{_HAN}{{2,4}}(?![：:\u4e00-\u9fff]))*)"
    r"\s*(?P<code>[A-Za-z]{1,3}\d{2,4})?"
)
_OUTLET = re.compile(r"^(?:https?://\S+)?\s*(?:(?:来源|稿源|出处)[：:])?\s*")
_AFTER_OUTLET = re.compile(r"(?: ?(?:\[?微博\]?|我有话说.*|收藏本文))+$")
_TICKERS = re.compile(r"\s*news_keyword_pub,(?P<market>\w+),(?P<codes>.*)", re.DOTALL)


def outlet(text: str) -> str | None:
    """A source without its label and without a date that shares its element.

    >>> outlet(" 2016年05月25日10:10 新浪财经 "), outlet("来源：新华社")
    ('新浪财经', '新华社')
    >>> outlet("http://www.sina.com.cn 2005年03月21日 11:21 《理财周刊》")
    '《理财周刊》'
    >>> outlet("北京晚报 [微博] 我有话说(23人参与)")
    '北京晚报'
    """
    shown = line(without_date(text))
    return shown and (_AFTER_OUTLET.sub("", _OUTLET.sub("", shown)) or None)


def editor(text: str) -> str | None:
    """The name in an editor line; several with a space between them.

    >>> editor("责任编辑：支全明 SF099"), editor("（编辑：SN064）")
    ('支全明', None)
    >>> editor("责任编辑：王翔、支全明 SF099"), editor("【编辑：支全明】 来源：新华社")
    ('王翔 支全明', '支全明')
    """
    found = _EDITOR.search(text)
    return " ".join(re.findall(rf"{_HAN}+", found["names"])) or None if found else None


def editor_code(text: str) -> str | None:
    """The staff code in an editor line.

    >>> editor_code("责任编辑：支全明 SF099"), editor_code("责任编辑：王翔 ")
    ('SF099', None)
    """
    found = _EDITOR.search(text)
    return found["code"] if found else None


def tickers(comment: str) -> list[str]:
    """The stocks of a keyword comment, market first.

    >>> tickers(" news_keyword_pub,usstock,MU&AMD ")
    ['usstock_MU', 'usstock_AMD']
    >>> tickers(" news_keyword_pub,stock, ")
    []
    """
    found = _TICKERS.fullmatch(comment)
    codes = found["codes"].split("&") if found else []
    return [f"{found['market']}_{code.strip()}" for code in codes if found and code.strip()]


def words(text: str) -> list[str]:
    """The words of a keywords list.

    >>> words("宏观, 利率,,")
    ['宏观', '利率']
    """
    return [word.strip() for word in text.split(",") if word.strip()]
