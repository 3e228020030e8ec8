"""The sections of the page: of each what it says, its chart as a specification, and its tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sinanews.ledger.runs import Run
from sinanews.ledger.statistics import Family
from sinanews.reporting.coverage import FALL, FROM_PAGES, REQUIRED
from sinanews.reporting.html import charts
from sinanews.reporting.html.changes import Change
from sinanews.reporting.html.charts import Key, Specification
from sinanews.reporting.html.facts import Facts, RunGroup
from sinanews.reporting.html.words import Words, moment
from sinanews.reporting.terminal import LAST_DAY, empty_days, verdict
from sinanews.utils.times import at, day_start

MOST_ROWS = 15  # of a table of what there may be any number of
MOST_BARS = 92  # of a chart over time: three months of days
MOST_CHARACTERS = 160  # of a title, a reason or an outlet's name
# The share of articles at either end that a chart over time may leave out, where it would be more
# than so many times as long with them: one row dated wrongly would leave nothing else to see.
_OUTLIERS, _TIMES_AS_LONG = 0.005, 4
_EPOCH = date(1970, 1, 1)
_VERDICTS = {
    "complete": charts.GREEN,
    "incomplete": charts.ORANGE,
    "blocked": charts.RED,
    "drifted": charts.PURPLE,
    "stalled": charts.BLUE,
    "open": charts.GREY,
}
_SERIOUS = {"blocked", "drifted", "stalled"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, and if it is more than that, the address that it leads to, the
    share from 0 to 1 that a bar in it shows, whether it is a number, and whether it is bad news."""

    text: str
    url: str | None = None
    bar: float | None = None
    is_number: bool = False
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head of as many cells; `title` where a section has several, `more` are rows
    that are left out. `is_open` is one that is not folded away behind a chart."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    more: int = 0
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: the `name` is its anchor, `says` sentences about what is there, `watch`
    what would be alarming in it."""

    name: str
    title: str
    says: Sequence[str] = ()
    watch: str = ""
    chart: Specification | None = None
    tables: Sequence[Table] = ()
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A number that matters, its name, a note, and whether somebody has to look at it."""

    name: str
    value: str
    note: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """What a verdict asks for, and the sentences that it comes from."""

    verdict: str
    do: str
    sentences: list[str] = field(default_factory=list)


def cut(text: str | None) -> str:
    """The text, as long as a page can show it."""
    text = text or ""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def number(value: float, *, is_bad: bool = False) -> Cell:
    """A count, or a mean, in a cell."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return Cell(text, is_number=True, is_bad=is_bad)


def _barred(count: int, most: int) -> Cell:
    return replace(number(count), bar=count / most if most else 0.0)


def _percent(share: float, *, is_bad: bool = False) -> Cell:
    return Cell(f"{share:.1%}", is_number=True, is_bad=is_bad)


def cards(facts: Facts, words: Words) -> list[Card]:
    """What matters first."""
    view, statistics = facts.view, facts.statistics
    days = {hour // 24 for hour in statistics.hours}
    last, families = view.last_complete, statistics.families.sizes
    age = facts.now - last.ended if last and last.ended else None
    failed = sum(view.failures.values())
    since = view.waiting_since
    reprints = sum(size * count for size, count in families.items())
    mean = words("card_mean", mean=statistics.articles / len(days)) if days else ""
    return [
        Card(words("card_articles"), f"{statistics.articles:,}", mean),
        Card(
            words("card_complete"),
            words("never") if age is None else words.ago(age),
            words("card_run", run=last.id) if last else "",
            is_bad=age is None or age > facts.stalled_hours * 3600,
        ),
        Card(
            words("card_waiting"),
            f"{view.counts.waiting:,}",
            words("card_since", span=words.span(facts.now - since)) if since else "",
        ),
        Card(
            words("card_failed"),
            f"{failed:,}",
            words("card_given_up", count=view.given_up) if view.given_up else "",
        ),
        Card(
            words("card_gaps"),
            f"{len(view.gaps):,}",
            words("card_last_gap", moment=moment(view.gaps[-1].until)) if view.gaps else "",
        ),
        Card(
            words("card_reprints"),
            f"{reprints:,}",
            words("card_families", count=sum(families.values())) if families else "",
        ),
        Card(words("card_revised"), f"{sum(statistics.revised.values()):,}"),
    ]


def advice(facts: Facts, words: Words) -> list[Advice]:
    """What somebody has to do, the sentences of one verdict together."""
    given: dict[str, Advice] = {}
    for problem in facts.problems:
        name = problem.verdict.name.lower()
        made = Advice(words.verdict(name), words(f"do_{name}"))
        given.setdefault(name, made).sentences.append(cut(problem.text))
    return list(given.values())


def sections(facts: Facts, words: Words) -> list[Section]:
    """All of them, in their order."""
    return [
        _daily(facts, words),
        _hours(facts, words),
        _channels(facts, words),
        _sources(facts, words),
        _lateness(facts, words),
        *([_presence(facts.groups, words)] if facts.groups else []),
        _failures(facts, words),
        _runs(facts, words),
        _gaps(facts, words),
        _reprints(facts, words),
        _revisions(facts, words),
    ]


def day_of(days: int) -> date:
    """The day that is so many after the first of 1970."""
    return _EPOCH + timedelta(days)


@dataclass(frozen=True, slots=True)
class Unit:
    """What the bars of a chart over time are of: the name of a text."""

    name: str

    def begin(self, day: int) -> int:
        """The day on which the unit begins that a day is of."""
        first = day_of(day)
        if self.name == "unit_month":
            return day - first.day + 1
        return day if self.name == "unit_day" else day - first.weekday()

    def end(self, day: int) -> int:
        """The day after the last one of the unit that begins on a day."""
        if self.name == "unit_month":
            return self.begin(day + 31)  # no month is longer, and none as short as to be passed by
        return day + (1 if self.name == "unit_day" else 7)

    def reads(self, day: int) -> str:
        """The unit that begins on a day, for a reader."""
        last = day_of(self.end(day) - 1)
        return f"{day_of(day)}" if self.name == "unit_day" else f"{day_of(day)} – {last}"

    def row(self, day: int) -> dict[str, object]:
        """The unit that begins on a day, as charts have it."""
        end = day_of(self.end(day))
        return {"from": f"{day_of(day)}", "to": f"{end}", "when": self.reads(day)}


def unit_for(days: Iterable[int]) -> Unit:
    """Of what the bars of a chart are that has all these days."""
    every = [*days]
    span = max(every) - min(every) + 1
    if span <= MOST_BARS:
        return Unit("unit_day")
    return Unit("unit_week" if span <= MOST_BARS * 7 else "unit_month")


def drawn(days: Mapping[int, int]) -> dict[int, int]:
    """The days that a chart shows: all of them, unless few articles at its ends would make it much
    longer; and of those the last ones for which it has bars."""
    ordered = sorted(days)
    total, passed = sum(days.values()), 0
    inner = []
    for day in ordered:
        share, passed = passed / total, passed + days[day]
        if share + days[day] / total > _OUTLIERS and share < 1 - _OUTLIERS:
            inner.append(day)
    length = ordered[-1] - ordered[0] + 1
    if length > _TIMES_AS_LONG * max(MOST_BARS, inner[-1] - inner[0] + 1):
        ordered = inner
    first = ordered[-1] - MOST_BARS * 30
    return {day: days[day] for day in ordered if day >= first}


def _daily(facts: Facts, words: Words) -> Section:
    days: Counter[int] = Counter()
    for hour, count in facts.statistics.hours.items():
        if 0 < hour // 24 < LAST_DAY:
            days[hour // 24] += count
    shown = drawn(days)
    unit = unit_for(shown)
    bars: Counter[int] = Counter()
    for day, count in shown.items():
        bars[unit.begin(day)] += count
    first, last = min(shown), max(shown)
    means = {}
    for begin, count in sorted(bars.items()):
        # The first and the last unit may have begun before there were articles, or go on.
        length = min(unit.end(begin), last + 1) - max(begin, first)
        means[begin] = count if length == 1 else round(count / length, 1)
    busiest = max(days, key=lambda day: (days[day], day))
    outside = sum(days.values()) - sum(shown.values())
    says = [
        words(
            "daily_says",
            articles=sum(days.values()),
            mean=sum(days.values()) / len(days),
            day=day_of(busiest),
            most=days[busiest],
        )
    ]
    if unit.name != "unit_day":
        says.append(words("daily_week" if unit.name == "unit_week" else "daily_month"))
    if outside:
        says.append(words("daily_outside", count=outside))
    rows = [
        unit.row(begin) | {"bottom": 0, "top": mean, "value": mean} for begin, mean in means.items()
    ]
    chart = charts.bars_over_time(rows, words("daily_axis"))
    table = Table(
        [words("day"), words("daily_axis")],
        [(Cell(unit.reads(begin)), number(mean)) for begin, mean in reversed(means.items())],
        is_open=False,
    )
    return _section("daily", words, says, chart, [table])


def _section(
    name: str,
    words: Words,
    says: Sequence[str],
    chart: Specification | None = None,
    tables: Sequence[Table] = (),
    **watched: object,
) -> Section:
    """A section whose title and what to watch are the texts of its name; `watched` is what to fill
    into the latter."""
    title = words(name)
    # The description is what a screen reader says of the drawing.
    drawing = chart | {"description": title} if chart else None
    return Section(name, title, says, words(f"{name}_watch", **watched), drawing, tables)


def _hours(facts: Facts, words: Words) -> Section:
    weekly: Counter[tuple[int, int]] = Counter()
    for hour, count in facts.statistics.hours.items():
        # 1970 began on a Thursday.
        weekly[(hour // 24 + 3) % 7, hour % 24] += count
    names, most = words.weekdays(), max(weekly.values())
    (weekday, hour), _ = weekly.most_common(1)[0]
    rows = [
        {"x": at_hour, "y": name, "articles": count, "opacity": count / most}
        for place, name in enumerate(names)
        for at_hour in range(24)
        for count in [weekly[place, at_hour]]
    ]
    axes = (words("hours_axis"), words("weekday"))
    chart = charts.cells(rows, axes, "articles", words("articles"))
    table = Table(
        [words("hours_axis"), *names],
        [
            (
                Cell(f"{at_hour}", is_number=True),
                *(number(weekly[place, at_hour]) for place in range(7)),
            )
            for at_hour in range(24)
        ],
        is_open=False,
    )
    says = [words("hours_says", weekday=names[weekday], hour=hour, most=most)]
    return _section("hours", words, says, chart, [table])


def _channels(facts: Facts, words: Words) -> Section:
    articles: Counter[str] = Counter()
    newest: dict[str, int] = {}
    for counted in facts.statistics.channels:
        for name in counted.channels.split(","):
            articles[name] += counted.articles
            newest[name] = max(newest.get(name, 0), counted.newest)
    most = max(articles.values())
    rows = [
        (
            Cell(cut(words.channel(name)) if name else words("source_none")),
            _barred(count, most),
            Cell(moment(newest[name])),
        )
        for name, count in articles.most_common(MOST_ROWS)
    ]
    head = [words("channel"), words("articles"), words("newest")]
    table = Table(head, rows, more=max(0, len(articles) - MOST_ROWS))
    return _section("channels", words, [words("channels_says")], tables=[table])


def _sources(facts: Facts, words: Words) -> Section:
    sources, total = facts.statistics.sources, facts.statistics.articles
    most = max((count for _, count in sources.first), default=0)
    others = total - sources.without - sum(count for _, count in sources.first)
    rows = [
        (Cell(cut(name)), _barred(count, most), _percent(count / total))
        for name, count in sources.first
    ]
    rows += [
        (Cell(words(key)), number(count), _percent(count / total))
        for key, count in (("source_others", others), ("source_none", sources.without))
        if count
    ]
    says = words(
        "sources_says", count=sources.count, shown=len(sources.first), without=sources.without
    )
    table = Table([words("source"), words("articles"), words("share")], rows)
    return _section("sources", words, [says], tables=[table])


def _lateness(facts: Facts, words: Words) -> Section:
    window, counts = facts.window, facts.statistics.lateness
    total = sum(counts)
    keys = {
        name: Key(words(f"found_{name}"), colour)
        for name, colour in (
            ("run", charts.BLUE),
            ("deep", charts.ORANGE),
            ("beyond", charts.RED),
        )
    }
    rows, cells, before = [], [], 0
    for count, bound in zip(counts, [*facts.bounds, None], strict=True):
        found = "beyond"
        if bound is not None and bound <= window.lookback:
            found = "run"
        elif bound is not None and bound <= window.deep_scan_lookback:
            found = "deep"
        name = _class_of_lateness(before, bound, words)
        rows.append({"y": name, "stories": count, "key": keys[found].text})
        is_late = found == "beyond" and bool(count)
        share = _percent(count / total if total else 0.0)
        cells.append((Cell(name), Cell(keys[found].text), number(count, is_bad=is_late), share))
        before = bound or before
    within = sum(
        count
        for count, bound in zip(counts, facts.bounds, strict=False)
        if bound <= window.lookback
    )
    says = words(
        "lateness_says",
        share=within / total if total else 0.0,
        lookback=words.span(window.lookback),
    )
    chart = charts.rows_of_bars(rows, "stories", words("articles"), list(keys.values()))
    head = [words(key) for key in ("lateness_head", "found_by", "articles", "share")]
    return _section(
        "lateness",
        words,
        [says],
        chart,
        [Table(head, cells, is_open=False)],
        every=words.span(window.deep_scan_every),
        deep=words.span(window.deep_scan_lookback),
    )


def _class_of_lateness(before: int, bound: int | None, words: Words) -> str:
    if bound is None:
        return words("lateness_beyond", span=words.span(before))
    if not before:
        return words("lateness_below", span=words.span(bound))
    return words("lateness_up_to", before=words.span(before), span=words.span(bound))


def _presence(groups: Sequence[RunGroup], words: Words) -> Section:
    every, last = sum(groups[1:], groups[0]), groups[-1]
    names = [*REQUIRED, *(name for name in FROM_PAGES if name not in REQUIRED)]
    least = 1 - FALL
    rows = []
    for name in names:
        for place, group in enumerate(groups):
            share = min(1.0, group.share(name))
            low = name in REQUIRED and share < least
            rows.append(
                {
                    "x": place,
                    "y": words.field(name),
                    "when": moment(group.since),
                    "share": round(share, 4),
                    "low": low,
                    "opacity": 1.0 if low else round(share, 4),
                }
            )
    table = Table(
        [words("field"), words("presence_all"), words("presence_last")],
        [
            (
                Cell(words.field(name)),
                _percent(every.share(name)),
                _percent(last.share(name), is_bad=name in REQUIRED and last.share(name) < least),
            )
            for name in names
        ],
        is_open=False,
    )
    says = words(
        "presence_says",
        since=moment(every.since),
        until=moment(every.until),
        runs=every.runs,
        pages=every.pages,
    )
    chart = charts.shares(rows, (words("runs_from"), words("field"), words("share")))
    return _section("presence", words, [says], chart, [table])


def _failures(facts: Facts, words: Words) -> Section:
    failures = facts.view.failures
    if not failures:
        return Section("failures", words("failures"), [words("failures_none")])
    shown = [*failures.items()][:MOST_ROWS]
    most, total = max(failures.values()), sum(failures.values())
    rows = [
        (Cell(cut(reason)), _barred(count, most), _percent(count / total))
        for reason, count in shown
    ]
    head = [words("reason"), words("articles"), words("share")]
    says = words("failures_says", count=total, given_up=facts.view.given_up)
    table = Table(head, rows, more=len(failures) - len(shown))
    return _section("failures", words, [says], tables=[table])


def _runs(facts: Facts, words: Words) -> Section:
    counted: Counter[tuple[int, str]] = Counter()
    for (day, name), count in facts.statistics.verdicts.items():
        counted[day, _known(name)] += count
    if not counted:
        return Section("runs", words("runs"), [words("none")])
    days: Counter[int] = Counter()
    for (day, _), count in counted.items():
        days[day] += count
    shown = drawn(days)
    unit = unit_for(shown)
    bars: Counter[tuple[int, str]] = Counter()
    for (day, name), count in counted.items():
        if day in shown:
            bars[unit.begin(day), name] += count
    names = [name for name in _VERDICTS if any(name == one for _, one in bars)]
    total, complete = days.total(), sum(n for (_, one), n in counted.items() if one == "complete")
    says = words("runs_says", unit=words(unit.name), count=total, complete=complete / total)
    begins = sorted({begin for begin, _ in bars})
    table = Table(
        [words("day"), *map(words.verdict, names)],
        [
            (Cell(unit.reads(begin)), *(_count_of(bars[begin, name], name) for name in names))
            for begin in reversed(begins)
        ],
        is_open=False,
    )
    head = ("run", "began", "took", "verdict", "written", "updated", "failed")
    last = Table(
        [words(key) for key in head],
        [_last_run(run, facts, words) for run in facts.view.runs],
        title=words("runs_last"),
    )
    rows: list[dict[str, object]] = []
    for begin in begins:
        top = 0
        for name in names:
            bottom, top = top, top + bars[begin, name]
            bar = {"key": words.verdict(name), "bottom": bottom, "top": top, "value": top - bottom}
            rows += [unit.row(begin) | bar] if top > bottom else []
    keys = [Key(words.verdict(name), _VERDICTS[name]) for name in names]
    chart = charts.bars_over_time(rows, words("runs_axis"), keys)
    return _section("runs", words, [says], chart, [table, last])


def _count_of(count: int, verdict: str) -> Cell:
    return number(count, is_bad=verdict in _SERIOUS and count > 0)


def _known(verdict: str | None) -> str:
    """The key under which a chart counts a run's verdict; one that nobody knows is as if there was
    none."""
    return verdict if verdict in _VERDICTS else "open"


def _last_run(run: Run, facts: Facts, words: Words) -> Sequence[Cell]:
    name = verdict(run, facts.view)
    account = run.report.get("account", {})
    took = "–" if run.ended is None else words.span(run.ended - run.started)
    counts = (account.get(key) for key in ("written", "updated", "failed"))
    return (
        Cell(f"{run.id}", is_number=True),
        Cell(moment(run.started)),
        Cell(took),
        Cell(words.verdict(name), is_bad=name in _SERIOUS),
        *(number(count) if isinstance(count, int) else Cell("–") for count in counts),
    )


def _gaps(facts: Facts, words: Words) -> Section:
    gaps = [gap for gap in facts.view.gaps if _is_of(gap.since, gap.until, facts)]
    spans = [
        (first, last)
        for first, last in empty_days(facts.view.counts)
        if _is_of(day_start(first), day_start(last), facts)
    ]
    says = [words("gaps_says")] if gaps else [words("gaps_none")]
    tables = []
    if gaps:
        head = [words(key) for key in ("channel", "since", "until", "length", "run")]
        rows = [
            (
                Cell(cut(words.channel(gap.channel))),
                Cell(moment(gap.since)),
                Cell(moment(gap.until)),
                Cell(words.span(gap.until - gap.since)),
                Cell(f"{gap.run}", is_number=True),
            )
            for gap in reversed(gaps[-MOST_ROWS:])
        ]
        tables.append(Table(head, rows, more=max(0, len(gaps) - MOST_ROWS)))
    if spans:
        tables.append(_empty_days(spans, words))
    else:
        says.append(words("days_none"))
    return _section("gaps", words, says, tables=tables)


def _empty_days(spans: Sequence[tuple[date, date]], words: Words) -> Table:
    rows = [
        (Cell(f"{first}"), Cell(f"{last}"), number((last - first).days + 1))
        for first, last in reversed(spans[-MOST_ROWS:])
    ]
    head = [words(key) for key in ("since", "until", "days")]
    return Table(head, rows, words("empty_days"), more=max(0, len(spans) - MOST_ROWS))


def _is_of(since: int, until: int, facts: Facts) -> bool:
    """Whether a time has something in common with the page's period."""
    begin, end = facts.period.since, facts.period.until
    return (begin is None or until >= begin) and (end is None or since < end)


def _reprints(facts: Facts, words: Words) -> Section:
    families = facts.statistics.families
    if not families.sizes:
        return Section("reprints", words("reprints"), [words("reprints_none")])
    says = words(
        "reprints_says",
        reprints=sum(size * count for size, count in families.sizes.items()),
        families=sum(families.sizes.values()),
        shown=len(families.largest),
    )
    keys = ("reprint_first", "source", "reprint_count", "reprint_span", "reprint_sources")
    largest = Table(
        [words(key) for key in keys], [_family(family, words) for family in families.largest]
    )
    most = max(families.sizes.values())
    ordered = sorted(families.sizes.items())
    sizes = Table(
        [words("reprint_count"), words("families")],
        [(number(size), _barred(count, most)) for size, count in ordered[:MOST_ROWS]],
        title=words("family_sizes"),
        more=max(0, len(ordered) - MOST_ROWS),
    )
    return _section("reprints", words, [says], tables=[largest, sizes])


def _family(family: Family, words: Words) -> Sequence[Cell]:
    apart = max(family.latest, family.ctime) - min(family.earliest, family.ctime)
    who = ", ".join(
        f"{cut(name) or words('source_none')} {count:,}" for name, count in family.sources
    )
    return (
        Cell(cut(family.title), url=family.url),
        Cell(cut(family.source)),
        number(family.reprints),
        Cell(words.span(apart)),
        Cell(who),
    )


def _revisions(facts: Facts, words: Words) -> Section:
    if not facts.changes:
        return Section("revisions", words("revisions"), [words("revisions_none")])
    revised = sum(facts.statistics.revised.values())
    says = words("revisions_says", revised=revised, shown=len(facts.changes))
    return replace(_section("revisions", words, [says]), changes=facts.changes)


def period_of(facts: Facts, words: Words) -> str:
    """What the page is of."""
    since, until = facts.period.since, facts.period.until
    if since is None and until is None:
        return words("whole")
    first = words("beginning") if since is None else f"{at(since).date()}"
    last = words("today") if until is None else f"{at(until - 1).date()}"
    return words("period", since=first, until=last)
