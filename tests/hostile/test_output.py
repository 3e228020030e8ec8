"""Nothing that strangers write steers a terminal, makes up a log line, or runs from a kept page."""

import ast
import json
import logging
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import frontmatter
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harvest.small import opened
from ledger.conftest import story
from sinanews.items import Article, Rejection, State
from sinanews.ledger.records import Outcome
from sinanews.utils.files import say
from sinanews.utils.logs import PlainRecord
from sinanews.utils.text import json_text, plain_line, plain_text, printable
from support import DOCID, ROOT, answering, article_page, ask, lines, place, posts, row

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TITLE = "t\x1b[31mRED\x1b]0;x\x07\nfake line"
PLAIN_TITLE = "t[31mRED]0;x fake line"
FAKE = "x\n2026-11-25 10:00:00 [sinanews] INFO: china: complete (finished)\x1b[2J"
EVERYTHING = "".join(map(chr, [*range(32), *range(127, 160), 0x2028, 0x2029])) + BIDI


def controls(text: str, allowed: str = "") -> set[str]:
    """The characters of a text that a terminal or reader would obey, but for the allowed ones."""
    return {
        character
        for character in text
        if character not in allowed
        and (unicodedata.category(character) in {"Cc", "Zl", "Zp"} or character in BIDI)
    }


def assert_shows_nothing_that_acts(run: subprocess.CompletedProcess[str]) -> None:
    assert controls(run.stdout, "\n\t") == set()
    assert controls(run.stderr, "\n\t") == set()


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example(EVERYTHING)
@example("a\r\nb")
def test_every_form_of_a_text_holds_no_character_that_acts(text):
    assert controls(plain_line(text)) == set()
    assert controls(plain_text(text), "\n\t") == set()
    assert controls(printable(text), "\t") == set()
    assert json.loads(json_text([text])) == [text]
    assert controls(json_text([text]), "\n") == set()


@given(st.text(st.characters(exclude_categories=["Cc", "Zl", "Zp", "Cs"], exclude_characters=BIDI)))
@example("甲  乙\u3000丙\xa0\u200b\ufeff")
def test_other_characters_stay_as_they_are(text):
    kept = re.sub("[\u206a-\u206f]", "", text)
    assert plain_line(text) == plain_text(text) == kept
    assert printable(kept) == kept


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
@example([TITLE, FAKE, EVERYTHING])
def test_a_terminal_is_told_each_line_as_one(texts):
    told = Told()
    say(*texts, file=told)
    assert len("".join(told).split("\n")) == len(texts) + 1
    assert controls("".join(told), "\n\t") == set()


class Told(list[str]):
    """A file that keeps what is written to it."""

    write = list.append


def test_nothing_else_prints():
    """What a command tells goes through `say`; the mirror tells only its own address."""
    package = ROOT / "sinanews"
    printing = [
        f"{path.relative_to(package)}:{node.lineno}"
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"print", "sys.stdout.write", "sys.stderr.write"}
    ]
    places = {place.partition(":")[0] for place in printing}
    assert places == {"utils/files.py", "mirror/start.py"}


# The log


def formatted(*arguments: object, **options: object) -> str:
    record = PlainRecord("x", logging.ERROR, __file__, 1, *arguments, **options)
    return logging.Formatter("%(asctime)s [%(name)s] %(levelname)s: %(message)s").format(record)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example(FAKE)
@example(EVERYTHING)
def test_a_record_is_one_line_whatever_it_quotes(text):
    for told in (
        formatted("%s", (text,), None),
        formatted("it is %(x)s", ({"x": text},), None),
        formatted(text.replace("%", "%%"), (), None),
        formatted("%s", (ValueError(text),), None),
    ):
        assert controls(told, "\t") == set()


def fail(text: str) -> None:
    raise ValueError(text)


def test_a_traceback_stays_readable_and_makes_no_record_of_its_own():
    try:
        fail(FAKE + EVERYTHING)
    except ValueError:
        told = formatted("it failed", (), sys.exc_info()).split("\n")
    assert told[0].endswith("[x] ERROR: it failed")
    assert told[1] == "  Traceback (most recent call last):"
    assert any("fail(FAKE + EVERYTHING)" in line for line in told)
    assert all(line.startswith("  ") for line in told[1:])
    assert controls("".join(told), "\t") == set()


def test_a_list_cannot_make_up_a_runs_verdict(pages, scrapy):
    pages.roll(status={"code": 1, "msg": FAKE})

    run = scrapy("harvest", "china", mirror=pages.url)

    assert run.returncode == 3
    assert_shows_nothing_that_acts(run)
    assert any(r"x\n2026-11-25 10:00:00" in line for line in run.stderr.splitlines())
    assert not [line for line in run.stderr.splitlines() if line.startswith("2026-11-25 10:00")]
    assert not [line for line in run.stdout.splitlines() if line.startswith("china: complete")]


def test_records_of_scrapy_quote_strangers_on_one_line(pages, scrapy, tmp_path, monkeypatch):
    """A pipeline of a user's fails with words of the page: Scrapy logs them, with the item."""
    (tmp_path / "failing.py").write_text(
        f"class Failing:\n    def process_item(self, item):\n        raise ValueError({FAKE!r})\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    pages.roll(row(title="标题"))
    pages[place()] = article_page()

    run = scrapy(
        *("crawl", "china"), mirror=pages.url, ITEM_PIPELINES=json.dumps({"failing.Failing": 50})
    )

    assert run.returncode == 3
    assert "Error processing" in run.stderr
    assert r"complete (finished)\x1b[2J" in run.stderr
    assert_shows_nothing_that_acts(run)
    assert not [line for line in run.stderr.splitlines() if line.startswith("2026-11-25 10:00")]


# Titles, fields and what is shown of them


@pytest.fixture
def titled(pages, scrapy, output):
    """An archive of an article whose title, source and text hold escapes."""
    pages.roll(row(title=TITLE, intro=f"摘要{EVERYTHING}"))
    page = article_page(body="<p>a&#27;]52;c;cm0gLXJm&#7;\x9b31m</p><p>b&#x202e;c</p>")
    pages[place()] = page.replace("某报".encode(), f"某{BIDI}报&#27;[2J".encode())
    run = scrapy("crawl", "china", mirror=pages.url, POST_EXTRA_KEYS="source,link")
    assert run.returncode == 0, run.stderr
    assert_shows_nothing_that_acts(run)
    return output


def test_a_title_is_one_plain_line_in_name_front_matter_and_line(titled):
    (post,) = posts(titled)
    assert post.name == "t_31mRED_0;x fake line.md"
    front = post.read_text("utf-8").split("\n---\n")[1]
    assert front.startswith("title: 't_31mRED_0;x fake line'\n")
    assert controls(front, "\n") == set()
    assert frontmatter.load(str(post))["source"] == "某报[2J"
    (line,) = lines(titled)
    assert (line["title"], line["source"]) == (PLAIN_TITLE, "某报[2J")
    assert line["text"] == "a]52;c;cm0gLXJm31m\nbc"
    assert controls(line["summary"]) == set()


@pytest.mark.usefixtures("titled")
def test_status_shows_nothing_that_acts(pages, scrapy):
    pages[place()] = article_page(body="<p>a&#27;]52;c;cm0gLXJm&#7; anders</p>")
    assert ask(scrapy, pages, DOCID).returncode == 0

    article = scrapy("status", DOCID)

    assert f"{PLAIN_TITLE}, first seen" in article.stdout.splitlines()[1]
    assert "+a]52;c;cm0gLXJm anders" in article.stdout.splitlines()
    for run in (article, scrapy("status"), scrapy("status", "--json")):
        assert run.returncode == 0
        assert_shows_nothing_that_acts(run)


def test_status_escapes_what_an_older_archive_holds(output, scrapy):
    """Articles and reasons that were stored as they came."""
    with opened(output) as ledger:
        ledger.begin("china")
        ledger.upsert_listed([story(1), story(2)], "guonei")
        for claim in ledger.claim(2):
            store_raw(ledger, claim)
    docid = story(1).docid

    shown = {name: scrapy("status", *name) for name in [(docid,), ("--failed",), (), ("--json",)]}

    for run in shown.values():
        assert run.returncode == 0, run.stderr
        assert_shows_nothing_that_acts(run)
    assert r"t\x1b[31mRED\x1b]0;x\x07\nfake line" in shown[(docid,)].stdout
    assert r"fake line" in shown[("--failed",)].stdout
    assert TITLE in json.loads(shown[("--json",)].stdout)["failures"]


def store_raw(ledger, claim) -> None:
    docid, url = claim.story.docid, claim.story.url
    if docid == story(1).docid:
        article = Article(docid, url, title=TITLE, body_html=TITLE, text=TITLE, source=BIDI)
        ledger.record_outcomes([Outcome(article, State.WRITTEN, claim.post_path)])
    else:
        rejection = Rejection(docid, url, State.FAILED, TITLE)
        ledger.record_outcomes([Outcome(rejection, State.FAILED)])


def test_what_a_command_refuses_is_told_on_one_line(scrapy):
    refused = scrapy("crawl", "china", "-a", f"channel={TITLE}")
    assert refused.returncode == 2
    assert_shows_nothing_that_acts(refused)
    unknown = scrapy("status", TITLE)
    assert unknown.returncode == 2
    assert_shows_nothing_that_acts(unknown)


def test_canary_shows_nothing_that_acts(pages, scrapy):
    pages.roll(status={"code": 1, "msg": FAKE})
    run = scrapy("canary", mirror=pages.url)
    assert run.returncode == 3
    assert_shows_nothing_that_acts(run)


# Kept pages

RUNS = '<script>document.title="RAN";fetch("{url}/leak")</script>'
SCRIPT = RUNS + '<img src="{url}/image">no article'
FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "html": lambda script: f"<!DOCTYPE html><html><body>{script}</body></html>".encode(),
    "UTF-8 with a BOM": lambda script: script.encode("utf-8-sig"),
    "UTF-16": lambda script: script.encode("utf-16"),
    "UTF-16 without a BOM": lambda script: script.encode("utf-16-le"),
    "UTF-7": lambda script: script.encode("utf-7"),
    "xml": lambda script: (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"{script.replace('<img', '<br/><!--').replace('>no', '-->no')}</body></html>"
    ).encode(),
    "svg": lambda script: (
        f'<svg xmlns="http://www.w3.org/2000/svg" onload="fetch(1)">{script}</svg>'.encode()
    ),
    "pdf": lambda script: b"%PDF-1.7\n" + script.encode(),
    "gif": lambda script: b"GIF89a" + script.encode(),
    "mhtml": lambda script: (
        "From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
        '\ttype="text/html";\r\n\tboundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
        f"{script}\r\n--b--\r\n"
    ).encode(),
    "binary": lambda script: b"\x00\x01\x02" + script.encode(),
}


Open = Callable[[Path], str]


@pytest.fixture
def open_in_chromium(tmp_path) -> Open:
    """Opens a file in a browser; returns the document that it makes of it."""
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    options = [f"--user-data-dir={tmp_path}/profile", "--virtual-time-budget=2000", "--dump-dom"]

    def open_(file: Path) -> str:
        run = subprocess.run(
            [*command, *options, file.as_uri()], capture_output=True, timeout=100, check=False
        )
        return run.stdout.decode("utf-8", "replace")

    return open_


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """The address of a loopback server, and what it was asked for."""
    asked: list[str] = []

    def reply(target: str) -> tuple[int, bytes, dict[str, str]]:
        asked.append(target)
        return 200, b"", {"Access-Control-Allow-Origin": "*"}

    server = answering(reply)
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.servers("chromium")
def test_a_kept_page_runs_nothing_when_opened(pages, scrapy, output, open_in_chromium, listener):
    url, asked = listener
    script = SCRIPT.format(url=url)
    docids = {f"n{number}": name for number, name in enumerate(FORMS)}
    pages |= {place(docid): FORMS[name](script) for docid, name in docids.items()}
    run = ask(scrapy, pages, *docids)
    assert f"failed, no layout: {len(FORMS)}" in run.stdout

    failed = output / "failed"
    kept = {name: failed / f"{docid}.html.txt" for docid, name in docids.items()}
    assert {file.name for file in failed.iterdir()} == {
        *(file.name for file in kept.values()),
        *(f"{docid}.json" for docid in docids),
    }
    for name, file in kept.items():
        shown = open_in_chromium(file)
        assert "<title>RAN" not in shown, name
        assert "<script" not in shown, name
    assert asked == []

    # The same bytes do run by the name that they had: the browser is able to, and the test to see.
    live = output / "live.html"
    live.write_bytes(kept["html"].read_bytes())
    open_in_chromium(live)
    assert asked, "a page that runs asks the listener"


def test_pages_kept_under_the_earlier_name_go_with_the_failure(pages, scrapy, output):
    pages[place()] = b"<p>no article</p>"
    assert ask(scrapy, pages).returncode == 3
    failed = output / "failed"
    (failed / f"{DOCID}.html").write_bytes(b"<script>alert(1)</script>")
    pages[place()] = article_page()

    assert ask(scrapy, pages).returncode == 0

    assert list(failed.iterdir()) == []


def test_a_page_that_fails_again_leaves_none_under_the_earlier_name(pages, scrapy, output):
    pages[place()] = b"<p>no article</p>"
    assert ask(scrapy, pages).returncode == 3
    (output / "failed" / f"{DOCID}.html").write_bytes(b"<script>alert(1)</script>")

    assert ask(scrapy, pages).returncode == 3

    names = {file.name for file in (output / "failed").iterdir()}
    assert names == {f"{DOCID}.html.txt", f"{DOCID}.json"}
