"""Weights that add up to the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.weighting.recipe import Gradients

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.weighting.recipe import Draw, Sample


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

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        total = (weight * draw.times[:, sample.answered]).sum(axis=1)
        everybody = np.einsum("ij,ij->i", draw.times, draw.base)  # without an array of all of them
        factor = np.divide(everybody, total, out=np.zeros(total.shape), where=total > 0)
        result: FloatArray = weight * factor[:, None]
        return result

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`."""
        copies, mass = draw.times[0, sample.answered], draw.mass[0].sum()
        total = float(weight[0] @ copies)
        factor = mass / total
        of_factor = (gradient @ weight[0])[:, None] * factor
        to_times = of_factor * (draw.base[0] / mass)
        to_times[:, sample.answered] -= of_factor * (weight[0] / total)
        to_weight = gradient * factor - of_factor * (copies / total)
        return Gradients(to_weight, to_times, of_factor * (draw.times[0] / mass))
