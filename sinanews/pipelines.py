"""What happens to an item: validate, decide, write and remember."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy.exc import SQLAlchemyError

from sinanews import times
from sinanews.archive import Archive, clear_failure
from sinanews.exceptions import NotKeptError
from sinanews.items import Article, Rejection, State
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.publish import post_bytes, post_hash
from sinanews.revisions import content_hash
from sinanews.rows import Outcome
from sinanews.schema import in_short
from sinanews.stops import Stop

Item = Article | Rejection


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


class DecidePipeline:
    """Sets an article's revision by what the ledger has of it; unchanged ones end here."""

    def __init__(self, ledger: Ledger, output: Path) -> None:
        self._ledger = ledger
        self._output = output

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's ledger and settings."""
        return cls(Ledger.of(crawler), Options.of(crawler.settings).output)

    def process_item(self, item: Item) -> Item:
        """The item, its revision set. Raises DropItem for an article that is as it was."""
        if not isinstance(item, Article):
            return item
        claim = self._ledger.claimed(item.docid)
        if claim.content_hash == content_hash(item):
            item.revision = claim.revision
            self._ledger.remember([Outcome(item, State.UNCHANGED)])
            if claim.tries:
                clear_failure(self._output, item.docid)
            raise DropItem(f"{item.url} is unchanged", log_level="DEBUG")
        item.revision = claim.revision + 1
        if item.revision > 1 and item.updated is None:
            item.updated = times.at(claim.story.mtime) if claim.story.mtime else None
        return item


class ArchivePipeline:
    """Writes the post, or what failed and why, and only then has the ledger remember it."""

    def __init__(self, crawler: Crawler) -> None:
        self._options = Options.of(crawler.settings)
        self._ledger = Ledger.of(crawler)
        self._archive = Archive(self._options.output, self._ledger)
        self._stop = Stop(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """With the crawler's ledger and settings."""
        return cls(crawler)

    async def process_item(self, item: Item) -> Item:
        """The item, once it is safe. Raises NotKeptError, and ends the run, when it cannot be."""
        try:
            await self._keep(item)
        except (OSError, SQLAlchemyError) as error:
            reason = f"{self._options.output} cannot be written: {in_short(error)}"
            self._stop.because(reason)
            raise NotKeptError(reason) from error
        return item

    async def _keep(self, item: Item) -> None:
        failed_before = self._ledger.claimed(item.docid).tries
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
