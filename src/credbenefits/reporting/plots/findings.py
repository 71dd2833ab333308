"""The plots of proportions: a row each, or a block of lines for each question where groups are few."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from credbenefits.reporting.plots.base import (
    LINE,
    SMALL,
    TEXT,
    drawn,
    height_of_legend,
    legend,
    lines_of,
    named,
    say,
    width,
    wrapped,
)
from credbenefits.reporting.plots.dots import (
    ALONE,
    circles,
    draw_dots,
    fitting,
    plot_dots,
    say_value,
    words_of,
)
from credbenefits.reporting.plots.palette import GREY, GROUPS
from credbenefits.reporting.rounding import decimals
from credbenefits.results.base import ALL, level_words
from credbenefits.results.parts import Dot

if TYPE_CHECKING:
    from credbenefits._typing import Axes
    from credbenefits.results.proportions import Proportion, ProportionsResult

    Group: TypeAlias = tuple[tuple[str, str], ...]

#: Markers of groups, and of totals, which are grey.
_MARKERS = "osD^vPX*"
#: Height of a group's line in a block, and what is between blocks, in inches.
_STEP, _GAP = 0.19, 0.16
#: How far an unweighted share stands above its weighted estimate, in inches.
_ABOVE = 0.1


def plot_proportions(result: ProportionsResult, ax: Axes | None = None) -> Axes:
    """Draw proportions as dots with their intervals; groups side by side where there are few."""
    groups = list(dict.fromkeys(row.group for row in result.rows))
    totals = [group for group in groups if any(name == ALL for _, name in group)]
    if result.by and max(len(groups) - len(totals), len(totals)) <= len(GROUPS):
        return _plot_groups(result, [g for g in groups if g not in totals], totals, ax)
    return plot_dots(
        [_dot(row, weighted=result.weighted) for row in result.rows if row.n],
        unit="percent",
        ax=ax,
        what=_what(result),
    )


def _what(result: ProportionsResult, weighted: str = "") -> str:
    level = level_words(result.confidence_level)
    return f"{weighted}percent of those in the base, with {level} intervals"


def _dot(row: Proportion, *, weighted: bool) -> Dot:
    group = ", ".join(f"{name} = {level}" for name, level in row.group)
    return Dot(
        _name(row, group),
        row.estimate,
        row.conf_low,
        row.conf_high,
        note=f"{row.count:,} of {row.n:,}",
        base=row.n,
        weighted=weighted,
        unweighted=row.estimate_unweighted if weighted else None,
    )


def _name(row: Proportion, group: str = "") -> str:
    """Name a share: of whom, if they are a subset, what they reported, and the group."""
    subset = f"of those who reported {' and '.join(row.outer)}: " if row.outer else ""
    return f"{subset}{row.label}{f' ({group})' if group else ''}"


# ---- groups side by side -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Where the lines of groups stand, in inches from the top: a block for each question."""

    groups: list[Group]
    totals: list[Group]
    names: list[str]
    labels: list[str]
    middles: list[float]
    bottom: float
    rows: list[dict[Group, Proportion]]
    step: float

    def lines(self, place: int) -> list[tuple[Proportion, float]]:
        """Return the rows of a group, with their heights."""
        group = (*self.groups, *self.totals)[place]
        offset = self.step * (place - (len(self.names) - 1) / 2)
        return [(rows[group], y + offset) for y, rows in zip(self.middles, self.rows, strict=True)]


def _plot_groups(
    result: ProportionsResult, groups: list[Group], totals: list[Group], ax: Axes | None
) -> Axes:
    """Draw a block of lines per item, one line per group; totals are hollow."""
    blocks = _blocks(result, groups, totals)
    key = [*blocks.names, ALONE] if result.weighted else blocks.names
    title = wrapped(", ".join(result.by), 0.6 * width(), SMALL)

    def draw(axes: Axes) -> None:
        handles = _draw_groups(axes, result, blocks)
        axes.set_yticks(blocks.middles, blocks.labels, fontsize=TEXT)
        axes.set_ylim(blocks.bottom - _GAP / 2, -_GAP / 2)
        named(axes, _what(result, "weighted " * result.weighted))
        legend(axes, handles, key, title=title)

    return drawn(ax, draw, blocks.bottom + 0.62 + height_of_legend(key, title))


def _blocks(result: ProportionsResult, groups: list[Group], totals: list[Group]) -> _Blocks:
    items: dict[tuple[object, ...], dict[Group, Proportion]] = {}
    for row in result.rows:
        items.setdefault((row.item, row.label, row.counts_as_yes), {})[row.group] = row
    firsts = [next(iter(rows.values())) for rows in items.values()]
    names = [", ".join(v for _, v in group) for group in (*groups, *totals)]
    labels = [wrapped(_name(row)) for row in firsts]
    step = _STEP + 0.1 * result.weighted
    tall = [max(step * len(names), LINE * lines_of(text)) for text in labels]
    tops = [0.0, *accumulate(each + _GAP for each in tall)]
    middles = [top + each / 2 for top, each in zip(tops, tall, strict=False)]
    return _Blocks(groups, totals, names, labels, middles, tops[-1], list(items.values()), step)


def _draw_groups(ax: Axes, result: ProportionsResult, blocks: _Blocks) -> list[object]:
    """Draw the line of each group in each block; returns what the legend names."""
    dots = {id(row): _dot(row, weighted=result.weighted) for row in result.rows}
    scale = fitting(ax, dots.values(), "percent")
    places = decimals(row.n for row in result.rows)
    handles: list[object] = []
    beside: list[tuple[float, float]] = []
    for place, name in enumerate(blocks.names):
        lines = blocks.lines(place)
        total = place - len(blocks.groups)
        handles.append(
            draw_dots(
                ax,
                [(dots[id(row)], y) for row, y in lines if row.n],
                scale,
                marker=_MARKERS[total if total >= 0 else place],
                color=GREY if total >= 0 else GROUPS[place],
                words=name,
                hollow=total >= 0,
            )
        )
        for row, y in lines:
            counts = f"{row.count:,} of {row.n:,}" if row.n else "no answers"
            say(ax, 1.02, y, counts, color=GREY, transform=ax.get_yaxis_transform())
            if row.n:
                dot = dots[id(row)]
                say_value(ax, (dot, y), scale, words_of(dot, "percent", places))
                beside += [(scale.of(row.estimate_unweighted), y - _ABOVE)] * result.weighted
    return [*handles, circles(ax, beside, size=3.5)] if result.weighted else handles
