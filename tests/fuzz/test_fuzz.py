"""Whatever comes for a page of the list or for an article keeps what `checks` promises, at once and
without leaving anything in memory.

`FUZZED` sets how many pages, and how many answers, are tried.
"""

import gc
import logging
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fuzz import checks, judge, strategies
from fuzz.samples import CORPUS, answer_of, page_of
from sinanews.extraction.layouts import LAYOUTS
from sinanews.ledger.database import engine

FUZZED = int(os.environ.get("FUZZED", "2000"))
BATCH = 500  # of one seed: hypothesis remembers all that it tried for one
LEDGER_SHARE = 20  # as many answers go into memory for one that goes into a real ledger
MOST_SECONDS = 5  # of CPU for one example: five times as long as promised, for slow machines
MOST_GROWTH = 64  # MB, after the first batch
STATM = Path("/proc/self/statm")  # Linux's: sizes in pages, the second what is in memory

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def quiet():
    """What cannot be read is logged, and here most cannot."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def resident() -> float:
    """MB of memory that this process has now; where nobody says, the most that it ever had."""
    gc.collect()
    if STATM.exists():
        return int(STATM.read_text("ascii").split()[1]) * resource.getpagesize() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


@dataclass
class Trial:
    """Examples that were checked: what they were, the slowest one's seconds of CPU, and the memory
    in MB after each batch."""

    check: Callable[[Any], str]
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    memory: list[float] = field(default_factory=list)

    def run(self, samples: st.SearchStrategy[Any], count: int) -> None:
        for number, size in enumerate([BATCH] * (count // BATCH) or [count]):
            quiet = settings(
                max_examples=size,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            seed(number)(quiet(given(samples)(self.try_one)))()
            self.memory.append(resident())

    def try_one(self, sample: Any) -> None:
        begin = time.process_time()
        outcome = self.check(sample)
        seconds = time.process_time() - begin
        assert seconds < MOST_SECONDS
        self.slowest = max(self.slowest, seconds)
        self.outcomes[outcome] += 1

    @property
    def growth(self) -> float:
        """MB that memory grew after the first batch."""
        return self.memory[-1] - self.memory[0]

    def __str__(self) -> str:
        first, last = self.memory[0], self.memory[-1]
        kinds = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common(5))
        return (
            f"{self.outcomes.total()} in {len(self.memory)} batches ({kinds}, …); the slowest took "
            f"{self.slowest:.3f} s of CPU; {first:.0f} MB after the first batch, {last:.0f} MB at "
            "the end"
        )


def test_any_page_is_an_article_that_keeps_its_promises_or_a_rejection(record_property):
    trial = Trial(checks.check_page)
    trial.run(strategies.pages(), FUZZED)
    record_property("fuzzed", f"pages: {trial}")
    assert trial.growth < MOST_GROWTH, trial
    articles = {name for name in trial.outcomes if name.startswith("article of")}
    assert articles == {f"article of {layout.name}" for layout in LAYOUTS}, "the pages are too bad"


def test_any_answer_is_read_row_by_row_or_refused(record_property):
    trial = Trial(checks.check_answer)
    trial.run(strategies.answers(), FUZZED)
    record_property("fuzzed", f"answers: {trial}")
    assert trial.growth < MOST_GROWTH, trial
    assert trial.outcomes["rows"] > trial.outcomes.total() / 10, "the answers are too bad"


def test_any_answer_goes_into_a_ledger():
    database = engine("sqlite://")
    trial = Trial(lambda answer: checks.check_answer(answer, database))
    trial.run(strategies.answers(), FUZZED // LEDGER_SHARE)
    assert trial.outcomes["rows"]


@pytest.mark.parametrize("path", sorted((CORPUS / "pages").iterdir()), ids=lambda path: path.stem)
def test_a_page_of_the_corpus_keeps_its_promises(path):
    checks.check_page(page_of(path.read_bytes()))


@pytest.mark.parametrize("layout", [layout.name for layout in LAYOUTS])
def test_the_corpus_has_an_article_of_every_layout(layout):
    page = page_of((CORPUS / "pages" / f"{layout}.html").read_bytes())
    assert checks.check_page(page) == f"article of {layout}"


@pytest.mark.parametrize("path", sorted((CORPUS / "answers").iterdir()), ids=lambda path: path.stem)
def test_an_answer_of_the_corpus_keeps_its_promises(path):
    checks.check_answer(answer_of(path.read_bytes()))


@pytest.mark.parametrize(
    "html",
    [
        "<p onclick=alert(1)>x</p>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<svg><a xlink:href=javascript:alert(1)>",
        "<a href='data:text/html,x'>x</a>",
        "<a href='data:image/svg+xml,x'>x</a>",
        "<svg><a><animate attributeName=href values='/a;javascript:alert(1)'>",
        "<script>x</script>",
        "<math><mtext><script>x</script>",
        "<noscript><img src=x onerror=alert(1)></noscript>",
        "<iframe srcdoc='<p>'></iframe>",
        "<iframe src='https://e.example/'></iframe>",
        "<template><p>x</template>",
        "<p style='width:expression(alert(1))'>x</p>",
        "<style>@import 'https://e.example/'</style>",
        "<form><input></form>",
        "<!--> <img src=x onerror=alert(1)> -->",
    ],
)
def test_the_judge_sees_what_acts(html):
    assert judge.alive(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p title='onclick=alert(1)'>onclick=alert(1) javascript:alert(1)</p>",
        "<a href='https://finance.sina.com.cn/javascript:x'>x</a>",
        "<img src='data:image/svg+xml,&lt;svg onload=alert(1)&gt;'>",
        "&lt;script&gt;alert(1)&lt;/script&gt;<!-- <script>x</script> -->",
        "<svg viewBox='0 0 1 1'><path d='M0 0'/></svg><style>p { color: red }</style>",
    ],
)
def test_the_judge_passes_what_does_not_act(html):
    assert judge.alive(html) == []
