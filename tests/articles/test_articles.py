"""The spider `articles`: pages asked for by URL, of any family and any host of Sina's."""

import subprocess
import sys

import pytest

from sinanews.exceptions import ArgumentError
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from sinanews.spiders.articles import article_urls
from sinanews.utils.urls import docid
from support import QUICK, ROOT, article_page, lines, posts

FAMILIES = (
    "F2017", "N2017", "F2016", "F2014", "B2009", "T2005", "K", "CJ", "M", "M2017", "M2018", "BLOG",
)  # fmt: skip # one a line would hide the list
SOFT_404 = """<!DOCTYPE html><html><head><title>页面没有找到</title></head>
<body><p>页面没有找到 5秒钟之后将会带您进入新浪首页!</p></body></html>""".encode("gbk")


def crawl(scrapy, site, *urls):
    return scrapy("crawl", "articles", "-a", f"urls={','.join(urls)}", mirror=site.url)


def phone_page(pc=""):
    """A page for phones, with the URL of its PC page."""
    escaped = pc.replace("/", "\\/")
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8">
<script>var __docConfig={{"__domain":"finance","__webURL":"{escaped}"}};</script></head><body>
<h1 class="art_tit_h1">手机上的题</h1><h2 class="weibo_user">某报</h2>
<time class="weibo_time"><span class="weibo_time_day">2026.09.29</span>00:34</time>
<section class="art_pic_card art_content"><p class="art_p">手机上的正文。</p></section>
</body></html>""".encode()


# Arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "urls: '' is not accepted; expected a file, - for standard input, or URLs"),
        ({"urls": ""}, "urls: '' is not accepted"),
        ({"urls": "no-such-file"}, "urls: 'no-such-file' is not accepted; expected a file that"),
        ({"urls": "tests"}, "urls: 'tests' is not accepted; expected a file that can be read"),
        ({"urls": "/dev/null"}, "urls: '/dev/null' is not accepted; expected a file, - for"),
        ({"urls": "https://example.com/a"}, "urls: 'https://example.com/a' is not accepted"),
        ({"urls": "https://sina.com.cn.evil.example/a"}, "an article's URL on sina.com.cn"),
        ({"urls": "https://finance.sina.com.cn@evil.example/a"}, "an article's URL on sina"),
        ({"urls": "https://notsina.com.cn/a"}, "an article's URL on sina.com.cn or sina.cn"),
        ({"urls": "ftp://finance.sina.com.cn/a"}, "an article's URL on sina.com.cn or sina.cn"),
        ({"urls": "http://["}, "urls: 'http://[' is not accepted; expected an article's URL"),
        ({"urls": "https://finance.sina.com.cn/"}, "an article's URL, not a front page's"),
        ({"url": "https://finance.sina.com.cn/a"}, "expected the argument urls only"),
    ],
)
def test_invalid_urls_are_refused_by_name(arguments, message):
    with pytest.raises(ArgumentError) as raised:
        article_urls(arguments)
    assert message in str(raised.value)


def test_one_bad_url_among_good_ones_is_refused_before_any_request(pages, scrapy, output, tmp_path):
    listed = tmp_path / "urls.txt"
    listed.write_text("https://finance.sina.com.cn/a.shtml\nhttps://example.com/b.shtml\n")

    run = scrapy("crawl", "articles", "-a", f"urls={listed}", mirror=pages.url)

    assert run.returncode == 2
    assert "urls: 'https://example.com/b.shtml' is not accepted" in run.stderr
    assert "Traceback" not in run.stderr
    assert pages.requests == []
    assert posts(output) == []


def test_a_file_may_have_comments_blank_lines_and_a_byte_order_mark(tmp_path):
    listed = tmp_path / "urls.txt"
    text = "# mine\r\n\r\n  //finance.sina.com.cn/a.shtml?from=wap#top \r\nhttps://k.sina.cn/b\r\n"
    listed.write_text("\ufeff" + text, "utf-8")
    expected = ["https://finance.sina.com.cn/a.shtml", "https://k.sina.cn/b"]
    assert article_urls({"urls": str(listed)}) == expected


@pytest.mark.parametrize(
    ("stdin", "code", "message"),
    [
        ("https://finance.sina.com.cn/a.shtml\n\n", 0, "listed 1 = written 1 +"),
        ("https://example.com/a\n", 2, "urls: 'https://example.com/a' is not accepted"),
        ("\n", 2, "urls: '-' is not accepted; expected a file, - for standard input"),
    ],
    ids=["good", "foreign", "empty"],
)
def test_urls_are_read_from_standard_input(stdin, code, message, pages, output):
    pages["finance.sina.com.cn/a.shtml"] = article_page()
    settings = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": pages.url}
    command = [sys.executable, "-m", "scrapy", "crawl", "articles", "-a", "urls=-"]
    command += [f"-s{name}={value}" for name, value in settings.items()]

    run = subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == code, run.stderr
    assert message in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert len(pages.articles()) == (code == 0)


def test_docids_differ_without_an_extension_and_stay_valid_file_names_for_long_paths():
    one, other = docid("https://finance.sina.com.cn/a/1"), docid("https://finance.sina.com.cn/a/2")
    assert one != other
    long = [docid(f"https://finance.sina.com.cn/{'路' * 99}{end}.shtml") for end in "甲乙"]
    assert len(set(long)) == 2
    assert all(len(f"{name}.html".encode()) < 200 for name in long)


# Results


def test_pages_of_every_family_are_written_once_each(scrapy, output, tmp_path):
    site = Site(articles=0, tick=0)
    stories = [site.publish(family=family)[0] for family in FAMILIES]
    count = len(stories)
    doubles = [f"http{s.url.removeprefix('https')}?from=wap#top" for s in stories]
    doubles += [s.wapurl for s in stories[:3]]
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join([*(story.url for story in stories), *doubles]))
    with running(site) as mirror:
        first = scrapy("crawl", "articles", "-a", f"urls={listed}", mirror=mirror.url)
        requested = mirror.articles()
        written = {path: path.read_bytes() for path in posts(output)}
        again = scrapy("crawl", "articles", "-a", f"urls={listed}", mirror=mirror.url)
        china = scrapy("crawl", "china", mirror=mirror.url)

    assert first.returncode == 0, first.stderr
    assert f"listed {count} = written {count} + updated 0 + unchanged 0 + " in first.stdout
    assert sorted(requested) == sorted(story.address for story in stories)
    assert {line["layout"] for line in lines(output)} == set(FAMILIES)
    assert {line["url"] for line in lines(output)} == {story.url for story in stories}
    assert {line["title"] for line in lines(output)} == {story.title for story in stories}
    assert again.returncode == china.returncode == 0, again.stderr + china.stderr
    assert f"listed {count} = written 0 + updated 0 + unchanged {count} + " in again.stdout
    assert f"listed {count} = written 0 + updated 0 + unchanged {count} + " in china.stdout
    assert {path: path.read_bytes() for path in posts(output)} == written
    assert len(lines(output)) == len(written) == count


def test_an_article_of_a_list_is_the_same_article_by_its_url(scrapy, output):
    site = Site(articles=0, tick=0)
    stories = [site.publish(family=family)[0] for family in ("F2017", "F2014", "K")]
    with running(site) as mirror:
        china = scrapy("crawl", "china", mirror=mirror.url)
        run = crawl(scrapy, mirror, *(story.url for story in stories))

    assert (china.returncode, run.returncode) == (0, 0), run.stderr
    assert "listed 3 = written 0 + updated 0 + unchanged 3 + " in run.stdout
    assert {line["docid"] for line in lines(output)} == {story.docid for story in stories}
    assert len(posts(output)) == 3


def test_gone_pages_are_logged_without_failure_and_written_when_they_are_back(
    pages, scrapy, output
):
    pages["finance.sina.com.cn/b.shtml"] = (410, b"")
    pages["finance.sina.com.cn/c.shtml"] = SOFT_404
    urls = [f"https://finance.sina.com.cn/{name}.shtml" for name in "abc"]

    run = crawl(scrapy, pages, *urls)

    assert run.returncode == 0, run.stderr
    assert "listed 3 = written 0 + updated 0 + unchanged 0 + filtered 0 + gone 3 + " in run.stdout
    assert "a.shtml: HTTP 404" in run.stderr
    assert "b.shtml: HTTP 410" in run.stderr
    assert "c.shtml: its page says that it is not there" in run.stderr
    assert "ERROR" not in run.stderr
    assert not (output / "failed").exists()

    pages["finance.sina.com.cn/c.shtml"] = article_page()
    back = crawl(scrapy, pages, *urls)

    assert back.returncode == 0, back.stderr
    assert "listed 3 = written 1 + updated 0 + unchanged 0 + filtered 0 + gone 2 + " in back.stdout
    assert len(posts(output)) == 1


# Pages for phones

HOST = "finance.sina.com.cn/china/2026-09-29/doc-i{}.shtml"
PHONES = "finance.sina.cn/china/2026-09-29/detail-i{}.d.html"


def test_phone_pages_lead_to_their_pc_pages_or_are_read_themselves(pages, scrapy, output):
    names = ("nthere000000001", "ngone0000000002", "nbroken00000003", "nalone000000004")
    there, gone, broken, alone = names
    for name in names:
        pages[PHONES.format(name)] = phone_page(f"http://{HOST.format(name)}" * (name != alone))
    pages[HOST.format(there)] = article_page("机前的题")
    pages[HOST.format(broken)] = b"<html><body>under construction</body></html>"
    pages["k.sina.cn/article_1_2b.html"] = phone_page("https://k.sina.com.cn/article_1_2b.html")
    pages["k.sina.com.cn/article_1_2b.html"] = article_page("看点的题")

    phones = [*map(PHONES.format, names), "k.sina.cn/article_1_2b.html"]
    run = crawl(scrapy, pages, *(f"https://{place}?vt=4" for place in phones))
    pc = [*map(HOST.format, (there, gone)), "k.sina.com.cn/article_1_2b.html"]
    again = crawl(scrapy, pages, *(f"https://{place}" for place in pc))

    assert run.returncode == again.returncode == 0, run.stderr
    assert "listed 5 = written 5 + " in run.stdout
    articles = {line["docid"]: (line["title"], line["layout"]) for line in lines(output)}
    assert articles == {
        there: ("机前的题", "F2017"),
        gone: ("手机上的题", "M"),
        broken: ("手机上的题", "M"),
        alone: ("手机上的题", "M"),
        "1-2b": ("看点的题", "F2017"),
    }
    assert "listed 3 = written 0 + updated 0 + unchanged 3 + " in again.stdout
    assert len(posts(output)) == 5


LOOKS = {
    "script": """<script>var c = {{"__webURL":"{pc}"}};</script><article class="art_box">
<h1 class="art_tit_h1">手机上的题</h1><time class="weibo_time">2017.09.28 07:56</time>
<p class="art_p">正文。</p></article>""",
    "canonical": """<link rel="canonical" href="{pc}"><article class="art_box">
<h1 class="art_tit_h1">手机上的题</h1><time class="art_time">2018.05.09 12:52:37</time>
<p class="art_p">正文。</p></article>""",
}


@pytest.mark.parametrize("look", LOOKS)
def test_older_phone_pages_lead_to_their_pc_pages_too(pages, scrapy, output, look):
    name = "nthere000000001"
    html = LOOKS[look].format(pc=f"http://{HOST.format(name)}")
    pages[PHONES.format(name)] = f'<meta charset="utf-8">{html}'.encode()
    pages[HOST.format(name)] = article_page("机前的题")
    run = crawl(scrapy, pages, f"https://{PHONES.format(name)}")
    assert run.returncode == 0, run.stderr
    written = [(line["docid"], line["title"], line["layout"]) for line in lines(output)]
    assert written == [(name, "机前的题", "F2017")]


def test_an_article_requested_by_both_its_urls_is_written_once(scrapy, output):
    site = Site(articles=0, tick=0)
    story = site.publish(family="F2017")[0]
    with running(site) as mirror:
        run = crawl(scrapy, mirror, story.wapurl, story.url)
        requested = mirror.articles()

    assert run.returncode == 0, run.stderr
    assert "listed 1 = written 1 + " in run.stdout
    assert requested == [story.wapurl.removeprefix("https://"), story.address]
    assert [line["layout"] for line in lines(output)] == ["F2017"]
