"""What is noted beside an article while its page is read, for the run's report."""

from collections import Counter
from dataclasses import dataclass, field

BYLINES = "bylines"  # that can be read in two ways, so that they name nobody
ENCODINGS = "encodings"  # that contradict the page's label, and were read as what they are


@dataclass(slots=True)
class Notes:
    """Counts by kind: `removed`, what was taken out of the body because it would act in a browser;
    `doubtful`, what was read otherwise than the page says, or not at all."""

    removed: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
