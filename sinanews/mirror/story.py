"""A story of the mirror: what its list row and its page are made from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from html import unescape

from sinanews.mirror.prose import Writer, dice, reworded

CHINA = timezone(timedelta(hours=8))
DATED = "{folder}/{day}/doc-i{docid}.shtml"  # the path of a page since 2014


@dataclass(frozen=True, slots=True)
class Stock:
    """A company that a story names: `code` with the exchange first, such as `sh600123`."""

    name: str
    market: str
    code: str

    @property
    def digits(self) -> str:
        """The code without the exchange; all of it for a market that has no such prefix."""
        return self.code[2:] if self.market == "stock" else self.code


@dataclass(frozen=True, slots=True)
class Story:
    """One article. Times are unix seconds; `ctime <= mtime <= intime`.

    `listed_title` is the title as the list writes it, entities and all; `features` are the
    kinds of furniture in the body (see `newsroom.FEATURES`); `lag` is by how many seconds the
    page says to be published after `ctime`; `reprinted` is the story whose text this one
    reprints; `form` is the path of the page, with names in braces for what is in it.
    """

    docid: str
    host: str
    folder: str
    family: str
    ctime: int
    intime: int
    mtime: int
    listed_title: str
    source: str
    source_url: str | None
    editor: str | None
    code: str | None
    keywords: tuple[str, ...]
    stocks: tuple[Stock, ...]
    lids: tuple[int, ...]
    features: frozenset[str]
    lag: int = 0
    edits: int = 0
    seed: int = 0
    reprinted: "Story | None" = None
    form: str = DATED

    @property
    def title(self) -> str:
        """The title as a reader sees it."""
        return unescape(self.listed_title)

    @property
    def address(self) -> str:
        """HOST/PATH, which is also where the mirror serves the page."""
        found = {name: getattr(self, name) for name in ("folder", "docid", "number", "letters")}
        moments = {
            "day": day(self.ctime),
            "compact": self._compact,
            "hhmm": f"{at(self.ctime):%H%M}",
        }
        return f"{self.host}/{self.form.format_map(found | moments)}"

    @property
    def number(self) -> str:
        """Five digits that no other story has."""
        return self.docid[-5:]

    @property
    def letters(self) -> str:
        """Letters that make an id look like one."""
        return self.docid[1:5]

    @property
    def _compact(self) -> str:
        return day(self.ctime).replace("-", "")

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    @property
    def listed_url(self) -> str:
        """Where the list sends its readers."""
        return self.wapurl if "phone" in self.features else self.url

    @property
    def wapurl(self) -> str:
        """The page for phones."""
        host = self.host.removesuffix(".com.cn").removesuffix(".cn") + ".cn"
        return f"https://{host}/{self.folder}/{day(self.ctime)}/detail-i{self.docid}.d.html"

    @property
    def tickers(self) -> tuple[str, ...]:
        """Market and code of each stock, in the order of the codes' digits."""
        ordered = sorted(self.stocks, key=lambda stock: stock.digits)
        return tuple(f"{stock.market}_{stock.code}" for stock in ordered)

    @property
    def picture(self) -> str:
        """The address of the story's first picture, without scheme; the mirror has none."""
        folder = f"finance/transform/65/w550h315/{self._compact}"
        return f"//n.sinaimg.cn/{folder}/{self.docid[-4:]}-a.png"

    @property
    def reprint_of(self) -> str | None:
        """The docid of the story that this one reprints."""
        return self.reprinted.docid if self.reprinted else None

    @property
    def author(self) -> str | None:
        """The reporter whom the text names."""
        if self.reprinted:
            return self.reprinted.author
        named = self.features & {"reporter", "byline"}
        return self.writer("reporter").write("person") if named else None

    def writer(self, part: str) -> Writer:
        """Writes for one part of this story, the same words each time."""
        return Writer(dice(self.seed, self.docid, part))

    def lead(self) -> str:
        """The first paragraph."""
        return (self.reprinted or self).writer("body").paragraph("lead")

    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the article as plain text, one more for each edit."""
        return _paragraphs(self)


@lru_cache(maxsize=16)  # a page asks for them several times in a row
def _paragraphs(story: Story) -> tuple[str, ...]:
    if story.reprinted:
        text = reworded(story.reprinted.paragraphs(), dice(story.seed, story.docid, "reprint"))
        written = [*text, f"来源：{story.reprinted.source}"]
    else:
        written = _bylined(story, _written(story))
    edited = (story.writer(f"edit {number}").paragraph() for number in range(story.edits))
    return (*written, *edited)


def _written(story: Story) -> list[str]:
    count = dice(story.seed, story.docid, "length").randint(4, 14)
    stocks = [(stock.name, stock.digits) for stock in story.stocks]
    return list(story.writer("body").paragraphs(count, stocks))


def _bylined(story: Story, written: list[str]) -> list[str]:
    if "reporter" in story.features:
        return [*written[:-1], f"{written[-1]}（记者 {story.author}）"]
    return [f"文/{story.author}", *written] if "byline" in story.features else written


def day(seconds: int) -> str:
    """The day in China, `2026-09-29`."""
    return at(seconds).strftime("%Y-%m-%d")


def at(seconds: int) -> datetime:
    """The time in China."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA)
