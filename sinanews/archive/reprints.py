"""Whose reprint an article is, while others of the same text may be on their way into the ledger.

An archive's backlog has copies side by side, and many pages are read at once. Of two that other
workers read at the same moment each is a first: see `sinanews.ledger.reprints`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from sinanews.extraction.signatures import SignedText, sign
from sinanews.items import Article
from sinanews.ledger.ledger import Ledger

LOOK_SECONDS = 0.01  # between two looks whether a copy is recorded
PATIENCE = (
    5.0  # seconds; a copy takes a hundredth as long, but a pipeline may be slow, or have failed
)


class Reprints:
    """Knows the texts that this worker has read and not recorded yet."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._in_work: dict[str, SignedText] = {}
        self._asked: list[Article] = []  # the articles of the next look
        self._look: asyncio.Task[list[str | None]] | None = None

    async def first_of(self, article: Article) -> str | None:
        """What `Ledger.families_of` says of an article, once those of its text that were asked
        about before it are recorded, or came to nothing."""
        signed = sign(article.text, article.title)
        if signed is None:
            return None
        self._in_work = {
            docid: text for docid, text in self._in_work.items() if self._ledger.holds(docid)
        }
        copies = [
            docid
            for docid, text in self._in_work.items()
            if docid != article.docid and text.is_reprint_of(signed)
        ]
        self._in_work[article.docid] = signed
        if copies:
            # After the time-out both are firsts, as with two workers.
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self._until_recorded(copies)
        return await self._ask(article)

    async def _ask(self, article: Article) -> str | None:
        """The answer about an article; articles that come together are asked about together."""
        if self._look is None:
            self._look = asyncio.ensure_future(self._look_for_all())
        look, number = self._look, len(self._asked)
        self._asked.append(article)
        answers = await asyncio.shield(look)  # others wait for it, too
        return answers[number]

    async def _look_for_all(self) -> list[str | None]:
        asked, self._asked, self._look = self._asked, [], None
        return self._ledger.families_of(asked)

    async def _until_recorded(self, docids: Sequence[str]) -> None:
        while any(map(self._ledger.holds, docids)):  # noqa: ASYNC110 - a thread lets go of claims, and sets no event
            await asyncio.sleep(LOOK_SECONDS)
