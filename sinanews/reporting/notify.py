"""Notices: whoever NOTIFY_URL names is told when a run's verdict is another, or a channel falls
silent or speaks again, once.

What each of them was told last stands in `bell.json` beside the archive. It is written by the
process that delivers a notice, right after each: one of its own, so that a run that is killed
meanwhile takes nothing with it, that nothing of a service's can harm a run, and that what a
service's library logs, its addresses with their passwords, is in no log of ours.

    python -m sinanews.reporting.notify

is that process; `deliver` starts it.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stdout,
    suppress,
)
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import apprise
from filelock import FileLock, Timeout

from sinanews.config import secret_url
from sinanews.exceptions import ArgumentError
from sinanews.reporting import words
from sinanews.reporting.ended import VERDICTS, Ended
from sinanews.reporting.words import Change
from sinanews.utils.atomic import write_whole
from sinanews.utils.text import json_text, well_formed

FILE = "bell.json"  # in OUTPUT_DIR
LOCK = "bell.lock"
SEND_SECONDS = 10  # for a service to take a notice
MOST_TRIES = 1_000_000  # that are counted
START_SECONDS = 30  # for a process to start on a busy machine, and for one beside it to be done

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a service was told last, and how often in a row it was tried in vain to tell it of
    another change."""

    verdict: str = "complete"
    silent: tuple[str, ...] = ()
    tries: int = 0

    def change(self, news: "News") -> Change:
        """What is different now. A channel whose list was not read is as it was."""
        fell = {name: age for name, age in news.silent.items() if name not in self.silent}
        spoke = [name for name in self.silent if name in news.speaking]
        return Change(self.verdict, news.verdict, fell, spoke)

    def after(self, change: Change) -> "Told":
        """What it was told last once it has heard of a change."""
        silent = {*self.silent, *change.fell} - {*change.spoke}
        return Told(change.now, tuple(sorted(silent)))


@dataclass(frozen=True, slots=True)
class News:
    """What there is to be told: the verdict and what caused it, the channels that are silent, with
    the age of their newest row in seconds, and those that are not."""

    spider: str
    verdict: str
    causes: Sequence[str]
    archive: str
    language: str
    account: Mapping[str, int] = field(default_factory=dict)
    silent: Mapping[str, int] = field(default_factory=dict)
    speaking: Sequence[str] = ()

    @classmethod
    def of(cls, ended: Ended, limit: int, language: str) -> "News":
        """Of a run; a channel is silent whose newest row is older than `limit` seconds."""
        ages = ended.ages()
        silent = {name: age for name, age in ages.items() if age >= limit}
        return cls(
            *(ended.spider, ended.verdict, ended.causes(), ended.archive, language),
            account=ended.report.get("account", {}),
            silent=silent,
            speaking=[name for name in ages if name not in silent],
        )


def require_usable(urls: Sequence[str]) -> None:
    """Raises ArgumentError, without the secret, for a URL that apprise cannot use."""
    with _quiet():
        for number, url in enumerate(urls, 1):
            if apprise.Apprise.instantiate(url) is None:
                accepted = "a URL that apprise knows (https://github.com/caronc/apprise/wiki)"
                raise ArgumentError("NOTIFY_URL", secret_url(url, number), accepted)


@contextmanager
def _quiet() -> Iterator[None]:
    """Has what apprise logs, addresses among it, come to nothing."""

    def drop(_: logging.LogRecord) -> bool:
        return False

    apprise.logger.addFilter(drop)
    try:
        yield
    finally:
        apprise.logger.removeFilter(drop)


def deliver(urls: Sequence[str], folder: Path | None, news: News) -> None:
    """Tells the services what they do not know yet, if that is anything, and notes it in a folder.

    Never raises because of a service, and takes some seconds for each at the most. The log has a
    line, without the URL, for each that was not reached.
    """
    if not any(told.change(news) for told in _read(folder, len(urls))):
        return
    order = {"urls": urls, "folder": str(folder) if folder else None, "news": asdict(news)}
    answer = _in_a_process(order, START_SECONDS + SEND_SECONDS * len(urls))
    if answer is None:
        logger.error("NOTIFY_URL: nobody could be told; the next run tries again")
        return
    for number in answer["failed"]:
        service = secret_url(urls[number - 1], number)
        logger.error("NOTIFY_URL: %s could not be reached; the next run tries again", service)
    if not answer["recorded"]:
        logger.error("%s cannot be written: the next run tells the same again", FILE)


def _in_a_process(order: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
    """What the process answers to an order; None when it comes to nothing."""
    # It finds its modules where this one does, and Ctrl-C at a terminal is not for it.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-m", __name__]
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a service's library may say there whom it failed to reach
            timeout=seconds,
            env=environment,
            start_new_session=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    return None


def _read(folder: Path | None, count: int) -> list[Told]:
    """What so many services were told last; one that is new, and all of them where nobody knows,
    that all is well."""
    record: list[Told] = []
    # Also of nesting that is too deep.
    with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
        if folder and (folder / FILE).is_file():
            entries = json.loads((folder / FILE).read_bytes())["told"]
            record = [_told(entry) for entry in entries]
    return [*record[:count], *[Told()] * (count - len(record))]


def _told(entry: Mapping[str, Any]) -> Told:
    """Raises what follows from an entry that somebody has changed."""
    verdict, silent, tries = entry["verdict"], entry["silent"], entry["tries"]
    if verdict not in VERDICTS or not isinstance(silent, list):
        raise ValueError(entry)
    if not isinstance(tries, int) or not 0 <= tries <= MOST_TRIES:
        raise ValueError(entry)
    return Told(verdict, tuple(map(_name, silent)), tries)


def _name(value: object) -> str:
    """A channel's name. Raises ValueError for what cannot be written as one."""
    if not isinstance(value, str) or value != well_formed(value):
        raise ValueError(value)
    return value


def _write(folder: Path | None, record: Sequence[Told]) -> bool:
    """Whether the record is kept."""
    if folder is None:
        return False
    entries = {"told": [asdict(told) for told in record]}
    try:
        write_whole({folder / FILE: json_text(entries).encode()})
    except OSError:
        return False
    return True


def tell(urls: Sequence[str], folder: Path | None, news: News) -> dict[str, Any]:
    """Tells the services and records it, while no other process does; what `deliver` logs. Each is
    tried once, however often it was in vain: what is still so once it is well, it hears."""
    answer: dict[str, Any] = {"failed": [], "recorded": True}
    with _locked(folder):
        record = _read(folder, len(urls))
        # Those that heard before those that did not: one that ends this process is the last.
        for place in sorted(range(len(urls)), key=lambda place: record[place].tries):
            told = record[place]
            change = told.change(news)
            if not change:
                continue
            record[place] = replace(told, tries=min(told.tries + 1, MOST_TRIES))
            _write(folder, record)
            if _send(urls[place], change, news):
                record[place] = told.after(change)
            else:
                answer["failed"].append(place + 1)
            answer["recorded"] &= _write(folder, record)
    answer["failed"].sort()
    return answer


def _locked(folder: Path | None) -> AbstractContextManager[object]:
    """So that two runs that end at once tell nothing twice; where no lock can be made, no record
    can be kept either."""
    if folder is None:
        return nullcontext()
    lock = FileLock(folder / LOCK, timeout=START_SECONDS)
    try:
        return lock.acquire()
    except (OSError, Timeout):
        return nullcontext()


def _send(url: str, change: Change, news: News) -> bool:
    """Whether a service took a notice."""
    kinds = {"complete": apprise.NotifyType.SUCCESS, "incomplete": apprise.NotifyType.WARNING}
    kind = kinds.get(change.now, apprise.NotifyType.FAILURE)
    if change.fell and change.now == "complete":
        kind = apprise.NotifyType.WARNING
    asset = apprise.AppriseAsset(app_id="sinanews", app_desc="sinanews")
    plugin = apprise.Apprise.instantiate(url, asset=asset)
    if plugin is None:
        return False
    service = apprise.Apprise(plugin, asset=asset)
    body = words.body(change, news.causes, news.account, news.archive, news.language)
    return bool(
        service.notify(
            body=body,
            title=words.title(change, news.spider, news.language),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=SEND_SECONDS,
        )
    )


def main() -> None:
    """Reads an order from standard input, and writes the answer to standard output."""
    order = json.load(sys.stdin)
    folder = Path(order["folder"]) if order["folder"] else None
    with redirect_stdout(sys.stderr):  # what a service's library prints is no answer
        answer = tell(order["urls"], folder, News(**order["news"]))
    os.write(sys.stdout.fileno(), json.dumps(answer).encode())
    # At once: the thread of a service that did not answer may still wait.
    os._exit(0)


if __name__ == "__main__":
    main()
