"""Reads the reporters of an article from the bylines in its text.

A byline is a row of credits, each a role and the names behind it:

    byline  = [outlet] credit {[outlet] credit} [ending]
    credit  = role [separator] [outlet] name {name}
    ending  = [place] "报道" | "发自" place | "/文" | a story that goes on

It stands in brackets anywhere, is a line, or begins or ends one. A role says who wrote (记者,
作者, 文 …) or who did something else (编辑, 摄影, 来源 …), whose names are passed over. What can be
read in two ways names nobody: a wrong author is worse than none.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from sinanews.extraction.names import HAN, PLACES, apart, is_name, may_be_name
from sinanews.utils.text import line

_SEPARATORS = "：:｜|丨/／·→►▶▪>＞-"
_MARKS = "■□●○▲△◆◇★☆•—*、，,;； "
# Of words that are roles only in front of something.
_FOLLOWS = rf"(?=[ ]?[{_SEPARATORS}]|[ ])"
_RANK = (
    r"(?:本报|本刊|本网|本台|本社|每经|见习|实习|特约|特派|首席|资深|高级|全媒体|融媒体?|主任|新媒体"
    rf"|驻[{HAN}]{{1,5}}?)"
)
_ROLE = re.compile(
    rf"""
    (?P<OTHER>
        (?:摄影|摄像|图片|视频|航拍|美术|美编|制图|设计)(?!报道|来源)(?:记者|编辑|设计|通讯员)?
        | (?:图文|文字|责任|执行|值班|实习|见习|本报|本刊|每经|新媒体|版面|专业|主任|资深)?
          (?:副?主编|编辑|责编|总编|编委|编导|编审|校对|校审|审校|审核|审读|检校)
        | 统筹|策划|监制|出品人?|制片人?|制作|制表|签发|[一二三]读|[一二三初复终]审|[一二三]校
        | 排版|运营|拍摄|(?:题|头|首|配|封|插|组|原|供|绘)图(?!来源)|图源|图据|图表|绘制|插画|漫画
        | 海报|封面(?!新闻)|剪辑|配音|视觉|音频|后期|翻译|校译|主持人?|嘉宾|口述
        | 受访者?(?!供图)|整理|版权
        | 组稿|组版|版式|微信|公众号|邮箱|电话|受访者供图
        | (?<![{HAN}])[图摄译编责影](?=[ ]?[{_SEPARATORS}])
    )
    | (?P<SOURCE> (?:图片|题图|数据|资料|新闻|文章|本文|信息)?(?:来源|出处)|稿源|转自|转载自?|首发)
    | (?P<WRITER>
        {_RANK}{{0,4}}(?:记者|通讯员|评论员|撰稿人?|专栏作者|实习生)
        | (?:本文)?作者
        | (?:采写|撰文|采访|执笔|编译|原创|撰写|(?<![{HAN}])图文){_FOLLOWS}
        | (?<![{HAN}/／])文(?:[ ]?[/／、][ ]?图)?{_FOLLOWS}
        | [⊙◎](?=[ ]?[{HAN}])
    )
    """,
    re.VERBOSE,
)
# Texts without any of these have no byline. Each begins with one character: these are looked for
# at once, and most lines have none of them.
_SIGNS = re.compile(
    r"记者|作者|文[/／|｜丨：:·→ 、]|图文|撰[文稿]|采写|通讯员|评论员|实习生|编译|原创|执笔|⊙|◎"
    r"|电 ?[（(]|讯 ?[（(]|/ ?文|／ ?文|报道\Z"
)
# Characters: at the beginning and at the end of a line what is looked at, then a row of credits,
# what of it may follow the first comma, and what may stand before the first role.
_LONGEST, _LONGEST_ROW, _LONGEST_NAMES, _LONGEST_PREFIX = 300, 150, 40, 50
_BRACKETS = re.compile(r"[（(【\[［]([^（()）【】\[\]［］]{2,120})[)）】\]］]")
# Addresses of outlets and persons: 华夏时报（www.example.cn）记者 | 作者：苏禾（suhe@example.com）
_CONTACT = re.compile(
    r"[（(\[［](?:[^（()）【】\[\]［］]{0,40}(?:@|…|邮箱|电话|微信号?)[^（()）【】\[\]［］]{0,60}"
    r"|[\w./:-]{1,60}\.(?:cn|com|net)[\w./]{0,20})[)）\]］]"
)
_SENTENCE = re.compile(r"[。！？!?；;…，,“”「」]")
_OUTLET = re.compile(
    r".{0,24}(?:[网报社台刊电讯界]|新闻|财经|经济报道|周末|杂志|客户端|APP|App|频道|证券|券商中国|商业|经纬|传媒"
    r"|全媒体|融媒|工作室|e公司|快讯|报道)|每经|中经|南都|南财|红星|封面|界面|澎湃|北青|上证|中证"
)
_LEADING_OUTLET = re.compile(r"[^ 、，,]{2,24} ")
_PLACE = "|".join(sorted(PLACES, key=len, reverse=True))
# What may touch a role from before: an outlet, its name in quotes, the end of a dateline or column.
_BEFORE = re.compile(r"(?![前原]).*(?:[》」讯电版·]|全媒体|融媒)|(?:总台)?(?:央视)?")
_PLACE_FIRST = re.compile(rf"(?:{_PLACE})[，, ]")  # （北京，记者 苏禾）
_IN_PICTURE = re.compile(r"[（(](?:[左右中][一二三四五六起）),，]|[前后]排|图[左右中])")
_START = re.compile(rf"[ ]?[,，{_SEPARATORS}]{{0,3}}[ ]?[⊙◎○●■□]?[ ]?")
_LIST = re.compile(r"[ ]?[、，,&▪/／][ ]?|[ ]")
_WORD = re.compile(rf"[{HAN}](?:[{HAN}·•・]{{0,60}}[{HAN}])?")
_SPACED = re.compile(rf"[{HAN}](?![{HAN}])(?: [{HAN}](?![{HAN}]))+")  # 矫 月
_NAME_AND_END = re.compile(r"(?P<name>.{2,})(?P<end>摄影?|报道|供图|制图|整理|编译)")
_PICTURES = re.compile(r"[ ]?[/／]?[ ]?(?:摄影?(?!报道)|制图|供图|拍摄|绘|图片|图(?!文)|剪辑|整理)")
_REPORT = re.compile(
    rf"[ ]?(?:(?:{_PLACE})[ 、，,—-]{{0,3}}){{0,6}}[{HAN}]{{0,8}}?报道(?=[ ：:，,。]|$)"
    rf"|[ ]?发自[ ]?[{HAN}]{{2,8}}(?:[ 、，,](?:{_PLACE})){{0,4}}"
)
# Of whom these say that they wrote is no reporter as a rule, and no story goes on behind them.
_LABELS = re.compile(r"(?:本文)?作者|文.*|图文|撰文|采写|采访|执笔|编译|原创|撰写")
_LONGEST_PEN_NAME = 3  # characters; longer ones are accounts
_BEHIND = re.compile(r"摄影|摄像|制图|供图|绘图|绘制|拍摄|剪辑|图片|视频|整理|设计|制作|编辑|责编")
_STORY = re.compile(r" |\d{1,2}[月日]")
_ENDING = re.compile(
    rf"[ ]?[/／、]?[ ]?文(?:[ ]?[/／、]?[ ]?图)?(?![{HAN}])"  # 苏禾/文
    r"|[ ]?[：:]?[ ]?(?:…|[\w.%+-]{1,64}@[\w.-]{1,64})"  # an address, or what stands for one
    r"|[ ]?(?:[（(]?完[)）]?)?[ 。]{0,2}$"
    r"|，[^，。]{0,20}(?:教授|研究员|博士生?|律师|学者|专家|分析师|经济学家|主任)$"
)
_SIGNATURES = ("报道", "文", "文图", "文、图", "文/图")
# 中新网北京7月3日电 (苏禾)1日，… has names and no role.
_DATELINE = re.compile(rf"[^，。（()）]{{2,40}}[电讯][ ]?[（(](?P<names>[{HAN} 、]{{2,30}})[)）]")


class DoubtError(Exception):
    """Raised for a byline that can be read in two ways."""


class _Credit(NamedTuple):
    role: str  # WRITER, SOURCE or OTHER
    label: str  # the word for it
    after: str  # up to the next role


class _Names(NamedTuple):
    names: list[str]
    are_sure: bool  # whether each is a name by its surname
    rest: str  # what follows them


def byline(paragraphs: Iterable[str], doubtful: list[str] | None = None) -> str | None:
    """The reporters that a text names as its authors, with one space between their names.

    None when there is no byline, or when two bylines differ. Lines that look like bylines and can
    be read in two ways are added to `doubtful`.

    >>> byline(["文/张三", "（记者 张三）"]), byline(["（记者 张三）", "（记者 李四）"])
    ('张三', None)
    >>> byline(["海港日报记者 张三", "实习生 李四", "编辑 王五"])
    '张三 李四'
    """
    found: list[tuple[str, ...]] = []
    goes_on = False  # whether the line before is a byline as a whole
    for text in paragraphs:
        is_line = False
        if not _SIGNS.search(text):
            goes_on = False
            continue
        try:
            for names, is_line in _bylines(text):
                if goes_on and is_line and not {*names} & {*found[-1]}:
                    found[-1] += names
                else:
                    found.append(names)
        except DoubtError:
            if doubtful is not None:
                doubtful.append(text)
        goes_on = is_line
    return " ".join(found[0]) if len({*found}) == 1 else None


def _bylines(text: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The names of each byline in a line, and whether it is the line as a whole.

    Raises DoubtError.
    """
    ends = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]}。{text[-_LONGEST:]}"
    ends = line(_CONTACT.sub(_without_address, ends)) or ""
    for bracketed in _BRACKETS.findall(ends):
        if _SIGNS.search(bracketed) and (names := _credited(bracketed, in_brackets=True)):
            yield names, False
    if (dated := _DATELINE.match(ends)) and (names := _all_names(dated["names"])):
        yield names, False
    if _IN_PICTURE.search(ends):
        return
    bare = (line(_BRACKETS.sub(" ", ends)) or "").strip(_MARKS)
    first, *others = _SENTENCE.split(bare.rstrip("。 "))
    names = _signed(bare)
    if not names and (_SIGNS.search(first) or not others):
        names = _credited(bare[: min(len(first) + _LONGEST_NAMES, _LONGEST_ROW)])
    if not names and others and _SIGNS.search(others[-1][-_LONGEST_ROW:]):
        names = _credited(others[-1][-_LONGEST_ROW:].strip(), to_end=True)
    if names:
        yield names, not others


def _without_address(contact: re.Match[str]) -> str:
    """A space for an address in brackets, unless who has it is named there."""
    return contact[0] if "记者" in contact[0] or "作者" in contact[0] else " "


def _credited(text: str, *, in_brackets: bool = False, to_end: bool = False) -> tuple[str, ...]:
    """The names of those who wrote, in a row of credits at the beginning of a text, or `to_end`
    with nothing else in it. Raises DoubtError.

    >>> examples = {
    ...     "文/玉浊清": ("玉浊清",),
    ...     "本报记者 矫 月": ("矫月",),
    ...     "每经记者 苏禾 每经编辑 季明朗": ("苏禾",),
    ...     "来源：某某日报 作者：苏禾 图片：某某社等": ("苏禾",),
    ...     "21世纪经济报道记者 张三、实习生李四 广州、北京报道": ("张三", "李四"),
    ...     "海港日报记者苏禾 9月以来，码头的货多了。": ("苏禾",),
    ...     "摄影：本报记者 张三": (),
    ...     "海港日报记者 张三 摄": (),
    ...     "海港日报记者从码头获悉，货到了。": (),
    ...     "作者：智通财经网": (),
    ... }
    >>> [text for text, names in examples.items() if _credited(text) != names]
    []
    """
    place = _PLACE_FIRST.match(text) if in_brackets else None
    prefix, row = _split(text[place.end() :] if place else text)
    if len(prefix) > _LONGEST_PREFIX or _SENTENCE.search(prefix) or not _may_precede(prefix, row):
        return ()
    writers: list[str] = []
    is_others = False  # whether the next names belong to the credit before: 摄影：本报记者 苏禾
    rest = ""
    for credit, following in zip_longest(row, row[1:]):
        if credit.role != "WRITER":
            if _SENTENCE.search(credit.after):
                break
            is_others = credit.role == "OTHER" and _is_outlet(credit.after)
            rest = ""
            continue
        names, are_sure, rest = _names(credit, in_brackets=in_brackets)
        if not names and not _is_outlet(credit.after):
            break
        stands_behind = (  # 苏禾 制图
            following is not None
            and _BEHIND.match(following.label)
            and not (rest + following.after).strip()
        )
        if not (is_others or stands_behind or _PICTURES.match(rest)):
            writers += names
        is_others = is_others and not names
        if following is None or not _is_outlet(rest):
            may_go_on = are_sure and not to_end and not _LABELS.fullmatch(credit.label)
            if writers and not _ends(rest, may_go_on=may_go_on):
                raise DoubtError
            break
    return () if to_end and not _ends(rest, may_go_on=False) else tuple(writers)


def _split(text: str) -> tuple[str, list[_Credit]]:
    """What is before the first role of a text, and its credits."""
    roles = [*_ROLE.finditer(text)]
    starts = [*(role.start() for role in roles), len(text)]
    ends = zip(roles, starts[1:], strict=True)
    row = [_Credit(role.lastgroup or "", role[0], text[role.end() : end]) for role, end in ends]
    return text[: starts[0]], row


def _may_precede(prefix: str, row: list[_Credit]) -> bool:
    """Whether the words before the first role of a row are an outlet's, or none: 他告诉记者 and
    遇难记者 are of a story, and so is what has a title before 作者."""
    if not row or not prefix.strip(_MARKS + _SEPARATORS):
        return True
    if _LABELS.fullmatch(row[0].label):
        return _is_outlet(prefix) and not prefix.endswith("》")  # a book's author
    touching = prefix.rpartition(" ")[2].strip(_MARKS + _SEPARATORS)
    return not touching or _is_outlet(touching) or bool(_BEFORE.fullmatch(touching))


def _is_outlet(text: str) -> bool:
    """Whether a text has nothing in it but an outlet, or where a report is from, as before the role
    that comes next."""
    words = text.strip(_MARKS + _SEPARATORS)
    first = words.partition("·")[0].strip("《》")  # 海港日报·新港湾
    is_quoted = words.startswith("《") and words.endswith("》")
    return not words or is_quoted or bool(_OUTLET.fullmatch(first) or _REPORT.fullmatch(words))


def _ends(rest: str, *, may_go_on: bool) -> bool:
    """Whether a byline may end where its names do, with this behind them."""
    is_ending = _REPORT.match(rest) or _ENDING.match(rest) or _PICTURES.match(rest)
    return bool(is_ending) or (may_go_on and bool(_STORY.match(rest)))


def _names(credit: _Credit, *, in_brackets: bool = False) -> _Names:
    """The names behind a role.

    >>> names = lambda after: _names(_Credit("WRITER", "记者", after))
    >>> names("：张三、李 四 北京报道")
    _Names(names=['张三', '李四'], are_sure=True, rest=' 北京报道')
    >>> names("从码头获悉").names, names("林知远苏小禾").names, names("/海港网 阿苏").names
    ([], ['林知远', '苏小禾'], ['阿苏'])
    >>> _names(_Credit("WRITER", "作者", "：海通宏观 苏禾")).names
    ['苏禾']
    """
    after, is_label = credit.after, bool(_LABELS.fullmatch(credit.label))
    start = _START.match(after)
    position = start.end() if start else 0
    is_apart = position > 0 or in_brackets
    while (outlet := _LEADING_OUTLET.match(after, position)) and _OUTLET.fullmatch(outlet[0][:-1]):
        position = outlet.end()
    names: list[str] = []
    sure = 0
    end = sure_end = position
    while word := _SPACED.match(after, position) or _WORD.match(after, position):
        people, length = _people(word[0], is_first=not names, is_apart=is_apart)
        is_pen_name = people == [word[0]] and not is_name(word[0])
        if is_label and is_pen_name and names:
            break
        if is_label and is_pen_name and not _signs(word[0], after[word.end() :]):
            position = word.end() + 1  # an account, or an outlet beside a name
            continue
        if not people or (people == [word[0]] and _OUTLET.fullmatch(word[0])):
            break
        names += people
        end = word.start() + length
        if all(map(is_name, people)):
            sure, sure_end = len(names), end
        separator = _LIST.match(after, end)
        if not separator:
            break
        position = separator.end()
    if 0 < sure < len(names) and not _ends(after[end:], may_go_on=False):
        # The story begins with a word like a name.
        names, end = names[:sure], sure_end
    return _Names(names, sure == len(names), after[end:])


def _signs(word: str, rest: str) -> bool:
    """Whether a word without a surname, behind 作者 and the like, is a pen name: it is short and
    stands alone."""
    is_alone = not rest.strip() or not _LIST.match(rest)
    return is_alone and len(word) <= _LONGEST_PEN_NAME


def _people(word: str, *, is_first: bool, is_apart: bool) -> tuple[list[str], int]:
    """The names at the beginning of a row of Chinese characters, and how many of them they take.

    Raises DoubtError.
    """
    if " " in word:
        return _spaced(word.split(" ")), len(word)
    ending = _NAME_AND_END.fullmatch(word)
    if ending and (is_first or ending["end"] != "报道"):  # which else follows a place
        return apart(ending["name"]), len(ending["name"])
    if is_name(word):
        return [word], len(word)
    people = apart(word) or [name for part in word.split("和") for name in apart(part) or [""]]
    if len(people) > 1 and all(people):
        if len(word) == 4:  # noqa: PLR2004 - two names of two characters, or a pen name
            raise DoubtError
        return people, len(word)
    return ([word], len(word)) if is_apart and may_be_name(word) else ([], 0)


def _spaced(characters: list[str]) -> list[str]:
    """The names of characters with a space between each two: 王 小 明."""
    count = len(characters)
    if count == 4:  # noqa: PLR2004 - two names of two characters
        return ["".join(characters[:2]), "".join(characters[2:])]
    return ["".join(characters)] if count < 4 else []  # noqa: PLR2004 - as above


def _all_names(text: str) -> tuple[str, ...]:
    """The names that a text has nothing in it but, all sure; else none."""
    names, are_sure, rest = _names(_Credit("WRITER", "", text))
    return tuple(names) if are_sure and not rest.strip() else ()


def _signed(text: str) -> tuple[str, ...]:
    """The names in a line without a role: those before /文, or after an outlet and before a place.

    >>> _signed("海港日报 苏禾/文"), _signed("海港网 苏禾,林知远 青岛报道"), _signed("苏禾到了")
    (('苏禾',), ('苏禾', '林知远'), ())
    """
    is_signed = text.endswith(_SIGNATURES) and len(text) <= _LONGEST_ROW
    if not is_signed or _SENTENCE.search(text.replace(",", "、")) or _ROLE.search(text):
        return ()
    names, are_sure, rest = _names(_Credit("WRITER", "", f" {text}"))
    is_written = _ENDING.match(rest) and "文" in rest
    is_reported = _REPORT.fullmatch(rest) and not text.startswith(tuple(names))
    return tuple(names) if names and are_sure and (is_written or is_reported) else ()
