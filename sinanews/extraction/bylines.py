"""The reporters whom a text itself names as its authors."""

import re
from collections.abc import Iterable
from itertools import takewhile

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
