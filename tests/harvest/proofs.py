"""Helpers to start harvests that can be killed, and to check and compare archives."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import orjson
import psycopg
from psycopg.rows import dict_row

from sinanews.channels import DOMESTIC
from sinanews.ledger.revisions import packed_text
from sinanews.mirror.site import Site
from support import ON_SERVER, QUICK, ROOT, posts

STATES = ("written", "updated", "unchanged", "filtered", "gone", "failed")
# Columns that differ between runs with the same result: times, workers and run ids.
VOLATILE = {"worker", "run", "finished_run", "due_at", "seen"}
TABLES = {"stories": "docid", "revisions": "docid, revision", "watermarks": "channel"}
STUCK = 60  # seconds without progress after which a harvest counts as stuck


def launch(arguments: list[str], **settings: str) -> subprocess.Popen[str]:
    """Starts `scrapy ARGUMENTS` in the project's root, with quick settings."""
    if url := ON_SERVER.get(Path(settings.get("OUTPUT_DIR", ""))):
        settings.setdefault("LEDGER_URL", url)
    options = [f"-s{name}={value}" for name, value in (QUICK | settings).items()]
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", *arguments, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def slowly(delay: float) -> dict[str, str]:
    """Settings for a harvest with a download delay, in seconds, for each article page."""
    hosts = ("finance.sina.com.cn", "news.sina.com.cn")
    return {"DOWNLOAD_SLOTS": json.dumps({host: {"delay": delay} for host in hosts})}


def wait_for_posts(process: subprocess.Popen[str], output: Path, count: int) -> None:
    """Waits until the archive has `count` posts or the harvest has ended."""
    there, moved = count_posts(output), time.monotonic()
    while process.poll() is None and there < count:
        assert time.monotonic() - moved < STUCK, f"{there} of {count} posts"
        time.sleep(0.01)
        if (now := count_posts(output)) != there:
            there, moved = now, time.monotonic()


def count_posts(output: Path) -> int:
    """The number of posts, without sorting or reading them."""
    names = (name for _, _, names in os.walk(output / "_posts") for name in names)
    return sum(name.endswith(".md") for name in names)


def domestic(site: Site) -> set[str]:
    """The docids of all stories that the domestic lists hold."""
    return {story.docid for channel in DOMESTIC for story in site.listed(channel.lid)}


def written(output: Path) -> dict[str, bytes]:
    """All posts by their path in the archive."""
    return {str(path.relative_to(output)): path.read_bytes() for path in posts(output)}


def leftovers(output: Path) -> list[Path]:
    """Temporary files, of which there should be none when no harvest runs."""
    lasting = {".md", ".jsonl", ".json", ".txt", ".db", ".db-wal", ".db-shm", ".lock"}
    files = [path for path in output.rglob("*") if path.is_file()]
    return [path for path in files if path.name.startswith(".") or path.suffix not in lasting]


def ledger_rows(output: Path) -> dict[str, list[dict[str, object]]]:
    """The rows of each ledger table, without what differs between runs with the same result."""
    return {
        table: [
            {name: _lasting(name, value) for name, value in row.items() if name not in VOLATILE}
            for row in query(output, f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608 - our own names
        ]
        for table, order in TABLES.items()
    }


def _lasting(name: str, value: object) -> object:
    """A column's value. A stored line comes without `duplicate_of`: which article of a family is
    the first is known only by the order in which a harvest reads them."""
    if name != "article" or not isinstance(value, bytes):
        return value
    line = orjson.loads(packed_text(value))
    return {field: text for field, text in line.items() if field != "duplicate_of"}


def query(output: Path, sql: str) -> list[dict[str, object]]:
    """Rows of the archive's ledger."""
    if url := ON_SERVER.get(output):
        with psycopg.connect(url.replace("+psycopg", ""), row_factory=dict_row) as connection:
            return connection.execute(sql).fetchall()
    with closing(sqlite3.connect(output / "ledger.db")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql)]


def change(output: Path, sql: str, *values: object) -> None:
    """Changes the archive's ledger behind the harvest's back; in the statement a value is `?`."""
    if url := ON_SERVER.get(output):
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(sql.replace("?", "%s"), values)
        return
    with closing(sqlite3.connect(output / "ledger.db")) as database:
        database.execute(sql, values)
        database.commit()


def reports(output: Path) -> list[dict]:
    """The run reports, in the order of the runs."""
    files = sorted((output / "runs").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(file.read_bytes()) for file in files]


def assert_accounts_balance(output: Path) -> None:
    """Every listed story has one state, in each run's report and in the ledger over all runs."""
    for report in reports(output):
        account = report["account"]
        assert account["listed"] == sum(account[state] for state in STATES), report
    states = query(output, "SELECT state, count(*) AS n FROM stories GROUP BY state")
    counted = {str(row["state"]): row["n"] for row in states}
    assert counted.keys() <= {*STATES, "listed"}
    done = query(output, "SELECT state FROM stories WHERE revision > 0")
    # A story that was written once stays an article, even if it is gone or has failed since.
    current = [row for row in done if row["state"] not in ("gone", "failed")]
    assert len(current) == sum(
        counted.get(state, 0) for state in ("written", "updated", "unchanged")
    )
    assert len(done) == query(output, "SELECT count(DISTINCT docid) AS n FROM revisions")[0]["n"]


def assert_posts_are_whole(output: Path) -> None:
    """Every article in the ledger has its post, and no post is truncated."""
    done = query(output, "SELECT post_path FROM stories WHERE revision > 0")
    contents = written(output)
    assert {row["post_path"] for row in done} <= contents.keys()
    for path, post in contents.items():
        assert post.startswith(b"\n---\ntitle: "), path
        assert post.endswith(b"\n" + b" " * 12), path


def whole(file: Path) -> list[dict]:
    """The complete JSON lines of a file whose last line may have been cut off by a kill."""
    text = file.read_text("utf-8", errors="replace")
    complete, _, _ = text.rpartition("\n")
    assert "\ufffd" not in complete
    return [*map(json.loads, complete.splitlines())]
