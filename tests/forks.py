"""Commands of Scrapy without their start, which is a second of imports and most of a small run.

A server imports once what every command imports, and forks for each: that process has its own
arguments, environment, output, exit code and end, as one that was started has. What an import, or
Python's own start, depends on is the server's: a command that needs another is started.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
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
# Begin the names of variables that are read while modules are imported, or before.
EARLY = ("LANG", "LC_", "PYTHON", "SCRAPY_", "SINANEWS_", "SSL_", "TZ")


class Forks:
    """A server of forks in a folder and an environment, for one command at a time."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._early = early(environment)
        self._turn = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, "-m", f"{Path(__file__).parent.name}.{Path(__file__).stem}"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        atexit.register(self._server.communicate)  # the end of its stdin is its end

    def fit(self, environment: Mapping[str, str]) -> bool:
        """Whether a fork in this environment is what a process is that was started in it."""
        return early(environment) == self._early

    def scrapy(self, *arguments: str, environment: Mapping[str, str]) -> CompletedProcess[str]:
        """Runs `scrapy ARGUMENTS`."""
        with TemporaryDirectory() as folder, self._turn:
            streams = [str(Path(folder) / name) for name in ("stdout", "stderr")]
            request = json.dumps([dict(environment), *streams, *arguments])
            self._server.stdin.write(f"{request}\n")
            self._server.stdin.flush()
            code = self._server.stdout.readline()
            assert code, "the server of forks has ended; its stderr tells why"
            stdout, stderr = (Path(stream).read_text() for stream in streams)
        return CompletedProcess(["scrapy", *arguments], int(code), stdout, stderr)


def early(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that nobody can give to a process that is there already."""
    return {name: value for name, value in environment.items() if name.startswith(EARLY)}


def serve() -> None:
    """Forks for each line of stdin: as JSON the environment, the names of two files for the
    output, and the arguments. Writes the exit code. Returns in the fork, and at the end of stdin.
    """
    for name in MODULES:
        tuple(walk_modules_iter(name))
    for component in chain(EXTENSIONS_BASE, DOWNLOADER_MIDDLEWARES_BASE, SPIDER_MIDDLEWARES_BASE):
        load_object(component)
    assert "twisted.internet.reactor" not in sys.modules, "a fork could not choose its reactor"
    assert threading.active_count() == 1, "a fork would lack the threads of the server"
    gc.collect()
    gc.freeze()  # or the end of each fork would visit, and copy, all that the server imported
    while line := sys.stdin.readline():
        process = os.fork()
        if not process:
            become(*json.loads(line))
            return
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def become(environment: dict[str, str], stdout: str, stderr: str, *arguments: str) -> None:
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
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments
    runpy.run_module("scrapy", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
