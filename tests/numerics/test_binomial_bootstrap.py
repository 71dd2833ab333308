"""The bootstrap of an unweighted share by its exact law: gold, all resamples, long runs and properties."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.resampling import intervals as bootstrap
from credbenefits.numerics.resampling.binomial import BootstrapKind, binomial_bootstrap
from strategies import confidence_levels

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bootstrap.json").read_text())
IDEAL = [r for r in GOLDEN["records"] if r["id"].startswith("S7.bca_ideal")]
KINDS = get_args(BootstrapKind)

every_kind = pytest.mark.parametrize("kind", KINDS)
inner_counts = st.integers(2, 5_000).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


@pytest.mark.parametrize("record", [pytest.param(r, id=r["id"]) for r in IDEAL])
def test_ideal_bca(record):
    made = binomial_bootstrap(record["inputs"]["x"], record["inputs"]["n"], kind="bca")
    np.testing.assert_allclose(made, record["expected"]["bca_ties_half"], rtol=0, atol=record["tolerance"])


def test_by_hand():
    # 1 of 2: shares 0, 1/2, 1 with chances 1/4, 1/2, 1/4.
    assert binomial_bootstrap(1, 2, confidence_level=0.4) == (0.5, 0.5)
    assert binomial_bootstrap(1, 2, confidence_level=0.6) == (0.0, 1.0)
    # a chance that equals the level reaches it
    assert binomial_bootstrap(1, 2, confidence_level=0.5) == (0.0, 0.5)
    # 1 of 4 at 0.8: P(0) = 0.316, P(<= 2) = 0.949, so 0 and 2 people
    assert binomial_bootstrap(1, 4, confidence_level=0.8) == (0.0, 0.5)
    assert binomial_bootstrap(1, 4, kind="basic", confidence_level=0.8) == (0.0, 0.5)
    assert binomial_bootstrap(2, 4, kind="basic", confidence_level=0.7) == (0.25, 0.75)


def smallest(values, level):
    """Smallest value with a cumulated chance of at least the level, among equally likely values."""
    ordered = np.sort(values)
    return ordered[int(np.ceil(round(level * len(values), 9))) - 1]


@every_kind
@pytest.mark.parametrize(("x", "n"), [(1, 4), (2, 5), (4, 6), (1, 6), (3, 6)])
@pytest.mark.parametrize("level", [0.95, 0.83, 0.6])
def test_all_resamples_of_a_few_people(x, n, kind, level):
    people = np.r_[np.ones(x), np.zeros(n - x)]
    t = people[np.array(list(product(range(n), repeat=n)))].mean(axis=1)
    p, tails = x / n, [(1 - level) / 2, (1 + level) / 2]
    if kind == "bca":
        d = people - p
        a = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
        z0 = stats.norm.ppf(((t < p - 1e-9).mean() + (t < p + 1e-9).mean()) / 2)
        z = z0 + stats.norm.ppf(tails)
        tails = stats.norm.cdf(z0 + z / (1 - a * z))
    if kind == "studentized":
        with np.errstate(divide="ignore"):
            t = (t - p) / np.sqrt(t * (1 - t))
    low, high = (smallest(t, tail) for tail in tails)
    if kind == "basic":
        low, high = 2 * p - high, 2 * p - low
    if kind == "studentized":
        low, high = p - np.sqrt(p * (1 - p)) * high, p - np.sqrt(p * (1 - p)) * low
    made = binomial_bootstrap(x, n, kind=kind, confidence_level=level)
    np.testing.assert_allclose(made, np.clip([low, high], 0, 1), atol=1e-12)


@every_kind
@pytest.mark.parametrize(("x", "n"), [(12, 33), (15, 148), (300, 1_000)])
def test_a_long_run_comes_to_the_same(x, n, kind):
    t = np.random.default_rng(n).binomial(n, x / n, 200_000) / n
    p = x / n
    errors, error = np.sqrt(t * (1 - t) / n), np.sqrt(p * (1 - p) / n)
    made = {
        "percentile": lambda: bootstrap.percentile(t, confidence_level=0.95),
        "basic": lambda: bootstrap.basic(t, p, confidence_level=0.95),
        "bca": lambda: bootstrap.bca(t, p, (1 - 2 * p) / (6 * n * error), confidence_level=0.95),
        "studentized": lambda: bootstrap.studentized(
            t, errors, estimate=p, std_error=error, confidence_level=0.95
        ),
    }[kind]()
    # The levels are known to five standard errors, 0.0017: that moves a quantile by at most a count here, and
    # a studentized limit by as much on the other scale.
    np.testing.assert_allclose(
        made, binomial_bootstrap(x, n, kind=kind), atol=(1.0 if kind != "studentized" else 1.7) / n
    )


@pytest.mark.parametrize(
    ("x", "n"), [(1, 10**9), (123_456, 10**9), (5 * 10**8, 10**9), (10**9 - 3, 10**9), (7, 10**6)]
)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
def test_large_bases(x, n, level):
    # SciPy's own quantile function, written by others and searched another way
    expected = stats.binom.ppf([(1 - level) / 2, (1 + level) / 2], n, x / n) / n
    np.testing.assert_allclose(
        binomial_bootstrap(x, n, confidence_level=level), expected, atol=1.5 / n if n > 10**8 else 1e-15
    )


@every_kind
def test_large_samples_come_to_the_normal_interval(kind):
    x, n = 3 * 10**8, 10**9
    half = stats.norm.ppf(0.975) * np.sqrt(0.3 * 0.7 / n)
    np.testing.assert_allclose(binomial_bootstrap(x, n, kind=kind), [0.3 - half, 0.3 + half], atol=4 / n)


@every_kind
def test_no_law_at_the_edges(kind):
    low, high = binomial_bootstrap([0, 20, 0, 7], [20, 20, 0, 20], kind=kind)
    assert np.isnan(low[:3]).all()
    assert np.isnan(high[:3]).all()
    assert 0 <= low[3] < 7 / 20 < high[3] <= 1


def test_shapes_broadcast():
    made = binomial_bootstrap(np.array([[1], [2]]), np.array([5, 6, 7]))
    assert made.low.shape == made.high.shape == (2, 3)
    assert made.low[1, 2] == binomial_bootstrap(2, 7).low
    assert binomial_bootstrap([], []).low.shape == (0,)


def test_what_is_not_a_count_is_refused():
    for count, nobs in ((1.5, 3), (1, 3.5), (1, 2 * 10**9)):
        with pytest.raises(InputError, match="whole numbers"):
            binomial_bootstrap(count, nobs)
    with pytest.raises(InputError):
        binomial_bootstrap(4, 3)
    with pytest.raises(MethodError, match="percentile"):
        binomial_bootstrap(1, 3, kind="perc")
    with pytest.raises(InputError, match=r"0\.95"):
        binomial_bootstrap(1, 3, confidence_level=95)


@given(inner_counts, confidence_levels, st.sampled_from(KINDS))
def test_no_mirrors_yes(pair, level, kind):
    (x, n), near = pair, 1e-9
    # BCa shifts the levels: so far out in the tail, chances near 1 cannot be told apart.
    assume(kind != "bca" or level <= 0.99)
    # Where a chance equals the level, the smallest value that reaches it is taken on both sides: no mirror.
    inner, outer = (
        binomial_bootstrap(x, n, kind=kind, confidence_level=level * s)
        for s in (1 - near, 1 + near * (1 - level))
    )
    assume(np.array_equal(inner, outer))
    low, high = binomial_bootstrap(x, n, kind=kind, confidence_level=level)
    other_low, other_high = binomial_bootstrap(n - x, n, kind=kind, confidence_level=level)
    np.testing.assert_allclose([other_low, other_high], [1 - high, 1 - low], atol=1e-12)


@given(inner_counts, st.floats(0.5, 0.9), st.sampled_from(KINDS))
def test_a_higher_level_is_never_narrower(pair, level, kind):
    low, high = binomial_bootstrap(*pair, kind=kind, confidence_level=level)
    wider_low, wider_high = binomial_bootstrap(*pair, kind=kind, confidence_level=level + 0.09)
    assert wider_low <= low <= high <= wider_high


@pytest.mark.parametrize(
    ("n", "p", "expected"),
    [
        (30, 0.1, [0.992, 0.850, 0.992, 0.992]),
        (30, 0.3, [0.953, 0.953, 0.974, 0.983]),
        (100, 0.1, [0.966, 0.938, 0.972, 0.964]),
        (100, 0.3, [0.950, 0.959, 0.963, 0.963]),
    ],
)
def test_coverage_of_all_samples_that_have_an_interval(n, p, expected):
    # Exact, by adding up all samples; what the docstring says of small samples rests on these numbers.
    x = np.arange(1, n)
    chance = stats.binom.pmf(x, n, p)
    made = []
    for kind in KINDS:
        low, high = binomial_bootstrap(x, n, kind=kind)
        made.append(chance[(low <= p + 1e-12) & (p <= high + 1e-12)].sum() / chance.sum())
    np.testing.assert_allclose(made, expected, atol=5.1e-4)


@pytest.mark.slow
@every_kind
def test_random_resamples_cover_as_the_exact_law_does(kind):
    # 2,000 studies of 50 people, 2,000 resamples each: the exact law's coverage within five standard errors, and a
    # few limits that differ by part of a count because random replicates are interpolated.
    n, p, rng = 50, 0.3, np.random.default_rng(3)
    x = rng.binomial(n, p, 2_000)
    t = rng.binomial(n, x / n, (2_000, x.size)) / n
    share, error = x / n, np.sqrt(x * (n - x) / n**3)
    made = {
        "percentile": lambda: bootstrap.percentile(t, confidence_level=0.95),
        "basic": lambda: bootstrap.basic(t, share, confidence_level=0.95),
        "bca": lambda: bootstrap.bca(t, share, (1 - 2 * share) / (6 * n * error), confidence_level=0.95),
        "studentized": lambda: bootstrap.studentized(
            t, np.sqrt(t * (1 - t) / n), estimate=share, std_error=error, confidence_level=0.95
        ),
    }[kind]()
    low, high = binomial_bootstrap(x, n, kind=kind)
    exact, drawn = (np.mean((a <= p + 1e-9) & (p <= b + 1e-9)) for a, b in ((low, high), made))
    assert drawn == pytest.approx(exact, abs=0.02)
    assert 0.93 < drawn < 0.995
