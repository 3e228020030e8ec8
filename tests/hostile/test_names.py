"""File names that are one on macOS or Windows are one here too, and none of Windows' own."""

import re
import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harvest.proofs import change, query, written
from older_ledgers import make_older
from sinanews.ledger.tables import path_key, text_key
from sinanews.posts.paths import post_path
from support import article_page, lines, place, posts, row

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
DEVICES = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"] + [
    f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"
]
CAFE, DECOMPOSED = "Café", "Cafe\u0301"
ONE_ON_OTHER_SYSTEMS = [
    ("CPI上涨", "cpi上涨"),
    ("ＣＰＩ", "ｃｐｉ"),
    (CAFE, DECOMPOSED),
    ("ÀÉ", "a\u0300e\u0301"),
    ("Straße", "STRASSE"),
    ("ﬁnance", "FINANCE"),
    ("Σίσυφος", "σίσυφοσ"),
    ("İstanbul", "i\u0307stanbul"),
    ("한국", unicodedata.normalize("NFD", "한국")),
    ("Kelvin", "\u212aelvin"),
    ("CPI上涨1.4%", "cpi上涨1#4%"),
]


def folded(name: str) -> str:
    """Wide enough for any file system: what Unicode calls a canonical caseless match."""
    fold = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFD", fold)


def name(title: str, **taken: int) -> str:
    return PurePosixPath(post_path(title, ["guonei"], "nabc0000000001", **taken)).name


def harvest(pages, scrapy, titles):
    docids = [f"nabc{number:010}" for number in range(len(titles))]
    pages.roll(*(row(docid, title=title) for docid, title in zip(docids, titles, strict=True)))
    for docid in docids:
        pages[place(docid)] = article_page(body=f"<p>　　正文{docid}。</p>")
    run = scrapy("crawl", "china", mirror=pages.url)
    assert run.returncode == 0, run.stdout + run.stderr
    return docids


def test_of_two_names_that_are_one_elsewhere_the_second_has_its_docid(pages, scrapy, output):
    titles = [title for pair in ONE_ON_OTHER_SYSTEMS for title in pair]

    docids = harvest(pages, scrapy, titles)

    names = {path.name for path in posts(output)}
    assert len(names) == len({folded(name) for name in names}) == len(titles)
    for (first, second), docid in zip(ONE_ON_OTHER_SYSTEMS, docids[1::2], strict=True):
        assert {name(first), f"{name(second).removesuffix('.md')} {docid}.md"} <= names


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\u03b1\u0345\u0301")  # an iota below that becomes a letter, and parts from its accent
def test_neither_case_nor_form_makes_another_name(title):
    forms = [unicodedata.normalize(form, title) for form in ("NFC", "NFD")]
    keys = {path_key(form) for form in (*forms, forms[1].casefold())}
    assert keys == {path_key(title)}


@pytest.mark.parametrize("device", [*DEVICES, "con", "Nul", "LPT1 #", "C.O.N", "aux."])
def test_a_device_of_windows_names_no_post(device):
    stem = name(device).removesuffix(".md")
    assert stem.endswith(" nabc0000000001")
    assert stem.rstrip().upper() not in DEVICES


@pytest.mark.parametrize("title", ["CON1", "COM", "COM10", "大CON", "CONSOLE", "nul值"])
def test_a_name_that_is_like_a_devices_stays(title):
    assert name(title) == f"{title}.md"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(0, 3))
def test_no_name_deceives_or_is_refused(title, taken):
    made = name(title, taken=taken)
    kinds = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert not [c for c in made if unicodedata.category(c) == "Cc"]
    assert not [c for c in made if unicodedata.bidirectional(c) in kinds]
    assert not re.search(r"[\u061c\u200e\u200f\u2028\u2029/\\:*?<>|]", made)
    assert not made.endswith((" ", "."))
    assert made.partition(".")[0].strip(" ").upper() not in DEVICES
    assert len(made.encode()) <= 255


def test_a_story_is_not_lost_whose_name_with_its_docid_is_taken(pages, scrapy, output):
    """Its title is another's, and somebody foresaw what it would be called then."""
    harvest(pages, scrapy, ["标题", "标题 nabc0000000002", "标题", "标题 NABC0000000002"])

    assert {path.name for path in posts(output)} == {
        "标题.md",
        "标题 nabc0000000002.md",
        "标题 nabc0000000002 2.md",
        "标题 NABC0000000002 nabc0000000003.md",
    }


@pytest.fixture
def older(pages, scrapy, output):
    """An archive of version 8, in which `A.md`, `a.md` and two kinds of `Café.md` were names of
    their own; its posts."""
    docids = harvest(pages, scrapy, ["甲", "乙", "丙", "丁"])
    folder = posts(output)[0].parent
    for docid, old, new in zip(docids, "甲乙丙丁", ["A", "a", CAFE, DECOMPOSED], strict=True):
        (folder / f"{old}.md").rename(folder / f"{new}.md")
        path = str((folder / f"{new}.md").relative_to(output))
        sql = "UPDATE stories SET post_path = ?, post_key = ? WHERE docid = ?"
        change(output, sql, path, text_key(path), docid)
    make_older(output / "ledger.db", version=8)
    return written(output)


def test_an_older_archive_keeps_its_names_and_no_third_is_made(older, pages, scrapy, output):
    assert scrapy("rebuild").returncode == 0
    assert written(output) == older
    assert scrapy("rebuild", "--check").returncode == 0

    pages.roll(row("nabc0000000009", title="a"), row("nabc0000000010", title="CAFÉ"))
    pages[place("nabc0000000009")] = pages[place("nabc0000000010")] = article_page()
    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0
    added = written(output).keys() - older.keys()
    assert {PurePosixPath(path).name for path in added} == {
        "a nabc0000000009.md",
        "CAFÉ nabc0000000010.md",
    }
    assert scrapy("rebuild", "--check").returncode == 0


def test_an_older_archive_keeps_its_names_when_its_ledger_is_lost(older, pages, scrapy, output):
    for file in output.glob("ledger.db*"):
        file.unlink()

    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0

    assert written(output) == older
    paths = [str(story["post_path"]) for story in query(output, "SELECT post_path FROM stories")]
    assert sorted(paths) == sorted(older)
    assert scrapy("rebuild", "--check").returncode == 0


def test_a_post_that_nobody_knows_keeps_a_name_that_differs_by_case(pages, scrapy, output):
    """A ledger that was put back without its last articles finds their posts again."""
    harvest(pages, scrapy, ["甲", "乙"])
    folder = posts(output)[0].parent
    first, last = lines(output)
    for line, new in ((first, "A"), (last, "a")):
        (folder / f"{line['title']}.md").rename(folder / f"{new}.md")
    path = str((folder / "A.md").relative_to(output))
    sql = "UPDATE stories SET post_path = ?, post_key = ? WHERE docid = ?"
    change(output, sql, path, path_key(path), first["docid"])
    change(output, "DELETE FROM stories WHERE docid = ?", last["docid"])
    change(output, "DELETE FROM revisions WHERE docid = ?", last["docid"])
    before = written(output)

    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0

    assert written(output) == before
    assert len(query(output, "SELECT docid FROM stories WHERE revision > 0")) == 2


def test_a_file_that_differs_by_case_from_a_post_belongs_to_no_article(pages, scrapy, output):
    harvest(pages, scrapy, ["CPI"])
    (post,) = posts(output)
    post.with_name("cpi.md").write_bytes(post.read_bytes())

    run = scrapy("rebuild", "--check")

    assert run.returncode == 3
    assert [line for line in run.stdout.splitlines() if "belongs to no article" in line] == [
        f"{post.with_name('cpi.md').relative_to(output)} belongs to no article"
    ]
