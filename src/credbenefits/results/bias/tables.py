"""The tables of a bias report."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import ALL, RowsResult, TableResult, cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import AttritionLevel, Equivalence, Evidence, Measure

#: What stands for the level of a number, where its mean is compared.
MEAN = "(mean)"
#: Response rates of fewer people than this are not printed.
LEAST_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class WeightedSet(Content):
    """One way to weight the respondents.

    ``weights`` is its name, ``n`` the respondents who have a weight above 0 and ``n_effective`` Kish's size
    of them. ``population`` says whom they then stand for; nothing before weighting.
    """

    weights: str
    n: int
    n_effective: float
    population: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LevelBias(Content):
    """Respondents, weighted in one way, against everybody: one level of a variable, or the mean of a number.

    ``n`` people are at the level and ``n_respondents`` of them answered, ``response_rate`` of them (weighted
    by the base weights, where there are some). ``everybody`` and ``respondents`` are the shares at the level
    (``measure`` is then "share"), or means ("mean"). ``difference`` is respondents minus everybody,
    ``std_difference`` that over the standard deviation of everybody, and ``relative_bias`` that over
    ``everybody``. Shares and their differences are proportions.
    """

    variable: str
    level: str
    weights: str
    measure: Measure
    n: int
    n_respondents: int
    response_rate: float
    everybody: float
    respondents: float
    difference: float
    std_difference: float
    relative_bias: float


@dataclass(frozen=True, slots=True, eq=False)
class VariableBias(Content):
    """One variable: respondents, weighted in one way, against everybody.

    ``levels`` are the levels, that of missing answers among them. ``std_difference`` is one number for all
    levels, at least 0 (:func:`credbenefits.nonresponse_bias` says which); ``largest_difference`` is that of
    the level in ``largest_level``, a proportion. The test (``statistic``, ``df``, ``df2``, ``p_value``)
    compares respondents with those who did not answer; it is of the unweighted respondents alone, and NaN
    elsewhere, as are ``by_chance``, what the standardised difference is about when people answer at random,
    and ``least_expected``, the smallest expected number of people in a cell of the test.
    """

    variable: str
    weights: str
    levels: int
    std_difference: float
    by_chance: float
    largest_difference: float
    largest_level: str
    statistic: float
    df: float
    df2: float
    p_value: float
    least_expected: float


@dataclass(frozen=True, slots=True, eq=False)
class PartialIndicator(Content):
    """What a variable, or one of its levels, has to do with how much the propensities vary.

    ``unconditional`` is the variation between the levels, and ``conditional`` that within groups which are
    alike in all other variables: what this variable alone has to do with it. Both are standard deviations of
    propensities; at a level, ``unconditional`` is negative where fewer answered than of all. Those called
    ``_adjusted`` are without the part that chance adds; ``cv_`` is the adjusted one over the response rate.
    """

    variable: str
    level: str
    unconditional: float
    conditional: float
    unconditional_adjusted: float
    conditional_adjusted: float
    cv_unconditional: float
    cv_conditional: float


@dataclass(frozen=True, slots=True, eq=False)
class Predictor(Content):
    """Whether a variable predicts who answers, and an outcome among those who answered.

    ``response_difference`` is the standardised difference of respondents from everybody and ``outcome_v``
    Cramér's V with the outcome among the ``outcome_n`` who answered it; both are at most ``_high``, at the
    confidence level of the report. ``predicts_response`` and ``predicts_outcome`` are "yes", "no" or "cannot
    tell", and ``corrects`` says whether weighting on the variable can correct bias in the outcome: only where
    it predicts both.
    """

    variable: str
    outcome: str
    response_difference: float
    response_high: float
    response_p: float
    outcome_n: int
    outcome_v: float
    outcome_high: float
    outcome_p: float
    predicts_response: Evidence
    predicts_outcome: Evidence
    corrects: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class GroupAttrition(Content):
    """Two groups that are compared: how many of each were lost, and how many may be.

    The boundaries are those of the What Works Clearinghouse. ``differential`` is the attrition of ``group``
    minus that of ``other``. ``allowed_cautious`` and ``allowed_optimistic`` are the largest that count as low
    at this overall attrition, NaN where none does. All are proportions.
    """

    group: str
    other: str
    n: int
    n_other: int
    n_respondents: int
    n_respondents_other: int
    attrition: float
    attrition_other: float
    overall: float
    differential: float
    allowed_cautious: float
    allowed_optimistic: float
    cautious: AttritionLevel
    optimistic: AttritionLevel


@dataclass(frozen=True, slots=True, eq=False)
class GroupEquivalence(Content):
    """The respondents of two groups on one variable.

    ``effect_size`` is Hedges' g of means, or Cox's index of shares. ``equivalence`` is "equal" up to 0.05,
    "adjust" up to 0.25 (the comparison must adjust for the variable) and "apart" beyond; "undefined" where
    there is no number.
    """

    group: str
    other: str
    variable: str
    level: str
    measure: Measure
    n: int
    n_other: int
    estimate: float
    estimate_other: float
    effect_size: float
    equivalence: Equivalence


@dataclass(frozen=True, slots=True, eq=False)
class KnownBias(Content):
    """An outcome that is recorded for everybody: respondents, weighted in one way, against the truth.

    ``truth`` is the share (or mean) of the ``n_everybody`` people of whom it is recorded, and ``estimate``,
    with its interval, that of the ``n`` respondents among them. ``difference`` is estimate minus truth, and
    ``misses_truth`` whether the truth is outside of the interval.
    """

    outcome: str
    level: str
    weights: str
    measure: Measure
    n_everybody: int
    truth: float
    n: int
    n_effective: float
    estimate: float
    conf_low: float
    conf_high: float
    difference: float
    misses_truth: bool


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BiasLevels(RowsResult[LevelBias]):
    """Respondents against everybody, a row per level and way to weight."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable", "level", "weights")
    _ROW: ClassVar[Any] = LevelBias

    rows: tuple[LevelBias, ...]

    def _title(self) -> str:
        return "Respondents against everybody, level by level"

    def _columns(self) -> dict[str, list[Any]]:
        columns = RowsResult._columns(self)
        columns["response_rate"] = [None if row.n < LEAST_SHOWN else row.response_rate for row in self.rows]
        return columns

    def _frame_columns(self) -> dict[str, list[Any]]:
        return RowsResult._columns(self)

    def _notes(self) -> Sequence[str]:
        few = any(row.n < LEAST_SHOWN for row in self.rows)
        return (f"rates of fewer than {LEAST_SHOWN} people are not printed",) if few else ()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BiasVariables(RowsResult[VariableBias]):
    """Respondents against everybody, a row per variable and way to weight."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable", "weights")
    _ROW: ClassVar[Any] = VariableBias

    rows: tuple[VariableBias, ...]

    def _title(self) -> str:
        return "Respondents against everybody, variable by variable"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Partials(RowsResult[PartialIndicator]):
    """Partial indicators: a row per variable (its level is "(all)"), and below it a row per level."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable", "level")
    _ROW: ClassVar[Any] = PartialIndicator

    rows: tuple[PartialIndicator, ...]

    @property
    def of_variables(self) -> tuple[PartialIndicator, ...]:
        """The rows of whole variables."""
        return tuple(row for row in self.rows if row.level == ALL)

    def _title(self) -> str:
        return "Which variables, and which of their levels, make the propensities vary"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Predictors(RowsResult[Predictor]):
    """Which variables predict who answers, and which of them an outcome."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable", "outcome")
    _ROW: ClassVar[Any] = Predictor

    rows: tuple[Predictor, ...]

    def _title(self) -> str:
        return "Which variables predict who answers, and which the outcome"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AttritionOfGroups(RowsResult[GroupAttrition]):
    """Attrition of every two groups, overall and differential."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("group", "other")
    _ROW: ClassVar[Any] = GroupAttrition

    rows: tuple[GroupAttrition, ...]

    def _title(self) -> str:
        return "Attrition of groups that are compared (What Works Clearinghouse)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class EquivalenceOfGroups(RowsResult[GroupEquivalence]):
    """The respondents of every two groups on each variable."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable", "level", "group", "other")
    _ROW: ClassVar[Any] = GroupEquivalence

    rows: tuple[GroupEquivalence, ...]

    def _title(self) -> str:
        return "Respondents of the groups, variable by variable (What Works Clearinghouse)"

    def worst(self, group: str, other: str) -> float:
        """Return the largest absolute effect size of two groups; NaN where none is defined."""
        sizes = [abs(row.effect_size) for row in self.rows if (row.group, row.other) == (group, other)]
        return max((size for size in sizes if not math.isnan(size)), default=math.nan)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class KnownOutcomes(RowsResult[KnownBias]):
    """Outcomes that are recorded for everybody, a row per way to weight."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("outcome", "level", "weights")
    _ROW: ClassVar[Any] = KnownBias

    rows: tuple[KnownBias, ...]

    def _title(self) -> str:
        return "Respondents against the truth"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ResponseIndicator(TableResult):
    """How much the probability of answering varies, by the variables that are known for everybody.

    All numbers but ``response_rate`` are NaN where no model could be fitted; the notes of the report say why.

    Attributes
    ----------
    response_rate : float
        Of everybody, by the base weights if there are some.
    cv, cv_std_error, cv_low, cv_high : float
        Coefficient of variation of the propensities, without the part that chance adds, its standard error,
        and its interval (from a noncentral chi-squared). No mean of what the variables tell apart is further
        off than ``cv`` standard deviations.
    max_bias, max_bias_high : float
        The largest bias, by that, of a share of one half: ``cv`` / 2 and ``cv_high`` / 2, proportions. What
        the variables do not tell apart can add to it.
    r, std_error : float
        R-indicator 1 - 2 S, without the part that chance adds, and its standard error. At low response rates
        it is near 1 whatever happened: see ``least_r``.
    r_unadjusted, cv_unadjusted : float
        With the part that chance adds.
    least_r : float
        The lowest R that this response rate allows.
    n_parameters : int
        Coefficients of the model.
    n_effective : float
        Kish's size of the respondents, were each weighted by 1 over the propensity, without trimming.
    """

    _KIND: ClassVar[str] = "tables"

    response_rate: float
    cv: float
    cv_std_error: float
    cv_low: float
    cv_high: float
    max_bias: float
    max_bias_high: float
    r: float
    std_error: float
    r_unadjusted: float
    cv_unadjusted: float
    least_r: float
    n_parameters: int
    n_effective: float

    def _title(self) -> str:
        return "How much the probability of answering varies"

    def _columns(self) -> dict[str, list[Any]]:
        errors = {"cv": self.cv_std_error, "r": self.std_error}
        names = [f.name for f in fields(self) if f.name not in {"frame_kind", "std_error", "cv_std_error"}]
        return {
            "measure": names,
            "estimate": [float(getattr(self, name)) for name in names],
            "std_error": [errors.get(name, math.nan) for name in names],
        }

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        columns = self._columns()
        rows = zip(*columns.values(), strict=True)
        return list(columns), [[name, cell(value), cell(error)] for name, value, error in rows]
