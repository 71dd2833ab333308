"""Weights that are made again in each replicate: of people who are drawn again, and of people left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from credbenefits.errors import InputError
from credbenefits.numerics.design.scores import layout_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credbenefits._typing import FloatArray, IntArray, LonelyPsu

#: Multipliers that are worked on at once.
_AT_ONCE = 1 << 22
#: Up to so many people are left out one by one; of more, so many groups are.
MOST_LEFT_OUT, N_GROUPS = 4_000, 1_000
#: What people are put into groups with: always the same, so that results can be repeated.
_SEED = 0


class MadeAgain(Protocol):
    """A recipe of weights: who they were made of, and what it makes of others."""

    @property
    def n_people(self) -> int:
        """How many people a replicate is drawn from: everybody, those who did not answer too."""
        ...

    def replicate(self, multipliers: FloatArray) -> FloatArray:
        """Return the weights of the respondents times their multipliers: (replicates, respondents).

        The multipliers have the shape (replicates, people).
        """
        ...

    def influence(self, gradient: FloatArray) -> FloatArray:
        """Return how estimates change with the copies of everybody: (estimates, people).

        The gradient, of the shape (estimates, respondents), says how they change with the weights.
        """
        ...


def made_again(recipe: MadeAgain, multipliers: FloatArray) -> FloatArray:
    """Run a recipe for replicates; NaN for those of which it can make no weights.

    Parameters
    ----------
    recipe : MadeAgain
        What makes the weights.
    multipliers : array, shape (replicates, people)
        How often each replicate has each person.

    Returns
    -------
    array, shape (replicates, respondents)
        Weights times multipliers.
    """
    step = max(1, _AT_ONCE // recipe.n_people)
    some = [_tried(recipe, multipliers[start : start + step]) for start in range(0, len(multipliers), step)]
    return np.concatenate(some)


def _tried(recipe: MadeAgain, multipliers: FloatArray) -> FloatArray:
    """Run a recipe; where it fails, find the replicates that it fails for by halving."""
    try:
        return recipe.replicate(multipliers)
    except InputError:
        n = len(multipliers)
        if n > 1:
            halves = (_tried(recipe, half) for half in (multipliers[: n // 2], multipliers[n // 2 :]))
            return np.concatenate(list(halves))
    n_respondents = recipe.replicate(np.ones((0, recipe.n_people))).shape[1]
    return np.full((1, n_respondents), np.nan)


class LeftOut(NamedTuple):
    """Weights without some of the people, in turn, and the factor of the sum of squared deviations.

    The factor is one number, or one for each replicate.
    ``weights`` has the shape (replicates, respondents), and is NaN where the recipe could make none.
    """

    weights: FloatArray
    scale: float | FloatArray

    @property
    def n_groups(self) -> int:
        """How many people, or groups of people, are left out in turn."""
        return len(self.weights)

    @property
    def failed(self) -> int:
        """For how many of them the recipe could make no weights."""
        return int(np.isnan(self.weights).any(axis=1).sum())


def leave_out(recipe: MadeAgain, n_groups: int | None = None) -> LeftOut:
    r"""Make weights without each person, or each group of people, in turn (jackknife, JK1).

    Parameters
    ----------
    recipe : MadeAgain
        What makes the weights.
    n_groups : int, optional
        How many groups people are put into at random. Without it everybody is a group, up to 4,000 people;
        of more there are 1,000 groups.

    Returns
    -------
    LeftOut
        The weights of those who are left are raised by :math:`G / (G - 1)`, and `scale` is
        :math:`(G - 1) / G`, with G the number of groups.

    Notes
    -----
    The groups are always the same for the same people in the same order: they are drawn from a fixed seed.
    A variance from G groups has a coefficient of variation of about :math:`\sqrt{2 / (G - 1)}`: 4.5% with
    1,000.

    References
    ----------
    Kott, P. S. (2001). The delete-a-group jackknife. Journal of Official Statistics 17, 521-526.
    """
    n = recipe.n_people
    groups = n_groups or (n if n <= MOST_LEFT_OUT else N_GROUPS)
    made = [made_again(recipe, block) for block in _without(n, groups)]
    return LeftOut(np.concatenate(made), (groups - 1.0) / groups)


def leave_out_units(
    recipe: MadeAgain,
    unit: IntArray,
    stratum: IntArray,
    *,
    sampling_fraction: FloatArray | None,
    lonely_psu: LonelyPsu,
) -> LeftOut:
    r"""Make weights without each sampling unit in turn (stratified jackknife, JKn).

    Parameters
    ----------
    recipe : MadeAgain
        What makes the weights.
    unit : array of int, shape (people,)
        Unit of everybody.
    stratum : array of int, shape (units,)
        Stratum of each unit.
    sampling_fraction : array, shape (strata,), optional
        Part of the units of each stratum that was drawn.
    lonely_psu : {"error", "certainty", "adjust", "average"}
        What is done with a stratum of one unit: see
        :func:`credbenefits.numerics.design.variance.jackknife`.

    Returns
    -------
    LeftOut
        The other units of the stratum are raised by :math:`n_h / (n_h - 1)`, and the factor of the replicate
        is :math:`(1 - f_h)(n_h - 1) / n_h`. What stands alone and does not vary has no replicate.

    References
    ----------
    Wolter, K. M. (2007). Introduction to Variance Estimation, 2nd ed., section 4.5. Springer.
    """
    strata = layout_of(stratum, sampling_fraction, lonely_psu, delete=True).strata
    several, n_strata = strata.size > 1, strata.size.size
    size = np.where(several, strata.size, n_strata)
    scale = np.where(several | (strata.factor > 0), (size - 1.0) / size, 0.0) * strata.left
    if strata.average:
        scale *= n_strata / max(n_strata - int(strata.lonely.sum()), 1)
    left = np.flatnonzero(scale[stratum] > 0)
    of, step = stratum[unit], max(1, _AT_ONCE // unit.size)
    made = []
    for start in range(0, left.size, step):
        some = left[start : start + step]
        its = stratum[some][:, None]
        raised = np.where(several[its], of == its, True) * (size / np.maximum(size - 1.0, 1.0) - 1.0)[its]
        made.append(made_again(recipe, (1.0 + raised) * (unit != some[:, None])))
    return LeftOut(np.concatenate(made), scale[stratum[left]])


def _without(n_people: int, n_groups: int) -> Iterator[FloatArray]:
    """Return multipliers of replicates that lack a group each, in blocks."""
    group = np.arange(n_people)
    if n_groups < n_people:
        group = np.random.default_rng(_SEED).permutation(n_people) % n_groups
    step = max(1, _AT_ONCE // n_people)
    for start in range(0, n_groups, step):
        some = np.arange(start, min(start + step, n_groups))
        yield (group != some[:, None]) * (n_groups / (n_groups - 1.0))


def left_out_covariance(values: FloatArray, estimates: FloatArray, scale: float | FloatArray) -> FloatArray:
    """Covariance matrix from estimates of replicates that lack somebody each.

    Parameters
    ----------
    values : array, shape (replicates, estimates)
        NaN in replicates without an estimate; what these would have added is the mean of what others add.
    estimates : array, shape (estimates,)
        Those of everybody.
    scale : float or array, shape (replicates,)
        Factor of the sum of products, or of the product of each replicate.

    Returns
    -------
    array, shape (estimates, estimates)
        NaN where no replicate has both estimates.
    """
    known = ~np.isnan(values)
    apart, there = np.where(known, values - estimates, 0.0), known.astype(np.float64)
    n = there.T @ there
    products = (apart * np.broadcast_to(scale, len(values))[:, None]).T @ apart
    mean = np.divide(products, n, out=np.full(n.shape, np.nan), where=n > 0)
    made: FloatArray = mean * len(values)
    return made
