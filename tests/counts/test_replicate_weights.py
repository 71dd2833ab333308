"""Variance from replicate weights: by hand, against R's survey, and by properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.design.replicate_scale import (
    ReplicateKind,
    replicate_proportions,
    replicate_scale,
    replicate_variance,
)

R = json.loads((Path(__file__).parents[1] / "golden" / "bootstrap.json").read_text())["r"]
OPTIONS = {
    "brr": {},
    "fay": {"fay_coefficient": 0.3},
    "jk1": {},
    "jkn": {"rscales": R["rscales"]},
    "bootstrap": {},
    "sdr": {},
}


def of_the_example():
    """Replicate shares and the full share of the data in golden/r/bootstrap.R."""
    y, answered, w = (np.array(R[name]) for name in ("y", "answered", "w"))
    rep_w = np.array(R["rep_w"]).reshape(8, 12)
    yes, base = (y * answered)[:, None], answered[:, None]
    return replicate_proportions(rep_w @ yes, rep_w @ base), replicate_proportions(w @ yes, w @ base)


@pytest.mark.parametrize("kind", OPTIONS)
def test_variance_is_that_of_r_survey(kind):
    replicates, estimate = of_the_example()
    assert estimate[0] == pytest.approx(R["estimate"], rel=1e-12)
    made = replicate_variance(replicates, estimate, *replicate_scale(kind, 8, **OPTIONS[kind]))
    np.testing.assert_allclose(made, [R[kind]], rtol=1e-10)


def test_the_bootstrap_of_r_survey_takes_one_replicate_less():
    replicates, estimate = of_the_example()
    made = replicate_variance(replicates, estimate, *replicate_scale("bootstrap", 8, scale=1 / 7))
    np.testing.assert_allclose(made, [R["bootstrap_survey"]], rtol=1e-10)


def test_every_kind_has_been_compared():
    assert set(OPTIONS) == set(get_args(ReplicateKind))


def test_factors_by_hand():
    assert {
        kind: replicate_scale(kind, 4, **options).scale for kind, options in OPTIONS.items() if kind != "jkn"
    } == {
        "brr": 0.25,
        "fay": pytest.approx(1 / (4 * 0.49)),
        "jk1": 0.75,
        "bootstrap": 0.25,
        "sdr": 1.0,
    }
    assert replicate_scale("jkn", 3, rscales=[0.5, 0.5, 1.0]).scale == 1.0
    np.testing.assert_array_equal(replicate_scale("brr", 3).rscales, 1.0)


def test_variance_by_hand():
    replicates = np.array([[0.1, 0.5], [0.3, 0.5], [0.4, 0.8]])
    made = replicate_variance(replicates, np.array([0.2, 0.5]), 0.5, np.array([1.0, 1.0, 2.0]))
    np.testing.assert_allclose(made, [0.5 * (0.01 + 0.01 + 0.08), 0.5 * 0.18])
    replicates[0, 0] = np.nan
    assert np.isnan(replicate_variance(replicates, np.array([0.2, 0.5]), 0.5, np.ones(3))).tolist() == [
        True,
        False,
    ]


def test_the_jackknife_of_a_mean_is_its_textbook_variance():
    y = np.array([1.0, 0, 0, 1, 1, 0, 1])
    replicates = (y.sum() - y) / 6
    made = replicate_variance(replicates, y.mean(), *replicate_scale("jk1", 7))
    assert made == pytest.approx(y.var(ddof=1) / 7)


def test_balanced_half_samples_of_a_total_are_its_linearised_variance():
    # Two PSUs a stratum, three strata; a Hadamard matrix of order 4 chooses the halves.
    z = np.array([[3.0, 5.0], [1.0, 4.0], [7.0, 2.0]])
    signs = np.array([[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]])
    linearised = ((z[:, 0] - z[:, 1]) ** 2).sum()
    for kind, k in (("brr", 0.0), ("fay", 0.5)):
        up, down = 2 - k, k
        m = np.stack([np.where(signs > 0, up, down), np.where(signs > 0, down, up)], axis=-1)
        replicates = (m * z).sum(axis=(1, 2))
        options = {"fay_coefficient": k} if kind == "fay" else {}
        assert replicate_variance(replicates, z.sum(), *replicate_scale(kind, 4, **options)) == pytest.approx(
            linearised
        )


@pytest.mark.parametrize(
    ("kind", "options", "argument"),
    [
        ("fay", {}, "fay_coefficient"),
        ("fay", {"fay_coefficient": 1.0}, "fay_coefficient"),
        ("fay", {"fay_coefficient": float("nan")}, "fay_coefficient"),
        ("brr", {"fay_coefficient": 0.5}, "fay_coefficient"),
        ("brr", {"fay_coefficient": 0.0}, "fay_coefficient"),
        ("jkn", {}, "rscales"),
        ("jkn", {"rscales": [1.0, 2.0]}, "rscales"),
        ("jkn", {"rscales": [1.0, 2.0, -1.0]}, "rscales"),
        ("bootstrap", {"scale": 0.0}, "scale"),
        ("bootstrap", {"scale": float("inf")}, "scale"),
    ],
)
def test_what_does_not_fit_is_refused(kind, options, argument):
    with pytest.raises(InputError) as caught:
        replicate_scale(kind, 3, **options)
    assert caught.value.argument == argument


def test_an_unknown_kind_and_a_single_replicate_are_refused():
    with pytest.raises(MethodError, match="brr"):
        replicate_scale("BRR2", 10)
    with pytest.raises(InputError, match="n_replicates"):
        replicate_scale("brr", 1)
