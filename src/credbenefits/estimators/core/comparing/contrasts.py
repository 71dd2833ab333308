"""From estimates to the numbers of a comparison: intervals and tests of all items and pairs at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.counts.coding.groups import group_words
from credbenefits.estimators.core.refusals import refuse_no_interval
from credbenefits.numerics.groups.design import (
    DesignGroup,
    DesignPair,
    contrast,
    degrees_of_freedom,
    score_test,
    wald,
)
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.methods import METHODS, method_for
from credbenefits.numerics.groups.significance import comparison_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits import _typing as t
    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.estimators.core.comparing.of_design import Together
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates

#: Expected count below which the score test's p-value is not to be trusted.
_SAFE_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class How:
    """What is compared, by which method, and where the variance comes from; how all are adjusted.

    `level` is that of each interval, `asked` that of all together where they are adjusted.
    """

    comparison: t.ContrastKind
    method: t.ComparisonMethod
    asked: float
    level: float
    variance: t.VarianceMethod
    adjust: t.Adjust

    def adjusted_for(self, n: int) -> How:
        """Return how intervals are made of so many comparisons. Bonferroni's stand in for Holm's."""
        if self.adjust not in {"holm", "bonferroni"} or n < 2:
            return self
        return replace(self, level=1.0 - (1.0 - self.asked) / n)


class Numbers(NamedTuple):
    """Numbers of pairs, shape (proportions, pairs): NaN where there are none. `test` says which was made."""

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray
    p_value: FloatArray
    test: NDArray[np.str_]


def there(estimates: Estimates, pairs: list[tuple[int, int]]) -> BoolArray:
    """Tell where both groups have answers, shape (proportions, pairs)."""
    one, two = np.array(pairs).T
    both: BoolArray = (estimates.nobs[:, one] > 0) & (estimates.nobs[:, two] > 0)
    return both


def compare(
    task: Task,
    estimates: Estimates,
    together: Together | None,
    *,
    pairs: list[tuple[int, int]],
    how: How,
) -> Numbers:
    """Compare pairs of groups (group, reference) on all items; pairs in which one has no answers are NaN.

    `together` is what the design says of the groups, where it is known.
    """
    group, reference = np.array(pairs).T
    shape = len(task.answers), len(pairs)
    k, pair = np.nonzero(there(estimates, pairs))
    one, two = group[pair], reference[pair]
    if together is None:
        count = estimates.proportion * estimates.n_kish if task.source.weighted else estimates.count
        first, second = (
            (estimates.proportion[k, g], count[k, g], estimates.n_kish[k, g]) for g in (one, two)
        )
        made, lacking = _by_size(first, second, how, weighted=task.source.weighted)
    else:
        answers = together.answers[k, one], together.answers[k, two]
        made, lacking = _by_design(together.pair(k, one, two), answers, how)
    if lacking.any():
        place = int(np.flatnonzero(lacking)[0])
        names = group_words(task.source.by, [task.groups.labels[g] for g in pairs[pair[place]]])
        label = task.answers[k[place]].label
        refuse_no_interval(how.method, how.comparison, label, names, of_design=together is not None)
    held: dict[str, NDArray[Any]] = {name: np.full(shape, np.nan) for name in Numbers._fields}
    held["test"] = np.full(shape, "none", dtype="U6")
    for name, found in made._asdict().items():
        held[name][k, pair] = found
    return Numbers(**held)


def _by_size(
    one: tuple[FloatArray, FloatArray, FloatArray],
    two: tuple[FloatArray, FloatArray, FloatArray],
    how: How,
    *,
    weighted: bool,
) -> tuple[Numbers, BoolArray]:
    """Compare proportions of (effective) sizes; tell also where there is no interval that has a width.

    Of either group there are the proportion, the count and the size.
    """
    (p1, *table1), (p2, *table2) = one, two
    low, high = comparison_interval(
        *table1, *table2, comparison=how.comparison, method=how.method, confidence_level=how.level
    )
    test, p_value = _tests(*table1, *table2, weighted=weighted)
    first, second = (DesignGroup(p, p * (1.0 - p) / n, n, n) for p, _, n in (one, two))
    std_error = _std_error(DesignPair(first, second, 0.0, np.inf), how)
    estimate = _estimate(p1, p2, how.comparison)
    return Numbers(estimate, std_error, low, high, np.full(p1.shape, np.nan), p_value, test), ~(low < high)


def _by_design(
    pair: DesignPair, answers: tuple[FloatArray, FloatArray], how: How
) -> tuple[Numbers, BoolArray]:
    """Compare proportions by their design's variances; tell also where the method has no interval.

    The default has none, and says so, where nothing better can be had.
    """
    interval = METHODS[how.comparison][how.method].from_design
    assert interval is not None  # others were refused
    low, high = interval(pair, confidence_level=how.level)
    if how.method == "newcombe" and how.level > how.asked:
        # Wilson's distances hardly grow any more at levels so high: see the notes of newcombe().
        least = wald(pair, confidence_level=how.level)
        low, high = np.fmin(low, least.low), np.fmax(high, least.high)
    df = degrees_of_freedom(pair)
    in_full = (np.asarray(pair.first.correction) == 0) & (np.asarray(pair.second.correction) == 0)
    lacking = ~(low < high) & ~np.isnan(df) & ~in_full
    low, high = np.where(lacking, np.nan, low), np.where(lacking, np.nan, high)
    if how.method == method_for(how.comparison, None, of_design=True).name:
        lacking = np.zeros(lacking.shape, dtype=bool)
    p1, p2 = np.asarray(pair.first.proportion), np.asarray(pair.second.proportion)
    p_value = np.where(_few(p1, answers[0], p2, answers[1]), np.nan, score_test(pair).p_value)
    made = Numbers(
        _estimate(p1, p2, how.comparison),
        np.where(np.isnan(df), np.nan, _std_error(pair, how)),
        low,
        high,
        df,
        p_value,
        np.where(np.isnan(p_value), "none", "score"),
    )
    return made, lacking


def _few(p1: FloatArray, n1: FloatArray, p2: FloatArray, n2: FloatArray) -> BoolArray:
    """Tell where an expected count is too small; nowhere where all was drawn."""
    with np.errstate(invalid="ignore"):
        return _unsafe(p1 * n1, n1, p2 * n2, n2)


def _std_error(pair: DesignPair, how: How) -> FloatArray:
    """Return standard errors by the delta method; NaN where they are not known."""
    made = contrast(pair, how.comparison)
    return np.where(made.known, made.std_error, np.nan)


def _estimate(proportion1: FloatArray, proportion2: FloatArray, comparison: t.ContrastKind) -> FloatArray:
    """Compare proportions; a ratio is infinite where its denominator alone is 0, NaN where both ends are."""
    if comparison == "difference":
        return proportion1 - proportion2
    odds = comparison == "odds_ratio"
    top, bottom = (
        (proportion1 * (1 - proportion2), proportion2 * (1 - proportion1))
        if odds
        else (proportion1, proportion2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = top / bottom
    return ratio


def _tests(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, weighted: bool
) -> tuple[NDArray[np.str_], FloatArray]:
    """Test pairs of proportions: by score, exactly where that is unsafe, not at all where neither will do."""
    unsafe = _unsafe(x1, n1, x2, n2)
    p_values = comparison_test(x1, n1, x2, n2, method="pearson").p_value.copy()
    few = [values[unsafe] for values in (x1, n1, x2, n2)]
    p_values[unsafe] = np.nan if weighted else comparison_test(*few, method="fisher").p_value
    return np.where(unsafe, "none" if weighted else "fisher", "score"), p_values


def _unsafe(x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray) -> BoolArray:
    """Tell where an expected count is too small for the score test."""
    yes, everybody = x1 + x2, n1 + n2
    unsafe: BoolArray = np.minimum(n1, n2) * np.minimum(yes, everybody - yes) / everybody < _SAFE_EXPECTED
    return unsafe


def adjust_p_values(p_values: FloatArray, how: t.Adjust) -> FloatArray:
    """Adjust p-values by Holm, Bonferroni, or Benjamini and Hochberg, or not at all.

    The numbers are those of ``statsmodels.stats.multitest.multipletests``, whose Holm collects the garbage of
    the whole process at every call, which takes longer than the comparisons do.
    """
    m = p_values.size
    if how == "none" or not m:
        return p_values.copy()
    if how == "bonferroni":
        return np.minimum(p_values * m, 1.0)
    order = np.argsort(p_values)
    if how == "holm":
        raised = np.maximum.accumulate(p_values[order] * np.arange(m, 0, -1))
    else:
        steps = p_values[order] / (np.arange(1, m + 1) / m)
        raised = np.minimum.accumulate(steps[::-1])[::-1]
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
