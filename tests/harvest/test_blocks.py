"""A block is distinguished from server errors, ends the run, and loses no article."""

import pytest

from harvest.proofs import assert_accounts_balance, domestic, leftovers, reports, slowly
from sinanews.download.blocking import LAST_ANSWERS, Refusals
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import article_page, lines, place, row

HARVEST = ("harvest", "china", "-a", "channel=all")
MAX_REQUESTS = 16  # robots.txt of three hosts, the lists, and hardly any article
ROBOTS = b"User-agent: *\nDisallow: /"
LOGIN_PAGE = b"<html><head><title>Sina Visitor System</title></head><body></body></html>"
PASSPORT = "passport.weibo.com/visitor/visitor"


FAULTS = {
    "doc-i=403": "HTTP 403: 3 of the last",
    "doc-i=429": "HTTP 429: 3 of the last",
    "doc-i=html": "a captcha page: 3 of the last",
    "api/roll=429": "HTTP 429",
    "api/roll=html": "a captcha page",
    "api/roll=soft404": "HTML where the list's JSON belongs",
}


def verdicts(answers):
    """What is made of answers, one after the other: `x` is a refusal, `.` is none."""
    refusals = Refusals()
    return [refusals.block_reason("HTTP 403" if answer == "x" else None) for answer in answers]


@pytest.mark.parametrize(
    "answers", ["xxx", ".xx.x", "..xxx", "." * LAST_ANSWERS + "x" * (LAST_ANSWERS // 2)]
)
def test_a_block_is_certain_at_the_last_of_these_refusals(answers):
    *before, last = verdicts(answers)
    assert not any(before)
    assert last == f"HTTP 403: {answers.count('x')} of the last {len(answers)} article pages" or (
        last == f"HTTP 403: 10 of the last {LAST_ANSWERS} article pages"
    )


@pytest.mark.parametrize("answers", ["xx", "...xx", "....xxx", "x.....x......x" * 9, "." * 50])
def test_few_refusals_are_no_block(answers):
    assert not any(verdicts(answers))


def test_a_block_ends_the_run_and_a_run_after_many_blocks_fetches_everything(
    scrapy, output, subtests
):
    with running(Site(articles=40, tick=0)) as mirror:
        for fault, reason in FAULTS.items():
            mirror.faults.add(*fault.split("="))
            mirror.forget()
            run = scrapy(*HARVEST, mirror=mirror.url, FAILED_TRIES="1", **slowly(0.05))
            mirror.faults.clear()
            with subtests.test(fault):
                assert run.returncode == 4, run.stderr
                assert f"china: blocked (blocked: {reason} " in run.stdout
                assert "drifted" not in run.stdout
                assert "Traceback" not in run.stderr
                assert len(mirror.requests) <= MAX_REQUESTS
                assert reports(output)[-1]["verdict"] == "blocked"
                assert reason in reports(output)[-1]["reason"]
                assert_accounts_balance(output)

        run = scrapy(*HARVEST, mirror=mirror.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert {line["docid"] for line in lines(output)} == domestic(mirror.site)
    assert len(lines(output)) == len(domestic(mirror.site))
    assert leftovers(output) == []
    assert not list(output.glob("failed/*")), "what was kept of failures went with them"
    assert_accounts_balance(output)


@pytest.mark.parametrize("status", [403, 418, 429])
def test_a_list_that_refuses_blocks_each_run_at_its_first_answer(pages, scrapy, status):
    pages["feed.mix.sina.com.cn/api/roll/get"] = (status, b"no")
    for _ in range(2):
        pages.requests.clear()
        run = scrapy("harvest", "china", mirror=pages.url, RETRY_TIMES="3")
        assert run.returncode == 4, run.stderr
        assert f"china: blocked (blocked: HTTP {status} (https://feed.mix" in run.stdout
        assert sum("api/roll" in target for target in pages.requests) == 1


def test_a_list_that_leads_to_a_login_blocks_the_run(pages, scrapy):
    pages["feed.mix.sina.com.cn/api/roll/get"] = (302, b"")
    pages.headers["feed.mix.sina.com.cn/api/roll/get"] = {"Location": f"https://{PASSPORT}"}
    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 4, run.stderr
    assert f"blocked: a login page (https://{PASSPORT}" in run.stdout
    assert not [target for target in pages.requests if "passport" in target]


def test_words_of_articles_are_no_refusal(pages, scrapy, output):
    """Nor is a small old page whose layout has other marks than those of today."""
    titles = {"n1": "Google reCAPTCHA", "n2": "验证码", "n3": "Sina Visitor System", "n4": "四"}
    pages.roll(*(row(docid, title=title) for docid, title in titles.items()))
    for docid, title in titles.items():
        pages[place(docid)] = article_page(title=title, body=f"<p>　　{title}，访问过于频繁</p>")
    pages[place("n4")] = (
        "<html><head><title>验证码</title></head><body><table><tr><th class=f24>验证码</th></tr>"
        "<tr><td>http://finance.sina.com.cn 2005年08月26日 05:39 某报</td></tr>"
        "<tr><td class=l17><p>　　验证码。</p></td></tr></table></body></html>"
    ).encode("gbk")
    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert {line["title"] for line in lines(output)} == {*titles.values()}


def test_one_refused_page_among_good_ones_fails_alone(pages, scrapy, output):
    """However often it is asked for, and whichever page it is."""
    docids = [f"n{number}" for number in range(8)]
    pages.roll(*(row(docid, title=docid) for docid in docids))
    pages.update({place(docid): article_page() for docid in docids})
    pages[place("n0")] = (429, b"")
    run = scrapy("harvest", "china", mirror=pages.url, RETRY_TIMES="9", CONCURRENT_REQUESTS="1")

    assert run.returncode == 3, run.stdout
    assert "failed, HTTP 429: 1" in run.stdout
    assert len(lines(output)) == len(docids) - 1


@pytest.mark.parametrize("wall", ["redirect", "redirect on a host of Sina's", "page"])
def test_a_login_wall_is_a_block(pages, scrapy, output, wall):
    docids = ("n1", "n2", "n3")
    pages.roll(*(row(docid, title=docid) for docid in docids))
    for docid in docids:
        pages[place(docid)] = LOGIN_PAGE if wall == "page" else (302, b"")
    there = PASSPORT if wall == "redirect" else "finance.sina.com.cn/visitor"
    pages[there] = LOGIN_PAGE
    pages[f"{there.partition('/')[0]}/robots.txt"] = b""
    if wall != "page":
        pages.headers.update({place(docid): {"Location": f"https://{there}"} for docid in docids})
    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 4, run.stdout + run.stderr
    assert "blocked: a login page: 3 of the last 3 article pages (https://" in run.stdout
    assert not [target for target in pages.requests if "passport" in target]
    assert_accounts_balance(output)


def test_urls_forbidden_by_robots_txt_are_not_requested(pages, scrapy, output, subtests):
    docids = [f"nabc{number:010}" for number in range(20)]
    pages.roll(*(row(docid, title=docid) for docid in docids))
    pages.update({place(docid): article_page() for docid in docids})
    for host in ("feed.mix.sina.com.cn", "finance.sina.com.cn"):
        pages[f"{host}/robots.txt"] = ROBOTS
        run = scrapy(*HARVEST, mirror=pages.url)
        del pages[f"{host}/robots.txt"]
        with subtests.test(host):
            assert run.returncode == 4, run.stderr
            assert f"china: blocked (blocked: robots.txt forbids https://{host}/" in run.stdout
            assert "Traceback" not in run.stderr
            assert [path for path in pages.requests if host in path] == [f"{host}/robots.txt"]
            assert_accounts_balance(output)
        pages.requests.clear()

    run = scrapy(*HARVEST, mirror=pages.url)

    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(line["docid"] for line in lines(output)) == docids
    assert_accounts_balance(output)
