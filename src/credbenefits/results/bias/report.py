"""The report on nonresponse bias: what :func:`credbenefits.nonresponse_bias` returns."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from credbenefits import _validation as check
from credbenefits._typing import BiasPlot
from credbenefits.errors import InputError
from credbenefits.results.base import TableResult, drawing, level_words, many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes, FrameKind
    from credbenefits.results.bias.tables import (
        AttritionOfGroups,
        BiasLevels,
        BiasVariables,
        EquivalenceOfGroups,
        KnownBias,
        KnownOutcomes,
        Partials,
        Predictors,
        ResponseIndicator,
        VariableBias,
        WeightedSet,
    )
    from credbenefits.results.weighing.alert import Alert


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class NonresponseBiasResult(TableResult):
    """How the people who answered a wave differ from everybody, from :func:`credbenefits.nonresponse_bias`.

    It prints, and :meth:`to_frame` gives, a row per variable. Each table below prints itself, has a
    ``to_frame()`` of its own, and can be asked for rows by name: ``result.levels["age"]``.

    Attributes
    ----------
    waves : tuple of str
        The waves that were answered or not: people who answered all of them are compared.
    to : str
        The wave whose people are everybody.
    population : str
        Everybody, in words.
    n_everybody, n_respondents : int
        People in `to`, and those of them who answered `wave`.
    sets : tuple of WeightedSet
        The ways to weight the respondents that are compared, "unweighted" first (with base weights, "base
        weights").
    variables : BiasVariables
        A row per variable and way to weight: standardised difference, largest difference, test.
    levels : BiasLevels
        The same per level, with response rates, differences in proportions and relative bias.
    indicator : ResponseIndicator
        Coefficient of variation of the propensities, R-indicator, largest bias.
    partials : Partials
        How much of that variation lies with each variable and level.
    predictors : Predictors
        Which variables predict who answers, and which the outcome; empty without ``outcome=``.
    groups : AttritionOfGroups
        Overall and differential attrition of groups that are compared; empty without ``by=``.
    equivalence : EquivalenceOfGroups
        Effect sizes between the respondents of these groups; empty without ``by=``.
    known : KnownOutcomes
        Respondents against the truth; empty without ``known=``.
    confidence_level : float
        Of intervals, and of what the verdicts on predictors go by.
    alerts : tuple of Alert
        The weights with which the interval of a known outcome misses the truth, as ``known_truth_missed``. A
        brief then does not headline estimates with these weights.
    notes : tuple of str
        What a reader must know.
    """

    _KIND: ClassVar[str] = "nonresponse.report"

    waves: tuple[str, ...]
    to: str
    population: str
    n_everybody: int
    n_respondents: int
    sets: tuple[WeightedSet, ...]
    variables: BiasVariables
    levels: BiasLevels
    indicator: ResponseIndicator
    partials: Partials
    predictors: Predictors
    groups: AttritionOfGroups
    equivalence: EquivalenceOfGroups
    known: KnownOutcomes
    confidence_level: float
    alerts: tuple[Alert, ...]
    notes: tuple[str, ...]

    @property
    def wave(self) -> str:
        """The waves in one text."""
        return " and ".join(filter(None, [", ".join(self.waves[:-1]), *self.waves[-1:]]))

    @property
    def response_rate(self) -> float:
        """People who answered, of everybody."""
        return self.n_respondents / self.n_everybody

    @property
    def missed(self) -> tuple[KnownBias, ...]:
        """The known outcomes whose truth is outside of the interval of the respondents, weighted or not."""
        return tuple(row for row in self.known.rows if row.misses_truth)

    def worst(self, weights: str | None = None) -> float:
        """Return the largest standardised difference of a variable.

        Parameters
        ----------
        weights : str, optional
            Which way to weight the respondents, by its name in ``sets``; without it, the first.

        Raises
        ------
        InputError
            For a name that no set has.
        """
        names = [one.weights for one in self.sets]
        name = names[0] if weights is None else weights
        if name not in names:
            raise InputError(
                "weights",
                allowed=f"a way to weight in this report ({check.listing(names)})",
                value=weights,
                fix=check.suggestion(weights, names, "names"),
            )
        known = [row.std_difference for row in self.variables.rows if row.weights == name]
        return max((value for value in known if not math.isnan(value)), default=0.0)

    def of_kind(self, kind: FrameKind) -> Self:
        """Return the report whose tables give frames of that library."""
        held = {f.name: getattr(self, f.name) for f in fields(self)}
        turned: dict[str, Any] = {
            name: replace(table, frame_kind=kind)
            for name, table in held.items()
            if isinstance(table, TableResult)
        }
        return replace(self, frame_kind=kind, **turned)

    def _first(self) -> list[VariableBias]:
        """Return the rows of the variables before weighting."""
        return [row for row in self.variables.rows if row.weights == self.sets[0].weights]

    def _title(self) -> str:
        who = many(self.n_respondents, "person", "people")
        whole = f"all {self.n_everybody:,} {self.population.removeprefix('the ')}"
        level = level_words(self.confidence_level)
        rate = f"{100 * self.response_rate:.1f}%"
        return f"{who} who answered {self.wave} against {whole} ({rate} answered; verdicts at {level})"

    def _columns(self) -> dict[str, list[Any]]:
        first = self._first()
        columns: dict[str, list[Any]] = {
            "variable": [row.variable for row in first],
            "levels": [row.levels for row in first],
            "std_difference": [row.std_difference for row in first],
            "by_chance": [row.by_chance for row in first],
        }
        for one in self.sets[1:]:
            found = {r.variable: r.std_difference for r in self.variables.rows if r.weights == one.weights}
            columns[f"std_difference ({one.weights})"] = [found[row.variable] for row in first]
        columns["largest_difference"] = [row.largest_difference for row in first]
        columns["largest_level"] = [row.largest_level for row in first]
        columns["p_value"] = [row.p_value for row in first]
        partial = {row.variable: row for row in self.partials.of_variables}
        for name in ("cv_unconditional", "cv_conditional"):
            columns[name] = [
                getattr(partial[row.variable], name) if row.variable in partial else math.nan for row in first
            ]
        several = len({row.outcome for row in self.predictors.rows}) > 1
        for outcome in dict.fromkeys(row.outcome for row in self.predictors.rows):
            verdict = {r.variable: r for r in self.predictors.rows if r.outcome == outcome}
            called = f" ({outcome})" if several else ""
            columns[f"predicts_response{called}"] = [verdict[row.variable].predicts_response for row in first]
            columns[f"predicts_outcome{called}"] = [verdict[row.variable].predicts_outcome for row in first]
            columns[f"corrects{called}"] = [verdict[row.variable].corrects for row in first]
        return columns

    def _shown(self) -> Sequence[str]:
        return [name for name in self._columns() if name != "cv_unconditional"]

    def _notes(self) -> Sequence[str]:
        return *self.notes, *(alert.note for alert in self.alerts)

    def plot(self, kind: BiasPlot = "love", ax: Axes | None = None) -> Axes:
        """Draw the report; returns the matplotlib Axes.

        Parameters
        ----------
        kind : {"love", "partials"}
            "love" draws the standardised difference of every variable, before and after weighting, with the
            effective sizes below; "partials" how much of the variation of the propensities lies with each
            variable, by itself and with all others held fixed.
        ax : matplotlib Axes, optional
            To draw on. Without it the axes are new, as in ``ProportionsResult.plot``.

        Raises
        ------
        MethodError
            For another kind.
        """
        name = check.choice("kind", kind, BiasPlot)
        return drawing("bias", f"plot_{name}")(self, ax=ax)
