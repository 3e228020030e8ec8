"""Harvests the embedded mirror into `output/demo/`: no site is asked for anything."""

import re
import shutil
import signal
import subprocess
import sys
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


def main() -> int:
    """Crawl the mirror; the exit code is the crawl's."""
    for wish_to_end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish_to_end, lambda number, _: sys.exit(128 + number))
    # Each demo's mirror is a site of its own, and an archive belongs to one.
    shutil.rmtree(OUTPUT, ignore_errors=True)
    with mirror() as url:
        return crawl(url, sys.argv[1:])


@contextmanager
def mirror() -> Iterator[str]:
    """The address of a mirror that listens, and that ends with the block, however it ends.

    It runs apart from the terminal's Ctrl-C, to go on serving while the crawl closes down.
    """
    command = (*SCRAPY, "mirror", "--port", "0")
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


def crawl(url: str, arguments: list[str]) -> int:
    """Crawl as a user would; Ctrl-C is left to Scrapy, which closes down in good order."""
    settings = [f"-s{name}={value}" for name, value in {**QUICK, "MIRROR_URL": url}.items()]
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen([*SCRAPY, "crawl", "china", *settings, *arguments]) as crawler:
        try:
            return crawler.wait()
        finally:
            crawler.terminate()


if __name__ == "__main__":
    sys.exit(main())
