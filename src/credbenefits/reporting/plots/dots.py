"""The chart of estimates: a dot in each row with its interval and its value, on an axis that fits them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting.plots.base import (
    SMALL,
    drawn,
    height_of_legend,
    legend,
    lined,
    marks,
    named,
    narrow,
    numbered,
    plain,
    width,
)
from credbenefits.reporting.plots.palette import BLUE, GREY, ORANGE, PAPER
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals, percent, points, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from credbenefits._typing import Axes, Unit
    from credbenefits.results.parts import Dot

#: What hollow circles beside weighted estimates show.
ALONE = "same people, unweighted"
#: Written at a dot whose interval is not known, which is hollow.
NO_INTERVAL = "no interval"
_KINDS: dict[Unit, str] = {
    "percent": "percent of those in the base",
    "points": "difference in percentage points",
    "number": "",
}


def plot_dots(dots: Sequence[Dot], *, unit: Unit, ax: Axes | None = None, what: str | None = None) -> Axes:
    """Draw a row for each estimate: its value at the dot, its interval as a line, its note under its label.

    Parameters
    ----------
    dots : sequence of Dot
        Proportions and differences of proportions as such, not as percents.
    unit : {"percent", "points", "number"}
        What they are. Shares are drawn from 0 on; differences beside a line at 0.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; new ones are made if none are given.
    what : str, optional
        What stands under the axis, by default what the unit is.

    Returns
    -------
    matplotlib.axes.Axes
    """
    rows = rows_of(((dot.label, dot.note) for dot in dots), least=0.5 if any(map(_both, dots)) else 0.36)
    weighted = any(dot.weighted for dot in dots)

    def draw(axes: Axes) -> None:
        scale = fitting(axes, dots, unit)
        rows.put(axes)
        named(axes, _KINDS[unit] if what is None else what)
        handles = _draw_rows(axes, list(zip(dots, rows.middles, strict=True)), scale, unit)
        if weighted and handles:
            legend(axes, list(handles.values()), list(handles))

    above = height_of_legend([ALONE, *(words for words, _, _ in _LOOKS.values())]) if weighted else 0.0
    return drawn(ax, draw, rows.total + 0.62 + above)


# ---- the axis ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scale:
    """The part of an axis that is drawn on, in the numbers that it shows."""

    factor: float
    low: float
    high: float

    def of(self, value: float) -> float:
        """Return where a value stands; one beyond the axis stands at its end."""
        return min(max(self.factor * value, self.low), self.high)


def fitting(ax: Axes, dots: Iterable[Dot], unit: Unit) -> Scale:
    """Scale an axis so that all estimates and intervals are in it, and no more.

    Shares start at 0, and end at 100 where some are above 60.
    """
    factor = 1.0 if unit == "number" else 100.0
    known = [
        factor * value
        for dot in dots
        for value in (dot.estimate, dot.low, dot.high, math.nan if dot.unweighted is None else dot.unweighted)
        if math.isfinite(value)
    ]
    if unit != "number":
        known.append(0.0)
    low, high = min(known, default=0.0), max(known, default=1.0)
    if unit == "percent":
        low, high = 0.0, 100.0 if high > 60 else max(high, 0.5)
    elif high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    at = marks(low, high, most=4 if narrow() else 6)
    step = at[1] - at[0] if len(at) > 1 else high - low
    while at[-1] < high - 1e-9:
        at.append(at[-1] + step)
    while at[0] > low + 1e-9:
        at.insert(0, at[0] - step)
    numbered(ax, at, signed=unit == "points")
    scale = Scale(factor, at[0], at[-1])
    # Beside the last number there is room for the value at a dot.
    room = min(1.2 / width(), 0.35) * (scale.high - scale.low)
    ax.set_xlim(scale.low - 0.1 * room, scale.high + room)
    ax.spines["bottom"].set_bounds(scale.low, scale.high)
    lined(ax)
    plain(ax)
    if scale.low < 0 <= scale.high or unit == "points":
        ax.axvline(0, color=GREY, linewidth=1.2, linestyle="-", marker="")
    return scale


# ---- the rows ----------------------------------------------------------------------------------------------


def _draw_rows(ax: Axes, given: Sequence[tuple[Dot, float]], scale: Scale, unit: Unit) -> dict[str, object]:
    """Draw the rows, each around its height, and return what is to be named in a legend."""
    places = decimals(dot.base for dot, _ in given)
    rows = [(dot, y + 0.11 * _both(dot)) for dot, y in given]
    handles: dict[str, object] = {}
    for weighted, (words, marker, color) in _LOOKS.items():
        some = [(dot, y) for dot, y in rows if dot.weighted == weighted and math.isfinite(dot.estimate)]
        if some:
            handles[words] = draw_dots(ax, some, scale, marker=marker, color=color, words=words)
    pairs = [(scale.of(dot.unweighted or 0.0), y - 0.22) for dot, y in rows if _both(dot)]
    if pairs:
        handles[ALONE] = circles(ax, pairs)
    for dot, y in rows:
        if math.isfinite(dot.estimate):
            say_value(ax, (dot, y), scale, words_of(dot, unit, places))
        else:
            value(ax, max(scale.low, 0.0), y, "no estimate", color=GREY)
        if _both(dot):
            assert dot.unweighted is not None
            words = written(dot.unweighted, unit, places)
            value(ax, scale.of(dot.unweighted), y - 0.22, words, color=GREY)
    return handles


#: How estimates that are weighted, or are not, are called and drawn.
_LOOKS = {False: ("share of those who answered", "o", BLUE), True: ("weighted estimate", "s", ORANGE)}


def _both(dot: Dot) -> bool:
    """Tell whether an unweighted share stands beside an estimate."""
    return dot.unweighted is not None and math.isfinite(dot.unweighted)


def known(dot: Dot) -> bool:
    """Tell whether the interval of an estimate is known."""
    return not math.isnan(dot.low + dot.high) or math.isinf(dot.low) or math.isinf(dot.high)


def end_of(dot: Dot, scale: Scale) -> float:
    """Return where the drawing of a row ends on the right."""
    return max(scale.of(dot.high), scale.of(dot.estimate)) if known(dot) else scale.of(dot.estimate)


def words_of(dot: Dot, unit: Unit, places: int) -> str:
    """Return what is written at a dot."""
    return written(dot.estimate, unit, places) + ("" if known(dot) else f" ({NO_INTERVAL})")


def written(number_: float, unit: Unit, places: int) -> str:
    """Write a number as it stands at a dot."""
    if unit == "number":
        return ratio(number_)
    return (percent if unit == "percent" else points)(number_, places)


def value(ax: Axes, x: float, y: float, words: str, *, color: object = None, left: bool = False) -> None:
    """Write a value right of what is drawn, or left of it."""
    ax.annotate(
        words,
        (x, y),
        xytext=(-7 if left else 7, 0),
        textcoords="offset points",
        fontsize=SMALL,
        color=ax.xaxis.label.get_color() if color is None else color,
        va="center",
        ha="right" if left else "left",
        annotation_clip=False,
        # On paper of its own, so that no line runs through the digits.
        bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 0.5},
    )


def say_value(ax: Axes, row: tuple[Dot, float], scale: Scale, words: str) -> None:
    """Write the value of an estimate behind its interval; without one the words are longer."""
    dot, y = row
    end = end_of(dot, scale)
    value(ax, end, y, words, left=not known(dot) and end > (scale.low + scale.high) / 2)


def draw_dots(
    ax: Axes,
    rows: Sequence[tuple[Dot, float]],
    scale: Scale,
    *,
    marker: str,
    color: str,
    words: str,
    hollow: bool = False,
) -> object:
    """Draw estimates with their intervals, each at its height.

    An interval that goes on beyond the axis ends in an arrow. A dot without an interval is hollow.
    """
    x = [scale.of(dot.estimate) for dot, _ in rows]
    y = [height for _, height in rows]
    # Rounding can put a limit a hair on the wrong side of the estimate, which matplotlib refuses.
    left = [max(at - scale.of(dot.low), 0.0) if known(dot) else math.nan for at, (dot, _) in _zip(x, rows)]
    right = [max(scale.of(dot.high) - at, 0.0) if known(dot) else math.nan for at, (dot, _) in _zip(x, rows)]
    made = ax.errorbar(
        x,
        y,
        xerr=[left, right],
        fmt=marker,
        color=color,
        markerfacecolor=PAPER if hollow else color,
        markeredgecolor=color,
        markeredgewidth=1.2,
        markersize=5.5,
        capsize=2.5,
        linewidth=1.7,
        label=words,
        clip_on=False,
    )
    bare = [(at, height) for at, (dot, height) in _zip(x, rows) if not known(dot)]
    if bare and not hollow:
        marks_at(ax, bare, marker, color=color, face=PAPER)
    for sign, arrow in ((-1, "<"), (1, ">")):
        beyond = [
            (scale.of(sign * math.inf), height)
            for dot, height in rows
            if (dot.low if sign < 0 else dot.high) == sign * math.inf
        ]
        if beyond:
            marks_at(ax, beyond, arrow, color=color, face=color)
    return made.lines[0]


def _zip(x: Sequence[float], rows: Sequence[tuple[Dot, float]]) -> Iterator[tuple[float, tuple[Dot, float]]]:
    return zip(x, rows, strict=True)


def circles(ax: Axes, at: Sequence[tuple[float, float]], *, size: float = 5.0) -> object:
    """Draw hollow circles: the shares of the same people before weighting."""
    return marks_at(ax, at, "o", color=GREY, face=PAPER, size=size, words=ALONE)


def marks_at(
    ax: Axes,
    at: Sequence[tuple[float, float]],
    marker: str,
    *,
    color: str,
    face: str,
    size: float = 5.5,
    words: str = "_",
) -> object:
    """Draw one kind of mark at each point; returns what a legend names."""
    return ax.plot(
        [x for x, _ in at],
        [y for _, y in at],
        linestyle="none",
        marker=marker,
        color=color,
        markerfacecolor=face,
        markeredgecolor=color,
        markeredgewidth=1.2,
        markersize=size,
        label=words,
        clip_on=False,
        zorder=2.5,
    )[0]
