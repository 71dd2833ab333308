"""The plots of attrition: which share of each group is found again, and who was lost after each wave."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from credbenefits.reporting.plots.base import (
    drawn,
    height_of_legend,
    legend,
    marks,
    named,
    narrow,
    numbered,
    plain,
)
from credbenefits.reporting.plots.dots import draw_dots, fitting, marks_at, say_value, words_of
from credbenefits.reporting.plots.palette import BLUE, GREY, GROUPS, ORANGE, PALE, PAPER
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals
from credbenefits.results.attrition.retention import POOLED
from credbenefits.results.base import level_words
from credbenefits.results.parts import Dot

if TYPE_CHECKING:
    from credbenefits._typing import Axes
    from credbenefits.results.attrition.report import AttritionResult

#: What the bars of the funnel are made of: the words, and the colour.
_PARTS = (
    ("answered, and the wave before too", BLUE),
    ("answered, but not the wave before", GROUPS[5]),
    ("lost since the wave before: silent", PALE),
    ("lost: left the population", ORANGE),
    ("lost: not invited", GREY),
)
_RAW, _SHRUNKEN, _ALL = "share found again", "drawn towards that of all groups", "everybody"


def plot_retention(result: AttritionResult, ax: Axes | None = None) -> Axes:
    """Draw the share of each group that is found again, what it is drawn to, and a line for everybody."""
    found, everybody = result.retention, result.retention.everybody
    shares = [
        Dot(
            _label([value for _, value in row.group], result),
            row.estimate,
            row.conf_low,
            row.conf_high,
            note=f"{row.count:,} of {row.n:,}",
            base=row.n,
        )
        for row in found.rows
        if row.n
    ]
    towards = [value for row, value in zip(found.rows, found.columns["shrunken"], strict=True) if row.n]
    drawn_towards = any(math.isfinite(value) for value in towards)
    rows = rows_of(((dot.label, dot.note) for dot in shares), least=0.42)
    level = level_words(found.confidence_level)
    what = f"percent of {result.waves[0]} found again in {result.waves[1]}, with {level} intervals"
    names = [_RAW, *[_SHRUNKEN] * drawn_towards, *[_ALL] * bool(found.by)]

    def draw(axes: Axes) -> None:
        scale = fitting(axes, shares, "percent")
        rows.put(axes)
        named(axes, what)
        handles = []
        if found.by and everybody is not None and everybody.n:
            line = axes.axvline(
                scale.of(everybody.estimate), color=GREY, linewidth=1.1, linestyle="--", marker="", zorder=0.5
            )
            handles.append(line)
        given = list(zip(shares, rows.middles, strict=True))
        raw = draw_dots(axes, given, scale, marker="o", color=BLUE, words=_RAW)
        places = decimals(dot.base for dot in shares)
        for row in given:
            say_value(axes, row, scale, words_of(row[0], "percent", places))
        if drawn_towards:
            at = [(scale.of(x), y + 0.12) for x, y in zip(towards, rows.middles, strict=True)]
            handles.insert(0, marks_at(axes, at, "D", color=ORANGE, face=PAPER, size=4.5, words=_SHRUNKEN))
        if found.by:
            legend(axes, [raw, *handles], names)

    return drawn(ax, draw, rows.total + 0.62 + (height_of_legend(names) if found.by else 0.0))


def _label(values: list[str], result: AttritionResult) -> str:
    """Name a group by its values, and the one row that is of no group."""
    if set(values) == {POOLED}:
        return POOLED
    return ", ".join(values) or f"all of {result.waves[0]}"


def plot_funnel(result: AttritionResult, ax: Axes | None = None) -> Axes:
    """Draw who answered each wave, and beside them whom of the wave before it lost."""
    steps = result.funnel.rows
    sizes = [
        (row.from_before, row.returned + row.new, row.lost_silent, row.lost_ineligible, row.lost_not_invited)
        for row in steps
    ]
    sizes[0] = (steps[0].answered, 0, 0, 0, 0)  # there is no wave before the first
    used = [k for k in range(len(_PARTS)) if any(size[k] for size in sizes)]
    lost = [sum(size[2:]) for size in sizes]
    notes = [
        f"{row.answered:,} answered" + (f"; {gone:,} lost" if place else "")
        for place, (row, gone) in enumerate(zip(steps, lost, strict=True))
    ]
    rows = rows_of(((row.wave, note) for row, note in zip(steps, notes, strict=True)), least=0.46)
    names = [_PARTS[k][0] for k in used]

    def draw(axes: Axes) -> None:
        ends, handles = [0.0] * len(steps), []
        for k in used:
            width = [float(size[k]) for size in sizes]
            bars = axes.barh(
                rows.middles,
                width,
                left=ends,
                height=0.24,
                color=_PARTS[k][1],
                edgecolor="none",
                linewidth=0.0,
            )
            ends = [end + more for end, more in zip(ends, width, strict=True)]
            handles.append(bars)
        most = max(*ends, 1.0)
        axes.set_xlim(0, most * 1.02)
        rows.put(axes)
        numbered(axes, marks(0, most, least=1, most=3 if narrow() else 6))
        named(axes, "people")
        plain(axes)
        legend(axes, handles, names)

    return drawn(ax, draw, rows.total + 0.7 + height_of_legend(names))
