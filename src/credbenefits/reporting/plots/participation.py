"""The plot of participation: how many people answered each wave, and who of them was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting.plots.base import (
    LINE,
    SMALL,
    drawn,
    legend,
    lines_of,
    marks,
    named,
    narrow,
    numbered,
    plain,
    say,
    width,
    wrapped,
)
from credbenefits.reporting.plots.palette import BLUE, PALE
from credbenefits.reporting.plots.rows import rows_of
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.results.base import many

if TYPE_CHECKING:
    from credbenefits._typing import Axes
    from credbenefits.results.tables import FlowResult

#: Waves with a sentence over each; of more waves each has a line.
FEW_WAVES = 6
#: Height of a bar under its sentence, in inches.
_BAR = 0.3
_AGAIN = "again: of those in the first wave, how many are in this one too"


def plot_flow(flow: FlowResult, ax: Axes | None = None) -> Axes:
    """Draw how many people answered each wave, and how many of them link to an earlier one."""
    if len(flow.waves) > FEW_WAVES:
        return _plot_many_waves(flow, ax)
    words = [wrapped(_words(flow, k), 0.92 * width(), SMALL) for k in range(len(flow.waves))]
    bottoms = [0.0]  # in inches from the top: a sentence, its bar, a gap
    for text in words:
        bottoms.append(bottoms[-1] + LINE * lines_of(text) + _BAR + 0.26)
    bars = [bottom - 0.16 - _BAR / 2 for bottom in bottoms[1:]]

    def draw(axes: Axes) -> None:
        most = _bars(flow, axes, bars, height=_BAR)
        for text, bar in zip(words, bars, strict=True):
            say(axes, 0, bar - _BAR / 2 - 0.05, text, va="bottom", ha="left")
        axes.set_yticks([])
        axes.set_ylim(bottoms[-1], 0)
        axes.set_xlim(0, most * 1.02)
        named(axes, "people")
        plain(axes)

    return drawn(ax, draw, bottoms[-1] + 0.95)


def _plot_many_waves(flow: FlowResult, ax: Axes | None) -> Axes:
    """Draw a line per wave: its people, and how many of the first wave are found again."""
    again = {rate.wave: rate for rate in flow.rates if rate.rate == "retention" and rate.n}
    places = decimals(rate.n for rate in again.values())
    rows = rows_of(((wave, "") for wave in flow.waves), least=0.29)

    def draw(axes: Axes) -> None:
        most = _bars(flow, axes, rows.middles, height=0.19)
        for wave, people, y in zip(flow.waves, flow.people, rows.middles, strict=True):
            words = f"{people:,}"
            if wave in again:
                words += f" · again: {percent(again[wave].estimate, places)}"
            say(axes, people + 0.015 * most, y, words, ha="left")
        axes.set_xlim(0, most * 1.02)
        rows.put(axes)
        named(axes, "people" + f"; {_AGAIN}" * bool(again))
        plain(axes)

    return drawn(ax, draw, rows.total + 1.1)


def _bars(flow: FlowResult, ax: Axes, places: list[float], *, height: float) -> int:
    """Draw the people of each wave and over them those who are linked; returns the most in a wave."""
    bars = [
        ax.barh(places, people, height=height, color=color, edgecolor="none", linewidth=0.0)
        for people, color in ((flow.people, PALE), (flow.linked, BLUE))
    ]
    names = ["answered", "of them linked to an earlier wave"]
    legend(ax, bars, names)
    most = max(*flow.people, 1)
    numbered(ax, marks(0, most, least=1, most=3 if narrow() else 6))
    return most


def _words(flow: FlowResult, k: int) -> str:
    words = f"{flow.waves[k]}: {many(flow.people[k], 'person', 'people')}"
    if k:
        words += f", {flow.linked[k]:,} of them linked to an earlier wave"
    asked = flow.invited[k]
    if asked:
        words += f"; {percent(flow.people[k] / asked, decimals([asked]))} of {asked:,} invited"
    return words
