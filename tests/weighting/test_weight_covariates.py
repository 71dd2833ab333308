"""Covariates of weights: numbers in groups, levels that have an order, and what tells nothing."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.counts.coding.cuts import cut
from credbenefits.errors import ColumnNotFoundError, InputError
from credbenefits.weighting.covariates import Covariate, design_cells, pool_extremes
from frame_kinds import in_pandas

#: Some waves here have one question, which many left blank: whether they answered is another matter.
pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")


def panel_of(columns, answered, make=pd.DataFrame):
    """A panel of two waves; `columns` maps names to columns ready for `make`."""
    ids = [f"p{i:05}" for i in range(len(answered))]
    later = [i for i, there in zip(ids, answered, strict=True) if there]
    return cb.link_waves({"all": make({"id": ids, **columns}), "some": make({"id": later})}, on="id")


def spread(cells):
    """Levels and answering, row by row, from {level: (people, respondents)}."""
    levels = [level for level, (n, _) in cells.items() for _ in range(n)]
    return levels, [i < m for n, m in cells.values() for i in range(n)]


def weigh(panel, covariates="a", **options):
    return cb.attrition_weights(panel, covariates, wave="some", to="all", **options)


def alerts(weights, code):
    return [a.text for a in weights.alerts if a.code == code]


def levels(weights, variable="a"):
    return [row.level for row in weights.balance.rows if row.variable == variable]


AGES = np.arange(18, 53)  # 35 ages, 20 people each: fifths are of seven ages


def ages():
    age = np.repeat(AGES, 20)
    answered = np.tile(np.arange(20) < 5, AGES.size) | ((age > 40) & (np.arange(age.size) % 2 == 0))
    return age, answered


# ---- cutting ---------------------------------------------------------------------------------------------


def test_an_age_is_cut_into_five_groups_of_people():
    age, answered = ages()
    weights = weigh(panel_of({"a": age}, answered))
    assert levels(weights) == ["18 to 24", "25 to 31", "32 to 38", "39 to 45", "46 to 52"]
    assert [r.population for r in weights.balance.rows] == pytest.approx([0.2] * 5)
    assert weights.recipe["bins"] == {"a": (25, 32, 39, 46)}
    assert weights.steps.to_frame()["step"].tolist()[:3] == [
        "respondents",
        "a cut at 25, 32, 39, 46",
        "1 / propensity",
    ]
    assert "pooled_level" not in [a.code for a in weights.alerts]


def test_the_weights_are_those_of_the_groups_as_names():
    age, answered = ages()
    named = pd.cut(age, [0, 24, 31, 38, 45, 99]).astype(str)
    panel = panel_of({"a": age, "b": named}, answered)
    np.testing.assert_allclose(
        weigh(panel, "a").values["weight"], weigh(panel, "b").values["weight"], rtol=1e-12
    )


def test_twelve_numbers_stay_levels_and_thirteen_are_cut():
    number = np.arange(520)
    answered = (number // 13) % 3 == 0
    twelve, thirteen = (
        weigh(panel_of({"a": number % 12}, answered)),
        weigh(panel_of({"a": number % 13}, answered)),
    )
    assert levels(twelve) == [str(i) for i in range(12)]
    assert twelve.recipe["bins"] == {}
    assert levels(thirteen) == ["0 to 2", "3 to 4", "5 to 7", "8 to 9", "10 to 12"]


def test_numbers_of_few_values_are_ordered_by_value():
    panel = panel_of({"a": [10] * 20 + [9] * 20 + [100] * 20}, [i % 3 == 0 for i in range(60)])
    assert levels(weigh(panel)) == ["9", "10", "100"]


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        (2, ["18 to 34", "35 to 52"]),
        (np.int64(2), ["18 to 34", "35 to 52"]),
        ({"a": 2}, ["18 to 34", "35 to 52"]),
        ({"a": [25, 50]}, ["18 to 24", "25 to 49", "50 to 52"]),
        ({"a": (24.5, 49.5)}, ["18 to 24", "25 to 49", "50 to 52"]),
        ({"a": np.array([25, 50])}, ["18 to 24", "25 to 49", "50 to 52"]),
        ({"a": [0, 30, 90, 100]}, ["18 to 29", "30 to 52"]),
        ({}, ["18 to 24", "25 to 31", "32 to 38", "39 to 45", "46 to 52"]),
    ],
)
def test_bins_say_where_to_cut(bins, expected):
    age, answered = ages()
    assert levels(weigh(panel_of({"a": age}, answered), bins=bins)) == expected


def test_a_column_named_in_bins_is_cut_however_few_its_values():
    age, answered = ages()
    panel = panel_of({"a": age, "b": age % 4}, answered)
    weights = weigh(panel, ["a", "b"], bins={"b": [2]})
    assert levels(weights, "b") == ["0 to 1", "2 to 3"]
    assert len(levels(weights, "a")) == 5
    assert levels(weigh(panel, ["a", "b"], bins=3), "b") == ["0", "1", "2", "3"]


def test_fractions_are_cut_where_few_digits_suffice_and_every_label_is_true():
    x = np.random.default_rng(2).normal(0, 3, 900)
    panel = panel_of({"a": x}, np.arange(900) % 4 == 0)
    weights = weigh(panel)
    edges = weights.recipe["bins"]["a"]
    cells = np.bincount(np.searchsorted(edges, x, side="right"))
    assert cells.tolist() == [180] * 5
    names = levels(weights)
    assert (names[0], names[-1]) == (f"below {edges[0]}", f"{edges[-1]} or more")
    assert names[2] == f"{edges[1]} to below {edges[2]}"
    assert levels(weigh(panel, bins={"a": [-1.5, 2]})) == ["below -1.5", "-1.5 to below 2", "2 or more"]


@pytest.mark.parametrize(
    ("shares", "expected", "words"),
    [
        # 60% at 0, then fifty numbers: the first three quantiles fall together
        ([0] * 75 + list(range(1, 51)), ["0", "1 to 25", "26 to 50"], "cut at 1, 26 (3 groups, not 5"),
        # nearly all at the top: below it is still a group
        ([*range(20), *[60] * 980], ["0 to 19", "60"], "cut at 60 (2 groups, not 5"),
        ([0] * 980 + [*range(1, 21)], ["0", "1 to 20"], "cut at 1 (2 groups, not 5"),
    ],
)
def test_ties_give_fewer_groups_and_the_steps_say_so(shares, expected, words):
    weights = weigh(panel_of({"a": shares}, np.arange(len(shares)) % 3 == 0), trim=None)
    assert levels(weights) == expected
    assert words in weights.steps.to_frame()["step"].tolist()[1]


def test_steps_name_a_dozen_edges_and_the_recipe_all():
    number = np.arange(900) / 8
    weights = weigh(panel_of({"a": number}, np.arange(900) % 3 == 0), bins=30)
    assert weights.steps.to_frame()["step"][1].endswith(" and 17 more")
    assert len(weights.recipe["bins"]["a"]) == 29


def test_edges_come_from_the_whole_population_wave():
    # Respondents are all above 40; had they made the edges, these would be above 40 too.
    age = np.repeat(AGES, 20)
    panel = panel_of({"a": age}, (age > 40) & (np.arange(age.size) % 2 == 0))
    assert weigh(panel).recipe["bins"] == {"a": (25, 32, 39, 46)}


def test_missing_numbers_are_a_group_of_their_own():
    age, answered = ages()
    panel = panel_of({"a": np.append(age, [np.nan] * 30)}, np.append(answered, [i < 3 for i in range(30)]))
    weights = weigh(panel)
    assert levels(weights)[-1] == "(missing)"
    assert levels(weights)[0] == "18 to 24"
    coded = panel_of({"a": np.append(age, [-9] * 30)}, np.append(answered, [i < 3 for i in range(30)]))
    with pytest.raises(InputError, match=r"`covariates`.*-9 in 30 rows"):
        weigh(coded)
    assert levels(weigh(coded, missing=-9)) == levels(weights)
    np.testing.assert_allclose(weigh(coded, missing=-9).values["weight"], weights.values["weight"])


def test_a_measurement_below_zero_is_no_missing_code():
    rng = np.random.default_rng(8)
    loss = np.round(rng.normal(0, 5_000, 400))
    for column in (rng.normal(size=400), loss):
        assert len(levels(weigh(panel_of({"a": column}, np.arange(400) % 3 == 0)))) == 5
    nines = np.append(np.arange(-20, 30), [999] * 9)
    with pytest.raises(InputError, match="999 in 9 rows"):
        weigh(panel_of({"a": nines}, np.arange(nines.size) % 3 == 0))


def test_infinite_numbers_are_refused():
    panel = panel_of({"a": [*range(50), float("inf")]}, [i % 2 == 0 for i in range(51)])
    with pytest.raises(InputError, match=r"`covariates`.*infinite"):
        weigh(panel)
    assert levels(weigh(panel, missing=float("inf")))[-1] == "(missing)"


def test_held_out_numbers_are_cut_too():
    age, answered = ages()
    panel = panel_of({"a": age % 3, "b": age}, answered)
    weights = weigh(panel, check="b", bins={"b": [30]})
    assert levels(weights, "b") == ["18 to 29", "30 to 52"]
    assert weights.recipe["bins"] == {"b": (30,)}
    assert "b cut at 30" in weights.steps.to_frame()["step"].tolist()
    assert {r.role for r in weights.balance.rows if r.variable == "b"} == {"check"}


@pytest.mark.parametrize("key", ["a", "a_first"])
def test_columns_of_other_waves_are_cut_by_either_name(key):
    age, answered = ages()
    ids = [f"p{i:05}" for i in range(age.size)]
    first = pd.DataFrame({"id": ids[50:], "a": age[50:]})
    panel = cb.link_waves(
        {
            "first": first,
            "all": pd.DataFrame({"id": ids}),
            "some": pd.DataFrame({"id": np.array(ids)[answered]}),
        },
        on="id",
    )
    weights = weigh(panel, {"first": "a"}, bins={key: [25, 40]})
    assert levels(weights, "a_first") == ["20 to 24", "25 to 39", "40 to 52", "(missing)"]
    assert weights.recipe["bins"] == {"a_first": (25, 40)}


def test_the_recipe_makes_the_same_weights_again():
    rng = np.random.default_rng(12)
    columns = {"a": rng.integers(18, 80, 600), "b": rng.normal(size=600), "c": rng.integers(0, 4, 600)}
    panel = panel_of(columns, rng.random(600) < 0.4)
    first = weigh(panel, ["a", "b"], check="c", bins={"a": 7, "c": 2})
    again = weigh(panel, ["a", "b"], check="c", bins=first.recipe["bins"])
    assert again.recipe == first.recipe
    pd.testing.assert_frame_equal(again.values, first.values)
    pd.testing.assert_frame_equal(again.balance.to_frame(), first.balance.to_frame())
    for other in (pickle.loads(pickle.dumps(first)), copy.deepcopy(first)):
        assert other.recipe == first.recipe


def test_booleans_text_and_categories_are_names():
    text = [f"{18 + i % 30:03}" for i in range(600)]  # zeros at the front are for names, as in postal codes
    answered = [i % 7 == 0 for i in range(600)]
    panel = panel_of(
        {
            "a": text,
            "b": pd.Categorical([18 + i % 30 for i in range(600)]),
            "c": [i % 2 == 0 for i in range(600)],
        },
        answered,
    )
    weights = weigh(panel, "c", check=["a", "b"])
    assert (len(levels(weights, "a")), len(levels(weights, "b"))) == (30, 30)
    assert levels(weights, "c") == ["False", "True"]
    for column in "abc":
        with pytest.raises(InputError, match=rf"`bins`: expected columns of numbers; got '{column}'"):
            weigh(panel, [column], bins={column: 3})


def test_numbers_written_as_text_are_numbers_and_the_steps_say_so():
    numbers = [18 + i % 30 for i in range(600)]
    answered = [i % 7 == 0 for i in range(600)]
    found = [
        weigh(panel_of({"a": column}, answered), bins={"a": 4})
        for column in (numbers, [f"{v}" for v in numbers], [f" {v}.0" for v in numbers])
    ]
    assert len({tuple(w.values["weight"]) for w in found}) == 1
    assert len({tuple(levels(w, "a")) for w in found}) == 1
    steps = [[str(s) for s in w.steps.to_frame()["step"]] for w in found]
    assert [("a: text read as numbers" in s) for s in steps] == [False, True, True]


@pytest.mark.parametrize(
    "bins",
    [
        0,
        1,
        -1,
        201,
        True,
        2.5,
        "5",
        None,
        [25, 50],
        {"a": 1},
        {"a": True},
        {"a": -3},
        {"a": "x"},
        {"a": None},
        {"a": []},
        {"a": [30, 30]},
        {"a": [30, 20]},
        {"a": [float("nan")]},
        {"a": [20, float("inf")]},
        {"a": [True, 30]},
        {"a": ["20", "30"]},
        {"a": {"b": 1}},
    ],
)
def test_impossible_bins_are_refused_with_a_way_out(bins):
    age, answered = ages()
    with pytest.raises(InputError, match=r"^`bins`: expected .*; got .*\. \w") as caught:
        weigh(panel_of({"a": age}, answered), bins=bins)
    assert caught.value.argument == "bins"


def test_bins_of_unknown_columns_are_refused():
    age, answered = ages()
    with pytest.raises(ColumnNotFoundError, match=r"`bins`.*Did you mean 'age'"):
        weigh(panel_of({"age": age}, answered), "age", bins={"agee": 4})


# ---- every kind of column --------------------------------------------------------------------------------


def kinds_of(numbers):
    gaps = [None if v is None else int(v) for v in numbers]
    whole = None not in gaps
    kinds = {
        "float": (np.array([np.nan if v is None else v for v in gaps], dtype=float), pd.DataFrame),
        "nullable": (pd.array(gaps, dtype="Int64"), pd.DataFrame),
        "nullable float": (pd.array(gaps, dtype="Float64"), pd.DataFrame),
        "arrow in pandas": (pd.array(gaps, dtype="int64[pyarrow]"), pd.DataFrame),
        "object": (np.array(gaps, dtype=object), pd.DataFrame),
        "polars": (pl.Series(gaps, dtype=pl.Int64), pl.DataFrame),
        "polars float": (pl.Series(gaps, dtype=pl.Float32), pl.DataFrame),
        "polars decimal": (pl.Series([None if v is None else Decimal(v) for v in gaps]), pl.DataFrame),
        "arrow": (pa.array(gaps, type=pa.int16()), pa.table),
        "arrow float": (pa.array(gaps, type=pa.float64()), pa.table),
    }
    return {**kinds, "int": (np.array(gaps, dtype=np.int64), pd.DataFrame)} if whole else kinds


@given(
    st.lists(st.one_of(st.integers(0, 60), st.just(None)), min_size=30, max_size=80),
    st.lists(st.booleans(), min_size=80, max_size=80),
    st.integers(2, 9),
)
@settings(max_examples=15, deadline=None)
def test_groups_do_not_depend_on_the_kind_of_column(numbers, answered, groups):
    answered = answered[: len(numbers)]
    if all(answered) or not any(answered) or all(v is None for v in numbers):
        return
    found = []
    for name, (column, make) in kinds_of(numbers).items():
        weights = weigh(panel_of({"a": column}, answered, make), bins={"a": groups})
        table = in_pandas(weights.balance.to_frame())
        found.append(
            (
                name,
                levels(weights),
                table["weighted"].tolist(),
                weights.recipe["bins"],
                [(a.code, a.text) for a in weights.alerts],
            )
        )
        assert in_pandas(weights.values)["weight"].sum() == pytest.approx(len(numbers), rel=1e-12)
    for name, labels, weighted, edges, told in found:
        assert (labels, edges, told) == (found[0][1], found[0][3], found[0][4]), name
        assert weighted == pytest.approx(found[0][2], rel=1e-9), name


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 200))
    columns = {
        "a": rng.integers(0, 70, n).astype(float),
        "b": rng.normal(size=n).round(1) + 50,  # far from -2 and -3, which would look like codes (seed 3565)
        "c": rng.integers(0, 5, n),
    }
    columns["a"][rng.random(n) < 0.1] = np.nan
    answered = rng.random(n) < rng.uniform(0.05, 0.9)
    answered[:2] = [True, False]
    order = rng.permutation(n)
    ids = np.array([f"p{i}" for i in range(n)])

    def weights_of(rows):
        frame = pd.DataFrame({"id": ids[rows], **{k: v[rows] for k, v in columns.items()}})
        later = pd.DataFrame({"id": ids[rows][answered[rows]]})
        panel = cb.link_waves({"all": frame, "some": later}, on="id")
        found = weigh(panel, ["a", "b", "c"])
        mine = panel.wave("some").merge(found.values, on="person").set_index("id")["weight"]
        return found, mine

    (one, plain), (two, shuffled) = weights_of(np.arange(n)), weights_of(order)
    assert one.recipe == two.recipe
    assert [a.text for a in one.alerts if a.code == "pooled_level"] == [
        a.text for a in two.alerts if a.code == "pooled_level"
    ]
    np.testing.assert_allclose(plain, shuffled.loc[plain.index], rtol=1e-8)
    assert plain.sum() == pytest.approx(n, rel=1e-12)


@given(
    st.dictionaries(st.floats(-1e6, 1e6), st.integers(1, 50), min_size=1, max_size=60),
    st.integers(2, 12),
)
@settings(max_examples=100)
def test_cuts_keep_the_order_and_lose_nobody(sizes, groups):
    numbers = sorted(sizes)
    people = np.array([sizes[v] for v in numbers])
    made = cut(numbers, people, groups)
    assert (np.diff(made.group) >= 0).all()
    assert set(made.group.tolist()) == set(range(len(made.labels)))
    assert len(made.labels) == len(set(made.labels)) == len(made.edges) + 1 <= groups
    assert np.array_equal(np.searchsorted(made.edges, numbers, side="right"), made.group)
    # No cut could be nearer to its quantile: each quantile's nearest place between two numbers is a cut.
    below = np.cumsum(people)
    cuts = [int(np.flatnonzero(made.group == g)[-1]) for g in range(len(made.labels) - 1)]
    for j in range(1, groups):
        if len(numbers) > 1:
            near = min(abs(int(below[i]) * groups - j * int(below[-1])) for i in cuts)
            best = min(abs(int(b) * groups - j * int(below[-1])) for b in below[:-1])
            assert near == best


# ---- pooling with neighbours -----------------------------------------------------------------------------

#: C's rate of 0 is nearest to A's .05, but its neighbours are B (.5) and D (.4).
LADDER = {"A": (100, 5), "B": (100, 50), "C": (20, 0), "D": (100, 40)}


def ordered_kinds():
    levels_, answered = spread(LADDER)
    numbers = ["ABCD".index(v) + 1 for v in levels_]
    days = [dt.datetime(2026, 1, n) for n in numbers]
    turned = [{"A": "z", "B": "m", "C": "x", "D": "a"}[v] for v in levels_]  # not as in the alphabet
    return answered, {
        "pandas": (pd.Categorical(turned, categories=list("zmxa"), ordered=True), pd.DataFrame, "x", "a"),
        "enum": (pl.Series(turned, dtype=pl.Enum(list("zmxa"))), pl.DataFrame, "x", "a"),
        "arrow": (
            pa.DictionaryArray.from_arrays(pa.array([n - 1 for n in numbers]), list("zmxa"), ordered=True),
            pa.table,
            "x",
            "a",
        ),
        "numbers": (numbers, pd.DataFrame, "3", "4"),
        "polars numbers": (pl.Series(numbers), pl.DataFrame, "3", "4"),
        "arrow numbers": (pa.array(numbers), pa.table, "3", "4"),
        "dates": (days, pd.DataFrame, "2026-01-03", "2026-01-04"),
        "polars dates": (pl.Series([d.date() for d in days]), pl.DataFrame, "2026-01-03", "2026-01-04"),
    }


@pytest.mark.parametrize("kind", list(ordered_kinds()[1]))
def test_levels_with_an_order_are_pooled_with_a_neighbour(kind):
    answered, kinds = ordered_kinds()
    column, make, lone, host = kinds[kind]
    weights = weigh(panel_of({"a": column}, answered, make), trim=None)
    assert alerts(weights, "pooled_level") == [
        f"a: level '{lone}' (20 people, 0 respondents) was pooled with '{host}' (100 people, 40 respondents)."
    ]
    assert sorted(set(in_pandas(weights.values)["weight"].round(9))) == pytest.approx(
        [100 / 50, 120 / 40, 100 / 5]
    )


@pytest.mark.parametrize("make", ["text", "pandas", "polars"])
def test_names_are_pooled_with_the_nearest_rate(make):
    listed, answered = spread(LADDER)
    column = {
        "text": listed,
        "pandas": pd.Categorical(listed),
        "polars": pl.Series(listed, dtype=pl.Categorical),
    }
    weights = weigh(
        panel_of({"a": column[make]}, answered, pl.DataFrame if make == "polars" else pd.DataFrame)
    )
    assert alerts(weights, "pooled_level") == [
        "a: level 'C' (20 people, 0 respondents) was pooled with 'A' (100 people, 5 respondents)."
    ]


def test_groups_of_numbers_are_pooled_with_a_neighbour():
    age, answered = ages()
    answered = answered & ~((age >= 32) & (age <= 38))
    weights = weigh(panel_of({"a": age}, answered))
    assert alerts(weights, "pooled_level") == [
        "a: level '32 to 38' (140 people, 0 respondents) was pooled with '25 to 31' (140 people, 35 respondents)."
    ]


def test_the_level_of_missing_answers_is_nobodys_neighbour():
    # 3 is the last number; the missing level follows it in the list, and its rate is nearer than 2's.
    cells = {1.0: (50, 25), 2.0: (50, 30), 3.0: (20, 0), None: (30, 3)}
    listed, answered = spread(cells)
    weights = weigh(panel_of({"a": listed}, answered))
    assert alerts(weights, "pooled_level") == [
        "a: level '3' (20 people, 0 respondents) was pooled with '2' (50 people, 30 respondents)."
    ]


def test_missing_answers_that_nobody_answered_for_join_the_nearest_rate():
    # They have no place in the order: 1, at the other end, has the nearest rate.
    cells = {1.0: (50, 5), 2.0: (50, 30), 3.0: (50, 25), None: (20, 0)}
    listed, answered = spread(cells)
    weights = weigh(panel_of({"a": listed}, answered))
    assert alerts(weights, "pooled_level") == [
        "a: level '(missing)' (20 people, 0 respondents) was pooled with '1' (50 people, 5 respondents)."
    ]


def test_a_number_with_no_neighbour_left_joins_the_missing():
    listed, answered = spread({1.0: (50, 0), 2.0: (50, 0), None: (40, 10)})
    weights = weigh(panel_of({"a": listed}, answered))
    assert alerts(weights, "pooled_level") == [
        "a: levels '1' (50 people, 0 respondents), '2' (50 people, 0 respondents) were pooled with "
        "'(missing)' (40 people, 10 respondents): 140 people, 10 respondents in all."
    ]
    assert weights.alerts[0].remedy == "That leaves one level: this covariate had no effect on the weights."
    assert weights.deff == pytest.approx(1)


def test_a_chain_of_poolings_is_one_alert():
    cells = dict.fromkeys(range(1, 11), (20, 0)) | {11: (100, 30), 12: (100, 60)}
    listed, answered = spread(cells)
    (told,) = alerts(weigh(panel_of({"a": listed}, answered)), "pooled_level")
    assert told.startswith("a: levels '1' (20 people, 0 respondents), '2' (20 people, 0 respondents), ")
    assert told.endswith(
        "were pooled with '11' (100 people, 30 respondents): 300 people, 30 respondents in all."
    )


def test_a_level_of_one_person_is_of_one_person():
    listed, answered = spread({1: (1, 0), 2: (50, 1), 3: (50, 30)})
    (told,) = alerts(weigh(panel_of({"a": listed}, answered)), "pooled_level")
    assert told == "a: level '1' (1 person, 0 respondents) was pooled with '2' (50 people, 1 respondent)."


def test_two_pools_of_one_covariate_are_one_alert_and_two_covariates_are_two():
    cells = {1: (20, 0), 2: (50, 10), 3: (50, 30), 4: (20, 20)}
    listed, answered = spread(cells)
    weights = weigh(panel_of({"a": listed, "b": [f"l{v}" for v in listed]}, answered), ["a", "b"])
    told = alerts(weights, "pooled_level")
    assert told == [
        f"{name}: level '{one}' (20 people, 0 respondents) was pooled with '{two}' (50 people, 10 respondents); "
        f"level '{four}' (20 people, 20 respondents) was pooled with '{three}' (50 people, 30 respondents)."
        for name, one, two, three, four in [("a", 1, 2, 3, 4), ("b", "l1", "l2", "l3", "l4")]
    ]


def test_many_names_that_nobody_answered_for_are_counted_not_all_listed():
    cells = {f"n{i:03}": (3, 0) for i in range(150)} | {"x": (200, 50), "y": (200, 80)}
    listed, answered = spread(cells)
    (told,) = alerts(weigh(panel_of({"a": listed}, answered)), "pooled_level")
    assert "'n011' (3 people, 0 respondents) and 138 more were pooled with 'x'" in told
    assert told.endswith("650 people, 50 respondents in all.")


# ---- what tells nothing ----------------------------------------------------------------------------------


def test_covariates_that_tell_nothing_say_so_and_change_nothing():
    n = 2_000
    columns = {
        "a": ["x", "y"] * (n // 2),
        "name": [f"name {i}" for i in range(n)],
        "one": ["k"] * n,
        "none": [None] * n,
        "number": [7] * n,
    }
    rng = np.random.default_rng(4)
    panel = panel_of(columns, rng.random(n) < 0.3)
    # Names identify people, so they are refused first.
    weights = weigh(panel, list(columns), allow_identifier=True)
    assert alerts(weights, "says_nothing") == [
        "name: 2,000 people gave 2,000 different answers, hardly any of them shared.",
        "one: everybody is at 'k'.",
        "none: nobody has an answer.",
        "number: everybody is at '7'.",
    ]
    assert all("no effect" in a.remedy for a in weights.alerts if a.code == "says_nothing")
    assert alerts(weights, "pooled_level") == []
    np.testing.assert_allclose(weights.values["weight"], weigh(panel).values["weight"], rtol=1e-9)
    assert levels(weights, "name") == ["2,000 different answers"]


def test_all_covariates_may_tell_nothing():
    panel = panel_of({"a": [f"n{i}" for i in range(300)]}, [i % 3 == 0 for i in range(300)])
    weights = weigh(panel, allow_identifier=True)
    assert weights.values["weight"].to_numpy() == pytest.approx(3)
    assert len(alerts(weights, "says_nothing")) == 1


def test_checks_that_tell_nothing_say_that_they_check_nothing():
    n = 400
    panel = panel_of(
        {"a": ["x", "y"] * 200, "b": [f"n{i}" for i in range(n)], "c": ["k"] * n},
        [i % 3 == 0 for i in range(n)],
    )
    weights = weigh(panel, check=["b", "c"], allow_identifier=True)
    told = [a for a in weights.alerts if a.code == "says_nothing"]
    assert [a.text.split(":")[0] for a in told] == ["b", "c"]
    assert all("checks nothing" in a.remedy for a in told)


def test_names_that_people_share_must_be_grouped_first():
    panel = panel_of({"a": [f"town {i % 300}" for i in range(1200)]}, [i % 3 == 0 for i in range(1200)])
    with pytest.raises(InputError, match=r"`covariates`.*at most 200.*Group its answers"):
        weigh(panel)


# ---- counted cells -------------------------------------------------------------------------------------------


def covariate_of(codes, name="x"):
    """A covariate of levels that somebody is at; -1 is missing."""
    levels = sorted({code for code in codes if code >= 0})
    places = np.array([levels.index(code) if code >= 0 else -1 for code in codes])
    return Covariate.of(name, places, tuple(f"{name}{level}" for level in levels), ordered=False)


people = st.lists(
    st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.integers(0, 2), st.booleans()),
    min_size=1,
    max_size=40,
)


@given(people)
def test_cells_of_crossed_covariates_are_those_of_counting_people(rows):
    *codes, answered = zip(*rows, strict=True)
    covariates = [covariate_of(each, name) for each, name in zip(codes, "xyz", strict=True)]
    answered = np.array(answered)
    design = design_cells(covariates, answered)
    of_rows = list(zip(*(c.codes.tolist() for c in covariates), strict=True))
    for cell, (trials, successes) in enumerate(zip(design.trials, design.successes, strict=True)):
        mine = [i for i, at in enumerate(design.cell) if at == cell]
        assert len({of_rows[i] for i in mine}) == 1
        assert trials == len(mine)
        assert successes == sum(answered[i] for i in mine)
    assert len(design.trials) == len(set(of_rows))
    for column, (place, level) in zip(design.matrix.T, design.columns, strict=True):
        expected = [1.0 if place < 0 else float(row[place] == level) for row in of_rows]
        assert column[design.cell].tolist() == expected
    for place, covariate in enumerate(covariates):
        left_out = set(range(len(covariate.levels))) - {at for p, at in design.columns if p == place}
        assert left_out == {int(covariate.sizes().argmax())}


@given(people)
def test_pooled_levels_hold_people_of_both_kinds(rows):
    codes, *_, answered = zip(*rows, strict=True)
    answered = np.array(answered)
    before = covariate_of(codes)
    pooled = pool_extremes(before, answered)
    assert pooled.by_answer(answered).sum() == len(rows)
    assert len(pooled.levels) == 1 or (pooled.by_answer(answered) > 0).all()
    assert pooled.sizes().tolist() == [int(before.sizes()[list(m)].sum()) for m in pooled.members]
    assert pooled.sizes(answered).tolist() == pooled.by_answer(answered)[1].tolist()
