"""P-values of several tests, adjusted for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import Adjust, FloatArray


def adjust_p_values(p_values: FloatArray, how: Adjust) -> FloatArray:
    """Adjust p-values by Holm, Bonferroni, or Benjamini and Hochberg, or not at all.

    The values are those of ``statsmodels.stats.multitest.multipletests``, which collects the garbage of the
    whole process at every call by Holm: that takes longer than all else a comparison does.
    """
    if how == "none":
        return p_values.copy()
    n = p_values.size
    if how == "bonferroni":
        return np.minimum(p_values * float(n), 1.0)
    order = np.argsort(p_values)
    ordered = p_values[order]
    if how == "holm":
        raised = np.maximum.accumulate(ordered * np.arange(n, 0, -1))
    else:
        raised = np.minimum.accumulate((ordered / (np.arange(1, n + 1) / float(n)))[::-1])[::-1]
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
