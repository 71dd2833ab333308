"""Figures of fixed looks, made of matplotlib's objects. Loads matplotlib: import it when something is drawn.

matplotlib gives each object it makes the settings of the process (``rcParams``), which belong to the user and
may change while we draw. So we set every property that shows on the object itself, touch neither pyplot nor
a setting, and write SVG by a renderer of our own, which asks no setting either.
"""

from __future__ import annotations

import html
import io
import math
import threading
import unicodedata
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from matplotlib import get_data_path
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import rgb2hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from credbenefits.reporting.plots.palette import INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable

_FONT = "DejaVu Sans"
_FONT_FILE = FilePath(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FAMILIES = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
#: Fonts of systems that have the letters which ours lacks, for pictures that are no SVG.
_OTHER_FONTS = (
    *(
        "Noto Sans CJK SC",
        "Noto Sans CJK JP",
        "Noto Sans SC",
        "PingFang SC",
        "Hiragino Sans",
        "Apple SD Gothic Neo",
    ),
    *(
        "Microsoft YaHei",
        "Yu Gothic",
        "Malgun Gothic",
        "WenQuanYi Zen Hei",
        "Droid Sans Fallback",
        "Arial Unicode MS",
    ),
)
_POINTS_PER_INCH = 72
#: Pixels of a page in a point.
_PIXELS = 96 / 72
#: Text may be so much wider than in our font.
_ROOM = 1.03
_MEASURED_AT = 64
_ONE_AT_A_TIME = threading.Lock()


class FigureAxes(Axes):
    """Axes alone on a figure of their own, which a notebook shows as a picture."""

    def _repr_png_(self) -> tuple[bytes, dict[str, float]]:
        """Return a picture of the figure, twice as fine as it is large, and its size in pixels."""
        figure, out = self.get_figure(), io.BytesIO()
        assert isinstance(figure, Figure)
        width, height = figure.get_size_inches() * figure.dpi
        figure.savefig(out, format="png", dpi=2 * figure.dpi, facecolor=PAPER, bbox_inches=figure.bbox_inches)
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
    axes.patch.set(facecolor=PAPER, edgecolor="none", linewidth=0.0)
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
        facecolor=PAPER,
        edgecolor=PAPER,
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
            if (paper := artist.get_bbox_patch()) is not None:  # which is not among the artists of the figure
                paper.set(antialiased=True, sketch_params=None, path_effects=[], snap=None)
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
        family=_families(),
        style="normal",
        variant="normal",
        weight="normal",
        stretch="normal",
        size=size,
        math_fontfamily="dejavusans",
    )


@cache
def _families() -> list[str]:
    """Return our font, and behind it what this machine has for other letters."""
    installed = {font.name for font in fontManager.ttflist}
    return [_FONT, *(name for name in _OTHER_FONTS if name in installed)]


# ---- SVG ---------------------------------------------------------------------------------------------------


def svg(axes: Axes) -> str:
    """Return the figure of axes as SVG; the same figure gives the same text.

    Text stays text, which the reader's fonts draw: it can be searched, copied and read aloud. Colours are
    attributes, which the style sheet of a page (or of the file) replaces in the dark.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.set_dpi(_POINTS_PER_INCH)
    canvas = _Canvas(figure)
    width, height = (side * _POINTS_PER_INCH for side in figure.get_size_inches())
    canvas.renderer = _Renderer(width, height)
    for text in figure.findobj(Text):  # the one name that the renderer hears of a text with several lines
        text.set_gid(text.get_horizontalalignment())
    figure.draw(canvas.renderer)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cb-figure" width="{width * _PIXELS:.0f}"'
        f' height="{height * _PIXELS:.0f}" viewBox="0 0 {_short(width)} {_short(height)}"'
        f' font-family="{_FAMILIES}" stroke-linejoin="round" stroke-linecap="butt">\n'
        + "\n".join(canvas.renderer.elements)
        + "\n</svg>\n"
    )


def width_of(text: str, size: float) -> float:
    """Return how wide a line of text is at most, in points, whichever of the usual fonts draws it."""
    return _ROOM * size * sum(map(_advance, text))


@cache
def _advance(letter: str) -> float:
    """Return the width of a letter in our font, which is a wide one, as a share of the size.

    A letter that it lacks (Chinese, say) is taken to be as wide as the font is high, and a picture wider.
    """
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    with _ONE_AT_A_TIME:
        if ord(letter) in _letters():
            return float(_measure().load_char(ord(letter)).linearHoriAdvance) / 65536 / _MEASURED_AT
    return 1.25 if unicodedata.category(letter) == "So" else 1.0


@cache
def _measure() -> FT2Font:
    font = FT2Font(str(_FONT_FILE))
    font.set_size(_MEASURED_AT, _POINTS_PER_INCH)
    return font


@cache
def _letters() -> frozenset[int]:
    return frozenset(_measure().get_charmap())


class _Canvas(FigureCanvasBase):
    """Lets the layout be measured by the renderer that draws."""

    renderer: _Renderer

    def get_renderer(self) -> _Renderer:
        return self.renderer


class _Renderer(RendererBase):
    """Writes paths and text as SVG, without ids: many figures stand in one page.

    Nothing is clipped, as nothing of ours is drawn outside its axes.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height
        self.elements: list[str] = []
        self._side = "left"

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def open_group(self, s: str, gid: str | None = None) -> None:
        if s == "text" and gid is not None:
            self._side = gid

    def draw_path(self, gc: Any, path: Any, transform: Any, rgbFace: Any = None) -> None:  # noqa: ANN401, N803
        flipped = transform + Affine2D().scale(1, -1).translate(0, self.height)
        steps = path.iter_segments(flipped, simplify=False, curves=True)
        data = " ".join(
            _STEPS[code] + ("" if code == path.CLOSEPOLY else " ".join(map(_short, points)))
            for points, code in steps
        )
        looks = {**_filled(gc, rgbFace), **_stroked(gc)}
        if len(looks) > 1 or looks["fill"] != "none":
            self.elements.append(f'<path d="{data}"{_attributes(looks)}/>')

    def draw_text(self, gc: Any, x: float, y: float, s: str, *rest: Any, **named: Any) -> None:  # noqa: ANN401
        """Write a line of text, held where the drawing holds it: a narrower font leaves it in its place."""
        prop, angle = rest[:2]
        size = float(prop.get_size_in_points())
        along = {"left": 0.0, "center": 0.5, "right": 1.0}[self._side] * width_of(s, size)
        turn = math.radians(angle)
        x, y = x + along * math.cos(turn), y - along * math.sin(turn)
        looks = {
            "x": _short(x),
            "y": _short(y),
            "font-size": _short(size),
            "fill": rgb2hex(gc.get_rgb()),
            "text-anchor": {"left": "start", "center": "middle", "right": "end"}[self._side],
        }
        if prop.get_weight() == "bold":
            looks["font-weight"] = "bold"
        if angle:
            looks["transform"] = f"rotate({_short(-angle)} {_short(x)} {_short(y)})"
        self.elements.append(f"<text{_attributes(looks)}>{html.escape(s, quote=False)}</text>")

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: Any,  # noqa: ANN401 - a Literal of matplotlib
    ) -> tuple[float, float, float]:
        """Measure text; all lines are equally high."""
        size = float(prop.get_size_in_points())
        return width_of(s, size), 0.98 * size, 0.24 * size


#: The commands of a path, by matplotlib's codes.
_STEPS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}


def _filled(gc: Any, face: Any) -> dict[str, str]:  # noqa: ANN401
    if face is None or (len(face) == 4 and face[3] == 0):
        return {"fill": "none"}
    opacity = gc.get_alpha() if gc.get_forced_alpha() else (*face, 1.0)[3]
    return {"fill": rgb2hex(face), **({"fill-opacity": _short(opacity)} if opacity != 1 else {})}


def _stroked(gc: Any) -> dict[str, str]:  # noqa: ANN401
    width, color = gc.get_linewidth(), gc.get_rgb()
    opacity = gc.get_alpha() if gc.get_forced_alpha() else color[3]
    if not width or not opacity:
        return {}
    looks = {"stroke": rgb2hex(color), "stroke-width": _short(width)}
    if opacity != 1:
        looks["stroke-opacity"] = _short(opacity)
    if gc.get_capstyle() == "projecting":
        looks["stroke-linecap"] = "square"
    dashes = gc.get_dashes()[1]
    if dashes is not None:
        looks["stroke-dasharray"] = " ".join(map(_short, dashes))
    return looks


def _attributes(looks: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in looks.items())


def _short(number: float) -> str:
    return f"{round(float(number), 2):.2f}".rstrip("0").rstrip(".")
