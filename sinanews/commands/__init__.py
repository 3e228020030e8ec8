"""Commands of this project, beside and in place of Scrapy's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from sqlalchemy.exc import DBAPIError

from sinanews.config import Config
from sinanews.exceptions import SinanewsError
from sinanews.ledger.database import unusable
from sinanews.ledger.ledger import Ledger
from sinanews.posts.paths import post_path

# For commands of Scrapy's that look at pages: they leave no trace in the archive.
LOOKING = {"ARCHIVE_ENABLED": False}


@contextmanager
def archive(command: ScrapyCommand) -> Iterator[tuple[Ledger, Config]]:
    """The archive that a command works on; what it refuses becomes a usage error."""
    assert command.settings, "Scrapy gives every command settings"
    try:
        config = Config.from_settings(command.settings)
        ledger = Ledger.open(config, post_path)
    except (SinanewsError, OSError) as error:
        raise UsageError(str(error)) from error
    try:
        yield ledger, config
    except (SinanewsError, OSError) as error:
        raise UsageError(str(error)) from error
    except DBAPIError as error:
        raise UsageError(str(unusable(ledger.place, error))) from error
    finally:
        ledger.close()
