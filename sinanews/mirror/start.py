"""Runs `scrapy mirror`."""

import argparse
import sys
from pathlib import Path

from sinanews.exceptions import ArgumentError
from sinanews.mirror import files
from sinanews.mirror.faults import Faults, Shares
from sinanews.mirror.server import LOOPBACK, serve
from sinanews.mirror.site import Site

LAST_PORT = 65535


def start(args: list[str], opts: argparse.Namespace) -> None:
    """Serves until a signal, or writes files and ends. Raises ArgumentError."""
    if args:
        raise ArgumentError("arguments", args[0], "options only")
    numbers = {name: _number(name, getattr(opts, name)) for name in ("seed", "articles", "tick")}
    shares = Shares(opts.faults, numbers["seed"]) if opts.faults else None
    port, faults = _port(opts.port), Faults(opts.fault, shares)
    site = Site(**numbers)
    if opts.write:
        _write(site, Path(opts.write))
    else:
        _serve(site, port, faults)


def _number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise ArgumentError(name, value, "a whole number from 0")
    return int(value)


def _port(value: str) -> int:
    port = int(value) if value.isdecimal() else -1
    if not 0 <= port <= LAST_PORT:
        raise ArgumentError("port", value, f"a number from 0 to {LAST_PORT}")
    return port


def _write(site: Site, folder: Path) -> None:
    try:
        count = files.write(site, folder)
    except OSError as error:
        raise ArgumentError("write", str(folder), f"a folder ({error.strerror})") from error
    sys.stdout.write(f"{count} files written to {folder}\n")


def _serve(site: Site, port: int, faults: Faults) -> None:
    def announce(url: str) -> None:
        sys.stdout.write(f"mirror of {len(site.stories)} articles at {url} (MIRROR_URL)\n")
        sys.stdout.flush()

    try:
        serve(site, LOOPBACK, port, faults, announce)
    except OSError as error:
        raise ArgumentError("port", port, f"a port that can be used ({error.strerror})") from error
