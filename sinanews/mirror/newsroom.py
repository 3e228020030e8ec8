"""Makes the stories of a site: who lists them, when they arrive, what their bodies hold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from string import ascii_lowercase, digits

from sinanews.mirror.pages import FAMILIES
from sinanews.mirror.prose import Writer, dice, lexicon
from sinanews.mirror.story import Stock, Story

# Of how many stories which one has it: furniture of the body, quirks of the page and the row.
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
    "bare": (7, 4),  # the row lacks keys that others have
    "late": (13, 6),  # listed hours after it was written
    "news": (12, 8),  # stands on news.sina.com.cn
    "phone": (420, 99),  # listed under the address for phones, though it has a page of its own
}
EVERYWHERE = frozenset((295, 1058, 2509, 2516, 2519, 2544, 3318))
# Of how many stories which ones a domestic list holds.
DOMESTIC = {
    1686: (5, {0, 1, 2, 3}),
    1687: (3, {0}),
    1688: (4, {1}),
    1689: (7, {2}),
    1690: (5, {2, 4}),
    3231: (40, {0}),
}
# Which of this many stories stand on a page of an old or a side family.
ROUND = 130
FAMILY = {11: "F2016", 22: "F2014", 33: "B2009", 55: "T2005", 66: "K", 77: "CJ", 88: "M"}
TEXT = frozenset({"stocks", "reporter", "byline"})  # features that come with the text
FOREIGN = (2671, 2672, 2673, 2674, 2675, 2676, 2487)


@dataclass(frozen=True, slots=True)
class Times:
    """When a story was written, last changed, and entered the list; unix seconds."""

    ctime: int
    mtime: int
    intime: int


class Newsroom:
    """Gives one story after the other; the same ones for the same seed."""

    def __init__(self, seed: int, articles: int) -> None:
        self._seed = seed
        self._count = self._abroad = 0
        quirks = lexicon()["quirk"]
        stride = max(1, articles // (len(quirks) + 1))
        self._quirks = {place * stride + 1: title for place, title in enumerate(quirks)}

    def features(self) -> frozenset[str]:
        """What the next story will have of FEATURES."""
        return frozenset(name for name, (of, at) in FEATURES.items() if self._count % of == at)

    def domestic(self, times: Times, family: str = "", also: Iterable[int] = ()) -> Story:
        """The next story of the domestic lists; `also` are lists that hold it in any case."""
        lists = (lid for lid, (of, which) in DOMESTIC.items() if self._count % of in which)
        return self._story(times, family, {*lists, *also})

    def foreign(self, times: Times) -> Story:
        """The next story that no domestic list holds."""
        self._abroad += 1
        first = self._abroad % len(FOREIGN)
        return self._story(times, "F2017", {FOREIGN[first], FOREIGN[first - 1]})

    def reprint(self, times: Times, first: Story) -> Story:
        """The next story: another outlet's of the text of `first`."""
        own = self.domestic(times, "F2017", (1686,))
        return replace(
            own,
            listed_title=f"转载丨{first.listed_title}",
            stocks=first.stocks,
            features=own.features - TEXT | first.features & TEXT,
            reprinted=first,
        )

    def _family(self) -> str:
        usual = "N2017" if "news" in self.features() else "F2017"
        return FAMILY.get(self._count % ROUND, usual)

    def _story(self, times: Times, family: str, lids: set[int]) -> Story:
        family = family or self._family()
        lacks = FAMILIES[family].lacks
        number, features = self._count, self.features() - lacks
        self._count += 1
        random = dice("story", self._seed, number)
        writer = Writer(random)
        return Story(
            docid=_docid(random, number),
            host=FAMILIES[family].host,
            folder=random.choice(FAMILIES[family].folders),
            family=family,
            ctime=times.ctime,
            intime=times.intime,
            mtime=times.mtime,
            listed_title=self._quirks.get(number) or writer.write("headline"),
            source=writer.write("outlet"),
            source_url=f"https://outlet.example/{number}" if "source_link" in features else None,
            editor=None if "editor" in lacks else writer.write("person"),
            code=f"SF{random.randint(1, 199):03}" if "code" in features else None,
            keywords=_keywords(writer) if features & ({"keywords", "news"} - lacks) else (),
            stocks=_stocks(random, writer) if "stocks" in features else (),
            lids=tuple(sorted({*EVERYWHERE, *lids})),
            features=features,
            lag=random.randint(60, 1980) if family == "N2017" else 0,
            seed=self._seed,
            form=FAMILIES[family].form,
        )


def _docid(random: Random, number: int) -> str:
    """Fourteen characters as Sina's; the number within keeps it apart from all others."""
    letters = "".join(random.choices(ascii_lowercase, k=6))
    return f"n{letters}{''.join(random.choices(digits, k=2))}{number:05}"


def _keywords(writer: Writer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(writer.write(slot) for slot in ("industry", "thing", "firm")))


def _stocks(random: Random, writer: Writer) -> tuple[Stock, ...]:
    """One to three companies of one market; about a fifth trade abroad."""
    market = random.choice(("stock", "stock", "stock", "hkstock", "usstock"))
    names = dict.fromkeys(writer.write("firm") for _ in range(random.randint(1, 3)))
    return tuple(Stock(name, market, _code(random, market)) for name in names)


def _code(random: Random, market: str) -> str:
    if market == "usstock":
        return "".join(random.choices(ascii_lowercase, k=4)).upper()
    if market == "hkstock":
        return f"{random.randint(1, 9999):05}"
    return random.choice(("sh60", "sz00", "sz30")) + f"{random.randint(0, 3999):04}"
