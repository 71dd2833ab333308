"""What all drawings share. Needs matplotlib (extra ``plot``), imported only when something is drawn.

On new axes every property is fixed (``canvas``), so that a plot looks the same whatever the user's settings
are. On axes that the user made, what we do not say is as the user set it, and text has the colour of the
labels of these axes.
"""

from __future__ import annotations

import importlib.util
import math
import unicodedata
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import TYPE_CHECKING

from credbenefits._text import printable
from credbenefits.errors import MissingExtraError
from credbenefits.reporting.plots.palette import GRID, PAPER
from credbenefits.reporting.rounding import MINUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from credbenefits._typing import Axes

#: Widths of figures in inches: as wide as the text of a page, and as a phone needs it.
WIDE, NARROW = 7.2, 3.6
#: Sizes of text in points.
TEXT, SMALL = 10.0, 9.0
#: Height of a line of text in inches.
LINE = 0.172
_width: ContextVar[float] = ContextVar("credbenefits_figure_width", default=WIDE)


def can_draw() -> bool:
    """Tell whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def _canvas() -> ModuleType:
    if not can_draw():
        raise MissingExtraError("matplotlib", "plot")
    from credbenefits.reporting.plots import canvas  # noqa: PLC0415 - it loads an extra

    return canvas


def drawn(ax: Axes | None, draw: Callable[[Axes], object], height: float) -> Axes:
    """Draw on the user's axes, as they are, or on new ones of fixed looks; returns the axes."""
    canvas = _canvas()
    if ax is None:
        new = canvas.new_axes(width(), height)
        draw(new)
        canvas.settle(new)
        return new
    others = list(ax.texts)
    draw(ax)
    made = ax.get_legend()
    canvas.literal(
        [
            *ax.get_xticklabels(),
            *ax.get_yticklabels(),
            ax.xaxis.label,
            ax.yaxis.label,
            *(text for text in ax.texts if text not in others),
            *([*made.get_texts(), made.get_title()] if made else []),
        ]
    )
    return ax


def svg(axes: Axes) -> str:
    """Return the figure of new axes as SVG, the same text for the same figure."""
    return str(_canvas().svg(axes))


def wide_and_narrow(draw: Callable[[], Axes]) -> tuple[str, str]:
    """Return a figure as SVG twice: as wide as the text of a page, and as a phone needs it."""
    with _drawn_in(NARROW):
        for_a_phone = svg(draw())
    return svg(draw()), for_a_phone


def width() -> float:
    """Return the width of the figure that is drawn, in inches."""
    return _width.get()


def narrow() -> bool:
    """Tell whether the figure that is drawn is for a phone."""
    return width() <= NARROW


@contextmanager
def _drawn_in(inches: float) -> Iterator[None]:
    before = _width.set(inches)
    try:
        yield
    finally:
        _width.reset(before)


# ---- text --------------------------------------------------------------------------------------------------


def wrapped(text: str, inches: float = 0.0, size: float = TEXT) -> str:
    """Break text into lines of this width, by default a third of the figure's; what is too long is cut up.

    What no reader sees is kept out of the figure; lines are our own.
    """
    room = 72 * (inches or 0.34 * width())
    measure = _canvas().width_of
    lines = [""]
    for word in printable(text).split(" "):
        if measure(f"{lines[-1]} {word}", size) <= room or not lines[-1]:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
        else:
            lines.append(word)
        while measure(lines[-1], size) > room and len(lines[-1]) > 1:
            fitting = _fitting(lines[-1], lambda part: measure(part, size) <= room)
            lines[-1:] = [lines[-1][:fitting], lines[-1][fitting:]]
    return "\n".join(lines)


def _fitting(word: str, fits: Callable[[str], bool]) -> int:
    """Return how many letters fit, at least one; a mark stays with the letter that it stands on."""
    k = next((k for k in range(2, len(word) + 1) if not fits(word[:k])), len(word) + 1) - 1
    marks = {"\u200d", "\u200c", "\ufe0f"}
    while 1 < k < len(word) and (unicodedata.combining(word[k]) or word[k] in marks or word[k - 1] in marks):
        k -= 1
    return k


def lines_of(text: str) -> int:
    """Return how many lines a text has."""
    return text.count("\n") + 1


# ---- axes --------------------------------------------------------------------------------------------------


def marks(low: float, high: float, *, least: float = 0.0, most: int = 6) -> list[float]:
    """Return about so many round numbers from `low` to `high`, at least so far apart."""
    wanted = max((high - low) / most, least) or 1.0
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(by * power for by in (1, 2, 5, 10) if by * power > 0.999 * wanted)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def numbered(ax: Axes, at: Sequence[float], *, signed: bool = False) -> None:
    """Set numbers on the x axis, with as many decimals as their distance needs."""
    step = min((b - a for a, b in pairwise(at)), default=1.0)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    sign = "+" if signed else ""
    words = [f"{mark + 0.0:{sign},.{places}f}" if round(mark, 9) else "0" for mark in at]
    ax.set_xticks(at, [word.replace("-", MINUS) for word in words], fontsize=SMALL)


def named(ax: Axes, what: str) -> None:
    """Say under the axes what is drawn, wrapped to the figure."""
    ax.set_xlabel(wrapped(what, 0.6 * width(), SMALL), loc="center", fontsize=SMALL)


def plain(ax: Axes) -> None:
    """Leave only the lower spine, and no ticks beside names."""
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_axisbelow(True)


def lined(ax: Axes) -> None:
    """Draw thin vertical lines at the numbers."""
    ax.grid(axis="x", color=GRID, linestyle="-", linewidth=0.8, alpha=1.0, marker="")


def say(ax: Axes, x: float, y: float, text: str, **looks: object) -> None:
    """Write text at a point of the axes, in the colour of their labels if none is said."""
    given: dict[str, object] = {"fontsize": SMALL, "color": ax.xaxis.label.get_color(), "va": "center"}
    ax.text(x, y, text, **{**given, **looks})


def legend(ax: Axes, handles: Sequence[object], names: Sequence[str], *, title: str = "") -> None:
    """Name what is drawn, above the axes."""
    ink = ax.xaxis.label.get_color()
    made = ax.legend(
        handles,
        ["name"] * len(handles),
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=_columns(names),
        fontsize=SMALL,
        title=title or None,
        title_fontsize=SMALL,
        alignment="left",
        labelcolor=ink,
        numpoints=1,
        markerscale=1.0,
        borderpad=0.4,
        labelspacing=0.5,
        handlelength=1.2,
        handleheight=0.7,
        handletextpad=0.8,
        borderaxespad=0.5,
        columnspacing=2.0,
        shadow=False,
        fancybox=False,
        framealpha=1.0,
        facecolor=PAPER,
        edgecolor="none",
    )
    made.get_title().set_color(ink)
    # matplotlib leaves out what is called "_something"; these are names that people gave their groups.
    for text, name in zip(made.get_texts(), _short(names), strict=True):
        text.set_text(name)


def height_of_legend(names: Sequence[str], title: str = "") -> float:
    """Return the height that the names above the axes need, in inches."""
    lines = sum(map(lines_of, _short(names))) / _columns(names) + bool(title)
    return 0.12 + 0.19 * math.ceil(lines)


def _columns(names: Sequence[str]) -> int:
    """Return how many names, of three at most, stand side by side right of the labels."""
    widest = max(_canvas().width_of(line, SMALL) for name in _short(names) for line in name.split("\n"))
    return min(3, len(names), max(1, int(0.62 * 72 * width() / (widest + 38))))


def _short(names: Sequence[str]) -> list[str]:
    return [wrapped(name, 0.4 * width(), SMALL) for name in names]
