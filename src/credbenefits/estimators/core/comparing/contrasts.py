"""From counts to the rows of a comparison: each pair of groups with its interval, test and flags."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.estimators.core.flags import Response, contrast_flags
from credbenefits.estimators.core.refusals import refuse_no_interval
from credbenefits.numerics.groups.design import (
    DesignGroup,
    DesignPair,
    contrast,
    degrees_of_freedom,
    score_test,
)
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.methods import METHODS, method_for
from credbenefits.numerics.groups.significance import comparison_test
from credbenefits.numerics.wilson import kish
from credbenefits.results.base import KIND_COLUMNS
from credbenefits.results.comparisons import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits import _typing as t
    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.counts.share_sums import OfGroups
    from credbenefits.estimators.core.comparing.of_design import Together
    from credbenefits.estimators.core.source import Source
    from credbenefits.frames.answers import Answers

#: Expected count below which the score test's p-value is not to be trusted.
_SAFE_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class How:
    """What is compared, by which method, at which level, and where the variance comes from."""

    comparison: t.ContrastKind
    method: t.ComparisonMethod
    level: float
    variance: t.VarianceMethod


@dataclass(frozen=True, slots=True)
class _Side:
    """One group of a pair: how many said yes and answered, and who did not."""

    name: str
    proportion: float
    count: int
    n_effective: float
    response: Response
    kinds: list[int]


class _Numbers(NamedTuple):
    """Numbers of pairs, all of one shape: NaN where there are none. `test` says which one was made."""

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    df: FloatArray
    p_value: FloatArray
    test: NDArray[np.str_]


def make_contrasts(
    source: Source,
    answers: Answers,
    cells: OfGroups,
    together: Together | None,
    *,
    pairs: list[tuple[int, int]],
    how: How,
) -> list[Contrast]:
    """Compare pairs of groups (group, reference) on one item; pairs in which one has no answers are NaN.

    `together` is what the design says of the groups, where it is known.
    """
    proportion, n_effective = _of_groups(cells, together)
    one, two = np.array(pairs).T
    there = np.flatnonzero((cells.nobs[one] > 0) & (cells.nobs[two] > 0))
    one, two = one[there], two[there]
    numbers = np.full((6, len(pairs)), np.nan)
    tests = np.full(len(pairs), "none", dtype="U6")
    if there.size:
        if together is None:
            count = proportion * n_effective if source.weighted else cells.count
            groups = (
                (proportion[one], count[one], n_effective[one]),
                (proportion[two], count[two], n_effective[two]),
            )
            made, lacking = _by_size(*groups, how, weighted=source.weighted)
        else:
            made, lacking = _by_design(
                together.pair(one, two), (together.answers[one], together.answers[two]), how
            )
        if lacking.any():
            pair = [source.group_words[g] for g in pairs[there[lacking][0]]]
            refuse_no_interval(
                how.method, how.comparison, answers.label, pair, of_design=together is not None
            )
        *found, tests[there] = made
        numbers[:, there] = found
    sides = _sides(source, cells, proportion, n_effective)
    return [
        _contrast(
            source,
            answers,
            (sides[a], sides[b]),
            numbers=numbers[:, k].tolist(),
            test=str(tests[k]),
            of_design=together is not None,
        )
        for k, (a, b) in enumerate(pairs)
    ]


def _of_groups(cells: OfGroups, together: Together | None) -> tuple[FloatArray, FloatArray]:
    """Return the proportions of the groups and their effective sizes."""
    if together is not None:
        return np.asarray(together.groups.proportion), together.n_effective
    proportion = np.divide(
        cells.weight_yes, cells.weight, out=np.full(cells.weight.shape, np.nan), where=cells.weight > 0
    )
    n_effective = np.minimum(kish(cells.weight, cells.weight2), cells.nobs)
    return proportion, np.where(cells.nobs > 0, n_effective, 0.0)


def _by_size(
    one: tuple[FloatArray, FloatArray, FloatArray],
    two: tuple[FloatArray, FloatArray, FloatArray],
    how: How,
    *,
    weighted: bool,
) -> tuple[_Numbers, BoolArray]:
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
    return _Numbers(estimate, std_error, low, high, np.full(p1.shape, np.nan), p_value, test), ~(low < high)


def _by_design(
    pair: DesignPair, answers: tuple[FloatArray, FloatArray], how: How
) -> tuple[_Numbers, BoolArray]:
    """Compare proportions by their design's variances; tell also where the method has no interval.

    The default has none, and says so, where nothing better can be had.
    """
    interval = METHODS[how.comparison][how.method].from_design
    assert interval is not None  # others were refused
    low, high = interval(pair, confidence_level=how.level)
    df = degrees_of_freedom(pair)
    in_full = (np.asarray(pair.first.correction) == 0) & (np.asarray(pair.second.correction) == 0)
    lacking = ~(low < high) & ~np.isnan(df) & ~in_full
    low, high = np.where(lacking, np.nan, low), np.where(lacking, np.nan, high)
    if how.method == method_for(how.comparison, None, of_design=True).name:
        lacking = np.zeros(lacking.shape, dtype=bool)
    p1, p2 = np.asarray(pair.first.proportion), np.asarray(pair.second.proportion)
    p_value = np.where(_few(p1, answers[0], p2, answers[1]), np.nan, score_test(pair).p_value)
    made = _Numbers(
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


def _sides(source: Source, cells: OfGroups, proportion: FloatArray, n_effective: FloatArray) -> list[_Side]:
    missing = cells.missing.astype(np.int64).tolist()
    return [
        _Side(
            name,
            float(proportion[g]),
            int(cells.count[g]),
            float(n_effective[g]),
            Response(name, int(cells.nobs[g]), sum(missing[g][1:])),
            missing[g],
        )
        for g, name in enumerate(source.group_words)
    ]


def _contrast(
    source: Source,
    answers: Answers,
    sides: tuple[_Side, _Side],
    *,
    numbers: list[float],
    test: str,
    of_design: bool,
) -> Contrast:
    one, two = sides
    estimate, std_error, low, high, df, p_value = numbers
    return Contrast(
        item=answers.column,
        label=answers.label,
        level=answers.level,
        group=one.name,
        reference=two.name,
        estimate=estimate,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        test=test,
        df=df,
        p_value=p_value,
        p_adjusted=float("nan"),
        estimate_group=one.proportion,
        estimate_reference=two.proportion,
        count=one.count,
        n=one.response.n,
        count_reference=two.count,
        n_reference=two.response.n,
        n_effective=one.n_effective,
        n_effective_reference=two.n_effective,
        n_missing=one.response.n_missing,
        n_missing_reference=two.response.n_missing,
        response_rate=one.response.rate,
        response_rate_reference=two.response.rate,
        **dict(zip(KIND_COLUMNS, one.kinds, strict=True)),
        **{f"{name}_reference": n for name, n in zip(KIND_COLUMNS, two.kinds, strict=True)},
        flags=contrast_flags(
            (one.response, two.response),
            (one.count + two.count, min(one.n_effective, two.n_effective), estimate),
            test=test,
            weighted=source.weighted,
            lost=_lost(df, low) if of_design else "",
        ),
        base=f"{one.response.n:,} against {two.response.n:,} {source.base}",
    )


def _lost(df: float, low: float) -> str:
    """Flag a pair without an interval under a design."""
    return "no_df" if isnan(df) else "no_interval" if isnan(low) else ""


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

    They are adjusted by ``statsmodels.stats.multitest.multipletests``, and by Holm as there: its own Holm
    collects the garbage of the whole process at every call, which takes longer than the comparisons do.
    """
    if how == "none" or not p_values.size:
        return p_values.copy()
    if how != "holm":
        from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - a second, for whoever adjusts so

        return np.asarray(multipletests(p_values, method=how)[1], dtype=np.float64)
    order = np.argsort(p_values)
    raised = np.maximum.accumulate(p_values[order] * np.arange(p_values.size, 0, -1))
    by_holm = np.empty(p_values.size)
    by_holm[order] = np.minimum(raised, 1.0)
    return by_holm
