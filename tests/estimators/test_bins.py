"""Bins of numbers as groups: the same as a column that was cut by hand, from rows and from counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SurveyDesign
from credbenefits.counts.coding.cuts import cut, edge_labels
from credbenefits.errors import ColumnNotFoundError, InputError
from frame_kinds import in_pandas

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered", "ignore:counts are not anonymous")

N = 300
RANDOM = np.random.default_rng(13)
ROWS = pd.DataFrame(
    {
        "job": RANDOM.choice(["yes", "no", None], N, p=[0.4, 0.5, 0.1]),
        "site": RANDOM.choice(["north", "south"], N),
        "agree": RANDOM.choice(["Agree", "Disagree", None], N),
        "age": RANDOM.integers(18, 80, N),
        "score": RANDOM.choice([1, 2, 3, 4, 5], N),
        "income": RANDOM.normal(40_000, 9_000, N).round(2),
        "weight": RANDOM.uniform(0.5, 3, N),
        "school": RANDOM.integers(0, 25, N),
    }
)
ROWS.loc[5:24, "income"] = np.nan
DESIGN = SurveyDesign(clusters="school")
LABELS = ["below 30", "30 to below 50", "50 or more"]


def by_hand(values, edges):
    """Cut a column with pandas, in groups that are called as the bins are."""
    made = pd.cut(values, [-np.inf, *edges, np.inf], right=False, labels=list(edge_labels(tuple(edges))))
    return made.cat.as_ordered()


def same(one, two):
    pd.testing.assert_frame_equal(in_pandas(one.to_frame()), in_pandas(two.to_frame()))
    pd.testing.assert_frame_equal(in_pandas(one.accounts()), in_pandas(two.accounts()))


# ---- edges ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", [None, DESIGN], ids=["kish", "clusters"])
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize(("column", "edges"), [("age", [30, 50]), ("income", [30_000, 40_000.5])])
def test_bins_are_the_groups_of_a_column_that_was_cut_by_hand(column, edges, weights, design):
    data, how = ROWS.assign(**{column: by_hand(ROWS[column], edges)}), {"weights": weights, "design": design}
    for by in (column, ["site", column], [Item("agree", yes="Agree"), column]):
        binned = {"by": by, "bins": {column: edges}}
        same(cb.proportions(ROWS, "job", **binned, **how), cb.proportions(data, "job", by=by, **how))
        same(cb.compare_groups(ROWS, "job", **binned, **how), cb.compare_groups(data, "job", by=by, **how))
        counts = cb.count(ROWS, "job", **binned, **how)
        same(cb.proportions(counts), cb.proportions(ROWS, "job", **binned, **how))
        assert cb.compare_groups(counts) == cb.compare_groups(ROWS, "job", **binned, **how)
        assert cb.proportions(counts, by=column).by == (column,)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(
        st.one_of(
            st.integers(-5, 60), st.floats(-5, 60, allow_nan=False).map(lambda x: round(x, 3)), st.none()
        ),
        min_size=20,
        max_size=60,
    ),
    edges=st.lists(st.integers(-4, 58), min_size=1, max_size=4, unique=True).map(sorted),
    place=st.integers(1, 19),
)
def test_any_numbers_are_cut_as_by_hand_and_parts_add_up(numbers, edges, place):
    random = np.random.default_rng(len(numbers))
    data = pd.DataFrame({"q": random.choice([1, 0], len(numbers)), "x": pd.Series(numbers, dtype="float64")})
    asked = {"by": "x", "bins": {"x": edges}, "answers": list(range(-10, 100))}
    hand = data.assign(x=by_hand(data["x"], edges))
    try:
        want = cb.proportions(hand, "q", by="x")
    except InputError:  # nobody has a number
        with pytest.raises(InputError, match="`by`"):
            cb.proportions(data, "q", **asked)
        return
    same(cb.proportions(data, "q", **asked), want)
    parts = [cb.count(part, "q", **asked) for part in (data[:place], data[place:])]
    assert sum(parts) == cb.count(data, "q", **asked)
    same(cb.proportions(sum(parts)), want)


def test_ends_are_open_and_an_edge_begins_a_bin():
    data = pd.DataFrame({"q": [1] * 6 + [0] * 6, "age": [-3, 29, 30, 49, 50, 200] * 2})
    made = cb.proportions(data, "q", by="age", bins={"age": [30, 50]}, answers=200)
    assert [dict(row.group)["age"] for row in made.rows] == LABELS
    assert [row.n for row in made.rows] == [4, 4, 4]


def test_a_bin_that_nobody_is_in_is_named():
    made = cb.proportions(ROWS, "job", by="age", bins={"age": [10, 50]})
    assert "age: nobody is in 'below 10'" in made.notes


def test_bins_within_a_subset_and_with_totals():
    hand = ROWS.assign(age=by_hand(ROWS["age"], [30, 50]))
    how = {"by": ["age", "site"], "among": Item("agree", yes="Agree"), "totals": True}
    same(cb.proportions(ROWS, "job", bins={"age": [30, 50]}, **how), cb.proportions(hand, "job", **how))


# ---- numbers of bins -----------------------------------------------------------------------------------


def test_a_number_of_bins_cuts_between_quantiles_of_all_rows_as_covariates_are_cut():
    found, sizes = np.unique(ROWS["age"], return_counts=True)
    edges = cut(found.tolist(), sizes, 4).edges
    made = cb.proportions(ROWS, "job", by="age", bins={"age": 4})
    same(made, cb.proportions(ROWS, "job", by="age", bins={"age": list(edges)}))
    assert made.notes[-1] == f"age: cut at {', '.join(map(str, edges))}" or any(
        "cut at" in n for n in made.notes
    )
    assert cb.proportions(ROWS, "job", by=["site", "age"], bins=4) == cb.proportions(
        ROWS, "job", by=["site", "age"], bins={"age": 4}
    )
    assert cb.proportions(cb.count(ROWS, "job", by="age", bins=4)) == made


def test_a_number_of_bins_for_all_leaves_columns_of_few_numbers_and_of_words():
    made = cb.proportions(ROWS, "job", by=["score", "site", "age"], bins=2)
    assert {dict(row.group)["score"] for row in made.rows} == {"1", "2", "3", "4", "5"}
    assert len({dict(row.group)["age"] for row in made.rows}) == 2
    with pytest.raises(
        InputError, match=r"`bins`: expected a column of by= with more than 12 different numbers"
    ):
        cb.proportions(ROWS, "job", by=["score", "site"], bins=2)
    same(
        cb.proportions(ROWS, "job", by="score", bins={"score": 2}),
        cb.proportions(ROWS, "job", by="score", bins={"score": [3]}),
    )


def test_fewer_bins_than_were_asked_for_are_said():
    data = pd.DataFrame({"q": [0, 1] * 30, "x": [1] * 50 + [2, 3, 4, 5, 6] * 2})
    made = cb.proportions(data, "q", by="x", bins={"x": 4})
    assert any("groups, not 4: many people share a value" in note for note in made.notes)


def test_without_bins_numbers_stay_as_they_are():
    assert len(cb.proportions(ROWS, "job", by="age").rows) == ROWS["age"].nunique()
    with pytest.raises(InputError, match=r"`by`.*bins=\{'income': \[...\]\}"):
        cb.proportions(ROWS, "job", by="income")


# ---- what numbers are ----------------------------------------------------------------------------------

KINDS = {
    "nullable": lambda d: d.convert_dtypes(),
    "arrow in pandas": lambda d: d.convert_dtypes(dtype_backend="pyarrow"),
    "objects": lambda d: d.astype(object),
    "decimals": lambda d: d.assign(age=d["age"].map(lambda v: Decimal(int(v)))),
    "polars": pl.from_pandas,
    "pyarrow": pa.Table.from_pandas,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bins", [{"age": [30, 50], "income": [40_000]}, 3], ids=["edges", "number"])
def test_numbers_of_every_kind_of_frame_are_cut_alike(kind, bins):
    want = cb.proportions(ROWS, "job", by=["age", "income"], bins=bins)
    made = cb.proportions(KINDS[kind](ROWS), "job", by=["age", "income"], bins=bins)
    same(made, replace(want, frame_kind=made.frame_kind))
    assert made.notes == want.notes


def test_numbers_written_as_text_are_numbers_and_that_is_said():
    data = ROWS.assign(age=ROWS["age"].astype(str))
    made = cb.proportions(data, "job", by="age", bins={"age": [30, 50]})
    same(made, cb.proportions(ROWS, "job", by="age", bins={"age": [30, 50]}))
    assert "age: text read as numbers" in made.notes
    counts = cb.Counts.from_json(cb.count(data, "job", by="age", bins={"age": [30, 50]}).to_json())
    assert cb.proportions(counts) == made


def test_missing_codes_among_numbers_are_declared_or_refused():
    data = ROWS.assign(age=ROWS["age"].where(ROWS.index % 10 > 0, 999))
    asked = {"by": "age", "bins": {"age": [30, 50]}}
    for source in (data, cb.count(data, "job", **asked)):
        how = asked if source is data else {}
        with pytest.raises(InputError, match=r"`by`.*999.*missing=\[999\]"):
            cb.proportions(source, None if how == {} else "job", **how)
    hand = ROWS.assign(age=by_hand(ROWS["age"].where(ROWS.index % 10 > 0), [30, 50]))
    made = cb.proportions(data, "job", **asked, missing=999)
    same(made, cb.proportions(hand, "job", by="age"))
    assert cb.proportions(cb.count(data, "job", **asked, missing=999)) == made
    kept = cb.proportions(data, "job", **asked, answers=999)
    assert sum(row.n for row in kept.rows) > sum(row.n for row in made.rows)


# ---- counts --------------------------------------------------------------------------------------------


def test_counts_by_bins_add_up_by_their_edges_and_can_be_sent():
    asked = {"by": ["age", "site"], "bins": {"age": [30, 50]}, "design": DESIGN, "weights": "weight"}
    whole = cb.count(ROWS, "job", **asked)
    young = ROWS["age"] < 30  # parts of which each lacks a bin
    parts = [cb.count(ROWS[rows], "job", **asked) for rows in (young, ~young)]
    assert cb.proportions(sum(parts)).rows[0].n == cb.proportions(whole).rows[0].n
    assert sum(parts).groups == whole.groups == sum(parts[::-1]).groups
    sent = cb.Counts.from_json(whole.to_json())
    assert sent == whole
    assert cb.Counts.from_frame(whole.to_frame(), like=whole) == whole


def test_counts_by_other_bins_do_not_add_up():
    parts = [ROWS[:100], ROWS[100:]]
    one, two = (cb.count(part, "job", by="age", bins=3) for part in parts)
    with pytest.raises(
        InputError, match=r"`bins`: expected counts with the same bins.*bins=\{'age': \[...\]\}"
    ):
        one + two
    with pytest.raises(InputError, match="`bins`"):
        cb.count(parts[0], "job", by="age", bins={"age": [30]}) + cb.count(parts[1], "job", by="age")


def test_edges_of_counts_that_do_not_fit_are_refused():
    counts = cb.count(ROWS, "job", by="age", bins={"age": [30, 50]})
    for edges in ((30.0,), (50.0, 30.0)):
        with pytest.raises(InputError, match="`edges`"):
            replace(counts.grouping[0], edges=edges)


def test_bins_are_refused_beside_counts():
    with pytest.raises(InputError, match="`bins`: expected nothing beside counts"):
        cb.proportions(cb.count(ROWS, "job", by="age"), bins=4)


# ---- what is refused -----------------------------------------------------------------------------------

WRONG = {
    "no by": (None, 4, InputError, ["by='age'"]),
    "a question": (Item("age", at_least=30), {"age": 3}, InputError, ["by='age'"]),
    "a column that is not in by": ("site", {"age": 3}, ColumnNotFoundError, ["a column of by=", "'age'"]),
    "words": ("site", {"site": 3}, InputError, ["columns of numbers", "'north'", "Leave it out of bins="]),
    "days": ("day", {"day": [30]}, InputError, ["columns of numbers"]),
    "booleans": ("flag", {"flag": 2}, InputError, ["columns of numbers"]),
    "categories": ("category", {"category": 2}, InputError, ["columns of numbers"]),
    "one number": ("same", {"same": 3}, InputError, ["at least two different numbers", "everybody has 7"]),
    "one bin": ("age", 1, InputError, ["from 2 to 200"]),
    "text": ("age", "4", InputError, ["a number of groups"]),
    "a list": ("age", [30, 50], InputError, ["bins={'age': [25, 35, 50]}"]),
    "no edges": ("age", {"age": []}, InputError, ["finite, increasing numbers"]),
    "falling edges": ("age", {"age": [50, 30]}, InputError, ["finite, increasing numbers"]),
    "endless edges": ("age", {"age": [30, np.inf]}, InputError, ["finite, increasing numbers"]),
    "many edges": ("age", {"age": range(300)}, InputError, ["at most 200"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_bins_of_what_cannot_be_cut_are_refused(case):
    by, bins, kind, told = WRONG[case]
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=i % 20) for i in range(N)]
    data = ROWS.assign(day=days, flag=ROWS["age"] > 40, category=pd.Categorical(ROWS["score"]), same=7)
    for call in (cb.proportions, cb.compare_groups, cb.count):
        if call is cb.compare_groups and by is None:
            continue  # which says that it needs groups
        with pytest.raises(kind) as refused:
            call(data, "job", by=by, bins=bins)
        assert refused.value.argument == "bins"
        assert not [text for text in told if text not in str(refused.value)], str(refused.value)


def test_infinite_numbers_are_refused():
    data = ROWS.assign(age=ROWS["age"].astype(float).where(ROWS.index > 3, np.inf))
    with pytest.raises(InputError, match=r"`by`: expected finite numbers.*missing="):
        cb.proportions(data, "job", by="age", bins={"age": [30]})
    made = cb.proportions(data, "job", by="age", bins={"age": [30]}, missing=[np.inf, -np.inf])
    assert any("4 rows have no value in age" in note for note in made.notes)
