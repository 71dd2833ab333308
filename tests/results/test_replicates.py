"""Replicates at the table: drawn here or come with a file, shared by all shares, kept and reused."""

from __future__ import annotations

import json
import math
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import credbenefits as cb
from credbenefits import Item, ReplicateWeights
from credbenefits.errors import InputError
from credbenefits.estimators.core import resample as _resample

R = json.loads((Path(__file__).parents[1] / "golden" / "bootstrap.json").read_text())["r"]
KINDS = {
    "brr": {},
    "fay": {"fay_coefficient": 0.3},
    "jk1": {},
    "jkn": {"rscales": R["rscales"]},
    "bootstrap": {},
    "sdr": {},
}
METHODS = ["bootstrap", "bootstrap_basic", "bootstrap_bca", "bootstrap_studentized"]


def sample(seed=1, n=120):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "y": rng.integers(0, 2, n),
            "z": rng.integers(0, 2, n),
            "g": rng.choice(["a", "b"], n),
            "w": rng.gamma(3.0, size=n) + 0.1,
            "h": np.where(np.arange(n) < n // 2, "north", "south"),
            "c": np.arange(n) % 12,
        }
    )


def bootstrap(data, items="y", *, drawn=None, **options):
    """Estimate with kept replicates of seed 7; `drawn` are other arguments of Bootstrap."""
    how = cb.Bootstrap(**{"keep": True, "rng": 7} | (drawn or {}))
    return cb.proportions(
        data, items, **{"weights": "w", "variance": "bootstrap", "bootstrap": how} | options
    )


DESIGNS = [
    {},
    {"design": cb.SurveyDesign(strata="h")},
    {"design": cb.SurveyDesign(clusters="c")},
    {"design": cb.SurveyDesign(strata="h", clusters="c")},
]


# ---- the same replicates for everything ---------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS)
def test_all_shares_have_the_same_replicates(design):
    data = sample().assign(no=lambda d: 1 - d["y"])
    kept = bootstrap(data, ["y", "no", "z"], by="g", totals=True, **design).replicates
    assert kept is not None
    assert kept.values.shape == (2000, 9)
    y, no = (kept._place("one", {"item": i, "g": "(all)"}) for i in ("y", "no"))
    np.testing.assert_allclose(kept.values[:, y] + kept.values[:, no], 1.0, atol=1e-12)
    alone = kept.difference(y, y)
    assert (alone.estimate, alone.std_error) == (0.0, 0.0)
    one = kept.difference({"item": "y", "g": "a"}, {"item": "z", "g": "a"})
    a, b = kept.values[:, 0], kept.values[:, 6]
    assert one.estimate == pytest.approx(kept.estimates[0] - kept.estimates[6])
    assert one.std_error == pytest.approx(math.sqrt(np.mean((a - b - one.estimate) ** 2)), rel=1e-12)
    assert one.conf_low < one.estimate < one.conf_high
    # An item that is asked for alone has the replicates that it has beside others.
    alone = bootstrap(data, "z", by="g", totals=True, **design).replicates
    np.testing.assert_allclose(alone.values, kept.values[:, 6:], atol=1e-12)


def test_differences_know_how_shares_overlap():
    data = sample(2, 400)
    kept = bootstrap(data, ["y", "z"], by="g", drawn={"n_resamples": 4000}).replicates
    v = kept.variance
    # Groups are different people: variances add up. Five standard errors of a variance from 4,000 draws.
    apart = kept.difference({"item": "y", "g": "a"}, {"item": "y", "g": "b"})
    assert apart.std_error**2 == pytest.approx(v[0] + v[1], rel=5 * math.sqrt(2 / 4000))
    w, y, z = (data[name][data["g"] == "a"].to_numpy(float) for name in "wyz")
    e = w * ((y - np.average(y, weights=w)) - (z - np.average(z, weights=w))) / w.sum()
    same = kept.difference({"item": "y", "g": "a"}, {"item": "z", "g": "a"})
    assert same.std_error**2 == pytest.approx((e**2).sum(), rel=0.15)


# ---- what is drawn ------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS[1:])
@pytest.mark.parametrize("finite", [False, True])
def test_rao_wu_has_the_variance_of_linearisation(design, finite):
    data = sample(3, 240)
    drawn_from = design["design"]
    data["size"] = 300 if drawn_from.clusters is None else 20
    if finite:
        drawn_from = replace(drawn_from, population_size="size")
    options = {"weights": "w", "by": "g", "design": drawn_from}
    drawn = cb.proportions(
        data, ["y", "z"], variance="bootstrap", bootstrap=cb.Bootstrap(n_resamples=4000, rng=5), **options
    )
    taylor = cb.proportions(data, ["y", "z"], **options)
    for one, other in zip(drawn.rows, taylor.rows, strict=True):
        assert one.df == other.df
        # Linearisation leaves out terms of the next order, hence 5% beside the noise of the draws.
        assert one.std_error == pytest.approx(other.std_error, rel=5 / math.sqrt(2 * 4000) + 0.05)


@pytest.mark.parametrize("resampling", ["simple", "poisson"])
def test_weights_alone_have_the_variance_of_linearisation(resampling):
    data = sample(4, 400)
    (drawn,) = bootstrap(data, drawn={"kind": resampling, "n_resamples": 4000}).rows
    (taylor,) = cb.proportions(data, "y", weights="w", variance="linearized").rows
    assert drawn.std_error == pytest.approx(taylor.std_error, rel=5 / math.sqrt(2 * 4000) + 0.01)


@pytest.mark.parametrize("method", METHODS)
def test_unweighted_shares_follow_the_exact_law(method):
    data = sample(5, 90)
    (exact,) = cb.proportions(data, "y", method=method).rows
    drawn = cb.proportions(
        data, "y", method=method, variance="bootstrap", bootstrap=cb.Bootstrap(rng=2, n_resamples=20_000)
    ).rows[0]
    assert exact.method.endswith("exact")
    # Steps of a share of 90 people are 1/90.
    assert exact.conf_low == pytest.approx(drawn.conf_low, abs=1.01 / 90)
    assert exact.conf_high == pytest.approx(drawn.conf_high, abs=1.01 / 90)
    assert repr(cb.proportions(data, "y", method=method, bootstrap=cb.Bootstrap(rng=1)).rows[0]) == repr(
        exact
    )  # nothing is drawn


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("design", DESIGNS)
def test_items_may_differ_in_their_missing_answers(method, design):
    if design and method == "bootstrap_studentized":
        pytest.skip("is refused with a design")
    data = sample(6).astype({"z": object})
    data.loc[:5, "z"], data.loc[6:9, "z"] = None, -9
    items = ["y", Item("z", refused=-9)]
    options = {
        "by": "g",
        "totals": True,
        "weights": "w",
        "method": method,
        "bootstrap": cb.Bootstrap(rng=3),
        **design,
    }
    both = cb.proportions(data, items, **options).rows
    alone = [r for item in items for r in cb.proportions(data, item, **options).rows]
    names = ["estimate", "std_error", "conf_low", "conf_high", "n_effective", "df"]
    got, want = ([[getattr(r, name) for name in names] for r in rows] for rows in (both, alone))
    np.testing.assert_allclose(got, want, rtol=1e-9)
    for row in both:
        assert row.conf_low < row.estimate < row.conf_high
        assert row.conf_high - row.conf_low < 8 * row.std_error


def test_replicates_without_anybody_are_left_out_and_told():
    data = sample(7, 60).assign(g=lambda d: np.where(d.index < 3, "few", "many"))
    data.loc[:2, "y"] = [1, 0, 1]
    result = bootstrap(data, by="g", drawn={"n_resamples": 500})
    kept = result.replicates
    gone = np.isnan(kept.values[:, 0])
    assert 0 < gone.sum() < 100
    assert any(
        f"in up to {gone.sum()} of 500 replicates nobody in the base was drawn" in n for n in result.notes
    )
    few = result.rows[0]
    assert few.std_error == pytest.approx(math.sqrt(np.mean((kept.values[~gone, 0] - few.estimate) ** 2)))
    assert math.sqrt(kept.variance[0]) == pytest.approx(few.std_error, rel=1e-12)
    d = kept.values[~gone, 0] - kept.values[~gone, 1]
    contrast = kept.difference(0, 1)
    assert contrast.std_error == pytest.approx(math.sqrt(np.mean((d - contrast.estimate) ** 2)), rel=1e-12)


# ---- seeds, batches, progress -------------------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS)
def test_neither_batches_nor_turns_change_the_replicates(design, monkeypatch):
    data = sample()
    options = {"by": "g", "totals": True, **design}
    whole = bootstrap(data, ["y", "z"], drawn={"n_resamples": 150}, **options)
    for batch in (1, 7, 1000):
        other = bootstrap(data, ["y", "z"], drawn={"n_resamples": 150, "batch": batch}, **options)
        np.testing.assert_allclose(other.replicates.values, whole.replicates.values, atol=1e-12)
    monkeypatch.setattr(_resample, "_MOST_TOTALS", 1)  # one item a turn
    done = []
    drawn = {"n_resamples": 150, "batch": 50, "progress": lambda *p: done.append(p)}
    turns = bootstrap(data, ["y", "z"], drawn=drawn, **options)
    np.testing.assert_allclose(turns.replicates.values, whole.replicates.values, atol=1e-12)
    assert done == [(50, 150), (100, 150), (150, 150)]


def test_seeds_repeat_and_are_told_where_they_were_drawn():
    data = sample()
    same = [
        bootstrap(data, drawn={"rng": r}).replicates.values
        for r in (5, np.random.SeedSequence(5), np.random.default_rng(5))
    ]
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], same[2])
    first = bootstrap(data, drawn={"rng": None})
    (note,) = [n for n in first.notes if n.startswith("bootstrap seed")]
    again = bootstrap(data, drawn={"rng": int(note.split()[2].rstrip(":"))})
    np.testing.assert_array_equal(again.replicates.values, first.replicates.values)
    assert not any("seed" in n for n in again.notes)
    generator = np.random.default_rng(5)
    one, two = (bootstrap(data, drawn={"rng": generator}).replicates.values for _ in range(2))
    assert not np.array_equal(one, two)


def test_an_interruption_gets_out():
    def stop(done, total):
        raise KeyboardInterrupt

    data = sample()
    before = data.copy(deep=True)
    with pytest.raises(KeyboardInterrupt):
        bootstrap(data, drawn={"progress": stop, "batch": 100})
    pd.testing.assert_frame_equal(data, before)


@pytest.mark.parametrize("totals", [False, True])
def test_memory_is_bounded_by_the_batch(totals, monkeypatch):
    n, resamples = 20_000, 300
    data = sample(8, n).assign(g=lambda d: d.index % 20)
    monkeypatch.setattr(_resample, "_MOST_TOTALS", 400_000)
    bootstrap(data.head(500), drawn={"n_resamples": 100})  # imports and caches
    tracemalloc.start()
    bootstrap(data, ["y", "z"], by="g", totals=totals, drawn={"n_resamples": resamples, "batch": 10})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All multipliers at once would take 48 MB; a batch takes 1.6.
    assert peak < (24e6 if totals else 12e6)


# ---- replicate weights of a file ----------------------------------------------------------------------


def of_r():
    """The made-up data of golden/r/bootstrap.R."""
    data = pd.DataFrame({"y": np.where(R["answered"], R["y"], np.nan), "w": R["w"], "g": ["a", "b"] * 6})
    weights = np.array(R["rep_w"]).reshape(8, 12)
    return data.assign(**{f"r{k}": row for k, row in enumerate(weights)}), [f"r{k}" for k in range(8)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [lambda d: d, pl.from_pandas])
def test_variances_are_those_of_r_survey(kind, make):
    data, columns = of_r()
    given = ReplicateWeights(columns, kind, **KINDS[kind])
    (row,) = cb.proportions(
        make(data), "y", weights="w", design=cb.SurveyDesign(replicate_weights=given)
    ).rows
    assert row.estimate == pytest.approx(R["estimate"], rel=1e-12)
    assert row.std_error**2 == pytest.approx(R[kind], rel=1e-10)
    assert row.method == "wilson, replicate_weights"


def leaving_out(data, stratum, cluster):
    """Replicate weights of the jackknife, one a cluster, and their factors."""
    weights, factors = [], []
    for h, c in sorted(set(zip(stratum, cluster, strict=True))):
        n = len(set(cluster[stratum == h]))
        w = np.where(stratum == h, data["w"] * n / (n - 1), data["w"])
        weights.append(np.where((stratum == h) & (cluster == c), 0.0, w))
        factors.append((n - 1) / n)
    columns = [f"r{k}" for k in range(len(weights))]
    return data.assign(**dict(zip(columns, weights, strict=True))), columns, factors


@pytest.mark.parametrize("stratified", [False, True])
def test_a_file_of_jackknife_weights_gives_the_jackknife(stratified):
    data = sample(9)
    stratum = data["h"].to_numpy() if stratified else np.zeros(len(data))
    data, columns, factors = leaving_out(data, stratum, data["c"].to_numpy())
    given = (
        ReplicateWeights(columns, "jkn", rscales=factors) if stratified else ReplicateWeights(columns, "jk1")
    )
    options = {"by": "g", "totals": True, "weights": "w"}
    design = {"design": cb.SurveyDesign(clusters="c", strata="h" if stratified else None)}
    file = cb.proportions(data, ["y", "z"], design=cb.SurveyDesign(replicate_weights=given), **options)
    own = cb.proportions(data, ["y", "z"], variance="jackknife", **design, **options)
    for one, other in zip(file.rows, own.rows, strict=True):
        assert one.std_error == pytest.approx(other.std_error, rel=1e-10)
        # A unit without anybody in the group still moves the weights of the others of its stratum.
        assert other.df <= one.df <= other.df + (one.group[0][1] != "(all)")
        if one.df == other.df:
            assert (one.conf_low, one.conf_high) == pytest.approx((other.conf_low, other.conf_high), rel=1e-9)


def test_differences_of_a_file_have_t_limits():
    data = sample(10)
    data, columns, _ = leaving_out(data, np.zeros(len(data)), data["c"].to_numpy())
    kept = cb.proportions(
        data,
        ["y", "z"],
        weights="w",
        bootstrap=cb.Bootstrap(keep=True),
        design=cb.SurveyDesign(replicate_weights=ReplicateWeights(columns, "jk1")),
    ).replicates
    made = kept.difference({"item": "y"}, {"item": "z"}, confidence_level=0.9)
    d = kept.values[:, 0] - kept.values[:, 1]
    assert made.std_error == pytest.approx(math.sqrt(11 / 12 * ((d - made.estimate) ** 2).sum()), rel=1e-12)
    assert (made.conf_low, made.conf_high) == pytest.approx(
        stats.t.interval(0.9, 11, made.estimate, made.std_error), rel=1e-12
    )
    # The jackknife's replicates hardly differ from the estimate: their percentiles are no interval.
    assert np.ptp(d) < (made.conf_high - made.conf_low) / 2
    assert math.isnan(kept.difference(0, 0).conf_low)


def halves(data, k=0.0):
    """Balanced half samples of 4 strata of 2 units (Fay's with k), by a Hadamard matrix."""
    signs = np.array([[(-1) ** bin(i & j).count("1") for j in range(1, 5)] for i in range(8)])
    unit, stratum = data["c"].to_numpy() % 2, data["c"].to_numpy() // 2 % 4
    up = (signs[:, stratum] > 0) == (unit == 0)
    columns = [f"r{i}" for i in range(8)]
    weights = data["w"].to_numpy() * np.where(up, 2.0 - k, k)
    return data.assign(**dict(zip(columns, weights, strict=True))), columns


def test_a_group_within_one_unit_has_no_degrees_of_freedom():
    data = sample(11).assign(c=lambda d: d["c"] % 8, place=lambda d: np.where(d["c"] % 8 == 0, "one", "rest"))
    for k, options in ((0.5, {"fay_coefficient": 0.5}), (0.5, {"fay_coefficient": 0.5, "df": 30})):
        with_weights, columns = halves(data, k)
        given = ReplicateWeights(columns, "fay", **options)
        one, rest = cb.proportions(
            with_weights, "y", by="place", weights="w", design=cb.SurveyDesign(replicate_weights=given)
        ).rows
        assert (one.df, rest.df) == (0, 4)
        assert "no_df" in one.flags
        assert all(math.isnan(v) for v in (one.std_error, one.conf_low, one.n_effective, one.deff))
        assert rest.conf_low < rest.estimate < rest.conf_high
    given = ReplicateWeights(columns, "fay", fay_coefficient=0.5, df=2)
    assert (
        cb.proportions(with_weights, "y", weights="w", design=cb.SurveyDesign(replicate_weights=given))
        .rows[0]
        .df
        == 2
    )


def test_a_base_that_some_replicates_lack_has_no_interval():
    # Both units of a stratum, and one of another, so that there are degrees of freedom.
    data, columns = halves(sample(12).assign(c=lambda d: d["c"] % 8))
    data["place"] = np.where(data["c"].isin([0, 2]), "some", "rest")
    given = ReplicateWeights(columns, "brr")
    result = cb.proportions(
        data,
        "y",
        by="place",
        weights="w",
        design=cb.SurveyDesign(replicate_weights=given),
        bootstrap=cb.Bootstrap(keep=True),
    )
    rest, some = result.rows
    assert "no_interval" in some.flags
    assert math.isnan(some.std_error)
    assert math.isnan(some.conf_low)
    assert math.isnan(result.replicates.variance[1])
    assert any("2 of 8 replicates the weights of the base add up to 0 or less" in n for n in result.notes)
    assert rest.conf_low < rest.estimate < rest.conf_high
    assert math.isnan(result.replicates.difference(0, 1).conf_low)


# ---- kept ---------------------------------------------------------------------------------------------


def test_replicates_are_exported():
    data = sample()
    result = bootstrap(data, ["y", Item("z", each_level=True)], by="g", drawn={"n_resamples": 100})
    kept = result.replicates
    frame = kept.to_frame()
    assert frame.shape == (101, 6)
    assert list(frame.columns[:2]) == ["y | 1 | a", "y | 1 | b"]
    np.testing.assert_array_equal(frame.iloc[0], [r.estimate for r in result.rows])
    np.testing.assert_array_equal(frame.iloc[1:], kept.values)
    assert "100 replicates of 6 shares (bootstrap, simple)" in repr(kept)
    np.testing.assert_allclose(np.sqrt(kept.variance), [r.std_error for r in result.rows], rtol=1e-12)
    assert cb.proportions(data, "y").replicates is None


def test_replicates_may_be_kept_beside_another_variance():
    data = sample()
    options = {"weights": "w", "design": cb.SurveyDesign(strata="h", clusters="c")}
    plain = cb.proportions(data, "y", **options)
    kept = cb.proportions(data, "y", bootstrap=cb.Bootstrap(keep=True, rng=1), **options)
    assert repr(kept.rows) == repr(plain.rows)
    assert kept.replicates.kind == "bootstrap, rao_wu"
    assert math.sqrt(kept.replicates.variance[0]) == pytest.approx(plain.rows[0].std_error, rel=0.2)


@pytest.mark.parametrize(
    "share", [5, -1, True + 8, {"item": "y"}, {"item": "x"}, {"item": "y", "g": "c"}, "y", None, 0.0]
)
def test_a_share_that_is_not_one_is_refused(share):
    kept = bootstrap(sample(), ["y"], by="g", drawn={"n_resamples": 100}).replicates
    with pytest.raises(InputError, match="`two`"):
        kept.difference(0, share)
    assert kept.difference(np.int64(0), {"item": "y", "g": "b"}).std_error > 0


def test_a_share_that_nobody_answered_has_no_difference():
    data = sample().assign(y=lambda d: d["y"].where(d["g"] == "a"))
    kept = bootstrap(data, by="g", drawn={"n_resamples": 100}).replicates
    with pytest.raises(InputError, match=r"`two`: .*somebody answered"):
        kept.difference(0, 1)
