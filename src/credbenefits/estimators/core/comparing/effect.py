"""What weights change in comparisons of the same people, computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from credbenefits.estimators.core.comparing.contrasts import How, compare, there
from credbenefits.estimators.core.comparing.estimates import compared
from credbenefits.estimators.core.refitting.moved import (
    covariances,
    refuse_unknown,
    untrimmed_of,
    unweighted,
    weighted,
)
from credbenefits.numerics.groups.methods import method_for
from credbenefits.results.weighing.weighed import Moves

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.comparing.pairs import Pairs
    from credbenefits.estimators.core.task import Task


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ContrastEffects:
    """Holds one call of :func:`credbenefits.compare_groups`, to say what its weights change."""

    task: Task
    pairs: Pairs
    comparison: t.ContrastKind

    def __call__(self, untrimmed: FloatArray | None) -> Moves:
        """Return what the weights change: see :class:`credbenefits.results.weighing.weighed.AsksAgain`."""
        task, pairs = self.task, self.pairs
        refuse_unknown(task)
        made_with = weighted(task)
        plain = unweighted(made_with)
        method = cast("t.ComparisonMethod", method_for(self.comparison, None, of_design=False).name)
        how = How(self.comparison, method, task.level, task.level, "kish", "none")
        numbers = compare(task, plain, None, pairs=pairs, how=how)
        slopes = _slopes(plain.proportion, pairs, self.comparison)
        moved = _slopes(made_with.proportion, pairs, self.comparison)
        with np.errstate(invalid="ignore"):  # of ratios with a share of 0 there is no slope
            rest = moved - slopes
        variance = _variance(covariances(task), moved, rest, pairs)
        still = plain.edge[:, pairs.group] | plain.edge[:, pairs.reference]
        known = there(plain, pairs)
        made = Moves(
            np.where(known, numbers.estimate, np.nan),
            numbers.low,
            numbers.high,
            np.where(known, variance, np.nan),
            still,
        )
        free = untrimmed_of(task, untrimmed)
        if free is not None:
            size, size_free = (_together(each, pairs) for each in (free.size_trimmed, free.size))
            share = compared(free.share[:, pairs.group], free.share[:, pairs.reference], self.comparison)
            made = made._replace(untrimmed=share, size=size, size_untrimmed=size_free)
        return made.in_rows()


def _slopes(proportion: FloatArray, pairs: Pairs, comparison: t.ContrastKind) -> FloatArray:
    """Return how comparisons, ratios as logarithms, change with both proportions: (proportions, pairs, 2)."""
    both = np.stack([proportion[:, pairs.group], proportion[:, pairs.reference]], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = {
            "difference": np.ones(both.shape),
            "ratio": 1.0 / both,
            "odds_ratio": 1.0 / (both * (1.0 - both)),
        }[comparison]
    signed: FloatArray = made * np.array([1.0, -1.0])
    return signed


def _variance(covariance: FloatArray, moved: FloatArray, rest: FloatArray, pairs: Pairs) -> FloatArray:
    """Return the variances of what is moved by slopes of the differences and of the unweighted shares."""
    n = covariance.shape[1] // 2
    places = np.stack([pairs.group, pairs.reference, n + pairs.group, n + pairs.reference], axis=-1)
    slopes = np.concatenate([moved, rest], axis=-1)
    of_pairs = covariance[:, places[:, :, None], places[:, None, :]]
    with np.errstate(invalid="ignore"):
        made: FloatArray = np.einsum("kpa,kpab,kpb->kp", slopes, of_pairs, slopes)
    return np.maximum(made, 0.0)


def _together(size: FloatArray, pairs: Pairs) -> FloatArray:
    """Return the size that a difference of two means has the variance of: 1 / (1 / one + 1 / other)."""
    one, other = size[:, pairs.group], size[:, pairs.reference]
    made: FloatArray = one * other / np.where(one + other > 0, one + other, np.nan)
    return made
