"""Makes blogs of posts with Hexo 7 and 8, and looks at them in Chromium."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from sinanews.config import Config
from sinanews.extraction import page
from sinanews.items import Article
from sinanews.posts.paths import hexo_path, post_path
from sinanews.posts.render import post_bytes
from sinanews.roll import api as roll
from sinanews.utils.times import CHINA
from support import reference

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Post:
    """An article, and its post's path below `_posts` and bytes."""

    article: Article
    path: str
    data: bytes

    @property
    def day(self) -> str:
        """The day of its date in China."""
        moment = self.article.first_seen or self.article.published
        assert moment
        return moment.astimezone(CHINA).date().isoformat()


@dataclass(frozen=True)
class Site:
    """A blog that Hexo made: the version of Hexo, the folder of its pages, and the path of each
    post's page by docid."""

    version: str
    public: Path
    paths: dict[str, str]


def hexo_config(**more: object) -> Config:
    settings = Settings()
    settings.setmodule("sinanews.settings")
    settings.setdict({"POST_STYLE": "hexo"} | more)
    return Config.from_settings(settings)


def post_of(article: Article, *, taken: int = 0) -> Post:
    """An article's post as a harvest would write it; `taken` as for `post_path`."""
    path = post_path(article.title, article.channels, article.docid, taken=taken)
    name = hexo_path(path, article.docid).removeprefix("_posts/")
    return Post(article, name, post_bytes(article, hexo_config()))


def conformance_articles() -> Iterator[Article]:
    for folder in reference("conformance", "posts", "*"):
        story = roll.read((folder / "roll.json").read_text("utf-8"), "roll.json").stories[0]
        response = HtmlResponse(story.url, body=(folder / "page.html").read_bytes())
        yield page.read(response, story)


def generate(packages: Path, folder: Path, posts: list[Post], hexo: str, zone: str) -> Site:
    """Has a Hexo, with its own default configuration and on a machine of a zone, make a blog."""
    folder.mkdir()
    (folder / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(packages / "package.json", folder)
    shutil.copy(packages / "node_modules" / "hexo-cli" / "assets" / "_config.yml", folder)
    for post in posts:
        file = folder / "source" / "_posts" / post.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(post.data)
    run = subprocess.run(
        ["node", "generate.js", hexo, str(folder)],
        cwd=packages,
        env=os.environ | {"TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(run.stdout.splitlines()[-1])
    return Site(answer["version"], folder / "public", answer["posts"])


def look(packages: Path, site: Site, paths: list[str]) -> dict[str, dict]:
    """What a reader sees in pages of a blog, by path, in Chromium."""
    run = subprocess.run(
        ["node", "judge.js", shutil.which("chromium") or "", str(site.public)],
        cwd=packages,
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=True,
    )
    pages = map(json.loads, run.stdout.splitlines())
    return {seen["path"]: seen for seen in pages}
