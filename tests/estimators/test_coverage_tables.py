"""The page on coverage: its files and tables are what the library gives, and its words are what they say."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc
from scipy.stats import binom

from credbenefits import proportion_interval

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
KEPT = 5.1e-6  # the files keep five digits
Z = 1.959963984540054
NUMBERS = ["mean_coverage", "min_coverage", "mean_width"]


@pytest.fixture(scope="module")
def code():
    names = {
        "proportion": "coverage_proportion",
        "difference": "coverage_difference",
        "figures": "_coverage_figures",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), str(DOCS), *sys.path])
        yield SimpleNamespace(**{short: importlib.import_module(name) for short, name in names.items()})


@pytest.fixture(scope="module")
def page():
    return (DOCS / "coverage.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shares():
    return pd.read_csv(DOCS / "_data" / "coverage_proportion.csv").set_index(["method", "n"])


@pytest.fixture(scope="module")
def differences():
    return pd.read_csv(DOCS / "_data" / "coverage_difference.csv").set_index(["n1", "n2", "method"])


# ---- one proportion ----------------------------------------------------------------------------------


def test_the_file_holds_every_method_and_size(code, shares):
    assert list(shares.index) == [(m, n) for m in code.proportion.METHODS for n in code.proportion.SIZES]
    assert (min(code.proportion.SIZES), max(code.proportion.SIZES)) == (5, 200)
    assert not shares.isna().any(axis=None)


def test_its_rows_are_what_the_library_gives(code, shares):
    sizes = [5, 6, 12, 51, 133, 200]
    result = code.proportion.exact_coverage(nobs=sizes)
    for name in NUMBERS:
        kept = shares[name].unstack()[sizes].loc[list(result.methods)]
        np.testing.assert_allclose(kept, getattr(result, name), rtol=0, atol=KEPT)


def test_means_agree_with_integrals(code, shares):
    """With p uniform every count is equally likely, and p given the count has a beta distribution."""
    for n in (5, 17, 60, 200):
        x = np.arange(n + 1.0)
        for method in code.proportion.METHODS:
            low, high = proportion_interval(x, n, method=method)
            given = ~np.isnan(low)
            low, high, x_given = low[given], high[given], x[given]
            first, second = x_given + 1, n - x_given + 1
            covered = (betainc(first, second, high) - betainc(first, second, low)).sum() / (n + 1)
            row = shares.loc[method, n]
            # The grid errs where coverage jumps, by at most half a step times the jump.
            jumps = binom.pmf(x_given, n, low) + binom.pmf(x_given, n, high)
            assert abs(row.mean_coverage - covered) < 0.0005 * jumps.sum() + KEPT
            assert row.mean_coverage == pytest.approx(covered, abs=6e-4)
            if given.all():
                assert row.mean_width == pytest.approx((high - low).mean(), abs=3e-5)


def test_the_minimum_of_wilson_by_hand(shares):
    """Just below the lower limit for one yes, only "nobody" holds p: coverage is (1 - limit)^n."""
    kept = shares.loc["wilson", "min_coverage"]
    n = kept.index.to_numpy()
    limit = (1 + Z**2 / 2 - Z * np.sqrt((n - 1) / n + Z**2 / 4)) / (n + Z**2)
    np.testing.assert_allclose(kept, (1 - limit) ** n, rtol=0, atol=KEPT)


@pytest.mark.parametrize(
    ("method", "n"), [("jeffreys", 10), ("likelihood", 6), ("agresti_coull", 12), ("wald_cc", 9)]
)
def test_the_minimum_is_that_of_a_very_fine_grid(code, shares, method, n):
    p = (np.arange(200_000) + 0.5) / 200_000
    low, high = proportion_interval(np.arange(n + 1), n, method=method)
    finest = sum(binom.pmf(x, n, p) * ((low[x] <= p) & (p <= high[x])) for x in range(n + 1)).min()
    assert finest - 1e-4 < shares.loc[(method, n), "min_coverage"] <= finest + KEPT


def test_what_the_page_says_of_one_share(code, shares):
    mean, least = (shares[name].unstack(0) for name in NUMBERS[:2])
    width = shares["mean_width"].unstack(0)
    width = width.div(width["wilson"], axis=0)
    assert mean["wilson"].between(0.950, 0.9555).all()
    assert (mean - 0.95).loc[:, (mean >= 0.95).all()].max().idxmin() == "wilson"
    assert width[["jeffreys", "likelihood"]].min().round(3).tolist() == [0.991, 0.986]
    assert (least[["clopper_pearson", "blaker"]] >= 0.95 - KEPT).all(axis=None)
    assert (mean["likelihood"] < 0.95).all()
    assert (least[["wald", "logit"]] < 1e-5).all(axis=None)
    lowest = {
        "wilson": 0.83,
        "wilson_cc": 0.948,
        "agresti_coull": 0.89,
        "modified_wilson": 0.89,
        "mid_p": 0.91,
        "jeffreys": 0.868,
        "arcsine": 0.886,
        "modified_jeffreys": 0.899,
        "likelihood": 0.80,
        "wald_cc": 0.39,
    }
    for method, value in lowest.items():
        assert value <= round(least[method].min(), 3) < value + 0.01, method
    assert least.loc[10:, "agresti_coull"].min() > 0.92
    assert least.loc[10:, "modified_wilson"].min() > 0.90
    assert width[["agresti_coull", "modified_wilson"]].max().max() < 1.055
    assert width.loc[[10, 100], ["blaker", "clopper_pearson"]].round(2).to_numpy().tolist() == [
        [1.09, 1.17],
        [1.03, 1.06],
    ]
    short = code.proportion.exact_coverage(
        ["wilson", "jeffreys", "likelihood"], np.arange(5, 201, 5)
    ).coverage
    assert (np.diff((short < 0.95).mean(axis=(1, 2))) > 0).all()
    result = code.proportion.exact_coverage(["wilson"], np.arange(10, 201))
    inner = result.coverage[0][:, (result.p > 0.1) & (result.p < 0.9)].min(axis=1)
    assert inner.min() > 0.90
    assert inner[20:].min() > 0.92
    assert inner[90:].min() > 0.93


# ---- differences -------------------------------------------------------------------------------------


def test_rows_of_differences_are_what_the_library_gives(code, differences):
    pairs = code.difference.EQUAL + code.difference.UNEQUAL
    assert list(differences.index) == [(*pair, m) for pair in pairs for m in code.difference.METHODS]
    grid = code.difference.grid(code.difference.STEPS)
    for pair in [(5, 5), (20, 20), (7, 28)]:
        for method in code.difference.METHODS:
            found = code.difference.coverage(*pair, grid, grid, method=method)
            numbers = [found.coverage.mean(), found.coverage.min(), found.width.mean()]
            assert differences.loc[(*pair, method)].tolist() == pytest.approx(numbers, abs=KEPT)


def test_mean_widths_of_differences_by_hand(code, differences):
    """Over uniform shares every pair of counts is equally likely."""
    n1, n2 = 15, 60
    a, b = np.arange(n1 + 1)[:, None], np.arange(n2 + 1)
    for method in code.difference.METHODS:
        low, high = code.difference.comparison_interval(a, n1, b, n2, method=method)
        assert differences.loc[(n1, n2, method), "mean_width"] == pytest.approx((high - low).mean(), abs=3e-4)


def test_what_the_page_says_of_differences(differences):
    mean, least, width = (differences[name].unstack() for name in NUMBERS)
    width = width.div(width["newcombe"], axis=0)
    n1, n2 = (mean.index.get_level_values(name) for name in ("n1", "n2"))
    assert mean["newcombe"].round(3).between(0.951, 0.954).all()
    assert (width.idxmin(axis=1) == "newcombe").all()
    nearest = (mean - 0.95).abs().idxmin(axis=1)
    assert ((nearest == "miettinen_nurminen") == ((n1 == n2) & (n1 >= 20))).all()
    assert (mean.idxmax(axis=1)[n1 >= 15] == "agresti_caffo").all()
    assert (least.idxmax(axis=1) == "agresti_caffo").mean() > 0.7
    assert (width.idxmax(axis=1)[n1 != n2] == "agresti_caffo").all()
    assert width["agresti_caffo"].max() < 1.06


# ---- the page ----------------------------------------------------------------------------------------


def test_the_tables_of_the_page_are_what_the_library_gives(code, page):
    assert code.proportion.table(code.proportion.exact_coverage(nobs=code.proportion.SHOWN)) in page
    written = code.difference.table(
        code.difference.SHOWN, steps=code.difference.STEPS, confidence_level=code.figures.LEVEL
    )
    assert written in page


def test_every_method_is_drawn(code):
    drawn = [method for group in code.figures.GROUPS.values() for method in group]
    assert sorted(drawn) == sorted(code.proportion.METHODS)
