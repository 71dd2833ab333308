"""Simultaneous intervals for the shares of several categories."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from credbenefits._typing import MultinomialMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.proportion import _together
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.proportion.multinomial import multinomial_intervals
from strategies import confidence_levels

METHODS = list(get_args(MultinomialMethod))
GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "multinomial.json").read_text())

every_method = pytest.mark.parametrize("method", METHODS)
tables = st.lists(st.integers(0, 400), min_size=2, max_size=7).filter(any)


def intervals(counts, method, level=0.95):
    return multinomial_intervals(counts, method=method, confidence_level=level)


def pairs(limits):
    return np.stack(limits, axis=-1)


# ---- published and independent values ------------------------------------------------------------------


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN])
def test_golden_values(record):
    inputs = record["inputs"]
    found = pairs(intervals(inputs["counts"], record["method"], inputs["level"]))
    if "component" in inputs:
        found = found[inputs["component"]]
    np.testing.assert_allclose(found, record["expected"], rtol=0, atol=record["tolerance"])
    if "published" in record:
        np.testing.assert_allclose(found, record["published"], rtol=0, atol=record["published_tolerance"])


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in GOLDEN if "edgeworth" in r])
def test_sison_glaz_differs_from_the_edgeworth_expansion_by_little(record):
    # Same c, so the same lower limits; the interpolation moves the upper ones.
    low, high = intervals(record["inputs"]["counts"], "sison_glaz", record["inputs"]["level"])
    other_low, other_high = np.transpose(record["edgeworth"])
    np.testing.assert_allclose(low, other_low, atol=1e-12)
    assert 1e-4 < np.abs(high - other_high).max() < 3e-3


# ---- by hand and by brute force ------------------------------------------------------------------------


def test_by_hand():
    # Two of four each. Bonferroni for two: Wilson's interval at 97.5 percent.
    for limits in zip(*intervals([2, 2], "goodman"), strict=True):
        np.testing.assert_allclose(limits, proportion_interval(2, 4, confidence_level=0.975), rtol=1e-13)
    # k - 1 = 1 degree of freedom is Wilson's interval itself.
    for limits in zip(*intervals([2, 2], "quesenberry_hurst"), strict=True):
        np.testing.assert_allclose(limits, proportion_interval(2, 4), rtol=1e-13)
    low, high = intervals([2, 2], "fitzpatrick_scott")
    half = 1.959963984540054 / 4
    np.testing.assert_allclose((low, high), ([0.5 - half] * 2, [0.5 + half] * 2), rtol=1e-13)
    # Half and half of two: nu(0) = 1/2 and nu(1) = 1, so c = 0 and gamma = (0.95 - 0.5) / 0.5 = 0.9.
    low, high = intervals([1, 1], "sison_glaz")
    np.testing.assert_allclose((low, high), ([0.5, 0.5], [1.0, 1.0]), rtol=1e-13)
    # At 0.6: gamma = 0.2 and the upper limit is 0.5 + 0.4 / 2.
    low, high = intervals([1, 1], "sison_glaz", 0.6)
    np.testing.assert_allclose((low, high), ([0.5, 0.5], [0.7, 0.7]), rtol=1e-13)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_goodman_and_quesenberry_hurst_have_the_chi_squared_of_the_level(k, level):
    x = np.random.default_rng(k).multinomial(40, np.ones(k) / k, size=20)
    p = x / 40
    for method, target in (
        ("goodman", stats.chi2.ppf(1 - (1 - level) / k, 1)),
        ("quesenberry_hurst", stats.chi2.ppf(level, k - 1)),
    ):
        low, high = intervals(x, method, level)
        for limit, inner in ((low, x > 0), (high, x < 40)):
            distance = 40 * (p - limit)[inner] ** 2 / (limit * (1 - limit))[inner]
            np.testing.assert_allclose(distance, target, rtol=1e-9)
        assert (low[x == 0] == 0).all()


def compositions(n, k):
    for bars in itertools.combinations(range(n + k - 1), k - 1):
        ends = (-1, *bars, n + k - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(ends))


def chance(sample, shares):
    ways = math.factorial(sum(sample)) // math.prod(math.factorial(s) for s in sample)
    return ways * math.prod(p**s for s, p in zip(sample, shares, strict=True))


def sison_glaz_by_enumeration(x, level):
    """c and gamma from the chances of all samples; None if nu(0) reaches the level."""
    n = sum(x)
    mass = [0.0] * (n + 1)  # by the furthest deviation
    for sample in compositions(n, len(x)):
        furthest = max(abs(a - b) for a, b in zip(sample, x, strict=True))
        mass[furthest] += chance(sample, [v / n for v in x])
    nu = [0.0, *itertools.accumulate(mass)]  # nu(-1), nu(0), ...
    at = next(i for i, v in enumerate(nu) if v >= level - 1e-13)
    return None if at == 1 else (at - 2, (level - nu[at - 1]) / (nu[at] - nu[at - 1]))


@pytest.mark.parametrize(("k", "largest"), [(2, 25), (3, 11), (4, 7), (6, 4)])
def test_sison_glaz_by_enumeration(k, largest):
    level, n_none = 0.9, 0
    for n in range(1, largest + 1):
        x = np.array(list(compositions(n, k)))
        low, high = intervals(x, "sison_glaz", level)
        by_table = {}  # the order of the categories does not matter
        for table, a, b in zip(x.tolist(), low, high, strict=True):
            key = tuple(sorted(table))
            if key not in by_table:
                by_table[key] = sison_glaz_by_enumeration(key, level)
            if by_table[key] is None:
                n_none += 1
                assert np.isnan([a, b]).all()
                assert max(table) == n  # at this level: all in one category
                continue
            c, gamma = by_table[key]
            p = np.array(table) / n
            np.testing.assert_allclose(a, np.maximum(p - c / n, 0.0), rtol=0, atol=1e-14)
            np.testing.assert_allclose(b, np.minimum(p + (c + 2 * gamma) / n, 1.0), rtol=0, atol=1e-11)
    assert n_none == k * largest


@pytest.mark.parametrize("n", [10**3, 10**6, 10**8])
def test_sison_glaz_of_two_categories_is_binomial(n):
    x = np.array([3 * n // 10, n - 3 * n // 10])
    low, high = intervals(x, "sison_glaz")
    c = round((x[0] / n - low[0]) * n)
    nu = [stats.binom.cdf(x[0] + d, n, 0.3) - stats.binom.cdf(x[0] - d - 1, n, 0.3) for d in (c, c + 1)]
    assert nu[0] < 0.95 <= nu[1]
    gamma = (0.95 - nu[0]) / (nu[1] - nu[0])
    np.testing.assert_allclose(high, (x + c + 2 * gamma) / n, rtol=0, atol=1e-11)


def test_sison_glaz_of_huge_tables_grows_with_the_square_root(monkeypatch):
    x = np.array([2e8, 3e8, 5e8])
    exact = pairs(intervals(x, "sison_glaz"))  # scaled to 2^14 counts of deviation
    # With the limit of the sums moved, the same call takes the exact way.
    monkeypatch.setattr(_together, "_FURTHEST", 2**20)
    np.testing.assert_allclose(pairs(intervals(x, "sison_glaz")), exact, rtol=0, atol=1e-11)
    monkeypatch.undo()
    larger = pairs(intervals(1_000 * x, "sison_glaz"))
    share = (x / 1e9)[:, None]
    np.testing.assert_allclose((larger - share) * math.sqrt(1_000), exact - share, rtol=1e-4)


def test_sison_glaz_of_many_categories():
    # Sixty categories: the sums wrap round in the transform, out of reach. Against one category at a time.
    x = np.arange(1, 61) * 10
    n = int(x.sum())
    low, _ = intervals(x, "sison_glaz")
    c = round((x[-1] / n - low[-1]) * n)

    def nu(c):
        sums = np.array([1.0])
        for mean in x:
            d = np.arange(-min(c, mean), c + 1)
            sums = np.convolve(sums, stats.poisson.pmf(mean + d, mean))
        at = n - sum(int(max(mean - c, 0)) for mean in x)
        return sums[at] / stats.poisson.pmf(n, n)

    assert nu(c) < 0.95 <= nu(c + 1)


@every_method
def test_coverage_by_enumeration(method):
    # All 231 tables of 20 answers in three categories.
    samples = np.array(list(compositions(20, 3)))
    low, high = intervals(samples, method)
    for shares in ((0.2, 0.3, 0.5), (1 / 3, 1 / 3, 1 / 3)):
        mass = np.array([chance(s, shares) for s in samples.tolist()])
        assert mass.sum() == pytest.approx(1.0)
        held = ((low <= shares) & (np.array(shares) <= high)).all(axis=-1)
        coverage = float(mass[held].sum())
        # Fitzpatrick and Scott promise 0.887 in large samples; equal shares are their worst case. Sison and
        # Glaz's are too short for so few answers, as documented.
        least = {"fitzpatrick_scott": 0.87, "sison_glaz": 0.86}.get(method, 0.93)
        assert least < coverage < 1.0


# ---- properties ----------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(method=st.sampled_from(METHODS), x=tables, level=confidence_levels)
def test_limits_hold_the_shares_in_any_order(method, x, level):
    x = np.array(x)
    low, high = intervals(x, method, level)
    backwards = intervals(x[::-1], method, level)
    np.testing.assert_allclose(backwards.low[::-1], low, rtol=0, atol=1e-12)
    np.testing.assert_allclose(backwards.high[::-1], high, rtol=0, atol=1e-9)
    if np.isnan(low).any():
        assert method == "sison_glaz"
        assert np.isnan([low, high]).all()
        return
    share = x / x.sum()
    assert ((low >= 0) & (low <= share + 1e-15) & (share <= high + 1e-15) & (high <= 1)).all()


@settings(max_examples=100)
@given(method=st.sampled_from(METHODS), x=tables)
def test_a_higher_level_gives_wider_intervals(method, x):
    narrow, wide = intervals(x, method, 0.8), intervals(x, method, 0.95)
    if not np.isnan(narrow.low).any():
        assert (wide.low <= narrow.low + 1e-12).all()
        # Sison and Glaz's upper limit rises by 2 gamma, up to 2, and falls back by 1 where c steps up.
        slack = 1.0 / sum(x) if method == "sison_glaz" else 0.0
        assert (wide.high >= narrow.high - slack - 1e-12).all()


@every_method
def test_tables_together_give_what_each_gives(method):
    rng = np.random.default_rng(11)
    n = rng.integers(0, 3_000, (6, 5))
    n[0, 0] = 0
    x = rng.multinomial(n, [0.5, 0.3, 0.15, 0.05])
    low, high = intervals(x, method)
    assert low.shape == high.shape == (6, 5, 4)
    for at in np.ndindex(6, 5):
        alone = intervals(x[at], method)
        np.testing.assert_allclose(alone.low, low[at], rtol=0, atol=1e-14)
        np.testing.assert_allclose(alone.high, high[at], rtol=0, atol=1e-10)
    assert np.isnan(low[0, 0]).all()
    assert np.isnan(high[0, 0]).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m != "sison_glaz"])
def test_effective_counts_need_not_be_whole(method):
    exact = pairs(intervals([20, 30, 50], method))
    np.testing.assert_allclose(pairs(intervals([20 + 1e-9, 30, 50], method)), exact, atol=1e-10)
    low, high = intervals([0.3, 1.2, 0.0], method)
    assert ((low >= 0) & (low < high) & (high <= 1)).all()


@every_method
@pytest.mark.parametrize("level", [1e-6, 0.5, 0.95, 1 - 2e-8])
def test_extremes_are_silent_and_in_range(method, level):
    for x in (
        [1, 0],
        [1, 1],
        [10, 0, 0],
        [5 * 10**11, 5 * 10**11],
        [10**12 - 4, 3, 1],
        [10**12, 1, 0, 0],
        [0, 0],
    ):
        low, high = intervals(x, method, level)
        share = np.array(x) / max(sum(x), 1)
        if np.isnan(low).any():
            assert sum(x) == 0 or method == "sison_glaz"
            assert np.isnan([low, high]).all()
        else:
            assert ((low >= 0) & (low <= share) & (share <= high) & (high <= 1)).all()
    assert intervals(np.empty((0, 3)), method, level).low.shape == (0, 3)


def test_all_answers_in_one_category():
    low, high = intervals([[10, 0, 0], [9, 1, 0]], "sison_glaz")
    assert np.isnan([low[0], high[0]]).all()  # as documented
    assert not np.isnan([low[1], high[1]]).any()


# ---- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([5], "at least two categories"),
        (5, "at least two categories"),
        ([3, -1], r"from 0 to 2\*\*53; got -1 at position 1"),
        ([3, math.nan], "got nan"),
        ([3, math.inf], "got inf"),
        ([2.0**53, 2.0**53], r"at most 2\*\*53 answers in a table"),
        (["a", "b"], "expected numbers"),
        ([True, False], "Count first"),
    ],
)
@every_method
def test_tables_that_cannot_be_are_refused(method, counts, words):
    with pytest.raises(InputError, match=f"`counts`.*{words}"):
        intervals(counts, method)


def test_other_refusals():
    with pytest.raises(MethodError, match="Did you mean 'goodman'"):
        intervals([1, 2], "godman")
    with pytest.raises(InputError, match=r"write 0\.95"):
        intervals([1, 2], "goodman", 95)
    with pytest.raises(MethodError, match=r"whole numbers.*got 1\.5.*goodman"):
        intervals([1.5, 2], "sison_glaz")
    with pytest.raises(MethodError, match=r"confidence_level.*goodman"):
        intervals([1, 2], "sison_glaz", 1 - 1e-9)
