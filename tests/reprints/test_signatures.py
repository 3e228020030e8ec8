"""Which texts count as one that was passed on, and which do not."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reprints_texts import TEMPLATES, article, edited, notices, reprint
from sinanews.extraction import signatures
from sinanews.extraction.signatures import LONGEST, SHORT, TINY, Signature, sign, text_words
from sinanews.mirror.prose import seeded_random

STORY = (
    "青河港务集团公布上半年业绩：货物吞吐量4,210万吨，同比增长6.3%，营业收入17.8亿元。\n"
    "集团负责人表示，增长主要来自冷链与粮食两个货种，其中冷链货量翻番，粮食到港量也创下五年来的新高。\n"
    "下半年集团计划投入2.4亿元改造三号码头，工程预计在明年雨季之前完成，届时可同时停靠四艘万吨级货轮。"
)
NOTE = "青河港务集团公布上半年业绩，货物吞吐量4,210万吨，同比增长6.3%。"
TINY_NOTE = "详见下图。"


def is_reprint(text, other):
    return sign(text).is_reprint_of(sign(other))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("share", [0, 0.01, 0.03, 0.05])
def test_of_texts_with_outlet_lines_and_edits_at_least_95_in_100_are_found(share, seed):
    random = seeded_random(f"{seed} {share}")
    stories = [article(random) for _ in range(150)]
    found = sum(is_reprint(story, reprint(story, share, random)) for story in stories)
    assert found >= 0.95 * len(stories)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_the_pairs_that_are_found_at_least_99_in_100_are_reprints(seed):
    random = seeded_random(seed)
    texts = [article(random) for _ in range(120)]
    copies = [reprint(text, random.uniform(0, 0.05), random) for text in texts[:40]]
    daily = [text for _, text in notices(15, random)]
    signed = [sign(text) for text in (*texts, *copies, *daily)]

    found = [pair for pair in combinations(range(len(signed)), 2) if _joined(signed, pair)]

    right = [(one, other) for one, other in found if other == one + len(texts)]
    assert len(right) >= 38
    assert len(right) >= 0.99 * len(found)


def _joined(signed, pair):
    one, other = (signed[number] for number in pair)
    return one.is_reprint_of(other)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.__name__)
def test_a_notice_is_no_reprint_of_yesterdays(template):
    random = seeded_random(4)
    signed = [sign(template(random)).signature for _ in range(60)]
    joined = sum(one.is_reprint_of(other) for one, other in combinations(signed, 2))
    assert joined <= 2  # of 1,770 pairs: by chance most of their numbers are the same


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.__name__)
def test_a_notice_that_is_passed_on_is_a_reprint(template):
    random = seeded_random(5)
    for _ in range(20):
        notice = template(random)
        assert is_reprint(notice, reprint(notice, 0, random))


def test_a_single_number_tells_two_notices_apart():
    notice = (
        STORY.replace("4,210", "").replace("6.3%", "").replace("17.8", "").replace("2.4", "1.2")
    )
    assert is_reprint(notice, notice + "\n来源：海港财讯")
    assert not is_reprint(notice, notice.replace("1.2", "3.9"))
    # Where the words are edited too, the number may have been hit by an edit.
    worded = edited(notice, 0.05, seeded_random(7)).replace("1.2", "12")
    assert is_reprint(notice, worded)


LINES_OF_OUTLETS = [
    "{}\n来源：海港财讯",
    "{}\n（来源：海港财讯）",
    "{}（记者 苏禾）",
    "{}(记者苏禾 通讯员 林知远)",
    "{}\n记者 苏禾 北京报道",
    "{}\n责任编辑：苏禾",
    "{}\n编辑 | 苏禾",
    "{}\n文/苏禾",
    "{}\n文章来源：海港财讯 作者：苏禾",
    "{}\n免责声明：本文内容与数据仅供参考，不构成投资建议，使用前请核实。据此操作，风险自担。",
    "{}\n本文转载自海港财讯，不代表本网观点。",
    "{}\n请关注海港财讯公众号",
    "{}\n（完）",
    "原标题：港口半年报出炉\n{}",
    "海港财讯8月8日讯，{}",
    "海港财讯讯 8月8日消息，{}",
    "【来源：海港财讯】{}",
    " \n　　{}\n\n",
]


@pytest.mark.parametrize("text", [STORY, NOTE], ids=["long", "short"])
@pytest.mark.parametrize("line", LINES_OF_OUTLETS)
def test_what_an_outlet_puts_around_a_text_makes_no_other_text(line, text):
    assert sign(line.format(text)) == sign(text)


@pytest.mark.parametrize(
    "other",
    [
        NOTE.replace("，", ", ").replace("。", "."),
        NOTE.replace("4,210", "４２１０").replace("6.3%", "６．３％"),
        "　　" + NOTE.replace("，", " ，\n"),
    ],
)
def test_another_way_of_writing_makes_no_other_text(other):
    assert sign(other) == sign(NOTE)


@pytest.mark.parametrize(
    "other",
    [
        NOTE.replace("增长", "下降"),
        NOTE.replace("6.3", "63"),
        NOTE.replace("4,210", "4,211"),
        NOTE[1:],
        NOTE + "订单也多了。",
    ],
)
def test_a_short_text_has_to_be_the_same(other):
    assert len(text_words(NOTE)) < SHORT
    assert not is_reprint(NOTE, other)


def test_the_title_counts_where_the_text_says_little():
    assert len(text_words(TINY_NOTE)) < TINY
    first, other = sign(TINY_NOTE, "冷链周报"), sign(TINY_NOTE, "纺织周报")
    assert not first.is_reprint_of(other)
    assert first.is_reprint_of(sign(TINY_NOTE, "冷链 周报"))
    assert sign(STORY, "冷链周报") == sign(STORY, "纺织周报")


@pytest.mark.parametrize("text", ["", " 　\n", "……。", "来源：海港财讯", "（完）"])
def test_a_text_without_words_is_nobodys_reprint(text):
    assert sign(text, "标题") is None


def test_a_part_of_a_text_is_no_reprint_of_it():
    random = seeded_random(6)
    whole = article(random, 10)
    assert not is_reprint(whole, whole[: len(whole) // 3])


def test_what_an_unreasonably_long_text_has_at_its_end_is_not_looked_at():
    text = article(seeded_random(8), 4) + "\n" + "海港 12.5 " * LONGEST
    assert sign(text) == sign(text + "青河")


def test_the_estimate_is_near_the_share_of_grams():
    random = seeded_random(9)
    for share in (0, 0.02, 0.05, 0.1, 0.3):
        story = article(random, 8)
        texts = text_words(story), text_words(edited(story, share, random))
        ours, theirs = ({text[at : at + 3] for at in range(len(text) - 2)} for text in texts)
        exact = len(ours & theirs) / len(ours | theirs)
        first, second = (sign(text).signature for text in texts)
        assert first.similarity(second) == pytest.approx(exact, abs=0.15)


def test_a_signature_stays_what_it_was():
    """If this fails, signatures in ledgers cannot be compared with new ones: VERSION has to be
    another one, and these numbers too."""
    signed = sign(STORY)
    assert signatures.VERSION == 102
    assert signed.keys[:3] == (2989532831, 436292013, 3400276675)
    assert (
        signed.signature.to_bytes().hex()[:56]
        == "f6ccf3c3a45c3748d6c6b61f48cfa380803c4a02c64a9f7efe43a23f"
    )
    again = sign("涨3%，跌3%，再涨3%到14.5点")
    assert (
        again.signature.to_bytes().hex()
        == "8496a625760b666a064b14e3d0ab3e7700e116bc5bc977b2b584a0c8b55947b5c2"
    )


texts = st.text(
    st.sampled_from("青河港务报价涨跌，。、（） \n０1２3.5%：来源记者A\ud83d😀"), max_size=400
)


@given(texts)
def test_a_signature_is_kept_as_bytes_without_loss(text):
    if signed := sign(text):
        assert Signature.from_bytes(signed.signature.to_bytes()) == signed.signature


@given(texts, texts)
def test_to_be_a_reprint_goes_both_ways(text, other):
    one, two = sign(text), sign(other)
    if one and two:
        assert one.is_reprint_of(two) == two.is_reprint_of(one)
        assert one.is_reprint_of(one)
