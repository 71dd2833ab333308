"""P-values of several tests, adjusted for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import Adjust, FloatArray


def adjust_p_values(p_values: FloatArray, how: Adjust) -> FloatArray:
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
