"""Faults by chance: which share of the addresses has which kinds, the same for the same seed."""

import re
from functools import lru_cache

from sinanews.exceptions import ArgumentError
from sinanews.mirror import roll
from sinanews.mirror.faults.answers import without_loop
from sinanews.mirror.faults.families import FAMILIES, KINDS
from sinanews.mirror.faults.kind import FOR_GOOD, Kind, RowKind
from sinanews.mirror.prose import seeded_random

DEFAULT = 2.0  # percent of the addresses: of all refusals 12 %, by which no run is blocked
# Kinds that pass, at one address. At a page each costs a run that tries it once, and three runs are
# to be enough. A list is asked three times in a run, and one of its answers is to be good.
PASSING_AT_PAGE, PASSING_AT_LIST = 2, 1
ALL = "all"
ACCEPTED = "SHARE% or NAME or NAME=SHARE%, several with commas, such as 5%,captcha=0%"
_SHARE = re.compile(r"(\d{1,2}(?:\.\d{1,3})?|100)%", re.ASCII)


class Shares:
    """Faults at a share of the addresses.

    `text` has shares with commas between them: `5%` or `all=5%` is each kind's, `bombs=2%` that of
    each kind of a family, `hang=10%` one kind's; a name alone stands for 2 %. Of two for one kind
    the last one counts; `percent` is what came of that, by kind. Raises ArgumentError for anything
    else.
    """

    def __init__(self, text: str, seed: int) -> None:
        self._seed = seed
        shares: dict[str, float] = {}
        for part in text.split(","):
            names, share = _parse(part.strip())
            shares |= dict.fromkeys(names, share)
        self.percent = {name: share for name, share in shares.items() if share}
        self.at = lru_cache(maxsize=None)(self._at)
        self.of_row = lru_cache(maxsize=None)(self._of_row)

    def _at(self, address: str) -> tuple[Kind, ...]:
        """The kinds at an address as `address_of` has it: those that pass, one after the other, and
        behind them those that stay."""
        kinds = [kind for kind in self._drawn(address) if lasting(kind, address)]
        passing = [kind for kind in kinds if lasting(kind, address) < FOR_GOOD]
        stay = [kind for kind in KINDS.values() if kind in kinds and kind not in passing]
        most = PASSING_AT_LIST if address.startswith(roll.PATH) else PASSING_AT_PAGE
        return (*passing[:most], *stay)

    def _of_row(self, address: str) -> tuple[RowKind, ...]:
        """The kinds of a row that leads to HOST/PATH."""
        return tuple(kind for kind in self._drawn(address) if isinstance(kind, RowKind))

    def _drawn(self, address: str) -> list[Kind]:
        """The kinds that fall on an address, in an order of chance."""
        draws = {
            KINDS[name]: seeded_random("fault", self._seed, name, address).random() * 100 / percent
            for name, percent in self.percent.items()
        }
        return sorted((kind for kind in draws if draws[kind] < 1), key=draws.__getitem__)


def address_of(target: str) -> str:
    """What of HOST/PATH?QUERY has faults of its own: a page whatever its query, and each answer of
    the roll API."""
    address = without_loop(target)
    return address if address.startswith(roll.PATH) else address.partition("?")[0]


def lasting(kind: Kind, address: str) -> int:
    """The hits after which a kind passes at an address that has it by chance."""
    return kind.on_lists if address.startswith(roll.PATH) else kind.on_pages


def _parse(part: str) -> tuple[list[str], float]:
    """The names of the kinds that a part is about, and their share in percent."""
    name, equals, share = part.rpartition("=") if "%" in part else (part, "=", f"{DEFAULT}%")
    if not equals:
        name = ALL
    match = _SHARE.fullmatch(share)
    if match is None or not name:
        raise ArgumentError("faults", part, ACCEPTED)
    families = {family.name: [kind.name for kind in family.kinds] for family in FAMILIES}
    names = {ALL: list(KINDS)} | families | {kind: [kind] for kind in KINDS}
    if name not in names:
        raise ArgumentError("faults", name, f"one of {', '.join(names)}")
    return names[name], float(match[1])
