"""The ledger's tables."""

from hashlib import blake2b

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

VERSION = 6  # of these tables; sinanews.ledger.migrations brings older ones to it

metadata = MetaData()

# `site` is where the archive's stories are from: a MIRROR_URL, or LIVE_SITE; NULL before the first
# run.
about = Table(
    "about",
    metadata,
    Column("version", Integer, nullable=False),
    Column("site", Text),
)

# One row for every story ever listed. Times are unix seconds of the site's clock, but `due_at`,
# from which on a story may be claimed (NULL: nothing to do), is of the local one.
stories = Table(
    "stories",
    metadata,
    Column("docid", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text),
    Column("source", Text),
    Column("channels", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("ctime", BigInteger, nullable=False),
    Column("intime", BigInteger, nullable=False),
    Column("mtime", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", BigInteger),
    Column("worker", Text),
    Column("run", Integer, index=True),  # the last run that listed or claimed it
    Column("finished_run", Integer),  # the run in which it came to its state
    Column("revision", Integer, nullable=False, default=0),
    Column("content_hash", LargeBinary),
    Column("post_path", Text),
    Column("post_key", BigInteger),  # unique in place of it; see `path_key`
    Column("post_hash", LargeBinary),
)
stories_to_claim = Index("stories_to_claim", stories.c.due_at, stories.c.ctime)

stories_post_key = Index("stories_post_key", stories.c.post_key, unique=True)

revisions = Table(
    "revisions",
    metadata,
    Column("docid", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("article", LargeBinary, nullable=False),
)

# Up to when a channel's list is known without a gap, on the site's clock.
watermarks = Table(
    "watermarks",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("reached", BigInteger, nullable=False),
    Column("deep_scanned", BigInteger),
)

# `started` and `ended` are of the local clock; a run that was killed has no end.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("spider", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("verdict", Text),
    Column("report", Text),
)
# Few runs are open, and each start of a crawl asks for them.
runs_open = Index("runs_open", runs.c.id)

# The rows that are in an index, where these are few.
PARTIAL = {stories_to_claim: stories.c.due_at.is_not(None), runs_open: runs.c.ended.is_(None)}


def path_key(path: str) -> int:
    """What an index finds a path by: paths are long, and an index of a million of them is slow to
    write. Of two paths with one key, which does not happen, the second counts as taken."""
    return int.from_bytes(blake2b(path.encode(), digest_size=8).digest(), "big", signed=True)
