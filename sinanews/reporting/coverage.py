"""How often pages give each field, and when a layout no longer does."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Self

from sinanews.items import FIELDS, Article

# Others are not known before an article is recorded.
FROM_PAGES = tuple(name for name in FIELDS if name not in {"seen", "duplicate_of"})

# What every article has, whatever its family.
REQUIRED = ("title", "published", "body_html")
LEAST_PAGES = 5  # fewer tell nothing of a layout
FALL = 0.2  # of the pages; a layout that drifts loses a field on nearly all of them


@dataclass(slots=True)
class FieldCoverage:
    """On how many of the pages read each field was there."""

    pages: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, pages: int, shares: Mapping[str, float]) -> Self:
        """That of which these are the shares."""
        return cls(pages, Counter({name: round(share * pages) for name, share in shares.items()}))

    def add(self, article: Article) -> None:
        """Counts one article."""
        self.pages += 1
        self.fields.update(name for name in FROM_PAGES if getattr(article, name))

    def add_unreadable(self, missing: Iterable[str]) -> None:
        """Counts a page that lacked required fields; without a layout it lacks them all."""
        lacking = set(missing)
        self.pages += 1
        self.fields.update(name for name in REQUIRED if not lacking & {name, "layout"})

    def shares(self) -> dict[str, float]:
        """The share of the pages for each field, 0 to 1; empty before the first page."""
        return {name: round(self.fields[name] / self.pages, 4) for name in FROM_PAGES if self.pages}


def earlier_coverage(reports: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The mean presence of earlier reports, each weighed by its pages."""
    read = [report for report in reports if report.get("pages")]
    pages = sum(report["pages"] for report in read)
    shares = ((report["presence"], report["pages"]) for report in read)
    total: Counter[str] = Counter()
    for presence, weight in shares:
        total.update({name: share * weight for name, share in presence.items()})
    return {name: round(total[name] / pages, 4) for name in FROM_PAGES if pages}


def drifted(now: FieldCoverage, earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """The required fields that are on clearly fewer pages than in `earlier` reports, newest first.

    A run of few pages tells nothing by itself; but if none of its pages has a field, and none of
    the runs' just before, they are told together.
    """
    if now.pages >= LEAST_PAGES:
        shares, before = now.shares(), earlier_coverage(earlier)
        return [name for name in REQUIRED if shares[name] < before.get(name, 1.0) - FALL]
    read = [report for report in earlier if report.get("pages")]
    return [name for name in REQUIRED if now.pages and _is_missing_long(name, now, read)]


def _is_missing_long(name: str, now: FieldCoverage, reports: Sequence[Mapping[str, Any]]) -> bool:
    pages = 0 if now.fields[name] else now.pages
    without = takewhile(lambda report: not report["presence"].get(name), reports)
    return bool(pages) and pages + sum(report["pages"] for report in without) >= LEAST_PAGES
