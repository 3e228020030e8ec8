"""docs/format.md on Hexo: the lines for a site's configuration, and the script."""

import json
import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from sinanews.items import Article
from sinanews.posts.paths import post_path, post_title
from sinanews.posts.render import render
from sinanews.utils.times import at
from support import ROOT

DOC = (ROOT / "docs" / "format.md").read_text("utf-8")
TITLES = ("“临湾”港口", "出口额增长14%", "[图]大桥合龙", "粮价早报")
HIDDEN = {"_临湾_港口", "_图_大桥合龙"}
MOMENT = 1659927313  # 2022-08-08 10:55:13 in China, 02:55:13 in UTC
INCLUDE = 'include:\n  - "_posts/**/_*.md"\n  - "**/_*.md"\n'

pytestmark = pytest.mark.servers("node", "npm")


def block(language: str, word: str) -> str:
    """The documentation's code block in this language that contains the word."""
    blocks = re.findall(rf"  ```{language}\n(.*?)  ```", DOC, re.DOTALL)
    return dedent(next(text for text in blocks if word in text))


@pytest.fixture(scope="module")
def site(hexo_site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hexo site with one post per title and no configuration."""
    folder = hexo_site(tmp_path_factory.mktemp("hexo") / "site")
    for number, title in enumerate(TITLES):
        article = Article(f"docid{number}", "", ["guonei"], title, first_seen=at(MOMENT))
        path = folder / "source" / post_path(title, article.channels, article.docid)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(article, "<p>正文。</p>"))
    return folder


def read(site: Path, config: str) -> dict[str, dict]:
    """The posts by title, as Hexo reads them on a machine in UTC."""
    (site / "_config.yml").write_text(config)
    (site / "db.json").unlink(missing_ok=True)
    command, zone = ["node", "read.js", "."], os.environ | {"TZ": "UTC"}
    run = subprocess.run(command, cwd=site, check=True, capture_output=True, text=True, env=zone)
    return {post["title"]: post for post in json.loads(run.stdout)}


def test_hexo_needs_the_documented_configuration_to_take_every_post(site):
    zone, permalink = block("yaml", "timezone"), block("yaml", "permalink")
    all_titles = {post_title(title) for title in TITLES}

    assert read(site, zone + permalink).keys() == all_titles - HIDDEN
    assert read(site, zone + permalink + INCLUDE).keys() == all_titles - HIDDEN
    assert read(site, zone).keys() == all_titles - HIDDEN - {"出口额增长14%"}

    (site / "scripts").mkdir()
    (site / "scripts" / "underscored.js").write_text(block("js", "hexo.extend"))
    taken = read(site, zone + permalink)
    assert taken.keys() == all_titles
    assert {tuple(post["categories"]) for post in taken.values()} == {
        ("金融", "新浪财经", "新浪财经－国內")
    }
    assert {post["date"] for post in taken.values()} == {"2022-08-08T02:55:13.000Z"}

    shifted = read(site, "timezone: Asia/Shanghai\n" + permalink)
    assert {post["date"] for post in shifted.values()} == {"2022-08-07T18:55:13.000Z"}
