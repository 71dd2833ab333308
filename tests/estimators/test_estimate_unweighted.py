"""The unweighted proportion of exactly the people who are weighted, beside the weighted one, everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll, SurveyDesign

KINDS = {"pandas": lambda d: d, "polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}


def people(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "job": rng.choice(["yes", "no", None], n, p=[0.4, 0.4, 0.2]),
            "pay": rng.choice(["down", "same", "up"], n),
            "used": rng.choice(["yes", "no"], n),
            "role": rng.choice(["teacher", "student", None], n, p=[0.45, 0.45, 0.1]),
            "school": rng.integers(0, 9, n),
            "w": rng.choice([0.0, 0.5, 1.0, 7.25], n),
        }
    )


def by_hand(data, row, yes):
    """Return yes and base of one row by counting people of positive weight."""
    inside = data[data.w > 0]
    for name, value in row.group:
        inside = inside[inside[name].notna() if value == "(all)" else inside[name] == value]
    answered = inside[inside[row.item].notna()]
    return (answered[row.item] == yes).sum(), len(answered)


WAYS = {
    "plain": {},
    "groups": {"by": "role"},
    "totals": {"by": "role", "totals": True},
    "clusters": {"by": "role", "design": SurveyDesign(clusters="school", lonely_psu="adjust")},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("counted", [False, True])
def test_it_is_that_of_the_people_who_have_a_weight(way, counted, kind):
    data = people(300, 1)
    given_, how = KINDS[kind](data), dict(WAYS[way])
    items = ["job", Item("pay", each_level=True)]
    totals = {"totals": how.pop("totals")} if "totals" in how else {}
    if counted:
        result = cb.proportions(cb.count(given_, items, weights="w", **how), **totals)
    else:
        result = cb.proportions(given_, items, weights="w", **how, **totals)
    for row in result:
        yes, n = by_hand(data, row, "yes" if row.item == "job" else row.level)
        assert (row.count, row.n) == (yes, n)
        assert row.estimate_unweighted == yes / n != row.estimate
    assert result.columns["estimate_unweighted"].tolist() == [r.estimate_unweighted for r in result]
    assert list(result.to_frame()["estimate_unweighted"].to_numpy()) == [
        r.estimate_unweighted for r in result
    ]


def test_joint_shares_subsets_and_several_choices():
    data = people(400, 2).assign(
        tools=lambda d: np.where(d.pay == "up", "a;b", np.where(d.used == "yes", "a", "c"))
    )
    among = cb.proportions(data[data.used == "yes"], "job", weights="w").rows[0]
    inside = cb.proportions(data, "job", among="used", weights="w").rows[0]
    assert inside.estimate_unweighted == among.estimate_unweighted == among.count / among.n
    joint = cb.proportions(data, "job", among="used", share="joint", weights="w").rows[0]
    base = data[(data.w > 0) & (data.job.notna() | (data.used == "no"))]
    yes = ((base.job == "yes") & (base.used == "yes")).sum()
    assert joint.estimate_unweighted == yes / len(base) != joint.estimate
    ticked = cb.proportions(data, SelectAll("tools", separator=";"), weights="w")
    weighted = data[data.w > 0]
    assert [r.estimate_unweighted for r in ticked] == [
        weighted.tools.str.contains(choice).mean() for choice in "abc"
    ]


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_any_weights_leave_it_alone_and_zero_takes_people_out(seed, n):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"a": rng.choice([1.0, 0.0, np.nan], n), "w": rng.choice([0, 1e-9, 1, 1e9], n)})
    data = pd.concat([data, pd.DataFrame({"a": [1.0, 0.0], "w": [1.0, 1.0]})])
    row = cb.proportions(data, "a", weights="w").rows[0]
    same = cb.proportions(data[data.w > 0].drop(columns="w"), "a").rows[0]
    assert row.estimate_unweighted == same.estimate == same.estimate_unweighted


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
def test_equal_weights_one_person_and_nobody():
    one = cb.proportions(pd.DataFrame({"a": [1, 0], "w": [2, 0]}), "a", weights="w").rows[0]
    assert (one.estimate_unweighted, one.estimate, one.n) == (1.0, 1.0, 1)
    data = pd.DataFrame({"a": [1, 0, 0, None], "g": ["x", "x", "x", "y"], "w": [3.0] * 4})
    x, y = cb.proportions(data, "a", by="g", weights="w").rows
    assert x.estimate_unweighted == pytest.approx(x.estimate, abs=1e-15)
    assert np.isnan(y.estimate_unweighted)
    assert np.isnan(y.estimate)


def test_it_is_printed_before_the_weighted_one_and_only_where_there_are_weights():
    data = people(60, 3)
    weighted, plain = cb.proportions(data, "job", weights="w"), cb.proportions(data, "job")
    assert repr(weighted).splitlines()[1].split()[1:3] == ["estimate_unweighted", "estimate"]
    assert ">estimate_unweighted</th>" in weighted._repr_html_()
    assert "unweighted" not in repr(plain)
    assert list(plain.to_frame().columns) == list(weighted.to_frame().columns)
