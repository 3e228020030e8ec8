"""Invented stories, and stores that already hold many of them.

Ids are made as Sina makes them: six letters that change every two hours or so and rise with time,
a letter, seven digits. So what is listed together lies together in an index of ids. Titles are
random, so their posts' paths do not.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

from scrapy import Request
from scrapy.utils.request import fingerprint
from sqlalchemy import Connection, create_engine, insert

from sinanews.arguments import Harvest
from sinanews.channels import DOMESTIC
from sinanews.items import FIELDS, State
from sinanews.ledger.database import engine
from sinanews.ledger.records import story_row
from sinanews.ledger.tables import revisions, runs, stories
from sinanews.posts.paths import post_path
from sinanews.reporting.report import Report, account
from sinanews.roll.api import Story
from sinanews.roll.walk import Walk

CHANNEL = "guonei"
BEGAN = 1_400_000_000  # unix seconds of the first story
GAP = 90  # seconds between two, about a thousand a day
PER_BLOCK = 90  # stories whose ids begin alike
SERVERS = "hmnux"
PER_RUN = 10  # stories found by a run, with a run every quarter of an hour
STEP = 7919  # a prime, so that neighbours get nothing alike, and no two the same
CHUNK = 5_000  # rows inserted at once
LEAST, MOST = 2_000, 4_000  # bytes of an article in the ledger, compressed
LETTERS = 1_500_007  # titles are cut from so many, one for each story
NOISE = 1 << 24  # bytes that articles are cut from
# Building need not survive a power cut.
HURRY = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000")
PLAIN = "CREATE TABLE seen (docid TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID"


@cache
def letters() -> str:
    """Chinese characters by chance."""
    units = bytearray(Random(1).randbytes(2 * LETTERS))  # noqa: S311 - for a benchmark, no secret
    units[1::2] = bytes(0x4E + unit % 0x50 for unit in units[1::2])
    return units.decode("utf-16-le")


@cache
def noise() -> bytes:
    """Bytes that cannot be compressed, as those of a compressed article cannot."""
    return Random(2).randbytes(NOISE)  # noqa: S311 - as above


def docid(number: int) -> str:
    """The id of a story, as Sina's.

    >>> docid(0), docid(90)
    ('aaaaaah0000000', 'aaaaabh0712710')
    """
    block = number // PER_BLOCK
    rising = "".join(ascii_lowercase[block // 26**place % 26] for place in range(5, -1, -1))
    return f"{rising}{SERVERS[number % len(SERVERS)]}{number * STEP % 10**7:07}"


def story(number: int) -> Story:
    """The story of that number, later than all before it."""
    moment = BEGAN + number * GAP
    start = number * STEP % (LETTERS - 200)
    return Story(
        docid=docid(number),
        url=f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid(number)}.shtml",
        title=letters()[start : start + 24],
        ctime=moment,
        intime=moment + 60,
        mtime=moment,
        summary=letters()[start + 24 : start + 120],
        source=letters()[start + 120 : start + 125],
        channels=(CHANNEL,),
    )


def page(first: int, size: int = 50) -> list[Story]:
    """A page of a list: that story and those after it."""
    return [story(number) for number in range(first, first + size)]


def fill_ledger(path: Path, count: int) -> None:
    """Makes a ledger of so many stories, every one of them written."""
    engine(f"sqlite:///{path}").dispose()
    database = create_engine(f"sqlite:///{path}")
    with database.connect() as connection:
        for pragma in HURRY:
            connection.exec_driver_sql(pragma)
        connection.commit()
        for chunk in chunks(range(count)):
            _add(connection, chunk)
            connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


def chunks(numbers: Iterable[int]) -> Iterator[list[int]]:
    """The numbers, so many at a time."""
    left = iter(numbers)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def _add(connection: Connection, numbers: list[int]) -> None:
    connection.execute(insert(stories), [_settled(number) for number in numbers])
    connection.execute(insert(revisions), [_revision(number) for number in numbers])
    connection.execute(insert(runs), [_run(number) for number in numbers[::PER_RUN]])


def _settled(number: int) -> dict[str, Any]:
    """A story's row as the ledger has it when its article is written."""
    listed, run = story(number), number // PER_RUN + 1
    path = str(post_path(listed.title, listed.channels, listed.docid))
    hashes = {"content_hash": _bytes(number, 17), "post_hash": _bytes(number, 16)}
    known = {"state": State.WRITTEN, "revision": 1, "run": run, "finished_run": run}
    return story_row(listed, CHANNEL, path) | hashes | known


def _revision(number: int) -> dict[str, Any]:
    return {
        "docid": docid(number),
        "revision": 1,
        "seen": BEGAN + number * GAP,
        "content_hash": _bytes(number, 17),
        "article": _bytes(number, LEAST + number * STEP % (MOST - LEAST)),
    }


def _run(number: int) -> dict[str, Any]:
    return {
        "id": number // PER_RUN + 1,
        "spider": "china",
        "worker": "elsewhere:1:00000000",
        "started": BEGAN + number * GAP,
        "ended": BEGAN + number * GAP + 60,
        "verdict": "complete",
        "report": _report(),
    }


@cache
def _report() -> str:
    """The report of a run that wrote all it found."""
    walked = Walk(Harvest.of({})).report(None)
    lists = {channel.name: walked for channel in DOMESTIC}
    shares = dict.fromkeys(FIELDS, 1.0)
    written = account({State.WRITTEN: PER_RUN}, filtered=0)
    told = Report("china", BEGAN, account=written, lists=lists, presence=shares)
    return json.dumps(told.to_json())


def _bytes(number: int, size: int) -> bytes:
    start = number * STEP % (NOISE - MOST)
    return noise()[start : start + size]


def fill_plain(path: Path, count: int) -> None:
    """Makes a table of so many docids and nothing else."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(PLAIN)
        for pragma in HURRY:
            database.execute(pragma)
        rows = ((docid(number), number) for number in range(count))
        with database:
            database.executemany("INSERT INTO seen VALUES (?, ?)", rows)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_filter(folder: Path, count: int) -> None:
    """Makes a JOBDIR whose filter has seen so many requests."""
    folder.mkdir()
    with (folder / "requests.seen").open("wb") as file:
        for number in range(count):
            seen = fingerprint(Request(story(number).url))
            file.write(len(seen).to_bytes(2, "big") + seen)
