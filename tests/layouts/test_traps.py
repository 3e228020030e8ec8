"""Irregularities of Sina's pages, with a small page for each."""

import pytest
from scrapy.http import HtmlResponse

from sinanews.extraction import page

URL = "https://finance.sina.com.cn/china/2026-09-29/doc-inabcdef0000001.shtml"
DATE = '<span class="date">2018年09月28日 19:37</span>'
SOURCE = '<span class="source ent-source">海港日报</span>'


def read(html, url=URL, encoding="utf-8"):
    return page.read(HtmlResponse(url, body=html.encode(encoding)))


def modern(body="<p>　　正文。</p>", *, head="", beside=DATE + SOURCE, below="", id_="artibody"):
    """A page since 2017: of finance, or with `id_` article of news."""
    return read(f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
<h1 class="main-title">港口夜里也开闸</h1><div class="second-title">港口夜里也开闸</div>
<div class="date-source">{beside}</div>
<div class="article" id="{id_}">{body}</div>{below}</body></html>""")


def year2016(beside="2016年04月04日10:10 海港日报", below=""):
    return read(f"""<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>
<h1 id="artibodyTitle" cid="1" docid="2">港口夜里也开闸</h1>
<div class="page-info"><span class="time-source">{beside}</span></div>
<div class="article article_16" id="artibody"><p>　　正文。</p></div>{below}</body></html>""")


def year2014(
    body="<p>　　正文。</p>", *, date="2014年03月01日&nbsp;02:42", source="海港日报", head=""
):
    html = f"""<html><head><meta http-equiv="Content-type" content="text/html; charset=gb2312">
{head}</head><body><h1 id="artibodyTitle" pid="31">港口，夜里也开闸</h1><div class="artInfo">
<span id="pub_date">{date}</span>&nbsp;&nbsp;<span id="media_name">{source}</span></div>
<div class="blkContainerSblkCon BSHARE_POP" id="artibody">{body}</div></body></html>"""
    return read(html, "http://news.sina.com.cn/w/20140301/024229728052.shtml", "gb18030")


def year2005(cell, title="th", beside="http://www.sina.com.cn 2005年03月21日 11:21 {}"):
    source = beside.format("<font color=#A20010>《海港周刊》</font>")
    html = f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
</head><body><table><tr><td><table><tr><{title} class=f24><font>港口夜里也开闸</font></{title}></tr>
<tr><td><hr></td></tr><tr><td height=20>{source}</td></tr><tr>{cell}</tr></table></td></tr></table>
<table><tr><td><font color=red>加盟广告</font></td></tr></table></body></html>"""
    return read(html, "http://house.sina.com.cn/n/2005-03-21/244339.shtml", "gb18030")


# Date, source, editor, keywords


def test_a_second_date_element_may_have_an_author():
    beside = f'{DATE}{SOURCE}<span class="date">作者：新港报</span>'
    article = modern(beside=beside, id_="article")
    assert article.published.isoformat() == "2018-09-28T19:37:00+08:00"
    assert article.source == "海港日报"


def test_the_time_shown_takes_precedence_over_the_metas():
    head = '<meta property="article:published_time" content="2018-09-28T20:10:01+08:00">'
    assert modern(head=head, id_="article").published.isoformat() == "2018-09-28T19:37:00+08:00"


def test_metas_give_the_time_that_is_not_shown():
    later = '<meta property="article:published_time" content="2018-09-28T20:10:01+08:00">'
    created = '<meta name="weibo: article:create_at" content="2018-09-28 19:37:53">'
    assert modern(head=later, beside=SOURCE).published.isoformat()[11:19] == "20:10:01"
    assert modern(head=later + created, beside=SOURCE).published.isoformat()[11:19] == "19:37:53"


def test_empty_metas_are_ignored():
    head = """<meta property="article:published_time" content="">
<meta name="weibo: article:create_at" content="">
<meta name="weibo: article:update_at" content="">"""
    article = modern(head=head)
    assert article.published.isoformat() == "2018-09-28T19:37:00+08:00"
    assert article.updated is None


def test_an_edited_page_has_the_time_of_the_edit():
    head = '<meta name="weibo: article:update_at" content="2018-09-28 23:26:09">'
    assert modern(head=head).updated.isoformat() == "2018-09-28T23:26:09+08:00"


@pytest.mark.parametrize(
    "beside",
    [
        '<a href="https://outlet.example/1" class="source ent-source" rel="nofollow">海港日报</a>',
        '<span class="source"> <a href="https://outlet.example/1">海港日报</a> </span>',
        '<span class="source ent-source"></span><a class="source" href="https://a.example">海港日报</a>',
        '<span class="source">来源：海港日报</span>',
        "",
    ],
    ids=["link", "both", "empty-span", "label", "meta"],
)
def test_a_source_is_a_span_or_a_link_or_a_meta(beside):
    head = '<meta name="mediaid" content="海港日报">'
    assert modern(beside=DATE + beside, head=head).source == "海港日报"


@pytest.mark.parametrize(
    "beside",
    [
        "2016年04月04日10:10\n\n海港日报\n",
        '2016年04月04日10:10<span><span data-sudaclick="media_name"><a>海港日报</a></span></span>',
        "2016年04月04日 10:10&nbsp;&nbsp;海港日报 <a href=http://weibo.com/1>微博</a>",
        "2016年04月04日10:10 海港日报 我有话说(23人参与)",
    ],
)
def test_date_and_source_may_share_a_span(beside):
    article = year2016(beside)
    assert article.source == "海港日报"
    assert article.published.isoformat() == "2016-04-04T10:10:00+08:00"


@pytest.mark.parametrize("date", ["2014年03月01日&nbsp;02:42", "2014年03月01日02:42"])
@pytest.mark.parametrize(
    "source",
    [
        '<a href=http://a.example target="_blank">海港日报</a>&nbsp; ',
        '<span data-sudaclick="media_name"><a href="http://a.example">海港日报</a>  </span>',
        '<a href="http://a.example">海港日报</a> <a href="http://weibo.com/1">[微博]</a>',
    ],
)
def test_old_pages_have_nbsp_between_date_and_source(date, source):
    article = year2014(date=date, source=source)
    assert article.published.isoformat() == "2014-03-01T02:42:00+08:00"
    assert article.source == "海港日报"


@pytest.mark.parametrize(
    ("text", "editor", "code"),
    [
        ("责任编辑：纪晚照 ", "纪晚照", None),
        ("责任编辑：纪晚照 SF099", "纪晚照", "SF099"),
        ("责任编辑：纪晚照SF099", "纪晚照", "SF099"),
        ("责任编辑：SF099", None, "SF099"),
        ("责任编辑：纪晚照 康既白 SN241", "纪晚照 康既白", "SN241"),
        ("责任编辑：纪晚照、康既白", "纪晚照 康既白", None),
        ("责任编辑：纪晚照 来源：海港日报", "纪晚照", None),
        ("责任编辑：尉迟·晚照 ", "尉迟·晚照", None),
        ("【责任编辑：纪晚照】", "纪晚照", None),
        ("责任编辑:　纪晚照　", "纪晚照", None),
        ("责任编辑：", None, None),
    ],
)
def test_an_editor_line_names_editors_and_a_code(text, editor, code):
    for line in (
        f'<p class="article-editor">{text}</p>',
        f'<p class="show_author">{text}</p>',
        f"<p>　　{text}</p>",
    ):
        article = modern(f"<p>　　正文。</p>{line}")
        assert (article.editor, article.editor_code) == (editor, code), line
        assert article.text == "正文。", line


def test_an_editor_line_may_follow_the_body():
    article = year2016(below='<p class="article-editor">责任编辑：支远山 SF099</p>')
    assert (article.editor, article.editor_code) == ("支远山", "SF099")
    assert article.text == "正文。"


@pytest.mark.parametrize(
    "body",
    [
        '<p>　　正文。</p><div class="show_author">（编辑：SN067）</div>',
        "<p>　　正文。</p>\n<p>　　(编辑：SN067)</p>",
        "<p>　　正文。</p>\n<p align=right>(编辑：SN067)</p>",
    ],
)
def test_news_of_2014_has_an_editors_code_and_no_name(body):
    article = year2014(body)
    assert (article.editor, article.editor_code) == (None, "SN067")
    assert article.text == "正文。"


def test_an_editor_may_end_the_last_paragraph():
    article = year2014("<p>　　正文。(编辑：SN067)</p>")
    assert (article.editor, article.editor_code) == (None, "SN067")


KEYWORDS = """<div class="article-bottom" id="article-bottom">
<div class="keywords" id="keywords" data-wbkey="港口,闸口,新闻"><label>关键字 : </label>
<a href="http://tags.news.sina.com.cn/港口">港口</a><a href="http://tags.news.sina.com.cn/闸口">闸口</a>
</div></div><div class="article-relzt"><div class="keywords"><span>相关专题：</span>
<a href="https://finance.sina.com.cn/zt_d/subject-1">聚焦港口专题</a></div></div>"""


@pytest.mark.parametrize(
    ("tags", "keywords", "below", "expected"),
    [
        ("", "港口夜里也开闸", "", []),
        ("", "港口夜里也开闸", KEYWORDS, ["港口", "闸口"]),
        ("", "", KEYWORDS, ["港口", "闸口"]),
        ("码头", "港口夜里也开闸", "", ["码头"]),
        ("码头,夜航", "港口夜里也开闸", KEYWORDS, ["码头", "夜航"]),
        ("码头,夜航", "码头,夜航,某专题", "", ["码头", "夜航"]),
        ("", "港口夜里也开闸,码头,夜航", "", ["码头", "夜航"]),
        ("", "港口夜里也开闸", KEYWORDS[KEYWORDS.index('<div class="article-relzt') :], []),
    ],
)
def test_keywords_are_words_and_never_the_title_a_topic_or_the_channel(
    tags, keywords, below, expected
):
    head = f'<meta name="keywords" content="{keywords}"><meta name="tags" content="{tags}">'
    assert modern(head=head, below=below).keywords == expected
    assert modern(head=head, below=below, id_="article").keywords == expected


def test_keywords_of_2016_may_be_links_below_the_body():
    links = '<a href="http://tags.finance.sina.com.cn/港口" target="_blank">港口</a>'
    below = f'<div class="article-keywords"><span>文章关键词：</span>{links} {links}</div>'
    assert year2016(below=below).keywords == ["港口"]


def test_a_title_with_a_comma_before_the_keywords_is_left_out_whole():
    head = '<meta name="Keywords" content="港口，夜里也开闸,港口,闸口">'
    assert year2014(head=head).keywords == ["港口", "闸口"]


# Stocks


STOCK = (
    "<span id={0}_{1}><a href=https://stock.finance.sina.com.cn/usstock/quotes/{1}.html"
    ' class="keyword" target=_blank>{2}</a></span><span id=quote_{1}>(115.395, 2.79, 2.47%)</span>'
)


def test_spans_with_unquoted_ids_give_stocks_and_live_quotes_are_not_text():
    linked = STOCK.format("usstock", "MU", "栗光科技") + STOCK.format("hkstock", "00005", "云桥")
    article = modern(f"<p>　　{linked}上涨。</p>")
    assert article.tickers == ["usstock_MU", "hkstock_00005"]
    assert article.text == "栗光科技云桥上涨。"


@pytest.mark.parametrize(
    ("comments", "tickers"),
    [
        ("<!-- news_keyword_pub,stock, -->", []),
        (
            "<!-- news_keyword_pub,stock,sh601008&LT -->",
            ["stock_sh601008", "stock_LT"],
        ),
        ("<!--news_keyword_pub,forex,USDCNY&-->", ["forex_USDCNY"]),
        (
            "<!-- news_keyword_pub,hkstock,00005 --><!-- news_keyword_pub,futures,RB0 -->",
            ["hkstock_00005", "futures_RB0"],
        ),
        (
            "<!-- news_keyword_pub,overseas_futures,hf_CL&hf_GC -->",
            ["overseas_futures_hf_CL", "overseas_futures_hf_GC"],
        ),
        ("<!-- news_keyword_pub,usstock,MU & AMD&MU -->", ["usstock_MU", "usstock_AMD"]),
        ("<!-- 总声明 --><!-- keyword_pub,stock,sh1 -->", []),
    ],
)
def test_comments_list_the_stocks_of_each_market(comments, tickers):
    assert modern(f"<p>　　正文。</p>{comments}").tickers == tickers


# Pictures


PICTURE = "//n.sinaimg.cn/finance/transform/65/w550h315/20260929/7305-a.png"


def wrapped(*attributes, caption=""):
    written = " ".join(attributes)
    return f'<div class="img_wrapper"><img {written}><span class="img_descr">{caption}</span></div>'


@pytest.mark.parametrize(
    "attributes",
    [
        (f'src="{PICTURE}"', 'alt=""'),
        (f'data-src="{PICTURE}"',),
        ('src=""', f'data-src="{PICTURE}"'),
        ('src="//i0.sinaimg.cn/home/c.gif"', f'data-src="{PICTURE}"'),
        ('src="//n.sinaimg.cn/photo/loading.gif"', f'data-original="{PICTURE}"'),
        ('src="data:image/gif;base64,R0lGOD"', f'data-src="{PICTURE}"'),
        (f'src="{PICTURE}"', 'data-mcesrc="http://n.sinaimg.cn/translate/w1024/o.jpg"'),
        (f'src="http:{PICTURE}"', 'w="600" h="378" wh="1.59"'),
    ],
)
def test_a_picture_is_its_source_or_what_it_loads_later(attributes):
    article = modern(wrapped(*attributes) + "<p>　　正文。</p>")
    assert [image.url for image in article.images] == [f"https:{PICTURE}"]


def test_resized_pictures_keep_their_suffix():
    resized = "//k.sinaimg.cn/n/spider/76/a.png/w700d1q75cms.jpg?by=cms_fixed_width"
    assert modern(wrapped(f'src="{resized}"')).images[0].url == f"https:{resized}"


@pytest.mark.parametrize(
    "boilerplate",
    [
        '<div class="ct_hqimg"><a><img src="http://image.sinajs.cn/newchart/v5/a.png"></a></div>',
        '<div class="hqimg_related"><div class="to_page"><span>热点栏目</span></div></div>',
        '<p><img src="http://image2.sinajs.cn/newchart/min/n/sh600001.gif"></p>',
        '<img src="//img.t.sinajs.cn/t4/appstyle/expression/ext/normal/9d/sk.gif" alt="[思考]">',
        '<img src="//i0.sinaimg.cn/home/c.gif" height=5>',
        '<img alt="码头"><img src="" alt="码头">',
        '<img src="//n.sinaimg.cn/x/fire.png" width="16" height="16">',
        '<p><img src="//n.sinaimg.cn/finance/cece9e13/20200514/343233024.png"></p>',
        '<div class="appendQr_wrap"><img src="//n.sinaimg.cn/x/qr.png">海量资讯</div>',
        '<div id="app-kaihu-stock"><img src="//n.sinaimg.cn/x/kaihu.png">开户</div>',
        '<div class="video-2017"><img src="//n.sinaimg.cn/x/poster.jpg">视频标题</div>',
        '<div class="entHdPic"><img src="//n.sinaimg.cn/x/hd.jpg"><a>高清图集</a></div>',
        '<object><embed src="//v.sina.com.cn/a.swf"><img src="//n.sinaimg.cn/x/f.jpg"></object>',
    ],
)
def test_charts_emoticons_spacers_and_posters_are_neither_pictures_nor_text(boilerplate):
    article = modern(f"{boilerplate}<p>　　正文。</p>")
    assert article.images == []
    assert article.text == "正文。"


def test_a_promotion_after_the_body_is_not_a_picture():
    below = f'<div class="img_wrapper"><img src="http:{PICTURE}"></div>'
    assert year2016(below=below).images == []


@pytest.mark.parametrize(
    ("body", "captions"),
    [
        (wrapped(f'src="{PICTURE}"', 'alt="码头"', caption=" 码头 "), ["码头"]),
        (wrapped(f'src="{PICTURE}"', 'alt="港口夜里也开闸"'), [""]),
        (f'<p><img src="{PICTURE}" alt="码头"></p><p>码头的货</p>', [""]),
        (
            f'<div><a><img src="{PICTURE}"></a><span class="img_descr">码头</span></div>',
            ["码头"],
        ),
        (
            f'<img src="{PICTURE}"><span class="img_descr">甲</span>文<img src="{PICTURE}">文',
            ["甲", ""],
        ),
        (
            f'<figure><div><img src="{PICTURE}"></div><figcaption>码头</figcaption></figure>',
            ["码头"],
        ),
        (f'<center><img src="{PICTURE}"><br>码头<br></center>', ["码头"]),
    ],
)
def test_a_caption_is_what_is_marked_and_not_the_alternative_text(body, captions):
    article = modern(f"{body}<p>　　正文。</p>")
    assert [image.caption for image in article.images] == captions
    assert "码头" not in article.text.replace("码头的货", "")


@pytest.mark.parametrize(
    "credit",
    [
        "柳知夏/摄",
        "柳知夏 摄",
        "（摄影：本报记者 柳知夏）",
        "图为清晨的码头，柳知夏摄",
        "▲清晨的码头。",
        "△ 清晨的码头（资料图）",
        "图/视觉中国",
        "图片来源：海港日报",
        "图源：视觉中国",
        "海港集团供图",
        "制图：柳知夏",
        "数据来源：海港证券",
        "视觉中国",
        "新华社记者 柳知夏 摄",
    ],
)
@pytest.mark.parametrize(
    "layout",
    [
        '<div class="img_wrapper">{0}</div>\n<p>　　{1}</p>',
        '<p>{0}</p><p></p><p style="text-align:center"><font>{1}</font></p>',
        "<p>{0}<br/>{1}</p>",
        '<center><a href="/a">{0}</a></center><div>{1}</div>',
        "<section><p>{0}</p></section><section><p>{1}</p></section>",
    ],
)
def test_a_credit_right_below_a_picture_is_its_caption_and_names_no_author(credit, layout):
    picture = f'<img src="{PICTURE}" alt="">'
    article = modern(f"<p>　　首段。</p>{layout.format(picture, credit)}<p>　　末段。</p>")
    assert article.text == "首段。\n末段。"
    assert [image.caption for image in article.images] == [credit]
    assert article.author is None


def test_of_several_pictures_the_last_one_has_the_credit_below_them():
    picture = f'<p><img src="{PICTURE}"></p>'
    article = modern(f"{picture}{picture}<p>柳知夏/摄</p><p>　　正文。</p>")
    assert [image.caption for image in article.images] == ["", "柳知夏/摄"]


@pytest.mark.parametrize(
    "paragraph",
    ["来源：海港日报", "码头上的货多了。", "他们在图书馆摄制节目。", "海港日报记者 柳知夏"],
)
def test_what_is_no_credit_stays_text_below_a_picture(paragraph):
    article = modern(f'<p><img src="{PICTURE}"></p><p>{paragraph}</p><p>　　正文。</p>')
    assert article.text == f"{paragraph}\n正文。"


def test_a_credit_without_a_picture_above_stays_text():
    assert modern("<p>柳知夏/摄</p><p>　　正文。</p>").text == "柳知夏/摄\n正文。"


# Text


@pytest.mark.parametrize(
    "boilerplate",
    [
        "<!--article_adlist[<p>　　拿掉的一段。</p>]article_adlist-->",
        "<!--/video-list--><!-- 正文下iframe --><!--br><b>点击</b--><!--拿掉的-->",
        "<p>\t<a href='https://finance.sina.com.cn/zt_d/subject-1'>专题：聚焦港口</a></p>",
        "<p>　　<a href='http://finance.sina.com.cn/z/'>点击进入专题：聚焦港口</a></p>",
        "<p>　&nbsp;&nbsp; <a href='http://a.example'>&gt;&gt;&gt;&gt;消费曝光台·我要投诉</a></p>",
        "<div data-sudaclick='suda_1028_guba'><p>进入<a>【新浪财经股吧】</a>讨论</p></div>",
        "<p>　　进入【新浪财经股吧】讨论</p>",
        "<p><b>相关阅读：</b></p><!-- x --><p></p>\n<p><a>甲</a></p><p><a><b>乙</b></a></p>",
        "<p>　　相关新闻：<a href='/1'>甲</a> <a href='/2'>乙</a></p>",
        "<p>[相关报道]</p><ul><li><a href='/1'>甲</a></li><li><a href='/2'>乙</a></li></ul>",
        "<p>　　免责声明：自媒体综合提供的内容均源自自媒体，文章观点仅代表作者本人。</p>",
        "<p>　　新浪声明：新浪网登载此文出于传递更多信息之目的。</p>",
        "<p class='article-notice'>特别声明：以上文章内容仅代表作者本人观点。</p>",
        "<p>安装新浪财经客户端第一时间接收最全面的市场资讯→【<a href='/app'>下载地址</a>】</p>",
        "<p>　　炒股就看<a href='/yb'>金麒麟分析师研报</a>，权威，专业，及时，全面！</p>",
        "<p>海量资讯、精准解读，尽在新浪财经APP</p>",
        '<div class="goods-card clearfix">商品</div><div class="weibo-2017">微博</div>',
        '<div id="ad_44086" class="otherContent_01"><ins class="sinaads"><p>广告</p></ins></div>',
        '<div class="otherContent_01">广告</div><ins class="sinaads">广告</ins>',
        '<style>.a{b}</style><link href="/a.css"><noscript>没有脚本</noscript>',
        "<script>var a = '<p>脚本</p>';</script><iframe src='/x'>框</iframe>",
        "<div class='wap_special'><span class='tlt'>专题</span><a href='/z'>港口</a></div>",
        "<p>　　责任编辑：纪晚照</p>",
        "<p></p><p>　　</p><p>&nbsp;</p><p><br></p>",
    ],
)
def test_boilerplate_is_not_text(boilerplate):
    for body in (
        f"<p>　　甲。</p>{boilerplate}<p>　　乙。</p>",
        f"{boilerplate}<p>　　甲。</p><p>　　乙。</p>",
        f"<p>　　甲。</p><p>　　乙。</p>{boilerplate}",
    ):
        assert modern(body).text == "甲。\n乙。"


@pytest.mark.parametrize(
    "line",
    [
        "原标题：港口夜里也开闸 首批船离港",
        "来源：海港日报",
        "文/汤明远",
        "（总台记者 汤明远）",
        "[相关新闻]",
        "相关专题合作是重要抓手。",
        "相关新闻发布后，股价上涨。",
        "更多文章",
        "注：图片来自网络",
        "编辑部说：“夜里也开闸。”",
        "下载新闻客户端的人多了。",
    ],
)
def test_a_line_that_only_looks_like_boilerplate_is_text(line):
    assert modern(f"<p>　　{line}</p><p>　　正文。</p>").text == f"{line}\n正文。"


def test_a_paragraph_that_is_one_link_may_be_the_articles_first():
    linked = '<p>　　<a href="https://news.sina.com.cn/c/doc-ifx1.shtml">夜航案宣判！</a></p>'
    assert modern(linked + "<p>　　正文。</p>").text == "夜航案宣判！\n正文。"


def test_a_second_article_after_its_heading_is_text():
    body = "<p>　　甲。</p><p>[相关新闻]</p><p>第二篇</p><p>　　乙。</p>"
    assert modern(body).text == "甲。\n[相关新闻]\n第二篇\n乙。"


def test_quoted_passages_are_text():
    quote = '<blockquote class="fin_reference"><p>　　摘要。</p></blockquote>'
    assert modern(quote + "<p>　　正文。</p>").text == "摘要。\n正文。"


def test_a_table_is_a_line_a_row_with_tabs_between_cells():
    table = """<table border="1"><caption>表一</caption>
<thead><tr><th>品种</th><th>价</th></tr></thead><tbody><tr><td><p>早稻</p><p>（新）</p></td><td>2.6</td></tr>
<tr><td></td><td>　3.1 </td></tr><tr><td>晚稻</td><td></td></tr></tbody></table>"""
    lines = ["表一", "品种\t价", "早稻 （新）\t2.6", "\t3.1", "晚稻", "正文。"]
    assert modern(table + "<p>　　正文。</p>").text.split("\n") == lines


def test_a_table_of_one_column_only_frames_its_paragraphs():
    framed = "<table><tr><td><p>　　甲。</p><p>　　乙。</p></td></tr></table>"
    assert modern(framed).text == "甲。\n乙。"


# Layouts


def test_a_body_between_two_eras_is_read_as_the_older_one():
    html = """<html><body><h1 id="artibodyTitle">题</h1>
<span id="pub_date">2015年01月02日03:04</span><span id="media_name">海港日报</span>
<div class="article" id="artibody"><p>正文。</p></div></body></html>"""
    article = read(html)
    assert (article.layout, article.source, article.text) == ("B2009", "海港日报", "正文。")


ADVERTISEMENT = """<!--NEWSZW_HZH_BEGIN--><table align=left><tr><td><a href=http://a.example>
<img src="http://image2.sina.com.cn/ad.jpg"></a></td></tr></table><!--NEWSZW_HZH_END-->"""


@pytest.mark.parametrize(
    "cell",
    [
        "<td class=l17><center><table><tr><td width=8></td><td class=l17>{}</td></tr></table></td>",
        "<td class=l17><font id=zoom>{}</font></td>",
        "<td class=l17>{}</td>",
    ],
)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<p>　　站在窗前{ADVERTISEMENT}看海。</p>", "站在窗前看海。"),
        (f"<p>　　站在窗前{ADVERTISEMENT}</p><p>　　乙。</p>", "站在窗前\n乙。"),
    ],
    ids=["split", "rest-missing"],
)
def test_tables_of_2005_hold_text_and_advertisements_that_split_it(cell, body, text):
    article = year2005(cell.format(body))
    assert article.layout == "T2005"
    assert article.text == text
    assert article.images == []
    assert article.source == "《海港周刊》"
    assert article.published.isoformat() == "2005-03-21T11:21:00+08:00"


def test_a_source_of_2005_may_stand_without_colour():
    article = year2005("<td class=l17><p>正文。</p></td>", beside="2005年03月21日 11:21 海港晚报")
    assert article.source == "海港晚报"


def test_a_video_of_the_platform_has_neither_text_nor_pictures():
    head = '<meta name="comment" content="mp:3304403717-mc4f5330500100fzuk">'
    beside = f'{DATE}<a class="source ent-source" href="http://k.sina.com.cn">新浪看点</a>'
    body = """<div class="Video_Cont" id="Video_Cont"><script>var flash = "</div>";</script></div>
<div class="goods-card clearfix"></div>
<p class="article-notice">特别声明：以上文章内容仅代表作者。</p>"""
    article = modern(body, head=head, beside=beside)
    assert (article.layout, article.text, article.images) == ("K", "", [])
    assert article.source == "新浪看点"


# The table ends the paragraph, except in quirks mode: with anything before the doctype.
PAGE = f"""<!DOCTYPE html><h1 class="main-title">夜航</h1><div class="date-source">{DATE}</div>
<div id="artibody"><p>　　港口—夜里\u2028也开闸。<table><tr><td>闸</table></div>"""
NIGHT = "夜".encode()
BYTES = {
    "UTF-8": PAGE.encode(),
    "with a BOM": PAGE.encode("utf-8-sig"),
    "GBK": PAGE.encode("gb18030"),
    "a cut character": PAGE.encode().replace(NIGHT, NIGHT[:2]),
    "one cut by a zero": PAGE.encode().replace(NIGHT, NIGHT[:1] + b"\0" + NIGHT[1:]),
    "a replaced one": PAGE.replace("夜", "\ufffd").encode(),
    "half a pair": PAGE.encode().replace(NIGHT, b"\xed\xa0\x80"),
    "zeros": PAGE.encode() + bytes(2),
}


@pytest.mark.parametrize("served", BYTES.values(), ids=BYTES)
def test_a_page_is_read_from_bytes_as_from_its_decoded_text(served):
    charset = "gb2312" if served == BYTES["GBK"] else "utf-8"
    declared = {"Content-Type": f"text/html; charset={charset}"}
    response = HtmlResponse(URL, body=served, headers=declared)
    text = HtmlResponse(URL, body=response.text.encode("utf-16"), encoding="utf-16")
    assert page.read(response) == page.read(text)
    assert "里\u2028也" in page.read(response).body_html
