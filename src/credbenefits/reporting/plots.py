"""Plots of results. Needs matplotlib (extra ``plot``), imported only when something is drawn."""

from __future__ import annotations

import importlib.util
import io
import textwrap
import threading
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from credbenefits._text import printable
from credbenefits.errors import MissingExtraError
from credbenefits.estimators._groups import ALL
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.reporting.wording import nested_after_parents, own_key, parent_of
from credbenefits.results._base import level_words, many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credbenefits._typing import Axes
    from credbenefits.results.proportions import Proportion, ProportionsResult
    from credbenefits.results.tables import BalanceResult, FlowResult

    Group: TypeAlias = tuple[tuple[str, str], ...]

_BLUE, _ORANGE, _PALE, _GREY = "#0b5fa5", "#c4501b", "#c9dcee", "#5a6876"
_WIDTH = 5.4
_LABEL_WIDTH = 30
_FLOW_WIDTH = 66
#: Groups told apart by colour and marker (Okabe and Ito's colours, without yellow), and totals by marker.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c510a", "#000000")
_MARKERS = "osD^vPX*"
#: Height of a line of text, in inches.
_LINE = 0.17


def can_draw() -> bool:
    """Tell whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def _axes(ax: Axes | None, height: float, width: float = _WIDTH) -> Axes:
    if ax is not None:
        return ax
    if not can_draw():
        raise MissingExtraError("matplotlib", "plot")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra, loaded when used

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def plot_proportions(result: ProportionsResult, ax: Axes | None = None) -> Axes:
    """Draw proportions as dots with their intervals; groups side by side where there are few."""
    groups = list(dict.fromkeys(row.group for row in result.rows))
    totals = [group for group in groups if any(value == ALL for _, value in group)]
    if result.by and max(len(groups) - len(totals), len(totals)) <= len(_COLOURS):
        return _plot_groups(result, [g for g in groups if g not in totals], totals, ax)
    return plot_findings([result], _axes(ax, height_of([result])))


def _plot_groups(
    result: ProportionsResult, groups: list[Group], totals: list[Group], ax: Axes | None
) -> Axes:
    """Draw a block of lines per item, one line per group; totals are hollow."""
    names = [textwrap.fill(", ".join(v for _, v in group), _LABEL_WIDTH) for group in (*groups, *totals)]
    items: dict[tuple[object, ...], dict[Group, Proportion]] = {}
    for row in result.rows:
        items.setdefault((row.item, row.label, row.counts_as_yes), {})[row.group] = row
    firsts = [next(iter(rows.values())) for rows in items.values()]
    labels = [_name(row, firsts) for row in firsts]
    lines = [max(len(names), text.count("\n") + 1) for text in labels]
    tops = [sum(lines[:i]) + 0.8 * i for i in range(len(lines) + 1)]
    middles = [top + n / 2 for top, n in zip(tops, lines, strict=False)]
    columns = 1 if max(map(len, names)) > _LABEL_WIDTH / 2 else min(3, len(names))
    above = sum(name.count("\n") + 1 for name in names) / columns + 2
    axes = _axes(ax, 0.7 + _LINE * (tops[-1] + above), _WIDTH + 1.0)
    for place, (group, name) in enumerate(zip((*groups, *totals), names, strict=True)):
        hollow = place >= len(groups)
        style = place - len(groups) if hollow else place
        at = {
            middle + place - (len(names) - 1) / 2: rows[group]
            for middle, rows in zip(middles, items.values(), strict=True)
        }
        drawn = {y: row for y, row in at.items() if row.n}
        _dots(axes, list(drawn.values()), list(drawn), _safe(name), marker=_MARKERS[style],
              color=_GREY if hollow else _COLOURS[style], hollow=hollow)  # fmt: skip
        for y, row in at.items():
            axes.text(1.02, y, f"{row.count:,} of {row.n:,}" if row.n else "no answers", fontsize=7.5,
                      color=_GREY, va="center", transform=axes.get_yaxis_transform())  # fmt: skip
    axes.set_yticks(middles, labels, fontsize=9)
    axes.set_ylim(tops[-1] - 0.3, -0.5)
    _percents(axes, [result], "weighted percent" if result.weighted else "percent")
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, fontsize=9,
                title=_safe(", ".join(result.by)), title_fontsize=9)  # fmt: skip
    return axes


def plot_findings(results: Sequence[ProportionsResult], ax: Axes) -> Axes:
    """Draw results in one figure: dots, or squares beside the unweighted shares of the same people."""
    rows = nested_after_parents(row for result in results for row in result.rows if row.n)
    labels = [_row_label(row, rows) for row in rows]
    # Rows are spaced by the lines of their labels, so that long names do not run into each other.
    tops = [0.0]
    for text in labels:
        tops.append(tops[-1] + 1.0 + 0.55 * text.count("\n"))
    middles = [(top + bottom) / 2 for top, bottom in pairwise(tops)]
    weighted = any(result.weighted for result in results)
    if weighted:
        alone = [100 * row.estimate_unweighted for row in rows]
        ax.plot(alone, [y - 0.25 for y in middles], "o", color=_BLUE, markerfacecolor="white", markersize=5,
                label="same people, unweighted", clip_on=False)  # fmt: skip
    if rows:
        words, marker, color = (
            ("weighted estimate", "s", _ORANGE) if weighted else ("share of those who answered", "o", _BLUE)
        )
        _dots(ax, rows, [y + 0.2 * weighted for y in middles], words, marker=marker, color=color)
    ax.set_yticks(middles, labels, fontsize=9)
    ax.set_ylim(tops[-1], 0)
    _percents(ax, results, "percent")
    if weighted:
        ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2, fontsize=9)
    return ax


def _percents(ax: Axes, results: Sequence[ProportionsResult], what: str) -> None:
    ax.set_xlim(0, 100)
    levels = dict.fromkeys(level_words(result.confidence_level) for result in results)
    ax.set_xlabel(f"{what} of those in the base, with {' and '.join(levels)} intervals")
    ax.grid(axis="x", color="#e3e8ed")
    _plain(ax)


def _dots(
    ax: Axes, rows: Sequence[Proportion], y: Sequence[float], words: str, *, marker: str, color: str,
    hollow: bool = False,
) -> None:  # fmt: skip
    """Draw estimates with their intervals; limits that are NaN leave a dot alone."""
    x = [100 * r.estimate for r in rows]
    # Rounding can put a limit a hair on the wrong side of the estimate, which matplotlib refuses.
    left = [max(100 * (r.estimate - r.conf_low), 0.0) for r in rows]
    right = [max(100 * (r.conf_high - r.estimate), 0.0) for r in rows]
    ax.errorbar(
        x,
        y,
        xerr=[left, right],
        fmt=marker,
        color=color,
        markerfacecolor="white" if hollow else color,
        markersize=5,
        capsize=2.5,
        linewidth=1.6,
        label=words,
        clip_on=False,
    )


def _name(row: Proportion, drawn: Sequence[Proportion], group: str = "") -> str:
    name = f"{row.label} ({group})" if group else row.label
    if row.outer:
        told = any(own_key(other) == parent_of(row) for other in drawn)
        whose = "of these" if told else f"of those who reported {' and '.join(row.outer)}"
        name = f"{whose}: {name}"
    return _safe("\n".join(textwrap.wrap(name, _LABEL_WIDTH)))


def _row_label(row: Proportion, drawn: Sequence[Proportion]) -> str:
    return f"{_name(row, drawn, ', '.join(value for _, value in row.group))}\n{row.count:,} of {row.n:,}"


def plot_flow(flow: FlowResult, ax: Axes | None = None) -> Axes:
    """Draw how many people answered each wave, and how many of them link to an earlier one."""
    axes = _axes(ax, flow_height(flow))
    places = list(range(len(flow.waves)))
    axes.barh(places, flow.people, height=0.4, color=_PALE)
    axes.barh(places, flow.linked, height=0.4, color=_BLUE)
    for k in places:
        axes.text(0, k - 0.24, _safe(_flow_words(flow, k)), va="bottom", ha="left", fontsize=9)
    axes.set_yticks([])
    axes.set_ylim(len(flow.waves) - 0.65, -0.9)
    axes.set_xlim(0, max(flow.people) * 1.02)
    axes.xaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
    axes.set_xlabel("people")
    _plain(axes)
    return axes


def _flow_words(flow: FlowResult, k: int) -> str:
    words = f"{flow.waves[k]}: {many(flow.people[k], 'person', 'people')}"
    if k:
        words += f", {flow.linked[k]:,} of them linked to an earlier wave"
    asked = flow.invited[k]
    if asked:
        words += f"; {percent(flow.people[k] / asked, decimals([asked]))} of {asked:,} invited"
    return "\n".join(textwrap.wrap(words, _FLOW_WIDTH))


def flow_height(flow: FlowResult) -> float:
    """Return the height that a figure of the flow needs, in inches."""
    return 0.9 + 0.9 * len(flow.waves)


def plot_balance(balance: BalanceResult, ax: Axes | None = None) -> Axes:
    """Draw standardised differences from the population, before and after weighting."""
    rows = balance.rows
    axes = _axes(ax, 1.2 + 0.22 * len(rows))
    places = list(range(len(rows)))
    axes.axvspan(-0.1, 0.1, color="#eef3f7")
    axes.axvline(0, color=_GREY, linewidth=0.8)
    axes.plot(
        [r.std_difference_before for r in rows], places, "o", color=_ORANGE, mfc="none", label="respondents"
    )
    axes.plot([r.std_difference_after for r in rows], places, "o", color=_BLUE, label="weighted")
    names = [f"{r.variable}: {r.level}" + (" (held out)" if r.role == "check" else "") for r in rows]
    axes.set_yticks(places, [_safe(textwrap.shorten(n, 48, placeholder="…")) for n in names], fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("standardised difference from the population", loc="right")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, 1.08), ncols=2)
    _plain(axes)
    return axes


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_axisbelow(True)


def _safe(text: str) -> str:
    """Keep dollar signs in data from being read as formulas; lines are our own."""
    return "\n".join(map(printable, text.split("\n"))).replace("$", r"\$")


def svg(draw: Callable[[Axes], object], height: float) -> str:
    """Draw on a fresh figure of our own, leaving the caller's pyplot state alone, and return SVG.

    Text is drawn as outlines, so the page needs no font, and the same input gives the same file. Where our
    font lacks a letter (Chinese, say), text stays text instead, and the reader's fonts draw it.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        source = _svg(draw, height, "path")
    lacking = [w for w in caught if "missing from font" in str(w.message)]
    for other in caught:
        if other not in lacking:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    if lacking:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*missing from font")
            source = _svg(draw, height, "none")
    return source


#: matplotlib keeps its settings for the whole process: two threads must not set them at once.
_DRAWING = threading.Lock()


def _defaults() -> dict[Any, Any]:
    """Return matplotlib's own settings, whatever the user's are; the backend stays."""
    from matplotlib import rcParamsDefault  # noqa: PLC0415 - an extra, loaded when used

    return {
        k: v for k, v in rcParamsDefault.items() if not k.startswith(("backend", "toolbar", "interactive"))
    }


def _svg(draw: Callable[[Axes], object], height: float, fonts: str) -> str:
    from matplotlib import rc_context  # noqa: PLC0415 - an extra, loaded when used
    from matplotlib.figure import Figure  # noqa: PLC0415

    with (
        _DRAWING,
        rc_context(
            {
                **_defaults(),
                "svg.fonttype": fonts,
                "svg.hashsalt": "credbenefits",
                "font.family": "DejaVu Sans",
            }
        ),
    ):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def height_of(results: Sequence[ProportionsResult]) -> float:
    """Return the height that a figure of these proportions needs, in inches."""
    rows = [row for result in results for row in result.rows if row.n]
    labels = [_row_label(row, rows) for row in rows]
    return 1.0 + sum(0.27 + 0.17 * text.count("\n") for text in labels)
