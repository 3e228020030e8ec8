"""What is promised of any page and any answer, whatever is in it."""

import json
import re
import unicodedata
from dataclasses import replace
from typing import Any

import frontmatter
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import BaseSettings
from sqlalchemy import Engine

from fuzz import judge
from fuzz.samples import STAFF, Answer, Page
from lists.memory import MemoryLedger
from lists.world import NOW, clear
from sinanews import settings as project
from sinanews.arguments import Harvest
from sinanews.channels import BY_NAME
from sinanews.config import EXTRA_KEYS, POST_BODIES, Config
from sinanews.exceptions import RollError, SinanewsError
from sinanews.exports.jsonl import json_line
from sinanews.extraction import page as reader
from sinanews.items import Article, Rejection, missing_fields
from sinanews.ledger import revisions
from sinanews.ledger.claims import Retries
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.selection import Selection
from sinanews.posts.paths import post_path, post_title
from sinanews.posts.render import post_bytes
from sinanews.roll.api import Roll, Story
from sinanews.spiders.lists import read_list
from sinanews.spiders.reading import read_item
from sinanews.spiders.walks import Walks

CHANNEL = "guonei"
MOST_ANSWERS = 12  # of one walk here; it would end later only with new rows in each
FILE_NAME_LIMIT = 255  # bytes
URL = "https://feed.mix.sina.com.cn/api/roll/get?page=1"

_DOCID = re.compile(r"[\w.-]{1,200}")
_SINAS = re.compile(r"https?://(?:[\w-]+\.)*sina\.(?:com\.cn|cn)(?:[/?#].*)?", re.IGNORECASE)
_STAFF = re.compile(rf"{re.escape(STAFF)}(?![\w.-])", re.ASCII)  # the address and no longer one
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONFIGS = [
    replace(
        Config.from_settings(
            BaseSettings(
                {name: getattr(project, name) for name in filter(str.isupper, dir(project))}
            )
        ),
        post_body=body,
        post_extra_keys=EXTRA_KEYS,
    )
    for body in POST_BODIES
]

BOUNDS = CONFIGS[0].bounds


def response_of(sample: Page | Answer, url: str) -> Response:
    """The response that Scrapy makes of it."""
    headers = Headers({"Content-Type": sample.content_type.encode("latin-1", "replace")})
    kind = responsetypes.from_args(headers=headers, url=url, body=sample.body)
    return kind(url, headers=headers, body=sample.body)


def controls(text: str, but: str = "") -> list[str]:
    """The control characters in a text, but some."""
    return [char for char in text if unicodedata.category(char) == "Cc" and char not in but]


def assert_one_line(text: str, what: str) -> None:
    assert not controls(text), f"{what} has control characters: {text!r}"
    assert not _BIDI_OVERRIDES.search(text), f"{what} turns what follows it round: {text!r}"
    assert len(text.splitlines()) <= 1, f"{what} has several lines: {text!r}"
    text.encode()


# Pages


def check_page(sample: Page) -> str:
    """Reads a page and writes its article in each form. Returns what it was:
    `article of LAYOUT`, or why it is none."""
    response = response_of(sample, sample.url)
    try:
        article = reader.read(response, sample.story)
    except SinanewsError:
        article = None
    item = read_item(response_of(sample, sample.url), sample.story)
    reader.pc_url(response)
    if isinstance(item, Rejection):
        assert article is None, f"read once, then refused: {item.reason}"
        assert not item.reason.startswith("error: "), item.reason
        assert_one_line(item.reason, "the reason")
        return re.sub(r"[\d,.]+", "N", item.reason)
    assert article == item, "two readings differ"
    check_article(item)
    return f"article of {item.layout}"


def check_article(article: Article) -> None:
    """The promises of an article, its JSON line and its posts."""
    assert not missing_fields(article)
    check_fields(article)
    line = json_line(article)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert_no_staff(line.decode(), article)
    assert Article.from_json(json.loads(line)) == article
    packed = revisions.packed(line)
    again = revisions.unpacked(packed, NOW)
    assert replace(again, seen=None) == article
    assert revisions.content_hash(again) == revisions.content_hash(article)
    check_path(article.title, article.docid)
    assert not (found := judge.alive(article.body_html)), f"alive in body_html: {found}"
    for config in CONFIGS:
        post = post_bytes(article, config)
        assert post == post_bytes(again, config), "the same article, another post"
        check_post(post, article)


def assert_no_staff(written: str, article: Article) -> None:
    """No address of the staff is stored, unless it is where the page is."""
    assert not _STAFF.search(written) or _STAFF.search(article.url), "an address of the staff"


def check_fields(article: Article) -> None:
    captions = {f"caption {index}": image.caption for index, image in enumerate(article.images)}
    urls = {f"picture {index}": image.url for index, image in enumerate(article.images)}
    names = ("title", "summary", "author", "source", "editor", "editor_code", "headimg", "url")
    texts: dict[str, str | None] = {name: getattr(article, name) for name in names}
    words = {f"keyword {index}": word for index, word in enumerate(article.keywords)}
    stocks = {f"ticker {index}": ticker for index, ticker in enumerate(article.tickers)}
    for what, text in (texts | captions | urls | words | stocks).items():
        assert_one_line(text or "", what)
    assert not (found := controls(article.text, but="\n\t")), f"text has {found}"
    headimg = article.headimg or "https://"
    assert headimg.startswith(("http://", "https://")), f"headimg is {headimg!r}"
    assert all(url.startswith("https://") for url in urls.values()), urls


def check_path(title: str, docid: str) -> None:
    """Whatever the title is, its post is a file of its folder."""
    for taken in (0, 1, 2):
        path = post_path(title, [CHANNEL], docid, taken=taken)
        folder, _, name = path.rpartition("/")
        assert folder == post_path("标题", [CHANNEL], "n1").rpartition("/")[0], path
        assert name not in {"", ".", "..", ".md"}, path
        assert len(name.encode()) <= FILE_NAME_LIMIT, path
        assert_one_line(name, "the file name")


def check_post(post: bytes, article: Article) -> None:
    text = post.decode()
    assert "\r" not in text
    assert not (found := controls(text, but="\n\t")), f"the post has {set(found)}"
    assert_no_staff(text, article)
    loaded = frontmatter.loads(text)
    title = post_title(article.title).replace("{", "&#123;").replace("}", "&#125;")
    assert loaded["title"] == title
    for key, value in loaded.metadata.items():
        for entry in value if isinstance(value, list) else [value]:
            assert isinstance(entry, str | bool), f"{key} is {entry!r}"
            assert_one_line(str(entry), f"{key} in front matter")
    picture = loaded["headimg"]
    assert picture.startswith(("http://", "https://")), f"headimg in front matter is {picture!r}"
    found = judge.alive(loaded.content)
    assert not found, f"alive in the post: {found}"


# Answers


def check_answer(sample: Answer, database: Engine | None = None) -> str:
    """Walks a list of which this is every answer, into a ledger in memory or a real one. Returns
    `rows` or why there are none."""
    response = response_of(sample, URL)
    try:
        roll = read_list(response, BOUNDS)
    except RollError as error:
        assert_one_line(str(error), "the error")
        reason = str(error)
        roll = None
    else:
        reason = "rows" if roll.stories else "no rows"
        again = read_list(response_of(sample, URL), BOUNDS)
        assert (roll.stories, roll.total) == (again.stories, again.total), "two readings differ"
        check_roll(roll)
    walk(roll, reason, database)
    return re.sub(r"\(.*|: .*", "", reason.removeprefix(f"{URL}: "))


def check_roll(roll: Roll) -> None:
    for broken in roll.broken:
        assert_one_line(str(broken), "the broken row")
    for story in roll.stories:
        check_story(story)


def check_story(story: Story) -> None:
    assert _DOCID.fullmatch(story.docid), f"the docid is {story.docid!r}"
    assert _SINAS.fullmatch(story.url), f"the URL is {story.url!r}"
    assert_one_line(story.url, "the URL")
    assert min(story.ctime, story.intime, story.mtime) > 0
    assert max(story.ctime, story.intime, story.mtime) < 2**32
    assert all(name in BY_NAME for name in story.channels)
    for text in (story.title, story.summary or "", story.source or ""):
        text.encode()
    if story.title:
        check_path(story.title, story.docid)


def walk(roll: Roll | None, reason: str, database: Engine | None) -> None:
    """Walks a list whose every answer is this one, then claims what came of it."""
    ledger: Any = new_ledger(database)
    walks = Walks(Harvest.from_arguments({"channel": CHANNEL}), CONFIGS[0], ledger)
    walks.start()
    for _ in range(MOST_ANSWERS):
        if walks.walk is None:
            break
        if roll is None:
            walks.fail(reason)
        else:
            walks.read(roll)
    claims = ledger.claim(99, Selection(channels=(CHANNEL,), written=False))
    listed = {story.docid for story in roll.stories} if roll else set()
    assert {claim.story.docid for claim in claims} <= listed


def new_ledger(database: Engine | None) -> MemoryLedger | Ledger:
    if database is None:
        memory = MemoryLedger(clock=NOW)
        memory.begin()
        return memory
    clear(database)
    ledger = Ledger(database, post_path, lambda: NOW, Retries(600, 5, ()))
    ledger.begin("china")
    return ledger
