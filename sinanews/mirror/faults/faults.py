"""Faults on demand: which kind, at which addresses, how often."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sinanews.exceptions import ArgumentError
from sinanews.mirror.faults.families import KINDS
from sinanews.mirror.faults.kind import FOR_GOOD, Kind, Make, in_rows
from sinanews.mirror.faults.rows import each_row
from sinanews.mirror.faults.shares import Shares, address_of, lasting
from sinanews.mirror.replies import Reply
from sinanews.mirror.roll import Json


@dataclass(slots=True)
class Fault:
    """A kind of fault at addresses that contain `where`, for `left` more hits, None for any."""

    where: str
    kind: str
    left: int | None = None


class Faults:
    """The faults of a mirror: those of rules, of which the first one that applies to an address is
    used, and at the addresses without a rule those of `shares`.

    Each rule is `WHERE=KIND`, or `WHERE=KIND*N` for the first N hits only; WHERE is a part of
    HOST/PATH?QUERY. Raises ArgumentError for an unknown kind or a malformed rule.

    `served` counts the replies, and the rows in them, by kind.
    """

    def __init__(self, rules: Iterable[str] = (), shares: Shares | None = None) -> None:
        self._faults: list[Fault] = []
        self._shares = shares
        self._hits: Counter[tuple[str, Kind]] = Counter()
        self.served: Counter[str] = Counter()
        for rule in rules:
            self.add(*_parse(rule))

    def add(self, where: str, kind: str, times: int | None = None) -> None:
        """Adds a fault, for the first `times` hits. Raises ArgumentError for an unknown kind."""
        if kind not in KINDS:
            raise ArgumentError("fault", kind, f"one of {', '.join(KINDS)}")
        self._faults.append(Fault(where, kind, times))

    def clear(self) -> None:
        """Removes all faults, those by chance too."""
        self._faults.clear()
        self._shares = None

    def hit(self, target: str) -> str | None:
        """The kind of fault that a rule has for a request of HOST/PATH?QUERY, None for none; counts
        the hit."""
        for fault in self._faults:
            if fault.where in target and fault.left != 0:
                fault.left = fault.left and fault.left - 1
                return fault.kind
        return None

    def reply(self, target: str, make: Make, *, by_chance: bool = True) -> Reply:
        """The reply to HOST/PATH?QUERY with its faults. `make` makes the one without; `by_chance`
        says whether the address may have some that no rule gives it."""
        kind = self.hit(target)
        if kind is not None:
            kinds: tuple[Kind, ...] = (KINDS[kind],)
        elif self._shares and by_chance:
            kinds = self._met(address_of(target), self._shares)
            make = self._with_rows(make, self._shares)
        else:
            kinds = ()
        for faulty in reversed(kinds):
            self.served[faulty.name] += 1
            make = _faulty(faulty, make)
        return make(target)

    def _met(self, address: str, shares: Shares) -> tuple[Kind, ...]:
        """The kinds that a request meets: one that has not passed yet, or all that stay."""
        kinds = shares.at(address)
        for kind in kinds:
            hits = self._hits[address, kind]
            if hits < lasting(kind, address) < FOR_GOOD:
                self._hits[address, kind] += 1
                return (kind,)
        return tuple(kind for kind in kinds if lasting(kind, address) == FOR_GOOD)

    def _with_rows(self, make: Make, shares: Shares) -> Make:
        """A maker of replies in which rows have their faults."""

        def change(row: Json) -> list[Any]:
            rows = [row]
            for kind in shares.of_row(row["url"].partition("://")[2]):
                self.served[kind.name] += 1
                first, *others = kind.rows(rows[0])
                rows = [first, *rows[1:], *others]
            return rows

        faulty = in_rows(each_row(change))
        return lambda target: faulty(target, make)


def _faulty(kind: Kind, make: Make) -> Make:
    return lambda target: kind.reply(target, make)


def _parse(rule: str) -> tuple[str, str, int | None]:
    where, equals, fault = rule.rpartition("=")
    kind, star, times = fault.partition("*")
    if not (where and equals) or (star and not times.isdecimal()):
        raise ArgumentError("fault", rule, "PATH=KIND or PATH=KIND*TIMES")
    return where, kind, int(times) if star else None
