"""The statistics of this library on arrays, for other libraries and for a single table of counts.

Functions take counts as arrays (NumPy, pandas, polars, lists) or as single numbers, and give frozen results:
an :class:`Interval`, or a small class whose attributes are numbers where you gave numbers, and arrays where
you gave arrays. They load nothing but NumPy and SciPy. They refuse what is no count: booleans, text, masked
arrays, missing or infinite values, negative counts and counts above 2**53.

>>> from credbenefits import stats
>>> low, high = stats.proportion_interval(40, 120)
>>> print(round(low, 4), round(high, 4))
0.2553 0.4217
"""

from __future__ import annotations

from credbenefits.numerics.groups.interval import comparison_interval
from credbenefits.numerics.groups.significance import ComparisonTestResult, comparison_test
from credbenefits.numerics.interval import Interval
from credbenefits.numerics.pairs.linked_transitions import LinkedTransitions, linked_transitions
from credbenefits.numerics.pairs.paired import paired_interval, paired_test
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.proportion.multinomial import multinomial_intervals
from credbenefits.numerics.strata.stratified import (
    ChiSquaredResult,
    CommonOddsRatio,
    breslow_day,
    cmh_test,
    cochran_q,
    equal_proportions_test,
    exact_cmh,
    mantel_haenszel_odds_ratio,
    trend_test,
)

__all__ = [
    "ChiSquaredResult",
    "CommonOddsRatio",
    "ComparisonTestResult",
    "Interval",
    "LinkedTransitions",
    "breslow_day",
    "cmh_test",
    "cochran_q",
    "comparison_interval",
    "comparison_test",
    "equal_proportions_test",
    "exact_cmh",
    "linked_transitions",
    "mantel_haenszel_odds_ratio",
    "multinomial_intervals",
    "paired_interval",
    "paired_test",
    "proportion_interval",
    "trend_test",
]
