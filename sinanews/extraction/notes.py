"""What is noted beside an article while its page is read: for the run's report and the spider."""

from collections import Counter
from dataclasses import dataclass, field

BYLINES = "bylines"  # that can be read in two ways, so that they name nobody
ENCODINGS = "encodings"  # that contradict the page's label, and were read as what they are


@dataclass(slots=True)
class Notes:
    """Counts by kind: `removed`, what was taken out of the body because it would act in a browser;
    `doubtful`, what was read otherwise than the page says, or not at all.

    `other_pages` are the URLs of the same article's other pages, by number, to which the page's
    pager leads; none of an article of one page."""

    removed: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    other_pages: dict[int, str] = field(default_factory=dict)
