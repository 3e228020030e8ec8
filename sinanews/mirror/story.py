"""A story of the mirror: what its row in the list and its page are made from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from html import unescape

from sinanews.mirror.prose import Writer, reword, seeded_random

CHINA = timezone(timedelta(hours=8))
MODERN_PATH = "{folder}/{day}/doc-i{docid}.shtml"  # of pages since 2014


@dataclass(frozen=True, slots=True)
class Stock:
    """A company that a story names: `code` with the exchange first, such as `sh600123`."""

    name: str
    market: str
    code: str

    @property
    def digits(self) -> str:
        """The code without the exchange, which only the codes of one market have."""
        return self.code[2:] if self.market == "stock" else self.code


@dataclass(frozen=True, slots=True)
class Story:
    """One article. Times are unix seconds; `ctime <= mtime <= intime`.

    `listed_title` is the title as the list has it, entities and all; `features` are keys of
    `newsroom.FEATURES`; `lag` is how many seconds after `ctime` the page claims to be published;
    `reprinted` is the story whose text this one reprints; `path_format` makes the page's path.
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
    path_format: str = MODERN_PATH

    @property
    def title(self) -> str:
        """The title as a reader sees it."""
        return unescape(self.listed_title)

    @property
    def address(self) -> str:
        """HOST/PATH of the page, which is also its path on the mirror."""
        path = self.path_format.format(
            folder=self.folder,
            docid=self.docid,
            number=self.number,
            letters=self.letters,
            day=day(self.ctime),
            compact_day=self._compact_day,
            hhmm=f"{at(self.ctime):%H%M}",
        )
        return f"{self.host}/{path}"

    @property
    def number(self) -> str:
        """Five digits that no other story has."""
        return self.docid[-5:]

    @property
    def letters(self) -> str:
        """Letters for ids that consist of more than digits."""
        return self.docid[1:5]

    @property
    def _compact_day(self) -> str:
        return day(self.ctime).replace("-", "")

    @property
    def url(self) -> str:
        """The URL of the page."""
        return f"https://{self.address}"

    @property
    def listed_url(self) -> str:
        """The URL in the list."""
        return self.wapurl if "phone" in self.features else self.url

    @property
    def wapurl(self) -> str:
        """The URL of the mobile page."""
        host = self.host.removesuffix(".com.cn").removesuffix(".cn") + ".cn"
        return f"https://{host}/{self.folder}/{day(self.ctime)}/detail-i{self.docid}.d.html"

    @property
    def tickers(self) -> tuple[str, ...]:
        """Market and code of each stock, sorted by the digits of the codes."""
        ordered = sorted(self.stocks, key=lambda stock: stock.digits)
        return tuple(f"{stock.market}_{stock.code}" for stock in ordered)

    @property
    def picture(self) -> str:
        """The URL of the first picture, without its scheme."""
        folder = f"finance/transform/65/w550h315/{self._compact_day}"
        return f"//n.sinaimg.cn/{folder}/{self.docid[-4:]}-a.png"

    @property
    def caption(self) -> str:
        """The caption of the first picture, empty for a story without one."""
        return self.writer("caption").write("caption") if "caption" in self.features else ""

    @property
    def reprint_of(self) -> str | None:
        """The docid of the story that this one reprints."""
        return self.reprinted.docid if self.reprinted else None

    @property
    def author(self) -> str | None:
        """The reporter whom the text names."""
        if self.reprinted:
            return self.reprinted.author
        has_author = self.features & {"reporter", "byline"}
        return self.writer("reporter").write("person") if has_author else None

    def writer(self, part: str) -> Writer:
        """A writer for one part of this story, which writes the same words each time."""
        return Writer(seeded_random(self.seed, self.docid, part))

    def lead(self) -> str:
        """The first paragraph."""
        return (self.reprinted or self).writer("body").paragraph("lead")

    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs as plain text, one more for each edit."""
        return _paragraphs(self)


@lru_cache(maxsize=16)  # a page calls it several times in a row
def _paragraphs(story: Story) -> tuple[str, ...]:
    if story.reprinted:
        random = seeded_random(story.seed, story.docid, "reprint")
        texts = reword(story.reprinted.paragraphs(), random)
        texts.append(f"来源：{story.reprinted.source}")
    else:
        count = seeded_random(story.seed, story.docid, "length").randint(4, 14)
        stocks = [(stock.name, stock.digits) for stock in story.stocks]
        texts = list(story.writer("body").paragraphs(count, stocks))
        if "reporter" in story.features:
            texts[-1] += f"（记者 {story.author}）"
        elif "byline" in story.features:
            texts.insert(0, f"文/{story.author}")
    texts += [story.writer(f"edit {number}").paragraph() for number in range(story.edits)]
    return tuple(texts)


def day(seconds: int) -> str:
    """The day in China, `2026-09-29`."""
    return at(seconds).strftime("%Y-%m-%d")


def at(seconds: int) -> datetime:
    """The time in China."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA)
