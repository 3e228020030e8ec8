"""An article over several pages comes whole, each of its pages asked for once, or not at all."""

import json
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from articles.test_articles import HOST, PHONES, crawl, phone_page
from several_pages import PAGERS, body, boxes, by_path, by_query, numbers_and_next, page_of, text
from sinanews.items import Article, Rejection, State
from sinanews.roll.api import Story
from sinanews.spiders.articles import ArticlesSpider
from support import DOCID, QUICK, ROOT, Pages, article_page, lines, place, posts

PLACE = place()
URL = f"https://{PLACE}"
OLD = "news.sina.com.cn/c/sd/2009-12-25/164119339416.shtml"


class WithQueries(Pages):
    """Pages that differ by their query."""

    def reply(self, target):
        status, page, headers = super().reply(target)
        return (200, self[target], headers) if target in self else (status, page, headers)


@pytest.fixture
def queried():
    served = WithQueries()
    yield served
    served.server.shutdown()
    served.server.server_close()


def serve(pages, count, address=None, pager=numbers_and_next, where=PLACE):
    address = address or by_path(where)
    for number in range(1, count + 1):
        pages[address(number).partition("://")[2]] = page_of(number, count, address, pager)


def failed(run):
    """The reasons for which articles failed, with their counts."""
    return [line for line in run.stdout.splitlines() if line.startswith("failed, ")]


# Crawls


@pytest.mark.parametrize("where", [PLACE, OLD], ids=["of 2026", "of 2009"])
def test_all_pages_become_one_article_in_their_order(where, pages, scrapy, output):
    serve(pages, 3, where=where)

    run = crawl(scrapy, pages, f"https://{where}")

    assert run.returncode == 0, run.stderr
    assert "listed 1 = written 1 + " in run.stdout
    (line,) = lines(output)
    assert line["url"] == f"https://{where}"
    assert line["text"] == text(3)
    assert line["body_html"] == "\n".join(map(body, (1, 2, 3)))
    assert len(posts(output)) == 1
    assert sorted(pages.articles()) == sorted(by_path(where)(n)[8:] for n in (1, 2, 3))


def test_pages_may_differ_by_their_query(queried, scrapy, output):
    serve(queried, 3, by_query(PLACE), boxes)

    run = crawl(scrapy, queried, URL)

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == [text(3)]
    assert sorted(queried.articles()) == [PLACE, f"{PLACE}?page=2", f"{PLACE}?page=3"]


def test_a_site_that_does_not_look_at_the_query_has_one_page(pages, scrapy, output):
    pages[PLACE] = page_of(1, 3, by_query(PLACE), boxes)

    run = crawl(scrapy, pages, URL)

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == [text(1)]
    assert len(pages.articles()) == 3


def test_an_article_is_one_whichever_of_its_pages_is_asked_for(pages, scrapy, output):
    serve(pages, 3)
    address = by_path(PLACE)

    run = crawl(scrapy, pages, address(2), address(1), address(3))

    assert run.returncode == 0, run.stderr
    assert "listed 1 = written 1 + " in run.stdout
    (line,) = lines(output)
    assert (line["docid"], line["text"]) == (DOCID, text(3))
    assert sorted(pages.articles()) == sorted(address(n)[8:] for n in (1, 2, 3))


OTHER = article_page(body="<p>　　另一篇。</p>")
FAULTS = {
    "missing": ((404, b""), "part 3: HTTP 404"),
    "broken": ((500, b""), "part 3: HTTP 500"),
    "no article": (b"<html><body>under construction</body></html>", "part 3: no layout"),
    "said to be gone": ("<p>页面没有找到</p>".encode("gbk"), "part 3: soft 404"),
    "again the second": (page_of(2, 4, by_path(PLACE), boxes), "part 3: it has the same body as"),
    "elsewhere": ((302, b""), "part 3: another page came in its place"),
    "outside": ((302, b""), "part 3: its host is none of Sina's"),
}
LOCATIONS = {
    "elsewhere": f"https://{place('nother00000001')}",
    "outside": "https://news.example.org/a",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_article_without_one_of_its_pages_has_failed_and_comes_when_it_is_there(
    fault, pages, scrapy, output
):
    serve(pages, 4)
    third = by_path(PLACE)(3).partition("://")[2]
    whole = pages[third]
    pages[place("nother00000001")] = OTHER
    pages[third], reason = FAULTS[fault]
    if fault in LOCATIONS:
        pages.headers[third] = {"Location": LOCATIONS[fault]}

    run = crawl(scrapy, pages, URL)

    assert run.returncode == 3, run.stderr
    assert failed(run)[0].startswith(f"failed, {reason}")
    assert lines(output) == posts(output) == []
    said = json.loads((output / "failed" / f"{DOCID}.json").read_text("utf-8"))
    assert (said["docid"], said["state"]) == (DOCID, "failed")
    assert f"{by_path(PLACE)(4)[8:]}" not in pages.requests

    pages[third] = whole
    pages.headers.clear()
    again = crawl(scrapy, pages, URL)

    assert again.returncode == 0, again.stderr
    assert [line["text"] for line in lines(output)] == [text(4)]
    assert not list((output / "failed").iterdir())


@pytest.mark.parametrize(
    ("pager", "reason"),
    [
        (
            '<p>[1] <a href="https://news.example.org/b">[2]</a> 下一页</p>',
            "part 2: its host is none of Sina's",
        ),
        (
            f'<p>[1] <a href="https://me@{by_path(PLACE)(2)[8:]}">[2]</a></p>',
            "part 2: its address has a user or password",
        ),
        (f'<p>[1] <a href="{by_path(PLACE)(3)}">[3]</a></p>', "part 2: no pager leads to it"),
        (
            f'<p>1 <a href="{by_path(PLACE)(31)}">31</a></p>',
            "its article has more than 30 pages (ARTICLE_PAGES)",
        ),
    ],
    ids=["a foreign host", "a user", "a gap", "too many"],
)
def test_a_pager_that_cannot_be_followed_fails_the_article(pager, reason, pages, scrapy, output):
    serve(pages, 3)
    pages[PLACE] = article_page(body=f"{body(1)}{pager}")
    pages[by_path(PLACE)(3)[8:]] = article_page(body=body(3))

    run = crawl(scrapy, pages, URL)

    assert run.returncode == 3, run.stderr
    assert failed(run) == [f"failed, {reason}: 1"]
    assert lines(output) == []
    assert not any("example.org" in target for target in pages.requests)


@pytest.mark.parametrize(
    "pager",
    [
        '<p><a href="https://news.example.org/b">阅读全文</a></p>',
        f'<p class="page">[1] <a href="https://{place("nother00000001")}">[2]</a></p>',
        '<p class="page">[1] <a href="#">[2]</a> <a href="javascript:next()">下一页</a></p>',
        f'<p>[1] <a href="{URL}?from=wap">下一页</a></p>',
    ],
    ids=["the outlet's own page", "another article", "a script", "the page itself"],
)
def test_a_pager_that_leads_to_no_other_page_of_the_article_ends_there(
    pager, pages, scrapy, output
):
    pages[PLACE] = article_page(body=f"{body(1)}{pager}")

    run = crawl(scrapy, pages, URL)

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == [text(1)]
    assert pages.articles() == [PLACE]


def test_a_pager_without_an_end_ends(pages, scrapy):
    address = by_path(PLACE)
    serve(pages, 40, pager=lambda n, _, to: f'<p><a href="{to(n + 1)}">下一页</a></p>')

    run = scrapy("crawl", "articles", "-a", f"urls={URL}", mirror=pages.url, ARTICLE_PAGES="5")

    assert run.returncode == 3, run.stderr
    assert failed(run) == ["failed, its article has more than 5 pages (ARTICLE_PAGES): 1"]
    assert sorted(pages.articles()) == sorted(address(n)[8:] for n in range(1, 6))


def test_all_pages_together_are_bounded_as_one(pages, scrapy):
    address = by_path(PLACE)
    for number in range(1, 8):
        long = f"<p>{number}{'长' * 3_000}</p>"
        pages[address(number)[8:]] = article_page(body=long + boxes(number, 7, address))

    run = scrapy("crawl", "articles", "-a", f"urls={URL}", mirror=pages.url, PAGE_TEXT="15000")

    assert run.returncode == 3, run.stderr
    assert failed(run) == ["failed, its article has more than 15000 characters (PAGE_TEXT): 1"]


def test_fields_of_the_whole_come_from_the_pages_that_have_them(pages, scrapy, output):
    a, b = (f'<img src="//n.sinaimg.cn/{name}.jpg">' for name in "ab")
    editor = '<p class="article-editor">责任编辑：白露 SF001</p>'
    inner = [f"<p>　　甲。</p>{a}", f"<p>　　乙。（记者 林知远）</p>{a}{b}{editor}"]
    address = by_path(PLACE)
    for number in (1, 2):
        pager = numbers_and_next(number, 2, address)
        pages[address(number)[8:]] = article_page(body=inner[number - 1] + pager)

    crawl(scrapy, pages, URL)

    (line,) = lines(output)
    assert [image["url"] for image in line["images"]] == [
        "https://n.sinaimg.cn/a.jpg",
        "https://n.sinaimg.cn/b.jpg",
    ]
    assert (line["author"], line["editor"], line["editor_code"]) == ("林知远", "白露", "SF001")
    assert line["published"] == "2026-09-29T00:34:00+08:00"


def test_a_part_of_a_mobile_page_never_stands_in_for_its_pc_page(pages, scrapy, output):
    mobile = PHONES.format(DOCID)
    more = f'<p class="art_p"><a href="https://{mobile[:-7]}_2.d.html">下一页</a></p></section>'
    page = phone_page(f"https://{HOST.format(DOCID)}").decode().replace("</section>", more)
    pages[mobile] = page.encode()

    run = crawl(scrapy, pages, f"https://{mobile}")

    assert "gone 1" in run.stdout, run.stdout
    assert lines(output) == []


def test_a_mobile_page_may_lead_to_a_pc_page_of_several(pages, scrapy, output):
    pages[PHONES.format(DOCID)] = phone_page(URL)
    serve(pages, 2)

    run = crawl(scrapy, pages, f"https://{PHONES.format(DOCID)}")

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == [text(2)]


class Waiting(Pages):
    """Pages of which one is not answered until `go` is set; `asked` says that it was asked for."""

    def __init__(self, target):
        super().__init__()
        self.target, self.asked, self.go = target, threading.Event(), threading.Event()

    def reply(self, target):
        if target == self.target:
            self.asked.set()
            self.go.wait(60)
        return super().reply(target)


def test_a_worker_that_is_killed_between_two_pages_loses_nothing(scrapy, output):
    pages = Waiting(by_path(PLACE)(2).partition("://")[2])
    serve(pages, 3)
    settings = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": pages.url}
    command = [sys.executable, "-m", "scrapy", "crawl", "articles", "-a", f"urls={URL}"]
    command += [f"-s{name}={value}" for name, value in settings.items()]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
        assert pages.asked.wait(60)
        worker.kill()
    pages.go.set()
    assert lines(output) == posts(output) == []

    run = crawl(scrapy, pages, URL)
    pages.server.shutdown()
    pages.server.server_close()

    assert run.returncode == 0, run.stderr
    assert [line["text"] for line in lines(output)] == [text(3)]


# Without an archive


def test_scrapy_parse_follows_the_pages(pages, scrapy):
    serve(pages, 3)
    run = scrapy(
        "parse", URL, "--spider", "articles", "-a", f"urls={URL}", "-c", "parse", "--depth", "5",
        "--noitems", "-o", "-:jsonlines", "--nolinks", mirror=pages.url,
    )  # fmt: skip # the command as it is typed
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    assert sorted(pages.articles()) == sorted(by_path(PLACE)(n)[8:] for n in (1, 2, 3))


# Any pager, any fault


@pytest.fixture(scope="module")
def spider():
    settings = {"ARCHIVE_ENABLED": False}
    return ArticlesSpider.from_crawler(get_crawler(ArticlesSpider, settings), urls=URL)


def fetched(spider, served, url):
    """What a spider makes of an article whose pages are served, and the URLs that it asked for."""
    story = Story(DOCID, url, title="", ctime=0, intime=0, mtime=0)
    request, asked = spider.article_request(story), []
    while True:
        asked.append(request.url)
        page = served.get(request.url)
        response = HtmlResponse(request.url, body=page or b"", request=request)
        if page is None:
            response.status = 404
            failure = Failure(HttpError(response))
            failure.request = request
            results = list(request.errback(failure))
        else:
            results = list(request.callback(response, **request.cb_kwargs))
        assert len(results) == 1
        (request,) = results
        if not isinstance(request, Request):
            return request, asked


@st.composite
def articles(draw):
    """A way of making addresses, all pages by these, those that are missing, and the first that is
    asked for."""
    form, pager = draw(st.sampled_from([by_path, by_query])), draw(st.sampled_from(PAGERS))
    count = draw(st.integers(2, 8))
    address = form(PLACE)
    pages = {address(n): page_of(n, count, address, pager) for n in range(1, count + 1)}
    missing = draw(st.sets(st.integers(2, count), max_size=2))
    entries = [1, 2, 3] if form is by_path else [1]
    entry = draw(st.sampled_from([n for n in entries if n <= count and n not in missing]))
    return address, pages, missing, entry


@given(articles())
def test_an_article_is_whole_or_rejected_and_no_page_is_asked_for_twice(spider, article):
    address, pages, missing, entry = article
    gone = {address(number) for number in missing}
    served = {url: page for url, page in pages.items() if url not in gone}

    item, asked = fetched(spider, served, address(entry))

    assert len(asked) == len({*asked}) <= len(pages)
    if missing:
        assert isinstance(item, Rejection)
        assert (item.state, item.reason) == (State.FAILED, f"part {min(missing)}: HTTP 404")
    else:
        assert isinstance(item, Article)
        assert item.text == text(len(pages))
        assert [item.body_html.count(body(n + 1)) for n in range(len(pages))] == [1] * len(pages)
        assert "<a" not in item.body_html
        assert sorted(asked) == sorted(pages)
