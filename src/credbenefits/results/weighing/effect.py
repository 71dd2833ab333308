"""What weights change in estimates: unweighted and weighted proportions of the same people, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import RowsResult, drawing, level_words, population_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes, EffectScale, EffectVerdict
    from credbenefits.results.comparisons import ComparisonResult, Contrast
    from credbenefits.results.proportions import Proportion, ProportionsResult
    from credbenefits.results.transitions import Transition, TransitionsResult


@dataclass(frozen=True, slots=True, eq=False)
class WeightEffect(Content):
    """What weights change in one estimate.

    ``measure`` says what it is: a "share", a "difference", "ratio" or "odds_ratio" of ``group`` against
    ``reference``, or a measure of transitions. ``unweighted`` is the estimate of the same people, with the
    interval that it has without weights and design: Wilson's of a share, Newcombe's of a difference or a net
    change, Koopman's of a ratio, Miettinen and Nurminen's of an odds ratio. ``weighted`` is the weighted one,
    with the interval of the result.

    ``difference`` is weighted less unweighted where ``scale`` is "difference". Where it is "ratio" (ratios
    and odds ratios) it is the weighted over the unweighted, and ``std_error`` is that of its logarithm. The
    interval knows that both are of the same people; it is NaN where nobody or everybody said yes.

    ``untrimmed`` is the estimate with the weights as they were before they were trimmed, and ``trim_shift``
    what trimming adds to it. ``variance_saved`` is the part of the variance that it saves: 1 less the ratio
    of Kish's sizes. All three are NaN where nothing was trimmed. ``row`` is the row of the result.
    """

    item: str
    label: str
    level: str
    measure: str
    group: tuple[tuple[str, str], ...]
    reference: str
    count: int
    n: int
    n_effective: float
    unweighted: float
    unweighted_low: float
    unweighted_high: float
    weighted: float
    weighted_low: float
    weighted_high: float
    difference: float
    std_error: float
    conf_low: float
    conf_high: float
    verdict: EffectVerdict
    untrimmed: float
    trim_shift: float
    variance_saved: float
    scale: EffectScale
    base: str
    row: Proportion | Contrast | Transition


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class WeightEffectResult(RowsResult[WeightEffect]):
    """What weights change in estimates, from :meth:`credbenefits.Weights.effect`.

    Attributes
    ----------
    rows : tuple of WeightEffect
        One for each row of the results.
    population : str
        Whom the weights speak for.
    population_size : int or None
        How many they are, if that is known.
    confidence_level : float
        Of all intervals.
    forbidden : str
        Why no weighted number may stand at the top of a brief; empty where it may.
    notes : tuple of str
        What a reader must know.
    results : tuple of ProportionsResult, ComparisonResult or TransitionsResult
        The results whose rows these are.
    """

    _KIND: ClassVar[str] = "nonresponse.effect"
    _ROW: ClassVar[Any] = WeightEffect
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("item", "label", "measure")

    rows: tuple[WeightEffect, ...]
    by: tuple[str, ...]
    population: str
    population_size: int | None
    confidence_level: float
    forbidden: str
    notes: tuple[str, ...]
    results: tuple[ProportionsResult | ComparisonResult | TransitionsResult, ...] = field(
        default=(), compare=False
    )

    def _title(self) -> str:
        whom = population_words(self.population, self.population_size)
        return (
            f"What the weights change: estimates for {whom} against the same people unweighted "
            f"({level_words(self.confidence_level)} intervals)"
        )

    def _columns(self) -> dict[str, list[Any]]:
        own = RowsResult._columns(self)
        own.pop("row")
        own.pop("group")
        if not any(own["reference"]):
            own.pop("reference")
        groups = {name: [dict(row.group).get(name, "") for row in self.rows] for name in self.by}
        named = {name: own.pop(name) for name in ("item", "label", "level")}
        return {**named, **groups, **own}

    def _types(self) -> dict[str, str]:
        return {**RowsResult._types(self), "verdict": "str"}

    def _shown(self) -> Sequence[str]:
        trimmed = any(row.trim_shift == row.trim_shift != 0.0 for row in self.rows)
        return (
            "label",
            *self.by,
            *(("reference", "measure") if any(row.reference for row in self.rows) else ()),
            "n",
            "n_effective",
            "unweighted",
            "weighted",
            "difference",
            "conf_low",
            "conf_high",
            "verdict",
            *(("trim_shift", "variance_saved") if trimmed else ()),
        )

    def _notes(self) -> Sequence[str]:
        return self.notes

    def _with_rows(self, rows: tuple[WeightEffect, ...]) -> WeightEffectResult:
        return replace(self, rows=rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each difference with its interval; returns the matplotlib Axes.

        The pale bar behind it is how far the unweighted interval reaches to both sides: an interval within
        it says that weighting changes less than chance does. Without `ax` the axes are new, as in
        ``ProportionsResult.plot``.
        """
        return drawing("weights", "plot_effect")(self, ax=ax)
