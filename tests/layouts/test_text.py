"""What of a body is the article's text: links at its ends, promotions, statements, cards."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.test_traps import modern

ARTICLE = "https://finance.sina.com.cn/china/2021-07-10/doc-iktzscyx0000099.shtml"
TOPIC = "https://finance.sina.com.cn/zt_d/gangkou/"
ADVERTISER = "https://www.daxue.example/#/classify/1"
QUOTE = "https://finance.sina.com.cn/realstock/company/sh600000/nc.shtml"
FIRST, LAST = "<p>　　首段。</p>", "<p>　　末段。</p>"

HEADINGS = ("此前报道：", "延伸阅读", "【更多文章】", "猜你想看：", "[热文]", "往期回顾：", "")
LINK_LINES = (
    "<p>　　{0}</p>",
    "<p><font color=red><strong>{0}</strong></font></p>",
    "<ul><li>{0}</li><li>{0}</li></ul>",
    "<div><p>{0}</p><p>&nbsp;</p><p>{0}</p></div>",
    "<p>{0}<br/>{0}</p>",
)


def link(url, text="港口货运下降，仓储价格走低"):
    return f'<a href="{url}" target="_blank">{text}</a>'


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("lines", LINK_LINES)
@pytest.mark.parametrize("url", [ARTICLE, TOPIC, ADVERTISER])
def test_link_lines_at_the_end_are_no_text_under_any_heading_or_none(heading, lines, url):
    over = f"<p>　　<b>{heading}</b></p>" if heading else ""
    assert modern(FIRST + LAST + over + lines.format(link(url))).text == "首段。\n末段。"


@pytest.mark.parametrize("label", ["此前报道：", "相关阅读:", "【往期】", "更多：", "热文推荐："])
def test_a_label_before_the_links_of_the_last_line_goes_with_them(label):
    body = f"{FIRST}<p>　　{label}{link(ARTICLE)}</p><p>{label} {link(ARTICLE)} {link(TOPIC)}</p>"
    assert modern(body).text == "首段。"


@pytest.mark.parametrize(
    "last",
    [
        f"详见公司公告{link(ARTICLE, '全文')}",
        f"{link(ARTICLE, '港口集团')}表示同意。",
        f"数据来源：{link(ADVERTISER, '海港统计局')}",
        f"官网：{link(ADVERTISER, 'www.example.com')}",
        f'<span id="stock_sh600000">{link(QUOTE, "海港股份")}</span>',
    ],
)
def test_a_last_line_with_words_beside_its_link_is_text(last):
    article = modern(f"{FIRST}<p>　　{last}</p>")
    assert article.text == "首段。\n" + re.sub("<[^>]*>", "", last)


def test_a_link_line_between_words_is_text_when_it_leads_to_an_article():
    assert modern(f"{FIRST}<p>{link(ARTICLE, '夜航')}</p>{LAST}").text == "首段。\n夜航\n末段。"


def test_a_body_of_nothing_but_links_is_the_text():
    lines = "".join(f"<p>{link(ARTICLE, title)}</p>" for title in "甲乙丙")
    assert modern(lines).text == "甲\n乙\n丙"


def test_links_end_where_a_picture_stands():
    picture = '<img src="https://n.sinaimg.cn/finance/a.jpg">'
    body = f"{FIRST}<p>{link(ARTICLE, '夜航')}</p><p>{picture}</p><p>{link(ARTICLE)}</p>"
    assert modern(body).text == "首段。\n夜航"


PROMOTIONS = (
    "<blockquote><p class=a>{0}</p><p class=b>{0}</p></blockquote>",
    '<div class="anything"><div><p>{0}</p></div><p>{0}</p></div>',
    "<aside><ul><li>{0}</li></ul></aside>",
)


@pytest.mark.parametrize("block", PROMOTIONS)
@pytest.mark.parametrize(
    "place", ["{0}" + FIRST + LAST, FIRST + "{0}" + LAST, FIRST + LAST + "{0}"]
)
def test_a_block_of_links_to_advertisers_is_no_text_wherever_it_stands(block, place):
    promotion = block.format(link(ADVERTISER, "【研报】资源名单"))
    assert modern(place.format(promotion)).text == "首段。\n末段。"


@pytest.mark.parametrize("url", [TOPIC, "https://kaihu.example.com/", ADVERTISER])
def test_a_line_that_only_links_to_a_promotion_is_no_text_before_the_story(url):
    body = f"<p>　　{link(url, '立即开户，抢占先机！')}</p>{FIRST}{LAST}"
    assert modern(body).text == "首段。\n末段。"


def test_words_between_links_to_advertisers_stay():
    body = f"{FIRST}<blockquote><p>读{link(ADVERTISER, '报告')}</p></blockquote>{LAST}"
    assert modern(body).text == "首段。\n读报告\n末段。"


@pytest.mark.parametrize(
    "card",
    [
        '<a class="wt_article_link" href="http://weibo.com/1?zw=finance">[微博]</a>',
        '<a href="http://weibo.com/u/1">（微博）</a>',
        "[微博]",
        '[<a href="http://weibo.com/u/1">微博</a>]',
    ],
)
def test_a_card_behind_a_name_is_no_text_and_the_name_is(card):
    name = '<a class="wt_article_link" href="http://weibo.com/2">海港集团</a>'
    assert modern(f"<p>　　{name}{card}表示同意。</p>").text == "海港集团表示同意。"


@pytest.mark.parametrize("word", ["特别声明", "免责声明", "版权声明", "声明"])
@pytest.mark.parametrize("place", ["{0}" + LAST, FIRST + "{0}" + LAST, FIRST + "{0}"])
def test_a_statement_in_the_story_is_the_articles(word, place):
    statement = f"{word}：本公司从未授权任何机构代销。"
    text = modern(place.format(f"<p>　　{statement}</p>")).text
    assert statement in text.split("\n")


@pytest.mark.parametrize(
    "statement",
    [
        "特别声明：以上文章内容仅代表作者本人观点，不代表新浪网观点或立场。",
        "免责声明：自媒体综合提供的内容均源自自媒体。",
        "新浪声明：所有会议实录均为现场速记整理。",
    ],
)
def test_a_statement_that_says_it_is_sinas_is_no_text(statement):
    assert modern(f"{FIRST}<p>　　{statement}</p>").text == "首段。"


def test_a_statement_below_the_editor_line_is_sinas():
    below = '<p class="article-editor">责任编辑：纪晚照</p><p>免责声明：仅供参考。</p>'
    assert modern(FIRST + below).text == "首段。"


# A li in a list of its own: one right in another closes it, and with it whatever is between them.
WITHIN = [
    *((f"<{name}>", f"</{name}>") for name in ("p", "div", "span", "blockquote", "b", "td")),
    ("<ul><li>", "</li></ul>"),
]
SHAPES = st.recursive(
    st.sampled_from(("词", link(ARTICLE, "文"), link(TOPIC, "题"), link(ADVERTISER, "商"), " ")),
    lambda inner: st.builds(
        "{0[0]}{1}{0[1]}".format,
        st.sampled_from(WITHIN),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=25,
)


@given(st.lists(SHAPES, min_size=1, max_size=6).map("".join))
def test_words_outside_links_are_never_lost(body):
    assert modern(FIRST + body).text.count("词") == body.count("词")


@pytest.mark.parametrize(
    "last",
    [
        f"推荐：<span id=stock_sh600000>{link(QUOTE, '海港股份')}</span><span id=quote_x></span>",
        f"券商板块：<span id=stock_sh600000>{link(QUOTE, '海港股份')}</span>",
        f"维权渠道：{link(ADVERTISER, '投诉')}",
        f"他说：{link('http://weibo.com/1', '我要走了。')}",
        link(ADVERTISER, "海港社7月3日电，港口决定下调费率，自7月15日起实施。"),
        f"附件：</p><p>{link(ADVERTISER, '港口管理办法')}",
        f"全文如下：</p><p>{link(ADVERTISER, '《通知》')}",
    ],
)
def test_words_of_the_story_with_links_stay_at_the_end(last):
    article = modern(f"{FIRST}<p>　　{last}</p>")
    assert "".join(article.text.split()) == "首段。" + re.sub("<[^>]*>|　", "", last)


@pytest.mark.parametrize(
    "paragraph",
    [
        "新浪发表声明：公司未收到任何通知。",
        "版权声明：原告称新浪侵权",
        "特别声明：我公司与新浪没有任何关系。",
        "专题：如何看待注册制",
        ">>> 第一部分",
        "下载新浪财经APP的用户数增长了20%。",
        "炒股就看金麒麟分析师研报，这句广告语引发争议。",
        "[编辑：以上为原文]",
        "（编辑：张三）今天的正文",
        "责任编辑：我们为什么写这篇",
    ],
)
def test_paragraphs_that_begin_like_boilerplate_are_the_storys(paragraph):
    escaped = paragraph.replace(">", "&gt;")
    assert modern(f"{FIRST}<p>　　{escaped}</p>{LAST}").text == f"首段。\n{paragraph}\n末段。"


@pytest.mark.parametrize(
    "soup",
    [
        '<p>首段见<a href="http://finance.sina.com.cn/">新浪财经<p>二段。</p><p>三段。</p><p>四段。</p>',
        '<p><a href="/zt_d/abc">首段。<p>二段。</p><p>三段。</p><p>四段。</a>尾</p>',
        "<p>首段。</p><form><p>二段。</p><p>三段。</p><p>四段。</p></form>",
        "<p>首段。</p><object><p>二段。</p><p>三段。</p><p>四段。</p>",
        "<p>首段。</p><video><p>二段。</p><p>三段。</p><p>四段。</p>",
        "<p>首段。</p><p>二段<ins>。</ins></p><p>三段。</p><p>四段。</p>",
        '<p>首段。</p><span class="img_descr"><p>二段。</p><p>三段。</p><p>四段。</p>',
        "<p>首段。</p><center><img src=/a.jpg><div>二段。</div><div>三段。</div>四段。</center>",
        "<p>首段。</p><center><table><td><img src=/a><td>二段。<br>三段。<br>四段。</table>",
    ],
)
def test_an_element_that_is_left_open_takes_no_paragraph_away(soup):
    text = modern(soup).text
    assert all(f"{number}段" in text for number in "首二三四")


def test_rows_of_links_to_numbers_are_no_pagers_unless_they_lead_to_pages():
    row = "".join(f'<td><a href="http://x.example/{n}">{n}</a></td>' for n in (1, 2, 3))
    assert modern(f"{FIRST}<table><tr>{row}</tr></table>{LAST}").text == "首段。\n1\t2\t3\n末段。"


def test_many_pictures_in_one_line_take_no_more_time_than_many_lines():
    pictures = '<img src="https://n.sinaimg.cn/finance/a.jpg"><b>字</b>' * 4_000
    assert len(modern(f"<p>{pictures}</p>").images) == 4_000
