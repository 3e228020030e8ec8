"""Names, files and the ledger are in UTF-8 whatever the locale, and no output fails on one."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from filelock import FileLock

from support import QUICK, ROOT, article_page, lines, place, posts, row

TITLES = {"n1": "标题一", "n2": "émigré 🚢"}
OLD = "https://finance.sina.com.cn/新闻/244339.shtml"  # a page without a docid
LOCALES = {"zh_CN.GB18030": ("zh_CN", "GB18030"), "en_US.ISO-8859-1": ("en_US", "ISO-8859-1")}


@pytest.fixture(scope="module", params=["C", *LOCALES])
def environment(request, common):
    """The environment of somebody with this locale, whose Python has not been told to use UTF-8."""
    plain = {"LC_ALL": request.param, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    if request.param not in LOCALES:
        return plain
    if not shutil.which("localedef"):
        pytest.skip("localedef is not there; install the package locales")
    folder = common / "locales"
    with FileLock(f"{folder}.lock"):
        if not (folder / request.param).exists():
            make_locale(folder, request.param)
    return plain | {"LOCPATH": str(folder)}


def make_locale(folder, name):
    folder.mkdir(exist_ok=True)
    language, encoding = LOCALES[name]
    made = subprocess.run(
        ["localedef", "-i", language, "-f", encoding, str(folder / name)],
        capture_output=True,
        check=False,
    )
    if made.returncode > 1:  # 1: with warnings
        pytest.skip(f"{name} cannot be made; install the package locales")


@pytest.fixture
def scrapy_as(pages, output):
    """Runs `scrapy ARGUMENTS` in an environment of its own; its output is in any encoding."""

    def run(environment, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        settings = QUICK | {"OUTPUT_DIR": str(output), "MIRROR_URL": pages.url}
        options = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
        return subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments, *options],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            check=False,
        )

    return run


@pytest.fixture
def site(pages):
    pages.roll(*(row(docid, title=title) for docid, title in TITLES.items()))
    for docid, title in TITLES.items():
        pages[place(docid)] = article_page(title=title)
    return pages


def names(output):
    """The posts' file names as the disk has them."""
    found = os.walk(os.fsencode(output / "_posts"))
    return {name.decode() for _, _, files in found for name in files}


def test_an_archive_is_the_same_in_any_locale(site, scrapy_as, scrapy, output, environment):
    first = scrapy_as(environment, "harvest", "china")
    asked = len(site.articles())
    again = scrapy_as(environment, "harvest", "china")

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert len(site.articles()) == asked == 2, "nothing is fetched anew"
    assert names(output) == {f"{title}.md" for title in TITLES.values()}
    assert {path.parent.name for path in posts(output)} == {"新浪财经－国內"}
    assert {line["title"] for line in lines(output)} == {*TITLES.values()}

    for command in ("status", "status n2", "rebuild", "canary -a channel=guonei"):
        run = scrapy_as(environment, *command.split())
        assert (run.returncode, b"Traceback" in run.stderr) == (0, False), run.stderr
    assert scrapy("rebuild").returncode == 0
    assert len(posts(output)) == 2


def test_a_post_that_was_lost_is_written_again_under_its_name(
    site, scrapy_as, scrapy, output, environment
):
    assert scrapy("harvest", "china", mirror=site.url).returncode == 0
    for post in posts(output):
        post.unlink()
    assert scrapy_as(environment, "rebuild").returncode == 0
    assert names(output) == {f"{title}.md" for title in TITLES.values()}
    assert site.articles()


def test_what_failed_is_kept_under_its_name(pages, scrapy_as, output, environment, tmp_path):
    """And is taken away once the article is there, in another locale."""
    urls = tmp_path / "urls.txt"
    urls.write_text(OLD, "utf-8")
    pages["finance.sina.com.cn/%E6%96%B0%E9%97%BB/244339.shtml"] = b"<h1>no article"
    command = ("crawl", "articles", "-a", f"urls={urls}")
    run = scrapy_as(environment, *command)
    assert run.returncode == 3, run.stderr
    failed = [os.fsencode(path.name).decode() for path in (output / "failed").iterdir()]
    assert "finance.sina.com.cn-新闻-244339.json" in failed
    report = (output / "failed" / "finance.sina.com.cn-新闻-244339.json").read_bytes()
    assert json.loads(report)["reason"] == "no layout"

    pages["finance.sina.com.cn/%E6%96%B0%E9%97%BB/244339.shtml"] = article_page()
    assert scrapy_as({}, *command).returncode == 0
    assert not list((output / "failed").iterdir())


def test_a_folder_that_the_locale_cannot_name_is_refused(tmp_path):
    settings = "from sinanews.settings import *\nOUTPUT_DIR = '新'\n"
    (tmp_path / "mine.py").write_text(settings, "utf-8")
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    run = subprocess.run(
        [sys.executable, "-m", "scrapy", "status"],
        cwd=tmp_path,
        env={
            **os.environ,
            **environment,
            "SCRAPY_SETTINGS_MODULE": "mine",
            "PYTHONPATH": f"{ROOT}:{tmp_path}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2, run.stderr
    assert "expected the path of a folder in the locale's encoding, ascii" in run.stderr
