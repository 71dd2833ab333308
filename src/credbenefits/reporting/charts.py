"""The figures of a brief: charts of its findings, and what results give to be drawn."""

from __future__ import annotations

import itertools
import re
import unicodedata
import warnings
from dataclasses import dataclass, field, replace
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
    "points": "percentage points, from unrounded shares",
    "number": "ratio",
}


#: And the files of those that show all findings at the top.
_OF_ALL: dict[Unit, str] = {
    "percent": "findings",
    "points": "findings-points",
    "number": "findings-ratios",
}
_WEIGHTED = "weighted"
#: Letters of the name of a file.
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class _FileNames:
    """Names of files by what they show, each once."""

    taken: set[str] = field(default_factory=lambda: {*_OF_ALL.values(), _WEIGHTED})

    def name(self, shown: str) -> str:
        """Return small letters, digits and hyphens."""
        plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode().casefold()
        stem = "-".join(re.findall(r"[a-z0-9]+", plain))
        if len(stem) > _LONGEST:
            stem = stem[:_LONGEST].rpartition("-")[0] or stem[:_LONGEST]
        stem = stem or "figure"
        name = next(
            name for k in itertools.count(1) if (name := stem if k == 1 else f"{stem}-{k}") not in self.taken
        )
        self.taken.add(name)
        return name


def _shows(finding: Finding) -> str:
    return f"{finding.names[0]}{' estimated' if finding.weighted else ''}"


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
    files = _FileNames()
    with_several = [f for group in (*top, *further) for f in group.findings if len(f.dots) > 1]
    own = {
        id(finding): chart(files.name(_shows(finding)), finding.dots, finding.unit, with_levels)
        for finding in with_several
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
        by_section[headings.WEIGHTED] = [chart(_WEIGHTED, beside, "percent", with_levels)]
    # A panel and its flow give one and the same figure.
    figures_given = {(f.section, f.name, f.alt): f for parts in given for f in parts.figures}
    for figure in figures_given.values():
        picture = Picture(files.name(figure.name), figure.alt, *wide_and_narrow(figure.draw))
        by_section.setdefault(figure.section, []).append(picture)
    return Charts(tuple(_of_all(firsts, with_levels)), own, by_section)


def _of_all(findings: Sequence[Finding], levels: str) -> Iterable[Picture]:
    """Draw one chart of the findings that have one estimate each, for each unit."""
    for unit in _AXES:
        dots = [f.dots[0] for f in findings if f.unit == unit and len(f.dots) == 1]
        if dots:
            yield chart(_OF_ALL[unit], dots, unit, levels)


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
