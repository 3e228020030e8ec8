"""Public collections of vectors, each a text that makes a careless page run something.

| package | version | from | licence | what of it |
|---|---|---|---|---|
| brs-kb | requirements.lock | PyPI | MIT | the payloads of its database |
| bleach | archives.txt | PyPI, source | Apache-2.0 | inputs of tests/data |
| feedparser | archives.txt | PyPI, source | BSD-2-Clause | feeds of its sanitiser's tests |
| blns | package-lock.json | npm | MIT | the Big List of Naughty Strings |
| xss-filters | package-lock.json | npm | BSD-3-Clause | seeds of its fuzzer |
"""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree as ET

from brs_kb.payloads import get_all_payloads

from xss.own_vectors import own_vectors

HERE = Path(__file__).parent
XHTML_DIV = "{http://www.w3.org/1999/xhtml}div"
PIP = next((HERE.parent.parent / "tools").glob("pip-*.whl")) / "pip"


class Vector(NamedTuple):
    """A text to be put wherever a page has text, and the collection that it is from."""

    corpus: str
    text: str


def collect(packages: Path, archives: Path) -> list[Vector]:
    """All vectors, each text once, in an order that depends on the collections alone.

    `packages` is the node_modules of package-lock.json; `archives` a folder for what archives.txt
    names, filled when it is empty.
    """
    vectors = (
        *(Vector(f"own/{category}", text) for category, text in own_vectors()),
        *(Vector("brs-kb", text) for text in _brs_kb()),
        *(Vector("blns", text) for text in _blns(packages)),
        *(Vector("xss-filters", text) for text in _xss_filters(packages)),
        *(Vector("bleach", text) for text in _bleach(archives)),
        *(Vector("feedparser", text) for text in _feedparser(archives)),
    )
    firsts: dict[str, Vector] = {}
    for vector in vectors:
        if vector.text.strip():
            firsts.setdefault(vector.text, vector)
    return list(firsts.values())


def _brs_kb() -> Iterator[str]:
    return (entry.payload for _, entry in sorted(get_all_payloads().items()))


def _blns(packages: Path) -> list[str]:
    strings: list[str] = json.loads((packages / "blns/resources/blns.json").read_bytes())
    return strings


def _xss_filters(packages: Path) -> list[str]:
    seeds = packages / "xss-filters/tests/fuzz/bin/seed.xss"
    return seeds.read_text("utf-8").splitlines()


def _bleach(archives: Path) -> Iterator[str]:
    """Each test is an input and the expected output, with two dashes between them."""
    for data in _members("bleach", "tests/data/*.test", archives):
        yield data.decode().partition("\n--\n")[0]


def _feedparser(archives: Path) -> Iterator[str]:
    """Each test is a feed; its markup is the text of an element, or the XHTML of a div."""
    for data in _members("feedparser", "tests/wellformed/sanitize/*.xml", archives):
        for element in ET.fromstring(data).iter():  # noqa: S314 - pinned by its hash
            text = element.text or ""
            if "<" in text:
                yield text
            elif element.tag == XHTML_DIV:
                yield unescape(ET.tostring(element, "unicode").replace("html:", ""))


def _members(package: str, pattern: str, archives: Path) -> Iterator[bytes]:
    """The files of a source archive whose paths end like the pattern."""
    if not any(archives.glob("*.tar.gz")):
        command = [sys.executable, PIP, "download", "-qq", "--disable-pip-version-check"]
        exact = ["--no-deps", "--no-binary=:all:", "--require-hashes", "-r", HERE / "archives.txt"]
        subprocess.run([*command, *exact, "-d", archives], check=True)
    (archive,) = archives.glob(f"{package}-*.tar.gz")
    with tarfile.open(archive) as tar:
        members = sorted(tar.getmembers(), key=lambda member: member.name)
        for member in members:
            file = tar.extractfile(member)
            if file and PurePosixPath(member.name).match(pattern):
                yield file.read()
