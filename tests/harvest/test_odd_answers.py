"""Answers that browsers read are read, and what cannot be read costs no more than its page."""

import gzip
import json

import pytest

from harvest.proofs import assert_accounts_balance, reports
from raw_answers import answer, raw_answers
from support import article_page, ask, lines, place, row

LIST = "feed.mix.sina.com.cn/api/roll/get"
OURS = "sinanews.download.aiohttp_handler.AiohttpDownloadHandler"
HANDLERS = {
    "Scrapy's own": {},
    "aiohttp": {"DOWNLOAD_HANDLERS": json.dumps({"http": OURS, "https": OURS})},
}
MOVED = "新/doc-in1.shtml"


@pytest.fixture
def raw():
    with raw_answers() as answers:
        yield answers


@pytest.fixture(params=HANDLERS)
def handler(request):
    return HANDLERS[request.param]


def odd(body: bytes) -> dict[str, bytes]:
    """Answers with this body, by what is odd about them."""
    return {
        "the same length twice": answer(body, b"Content-Length: %d" % len(body)),
        "the same length twice in a line": answer(
            body, b"Content-Length: %d, %d" % (len(body), len(body)), length=False
        ),
        "GBK in a header": answer(body, "X-Via: 北京".encode("gbk")),
        "no known encoding in a header": answer(body, b"X-Via: \xff\x01\x80"),
        "a header of 10 KB": answer(body, b"X-Big: " + b"a" * 10_240),
        "many headers": answer(body, *(b"X-%d: a" % number for number in range(600))),
        "a header without a colon": answer(body, b"nonsense"),
        "bare line feeds": answer(body, end=b"\n"),
        "no length": answer(body, length=False),
        "HTTP/1.0 without a reason": answer(body, status=b"HTTP/1.0 200"),
        "103 first": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(body),
    }


def roll(*docids: str) -> bytes:
    rows = [row(docid, title=docid) for docid in docids]
    result = {"status": {"code": 0}, "rtime": 1_700_000_000, "total": len(rows), "data": rows}
    return json.dumps({"result": result}).encode()


def test_odd_answers_are_read(raw, scrapy, output, handler):
    answers = odd(article_page())
    docids = {f"n{number}": name for number, name in enumerate(answers)}
    raw.update({place(docid): answers[name] for docid, name in docids.items()})
    raw[place("nmoved")] = answer(
        b"", f"Location: https://finance.sina.com.cn/{MOVED}".encode(), status=b"HTTP/1.1 302 Found"
    )
    raw["finance.sina.com.cn/%E6%96%B0/doc-in1.shtml"] = answer(article_page())
    run = ask(scrapy, raw, *docids, "nmoved", RETRY_TIMES="0", **handler)

    missing = {*docids, "nmoved"} - {line["docid"] for line in lines(output)}
    assert not {docids.get(docid, docid) for docid in missing}, run.stderr
    assert run.returncode == 0


@pytest.mark.parametrize("name", odd(b""))
def test_a_list_with_odd_answers_is_read(raw, scrapy, output, handler, name):
    raw[LIST] = odd(roll("n1", "n2", "n3"))[name]
    raw.update({place(docid): answer(article_page()) for docid in ("n1", "n2", "n3")})
    run = scrapy("crawl", "china", mirror=raw.url, RETRY_TIMES="0", **handler)

    assert run.returncode == 0, run.stdout + run.stderr
    assert len(lines(output)) == 3


UNREADABLE = {
    "lengths that differ": answer(article_page(), b"Content-Length: 7"),
    "a header's name is no name": answer(article_page(), "北京: 1".encode("gbk")),
    "no HTTP": b"hello\r\n\r\n",
}


def test_an_answer_that_cannot_be_read_fails_its_page_alone(raw, scrapy, output, handler):
    for number, unreadable in enumerate(UNREADABLE.values()):
        raw[place(f"n{number}")] = unreadable
    raw[place("ngood")] = answer(article_page())
    run = ask(scrapy, raw, "n0", "n1", "n2", "ngood", RETRY_TIMES="0", **handler)

    assert run.returncode == 3, run.stderr
    assert [line["docid"] for line in lines(output)] == ["ngood"]
    assert reports(output)[-1]["failures"] == {"the answer is not HTTP": 3}
    assert "Traceback" not in run.stderr
    assert_accounts_balance(output)


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_list_that_cannot_be_read_is_incomplete_and_no_crash(raw, scrapy, output, handler, name):
    raw[LIST] = UNREADABLE[name]
    run = scrapy("crawl", "china", mirror=raw.url, RETRY_TIMES="0", **handler)

    assert run.returncode == 3, run.stderr
    assert reports(output)[-1]["reason"] == "finished"
    assert "its list is incomplete: the answer is not HTTP" in run.stderr


def test_a_handler_that_takes_headers_for_text_fails_the_list_and_is_no_crash(raw, scrapy, output):
    """As Scrapy's own for aiohttp does, which it takes without Twisted's reactor."""
    raw[LIST] = odd(roll("n1"))["GBK in a header"]
    run = scrapy("crawl", "china", mirror=raw.url, RETRY_TIMES="0", TWISTED_REACTOR_ENABLED="False")

    assert run.returncode == 3, run.stderr
    assert reports(output)[-1]["reason"] == "finished"
    assert reports(output)[-1]["lists_failed"] == 1


FAULTS = {
    "the body was cut off": lambda number: answer(article_page(title="字" * number))[: -1 - number],
    "the answer is not HTTP": lambda number: b"hello %d\r\n\r\n" % number,
    "the connection broke": lambda number: b"HTTP/1.1 200 OK\r\nX-%d: " % number,
    "HTTP 500": lambda number: answer(b"%d" % number, status=b"HTTP/1.1 500 Oops"),
    "its encoding was not asked for": lambda number: answer(
        b"a", b"Content-Encoding: b%d" % number
    ),
    "its gzip is cut off": lambda number: answer(
        gzip.compress(article_page())[:-number], b"Content-Encoding: gzip"
    ),
    "no layout": lambda number: answer(b"<h1>%d" % number),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_thirty_pages_with_one_fault_have_one_reason(raw, scrapy, output, handler, reason):
    docids = [f"n{number}" for number in range(1, 31)]
    raw.update({place(f"n{number}"): FAULTS[reason](number) for number in range(1, 31)})
    run = ask(scrapy, raw, *docids, RETRY_TIMES="0", **handler)

    assert run.returncode in {3, 5}, run.stderr
    assert reports(output)[-1]["failures"] == {reason: 30}
    assert run.stdout.count("\nfailed, ") == 1


def test_a_server_that_says_nothing_has_one_reason(raw, scrapy, output, handler):
    for docid in ("n1", "n2"):
        raw[place(docid)] = b""
    run = ask(scrapy, raw, "n1", "n2", RETRY_TIMES="0", **handler)
    assert run.returncode == 3
    assert reports(output)[-1]["failures"] == {"the connection broke": 2}
