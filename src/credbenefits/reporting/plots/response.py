"""The plots of response rates: who was asked, reached, answered and linked, and answers over time."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.reporting.plots.base import (
    SMALL,
    drawn,
    height_of_legend,
    legend,
    marks,
    named,
    narrow,
    numbered,
    plain,
    say,
)
from credbenefits.reporting.plots.palette import BLUE, GREY, GRID, GROUPS, PALE
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes
    from credbenefits.results.response.rates import ResponseRate, ResponseRatesResult, ResponseSteps

#: Names of days or reminders that stand under the axis at most.
_MOST_NAMED = 8


def plot_steps(result: ResponseRatesResult, ax: Axes | None = None) -> Axes:
    """Draw, for each wave, how many were asked, reached, answered and linked, with the numbers."""
    if not result.steps:
        raise InputError(
            "kind",
            allowed="'steps' without groups",
            received=f"groups by {' and '.join(result.by)}",
            fix="Plot response_rates() without by=.",
        )
    bars = [bar for step in result.steps for bar in _bars_of(step, several=len(result.steps) > 1)]
    rows = rows_of(((label, "") for label, *_ in bars), least=0.3)
    most = max(1, *(n for _, n, *_ in bars))

    def draw(axes: Axes) -> None:
        for (_, n, words, color), y in zip(bars, rows.middles, strict=True):
            axes.barh([y], [n], height=0.2, color=color, edgecolor="none", linewidth=0.0)
            say(axes, n + 0.015 * most, y, words, ha="left")
        axes.set_xlim(0, most * (1.5 if narrow() else 1.25))
        rows.put(axes)
        numbered(axes, marks(0, most, least=1, most=3 if narrow() else 6))
        named(axes, f"people ({result.people})" if result.people != "people" else "people")
        plain(axes)

    return drawn(ax, draw, rows.total + 0.75)


def _bars_of(step: ResponseSteps, *, several: bool) -> list[tuple[str, int, str, str]]:
    """Return label, length, words and colour of each bar of a wave."""
    steps = [("asked", step.asked, GREY), ("reached", step.reached, PALE)]
    steps.append(("answered", step.answered, BLUE))
    if step.linked is not None:
        steps.append(("linked to another wave", step.linked, BLUE))
    before = f"{step.wave}: " if several else ""
    places = decimals([step.asked])
    bars = []
    for name, n, color in steps:
        words = f"{n:,}"
        if step.asked and name != "asked":
            words += f" ({percent(n / step.asked, places)} of asked)"
        bars.append((f"{before}{name}", n, words, color))
    return bars


def plot_effort(result: ResponseRatesResult, ax: Axes | None = None) -> Axes:
    """Draw the rate by the day or reminder up to which people answered: a line for each rate and group."""
    called = _names_of(result)
    curves = [(called[key], list(rows)) for key, rows in groupby(result.rows, _curve)]
    names = [name for name, _ in curves]
    levels = list(dict.fromkeys(row.effort or "" for row in result.rows))
    at = _places(levels)
    highest = max((row.conf_high for row in result.rows if not math.isnan(row.conf_high)), default=1.0)
    several = len(curves) > 1
    rates = ", ".join(dict.fromkeys(row.rate for row in result.rows))

    def draw(axes: Axes) -> None:
        handles: list[object] = []
        wide = (at[levels[-1]] - at[levels[0]]) or 1.0
        for k, (_, rows) in enumerate(curves):
            x = [at[row.effort or ""] for row in rows]
            if not several:
                limits = [[100 * limit for limit in pair] for pair in zip(*map(_limits, rows), strict=True)]
                axes.fill_between(x, *limits, color=PALE, alpha=1.0, linewidth=0.0, edgecolor="none")
            y, color = [100 * row.estimate for row in rows], GROUPS[k % len(GROUPS)] if several else BLUE
            look = {"color": color, "linewidth": 1.7, "linestyle": "-", "marker": "o", "markersize": 4.0}
            handles += axes.plot(x, y, **look)
            if rows[-1].n:
                ends = percent(rows[-1].estimate, decimals([int(rows[-1].n)]))
                say(axes, x[-1] + 0.02 * wide, y[-1], ends, ha="left")
        _scale(axes, levels, at, highest)
        named(axes, f"answered by then, percent of those asked ({rates})")
        if several:
            legend(axes, handles, names)

    return drawn(ax, draw, 3.2 + (height_of_legend(names) if several else 0.0))


def _scale(ax: Axes, levels: Sequence[str], at: Mapping[str, float], highest: float) -> None:
    """Write days or reminders under the axis, percents beside it."""
    step = -(-len(levels) // (3 if narrow() else _MOST_NAMED))
    shown = levels[::step]
    first, last = at[levels[0]], at[levels[-1]]
    room = (last - first) or 1.0
    ax.set_xticks([at[level] for level in shown], shown, fontsize=SMALL)
    ax.set_xlim(first - 0.03 * room, last + 0.12 * room)
    top = 100 * min(1.0, 1.1 * highest)
    ticks = marks(0, top)
    plain(ax)
    ax.set_ylim(0, top)
    ax.set_yticks(ticks, [f"{tick:g}%" for tick in ticks], fontsize=SMALL)
    ax.grid(axis="y", color=GRID, linestyle="-", linewidth=0.8, alpha=1.0, marker="")


def _places(levels: Sequence[str]) -> dict[str, float]:
    """Return where each day or reminder stands: numbers and days at their distances, else at equal ones."""
    with suppress(ValueError):
        return {level: float(level) for level in levels}
    with suppress(ValueError):
        return {level: float(date.fromisoformat(level).toordinal()) for level in levels}
    return {level: float(k) for k, level in enumerate(levels)}


def _limits(row: ResponseRate) -> tuple[float, float]:
    return row.conf_low, row.conf_high


def _curve(row: ResponseRate) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Return what tells one curve from the others."""
    return row.wave, row.group, row.rate


def _names_of(result: ResponseRatesResult) -> dict[tuple[str, tuple[tuple[str, str], ...], str], str]:
    """Name each curve by what differs between them."""
    waves, rates = ({getattr(row, name) for row in result.rows} for name in ("wave", "rate"))
    return {
        _curve(row): ", ".join(
            [
                *([row.wave] if len(waves) > 1 else []),
                *(f"{column} = {value}" for column, value in row.group),
                *([row.rate] if len(rates) > 1 or not row.group else []),
            ]
        )
        for row in result.rows
    }
