"""Calibration to known totals: worked values, R, invariances, and every way in which totals can be wrong."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError

R = json.loads((Path(__file__).parents[1] / "golden" / "calibration.json").read_text())

#: 100 people by sex and age, and totals (METHODS 4.3).
TABLE = pd.DataFrame(
    {
        "sex": ["f"] * 50 + ["m"] * 50,
        "age": ["young"] * 20 + ["old"] * 30 + ["young"] * 10 + ["old"] * 40,
    }
)
TOTALS = {"sex": {"f": 40, "m": 60}, "age": {"young": 55, "old": 45}}


def cells(weights, data=TABLE):
    """The weights of each sex by age: young and old women, young and old men."""
    sums = data.assign(w=weights.weight).groupby(["sex", "age"])["w"].sum()
    return [sums[key] for key in [("f", "young"), ("f", "old"), ("m", "young"), ("m", "old")]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [27.637690, 12.362310, 27.362310, 32.637690]),
        ({"distance": "linear"}, [32.2, 7.8, 22.8, 37.2]),
        ({"distance": "logit", "bounds": (0.2, 3)}, [29.7119, 10.28811, 25.2881, 34.71191]),
    ],
)
def test_worked_values(options, expected):
    np.testing.assert_allclose(cells(cb.calibrate(TABLE, TOTALS, **options)), expected, atol=2e-5)


# ---- R ----------------------------------------------------------------------------------------------------

MARGINS = {
    "sex": {"f": 5300, "m": 6100},
    "age": {"18-29": 2100, "30-44": 3400, "45-64": 3300, "65+": 2600},
    "region": {"a": 2900, "b": 2500, "c": 2200, "d": 2000, "e": 1800},
}
WITH_INCOME = MARGINS | {"income": 1_020_000}
CALLS = {
    "rake": (MARGINS, {}),
    "raking": (MARGINS, {}),
    "linear": (MARGINS, {"distance": "linear"}),
    "logit": (MARGINS, {"distance": "logit", "bounds": (0.4, 2.5)}),
    "linear_bounds": (MARGINS, {"distance": "linear", "bounds": (0.45, 1.6)}),
    "poststratified": ({"region": MARGINS["region"]}, {}),
    "raking_income": (WITH_INCOME, {}),
    "linear_income": (WITH_INCOME, {"distance": "linear"}),
    "logit_income": (WITH_INCOME, {"distance": "logit", "bounds": (0.3, 3.0)}),
}


def people():
    """The 5,000 rows of golden/r/calibration.R."""
    n = np.arange(1, 5001)
    made = pd.DataFrame(
        {
            "sex": np.array(["f", "m"])[(n * n + n // 3) % 7 % 2],
            "age": np.array(["18-29", "30-44", "45-64", "65+"])[(3 * n + n // 11) % 9 % 4],
            "region": np.array(list("abcde"))[(n // 4 + 5 * n * n) % 13 % 5],
            "weight": 1 + (7 * n) % 11 / 4,
            "income": 20 + (37 * n) % 101 + 10 * ((n * n) % 7),
        }
    )
    often = 3 + 2 * ((made["sex"] == "f").astype(int) + (made["age"] == "65+"))
    return made.assign(yes=((n // 2 + 3 * n) % 10 < often).astype(int))


@pytest.mark.parametrize("record", R["records"], ids=lambda record: record["name"])
def test_weights_are_those_of_r(record):
    """R 4.2.2, survey 4.1-1: golden/r/calibration.R."""
    totals, options = CALLS[record["name"]]
    data = people()
    weights = cb.calibrate(data, totals, weights="weight", **options)
    rows = np.array(R["rows"]) - 1
    np.testing.assert_allclose(weights.weight[rows], record["weights"], rtol=1e-8)
    assert weights.weight.sum() == pytest.approx(record["sum"], rel=1e-10)
    assert np.square(weights.weight).sum() == pytest.approx(record["squares"], rel=1e-8)
    ratio = weights.weight / data["weight"]
    assert ratio.min() == pytest.approx(record["low"], rel=1e-8)
    assert ratio.max() == pytest.approx(record["high"], rel=1e-8)
    share = cb.proportions(data, cb.Item("yes", yes=1), weights=weights).rows[0].estimate
    assert share == pytest.approx(record["estimate"], abs=1e-10)


@pytest.mark.parametrize("name", ["linear", "linear_income", "poststratified"])
def test_standard_errors_are_those_of_r_where_it_takes_the_same_residuals(name):
    """R takes residuals of the regression with given weights, which is the derivative for linear calibration."""
    totals, options = CALLS[name]
    record = next(r for r in R["records"] if r["name"] == name)
    data = people()
    weights = cb.calibrate(data, totals, weights="weight", **options)
    y, total = data["yes"].to_numpy(), weights.weight.sum()
    share = weights.weight @ y / total
    z = weights._run.influence(((y - share) / total)[None])[0]
    n = len(data)
    assert np.sqrt(n / (n - 1) * np.square(z - z.mean()).sum()) == pytest.approx(
        record["std_error"], rel=1e-9
    )


# ---- invariances ------------------------------------------------------------------------------------------


def sample(seed, n=120):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "a": rng.choice(list("xyz"), n),
            "b": rng.choice([1, 2], n),
            "w": rng.gamma(3.0, 1.0, n),
            "z": rng.normal(5, 2, n),
        }
    )
    data.loc[:4, "a"], data.loc[:4, "b"] = list("xyzxy"), [1, 1, 2, 2, 1]
    target = data["w"] * rng.uniform(0.5, 2.0, n)
    totals = {c: target.groupby(data[c]).sum().to_dict() for c in ("a", "b")} | {
        "z": float(target @ data["z"])
    }
    return data, totals


DISTANCES = st.sampled_from(["raking", "linear"])


@given(st.integers(0, 10**6), DISTANCES, st.floats(1e-6, 1e6))
@example(165, "raking", 1e-6)
@example(13139, "raking", 1e-6)
@settings(deadline=None, max_examples=40)
def test_the_scale_of_given_weights_is_no_matter(seed, distance, scale):
    data, totals = sample(seed)
    one = cb.calibrate(data, totals, weights="w", distance=distance)
    two = cb.calibrate(data.assign(w=data["w"] * scale), totals, weights="w", distance=distance)
    np.testing.assert_allclose(two.weight, one.weight, rtol=1e-7, atol=1e-9)


@given(st.integers(0, 10**6), st.sampled_from(["raking", "linear", "logit"]), st.randoms())
@settings(deadline=None, max_examples=40)
def test_the_order_of_rows_columns_and_levels_is_no_matter(seed, distance, random):
    data, totals = sample(seed)
    bounds = (0.05, 20.0) if distance == "logit" else None
    one = cb.calibrate(data, totals, weights="w", distance=distance, bounds=bounds)
    rows = random.sample(range(len(data)), len(data))
    other = {
        c: dict(random.sample(sorted(t.items()), len(t))) if isinstance(t, dict) else t
        for c, t in random.sample(sorted(totals.items(), key=str), len(totals))
    }
    two = cb.calibrate(data.iloc[rows], other, weights="w", distance=distance, bounds=bounds)
    np.testing.assert_allclose(two.weight, one.weight[rows], rtol=1e-8)


@given(st.integers(0, 10**6), st.sampled_from(["raking", "linear", "logit"]))
@settings(deadline=None, max_examples=40)
def test_totals_are_met_and_people_in_two_rows_share_their_weight(seed, distance):
    data, totals = sample(seed)
    bounds = (0.05, 20.0) if distance == "logit" else None
    one = cb.calibrate(data, totals, weights="w", distance=distance, bounds=bounds).weight
    for column in ("a", "b"):
        sums = pd.Series(one).groupby(data[column]).sum()
        np.testing.assert_allclose(sums, pd.Series(totals[column])[sums.index], rtol=1e-10)
    assert one @ data["z"] == pytest.approx(totals["z"], rel=1e-10)
    twice = pd.concat([data, data], ignore_index=True).assign(w=lambda d: d["w"] / 2)
    two = cb.calibrate(twice, totals, weights="w", distance=distance, bounds=bounds).weight
    np.testing.assert_allclose(two, np.tile(one / 2, 2), rtol=1e-8)


def test_small_categories_keep_a_class_of_their_own():
    """A raking package lumps levels of less than a few percent into one of its own, and misses their totals."""
    rng = np.random.default_rng(1)
    level = np.repeat([f"level {k}" for k in range(12)], [700, 240, *[6] * 10])
    data = pd.DataFrame({"level": level, "sex": rng.choice(["f", "m"], 1000)})
    totals = {"level": {f"level {k}": n for k, n in enumerate([6000, 3000, *range(91, 101)])}}
    totals["sex"] = {"f": 5000.0, "m": sum(totals["level"].values()) - 5000.0}
    sums = pd.Series(cb.calibrate(data, totals).weight).groupby(data["level"]).sum()
    np.testing.assert_allclose(sums, pd.Series(totals["level"])[sums.index], rtol=1e-10)


# ---- what is given ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "scale", "said", "size"),
    [
        (50, 0.01, "the totals add up to 1, and 50 rows have a weight: they look like shares.", None),
        (50, 1.0, "the totals add up to 100, and 50 rows have a weight: they look like percents.", None),
        (250, 1.0, "the totals add up to 100, and 250 rows have a weight: they look like percents.", None),
        (250, 0.999, "the totals add up to 99.9, and 250 rows have a weight: they look like percents.", None),
        (250, 2.0, "the totals add up to 200, and 250 rows have a weight.", None),
        (100, 1.0, "", 100),
        (250, 2.5, "", 250),
        (50, 90.0, "", 9_000),
    ],
)
def test_totals_that_are_no_numbers_of_people_are_said(rows, scale, said, size):
    data = pd.DataFrame({"sex": (["f", "f", "m", "f", "m"] * rows)[:rows]})
    weights = cb.calibrate(data, {"sex": {"f": 60 * scale, "m": 40 * scale}})
    found = [(a.text, a.value) for a in weights.alerts if a.code == "scale_of_totals"]
    assert found == ([(said, pytest.approx(100 * scale))] if said else [])
    assert weights.population_size == size
    assert weights.weight.sum() == pytest.approx(100 * scale)


def test_a_total_of_numbers_alone_has_no_scale_of_people():
    weights = cb.calibrate(pd.DataFrame({"pay": [1.0, 2.0, 3.0] * 20}), {"pay": 500.0})
    assert "scale_of_totals" not in [alert.code for alert in weights.alerts]


def test_shares_give_weights_that_add_up_to_one():
    shares = {c: {level: n / 100 for level, n in t.items()} for c, t in TOTALS.items()}
    weights = cb.calibrate(TABLE, shares)
    np.testing.assert_allclose(weights.weight * 100, cb.calibrate(TABLE, TOTALS).weight)
    assert weights.population_size is None


def test_levels_match_in_any_spelling_and_kind_of_frame():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    data = TABLE.assign(grade=["1", "2"] * 50, kind=pd.Categorical(["A"] * 40 + ["b"] * 60))
    totals = TOTALS | {"grade": {1: 45, 2: 55}, "kind": {"a": 35, "B": 65}}
    expected = cb.calibrate(data, totals).weight
    assert expected[data["kind"] == "A"].sum() == pytest.approx(35)
    for other in (pl.from_pandas(data), pa.Table.from_pandas(data)):
        np.testing.assert_allclose(cb.calibrate(other, totals).weight, expected)


def test_rows_of_weight_zero_keep_it_and_take_no_part():
    data = pd.concat(
        [TABLE.assign(w=1.0), pd.DataFrame({"sex": ["x", None], "age": ["old", "?"], "w": 0.0})],
        ignore_index=True,
    )
    weights = cb.calibrate(data, TOTALS, weights="w", answers="?")
    np.testing.assert_allclose(weights.weight, [*cb.calibrate(TABLE, TOTALS).weight, 0, 0])
    assert weights.n == 100


def test_rows_without_an_answer_can_have_a_total_of_their_own():
    data = TABLE.assign(sex=TABLE["sex"].mask(TABLE.index % 10 == 0))
    weights = cb.calibrate(data, {"sex": {"f": 36, "m": 54, "(missing)": 10}})
    assert weights.weight[data["sex"].isna()].sum() == pytest.approx(10)
    again = cb.calibrate(data, **json.loads(weights.to_json())["recipe"])
    np.testing.assert_array_equal(again.weight, weights.weight)


def test_the_recipe_makes_the_same_weights_again():
    data, totals = sample(1)
    weights = cb.calibrate(data, totals, weights="w", distance="logit", bounds=(0.1, 10), population="adults")
    again = cb.calibrate(data, **json.loads(weights.to_json())["recipe"])
    assert again == weights
    assert again.population == "adults"


def test_weights_before_and_after_are_compared_with_the_totals():
    weights = cb.calibrate(TABLE, TOTALS, population="adults in Ohio")
    row = weights.balance["age"].rows[1]
    assert (row.level, row.population, row.respondents) == ("young", 0.55, 0.3)
    assert row.weighted == pytest.approx(0.55)
    assert [step.step for step in weights.steps] == ["given weights", "calibrated (raking)"]
    assert (weights.population, weights.population_size) == ("adults in Ohio", 100)


def test_negative_weights_are_an_alert_and_no_estimate_takes_them():
    totals = {"sex": {"f": 10, "m": 90}, "age": {"young": 70, "old": 30}}
    weights = cb.calibrate(TABLE, totals, distance="linear")
    assert (weights.weight < 0).any()
    assert "negative_weights" in [alert.code for alert in weights.alerts]
    with pytest.raises(InputError, match=r"weights below 0.*raking"):
        cb.proportions(TABLE, cb.Item("age", yes="young"), weights=weights)
    assert (cb.calibrate(TABLE, totals, distance="linear", bounds=(0, 10)).weight >= 0).all()


def test_weights_that_moved_far_are_an_alert():
    totals = {"sex": {"f": 2, "m": 98}}
    assert "large_ratio" in [a.code for a in cb.calibrate(TABLE.iloc[30:], totals).alerts]
    assert "large_ratio" not in [a.code for a in cb.calibrate(TABLE, TOTALS).alerts]


@pytest.mark.parametrize("distance", ["raking", "linear", "logit"])
def test_bounds_are_of_new_to_given_weights(distance):
    data, totals = sample(3)
    totals = {c: t for c, t in totals.items() if c != "z"}
    bounds = (0.7, 1.75)
    ratio = cb.calibrate(data, totals, weights="w", distance=distance, bounds=bounds).weight / data["w"]
    assert bounds[0] - 1e-12 <= ratio.min() < ratio.max() <= bounds[1] + 1e-12
    scaled = data.assign(w=data["w"] / 7)
    ratio = (
        cb.calibrate(scaled, totals, weights="w", distance=distance, bounds=(4.9, 12.25)).weight / scaled["w"]
    )
    assert 4.9 - 1e-12 <= ratio.min() < ratio.max() <= 12.25 + 1e-12


# ---- estimates --------------------------------------------------------------------------------------------


def test_estimates_take_weights_on_rows_for_the_same_rows_only():
    data = people()
    weights = cb.calibrate(data, MARGINS, weights="weight", population="adults")
    result = cb.proportions(data, cb.Item("yes", yes=1), weights=weights)
    assert result.rows[0].estimate == pytest.approx(weights.weight @ data["yes"] / weights.weight.sum())
    for other in (data.iloc[::-1], data.iloc[:-1], data.drop(columns="age"), data.assign(region="a")):
        with pytest.raises(InputError, match=r"`weights`: expected the 5,000 rows"):
            cb.proportions(other, cb.Item("yes", yes=1), weights=weights)


def panel():
    rng = np.random.default_rng(6)
    start = pd.DataFrame(
        {"id": range(400), "sex": rng.choice(["f", "m"], 400), "job": rng.choice(["yes", "no"], 400)}
    )
    later = start[rng.random(400) < 0.4 + 0.2 * (start["sex"] == "f")].assign(better=lambda d: d["job"])
    return cb.link_waves({"start": start, "later": later}, on="id")


def test_weights_of_a_panel_are_calibrated_on_and_their_recipe_runs_again():
    waves = panel()
    first = cb.attrition_weights(waves, ["sex"], wave="later", to="start")
    rows = waves.wave("later", also_in="start")
    weights = cb.calibrate(rows, {"job": {"yes": 230, "no": 170}}, weights=first)
    np.testing.assert_array_equal(weights.ids, rows["person"])
    assert weights.weight.sum() == pytest.approx(400)
    np.testing.assert_allclose(weights.replicate(np.ones((1, 400)))[0], weights.weight, rtol=1e-12)
    assert weights.everybody.size == 400
    drawn = np.random.default_rng(1).multinomial(400, np.full(400, 1 / 400), 3)
    by_hand = first.replicate(drawn)
    for made, given_weights in zip(weights.replicate(drawn), by_hand, strict=True):
        there = given_weights > 0
        alone = cb.calibrate(
            rows[there].drop(columns="person").assign(w=given_weights[there]),
            {"job": {"yes": 230, "no": 170}},
            weights="w",
        )
        np.testing.assert_allclose(made[there], alone.weight, rtol=1e-9)
    assert cb.proportions(rows, "better", weights=weights).rows[0].n == weights.n


@pytest.mark.parametrize("distance", ["raking", "linear", "logit"])
@pytest.mark.parametrize("weighted", [True, False])
def test_replicates_are_calibrations_of_files_in_which_rows_are_repeated(distance, weighted):
    data, totals = sample(4)
    totals = {c: t for c, t in totals.items() if c != "z"}
    options = {"distance": distance, "bounds": (0.1, 10.0) if distance == "logit" else None}
    options |= {"weights": "w"} if weighted else {}
    weights = cb.calibrate(data, totals, **options)
    np.testing.assert_allclose(weights.replicate(np.ones((2, len(data)))), [weights.weight] * 2, rtol=1e-12)
    times = np.random.default_rng(2).integers(0, 4, (3, len(data)))
    for made, row in zip(weights.replicate(times), times, strict=True):
        repeated = data.loc[data.index.repeat(row)].reset_index(drop=True)
        copies = cb.calibrate(repeated, totals, **options).weight
        expected = pd.Series(copies).groupby(np.repeat(np.arange(len(data)), row)).sum()
        np.testing.assert_allclose(made[row > 0], expected, rtol=1e-9)
        assert (made[row == 0] == 0).all()


def test_a_level_that_a_replicate_lost_leaves_its_total_to_the_others():
    times = np.where(TABLE["age"] == "young", 0, 1)
    made = cb.calibrate(TABLE, TOTALS).replicate(times[None])[0]
    assert made.sum() == pytest.approx(100)
    assert made[TABLE["sex"] == "f"].sum() == pytest.approx(40)
    assert (cb.calibrate(TABLE, TOTALS).replicate(np.zeros((1, 100))) == 0).all()


# ---- what is refused --------------------------------------------------------------------------------------

MORE = TABLE.assign(
    part=TABLE["sex"].mask(TABLE.index < 3),
    grade=np.where(TABLE.index < 3, 99, TABLE.index % 4 + 1),
    number=np.arange(100.0),
    job=np.where(TABLE["sex"] == "f", "nurse", "smith"),
    none=0.0,
    below=-1.0,
    men=np.where(TABLE["sex"] == "f", 0.0, 1.0),
)
SEX = {"sex": {"f": 40, "m": 60}}
REFUSED = {
    "no totals": ({}, {}, r"at least one column"),
    "no mapping": ([1], {}, r"a mapping"),
    "totals in a Series": (
        {"sex": pd.Series({"f": 40, "m": 60})},
        {},
        r"got Series for 'sex'. Give its values as a mapping: \{'sex': totals.to_dict\(\)\}",
    ),
    "unknown column": ({"sez": {"f": 1}}, {}, r"Did you mean 'sex'"),
    "number for a category": ({"sex": 40}, {}, r"'sex', whose answers are 'f', 'm'"),
    "level without a total": (
        {"sex": {"f": 1}},
        {},
        r"a total for each level of 'sex'.*none for 'm' \(50 rows\)",
    ),
    "level that nobody has": (
        {"sex": {"f": 40, "m": 50, "x": 10}},
        {},
        r"totals above 0 for 'x', which nobody has",
    ),
    "misspelled level": ({"sex": {"f": 40, "mm": 60}}, {}, r"none for 'm' \(50 rows\).*no row has: 'mm'"),
    "level of weight 0": (SEX, {"weights": "men"}, r"totals above 0 for 'f', which nobody has"),
    "shares beside people": (TOTALS | {"sex": {"f": 0.4, "m": 0.6}}, {}, r"'sex' to 1, 'age' to 100.*shares"),
    "percents beside people": (
        {"sex": {"f": 40, "m": 60}, "age": {"young": 5500, "old": 4500}},
        {},
        r"'sex' to 100, 'age' to 10,000.*shares",
    ),
    "other sums": (TOTALS | {"sex": {"f": 41, "m": 60}}, {}, r"'sex' to 101, 'age' to 100"),
    "zero total": ({"sex": {"f": 0, "m": 60}}, {}, r"0 for 'f' of 'sex'"),
    "all totals zero": ({"sex": {"f": 0, "m": 0}}, {}, r"0 for all"),
    "negative total": ({"sex": {"f": -1, "m": 60}}, {}, r"-1 for 'sex = f'"),
    "no number": ({"sex": {"f": "40", "m": 60}}, {}, r"str for 'sex = f'"),
    "missing number": ({"sex": {"f": float("nan"), "m": 60}}, {}, r"nan for 'sex = f'"),
    "a level twice": ({"sex": {"f": 1, "F": 60}}, {}, r"'f' and 'F', which are one answer"),
    "rows without an answer": ({"part": {"f": 40, "m": 60}}, {}, r"3 rows without one.*\(missing\)"),
    "numbers without an answer": ({"number": 5000, **SEX}, {"missing": 4}, r"'number'.*1 row without one"),
    "undeclared code": ({"grade": {1: 25, 2: 25, 3: 25, 4: 25}}, {}, r"look like no answer \(99 in 3 rows\)"),
    "declared code": ({"grade": {1: 25, 2: 25, 3: 25, 4: 25}}, {"missing": 99}, r"3 rows without one"),
    "contradictory": (
        {**SEX, "job": {"nurse": 50, "smith": 50}},
        {},
        r"'job' = 'nurse' \(50\) that contradicts 'sex' = 'f' \(40\)",
    ),
    "number out of reach": (
        {**SEX, "number": 50_000},
        {},
        r"that no such weights meet, those of the numbers of 'number'",
    ),
    "no weights": (SEX, {"weights": "w"}, r"`weights`.*a column of the data"),
    "weights of 0": (SEX, {"weights": "none"}, r"all 0"),
    "negative weights": (SEX, {"weights": "below"}, r"100 negative"),
    "weights as numbers": (SEX, {"weights": [1.0] * 100}, r"column name"),
    "narrow bounds": (TOTALS, {"bounds": (0.5, 2)}, r"`bounds`.*\(0.5, 2\).*bounds=\(0\.1\d, 2\)"),
    "bounds away from the ratio": (TOTALS, {"weights": "men", "bounds": (0.5, 2)}, r"nobody has"),
    "logit without bounds": (SEX, {"distance": "logit"}, r"`bounds`.*needs them"),
    "bounds upside down": (SEX, {"bounds": (2, 0.5)}, r"lowest < highest"),
    "one bound": (SEX, {"bounds": 3}, r"two ratios"),
    "blank population": (SEX, {"population": " "}, r"`population`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    totals, options, words = REFUSED[name]
    with pytest.raises(InputError, match=words):
        cb.calibrate(MORE, totals, **options)


def test_unknown_distances_are_refused():
    with pytest.raises(MethodError, match=r"`distance`.*'raking', 'linear', 'logit'"):
        cb.calibrate(TABLE, TOTALS, distance="entropy")


@pytest.mark.parametrize("distance", ["raking", "linear", "logit"])
def test_the_bounds_that_an_error_names_will_do(distance):
    with pytest.raises(InputError) as caught:
        cb.calibrate(TABLE, TOTALS, distance=distance, bounds=(0.8, 1.5))
    named = caught.value.fix.partition("bounds=(")[2].partition(")")[0]
    bounds = tuple(float(number) for number in named.split(","))
    assert bounds[0] < 0.8
    weights = cb.calibrate(TABLE, TOTALS, distance=distance, bounds=bounds)
    assert weights.weight.sum() == pytest.approx(100)
    assert bounds[0] - 1e-12 <= weights.weight.min()
    assert weights.weight.max() <= bounds[1] + 1e-12


def test_totals_that_leave_somebody_no_weight_name_them():
    data = TABLE[~((TABLE["sex"] == "f") & (TABLE["age"] == "old"))]
    with pytest.raises(InputError, match=r"no weight for rows with 'sex' = 'm' and 'age' = 'young'"):
        cb.calibrate(data, {"sex": {"f": 55, "m": 45}, "age": {"young": 55, "old": 45}})
    with pytest.raises(InputError, match=r"totals that no such weights meet"):
        cb.calibrate(data, {"sex": {"f": 60, "m": 40}, "age": {"young": 55, "old": 45}})


def test_consistent_redundancy_is_no_matter():
    data = MORE.assign(again=MORE["sex"])
    once = cb.calibrate(data, TOTALS)
    twice = cb.calibrate(data, TOTALS | {"again": TOTALS["sex"], "job": {"nurse": 40, "smith": 60}})
    np.testing.assert_allclose(twice.weight, once.weight, rtol=1e-10)


def test_the_data_are_left_as_they_are():
    data, totals = sample(2)
    before = data.copy()
    cb.calibrate(data, totals, weights="w")
    pd.testing.assert_frame_equal(data, before)


def test_an_unknown_column_of_weights_is_named():
    with pytest.raises(ColumnNotFoundError, match=r"weights"):
        cb.calibrate(TABLE, TOTALS, weights="wight")


# ---- R's own examples -------------------------------------------------------------------------------------

SCHOOLS = {"stype": {"E": 4421, "H": 755, "M": 1018}}
API = {
    "dclus1p": (SCHOOLS, {}),
    "dclus1r": (SCHOOLS | {"schwide": {0: 1072, 1: 5122}}, {}),
    "dclus1g": (SCHOOLS | {"api99": 3_914_069}, {"distance": "linear"}),
    "dclus1rk": (SCHOOLS | {"api99": 3_914_069}, {}),
    "dclus1lg": (SCHOOLS | {"api99": 3_914_069}, {"distance": "logit", "bounds": (0.7, 1.7)}),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", API)
def test_california_schools(shared, name):
    """R survey 4.5 on data(api): gold section 5. Its rake() stops where totals are met to one school.

    The ratios for bounds of .5 and 1.6 are those of survey 4.1-1 (METHODS 4.3).
    """
    gold = json.loads((shared / "gold" / "gold.json").read_text())
    data = pd.DataFrame(gold["datasets"]["apiclus1"])
    totals, options = API[name]
    weight = cb.calibrate(data, totals, weights="pw", **options).weight
    records = {record["id"]: record for record in gold["records"]}
    if (found := records.get(f"S5.weights.range.{name}")) is not None:
        np.testing.assert_allclose([weight.min(), weight.max()], found["expected"], atol=found["tolerance"])
    if (found := records.get(f"S5.weights.rake.{name}")) is not None:
        cells = pd.Series(weight).groupby([data["stype"], data["schwide"]]).first()
        wanted = np.reshape(found["expected"], (2, 3)).T.ravel()
        np.testing.assert_allclose(np.sort(cells), np.sort(wanted), atol=found["tolerance"])
    if (found := records.get(f"S5.calibrated.api00.{name}")) is not None:
        mean = weight @ data["api00"] / weight.sum()
        assert mean == pytest.approx(found["expected"][0], abs=max(found["tolerance"], 1e-6))
    if name == "dclus1lg":
        ratio = (
            cb.calibrate(data, totals, weights="pw", distance="logit", bounds=(0.5, 1.6)).weight / data["pw"]
        )
        np.testing.assert_allclose([ratio.min(), ratio.max()], [0.54595, 1.59882], atol=5e-6)


@pytest.mark.parametrize("distance", ["raking", "linear", "logit"])
@pytest.mark.parametrize("bounds", [(0.04, 2.14), (0.03, 2.3), (0, 2.2)])
def test_bounds_just_wide_enough_will_do(distance, bounds):
    # 183 rows to 390 and 217 to 10: the first step of raking leads beyond both bounds, where its slope is 0.
    data = pd.DataFrame({"done": ["yes"] * 183 + ["no"] * 217})
    made = cb.calibrate(data, {"done": {"yes": 390, "no": 10}}, bounds=bounds, distance=distance)
    assert made.weight[[0, -1]] == pytest.approx([390 / 183, 10 / 217], rel=1e-9)


@pytest.mark.parametrize("distance", ["raking", "linear", "logit"])
def test_the_nearest_bounds_are_those_that_the_totals_need(distance):
    data = pd.DataFrame({"done": ["yes"] * 183 + ["no"] * 217})
    with pytest.raises(InputError, match=r"bounds=\(0\.04, 2\.14\)"):
        cb.calibrate(data, {"done": {"yes": 390, "no": 10}}, bounds=(0.9, 1.1), distance=distance)
