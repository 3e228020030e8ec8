"""What the page says, in Chinese and in English."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sinanews.channels import BY_NAME
from sinanews.utils import times

LANGUAGES: Final = ("zh", "en")
_NAMES = {"zh": "zh-CN", "en": "en"}  # as HTML has them
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400  # seconds

# By key and language.
TEXTS: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (Path(__file__).parent / "words.toml").read_text("utf-8")
)
# Of days, hours, minutes and seconds.
_UNITS = {"zh": (" 天", " 小时", " 分钟", " 秒"), "en": (" d", " h", " min", " s")}


class Words:
    """Speaks one of LANGUAGES."""

    def __init__(self, language: str) -> None:
        self._language = language

    @property
    def html_language(self) -> str:
        """The language as HTML names it."""
        return _NAMES[self._language]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with the values in it."""
        return TEXTS[key][self._language].format(**values)

    def weekdays(self) -> list[str]:
        """The days of the week from Monday on."""
        return self("weekdays").split()

    def channel(self, name: str) -> str:
        """A channel as a reader knows it: by its title, in English by its name."""
        known = BY_NAME.get(name)
        return known.title if known and self._language == "zh" else name

    def field(self, name: str) -> str:
        """A field of an article, also one of somebody's own."""
        return self(f"field_{name}") if f"field_{name}" in TEXTS else name

    def verdict(self, name: str) -> str:
        """What a run came to."""
        return self(f"verdict_{name}" if f"verdict_{name}" in TEXTS else "verdict_other")

    def span(self, seconds: float) -> str:
        """A length of time in its two largest units; one that is less than nothing is nothing.

        >>> Words("zh").span(11_520), Words("en").span(266_400), Words("en").span(3600)
        ('3 小时 12 分钟', '3 d 2 h', '1 h')
        >>> Words("en").span(9), Words("en").span(61)
        ('9 s', '1 min')
        """
        left = max(0, int(seconds))
        days, hours, minutes = left // _DAY, left % _DAY // _HOUR, left % _HOUR // _MINUTE
        numbers = (days, hours, 0 if days else minutes, 0 if left >= _MINUTE else left)
        named = zip(numbers, _UNITS[self._language], strict=True)
        return (
            " ".join(f"{number}{unit}" for number, unit in named if number)
            or f"0{_UNITS[self._language][-1]}"
        )

    def ago(self, seconds: float) -> str:
        """How long ago something was."""
        return self("ago", span=self.span(seconds))


def moment(seconds: int | None) -> str:
    """A unix time in China, for a table; a dash where there is none, or none that a date can say.

    >>> moment(1659927313), moment(None)
    ('2022-08-08 10:55', '–')
    """
    try:
        return times.minute(seconds) if seconds else "–"
    except (ValueError, OverflowError, OSError):
        return "–"
