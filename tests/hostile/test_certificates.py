"""A certificate that cannot be trusted fails what is behind it, in words that say what is wrong
with it, and nothing is read."""

import json
from datetime import timedelta

import pytest
from OpenSSL import crypto

from certificates import DAY, Authority, authority, context
from harvest.proofs import assert_accounts_balance, reports
from live import Live, served
from support import Pages, article_page, lines, row

OURS = "sinanews.download.aiohttp_handler.AiohttpDownloadHandler"
CLIENTS = {
    "Scrapy's own": {},
    "aiohttp": {"DOWNLOAD_HANDLERS": json.dumps({"http": OURS, "https": OURS})},
    "without Twisted's reactor": {"TWISTED_REACTOR_ENABLED": "False"},
}
HOSTS = {  # by what is wrong with the certificate of each
    "finance.sina.com.cn": None,
    "news.sina.com.cn": "the certificate is for another name",
    "tech.sina.com.cn": "the certificate has expired",
    "ent.sina.com.cn": "the certificate is not valid yet: is this machine's clock right?",
    "k.sina.com.cn": "the certificate is self-signed",
    "blog.sina.com.cn": "the certificate is of an authority that is not trusted here",
}
PATH = "/china/2026-09-29/doc-i{}.shtml"
FAR = timedelta(days=9)


@pytest.fixture(params=CLIENTS)
def client(request):
    return CLIENTS[request.param]


@pytest.fixture
def trusted(tmp_path, monkeypatch) -> Authority:
    """The one authority that this machine trusts."""
    made = authority("the test's own")
    (tmp_path / "trusted.pem").write_bytes(made.pem())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "no folder"))
    return made


@pytest.fixture
def live(pages: Pages, trusted, tmp_path, monkeypatch):
    """The hosts above, each with its certificate and an article, behind a proxy."""
    certificates = {
        "news.sina.com.cn": context(tmp_path, "news.example.org", by=trusted),
        "tech.sina.com.cn": context(tmp_path, "tech.sina.com.cn", by=trusted, begin=-FAR, end=-DAY),
        "ent.sina.com.cn": context(tmp_path, "ent.sina.com.cn", by=trusted, begin=DAY, end=FAR),
        "k.sina.com.cn": context(tmp_path, "k.sina.com.cn"),
        "blog.sina.com.cn": context(tmp_path, "blog.sina.com.cn", by=authority("nobody's")),
    }
    good = context(tmp_path, "*.sina.com.cn", "*.mix.sina.com.cn", by=trusted)
    for number, host in enumerate(HOSTS):
        pages[host + PATH.format(number)] = article_page(title=host)
    live = Live(pages, lambda host: certificates.get(host, good))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, live.url)
    monkeypatch.delenv("no_proxy", raising=False)
    with served(live):
        yield live


def crawl(scrapy, **settings):
    urls = (f"https://{host}{PATH.format(number)}" for number, host in enumerate(HOSTS))
    return scrapy("crawl", "articles", "-a", f"urls={','.join(urls)}", RETRY_TIMES="0", **settings)


def hosts_read(pages: Pages) -> set[str]:
    return {target.partition("/")[0] for target in pages.requests}


@pytest.mark.usefixtures("live")
def test_each_fault_of_a_certificate_is_told_in_its_own_words(scrapy, output, pages, client):
    run = crawl(scrapy, ROBOTSTXT_OBEY="False", **client)

    assert run.returncode == 3, run.stdout + run.stderr
    assert [line["title"] for line in lines(output)] == ["finance.sina.com.cn"]
    assert reports(output)[-1]["failures"] == {reason: 1 for reason in HOSTS.values() if reason}
    assert hosts_read(pages) == {"finance.sina.com.cn"}
    assert "Traceback" not in run.stderr
    assert_accounts_balance(output)


@pytest.mark.usefixtures("live")
def test_a_robots_txt_is_believed_from_a_trusted_host_only(scrapy, output, pages):
    run = crawl(scrapy)

    assert run.returncode == 3, run.stdout + run.stderr
    assert reports(output)[-1]["failures"] == {
        f"robots.txt of {host}: {reason}": 1 for host, reason in HOSTS.items() if reason
    }
    assert hosts_read(pages) == {"finance.sina.com.cn"}


@pytest.mark.usefixtures("live")
def test_certificates_are_not_looked_at_when_that_is_switched_off(scrapy, output, client):
    run = crawl(scrapy, DOWNLOAD_VERIFY_CERTIFICATES="False", **client)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(lines(output)) == len(HOSTS)


@pytest.mark.parametrize("place", ["file", "folder"])
def test_the_authorities_that_the_environment_names_are_trusted(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    scrapy, output, live, trusted, tmp_path, monkeypatch, client, place
):
    if place == "folder":
        monkeypatch.delenv("SSL_CERT_FILE")
        folder = tmp_path / "authorities"
        folder.mkdir()
        loaded = crypto.load_certificate(crypto.FILETYPE_PEM, trusted.pem())
        (folder / f"{loaded.subject_name_hash():08x}.0").write_bytes(trusted.pem())
        monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    run = crawl(scrapy, **client)
    assert [line["title"] for line in lines(output)] == ["finance.sina.com.cn"], run.stderr
    assert "CONNECT finance.sina.com.cn:443" in live.lines


def test_a_list_behind_a_certificate_that_is_not_trusted_is_incomplete(
    scrapy, pages, tmp_path, monkeypatch, client
):
    pages.roll(row())
    live = Live(pages, lambda host: context(tmp_path, host))
    monkeypatch.setenv("https_proxy", live.url)
    with served(live):
        run = scrapy("harvest", "china", RETRY_TIMES="0", ROBOTSTXT_OBEY="False", **client)
    assert run.returncode == 3, run.stderr
    assert "its list is incomplete: the certificate is self-signed" in run.stderr
    assert pages.requests == []


@pytest.mark.parametrize(("name", "code"), [("127.0.0.1", 0), ("127.0.0.2", 3)])
def test_a_mirror_s_certificate_is_verified_too(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    scrapy, output, pages, trusted, tmp_path, client, name, code
):
    """By its address, which is what is asked."""
    pages.roll(row())
    pages["finance.sina.com.cn" + PATH.format("nabc0000000001")] = article_page()
    certificate = context(tmp_path, name, by=trusted)
    pages.server.socket = certificate.wrap_socket(pages.server.socket, server_side=True)
    pages.server.handle_error = lambda *_: None  # of a client that does not trust it
    url = pages.url.replace("http:", "https:")
    run = scrapy("harvest", "china", mirror=url, RETRY_TIMES="0", **client)
    assert run.returncode == code, run.stdout + run.stderr
    assert ("the certificate is for another name" in run.stderr) == bool(code)
    assert bool(pages.requests) == bool(lines(output)) == (not code)
