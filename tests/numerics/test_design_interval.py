"""Intervals from design variances: by hand, against R and NCHS values, by their properties, and by simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from scipy.special import gammaln

from credbenefits._typing import DesignMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.numerics.design.variance import taylor_clusters, taylor_rows
from credbenefits.numerics.proportion.design import design_interval, effective_size, korn_graubard
from credbenefits.numerics.proportion.interval import proportion_interval
from credbenefits.numerics.wilson import kish, wald, wilson
from strategies import confidence_levels

FOLDER = Path(__file__).parents[1] / "golden"
RECORDS = json.loads((FOLDER / "design.json").read_text())["records"]
ELS = json.loads((FOLDER / "els2002.json").read_text())
OURS = {
    "logit": "logit",
    "xlogit": "logit",
    "asin": "arcsine",
    "beta": "korn_graubard",
    "mean": "wald",
    "wilson": "wilson",
}
AT_THE_EDGE = ["wilson", "korn_graubard"]
NOT_AT_THE_EDGE = ["logit", "arcsine", "wald"]


def limits(share, variance, nobs, df, n_kish=None, **how):
    how = {"method": "wilson", "confidence_level": 0.95} | how
    return design_interval(share, variance, nobs, df, n_kish=nobs if n_kish is None else n_kish, **how)


# ---- by hand ------------------------------------------------------------------------------------------


def test_effective_size_by_hand():
    sizes = effective_size(
        [0.5, 0.5, 0.0, 1.0, 0.3, np.nan, 0.4],
        [0.005, 0.001, 0.0, 0.0, 0.0, np.nan, np.nan],
        100,
        [80, 80, 80, 120, 80, 80, 80],
    )
    np.testing.assert_allclose(sizes, [50, 100, 80, 100, 100, np.nan, np.nan], rtol=1e-14)


def test_wilson_takes_t_in_place_of_z():
    # All pi with (p - pi)^2 = t^2 pi (1 - pi) / n.
    p, v, df = 0.3, 0.004, 7
    n, t = p * (1 - p) / v, stats.t.isf(0.05, df)
    for pi in limits(p, v, 400, df, confidence_level=0.9):
        assert (p - pi) ** 2 == pytest.approx(t**2 * pi * (1 - pi) / n, rel=1e-12)


def test_wilson_is_wilson_when_much_is_known_of_the_variance():
    found = limits(0.25, 0.25 * 0.75 / 60, 200, np.inf)
    np.testing.assert_allclose(found, wilson(15, 60, 0.95), rtol=1e-14)
    normal = limits(0.25, 0.25 * 0.75 / 60, 200, np.inf, method="wald")
    np.testing.assert_allclose(normal, wald(15, 60, 0.95), rtol=1e-14)
    odds = limits(0.25, 0.25 * 0.75 / 60, 200, np.inf, method="logit")
    np.testing.assert_allclose(odds, proportion_interval(15, 60, method="logit"), rtol=1e-14)


def test_effective_size_is_never_above_the_people():
    # v is a tenth of that of a simple random sample of 50.
    found = limits(0.4, 0.4 * 0.6 / 500, 50, np.inf)
    np.testing.assert_allclose(found, wilson(20, 50, 0.95), rtol=1e-14)


def test_nobody_said_yes():
    low, high = limits(0.0, 0.0, 60, 12, n_kish=40)
    t2 = stats.t.isf(0.025, 12) ** 2
    assert low == 0
    assert high == pytest.approx(t2 / (40 + t2), rel=1e-13)
    low, high = limits(0.0, 0.0, 60, 12, n_kish=40, method="korn_graubard")  # the same size, without a t
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 40), rel=1e-13)
    # On its own the function has NCHS's size, that of the people.
    assert korn_graubard(0.0, np.inf, 60, 12, confidence_level=0.95).high == pytest.approx(
        1 - 0.025 ** (1 / 60), rel=1e-13
    )


def test_nobody_said_yes_in_ten_units():
    t2 = stats.t.isf(0.025, 9) ** 2
    low, high = limits(0.0, 0.0, 200, 9, n_kish=150, units=10)
    assert (low, high) == (0, pytest.approx(t2 / (10 + t2), rel=1e-13))
    low, high = limits(0.0, 0.0, 200, 9, n_kish=150, units=10, method="korn_graubard")
    assert (low, high) == (0, pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-13))
    # Never above Kish's size or the people; over 1 - f where the population is finite.
    sizes = effective_size(0.0, 0.0, [200, 200, 8], [6.5, 150, 150], units=10, correction=[1, 0.25, 0.5])
    np.testing.assert_allclose(sizes, [6.5, 40, 16], rtol=1e-14)


def test_everybody_said_yes_mirrors_nobody():
    for method in AT_THE_EDGE:
        none, everybody = (limits(p, 0.0, 33, 5, n_kish=21, method=method) for p in (0.0, 1.0))
        np.testing.assert_allclose(everybody.low, 1 - none.high, rtol=1e-14)
        assert everybody.high == 1


@pytest.mark.parametrize("method", NOT_AT_THE_EDGE)
def test_methods_without_limits_at_the_edge_say_so(method):
    # The last two variances are 0, and 0 but for rounding.
    found = limits([0.0, 1.0, 0.5, 0.5], [0.0, 0.0, 0.0, 1e-35], 40, 9, method=method)
    assert np.isnan(found).all()


@pytest.mark.parametrize("method", get_args(DesignMethod))
def test_nothing_is_shown_where_nothing_is_known(method):
    found = limits(
        [0.5, 0.5, 0.0, np.nan, 0.4, 0.0],
        [0.01, 0.01, 0.0, np.nan, np.nan, np.nan],
        [20, 20, 20, 0, 20, 20],
        [0, -1, 0, 3, 3, 3],
        method=method,
    )
    assert np.isnan(found).all()


def test_arcsine_is_cut_at_a_quarter_turn_and_wald_to_0_and_1():
    for method in ("arcsine", "wald"):
        low, high = limits([0.02, 0.98], [0.0005, 0.0005], 100, 8, method=method)
        assert low[0] == 0
        assert high[1] == 1


def test_arguments_are_checked():
    with pytest.raises(MethodError, match="Did you mean 'wilson'"):
        limits(0.5, 0.01, 20, 9, method="wislon")
    with pytest.raises(InputError, match=r"write 0\.95"):
        limits(0.5, 0.01, 20, 9, confidence_level=95)
    with pytest.raises(InputError, match="confidence_level"):
        korn_graubard(0.5, 20, 30, 9, confidence_level=1.0)


# ---- brute force: tails by integrating densities --------------------------------------------------------


def t_quantile(df, tail):
    """Student's quantile by integrating the density and bisecting."""
    constant = np.exp(gammaln((df + 1) / 2) - gammaln(df / 2)) / np.sqrt(df * np.pi)

    def above(t):
        def density(x):
            return constant * (1 + x * x / df) ** (-(df + 1) / 2)

        return integrate.quad(density, t, np.inf, epsabs=1e-13)[0]

    return optimize.brentq(lambda t: above(t) - tail, 0, 100, xtol=1e-12)


def beta_below(a, b, v):
    constant = np.exp(gammaln(a + b) - gammaln(a) - gammaln(b))
    return integrate.quad(
        lambda x: constant * x ** (a - 1) * (1 - x) ** (b - 1), 0, v, epsabs=1e-13, epsrel=1e-12
    )[0]


@pytest.mark.parametrize(
    ("p", "v", "n", "df"), [(0.2, 0.002, 120, 9), (0.63, 0.001, 200, 4), (0.5, 0.0004, 90, 30)]
)
def test_korn_graubard_agrees_with_integration(p, v, n, df):
    size = min(p * (1 - p) / v * (t_quantile(n - 1, 0.025) / t_quantile(df, 0.025)) ** 2, n)
    low, high = limits(p, v, n, df, method="korn_graubard")
    assert beta_below(p * size, (1 - p) * size + 1, low) == pytest.approx(0.025, abs=1e-9)
    assert beta_below(p * size + 1, (1 - p) * size, high) == pytest.approx(0.975, abs=1e-9)


# ---- R's survey package and NCHS --------------------------------------------------------------------------


def golden(prefix):
    return [pytest.param(r, id=r["id"]) for r in RECORDS if r["id"].startswith(prefix)]


def cut(record):
    """Whether R's effective size is above the people: it goes on with it, we do not."""
    i, method = record["inputs"], record["id"].split(".svyciprop.")[1].partition(".")[0]
    if method not in ("beta", "wilson"):
        return False
    size = i["p"] * (1 - i["p"]) / i["se"] ** 2
    if method == "beta":
        size *= (stats.t.ppf(0.025, i["n"] - 1) / stats.t.ppf(0.025, i["degf"])) ** 2
    return size > i["n"]


SVYCIPROP = [r for r in golden("S") if ".svyciprop." in r.id]


@pytest.mark.parametrize("record", [r for r in SVYCIPROP if not cut(r.values[0])])
def test_limits_agree_with_svyciprop(record):
    i, expected = record["inputs"], record["expected"]
    method = record["id"].split(".svyciprop.")[1].partition(".")[0]
    found = limits(i["p"], i["se"] ** 2, i["n"], i["degf"], method=OURS[method], confidence_level=i["level"])
    bounds = np.clip([expected["lower"], expected["upper"]], 0, 1)  # R's "mean" leaves [0, 1]
    np.testing.assert_allclose(found, bounds, rtol=0, atol=record["tolerance"])


@pytest.mark.parametrize("record", [r for r in SVYCIPROP if cut(r.values[0])])
def test_limits_are_wider_where_r_does_not_cut_the_effective_size(record):
    i, expected = record["inputs"], record["expected"]
    method = OURS[record["id"].split(".svyciprop.")[1].partition(".")[0]]
    low, high = limits(i["p"], i["se"] ** 2, i["n"], i["degf"], method=method)
    assert low < expected["lower"] < expected["upper"] < high


def test_nearly_all_records_of_svyciprop_are_compared():
    assert len(SVYCIPROP) == 43
    assert sorted(r.id for r in SVYCIPROP if cut(r.values[0])) == [
        "S5.svyciprop.beta.sch.wide.dclus1",
        "S5.svyciprop.beta.sch.wide.dstrat",
        "S5.svyciprop.wilson.awards.srs",
        "S5.svyciprop.wilson.sch.wide.dstrat",
    ]


@pytest.mark.parametrize("record", golden("S5.korn_graubard"))
def test_korn_graubard_agrees_with_nchs(record):
    i, expected = record["inputs"], record["expected"]
    found = limits(
        i["p"], i["se"] ** 2, i["n"], i["degf"], method="korn_graubard", confidence_level=i["level"]
    )
    bounds = expected["capped"] if "capped" in expected else [expected["lower"], expected["upper"]]
    np.testing.assert_allclose(found, bounds, rtol=0, atol=record["tolerance"])
    # Cut before the t quantiles, the size would be smaller than it is here.
    raw = i["p"] * (1 - i["p"]) / i["se"] ** 2
    np.testing.assert_array_equal(
        korn_graubard(i["p"], raw, i["n"], i["degf"], confidence_level=i["level"]), found
    )
    if "published" in record and "lower" in record["published"]:
        printed = [record["published"]["lower"], record["published"]["upper"]]
        np.testing.assert_allclose(found, printed, rtol=0, atol=5.1e-4)


@pytest.mark.parametrize("domain", ELS["domains"], ids=lambda d: d["domain"])
@pytest.mark.parametrize("method", ELS["domains"][0]["limits"])
def test_els_limits_agree_with_r(domain, method):
    found = limits(
        domain["share"], domain["se"] ** 2, domain["n"], domain["df"], domain["kish"], method=OURS[method]
    )
    np.testing.assert_allclose(found, domain["limits"][method], rtol=0, atol=1e-8)


# ---- from rows to limits ------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize(("model", "terms"), [("ipw", "linear"), ("ipwF", "factors")])
def test_weights_for_attrition_agree_with_r(shared, model, terms):
    """Muscatine: those seen at occasion 1, weighted by 1 / P(seen at 3); the model is fitted again here."""
    rows = pd.read_csv(shared / "data" / "muscatine.csv.gz")
    wide = rows.pivot(index="id", columns="occasion", values="numobese")
    person = rows.groupby("id")[["gender", "base_age"]].first().join(wide).dropna(subset=[1])
    female = (person["gender"] == "F").astype(float)
    age = (
        person["base_age"]
        if terms == "linear"
        else pd.get_dummies(person["base_age"], drop_first=True, dtype=float)
    )
    x = sm.add_constant(pd.concat([female, age, person[1].rename("first")], axis=1).to_numpy(float))
    seen = person[3].notna().to_numpy()
    w = 1 / sm.GLM(seen.astype(float), x, family=sm.families.Binomial()).fit(tol=1e-12).fittedvalues[seen]
    y = person[3].to_numpy()[seen]
    inside = np.stack([np.ones(seen.sum(), bool), female[seen] == 0, female[seen] == 1], axis=1)
    wy, total, people, wy2, w2 = (
        (v[:, None] * inside).sum(axis=0)[None] for v in (w * y, w, np.ones_like(w), w * w * y, w * w)
    )
    result = taylor_rows(wy, total, people, [seen.sum()], weight_squared_yes=wy2, weight_squared=w2)
    expected = {r.id: r.values[0] for r in golden(f"S10.{model}.")}
    mean, groups = (expected[f"S10.{model}.{name}"]["expected"] for name in ("svymean", "bygender"))
    np.testing.assert_allclose(result.proportion, [mean["est"], *groups["est"]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(result.variance), [mean["se"], *groups["se"]], rtol=0, atol=1e-6)
    assert result.df[0] == mean["n"] - 1
    assert groups["levels"] == ["M", "F"]
    for name, record in expected.items():
        if ".svyciprop." in name:
            method = OURS[name.rsplit(".", 1)[1]]
            found = limits(result.proportion[0], result.variance[0], mean["n"], result.df[0], method=method)
            bounds = record["expected"]["lower"], record["expected"]["upper"]
            np.testing.assert_allclose(found, bounds, rtol=0, atol=record["tolerance"])


# ---- properties ---------------------------------------------------------------------------------------------

shares = st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(0.0, 1.0), st.floats(1e-12, 1e-3))
designs = st.tuples(
    shares, st.floats(1e-4, 1e3), st.integers(2, 100_000), st.floats(0.0, 1.0), st.integers(1, 500)
)


def unpack(design):
    """Share, variance, people, degrees of freedom and Kish's size, from a design effect and fractions."""
    p, deff, n, part, df = design
    return p, deff * p * (1 - p) / n, n, min(df, n - 1), max(part * n, 1.0)


@given(designs)
def test_effective_size_is_above_0_and_at_most_the_people(design):
    p, v, n, _, n_kish = unpack(design)
    assert 0 < effective_size(p, v, n, n_kish) <= n


@given(designs, confidence_levels, st.sampled_from(get_args(DesignMethod)))
def test_limits_are_ordered_and_hold_the_share(design, level, method):
    p, v, n, df, n_kish = unpack(design)
    low, high = limits(p, v, n, df, n_kish, method=method, confidence_level=level)
    if method in AT_THE_EDGE or (0 < p < 1 and p * (1 - p) >= v * 2.0**-53 and v > 1e-300):
        assert 0 <= low <= p <= high <= 1
    if method in AT_THE_EDGE:
        assert low < high


@given(designs, confidence_levels, st.sampled_from(get_args(DesignMethod)))
def test_no_is_the_mirror_of_yes(design, level, method):
    p, v, n, df, n_kish = unpack(design)
    q = 1 - p
    p = 1 - q  # so that both are exact
    yes = limits(p, v, n, df, n_kish, method=method, confidence_level=level)
    no = limits(q, v, n, df, n_kish, method=method, confidence_level=level)
    np.testing.assert_allclose(yes.low, 1 - no.high, rtol=0, atol=1e-9)
    np.testing.assert_allclose(yes.high, 1 - no.low, rtol=0, atol=1e-9)


@given(designs, st.sampled_from(AT_THE_EDGE))
def test_fewer_degrees_of_freedom_never_narrow(design, method):
    p, v, n, df, n_kish = unpack(design)
    narrow, wide = (limits(p, v, n, d, n_kish, method=method) for d in (df + 3, df))
    assert wide.low <= narrow.low + 1e-12
    assert wide.high >= narrow.high - 1e-12


@pytest.mark.parametrize("method", get_args(DesignMethod))
def test_arrays_agree_with_numbers(method):
    rng = np.random.default_rng(2)
    p, df = rng.random((4, 1)), np.array([3, 9, 40])
    together = limits(p, 0.002, 120, df, 90, method=method)
    assert together.low.shape == together.high.shape == (4, 3)
    for i in range(4):
        for j in range(3):
            alone = limits(p[i, 0], 0.002, 120, df[j], 90, method=method)
            assert alone == (together.low[i, j], together.high[i, j])


# ---- simulation ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("average", "least"), [(0.3, 0.93), (0.08, 0.92)])
def test_coverage_under_a_clustered_design(average, least):
    """95 percent intervals, 8 strata of 4 PSUs of 10 people with unequal weights and an intraclass correlation
    of 0.1; 3000 samples, so the half width of 3 standard errors is 1.2 points."""
    rng = np.random.default_rng(12)
    strata, psus, size, draws = 8, 4, 10, 3000
    rho = 0.1
    level = average * np.linspace(0.7, 1.3, strata)
    stratum = np.repeat(np.arange(strata), psus)
    of = level[stratum][:, None] * (1 / rho - 1)
    chance = rng.beta(of, (1 / rho - 1) - of, (strata * psus, draws))
    w = rng.gamma(4.0, 0.25, (size, strata * psus, draws))
    y = rng.random(w.shape) < chance
    result = taylor_clusters((w * y).sum(0), w.sum(0), np.full(chance.shape, size), stratum)
    nobs, sizes = size * strata * psus, kish(w.sum((0, 1)), (w * w).sum((0, 1)))
    flat = y.mean((0, 1))
    ignored = wilson(flat * nobs, nobs, 0.95)
    assert np.mean((ignored.low <= average) & (average <= ignored.high)) < 0.88
    for method in AT_THE_EDGE:
        low, high = limits(result.proportion, result.variance, nobs, result.df, sizes, method=method)
        assert least < np.mean((low <= average) & (average <= high)) < 0.985
