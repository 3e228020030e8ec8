"""Makes the stories of a site: their lists, their families, and what their bodies contain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from string import ascii_lowercase, digits

from sinanews.mirror.pages import FAMILIES
from sinanews.mirror.prose import Writer, lexicon, seeded_random
from sinanews.mirror.story import Stock, Story

# A feature of body, page or row that is (n, remainder) belongs to each story whose number, divided
# by n, leaves that remainder.
FEATURES = {
    "picture": (2, 0),
    "caption": (3, 1),
    "unquoted": (4, 1),
    "stocks": (3, 2),
    "code": (2, 1),
    "keywords": (2, 0),
    "source_link": (3, 0),
    "reporter": (4, 2),
    "byline": (9, 5),
    "original": (4, 3),
    "topic": (6, 3),
    "quote": (7, 1),
    "adlist": (8, 5),
    "table": (9, 4),
    "script": (10, 7),
    "video": (11, 2),
    "indented": (3, 1),  # the row's intro begins with two full-width spaces
    "icon": (5, 3),  # the row's img is an object
    "noicon": (5, 1),  # the row's img is an empty string
    "bare": (7, 4),  # the row lacks some keys
    "late": (13, 6),  # listed hours after it was written
    "news": (12, 8),  # stands on news.sina.com.cn
    "phone": (420, 99),  # listed with the URL of its mobile page
}
EVERYWHERE = frozenset((295, 1058, 2509, 2516, 2519, 2544, 3318))
# A domestic list that is (n, remainders) holds the stories whose number, divided by n, leaves one
# of the remainders.
DOMESTIC = {
    1686: (5, {0, 1, 2, 3}),
    1687: (3, {0}),
    1688: (4, {1}),
    1689: (7, {2}),
    1690: (5, {2, 4}),
    3231: (40, {0}),
}
# The stories on pages of old or minor families, by the remainder of their number divided by ROUND.
ROUND = 130
FAMILY = {
    11: "F2016",
    22: "F2014",
    33: "B2009",
    45: "M2017",
    55: "T2005",
    66: "K",
    77: "CJ",
    88: "M",
    101: "M2018",
    111: "BLOG",
}
TEXT_FEATURES = frozenset({"stocks", "reporter", "byline"})
FOREIGN = (2671, 2672, 2673, 2674, 2675, 2676, 2487)


@dataclass(frozen=True, slots=True)
class Times:
    """When a story was written, last changed, and listed, in unix seconds."""

    ctime: int
    mtime: int
    intime: int


class Newsroom:
    """Makes one story after the other; the same ones for the same seed."""

    def __init__(self, seed: int, articles: int) -> None:
        self._seed = seed
        self._count = self._foreign_count = 0
        quirks = lexicon()["quirk"]
        stride = max(1, articles // (len(quirks) + 1))
        self._quirks = {index * stride + 1: title for index, title in enumerate(quirks)}

    def features(self) -> frozenset[str]:
        """The features of the next story."""
        return frozenset(name for name, (n, rest) in FEATURES.items() if self._count % n == rest)

    def domestic(self, times: Times, family: str = "", also: Iterable[int] = ()) -> Story:
        """The next story of the domestic lists; it is in the lists `also` in any case."""
        lists = (lid for lid, (n, rests) in DOMESTIC.items() if self._count % n in rests)
        return self._story(times, family, {*lists, *also})

    def foreign(self, times: Times) -> Story:
        """The next story that is in no domestic list."""
        self._foreign_count += 1
        index = self._foreign_count % len(FOREIGN)
        return self._story(times, "F2017", {FOREIGN[index], FOREIGN[index - 1]})

    def reprint(self, times: Times, original: Story) -> Story:
        """The next story: another outlet's reprint of `original`."""
        story = self.domestic(times, "F2017", (1686,))
        return replace(
            story,
            listed_title=f"转载丨{original.listed_title}",
            stocks=original.stocks,
            features=story.features - TEXT_FEATURES | original.features & TEXT_FEATURES,
            reprinted=original,
        )

    def _story(self, times: Times, family: str, lids: set[int]) -> Story:
        features = self.features()
        usual = "N2017" if "news" in features else "F2017"
        name = family or FAMILY.get(self._count % ROUND, usual)
        page_family = FAMILIES[name]
        features -= page_family.missing
        number = self._count
        self._count += 1
        random = seeded_random("story", self._seed, number)
        writer = Writer(random)
        return Story(
            docid=_docid(random, number),
            host=page_family.host,
            folder=random.choice(page_family.folders),
            family=name,
            ctime=times.ctime,
            intime=times.intime,
            mtime=times.mtime,
            listed_title=self._quirks.get(number) or writer.write("headline"),
            source=writer.write("outlet"),
            source_url=f"https://outlet.example/{number}" if "source_link" in features else None,
            editor=None if "editor" in page_family.missing else writer.write("person"),
            code=f"SF{random.randint(1, 199):03}" if "code" in features else None,
            keywords=_keywords(writer) if features & {"keywords", "news"} else (),
            stocks=_stocks(random, writer) if "stocks" in features else (),
            lids=tuple(sorted({*EVERYWHERE, *lids})),
            features=features,
            lag=random.randint(60, 1980) if name == "N2017" else 0,
            seed=self._seed,
            path_format=page_family.path_format,
        )


def _docid(random: Random, number: int) -> str:
    """Fourteen characters like Sina's; the number at their end makes them unique."""
    letters = "".join(random.choices(ascii_lowercase, k=6))
    return f"n{letters}{''.join(random.choices(digits, k=2))}{number:05}"


def _keywords(writer: Writer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(writer.write(slot) for slot in ("industry", "thing", "firm")))


def _stocks(random: Random, writer: Writer) -> tuple[Stock, ...]:
    """One to three companies of one market."""
    market = random.choice(("stock", "stock", "stock", "hkstock", "usstock"))
    names = dict.fromkeys(writer.write("firm") for _ in range(random.randint(1, 3)))
    return tuple(Stock(name, market, _code(random, market)) for name in names)


def _code(random: Random, market: str) -> str:
    if market == "usstock":
        return "".join(random.choices(ascii_lowercase, k=4)).upper()
    if market == "hkstock":
        return f"{random.randint(1, 9999):05}"
    return random.choice(("sh60", "sz00", "sz30")) + f"{random.randint(0, 3999):04}"
