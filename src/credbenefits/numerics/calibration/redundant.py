"""Totals that follow from others: consistent ones are no matter, contradictory ones nobody can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.numerics.calibration.solve import MET, total_sizes

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.numerics.calibration.constraints import Constraints

#: A column of which the others leave less than this, of its sum of squares, is a sum of the others.
_DEPENDENT = 1e-12
#: A part of a sum that is smaller than this, beside its largest, is what rounding left.
_NOTHING = 1e-6


def contradiction(x: Constraints, mass: FloatArray, totals: FloatArray) -> IntArray | None:
    """Return columns whose totals no weights can meet together, negative ones neither; None for none.

    Parameters
    ----------
    x : Constraints
        What one person of each cell adds to each total.
    mass : array, shape (cells,)
        The given weights of each cell together, at least 0.
    totals : array, shape (columns,)
        What weights are to add up to.

    Returns
    -------
    array or None
        First the column that is a sum of the others, then these: as few as there are.
    """
    kept, of_kept = _sums_of_others(x.squares(mass[None])[0])
    size = total_sizes(x, mass[None], totals[None])[0]
    parts = np.abs(of_kept) * size[kept]
    gap = np.abs(totals - of_kept @ totals[kept])
    false = np.flatnonzero(gap > MET * np.maximum(size, parts.max(axis=1, initial=0.0)))
    if not false.size:
        return None
    of_some = parts[false] > _NOTHING * parts[false].max(axis=1, keepdims=True, initial=0.0)
    plainest = int(of_some.sum(axis=1).argmin())
    return np.append(false[plainest], kept[of_some[plainest]])


def _sums_of_others(squares: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the columns that are no sums of earlier ones, and how many times each of these others are."""
    scale = np.sqrt(np.diagonal(squares))
    unit = squares / np.outer(*[np.where(scale > 0, scale, 1.0)] * 2)
    kept: list[int] = []
    root: FloatArray = np.zeros((0, 0))
    for j in np.flatnonzero(scale > 0).tolist():
        # Cholesky's factor, one row at a time: what is left of a column beside the kept ones decides.
        row = np.linalg.solve(root, unit[kept, j])
        left = 1.0 - float(row @ row)
        if left > _DEPENDENT:
            root = np.block([[root, np.zeros((len(kept), 1))], [row[None], np.full((1, 1), np.sqrt(left))]])
            kept.append(j)
    of_unit = np.linalg.solve(root.T, np.linalg.solve(root, unit[kept])).T
    return np.array(kept, dtype=np.int64), of_unit * scale[:, None] / scale[kept]
