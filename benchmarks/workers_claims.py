"""Claims stories, 32 at a time, for some seconds: one worker of benchmarks/workers.py.

    python benchmarks/workers_claims.py KIND LEDGER_URL BEGIN SECONDS

KIND is `sinanews` (Ledger.claim), `bare` (a loop by hand over the ledger's own table) or `least` (a
loop by hand over a table that has nothing but what a queue needs). Begins at the unix time BEGIN,
and prints, as JSON, the seconds that each claim took.
"""
# ruff: noqa: T201 - a script, in no package, whose output is read by another

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
from scrapy.settings import Settings

from ledger_fill import CHANNEL
from sinanews import settings as project_settings
from sinanews.config import Config
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.ledger.workers import LEASE
from sinanews.posts.paths import post_path
from sinanews.spiders.base import BATCH

Claim = Callable[[], int]  # returns how many stories it got
# What a harvest of one channel asks for.
HARVESTED = Selection(channels=(CHANNEL,), written=False)
LEAST = """
    CREATE TABLE least (id BIGINT PRIMARY KEY, url TEXT NOT NULL, due_at BIGINT, worker TEXT);
    CREATE INDEX least_to_claim ON least (due_at) WHERE due_at IS NOT NULL;
"""
# The first with all that a claim is made of, for a worker needs it.
_TAKE = {
    "bare": """
        SELECT docid, url, title, summary, source, channels, ctime, intime, mtime, state, post_path,
            revision, content_hash, post_hash, tries, reason
        FROM stories WHERE due_at <= %s ORDER BY due_at, ctime LIMIT 32 FOR UPDATE SKIP LOCKED""",
    "least": """
        SELECT id, url FROM least WHERE due_at <= %s
        ORDER BY due_at LIMIT 32 FOR UPDATE SKIP LOCKED""",
}
_LEASE = {
    "bare": "UPDATE stories SET due_at = %s, worker = %s WHERE docid = ANY(%s)",
    "least": "UPDATE least SET due_at = %s, worker = %s WHERE id = ANY(%s)",
}


@contextmanager
def sinanews(url: str) -> Iterator[Claim]:
    """The ledger's own way."""
    settings = Settings()
    settings.setmodule(project_settings)
    settings.set("LEDGER_URL", url)
    with closing(Ledger.open(Config.from_settings(settings), post_path)) as ledger:
        ledger.begin("china")

        def claim() -> int:
            claims = ledger.claim(BATCH, HARVESTED)
            # A harvest has one batch in work, and others settled, when it claims the next: that
            # is all that it still holds.
            held = ledger._claims.held  # noqa: SLF001 - settling them would be measured too
            for docid in list(held)[: -len(claims) or None]:
                del held[docid]
            return len(claims)

        yield claim


@contextmanager
def by_hand(kind: str, url: str) -> Iterator[Claim]:
    """What one would write oneself: a transaction of two statements."""
    take, lease = _TAKE[kind], _LEASE[kind]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        worker = f"{kind} of {connection.info.backend_pid}"

        def claim() -> int:
            now = int(time.time())
            with connection.transaction():
                rows = connection.execute(take, (now,)).fetchall()
                leased = (now + LEASE, worker, [row[0] for row in rows])
                connection.execute(lease, leased)
            return len(rows)

        connection.autocommit = True  # only then is the block above a transaction of its own
        yield claim


def measure(claim: Claim, begin: float, seconds: float) -> list[float]:
    """The seconds that each claim takes between two unix times. Raises SystemExit when the stories
    do not last."""
    claim()  # connects, and prepares what is prepared
    time.sleep(max(0, begin - time.time()))
    end = time.perf_counter() + seconds
    taken, before = [], time.perf_counter()
    while before < end:
        if claim() < BATCH:
            raise SystemExit("no stories are left to claim: more --rows or fewer --seconds")
        now = time.perf_counter()
        taken.append(now - before)
        before = now
    return taken


def main(kind: str, url: str, begin: str, seconds: str) -> None:
    """Claims as one worker."""
    opened = sinanews(url) if kind == "sinanews" else by_hand(kind, url)
    with opened as claim:
        print(json.dumps(measure(claim, float(begin), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
