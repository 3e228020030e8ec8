"""`scrapy report`: one self-contained page for people, from the ledger, without the network."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from sinanews.commands import Damage, archive, period, refusal
from sinanews.config import LANGUAGES
from sinanews.exceptions import ArgumentError
from sinanews.exports import STDOUT
from sinanews.exports.writing import standard_output
from sinanews.ledger.statistics import Period
from sinanews.utils.atomic import writing_through
from sinanews.utils.files import say

ENDINGS = (".html", ".htm")
NEEDED = ("altair", "jinja2", "vl_convert")  # beside sinanews itself


class Command(ScrapyCommand):
    """Reads the ledger and changes nothing."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """One line for the list of commands."""
        return "Write one page for people, with charts, of what the archive holds"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """-o, of which days, and in which language."""
        super().add_options(parser)
        add = parser.add_argument
        add("-o", "--output", metavar="FILE", help="an .html file; - for standard output")
        add("--since", metavar="DAY", help="first day of the articles' own time, in China")
        add("--until", metavar="DAY", help="last day of it")
        add("--language", metavar="LANGUAGE", help=f"{', '.join(LANGUAGES)} (REPORT_LANGUAGE)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the page and says how large it is."""
        if args or not opts.output:
            raise UsageError("report needs -o FILE and options, and nothing else")
        assert self.settings, "Scrapy gives every command settings"
        try:
            _require_page(opts.output)
            days = Period(*period(opts.since, opts.until))
            language = _language(opts.language, self.settings["REPORT_LANGUAGE"])
        except ArgumentError as error:
            raise refusal(error) from error
        _require_packages()
        # Nobody else needs what draws charts, and it takes a second to import.
        from sinanews.reporting.html.facts import gather  # noqa: PLC0415
        from sinanews.reporting.html.page import page  # noqa: PLC0415

        damage = Damage()
        with archive(self, read_only=True) as (ledger, config):
            facts = gather(ledger, config, days, damage.note)
            made = page(facts, language).encode()
            try:
                _write(opts.output, made)
            except OSError as error:
                accepted = f"a file that can be written ({error.strerror or error})"
                raise ArgumentError("-o", opts.output, accepted) from error
        articles = facts.statistics.articles
        place = "on standard output" if opts.output == STDOUT else f"in {opts.output}"
        said = f"a page of {articles} articles, {len(made) / 1e6:.2f} MB, {place}"
        say(said, file=sys.stderr if opts.output == STDOUT else None)
        self.exitcode = damage.exit_code


def _require_page(output: str) -> None:
    """Raises ArgumentError for a name that is none of a page."""
    name = Path(output).name
    if output != STDOUT and (not name.lower().endswith(ENDINGS) or name.lower() in ENDINGS):
        accepted = f"a name that ends in {ENDINGS[0]}, or - for standard output"
        raise ArgumentError("-o", output, accepted)


def _language(option: str | None, default: str) -> str:
    """Raises ArgumentError for a language that the page does not speak."""
    name, value = ("REPORT_LANGUAGE", default) if option is None else ("--language", option)
    if value not in LANGUAGES:
        raise ArgumentError(name, value, " or ".join(LANGUAGES))
    return value


def _require_packages() -> None:
    """Raises UsageError where something is not installed that pages are made with."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"report needs {' and '.join(missing)}, not installed here:"
            " pip install 'sinanews[report]'",
            print_help=False,
        )


def _write(output: str, page: bytes) -> None:
    """Raises OSError for a file that cannot be written; then there is none, or the old one."""
    if output == STDOUT:
        with standard_output() as file:
            file.write(page)
        return
    with writing_through(Path(output)) as file:
        file.write(page)
