"""What robots.txt says, or does not say, is taken as RFC 9309 has it."""

import pytest

from harvest.proofs import assert_accounts_balance, reports
from support import article_page, lines, place, row

DOCIDS = ("n1", "n2", "n3")
HOSTS = ("feed.mix.sina.com.cn", "finance.sina.com.cn")


@pytest.fixture
def site(pages):
    pages.roll(*(row(docid, title=docid) for docid in DOCIDS))
    pages.update({place(docid): article_page() for docid in DOCIDS})
    return pages


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_refused_robots_txt_forbids_nothing_and_is_no_block(site, scrapy, output, status):
    site.update({f"{host}/robots.txt": (status, b"User-agent: *\nDisallow: /") for host in HOSTS})
    run = scrapy("harvest", "china", mirror=site.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert len(lines(output)) == len(DOCIDS)


def test_pages_wait_while_their_robots_txt_has_a_server_error(site, scrapy, output):
    site["finance.sina.com.cn/robots.txt"] = (503, b"")
    run = scrapy("harvest", "china", mirror=site.url, FAILED_PAUSE_SECONDS="0")

    reason = "robots.txt of finance.sina.com.cn: HTTP 503"
    assert run.returncode == 3, run.stdout
    assert reports(output)[-1]["failures"] == {reason: 3}
    assert f"failed, {reason}: 3" in run.stdout
    assert run.stderr.count(reason) == 1, "once for the host"
    assert not [target for target in site.requests if "/doc-i" in target]
    assert_accounts_balance(output)

    del site["finance.sina.com.cn/robots.txt"]
    assert scrapy("harvest", "china", mirror=site.url).returncode == 0
    assert len(lines(output)) == len(DOCIDS)


def test_a_list_waits_while_its_robots_txt_has_a_server_error(site, scrapy, output):
    site["feed.mix.sina.com.cn/robots.txt"] = (500, b"")
    run = scrapy("harvest", "china", mirror=site.url)

    assert run.returncode == 3, run.stdout
    assert "its list is incomplete: robots.txt of feed.mix.sina.com.cn: HTTP 500" in run.stderr
    assert not [target for target in site.requests if "api/roll" in target]
    assert reports(output)[-1]["lists_failed"] == 1
