"""What a terminal with colours shows: the archive and its runs as tables, a run's report.

Every text goes through `_plain`: what strangers wrote is shown, and steers nothing.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import TextIO

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sinanews.items import STATES, State
from sinanews.ledger.views import View
from sinanews.reporting import terminal
from sinanews.reporting.health import problems
from sinanews.reporting.pace import clock_time
from sinanews.reporting.verdicts import Verdict
from sinanews.utils.files import takes_colour
from sinanews.utils.text import printable

WIDE = 100  # columns from which on all of a run's counts stand side by side
SIDE_BY_SIDE = 76  # and from which on the chart stands beside the states
CHART_COLUMNS = 34  # of a bar; with day and count it fits into 60
# What somebody has to look at is red, what comes right by itself yellow.
VERDICT_STYLES = {v.name.lower(): "red" for v in Verdict} | {
    "complete": "green",
    "recovered": "green",
    "runs": "cyan",
    "incomplete": "yellow",
    "killed": "yellow",
}
BEGUN = "begun (UTC)"
STATE_STYLES = {State.FAILED.value: "red", "waiting": "yellow", "listed": "bold"}


def console(file: TextIO) -> Console:
    """A console for a file that is a terminal, or stands for one."""
    colours = takes_colour(file)
    return Console(
        file=file,
        force_terminal=colours,
        color_system="auto" if colours else None,
        highlight=False,
    )


def show_report(lines: Sequence[str], verdict: str, file: TextIO) -> None:
    """Prints the lines of a run's report, the same to the letter, with its verdict in colour."""
    styles = ["bold " + VERDICT_STYLES.get(verdict, ""), *map(_style, lines[1:])]
    shown = (_plain(line, style) for line, style in zip(lines, styles, strict=True))
    console(file).print(Group(*shown), soft_wrap=True)


def _style(line: str) -> str:
    if line.startswith("listed "):
        return "bold"
    return "red" if line.startswith(("failed, ", "crashed: ", "stalled: ", "drifted: ")) else ""


def show_overview(view: View, now: int, stalled_hours: int, file: TextIO) -> None:
    """Prints an archive and its last runs at a local unix second."""
    screen = console(file)
    wrong = [problem.text for problem in problems(view, now, stalled_hours)]
    remarks = [line for line in terminal.remarks(view, now, stalled_hours) if line not in wrong]
    sections: list[RenderableType] = [
        Group(*(_plain(text, "bold red") for text in wrong))
        if wrong
        else _plain("healthy", "bold green"),
        *_tables(view, terminal.articles_a_day(view.counts, now), screen),
        Group(*map(_plain, remarks)),
        _runs(view, is_wide=screen.width >= WIDE),
    ]
    for number, section in enumerate(sections):
        if number:
            screen.print()
        screen.print(section)


def _tables(view: View, days: Sequence[tuple[date, int]], screen: Console) -> list[Table]:
    """The states, and a chart of the days: side by side where there is room."""
    blocks = screen.encoding.lower().startswith("utf")
    tables = [_states(view), *([_chart(days, blocks=blocks)] if days else [])]
    if screen.width < SIDE_BY_SIDE:
        return tables
    grid = Table.grid(padding=(0, 6, 0, 0))
    grid.add_row(*tables)
    return [grid]


def _states(view: View) -> Table:
    table = _table("state", "stories")
    for state, count in terminal.account(view.counts).items():
        style = STATE_STYLES.get(state, "") if count else "dim"
        table.add_row(state, str(count), style=style)
    return table


def _chart(days: Sequence[tuple[date, int]], *, blocks: bool) -> Table:
    """A bar a day, of the articles' own days in China; of blocks, if the terminal has these."""
    table = _table("day", "articles", "")
    most = max(count for _, count in days)
    for day, count in days:
        bar: RenderableType = Bar(most, 0, count, width=CHART_COLUMNS, color="cyan")
        if not blocks:
            bar = "#" * math.ceil(count * CHART_COLUMNS / most)
        table.add_row(f"{day:%m-%d %a}", str(count), bar)
    return table


def _runs(view: View, *, is_wide: bool) -> RenderableType:
    """The last runs, newest first; all that is told of each, if there is room."""
    if not view.runs:
        return _plain("no runs yet")
    states = [state.value for state in STATES] if is_wide else ["written", "failed"]
    table = _table("run", BEGUN, *(["took"] if is_wide else []), "verdict", "listed", *states)
    for run in view.runs:
        begun, verdict = terminal.begun(run), terminal.verdict(run, view)
        took = "-" if run.ended is None else clock_time(run.ended - run.started)
        account = run.report.get("account", {})
        table.add_row(
            _plain(run.id),
            *([_plain(begun), _plain(took)] if is_wide else [_plain(begun[len("2026-") :])]),
            _plain(verdict, VERDICT_STYLES.get(verdict, "")),
            *(_plain(account.get(name, "-")) for name in ("listed", *states)),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold underline")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="left" if name in {"", "verdict", BEGUN} else "right")
    return table


def _plain(value: object, style: str = "") -> Text:
    return Text(printable(str(value)), style)
