"""Invented stories, and stores that already have many of them.

Docids are like Sina's: six letters that rise with time and change about every two hours, a letter,
seven digits. So stories that are listed together are neighbours in an index of docids. Titles are
random, so the paths of their posts are not.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

from scrapy import Request
from scrapy.utils.project import get_project_settings
from scrapy.utils.request import fingerprint
from sqlalchemy import Connection, create_engine, insert

from sinanews.arguments import Harvest
from sinanews.channels import DOMESTIC
from sinanews.config import Config
from sinanews.exports.jsonl import json_line
from sinanews.extraction.signatures import MOST_KEYS, VERSION
from sinanews.items import FIELDS, Article, Image, State
from sinanews.ledger.database import engine
from sinanews.ledger.history import record
from sinanews.ledger.records import story_row
from sinanews.ledger.revisions import packed
from sinanews.ledger.tables import BUCKET, runs, stories
from sinanews.posts.paths import post_path
from sinanews.reporting.report import Report, account
from sinanews.roll.api import Story
from sinanews.roll.walk import Walk
from sinanews.utils.times import at

CHANNEL = "guonei"
FIRST_TIME = 1_200_000_000  # unix seconds of the first story; five millions end before today
GAP = 90  # seconds between two stories, about a thousand a day
PER_BLOCK = 90  # stories whose docids have the same six letters
SERVERS = "hmnux"
PER_RUN = 10  # new stories per run, with a run every quarter of an hour
STEP = 7919  # a prime, so that neighbours differ and no two stories are the same
CHUNK = 5_000  # rows per insert
MIN_BYTES, MAX_BYTES = 2_000, 4_000  # of an article in the ledger, compressed
LETTERS = 1_500_007  # characters that titles are cut from; those from one place end differently
HAN = 0x4E00  # the first Chinese character
NOISE = 1 << 24  # bytes that articles are cut from
SHORT, MADE = 100, 1_000  # characters of a short article; so many of them are made
KEYS = 1 << 32  # a text's keys have 32 bits
SIGNATURE = 16 + 1 + 128 + 80  # bytes: digest, number of rows, rows, twenty numbers
# A store that is being made need not survive a power cut.
FAST_PRAGMAS = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000")
CREATE_TABLE = "CREATE TABLE seen (docid TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID"


@cache
def letters() -> str:
    """Random Chinese characters."""
    units = bytearray(Random(1).randbytes(2 * LETTERS))  # noqa: S311 - invented data, no secret
    units[1::2] = bytes(0x4E + unit % 0x50 for unit in units[1::2])
    return units.decode("utf-16-le")


@cache
def noise() -> bytes:
    """Random bytes: like a compressed article, they cannot be compressed further."""
    return Random(2).randbytes(NOISE)  # noqa: S311 - invented data, no secret


def docid(number: int) -> str:
    """The docid of a story, in Sina's form.

    >>> docid(0), docid(90)
    ('aaaaaah0000000', 'aaaaabh0712710')
    """
    block = number // PER_BLOCK
    rising = "".join(ascii_lowercase[block // 26**place % 26] for place in range(5, -1, -1))
    return f"{rising}{SERVERS[number % len(SERVERS)]}{number * STEP % 10**7:07}"


def story(number: int) -> Story:
    """The story with a number; later numbers are later stories."""
    ctime = FIRST_TIME + number * GAP
    places = LETTERS - 200
    start = number * STEP % places
    return Story(
        docid=docid(number),
        url=f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid(number)}.shtml",
        title=letters()[start : start + 23] + chr(HAN + number // places),
        ctime=ctime,
        intime=ctime + 60,
        mtime=ctime,
        summary=letters()[start + 24 : start + 120],
        source=letters()[start + 120 : start + 125],
        channels=(CHANNEL,),
    )


def page(first: int, size: int = 50) -> list[Story]:
    """A page of a list, with the story `first` and those after it."""
    return [story(number) for number in range(first, first + size)]


def fill_ledger(path: Path, count: int, article_of: Callable[[int], bytes] | None = None) -> None:
    """Makes a ledger of `count` stories, all of them written. `article_of` gives the packed bytes
    of a story's article, which are noise without it."""
    engine(f"sqlite:///{path}").dispose()
    database = create_engine(f"sqlite:///{path}")
    with database.connect() as connection:
        for pragma in FAST_PRAGMAS:
            connection.exec_driver_sql(pragma)
        indexes = _drop_indexes(connection)
        connection.commit()
        numbers = iter(range(count))
        while chunk := list(islice(numbers, CHUNK)):
            connection.execute(insert(stories), [_story_row(number) for number in chunk])
            revised = [_revision_row(number, article_of or _noise) for number in chunk]
            record(connection, revised, None)
            connection.execute(insert(runs), [_run_row(number) for number in chunk[::PER_RUN]])
            connection.commit()
        for statement in indexes:
            connection.exec_driver_sql(statement)
        connection.commit()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


def _drop_indexes(connection: Connection) -> list[str]:
    """Takes all indexes away that are no primary key's, since millions of rows in no order are
    sorted in less time than they are entered one by one. Returns what makes the indexes again."""
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes: dict[str, str] = dict(connection.exec_driver_sql(made).all())
    for name in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    return list(indexes.values())


def fill_ledger_with_signatures(path: Path, count: int) -> None:
    """The same with short articles and all that the tables hold: reprints are found among texts
    whose keys are anywhere, none of which is another's."""
    fill_ledger(path, count, short_article)
    with closing(sqlite3.connect(path)) as database:
        for pragma in FAST_PRAGMAS:
            database.execute(pragma)
        rows = (
            (number + 1, docid(number), 1, VERSION, _signature(number)) for number in range(count)
        )
        with database:
            database.executemany("INSERT INTO signatures VALUES (?, ?, ?, ?, NULL, ?)", rows)
        with database:
            database.executemany("INSERT INTO bands VALUES (?, ?, ?)", _bands(count))
            # So that no harvest reads all articles again to sign them.
            database.execute("INSERT OR REPLACE INTO signing VALUES (?, NULL)", (VERSION,))
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _signature(number: int) -> bytes:
    made = bytearray(_bytes(number, SIGNATURE))
    made[16] = 128  # as many rows as it has
    return bytes(made)


def _bands(count: int) -> Iterator[tuple[int, int, int]]:
    """Keys in their order, and signatures in none."""
    random = Random(count)  # noqa: S311 - invented data, no secret
    key, gap = 0, KEYS // (count * MOST_KEYS)
    for place in range(count * MOST_KEYS):
        key += random.randrange(1, 2 * gap)
        number = place * STEP % count + 1
        yield key, number % BUCKET, number


def _story_row(number: int) -> dict[str, Any]:
    """A story's row once its article is written."""
    listed, run = story(number), number // PER_RUN + 1
    path = post_path(listed.title, listed.channels, listed.docid)
    hashes = {"content_hash": _bytes(number, 17), "post_hash": _bytes(number, 16)}
    outcome = {"state": State.WRITTEN, "revision": 1, "run": run, "finished_run": run}
    return story_row(listed, CHANNEL, path) | hashes | outcome


def _noise(number: int) -> bytes:
    return _bytes(number, MIN_BYTES + number * STEP % (MAX_BYTES - MIN_BYTES))


def short_article(number: int) -> bytes:
    """The packed article of a story, or of another one: where only the number of articles counts,
    five millions have to fit on a disk."""
    return _short_articles()[number % MADE]


@cache
def _short_articles() -> list[bytes]:
    return [article(number, SHORT) for number in range(MADE)]


def article(number: int, characters: int = 900) -> bytes:
    """The packed article of a story: random characters; of 900, 2 kB when packed, some 7 kB as a
    line."""
    listed = story(number)
    words = letters()[(start := number * STEP % (LETTERS - 1_000)) : start + characters]
    paragraphs = [words[begin : begin + 150] for begin in range(0, len(words), 150)]
    moment = at(listed.ctime)
    made = Article(
        docid=listed.docid,
        url=listed.url,
        channels=[CHANNEL],
        title=listed.title,
        summary=listed.summary,
        source=listed.source,
        published=moment,
        first_seen=moment,
        keywords=[words[:2], words[2:4]],
        images=[Image(f"https://n.sinaimg.cn/finance/{number}.png", words[4:20])],
        body_html="".join(f"<p>　　{paragraph}</p>" for paragraph in paragraphs),
        text="\n".join(paragraphs),
        layout="F2017",
    )
    return packed(json_line(made))


def _revision_row(number: int, article_of: Callable[[int], bytes]) -> dict[str, Any]:
    return {
        "docid": docid(number),
        "revision": 1,
        "seen": FIRST_TIME + number * GAP,
        "content_hash": _bytes(number, 17),
        "article": article_of(number),
        "ctime": FIRST_TIME + number * GAP,
        "first_seen": FIRST_TIME + number * GAP,
        "channels": CHANNEL,
        "is_reprint": False,
    }


def _run_row(number: int) -> dict[str, Any]:
    return {
        "id": number // PER_RUN + 1,
        "spider": "china",
        "worker": "elsewhere:1:00000000",
        "started": FIRST_TIME + number * GAP,
        "ended": FIRST_TIME + number * GAP + 60,
        "filed": FIRST_TIME + number * GAP + 60,
        "verdict": "complete",
        "report": report(),
    }


@cache
def report() -> str:
    """The report of a run that wrote all new stories."""
    query, config = Harvest.from_arguments({}), Config.from_settings(get_project_settings())
    run = Report(
        "china",
        FIRST_TIME,
        account=account({State.WRITTEN: PER_RUN}, filtered=0),
        lists={
            channel.name: Walk(query, channel, config, FIRST_TIME).report() for channel in DOMESTIC
        },
        presence=dict.fromkeys(FIELDS, 1.0),
    )
    return json.dumps(run.to_json())


def _bytes(number: int, size: int) -> bytes:
    start = number * STEP % (NOISE - MAX_BYTES)
    return noise()[start : start + size]


def fill_plain(path: Path, count: int) -> None:
    """Makes a table of `count` docids and nothing else."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(CREATE_TABLE)
        for pragma in FAST_PRAGMAS:
            database.execute(pragma)
        rows = ((docid(number), number) for number in range(count))
        with database:
            database.executemany("INSERT INTO seen VALUES (?, ?)", rows)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_filter(folder: Path, count: int) -> None:
    """Makes a JOBDIR whose filter has seen `count` requests."""
    folder.mkdir()
    with (folder / "requests.seen").open("wb") as file:
        for number in range(count):
            key = fingerprint(Request(story(number).url))
            file.write(len(key).to_bytes(2, "big") + key)
