"""Folders, sites and contacts that a user sets: used as intended, or refused by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import QUICK, ROOT, Pages, article_page, lines, place, posts, row

DOCIDS = ("nabc0000000001", "nabc0000000002")


@pytest.fixture
def other_pages():
    """A second site, at another address."""
    served = Pages()
    yield served
    served.server.shutdown()
    served.server.server_close()


def serve(site, *docids):
    site.roll(*(row(docid, title=docid) for docid in docids))
    site.update({place(docid): article_page() for docid in docids})


def scrapy_in(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Runs `scrapy ARGUMENTS` in a folder, with settings from the environment."""
    settings = {f"SINANEWS_{name}": value for name, value in (QUICK | environment).items()}
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=folder,
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path):
    """A project that uses sinanews' settings, with a folder in it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = sinanews.settings\n")
    return tmp_path


def test_a_relative_folder_is_relative_to_the_project_root(project, pages):
    serve(pages, *DOCIDS)
    crawl = scrapy_in(project, "crawl", "china", OUTPUT_DIR="news", MIRROR_URL=pages.url)
    status = scrapy_in(project / "docs", "status", OUTPUT_DIR="news")

    assert crawl.returncode == 0, crawl.stderr
    assert len(posts(project / "news")) == len(DOCIDS)
    assert "listed 2 = written 2" in status.stdout, status.stderr
    assert list((project / "docs").iterdir()) == []


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_folder_is_refused(value, pages):
    run = scrapy_in(ROOT, "crawl", "china", OUTPUT_DIR=value, MIRROR_URL=pages.url)

    assert run.returncode == 2
    assert f"OUTPUT_DIR: {value!r} is not accepted; expected the path of a folder" in run.stderr
    assert not (ROOT / "ledger.db").exists()
    assert pages.requests == []


@pytest.mark.parametrize("command", ["crawl", "harvest", "status"])
def test_a_folder_whose_name_is_no_utf_8_is_refused(command, tmp_path):
    folder = str(tmp_path / os.fsdecode(b"\xd0\xc2\xce\xc5"))  # in GBK
    arguments = [command] if command == "status" else [command, "china"]
    run = scrapy_in(ROOT, *arguments, OUTPUT_DIR=folder)

    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    accepted = "the path of a folder in UTF-8, or a LEDGER_URL beside it"
    refused = rf"\udcd0\udcc2\udcce\udcc5' is not accepted; expected {accepted}"
    assert refused in run.stderr


@pytest.mark.parametrize("command", ["crawl", "harvest"])
def test_an_archive_of_another_site_is_refused(command, pages, other_pages, scrapy, output):
    serve(pages, DOCIDS[0])
    serve(other_pages, DOCIDS[1])
    assert scrapy(command, "china", mirror=pages.url).returncode == 0

    run = scrapy(command, "china", mirror=other_pages.url)

    assert run.returncode == 2
    assert f"MIRROR_URL: '{other_pages.url}' is not accepted; expected '{pages.url}'" in run.stderr
    assert "SAME_SITE=true" in run.stderr
    assert other_pages.requests == []
    live = scrapy(command, "china")
    assert live.returncode == 2, "the live site is another one as well"
    assert [line["docid"] for line in lines(output)] == [DOCIDS[0]]


def test_a_site_that_moved_is_harvested_on_with_same_site(pages, other_pages, scrapy, output):
    serve(pages, DOCIDS[0])
    serve(other_pages, *DOCIDS)
    assert scrapy("crawl", "china", mirror=pages.url).returncode == 0

    moved = scrapy("crawl", "china", mirror=other_pages.url, SAME_SITE="true")
    again = scrapy("crawl", "china", mirror=other_pages.url)

    assert moved.returncode == again.returncode == 0, moved.stderr + again.stderr
    assert sorted(line["docid"] for line in lines(output)) == sorted(DOCIDS)


def test_the_operator_s_contact_is_in_the_user_agent(pages, scrapy):
    serve(pages, DOCIDS[0])
    url = f"https://{place(DOCIDS[0])}"
    options = ("fetch", "--nolog", "--headers", "--spider=china", url)

    named = scrapy(*options, mirror=pages.url, CONTACT="news@example.org")
    own = scrapy(*options, mirror=pages.url, CONTACT="news@example.org", USER_AGENT="mine")

    assert "> User-Agent: sinanews (+news@example.org)\n" in named.stdout, named.stderr
    assert "> User-Agent: mine\n" in own.stdout, "a user's own stays as it is"


@pytest.mark.parametrize("value", ["me (at home)", "北京", "a b", "a\nb"])
def test_a_contact_that_no_header_can_carry_is_refused(value, pages, scrapy):
    run = scrapy("crawl", "china", mirror=pages.url, CONTACT=value)

    assert run.returncode == 2
    assert "CONTACT: " in run.stderr
    assert "expected an e-mail address or a URL" in run.stderr
    assert pages.requests == []


def test_an_argument_without_dash_a_is_refused_with_the_correct_usage(pages, scrapy):
    run = scrapy("crawl", "china", "limit=20", mirror=pages.url)

    assert run.returncode == 2
    assert "arguments of a spider follow -a: scrapy crawl china -a limit=20" in run.stderr
    assert pages.requests == []


def test_an_offline_machine_gets_one_line_of_error(scrapy):
    # .invalid never resolves, so every host looks unreachable.
    run = scrapy("harvest", "china", mirror="http://sina.invalid", RETRY_TIMES="0")

    assert run.returncode == 3
    errors = [line for line in run.stderr.splitlines() if " ERROR: " in line]
    assert len(errors) == 1, run.stderr
    assert errors[0].endswith(
        "the address of feed.mix.sina.com.cn cannot be found: is this machine offline?"
    )
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "name",
    [
        *("a?1", "a#b", "%(x)s", "%", "%41", "{}", "{0}", " blank ", "a'b\"c", "新", "a&b=c"),
        *("a:b", "file:", "s3:", "~", "$HOME", "a\\b", "*[a]", "a;b", "@", "-x"),
    ],
)
def test_a_folder_of_any_name_is_that_folder(project, pages, name):
    serve(pages, DOCIDS[0])
    run = scrapy_in(project, "crawl", "china", OUTPUT_DIR=name, MIRROR_URL=pages.url)

    assert run.returncode == 0, run.stderr
    folder = project / name
    assert len(posts(folder)) == len(lines(folder)) == 1
    assert (folder / "ledger.db").exists()
    assert {path.name for path in project.iterdir()} == {"docs", "scrapy.cfg", name}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("OUTPUT_DRI", "SINANEWS_OUTPUT_DIR"),
        ("output_dir", "SINANEWS_OUTPUT_DIR"),
        ("MIROR_URL", "SINANEWS_MIRROR_URL"),
        ("DOWNLOAD_DELY", "SINANEWS_DOWNLOAD_DELAY"),
        ("XYZZY", "SINANEWS_OUTPUT_DIR"),
    ],
)
@pytest.mark.parametrize("command", [("crawl", "china"), ("harvest", "china"), ("status",)])
def test_a_misspelt_name_in_the_environment_is_refused(project, pages, command, name, nearest):
    serve(pages, DOCIDS[0])
    secret = {name: "postgresql://me:PASSWORT@example.org/news"}
    run = scrapy_in(project, *command, MIRROR_URL=pages.url, OUTPUT_DIR="news", **secret)

    assert run.returncode == 2, run.stdout
    message = f"environment: 'SINANEWS_{name}' is not accepted; expected the name of a setting"
    assert message in run.stderr
    assert nearest in run.stderr
    assert "PASSWORT" not in run.stderr
    assert pages.requests == []
    assert not (project / "news").exists()


def test_a_misspelt_name_in_the_environment_ends_a_script_s_crawl(project, pages):
    serve(pages, DOCIDS[0])
    (project / "script.py").write_text(
        "from scrapy.crawler import CrawlerProcess\n"
        "from scrapy.utils.project import get_project_settings\n"
        "process = CrawlerProcess(get_project_settings())\n"
        "process.crawl('china')\n"
        "process.start()\n"
    )
    environment = {f"SINANEWS_{k}": v for k, v in QUICK.items()} | {"SINANEWS_MIRROR_ULR": "x"}
    run = subprocess.run(
        [sys.executable, "script.py"],
        cwd=project,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "environment: 'SINANEWS_MIRROR_ULR' is not accepted" in run.stderr
    assert pages.requests == []


def test_names_of_scrapy_s_and_of_a_project_s_own_are_accepted_in_the_environment(project, pages):
    serve(pages, DOCIDS[0])
    (project / "mine.py").write_text("from sinanews.settings import *\nMY_OWN = 1\n")
    (project / "scrapy.cfg").write_text("[settings]\ndefault = mine\n")
    names = {"MY_OWN": "2", "SHARED": "somewhere", "DEPTH_LIMIT": "9", "IMAGES_STORE": "x"}
    run = scrapy_in(project, "crawl", "china", MIRROR_URL=pages.url, OUTPUT_DIR="news", **names)

    assert run.returncode == 0, run.stderr
