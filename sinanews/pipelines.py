"""What happens to an item: validate, decide, write and record.

An article may be an Article, a subclass of it, or a dict or item of another kind with its fields;
what is neither an article nor a Rejection passes through untouched, for a user's own pipelines.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, Self

from itemadapter import ItemAdapter
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.signals import item_dropped
from sqlalchemy.exc import SQLAlchemyError

from sinanews.archive.failures import failure_files
from sinanews.archive.pictures import kept_files
from sinanews.archive.reprints import Reprints
from sinanews.archive.strays import own_path
from sinanews.archive.styles import remove_other_style, styled
from sinanews.archive.writer import Archive, clear_failure
from sinanews.exceptions import (
    BlockedPathError,
    ClaimLostError,
    OccupiedError,
    RejectedError,
    WriteError,
)
from sinanews.exports.jsonl import json_line
from sinanews.items import (
    Article,
    Rejection,
    State,
    is_article,
    missing_fields,
    set_field,
    to_article,
)
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.ledger.revisions import content_hash
from sinanews.posts.render import post_bytes, post_hash
from sinanews.reporting.coverage import FieldCoverage
from sinanews.spiders.base import ArchiveSpider
from sinanews.utils import times

logger = logging.getLogger(__name__)


YOUNG = 86_400  # seconds after its listing; then a page that is not there is gone
HTTP_GONE = "HTTP 410"  # says that a page was there


def feed_parameters(parameters: dict[str, Any], spider: Spider) -> dict[str, Any]:
    """What a feed's URI can name: the output folder, and a name that runs side by side do not
    share, even if they begin in the same second."""
    assert isinstance(spider, ArchiveSpider), "the add-on adds this feed for no other spider"
    ledger = spider.ledger
    name = spider.name if ledger.runs.alone(ledger.run) else f"{spider.name}-{ledger.run}"
    return parameters | {"output": str(spider.config.output), "name": name}


class ValidatePipeline:
    """Turns an article without title, time or body into a rejection that says so; counts in
    `coverage` how often pages give each field.

    A page that cannot be read as it could not be before tells nothing of the pages of today: a few
    of them, tried again and again, would look like a layout that drifts.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.coverage = FieldCoverage()
        self._ledger = ledger

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the ledger of the crawler's spider."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        return cls(crawler.spider.ledger)

    def process_item(self, item: Any) -> Any:  # noqa: ANN401 - items of any kind
        """The item, or the rejection."""
        if is_article(item):
            missing = missing_fields(item)
            if not missing:
                self.coverage.add(to_article(item))
                return item
            article = to_article(item)
            reason = f"no {', '.join(missing)}"
            item = Rejection(article.docid, article.url, State.FAILED, reason, missing=missing)
        if isinstance(item, Rejection) and item.missing and not self._failed_alike(item):
            self.coverage.add_unreadable(item.missing)
        return item

    def _failed_alike(self, item: Rejection) -> bool:
        holds = self._ledger.holds(item.docid)
        return holds and self._ledger.claimed(item.docid).reason == item.reason


class _LedgerPipeline:
    """A pipeline that writes to the archive of the crawler's spider."""

    def __init__(self, spider: ArchiveSpider) -> None:
        self._spider = spider
        self._ledger = spider.ledger
        self._config = spider.config

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the ledger and settings of the crawler's spider."""
        assert isinstance(crawler.spider, ArchiveSpider), "the add-on serves no other spider"
        return cls(crawler.spider)

    def _count(self, state: State) -> None:
        self._spider.crawler.stats.inc_value(f"sinanews/items/{state}")

    @contextmanager
    def _writing(self, url: str) -> Iterator[None]:
        """Ends the run, and raises WriteError, when the archive cannot be written. Says so when the
        story of this URL is another worker's by now."""
        try:
            yield
        except ClaimLostError:
            self._spider.note_lost(url)
            raise
        except (OSError, SQLAlchemyError) as error:
            self._spider.crawler.stats.inc_value("sinanews/errors")
            raise WriteError(self._spider.close_run(error)) from error


class DecidePipeline(_LedgerPipeline):
    """Sets an article's revision by what the ledger has of it, and whose reprint it is; unchanged
    ones end here."""

    def __init__(self, spider: ArchiveSpider) -> None:
        super().__init__(spider)
        self._reprints = Reprints(self._ledger)

    async def process_item(self, item: Any) -> Any:  # noqa: ANN401 - items of any kind
        """The item, its revision set. Raises DropItem for an article that is as it was, or whose
        story this worker holds no longer."""
        if isinstance(item, Rejection):
            self._doubt_if_young(item)
        if not is_article(item):
            return item
        article = to_article(item)
        with self._writing(article.url):
            claim = self._ledger.claimed(article.docid)
        page_hash = content_hash(article)
        self._ledger.note_page_hash(article.docid, page_hash)
        if claim.content_hash == page_hash:
            set_field(item, "revision", claim.revision)
            with self._writing(article.url):
                self._record_unchanged(article, claim)
            self._count(State.UNCHANGED)
            raise DropItem(f"{article.url} is unchanged", log_level="DEBUG")
        set_field(item, "revision", claim.revision + 1)
        with self._writing(article.url):
            first = await self._reprints.first_of(article)
        if first:  # items of other types need no such field until they are reprints
            set_field(item, "duplicate_of", first)
        if claim.revision and article.updated is None and claim.story.mtime:
            set_field(item, "updated", times.at(claim.story.mtime))
        return item

    def _doubt_if_young(self, item: Rejection) -> None:
        """Has a page that is not there tried again while its article is young: a page may come up
        later than its row in the list."""
        if item.state is not State.GONE or item.reason == HTTP_GONE:
            return
        if self._ledger.holds(item.docid):
            claim = self._ledger.claimed(item.docid)
            is_young = self._ledger.now() - claim.story.intime < YOUNG and not claim.revision
            if is_young and claim.tries + 1 < self._config.failed_tries:
                item.state = State.FAILED

    def _record_unchanged(self, article: Article, claim: Claim) -> None:
        if not self._ledger.record_outcomes([Outcome(article, State.UNCHANGED)]):
            raise ClaimLostError(article.docid)
        if claim.state is State.FAILED:
            clear_failure(self._config.output, article.docid)


class ArchivePipeline(_LedgerPipeline):
    """Writes the post, or what failed and why, and only then has the ledger record it."""

    def __init__(self, spider: ArchiveSpider) -> None:
        super().__init__(spider)
        self._archive = Archive(self._config.output, self._ledger)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the ledger and settings of the crawler's spider."""
        pipeline = super().from_crawler(crawler)
        crawler.signals.connect(pipeline.item_dropped, item_dropped)
        return pipeline

    async def process_item(self, item: Any) -> Any:  # noqa: ANN401 - items of any kind
        """The item, once its post is safe.

        Raises RejectedError for a rejection that was recorded, and for an article in whose post's
        way something stands; ClaimLostError for a story that is another worker's by now; WriteError
        when the archive cannot be written, which ends the run.
        """
        if isinstance(item, Rejection):
            await self._reject(item)
        if is_article(item):
            article = to_article(item)
            try:
                with self._writing(article.url):
                    state = await self._write_article(article, item)
            except OccupiedError as error:
                logger.error("%s", error)  # noqa: TRY400 - the reason is the message
                await self._reject(Rejection(article.docid, article.url, State.FAILED, str(error)))
            except BlockedPathError as error:
                reason = f"its post cannot be written: {error}"
                logger.error("%s: %s", article.url, reason)  # noqa: TRY400 - the reason is the message
                await self._reject(Rejection(article.docid, article.url, State.FAILED, reason))
            self._count(state)
        return item

    async def _reject(self, item: Rejection) -> NoReturn:
        """Records a rejection, and raises RejectedError."""
        with self._writing(item.url):
            await self._write_rejection(item)
        self._count(item.state)
        raise RejectedError(item.reason)

    def item_dropped(self, item: Any, exception: DropItem) -> None:  # noqa: ANN401 - items of any kind
        """Records an article that another pipeline dropped as filtered; or else each run would
        fetch it again."""
        ours = ClaimLostError | RejectedError | WriteError
        if isinstance(exception, ours) or not is_article(item):
            return
        article = to_article(item)
        if not self._ledger.holds(article.docid):
            return
        reason = f"dropped by a pipeline: {exception}"
        filtered = Rejection(article.docid, article.url, State.FILTERED, reason)
        self._ledger.record_outcomes([Outcome(filtered, State.FILTERED)])

    async def _write_rejection(self, item: Rejection) -> None:
        failed_before = self._ledger.claimed(item.docid).state is State.FAILED
        files = failure_files(item)
        try:
            await self._archive.store(Outcome(item, item.state), files)
        except BlockedPathError as error:
            logger.warning("what failed of %s cannot be kept in failed/: %s", item.url, error)
            await self._archive.store(Outcome(item, item.state), {})
        if failed_before:
            clear_failure(self._config.output, item.docid, but=files)

    async def _write_article(self, article: Article, item: Any) -> State:  # noqa: ANN401 - items of any kind
        claim = self._ledger.claimed(article.docid)
        path = own_path(self._ledger, article, self._config, self._spider.strays)
        post = post_bytes(article, self._config, files=self._kept_files(article))
        state = State.WRITTEN if article.revision == 1 else State.UPDATED
        outcome = Outcome(article, state, path, post_hash(post), json_line(item))
        same = outcome.post_hash == claim.post_hash
        name = styled(self._config, path, article.docid)
        await self._archive.store(outcome, {} if same else {name: post})
        remove_other_style(self._config, path, article.docid)
        assert outcome.seen is not None, "what is recorded was read at some time"
        _set_seen(item, outcome.seen)
        if claim.state is State.FAILED:
            clear_failure(self._config.output, article.docid)
        return state

    def _kept_files(self, article: Article) -> Mapping[str, str]:
        if not self._config.pictures.are_kept:
            return {}
        known = self._ledger.pictures.files([article.docid])
        return kept_files(article, known.get(article.docid, {}), self._config)


def _set_seen(item: Any, seconds: int) -> None:  # noqa: ANN401 - items of any kind
    """Says in an item when it was recorded, unless items of its kind have no such field."""
    if isinstance(item, Article | dict) or "seen" in ItemAdapter(item).field_names():
        set_field(item, "seen", times.at(seconds))
