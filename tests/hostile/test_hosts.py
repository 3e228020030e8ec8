"""Whatever names an address, nothing but Sina's own hosts is asked for anything."""

import json
import re
from urllib.parse import urlsplit

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scrapy import Request
from twisted.web.client import URI
from yarl import URL

from articles.test_articles import phone_page
from certificates import authority, context
from harvest.proofs import assert_accounts_balance, reports
from live import Listener, Live, can_listen, served
from sinanews.download import hosts
from sinanews.download.hosts import SINA, refusal
from sinanews.utils.urls import canonical, mirrored
from support import Pages, article_page, lines, place, row

OWN_PORTS = {"http": 80, "https": 443}
STORY = "/china/2026-09-29/doc-i{}.shtml"

ASKED = [
    "https://finance.sina.com.cn/china/2026-09-29/doc-inabc0000000001.shtml",
    "http://finance.sina.com.cn/a",
    "https://sina.cn",
    "https://sina.com.cn?a=b",
    "https://K.SINA.COM.CN/article_1_2.html#c",
    "http://chanye.finance.sina.com.cn:80/sm/2005-03-21/244339.shtml",
    "https://finance.sina.cn:443/新/a@b:c?d=//e",
    "https://my_blog.blog.sina.com.cn/..a/b..",
]
REFUSED = {
    hosts.NO_WEB: [
        "",
        "/a",
        "//finance.sina.com.cn/a",
        "ftp://finance.sina.com.cn/a",
        "file:///etc/passwd",
        "javascript://finance.sina.com.cn/%0aalert(1)",
        "data:text/html,//finance.sina.com.cn",
        "https:/finance.sina.com.cn/a",
        "https:\\\\finance.sina.com.cn/a",
        " https://finance.sina.com.cn/a",
        "ht\ttps://finance.sina.com.cn/a",
    ],
    hosts.HAS_USER: [
        "https://me@finance.sina.com.cn/a",
        "https://me:secret@finance.sina.com.cn/a",
        "https://@finance.sina.com.cn/a",
        "https://finance.sina.com.cn@127.0.0.1/a",
        "https://finance.sina.com.cn:443@127.0.0.1/a",
        "https://127.0.0.1\\@finance.sina.com.cn/a",
    ],
    hosts.HAS_PORT: [
        "https://finance.sina.com.cn:8080/a",
        "https://finance.sina.com.cn:80/a",
        "http://finance.sina.com.cn:443/a",
        "https://finance.sina.com.cn:/a",
        "https://finance.sina.com.cn:0443/a",
        "https://finance.sina.com.cn:443:8080/a",
        "https://finance.sina.com.cn:４４３/a",
    ],
    hosts.FOREIGN: [
        "https://",
        "https:///finance.sina.com.cn/a",
        "https://news.example.com/a",
        "https://sina.com.cn.example.com/a",
        "https://notsina.com.cn/a",
        "https://com.cn/a",
        "https://.sina.com.cn/a",
        "https://a..sina.com.cn/a",
        "https://finance.sina.com.cn./a",
        "https://finance.sina.com.cn\\.example.com/a",
        "https://example.com\\.sina.com.cn/a",
        "https://example.com%2f.sina.com.cn/a",
        "https://example.com;.sina.com.cn/a",
        "https://exa mple.sina.com.cn/a",
        "https://fin\tance.sina.com.cn/a",
        "https://finance\u3002sina.com.cn/a",
        "https://ｆinance.sina.com.cn/a",
        "https://xn--a.sina.com.cn/a",
        f"https://{'a' * 64}.sina.com.cn/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://0177.0.0.1/a",
        "https://１２７.0.0.1/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://[::1%25lo.sina.com.cn]/a",
        "https://localhost/a",
        "http://169.254.169.254/latest/meta-data",
        "https://passport.weibo.com/visitor",
    ],
    hosts.UNREADABLE: [
        "https://finance.sina.com.cn/a b",
        "https://finance.sina.com.cn/a\\b",
        "https://finance.sina.com.cn/a\r\nb",
        "https://finance.sina.com.cn/a\u202eb",
        "https://finance.sina.com.cn/../127.0.0.1/a",
        "https://finance.sina.com.cn/a/%2E./%2e%2e",
        f"https://finance.sina.com.cn/{'a' * hosts.LONGEST_URL}",
    ],
}


@pytest.mark.parametrize("url", ASKED)
def test_addresses_of_sina_s_are_asked_for(url):
    assert refusal(url) is None
    assert refusal(Request(url).url) is None


@pytest.mark.parametrize(
    ("reason", "url"), [(reason, url) for reason, urls in REFUSED.items() for url in urls]
)
def test_other_addresses_are_refused_with_their_reason(reason, url):
    assert refusal(url) == reason


def test_a_spider_s_own_domains_are_allowed_as_strictly():
    domains = (*SINA, "example.org")
    assert refusal("https://news.example.org/a", domains) is None
    assert refusal("https://news.example.org:8080/a", domains) == hosts.HAS_PORT
    assert refusal("https://me@example.org/a", domains) == hosts.HAS_USER
    assert refusal("https://news.example.com/a", domains) == hosts.FOREIGN
    assert refusal("https://sina.cn/a", domains=()) == hosts.FOREIGN


# Addresses that are nearly Sina's, put together of what clients are known to read differently.
ASCII = "\\/?#@:;%&=[]()<>{}|^`'\" \t\r\n\0.,-_~+*$!"
WIDE = "。．／＠：℀ßK\u00ad\u200d\u202e\x7f\x85"
ODD = st.sampled_from([*ASCII, *WIDE, "%2f", "%00", "%40", "%2e"])
HOSTS = st.sampled_from(["finance.sina.com.cn", "sina.cn", "SINA.com.CN", "k.sina.com.cn"])
NUMBERS = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "１２７.0.0.1", "[::1]", "1"]
OTHERS = st.sampled_from([*NUMBERS, "localhost", "example.com", "xn--a", "a_b", "-", ""])
PIECES = st.lists(HOSTS | OTHERS | ODD | st.text(max_size=2), max_size=3).map("".join)
AUTHORITIES = (
    HOSTS
    | PIECES
    | st.tuples(PIECES, st.sampled_from([".", "@", "\\", "\\@", ":80@"]), HOSTS).map("".join)
    | st.tuples(HOSTS, st.sampled_from([".", "@", "\\", "\\@", ":80@"]), PIECES).map("".join)
)
NO_SCHEMES = ["HTTPS://", "//", "https:", "http:/", "https:\\\\", "http:///", "\thttps://", ""]
SCHEMES = st.sampled_from(["https://", "http://"]) | st.sampled_from(NO_SCHEMES)
PORTS = st.just("") | st.sampled_from([":443", ":80", ":8080", ":", ":0", ":00443", ":４４３"])
ENDS = st.sampled_from(["", "?a", "#a", "/@a", "?@a", "\\a", "\n", "/a\tb"])
CLIMBS = st.sampled_from(["/../a", "/./a", "/%2e%2E/a", "/a/.%2e", "/..\\a", "/..?a"])
TAILS = st.just("/a") | ENDS | CLIMBS | st.text(max_size=9).map("/".__add__)
URLS = st.tuples(SCHEMES, AUTHORITIES, PORTS, TAILS).map("".join)


@given(URLS | st.text())
@example("https://finance.sina.com.cn/a")
@example("http://k.sina.com.cn:80?b@c")
@example("https://finance.sina.com.cn\\@127.0.0.1/")
@example("https://127.0.0.1@finance.sina.com.cn/")
@example("https://¼finance.sina.com.cn/")
@example("https://xn--a.sina.cn/")
def test_what_is_asked_for_all_clients_read_as_an_address_of_sina_s(url):
    """As Python, browsers (ada), aiohttp (yarl), Scrapy (w3lib) and Twisted read it."""
    if refusal(url) is not None:
        return
    read = urlsplit(url)
    assert_sinas(read.scheme, read.hostname, read.port)
    browser = ada_url.URL(url)
    assert (browser.username, browser.password, browser.port) == ("", "", "")
    assert_sinas(browser.protocol.removesuffix(":"), browser.hostname, None)
    aiohttps = URL(url)
    assert_sinas(aiohttps.scheme, aiohttps.host, aiohttps.port)
    sent = Request(url).url
    assert refusal(sent) is None or len(sent) > hosts.LONGEST_URL
    twisted = URI.fromBytes(sent.encode("ascii"))
    assert_sinas(twisted.scheme.decode(), twisted.host.decode(), twisted.port)


@given(URLS | st.text())
@example("https://finance.sina.com.cn/a")
def test_what_scrapy_sends_is_read_alike_by_those_who_send_it(url):
    """A redirect's address is looked at in the form that Scrapy gives it."""
    try:
        sent = Request(url).url
    except ValueError:
        return
    if refusal(sent) is None:
        assert_sinas(sent.partition(":")[0], URL(sent).host, URL(sent).port)
        twisted = URI.fromBytes(sent.encode("ascii"))
        assert_sinas(twisted.scheme.decode(), twisted.host.decode(), twisted.port)


def assert_sinas(scheme: str, host: str | None, port: int | None) -> None:
    host = (host or "").lower()
    assert any(host == domain or host.endswith(f".{domain}") for domain in SINA), host
    assert port in {None, OWN_PORTS[scheme]}


@given(URLS | st.text())
def test_a_row_s_address_is_one_of_sina_s_or_refused(url):
    """Whatever it was before it was brought into its canonical form."""
    page = canonical(url)
    if refusal(page) is None:
        assert page.startswith("https://")
        assert_sinas("https", ada_url.URL(page).hostname, None)


@given(URLS, st.sampled_from(["http://127.0.0.1:8000", "https://mirror.example.org/sina/"]))
@example("https://finance.sina.com.cn/../a", "http://127.0.0.1:8000")
@example("https://finance.sina.com.cn/%2e%2E/a", "https://mirror.example.org/sina/")
def test_with_a_mirror_all_clients_read_the_mirror_s_address(url, mirror):
    address = mirrored(url, mirror)
    there = urlsplit(mirror)
    browser = ada_url.URL(address)
    assert (browser.hostname, browser.port) == (there.hostname, str(there.port or ""))
    read = urlsplit(address)
    assert (read.hostname, read.port) == (there.hostname, there.port)
    if refusal(url) is None:
        host = urlsplit(url).hostname
        folder = f"{there.path.rstrip('/')}/{host}"
        assert browser.pathname.lower().startswith(folder), "it leaves the folder of its host"
        assert URL(address).path.lower().startswith(folder)


# Real crawls, in which rows, redirects, robots.txt and mobile pages name listeners of this machine

GOOD = ("n1", "n2", "n3")
WORD = "geheim"  # on the page of a listener
KINDS = ("row", "redirect", "second redirect", "mobile page")


@pytest.fixture
def listeners():
    """On addresses of this machine; each answers with an article."""
    addresses = ["127.0.0.1", "127.0.0.2", *(["::1"] if can_listen("::1") else [])]
    made = [Listener(address, article_page(title=WORD)) for address in addresses]
    with served(*made):
        yield made


def addresses(listeners: list[Listener]) -> list[str]:
    """Ways to name them that one client or another has followed."""
    one, two, *six = (listener.port for listener in listeners)
    return [
        f"http://127.0.0.1:{one}/latest/meta-data",
        f"HTTP://127.0.0.1:{one}/finance.sina.com.cn",
        f"http://me:pw@127.0.0.1:{one}/auth",
        f"http://127.0.0.2:{two}/admin?token=1",
        f"http://localhost:{one}/pc.sina.com.cn",
        f"http://127.1:{one}/pc.sina.com.cn",
        f"http://2130706433:{one}/pc.sina.com.cn",
        f"http://0x7f000001:{one}/pc.sina.com.cn",
        f"http://0177.0.0.1:{one}/pc.sina.com.cn",
        f"http://１２７.0.0.1:{one}/pc.sina.com.cn",
        f"http://0.0.0.0:{one}/pc.sina.com.cn",
        f"http://[::ffff:127.0.0.1]:{one}/pc.sina.com.cn",
        f"http://[::1:{one}/pc.sina.com.cn",
        f"http://127.0.0.1.:{one}/pc.sina.com.cn",
        f"http://finance.sina.com.cn@127.0.0.1:{one}/pc.sina.com.cn",
        f"http://finance.sina.com.cn:80@127.0.0.1:{one}/pc.sina.com.cn",
        f"http://127.0.0.1:{one}\\@finance.sina.com.cn/a",
        f"http://127.0.0.1:{one}#.sina.com.cn/",
        f"https://127.0.0.1:{one}/pc.sina.com.cn",
        f"https://finance.sina.com.cn:{one}/a",
        "https://169.254.169.254/pc.sina.com.cn",
        *(f"http://[::1]:{port}/pc.sina.com.cn" for port in six),
    ]


def redirects(listeners: list[Listener]) -> list[str]:
    """What only a Location may be."""
    port = listeners[0].port
    return [
        *addresses(listeners),
        f"//127.0.0.1:{port}/a",
        f"///127.0.0.1:{port}/a",
        f"ht\ttp://127.0.0.1:{port}/a",
        f"gopher://127.0.0.1:{port}/a",
    ]


def publish(pages: Pages, kind: str, listeners: list[Listener]) -> list[str]:
    """Serves good stories, and between them one for each address that leads to a listener by this
    kind. Returns the docids of the bad ones."""
    named = addresses(listeners) if kind in {"row", "mobile page"} else redirects(listeners)
    if kind == "mobile page":  # others are no PC page's, and the mobile page's article stands
        named = [address for address in named if re.match(r"https?:.*\.sina\.com\.cn", address)]
    bad = {f"nbad{number:03}": address for number, address in enumerate(named)}
    rows = [row(docid, title=docid) for docid in (*GOOD, *bad)]
    pages.update({place(docid): article_page() for docid in GOOD})
    for docid, address in bad.items():
        if kind == "row":
            rows[len(GOOD) + list(bad).index(docid)]["url"] = address
        elif kind == "mobile page":
            pages[place(docid)] = phone_page(address)
        else:
            lead_to(pages, docid, address, hops=2 if kind == "second redirect" else 1)
    pages.roll(*rows)
    return list(bad)


def lead_to(pages: Pages, docid: str, address: str, hops: int) -> None:
    path = place(docid)
    if hops > 1:
        between = f"news.sina.com.cn/{docid}"
        pages[path] = (302, b"")
        pages.headers[path] = {"Location": f"https://{between}"}
        path = between
    pages[path] = (302, b"")
    pages.headers[path] = {"Location": address.encode().decode("latin-1")}


@pytest.fixture
def live(pages, tmp_path, monkeypatch):
    """The live site, behind a proxy that knows Sina's hosts, and would tell who else was asked."""
    made = authority("the test's own")
    (tmp_path / "trusted.pem").write_bytes(made.pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    certificate = context(tmp_path, "*.sina.com.cn", "*.mix.sina.com.cn", by=made)
    live = Live(pages, lambda _: certificate)
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, live.url)
    monkeypatch.delenv("no_proxy", raising=False)
    with served(live):
        yield live


@pytest.mark.parametrize("kind", KINDS)
def test_no_listener_is_asked_by_a_crawl_of_the_live_site(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    scrapy, output, pages, listeners, live, kind
):
    bad = publish(pages, kind, listeners)
    run = scrapy("harvest", "china", RETRY_TIMES="0")
    assert_only_good_ones_are_written(run, output, listeners, bad, kind)
    asked = {line.partition(" ")[2] for line in live.lines}
    assert asked <= {f"{host}.sina.com.cn:443" for host in ("feed.mix", "finance", "news")}, (
        "and neither is anybody else"
    )


@pytest.mark.usefixtures("live")
def test_no_listener_is_asked_where_a_user_has_taken_the_middleware_out(
    scrapy, output, pages, listeners
):
    """The download handler looks for itself, right before the network."""
    publish(pages, "redirect", listeners)
    out = json.dumps({"sinanews.middlewares.HostsMiddleware": None})
    options = {"RETRY_TIMES": "0", "ROBOTSTXT_OBEY": "False", "DOWNLOADER_MIDDLEWARES": out}
    run = scrapy("harvest", "china", **options)
    assert [listener.visits for listener in listeners] == [[]] * len(listeners)
    assert run.returncode == 3, run.stdout + run.stderr
    assert len(lines(output)) == len(GOOD)


@pytest.mark.parametrize("kind", KINDS)
def test_no_listener_is_asked_by_a_crawl_of_a_mirror(scrapy, output, pages, listeners, kind):
    """Nor does the mirror hear of it."""
    bad = publish(pages, kind, listeners)
    run = scrapy("harvest", "china", mirror=pages.url, RETRY_TIMES="0")
    assert_only_good_ones_are_written(run, output, listeners, bad, kind)
    hosts_asked = {target.partition("/")[0] for target in pages.requests}
    assert hosts_asked <= {f"{host}.sina.com.cn" for host in ("feed.mix", "finance", "news")}


def assert_only_good_ones_are_written(run, output, listeners, bad, kind):
    assert [listener.visits for listener in listeners] == [[]] * len(listeners)
    assert run.returncode == 3, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "robots.txt" not in run.stderr, "no host beyond Sina's is asked for its own"
    report = reports(output)[-1]
    assert report["account"]["written"] == len(lines(output)) == len(GOOD)
    if kind == "row":
        assert report["rows_broken"] == len(bad)
        assert sum(": its " in line for line in run.stderr.splitlines()) == len(bad)
    else:
        assert report["account"]["failed"] == len(bad)
        told = {*REFUSED, "HTTP 302"}  # for a scheme that Scrapy does not follow
        assert report["failures"].keys() <= told
    for path in output.rglob("*"):
        assert not path.is_file() or WORD.encode() not in path.read_bytes(), path
    assert_accounts_balance(output)


def test_a_robots_txt_that_leads_to_a_listener_counts_as_none(
    scrapy, output, pages, listeners, live
):
    pages.roll(*(row(docid, title=docid) for docid in GOOD))
    pages.update({place(docid): article_page() for docid in GOOD})
    path = "finance.sina.com.cn/robots.txt"
    pages[path] = (302, b"")
    pages.headers[path] = {"Location": f"http://127.0.0.1:{listeners[0].port}/robots.txt"}
    run = scrapy("harvest", "china", RETRY_TIMES="0")

    assert listeners[0].visits == []
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(lines(output)) == len(GOOD)
    message = "robots.txt of finance.sina.com.cn leads elsewhere and counts as none: its host is"
    assert run.stderr.count(message) == 1, "once for the host"
    assert f"CONNECT {path.partition('/')[0]}:443" in live.lines


def test_a_list_that_leads_to_a_listener_is_incomplete(scrapy, pages, listeners, live):
    path = "feed.mix.sina.com.cn/api/roll/get"
    pages[path] = (302, b"")
    pages.headers[path] = {"Location": f"http://127.0.0.1:{listeners[0].port}/"}
    run = scrapy("harvest", "china", RETRY_TIMES="0")
    assert listeners[0].visits == []
    assert run.returncode == 3, run.stderr
    assert f"its list is incomplete: {hosts.FOREIGN}" in run.stderr
    assert {*live.lines} == {"CONNECT feed.mix.sina.com.cn:443"}


@pytest.mark.usefixtures("live")
def test_the_canary_asks_no_listener(scrapy, pages, listeners):
    lead_to(pages, "n1", f"http://127.0.0.1:{listeners[0].port}/", hops=1)
    pages.roll(row("n1"), rtime=1_700_000_030)
    run = scrapy("canary", "-a", "channel=guonei", RETRY_TIMES="0", STALLED_HOURS="999999")
    assert listeners[0].visits == []
    assert run.returncode == 3, run.stderr
    assert hosts.FOREIGN in run.stdout


def test_a_mirror_that_leads_to_another_server_is_not_followed(scrapy, output, pages, listeners):
    """Neither by its own name nor as a place of its own."""
    port = listeners[0].port
    away = {
        "n1": f"http://127.0.0.1:{port}/finance.sina.com.cn/a",
        "n2": f"{pages.url}/127.0.0.1:{port}/a",
        "n3": f"{pages.url}@127.0.0.1:{port}/a",
    }
    for docid, address in away.items():
        lead_to(pages, docid, address, hops=1)
    pages.roll(*(row(docid, title=docid) for docid in away))
    run = scrapy("harvest", "china", mirror=pages.url, RETRY_TIMES="0")
    assert run.returncode == 3, run.stderr
    assert listeners[0].visits == []
    assert len(pages.articles()) == len(away), "each once, and nothing behind it"
    assert reports(output)[-1]["failures"] == {hosts.FOREIGN: 2, hosts.HAS_USER: 1}


# One page that is refused, or leads astray, stops no other

MANY = [f"ngood{number:03}" for number in range(120)]


@pytest.mark.parametrize("case", ["a captcha's word", "a foreign captcha", "three 403"])
def test_bad_pages_among_many_good_ones_stop_no_other(scrapy, output, pages, case):
    """Nor in the next run, which begins with them."""
    bad: dict[str, dict] = {"nbad001": row("nbad001", title="短信验证码")}
    if case == "a captcha's word":
        pages[place("nbad001")] = "<html><meta charset=utf-8><p>验证码短信</p></html>".encode()
    elif case == "a foreign captcha":
        bad["nbad001"]["url"] = "https://news.example.com/doc-inbad001.shtml"
        pages["news.example.com/doc-inbad001.shtml"] = b"<script src=/recaptcha.js></script>"
    else:
        bad = {docid: row(docid, title=docid) for docid in ("nbad001", "nbad002", "nbad003")}
        pages.update({place(docid): (403, b"no") for docid in bad})
    for listed in (MANY, [*MANY, "nlater001", "nlater002"]):
        rows = [row(docid, title=docid) for docid in listed]
        pages.roll(*rows[:15], *bad.values(), *rows[15:])
        pages.update({place(docid): article_page() for docid in listed})
        run = scrapy("harvest", "china", mirror=pages.url, FAILED_PAUSE_SECONDS="0")
        assert run.returncode == 3, run.stdout + run.stderr
        assert len(lines(output)) == len(listed), run.stdout + run.stderr
    assert not [target for target in pages.requests if "example.com" in target]


def test_another_host_s_refusals_are_none_of_sina_s(tmp_path, pages, output, scrapy):
    """Where a spider may go to another host, what that says does not end the run. Elsewhere it
    may not go, whatever its requests say."""
    (tmp_path / "wider.py").write_text(
        "from sinanews.spiders.china import ChinaSpider\n"
        "class WiderSpider(ChinaSpider):\n"
        "    name = 'wider'\n"
        "    allowed_domains = (*ChinaSpider.allowed_domains, 'example.org')\n"
        "    def article_request(self, story):\n"
        "        request = super().article_request(story)\n"
        "        request.meta['allow_offsite'] = True\n"
        "        return request\n",
        encoding="utf-8",
    )
    docids = [f"n{number}" for number in range(6)]
    for docid in docids[:5]:
        lead_to(pages, docid, f"https://news.example.org/{docid}", hops=1)
        pages[f"news.example.org/{docid}"] = (403, b"")
    lead_to(pages, "n4", "https://news.example.com/n4", hops=1)
    pages[place("n5")] = article_page()
    pages.roll(*(row(docid, title=docid) for docid in docids))
    run = scrapy("runspider", str(tmp_path / "wider.py"), mirror=pages.url, RETRY_TIMES="0")

    assert reports(output)[-1]["failures"] == {"HTTP 403": 4, hosts.FOREIGN: 1}, run.stderr
    assert [line["docid"] for line in lines(output)] == ["n5"]
