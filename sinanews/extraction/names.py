"""Tells names of persons from other Chinese words, and apart where they touch each other."""

import re
from importlib.resources import files

_HERE = files("sinanews.extraction")
_SINGLE, _COMPOUND = (_HERE / "surnames.txt").read_text("utf-8").split("\n\n")
# Those of the Hundred Family Surnames, a text of the Song dynasty, and others common today.
SURNAMES = frozenset(_SINGLE) - {"\n"}
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
# What China is divided into, its larger cities, and where correspondents are. Many begin like a
# name: 安徽, 成都, 宁波.
PLACES = frozenset((_HERE / "places.txt").read_text("utf-8").split())
HAN = "\u3400-\u4e27\u4e29-\u9fff"  # without 丨, which stands between a role and a name
_NAME = re.compile(rf"[{HAN}]{{2,4}}")
# With a dot between its parts, as names of some peoples of China have it.
_DOTTED = re.compile(rf"[{HAN}]{{1,8}}(?:[·•・][{HAN}]{{1,8}}){{1,3}}")
_DOT = re.compile("[·•・]")
# What ends like an outlet, an office or a title, or is a word that stands where names do.
_NO_NAME = re.compile(
    r".*(?:[网报社台刊部室组局厅处院所店会界]|中心|公司|集团|频道|新闻|财经|证券|基金|银行|团队|研究|中国|周末"
    r"|教授|律师|博士|老师|先生|女士|经理|主任|部长|局长|书记|院士|委员|编委|学者|专家|客户端|公众号)"
    r"|.*(?:获悉|综合|整理|供图|综述|报道|表示|了解|采访|提问|注意|发现|认为|介绍|统计|调查|观察|手记|连线"
    r"|走访|探访|摄影|摄制|视频|图片|资料|来源|声明|原创|首发|授权|转载|节前|眼中|快评|谢谢|您好|方面)"
    r"|[本该此其这那每各某有].{0,2}(?:报|刊|文|人|地|日|时|年|次|者)|今年.*|近[日年期].*|目前.*|日前.*|昨[日天].*|发自.*"
)
# Of a word that does not begin with a surname, what makes it a clause rather than a name.
_CLAUSE = re.compile(r"[系为是的了在从对与及被把将就称说注采看问到获并也都请向由让给于]")
_LONGEST_ROW = 12  # characters of names that touch each other


def is_name(word: str) -> bool:
    """Whether a word is the name of a person, by its surname or its dots.

    >>> words = ("苏禾", "欧阳若宁", "古丽扎尔·艾山", "阿苏", "时代周报", "何教授")
    >>> [word for word in words if is_name(word)]
    ['苏禾', '欧阳若宁', '古丽扎尔·艾山']
    """
    if _DOTTED.fullmatch(word):
        return not any(map(_NO_NAME.fullmatch, _DOT.split(word)))
    if word in PLACES or not _NAME.fullmatch(word) or _NO_NAME.fullmatch(word):
        return False
    is_compound = word[:2] in COMPOUND_SURNAMES
    return (is_compound and len(word) > 2) or (word[0] in SURNAMES and len(word) < 4)  # noqa: PLR2004 - a name is two characters at most


def may_be_name(word: str) -> bool:
    """Whether a word may be a name where nothing else stands: a pen name, or one of a people of
    China without a surname.

    >>> words = ("阿苏", "卓玛央金", "玉浊清", "系律师", "注意到", "编辑部", "一二三四五")
    >>> [word for word in words if may_be_name(word)]
    ['阿苏', '卓玛央金', '玉浊清']
    """
    if is_name(word):
        return True
    is_other = word in PLACES or _NO_NAME.fullmatch(word) or _CLAUSE.search(word)
    return bool(_NAME.fullmatch(word)) and not is_other


def apart(row: str) -> list[str]:
    """The names in a row of names that touch each other; empty when there is no way, or more than
    one, to tell them apart.

    >>> apart("林知远苏小禾"), apart("苏禾"), apart("港口货运"), apart("李明王江华")
    (['林知远', '苏小禾'], ['苏禾'], [], [])
    """
    if len(row) > _LONGEST_ROW:
        return []
    # For each end of a name: the ways to it, of which two are as good as many.
    ways: list[list[list[str]]] = [[[]], *([] for _ in row)]
    for end in range(2, len(row) + 1):
        for start in range(max(0, end - 4), end - 1):
            if is_name(row[start:end]):
                ways[end] += [[*way, row[start:end]] for way in ways[start]]
        del ways[end][2:]
    return ways[-1][0] if len(ways[-1]) == 1 else []
