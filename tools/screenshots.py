"""Makes the README's pictures, those of docs/images, from the demo. `make screenshots` runs it.

It needs Debian's chromium and fonts-noto-cjk, and for the blog Node.js. With names of pictures
behind it, it makes those alone.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import quote

from browser import browser, missing
from PIL import Image

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
DEMO = ROOT / "output" / "demo"
PUBLIC = ROOT / "site" / "public"
POST = "滨江港口股息持续腰斩 器械园区回升"  # README's example
DESKTOP = (1100, 900)  # CSS pixels
PHONE = (390, 1560)  # CSS pixels: the width of a phone, and a little less than two of its screens
SCALE = 2  # real pixels for each, as phones have them
COLOURS = 128  # of a picture: it is a third as large as with all of them, and looks the same


def report_on_a_phone(archive: Path, file: Path) -> None:
    """The first screens of `scrapy report`."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        run_scrapy("report", "-o", str(page), "-s", f"OUTPUT_DIR={archive}")
        photograph(page.as_uri(), file, drawn="document.querySelectorAll('.chart:not(.drawn)')")


def post_in_the_blog(archive: Path, file: Path) -> None:
    """The post that README shows, as `make site` does."""
    site = ["-m", "tools.site", "--build", "-s", f"OUTPUT_DIR={archive}"]
    subprocess.run([sys.executable, *site], cwd=ROOT, check=True)
    (page,) = PUBLIC.glob(f"*/*/*/*/*/*/{POST}/index.html")
    with served(PUBLIC) as address:
        photograph(address + quote(page.relative_to(PUBLIC).as_posix()), file, size=DESKTOP)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which this machine alone has a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing of a request."""


def terminals(_: Path, file: Path) -> None:
    """The terminal while a harvest is at work, and `scrapy status`: progress.svg beside it."""
    screens = ["tools/terminal_screens.py", "--folder", str(file.parent)]
    subprocess.run([sys.executable, *screens], cwd=ROOT, check=True)


# Each picture's file and what makes it of the demo's archive. A new one is a line here.
PICTURES: Mapping[str, Callable[[Path, Path], None]] = {
    "post.png": post_in_the_blog,
    "report.png": report_on_a_phone,
    "status.svg": terminals,
}


def main() -> int:
    """Harvests the demo and makes the pictures; the exit code is 1 when something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(PICTURES)} (all)")
    names = parser.parse_args().names or [*PICTURES]
    if unknown := [name for name in names if name not in PICTURES]:
        parser.error(f"{unknown[0]}: no such picture; there are {', '.join(PICTURES)}")
    if absent := missing():
        sys.exit(f"pictures are made with a browser: {absent}")
    subprocess.run([sys.executable, "tools/demo.py", "-s", "IMAGES=download"], cwd=ROOT, check=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in names:
        PICTURES[name](DEMO, IMAGES / name)
        print(f"{(IMAGES / name).relative_to(ROOT)}, {(IMAGES / name).stat().st_size // 1000} KB")
    return 0


def run_scrapy(*arguments: str) -> None:
    """Runs `scrapy ARGUMENTS` in the project's root."""
    subprocess.run([sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, check=True)


def photograph(url: str, file: Path, drawn: str = "[]", size: tuple[int, int] = PHONE) -> None:
    """Takes a picture of a page, its first part of a size in CSS pixels, once the list `drawn`, of
    what is still to be drawn, is empty."""
    with browser() as chromium:
        page = chromium.new_page()
        page.resize(*size, SCALE)
        page.open(url)
        page.wait_until(f"{drawn}.length === 0")
        page.screenshot(file, size[1])
    shrink(file)


def shrink(file: Path) -> None:
    """Writes a picture anew with few colours."""
    with Image.open(file) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
