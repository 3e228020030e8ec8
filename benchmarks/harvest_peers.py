"""What the contestants of benchmarks/harvest.py share, other than sinanews itself."""

import json
from pathlib import Path
from typing import Any

ROLL = "feed.mix.sina.com.cn/api/roll/get"
AT_ONCE = 32  # requests of those that are told a number
ROWS = 50


def asked(root: str, page: int) -> str:
    """The URL of a page of the list."""
    return f"{root}/{ROLL}?pageid=155&lid=1686&num={ROWS}&page={page}"


def placed(root: str, row: dict[str, Any]) -> str:
    """Where the site keeps an article's page."""
    return f"{root}/{row['url'].partition('://')[2]}"


def write(folder: Path, row: dict[str, Any], item: dict[str, Any], body: str) -> None:
    """A post of the article, as such scripts write it."""
    name = row["docid"].partition(":")[2]
    head = "\n".join(f"{key}: {json.dumps(item[key], ensure_ascii=False)}" for key in item)
    (folder / f"{name}.md").write_text(f"---\n{head}\n---\n{body}\n", "utf-8")
