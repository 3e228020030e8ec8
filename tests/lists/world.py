"""A site's list as it might behave, and harvests of it: the real walks, ledger, report and verdict,
without a network between."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from scrapy.settings import BaseSettings
from sqlalchemy import Engine

from lists.memory import MemoryLedger
from sinanews import settings as project
from sinanews.arguments import Harvest
from sinanews.config import Config
from sinanews.exceptions import RollError
from sinanews.items import Article, Rejection, State
from sinanews.ledger import workers
from sinanews.ledger.claims import Retries
from sinanews.ledger.database import writing
from sinanews.ledger.ledger import Ledger
from sinanews.ledger.records import Claim, Outcome
from sinanews.ledger.selection import Selection
from sinanews.ledger.tables import about, metadata
from sinanews.ledger.watermarks import Watermarks
from sinanews.posts.paths import post_path
from sinanews.reporting.report import Report, account
from sinanews.reporting.silence import stalled
from sinanews.reporting.verdicts import Verdict, verdict
from sinanews.roll import api
from sinanews.spiders.walks import Walks
from sinanews.utils.times import at

NOW = 1_790_000_000
MINUTE, HOUR, DAY = 60, 3600, 86_400
APART = 10 * MINUTE  # between two rows
ROWS = 50
CHANNEL = "guonei"

Answer = dict[str, Any]  # the `result` of an answer
Fault = Callable[[Answer, int], Answer | None]  # None: no answer comes


@dataclass(slots=True)
class Row:
    """A row of the list. `entered` is when it came onto the list, and `newest` the newest row's
    ctime then; `shown` whether an answer had it."""

    docid: str
    ctime: int
    entered: int
    newest: int
    url: str = ""
    mtime: int = 0
    shown: bool = False

    def to_json(self) -> dict[str, str]:
        url = self.url or f"https://finance.sina.com.cn/china/2026-09-29/doc-i{self.docid}.shtml"
        times = {"ctime": self.ctime, "intime": self.entered, "mtime": self.mtime or self.ctime}
        fields = {"docid": f"comos:{self.docid}", "url": url, "title": f"标题{self.docid}"}
        return fields | {name: str(value) for name, value in times.items()}


@dataclass
class Site:
    """A list and its pages.

    `depth` is how many pages the list gives; `faults` change the answers for a page, each so many
    times; `between` is done before the next answers, one each; `statuses` are those of articles
    whose page is not to be had.
    """

    now: int = NOW
    rows: list[Row] = field(default_factory=list)
    depth: int | None = None
    faults: list[tuple[int, int, Fault]] = field(default_factory=list)
    between: list[Callable[[], None]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    _number: int = 0

    @property
    def newest(self) -> int:
        return max((row.ctime for row in self.rows if row.ctime <= self.now), default=0)

    def publish(self, count: int = 1, apart: int = APART) -> None:
        """Lets time go by, and a new row come in each time."""
        for _ in range(count):
            self.now += apart
            self.add(self.now)

    def add(self, ctime: int, place: int | None = None) -> Row:
        """A new row, at its place by ctime or at another."""
        self._number += 1
        row = Row(f"n{self._number:013}", ctime, self.now, max(self.newest, 0))
        if place is None:
            place = sum(other.ctime > ctime for other in self.rows)
        self.rows.insert(place, row)
        return row

    def answer(self, page: int) -> Answer | None:
        if self.between:
            self.between.pop(0)()
        self.requests += 1
        start = (page - 1) * ROWS
        served = [] if self.depth and page > self.depth else self.rows[start : start + ROWS]
        total = {"total": len(self.rows), "rtime": self.now}
        result: Answer | None = {"status": {"code": 0}, "data": list(served)} | total
        for index, (at_page, times, fault) in enumerate(self.faults):
            if at_page in {0, page} and times and result is not None:
                self.faults[index] = (at_page, times - 1, fault)
                result = fault(result, page)
        return result


class Archive:
    """An archive that is filled from a site, a run after the other; `clock` is how far this
    machine's clock is ahead of the site's."""

    def __init__(self, site: Site, ledger: Engine | MemoryLedger, **settings: object) -> None:
        values = {name: getattr(project, name) for name in dir(project) if name.isupper()}
        self.config = Config.from_settings(BaseSettings(values | settings))
        self.site = site
        self.clock = 0
        self.ledger = ledger
        self.written: Counter[tuple[str, int]] = Counter()
        self.articles: dict[str, Article] = {}
        self.settled: set[str] = set()  # written, gone or filtered

    def run(self, killed_after: int | None = None, **arguments: str) -> Report | None:
        """A harvest; None for one that is killed after so many answers."""
        query = Harvest.from_arguments({"channel": CHANNEL} | arguments)
        ledger = self._begin()
        walks = Walks(query, self.config, ledger)
        whole = self._walk(walks, killed_after)
        if isinstance(ledger, Ledger):
            workers.retire(ledger.worker)  # and no more: closed, a ledger in memory would be gone
        if not whole:
            return None
        selection = Selection(
            channels=tuple(channel.name for channel in query.channels),
            since=query.begin if query.since else None,
            until=query.end if query.until else None,
        )
        while batch := ledger.claim(99, replace(selection, written=False)):
            ledger.record_outcomes([self._fetch(claim) for claim in batch])
        while batch := ledger.claim(99, replace(selection, written=True)):
            ledger.record_outcomes([self._fetch(claim) for claim in batch])
        report = self._report(ledger, walks, selection)
        ledger.runs.end(ledger.run, report.verdict, report.to_json())
        return report

    def _begin(self) -> Any:
        now = self.site.now + self.clock
        if isinstance(self.ledger, MemoryLedger):
            self.ledger.clock = now
            self.ledger.begin()
            return self.ledger
        retries = Retries(self.config.failed_pause, self.config.failed_tries, ())
        ledger = Ledger(self.ledger, post_path, lambda: now, retries)
        for run in ledger.runs.killed():
            ledger.runs.end(run, "killed", {})
        ledger.release_dead()
        ledger.begin("china")
        return ledger

    def _walk(self, walks: Walks, killed_after: int | None) -> bool:
        walks.start()
        while walk := walks.walk:
            if killed_after is not None and walk.answers >= killed_after:
                return False
            result = self.site.answer(walk.page)
            if result is None:
                walks.fail("HTTP 500")
                continue
            try:
                rows = result["data"]
                answer = result | {"data": [row.to_json() for row in rows]}
                roll = api.read(json.dumps({"result": answer}), "the list")
            except RollError as error:
                walks.fail(str(error))
            else:
                for row in rows:
                    row.shown |= walks.walk.query.begin <= row.ctime < walks.walk.query.end
                walks.read(roll)
        return True

    def _fetch(self, claim: Claim) -> Outcome:
        docid = claim.story.docid
        status = self.site.statuses.get(docid, 200)
        if status != 200:
            state = State.GONE if status == 410 else State.FAILED
            if state is State.GONE:
                self.settled.add(docid)
            return Outcome(Rejection(docid, claim.story.url, state, f"HTTP {status}"), state)
        self.settled.add(docid)
        changed = self.articles.get(docid)
        if changed and changed.body_html == str(claim.story.mtime):
            return Outcome(changed, State.UNCHANGED, claim.post_path)
        article = Article(
            *(docid, claim.story.url, [CHANNEL], claim.story.title),
            published=at(claim.story.ctime),
            revision=claim.revision + 1,
            body_html=str(claim.story.mtime),
        )
        self.articles[docid] = article
        self.written[docid, article.revision] += 1
        state = State.UPDATED if claim.revision else State.WRITTEN
        return Outcome(article, state, claim.post_path)

    def _report(self, ledger: Any, walks: Walks, selection: Selection) -> Report:
        others = replace(selection, tries=self.config.failed_tries)
        failures = ledger.runs.failures(ledger.run, others=others)
        report = Report(
            "china",
            ledger.started,
            reason="finished",
            account=account(ledger.runs.account(ledger.run, others=others), walks.filtered),
            failures={str(reason): count for reason, count in failures.items()},
            given_up=ledger.runs.given_up(ledger.run, tries=self.config.failed_tries),
            lists=walks.reports,
            lists_failed=walks.failed,
            rows_broken=walks.rows_broken,
        )
        limit = self.config.stalled_hours * HOUR
        report.stalled = stalled(report, lambda: ledger.runs.last(500), ledger.now(), limit)
        report.verdict = verdict(report).name.lower()
        return report

    def gaps(self) -> list[tuple[int, int]]:
        """The gaps that are told for ever."""
        if isinstance(self.ledger, MemoryLedger):
            found = self.ledger.all_gaps
        else:
            found = Watermarks(self.ledger).gaps()
        return [(gap.since, gap.until) for gap in found]


def is_complete(report: Report | None) -> bool:
    return report is not None and verdict(report) is Verdict.COMPLETE


def clear(database: Engine) -> None:
    """Empties a ledger: making one anew takes longer."""
    with writing(database).begin() as connection:
        for table in metadata.sorted_tables:
            if table is not about:
                connection.execute(table.delete())
