"""From estimates to the numbers of a comparison: intervals and tests of all items and pairs at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import numpy as np

from credbenefits import _typing as t
from credbenefits.estimators.core.comparing.estimates import compared
from credbenefits.estimators.core.comparing.of_replicates import replicate_limits
from credbenefits.estimators.core.comparing.pairs import names_of
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
from credbenefits.numerics.groups.part_of_all import Part, std_error, with_everybody
from credbenefits.numerics.groups.significance import comparison_test
from credbenefits.numerics.interval import Interval, has_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.estimators.core.comparing.of_design import Together
    from credbenefits.estimators.core.comparing.pairs import Pairs
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
    method: t.ComparisonMethod | t.ComparisonBootstrap
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


def there(estimates: Estimates, pairs: Pairs) -> BoolArray:
    """Tell where both sides of a pair have answers, shape (proportions, pairs).

    Against everybody nothing is compared where nobody else answered.
    """
    both: BoolArray = (estimates.nobs[:, pairs.group] > 0) & (estimates.nobs[:, pairs.tested] > 0)
    return both


def compare(
    task: Task,
    estimates: Estimates,
    together: Together | None,
    *,
    pairs: Pairs,
    how: How,
) -> Numbers:
    """Compare pairs of groups on all items; pairs in which one has no answers are NaN.

    `together` is what the design says of the groups, where it is known.
    """
    shape = len(task.answers), len(pairs.group)
    k, pair = np.nonzero(there(estimates, pairs))
    at = _At(k, pairs.group[pair], pairs.reference[pair], pairs.tested[pair])
    if together is None:
        made, lacking = _of_sizes(task, estimates, at, how)
    else:
        made, lacking = _of_design(estimates, together, at, how)
    if lacking.any():
        place = int(np.flatnonzero(lacking)[0])
        every = names_of(task.source, task.groups)
        names = [every[g] for g in (at.one[place], at.two[place])]
        label = task.answers[k[place]].label
        refuse_no_interval(how.method, how.comparison, label, names, of_design=together is not None)
    held: dict[str, NDArray[Any]] = {name: np.full(shape, np.nan) for name in Numbers._fields}
    held["test"] = np.full(shape, "none", dtype="U6")
    for name, found in made._asdict().items():
        held[name][k, pair] = found
    return Numbers(**held)


class _At(NamedTuple):
    """Places of what is compared: the proportion, the group, its reference, and whom it is tested against."""

    k: IntArray
    one: IntArray
    two: IntArray
    tested: IntArray

    @property
    def overlap(self) -> bool:
        """Whether the group is part of its reference."""
        return not np.array_equal(self.two, self.tested)


def _of_sizes(task: Task, estimates: Estimates, at: _At, how: How) -> tuple[Numbers, BoolArray]:
    """Compare groups by their (effective) sizes, which without a design is all that is known."""
    k, e = at.k, estimates
    count = e.proportion * e.n_kish if task.source.weighted else e.count
    first, second = ((e.proportion[k, g], count[k, g], e.n_kish[k, g]) for g in (at.one, at.tested))
    made, lacking = _by_size(first, second, how, weighted=task.source.weighted)
    if at.overlap:
        made = _with_everybody(made, (first[0], e.proportion[k, at.two]), _part(e, at), how)
    return made, lacking


def _part(estimates: Estimates, at: _At) -> Part:
    """Return what part of everybody the groups are."""
    e, k = estimates, at.k
    return Part(e.weight[k, at.one] / e.weight[k, at.two], e.n_kish[k, at.one], e.n_kish[k, at.tested])


def _of_design(estimates: Estimates, together: Together, at: _At, how: How) -> tuple[Numbers, BoolArray]:
    """Compare groups by what the design says of them."""
    answers = together.answers[at.k, at.one], together.answers[at.k, at.tested]
    tested = together.pair(at.k, at.one, at.tested)
    places = at.k, at.one, at.two
    made, lacking = _by_design(tested, answers, how, _drawn(together, places, how))
    if not at.overlap:
        return made, lacking
    both = together.pair(*places)._replace(df=made.df)
    of_all, also = _by_design(both, answers, how, _drawn(together, places, how))
    of_all = of_all._replace(df=made.df, p_value=made.p_value, test=made.test)
    known = contrast(tested).known
    return _where_known(of_all, made, known, part=_part(estimates, at), how=how), lacking | also


def _where_known(made: Numbers, rest: Numbers, known: BoolArray, *, part: Part, how: How) -> Numbers:
    """Take comparisons with everybody from those with all others where one of the two sides never varies.

    Everybody varies even so, as the groups' sizes do, which says nothing of the side that does not.
    """
    if how.comparison == "odds_ratio":
        low, high = (np.where(np.isnan(rest.low), np.nan, end) for end in (0.0, np.inf))
    else:
        limits = Interval(rest.low, rest.high)
        low, high = with_everybody(rest.estimate, limits, part, how.comparison, confidence_level=how.level)
    return made._replace(
        std_error=np.where(known, made.std_error, np.nan),
        low=np.where(known, made.low, low),
        high=np.where(known, made.high, high),
    )


def _drawn(together: Together, places: tuple[IntArray, IntArray, IntArray], how: How) -> Interval | None:
    """Return the intervals that come from replicates, if the method is one that takes them."""
    if how.method not in get_args(t.ComparisonBootstrap):
        return None
    assert together.replicates is not None  # the method draws them
    k, one, two = places
    proportion = np.asarray(together.groups.proportion)
    estimate = compared(proportion[k, one], proportion[k, two], how.comparison)
    return replicate_limits(
        together.replicates,
        places,
        estimate,
        method=how.method,
        comparison=how.comparison,
        level=how.level,
    )


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
    method = cast("t.ComparisonMethod", how.method)  # others come from replicates
    low, high = comparison_interval(
        *table1, *table2, comparison=how.comparison, method=method, confidence_level=how.level
    )
    test, p_value = _tests(*table1, *table2, weighted=weighted)
    first, second = (DesignGroup(p, p * (1.0 - p) / n, n, n) for p, _, n in (one, two))
    error = _std_error(DesignPair(first, second, 0.0, np.inf), how)
    estimate = compared(p1, p2, how.comparison)
    return Numbers(estimate, error, low, high, np.full(p1.shape, np.nan), p_value, test), ~has_width(
        low, high
    )


def _with_everybody(
    made: Numbers, proportions: tuple[FloatArray, FloatArray], part: Part, how: How
) -> Numbers:
    """Turn a comparison with all others into one with everybody, of whom the group is a part.

    `proportions` are those of the group and of everybody.
    """
    kind = how.comparison
    low, high = with_everybody(
        made.estimate, Interval(made.low, made.high), part, kind, confidence_level=how.level
    )
    return made._replace(
        estimate=compared(*proportions, kind),
        std_error=std_error(made.estimate, made.std_error, part, kind),
        low=low,
        high=high,
    )


def _by_design(
    pair: DesignPair, answers: tuple[FloatArray, FloatArray], how: How, drawn: Interval | None
) -> tuple[Numbers, BoolArray]:
    """Compare proportions by their design's variances; tell also where the method has no interval.

    The default has none, and says so, where nothing better can be had. `drawn` are intervals of replicates.
    """
    low, high = _limits(pair, how) if drawn is None else drawn
    if how.method == "newcombe" and how.level > how.asked:
        # Wilson's distances hardly grow any more at levels so high: see the notes of newcombe().
        least = wald(pair, confidence_level=how.level)
        low, high = np.fmin(low, least.low), np.fmax(high, least.high)
    df = degrees_of_freedom(pair)
    in_full = (np.asarray(pair.first.correction) == 0) & (np.asarray(pair.second.correction) == 0)
    lacking = ~has_width(low, high)
    if drawn is not None:  # replicates leave out what a group that never varies could have said
        lacking |= ~contrast(pair).known
    lacking &= ~np.isnan(df) & ~in_full
    low, high = np.where(lacking, np.nan, low), np.where(lacking, np.nan, high)
    if how.method == method_for(how.comparison, None, of_design=True).name:
        lacking = np.zeros(lacking.shape, dtype=bool)
    p1, p2 = np.asarray(pair.first.proportion), np.asarray(pair.second.proportion)
    p_value = np.where(_few(p1, answers[0], p2, answers[1]), np.nan, score_test(pair).p_value)
    made = Numbers(
        compared(p1, p2, how.comparison),
        np.where(np.isnan(df), np.nan, _std_error(pair, how)),
        low,
        high,
        df,
        p_value,
        np.where(np.isnan(p_value), "none", "score"),
    )
    return made, lacking


def _limits(pair: DesignPair, how: How) -> Interval:
    """Make the intervals that follow from variances."""
    interval = METHODS[how.comparison][how.method].from_design
    assert interval is not None  # others were refused
    return interval(pair, confidence_level=how.level)


def _few(p1: FloatArray, n1: FloatArray, p2: FloatArray, n2: FloatArray) -> BoolArray:
    """Tell where an expected count is too small; nowhere where all was drawn."""
    with np.errstate(invalid="ignore"):
        return _unsafe(p1 * n1, n1, p2 * n2, n2)


def _std_error(pair: DesignPair, how: How) -> FloatArray:
    """Return standard errors by the delta method; NaN where they are not known."""
    made = contrast(pair, how.comparison)
    return np.where(made.known, made.std_error, np.nan)


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

    They are adjusted by ``statsmodels.stats.multitest.multipletests``. Holm is worked out here, with the same
    numbers, because that function then collects the garbage of the whole process, which takes longer than the
    comparisons do.
    """
    if how == "none" or not p_values.size:
        return p_values.copy()
    if how != "holm":
        from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - takes a second to load

        return np.asarray(multipletests(p_values, method=how)[1], dtype=np.float64)
    order = np.argsort(p_values)
    raised = np.maximum.accumulate(p_values[order] * np.arange(p_values.size, 0, -1))
    by_holm = np.empty(p_values.size)
    by_holm[order] = np.minimum(raised, 1.0)
    return by_holm
