"""The charts of the page, as Vega-Lite specifications.

Whatever comes from outside stands in their data and nowhere else: Vega evaluates expressions of a
specification, and takes data for text. Times are texts of China's days, which the charts read as
those of UTC, so that a reader's own zone moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt

Rows = Sequence[Mapping[str, object]]
Specification = dict[str, Any]  # of Vega-Lite, https://vega.github.io/vega-lite/docs/spec.html
FONTS = (
    "system-ui, -apple-system, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei',"
    " 'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)
BLUE, ORANGE, RED, PURPLE, GREY, GREEN = (
    *("#2f7ed8", "#e08a00", "#d6455d"),
    *("#8e5bd0", "#8c94a0", "#2e9e6b"),
)
FAINTEST = 0.04  # opacity of what is least, on a dark and on a light page
_HEIGHT = 180  # pixels
_TICKS = 3  # days that an axis names: a phone has room for no more
_ROW = 22  # pixels of a row that has a label


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour means: the text of its legend, and the colour."""

    text: str
    colour: str


def _chart(rows: Rows) -> alt.Chart:
    return alt.Chart(alt.InlineData([dict(row) for row in rows]), width="container")


def _days(rows: Rows) -> dict[str, Any]:
    """The channels of bars that go from one day to another, and from `bottom` to `top`."""
    days = sorted({date.fromisoformat(str(row["from"])) for row in rows})
    step = max(1, -(-len(days) // _TICKS))  # rounded up
    ticks = [alt.DateTime(year=d.year, month=d.month, date=d.day, utc=True) for d in days[::step]]
    axis = alt.Axis(values=ticks, format="%Y-%m-%d", grid=False, labelOverlap="greedy")
    return {
        "x": alt.X("from:T", title=None, scale=alt.Scale(type="utc"), axis=axis),
        "x2": alt.X2("to:T"),
    }


def bars_over_time(rows: Rows, label: str, keys: Sequence[Key] = ()) -> Specification:
    """Bars over the days `from` to `to`, that one not included, which begin at `bottom` and end at
    `top`; `label` is the name of that axis, `when` how the bar's time reads, `value` the bar's own.
    With keys, `key` is the text of one of them."""
    tooltip = [
        alt.Tooltip("when:N", title=" "),
        *([alt.Tooltip("key:N", title=" ")] if keys else []),
        alt.Tooltip("value:Q", title=label),
    ]
    encoding = _days(rows) | {
        "y": alt.Y("bottom:Q", title=label, axis=alt.Axis(tickCount=5, tickMinStep=1)),
        "y2": alt.Y2("top:Q"),
        "tooltip": tooltip,
    }
    if keys:
        encoding["color"] = _colour("key", keys)
    bars = _chart(rows).mark_bar(color=BLUE, x2Offset=-1)  # pixels that part it from the next
    return _specified(bars.encode(**encoding), _HEIGHT)


def _colour(field: str, keys: Sequence[Key]) -> alt.Color:
    scale = alt.Scale(domain=[key.text for key in keys], range=[key.colour for key in keys])
    legend = alt.Legend(orient="top", title=None, columns=3)
    return alt.Color(f"{field}:N", scale=scale, legend=legend)


def cells(rows: Rows, axes: tuple[str, str], value: str, label: str) -> Specification:
    """A cell for each hour `x` and each `y`, in the order of the rows, and more opaque with the
    share of the most, `opacity`; `axes` are the names of x and y."""
    across, down = axes
    every = [*range(0, 24, 3)]
    bottom = alt.Axis(values=every, labelAngle=0, ticks=False, domain=False)
    side = alt.Axis(ticks=False, domain=False)
    chart = (
        _chart(rows)
        .mark_rect(color=BLUE)
        .encode(
            x=alt.X("x:O", title=across, axis=bottom, sort=None),
            y=alt.Y("y:O", title=None, axis=side, sort=None),
            opacity=alt.Opacity("opacity:Q", scale=_OPACITY, legend=None),
            tooltip=[
                alt.Tooltip("y:N", title=down),
                alt.Tooltip("x:N", title=across),
                alt.Tooltip(f"{value}:Q", title=label),
            ],
        )
    )
    return _specified(chart, _height(rows))


_OPACITY = alt.Scale(domain=[0, 1], range=[FAINTEST, 1])


def shares(rows: Rows, titles: tuple[str, str, str]) -> Specification:
    """A cell for each column `x` and field `y`, more opaque with its `share`, red where it is
    `low`; `titles` are the names of what the columns begin with, `when`, of fields, of shares."""
    when, field, share = titles
    side = alt.Axis(ticks=False, domain=False)
    colour = alt.Color("low:N", scale=alt.Scale(domain=[False, True], range=[BLUE, RED]))
    chart = (
        _chart(rows)
        .mark_rect()
        .encode(
            x=alt.X("x:O", axis=None),
            y=alt.Y("y:O", title=None, axis=side, sort=None),
            color=colour.legend(None),
            opacity=alt.Opacity("opacity:Q", scale=_OPACITY, legend=None),
            tooltip=[
                alt.Tooltip("y:N", title=field),
                alt.Tooltip("when:N", title=when),
                alt.Tooltip("share:Q", title=share, format=".1%"),
            ],
        )
    )
    return _specified(chart, _height(rows))


def rows_of_bars(rows: Rows, value: str, label: str, keys: Sequence[Key]) -> Specification:
    """A bar to the right for each `y`, in the order of the rows, in the colour of its `key`."""
    side = alt.Axis(ticks=False, domain=False, labelLimit=140)
    chart = (
        _chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y("y:N", title=None, axis=side, sort=None),
            x=alt.X(f"{value}:Q", title=label, axis=alt.Axis(tickCount=4)),
            color=_colour("key", keys),
            tooltip=[alt.Tooltip("y:N", title=" "), alt.Tooltip(f"{value}:Q", title=label)],
        )
    )
    return _specified(chart, _height(rows))


def _height(rows: Rows) -> int:
    """Pixels for as many rows as there are `y`. Vega-Lite's own steps have it warn of a width that
    is fitted."""
    return _ROW * len({row["y"] for row in rows})


def _specified(chart: alt.Chart, height: int) -> Specification:
    """The chart as the page's script draws it; its colours of text and lines are the page's."""
    specification: Specification = (
        chart.properties(
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
            background="transparent",
            height=height,
        )
        .configure(font=FONTS)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelFontSize=12)
        .configure_view(stroke=None)
        .to_dict()
    )
    return specification
