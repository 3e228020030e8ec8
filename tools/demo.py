"""Harvests the embedded mirror into `output/demo/`: no site is asked for anything.

With `--faults`, or `--faults=SHARES` as `scrapy mirror --help` has them, everything goes wrong at
some of its addresses, and three harvests have what can be had.
"""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "output" / "demo"
SCRAPY = (sys.executable, "-m", "scrapy")
LISTENING = re.compile(r" at (http://\S+) \(MIRROR_URL\)")
# Politeness is for the site; the mirror is ours.
QUICK = {
    "AUTOTHROTTLE_ENABLED": "False",
    "DOWNLOAD_DELAY": "0",
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "OUTPUT_DIR": str(OUTPUT),
}
HARVESTS = 3  # each meets one fault of an address that passes, and there are two at most
MORE_TO_COME = (3, 5)  # exit codes after which another harvest may find what this one did not
PAUSE = 5  # seconds until what has failed is tried again, then twice as many
# A hanging answer is not waited for so long, and what fails waits for the next harvest.
WITH_FAULTS = {"DOWNLOAD_TIMEOUT": "2", "FAILED_PAUSE_SECONDS": str(PAUSE), "RETRY_TIMES": "1"}


def main() -> int:
    """Crawl the mirror; the exit code is the crawl's."""
    for wish_to_end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish_to_end, lambda number, _: sys.exit(128 + number))
    # Each demo's mirror is a site of its own, and an archive belongs to one.
    shutil.rmtree(OUTPUT, ignore_errors=True)
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False, add_help=False)
    parser.add_argument("--faults", nargs="?", const="all")
    parser.add_argument("-s", dest="settings", action="append", default=[])
    options, others = parser.parse_known_args()
    arguments = [*(f"-s{setting}" for setting in options.settings), *others]
    if options.faults is None:
        with mirror() as url:
            return crawl(url, arguments)
    with mirror(f"--faults={options.faults}") as url:
        code = crawl_repeatedly(url, arguments)
    show_account(options.settings)
    return code


def crawl_repeatedly(url: str, arguments: list[str]) -> int:
    """Crawl until those faults have passed that do; the exit code is the last crawl's."""
    code = crawl(url, arguments, **WITH_FAULTS)
    for number in range(1, HARVESTS):
        if code not in MORE_TO_COME:
            break
        seconds = PAUSE * 2 ** (number - 1)
        print(f"\nwhat failed is tried again, {seconds} seconds later:", flush=True)
        time.sleep(seconds)
        code = crawl(url, arguments, **WITH_FAULTS)
    return code


def show_account(settings: list[str]) -> None:
    """Print what the archive holds, and what of the site it does not."""
    print(flush=True)
    told = [f"OUTPUT_DIR={OUTPUT}", *settings]
    subprocess.run([*SCRAPY, "status", *(f"-s{setting}" for setting in told)], check=False)


@contextmanager
def mirror(*options: str) -> Iterator[str]:
    """The address of a mirror that listens, and that ends with the block, however it ends.

    It runs apart from the terminal's Ctrl-C, to go on serving while the crawl closes down.
    """
    command = (*SCRAPY, "mirror", "--port", "0", *options)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            yield address(cast("IO[str]", server.stdout))
        finally:
            server.terminate()


def address(lines: IO[str]) -> str:
    """The address in the line that the mirror prints once it listens."""
    for line in lines:
        print(line, end="", flush=True)
        if found := LISTENING.search(line):
            return found[1]
    sys.exit("the mirror ended before it listened; what it said is above")


def crawl(url: str, arguments: list[str], **more: str) -> int:
    """Crawl as a user would; Ctrl-C is left to Scrapy, which closes down in good order."""
    told = {**QUICK, **more, "MIRROR_URL": url}
    settings = [f"-s{name}={value}" for name, value in told.items()]
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen([*SCRAPY, "crawl", "china", *settings, *arguments]) as crawler:
        try:
            return crawler.wait()
        finally:
            crawler.terminate()


if __name__ == "__main__":
    sys.exit(main())
