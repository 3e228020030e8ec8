"""The site as it stands: its stories, its lists, and its own clock."""

from collections.abc import Iterable
from dataclasses import replace

from sinanews.mirror.newsroom import Newsroom, Times
from sinanews.mirror.prose import dice
from sinanews.mirror.story import Story

START = 1773795600  # 2026-03-18 09:00:00 in China
GAP = 960  # seconds between two stories, about ninety a day
ARRIVALS = 8  # stories that come in one after the other once the lists are asked for
TICK = 20  # seconds
FOREIGN_EVERY = 35
REPRINT_EVERY, REPRINT_AT, REPRINT_AFTER = 65, 47, 5
HOUR = 3600


class Site:
    """A site of `articles` stories, over as many days as ninety a day take.

    `tick` is by how many seconds each answer of the roll API moves the clock on: with the
    default one story arrives per answer for the first eight answers, with 0 nothing moves.
    """

    def __init__(self, seed: int = 0, articles: int = 420, tick: int = TICK) -> None:
        self.now = START
        self.tick = tick
        self._newsroom = Newsroom(seed, articles)
        self._random = dice("times", seed)
        self._stories: dict[str, Story] = {}
        self._docids: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._unlisted: set[str] = set()
        self._removed: set[str] = set()
        self._fill(articles)

    def _fill(self, articles: int) -> None:
        arriving = min(ARRIVALS, articles // 10)
        before = articles - arriving
        for number in range(before):
            self._keep(self._made(number, self._times(START - (before - number) * GAP)))
        for number in range(arriving):
            self._keep(self._newsroom.domestic(self._arrival(number), also=[1686]))

    def _made(self, number: int, times: Times) -> Story:
        if number % REPRINT_EVERY == REPRINT_AT:
            return self._newsroom.reprint(times, self.stories[number - REPRINT_AFTER])
        foreign = number % FOREIGN_EVERY == FOREIGN_EVERY - 1
        return (self._newsroom.foreign if foreign else self._newsroom.domestic)(times)

    def _times(self, earliest: int) -> Times:
        """Written in the gap after `earliest`, listed soon or hours later, never after START."""
        ctime = earliest + self._random.randrange(GAP)
        late = "late" in self._newsroom.features()
        lag = self._random.randint(HOUR, 6 * HOUR) if late else self._random.randint(5, 200)
        intime = min(ctime + lag, START)
        return Times(ctime, self._random.randint(ctime, min(intime, ctime + 300)), intime)

    def _arrival(self, number: int) -> Times:
        """In the middle of a tick; one of four was written hours ago and lands further down."""
        intime = START + number * TICK + TICK // 2
        late = 3 * HOUR if number % 4 == 1 else 0
        ctime = intime - late - self._random.randint(5, 120)
        return Times(ctime, self._random.randint(ctime, intime), intime)

    def _keep(self, story: Story) -> Story:
        self._stories[story.docid] = story
        self._docids[story.address] = story.docid
        self._phones[_address(story.wapurl)] = story.docid
        return story

    @property
    def stories(self) -> list[Story]:
        """All stories, those that are yet to arrive and those removed too."""
        return list(self._stories.values())

    @property
    def redirect(self) -> Story | None:
        """The story listed under its address for phones; the page there leads to its own."""
        return next((story for story in self.stories if story.listed_url != story.url), None)

    def listed(self, lid: int) -> list[Story]:
        """What a list holds now, latest `ctime` first."""
        held = (story for story in self.stories if lid in story.lids and self._is_listed(story))
        return sorted(held, key=lambda story: (story.ctime, story.docid), reverse=True)

    def _is_listed(self, story: Story) -> bool:
        return story.intime <= self.now and story.docid not in self._unlisted

    def answered(self) -> None:
        """Moves the clock on by a tick."""
        self.now += self.tick

    def at(self, address: str) -> Story | None:
        """The story whose page stands at HOST/PATH; None where there is no page."""
        return self._there(self._docids.get(address))

    def on_phones(self, address: str) -> Story | None:
        """The story whose page for phones stands at HOST/PATH; None where there is no such page."""
        return self._there(self._phones.get(address))

    def _there(self, docid: str | None) -> Story | None:
        return None if docid is None or docid in self._removed else self._stories[docid]

    def story(self, docid: str) -> Story:
        """The story of a docid. Raises KeyError for one that is not this site's."""
        return self._stories[docid]

    def publish(
        self, count: int = 1, *, late: int = 0, family: str = "", lids: Iterable[int] = (1686,)
    ) -> list[Story]:
        """New stories, listed now and written `late` seconds ago; `lids` hold them in any case."""
        times = Times(self.now - late, self.now - late, self.now)
        also = tuple(lids)
        return [self._keep(self._newsroom.domestic(times, family, also)) for _ in range(count)]

    def edit(self, docid: str, title: str | None = None) -> Story:
        """Adds a paragraph now, and changes the title if one is given; the address stays.

        `intime` moves along, as in the real list. Raises KeyError for an unknown docid.
        """
        before = self._stories[docid]
        after = replace(before, edits=before.edits + 1, mtime=self.now, intime=self.now)
        return self._keep(replace(after, listed_title=title or before.listed_title))

    def remove(self, docid: str, *, listed: bool = True) -> None:
        """Takes the page away; its rows stay unless `listed` is false. Raises KeyError."""
        self._removed.add(self._stories[docid].docid)
        if not listed:
            self._unlisted.add(docid)


def _address(url: str) -> str:
    return url.partition("://")[2]
