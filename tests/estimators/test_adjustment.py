"""P-values adjusted for one another: the published example, and statsmodels to the last bit."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from credbenefits.estimators.core.comparing.contrasts import adjust_p_values

P = np.array([0.04, 0.001, 0.2, 0.012, 0.03])


@pytest.mark.parametrize(
    ("how", "by_hand"),
    [
        ("holm", [0.09, 0.005, 0.2, 0.048, 0.09]),
        ("bonferroni", [0.2, 0.005, 1.0, 0.06, 0.15]),
        ("fdr_bh", [0.05, 0.005, 0.2, 0.03, 0.05]),
    ],
)
def test_by_hand(how, by_hand):
    np.testing.assert_allclose(adjust_p_values(P, how), by_hand, rtol=1e-14)


@pytest.mark.parametrize("how", ["holm", "bonferroni", "fdr_bh"])
@pytest.mark.parametrize("decimals", [2, 16])
def test_as_statsmodels(how, decimals):
    rng = np.random.default_rng(10)
    for n in (1, 2, 3, 10, 100, 1_000):
        p = np.round(rng.random(n) ** 3, decimals)
        np.testing.assert_array_equal(adjust_p_values(p, how), multipletests(p, method=how)[1])


@pytest.mark.parametrize("how", ["holm", "bonferroni", "fdr_bh"])
def test_nothing_to_adjust(how):
    assert adjust_p_values(np.array([]), how).size == 0
