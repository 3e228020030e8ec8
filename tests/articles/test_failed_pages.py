"""An unreadable page is kept unchanged, with a report of the selectors tried, as a fixture."""

import json
import time

import pytest
from scrapy.http import HtmlResponse

from sinanews.exceptions import LayoutError
from sinanews.extraction import layouts, page
from support import DOCID, article_page, ask, lines, place, posts, row

UNDECLARED = article_page(title="夜航", body="").decode().replace('<meta charset="utf-8">', "")


def read_failed(output, docid=DOCID):
    """The two files of a failed page: its bytes and its report."""
    report = json.loads((output / "failed" / f"{docid}.json").read_bytes())
    return (output / "failed" / f"{docid}.html.txt").read_bytes(), report


def read_again(output, docid=DOCID):
    """The error from reading a failed page the way docs/layouts.md does."""
    body, report = read_failed(output, docid)
    response = HtmlResponse(
        report["url"], body=body, headers={"Content-Type": report["content_type"]}
    )
    with pytest.raises(LayoutError) as raised:
        page.read(response)
    return raised.value


def failed_files(output, docid):
    return sorted(path.name for path in (output / "failed").glob(f"{docid}.*"))


PAGES = {
    "foreign": (b"<html><h1>no family</h1></html>", ["layout"]),
    "drifted": (article_page().replace(b"main-title", b"headline"), ["layout"]),
    "bodiless": (article_page(body=" \n"), ["body_html"]),
    "nothing": (
        article_page(title="", body="").replace("2026年09月29日 00:34".encode(), b""),
        ["title", "published", "body_html"],
    ),
}


def test_reading_a_failed_page_again_gives_the_same_error(pages, scrapy, output):
    """Without its row in the list, a page can also lack the title and the time."""
    pages.roll(*(row(f"n{name}", title=name) for name in PAGES))
    for name, (body, _) in PAGES.items():
        pages[place(f"n{name}")] = body

    run = scrapy("crawl", "china", mirror=pages.url)

    assert run.returncode == 3
    for name, (served, missing) in PAGES.items():
        body, report = read_failed(output, f"n{name}")
        error = read_again(output, f"n{name}")
        assert body == served
        assert report["url"] == f"https://{place(f'n{name}')}"
        assert report["state"] == "failed"
        assert error.missing == report["missing"] == missing
        assert dict(error.tried) == report["tried"]
        assert report["reason"] == f"no {', '.join(missing)}"


def test_the_report_has_the_selectors_without_a_match_of_each_layout(pages, scrapy, output):
    pages[place(DOCID)] = PAGES["drifted"][0]
    ask(scrapy, pages)
    tried = read_failed(output)[1]["tried"]
    assert list(tried) == list(layouts.BY_NAME)
    assert tried["F2017"] == ["h1.main-title"]
    assert tried["N2017"] == ["h1.main-title", "#article"]
    assert all(tried.values())

    pages[place(DOCID)] = PAGES["nothing"][0]
    ask(scrapy, pages)
    assert read_failed(output)[1]["tried"] == {
        "F2017": [
            "title: text of h1.main-title",
            "title: meta og:title",
            "published: text of .date-source .date",
            "published: meta weibo: article:create_at",
            "published: meta article:published_time",
            "body_html: content of #artibody",
        ]
    }


def test_a_charset_that_only_the_header_declares_is_kept(pages, scrapy, output):
    pages[place(DOCID)] = UNDECLARED.encode("gbk")
    pages.headers[place(DOCID)] = {"Content-Type": "text/html; charset=gbk"}
    run = ask(scrapy, pages)

    assert run.returncode == 3
    body, report = read_failed(output)
    assert report["content_type"] == "text/html; charset=gbk"
    response = HtmlResponse(
        report["url"], body=body, headers={"Content-Type": report["content_type"]}
    )
    assert "夜航" in response.text
    assert read_again(output).missing == ["body_html"]


FOREIGN, GOOD, BOTH = PAGES["foreign"][0], article_page(), ["html.txt", "json"]


def test_stale_files_are_removed_when_a_story_succeeds_or_fails_differently(pages, scrapy, output):
    for served in (
        {"n1": (FOREIGN, BOTH), "n2": (FOREIGN, BOTH), "n3": (FOREIGN, BOTH), "n4": (GOOD, [])},
        {"n1": (GOOD, []), "n2": ((410, b""), []), "n3": ((500, b""), ["json"])}
        | {"n4": (FOREIGN, BOTH)},
        {"n4": (GOOD, [])},  # as it was before it failed
    ):
        pages |= {place(name): body for name, (body, _) in served.items()}
        ask(scrapy, pages, *served, RETRY_TIMES="0")
        left = {name: [f"{name}.{kind}" for kind in kinds] for name, (_, kinds) in served.items()}
        assert {name: failed_files(output, name) for name in served} == left
    assert len(lines(output)) == len(posts(output)) == 2


def test_a_page_that_is_not_there_yet_is_tried_again_through_its_first_day(pages, scrapy, output):
    now = str(int(time.time()))
    young, old = row("nyoung000000001", intime=now, ctime=now), row("nold00000000002")
    pages.roll(young, old, rtime=int(now))

    first = scrapy("crawl", "china", mirror=pages.url, FAILED_PAUSE_SECONDS="0")
    pages[place("nyoung000000001")] = article_page()
    pages[place("nold00000000002")] = article_page()
    second = scrapy("crawl", "china", mirror=pages.url)

    assert (first.returncode, second.returncode) == (3, 0), first.stdout + second.stdout
    assert "gone 1 + failed 1" in first.stdout
    assert "failed, HTTP 404: 1" in first.stdout
    assert [line["docid"] for line in lines(output)] == ["nyoung000000001"]
