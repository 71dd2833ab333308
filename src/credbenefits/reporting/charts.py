"""The figures of a brief: charts of its findings, and what results give to be drawn."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.errors import CredbenefitsWarning, MissingExtraError
from credbenefits.reporting import headings
from credbenefits.reporting.blocks import Picture
from credbenefits.reporting.plots.base import can_draw, wide_and_narrow
from credbenefits.reporting.plots.dots import plot_dots
from credbenefits.reporting.rounding import decimals, percent, points, ratio
from credbenefits.reporting.sections import Charts
from credbenefits.results.base import level_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import Unit
    from credbenefits.reporting.findings import Group
    from credbenefits.results.parts import Dot, Finding, Parts

#: What a chart of each unit shows, below its axis.
_AXES: dict[Unit, str] = {
    "percent": "percent of those in the base",
    "points": "percentage points",
    "number": "ratio",
}


def wanted(figures: bool | None) -> bool:
    """Tell whether to draw figures: where matplotlib is installed, or an error if they are asked for."""
    if figures is False or can_draw():
        return figures is not False
    if figures:
        raise MissingExtraError("matplotlib", "plot")
    warnings.warn(
        'the brief has no figures, because matplotlib is not installed: pip install "credbenefits[plot]", '
        "or say figures=False",
        CredbenefitsWarning,
        stacklevel=3,
    )
    return False


def draw(top: Sequence[Group], further: Sequence[Group], given: Sequence[Parts], *, figures: bool) -> Charts:
    """Draw all charts of a brief, or none."""
    if not figures:
        return Charts()
    with_levels = _levels(given)
    firsts = [group.shown[0] for group in top]
    own = {
        id(finding): chart(f"finding-{k}", finding.dots, finding.unit, with_levels)
        for k, finding in enumerate(
            (f for group in (*top, *further) for f in group.findings if len(f.dots) > 1), start=1
        )
    }
    by_section: dict[str, list[Picture]] = {}
    weighted = [finding for parts in given for finding in parts.findings if finding.weighted]
    shown = [f for f in weighted if len(f.dots) == 1 and f.dots[0].unweighted is not None]
    several = len({f.population for f in shown}) > 1
    beside = [
        replace(f.dots[0], label=f"{f.dots[0].label} ({f.population or 'population of the weights'})")
        if several
        else f.dots[0]
        for f in shown
    ]
    if beside:
        by_section[headings.WEIGHTED] = [chart("weighted", beside, "percent", with_levels)]
    taken: dict[str, int] = {}
    # A panel and its flow give one and the same figure.
    figures_given = {(f.section, f.name, f.alt): f for parts in given for f in parts.figures}
    for figure in figures_given.values():
        taken[figure.name] = taken.get(figure.name, 0) + 1
        name = figure.name if taken[figure.name] == 1 else f"{figure.name}-{taken[figure.name]}"
        picture = Picture(name, figure.alt, *wide_and_narrow(figure.draw))
        by_section.setdefault(figure.section, []).append(picture)
    return Charts(tuple(_of_all(firsts, with_levels)), own, by_section)


def _of_all(findings: Sequence[Finding], levels: str) -> Iterable[Picture]:
    """Draw one chart of the findings that have one estimate each, for each unit."""
    for unit in _AXES:
        dots = [f.dots[0] for f in findings if f.unit == unit and len(f.dots) == 1]
        if dots:
            yield chart("findings" if unit == "percent" else f"findings-{unit}", dots, unit, levels)


def _levels(given: Sequence[Parts]) -> str:
    levels = dict.fromkeys(level_words(stated.confidence_level) for parts in given for stated in parts.stated)
    return f", with {' and '.join(levels)} intervals" if levels else ""


def chart(name: str, dots: Sequence[Dot], unit: Unit, levels: str) -> Picture:
    """Draw a chart of estimates; in words it says each with its interval and its base."""
    what = _AXES[unit] + levels
    places = decimals(dot.base for dot in dots)
    told = [_told(dot, unit, places) for dot in dots]
    drawn = wide_and_narrow(lambda: plot_dots(dots, unit=unit, what=what))
    return Picture(name, f"{what.capitalize()}. {' '.join(told)}", *drawn)


def _told(dot: Dot, unit: Unit, places: int) -> str:
    """Say in words what is drawn, with the decimals that are drawn."""

    def write(value: float) -> str:
        if unit == "number":
            return ratio(value)
        return percent(value, places) if unit == "percent" else points(value, places)

    told = [f"{write(dot.low)} to {write(dot.high)}" if dot.low == dot.low else "no interval"]
    if dot.unweighted is not None:
        told.append(f"{write(dot.unweighted)} unweighted")
    if dot.note:
        told.append(dot.note)
    estimated = "estimated " if dot.weighted else ""
    return f"{dot.label}: {estimated}{write(dot.estimate)} ({'; '.join(told)})."
