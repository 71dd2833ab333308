"""What is estimated of two proportions: their difference, ratio or odds ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits import _typing as t
    from credbenefits._typing import FloatArray


def compared(proportion1: FloatArray, proportion2: FloatArray, comparison: t.ContrastKind) -> FloatArray:
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
