"""The posts as Hexo itself reads and renders them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import lines

HERE = Path(__file__).parent / "hexo"
# As the corpus' own site had it, a permalink without the title: Hexo 8 loses posts whose permalink
# holds a % that encodes nothing, as in "14%".
CONFIG = 'title: test\ntimezone: ""\nfuture: true\npermalink: p/:hash.html\n'

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")),
    reason="node and npm are not installed: apt-get install nodejs npm",
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty Hexo site with its packages, at the versions of package-lock.json."""
    folder = tmp_path_factory.mktemp("hexo") / "site"
    shutil.copytree(HERE, folder)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    (folder / "_config.yml").write_text(CONFIG)
    return folder


def rendered(site: Path, output: Path) -> dict[str, dict]:
    """The posts by their slug, as Hexo has them."""
    shutil.rmtree(site / "source", ignore_errors=True)
    shutil.copytree(output / "_posts", site / "source" / "_posts")
    (site / "db.json").unlink(missing_ok=True)
    read = subprocess.run(
        ["node", "read.js", "."], cwd=site, check=True, capture_output=True, text=True
    )
    return {post["slug"]: post for post in json.loads(read.stdout)}


def visible(output: Path) -> dict[str, Path]:
    """The posts that Hexo takes, by slug: it passes over names that begin with an underscore."""
    root = output / "_posts"
    found = {str(p.relative_to(root).with_suffix("")): p for p in root.rglob("*.md")}
    return {slug: path for slug, path in found.items() if not path.name.startswith("_")}


def test_hexo_reads_every_post_with_its_categories_and_instant(site, scrapy, output):
    with running(Site(articles=60, tick=0)) as mirror:
        assert scrapy("crawl", "china", mirror=mirror.url).returncode == 0
    read = rendered(site, output)

    assert read.keys() == visible(output).keys()
    for post in read.values():
        assert post["categories"] == ["金融", "新浪财经", "新浪财经－国內"]
        assert post["comments"] is False
        assert post["headimg"].startswith("https://")
    instants = {post["date"][:19] + "+00:00" for post in read.values()}
    assert len(instants) > 10


def test_hexo_renders_clean_bodies_without_code_blocks_and_whole(site, scrapy, output):
    with running(Site(articles=60, tick=0)) as mirror:
        scrapy("crawl", "china", mirror=mirror.url, POST_BODY="clean")
    read = rendered(site, output)
    written = lines(output)

    assert len(read) > 10
    for post in read.values():
        assert not {"<pre", "<code", "<figure", "appendQr"} & set(tags(post["content"]))
    everything = "".join(post["content"] for post in read.values())
    named = [line for line in written if f"{line['title']}" in {p["title"] for p in read.values()}]
    pictures = [image["url"] for line in named for image in line["images"]]
    assert pictures
    assert all(f'src="{url}"' in everything for url in pictures)
    assert 'class="keyword"' in everything


def tags(content: str) -> list[str]:
    return [mark for mark in ("<pre", "<code", "<figure", "appendQr") if mark in content]
