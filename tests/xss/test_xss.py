"""Nothing lives in a post: a fixed sample of all vectors, and that the rig finds what does live."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import nh3
import pytest
from selectolax.lexbor import LexborHTMLParser

from xss import rig
from xss.controls import LIVE
from xss.corpora import Vector
from xss.posts import posts_of

SAMPLE = 300
# Every kind of our own vectors has more in the sample than its share: public ones look alike.
OWN = 150

FOREIGN = {"svg", "math"}
Tag = tuple[str, frozenset[tuple[str, str]]]  # its name, its attributes

pytestmark = pytest.mark.servers("chromium", "node", "npm")


@pytest.fixture(scope="module")
def site(common: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rig.prepare(tmp_path_factory.mktemp("xss") / "site", common)


@pytest.fixture(scope="module")
def vectors(site: Path) -> list[Vector]:
    return rig.vectors_for(site)


def sample(vectors: list[Vector]) -> list[Vector]:
    """The sample: by turns from each collection, in an order that the texts alone decide."""
    by_corpus: dict[str, list[Vector]] = defaultdict(list)
    for vector in sorted(vectors, key=lambda vector: sha256(vector.text.encode()).digest()):
        by_corpus[vector.corpus].append(vector)
    own = [corpus for name, corpus in by_corpus.items() if name.startswith("own/")]
    public = [corpus for name, corpus in by_corpus.items() if not name.startswith("own/")]
    return [*_by_turns(own, OWN), *_by_turns(public, SAMPLE - OWN)]


def _by_turns(corpora: list[list[Vector]], count: int) -> list[Vector]:
    longest = max(map(len, corpora))
    turns = (corpus[turn] for turn in range(longest) for corpus in corpora if turn < len(corpus))
    return [vector for vector, _ in zip(turns, range(count), strict=False)]


def test_vectors_are_five_thousand_public_ones_and_three_hundred_of_our_own(vectors):
    own = [vector for vector in vectors if vector.corpus.startswith("own/")]
    assert len(vectors) - len(own) >= 5_000
    assert len(own) >= 300
    assert len({vector.text for vector in vectors}) == len(vectors)


def by_turns(number: int) -> tuple[str, ...]:
    """The bodies of a vector: a clean one is in every other vector a blog's post."""
    return ("source", "hexo" if number % 2 else "clean")


@pytest.mark.long
def test_nothing_of_the_sample_acts(site, vectors):
    trial = rig.Trial(site, bodies=by_turns)
    trial.run(sample(vectors))
    assert trial.vectors == SAMPLE
    assert not trial.survivors, "\n".join((*trial.survivors, trial.summary()))


def test_independent_sanitiser_finds_nothing_to_take_out_of_the_sample(vectors):
    found = {
        (post.name, post.vector.text): taken
        for number, vector in enumerate(sample(vectors))
        for post, data in posts_of(vector, number).items()
        if (taken := taken_out(data.decode().split("---\n", 2)[2]))
    }
    assert not found


def taken_out(html: str) -> list[Tag]:
    """The tags that nh3 takes out of a body or changes, when it may keep all names that are there
    and the links that a post may have. It is told nothing of our own lists but those names, and
    of foreign content it knows little: what is inside svg and math, Chromium judges."""
    before = tags(html)
    names = {name for name, _ in before}
    attributes = {name for _, pairs in before for name, _ in pairs}
    assert not any(name.startswith("on") for name in attributes)
    kept = nh3.clean(
        html,
        tags=names | FOREIGN,
        attributes={"*": attributes},
        url_schemes={"http", "https", "mailto", "tel"},
        clean_content_tags=set(),
        link_rel=None,
    )
    return list((before - tags(kept)).elements())


def tags(html: str) -> Counter[Tag]:
    """The elements of HTML with their attributes, but for pictures that are data, which nh3 would
    let be links too. Line breaks count alike: nh3 writes them so."""
    document = LexborHTMLParser(html)
    for foreign in document.css("svg, math"):
        foreign.decompose()
    return Counter(
        (node.tag or "", frozenset(_pairs(node.attributes))) for node in document.css("body *")
    )


def _pairs(attributes: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if not (name == "src" and value and value.startswith("data:image/")):
            yield name, (value or "").replace("\r", "\n")


def test_rig_finds_what_acts_in_posts_that_are_written_by_hand(site):
    posts = {name: post for name, (post, _, _) in LIVE.items()}
    verdicts = rig.judge(site, posts)
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for way, names, _, faults in verdicts:
        if len(names) == 1:
            seen[way, names[0]].update(faults)
    missed = {
        (way, name): (wanted, seen[way, name])
        for name, (_, raw, hexo) in LIVE.items()
        for way, wanted in (("raw", raw), ("hexo", hexo))
        if (wanted is None) != (not seen[way, name])
        or (wanted and not any(wanted in fault for fault in seen[way, name]))
    }
    assert not missed
