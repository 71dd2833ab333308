"""Weights that add up to the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.weighting.recipe import Sample


@dataclass(frozen=True, slots=True)
class Rescale:
    """The weights of all respondents together are made as many as there are people in the population."""

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return "rescaled to population"

    @property
    def words(self) -> str:
        """Nothing: only the size of a share's base depends on it."""
        return ""

    def run(self, sample: Sample, weight: FloatArray, times: FloatArray) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        total = (weight * times[:, sample.answered]).sum(axis=1)
        factor = np.divide(times.sum(axis=1), total, out=np.zeros(total.shape), where=total > 0)
        result: FloatArray = weight * factor[:, None]
        return result
