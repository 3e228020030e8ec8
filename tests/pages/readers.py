"""Readers of web archives that are not ours, to judge the files of kept pages."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

fastwarc = pytest.importorskip("fastwarc.warc", reason="pip install fastwarc")


def assert_accepted(paths: Iterable[Path]) -> None:
    """Both accept the files: warcio's `check`, and fastwarc with every digest."""
    files = [str(path) for path in paths]
    assert files, "there is nothing to judge"
    command = [sys.executable, "-m", "warcio.cli", "check", "--verbose", *files]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, ""), run.stdout + run.stderr
    assert run.stdout.count("digest pass") == sum(len(with_warcio(Path(file))) for file in files)
    for file in files:
        assert len(with_fastwarc(Path(file))) == len(with_warcio(Path(file)))


def with_warcio(path: Path) -> list[tuple[str, str | None]]:
    """Type and URL of each record."""
    with path.open("rb") as file:
        return [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"))
            for record in ArchiveIterator(file, check_digests="raise")
        ]


def with_fastwarc(path: Path) -> list[bytes]:
    """The payload of each record, unpacked; its digests agree."""
    payloads = []
    with path.open("rb") as file:
        for record in fastwarc.ArchiveIterator(file, parse_http=False):
            assert record.verify_block_digest(), f"{path}: {record.record_id}"
            record.parse_http()
            payloads.append(record.reader.read())
    return payloads
