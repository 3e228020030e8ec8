"""Looks of minor families: what varies on them, and what makes a page of theirs fail."""

import pytest
from scrapy.http import HtmlResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import layouts, page
from sinanews.utils import urls

BLOG_URL = "http://blog.sina.com.cn/s/blog_4c1000170102vkds.html"
DAY_URL = "https://tech.sina.cn/2017-09-28/detail-ifyabcde6510129.d.html"
NO_DAY_URL = "https://tech.sina.cn/detail-ifyabcde6510129.d.html"


def read(html, url):
    return page.read(HtmlResponse(url, body=html.encode()))


def missing(html, url):
    """What is reported as missing on a page that fails, and the layouts tried."""
    with pytest.raises(LayoutError) as raised:
        read(html, url)
    return raised.value.missing, list(raised.value.tried)


def phone2017(
    time='<span class="weibo_time_day">09月28日</span>07:56',
    *,
    head='<meta property="article:published_time" content="2017-09-28 08:10:00">',
    source='<h2 class="weibo_user">望海社</h2>',
    body='<p class="art_p">正文。</p>',
    url=NO_DAY_URL,
):
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
<article class="art_box"><h1 class="art_tit_h1">堤上的风</h1><section>
<figure class="weibo_info look_info"><em class="weibo_img"><img src="//tva2.sinaimg.cn/a.jpg"></em>
<figcaption class="weibo_detail">{source}<time class="weibo_time">{time}</time></figcaption>
</figure></section>{body}</article></body></html>"""
    return html, url


def phone2018(inside, body='<p class="art_p">正文。</p>', head=""):
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
<article class="art_box"><h1 class="art_tit_h1">盐场开秤</h1><time class="art_time">{inside}</time>
{body}</article></body></html>"""
    return html, "https://finance.sina.cn/2018-05-09/detail-ifyabcde7701588.d.html"


def blog(
    body="<p>正文。</p>",
    *,
    time="(2013-08-20 08:50:52)",
    owner='<strong id="ownernick">看灯人</strong>',
    title="潮水表_看灯人_新浪博客",
):
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>
{owner}<div id="articlebody"><div class="articalTitle"><h2 class="titName SG_txta">潮水表</h2>
<span class="time SG_txtc">{time}</span></div><div class="articalContent">{body}</div></div>"""
    return html, BLOG_URL


# Pages for phones


@pytest.mark.parametrize(
    ("shown", "published"),
    [
        ("09月28日 07:56", "2017-09-28T07:56:00+08:00"),
        ("<span>9月28日</span>\n7：56", "2017-09-28T07:56:00+08:00"),
        ("09-28 07:56", "2017-09-28T07:56:00+08:00"),
        ("2016.09.28 07:56:31", "2016-09-28T07:56:00+08:00"),
    ],
)
def test_a_time_without_its_year_gets_that_of_the_page(shown, published):
    assert read(*phone2017(shown)).published.isoformat() == published


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<meta name="weibo: article:create_at" content="2017-09-28 07:56:02">', NO_DAY_URL),
        (f'<meta property="og:url" content="{DAY_URL}">', NO_DAY_URL),
        ("", DAY_URL),
        ('<script>var c={"__docUrl":"\\/2017-09-28\\/detail-i1.d.html"}</script>', NO_DAY_URL),
        ('<script>var c={"v":"2015-02-01","ctime":"1506556560"}</script>', NO_DAY_URL),
        ("<script>var c={'pubtime':'2017/9/28 07:56'}</script>", NO_DAY_URL),
    ],
)
def test_the_year_is_in_a_meta_the_address_or_a_script(head, url):
    article = read(*phone2017(head=head, url=url))
    assert article.published.isoformat() == "2017-09-28T07:56:00+08:00"


@pytest.mark.parametrize(
    ("shown", "meta", "published"),
    [
        ("12月31日 23:58", "2018-01-01 00:12:00", "2017-12-31T23:58:00+08:00"),
        ("01月01日 00:01", "2017-12-31 23:59:00", "2018-01-01T00:01:00+08:00"),
        ("02月29日 10:00", "2016-03-01 10:00:00", "2016-02-29T10:00:00+08:00"),
    ],
)
def test_around_new_year_the_nearest_year_is_right(shown, meta, published):
    head = f'<meta property="article:published_time" content="{meta}">'
    assert read(*phone2017(shown, head=head)).published.isoformat() == published


@pytest.mark.parametrize(
    "head",
    [
        "",
        '<meta name="description" content="2016-09-28那天没有风。">',
        '<script>var c={"version":"2016-03-01","stamp":1533282099671}</script>',
        "<p>2016-09-28</p>",
    ],
)
def test_no_year_is_guessed(head):
    assert missing(*phone2017(head=head)) == (["published"], ["M2017"])


def test_a_newer_look_for_phones_may_show_no_year_either():
    html = """<article class="art_box"><h1 class="art_tit_h1">堤上的风</h1>
<time class="weibo_time"><span class="weibo_time_day">09月28日</span> 07:56</time>
<section class="art_pic_card art_content"><p class="art_p">正文。</p></section></article>"""
    article = read(html, DAY_URL)
    assert (article.layout, article.text) == ("M", "正文。")
    assert article.published.isoformat() == "2017-09-28T07:56:00+08:00"


def test_a_time_that_is_not_shown_is_the_metas():
    assert read(*phone2017("刚刚")).published.isoformat() == "2017-09-28T08:10:00+08:00"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n　",
        '<p class="art_p"></p>',
        '<img class="sharePic hide" src="//n.sinaimg.cn/default/share.png">',
        '<div id="wx_pic"><img src="//n.sinaimg.cn/default/320X320.png"></div>',
        '<div sax-type="proxy"><p>推广的一行</p></div><script>var a = "<p>脚本</p>";</script>',
    ],
)
def test_a_phone_page_without_content_fails_and_says_so(body):
    assert missing(*phone2017(body=body)) == (["body_html"], ["M2017"])
    assert missing(*phone2018("2018.05.09 12:52", body)) == (["body_html"], ["M2018"])


def test_the_headline_and_what_stands_with_it_are_none_of_the_body():
    article = read(*phone2017(body='<img src="//n.sinaimg.cn/a.jpg"><p class="art_p">正文。</p>'))
    assert article.headimg == "https://n.sinaimg.cn/a.jpg"
    for beside in ("堤上的风", "望海社", "07:56", "tva2"):
        assert beside not in article.body_html
    assert article.text == "正文。"


def test_a_link_round_a_picture_and_an_empty_caption_are_no_text():
    figure = """<a href=""><figure class="art_img_mini"><img src="//n.sinaimg.cn/a.jpg">
<h2 class="art_img_tit"></h2></figure></a>"""
    article = read(*phone2017(body=f'{figure}<p class="art_p">正文。</p>'))
    assert [(image.url, image.caption) for image in article.images] == [
        ("https://n.sinaimg.cn/a.jpg", "")
    ]
    assert article.text == "正文。"


def test_a_subheading_of_a_phone_page_is_text():
    article = read(*phone2017(body='<h2>小标题</h2><p class="art_p">正文。</p>'))
    assert article.text == "小标题\n正文。"


@pytest.mark.parametrize("source", ["", '<h2 class="weibo_user"> </h2>'])
def test_a_source_that_is_not_shown_is_the_metas_or_none(source):
    published = '<meta property="article:published_time" content="2017-09-28 08:10:00">'
    author = '<meta property="article:author" content="望海社">'
    assert read(*phone2017(source=source)).source is None
    assert read(*phone2017(source=source, head=published + author)).source == "望海社"


@pytest.mark.parametrize(
    ("inside", "source"),
    [
        ('2018.05.09 12:52:37<cite class="art_cite">\n新华通讯 社</cite>', "新华通讯 社"),
        ('<cite class="art_cite"><a href="/">望海社</a></cite>2018.05.09 12:52', "望海社"),
        ("2018.05.09 12:52:37 望海社", "望海社"),
        ("2018年05月09日\n12:52<br>来源：望海社", "望海社"),
        ("05.09 12:52<cite class='art_cite'>望海社</cite>", "望海社"),
        ("2018.05.09 12:52:37", None),
        ("2018.05.09 12:52:37<cite class='art_cite'></cite>", None),
    ],
)
def test_the_source_of_2018_stands_in_the_times_element(inside, source):
    article = read(*phone2018(inside))
    assert (article.layout, article.source) == ("M2018", source)
    assert article.published.isoformat() == "2018-05-09T12:52:00+08:00"


def test_a_list_of_headlines_for_phones_has_no_family():
    html = """<article class="s_card"><h2 class="hd_tit_l">新浪财经</h2>
<a><h3 class="f_card_h3">堤上的风</h3><time class="f_card_time">09月28日</time></a></article>"""
    assert missing(html, "https://finance.sina.cn/")[0] == ["layout"]


def test_all_families_for_phones_are_marked_as_such():
    assert {layout.name for layout in layouts.LAYOUTS if layout.is_mobile} == {
        "M", "M2017", "M2018",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<script>var c={"__webURL":"http:\\/\\/tech.sina.com.cn\\/a.shtml"}</script>',
            "https://tech.sina.com.cn/a.shtml",
        ),
        (
            "<link href='http://tech.sina.com.cn/a.shtml?from=wap' rel=canonical>",
            "https://tech.sina.com.cn/a.shtml",
        ),
        (f'<link rel="canonical" href="{DAY_URL}">', None),
        ('<link rel="canonical">', None),
        ("", None),
    ],
    ids=["script", "canonical", "itself", "empty", "none"],
)
def test_a_phone_page_names_its_pc_page_in_a_script_or_as_canonical(head, expected):
    html, url = phone2018("2018.05.09 12:52", head=head)
    assert page.pc_url(HtmlResponse(url, body=html.encode())) == expected


# Blogs


@pytest.mark.parametrize(
    ("owner", "title", "source"),
    [
        ('<strong id="ownernick">\n看灯人</strong>', "", "看灯人"),
        ('<strong id="ownernick"><span>看灯人</span>\n</strong>', "别的题", "看灯人"),
        ("", "潮_水_表_看灯人_新浪博客\n", "看灯人"),
        ("", "潮水表", None),
    ],
)
def test_the_source_of_a_post_is_the_owner_of_the_blog(owner, title, source):
    assert read(*blog(owner=owner, title=title)).source == source


@pytest.mark.parametrize(
    "beside",
    [
        '<div class="shareUp">分享 喜欢 赠金笔</div>',
        '<div class="articalInfo">阅读(1)┊评论(2)</div>',
        '<div class="articalfrontback">前一篇：<a href="/s/blog_1.html">旧表</a></div>',
        '<div class="IL_AD">推广的一行</div>',
    ],
)
def test_buttons_and_links_of_a_blog_are_no_text(beside):
    assert read(*blog(f"<p>甲。</p><p>乙。</p>{beside}")).text == "甲。\n乙。"


def test_a_word_that_an_advertisement_hangs_on_is_text():
    body = '<p>初一的<span class="IL_AD">潮<span class="IL_AD_ICON"></span></span>最高。</p>'
    assert read(*blog(body)).text == "初一的潮最高。"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (blog("")[0], ["body_html"]),
        (blog(time="")[0], ["published"]),
        (blog()[0].replace('class="titName SG_txta"', ""), ["layout"]),
        (blog()[0].replace('class="articalContent"', ""), ["layout"]),
        (
            """<div class="bloglist"><div class="blog_title"><a>潮水表</a></div>
<span class="time SG_txtc">(2013-08-20 08:50)</span><div class="content">节选……</div></div>""",
            ["layout"],
        ),
    ],
    ids=["no body", "no time", "no title", "no body's element", "front page"],
)
def test_a_post_that_lacks_something_and_a_blogs_front_page_fail(html, reason):
    assert missing(html, BLOG_URL)[0] == reason


def test_a_post_has_one_docid_at_all_its_addresses():
    addresses = (
        BLOG_URL,
        f"{BLOG_URL}?tj=fina#comment",
        "https://blog.sina.com.cn/s/blog_4c1000170102vkds.html",
        "http://blog.sina.cn/dpool/blog/s/blog_4c1000170102vkds.html?vt=4",
    )
    assert {urls.docid(url) for url in addresses} == {"blog-4c1000170102vkds"}


# Slide shows


def slides(script="", lists="", head=""):
    html = f"""<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>
{lists}<script>{script}</script></body></html>"""
    return html, "http://slide.finance.sina.com.cn/slide_9_1_2.html"


def test_title_time_and_pictures_may_all_be_in_the_script():
    script = """var slide_data = {"slide": {"title": "渔汛", "createtime": "2013年07月08日 06:40"},
"images": [{"title": "一", "intro": "", "image_url": "http://n.sinaimg.cn/1.jpg"}]};"""
    article = read(*slides(script))
    assert (article.layout, article.title, article.text) == ("SLIDE", "渔汛", "一")
    assert article.published.isoformat() == "2013-07-08T06:40:00+08:00"
    assert [image.url for image in article.images] == ["https://n.sinaimg.cn/1.jpg"]


@pytest.mark.parametrize(
    "script",
    [
        "var slide_data = {broken",
        'var slide_data = {"images": {"0": 1}};',
        'var slide_data = {"images": [{"title": "没有图"}, null, "a"]};',
        "load(slide_data);",
    ],
)
def test_a_slide_show_without_pictures_fails(script):
    head = """<meta property="og:title" content="渔汛">
<meta property="article:published_time" content="2013-07-08T06:40:00+08:00">"""
    assert missing(*slides(script, head=head)) == (["body_html"], ["SLIDE"])
    assert missing(*slides(lists='<div id="eData"></div>', head=head)) == (["body_html"], ["SLIDE"])


# Videos, and the page families of funds and of the live news


def test_a_page_that_only_holds_a_videos_script_is_no_video():
    html = """<meta property="og:title" content="早市"><meta name="description" content="早市。">
<script>SINA_TEXT_PAGE_INFO['videoDatas0'] = [{video_id: 300100200}];</script>"""
    assert missing(html, "https://news.sina.com.cn/a.shtml")[0] == ["layout"]


def test_a_video_without_a_known_player_is_found_by_its_script():
    html = """<meta property="og:type" content="video"><meta property="og:title" content="早市">
<meta property="og:description" content="灯先亮了。">
<meta property="article:published_time" content="2026-02-03T07:05:00+08:00">
<script>var page = {video_id:'300100200',title:'早市'}</script>"""
    article = read(html, "https://video.sina.com.cn/p/finance/2026-02-03/detail-inabcde1.d.html")
    assert (article.layout, article.title, article.text) == ("VIDEO", "早市", "灯先亮了。")


@pytest.mark.parametrize(
    ("path", "date", "family"),
    [
        ("7x24/2017-12-08/doc-ifyabcdn1402267.shtml", "2017年12月08日 10:10", "F2017"),
        (
            "money/fund/fundzmt/2020-11-28/doc-iiabcdxs4108904.shtml",
            "2020年11月28日 10:10",
            "F2017",
        ),
        ("money/fund/20141006/141120471830.shtml", "2014年10月06日 14:11", "F2014"),
    ],
)
def test_pages_of_funds_and_live_news_look_as_others_of_their_year(path, date, family):
    look = {
        "F2017": f"""<h1 class="main-title">题</h1><div class="date-source">
<span class="date">{date}</span></div><div id="artibody"><p>正文。</p></div>""",
        "F2014": f"""<h1 id="artibodyTitle">题</h1><span id="pub_date">{date}</span>
<div class="BSHARE_POP" id="artibody"><p>正文。</p></div>""",
    }
    article = read(look[family], f"https://finance.sina.com.cn/{path}")
    assert (article.layout, article.title, article.text) == (family, "题", "正文。")


def test_the_live_stream_itself_has_no_family():
    html = """<title>7x24小时全球实时财经新闻直播</title><h1>7x24</h1><div id="liveList01">
<div class="bd_i"><p class="bd_i_time_c">14:20:31</p><p class="bd_i_txt_c"><a>快讯</a></p></div>"""
    assert missing(html, "https://finance.sina.com.cn/7x24/")[0] == ["layout"]


# Titles and times in pieces


TITLE = "堤上<br>的\n<em>风</em>"
PIECES = {
    "F2017": f"""<h1 class="main-title">{TITLE}</h1>
<div class="date-source"><span class="date">2018年<b>09月28日</b>\n<i>19:37</i></span></div>
<div id="artibody"><p>正文。</p></div>""",
    "F2016": f"""<h1 id="artibodyTitle">{TITLE}</h1>
<span class="time-source">2018年<b>09月28日</b><br/>\n19:37</span>
<div id="artibody"><p>正文。</p></div>""",
    "F2014": f"""<h1 id="artibodyTitle">{TITLE}</h1>
<span id="pub_date">2018年<b>09月28日</b>\n<br>19:37</span>
<div class="BSHARE_POP" id="artibody"><p>正文。</p></div>""",
    "M": f"""<h1 class="art_tit_h1">{TITLE}</h1>
<time class="weibo_time">\n<span>2018.09.28</span>\n19:37</time>
<section class="art_content"><p>正文。</p></section>""",
    "M2018": f"""<article class="art_box"><h1 class="art_tit_h1">{TITLE}</h1>
<time class="art_time"><span>2018.09.28</span>\n<b>19:37</b></time><p>正文。</p></article>""",
    "BLOG": f"""<h2 class="titName">{TITLE}</h2>
<div class="articalTitle"><span class="time">(2018-09-28\n<b>19:37:01</b>)</span></div>
<div class="articalContent">正文。</div>""",
}


@pytest.mark.parametrize("family", PIECES)
def test_a_title_and_a_time_in_pieces_are_read_as_their_text(family):
    article = read(PIECES[family], "https://finance.sina.com.cn/a.shtml")
    assert (article.layout, article.title, article.text) == (family, "堤上的 风", "正文。")
    assert article.published.isoformat() == "2018-09-28T19:37:00+08:00"
