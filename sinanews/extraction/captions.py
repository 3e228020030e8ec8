"""Tells the lines that say who made or lent a picture, or what it shows."""

import re

from sinanews.extraction.names import is_name

LONGEST = 160  # characters of such a line
_SHORT = 40  # of one that names somebody and says nothing else
_MARKS = "▲△↑◆■●"  # before a caption
_ARROWS = "▲△"  # which point at the picture above
_BRACKETS = "（()）【】[] 。"
_CLOSING = ("）", ")", "】", "]")
_SEPARATOR = r"[ ]?[/／：:|｜丨]"
_LENDERS = (
    r"视觉中国|图虫(?:创意)?|东方IC|摄图网|IC ?photo|CFP|人民视觉|新华社发?|中新社发?|Getty ?Images"
    r"|[Pp]ixabay|[Uu]nsplash"
)
_BEGINS = re.compile(
    rf"图为|图(?:[1-9左右上下中])?{_SEPARATOR}|图源|图片[/／：:|｜丨来由]"
    rf"|(?:资料|配|题|头|首|截|组|示意)图(?:片)?(?:$|[/／：:|｜丨。 ])|资料照片"
    rf"|(?:资料|数据|图表|素材|照片|视频)(?:来源|来自于?){_SEPARATOR}"
    rf"|来源{_SEPARATOR}[ ]?(?:{_LENDERS}|网络)",
)
# Who made or lent it, in a line that says nothing else.
_BEGINS_SHORT = re.compile(
    rf"(?:摄影报道|摄影|摄制|摄|航拍|供图|制图|绘图|制表)(?:{_SEPARATOR}|[ ])[^，。？！]*"
)
_ENDS = re.compile(
    rf"(?:[/／ ](?:摄影?|图|供图|制图|绘图|制表|{_LENDERS})|[^，。：]{{2,12}}供图"
    rf"|[（(][^（()）]{{0,30}}(?:资料图片?|资料照片|截图|示意图|效果图|配图|{_LENDERS}|摄|图)"
    rf"|[。，][^，。：]{{2,10}}(?:新闻|日报|晚报|时报|网|社|客户端)图)\Z"
)
_WHOLE = re.compile(rf".{{0,8}}(?:资料图片?|资料照片|截图|示意图|效果图)|{_LENDERS}")
_TAKEN_BY = re.compile(
    r"(?:^|[，。；、：: ])(?:[\u3400-\u9fff]{0,8}记者)?(?P<name>[\u3400-\u9fff]{2,4})摄\Z"
)
_INTRODUCES = re.compile(r"[：:]\Z|[以如]下(?:[：:]|全文|要点)|要点如下")


def is_credit(text: str) -> bool:
    """Whether a line below a picture belongs to it: names who took, drew or lent it, or begins like
    a caption. Whether there is a picture above it is not known here.

    >>> yes = ["林知远/摄", "林知远 摄", "（摄影：本报记者 林知远）", "图为港口夜景。"]
    >>> yes += ["▲港口的货轮", "图/视觉中国", "港口的清晨，林知远摄", "港口，海港新闻图"]
    >>> yes += ["图片来源：海港日报", "海港集团供图", "数据来源：海港证券"]
    >>> yes += ["港口（资料图）", "制图 林知远", "视觉中国", "聊天记录截图"]
    >>> [text for text in yes if not is_credit(text)]
    []
    >>> no = ["港口货运回升。", "来源：海港日报", "图书馆周末也开门", "二、航线图的变化"]
    >>> no += ["网友在社交平台晒出多张聊天截图。", "记者到港口现场拍摄", "他爱好旅游和摄影"]
    >>> no += ["△发布会要点如下：", "涨幅居前的是：视觉中国", "摄影 是一种艺术，要学。"]
    >>> no += ["图为首次公开的方案。据了解，方案由海港局起草，将于下月实施。"]
    >>> [text for text in no if is_credit(text)]
    []
    """
    if not 0 < len(text) <= LONGEST or _INTRODUCES.search(text):
        return False
    words = text.strip(_BRACKETS)
    is_story = text.endswith("。") and "。" in words
    if words[:1] in tuple(_ARROWS) and not is_story:
        return True
    words = words.lstrip(_MARKS + _BRACKETS)
    if _BEGINS.match(words):
        return not is_story
    if text.endswith("。"):
        return False
    taken = _TAKEN_BY.search(words)
    is_short = len(words) <= _SHORT and bool(_BEGINS_SHORT.fullmatch(words))
    return (
        is_short
        or bool(_WHOLE.fullmatch(words) or _ENDS.search(words))
        or (text.endswith(_CLOSING) and bool(_ENDS.search(text.rstrip("".join(_CLOSING)))))
        or (taken is not None and is_name(taken["name"]))
    )
