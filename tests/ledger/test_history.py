"""What was known when: an export of a moment is the export that was made then, and what changed
since, played back, makes the archive."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.conftest import Clock, on_each_kind, pose
from sinanews.items import Article, State
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import engine
from sinanews.ledger.history import By, Query
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Outcome
from sinanews.ledger.revisions import content_hash
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story
from sinanews.utils.times import at

DOCIDS = [f"n{number}" for number in range(5)]
SECONDS = st.integers(min_value=0, max_value=3)
# A moment passes; then some articles are listed anew, read, or read as something new, a few of them
# asked for by their URLs and listed only later; or the worker is killed and another goes on.
STEPS = st.lists(
    st.tuples(
        SECONDS,
        st.sampled_from(("write", "write", "write", "list", "kill")),
        st.sets(st.sampled_from(DOCIDS), min_size=1),
        st.integers(min_value=1, max_value=50),
    ),
    min_size=3,
    max_size=25,
)


class World:
    """An archive that is written to, step by step, by workers that may be killed."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.url = url
        self.versions = dict.fromkeys(DOCIDS, 0)
        self.ledger = self.open()

    def open(self) -> Ledger:
        ledger = Ledger(engine(self.url), post_path, self.clock, Retries(ages=(1,)))
        ledger.begin("china")
        return ledger

    def step(self, what: str, docids: set[str], value: int) -> None:
        if what == "kill":
            self.ledger.requeue(DOCIDS)
            self.ledger.claim(9)  # what it holds is lost with it
            pose(self.ledger, "another-machine-that-died")
            self.clock.advance(100_000)
            self.ledger = self.open()
            self.ledger.release_dead()
        elif what == "list":
            rows = [story(docid, value) for docid in docids]
            self.ledger.upsert_listed(rows, "guonei")
        else:
            self.write(docids)

    def write(self, docids: set[str]) -> None:
        self.ledger.upsert_listed([story(docid, 0) for docid in sorted(docids)], "")
        self.ledger.requeue(sorted(docids))
        for claim in self.ledger.claim(9):
            docid = claim.story.docid
            self.versions[docid] += docid in docids
            article = Article(
                docid,
                claim.story.url,
                channels=list(claim.story.channels),
                title=f"{docid} in version {self.versions[docid]}",
                body_html=f"<p>{self.versions[docid]}</p>",
                first_seen=at(claim.story.intime) if claim.story.intime else None,
                revision=claim.revision + 1,
            )
            if claim.content_hash == content_hash(article):
                article.revision, state = claim.revision, State.UNCHANGED
            else:
                state = State.UPDATED if claim.revision else State.WRITTEN
            self.ledger.record_outcomes([Outcome(article, state)])

    def export(self, query: Query) -> bytes:
        return b"".join(self.ledger.lines(query))


def story(docid: str, change: int) -> Story:
    """A row of the list; without a change it is one that nobody listed."""
    own = 1_600_000_000 + change % 7
    times = {"ctime": own, "intime": own + 5, "mtime": own + change} if change else {}
    none = {"ctime": 0, "intime": 0, "mtime": 0}
    url = f"https://finance.sina.com.cn/china/2026-09-29/doc-i{docid}.shtml"
    return Story(docid, url, title=docid, **none | times)


@on_each_kind
def test_export_as_of_a_moment_is_the_export_that_was_made_then(kind):
    @given(STEPS, st.sampled_from(By), st.booleans())
    @settings(max_examples=kind.examples(60))
    def law(steps, by, every):
        with kind.new() as url:
            world = World(url)
            made: dict[int, bytes] = {}
            for seconds, what, docids, value in steps:
                world.clock.advance(seconds)
                world.step(what, docids, value)
                made[int(world.clock())] = world.export(Query(by=by, revisions=every))
            for moment, then in made.items():
                assert world.export(Query(by=by, revisions=every, as_of=moment)) == then
            world.ledger.close()

    law()


@on_each_kind
def test_what_changed_played_back_makes_the_archive(kind):
    @given(STEPS, st.data())
    @settings(max_examples=kind.examples(60))
    def law(steps, data):
        with kind.new() as url:
            world = World(url)
            replica: dict[str, bytes] = {}
            cursor = 0
            for seconds, what, docids, value in steps:
                world.clock.advance(seconds)
                world.step(what, docids, value)
                if data.draw(st.booleans(), label="look"):
                    until = world.ledger.position()
                    for line in world.ledger.lines(Query(after=cursor), until=until):
                        replica[orjson.loads(line)["docid"]] = line
                    cursor = until
            for line in world.ledger.lines(Query(after=cursor)):
                replica[orjson.loads(line)["docid"]] = line
            head = world.export(Query()).splitlines(keepends=True)
            assert {orjson.loads(line)["docid"]: line for line in head} == replica
            world.ledger.close()

    law()


@on_each_kind
def test_every_revision_is_exported_once_and_says_when_it_was_read(kind):
    @given(STEPS)
    @settings(max_examples=kind.examples(30))
    def law(steps):
        with kind.new() as url:
            world = World(url)
            for seconds, what, docids, value in steps:
                world.clock.advance(seconds)
                world.step(what, docids, value)
            lines = [orjson.loads(line) for line in world.ledger.lines(Query(revisions=True))]
            keys = [(line["docid"], line["revision"]) for line in lines]
            assert len(set(keys)) == len(keys)
            assert world.ledger.count_lines(Query(revisions=True)) == len(keys)
            seen = {key: line["seen"] for key, line in zip(keys, lines, strict=True)}
            for docid in DOCIDS:
                moments = [seen[key] for key in sorted(keys) if key[0] == docid]
                assert moments == sorted(moments)
                assert None not in moments
            world.ledger.close()

    law()


def test_times_bound_what_is_exported(ledger_url):
    world = World(str(ledger_url))
    world.ledger.upsert_listed([story("n1", 1), story("n2", 2)], "guonei")
    world.write({"n1", "n2", "n3"})
    docids = lambda query: [orjson.loads(line)["docid"] for line in world.ledger.lines(query)]  # noqa: E731
    assert docids(Query(since=1_600_000_002, until=1_600_000_003)) == ["n2"]
    assert docids(Query(by=By.FIRST_SEEN)) == ["n1", "n2"]  # n3 was never on a list
    assert docids(Query(by=By.SEEN, since=int(world.clock()) + 1)) == []
    world.ledger.close()


def test_export_as_of_a_moment_before_all_is_empty(ledger_url):
    world = World(str(ledger_url))
    world.write({"n1"})
    assert world.export(Query(as_of=int(world.clock()) - 1)) == b""
    world.ledger.close()


@pytest.mark.parametrize("count", [199, 200, 201, 401])
def test_pages_lose_and_repeat_nothing(ledger_url, count):
    world = World(str(ledger_url))
    docids = {f"m{number}" for number in range(count)}
    world.versions = dict.fromkeys(docids, 0)
    world.ledger.upsert_listed([story(docid, 3) for docid in sorted(docids)], "guonei")
    while claims := world.ledger.claim(100):
        for claim in claims:
            article = Article(claim.story.docid, claim.story.url, title="t", body_html="<p>a</p>")
            world.ledger.record_outcomes([Outcome(article, State.WRITTEN)])
    for query in (Query(), Query(after=0), Query(by=By.SEEN), Query(revisions=True)):
        lines = [orjson.loads(line)["docid"] for line in world.ledger.lines(query)]
        assert sorted(lines) == sorted(docids)
    world.ledger.close()
