"""A page that is nothing but a redirect is followed like an answer that is one; no other is."""

import pytest
from scrapy.http import HtmlResponse, TextResponse
from scrapy.settings import default_settings

from articles.test_articles import PHONES, SOFT_404, crawl, phone_page
from sinanews.extraction.redirects import target
from support import DOCID, article_page, lines, place, posts, row

PLACE, NEXT = place(), place("nnext000000001")
URL, THERE = f"https://{PLACE}", f"https://{NEXT}"
ESCAPED = THERE.replace("/", "\\/")


def page(head="", body=""):
    return f'<html><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'.encode()


def script(code):
    return page(f"<script>{code}</script>")


REDIRECTS = {
    "refresh": page(f'<meta http-equiv="refresh" content="0;url={THERE}">'),
    "capitals": page(f"<META HTTP-EQUIV='Refresh' CONTENT='3; URL={THERE}'>"),
    "quotes in quotes": page(f"<meta content='0;URL=\"{THERE}\"' http-equiv=REFRESH>"),
    "no quotes": page(f"<meta http-equiv=refresh content=0;url={THERE}>"),
    "no name": page(f'<meta http-equiv="refresh" content=" 1.5 , {THERE}">'),
    "relative": page(f'<meta http-equiv="refresh" content="0; url = /{NEXT.partition("/")[2]}">'),
    "based": page(f'<base href="{THERE}"><meta http-equiv="refresh" content="0;url=?">'),
    "with words": page(
        f'<meta http-equiv="refresh" content="2;url={THERE}">',
        f"<p>正在跳转，请稍候……如果没有跳转，请点击<a href='{THERE}'>这里</a></p>",
    ),
    "replace": script(f'window.location.replace("{THERE}")'),
    "assign": script(f"window.top.location.assign(`{THERE}`);"),
    "href": script(f"location.href = '{THERE}';"),
    "location": script(f"window.location='{THERE}'"),
    "top": script(f"top.location.href='{THERE}'"),
    "self": script(f"if (a) {{ self.location='{THERE}' }}"),
    "document": script(f'document.location="{THERE}"'),
    "escaped slashes": script(f"location.href='{ESCAPED}'"),
    "escaped characters": script(f"location.href='{THERE}'".replace("/", "\\u002F")),
    "variable": script(f"var to = '{THERE}'; function go() {{ location.href = to }} go();"),
    "later": script(f"setTimeout(\"location.href='{THERE}'\", 500)"),
    "quotes in a string": script(f"setTimeout('location.href=\\'{THERE}\\'', 0)"),
    "with its own query": script(f"location.href = '{THERE}' + window.location.search"),
    "behind comments": script(f"// location='/a'\n/* location='/b' */ location='{THERE}'"),
    "in a comment's form": script(f'\n<!--\nlocation.href="{THERE}"\n-->\n'),
    "behind comparisons": script(f"if (location.href=='/a') {{}} location.href='{THERE}'"),
    "when loaded": f"<body onload=\"window.location='{THERE}'\"></body>".encode(),
}
NO_REDIRECTS = {
    "an article": article_page(head=f"<script>location.href='{THERE}'</script>"),
    "an article that refreshes": article_page(
        head=f'<meta http-equiv="refresh" content="0;url={THERE}">'
    ),
    "another look with an article": page(
        f"<script>if (mobile) location.href='{THERE}'</script>", f"<p>{'正文' * 150}</p>"
    ),
    "a late refresh": page(f'<meta http-equiv="refresh" content="600;url={THERE}">'),
    "a refresh of itself": page('<meta http-equiv="refresh" content="30">'),
    "a refresh in a comment": page(f'<!--<meta http-equiv=refresh content="0;url={THERE}">-->'),
    "a made address": script(f"location.href = '{THERE}' + id"),
    "an address of somebody's making": script("location = top(1); location = self.location"),
    "another location": script(f"my.location='{THERE}'; location_x='{THERE}'"),
    "a comment": script(f"// location.href='{THERE}'"),
    "a page that is not there": SOFT_404.replace(
        b"</body>", f"<script>location.href='{THERE}'</script></body>".encode()
    ),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_a_page_that_is_nothing_but_a_redirect_leads_where_it_says(name):
    assert target(HtmlResponse(URL, body=REDIRECTS[name])).rstrip("?") == THERE


@pytest.mark.parametrize("name", NO_REDIRECTS)
def test_any_other_page_leads_nowhere(name):
    assert target(HtmlResponse(URL, body=NO_REDIRECTS[name])) is None


def test_half_a_character_in_an_address_breaks_nothing():
    address = target(HtmlResponse(URL, body=script(r"location='/a\ud83d.shtml'")))
    assert address.encode() == "https://finance.sina.com.cn/a\ufffd.shtml".encode()


def test_only_a_web_page_with_status_200_leads_anywhere():
    body = REDIRECTS["href"]
    assert target(TextResponse(URL, body=body)) is None
    assert target(HtmlResponse(URL, body=body, status=404)) is None
    assert target(HtmlResponse(URL, body=body + b" " * 30_000)) is None


def test_a_redirect_waits_as_long_as_scrapys_own():
    body = page(f'<meta http-equiv="refresh" content="99;url={THERE}">')
    assert target(HtmlResponse(URL, body=body)) == THERE
    assert default_settings.METAREFRESH_MAXDELAY == 100


# Crawls


def test_redirects_of_each_kind_are_followed_for_a_list_and_for_addresses(pages, scrapy, output):
    pages.roll(row("nrefresh000001"), row("nscript0000001"))
    pages[place("nrefresh000001")] = REDIRECTS["refresh"]
    pages[place("nscript0000001")] = REDIRECTS["replace"]
    pages[NEXT] = article_page(body="<p>　　新地址的正文。</p>")

    china = scrapy("crawl", "china", mirror=pages.url)
    pages[PLACE] = REDIRECTS["href"]
    articles = crawl(scrapy, pages, URL)

    assert (china.returncode, articles.returncode) == (0, 0), china.stderr + articles.stderr
    assert "listed 2 = written 2 + " in china.stdout
    written = {line["docid"]: line["text"] for line in lines(output)}
    assert written == dict.fromkeys(["nrefresh000001", "nscript0000001", DOCID], "新地址的正文。")


def test_a_mobile_page_and_a_pc_page_may_be_redirects(pages, scrapy, output):
    mobile = PHONES.format(DOCID)
    pages[mobile] = script(f"location.replace('https://finance.sina.cn/b/detail-i{DOCID}.d.html')")
    pages[f"finance.sina.cn/b/detail-i{DOCID}.d.html"] = phone_page(URL)
    pages[PLACE] = REDIRECTS["top"]
    pages[NEXT] = article_page(body="<p>　　新地址的正文。</p>")

    run = crawl(scrapy, pages, f"https://{mobile}")

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == ["新地址的正文。"]


FOREIGN = "its host is none of Sina's"
ELSEWHERE = {
    "https://news.example.org/a": FOREIGN,
    "http://127.0.0.1:8000/a": FOREIGN,
    "//169.254.169.254/latest": FOREIGN,
    "https://me:secret@finance.sina.com.cn/a": "its address has a user or password",
    "https://finance.sina.com.cn:8443/a": "its address has a port",
    "https://[finance.sina.com.cn/a": "its address makes no sense",
    "https://passport.weibo.com/visitor/visitor": "a login page",
}


def test_where_nobody_may_go_a_page_does_not_lead_either(pages, scrapy, output):
    docids = [f"nelse{number:09}" for number in range(2 * len(ELSEWHERE))]
    forms = [f"location='{url}'" for url in ELSEWHERE]
    forms += [f"</script><meta http-equiv=refresh content='0;url={url}'>" for url in ELSEWHERE]
    for docid, form in zip(docids, forms, strict=True):
        pages[place(docid)] = script(form)

    run = crawl(scrapy, pages, *(f"https://{place(docid)}" for docid in docids))

    told = [line for line in run.stdout.splitlines() if line.startswith("failed, ")]
    assert sorted(told) == sorted(
        f"failed, {reason}: {2 * [*ELSEWHERE.values()].count(reason)}"
        for reason in {*ELSEWHERE.values()}
    )
    assert sorted(pages.articles()) == sorted(map(place, docids))
    assert "Traceback" not in run.stderr
    assert posts(output) == []


def test_a_circle_ends_where_one_of_answers_would(pages, scrapy):
    pages[PLACE] = REDIRECTS["href"]
    pages[NEXT] = (302, b"")
    pages.headers[NEXT] = {"Location": URL}

    run = crawl(scrapy, pages, URL)

    assert run.returncode == 3, run.stderr
    assert "failed, IgnoreRequest: max redirections reached: 1" in run.stdout
    assert len(pages.articles()) == 6


@pytest.mark.parametrize("settings", [{"REDIRECT_ENABLED": "False"}, {"REDIRECT_MAX_TIMES": "0"}])
def test_redirects_of_pages_obey_the_settings_for_those_of_answers(settings, pages, scrapy):
    pages[PLACE], pages[NEXT] = REDIRECTS["href"], article_page()

    run = scrapy("crawl", "articles", "-a", f"urls={URL}", mirror=pages.url, **settings)

    assert run.returncode != 0
    assert pages.articles() == [PLACE]


def test_a_login_page_and_a_captcha_are_told_as_such_wherever_they_lead(pages, scrapy):
    login = "<title>Sina Visitor System</title>"
    pages[PLACE] = page(f"{login}<script>location='{THERE}'</script>")
    pages[NEXT] = page(f"<script>location='{THERE}'</script>", "<p>请输入验证码</p>")

    run = crawl(scrapy, pages, URL, THERE)

    assert "failed, a login page: 1" in run.stdout
    assert "failed, a captcha page: 1" in run.stdout
    assert sorted(pages.articles()) == sorted([PLACE, NEXT])


def test_neither_a_list_nor_robots_txt_leads_anywhere(pages, scrapy):
    pages["feed.mix.sina.com.cn/robots.txt"] = REDIRECTS["href"]
    pages["finance.sina.com.cn/robots.txt"] = REDIRECTS["href"]
    pages["feed.mix.sina.com.cn/api/roll/get"] = REDIRECTS["refresh"]
    pages[NEXT] = article_page()

    run = scrapy("crawl", "china", mirror=pages.url)

    assert "blocked: HTML where the list's JSON belongs" in run.stdout
    assert NEXT not in pages.requests


def test_scrapy_parse_follows_too_and_leaves_nothing_behind(pages, scrapy, output):
    pages[PLACE], pages[NEXT] = REDIRECTS["href"], article_page(body="<p>　　新地址的正文。</p>")

    run = scrapy(
        "parse", URL, "--spider", "articles", "-a", f"urls={URL}", "-c", "parse", mirror=pages.url
    )  # fmt: skip # the command as it is typed

    assert "'text': '新地址的正文。'" in run.stdout, run.stderr
    assert pages.articles() == [PLACE, NEXT]
    assert not output.exists()
