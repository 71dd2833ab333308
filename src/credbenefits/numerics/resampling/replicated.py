"""Proportions of replicates: sums that are linear in the multipliers, and what intervals take from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from credbenefits.numerics.resampling.intervals import unit_acceleration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.numerics.resampling.multipliers import Multipliers


class Replicated(NamedTuple):
    """Proportions in each replicate, with standard errors; shape (replicates, proportions, groups)."""

    values: FloatArray
    errors: FloatArray | None


class Resampled(Protocol):
    """What is drawn again: people, or units, with their sums."""

    @property
    def n_units(self) -> int:
        """How many people or units there are."""
        ...

    def sums(self, multipliers: Multipliers) -> tuple[FloatArray, FloatArray]:
        """Return sum(m w y) and sum(m w) of each replicate, shape (replicates, proportions, groups)."""
        ...

    def squares(self, multipliers: Multipliers, proportion: FloatArray) -> FloatArray:
        """Return sum(m z^2) with z = (unit's total of w y) - p (unit's total of w)."""
        ...

    def acceleration(self, proportion: FloatArray) -> FloatArray:
        """Return the acceleration of each proportion (BCa), shape (proportions, groups)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class UnitSums:
    """Sums of sampling units: all that their replicates need.

    Attributes
    ----------
    yes, base : array, shape (units, proportions, groups)
        Sum of w of those of the unit who said yes, and who answered. `base` may have one proportion, if it is
        the same for all.
    stratum : array of int, shape (units,)
        Stratum of each unit.
    """

    yes: FloatArray
    base: FloatArray
    stratum: IntArray

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return len(self.yes)

    def sums(self, multipliers: Multipliers) -> tuple[FloatArray, FloatArray]:
        """Return sum(m w y) and sum(m w) of each replicate, shape (replicates, proportions, groups)."""
        m = multipliers.of()
        return _times(m, self.yes), np.broadcast_to(_times(m, self.base), (len(m), *self.yes.shape[1:]))

    def squares(self, multipliers: Multipliers, proportion: FloatArray) -> FloatArray:
        """Return sum(m z^2) with z = (unit's total of w y) - p (unit's total of w)."""
        m = multipliers.of()
        both, base = _times(m, self.yes * self.base), _times(m, self.base**2)
        return _times(m, self.yes**2) - 2.0 * proportion * both + proportion**2 * base

    def acceleration(self, proportion: FloatArray) -> FloatArray:
        """Return the acceleration of each proportion (BCa), shape (proportions, groups)."""
        return unit_acceleration(self.yes - np.nan_to_num(proportion) * self.base, self.stratum)


def _times(m: FloatArray, totals: FloatArray) -> FloatArray:
    return (m @ totals.reshape(len(totals), -1)).reshape(len(m), *totals.shape[1:])


def replicate(
    batches: Iterable[Multipliers],
    resampled: Resampled,
    *,
    with_errors: bool = False,
    tick: Callable[[int], None] | None = None,
) -> Replicated:
    """Return the proportion sum(m w y) / sum(m w) of every replicate, batch by batch.

    A proportion is NaN in a replicate that drew nobody of its base. Its error, for `bootstrap.studentized`,
    is sqrt(sum(m z^2)) / sum(m w) for units that are drawn independently (one stratum). One batch of ones
    gives the estimate and its error by the same formula. `tick` is told how many replicates each batch had.
    """
    values, errors = [], []
    for batch in batches:
        yes, base = resampled.sums(batch)
        proportion = divided(yes, base)
        values.append(proportion)
        if with_errors:
            # Rounding may leave a hair below 0 where all units of a replicate have one answer.
            squares = np.maximum(resampled.squares(batch, proportion), 0.0)
            errors.append(divided(np.sqrt(squares), base))
        if tick is not None:
            tick(len(batch))
    return Replicated(np.concatenate(values), np.concatenate(errors) if with_errors else None)


def divided(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """Return proportions; NaN where there is nobody in the base."""
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out
