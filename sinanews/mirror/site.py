"""A site: its stories, its lists, and its own clock."""

from collections.abc import Iterable
from dataclasses import replace

from sinanews.mirror.newsroom import Newsroom, Times
from sinanews.mirror.prose import seeded_random
from sinanews.mirror.story import Story

START = 1773795600  # 2026-03-18 09:00:00 in China
GAP = 960  # seconds between two stories, about ninety a day
ARRIVALS = 8  # stories that arrive one after the other once the lists are requested
TICK = 20  # seconds
FOREIGN_EVERY = 35
REPRINT_EVERY, REPRINT_AT, REPRINT_AFTER = 65, 47, 5
HOUR = 3600


class Site:
    """A site of `articles` stories, over as many days as ninety a day take.

    Each answer of the roll API moves the clock on by `tick` seconds: with the default a story
    arrives with each of the first eight answers, with 0 the clock stands still.
    """

    def __init__(self, seed: int = 0, articles: int = 420, tick: int = TICK) -> None:
        self.now = START
        self.tick = tick
        self._newsroom = Newsroom(seed, articles)
        self._random = seeded_random("times", seed)
        self._stories: dict[str, Story] = {}
        self._docids: dict[str, str] = {}
        self._mobile_docids: dict[str, str] = {}
        self._unlisted: set[str] = set()
        self._removed: set[str] = set()
        self._fill(articles)

    def _fill(self, articles: int) -> None:
        arriving = min(ARRIVALS, articles // 10)
        present = articles - arriving
        for number in range(present):
            times = self._times(START - (present - number) * GAP)
            if number % REPRINT_EVERY == REPRINT_AT:
                original = self.stories[number - REPRINT_AFTER]
                self._add(self._newsroom.reprint(times, original))
            elif number % FOREIGN_EVERY == FOREIGN_EVERY - 1:
                self._add(self._newsroom.foreign(times))
            else:
                self._add(self._newsroom.domestic(times))
        for number in range(arriving):
            self._add(self._newsroom.domestic(self._arrival_times(number), also=[1686]))

    def _times(self, earliest: int) -> Times:
        """Written in the gap after `earliest`, listed soon or hours later, but not after START."""
        ctime = earliest + self._random.randrange(GAP)
        late = "late" in self._newsroom.features()
        delay = self._random.randint(HOUR, 6 * HOUR) if late else self._random.randint(5, 200)
        intime = min(ctime + delay, START)
        return Times(ctime, self._random.randint(ctime, min(intime, ctime + 300)), intime)

    def _arrival_times(self, number: int) -> Times:
        """Listed in the middle of a tick; one in four was written hours ago, so that its row is
        further down."""
        intime = START + number * TICK + TICK // 2
        delay = 3 * HOUR if number % 4 == 1 else 0
        ctime = intime - delay - self._random.randint(5, 120)
        return Times(ctime, self._random.randint(ctime, intime), intime)

    def _add(self, story: Story) -> Story:
        self._stories[story.docid] = story
        self._docids[story.address] = story.docid
        self._mobile_docids[story.wapurl.partition("://")[2]] = story.docid
        return story

    @property
    def stories(self) -> list[Story]:
        """All stories, with those that are removed or will arrive later."""
        return list(self._stories.values())

    @property
    def redirect(self) -> Story | None:
        """The story that is listed with the URL of its mobile page, which leads to its own."""
        return next((story for story in self.stories if story.listed_url != story.url), None)

    def listed(self, lid: int) -> list[Story]:
        """The stories that are in a list now, latest `ctime` first."""
        stories = (story for story in self.stories if lid in story.lids and self._is_listed(story))
        return sorted(stories, key=lambda story: (story.ctime, story.docid), reverse=True)

    def _is_listed(self, story: Story) -> bool:
        return story.intime <= self.now and story.docid not in self._unlisted

    def advance(self) -> None:
        """Moves the clock on by a tick."""
        self.now += self.tick

    def at(self, address: str) -> Story | None:
        """The story whose page is at HOST/PATH, None where there is no page."""
        return self._existing(self._docids.get(address))

    def at_mobile(self, address: str) -> Story | None:
        """The story whose mobile page is at HOST/PATH, None where there is no page."""
        return self._existing(self._mobile_docids.get(address))

    def _existing(self, docid: str | None) -> Story | None:
        return None if docid is None or docid in self._removed else self._stories[docid]

    def story(self, docid: str) -> Story:
        """The story with a docid. Raises KeyError for an unknown docid."""
        return self._stories[docid]

    def publish(
        self, count: int = 1, *, late: int = 0, family: str = "", lids: Iterable[int] = (1686,)
    ) -> list[Story]:
        """Adds stories that are listed now and were written `late` seconds ago; they are in the
        lists `lids` in any case."""
        times = Times(self.now - late, self.now - late, self.now)
        also = tuple(lids)
        return [self._add(self._newsroom.domestic(times, family, also)) for _ in range(count)]

    def edit(self, docid: str, title: str | None = None) -> Story:
        """Adds a paragraph now, and changes the title if one is given; the address stays.

        `intime` changes too, as in the real list. Raises KeyError for an unknown docid.
        """
        story = self._stories[docid]
        edited = replace(story, edits=story.edits + 1, mtime=self.now, intime=self.now)
        return self._add(replace(edited, listed_title=title or story.listed_title))

    def remove(self, docid: str, *, listed: bool = True) -> None:
        """Removes the page; its rows stay unless `listed` is false.

        Raises KeyError for an unknown docid.
        """
        self._removed.add(self._stories[docid].docid)
        if not listed:
            self._unlisted.add(docid)
