"""Weights against attrition: by hand, against statsmodels and R, and what they must admit they did not correct."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from conftest import AGES
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError
from frame_kinds import in_pandas

#: Some waves here have one question, which many left blank: whether they answered is another matter.
pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")


def study(cells, *, names=("a", "b", "c"), make=pd.DataFrame, seed=0):
    """A panel of two waves from {levels: (people, respondents)}, rows in random order."""
    rows = [
        (levels if isinstance(levels, tuple) else (levels,), i < m)
        for levels, (n, m) in cells.items()
        for i in range(n)
    ]
    order = np.random.default_rng(seed).permutation(len(rows))
    ids = [f"p{i}" for i in order]
    columns = {
        name: [rows[i][0][k] for i in order] for k, name in zip(range(len(rows[0][0])), names, strict=False)
    }
    answered = [f"p{i}" for i in order[::-1] if rows[i][1]]
    return cb.link_waves({"all": make({"id": ids, **columns}), "some": make({"id": answered})}, on="id")


def by_key(weights, panel, wave="some"):
    """Weights by the respondents' own ids."""
    people = panel.wave(wave)
    mine = dict(zip(people["person"].to_list(), people["id"].to_list(), strict=True))
    return {mine[p]: w for p, w in zip(weights.values["person"], weights.values["weight"], strict=True)}


def by_level(weights, panel, column="a"):
    """The one weight that all respondents at a level of a covariate have."""
    people = panel.wave("some", carry={"all": column})
    levels = dict(zip(people["person"], people[f"{column}_all"], strict=True))
    found = {}
    for person, weight in zip(weights.values["person"], weights.values["weight"], strict=True):
        level = None if pd.isna(levels[person]) else levels[person]
        assert found.setdefault(level, weight) == pytest.approx(weight, rel=1e-12)
    return found


def codes(weights):
    return [alert.code for alert in weights.alerts]


def weigh(panel, covariates="a", **options):
    return cb.attrition_weights(panel, covariates, wave="some", to="all", **options)


# ---- one covariate: population over respondents ----------------------------------------------------------


def test_worked_example(age_panel):
    # 900/25, 900/40, 500/35, and what follows from them.
    weights = cb.attrition_weights(
        age_panel, ["age"], wave="followup", to="completion", population="completers"
    )
    people = age_panel.wave("followup", carry={"completion": "age"}).merge(weights.values, on="person")
    for age, (n, m, _) in AGES.items():
        mine = people.loc[people["age_completion"] == age, "weight"]
        assert len(mine) == m
        np.testing.assert_allclose(mine, n / m, rtol=1e-9)
    assert weights.values["weight"].sum() == pytest.approx(2_300, rel=1e-12)
    assert (weights.n, weights.population_size, weights.population) == (100, 2_300, "completers")
    assert weights.n_effective == pytest.approx(88.4721, abs=5e-5)
    assert weights.deff == pytest.approx(1.13030, abs=5e-6)
    row = cb.proportions(age_panel.wave("followup"), "better", weights=weights).rows[0]
    assert row.estimate == pytest.approx(0.361118, abs=5e-7)
    assert (row.conf_low, row.conf_high) == pytest.approx((0.2687, 0.4651), abs=5e-5)
    assert weights.alerts == ()


def test_cap_and_rescaling_by_hand():
    # 1/p: 2 for fifty, 10 and 30 for ten each; median 2, cap 8; 50*2 + 20*8 = 260, rescaled to 500.
    panel = study({"often": (100, 50), "seldom": (100, 10), "hardly": (300, 10)})
    weights = weigh(panel)
    up = 500 / 260
    assert by_level(weights, panel) == pytest.approx(
        {"often": 2 * up, "seldom": 8 * up, "hardly": 8 * up}, rel=1e-9
    )
    steps = weights.steps.to_frame().set_index("step")
    assert steps.index.tolist() == [
        "respondents",
        "1 / propensity",
        "capped at 4 x median",
        "rescaled to population",
    ]
    assert steps["sum"].tolist() == pytest.approx([70, 500, 260, 500])
    assert steps["n"].tolist() == [70] * 4
    assert steps["max_to_median"].tolist() == pytest.approx([1, 15, 4, 4])
    n_effective = 260**2 / (50 * 4 + 20 * 64)
    assert steps["n_effective"].tolist() == pytest.approx(
        [70, 500**2 / (200 + 1000 + 9000), n_effective, n_effective]
    )
    assert steps["deff"].iloc[-1] == pytest.approx(70 / n_effective)
    assert steps["cv"].iloc[-1] ** 2 == pytest.approx(70 / n_effective - 1)
    assert steps["top5_share"].iloc[-1] == pytest.approx(5 * 8 / 260)
    assert weights.n_effective == pytest.approx(n_effective)
    free = weigh(panel, trim=None)
    assert by_level(free, panel) == pytest.approx({"often": 2, "seldom": 10, "hardly": 30}, rel=1e-9)
    assert "capped" not in " ".join(free.steps.to_frame()["step"])


def test_people_outside_the_population_have_no_weight(small_frames):
    panel = cb.link_waves(small_frames, on="id", exclude={"status": "Survey Preview"})
    weights = cb.attrition_weights(panel, "age", wave="later", to="start")
    assert weights.n == 2  # a and c; f was not in the first wave
    assert weights.values["weight"].sum() == pytest.approx(4)
    with pytest.raises(InputError, match=r"1 of 3 people without a weight.*also_in='start'"):
        weights.for_people(panel.people_in("later"))


def test_missing_answers_are_a_category_of_their_own():
    panel = study({"x": (60, 30), "y": (40, 10), None: (20, 4)})
    weights = weigh(panel, trim=None)
    assert by_level(weights, panel) == pytest.approx({"x": 2, "y": 4, None: 5}, rel=1e-9)
    assert "(missing)" in [row.level for row in weights.balance.rows]


def test_missing_codes_must_be_declared():
    panel = study({1: (60, 30), 2: (40, 10), -9: (20, 4)})
    with pytest.raises(InputError, match=r"`covariates`.*-9 in 20 rows"):
        weigh(panel)
    declared = weigh(panel, missing=-9, trim=None)
    assert by_level(declared, panel) == pytest.approx({1: 2, 2: 4, -9: 5}, rel=1e-9)
    assert {row.level for row in declared.balance.rows} == {"1", "2", "(missing)"}
    other = study({(1, "f"): (60, 30), (2, "m"): (40, 10), (-9, "f"): (20, 4)})
    with pytest.raises(InputError, match=r"`check`.*-9 in 20 rows"):
        weigh(other, "b", check="a")


def test_a_constant_covariate_weights_nobody_up():
    panel = study({"x": (90, 30)})
    weights = weigh(panel)
    assert by_level(weights, panel) == pytest.approx({"x": 3}, rel=1e-9)
    assert weights.deff == pytest.approx(1)
    beside = study({("x", "u"): (60, 30), ("x", "v"): (40, 10)})
    one, two = weigh(beside, ["a", "b"]), weigh(beside, "b")
    np.testing.assert_allclose(one.values["weight"], two.values["weight"], rtol=1e-9)


@given(
    st.lists(
        st.integers(1, 60).flatmap(lambda m: st.tuples(st.integers(m + 1, 400), st.just(m))),
        min_size=1,
        max_size=6,
    ),
    st.one_of(st.none(), st.floats(2.0, 10.0)),
)
@settings(max_examples=30)
def test_one_covariate_gives_population_over_respondents(cells, trim):
    panel = study({f"l{i}": cell for i, cell in enumerate(cells)})
    weights = weigh(panel, trim=trim)
    before = np.repeat([n / m for n, m in cells], [m for _, m in cells])
    capped = before if trim is None else np.minimum(before, trim * np.median(before))
    total = sum(n for n, _ in cells)
    expected = capped * total / capped.sum()
    np.testing.assert_allclose(np.sort(weights.values["weight"]), np.sort(expected), rtol=1e-7)
    assert weights.values["weight"].sum() == pytest.approx(total, rel=1e-12)
    if trim is not None:
        w = weights.values["weight"]
        assert w.max() <= trim * w.median() * (1 + 1e-9)
    assert weights.n_effective == pytest.approx(expected.sum() ** 2 / (expected**2).sum(), rel=1e-7)
    assert weights.deff * weights.n_effective == pytest.approx(weights.n)


# ---- several covariates --------------------------------------------------------------------------------------


CROSSED = {
    (a, b, c): (n, m)
    for (a, b, c), n, m in zip(
        itertools.product(["x", "y", "z"], [1, 2], ["u", None]),
        [60, 40, 90, 20, 70, 35, 50, 15, 80, 30, 25, 55],
        [30, 9, 30, 11, 15, 10, 21, 3, 33, 16, 4, 12],
        strict=True,
    )
}


def crossed_rows():
    rows = [(*levels, i < m) for levels, (n, m) in CROSSED.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["a", "b", "c", "answered"])


def expected_inverse_propensities():
    rows = crossed_rows()
    known = rows[["a", "b", "c"]].astype(object)
    dummies = pd.get_dummies(known.where(known.notna(), "none").astype(str), drop_first=True)
    design = sm.add_constant(dummies.astype(float)).to_numpy()
    fit = sm.GLM(rows["answered"].astype(float).to_numpy(), design, family=sm.families.Binomial()).fit(
        tol=1e-14
    )
    return 1 / fit.fittedvalues[rows["answered"].to_numpy()]


def test_weights_are_inverse_propensities_of_statsmodels():
    weights = weigh(study(CROSSED), ["a", "b", "c"], trim=None)
    raw = expected_inverse_propensities()
    expected = raw * (sum(n for n, _ in CROSSED.values()) / raw.sum())
    np.testing.assert_allclose(np.sort(weights.values["weight"]), np.sort(expected), rtol=1e-8)


def test_the_model_balances_what_it_was_built_on():
    # The likelihood equations in terms of weights hold for the propensities: each level is answered for.
    rows = crossed_rows()
    weights = weigh(study(CROSSED), ["a", "b", "c"], trim=None)
    worst = max(abs(r.difference_after) for r in weights.balance.rows)
    assert worst < 0.01
    before = max(abs(r.difference_before) for r in weights.balance.rows)
    assert before > 5 * worst
    assert weights.n == rows["answered"].sum()


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_every_kind_of_frame_gives_the_same_weights(make):
    pandas, other = study(CROSSED), study(CROSSED, make=make)
    expected = by_key(weigh(pandas, ["a", "b", "c"]), pandas)
    frame = other.wave("some")
    ids = (
        dict(zip(frame["person"].to_pylist(), frame["id"].to_pylist(), strict=True))
        if make is pa.table
        else dict(zip(frame["person"].to_list(), frame["id"].to_list(), strict=True))
    )
    values = in_pandas(weigh(other, ["a", "b", "c"]).values)
    found = {ids[p]: w for p, w in zip(values["person"], values["weight"], strict=True)}
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_covariates_may_come_from_other_waves(make):
    # Levels known in the first wave only; whoever was not in it is a category of their own.
    first = {"id": [f"p{i}" for i in range(0, 60)], "x": ["u"] * 40 + ["v"] * 20}
    second = {"id": [f"p{i}" for i in range(20, 90)][::-1], "y": ["k", "l"] * 35}
    third = {"id": [f"p{i}" for i in [*range(20, 30), *range(40, 45), *range(60, 66)]]}
    panel = cb.link_waves({"start": make(first), "end": make(second), "later": make(third)}, on="id")
    weights = cb.attrition_weights(panel, {"start": ["x"]}, wave="later", to="end", trim=None)
    # end: 20 of u (10 answered), 20 of v (5), 30 not in the first wave (6)
    assert sorted(in_pandas(weights.values)["weight"].round(9)) == pytest.approx(
        [2.0] * 10 + [4.0] * 5 + [5.0] * 6
    )
    assert [r.level for r in weights.balance.rows] == ["u", "v", "(missing)"]
    both = cb.attrition_weights(panel, {"start": "x", "end": ["y"]}, wave="later", to="end")
    assert both.recipe["covariates"] == {"start": ("x",), "end": ("y",)}


def test_relabelling_and_shuffling_change_nothing():
    straight = study(CROSSED)
    expected = by_key(weigh(straight, ["a", "b", "c"]), straight)
    shuffled = study(CROSSED, seed=99)
    assert by_key(weigh(shuffled, ["a", "b", "c"]), shuffled) == pytest.approx(expected, rel=1e-9)
    assert by_key(weigh(straight, ["c", "a", "b"]), straight) == pytest.approx(expected, rel=1e-9)
    turned = {"x": "3 last", "y": "2", "z": "1 first", 1: 20, 2: 10, "u": "v", None: None}
    relabelled = study({tuple(turned[v] for v in levels): cell for levels, cell in CROSSED.items()})
    assert by_key(weigh(relabelled, ["a", "b", "c"]), relabelled) == pytest.approx(expected, rel=1e-9)


# ---- levels that cannot be weighted for --------------------------------------------------------------------------


def test_a_level_where_nobody_answered_is_pooled_with_an_alert():
    # C's rate of 0 is nearest to B's .1: (100 + 20) / 10 = 12.
    panel = study({"A": (100, 50), "B": (100, 10), "C": (20, 0)})
    weights = weigh(panel, trim=None)
    assert by_level(weights, panel) == pytest.approx({"A": 2, "B": 12}, rel=1e-9)
    (alert,) = [a for a in weights.alerts if a.code == "pooled_level"]
    assert "a: level 'C' (20 people, 0 respondents) was pooled with 'B'" in alert.text
    # the balance is still that of the answers as they were given
    rows = {r.level: r for r in weights.balance.rows}
    assert list(rows) == ["A", "B", "C"]
    assert (rows["C"].population, rows["C"].weighted) == (pytest.approx(20 / 220), 0.0)
    assert rows["B"].weighted == pytest.approx(120 / 220)


def test_a_level_where_everybody_answered_is_pooled_too():
    panel = study({"A": (100, 50), "B": (100, 10), "C": (20, 20)})
    weights = weigh(panel, trim=None)
    assert by_level(weights, panel) == pytest.approx({"A": 120 / 70, "B": 10, "C": 120 / 70}, rel=1e-9)
    assert codes(weights).count("pooled_level") == 1


def test_several_such_levels_are_pooled_and_told_in_one_alert():
    # An alert for each step told of levels that were gone a step later.
    panel = study({"A": (100, 50), "B": (50, 0), "C": (30, 0), "D": (20, 20)})
    weights = weigh(panel, trim=None)
    assert codes(weights).count("pooled_level") == 1
    assert weights.values["weight"].sum() == pytest.approx(200)
    assert np.isfinite(weights.values["weight"]).all()


#: Each level of each covariate has respondents and others; jointly two cells are all or nothing.
PARTED = {("x", "u"): (40, 20), ("y", "u"): (15, 0), ("x", "v"): (10, 10), ("y", "v"): (30, 15)}


def test_separation_by_covariates_together_ends_with_finite_weights_and_an_alert():
    weights = weigh(study(PARTED), ["a", "b"])
    assert np.isfinite(weights.values["weight"]).all()
    assert weights.values["weight"].sum() == pytest.approx(95)
    # A small penalty keeps the model finite; levels that somebody answered for are pooled no more for that.
    assert "pooled_level" not in codes(weights)
    assert [a.text for a in weights.alerts if a.code == "ridge_penalty"] == [
        "some levels of 'a', 'b' together hold only people who answered, or only people who did not: without a "
        "penalty their probability of answering would be 0 or 1; with a small one the lowest is 9.00%."
    ]
    assert any(step.step.startswith("ridge penalty 1: ") for step in weights.steps)
    assert by_key(weigh(study(PARTED, seed=3), ["a", "b"]), study(PARTED, seed=3)) == pytest.approx(
        by_key(weights, study(PARTED))
    )


def test_separation_of_a_few_in_a_large_study_is_told_too():
    # 60,000 people, of whom two part answering: level w is answered for only where b is 4, and 4 is only
    # in w. What the two gain on their way to infinity is less than 1e-12 of the whole likelihood.
    cells = {
        ("x", 1): (20_000, 9_000),
        ("x", 2): (20_000, 5_000),
        ("y", 1): (10_000, 6_000),
        ("y", 2): (9_000, 2_500),
    }
    panel = study({**cells, ("w", 1): (2, 0), ("w", 4): (300, 100)})
    weights = weigh(panel, ["a", "b"], trim=None)
    assert codes(weights).count("ridge_penalty") == 1
    assert any(step.step.startswith("ridge penalty 1: ") for step in weights.steps)
    assert np.isfinite(weights.values["weight"]).all()
    assert weights.values["weight"].sum() == pytest.approx(59_302)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.floats(0, 1)), min_size=8, max_size=8).map(
        lambda cells: [(n, round(n * share)) for n, share in cells]
    )
)
@settings(max_examples=40)
def test_any_pattern_of_answering_ends_with_finite_weights_that_add_up(cells):
    crossed = dict(zip(itertools.product("xy", "uvwz"), cells, strict=True))
    total, answered = sum(n for n, _ in cells), sum(m for _, m in cells)
    if answered in {0, total}:
        return
    panel = study(crossed)
    weights = weigh(panel, ["a", "b"])
    w = weights.values["weight"].to_numpy()
    assert np.isfinite(w).all()
    assert (w > 0).all()
    assert w.sum() == pytest.approx(total, rel=1e-12)
    assert w.max() <= 4 * np.median(w) * (1 + 1e-9)
    assert 1 <= weights.n_effective <= answered * (1 + 1e-12)
    for row in weights.balance.rows:
        assert row.difference_after == pytest.approx(row.weighted - row.population)


# ---- balance and alerts ----------------------------------------------------------------------------------------------


def test_balance_by_hand():
    # Population 100/200/200 of 500; respondents 50/10/10 of 70; weights 2, 20, 20 capped at 8.
    panel = study({("p", "s"): (60, 40), ("p", "t"): (40, 10), ("q", "s"): (200, 10), ("r", "t"): (200, 10)})
    weights = weigh(panel, "a", check="b")
    table = weights.balance.to_frame().set_index(["variable", "level"])
    assert table["role"].to_dict() == {
        ("a", "p"): "model",
        ("a", "q"): "model",
        ("a", "r"): "model",
        ("b", "s"): "check",
        ("b", "t"): "check",
    }
    np.testing.assert_allclose(table["population"], [0.2, 0.4, 0.4, 260 / 500, 240 / 500])
    np.testing.assert_allclose(table["respondents"], [5 / 7, 1 / 7, 1 / 7, 5 / 7, 2 / 7])
    total = 50 * 2 + 20 * 8
    weighted = [100 / total, 80 / total, 80 / total, (40 * 2 + 10 * 8) / total, (10 * 2 + 10 * 8) / total]
    np.testing.assert_allclose(table["weighted"], weighted)
    np.testing.assert_allclose(table["difference_before"], table["respondents"] - table["population"])
    np.testing.assert_allclose(table["difference_after"], table["weighted"] - table["population"])
    spread = np.sqrt(table["population"] * (1 - table["population"]))
    np.testing.assert_allclose(table["std_difference_before"], table["difference_before"] / spread)
    np.testing.assert_allclose(table["std_difference_after"], table["difference_after"] / spread)
    for role in ("model", "check"):
        mine = table[table["role"] == role]
        assert weights.balance.worst(role) == pytest.approx(mine["std_difference_after"].abs().max())
        assert weights.balance.worst(role, after=False) == pytest.approx(
            mine["std_difference_before"].abs().max()
        )
    # the cap keeps p too heavy, and what was held out shows it
    (left,) = [a for a in weights.alerts if a.code == "imbalance_left"]
    assert "a = p: 20.0% of the population, 71.4% of respondents, 38.5% of them weighted" in left.text
    # what was held out differs by less than chance may make among so few
    assert "check_imbalance" not in codes(weights)


def test_a_check_that_weighting_mends_gives_no_alert():
    # b goes with answering only through a.
    cells = {("p", "s"): (100, 50), ("p", "t"): (100, 50), ("q", "s"): (300, 60), ("q", "t"): (100, 20)}
    weights = weigh(study(cells), "a", check=["b"])
    assert weights.balance.worst("check", after=False) > weights.balance.worst("check")
    assert weights.balance.worst("check") == pytest.approx(0, abs=1e-9)
    with pytest.raises(MethodError, match="model"):
        weights.balance.worst("held out")
    assert "check_imbalance" not in codes(weights)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"x": (200, 100), "y": (100, 40)}, []),
        ({"x": (60, 20), "y": (30, 9)}, ["few_respondents", "small_n_effective"]),
        (
            {"x": (50, 31), "y": (95, 3)},
            ["small_n_effective", "dominant_respondent", "total_moved", "imbalance_left"],
        ),
        ({"x": (9_000, 40), "y": (9_000, 60)}, []),
        ({"x": (9_000, 4), "y": (9_000, 960)}, ["total_moved", "tiny_propensity", "imbalance_left"]),
    ],
)
def test_alerts_by_hand(cells, expected):
    # The cap takes weight from those at y, and rescaling gives it to all: that moves the total.
    assert codes(weigh(study(cells))) == expected


def test_an_alert_when_one_respondent_carries_much():
    weights = weigh(study({"x": (100, 50), "y": (100, 50), "z": (40, 1)}), trim=None)
    (alert,) = [a for a in weights.alerts if a.code == "dominant_respondent"]
    assert "17%" in alert.text  # 40 of 240


def test_an_alert_when_weights_cost_half_the_sample():
    weights = weigh(study({"x": (100, 90), "y": (1_000, 10)}), trim=None)
    n_effective = 1_100**2 / (90 * (100 / 90) ** 2 + 10 * 100**2)
    assert weights.n_effective == pytest.approx(n_effective)
    assert "costly_weights" in codes(weights)


def test_an_alert_when_the_model_is_too_large_for_the_respondents():
    cells = {f"l{i}": (30, 9 + i) for i in range(6)}  # 69 respondents, six parameters
    weights = weigh(study(cells))
    assert "many_parameters" not in codes(weights)
    cells = {f"l{i}": (30, 9) for i in range(6)}  # 54
    assert "many_parameters" in codes(weigh(study(cells)))


def test_weights_print_their_alerts_and_their_recipe():
    weights = weigh(study({("x", 1): (60, 20), ("y", 2): (30, 9)}), "a", check="b", missing=-9, trim=2)
    assert repr(weights).startswith("Weights of 29 people who answered some, standing for 90 people in “all”")
    assert "few_respondents" in repr(weights)
    assert "few_respondents" in weights._repr_html_()
    assert dict(weights.recipe) == {
        "wave": "some",
        "to": "all",
        "method": "logit",
        "trim": 2.0,
        "covariates": {"all": ("a",)},
        "check": {"all": ("b",)},
        "bins": {},
        "missing": (-9,),
        "answers": (),
        "population": "people in “all”",
        "allow_identifier": False,
    }
    with pytest.raises(TypeError):
        weights.recipe["trim"] = 1
    pd.testing.assert_frame_equal(weights.to_frame(), weights.values)


# ---- joining ------------------------------------------------------------------------------------------------------------


def test_weights_are_joined_in_the_order_asked_for(age_panel):
    weights = cb.attrition_weights(age_panel, "age", wave="followup", to="completion")
    by_person = weights.values.set_index("person")["weight"]
    asked = np.random.default_rng(1).permutation(age_panel.people_in("followup"))[:37]
    np.testing.assert_array_equal(weights.for_people(asked), by_person.loc[asked])
    assert weights.for_people(asked[:0]).size == 0
    with pytest.raises(InputError, match="2 people more than once: 39 rows of 37 people"):
        weights.for_people(np.concatenate([asked, asked[:2]]))
    with pytest.raises(InputError, match="another panel"):
        weights.for_people(asked + 10**9)
    with pytest.raises(InputError, match="1 of 38 people without a weight"):
        weights.for_people(np.append(asked, asked.max() + 10**6))


def test_changing_the_table_of_weights_changes_no_weight(age_panel):
    weights = cb.attrition_weights(age_panel, "age", wave="followup", to="completion")
    table = weights.values
    table["weight"] = 1.0
    assert weights.values["weight"].max() == pytest.approx(36)


# ---- wrong arguments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"covariates": "agee"}, ColumnNotFoundError, "`covariates`.*Did you mean 'age'"),
        ({"covariates": []}, InputError, "`covariates`.*at least one column"),
        ({"covariates": 3}, InputError, "`covariates`"),
        ({"covariates": ["age", "age"]}, InputError, "`covariates`.*more than once"),
        ({"covariates": {"complete": "age"}}, InputError, "`covariates`.*Did you mean 'completion'"),
        ({"covariates": {"followup": "better"}}, InputError, "`covariates`.*known for its respondents only"),
        ({"check": "age"}, InputError, "`check`.*not covariates"),
        ({"check": "nothing"}, ColumnNotFoundError, "`check`"),
        ({"wave": "folowup"}, InputError, "`wave`.*Did you mean 'followup'"),
        ({"to": "complete"}, InputError, "`to`.*Did you mean 'completion'"),
        ({"to": "followup"}, InputError, "`to`.*another wave"),
        ({"bins": 1}, InputError, "`bins`.*from 2 to 200"),
        ({"trim": 1.0}, InputError, "`trim`.*above 1"),
        ({"trim": "3"}, InputError, "`trim`"),
        ({"trim": float("nan")}, InputError, "`trim`"),
        ({"method": "forest"}, MethodError, "`method`"),
        ({"population": " "}, InputError, "`population`"),
    ],
)
def test_wrong_arguments_are_refused_by_name(age_panel, options, error, words):
    given_options = {"covariates": "age", "wave": "followup", "to": "completion", **options}
    with pytest.raises(error, match=words):
        cb.attrition_weights(age_panel, given_options.pop("covariates"), **given_options)


def test_what_is_no_panel_is_refused():
    with pytest.raises(InputError, match=r"`panel`.*got DataFrame"):
        cb.attrition_weights(pd.DataFrame({"a": [1]}), "a", wave="x", to="y")


def test_waves_that_everybody_or_nobody_answered_are_refused():
    with pytest.raises(InputError, match=r"`wave`.*answered by 50 of them. No weights are needed"):
        weigh(study({"x": (50, 50)}))
    apart = cb.link_waves(
        {
            "all": pd.DataFrame({"id": ["a", "b"], "a": ["x", "y"]}),
            "some": pd.DataFrame({"id": ["c"]}),
            "bridge": pd.DataFrame({"id": ["a", "c"]}),
        },
        on="id",
    )
    with pytest.raises(InputError, match=r"`wave`.*answered by 0 of them. Check the linking"):
        weigh(apart)


# ---- real studies ----------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_propensities_on_muscatine_agree_with_statsmodels(shared):
    # Muscatine, as categories: R's weighted share from a saturated-in-levels model is reproduced through
    # the same design in statsmodels; the golden record has base_age as a number, so only n is compared.
    record = next(
        r
        for r in json.loads((shared / "gold" / "gold.json").read_text())["records"]
        if r["id"] == "S10.ipw.svymean"
    )
    children = pd.read_csv(shared / "data" / "muscatine.csv.gz").dropna(subset=["numobese"])
    panel = cb.link_waves({f"y{o}": children[children["occasion"] == o] for o in (1, 3)}, on="id")
    weights = cb.attrition_weights(panel, ["gender", "base_age", "numobese"], wave="y3", to="y1", trim=None)
    assert weights.n == record["expected"]["n"]
    first = panel.wave("y1")
    answered = np.isin(first["person"], panel.people_in("y3"))
    dummies = pd.get_dummies(first[["gender", "base_age", "numobese"]].astype(str), drop_first=True)
    fit = sm.GLM(
        answered.astype(float),
        sm.add_constant(dummies.astype(float)).to_numpy(),
        family=sm.families.Binomial(),
    ).fit(tol=1e-14)
    raw = 1 / fit.fittedvalues[answered]
    expected = dict(zip(first["person"][answered], raw * len(first) / raw.sum(), strict=True))
    found = dict(zip(weights.values["person"], weights.values["weight"], strict=True))
    assert found == pytest.approx(expected, rel=1e-8)


@pytest.mark.shared
def test_cirtl_weights_leave_completion_as_wrong_as_known(shared):
    # Course completion is known for everybody: of the linkable start-survey people 33.7 % completed,
    # of those who answered the completion survey 87.3 %. Weighting on baseline answers hardly moves it,
    # and the check says so.
    data = shared / "data"
    frame, pre, post = (pd.read_csv(data / f"cirtl_{name}.csv.gz") for name in ("enroll", "pre", "post"))
    fields = pre["QID356"].value_counts()
    pre["role"] = pre["QID334_p"]
    pre["field"] = pre["QID356"].where(pre["QID356"].map(fields) >= 40, "other")
    pre["course"] = pre["course_name"]
    pre["cert"] = pre["QID366"].str.contains("earn a certificate").map({True: "yes", False: "no"})
    panel = cb.link_waves({"frame": frame, "pre": pre, "post": post}, on="unique_user_id")
    weights = cb.attrition_weights(
        panel,
        ["role", "field", "course", "cert", "QID371_8", "QID601_1", "QID601_2"],
        wave="post",
        to="pre",
        check={"frame": ["activity_completed"]},
        population="people who answered the start survey",
    )
    assert (weights.n, weights.population_size) == (520, 2_287)
    assert weights.values["weight"].sum() == pytest.approx(2_287)
    rows = {r.level: r for r in weights.balance.rows if r.variable == "activity_completed_frame"}
    assert all(r.role == "check" for r in rows.values())
    completed = rows[next(level for level in rows if level in {"1", "True"})]
    # four people of the start survey are not in the frame: of 2,283 known, .3368 completed
    known = 1 - rows["(missing)"].population
    assert completed.population / known == pytest.approx(0.3368, abs=5e-5)
    assert completed.respondents == pytest.approx(0.8731, abs=5e-5)
    assert 0.82 < completed.weighted < 0.85
    (alert,) = [a for a in weights.alerts if a.code == "check_imbalance"]
    assert "activity_completed_frame" in alert.text


def test_weights_of_the_example_study_add_up(credentials_panel):
    weights = cb.attrition_weights(
        credentials_panel, ["education", "employment"], wave="followup", to="completion"
    )
    assert (weights.n, weights.population_size) == (111, 2_288)
    assert weights.values["weight"].sum() == pytest.approx(2_288, rel=1e-12)
    assert weights.balance.worst() < weights.balance.worst(after=False)
    w = weights.values["weight"]
    assert w.max() <= 4 * w.median() * (1 + 1e-9)


@pytest.mark.slow
def test_weights_close_the_gap_that_covariates_explain():
    # 400 studies: who answers and who says yes both go with a; weighted shares centre on the truth.
    rng = np.random.default_rng(31)
    n = {"x": 1_500, "y": 800}
    chance, yes = {"x": 0.05, "y": 0.15}, {"x": 0.2, "y": 0.6}
    truth = sum(n[g] * yes[g] for g in n) / sum(n.values())
    plain, weighted = [], []
    for _ in range(400):
        m = {g: max(1, rng.binomial(n[g], chance[g])) for g in n}
        told = {g: rng.binomial(m[g], yes[g]) for g in n}
        panel = study({g: (n[g], m[g]) for g in n})
        values = by_level(weigh(panel, trim=None), panel)
        wx, wy = values["x"], values["y"]
        plain.append((told["x"] + told["y"]) / (m["x"] + m["y"]))
        weighted.append((wx * told["x"] + wy * told["y"]) / (wx * m["x"] + wy * m["y"]))
    error = np.std(weighted) / 20
    assert abs(np.mean(weighted) - truth) < 3.5 * error
    assert np.mean(plain) - truth > 10 * error
