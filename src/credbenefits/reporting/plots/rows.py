"""The rows of a chart: labels beside them, or over them on a phone, and where each row is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from credbenefits.reporting.plots.base import LINE, TEXT, lines_of, narrow, say, width, wrapped
from credbenefits.reporting.plots.palette import PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import Axes

#: What is between a label over a row and the row before, in inches.
_GAP = 0.07


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a chart, in inches from the top: the room for the label over each, and for what is drawn."""

    labels: Sequence[str]
    heads: Sequence[float]
    heights: Sequence[float]
    over: bool

    @property
    def total(self) -> float:
        """The height of all rows."""
        return max(sum(self.heads) + sum(self.heights), 0.3)

    @property
    def middles(self) -> list[float]:
        """Where each row is drawn."""
        return [
            top + head + height / 2
            for top, head, height in zip(self._tops, self.heads, self.heights, strict=True)
        ]

    @property
    def _tops(self) -> list[float]:
        return [
            0.0,
            *accumulate(head + height for head, height in zip(self.heads, self.heights, strict=True)),
        ][: len(self.labels)]

    def put(self, ax: Axes) -> None:
        """Scale the y axis, and write the labels; the x axis is scaled already."""
        ax.set_ylim(self.total, 0)
        ax.set_yticks(self.middles, ["" for _ in self.labels] if self.over else self.labels, fontsize=TEXT)
        if self.over:
            start = ax.get_xlim()[0]
            # On paper of its own, so that no line of the grid runs through the letters.
            paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
            for top, label in zip(self._tops, self.labels, strict=True):
                say(ax, start, top + _GAP, label, fontsize=TEXT, va="top", ha="left", bbox=paper)


def rows_of(named: Iterable[tuple[str, str]], *, least: float = 0.36) -> Rows:
    """Lay out a row for each label and the note under it."""
    if narrow():
        labels = [
            wrapped(f"{label} ({note})" if note and label else label or note, 0.93 * width())
            for label, note in named
        ]
        heads = [LINE * lines_of(label) + _GAP for label in labels]
        return Rows(labels, heads, [max(least - 0.04, 0.2) for _ in labels], over=True)
    labels = ["\n".join(filter(None, map(wrapped, pair))) for pair in named]
    heights = [max(least, LINE * lines_of(label) + 0.12) for label in labels]
    return Rows(labels, [0.0 for _ in labels], heights, over=False)
