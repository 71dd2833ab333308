"""Design variances of shares: by hand, by leaving PSUs out, against R's survey package, and by their properties."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.errors import MethodError
from credbenefits.numerics.design import variance as module
from credbenefits.numerics.design.variance import jackknife, taylor_clusters, taylor_rows

FOLDER = Path(__file__).parents[1] / "golden"
API = json.loads((FOLDER / "design.json").read_text())
MADE_UP = json.loads((FOLDER / "design_r.json").read_text())
ELS = json.loads((FOLDER / "els2002.json").read_text())
RULES = ["certainty", "adjust", "average"]


def psu_sums(y, w, inside, psu):
    """Sums per PSU of w y, w and people, over the rows inside the domain; `psu` is coded from 0."""
    return tuple(np.bincount(psu, weights=v * inside) for v in (w * y, w, np.ones(len(w))))


def row_sums(y, w, inside, stratum):
    """Sums per stratum, as `taylor_rows` takes them."""
    wy, total, people = psu_sums(y, w, inside, stratum)
    wy2, w2, _ = psu_sums(y, w * w, inside, stratum)
    rows = np.bincount(stratum)
    return (wy, total, people, rows), {"weight_squared_yes": wy2, "weight_squared": w2}


# ---- by hand ------------------------------------------------------------------------------------------


def test_equal_weights_and_one_stratum_give_the_textbook_variance():
    y = np.array([1, 1, 1, 0, 0, 1, 0])
    result = taylor_clusters(y, np.ones(7), np.ones(7), np.zeros(7, int))
    p = 4 / 7
    assert result.proportion == pytest.approx(p, rel=1e-15)
    assert result.variance == pytest.approx(p * (1 - p) / 6, rel=1e-14)
    assert result.df == 6


def test_two_strata_of_two_by_hand():
    # w y = 4, 6 | 1, 3 and w = 8 each: p = 14/32; e = 0.5, 2.5 | -2.5, -0.5; z = e / 32.
    # Each stratum: 2/1 (1/32^2) (1 + 1) = 4/1024; with f = 1/4 and 1/2: 4/1024 (3/4 + 1/2).
    sums = [4.0, 6.0, 1.0, 3.0], [8.0] * 4, [8] * 4, [0, 0, 1, 1]
    assert taylor_clusters(*sums).variance == pytest.approx(8 / 1024, rel=1e-14)
    finite = taylor_clusters(*sums, sampling_fraction=[0.25, 0.5])
    assert finite.variance == pytest.approx(5 / 1024, rel=1e-14)
    # A stratum of which all was drawn adds nothing, and may have one PSU.
    census = taylor_clusters(*sums[:3], [0, 0, 0, 1], sampling_fraction=[0.0, 1.0])
    e = np.array([0.5, 2.5, -2.5])
    assert census.variance == pytest.approx(3 / 2 * ((e - e.mean()) ** 2).sum() / 32**2, rel=1e-14)
    assert census.df == 2


def test_a_domain_keeps_the_psus_without_anybody_in_it():
    # z = +-1/4 in two PSUs, 0 in the two others.
    result = taylor_clusters([2.0, 0.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0], [2, 2, 0, 0], [0, 0, 0, 0])
    assert result.variance == pytest.approx(4 / 3 * 2 * 0.25**2, rel=1e-14)
    assert result.df == 1


def test_an_empty_domain_has_no_share():
    for function in (taylor_clusters, jackknife):
        result = function(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)), [0, 0, 0])
        assert np.isnan(result.proportion).all()
        assert np.isnan(result.variance).all()
        assert (result.df == 0).all()
    result = taylor_rows([0.0], [0.0], [0], [5], weight_squared_yes=[0.0], weight_squared=[0.0])
    assert np.isnan(result.proportion)
    assert np.isnan(result.variance)
    assert result.df == 0


def test_no_psus_at_all():
    for rule in RULES:
        for function in (taylor_clusters, jackknife):
            result = function(*[np.zeros((0, 2))] * 3, np.zeros(0, int), lonely_psu=rule)
            assert np.isnan(result.variance).all()
            assert (result.df == 0).all()


def test_rows_alike_within_strata_have_no_variance():
    # 0.1 is no binary fraction, so sums of squares and squares of sums differ in the last digits.
    n, w = 1001, 0.1
    result = taylor_rows(
        [n * w, 0.0],
        [n * w, n * w],
        [n, n],
        [n, n],
        weight_squared_yes=[n * w**2, 0.0],
        weight_squared=[n * w**2, n * w**2],
    )
    assert result.proportion == 0.5
    assert result.variance == 0.0


def test_a_domain_of_one_psu_cannot_be_jackknifed():
    sums = [1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3, 0, 0], [0, 0, 0]
    assert taylor_clusters(*sums).variance == 0
    assert np.isnan(jackknife(*sums).variance)


@pytest.mark.parametrize("weight", [2.515625, 0.3])
def test_a_domain_of_one_psu_of_a_finite_population_has_no_jackknife_either(weight):
    sums = [1.0, 0.0], [weight, 0.0], [2, 0], [0, 0]
    result = jackknife(*sums, sampling_fraction=[0.5])
    assert np.isnan(result.variance)
    assert result.correction == 0.5  # the largest 1 - f, as where the variance is 0


@pytest.mark.parametrize("fraction", [None, [0.5]])
def test_a_psu_beside_which_nothing_is_left_of_the_others_has_no_jackknife(fraction):
    sums = [1e17, 0.0, 1.0], [1e17, 1.0, 1.0], [3, 1, 1], [0, 0, 0]
    assert np.isnan(jackknife(*sums, sampling_fraction=fraction).variance)


def test_a_psu_that_is_certain_is_not_left_out_even_where_it_weighs_nearly_all():
    sums = [3e17, 1.0, 0.0], [4e17, 1.0, 1.0], [3, 1, 1], [0, 1, 1]
    result = jackknife(*sums, lonely_psu="certainty")
    # p changes by (1 - p) and p over the weight of all, when one of the two is left out.
    assert np.isclose(result.variance, (0.5 / 4e17) ** 2 * 4, rtol=1e-12)


@pytest.mark.parametrize("function", [taylor_clusters, jackknife])
def test_single_psus_are_refused_unless_a_rule_is_given(function):
    sums = [1.0, 0.0, 2.0, 1.0], [3.0, 1.0, 2.0, 2.0], [3, 1, 2, 2], [0, 1, 2, 2]
    with pytest.raises(MethodError, match=r"`lonely_psu`: .*2 such strata of 3"):
        function(*sums)
    with pytest.raises(MethodError, match="got 'remove'"):
        function(*sums, lonely_psu="remove")
    assert np.isfinite(function(*sums, sampling_fraction=[1.0, 1.0, 0.5]).variance)


def test_rows_refuse_single_rows():
    with pytest.raises(MethodError, match="1 such stratum of 2"):
        taylor_rows(
            [1.0, 1.0], [1.0, 2.0], [1, 2], [1, 2], weight_squared_yes=[1.0, 1.0], weight_squared=[1.0, 2.0]
        )


def test_nothing_to_average_is_not_defined():
    result = taylor_clusters([1.0, 0.0], [1.0, 2.0], [1, 2], [0, 1], lonely_psu="average")
    assert np.isnan(result.variance)


# ---- brute force --------------------------------------------------------------------------------------


@st.composite
def designs(draw, least=2):
    """Rows of a stratified cluster sample: y, w, whether in the domain, PSU and the stratum of each PSU."""
    sizes = draw(st.lists(st.integers(least, 4), min_size=1, max_size=4))
    of_psu = np.repeat(np.arange(len(sizes)), sizes)
    n = draw(st.integers(1, 40))
    lists = (st.integers(0, 1), st.floats(0.1, 20.0), st.booleans(), st.integers(0, len(of_psu) - 1))
    y, w, inside, psu = (np.array(draw(st.lists(s, min_size=n, max_size=n))) for s in lists)
    psu = np.concatenate([psu, [len(of_psu) - 1]])  # so that bincount sees every PSU
    return np.append(y, 0), np.append(w, 1.0), np.append(inside, False), psu, of_psu


def left_out(y, w, inside, psu, of_psu):
    """Shares with each PSU left out in turn."""
    shares = []
    for i, h in enumerate(of_psu):
        n = (of_psu == h).sum()
        raised = np.where(of_psu[psu] == h, w * n / (n - 1), w) * (psu != i) * inside
        shares.append((raised * y).sum() / raised.sum() if raised.sum() > 0 else np.nan)
    return np.array(shares)


@given(designs(), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_jackknife_is_leaving_out_psus(design, fractions):
    y, w, inside, psu, of_psu = design
    sums = psu_sums(y, w, inside, psu)
    f = np.array(fractions[: of_psu.max() + 1])
    result = jackknife(*sums, of_psu, sampling_fraction=f)
    shares, n = left_out(*design), np.bincount(of_psu)
    expected = np.sum(((1 - f) * (n - 1) / n)[of_psu] * (shares - result.proportion) ** 2)
    np.testing.assert_allclose(result.variance, expected, rtol=1e-9, atol=1e-15)


@given(designs(), st.data())
def test_alike_psus_may_be_given_once(design, data):
    y, w, inside, psu, of_psu = design
    sums = psu_sums(y, w, inside, psu)
    times = np.array(data.draw(st.lists(st.integers(1, 3), min_size=of_psu.size, max_size=of_psu.size)))
    once = jackknife(*sums, of_psu, times=times)
    each = jackknife(*(np.repeat(s, times) for s in sums), np.repeat(of_psu, times))
    agree(once, each)


def agree(a, b, rtol=1e-9, atol=1e-15):
    np.testing.assert_allclose(a.proportion, b.proportion, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(a.variance, b.variance, rtol=rtol, atol=atol)
    np.testing.assert_array_equal(a.df, b.df)


# ---- properties ---------------------------------------------------------------------------------------


@given(designs(least=1), st.sampled_from(RULES), st.data())
def test_rows_agree_with_clusters_of_one(design, rule, data):
    y, w, inside, row_of, _ = design
    stratum = np.sort(row_of)
    n = int(stratum[-1]) + 1  # some of them without rows
    f = np.array(data.draw(st.lists(st.floats(0.0, 1.0), min_size=n, max_size=n)))
    positional, squares = row_sums(y, w, inside, stratum)
    rows = taylor_rows(*positional, **squares, sampling_fraction=f, lonely_psu=rule)
    sums = psu_sums(y, w, inside, np.arange(len(y)))
    clusters = taylor_clusters(*sums, stratum, sampling_fraction=f, lonely_psu=rule)
    agree(rows, clusters, atol=1e-12)


@given(designs(least=1), st.sampled_from(RULES), st.floats(1e-6, 1e6), st.randoms())
def test_neither_the_scale_of_weights_nor_the_order_of_psus_matters(design, rule, scale, random):
    y, w, inside, psu, of_psu = design
    sums = psu_sums(y, w, inside, psu)
    order = list(range(of_psu.size))
    random.shuffle(order)
    mixed = sums[0][order] * scale, sums[1][order] * scale, sums[2][order]
    for function in (taylor_clusters, jackknife):
        before = function(*sums, of_psu, lonely_psu=rule)
        agree(function(*mixed, of_psu[order], lonely_psu=rule), before)
        known = ~np.isnan(before.variance)
        assert (before.variance >= 0) | ~known
        assert before.df >= 0


def test_what_rounding_leaves_of_a_single_psu_is_no_variance():
    weight = 49.0
    assert 1.0 - 1.0 / weight * weight != 0.0
    for rule in ("certainty", "adjust", "average"):
        made = jackknife([1.0], [weight], [9], [0], lonely_psu=rule)
        assert np.isnan(made.variance)
        assert made.df == 0


@given(designs(), st.integers(2, 5))
def test_many_estimates_at_once_agree_with_one_at_a_time(design, k):
    y, w, inside, psu, of_psu = design
    many = [psu_sums(np.roll(y, j), w, np.roll(inside, 2 * j), psu) for j in range(2 * k)]
    stacked = [np.stack([m[i] for m in many], axis=1).reshape(-1, 2, k) for i in range(3)]
    for function in (taylor_clusters, jackknife):
        together = function(*stacked, of_psu)
        assert together.proportion.shape == together.variance.shape == together.df.shape == (2, k)
        alone = [function(*m, of_psu) for m in many]
        np.testing.assert_allclose(
            together.variance.ravel(), [a.variance for a in alone], rtol=1e-12, atol=1e-30
        )
        np.testing.assert_array_equal(together.df.ravel(), [a.df for a in alone])


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(3)
    w = rng.gamma(2.0, size=(30, 7))
    sums = w * rng.random((30, 7)), w, rng.integers(0, 3, (30, 7)), np.repeat(np.arange(10), 3)
    whole = taylor_clusters(*sums)
    monkeypatch.setattr(module, "_BLOCK", 60)
    agree(taylor_clusters(*sums), whole, rtol=1e-14, atol=0)


def test_strata_may_be_numbered_with_gaps():
    sums = [4.0, 6.0, 1.0, 3.0], [8.0] * 4, [8] * 4
    gaps = taylor_clusters(*sums, [5, 5, 2, 2], sampling_fraction=[9, 9, 0.5, 9, 9, 0.25])
    assert gaps.variance == pytest.approx(5 / 1024, rel=1e-14)


# ---- R's survey package -------------------------------------------------------------------------------

API_DESIGNS = {
    # name: data, PSU, stratum
    "dclus1": ("apiclus1", "dnum", None),
    "dstrat": ("apistrat", None, "stype"),
    "srs": ("apisrs", None, None),
}


def api(design):
    """Rows of an api sample, the PSU of each, the stratum of each PSU, and the sampling fractions."""
    name, _, finite = design.partition("_")
    data, psu, stratum = API_DESIGNS[name]
    rows = pd.DataFrame(API["data"][data])
    codes = np.arange(len(rows)) if psu is None else pd.factorize(rows[psu])[0]
    of_row = np.zeros(len(rows), int) if stratum is None else pd.factorize(rows[stratum])[0]
    first = np.unique(codes, return_index=True)[1]
    of_psu = of_row[first]
    population = rows["fpc"].to_numpy()[first[np.unique(of_psu, return_index=True)[1]]]
    fraction = None if finite == "nofpc" else np.bincount(of_psu) / population
    return rows, codes, of_psu, fraction


def variable(rows, record):
    name = record["inputs"]["variable"].split("==")[0]
    return rows[name.replace("sch.wide", "schwide").replace("comp.imp", "compimp")].to_numpy(float)


def golden(prefix):
    return [pytest.param(r, id=r["id"]) for r in API["records"] if r["id"].startswith(prefix)]


@pytest.mark.parametrize("record", golden("S5.svymean"))
def test_shares_and_means_agree_with_svymean(record):
    rows, psu, of_psu, fraction = api(record["id"].rsplit(".", 1)[1])
    y, w, everybody = variable(rows, record), rows["pw"].to_numpy(), np.ones(len(rows), bool)
    result = taylor_clusters(*psu_sums(y, w, everybody, psu), of_psu, sampling_fraction=fraction)
    expected = record["expected"]
    if isinstance(expected, dict):
        assert int(result.df) == expected["degf"]
        expected = [expected["p"], expected["se"]]
    # Weights of the api data are rounded to 15 digits, so means of about 600 agree to 1e-6 as the record says.
    np.testing.assert_allclose(
        [result.proportion, np.sqrt(result.variance)], expected, rtol=0, atol=record["tolerance"]
    )
    if of_psu.size == len(rows) and set(np.unique(y)) <= {0.0, 1.0}:
        positional, squares = row_sums(y, w, everybody, of_psu)
        agree(taylor_rows(*positional, **squares, sampling_fraction=fraction), result, rtol=1e-12)


@pytest.mark.parametrize("record", golden("S5.svyby"))
def test_domains_agree_with_svyby(record):
    rows, psu, of_psu, fraction = api("dstrat" if record["id"].endswith("dstrat") else "dclus1")
    y = rows["api99" if "api99" in record["id"] else "schwide"].to_numpy(float)
    w, expected = rows["pw"].to_numpy(), record["expected"]
    inside = [(rows["stype"] == level).to_numpy() for level in expected["levels"]]
    sums = [psu_sums(y, w, here, psu) for here in inside]
    stacked = [np.stack(part, axis=1) for part in zip(*sums, strict=True)]
    result = taylor_clusters(*stacked, of_psu, sampling_fraction=fraction)
    np.testing.assert_allclose(result.proportion, expected["mean"], rtol=0, atol=record["tolerance"])
    variances = np.square(expected["se"]) if "se" in expected else np.diag(expected["vcov"])
    np.testing.assert_allclose(result.variance, variances, rtol=1e-7, atol=record["tolerance"])


@pytest.mark.parametrize(
    "record", MADE_UP["records"], ids=lambda r: f"{r['lonely_psu']}-{r['finite']}-{r['domain']}"
)
def test_small_design_agrees_with_r(record):
    people = pd.DataFrame(MADE_UP["people"])
    rule = record["lonely_psu"]
    if rule == "fail":
        people = people[people["stratum"].isin([1, 2, 4])].reset_index(drop=True)
    psu = people.groupby(["stratum", "psu"]).ngroup().to_numpy()
    per_psu = people.groupby(["stratum", "psu"], as_index=False)["population"].first()
    of_psu = pd.factorize(per_psu["stratum"])[0]
    fraction = np.bincount(of_psu) / per_psu.groupby("stratum")["population"].first().to_numpy()
    inside = people["domain"].isin(["a", "b"] if record["domain"] == "all" else [record["domain"]]).to_numpy()
    sums = psu_sums(people["yes"].to_numpy(float), people["weight"].to_numpy(float), inside, psu)
    how = {
        "sampling_fraction": fraction if record["finite"] else None,
        "lonely_psu": "error" if rule == "fail" else rule,
    }
    result = taylor_clusters(*sums, of_psu, **how)
    assert result.proportion == pytest.approx(record["share"], rel=1e-13)
    assert result.variance == pytest.approx(record["variance"], rel=1e-12)
    assert result.df == record["df"]
    if "jackknife" in record:
        expected = record["jackknife"]
        if rule == "average":
            # R raises its jackknife by PSUs (11 of 9 have company), but its linearised variance by strata: here 5
            # of 3, or 4 of 3 for domain b, which nobody of the last stratum is in. Ours goes by strata in both.
            expected *= (4 / 3 if record["domain"] == "b" else 5 / 3) / (11 / 9)
        found = jackknife(*sums, of_psu, **how)
        assert found.variance == pytest.approx(expected, rel=1e-12)


# ---- ELS:2002 -----------------------------------------------------------------------------------------


def els_sums(shared):
    """Sums per PSU of plans for a four-year college: all, male, female; and the stratum of each PSU."""
    rows = pd.read_csv(shared / "data" / "els2002_plans.csv.gz")
    answered = ((rows["f1pnlwt"] > 0) & rows["f1psepln"].notna()).to_numpy()
    psu = rows.groupby(["strat_id", "psu"]).ngroup().to_numpy()
    of_psu = rows.groupby(["strat_id", "psu"])["strat_id"].first().to_numpy()
    y, w = (rows["f1psepln"] == 5).to_numpy(float), rows["f1pnlwt"].to_numpy(float)
    inside = [answered, answered & (rows["bysex"] == 1), answered & (rows["bysex"] == 2)]
    parts = zip(*(psu_sums(y, w, np.asarray(here), psu) for here in inside), strict=True)
    return *(np.stack(part, axis=1) for part in parts), pd.factorize(of_psu)[0]


@pytest.mark.shared
def test_els_agrees_with_r(shared):
    *sums, of_psu = els_sums(shared)
    assert (of_psu.size, of_psu.max() + 1) == (751, 361)
    result = taylor_clusters(*sums, of_psu)
    expected = pd.DataFrame(ELS["domains"])
    np.testing.assert_allclose(result.proportion, expected["share"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(result.variance), expected["se"], rtol=1e-8)
    np.testing.assert_array_equal(result.df, expected["df"])
    np.testing.assert_array_equal(sums[2].sum(axis=0), expected["n"])
    # What the README of the data prints.
    np.testing.assert_allclose(result.proportion, [0.5875, 0.5515, 0.6327], rtol=0, atol=5.1e-5)
    np.testing.assert_allclose(
        np.sqrt(jackknife(*sums, of_psu).variance), expected["jackknife_se"], rtol=1e-8
    )


# ---- simulation ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_variances_are_right_on_average():
    """Means of 4000 estimated variances against the variance of the 4000 shares: half width 3 se, about 8 %."""
    rng = np.random.default_rng(8)
    strata, psus, size, draws = 6, 5, 12, 4000
    stratum = np.repeat(np.arange(strata), psus)
    level = np.linspace(-1.0, 1.2, strata)[stratum][:, None]
    chance = 1 / (1 + np.exp(-(level + rng.normal(0, 0.8, (strata * psus, draws)))))
    w = (1.0 + stratum[:, None]) * rng.gamma(4.0, 0.25, (strata * psus, draws))
    yes = w * rng.binomial(size, chance) / size
    people = np.full(w.shape, size)
    for function in (taylor_clusters, jackknife):
        result = function(yes, w, people, stratum)
        assert result.variance.mean() == pytest.approx(result.proportion.var(), rel=0.08)
