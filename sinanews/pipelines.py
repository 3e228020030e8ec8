"""What happens to an item: validate, decide, write and remember."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy.exc import SQLAlchemyError

from sinanews import times
from sinanews.archive import Archive, clear_failure
from sinanews.exceptions import NotKeptError
from sinanews.items import Article, Item, Rejection, State
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.publish import cannot_write, post_bytes, post_hash
from sinanews.revisions import content_hash
from sinanews.rows import Claim, Outcome
from sinanews.stops import Stop


def feed_parameters(parameters: dict[str, Any], spider: Spider) -> dict[str, Any]:
    """What a feed's URI can name: the output folder, and a name that runs side by side do not
    share, even if they begin in the same second."""
    ledger = Ledger.of(spider.crawler)
    name = spider.name if ledger.runs.alone(ledger.run) else f"{spider.name}-{ledger.run}"
    return parameters | {"output": spider.settings["OUTPUT_DIR"], "name": name}


class ValidatePipeline:
    """Turns an article without title, time or body into a rejection that says so."""

    def process_item(self, item: Item) -> Item:
        """The article, or the rejection."""
        missing = item.missing() if isinstance(item, Article) else []
        if not missing:
            return item
        reason = f"no {', '.join(missing)}"
        return Rejection(item.docid, item.url, State.FAILED, reason, missing=missing)


class _Keeping:
    """What pipelines share that keep something: where, and what happens if it cannot be."""

    def __init__(self, crawler: Crawler) -> None:
        self._options = Options.of(crawler.settings)
        self._ledger = Ledger.of(crawler)
        self._stop = Stop(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's ledger and settings."""
        return cls(crawler)

    @contextmanager
    def _or_end(self) -> Iterator[None]:
        """Ends the run, and raises NotKeptError, when something cannot be written."""
        try:
            yield
        except (OSError, SQLAlchemyError) as error:
            reason = cannot_write(error, self._options.output, self._ledger)
            self._stop.because(reason)
            raise NotKeptError(reason) from error


class DecidePipeline(_Keeping):
    """Sets an article's revision by what the ledger has of it; unchanged ones end here."""

    def process_item(self, item: Item) -> Item:
        """The item, its revision set. Raises DropItem for an article that is as it was."""
        if not isinstance(item, Article):
            return item
        claim = self._ledger.claimed(item.docid)
        if claim.content_hash == content_hash(item):
            item.revision = claim.revision
            with self._or_end():
                self._remember_unchanged(item, claim)
            raise DropItem(f"{item.url} is unchanged", log_level="DEBUG")
        item.revision = claim.revision + 1
        if item.revision > 1 and item.updated is None:
            item.updated = times.at(claim.story.mtime) if claim.story.mtime else None
        return item

    def _remember_unchanged(self, item: Article, claim: Claim) -> None:
        self._ledger.remember([Outcome(item, State.UNCHANGED)])
        if claim.state is State.FAILED:
            clear_failure(self._options.output, item.docid)


class ArchivePipeline(_Keeping):
    """Writes the post, or what failed and why, and only then has the ledger remember it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._archive = Archive(self._options.output, self._ledger)

    async def process_item(self, item: Item) -> Item:
        """The item, once it is safe. Raises NotKeptError, and ends the run, when it cannot be."""
        with self._or_end():
            await self._keep(item)
        return item

    async def _keep(self, item: Item) -> None:
        failed_before = self._ledger.claimed(item.docid).state is State.FAILED
        failure = _failure(item) if isinstance(item, Rejection) else {}
        if isinstance(item, Article):
            await self._write(item)
        else:
            await self._archive.keep(Outcome(item, item.state), failure)
        if failed_before:
            clear_failure(self._options.output, item.docid, but=failure)

    async def _write(self, article: Article) -> None:
        path = self._ledger.admit(article)
        data = post_bytes(article, self._options)
        state = State.WRITTEN if article.revision == 1 else State.UPDATED
        outcome = Outcome(article, state, path, post_hash(data))
        same = outcome.post_hash == self._ledger.claimed(article.docid).post_hash
        await self._archive.keep(outcome, {} if same else {path: data})


def _failure(item: Rejection) -> dict[str, bytes]:
    """The page and the reason of what failed, to be looked at; what is gone leaves nothing."""
    if item.state is State.GONE:
        return {}
    said = {name: value for name, value in asdict(item).items() if name != "page"}
    reason = json.dumps(said, ensure_ascii=False, indent=1).encode()
    page = {f"failed/{item.docid}.html": item.page} if item.page else {}
    return page | {f"failed/{item.docid}.json": reason}
