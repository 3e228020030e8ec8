"""After a power cut or a kill at any moment, one further run makes the archive what it would have
been."""

import random
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from harvest.disk import Committed, Event, Recorder, Renamed, leave, restore
from harvest.proofs import assert_accounts_balance, leftovers, query, written
from harvest.small import HOUR, NOW, Site, edited, export, harvest, listed, opened
from sinanews.ledger import workers
from sinanews.ledger.history import Query

STATES = 100  # of each kind
SITES = 4
EARLIER = "an-earlier-one"  # boot


@cache
def sites(seed: int) -> tuple[Site, Site]:
    """What the list has at a first run, and at a second: new articles, some of them namesakes of
    older ones and above them in the list, and others that changed."""
    rng = random.Random(seed)  # noqa: S311 - makes up a site, no secrets
    titles = ["", "同名", "同名", ""]
    first = [listed(n, rng.choice(titles), f"第{n}篇") for n in range(5)]
    second = [edited(page, "改了") if rng.random() < 0.4 else page for page in first]
    second += [listed(n, rng.choice(titles), f"第{n}篇") for n in range(5, 9)]
    return first, second[::-1] if rng.random() < 0.5 else second


@dataclass(frozen=True)
class Archive:
    """What an undisturbed run left."""

    posts: dict[str, bytes]
    export: list[bytes]


@cache
def recorded(seed: int, boot: str = "") -> tuple[list[Event], tuple[Archive, Archive]]:
    """What two undisturbed runs did, and the archive after each; before a power cut it was another
    `boot` of the machine."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        if boot:
            patch.setattr(workers, "_boot", lambda: boot)
        output = Path(folder).resolve() / "output"
        recorder = Recorder(output)
        archives = []
        with recorder.recording(patch):
            for number, site in enumerate(sites(seed)):
                harvest(output, site, NOW + number * HOUR, recorder.step)
                archives.append(Archive(written(output), export(output)))
        return recorder.events, tuple(archives)


def begins(events: list[Event]) -> list[int]:
    """Where the runs begin."""
    return [n for n, e in enumerate(events) if isinstance(e, Committed) and e.durable]


def test_what_a_harvest_does_is_recorded():
    events, (_, archive) = recorded(0)
    renamed = [n for n, event in enumerate(events) if isinstance(event, Renamed)]
    assert len(renamed) >= len(archive.posts) + 2, "and two reports"
    first, second = begins(events)
    assert first < renamed[0]
    assert renamed[0] < second < renamed[-1]
    assert {type(event) for event in events} == {*get_args(Event)}


def cut_off(events: list[Event], data: st.DataObject, output: Path) -> int:
    """Makes an archive as a power cut may leave it; returns which run it ended, 0 or 1."""
    cut = data.draw(st.integers(0, len(events)), "events until the cut")

    def choose(count: int) -> int:
        return data.draw(st.integers(0, count - 1))

    for missing in restore(events[:cut], output, choose) or ["nothing"]:
        event(f"missing: {missing.lstrip('0123456789 ')}")
    return int(cut > begins(events)[1])


def killed(events: list[Event], data: st.DataObject, output: Path) -> int:
    """Makes an archive as a kill leaves it; returns which run it ended, 0 or 1."""
    kill = data.draw(st.integers(0, len(events)), "events until the kill")
    leave(events[:kill], output)
    return int(kill > begins(events)[1])


def assert_is_in_order(output: Path) -> None:
    """One post an article, one line for each revision, nothing that is left over."""
    assert leftovers(output) == []
    paths = [row["post_path"] for row in query(output, "SELECT post_path FROM stories")]
    assert sorted(paths) == sorted(written(output))
    in_files = Counter(
        line
        for file in (output / "articles").glob("*")
        for line in file.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    )
    with opened(output) as ledger:
        assert in_files == Counter(ledger.lines(Query(revisions=True)))
    assert_accounts_balance(output)


any_cut = settings(
    max_examples=STATES, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize(("cut_short", "boot"), [(cut_off, EARLIER), (killed, "")])
@any_cut
@given(seed=st.integers(0, SITES - 1), data=st.data())
def test_a_power_cut_or_a_kill_at_any_moment_leaves_what_the_next_run_completes(
    cut_short, boot, seed, data
):
    events, archives = recorded(seed, boot)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        run = cut_short(events, data, output)

        # The site is as it was for the run that was cut short.
        harvest(output, sites(seed)[run], NOW + 2 * HOUR)

        assert Archive(written(output), export(output)) == archives[run]
        assert_is_in_order(output)


@any_cut
@given(seed=st.integers(0, SITES - 1), data=st.data())
def test_after_a_power_cut_no_name_comes_to_another_article(seed, data):
    events, archives = recorded(seed, EARLIER)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        run = cut_off(events, data, output)
        kept = written(output)

        # A namesake is now above the articles whose commits were lost.
        harvest(output, [listed(99, "同名", "新来"), *sites(seed)[run]], NOW + 2 * HOUR)

        posts = written(output)
        for path, post in kept.items():
            assert date_of(posts[path]) == date_of(post), path
        others = [post for post in posts.values() if "新来".encode() not in post]
        assert sorted(others) == sorted(archives[run].posts.values())
        assert_is_in_order(output)


@any_cut
@given(seed=st.integers(0, SITES - 1), data=st.data())
def test_after_a_kill_no_article_whose_title_changed_meanwhile_has_a_second_post(seed, data):
    events, _ = recorded(seed)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        run = killed(events, data, output)
        renamed = [
            edited(page, page[1], data.draw(st.sampled_from(["", "新题", "同名"]), "title"))
            for page in sites(seed)[run]
        ]

        harvest(output, renamed, NOW + 2 * HOUR)

        assert_is_in_order(output)


def date_of(post: bytes) -> bytes:
    """A post's date, which no two articles here have in common."""
    return next(line for line in post.split(b"\n") if line.startswith(b"date: "))
