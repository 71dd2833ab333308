"""From counts to the rows of a comparison: each pair of groups with its interval, test and flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.flags import Response, contrast_flags
from credbenefits.estimators.core.refusals import refuse_no_interval
from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.significance import comparison_test
from credbenefits.numerics.wilson import kish
from credbenefits.results.base import KIND_COLUMNS
from credbenefits.results.comparisons import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray
    from credbenefits.counts.share_sums import OfGroups
    from credbenefits.estimators.core.source import Prepared
    from credbenefits.frames.answers import Answers

#: Expected count below which the score test's p-value is not to be trusted.
_SAFE_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class How:
    """What is compared, by which method and at which level."""

    comparison: t.ContrastKind
    method: t.ComparisonMethod
    level: float


@dataclass(frozen=True, slots=True)
class _Side:
    """One group of a pair: how many said yes and answered, and who did not."""

    name: str
    proportion: float
    count: int
    n_effective: float
    response: Response
    kinds: list[int]


def make_contrasts(
    prepared: Prepared, answers: Answers, cells: OfGroups, *, pairs: list[tuple[int, int]], how: How
) -> list[Contrast]:
    """Compare pairs of groups (group, reference) on one item; pairs in which one has no answers are NaN."""
    weighted = prepared.weight is not None
    n_effective = np.minimum(kish(cells.weight, cells.weight2), cells.nobs)
    n_effective = np.where(cells.nobs > 0, n_effective, 0.0)
    proportion = np.divide(
        cells.weight_yes, cells.weight, out=np.full(cells.weight.shape, np.nan), where=cells.weight > 0
    )
    count = proportion * n_effective if weighted else cells.count
    one, two = np.array(pairs).T
    there = np.flatnonzero((cells.nobs[one] > 0) & (cells.nobs[two] > 0))
    one, two = one[there], two[there]
    numbers = np.full((4, len(pairs)), np.nan)
    tests = np.full(len(pairs), "none", dtype="U6")
    if there.size:
        tables = (count[one], n_effective[one], count[two], n_effective[two])
        low, high = comparison_interval(
            *tables, comparison=how.comparison, method=how.method, confidence_level=how.level
        )
        lacking = there[~(low < high)]
        if lacking.size:
            pair = [prepared.group_labels[g][0] for g in pairs[lacking[0]]]
            refuse_no_interval(how.method, how.comparison, answers.label, pair)
        tests[there], p_values = _tests(*tables, weighted=weighted)
        numbers[:, there] = _estimate(proportion[one], proportion[two], how.comparison), low, high, p_values
    sides = _sides(prepared, cells, proportion, n_effective)
    return [
        _contrast(prepared, answers, (sides[a], sides[b]), numbers=numbers[:, k].tolist(), test=str(tests[k]))
        for k, (a, b) in enumerate(pairs)
    ]


def _sides(
    prepared: Prepared, cells: OfGroups, proportion: FloatArray, n_effective: FloatArray
) -> list[_Side]:
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
        for g, (name,) in enumerate(prepared.group_labels)
    ]


def _contrast(
    prepared: Prepared, answers: Answers, sides: tuple[_Side, _Side], *, numbers: list[float], test: str
) -> Contrast:
    one, two = sides
    n_a, n_b = one.response.n, two.response.n
    estimate, low, high, p_value = numbers
    return Contrast(
        item=answers.column,
        label=answers.label,
        level=answers.level,
        group=one.name,
        reference=two.name,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        test=test,
        p_value=p_value,
        p_adjusted=float("nan"),
        estimate_group=one.proportion,
        estimate_reference=two.proportion,
        count=one.count,
        n=n_a,
        count_reference=two.count,
        n_reference=n_b,
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
            weighted=prepared.weight is not None,
        ),
        base=f"{n_a:,} against {n_b:,} {prepared.base}",
    )


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
    yes, everybody = x1 + x2, n1 + n2
    unsafe = np.minimum(n1, n2) * np.minimum(yes, everybody - yes) / everybody < _SAFE_EXPECTED
    p_values = comparison_test(x1, n1, x2, n2, method="pearson").p_value.copy()
    few = [values[unsafe] for values in (x1, n1, x2, n2)]
    p_values[unsafe] = np.nan if weighted else comparison_test(*few, method="fisher").p_value
    return np.where(unsafe, "none" if weighted else "fisher", "score"), p_values


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
