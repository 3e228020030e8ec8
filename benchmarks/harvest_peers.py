"""What the contestants of benchmarks/harvest.py share, other than sinanews itself."""

import json
from pathlib import Path
from typing import Any

SITEMAP = "sitemap.xml"
ROLL = "feed.mix.sina.com.cn/api/roll/get"
CONCURRENCY = 32  # requests at a time, for contestants that set it
ROWS_PER_PAGE = 50


def list_url(root: str, page: int) -> str:
    """The URL of a page of the list."""
    return f"{root}/{ROLL}?pageid=155&lid=1686&num={ROWS_PER_PAGE}&page={page}"


def article_url(root: str, row: dict[str, Any]) -> str:
    """The URL of an article's page on the benchmark's site."""
    return f"{root}/{row['url'].partition('://')[2]}"


def write(folder: Path, row: dict[str, Any], item: dict[str, Any], body: str) -> None:
    """Writes a post of the article, as such scripts do."""
    name = row["docid"].partition(":")[2]
    head = "\n".join(f"{key}: {json.dumps(item[key], ensure_ascii=False)}" for key in item)
    (folder / f"{name}.md").write_text(f"---\n{head}\n---\n{body}\n", "utf-8")
