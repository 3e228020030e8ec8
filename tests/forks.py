"""Commands of Scrapy without their start, which is a second of imports and most of a small run.

A server imports once what every command imports, and forks for each: that process has its own
arguments, output, exit code and end, as one that was started has. It has no environment of its
own: what needs another is started.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from scrapy.settings.default_settings import (
    DOWNLOADER_MIDDLEWARES_BASE,
    EXTENSIONS_BASE,
    SPIDER_MIDDLEWARES_BASE,
)
from scrapy.utils.misc import load_object, walk_modules_iter

PATIENCE = 400  # seconds that a command may take before it is killed
# What a harvest has imported when it begins, beside Scrapy's own extensions and middlewares; that
# holds all that the other commands import before their work.
MODULES = (
    "scrapy.commands",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.engine",
    "scrapy.squeues",
    "sinanews.addon",
    "sinanews.commands",
    "sinanews.extensions",
    "sinanews.logformatter",
    "sinanews.middlewares",
    "sinanews.pipelines",
    "sinanews.scheduler",
    "sinanews.spiders",
)
PYTEST = "PYTEST_"  # begins the variables that pytest sets anew for each test


class Forks:
    """A server of forks in a folder, for one command at a time."""

    def __init__(self, folder: Path) -> None:
        self._environment = environment()
        self._turn = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, "-m", f"{Path(__file__).parent.name}.{Path(__file__).stem}"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def fit(self) -> bool:
        """Whether the environment is still the one that the server was started in."""
        return environment() == self._environment

    def scrapy(self, *arguments: str) -> CompletedProcess[str]:
        """Runs `scrapy ARGUMENTS`."""
        with TemporaryDirectory() as folder, self._turn:
            streams = [str(Path(folder) / name) for name in ("stdout", "stderr")]
            self._server.stdin.write(json.dumps([*streams, *arguments]) + "\n")
            self._server.stdin.flush()
            code = self._server.stdout.readline()
            assert code, "the server of forks has ended; its stderr tells why"
            stdout, stderr = (Path(stream).read_text() for stream in streams)
        return CompletedProcess(["scrapy", *arguments], int(code), stdout, stderr)

    def close(self) -> None:
        """Ends the server."""
        self._server.communicate()


def environment() -> dict[str, str]:
    """The variables that a command could see a difference in."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PYTEST)}


def serve() -> None:
    """Forks for each line of stdin, the names of two files for the output, and the arguments, as
    JSON; writes the exit code. Returns in the fork, and at the end of stdin."""
    for name in MODULES:
        tuple(walk_modules_iter(name))
    for component in chain(EXTENSIONS_BASE, DOWNLOADER_MIDDLEWARES_BASE, SPIDER_MIDDLEWARES_BASE):
        load_object(component)
    assert "twisted.internet.reactor" not in sys.modules, "a fork could not choose its reactor"
    assert threading.active_count() == 1, "a fork would lack the threads of the server"
    gc.collect()
    gc.freeze()  # or the end of each fork would visit, and copy, all that the server imported
    while line := sys.stdin.readline():
        stdout, stderr, *arguments = json.loads(line)
        process = os.fork()
        if not process:
            become(stdout, stderr, arguments)
            return
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def become(stdout: str, stderr: str, arguments: Sequence[str]) -> None:
    """Makes this process `scrapy ARGUMENTS`."""
    signal.alarm(PATIENCE)
    for number, name, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, stdout, os.O_WRONLY | os.O_CREAT),
        (2, stderr, os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(name, mode)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv[1:] = arguments
    runpy.run_module("scrapy", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
