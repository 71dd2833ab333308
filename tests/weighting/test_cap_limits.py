"""Standard errors that know that the limit of a cap is estimated, against the spread of estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from credbenefits.weighting.covariates import Covariate
from credbenefits.weighting.recipe import Recipe, Sample
from credbenefits.weighting.steps.cap import Cap
from credbenefits.weighting.steps.propensity import Propensity
from credbenefits.weighting.steps.rescale import Rescale

N = 114


class Fixed(Cap):
    """A cap whose limit is taken as fixed, as it was before."""

    def to_limit(self, sample, weight, gradient):
        return super().to_limit(sample, weight, np.zeros_like(gradient))


def study(rng):
    """About 40 of 114 people answer; who does, and what they say, goes with a number."""
    a = rng.normal(size=N)
    answered = rng.random(N) < 1 / (1 + np.exp(0.85 - 1.1 * a))
    y = rng.random(N) < 1 / (1 + np.exp(0.3 - 0.9 * a))
    numbers, codes = np.unique(a, return_inverse=True)
    made = Covariate.of("a", codes, tuple(map(str, numbers)), ordered=True)
    return Sample((replace(made, basis=numbers[:, None]),), answered), y[answered].astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [{"times_median": 2.0}, {"times_median": None, "percentile": 80.0}])
def test_standard_errors_know_that_the_limit_is_estimated(limit):
    # Seed 14, 600 samples. A standard error of the ratio is .03; a fixed limit gave .94 to .95 of the truth.
    rng = np.random.default_rng(14)
    made, errors, held = [], [], []
    for _ in range(600):
        sample, y = study(rng)
        found = []
        for cap in (Cap(**limit), Fixed(**limit)):
            recipe = Recipe(sample, (Propensity(), cap, Rescale()))
            weight = recipe.replicate(np.ones((1, N)))[0]
            share = weight @ y / weight.sum()
            influence = recipe.influence(((y - share) / weight.sum())[None])[0]
            found.append(np.sqrt((influence**2).sum() * N / (N - 1)))
        made.append(share)
        errors.append(found)
        held.append(np.isclose(weight, weight.max()).mean())
    assert 0.1 < np.mean(held) < 0.3
    ratio, fixed = np.mean(errors, axis=0) / np.std(made)
    assert abs(ratio - 1) < 0.08
    assert ratio > fixed + 0.01
