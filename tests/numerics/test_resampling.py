"""Replicate multipliers and the shares made of them: by hand, by all draws there are, and by properties."""

from __future__ import annotations

import json
from itertools import product
from math import exp, factorial
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.resampling import multipliers as resampling
from credbenefits.numerics.resampling.multipliers import Multipliers, Resampling, multipliers
from credbenefits.numerics.resampling.replicated import UnitSums, replicate

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bootstrap.json").read_text())
RECORDS = {r["id"]: r for r in GOLDEN["records"]}
KINDS = get_args(Resampling)


def all_of(kind, units, **options):
    """All multipliers as one array."""
    options = {"n_resamples": 50, "rng": np.random.default_rng(1)} | options
    return np.concatenate([batch.of() for batch in multipliers(kind, units, **options)])


def strata_for(kind, units):
    return np.arange(units) % 3 if kind in {"stratified", "rao_wu"} else None


class EveryDraw:
    """A generator that draws every sequence there is, once each; all are equally likely."""

    def __init__(self, low, high):
        sizes = np.array(high) - np.array(low)
        every = np.array(list(product(*(range(n) for n in sizes))))
        self.all = (every + 0.5) / sizes

    def random(self, size):
        assert size == self.all.shape
        return self.all.copy()


def every_multiplier(kind, stratum, **options):
    """Multipliers of all draws there are of a tiny design."""
    minus = int(kind == "rao_wu")
    sizes = np.bincount(stratum)
    high = np.cumsum(sizes)
    rng = EveryDraw(np.repeat(high - sizes, sizes - minus), np.repeat(high, sizes - minus))
    n = len(rng.all)
    return all_of(kind, len(stratum), stratum=stratum, n_resamples=n, batch=n, rng=rng, **options)


# ---- multipliers --------------------------------------------------------------------------------------


def test_rao_wu_multipliers_are_the_golden_ones():
    record = RECORDS["S7.rao_wu.weights"]
    wanted = np.array(record["inputs"]["counts"])

    class Drawn:
        def integers(self, low, high, size, dtype):
            assert (low, high, size) == (0, 4, (1, 3))
            return np.repeat(np.arange(4, dtype=dtype), wanted)[None]

    for fraction, expected in zip(record["inputs"]["f_h"], record["expected"].values(), strict=True):
        made = all_of("rao_wu", 4, sampling_fraction=fraction, n_resamples=1, rng=Drawn())
        np.testing.assert_allclose(
            made[0] * record["inputs"]["w"], expected, rtol=0, atol=record["tolerance"]
        )


@pytest.mark.parametrize("fraction", [0.0, np.array([0.3, 0.0]), np.array([1.0, 0.5])])
def test_rao_wu_variance_over_all_draws_is_the_linearised_one(fraction):
    # Two strata of 3 and 4 units, interleaved: all 3^2 4^3 draws.
    stratum, z = np.array([0, 1, 0, 1, 1, 0, 1]), np.array([3.0, 1.0, 7.0, 2.0, 2.5, 0.5, 9.0])
    totals = every_multiplier("rao_wu", stratum, sampling_fraction=fraction) @ z
    f = np.broadcast_to(fraction, 2)
    linearised = sum((1 - f[h]) * n * z[stratum == h].var(ddof=1) for h, n in enumerate([3, 4]))
    assert totals.mean() == pytest.approx(z.sum(), rel=1e-12)
    assert totals.var() == pytest.approx(linearised, rel=1e-12)


@pytest.mark.parametrize("kind", ["stratified", "cluster"])
def test_variance_over_all_draws_within_strata(kind):
    stratum, z = np.array([1, 0, 1, 0, 0]), np.array([3.0, 1.0, 7.0, 2.0, 2.5])
    totals = every_multiplier(kind, stratum) @ z
    assert totals.mean() == pytest.approx(z.sum(), rel=1e-12)
    # n_h of n_h draws: the variance with divisor n_h
    assert totals.var() == pytest.approx(
        sum(n * z[stratum == h].var() for h, n in enumerate([3, 2])), rel=1e-12
    )


def test_rao_wu_variance_of_a_published_sample():
    # Schools of California in three strata: known variance of the total, and 20,000 replicates.
    record = RECORDS["S7.rao_wu.expected_variance_total.apistrat"]
    strata = record["inputs"]["strata"].values()
    stratum = np.repeat([0, 1, 2], [s["n"] for s in strata])
    wy = np.concatenate([np.repeat([s["weight"], 0.0], [s["yes"], s["n"] - s["yes"]]) for s in strata])
    assert wy.sum() == pytest.approx(record["expected"]["total"], abs=record["tolerance"])
    # the exact moments of multinomial multipliers: variance n/(n-1) - 1/(n-1), covariance -1/(n-1)
    variance = sum(
        len(v) / (len(v) - 1) * ((v**2).sum() - v.sum() ** 2 / len(v))
        for v in (wy[stratum == h] for h in range(3))
    )
    assert variance == pytest.approx(record["expected"]["variance"], abs=record["tolerance"])
    totals = all_of("rao_wu", 200, stratum=stratum, n_resamples=20_000) @ wy
    # five standard errors of a variance from 20,000 draws
    assert totals.var() == pytest.approx(record["expected"]["variance"], rel=5 * np.sqrt(2 / 20_000))
    assert totals.mean() == pytest.approx(wy.sum(), abs=5 * np.sqrt(variance / 20_000))


def test_counts_follow_their_laws():
    n, repeats = 5, 20_000
    simple = all_of("simple", n, n_resamples=repeats)
    poisson = all_of("poisson", n, n_resamples=repeats)
    for k in range(4):
        binomial = factorial(n) / (factorial(k) * factorial(n - k)) * 0.2**k * 0.8 ** (n - k)
        for made, chance in ((simple, binomial), (poisson, exp(-1) / factorial(k))):
            error = np.sqrt(chance * (1 - chance) / repeats)
            np.testing.assert_allclose((made == k).mean(axis=0), chance, atol=5 * error)
    # counts of two units: covariance -1/n when the total is fixed, none when it is not
    assert np.cov(simple.T)[0, 1] == pytest.approx(-1 / n, abs=0.05)
    assert np.cov(poisson.T)[0, 1] == pytest.approx(0, abs=0.05)


def test_lonely_units():
    stratum = np.array([0, 1, 0, 2])
    with pytest.raises(InputError, match="one unit in the strata 1, 2"):
        multipliers("rao_wu", 4, stratum=stratum, n_resamples=5, rng=np.random.default_rng())
    made = all_of("rao_wu", 4, stratum=stratum, keep_lonely=True, sampling_fraction=0.5)
    np.testing.assert_array_equal(made[:, [1, 3]], 1.0)
    assert made[:, 0].std() > 0
    np.testing.assert_array_equal(all_of("rao_wu", 2, stratum=np.arange(2), keep_lonely=True), 1.0)
    with pytest.raises(InputError, match="two units"):
        multipliers("rao_wu", 1, n_resamples=5, rng=np.random.default_rng())


@pytest.mark.parametrize(
    ("kind", "options", "argument"),
    [
        ("simple", {"stratum": np.zeros(6, dtype=int)}, "stratum"),
        ("poisson", {"stratum": np.zeros(6, dtype=int)}, "stratum"),
        ("stratified", {}, "stratum"),
        ("cluster", {"sampling_fraction": 0.1}, "sampling_fraction"),
        ("rao_wu", {"sampling_fraction": 1.1}, "sampling_fraction"),
        ("rao_wu", {"sampling_fraction": np.nan}, "sampling_fraction"),
        ("rao_wu", {"sampling_fraction": np.array([0.1, 0.2])}, "sampling_fraction"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(kind, options, argument):
    with pytest.raises(InputError) as caught:
        multipliers(kind, 6, n_resamples=5, rng=np.random.default_rng(), **options)
    assert caught.value.argument == argument


def test_an_unknown_kind_is_refused():
    with pytest.raises(MethodError, match="rao_wu"):
        multipliers("raowu", 6, n_resamples=5, rng=np.random.default_rng())


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(0, 2**32 - 1))
def test_multipliers_add_up_within_strata(codes, seed):
    stratum = np.unique(codes, return_inverse=True)[1]
    members = np.eye(stratum.max() + 1)[stratum]
    sizes = members.sum(axis=0)
    for kind in ("stratified", "cluster"):
        made = all_of(kind, len(codes), stratum=stratum, rng=np.random.default_rng(seed))
        np.testing.assert_array_equal(made @ members, np.broadcast_to(sizes, (50, sizes.size)))
    rao_wu = all_of("rao_wu", len(codes), stratum=stratum, keep_lonely=True, rng=np.random.default_rng(seed))
    np.testing.assert_allclose(rao_wu @ members, np.broadcast_to(sizes, (50, sizes.size)), rtol=1e-12)
    simple = all_of("simple", len(codes), rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(simple.sum(axis=1), len(codes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [7, 100_001])
def test_the_size_of_batches_changes_nothing(kind, units):
    n = 50 if units == 7 else 5
    options = {"stratum": strata_for(kind, units), "n_resamples": n}
    whole = all_of(kind, units, **options, rng=np.random.default_rng(9))
    assert whole.shape == (n, units)
    for batch in (1, 2, 3, 49):
        batches = list(multipliers(kind, units, **options, batch=batch, rng=np.random.default_rng(9)))
        assert max(len(b) for b in batches) <= batch
        np.testing.assert_array_equal(np.concatenate([b.of() for b in batches]), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_many_together_changes_nothing(kind, monkeypatch):
    options = {"stratum": strata_for(kind, 11)}
    whole = all_of(kind, 11, **options)
    monkeypatch.setattr(resampling, "_TOGETHER", 25)
    np.testing.assert_array_equal(all_of(kind, 11, **options), whole)


def plain(kind, units, stratum, n, rng):
    """Draw as the definition says, in 64 bits and one replicate at a time: seeds give these draws."""
    total = rng.poisson(units, n) if kind == "poisson" else np.full(n, units - (kind == "rao_wu"))
    if stratum is None:
        return [np.bincount(rng.integers(0, units, size=k), minlength=units) for k in total]
    order, n_h = np.argsort(stratum, kind="stable"), np.bincount(stratum)
    m_h = n_h - (kind == "rao_wu")
    low, size = np.repeat(np.cumsum(n_h) - n_h, m_h), np.repeat(n_h, m_h)
    drawn = (order[low + (rng.random(low.size) * size).astype(int)] for _ in range(n))
    return [np.bincount(each, minlength=units) for each in drawn]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [7, 1_000, 70_001])
def test_a_seed_draws_what_it_always_drew(kind, units):
    stratum, rng, same = strata_for(kind, units), np.random.default_rng(6), np.random.default_rng(6)
    made = [batch.drawn for batch in multipliers(kind, units, stratum=stratum, n_resamples=5, rng=rng)]
    np.testing.assert_array_equal(np.concatenate(made), plain(kind, units, stratum, 5, same))
    assert rng.random() == same.random()


def test_a_batch_holds_a_byte_for_each_count_and_makes_multipliers_when_asked():
    (batch,) = multipliers("rao_wu", 40, n_resamples=3, rng=np.random.default_rng(6))
    assert (batch.drawn.dtype, batch.drawn.shape, len(batch)) == (np.uint8, (3, 40), 3)
    np.testing.assert_array_equal(batch.of(slice(5, 9)), batch.of()[:, 5:9])


# ---- shares -------------------------------------------------------------------------------------------


def counts(values):
    return Multipliers(np.array(values, dtype=np.uint8))


def test_shares_by_hand():
    # Three units, two shares of one group; the base of the second is that of the first in the second case.
    yes = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])[..., None]
    base = np.array([[2.0, 0.0], [3.0, 3.0], [1.0, 1.0]])[..., None]
    m = [[1, 1, 1], [2, 0, 0], [0, 1, 3]]
    ticks = []
    batches = [counts(m[:2]), counts(m[2:])]
    made, none = replicate(batches, UnitSums(yes, base, np.zeros(3, int)), tick=ticks.append)
    np.testing.assert_array_equal(made[..., 0], [[0.5, 1], [1, np.nan], [0.5, 1]])
    assert none is None
    assert ticks == [2, 1]
    same, _ = replicate([counts(m)], UnitSums(yes, base[:, :1], np.zeros(3, int)))
    np.testing.assert_array_equal(same[..., 0], [[0.5, 4 / 6], [1, 0], [0.5, 1]])


def test_shares_of_psus_are_those_of_their_rows():
    rng = np.random.default_rng(4)
    psu, w, y = rng.integers(0, 8, 50), rng.random(50), rng.random((50, 2)) < 0.4
    member = psu == np.arange(8)[:, None]
    totals = [(member @ v)[..., None] for v in (w[:, None] * y, w[:, None] * np.ones((50, 2)))]
    drawn = next(multipliers("cluster", 8, n_resamples=10, rng=np.random.default_rng(1)))
    made, _ = replicate([drawn], UnitSums(*totals, np.zeros(8, int)))
    m = drawn.of()[:, psu] * w
    np.testing.assert_allclose(made[..., 0], m @ y / m.sum(axis=1)[:, None], rtol=1e-12)


def test_errors_in_replicates_are_those_of_the_resample():
    rng = np.random.default_rng(5)
    n = 30
    w, y = rng.random(n), (rng.random((n, 2)) < 0.4).astype(float)
    m = next(multipliers("simple", n, n_resamples=10, rng=np.random.default_rng(1)))
    units = UnitSums((w[:, None] * y)[..., None], w[:, None, None], np.zeros(n, int))
    ticks = []
    batches = [Multipliers(m.drawn[:4]), Multipliers(m.drawn[4:])]
    shares, errors = replicate(batches, units, with_errors=True, tick=ticks.append)
    assert ticks == [4, 6]
    np.testing.assert_allclose(shares, replicate([m], units).values, rtol=1e-12)
    for r in range(10):
        rows = np.repeat(np.arange(n), m.drawn[r])
        z = w[rows, None] * (y[rows] - shares[r, :, 0]) / w[rows].sum()
        np.testing.assert_allclose(errors[r, :, 0], np.sqrt((z**2).sum(axis=0)), rtol=1e-9)
    # unweighted it is the binomial error
    ones = UnitSums(y[..., None], np.ones((n, 1, 1)), np.zeros(n, int))
    p, error = replicate([counts(np.ones((1, n)))], ones, with_errors=True)
    np.testing.assert_allclose(error, np.sqrt(p * (1 - p) / n), rtol=1e-12)
