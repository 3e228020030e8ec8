"""The posts as Hexo itself reads and renders them."""

import json
import shutil
import subprocess
from pathlib import Path

import frontmatter
import pytest
from selectolax.lexbor import LexborHTMLParser

from sinanews.mirror.pages import FAMILIES
from sinanews.mirror.server import running
from sinanews.mirror.site import Site
from support import lines, posts

# As the corpus' own site had it, a permalink without the title: Hexo 8 loses posts whose permalink
# holds a % that encodes nothing, as in "14%".
CONFIG = 'title: test\ntimezone: ""\nfuture: true\npermalink: p/:hash.html\n'

pytestmark = pytest.mark.servers("node", "npm")


@pytest.fixture(scope="session")
def site(hexo_site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty Hexo site."""
    folder = hexo_site(tmp_path_factory.mktemp("hexo") / "site")
    (folder / "_config.yml").write_text(CONFIG)
    return folder


def rendered(site: Path, output: Path) -> dict[str, dict]:
    """The posts as Hexo renders them, by slug."""
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
    paths = {str(p.relative_to(root).with_suffix("")): p for p in root.rglob("*.md")}
    return {slug: path for slug, path in paths.items() if not path.name.startswith("_")}


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


def test_hexo_renders_clean_bodies_of_every_family_whole_and_without_code(site, scrapy, output):
    newsroom = Site(articles=60, tick=0)
    for family in FAMILIES:
        newsroom.publish(8, family=family)
    with running(newsroom) as mirror:
        settings = {"POST_BODY": "clean", "POST_EXTRA_KEYS": "docid"}
        run = scrapy("crawl", "china", mirror=mirror.url, **settings)
    assert run.returncode == 0, run.stderr
    read = rendered(site, output)
    articles = {line["docid"]: line for line in lines(output)}
    loaded = {slug: frontmatter.load(path) for slug, path in visible(output).items()}
    layouts = {articles[str(post["docid"])]["layout"] for post in loaded.values()}

    assert read.keys() == loaded.keys()
    assert layouts == set(FAMILIES)
    for slug, post in loaded.items():
        assert_whole(read[slug]["content"], post.content, articles[str(post["docid"])])
    links = [href for post in read.values() for href in values(post["content"], "a", "href")]
    assert any("/realstock/company/" in href for href in links)


def test_hexos_front_matter_and_pythons_are_the_same_of_every_post(site, scrapy, output):
    newsroom = Site(articles=60, tick=0)
    for family in FAMILIES:
        newsroom.publish(8, family=family)
    with running(newsroom) as mirror:
        run = scrapy("crawl", "china", mirror=mirror.url, POST_EXTRA_KEYS="docid,keywords,source")
    assert run.returncode == 0, run.stderr
    paths = posts(output)
    texts = [json.dumps(path.read_text("utf-8")) for path in paths]

    read = subprocess.run(
        ["node", "front_matter.js"],
        cwd=site,
        input="\n".join(texts),
        capture_output=True,
        text=True,
        check=True,
    )

    answers = [json.loads(answer) for answer in read.stdout.splitlines()]
    assert len(paths) > 60
    for path, answer in zip(paths, answers, strict=True):
        post = frontmatter.load(path)
        hexos, pythons = answer["read"], post.metadata
        assert squeezed(hexos.pop("_content")) == squeezed(post.content)
        # Hexo makes a moment of the text.
        assert hexos.pop("date")
        assert pythons.pop("date")
        assert hexos == pythons


def assert_whole(content: str, body: str, article: dict) -> None:
    """Asserts that Hexo renders the post's body, with all of the article in it."""
    page = LexborHTMLParser(content)
    assert page.css("pre, code, figure.highlight, script, style, iframe, .appendQr_wrap") == []
    assert values(content, "a", "href") == values(body, "a", "href")
    assert values(content, "img", "src") == [image["url"] for image in article["images"]]
    assert squeezed(content) == squeezed(body)
    for line in article["text"].split("\n"):
        assert "".join(line.split()) in squeezed(content)


def values(html: str, css: str, attribute: str) -> list[str | None]:
    return [node.attributes.get(attribute) for node in LexborHTMLParser(html).css(css)]


def squeezed(html: str) -> str:
    """The visible text without white space."""
    return "".join(LexborHTMLParser(html).text().split())
