"""The plots of weights: what they change in estimates, how unequal they are, and who carries how much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.reporting.plots.base import (
    drawn,
    height_of_legend,
    legend,
    lined,
    marks,
    named,
    narrow,
    numbered,
    plain,
    say,
)
from credbenefits.reporting.plots.dots import draw_dots, fitting, say_value, value, words_of
from credbenefits.reporting.plots.palette import BLUE, GREY, ORANGE, PALE
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals, number
from credbenefits.results.base import level_words
from credbenefits.results.parts import Dot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes, FloatArray, Unit
    from credbenefits.results.weighing.effect import WeightEffect, WeightEffectResult

#: Bars of a histogram.
_BARS = 30
#: Height of the axes of a histogram or a curve, in inches.
_HEIGHT = 2.6
_CHANCE = "half the width of the unweighted interval, to both sides"
_CHANGES: dict[Unit, str] = {"points": "weighted less unweighted", "number": "weighted over unweighted"}


def plot_effect(result: WeightEffectResult, ax: Axes | None = None) -> Axes:
    """Draw what weighting changes in each estimate, before how far the unweighted interval reaches."""
    unit = _unit(result)
    dots = [_dot(row) for row in result.rows]
    rows = rows_of(((dot.label, dot.note) for dot in dots), least=0.36)
    reach = [_reach(row) for row in result.rows]

    def draw(axes: Axes) -> None:
        still = 1.0 if unit == "number" else 0.0
        room = [Dot("", still, low, high) for low, high in reach]
        scale = fitting(axes, [*dots, *room], unit)
        rows.put(axes)
        level = level_words(result.confidence_level)
        shown = "over unweighted" if unit == "number" else "less unweighted, in percentage points"
        named(axes, f"weighted {shown}, with {level} intervals")
        wide = [
            (*ends, y) for ends, y in zip(reach, rows.middles, strict=True) if all(map(math.isfinite, ends))
        ]
        start = [scale.of(low) for low, _, _ in wide]
        width = [scale.of(high) - scale.of(low) for low, high, _ in wide]
        bars = axes.barh([y for *_, y in wide], width, left=start, height=0.24, color=PALE)
        known = [(dot, y) for dot, y in zip(dots, rows.middles, strict=True) if math.isfinite(dot.estimate)]
        if not known:
            return
        made = draw_dots(axes, known, scale, marker="s", color=ORANGE, words=_CHANGES[unit])
        places = decimals(dot.base for dot in dots)
        for row in known:
            say_value(axes, row, scale, words_of(row[0], unit, places))
        for dot, y in zip(dots, rows.middles, strict=True):
            if not math.isfinite(dot.estimate):
                value(axes, max(scale.low, still), y, "no estimate", color=GREY)
        legend(axes, [made, bars], [_CHANGES[unit], _CHANCE])

    return drawn(ax, draw, rows.total + 0.62 + height_of_legend([_CHANGES[unit], _CHANCE]))


def _unit(result: WeightEffectResult) -> Unit:
    """Return what is drawn: differences, or ratios, which have an axis of their own."""
    scales = {row.scale for row in result.rows}
    if len(scales) > 1:
        raise MethodError(
            "results",
            allowed="estimates of one kind in a plot",
            received="differences and ratios",
            fix="Ask weights.effect() of each of them, and draw one after the other.",
        )
    return "number" if scales == {"ratio"} else "points"


def _reach(row: WeightEffect) -> tuple[float, float]:
    """Return how far the unweighted interval reaches: half its width to both sides of no change."""
    low, high = row.unweighted_low, row.unweighted_high
    if row.scale == "difference":
        return (low - high) / 2.0, (high - low) / 2.0
    times = math.sqrt(high / low) if low > 0 else math.inf
    return 1.0 / times, times


def _dot(row: WeightEffect) -> Dot:
    group = ", ".join(f"{column} = {name}" for column, name in row.group)
    group += f" against {row.reference}" if row.reference else ""
    label = f"{row.label} ({group})" if group else row.label
    return Dot(label, row.difference, row.conf_low, row.conf_high, note=row.verdict, base=row.n)


def plot_histogram(weight: FloatArray, ax: Axes | None = None) -> Axes:
    """Draw how many people have which weight."""
    largest, median = float(weight.max()), float(np.median(weight))

    def draw(axes: Axes) -> None:
        low, high = min(0.0, float(weight.min())), largest or 1.0
        counts, edges = np.histogram(weight, bins=_BARS, range=(low, high))
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BLUE, edgecolor="none")
        axes.axvline(median, color=ORANGE, linewidth=1.6, linestyle="-", marker="")
        most = float(counts.max())
        axes.set_ylim(0, 1.22 * most)
        axes.set_xlim(low, high)
        right = median > (low + high) / 2
        words = f" median {number(median, 2)}; the largest is {number(largest / median, 1)} times that "
        say(axes, median, 1.12 * most, words, ha="right" if right else "left")
        _people(axes, most)
        numbered(axes, marks(low, high, most=4 if narrow() else 6))
        named(axes, f"weight of a person ({weight.size:,} people)")

    return drawn(ax, draw, _HEIGHT)


def _people(axes: Axes, most: float) -> None:
    """Count people on the y axis, in whole numbers."""
    at = [mark for mark in marks(0, most, least=1.0, most=4) if float(mark).is_integer()]
    plain(axes)
    axes.set_yticks(at, [f"{mark:,.0f}" for mark in at], fontsize=9.0)
    axes.set_ylabel("people", fontsize=9.0)


def plot_shares(weight: FloatArray, ax: Axes | None = None) -> Axes:
    """Draw which part of all weight the people carry who have most of it."""
    largest = np.sort(weight)[::-1]
    carried = 100.0 * np.append(0.0, np.cumsum(largest) / largest.sum())
    people = 100.0 * np.arange(carried.size) / largest.size

    def draw(axes: Axes) -> None:
        axes.fill_between(people, people, carried, color=PALE, edgecolor="none")
        even = axes.plot([0, 100], [0, 100], color=GREY, linewidth=1.2, linestyle="--", marker="")[0]
        curve = axes.plot(people, carried, color=BLUE, linewidth=2.0, linestyle="-", marker="")[0]
        for at, words in _landmarks(largest):
            axes.plot([people[at]], [carried[at]], "o", color=ORANGE, markersize=5.5, clip_on=False)
            paper = {"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 0.5}
            text = f"{words}: {number(carried[at])}%"
            say(axes, people[at] + 2.0, carried[at] - 5.0, text, bbox=paper)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 103)
        numbered(axes, [0, 20, 40, 60, 80, 100])
        lined(axes)
        plain(axes)
        axes.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"], fontsize=9.0)
        axes.set_ylabel("percent of all weight", fontsize=9.0)
        named(axes, f"percent of the {weight.size:,} people, those with the largest weights first")
        legend(axes, [curve, even], ["these weights", "equal weights"])

    return drawn(ax, draw, _HEIGHT + 0.6)


def _landmarks(largest: FloatArray) -> Sequence[tuple[int, str]]:
    """Return how many people are pointed out, and what they are called."""
    tenth = max(1, round(largest.size / 10))
    if largest.size <= 10:
        return [(1, "the largest weight")]
    five = [(5, "five people")] if tenth >= 10 else []
    return [*five, (tenth, f"a tenth ({tenth:,} people)")]
