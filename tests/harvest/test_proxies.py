"""Proxies of the environment are used as anybody expects, and their passwords are nowhere."""

import base64
import json
from pathlib import Path

import pytest

from proxy import proxying
from support import article_page, lines, place, row

OURS = "sinanews.download.aiohttp_handler.AiohttpDownloadHandler"
HANDLERS = {
    "Scrapy's own": {},
    "aiohttp": {"DOWNLOAD_HANDLERS": json.dumps({"http": OURS, "https": OURS})},
}
SECRET = "PASSWORT"  # noqa: S105 - of nobody
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
FAR = "http://mirror.invalid"  # reached through a proxy, or not at all


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in (*NAMES, *map(str.upper, NAMES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=HANDLERS)
def handler(request):
    return HANDLERS[request.param]


@pytest.fixture
def site(pages):
    pages.roll(row())
    pages[place()] = article_page()
    return pages


@pytest.fixture
def dead_proxy(monkeypatch):
    """All proxies are set, and none answers."""
    for name in NAMES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9"])
def test_a_mirror_on_this_machine_is_asked_directly(site, scrapy, output, monkeypatch, proxy):
    for name in NAMES[:3]:
        monkeypatch.setenv(name, proxy)
    run = scrapy("harvest", "china", mirror=site.url)
    assert run.returncode == 0, run.stderr
    assert len(lines(output)) == 1


@pytest.mark.usefixtures("dead_proxy")
def test_a_host_of_no_proxy_is_asked_directly(scrapy, monkeypatch):
    """It is not there, and the proxy that would refuse the connection is not asked."""
    asked = scrapy("harvest", "china", mirror=FAR, RETRY_TIMES="0")
    monkeypatch.setenv("no_proxy", "example.org,.invalid")
    direct = scrapy("harvest", "china", mirror=FAR, RETRY_TIMES="0")
    assert "robots.txt of feed.mix.sina.com.cn: connection refused" in asked.stderr
    assert "the address of feed.mix.sina.com.cn cannot be found" in direct.stderr


def test_a_mirror_elsewhere_is_asked_through_the_proxy(
    site, scrapy, monkeypatch, handler, tmp_path
):
    with proxying({f"mirror.invalid/{path}": body for path, body in site.items()}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            output = tmp_path / name
            with monkeypatch.context() as environment:
                environment.setenv(name, f"http://me:{SECRET}@{proxy.address}")
                run = scrapy("harvest", "china", mirror=FAR, OUTPUT_DIR=str(output), **handler)
            assert run.returncode == 0, run.stdout + run.stderr
            assert len(lines(output)) == 1
            assert_secret(run, output)
    assert proxy.lines.count(f"GET {FAR}/{place()}") == 4
    assert {*proxy.credentials} == {f"me:{SECRET}"}


@pytest.mark.parametrize(("name", "level"), [("https_proxy", "INFO"), ("all_proxy", "DEBUG")])
def test_the_live_site_is_asked_through_the_proxy_whose_password_is_kept_nowhere(  # noqa: PLR0913, PLR0917 - pytest's fixtures
    scrapy, output, monkeypatch, handler, name, level
):
    url = f"https://{place()}"
    with proxying({}, status=407) as proxy:
        monkeypatch.setenv(name, f"http://me:{SECRET}@{proxy.address}")
        options = {"ROBOTSTXT_OBEY": "False", "LOG_LEVEL": level, "RETRY_TIMES": "2", **handler}
        run = scrapy("crawl", "articles", "-a", f"urls={url}", **options)
        monkeypatch.setenv(name, proxy.address.replace("127.0.0.1:", f"me:{SECRET}@127.0.0.1:"))
        tries = len(proxy.lines)
        list_run = scrapy("harvest", "china", **options)
    assert run.returncode == list_run.returncode == 3, run.stderr
    assert tries == 3
    assert "failed, the proxy refuses the connection: 1" in run.stdout
    assert "its list is incomplete: the proxy refuses the connection" in list_run.stderr
    assert {*proxy.lines} == {f"CONNECT {host}:443" for host in (url.split("/")[2], LISTS)}
    assert {*proxy.credentials} == {f"me:{SECRET}"}
    assert_secret(run, output)
    assert_secret(list_run, output)


LISTS = "feed.mix.sina.com.cn"


@pytest.mark.parametrize("name", ["https_proxy", "all_proxy"])
@pytest.mark.parametrize(
    "value",
    [
        f"socks5://me:{SECRET}@127.0.0.1:1080",
        f"https://me:{SECRET}@127.0.0.1:3128",
        f"http://me:{SECRET}@127.0.0.1:port",
        f"http://me:1#{SECRET}@127.0.0.1:3128",
        f"http://:{SECRET}",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(
    scrapy, output, monkeypatch, name, value
):
    monkeypatch.setenv(name, value)
    run = scrapy("harvest", "china")
    assert run.returncode == 2, run.stderr
    scheme = value.partition(":")[0]
    assert f"{name}: '{scheme}://…' is not accepted; expected the address of an HTTP" in run.stderr
    assert_secret(run, output)


def test_proxies_are_no_matter_with_scrapy_s_switch(scrapy, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    run = scrapy("harvest", "china", mirror=FAR, RETRY_TIMES="0", HTTPPROXY_ENABLED="False")
    assert run.returncode == 3, run.stderr
    assert "the address of feed.mix.sina.com.cn cannot be found" in run.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MIRROR_URL", f"http://me:{SECRET}@127.0.0.1:8000"),
        ("MIRROR_URL", f"me:{SECRET}@127.0.0.1:8000"),
        ("MIRROR_URL", f"http://me:{SECRET}@[127.0.0.1"),
        ("LEDGER_URL", f"mysql://me:{SECRET}@127.0.0.1/news"),
        ("LEDGER_URL", f"postgresql://me:{SECRET}@127.0.0.1:port/news"),
        ("LEDGER_URL", f"postgresql+none://me:{SECRET}@127.0.0.1/news"),
    ],
)
def test_a_url_with_a_password_is_refused_without_it(scrapy, output, setting, value):
    run = scrapy("harvest", "china", **{setting: value})
    assert run.returncode == 2, run.stderr
    assert f"{setting}: " in run.stderr
    assert_secret(run, output)


def assert_secret(run, output: Path) -> None:
    """The password is nowhere, neither as it is nor as the header has it."""
    header = base64.b64encode(f"me:{SECRET}".encode()).decode()
    for word in (SECRET, header):
        assert word not in run.stdout + run.stderr
        for path in output.rglob("*"):
            assert not path.is_file() or word.encode() not in path.read_bytes(), path
