"""Many workers that do everything at once wait for each other, and never in a circle; no two get
the same path, and nothing that one has noted is undone by another."""

import multiprocessing
import os
from contextlib import closing

from postgres import MARK
from postgresql.hammer import TITLES, hammer
from sinanews.ledger.database import engine
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

pytestmark = MARK
WORKERS = 6
TIMES = int(os.environ.get("HAMMERS", "1"))


def hammer_at_once(url, seed):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["psycopg", "postgresql.hammer"])
    seeds = range(seed * WORKERS, (seed + 1) * WORKERS)
    processes = [context.Process(target=hammer, args=(url, one)) for one in seeds]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * WORKERS


def test_workers_that_do_everything_at_once_neither_block_nor_undo_each_other(postgres):
    engine(postgres.url).dispose()
    for seed in range(TIMES):
        hammer_at_once(postgres.url, seed)

    with closing(Ledger(engine(postgres.url), post_path)) as ledger:
        assert ledger.counts() == ledger.audit()
        assert ledger.counts().articles > TITLES
    # Each revision once, without a hole, and known to history; each path one story's.
    assert (
        postgres.execute("""
        SELECT docid FROM stories LEFT JOIN (
            SELECT docid, count(*) AS there, max(revision) AS last FROM revisions GROUP BY docid
        ) AS kept USING (docid)
        WHERE revision <> coalesce(there, 0) OR revision <> coalesce(last, 0)""")
        == []
    )
    assert (
        postgres.execute("""
        SELECT docid, revision FROM revisions FULL JOIN history USING (docid, revision)
        WHERE history.seen IS DISTINCT FROM revisions.seen""")
        == []
    )
    positions = postgres.execute("SELECT count(*), max(position) FROM history")
    assert positions == postgres.execute("SELECT revisions, position FROM about")
    paths = postgres.execute("SELECT post_path FROM stories WHERE post_path IS NOT NULL")
    assert len({*paths}) == len(paths) > TITLES
