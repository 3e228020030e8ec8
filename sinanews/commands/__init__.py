"""Commands of this project, beside and in place of Scrapy's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy.exc import DBAPIError

from sinanews.exceptions import SinanewsError
from sinanews.ledger import Ledger
from sinanews.options import Options
from sinanews.schema import unusable


@contextmanager
def archive(command: ScrapyCommand) -> Iterator[tuple[Ledger, Options]]:
    """The archive that a command works on; what it refuses becomes a usage error."""
    assert command.settings, "Scrapy gives every command settings"
    try:
        options = Options.of(command.settings)
        ledger = Ledger.opened(options)
    except SinanewsError as error:
        raise UsageError(str(error)) from error
    try:
        yield ledger, options
    except (SinanewsError, OSError) as error:
        raise UsageError(str(error)) from error
    except DBAPIError as error:
        raise UsageError(str(unusable(ledger.place, error))) from error
    finally:
        ledger.close()
