"""`scrapy status`: what the archive holds, how the last runs went; or an article's revisions."""

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.commands import archive
from sinanews.ledger.ledger import Ledger
from sinanews.reporting import terminal as tables

RUNS = 10


class Command(ScrapyCommand):
    """Reads the ledger and changes nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """What may stand behind the command."""
        return "[DOCID]"

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Show the archive and its last runs, or an article's revisions"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        """Prints the tables, or the revisions of the article that is named."""
        if len(args) > 1:
            raise UsageError("status takes one docid, or nothing")
        with archive(self, read_only=True) as (ledger, _):
            print("\n".join(_article(ledger, args[0]) if args else _archive(ledger)))  # noqa: T201 - the command's answer


def _archive(ledger: Ledger) -> list[str]:
    empty, audit = tables.empty_days(ledger.days()), ledger.counts()
    return [
        *tables.states(audit),
        *tables.balance(audit),
        f"days without articles: {', '.join(empty) or 'none'}",
        "",
        *tables.runs(ledger.runs.last(RUNS)),
    ]


def _article(ledger: Ledger, docid: str) -> list[str]:
    revisions = ledger.revisions(docid)
    if not revisions:
        raise UsageError(f"docid: {docid!r} is not in the archive", print_help=False)
    return tables.changes(revisions)
