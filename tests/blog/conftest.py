"""One harvest in POST_STYLE=hexo of the demo's mirror, and what the tests render it with."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blog.making import HERE, Post, conformance_articles, post_of
from servers import install
from sinanews.items import Article
from sinanews.posts.paths import hexo_path, post_path
from support import ROOT, lines


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, common: Path) -> Path:
    """A folder with Hexo 7 and 8, their stock packages, and a driver of Chromium."""
    folder = tmp_path_factory.mktemp("packages") / "packages"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "node_modules"))
    (folder / "node_modules").symlink_to(install(HERE, common), target_is_directory=True)
    return folder


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's 330 articles, harvested in the style of a blog."""
    output = tmp_path_factory.mktemp("blog") / "output"
    command = [sys.executable, "tools/demo.py", f"-sOUTPUT_DIR={output}", "-sPOST_STYLE=hexo"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return output


@pytest.fixture(scope="session")
def harvested(archive: Path) -> list[Post]:
    """Its posts, as they lie there."""
    posts = []
    for line in lines(archive):
        article = Article.from_json(line)
        path = post_path(article.title, article.channels, article.docid)
        name = hexo_path(path, article.docid)
        posts.append(Post(article, name.removeprefix("_posts/"), (archive / name).read_bytes()))
    return posts


@pytest.fixture(scope="session")
def conformance() -> list[Post]:
    """The posts of the conformance pages; none where the reference data is not there."""
    posts: dict[str, Post] = {}
    for article in conformance_articles():
        post = post_of(article)
        post = post_of(article, taken=1) if post.path in posts else post
        posts[post.path] = post
    return list(posts.values())
