"""Bylines in the text, and lines that only look like one.

A wrong author is worse than none: in doubtful cases None is right as well.
"""

import pytest

from sinanews.extraction.bylines import byline


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("中新网4月2日电（记者 顾南乔）港口", "顾南乔"),
        ("新华社北京4月2日电（记者顾南乔、岑砚秋）港口", "顾南乔 岑砚秋"),
        ("（央视记者 顾南乔）", "顾南乔"),
        ("就说到这里(记者 花星野)", "花星野"),
        ("（见习记者 顾南乔）", "顾南乔"),
        ("文/汤明远", "汤明远"),
        ("文｜汤明远", "汤明远"),
        ("撰文 | 窦若谷", "窦若谷"),
        ("作者：汤明远", "汤明远"),
        ("■本报记者 卜 桐", "卜桐"),
        ("◎记者 卜桐", "卜桐"),
        ("每经记者 卜桐", "卜桐"),
        ("原创： 卜桐编译 海港观察", "卜桐"),
    ],
)
def test_a_byline_names_its_reporter(text, author):
    assert byline([text]) == author


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("本报记者 顾南乔 北京报道", "顾南乔"),
        ("21世纪经济报道记者 顾南乔 临湾报道", "顾南乔"),
        ("（记者 卜桐 北京 上海报道）", "卜桐"),
        ("（记者 顾南乔 发自临湾）", "顾南乔"),
        ("（记者 顾南乔 实习生 岑砚秋）", "顾南乔 岑砚秋"),
        ("本报讯（记者 顾南乔 通讯员 岑砚秋）", "顾南乔 岑砚秋"),
        ("■本报记者 卜 桐 见习记者 岑 砚", "卜桐 岑砚"),
        ("（记者 顾南乔 编辑 岑砚秋）", "顾南乔"),
        ("文｜顾南乔 编辑｜岑砚秋", "顾南乔"),
    ],
)
def test_places_and_roles_are_not_names(text, author):
    assert byline([text]) in {author, None}


@pytest.mark.parametrize(
    "text",
    [
        "（记者葛一苇摄）",
        "（记者 葛一苇 摄）",
        "中新社记者 葛一苇 摄",
        "（记者葛一苇摄影报道）",
        "（作者系律师）",
        "（作者为经济学家）",
        "（记者整理）",
        "（记者报道）",
        "（本文作者供图）",
        "记者 获悉",
        "来源：海港周刊",
        "（来源：证券时报）",
        "海港商报记者从码头获悉，货到了。",
        "责任编辑：纪晚照",
    ],
)
def test_a_line_that_only_looks_like_a_byline_gives_no_author(text):
    assert byline([text]) is None


@pytest.mark.parametrize(
    "texts",
    [
        ["（记者 顾南乔）", "（记者 岑砚秋）"],
        ["文/汤明远", "码头的货到了。（记者 顾南乔）"],
    ],
)
def test_two_different_bylines_give_no_author(texts):
    assert byline(texts) is None


def test_a_reporter_who_is_named_twice_is_given_once():
    assert byline(["文/汤明远", "（记者 汤明远）"]) == "汤明远"
