"""Reads the reporters of an article from the bylines in its text."""

import re
from collections.abc import Iterable
from itertools import takewhile

_HAN = r"[\u4e00-\u9fff]"
# 李金磊, 矫 月 (two characters, spaced to be as wide as three), or the first character of 王 小 明.
_NAME = rf"{_HAN}(?:{_HAN}{{1,7}}| {_HAN}(?!{_HAN})|(?= ))"
# In a list each word is a name in one way only, or else a row of words could be read in more ways
# than can be tried: two characters and more; one with a space behind it; or the last of such.
_WORD = rf"{_HAN}(?>{_HAN}{{1,7}}|(?= )|(?<=(?<!{_HAN}){_HAN} {_HAN}))"
_NAMES = rf"(?P<names>(?:{_HAN} {_HAN}(?!{_HAN})|{_WORD})(?:[ 、，,]++{_WORD})*)"

# The forms of a byline, one anywhere and those at the start of a paragraph. `byline` has examples
# of each, in this order.
_IN_BRACKETS = re.compile(
    rf"[（(][^（()）。]{{0,10}}?(?:记者|通讯员|作者)[ ：:/|]*+{_NAMES}[ ]?[)）]"
)
_AT_START = (
    re.compile(rf"[（(]?(?:文|撰文|撰稿|作者)[ ]?[|｜/／丨：:][ ]?{_NAMES}(?=[)）]?$|[ )）])"),
    re.compile(rf"[■□●◎]? ?[^ ，。]{{0,8}}记者[ ：:/|]++{_NAMES}(?: \S{{0,4}}报道)?$"),
    re.compile(rf"原创[：:] ?(?P<names>{_NAME})"),
)

# What `_NAMES` matches beside the names; `_authors` has examples of each.
_OTHER_CREDITS = re.compile(r"编辑|校对|审核|责编|发自|(?<= )摄影|视频")
_ROLE = re.compile(r"(?:见习|实习|特约|本报){0,4}(?:记者|通讯员|实习生)|编译")
_WORDS = re.compile(r"[^ 、，,]+")
_NOT_A_NAME = re.compile(
    r".*(?:整理|获悉|供图|综述|摄|财经|新闻|日报|时报|网|社|频道|编辑部)|[系为].*|.*报道.*|.{5,}"
)


def byline(paragraphs: Iterable[str]) -> str | None:
    """The reporters that a text names as its authors, with one space between names.

    None when there is no byline, or when two bylines differ: a wrong author is worse than none.

    >>> examples = {
    ...     # In brackets, anywhere
    ...     "中新网9月28日电（记者 李金磊）记者从文旅部获悉": "李金磊",
    ...     "（央视记者 许骁）": "许骁",
    ...     "本报讯（记者张三、李四）": "张三 李四",
    ...     "（记者 王 小 明）": "王小明",
    ...     "（作者系律师）": None,
    ...     "（记者丁伟摄）": None,
    ...     # After a label, at the start of a paragraph
    ...     "文/玉浊清": "玉浊清",
    ...     "撰文 | 孟亚旭 编辑 | 李四": "孟亚旭",
    ...     "作者：张三": "张三",
    ...     "来源：海港周刊": None,
    ...     # A paragraph of its own
    ...     "■本报记者 矫 月": "矫月",
    ...     "21世纪经济报道记者 张三 北京报道": "张三",
    ...     "海港商报记者从码头获悉，货到了。": None,
    ...     # Reprints of social media
    ...     "原创： 张三编译 海港观察": "张三",
    ... }
    >>> [text for text, author in examples.items() if byline([text]) != author]
    []
    >>> byline(["文/张三", "（记者 张三）"]), byline(["（记者 张三）", "（记者 李四）"])
    ('张三', None)
    """
    bylines = set()
    for text in paragraphs:
        for match in (_IN_BRACKETS.search(text), *[form.match(text) for form in _AT_START]):
            if match and (authors := _authors(match["names"])):
                bylines.add(authors)
    return bylines.pop() if len(bylines) == 1 else None


def _authors(names: str) -> str:
    """The names of reporters, with one space between them; empty when it is doubtful which words
    are names.

    >>> examples = {
    ...     "张三、李四": "张三 李四",
    ...     "矫 月": "矫月",
    ...     "王 小 明": "王小明",
    ...     "张三 发自北京": "张三",
    ...     "张三 编辑 李四": "张三",
    ...     "张三 实习生 李四": "张三 李四",
    ...     "矫 月 见习记者 张 三": "矫月 张三",
    ...     "张三 北京报道": "张三",
    ...     "张三 北京 上海报道": "",  # perhaps 张三 and 北京, perhaps two places
    ...     "整理": "",
    ...     "系律师": "",
    ...     "某某大学教授": "",
    ... }
    >>> [names for names, authors in examples.items() if _authors(names) != authors]
    []
    """
    authors = []
    for group in _ROLE.split(_OTHER_CREDITS.split(names)[0]):
        words = _WORDS.findall(group)
        people = list(takewhile(lambda word: not _NOT_A_NAME.fullmatch(word), words))
        is_doubtful = len(people) != len(words) and len(people) > 1
        if people and not is_doubtful:
            separator = "" if all(len(word) == 1 for word in people) else " "
            authors.append(separator.join(people))
    return " ".join(authors)
