"""Replicate weights: columns in which the weights were made again, and what makes a variance of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as check
from credbenefits._typing import MadeReplicates
from credbenefits.counts.replicate_weights import ReplicateWeights
from credbenefits.errors import DataWarning, InputError
from credbenefits.numerics.arguments import checked_generator
from credbenefits.numerics.resampling.multipliers import multipliers
from credbenefits.numerics.resampling.recipes import leave_out, made_again
from credbenefits.results.output import frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import FloatArray, Frame, FrameKind, IntArray, RNGLike
    from credbenefits.numerics.resampling.recipes import MadeAgain

#: Bootstrap replicates, where nobody says how many.
_N_BOOTSTRAP = 500


class WeightReplicates(NamedTuple):
    """Weights with replicates, to use here or to give away with a file.

    ``values`` is a data frame with ``person`` (for weights on people), ``weight`` and a column for each
    replicate, ``w_1``, ``w_2`` and so on. ``spec`` names these columns and how they were made, for
    ``SurveyDesign``.
    """

    values: Frame
    spec: ReplicateWeights


class Known(NamedTuple):
    """Weights that are known, as a recipe of those who have them."""

    weight: FloatArray

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return self.weight.size

    def replicate(self, multipliers: FloatArray) -> FloatArray:
        """Return the weights times multipliers."""
        return multipliers * self.weight

    def influence(self, gradient: FloatArray) -> FloatArray:
        """Return how estimates change with the copies of people."""
        return gradient * self.weight


def replicate_columns(
    recipe: MadeAgain,
    columns: Mapping[str, IntArray | FloatArray],
    kind: MadeReplicates,
    *,
    n_replicates: int | None,
    rng: RNGLike,
    frame_kind: FrameKind,
) -> WeightReplicates:
    """Make replicates beside the columns of weights: see :meth:`credbenefits.Weights.replicate_weights`."""
    made, scale = _replicates(recipe, kind, n_replicates, rng)
    kept = made[~np.isnan(made).any(axis=1)]
    failed = len(made) - len(kept)
    if failed:
        warnings.warn(
            f"in {failed:,} of {len(made):,} replicates the weights could not be made again: those are left "
            "out",
            DataWarning,
            stacklevel=3,
        )
    names = [f"w_{k}" for k in range(1, len(kept) + 1)]
    values = frame_of(frame_kind, {**columns, **dict(zip(names, kept, strict=True))})
    # What a replicate without weights would have added to the variance is the mean of what the others add.
    each = scale * len(made) / max(len(kept), 1) if failed else None
    return WeightReplicates(
        values, ReplicateWeights(names, "jk1" if kind == "jackknife" else "bootstrap", scale=each)
    )


def _replicates(
    recipe: MadeAgain, kind: MadeReplicates, n_replicates: int | None, rng: RNGLike
) -> tuple[FloatArray, float]:
    """Return the replicates, and the factor of their squared deviations."""
    check.choice("kind", kind, MadeReplicates)
    n = None if n_replicates is None else check.whole_number("n_replicates", n_replicates, least=2)
    if kind == "jackknife":
        _refuse_groups(n, rng, recipe.n_people)
        made = leave_out(recipe, n)
        return made.weights, (made.n_groups - 1.0) / made.n_groups
    resamples, generator = n or _N_BOOTSTRAP, checked_generator(rng)
    drawn = multipliers("simple", recipe.n_people, n_resamples=resamples, rng=generator)
    return np.concatenate([made_again(recipe, each.of()) for each in drawn]), 1.0 / resamples


def _refuse_groups(n_groups: int | None, rng: RNGLike, n_people: int) -> None:
    """Refuse more groups than people, and a seed that would have no effect."""
    if n_groups is not None and n_groups > n_people:
        raise InputError(
            "n_replicates",
            allowed=f"at most {n_people:,} for the jackknife: as many as there are people to leave out",
            received=f"{n_groups:,}",
            fix="Leave it out, to leave out each of them in turn.",
        )
    if rng is not None:
        raise InputError(
            "rng",
            allowed="None for the jackknife, whose groups are always the same",
            value=rng,
            fix="Leave it out.",
        )
