"""Compressed pages are unpacked; one that is damaged or too large gives no article."""

import gzip
import json
import zlib

from support import article_page, ask, lines, place, posts

PAGE = article_page(title="夜航", body="".join(f"<p>　　第{n}段正文。</p>" for n in range(900)))
PACKED = gzip.compress(PAGE)


def serve(pages, bodies):
    """Serves bodies by docid, each with its Content-Encoding."""
    for docid, (encoding, body) in bodies.items():
        pages[place(docid)] = body
        pages.headers[place(docid)] = {"Content-Encoding": encoding}


def reasons(output):
    reports = (json.loads(path.read_bytes()) for path in (output / "failed").glob("*.json"))
    return {report["docid"]: report["reason"] for report in reports}


def test_every_encoding_gives_the_same_article(pages, scrapy, output):
    bare = zlib.compressobj(wbits=-15)
    ways = {
        "n1": ("gzip", PACKED),
        "n2": ("deflate", zlib.compress(PAGE)),
        "n3": ("deflate", bare.compress(PAGE) + bare.flush()),
        "n4": ("gzip", gzip.compress(PAGE[:5000]) + gzip.compress(PAGE[5000:])),
        "n5": ("identity", PAGE),
    }
    serve(pages, ways)

    run = ask(scrapy, pages, *ways)

    assert run.returncode == 0, run.stderr
    assert {line["docid"] for line in lines(output)} == ways.keys()
    assert len({line["body_html"] for line in lines(output)}) == 1
    assert lines(output)[0]["text"].endswith("第899段正文。")


def test_a_page_that_cannot_be_unpacked_gives_no_article_and_a_reason(pages, scrapy, output):
    broken = {
        "n1": ("gzip", b"no gzip at all"),
        "n2": ("gzip", PACKED[: len(PACKED) // 2]),
        "n3": ("gzip", PACKED[:-8] + bytes(8)),
        "n4": ("deflate", zlib.compress(PAGE)[:-9]),
        "n5": ("br", b"nobody asked for this"),
    }
    serve(pages, broken)

    run = ask(scrapy, pages, *broken, RETRY_TIMES="0")

    assert run.returncode == 3, run.stdout
    assert posts(output) == []
    assert reasons(output).keys() == broken.keys()
    assert "Traceback" not in run.stderr


def test_a_page_larger_than_download_maxsize_gives_no_article(pages, scrapy, output):
    serve(pages, {"n1": ("gzip", gzip.compress(PAGE + b" " * 9_000_000))})

    run = ask(scrapy, pages, "n1", DOWNLOAD_MAXSIZE="1000000", RETRY_TIMES="0")

    assert run.returncode == 3, run.stdout
    assert posts(output) == []
    assert "1000000" in reasons(output)["n1"]
