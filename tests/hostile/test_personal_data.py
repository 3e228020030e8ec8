"""Addresses of staff and names of readers are never stored, in pages that failed neither."""

import json
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from sinanews.extraction import page
from sinanews.extraction.persons import without_persons, without_readers
from sinanews.utils.text import without_mail, without_sinas_mail
from support import DOCID, article_page, ask, lines, place, posts, reference, row

STAFF = "xu.zhang-7@staff.sina.com.cn"
ROLE = "tougao@vip.sina.com"
COMPANY = "ir@example.com"
SPELLINGS = [
    "{name}@{host}",
    "{name}＠{host}",
    "{name}&#64;{host}",
    "{name}&#x40;{host}",
    "{name}&#0064{host}",
    "{name}&commat;{host}",
    "{name}%40{host}",
    r"{name}\u0040{host}",
    r"{name}\x40{host}",
    "联系{name}@{host}责编",
    '<a href="mailto:{name}@{host}?subject=x">{name}@{host}</a>',
]
HOSTS = ["staff.sina.com.cn", "STAFF.SINA.COM.CN", "vip.sina.com", "sina.cn", "sina&#46;com"]
NO_MAIL = [
    "",
    "@黑猫投诉）、认证微信",
    "网名叫 @Ayush Pai 的小哥",
    "JuBaoicon-ChangGui@3x.png",
    "https://unpkg.com/vue@2.6.11/dist/a",
    "@media screen and (max-width:1.5em)",
    "a@b",
    "a @ b.cn",
    "12@34.56",
]
COMMENTS = """
<div class="blk-comment" id="wrap_bottom_omment"><div comment-type="list">
<div class="item"><a title="读者甲" href="https://weibo.com/u/1">读者甲</a><div>评论甲</div></div>
</div><ul><li>读者乙</li></ul></div>
<section id=cmnt_list><section>读者丙</section></section>
<a action-data="uid=1&amp;nick=读者丁&amp;userLnk=读者丁&amp;cont=x">回复</a>
<script>var c = {"nick":"读者戊", nickname: '读者己', "screen_name" : "读者庚"};
var s = "{\\"nick\\":\\"读者辛\\"}";</script>
<div class="comment-open"><div>读者壬</div>
"""
READER = re.compile("读者.|评论.")


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("host", HOSTS)
def test_an_address_is_found_in_every_spelling(spelling, host):
    text = f"前{spelling.format(name='xu.zhang-7', host=host)}后"
    for told in (without_mail(text), without_sinas_mail(text)):
        assert "zhang" not in told
        assert "sina" not in told.lower()
        assert told.startswith("前")
        assert told.endswith("后")


@pytest.mark.parametrize("text", NO_MAIL)
def test_what_is_no_address_stays(text):
    assert without_mail(text) == without_sinas_mail(text) == text


def test_addresses_of_others_are_the_articles_own():
    text = "投资者可写信至 ir@example.com 或 a@notsina.com、b@sina.com.example.org"
    assert without_sinas_mail(text) == text
    assert without_mail(text) == "投资者可写信至 … 或 …、…"


@given(
    st.text(),
    st.from_regex(r"[a-z0-9._%+-]{1,80}@([a-z0-9-]{1,20}\.){1,4}[a-z]{2,10}", fullmatch=True),
    st.text(),
)
def test_no_text_keeps_an_address(before, address, after):
    told = without_mail(before + address + after)
    assert not re.search(r"[A-Za-z0-9._%+-]@[\w-]+\.[A-Za-z]{2}", told)


GROWING = [
    *("a", "a.", "@", "a@", "a@b.", "a@b.c", "%40", "&#64;", "nick=", '"nick":"', '\\"'),
    *("<div ", "</div>", '<div class="', '<div class="comment">', "<div comment-type=x "),
]


@pytest.mark.parametrize("piece", GROWING)
def test_the_time_it_takes_grows_with_the_text(piece, seconds_for):
    few, many = (seconds_for(lambda n=n: without_persons(piece.encode() * n, "text/html"))
                 for n in (5_000, 40_000))  # fmt: skip # one line each
    assert many < 0.2 + 40 * few, f"8 times the text took {many / few:.0f} times as long"


@pytest.fixture
def seconds_for():
    """The least time that something took of three times."""

    def seconds(work) -> float:
        times = []
        for _ in range(3):
            start = process_time()
            work()
            times.append(process_time() - start)
        return min(times)

    return seconds


def test_readers_are_left_out_wherever_a_page_has_them():
    html = without_readers(f"<h1>标题</h1>{COMMENTS}")
    assert not READER.search(html), READER.findall(html)
    assert html.startswith("<h1>标题</h1>")
    assert '<div class="blk-comment" id="wrap_bottom_omment"></div>' in html


def test_what_stands_around_comments_stays():
    html = (
        '<div id="artibody"><p>评论员文章</p></div><div class="comment"><div></div></div><p>后</p>'
    )
    assert without_readers(html) == html.replace("<div></div>", "")


def everything(output) -> str:
    """All that an archive has as text: its files, and what the ledger has packed."""
    files = [path for path in output.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)


FAILING = {
    "utf-8": ("utf-8", "text/html; charset=utf-8"),
    "gbk": ("gbk", "text/html; charset=gb2312"),
    "utf-16": ("utf-16", "text/html"),
    "no label": ("utf-8", "text/html"),
    "a wrong label": ("gbk", "text/html; charset=utf-8"),
}


def test_a_page_that_failed_keeps_no_persons(pages, scrapy, output):
    spelt = "\n".join(form.format(name="xuzhang", host="staff.sina.com.cn") for form in SPELLINGS)
    html = f"<html><h1>不是文章</h1><p>{spelt.replace('＠', '@')}</p><i>末尾</i>{COMMENTS}</html>"
    docids = {f"n{number}": name for number, name in enumerate(FAILING)}
    for docid, name in docids.items():
        encoding, header = FAILING[name]
        pages[place(docid)] = html.encode(encoding)
        pages.headers[place(docid)] = {"Content-Type": header}

    run = ask(scrapy, pages, *docids)

    assert f"failed, no layout: {len(FAILING)}" in run.stdout
    for docid, name in docids.items():
        kept = (output / "failed" / f"{docid}.html.txt").read_bytes()
        encoding, header = FAILING[name]
        for text in (kept.decode(encoding, "replace"), kept.decode("utf-8", "replace")):
            assert not READER.search(text), name
            assert "xuzhang" not in text, name
        report = json.loads((output / "failed" / f"{docid}.json").read_bytes())
        assert report["content_type"] == header
        if name != "a wrong label":
            again = HtmlResponse("https://x/", body=kept, headers={"Content-Type": header})
            assert "<h1>不是文章</h1>" in again.text
            assert "末尾" in again.text
    assert "xuzhang" not in everything(output)


def test_the_reason_of_a_failure_has_no_address(pages, scrapy, output):
    pages[place()] = b"<p>no article</p>"
    pages.headers[place()] = {"Content-Type": f"text/html; x={STAFF}"}

    assert ask(scrapy, pages).returncode == 3

    report = json.loads((output / "failed" / f"{DOCID}.json").read_bytes())
    assert report["content_type"] == "text/html; x=…"
    assert "zhang" not in everything(output)


def test_an_article_is_stored_without_addresses_of_staff(pages, scrapy, output):
    body = f"""<p>（记者 张三 {STAFF}）投稿：<a href="mailto:{ROLE}">{ROLE}</a></p>
<p>公司邮箱 {COMPANY}。</p>
<div class="img_wrapper"><img src="https://n.sinaimg.cn/a.jpg" alt="{ROLE}">
<span class="img_descr">图 {COMPANY}</span></div><!-- {STAFF} -->
<p class="article-editor">责任编辑：李四 {STAFF} SF001</p>"""
    head = f'<meta name="tags" content="宏观,{COMPANY},利率">'
    html = article_page(body=body, head=head).replace("某报".encode(), f"某报 {COMPANY}".encode())
    pages.roll(row(title=f"标题 {STAFF}", intro=f"摘要 {ROLE}", media_name=STAFF))
    pages[place()] = html

    run = scrapy("crawl", "china", mirror=pages.url, POST_EXTRA_KEYS="source,editor,keywords")

    assert run.returncode == 0, run.stderr
    (line,) = lines(output)
    assert line["title"] == "标题 …"
    assert line["summary"] == "摘要 …"
    assert line["source"] == "某报 …"
    assert line["editor"] == "李四"
    assert line["keywords"] == ["宏观", "…", "利率"]
    assert line["images"] == [{"url": "https://n.sinaimg.cn/a.jpg", "caption": "图 …"}]
    assert COMPANY in line["text"]
    assert COMPANY in line["body_html"]
    (post,) = posts(output)
    assert post.name == "标题 ….md"
    exported = output / "all.jsonl"
    assert scrapy("export", "-o", str(exported)).returncode == 0
    for text in (everything(output), run.stdout, run.stderr):
        assert "zhang" not in text
        assert "tougao" not in text


CAPTURES = [
    folder
    for folder in reference("conformance", "captures", "*")
    if (folder / "truth.json").exists()
]


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_a_real_page_is_read_alike_from_what_would_be_kept_of_it(folder):
    served = (folder / "page.html").read_bytes()
    url = json.loads((folder / "truth.json").read_text("utf-8"))["url"]

    kept = without_persons(served, "text/html")

    assert page.read(HtmlResponse(url, body=kept)) == page.read(HtmlResponse(url, body=served))
    text = HtmlResponse(url, body=kept).text
    nicks = set(re.findall(r"nick=([^&\s\"'();,]{2,30})&", HtmlResponse(url, body=served).text))
    assert not {nick for nick in nicks if nick in text}
    assert not re.search(r"[\w.-]+@(?:[\w-]+\.)*sina\.com", text)


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_no_real_body_has_an_address_that_would_be_left_out(folder):
    served = (folder / "page.html").read_bytes()
    url = json.loads((folder / "truth.json").read_text("utf-8"))["url"]
    article = page.read(HtmlResponse(url, body=served))
    expected = folder / "reference_body.html"
    if expected.exists():
        body = expected.read_bytes().decode()
        assert without_sinas_mail(body) == body
    assert "…@" not in article.body_html


@pytest.mark.parametrize("label", ["gbk", "utf-8", "big5"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_an_address_behind_a_chinese_character_is_found_under_a_wrong_label(encoding, label):
    page = "<p>投稿：l@staff.sina.com.cn</p>".encode(encoding)
    kept = without_persons(page, f"text/html; charset={label}")
    assert b"@staff" not in kept
    assert b"sina.com.cn" not in kept
