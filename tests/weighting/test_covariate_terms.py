"""Numbers that enter the model as they are or by a spline, and pairs of columns that are crossed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import statsmodels.api as sm

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, InputError

pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")

MAKERS = [pd.DataFrame, pl.DataFrame, pa.table]


def people(n=600, seed=3, gaps=False):
    """Age, sex and region of everybody; the older answered more, and women the more the older they were."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 70, n).astype(float)
    sex = rng.choice(["f", "m"], n)
    region = rng.choice(["north", "south", "west"], n)
    eta = -1.5 + 0.03 * (age - 40) + (sex == "f") * 0.04 * (age - 40)
    answered = rng.random(n) < 1 / (1 + np.exp(-eta))
    if gaps:
        age[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame({"id": np.arange(n), "age": age, "sex": sex, "region": region}), answered


def weigh(frame, answered, covariates="age", make=None, **options):
    """The weights of everybody who answered, in the order of the rows, and their result."""
    some = frame.loc[answered, ["id"]]
    if make is not None:
        frame, some = (
            {"id": f["id"].tolist(), **{c: [None if v != v else v for v in f[c]] for c in f.columns[1:]}}
            for f in (frame, some)
        )
        frame, some = make(frame), make(some)
    panel = cb.link_waves({"all": frame, "some": some}, on="id")
    options.setdefault("trim", None)
    result = cb.attrition_weights(panel, covariates, wave="some", to="all", **options)
    return result.weight, result


def by_model(answered, *columns):
    """1/p by statsmodels, rescaled to everybody."""
    design = sm.add_constant(np.column_stack(columns).astype(float))
    p = sm.GLM(answered.astype(float), design, family=sm.families.Binomial()).fit(tol=1e-12).fittedvalues
    weight = 1 / p[answered]
    return weight * answered.size / weight.sum()


def natural_spline(x, knots):
    """Columns of a natural cubic spline with these knots: Hastie, Tibshirani & Friedman, equation 5.4."""
    *others, last = knots

    def d(knot):
        return (np.maximum(x - knot, 0) ** 3 - np.maximum(x - last, 0) ** 3) / (last - knot)

    return np.column_stack([x, *(d(knot) - d(others[-1]) for knot in others[:-1])])


def labels(result):
    return [row.step for row in result.steps]


# ---- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [None, *MAKERS])
def test_a_number_may_enter_as_it_is(make):
    frame, answered = people()
    weight, result = weigh(frame, answered, ["age", "sex"], make, numbers={"age": "linear"})
    np.testing.assert_allclose(weight, by_model(answered, frame["age"], frame["sex"] == "f"), rtol=1e-7)
    assert "age: enters as it is" in labels(result)
    # The balance shows groups all the same.
    assert sum(row.variable == "age" for row in result.balance) == 5


def test_a_number_may_enter_by_a_spline():
    frame, answered = people()
    weight, result = weigh(frame, answered, ["age", "sex"], numbers={"age": "spline"})
    knots = np.quantile(frame["age"], [0.05, 0.35, 0.65, 0.95])
    design = natural_spline(frame["age"].to_numpy() / 10, knots / 10)
    np.testing.assert_allclose(weight, by_model(answered, design, frame["sex"] == "f"), rtol=1e-6)
    assert f"age: natural cubic spline with knots at {', '.join(f'{k:g}' for k in knots)}" in labels(result)


def test_a_spline_may_have_knots_of_ones_own():
    frame, answered = people()
    weight, _ = weigh(frame, answered, numbers={"age": [25, 40, 60]})
    np.testing.assert_allclose(
        weight, by_model(answered, natural_spline(frame["age"].to_numpy() / 10, [2.5, 4, 6])), rtol=1e-6
    )


@pytest.mark.parametrize("shape", ["linear", "spline"])
@pytest.mark.parametrize("make", MAKERS)
def test_who_has_no_number_has_the_median_and_an_indicator(shape, make):
    frame, answered = people(gaps=True)
    weight, result = weigh(frame, answered, ["age"], make, numbers={"age": shape})
    gap = frame["age"].isna()
    median = frame["age"].median()
    x = frame["age"].fillna(median).to_numpy()
    known = frame["age"].dropna()
    design = (
        x if shape == "linear" else natural_spline(x / 10, np.quantile(known, [0.05, 0.35, 0.65, 0.95]) / 10)
    )
    np.testing.assert_allclose(weight, by_model(answered, design, gap), rtol=1e-6)
    assert any(f"{gap.sum()} people without one have the median, {median:g}," in w for w in labels(result))


def test_people_without_a_number_of_whom_nobody_answered_are_pooled():
    frame, answered = people(gaps=True)
    answered = answered & frame["age"].notna().to_numpy()
    weight, result = weigh(frame, answered, numbers={"age": "linear"})
    x = frame["age"].fillna(frame["age"].median())
    np.testing.assert_allclose(weight, by_model(answered, x), rtol=1e-7)
    (pooled,) = [a for a in result.alerts if a.code == "pooled_level"]
    assert pooled.text.startswith("age (answered): level '(missing)' (")


def test_weights_do_not_depend_on_the_unit_of_a_number():
    frame, answered = people()
    for shape in ("linear", "spline"):
        one, _ = weigh(frame, answered, numbers={"age": shape})
        for factor, shift in ((1e-6, 0), (1e9, 5e9), (-1, 3)):
            other, _ = weigh(
                frame.assign(age=factor * frame["age"] + shift), answered, numbers={"age": shape}
            )
            np.testing.assert_allclose(other, one, rtol=1e-6)


@pytest.mark.parametrize(
    "kind", ["int8", "int64", "float32", "float64", "Int64", "Float64", "bool", "str", "int64[pyarrow]"]
)
def test_numbers_of_every_type_enter_alike(kind):
    frame, answered = people()
    if kind == "bool":
        wanted = by_model(answered, frame["sex"] == "f")
        with pytest.raises(InputError, match="columns of numbers"):
            weigh(frame.assign(age=frame["sex"] == "f"), answered, numbers={"age": "linear"})
        weight, _ = weigh(
            frame.assign(age=(frame["sex"] == "f").astype(int)), answered, numbers={"age": "linear"}
        )
    else:
        wanted = by_model(answered, frame["age"])
        typed = frame["age"].astype(int).astype(kind)
        weight, _ = weigh(frame.assign(age=typed), answered, numbers={"age": "linear"})
    np.testing.assert_allclose(weight, wanted, rtol=1e-7)


def test_a_number_without_information_has_no_effect():
    frame, answered = people()
    weight, result = weigh(frame.assign(age=30.0), answered, ["age", "sex"], numbers={"age": "spline"})
    np.testing.assert_allclose(weight, by_model(answered, frame["sex"] == "f"), rtol=1e-7)
    assert "says_nothing" in [a.code for a in result.alerts]


def test_recipes_with_numbers_and_pairs_run_again():
    frame, answered = people(gaps=True)
    _, result = weigh(
        frame, answered, ["region", ("age", "sex"), "age"], numbers={"age": "spline"}, bins={"age": 3}
    )
    again = json.loads(result.to_json())["recipe"]
    assert again["covariates"] == {"all": ["region", "age", ["age", "sex"]]}
    assert isinstance(again["numbers"]["age"], list)
    panel = cb.link_waves({"all": frame, "some": frame.loc[answered, ["id"]]}, on="id")
    assert cb.attrition_weights(panel, **again) == result


def test_replicates_with_numbers_are_the_weights_of_a_file_of_copies():
    frame, answered = people(300, gaps=True)
    _, result = weigh(frame, answered, ["sex", "age"], numbers={"age": [25, 40, 60]}, bins={"age": 3})
    rng = np.random.default_rng(4)
    times = rng.multinomial(300, np.full(300, 1 / 300), 3)
    made = result.replicate(times.astype(float))
    np.testing.assert_allclose(result.replicate(np.ones((1, 300)))[0], result.weight, rtol=1e-9)
    for copies, weights in zip(times, made, strict=True):
        again = np.repeat(np.arange(300), copies)
        copied = frame.iloc[again].assign(id=np.arange(again.size))
        # The median that stands for no number is that of the recipe, and matters not: there is an indicator.
        other, _ = weigh(copied, answered[again], ["sex", "age"], numbers={"age": [25, 40, 60]})
        np.testing.assert_allclose(weights.sum(), other.sum(), rtol=1e-9)
        per_copy = np.repeat(weights / np.maximum(copies[answered], 1), copies[answered])
        np.testing.assert_allclose(np.sort(per_copy), np.sort(other), rtol=1e-6)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"age": "cubic"}, "'linear', 'spline'"),
        ({"age": 3}, "'linear', 'spline'"),
        ({"age": [30, 40]}, "at least 3 finite, increasing"),
        ({"age": [40, 30, 50]}, "at least 3 finite, increasing"),
        ({"age": [30, float("inf"), 50]}, "at least 3 finite, increasing"),
        ({"age": ["a", "b", "c"]}, "at least 3 finite, increasing"),
        ({"sex": "linear"}, "columns of numbers"),
        ({"region": "linear"}, "region"),
        ("linear", "a mapping"),
    ],
)
def test_shapes_that_make_no_sense_are_refused(numbers, message):
    frame, answered = people()
    with pytest.raises((InputError, ColumnNotFoundError), match=message):
        weigh(frame, answered, ["age", "sex"], numbers=numbers)


def test_a_spline_of_few_numbers_is_refused():
    frame, answered = people()
    with pytest.raises(InputError, match="many people share a number"):
        weigh(frame.assign(age=(frame["age"] > 60) * 1.0), answered, numbers={"age": "spline"})


# ---- pairs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [None, *MAKERS])
def test_a_pair_is_the_cells_of_both(make):
    # A model of one crossed covariate is saturated: people over respondents in each cell.
    frame, answered = people()
    weight, result = weigh(frame, answered, [("sex", "region")], make)
    cells = frame["sex"] + frame["region"]
    ratio = cells.map(cells.value_counts() / cells[answered].value_counts())
    np.testing.assert_allclose(weight, ratio[answered], rtol=1e-7)
    assert "sex and region crossed: 6 cells" in labels(result)
    names = [row.variable for row in result.balance]
    assert names.count("sex and region") == 6
    assert (names.count("sex"), names.count("region")) == (2, 3)


def test_a_pair_beside_other_covariates_and_beside_its_own_columns():
    frame, answered = people()
    weight, _ = weigh(frame, answered, ["age", ("sex", "region")], bins={"age": [40]})
    f, south, west = frame["sex"] == "f", frame["region"] == "south", frame["region"] == "west"
    columns = f, south, west, f & south, f & west, frame["age"] >= 40
    np.testing.assert_allclose(weight, by_model(answered, *columns), rtol=1e-7)
    named, _ = weigh(frame, answered, ["sex", "age", ("region", "sex"), "region"], bins={"age": [40]})
    np.testing.assert_allclose(named, weight, rtol=1e-7)


def test_two_pairs_may_share_a_column():
    frame, answered = people()
    pairs = [("age", "sex"), ("age", "region")]
    weight, _ = weigh(frame, answered, pairs, bins={"age": [40]})
    old, f = frame["age"] >= 40, frame["sex"] == "f"
    south, west = frame["region"] == "south", frame["region"] == "west"
    columns = old, f, old & f, south, west, old & south, old & west
    np.testing.assert_allclose(weight, by_model(answered, *columns), rtol=1e-7)


def test_cells_of_a_pair_of_which_nobody_answered_are_pooled_beside():
    # Nobody of the young men answered: they may go with young women or, by age, with men of 30 to 49.
    rng = np.random.default_rng(1)
    age = np.repeat([20, 40, 60], 60)
    sex = np.tile(["f", "m"], 90)
    answered = (rng.random(180) < 0.4) & ~((age == 20) & (sex == "m"))
    frame = pd.DataFrame({"id": np.arange(180), "age": age, "sex": sex})
    _, result = weigh(frame, answered, [("age", "sex")])
    (pooled,) = [a for a in result.alerts if a.code == "pooled_level"]
    assert pooled.text.startswith("age and sex: level '20 and m' (30 people, 0 respondents) was pooled with ")
    host = pooled.text.split("pooled with ")[1]
    assert host.startswith(("'20 and f'", "'40 and m'"))
    assert pooled.value == 1


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        ([("age", "sex", "region")], "pairs of two columns"),
        ([("age",)], "pairs of two columns"),
        ([("age", "age")], "more than once"),
        ([("age", "sex"), ("sex", "age")], "more than once"),
        ([("age", "nothing")], "nothing"),
        ([("age", 3)], "text"),
        ([3], "text"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(covariates, message):
    frame, answered = people()
    with pytest.raises((InputError, ColumnNotFoundError), match=message):
        weigh(frame, answered, covariates)


def test_pairs_of_another_wave_and_too_many_cells():
    frame, answered = people()
    panel = cb.link_waves(
        {"before": frame, "all": frame[["id"]].assign(x=1), "some": frame.loc[answered, ["id"]]}, on="id"
    )
    weights = cb.attrition_weights(panel, {"before": [("sex", "region")]}, wave="some", to="all", trim=None)
    here, _ = weigh(frame, answered, [("sex", "region")])
    np.testing.assert_allclose(weights.weight, here, rtol=1e-9)
    rng = np.random.default_rng(2)
    large = pd.DataFrame(
        {"id": np.arange(4000), "a": rng.integers(0, 40, 4000), "b": rng.integers(0, 40, 4000)}
    )
    edges = {"a": list(range(1, 40)), "b": list(range(1, 40))}
    with pytest.raises(InputError, match="at most 1,000"):
        weigh(large, np.arange(4000) % 2 == 0, [("a", "b")], bins=edges)


def test_numbers_of_a_column_that_is_in_a_pair_only_are_refused():
    frame, answered = people()
    with pytest.raises(ColumnNotFoundError, match="by itself"):
        weigh(frame, answered, [("age", "sex")], numbers={"age": "linear"})


def test_a_pair_may_take_a_column_of_another_wave():
    frame, answered = people()
    waves = {
        "before": frame[["id", "sex"]],
        "all": frame[["id", "region"]],
        "some": frame.loc[answered, ["id"]],
    }
    panel = cb.link_waves(waves, on="id")

    def weights(covariates):
        return cb.attrition_weights(panel, covariates, wave="some", to="all", trim=None)

    made = weights([("region", "sex_before")])
    here, _ = weigh(frame, answered, [("region", "sex")])
    np.testing.assert_allclose(made.weight, here, rtol=1e-9)
    assert "region and sex_before crossed: 6 cells" in [step.step for step in made.steps]
    again = cb.Weights.from_json(made.to_json(), panel)
    np.testing.assert_array_equal(again.weight, made.weight)
    same = weights({"before": ["sex", ("sex", "region_all")]})
    np.testing.assert_allclose(same.weight, here, rtol=1e-9)
    assert cb.Weights.from_json(same.to_json(), panel).weight.tolist() == same.weight.tolist()
    np.testing.assert_allclose(weights({"all": "region", "before": [("sex", "region_all")]}).weight, here)


def test_a_pair_of_a_column_that_only_another_wave_has_says_how_to_name_it():
    frame, answered = people()
    panel = cb.link_waves(
        {"before": frame[["id", "sex"]], "all": frame[["id", "region"]], "some": frame.loc[answered, ["id"]]},
        on="id",
    )
    with pytest.raises(ColumnNotFoundError, match="For that of wave 'before' write 'sex_before'"):
        cb.attrition_weights(panel, [("region", "sex")], wave="some", to="all")
    with pytest.raises(ColumnNotFoundError, match="'sex_bevor'"):
        cb.attrition_weights(panel, [("region", "sex_bevor")], wave="some", to="all")
    with pytest.raises(InputError, match="each pair once"):
        cb.attrition_weights(
            panel,
            {"all": [("region", "sex_before")], "before": [("sex", "region_all")]},
            wave="some",
            to="all",
        )


def test_a_column_of_the_wave_goes_before_one_that_is_carried_to_it():
    frame, answered = people()
    here = frame.assign(sex_before=frame["region"])
    panel = cb.link_waves(
        {"before": frame[["id", "sex"]], "all": here, "some": frame.loc[answered, ["id"]]}, on="id"
    )
    made = cb.attrition_weights(panel, [("sex", "sex_before")], wave="some", to="all", trim=None)
    other, _ = weigh(frame, answered, [("sex", "region")])
    np.testing.assert_allclose(made.weight, other, rtol=1e-9)
