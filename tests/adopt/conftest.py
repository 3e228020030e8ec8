"""An archive to adopt into, and a folder of posts to adopt."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from scrapy.settings import Settings

from sinanews.archive.adopt import Adopted, adopt
from sinanews.config import Config
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

FOLDER = "金融/新浪财经/新浪财经－国內"


def config_for(output: Path, **settings: str) -> Config:
    own = Settings()
    own.setmodule("sinanews.settings")
    own.setdict({"OUTPUT_DIR": str(output)} | settings, "cmdline")
    return Config.from_settings(own)


def adopted(folder: Path, config: Config) -> tuple[Adopted, dict[str, str]]:
    """The numbers of an adoption, and why the other files, by name in the folder, were refused."""
    refused: dict[str, str] = {}
    with closing(Ledger.open(config, post_path)) as ledger:
        result = adopt(ledger, config, folder, refused.__setitem__)
    assert result.refused == len(refused)
    return result, {name.removeprefix(f"{folder}/"): reason for name, reason in refused.items()}


@pytest.fixture
def config(output) -> Config:
    return config_for(output)


@pytest.fixture
def ledger(config) -> Iterator[Ledger]:
    with closing(Ledger.open(config, post_path)) as opened:
        yield opened


@pytest.fixture
def blog(tmp_path) -> Callable[..., Path]:
    """Makes a blog of posts, by name of their file or path in the posts' folder."""

    def make(**posts: bytes) -> Path:
        for name, data in posts.items():
            put(tmp_path / "blog" / "source" / "_posts", name, data)
        return tmp_path / "blog"

    return make


def put(root: Path, name: str, data: bytes) -> Path:
    """Writes a post; under a bare name, where the reference has it."""
    path = root / (name if "/" in name else f"{FOLDER}/{name}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
