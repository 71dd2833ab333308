"""What must not change weights: the order of rows, names of people and levels, scale, copies; and odd panels."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

SLOWLY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def studies(draw, least=60):
    """Everybody's two covariates, number, weight before and who answered, with nobody alone at anything."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n = draw(st.integers(least, least + 100))
    a, b = rng.integers(0, 3, n), rng.integers(0, 2, n)
    answered = rng.random(n) < 0.3 + 0.15 * a + 0.1 * b
    cells = np.array(list(itertools.product(range(3), range(2), [False, True])) * 2)
    a, b = np.r_[a, cells[:, 0]], np.r_[b, cells[:, 1]]
    answered = np.r_[answered, cells[:, 2].astype(bool)]
    m = a.size
    return pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(m)],
            "a": np.array(["x", "y", "z"])[a],
            "b": np.array(["s", "t"])[b],
            "x": rng.integers(0, 40, m),
            "w": rng.uniform(0.5, 3, m),
            "status": np.where(rng.random(m) < 0.1, "gone", "here"),
            "answered": answered,
        }
    )


def weigh(frame, covariates=("a", "b", "x"), **options):
    """The weight of everybody who answered and has one, by id."""
    some = frame.loc[frame["answered"], ["id"]]
    panel = cb.link_waves({"all": frame.drop(columns="answered"), "some": some}, on="id")
    options = {
        "base_weights": "w",
        "eligible": cb.Item("status", yes="here"),
        "numbers": {"x": "linear"},
    } | options
    weights = cb.attrition_weights(panel, list(covariates), wave="some", to="all", **options)
    whole = panel.wave("all")
    ids = dict(zip(whole["person"], whole["id"], strict=True))
    return pd.Series(weights.weight, index=[ids[person] for person in weights.ids]), weights


def same(one, other, rtol=1e-7):
    np.testing.assert_allclose(other.reindex(one.index), one, rtol=rtol)
    assert len(one) == len(other)


@SLOWLY
@given(studies(), st.integers(0, 100))
def test_order_of_rows_and_names_of_people(frame, seed):
    one, _ = weigh(frame)
    order = np.random.default_rng(seed).permutation(len(frame))
    same(one, weigh(frame.iloc[order])[0])
    renamed = frame.assign(id=[f"q{(7 * i) % 1009}" for i in range(len(frame))])
    other, _ = weigh(renamed)
    back = dict(zip(renamed["id"], frame["id"], strict=True))
    same(one, other.rename(back))


@SLOWLY
@given(studies(), st.permutations(["a", "b", "x"]), st.permutations(["x", "y", "z"]))
def test_order_of_covariates_and_names_of_levels(frame, covariates, levels):
    one, _ = weigh(frame)
    same(one, weigh(frame, covariates)[0])
    other = frame.assign(a=frame["a"].map(dict(zip("xyz", levels, strict=True))))
    same(one, weigh(other)[0])
    ordered = frame.assign(a=pd.Categorical(frame["a"], categories=levels))
    same(one, weigh(ordered)[0])


@SLOWLY
@given(studies(), st.floats(1e-6, 1e6))
def test_scale_of_weights_before(frame, scale):
    one, weights = weigh(frame)
    other, scaled = weigh(frame.assign(w=scale * frame["w"]))
    same(one, other / scale)
    for row, again in zip(weights.balance, scaled.balance, strict=True):
        assert again.weighted == pytest.approx(row.weighted, abs=1e-9)
        assert again.population == pytest.approx(row.population, abs=1e-9)


@SLOWLY
@given(studies(least=200), st.integers(2, 4))
def test_everybody_several_times(frame, times):
    # Copies have the same weight each: as many more stand for as many more. Few respondents bring a ridge
    # penalty, which matters the less the more they are: here are enough for none.
    one, weights = weigh(frame, numbers={"x": [10, 20, 30]})
    assert "ridge" not in weights.words
    copies = pd.concat([frame.assign(id=frame["id"] + f"_{k}") for k in range(times)])
    other, _ = weigh(copies, numbers={"x": [10, 20, 30]})
    for k in range(times):
        mine = other[other.index.str.endswith(f"_{k}")]
        same(one, mine.rename(lambda name: name.rsplit("_", 1)[0]))


@SLOWLY
@given(studies(least=200))
def test_a_copy_of_a_person_is_half_of_a_weight_before(frame):
    # A weight of 2 is two people of weight 1, in the model, in the cap's median aside.
    one, weights = weigh(
        frame.assign(w=1.0 + (frame["x"] % 2)), trim=None, covariates=["a", "b"], numbers=None
    )
    twice = pd.concat([frame, frame[frame["x"] % 2 == 1].assign(id=lambda f: f["id"] + "_2")])
    other, _ = weigh(twice.assign(w=1.0), trim=None, covariates=["a", "b"], numbers=None)
    assert "ridge" not in weights.words
    heavy = frame.set_index("id")["x"].reindex(one.index) % 2 == 1
    np.testing.assert_allclose(other.reindex(one.index) * (1.0 + heavy), one, rtol=1e-7)


@SLOWLY
@given(studies())
def test_a_chain_of_a_step_that_everybody_but_few_took_is_near_the_single_step(frame):
    # Saturated in a: the chain through any wave is the single step, for those who were there.
    start = frame.drop(columns="answered")
    middle = frame.loc[frame.index % 5 > 0, ["id"]]
    end = frame.loc[frame["answered"] & (frame.index % 5 > 0), ["id"]]
    panel = cb.link_waves({"start": start, "middle": middle, "end": end}, on="id")
    first = cb.attrition_weights(panel, "a", wave="middle", to="start", trim=None)
    chain = cb.attrition_weights(
        panel, {"start": "a"}, wave="end", to="middle", trim=None, base_weights=first
    )
    single = cb.attrition_weights(panel, "a", wave="end", to="start", trim=None)
    order = np.argsort(single.ids), np.argsort(chain.ids)
    np.testing.assert_array_equal(single.ids[order[0]], chain.ids[order[1]])
    np.testing.assert_allclose(chain.weight[order[1]], single.weight[order[0]], rtol=1e-7)


# ---- odd panels --------------------------------------------------------------------------------------------


def small(n=4, answered=2, **columns):
    ids = np.arange(n)
    whole = pd.DataFrame({"id": ids, "a": ["x", "y"] * (n // 2) + ["x"] * (n % 2), **columns})
    return cb.link_waves({"all": whole, "some": pd.DataFrame({"id": ids[:answered]})}, on="id")


def test_one_respondent():
    weights = cb.attrition_weights(small(answered=1), "a", wave="some", to="all", trim=None)
    assert weights.weight.tolist() == [4.0]
    assert "few_respondents" in [alert.code for alert in weights.alerts]


def test_one_respondent_after_others_were_left_out():
    panel = small(w=[1.0, np.nan, 2.0, 3.0])
    weights = cb.attrition_weights(panel, "a", wave="some", to="all", base_weights="w")
    assert weights.weight.tolist() == [6.0]


def test_a_population_of_whom_all_that_are_left_answered_is_refused():
    panel = small(status=["in", "in", "out", "out"], w=[1.0, 1.0, 0.0, np.nan])
    who = (
        "some but not all of the 2 people in 'all' who are eligible and have a weight before answered; got "
        "'some', answered by 2 of them. Take weights of an earlier step, in which people who did not answer"
    )
    for options in ({"eligible": cb.Item("status", yes="in")}, {"base_weights": "w"}):
        with pytest.raises(InputError, match=who):
            cb.attrition_weights(panel, "a", wave="some", to="all", **options)


def test_a_population_of_whom_none_that_is_left_answered_is_refused():
    panel = small(w=[0.0, 0.0, 1.0, 1.0])
    with pytest.raises(InputError, match="answered by 0 of them"):
        cb.attrition_weights(panel, "a", wave="some", to="all", base_weights="w")


@pytest.mark.parametrize(
    "kind", ["int8", "uint16", "int64", "float32", "Int64", "Float64", "bool", "int64[pyarrow]"]
)
def test_weights_before_of_every_type(kind):
    ids = np.arange(200)
    w = pd.Series(1 + ids % 2 if kind != "bool" else ids % 5 > 0).astype(kind)
    frame = pd.DataFrame({"id": ids, "a": np.where(ids % 3, "x", "y"), "w": w})
    panel = cb.link_waves({"all": frame, "some": frame.loc[ids % 4 == 0, ["id"]]}, on="id")
    weights = cb.attrition_weights(panel, "a", wave="some", to="all", trim=None, base_weights="w")
    assert weights.weight.sum() == pytest.approx(float(w.sum()))
    if kind == "bool":
        assert weights.left_out["no weight before"].size == 10


def test_waves_of_different_libraries():
    ids = list(range(100))
    frame = pl.DataFrame({"id": ids, "a": ["x", "y"] * 50, "status": (["in"] * 9 + ["out"]) * 10})
    some = pd.DataFrame({"id": ids[:40], "job": ["yes", "no"] * 20})
    panel = cb.link_waves({"all": frame, "some": some}, on="id")
    weights = cb.attrition_weights(panel, "a", wave="some", to="all", eligible=cb.Item("status", yes="in"))
    assert weights.weight.sum() == pytest.approx(90)
    assert isinstance(weights.values, pl.DataFrame)
