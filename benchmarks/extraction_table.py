"""The comparison's table, its notes, and whether the target is met. The first row is ours."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

SHARE = 1 / 3  # of the fastest comparable peer's time is what ours may take


@dataclass(frozen=True, slots=True)
class Row:
    """One library: for each field the captures it has wrong, for each capture F1 and time."""

    library: str
    given: str
    returns: dict[str, bool]
    readings: dict[str, str]
    wrong: dict[str, list[str]]
    text: dict[str, float]
    milliseconds: dict[str, float]
    failures: dict[str, str]
    unsteady: list[str]

    def right(self, field: str) -> int:
        """On how many captures the field is exactly right."""
        return len(self.text) - len(self.wrong[field])

    @property
    def f1(self) -> float:
        """The mean over the captures."""
        return fmean(self.text.values())

    @property
    def page_time(self) -> float:
        """The median capture's milliseconds."""
        return median(self.milliseconds.values())

    @property
    def total_time(self) -> float:
        """The milliseconds of all captures together."""
        return sum(self.milliseconds.values())

    def to_json(self) -> dict[str, Any]:
        """The row with its figures and everything they were made from."""
        figures = {
            "right": {field: self.right(field) for field in self.wrong},
            "text_f1_mean": self.f1,
            "text_f1_minimum": min(self.text.values()),
            "ms_median": self.page_time,
            "ms_sum": self.total_time,
        }
        return asdict(self) | figures


def report(rows: Sequence[Row], fields: Sequence[str], notes: Sequence[str]) -> str:
    """The table, what to know about it, and the two verdicts."""
    ours, *peers = rows
    lines = table([heading(fields), *(cells(row, fields) for row in rows)])
    remarks = [*notes, *filter(None, map(failures, rows)), *filter(None, map(unsteady, rows))]
    verdicts = [ahead(ours, peers, fields), quick(ours, peers)]
    return "\n".join([*lines, "", *(f"- {remark}" for remark in remarks), "", *verdicts])


def heading(fields: Sequence[str]) -> list[str]:
    """The table's first line."""
    times = ["ms/page", "ms sum"]
    return ["library", "given", *fields, "text mean", "text min", *times, "returns", "threw"]


def cells(row: Row, fields: Sequence[str]) -> list[str]:
    """A library's line: pages exactly right per field, F1 of the text, times."""
    return [
        row.library,
        row.given,
        *(str(row.right(field)) for field in fields),
        f"{row.f1:.4f}",
        f"{min(row.text.values()):.4f}",
        f"{row.page_time:.2f}",
        f"{row.total_time:.1f}",
        " ".join(field for field, given in row.returns.items() if given),
        str(len(row.failures)),
    ]


def table(lines: Sequence[Sequence[str]]) -> list[str]:
    """Markdown with straight columns."""
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    head, *body = ("| " + " | ".join(map(padded, line, widths)) + " |" for line in lines)
    return [head, "|" + "|".join("-" * (size + 2) for size in widths) + "|", *body]


def width(text: str) -> int:
    """Terminal columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, size: int) -> str:
    """The text and blanks up to the column's end."""
    return text + " " * (size - width(text))


def failures(row: Row) -> str:
    """Which captures a library threw on; each counts as wrong in every field."""
    thrown = "; ".join(f"{name} ({error[:60]})" for name, error in row.failures.items())
    return f"{row.library} threw on, and so has wrong: {thrown}" if thrown else ""


def unsteady(row: Row) -> str:
    """Which captures a library reads now so, now otherwise."""
    names = ", ".join(row.unsteady)
    return f"{row.library} gave another text in another round for: {names}" if names else ""


def ahead(ours: Row, peers: Sequence[Row], fields: Sequence[str]) -> str:
    """Whether we have more right than any peer, field by field, and a better text."""
    scores = [(field, *rights(ours, peers, field)) for field in fields]
    scores.append(("text", ours.f1, {peer.library: peer.f1 for peer in peers}))
    behind = [duel for name, own, its in scores if (duel := not_beaten(name, own, its))]
    answer = f"NO; not ahead on {'; '.join(behind)}" if behind else "YES"
    return f"ahead of every peer on every field: {answer}"


def rights(ours: Row, peers: Sequence[Row], field: str) -> tuple[float, dict[str, float]]:
    """How often a field is right: ours, and each peer's."""
    return ours.right(field), {peer.library: peer.right(field) for peer in peers}


def not_beaten(name: str, own: float, its: dict[str, float]) -> str:
    """A field and the peers that have as much of it right or more; empty without any."""
    rivals = [f"{peer} {theirs:.4g}" for peer, theirs in its.items() if theirs >= own]
    return f"{name} ({own:.4g}; {', '.join(rivals)})" if rivals else ""


def quick(ours: Row, peers: Sequence[Row]) -> str:
    """Whether we take a third of the time of the fastest peer that returns what we return."""
    equals = [peer for peer in peers if all(peer.returns.values())]
    by_page = compared("median", ours.page_time, {p.library: p.page_time for p in equals})
    by_sum = compared("sum", ours.total_time, {p.library: p.total_time for p in equals})
    met = all(share <= SHARE for share, _ in (by_page, by_sum))
    claim = "at most a third of the fastest comparable peer's time"
    return f"{claim}: {'YES' if met else 'NO'}; {by_page[1]}; {by_sum[1]}"


def compared(name: str, own: float, its: dict[str, float]) -> tuple[float, str]:
    """Our share of the least time, and that in words."""
    fastest = min(its, key=its.__getitem__)
    share = own / its[fastest]
    return share, f"{name} {own:.2f} ms is {share:.2f} of {its[fastest]:.2f} ms ({fastest})"
