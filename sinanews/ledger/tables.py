"""The ledger's tables."""

from hashlib import blake2b
from unicodedata import normalize

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

VERSION = 14  # of these tables; sinanews.ledger.migrations brings older ones to it
UNFINISHED = 0  # of a copy's, until it is whole

metadata = MetaData()
# Sorted by its bytes, as SQLite does anyhow: PostgreSQL would sort by the language of its cluster,
# and what is read in this order would be in another one.
_Text = Text(collation="C").with_variant(Text(), "sqlite")

# `site` is where the archive's stories are from: a MIRROR_URL, or LIVE_SITE; NULL before the first
# run. `revisions` is how many rows the table of that name has, `position` the last one in history.
about = Table(
    "about",
    metadata,
    Column("version", Integer, nullable=False),
    Column("site", _Text),
    Column("revisions", BigInteger, nullable=False, default=0),
    Column("position", BigInteger, nullable=False, default=0),
)

# One row for every story ever listed. Times are unix seconds of the site's clock, but `due_at`,
# from which on a story may be claimed (NULL: nothing to do), is of the local one.
stories = Table(
    "stories",
    metadata,
    Column("docid", _Text, primary_key=True),
    Column("url", _Text, nullable=False),
    Column("url_key", BigInteger),  # what an index finds the URL by; see `text_key`
    Column("title", _Text, nullable=False),
    Column("summary", _Text),
    Column("source", _Text),
    Column("channels", _Text, nullable=False),
    Column("channel", _Text, nullable=False),
    Column("ctime", BigInteger, nullable=False),
    Column("intime", BigInteger, nullable=False),
    Column("mtime", BigInteger, nullable=False),
    Column("state", _Text, nullable=False),
    Column("reason", _Text),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", BigInteger),
    Column("worker", _Text),
    Column("run", Integer, index=True),  # the last run that listed or claimed it
    Column("finished_run", Integer),  # the run in which it came to its state
    Column("revision", Integer, nullable=False, default=0),
    Column("content_hash", LargeBinary),
    Column("post_path", _Text),
    Column("post_key", BigInteger),  # unique in place of it; see `path_key`
    Column("post_hash", LargeBinary),
)
stories_to_claim = Index("stories_to_claim", stories.c.due_at, stories.c.ctime)

# Few have failed, and why is asked for by reason.
stories_failed = Index("stories_failed", stories.c.state, stories.c.reason)
stories_post_key = Index("stories_post_key", stories.c.post_key, unique=True)
stories_url_key = Index("stories_url_key", stories.c.url_key)

revisions = Table(
    "revisions",
    metadata,
    Column("docid", _Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("article", LargeBinary, nullable=False),
)

# In which order revisions were recorded: `position` grows with each, and one that a reader sees has
# all before it. What they are sorted by stands here as it was then, in unix seconds: the article's
# own time, when it entered its list (NULL: it never did), and when the revision was read; and what
# of its line somebody may ask for: the channels, with commas between, and whether it is a reprint.
# `run` is the one that recorded it (NULL: an earlier version did).
history = Table(
    "history",
    metadata,
    # An alias of SQLite's own row number: a row costs no second index.
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("docid", _Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("ctime", BigInteger, nullable=False),
    Column("first_seen", BigInteger),
    Column("seen", BigInteger, nullable=False),
    Column("channels", _Text, nullable=False),
    Column("is_reprint", Boolean, nullable=False),
    Column("run", Integer),
    Index("history_docid", "docid", "revision", unique=True),
    Index("history_ctime", "ctime", "docid", "revision"),
    Index("history_first_seen", "first_seen", "docid", "revision"),
    Index("history_seen", "seen", "docid", "revision"),
)

# Up to when a channel's list is known without a gap, on the site's clock.
watermarks = Table(
    "watermarks",
    metadata,
    Column("channel", _Text, primary_key=True),
    Column("reached", BigInteger, nullable=False),
    Column("deep_scanned", BigInteger),
)

# What a channel's list was like: the ctimes of its two newest rows, how many rows it has, and how
# many more it counts than it gives; and the ctime at which the list ended before it came to the
# watermark, which the next walk has to confirm (NULL: it did not).
lists = Table(
    "lists",
    metadata,
    Column("channel", _Text, primary_key=True),
    Column("newest", BigInteger),
    Column("second", BigInteger),
    Column("total", BigInteger),
    Column("lacking", BigInteger, nullable=False, default=0),
    Column("unconfirmed_end", BigInteger),
)

# What nobody knows of a list: rows between two ctimes, which had left it when it was walked again.
gaps = Table(
    "gaps",
    metadata,
    Column("channel", _Text, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("run", Integer, nullable=False),
)

# `started`, `ended`, `alive_at`, when the worker last said that it was at work, and `filed` are of
# the local clock. A run that was killed has no end until that is noticed. `filed` is since when
# there is a file of all that it recorded: since it closed them, or since a later run in its folder
# wrote what was missing (NULL: perhaps not yet). What it recorded stands in history behind
# `position`.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("spider", _Text, nullable=False),
    Column("worker", _Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("alive_at", BigInteger),
    Column("ended", BigInteger),
    Column("position", BigInteger),
    Column("filed", BigInteger),
    Column("verdict", _Text),
    Column("report", _Text),
    Column("folder", _Text),  # host:path of its OUTPUT_DIR
    Column("harvest", Integer),  # the one that it works for, if any
    Column("part", _Text),  # its own part of that one's report, as JSON, until that is written
)
# Whoever counts or shows runs takes a harvest for one.
begins_harvest = runs.c.harvest.is_(None) | (runs.c.harvest == runs.c.id)
# Few runs are open, and each start of a crawl asks for them.
runs_open = Index("runs_open", runs.c.id)
runs_unfiled = Index("runs_unfiled", runs.c.id)
runs_joined = Index("runs_joined", runs.c.harvest)
runs_verdict = Index("runs_verdict", runs.c.verdict, runs.c.id)

# What several runs do together that were asked for the same: `arguments` say what, as JSON. Its
# number is that of the run that began it, whose verdict, report and end are those of all. The run
# that is the `walker` walks the lists for all; `lists` is what came of that, as JSON, and `walked`
# when it was done. A harvest without an `ended` is at work, or was killed.
harvests = Table(
    "harvests",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("spider", _Text, nullable=False),
    Column("arguments", _Text, nullable=False),
    Column("walker", Integer),
    Column("walked", BigInteger),
    Column("lists", _Text),
    Column("ended", BigInteger),
)
harvests_open = Index("harvests_open", harvests.c.id)

# From when on, in unix seconds of the database's clock, a site may be asked again by any worker.
budgets = Table(
    "budgets",
    metadata,
    Column("site", _Text, primary_key=True),
    Column("free_at", Double, nullable=False),
)

# What triggers keep (see `sinanews.ledger.triggers`), so that nobody has to count: how many stories
# there are of a day and a state, how many of them are articles, the revisions of these, and how
# many have failed and are not tried again. The day of a story's ctime is counted from 1970 in
# China. And what each run's report says that it listed, what this comes to, and how many it wrote.
counts = Table(
    "counts",
    metadata,
    Column("day", BigInteger, primary_key=True),
    Column("state", _Text, primary_key=True),
    Column("stories", BigInteger, nullable=False),
    Column("articles", BigInteger, nullable=False),
    Column("revisions", BigInteger, nullable=False),
    Column("given_up", BigInteger, nullable=False),
)
accounts = Table(
    "accounts",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("listed", BigInteger, nullable=False),
    Column("accounted", BigInteger, nullable=False),
    Column("written", BigInteger, nullable=False),
)

# What is kept of the text of each revision, so that reprints of it are found: what
# `sinanews.extraction.signatures` makes of it in its `version`, and the article whose reprint its
# line says that it is. A text is found by the keys of its bands, a row each. Texts of one template
# have many keys in common, so only so many, BUCKET, have a row of one key: the `slot` of a
# signature is what its id leaves when divided by BUCKET, and a newer one takes an older one's.
signatures = Table(
    "signatures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("docid", _Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("duplicate_of", _Text),
    Column("signature", LargeBinary, nullable=False),
)
signatures_revision = Index(
    "signatures_revision", signatures.c.docid, signatures.c.revision, unique=True
)
signatures_reprints = Index("signatures_reprints", signatures.c.duplicate_of)
BUCKET = 8
bands = Table(
    "bands",
    metadata,
    Column("key", BigInteger, primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("signature", Integer, nullable=False),
    sqlite_with_rowid=False,  # the rows are their own index: a million texts have 13 million
)

# How far the articles that had no signatures, of an older ledger or of another version of them,
# have got theirs: the docid of the last one, NULL when all have.
signing = Table(
    "signing",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("reached", _Text),
)

# The pictures of each article's post: the address under which the article has one, and its file
# below the output folder, or NULL and why it is shown from its address. `tries` counts those of the
# address, and `due_at` is the unix second of the local clock from which on it is tried again (NULL:
# never). A row has a file once the post shows it, so the row and the post say the same.
pictures = Table(
    "pictures",
    metadata,
    Column("docid", _Text, primary_key=True),
    Column("url_key", BigInteger, primary_key=True),  # see `text_key`
    Column("url", _Text, nullable=False),
    Column("path", _Text),
    Column("reason", _Text),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", BigInteger),
)
pictures_url = Index("pictures_url", pictures.c.url_key)
pictures_due = Index("pictures_due", pictures.c.due_at)

# The rows that are in an index, where these are few.
PARTIAL = {
    pictures_due: pictures.c.due_at.is_not(None),
    signatures_reprints: signatures.c.duplicate_of.is_not(None),
    stories_to_claim: stories.c.due_at.is_not(None),
    stories_failed: stories.c.state == "failed",
    runs_open: runs.c.ended.is_(None),
    runs_unfiled: runs.c.filed.is_(None),
    runs_joined: runs.c.harvest != runs.c.id,
    harvests_open: harvests.c.ended.is_(None),
}


def text_key(text: str) -> int:
    """What an index finds a path or URL by: an index of a million of these long texts is slow
    to write. Two of one key, which do not happen, count as the same."""
    data = text.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def path_key(path: str) -> int:
    """What keeps the names of files apart: the same for two paths that are one on a file system
    which does not tell letters by case, or by how their accents are put together, as those of
    macOS and Windows. Canonical caseless matching, definition D145 in chapter 3 of the Unicode
    Standard.

    >>> path_key("_posts/CAFÉ.md") == path_key("_posts/cafe\u0301.md") != path_key("_posts/cafe.md")
    True
    """
    return text_key(normalize("NFD", normalize("NFD", path).casefold()))
