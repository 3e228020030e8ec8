"""`make site`: a blog of an archive, with nothing else of it, served to this machine alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from blog.making import HERE
from harvest.proofs import written
from harvest.small import config_of, harvest, listed
from support import ROOT
from tools.site import OURS, fill

SITE = [listed(n, f"“第{n}篇”：增长{n}%", "正文" * 40) for n in range(3)]
# What else an archive has, beside posts and pictures.
REST = ("ledger.db", ".jsonl", "runs", "articles", "failed")
DIGEST = f"61{'0' * 62}"
PICTURES = (f"61/{DIGEST}.jpg", f"thumbs/small/{DIGEST}.jpg")  # by their names
with_node = pytest.mark.servers("node", "npm")
PATIENCE = 60  # seconds for a server to come up, on a busy machine


@pytest.fixture
def folder(tmp_path) -> Path:
    """The project's site, as it is checked out."""
    made = ("node_modules", "public", "source", "db.json", "posts.txt", "_multiconfig.yml")
    return shutil.copytree(ROOT / "site", tmp_path / "site", ignore=shutil.ignore_patterns(*made))


@pytest.fixture
def with_packages(folder, packages) -> Path:
    """The same with its packages, which need not be installed once more."""
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return folder


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tools.site", "--site", str(folder), *arguments]


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *arguments),
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def pages(folder: Path) -> dict[str, str]:
    public = folder / "public"
    return {str(p.relative_to(public)): p.read_text("utf-8") for p in public.rglob("*.html")}


def put_own_files(source: Path) -> None:
    """What somebody has put there himself."""
    (source / "images").mkdir(parents=True)
    (source / "images" / "logo.png").write_bytes(b"mine")
    (source / "_posts").mkdir()
    post = "---\ntitle: Mine\ndocid: nabc0000000001\n---\nMine.\n"
    (source / "_posts" / "mine.md").write_text(post, "utf-8")


@with_node
def test_a_blog_has_the_posts_and_pictures_of_an_archive_and_nothing_else(with_packages, output):
    folder = with_packages
    harvest(output, SITE)
    before = written(output)
    for name in (*PICTURES, "evil.html", "61/logo.png", f"60/{DIGEST}.jpg", f"61/{DIGEST}.svg"):
        (output / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (output / "images" / name).write_bytes(b"picture")
    (output / "images" / "61" / f"{DIGEST}.png").symlink_to(output / "ledger.db")
    put_own_files(folder / "source")

    run = make(folder, "--build", f"-sOUTPUT_DIR={output}")

    assert run.returncode == 0, run.stderr
    assert written(output) == before  # in the source style
    files = [path for path in (folder / "source").rglob("*") if path.is_file()]
    assert len([path for path in files if path.suffix == ".md"]) == len(SITE) + 1
    images = folder / "source" / "images"
    shown = {path.relative_to(images).as_posix() for path in files if path.suffix != ".md"}
    assert shown == {*PICTURES, "logo.png"}
    assert (folder / "public" / "images" / PICTURES[0]).read_bytes() == b"picture"
    made = pages(folder)
    assert len([path for path in made if path.startswith("2026/09/21/")]) == len(SITE)
    assert all("“第1篇”：增长1%" in made[path] for path in ("index.html", "archives/index.html"))
    assert ">首页</a>" in made["index.html"]
    assert ">阅读全文</a>" in made["index.html"]
    assert ">Home</a>" not in made["index.html"]
    assert "<title>新浪财经</title>" in made["index.html"]
    assert 'datetime="2026-09-21T' in made["index.html"]
    assert not [p for p in (folder / "public").rglob("*") if any(word in p.name for word in REST)]

    # Another archive, in English: what is the site's own stays, the other's posts go.
    page = folder / "source" / "about" / "index.md"
    page.parent.mkdir()
    page.write_text("---\ntitle: About\n---\nMine.\n", "utf-8")
    other = output.parent / "other"
    harvest(other, SITE[:1], POST_STYLE="hexo")
    run = make(folder, "--build", "--english", f"-sOUTPUT_DIR={other}")

    assert run.returncode == 0, run.stderr
    made = pages(folder)
    assert "“第0篇”：增长0%" in made["index.html"]
    assert "“第1篇”：增长1%" not in made["index.html"]
    assert ">Home</a>" in made["index.html"]
    assert ">首页</a>" not in made["index.html"]
    assert "<title>Sina Finance</title>" in made["index.html"]
    assert "Mine." in made["about/index.html"]
    assert "Mine" in made["archives/index.html"]
    left = [path.name for path in (folder / "public" / "images").rglob("*") if path.is_file()]
    assert left == ["logo.png"]

    served = Served(folder, other)
    try:
        assert "“第0篇”：增长0%" in served.front
        assert served.is_local
    finally:
        served.end()


class Served:
    """The blog at a free port, until its `end`."""

    def __init__(self, folder: Path, output: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        arguments = (f"-sOUTPUT_DIR={output}", "--port", str(port))
        self._process = subprocess.Popen(
            command(folder, *arguments), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self._port = port
        self.front = self._front()

    def _front(self) -> str:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{self._port}/") as answer:
                    return answer.read().decode()
            except URLError:
                assert time.monotonic() < end, "nothing is served"
                assert self._process.poll() is None, "the server ended"
                time.sleep(0.1)

    @property
    def is_local(self) -> bool:
        """Whether nobody listens at another address of this machine than loopback's first."""
        with socket.socket() as other:
            return other.connect_ex(("127.0.0.2", self._port)) != 0

    def end(self) -> None:
        os.killpg(self._process.pid, 2)  # as Ctrl-C does
        assert self._process.wait(PATIENCE) == 0


def test_a_post_of_one_s_own_stays_where_an_article_s_belongs_and_whatever_it_says(
    tmp_path, output
):
    """Also when its archive is shown again, and when another one is."""
    site, other = tmp_path / "site", output.parent / "other"
    site.mkdir()
    harvest(output, SITE[:2])
    harvest(other, SITE[2:])
    first, second = (config_of(folder, POST_STYLE="hexo") for folder in (output, other))
    fill(site, first)
    posts = sorted((site / "source").rglob("*.md"))
    own = posts[0]
    (site / OURS).write_text(
        "".join(f"{post.relative_to(site / 'source')}\n" for post in posts[1:])
    )
    own.write_bytes(own.read_bytes() + b"Mine.\n")
    mine = own.read_bytes()

    for config in (first, second, first):
        fill(site, config)
        assert own.read_bytes() == mine
    assert sorted((site / "source").rglob("*.md")) == posts


@pytest.mark.parametrize("port", ["0", "65536", "99999", "-1", "http", "４０００"])
def test_a_number_that_is_no_port_is_refused(tmp_path, port):
    run = make(tmp_path, f"--port={port}")
    assert (run.returncode, run.stdout) == (2, "")
    assert f"{port!r} is no port from 1 to 65535" in run.stderr
    assert "Traceback" not in run.stderr


@with_node
def test_an_empty_archive_has_no_blog_and_says_what_brings_articles(folder, output):
    for _ in range(2):
        run = make(folder, "--build", f"-sOUTPUT_DIR={output}")
        assert run.returncode == 2
        assert f"{output} has no articles: `make demo` or `make harvest` brings some" in run.stderr
        harvest(output, [])  # a ledger without an article
    assert not (folder / "node_modules").exists()


def test_what_to_install_is_said_without_node_or_with_an_old_one(folder, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    run = make(folder, "--build", PATH=str(programs))
    assert (run.returncode, run.stderr) == (
        2,
        "a site needs Node.js and npm: apt-get install nodejs npm\n",
    )
    for name in ("node", "npm"):
        program = programs / name
        program.write_text("#!/bin/sh\necho v18.20.4\n")
        program.chmod(0o755)
    run = make(folder, "--build", PATH=str(programs))
    assert run.returncode == 2
    assert run.stderr == "a site needs Node.js >=20.19.0; this one is v18.20.4\n"


@with_node
def test_settings_that_make_no_sense_are_refused(folder):
    run = make(folder, "--build", "-sPOST_EXTRA_KEYS=nonsense")
    assert run.returncode == 2
    assert run.stderr.startswith("POST_EXTRA_KEYS: 'nonsense' is not accepted; expected link or")
    run = make(folder, "--build", "-sOUTPUT_DIR")
    assert (run.returncode, run.stderr) == (2, "-s OUTPUT_DIR: expected NAME=VALUE\n")


def test_the_site_is_the_hexo_that_the_tests_look_at():
    site, looked_at = (
        json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
        for folder in (ROOT / "site", HERE)
    )
    assert site.items() <= looked_at.items()
