"""Claims stories, 32 at a time, for some seconds: one worker of benchmarks/workers.py.

    python benchmarks/workers_claims.py LEDGER_URL SECONDS KIND ...

KIND is `sinanews` (Ledger.claim), `bare` (a loop by hand over the ledger's own table) or `least` (a
loop by hand over a table that has nothing but what a queue needs). Says `ready` when it could
begin, and is told on standard input at which unix time it is to. Then it claims in each way for so
many SECONDS, by turns of SLICE, at which all workers change at the same moment: whatever slows the
machine down for a while slows all kinds. Prints, as JSON, the seconds that each claim took, by
kind.
"""
# ruff: noqa: T201 - a script, in no package, whose output is read by another

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import psycopg

from ledger_fill import CHANNEL
from sinanews.ledger.claims import Claims, Retries
from sinanews.ledger.database import engine
from sinanews.ledger.selection import Selection
from sinanews.ledger.workers import LEASE
from sinanews.spiders.base import BATCH

SLICE = 0.5  # seconds
PREPARED = 6  # claims after which psycopg has its statements prepared
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
    """The ledger's own way: `Ledger.claim` is no more than this."""
    database = engine(url)
    claims = Claims(database, time.time, Retries())

    def claim() -> int:
        taken = claims.take(BATCH, HARVESTED, 1)
        # A harvest has one batch in work, and others settled, when it claims the next: that is all
        # that it still holds.
        claims.held = {one.story.docid: one for one in taken}
        return len(taken)

    yield claim
    database.dispose()


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


def measure(claims: Mapping[str, Claim], begin: float, seconds: float) -> dict[str, list[float]]:
    """The seconds that each claim of each kind takes, from a unix time on. Raises SystemExit when
    the stories do not last."""
    time.sleep(max(0, begin - time.time()))
    taken: dict[str, list[float]] = {kind: [] for kind in claims}
    for turn in range(round(seconds / SLICE) * len(claims)):
        kind = list(claims)[turn % len(claims)]
        end = begin + (turn + 1) * SLICE
        while time.time() < end:
            before = time.perf_counter()
            if claims[kind]() < BATCH:
                raise SystemExit("no stories are left to claim: more --rows or fewer --seconds")
            taken[kind].append(time.perf_counter() - before)
    return taken


def main(url: str, seconds: str, *kinds: str) -> None:
    """Claims as one worker."""
    with ExitStack() as stack:
        claims = {
            kind: stack.enter_context(sinanews(url) if kind == "sinanews" else by_hand(kind, url))
            for kind in kinds
        }
        for claim in claims.values():
            for _ in range(PREPARED):
                claim()
        print("ready", flush=True)
        print(json.dumps(measure(claims, float(sys.stdin.readline()), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
