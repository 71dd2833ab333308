"""Plots of results. Needs matplotlib (extra ``plot``), imported only when something is drawn.

On new axes every property is fixed (``canvas``), so that a plot looks the same whatever the user's settings
are. On axes that the user made, what we do not say is as the user set it, and text has the colour of the
labels of these axes.
"""

from __future__ import annotations

import importlib.util
import math
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from credbenefits._text import printable
from credbenefits.errors import MissingExtraError
from credbenefits.reporting.rounding import decimals, percent
from credbenefits.reporting.words import nested_after_parents, own_key, parent_of
from credbenefits.results.base import ALL, level_words, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType

    from credbenefits._typing import Axes
    from credbenefits.results.proportions import Proportion, ProportionsResult
    from credbenefits.results.tables import BalanceResult, FlowResult

    Group: TypeAlias = tuple[tuple[str, str], ...]

BLUE, ORANGE, _PALE, GREY = "#0b5fa5", "#c4501b", "#c9dcee", "#5a6876"
_WIDTH = 5.4
_LABEL_WIDTH = 30
_FLOW_WIDTH = 66
#: Waves with a sentence over each; of more waves each has a line.
FEW_WAVES = 6
#: Groups told apart by colour and marker (Okabe and Ito's colours, without yellow), and totals by marker.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c510a", "#000000")
_MARKERS = "osD^vPX*"
#: What hollow circles beside weighted estimates show.
_ALONE = "same people, unweighted"
#: Height of a line of text, in inches.
_LINE = 0.17


def can_draw() -> bool:
    """Tell whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def _canvas() -> ModuleType:
    if not can_draw():
        raise MissingExtraError("matplotlib", "plot")
    from credbenefits.reporting.plots import canvas  # noqa: PLC0415 - it loads an extra

    return canvas


def drawn(ax: Axes | None, draw: Callable[[Axes], object], height: float, width: float = _WIDTH) -> Axes:
    """Draw on the user's axes, as they are, or on new ones of fixed looks; returns the axes."""
    canvas = _canvas()
    if ax is None:
        new = canvas.new_axes(width, height)
        draw(new)
        canvas.settle(new)
        return new
    others = list(ax.texts)
    draw(ax)
    legend = ax.get_legend()
    canvas.literal(
        [
            *ax.get_xticklabels(),
            *ax.get_yticklabels(),
            ax.xaxis.label,
            ax.yaxis.label,
            *(text for text in ax.texts if text not in others),
            *([*legend.get_texts(), legend.get_title()] if legend else []),
        ]
    )
    return ax


def svg(axes: Axes) -> str:
    """Return the figure of new axes as SVG, the same text for the same figure."""
    return str(_canvas().svg(axes))


def plot_proportions(result: ProportionsResult, ax: Axes | None = None) -> Axes:
    """Draw proportions as dots with their intervals; groups side by side where there are few."""
    groups = list(dict.fromkeys(row.group for row in result.rows))
    totals = [group for group in groups if any(value == ALL for _, value in group)]
    if result.by and max(len(groups) - len(totals), len(totals)) <= len(_COLOURS):
        return _plot_groups(result, [g for g in groups if g not in totals], totals, ax)
    return plot_findings([result], ax)


def _plot_groups(
    result: ProportionsResult, groups: list[Group], totals: list[Group], ax: Axes | None
) -> Axes:
    """Draw a block of lines per item, one line per group; totals are hollow."""
    names = [_wrapped(", ".join(v for _, v in group)) for group in (*groups, *totals)]
    items: dict[tuple[object, ...], dict[Group, Proportion]] = {}
    for row in result.rows:
        items.setdefault((row.item, row.label, row.counts_as_yes), {})[row.group] = row
    firsts = [next(iter(rows.values())) for rows in items.values()]
    labels = [_name(row, firsts) for row in firsts]
    lines = [max(len(names), text.count("\n") + 1) for text in labels]
    tops = [sum(lines[:i]) + 0.8 * i for i in range(len(lines) + 1)]
    middles = [top + n / 2 for top, n in zip(tops, lines, strict=False)]
    named = [*names, _ALONE] if result.weighted else names
    columns = 1 if max(map(len, names)) > _LABEL_WIDTH / 2 else min(3, len(named))
    above = sum(name.count("\n") + 1 for name in named) / columns + 2

    def draw(axes: Axes) -> None:
        handles: list[object] = []
        every: dict[float, Proportion] = {}
        for place, group in enumerate((*groups, *totals)):
            middle = place - (len(names) - 1) / 2
            at = {y + middle: rows[group] for y, rows in zip(middles, items.values(), strict=True)}
            style = place - len(groups) if (hollow := place >= len(groups)) else place
            color = GREY if hollow else _COLOURS[style]
            handles.append(
                _draw_group(axes, at, marker=_MARKERS[style], color=color, hollow=hollow, words=names[place])
            )
            every |= at
        if result.weighted:
            handles.append(_unweighted(axes, every.values(), every, up=0.33, color=GREY, size=3.5))
        axes.set_yticks(middles, labels, fontsize=9)
        axes.set_ylim(tops[-1] - 0.3, -0.5)
        _percents(axes, [result], "weighted percent" if result.weighted else "percent")
        legend(
            axes,
            handles,
            named,
            loc="lower right",
            anchor=1.0,
            ncols=columns,
            title=_safe(", ".join(result.by)),
        )

    return drawn(ax, draw, 0.7 + _LINE * (tops[-1] + above), _WIDTH + 1.0)


def _draw_group(
    ax: Axes, rows: Mapping[float, Proportion], *, marker: str, color: str, hollow: bool, words: str
) -> object:
    """Draw a group's line of each block, by its height, with the counts beside the axes."""
    present = {y: row for y, row in rows.items() if row.n}
    result = _dots(
        ax, list(present.values()), list(present), marker=marker, color=color, hollow=hollow, words=words
    )
    for y, row in rows.items():
        ax.text(
            1.02,
            y,
            f"{row.count:,} of {row.n:,}" if row.n else "no answers",
            fontsize=7.5,
            color=GREY,
            va="center",
            transform=ax.get_yaxis_transform(),
        )
    return result


def plot_findings(results: Sequence[ProportionsResult], ax: Axes | None = None) -> Axes:
    """Draw results in one figure: dots, or squares beside the unweighted proportions of the same people."""
    return drawn(ax, lambda axes: _draw_findings(results, axes), _height_of(results))


def _draw_findings(results: Sequence[ProportionsResult], ax: Axes) -> None:
    rows = nested_after_parents(row for result in results for row in result.rows if row.n)
    labels = [_row_label(row, rows) for row in rows]
    # Rows are spaced by the lines of their labels, so that long names do not run into each other.
    tops = [0.0]
    for text in labels:
        tops.append(tops[-1] + 1.0 + 0.55 * text.count("\n"))
    middles = [(top + bottom) / 2 for top, bottom in pairwise(tops)]
    weighted = any(result.weighted for result in results)
    ax.set_yticks(middles, labels, fontsize=9)
    ax.set_ylim(tops[-1], 0)
    _percents(ax, results, "percent")
    if weighted:
        names = [_ALONE, "weighted estimate"]
        handles = [_unweighted(ax, rows, middles, up=0.25, color=BLUE)]
        handles += [_dots(ax, rows, [y + 0.2 for y in middles], marker="s", color=ORANGE, words=names[1])]
        legend(ax, handles, names, loc="lower center", anchor=0.3, ncols=2)
    elif rows:
        _dots(ax, rows, middles, marker="o", color=BLUE, words="share of those who answered")


def _percents(ax: Axes, results: Sequence[ProportionsResult], what: str) -> None:
    ax.set_xlim(0, 100)
    ax.set_xticks([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
    levels = dict.fromkeys(level_words(result.confidence_level) for result in results)
    ax.set_xlabel(f"{what} of those in the base, with {' and '.join(levels)} intervals", loc="center")
    ax.grid(axis="x", color="#e3e8ed", linestyle="-", linewidth=0.8, alpha=1.0, marker="")
    plain(ax)


def _dots(
    ax: Axes,
    rows: Sequence[Proportion],
    y: Sequence[float],
    *,
    marker: str,
    color: str,
    words: str,
    hollow: bool = False,
) -> object:
    """Draw estimates with their intervals; limits that are NaN leave a dot alone."""
    x = [100 * r.estimate for r in rows]
    # Rounding can put a limit a hair on the wrong side of the estimate, which matplotlib refuses.
    left = [max(100 * (r.estimate - r.conf_low), 0.0) for r in rows]
    right = [max(100 * (r.conf_high - r.estimate), 0.0) for r in rows]
    return ax.errorbar(
        x,
        y,
        xerr=[left, right],
        fmt=marker,
        color=color,
        markerfacecolor="white" if hollow else color,
        markeredgecolor=color,
        markeredgewidth=1.0,
        markersize=5,
        capsize=2.5,
        linewidth=1.6,
        label=words,
        clip_on=False,
    )


def _unweighted(
    ax: Axes, rows: Iterable[Proportion], y: Iterable[float], *, up: float, color: str, size: float = 5
) -> object:
    """Draw a hollow circle for the proportion of the same people before weighting, above each estimate."""
    known = [(100 * row.estimate_unweighted, at - up) for row, at in zip(rows, y, strict=True) if row.n]
    return _circles(ax, [x for x, _ in known], [at for _, at in known], color=color, words=_ALONE, size=size)


def _circles(
    ax: Axes,
    x: Sequence[float],
    y: Sequence[float],
    *,
    color: str,
    words: str,
    fill: str = "white",
    size: float = 5,
) -> object:
    return ax.plot(
        x,
        y,
        "o",
        color=color,
        markerfacecolor=fill,
        markeredgecolor=color,
        markeredgewidth=1.0,
        markersize=size,
        label=words,
        clip_on=False,
    )[0]


def legend(
    ax: Axes,
    handles: Sequence[object],
    names: Sequence[str],
    *,
    loc: str,
    anchor: float,
    ncols: int,
    title: str = "",
) -> None:
    """Name what is drawn, above the axes."""
    ink = ax.xaxis.label.get_color()
    made = ax.legend(
        handles,
        ["name"] * len(handles),
        frameon=False,
        loc=loc,
        bbox_to_anchor=(anchor, 1.0),
        ncols=ncols,
        fontsize=9,
        title=title or None,
        title_fontsize=9,
        labelcolor=ink,
        numpoints=1,
        markerscale=1.0,
        borderpad=0.4,
        labelspacing=0.5,
        handlelength=2.0,
        handleheight=0.7,
        handletextpad=0.8,
        borderaxespad=0.5,
        columnspacing=2.0,
        shadow=False,
        fancybox=False,
        framealpha=1.0,
        facecolor="white",
        edgecolor="none",
    )
    made.get_title().set_color(ink)
    # matplotlib leaves out what is called "_something"; these are names that people gave their groups.
    for text, name in zip(made.get_texts(), names, strict=True):
        text.set_text(name)


def _wrapped(text: str, width: int = _LABEL_WIDTH) -> str:
    return _safe(textwrap.fill(text, width))


def _name(row: Proportion, drawn: Sequence[Proportion], group: str = "") -> str:
    name = f"{row.label} ({group})" if group else row.label
    if row.outer:
        reported = any(own_key(other) == parent_of(row) for other in drawn)
        whose = "of these" if reported else f"of those who reported {' and '.join(row.outer)}"
        name = f"{whose}: {name}"
    return _wrapped(name)


def _row_label(row: Proportion, drawn: Sequence[Proportion]) -> str:
    group = ", ".join(f"{name} = {value}" for name, value in row.group)
    return f"{_name(row, drawn, group)}\n{row.count:,} of {row.n:,}"


def plot_flow(flow: FlowResult, ax: Axes | None = None) -> Axes:
    """Draw how many people answered each wave, and how many of them link to an earlier one."""
    if len(flow.waves) > FEW_WAVES:
        return drawn(ax, lambda axes: _draw_many_waves(flow, axes), 0.9 + 0.27 * len(flow.waves))
    return drawn(ax, lambda axes: _draw_flow(flow, axes), 0.7 + 0.9 * len(flow.waves))


def _draw_flow(flow: FlowResult, ax: Axes) -> None:
    most = _bars(flow, ax, height=0.4)
    for k in range(len(flow.waves)):
        ax.text(
            0,
            k - 0.24,
            _flow_words(flow, k),
            va="bottom",
            ha="left",
            fontsize=9,
            color=ax.xaxis.label.get_color(),
        )
    ax.set_yticks([])
    ax.set_ylim(len(flow.waves) - 0.65, -0.7)
    ax.set_xlim(0, most * 1.02)
    ax.set_xlabel("people", loc="center")
    plain(ax)


def _draw_many_waves(flow: FlowResult, ax: Axes) -> None:
    """Draw a line per wave: its people, and how many of the first wave are found again."""
    most = _bars(flow, ax, height=0.6)
    again = {rate.wave: rate for rate in flow.rates if rate.rate == "retention" and rate.n}
    places = decimals(rate.n for rate in again.values())
    for k, wave in enumerate(flow.waves):
        words = f"{flow.people[k]:,}"
        if wave in again:
            words += f" · again: {percent(again[wave].estimate, places)}"
        color = ax.xaxis.label.get_color()
        ax.text(flow.people[k] + 0.015 * most, k, words, va="center", ha="left", fontsize=8, color=color)
    names = [_safe(textwrap.shorten(wave, _LABEL_WIDTH, placeholder="…")) for wave in flow.waves]
    ax.set_yticks(range(len(flow.waves)), names, fontsize=8)
    ax.set_ylim(len(flow.waves) - 0.5, -0.5)
    ax.set_xlim(0, most * 1.3)
    words = "people (dark: linked to an earlier wave)"
    if again:
        words += "\nagain: of those in the first wave, how many are in this one too"
    ax.set_xlabel(words, loc="right")
    plain(ax)


def _bars(flow: FlowResult, ax: Axes, *, height: float) -> int:
    """Draw the people of each wave and over them those who are linked; returns the most in a wave."""
    places = list(range(len(flow.waves)))
    for people, color in ((flow.people, _PALE), (flow.linked, BLUE)):
        ax.barh(places, people, height=height, color=color, edgecolor="none", linewidth=0.0)
    most = max(*flow.people, 1)
    _number(ax, 0, most, least=1)
    return most


def _number(ax: Axes, low: float, high: float, least: float = 0.0) -> None:
    """Set about five round numbers on the x axis, at least so far apart."""
    wanted = max((high - low) / 6, least)
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(by * power for by in (1, 2, 5, 10) if by * power > 0.999 * wanted)
    marks = [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    ax.set_xticks(marks, [f"{mark + 0.0:,.{places}f}".replace("-", "−") for mark in marks])


def _flow_words(flow: FlowResult, k: int) -> str:
    words = f"{flow.waves[k]}: {many(flow.people[k], 'person', 'people')}"
    if k:
        words += f", {flow.linked[k]:,} of them linked to an earlier wave"
    asked = flow.invited[k]
    if asked:
        words += f"; {percent(flow.people[k] / asked, decimals([asked]))} of {asked:,} invited"
    return _wrapped(words, _FLOW_WIDTH)


def plot_balance(balance: BalanceResult, ax: Axes | None = None) -> Axes:
    """Draw standardised differences from the population, before and after weighting."""
    return drawn(ax, lambda axes: _draw_balance(balance, axes), 1.2 + 0.22 * len(balance.rows))


def _draw_balance(balance: BalanceResult, ax: Axes) -> None:
    rows = balance.rows
    places = list(range(len(rows)))
    before = [r.std_difference_before for r in rows]
    after = [r.std_difference_after for r in rows]
    ax.axvspan(-0.1, 0.1, facecolor="#eef3f7", edgecolor="none", linewidth=0.0)
    ax.axvline(0, color=GREY, linewidth=0.8, linestyle="-", marker="")
    legend(
        ax,
        [
            _circles(ax, before, places, color=ORANGE, words="respondents", fill="none", size=6),
            _circles(ax, after, places, color=BLUE, words="weighted", fill=BLUE, size=6),
        ],
        ["respondents", "weighted"],
        loc="lower center",
        anchor=0.4,
        ncols=2,
    )
    names = [f"{r.variable}: {r.level}" + (" (held out)" if r.role == "check" else "") for r in rows]
    ax.set_yticks(places, [_safe(textwrap.shorten(n, 48, placeholder="…")) for n in names], fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    known = [0.1, -0.1, *(x for x in (*before, *after) if math.isfinite(x))]
    beside = 0.05 * (max(known) - min(known))
    ax.set_xlim(min(known) - beside, max(known) + beside)
    _number(ax, min(known), max(known))
    ax.set_xlabel("standardised difference from the population", loc="right")
    plain(ax)


def plain(ax: Axes) -> None:
    """Leave only the lower spine, and no ticks beside names."""
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0, pad=7)
    ax.set_axisbelow(True)


def _safe(text: str) -> str:
    """Keep what no reader sees out of the figure; lines are our own."""
    return "\n".join(map(printable, text.split("\n")))


def _height_of(results: Sequence[ProportionsResult]) -> float:
    """Return the height that a figure of these proportions needs, in inches."""
    rows = [row for result in results for row in result.rows if row.n]
    labels = [_row_label(row, rows) for row in rows]
    return 1.0 + sum(0.27 + 0.17 * text.count("\n") for text in labels)
