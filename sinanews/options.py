"""The settings of ours, read once and refused when they make no sense."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from sinanews.exceptions import ArgumentError
from sinanews.files import writable_folder
from sinanews.frontier import Window

BODIES = ("source", "clean")
EXTRA_KEYS = ("link", "source", "editor", "keywords", "tickers", "docid", "updated")


@dataclass(frozen=True, slots=True)
class Options:
    """Our settings as values; `settings.py` gives each one's reason.

    `failed_pause` and `recheck_ages` are seconds, `first_run_days` days.
    """

    output: Path
    ledger_url: str
    mirror_url: str
    post_body: str
    post_extra_keys: tuple[str, ...]
    first_run_days: int
    window: Window
    failed_pause: int
    failed_tries: int
    recheck_ages: tuple[int, ...]
    rechecks_per_run: int
    workers: int

    @classmethod
    def of(cls, settings: BaseSettings) -> Self:
        """From a crawler's settings. Raises ArgumentError for one that no run could work with."""
        _refuse_no_seconds("CLOSESPIDER_TIMEOUT", settings)  # Scrapy's own, which it does not check
        folder = Path(settings["OUTPUT_DIR"])
        return cls(
            output=writable_folder("OUTPUT_DIR", folder),
            ledger_url=settings["LEDGER_URL"] or f"sqlite:///{folder}/ledger.db",
            mirror_url=_mirror_url(settings["MIRROR_URL"] or ""),
            post_body=_one_of("POST_BODY", settings["POST_BODY"], BODIES),
            post_extra_keys=tuple(
                _one_of("POST_EXTRA_KEYS", key, EXTRA_KEYS)
                for key in settings.getlist("POST_EXTRA_KEYS")
            ),
            first_run_days=_count(settings, "FIRST_RUN_DAYS", 1),
            window=_window(settings),
            failed_pause=_count(settings, "FAILED_PAUSE_SECONDS"),
            failed_tries=_count(settings, "FAILED_TRIES", 1),
            recheck_ages=tuple(
                _whole("RECHECK_HOURS", hours, 1) * 3600
                for hours in settings.getlist("RECHECK_HOURS")
            ),
            rechecks_per_run=_count(settings, "RECHECKS_PER_RUN"),
            workers=_count(settings, "WORKERS", 1),
        )


def _window(settings: BaseSettings) -> Window:
    return Window(
        lateness=_count(settings, "LATENESS_MINUTES") * 60,
        sweep_every=_count(settings, "SWEEP_HOURS") * 3600,
        sweep_lateness=_count(settings, "SWEEP_LATENESS_HOURS") * 3600,
    )


def _one_of(name: str, value: str, accepted: tuple[str, ...]) -> str:
    if value not in accepted:
        raise ArgumentError(name, value, " or ".join(accepted))
    return value


def _mirror_url(value: str) -> str:
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.netloc):
        raise ArgumentError("MIRROR_URL", value, "a URL such as http://127.0.0.1:8000")
    return value


def _refuse_no_seconds(name: str, settings: BaseSettings) -> None:
    with suppress(TypeError, ValueError):
        if float(settings[name]) >= 0:
            return
    raise ArgumentError(name, settings[name], "a number of seconds, 0 or more")


def _count(settings: BaseSettings, name: str, least: int = 0) -> int:
    return _whole(name, settings[name], least)


def _whole(name: str, value: object, least: int) -> int:
    digits = str(value)
    if not digits.isascii() or not digits.isdigit() or int(digits) < least:
        raise ArgumentError(name, value, f"a whole number, {least} or more")
    return int(digits)
