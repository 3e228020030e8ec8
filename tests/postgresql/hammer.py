"""A worker that does at once, and over and over, whatever workers do, beside others that do so."""

import random
from collections.abc import Callable
from dataclasses import replace

from ledger.conftest import rejected, story, written
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import clock_of, engine
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.pictures import Picture
from sinanews.ledger.watermarks import Gap
from sinanews.posts.paths import post_path
from sinanews.roll.api import Story
from sinanews.roll.watermark import ListState, Watermark

STORIES = 30
TITLES = 3  # that they have, so that most are namesakes
ROUNDS = 40
TEXTS = [f"<p>{'一段文字，转载者众。' * 9}{number}</p>" for number in range(4)]


def row(rng: random.Random) -> Story:
    """A story as some list has it now; some of them come without a title."""
    number = rng.randrange(STORIES)
    title = f"同名{number % TITLES}" if number % 2 else ""
    return replace(story(number), title=title, mtime=story().mtime + rng.randrange(9))


class Hammer:
    """One worker, whose every move is by chance."""

    def __init__(self, url: str, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - picks moves, no secrets
        database = engine(url)
        self._ledger = Ledger(database, post_path, clock_of(database), Retries(pause=0, ages=(0,)))

    def work(self) -> None:
        """Begins a run, does so many things, and ends the run."""
        self._ledger.begin("china")
        for _ in range(ROUNDS):
            self._rng.choice(self._moves())()
        self._ledger.runs.end(self._ledger.run, "complete", {})
        self._ledger.close()

    def _moves(self) -> list[Callable[[], object]]:
        ledger, rng = self._ledger, self._rng
        return [
            self._list,
            self._list,
            self._read,
            self._read,
            self._read,
            ledger.renew,
            ledger.set_aside,
            ledger.release_dead,
            ledger.reset_failures,
            self._note_list,
            self._show_pictures,
            lambda: ledger.requeue([row(rng).docid for _ in range(9)]),
            lambda: ledger.pictures.note_failure(
                f"https://n.sinaimg.cn/{rng.randrange(3)}.png", "x"
            ),
            lambda: ledger.pictures.take_due(5, ledger.now() + 99, lease=1),
            lambda: ledger.sign_older(5),
            lambda: ledger.view(3),
            lambda: list(ledger.lines()),
        ]

    def _list(self) -> None:
        rows = [row(self._rng) for _ in range(12)]
        once = {one.docid: one for one in rows}
        self._ledger.upsert_listed(
            list(once.values()), self._rng.choice(["guonei", "hongguan", ""])
        )

    def _read(self) -> None:
        outcomes = []
        for claim in self._ledger.claim(self._rng.randrange(1, 9)):
            if self._rng.random() < 0.2:
                outcomes.append(rejected(claim))
                continue
            made = written(claim, self._rng.choice(TEXTS))
            made.item.title = claim.story.title or "同名0"
            made.item.text = made.item.body_html
            made.post_path = self._ledger.reserve_path(made.item)
            if self._rng.random() < 0.2 and not claim.revision:
                made.post_path = self._ledger.move_path(made.item)
            outcomes.append(made)
        self._rng.shuffle(outcomes)
        self._ledger.record_outcomes(outcomes, lambda ours: ours)

    def _note_list(self) -> None:
        now = self._ledger.now()
        state = ListState(newest=now)
        self._ledger.lists.note("guonei", Watermark(now, now), state, [Gap("guonei", now, now, 1)])

    def _show_pictures(self) -> None:
        urls = [f"https://n.sinaimg.cn/{self._rng.randrange(3)}.png" for _ in range(3)]
        known = {url: Picture(url, tries=1, due_at=self._ledger.now()) for url in urls}
        self._ledger.pictures.record(row(self._rng).docid, list(known.values()))


def hammer(url: str, seed: int) -> None:
    """What each process does."""
    Hammer(url, seed).work()
