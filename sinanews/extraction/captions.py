"""Tells the lines that say who made or lent a picture, or what it shows."""

import re

LONGEST = 160  # characters of such a line
_MARKS = "▲△▼▽↑◆■●"  # before a caption; the arrows point at the picture above
_ARROWS = "▲△▼▽↑"
_BRACKETS = "（()）【】[] 。"
_SEPARATOR = r"[ ]?[/／：:|｜丨]"
_LENDERS = (
    r"视觉中国|图虫(?:创意)?|东方IC|摄图网|IC ?photo|CFP|人民视觉|新华社发?|中新社发?|Getty ?Images"
    r"|[Pp]ixabay|[Uu]nsplash"
)
_BEGINS = re.compile(
    rf"图为|图(?:[1-9左右上下中])?{_SEPARATOR}|图源|图片[/／：:|｜丨来由 ]"
    rf"|(?:资料|配|题|头|首|截|组|示意)图(?:片)?(?:$|[/／：:|｜丨。 ])|资料照片"
    rf"|(?:资料|数据|图表|素材|照片|视频)(?:来源|来自于?){_SEPARATOR}"
    rf"|(?:摄影报道|摄影|摄制|摄|航拍|供图|制图|绘图|漫画|海报|制表)(?:{_SEPARATOR}|[ ])"
    rf"|来源{_SEPARATOR}[ ]?(?:{_LENDERS}|网络)",
)
_ENDS = re.compile(
    rf"(?:摄|摄影|[/／ ]图|供图|制图|绘图|制表|资料图片?|资料照片|截图|示意图|效果图|{_LENDERS})\Z"
)


def is_credit(text: str) -> bool:
    """Whether a line below a picture belongs to it: names who took, drew or lent it, or begins like
    a caption. Whether there is a picture above it is not known here.

    >>> yes = ["林知远/摄", "林知远 摄", "（摄影：本报记者 林知远）", "图为港口夜景。"]
    >>> yes += ["▲港口的货轮", "图/视觉中国"]
    >>> yes += [ "图片来源：海港日报", "海港集团供图", "数据来源：海港证券"]
    >>> yes += ["港口（资料图）", "制图 林知远", "视觉中国"]
    >>> [text for text in yes if not is_credit(text)]
    []
    >>> no = ["港口货运回升。", "来源：海港日报", "图书馆周末也开门", "二、航线图的变化"]
    >>> [text for text in no if is_credit(text)]
    []
    """
    if not 0 < len(text) <= LONGEST:
        return False
    words = text.strip(_BRACKETS)
    if words[:1] in tuple(_ARROWS):
        return True
    words = words.lstrip(_MARKS + _BRACKETS)
    return bool(_BEGINS.match(words) or _ENDS.search(words))
