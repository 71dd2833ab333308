"""Figures of fixed looks, made of matplotlib's objects. Loads matplotlib: import it when something is drawn.

matplotlib gives each object it makes the settings of the process (``rcParams``), which belong to the user and
may change while we draw. So we set every property that shows on the object itself, touch neither pyplot nor
a setting, and write SVG with a renderer that asks no setting either.
"""

from __future__ import annotations

import io
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import get_data_path
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.textpath import TextToPath

if TYPE_CHECKING:
    from collections.abc import Iterable

INK = "black"
_PAPER = "white"
_FONT = "DejaVu Sans"
_FONT_FILE = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_POINTS_PER_INCH = 72


class FigureAxes(Axes):
    """Axes alone on a figure of their own, which a notebook shows as a picture."""

    def _repr_png_(self) -> tuple[bytes, dict[str, float]]:
        """Return a picture of the figure, twice as fine as it is large, and its size in pixels."""
        figure, out = self.get_figure(), io.BytesIO()
        assert isinstance(figure, Figure)
        width, height = figure.get_size_inches() * figure.dpi
        figure.savefig(
            out, format="png", dpi=2 * figure.dpi, facecolor=_PAPER, bbox_inches=figure.bbox_inches
        )
        return out.getvalue(), {"width": round(width), "height": round(height)}


def new_axes(width: float, height: float) -> Axes:
    """Return axes on a new figure, in inches, that look the same whatever the user's settings are."""
    axes = _new_figure(width, height).add_subplot(axes_class=FigureAxes)
    axes.set_frame_on(True)
    axes.set_prop_cycle(color=[INK])
    axes.grid(False, which="both")
    axes.minorticks_off()
    axes.tick_params(
        which="both",
        bottom=True,
        top=False,
        left=True,
        right=False,
        labelbottom=True,
        labeltop=False,
        labelleft=True,
        labelright=False,
        direction="out",
        length=3.5,
        width=0.8,
        color=INK,
        pad=3.5,
        labelsize=10,
        labelcolor=INK,
        labelrotation=0,
    )
    axes.patch.set(facecolor=_PAPER, edgecolor="none", linewidth=0.0)
    for spine in axes.spines.values():
        spine.set(edgecolor=INK, linewidth=0.8, linestyle="-", visible=True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(color=INK, fontsize=10)
        axis.labelpad = 4.0
    return axes


def _new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, in inches, with a canvas to draw it."""
    figure = Figure(
        figsize=(width, height),
        dpi=100,
        facecolor=_PAPER,
        edgecolor=_PAPER,
        linewidth=0.0,
        frameon=True,
        layout=ConstrainedLayoutEngine(w_pad=0.04, h_pad=0.04, wspace=0.02, hspace=0.02),
    )
    # The layout starts from here. (A figure forgets the subplotpars that it is made with.)
    figure.subplotpars.update(left=0.125, right=0.9, bottom=0.11, top=0.88, wspace=0.2, hspace=0.2)
    FigureCanvasAgg(figure)
    return figure


def settle(axes: Axes) -> None:
    """Set what the drawing did not say: fonts, the ends of lines, effects. Text is text, and no formula."""
    figure = axes.get_figure()
    assert figure is not None
    for label in axes.get_xticklabels():
        label.set(horizontalalignment="center", verticalalignment="top")
    for label in axes.get_yticklabels():
        label.set(horizontalalignment="right", verticalalignment="center_baseline")
    for artist in figure.findobj():
        artist.set(sketch_params=None, path_effects=[], snap=None)
        if isinstance(artist, Text):
            artist.set(antialiased=True, fontproperties=_font(float(artist.get_fontsize())))
        elif isinstance(artist, Line2D):
            if not MarkerStyle(artist.get_marker()).is_filled():  # ticks, and the ends of intervals
                artist.set(markerfacecolor=artist.get_color(), markeredgecolor=artist.get_color())
            artist.set(
                antialiased=True,
                fillstyle="full",
                dash_capstyle="butt",
                dash_joinstyle="round",
                solid_capstyle="projecting",
                solid_joinstyle="round",
            )
        elif isinstance(artist, Patch):
            artist.set(antialiased=True)
    literal(figure.findobj(Text))


def literal(texts: Iterable[Text]) -> None:
    """Have texts drawn as they are: dollar and percent signs in data are neither formulas nor TeX."""
    for text in texts:
        text.set(usetex=False, parse_math=False)


def _font(size: float) -> FontProperties:
    return FontProperties(
        family=_FONT,
        style="normal",
        variant="normal",
        weight="normal",
        stretch="normal",
        size=size,
        math_fontfamily="dejavusans",
    )


# ---- SVG ---------------------------------------------------------------------------------------------------


def svg(axes: Axes) -> str:
    """Return the figure of axes as SVG; the same figure gives the same text.

    Letters are drawn as outlines, so the page needs no font. Where our font lacks a letter (Chinese, say),
    the line stays text instead, and the reader's fonts draw it.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.set_dpi(_POINTS_PER_INCH)
    out = io.StringIO()
    canvas = _Canvas(figure)
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    canvas.renderer = _Renderer(width, height, out)
    figure.draw(canvas.renderer)
    canvas.renderer.finalize()  # type: ignore[no-untyped-call]
    # The user's setting svg.id names the picture; ours have no name.
    return re.sub(r'(<svg\b[^>]*?) id="[^"]*"', r"\1", out.getvalue(), count=1)


class _Canvas(FigureCanvasBase):
    """Lets the layout be measured by the renderer that draws."""

    renderer: _Renderer

    def get_renderer(self) -> _Renderer:
        return self.renderer


class _Outlines(TextToPath):
    """Outlines of the font that comes with matplotlib, without the settings of hinting and kerning."""

    def __init__(self) -> None:
        super().__init__()
        self.font = FT2Font(str(_FONT_FILE))
        self.font.set_size(self.FONT_SCALE, self.DPI)
        self.letters = frozenset(self.font.get_charmap())

    def _get_font(self, prop: object) -> FT2Font:
        return self.font


class _Renderer(RendererSVG):
    """Writes SVG as matplotlib does, but asks no setting how text is drawn and what the ids are."""

    def __init__(self, width: float, height: float, out: io.StringIO) -> None:
        nothing = {"Date": None, "Creator": None}
        super().__init__(width, height, out, image_dpi=_POINTS_PER_INCH, metadata=nothing)  # type: ignore[no-untyped-call]
        self._text2path = self._outlines = _Outlines()

    def _make_id(self, type: str, content: object) -> str:
        return type + sha256(str(content).encode()).hexdigest()[:10]

    def draw_text(self, gc: object, x: float, y: float, s: str, *rest: object, **named: object) -> None:
        draw = self._draw_text_as_text if self._lacks(s) else self._draw_text_as_path
        draw(gc, x, y, s, *rest, **named)  # type: ignore[no-untyped-call]

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: Any,  # noqa: ANN401 - a Literal of matplotlib
    ) -> tuple[float, float, float]:
        """Measure text; a letter that our font lacks is taken to be as wide as the font is high."""
        lacking = self._lacks(s)
        known = "".join("—" if letter in lacking else letter for letter in s)
        return self._outlines.get_text_width_height_descent(known, prop, ismath)

    def _lacks(self, text: str) -> set[str]:
        return {letter for letter in text if ord(letter) not in self._outlines.letters}
