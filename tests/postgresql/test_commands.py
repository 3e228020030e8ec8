"""Every command says and does the same, whichever database the ledger is in."""

import json
import re

import pytest

import postgres
from postgres import MARK
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import posts, scrapy_in

pytestmark = MARK
ARTICLES, EDITED = 60, 3
GUONEI = 1686
# What differs between two runs with the same result.
VOLATILE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^ \",]*"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same two harvests, one of them with pages that changed and one that cannot be read, into
    an archive of each kind: a folder and the settings that name it."""
    site = Site(articles=ARTICLES, tick=0)
    plain = [story.docid for story in site.listed(GUONEI) if not story.reprint_of]
    with postgres.database() as server, running(site, [f"{plain[0]}=no-article"]) as mirror:
        archives = []
        for url in ("", server.url):
            output = tmp_path_factory.mktemp("archive") / "output"
            archives.append((output, {"LEDGER_URL": url, "MIRROR_URL": mirror.url}))
        for edited in ((), plain[1 : EDITED + 1]):
            for docid in edited:
                site.edit(docid)
            for output, settings in archives:
                assert scrapy_in(output)("harvest", "china", **settings).returncode == 3
        yield archives


def said(archive, *arguments, code=0):
    """What a command says of an archive, without what no two runs have in common."""
    output, settings = archive
    run = scrapy_in(output)(*arguments, **settings)
    assert run.returncode == code, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    text = run.stdout if "--json" in arguments else re.sub(VOLATILE, "…", run.stdout)
    return text.replace(str(output), "OUTPUT")


@pytest.mark.parametrize(
    "arguments",
    [
        ("rebuild", "--check"),
        ("export", "-o", "-"),
        ("export", "-o", "-", "--revisions", "--by", "first_seen"),
        ("export", "-o", "-", "--no-reprints", "--channel", "guonei"),
        ("export", "-o", "-", "--changes-since", "0"),
    ],
    ids=" ".join,
)
def test_a_command_says_the_same(both, arguments):
    file, server = (said(archive, *arguments) for archive in both)
    if "--changes-since" in arguments:  # in the order in which pages came
        file, server = sorted(file.splitlines()), sorted(server.splitlines())
    assert file == server


def test_the_account_is_the_same(both):
    file, server = (json.loads(said(archive, "status", "--json")) for archive in both)
    assert file["account"] == server["account"]
    assert server["account"]["updated"] == EDITED
    accounts = [[run["account"] for run in status["runs"]] for status in (file, server)]
    assert accounts[0] == accounts[1]


def test_the_posts_are_the_same(both):
    file, server = (
        {path.relative_to(output): path.read_bytes() for path in posts(output)}
        for output, _ in both
    )
    assert file == server
    assert len(file) > ARTICLES / 2


def test_a_report_is_made(both, tmp_path):
    for number, archive in enumerate(both):
        said(archive, "report", "-o", str(tmp_path / f"{number}.html"))
    file, server = ((tmp_path / f"{number}.html").read_text("utf-8") for number in range(2))
    assert len(file) > 10_000
    assert abs(len(file) - len(server)) < 100


def test_posts_are_adopted_alike(both, scrapy, postgres, output, tmp_path):
    source, _ = both[0]
    file = f"sqlite:///{tmp_path}/ledger.db"
    for adopted in ("adopted 42, had 0 already", "adopted 0, had 42 already"):
        runs = [
            scrapy("adopt", str(source), LEDGER_URL=url, OUTPUT_DIR=str(output / str(number)))
            for number, url in enumerate((file, postgres.url))
        ]
        assert [run.returncode for run in runs] == [3, 3], "one name is another article's"
        assert adopted in runs[1].stdout
        assert runs[0].stdout == runs[1].stdout
