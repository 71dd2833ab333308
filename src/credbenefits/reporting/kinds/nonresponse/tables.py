"""The tables of a report on nonresponse bias, with the words of the study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.reporting import headings
from credbenefits.reporting import people as name_of
from credbenefits.reporting import words as say
from credbenefits.reporting.rounding import decimals, number, percent, points, same_difference
from credbenefits.results.base import many, p_words
from credbenefits.results.bias.tables import LEAST_SHOWN, MEAN
from credbenefits.results.parts import Numbers, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits.results.bias.report import NonresponseBiasResult
    from credbenefits.results.bias.tables import KnownBias, LevelBias, VariableBias
    from credbenefits.results.parts import Cell, StudyWords

#: What a known outcome of yes and no is counted as.
_YES = "yes"


@dataclass(frozen=True, slots=True)
class Report:
    """The report with the words of the study."""

    result: NonresponseBiasResult
    words: StudyWords

    @property
    def wave(self) -> str:
        """What the wave that was answered is called."""
        called = [f"“{self.words.label(wave)}”" for wave in self.result.waves]
        return " and ".join(filter(None, [", ".join(called[:-1]), *called[-1:]]))

    @property
    def people(self) -> str:
        """Everybody, in words."""
        return name_of.population(self.result.population, self.words)

    @property
    def everybody(self) -> str:
        """Everybody, with their number: "all 2,283 completers"."""
        return name_of.all_of(self.people, self.result.n_everybody)

    @property
    def first(self) -> str:
        """The name of the respondents before weighting."""
        return self.result.sets[0].weights

    @property
    def others(self) -> list[str]:
        """The names of the sets of weights, but for the first."""
        return [one.weights for one in self.result.sets[1:]]

    @property
    def places(self) -> int:
        """Decimals of its percentages."""
        return decimals([self.result.n_respondents])

    def known(self, row: KnownBias) -> str:
        """Name an outcome that is known for everybody."""
        called = self.words.label(row.outcome)
        if row.level in {MEAN, _YES}:
            return called
        return f"{called}: {self.words.level(row.outcome, row.level)}"

    def truth(self, row: KnownBias) -> str:
        """Write what is known of everybody."""
        return self._number(row, row.truth)

    def estimate(self, row: KnownBias) -> str:
        """Write what respondents say, with the interval."""
        limits = f"{self._number(row, row.conf_low)} to {self._number(row, row.conf_high)}"
        return f"{self._number(row, row.estimate)} ({limits})"

    def _number(self, row: KnownBias, value: float) -> str:
        return number(value, 2) if row.measure == "mean" else percent(value, self.places)


def before(report: Report) -> list[VariableBias]:
    """Return the rows of the variables before weighting."""
    return [row for row in report.result.variables.rows if row.weights == report.first]


def variables(report: Report) -> Table:
    """Show every variable: how far respondents are off, before and after weighting, and what it predicts."""
    result = report.result
    after = {(row.variable, row.weights): row.std_difference for row in result.variables.rows}
    verdicts = {(row.variable, row.outcome): row for row in result.predictors.rows}
    outcomes = list(dict.fromkeys(row.outcome for row in result.predictors.rows))
    several = len(outcomes) > 1
    header = ["Background", "Standardised difference", "By chance, about"]
    header += [f"Weighted: {name}" for name in report.others]
    header += ["p-value", *(["Predicts answering"] if outcomes else [])]
    header += [f"Predicts “{report.words.label(o)}”" if several else "Predicts the outcome" for o in outcomes]
    rows = []
    for row in before(report):
        cells: list[Cell] = [report.words.label(row.variable), _plain(row.std_difference)]
        cells.append(_plain(row.by_chance))
        cells += [_plain(after[row.variable, name]) for name in report.others]
        cells.append(p_words(row.p_value))
        found = [verdicts[row.variable, outcome] for outcome in outcomes]
        cells += [found[0].predicts_response] if found else []
        rows.append((*cells, *(one.predicts_outcome for one in found)))
    caption = f"Those who answered {report.wave} against {report.everybody}, variable by variable"
    return Table(headings.BALANCE, caption, tuple(header), tuple(rows))


def _plain(value: float) -> Cell:
    return number(value, 2)


def levels(report: Report) -> Table:
    """Show the share of every level; those with few people are left out."""
    rows: dict[tuple[str, str], dict[str, LevelBias]] = {}
    for row in report.result.levels.rows:
        if row.measure == "share":
            rows.setdefault((row.variable, row.level), {})[row.weights] = row
    shown = [by for by in rows.values() if by[report.first].n >= LEAST_SHOWN]
    header = ["Background", f"{report.everybody[:1].upper()}{report.everybody[1:]}", "Those who answered"]
    header += [f"Weighted: {name}" for name in report.others]
    header += ["Difference in points", *(f"After: {name}" for name in report.others)]
    few = len(rows) - len(shown)
    are = "is" if few == 1 else "are"
    exact = all(
        same_difference(row.respondents, row.everybody, row.difference, report.places)
        for by in shown
        for row in by.values()
    )
    left = f"{many(few, 'level', 'levels')} of fewer than {LEAST_SHOWN} people {are} not shown"
    return Table(
        headings.BALANCE,
        f"Those who answered {report.wave} against {report.everybody}, level by level",
        tuple(header),
        tuple(_level(by, report) for by in shown),
        base=report.result.n_respondents,
        after=(*(((f"{left}.",),) if few else ()), *(() if exact else ((say.UNROUNDED,),))),
    )


def _level(by: Mapping[str, LevelBias], report: Report) -> tuple[Cell, ...]:
    first, words = by[report.first], report.words
    names_of = [report.first, *report.others]
    return (
        f"{words.label(first.variable)}: {words.level(first.variable, first.level)}",
        Numbers("{}", (first.everybody,)),
        *(Numbers("{}", (by[name].respondents,)) for name in names_of),
        *(Numbers("{}", (by[name].difference,), "points") for name in names_of),
    )


def known(report: Report) -> Table:
    """Show respondents, in each way to weight them, against what is known for everybody."""
    rows = []
    for row in report.result.known.rows:
        cells: tuple[Cell, ...] = (report.truth(row), report.estimate(row))
        off = number(row.difference, 2) if row.measure == "mean" else points(row.difference, report.places)
        holds = "no" if row.misses_truth else "yes"
        if math.isnan(row.conf_low):
            holds = "–"
        rows.append((f"{report.known(row)} ({row.weights})", *cells, off, f"{row.n:,}", holds))
    header = ("Known for everybody", "Truth", "Respondents (interval)", "Difference", "People")
    return Table(
        headings.BALANCE,
        f"Those who answered {report.wave} against the truth",
        (*header, "Interval holds the truth"),
        tuple(rows),
    )


def groups(report: Report) -> Table:
    """Show the attrition of groups that are compared."""
    rows = tuple(
        (
            f"{row.group} against {row.other}",
            f"{row.n - row.n_respondents:,} of {row.n:,}",
            f"{row.n_other - row.n_respondents_other:,} of {row.n_other:,}",
            Numbers("{}", (row.overall,)),
            Numbers("{}", (row.differential,), "points"),
            row.cautious,
            row.optimistic,
        )
        for row in report.result.groups.rows
    )
    header = ("Groups", "Lost of the first", "Lost of the other", "Attrition", "Difference in points")
    return Table(
        headings.BALANCE,
        "Attrition of groups that are compared (What Works Clearinghouse)",
        (*header, "Cautious boundary", "Optimistic boundary"),
        rows,
        base=min((min(row.n, row.n_other) for row in report.result.groups.rows), default=0),
    )
