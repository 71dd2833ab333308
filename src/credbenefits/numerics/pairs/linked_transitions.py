"""What the same people answered in two waves, where some pairs of answers are of two different people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits._frozen import Frozen
from credbenefits._typing import ShareKind
from credbenefits.errors import InputError
from credbenefits.numerics.arguments import as_numbers, checked_counts, refuse
from credbenefits.numerics.pairs.linkage_error import LinkedCells, corrected, corrected_wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from credbenefits._typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LinkedTransitions(Frozen):
    """Proportions of pairs of answers: first answers in rows, second answers in columns.

    Attributes
    ----------
    estimate : ndarray, shape (k, k)
        Corrected for false links. It may leave 0 to 1 where there are fewer pairs of a kind than false links
        alone should make.
    std_error : ndarray, shape (k, k)
        NaN where all pairs, or none, are of the kind: then it says nothing.
    low, high : ndarray, shape (k, k)
        Limits from 0 to 1; NaN where nothing is left of the interval between them.
    observed : ndarray, shape (k, k)
        The proportions of the pairs as they are.
    """

    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    observed: FloatArray


def linked_transitions(
    pairs: ArrayLike,
    second: ArrayLike,
    *,
    match_probability: ArrayLike,
    share: ShareKind = "joint",
    confidence_level: float = 0.95,
) -> LinkedTransitions:
    """Estimate how answers went from one wave to another, where links may join two different people.

    Parameters
    ----------
    pairs : array_like, shape (k, k)
        How many linked people gave which answer: the first in rows, the second in columns. Each person counts
        once and has no weight; :func:`credbenefits.transitions` takes weights, designs and groups.
    second : array_like, shape (k,)
        How many people of the second wave gave each answer, linked or not. A false link brings in one of
        them.
    match_probability : array_like
        Probability that a link is right, above 0 and at most 1: one for all pairs, or one for each cell of
        `pairs`.
    share : {"joint", "conditional"}, default "joint"
        Proportions of all pairs, or of those with the same first answer.
    confidence_level : float, default 0.95
        Between 0 and 1.

    Returns
    -------
    LinkedTransitions
        With `estimate`, `std_error`, `low`, `high` and `observed`. Conditional proportions of a first answer
        that nobody gave are NaN.

    Raises
    ------
    InputError
        If a count is negative, not finite or not a number; if there are no pairs, `second` holds fewer people
        than the pairs do, or the shapes do not fit; if a probability is not above 0 and at most 1; if the
        level is not from 1e-6 to 1 - 1e-12.

    Notes
    -----
    False links are expected to add so many pairs (a, b): the sum of 1 - p over the pairs with the first
    answer a, times the proportion of b in the second wave. The estimate takes them away and divides by the
    sum of p over its base. The standard error counts in that the second wave is a sample, too. Limits are
    Wilson's for the observed proportion, at its effective size, moved as the estimate is. All of it needs
    probabilities that are right, and links that are right or wrong whatever the answers. Where pairs of one
    cell differ in their probability, give the mean; the standard error is then slightly too small.

    References
    ----------
    Chambers (2009), Regression analysis of probability-linked data, Statistics New Zealand.

    Examples
    --------
    Yes before no. Of ten pairs two went from no to yes; each link is right with a probability of 0.9:

    >>> found = linked_transitions([[4, 1], [2, 3]], [10, 10], match_probability=0.9)
    >>> print(found.observed[1, 0].round(4), found.estimate[1, 0].round(4))
    0.2 0.1944
    >>> print(found.low[1, 0].round(4), found.high[1, 0].round(4))
    0.0384 0.5241
    """
    kind = check.choice("share", share, ShareKind)
    level = check.confidence_level(confidence_level)
    n, everybody = _checked_tables(pairs, second)
    doubt = 1.0 - _checked_probability(match_probability, n)
    k = len(everybody)
    # One sampling unit: people are drawn one by one.
    people, d, d2, linked = (v[None] for v in (n, n * doubt, n * doubt**2, n.sum(axis=0)))
    cells = LinkedCells(people, people, people, d, d, d2, linked, everybody - linked[0])
    of_first = np.eye(k)
    base = np.ones((k, k)) if kind == "joint" else of_first
    there = base @ n.sum(axis=1) > 0
    made = np.full((5, k, k), np.nan)
    for first in np.flatnonzero(there):
        scores = of_first[first][None, :, None] * np.eye(k)[:, None, :]
        result = corrected(cells, scores, np.tile(base[first], (k, 1)))
        limits = corrected_wilson(result, level)
        made[:, first] = result.estimate, result.std_error, *limits, result.observed
    return LinkedTransitions(*made)


def _checked_tables(pairs: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Check that the table is square, and that all its people are in the second wave."""
    (n,), (everybody,) = checked_counts(pairs=pairs), checked_counts(second=second)
    if n.ndim != 2 or n.shape[0] != n.shape[1] or len(n) < 2 or everybody.shape != n.shape[:1]:
        raise InputError(
            "pairs",
            allowed="a square table of two or more answers, and `second` with a number for each",
            received=f"pairs {n.shape}, second {everybody.shape}",
            fix="Give answers that nobody gave a row and a column of zeros.",
        )
    if not n.any():
        raise InputError("pairs", allowed="at least one pair", received="none", fix="Link the waves first.")
    refuse(
        "second",
        everybody,
        everybody < n.sum(axis=0),
        allowed="at least as many people as the pairs have with that second answer",
        fix="Count everybody in the second wave, linked or not.",
    )
    return n.astype(np.float64), everybody.astype(np.float64)


def _checked_probability(match_probability: ArrayLike, n: FloatArray) -> FloatArray:
    p = as_numbers("match_probability", match_probability)
    refuse(
        "match_probability",
        p,
        ~((p > 0) & (p <= 1)),
        allowed="probabilities above 0 and at most 1",
        fix="It is how probable it is that a link is right: 0.98, not 98.",
    )
    if p.shape not in {(), n.shape}:
        raise InputError(
            "match_probability",
            allowed=f"one probability, or one for each cell: shape {n.shape}",
            received=f"shape {p.shape}",
            fix="Take the mean over the pairs of a cell.",
        )
    return p.astype(np.float64)
