"""One-value functions between what stands in a page and what an article holds.

An ItemLoader drops what they return as None; an empty string stays a value.
"""

import re
from collections.abc import Iterable
from itertools import takewhile

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
_NAME = r"[\u4e00-\u9fff](?:[\u4e00-\u9fff]{1,7}| [\u4e00-\u9fff](?![\u4e00-\u9fff])|(?= ))"
_NAMES = rf"(?P<names>{_NAME}(?:[ 、，,]+{_NAME})*)"
# What may stand among names: who else had a hand in it, what a name's bearer is, and what ends
# the names, being none.
_OTHERS = re.compile(r"编辑|校对|审核|责编|发自|(?<= )摄影|视频")
_ROLES = re.compile(r"(?:见习|实习|特约|本报)*(?:记者|通讯员|实习生)|编译")
_NO_NAME = re.compile(
    r".*(?:整理|获悉|供图|综述|摄|财经|新闻|日报|时报|网|社|频道|编辑部)|[系为].*|.{5,}"
)
_PLACE = re.compile(r".*报道")
_BYLINES = (
    # （记者 李金磊） | (央视记者 许骁) | （记者 张三 李四）, but no （记者丁伟摄）
    re.compile(rf"[（(][^（()）。]{{0,10}}?(?:记者|通讯员|作者)[ ：:/|]*{_NAMES}[ ]?[)）]"),
    # 文/玉浊清 | 撰文 | 孟亚旭 | 作者：张三
    re.compile(rf"^[（(]?(?:文|撰文|撰稿|作者)[ ]?[|｜/／丨：:][ ]?{_NAMES}(?=[)）]?$|[ )）])"),
    # ■本报记者 矫 月 | 记者 张三 北京报道
    re.compile(rf"^[■□●◎]? ?[^ ，。]{{0,8}}记者[ ：:/|]+{_NAMES}(?: \S{{0,4}}报道)?$"),
    re.compile(rf"^原创[：:] ?(?P<names>{_NAME})"),
)


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


def byline(paragraphs: Iterable[str]) -> str | None:
    """The reporters whom the text itself names as its authors, when it names them in one way only.

    >>> byline(["中新网9月28日电（记者 李金磊）记者从文旅部获悉"]), byline(["■本报记者 矫 月"])
    ('李金磊', '矫月')
    >>> byline(["（记者 张三）", "（记者 李四）"]) is byline(["（记者丁伟摄）"]) is None
    True
    """
    found = (form.search(text) for text in paragraphs for form in _BYLINES)
    named = {name for match in found if match and (name := _people(match["names"]))}
    return named.pop() if len(named) == 1 else None


def _people(names: str) -> str:
    """Names with one space between them; empty when it is doubtful what is a name."""
    groups = _ROLES.split(_OTHERS.split(names)[0])
    return " ".join(filter(None, map(_group, groups)))


def _group(words: str) -> str:
    """The names that stand behind one role. A space in a name of two is for the eye."""
    said = re.findall(r"[^ 、，,]+", words)
    people = list(
        takewhile(lambda word: not (_NO_NAME.fullmatch(word) or _PLACE.match(word)), said)
    )
    if len(people) != len(said) and len(people) > 1:
        return ""  # 北京 上海报道: which of the words before is a place?
    return ("" if all(len(word) == 1 for word in people) else " ").join(people)
