"""The table of benchmarks/extraction.py, its notes, and its verdicts. The first row is ours."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

MAX_SHARE = 1 / 3  # of the fastest comparable peer's time


@dataclass(frozen=True, slots=True)
class Row:
    """A library's results: the wrong captures by field; the text's F1 and the time by capture."""

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
        """The number of captures on which the field is exactly right."""
        return len(self.text) - len(self.wrong[field])

    @property
    def f1(self) -> float:
        """The text's mean F1."""
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
        """The row with its figures and everything that they are computed from."""
        figures = {
            "right": {field: self.right(field) for field in self.wrong},
            "text_f1_mean": self.f1,
            "text_f1_minimum": min(self.text.values()),
            "ms_median": self.page_time,
            "ms_sum": self.total_time,
        }
        return asdict(self) | figures


def report(rows: Sequence[Row], fields: Sequence[str], notes: Sequence[str]) -> str:
    """The table, its notes, and the two verdicts."""
    ours, *peers = rows
    figures = ["text mean", "text min", "ms/page", "ms sum"]
    head = ["library", "given", *fields, *figures, "returns", "threw"]
    lines = table([head, *(cells(row, fields) for row in rows)])
    remarks = [*notes, *filter(None, map(failures, rows)), *filter(None, map(unsteady, rows))]
    verdicts = [fields_verdict(ours, peers, fields), time_verdict(ours, peers)]
    return "\n".join([*lines, "", *(f"- {remark}" for remark in remarks), "", *verdicts])


def cells(row: Row, fields: Sequence[str]) -> list[str]:
    """A library's row: the captures that are right by field, the text's F1, times."""
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
    """A Markdown table with aligned columns."""
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    head, *body = ("| " + " | ".join(map(padded, line, widths)) + " |" for line in lines)
    return [head, "|" + "|".join("-" * (size + 2) for size in widths) + "|", *body]


def width(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, size: int) -> str:
    """The text, filled with blanks to a width."""
    return text + " " * (size - width(text))


def failures(row: Row) -> str:
    """The captures on which a library threw; each counts as wrong in every field."""
    thrown = "; ".join(f"{name} ({error[:60]})" for name, error in row.failures.items())
    return f"{row.library} threw, and so is wrong, on: {thrown}" if thrown else ""


def unsteady(row: Row) -> str:
    """The captures of which a library's text varies."""
    names = ", ".join(row.unsteady)
    return (
        f"{row.library} returned different texts in different rounds for: {names}" if names else ""
    )


def fields_verdict(ours: Row, peers: Sequence[Row], fields: Sequence[str]) -> str:
    """Whether we are right more often than every peer on every field, and have the best text."""
    scores = {
        field: (ours.right(field), {peer.library: peer.right(field) for peer in peers})
        for field in fields
    } | {"text": (ours.f1, {peer.library: peer.f1 for peer in peers})}
    behind = []
    for field, (our_score, peer_scores) in scores.items():
        rivals = [
            f"{peer} {score:.4g}" for peer, score in peer_scores.items() if score >= our_score
        ]
        if rivals:
            behind.append(f"{field} ({our_score:.4g}; {', '.join(rivals)})")
    answer = f"NO; not ahead on {'; '.join(behind)}" if behind else "YES"
    return f"ahead of every peer on every field: {answer}"


def time_verdict(ours: Row, peers: Sequence[Row]) -> str:
    """Whether we take at most a third of the time of the fastest peer that returns all fields."""
    equals = [peer for peer in peers if all(peer.returns.values())]
    by_page = compare("median", ours.page_time, {peer.library: peer.page_time for peer in equals})
    by_sum = compare("sum", ours.total_time, {peer.library: peer.total_time for peer in equals})
    met = all(share <= MAX_SHARE for share, _ in (by_page, by_sum))
    claim = "at most a third of the fastest comparable peer's time"
    return f"{claim}: {'YES' if met else 'NO'}; {by_page[1]}; {by_sum[1]}"


def compare(name: str, our_time: float, peer_times: dict[str, float]) -> tuple[float, str]:
    """Our share of the fastest peer's time, as a number and in words."""
    fastest = min(peer_times, key=peer_times.__getitem__)
    best = peer_times[fastest]
    share = our_time / best
    return share, f"{name} {our_time:.2f} ms is {share:.2f} of {best:.2f} ms ({fastest})"
