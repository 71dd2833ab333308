"""The plots of a bias report: standardised differences before and after weighting, and partial indicators."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from credbenefits.reporting.plots.base import (
    drawn,
    height_of_legend,
    legend,
    lines_of,
    marks,
    named,
    narrow,
    numbered,
    plain,
    say,
    wrapped,
)
from credbenefits.reporting.plots.palette import BAND, BLUE, GREY, GROUPS, ORANGE
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes
    from credbenefits.results.bias.report import NonresponseBiasResult

#: Differences up to this are drawn in the shaded band.
_BAND = 0.1
#: One marker for each set of weights, by turns.
_MARKERS = "osD^vP*X"
_LOVE = "standardised difference of respondents from everybody (shaded: up to 0.1)"
_CHANCE = "about what chance makes"


def plot_love(report: NonresponseBiasResult, ax: Axes | None = None) -> Axes:
    """Draw the standardised difference of every variable, for each way to weight the respondents."""
    sets = [one.weights for one in report.sets]
    values = {name: {r.variable: r.std_difference for r in report.variables[name]} for name in sets}
    first = [row for row in report.variables if row.weights == sets[0]]
    chance = [(row.by_chance, row.variable) for row in first]
    variables = [row.variable for row in first]
    sizes = "; ".join(f"{one.weights} {number(one.n_effective)}" for one in report.sets)
    what = f"{_LOVE}; n_effective: {sizes}"
    columns = [(name, [values[name][variable] for variable in variables]) for name in sets]
    return _draw(columns, variables, what, ax=ax, chance=[value for value, _ in chance])


def plot_partials(report: NonresponseBiasResult, ax: Axes | None = None) -> Axes:
    """Draw how much of the variation of the propensities lies with each variable."""
    rows = report.partials.of_variables
    columns = [
        ("by itself", [row.cv_unconditional for row in rows]),
        ("all others held fixed", [row.cv_conditional for row in rows]),
    ]
    whole = number(report.indicator.cv, 2)
    what = (
        f"partial coefficient of variation of the probability of answering (all variables together: {whole})"
    )
    return _draw(columns, [row.variable for row in rows], what, ax=ax)


def _draw(
    columns: Sequence[tuple[str, Sequence[float]]],
    variables: Sequence[str],
    what: str,
    *,
    ax: Axes | None,
    chance: Sequence[float] = (),
) -> Axes:
    """Draw a row for each variable, with a marker for each column."""
    lines = rows_of(((name, "") for name in variables), least=0.28)
    names = [*(name for name, _ in columns), *([_CHANCE] if chance else [])]

    def draw(axes: Axes) -> None:
        if chance:
            axes.axvspan(0, _BAND, facecolor=BAND, edgecolor="none", linewidth=0.0)
        axes.axvline(0, color=GREY, linewidth=0.8, linestyle="-", marker="")
        handles = [
            _markers(axes, values, lines.middles, place=place, words=name)
            for place, (name, values) in enumerate(columns)
        ]
        if chance:
            handles.append(_ticks(axes, chance, lines.middles))
        known = [x for _, values in columns for x in values if math.isfinite(x)]
        for row, y in enumerate(lines.middles):
            if not any(math.isfinite(values[row]) for _, values in columns):
                say(axes, 0, y, " not defined", color=GREY)
        most = max([_BAND, *known, *(x for x in chance if math.isfinite(x))])
        axes.set_xlim(-0.02 * most, 1.05 * most)
        lines.put(axes)
        numbered(axes, marks(0, most, most=4 if narrow() else 6))
        named(axes, what)
        plain(axes)
        legend(axes, handles, names)

    below = 0.17 * lines_of(wrapped(what, 4.3, 9.0))
    return drawn(ax, draw, lines.total + below + 0.45 + height_of_legend(names))


def _markers(ax: Axes, x: Sequence[float], y: Sequence[float], *, place: int, words: str) -> object:
    """Draw one column: open circles before weighting, others after it."""
    color = ORANGE if place == 0 else BLUE if place == 1 else GROUPS[place % len(GROUPS)]
    style = {"color": color, "label": words, "markeredgewidth": 1.2, "markersize": 6}
    style["markerfacecolor"] = "none" if place == 0 else color
    return _points(ax, (x, y), _MARKERS[place % len(_MARKERS)], style)


def _ticks(ax: Axes, x: Sequence[float], y: Sequence[float]) -> object:
    """Draw a short line where chance alone would be about."""
    style = {"color": GREY, "label": _CHANCE, "markeredgewidth": 1.4, "markersize": 11}
    return _points(ax, (x, y), "|", style)


def _points(
    ax: Axes, at: tuple[Sequence[float], Sequence[float]], marker: str, style: dict[str, Any]
) -> object:
    """Draw markers without a line, which may lie on the edge."""
    style = {**style, "markeredgecolor": style["color"], "linestyle": "none", "clip_on": False}
    return ax.plot(*at, marker, **style)[0]
