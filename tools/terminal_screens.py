"""Makes docs/images/progress.svg and status.svg: the terminal while the embedded mirror is
harvested, and `scrapy status` then. Both commands run in a real terminal (a pty); what they write
is recorded, and drawn as that terminal shows it.
"""

import argparse
import re
import tempfile
from html import escape, unescape
from io import StringIO
from itertools import groupby
from pathlib import Path

from demo import SCRAPY, mirror
from recording import Terminal, record
from rich.cells import cell_len
from rich.console import Console

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
COLUMNS = 100
# Slow enough that there is something to see of a run.
SETTINGS = {"AUTOTHROTTLE_ENABLED": "False", "DOWNLOAD_DELAY": "0.02"}
SHOWN = 0.6  # of the articles are read when the picture of a run is taken
_TEXT = re.compile(
    r'<text (?P<class>class="[^"]*") x="(?P<x>[\d.]+)" (?P<y>y="[\d.]+")'
    r' textLength="(?P<length>[\d.]+)" (?P<clip>clip-path="[^"]*")>(?P<shown>[^<]+)</text>'
)
_COUNT = re.compile(r"(\d+) of (\d+) ")


def main() -> None:
    """Record both commands, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=COLUMNS, help="of the terminal")
    parser.add_argument("--folder", type=Path, default=IMAGES, help="for the pictures")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with mirror() as url, tempfile.TemporaryDirectory() as output:
        told = [f"-sOUTPUT_DIR={output}", f"-sMIRROR_URL={url}"]
        at_work = harvest_at_work(told, options.columns)
        draw(at_work, options.columns, "scrapy harvest china", options.folder / "progress.svg")
        status = Terminal(options.columns)
        status.feed("$ scrapy status\r\n")
        for piece in record([*SCRAPY, "status", *told], options.columns):
            status.feed(piece)
        draw(status, options.columns, "scrapy status", options.folder / "status.svg")


def harvest_at_work(told: list[str], columns: int) -> Terminal:
    """The terminal while a harvest is at work, which goes on to its end."""
    slowly = [f"-s{name}={value}" for name, value in SETTINGS.items()]
    terminal, is_taken = Terminal(columns), False
    terminal.feed("$ scrapy harvest china\r\n")
    for piece in record([*SCRAPY, "harvest", "china", *told, *slowly], columns):
        if not is_taken:
            terminal.feed(piece)
            counts = _COUNT.search("\n".join(terminal.lines[-2:]))
            is_taken = counts is not None and int(counts[1]) >= SHOWN * int(counts[2])
    return terminal


def draw(terminal: Terminal, columns: int, title: str, file: Path) -> None:
    """Draws a terminal as SVG, which asks the network for no font."""
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True)
    for line in terminal.coloured:
        console.print(line, soft_wrap=True)
    svg = console.export_svg(title=title, unique_id=file.stem)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    file.write_text(_TEXT.sub(in_its_columns, svg), "utf-8")
    print(file)


def in_its_columns(text: re.Match[str]) -> str:
    """A piece of text where a terminal has it: rich 15 takes each character for one column wide,
    and has Chinese ones squeezed."""
    x, pieces = float(text["x"]), []
    column = float(text["length"]) / len(unescape(text["shown"]))
    for _, group in groupby(unescape(text["shown"]), cell_len):
        shown = "".join(group)
        length = column * cell_len(shown)
        place = f'x="{x:g}" {text["y"]} textLength="{length:g}"'
        pieces.append(f"<text {text['class']} {place} {text['clip']}>{escape(shown)}</text>")
        x += length
    return "".join(pieces)


if __name__ == "__main__":
    main()
