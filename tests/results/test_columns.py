"""Results of proportions and comparisons hold columns, and make rows of them when somebody asks."""

from __future__ import annotations

import copy
import pickle
from itertools import product

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits._frozen import same
from credbenefits.estimators.core.flags import proportion_flags, size_flags, unanimity_flags
from credbenefits.results import Columns, Proportion

pytestmark = pytest.mark.filterwarnings("ignore::credbenefits.errors.CredbenefitsWarning")


def data(n=240):
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "job": rng.choice(["yes", "no", None], n, p=[0.3, 0.5, 0.2]),
            "none": 0,
            "how": rng.choice(["bus", "bike", "car", "refused"], n),
            "role": rng.choice(["a", "b", "c"], n),
            "psu": rng.integers(0, 20, n),
            "w": rng.gamma(2.0, 0.5, n),
        }
    )


ITEMS = ["job", "none", cb.Item("how", each_level=True, refused="refused")]
CALLS = {
    "plain": {},
    "groups": {"by": "role", "totals": True},
    "among": {"by": "role", "among": cb.Item("how", yes=["bus", "bike"], refused="refused")},
    "design": {"by": "role", "weights": "w", "design": cb.SurveyDesign(clusters="psu")},
}


COMPARED = {
    "pairs": {"by": "role"},
    "ratios": {"by": "role", "comparison": "ratio", "reference": "b", "adjust": "none"},
    "pairs of a design": {"by": "role", "weights": "w", "design": cb.SurveyDesign(clusters="psu")},
}


@pytest.fixture(params=[*CALLS, *COMPARED])
def result(request):
    name = request.param
    if name in CALLS:
        return cb.proportions(data(), ITEMS, **CALLS[name])
    return cb.compare_groups(data(), ITEMS, **COMPARED[name])


def made_rows(result):
    return "rows" in vars(result.columns)


def test_rows_are_made_when_asked_for_and_once():
    for call in (cb.proportions, cb.compare_groups):  # three groups make three pairs
        check_made_when_asked(call(data(), ITEMS, by="role"))


def check_made_when_asked(result):
    frame = result.to_frame()
    part = result["job"]
    assert len(result) == len(frame) == 15
    assert len(part) == len(part.to_frame()) == 3
    assert not made_rows(result)
    assert not made_rows(part)
    assert result.rows is result.rows
    assert made_rows(result)


def test_rows_and_columns_say_the_same(result):
    for name in result.columns.values:
        assert same([getattr(row, name) for row in result.rows], result.columns.cells(name)), name
    again = Columns.of(type(result.rows[0]), result.rows)
    assert again == result.columns
    assert hash(again) == hash(result.columns)
    assert again.rows == result.rows


def test_cells_of_rows_are_plain_values(result):
    kinds = {
        "count": int,
        "n": int,
        "n_blank": int,
        "estimate": float,
        "df": float,
        "label": str,
        "flags": tuple,
    }
    for row in result.rows:
        for name, kind in kinds.items():
            assert type(getattr(row, name)) is kind, name


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))])
def test_copies_have_the_same_rows_whether_or_not_these_were_made(result, again):
    for source in (cb.proportions(data(), "job"), result):
        assert again(source) == source
        assert again(source).rows == source.rows
        with pytest.raises(ValueError, match="read-only"):
            again(source).columns["estimate"][0] = 0.0


def test_a_part_holds_the_columns_of_its_rows(result):
    part = result["how"]
    assert part.rows == tuple(row for row in result.rows if row.item == "how")
    assert part.columns == Columns.of(type(part.rows[0]), part.rows)


def test_columns_do_not_follow_their_source():
    numbers = np.arange(3.0)
    columns = Columns(Proportion, {"estimate": numbers[:2], "flags": [("none",), ()]})
    numbers[:] = 9.0
    assert columns["estimate"].tolist() == [0.0, 1.0]
    assert columns["flags"] == (("none",), ())
    with pytest.raises(TypeError):
        columns.values["flags"] = ()


def test_flags_of_all_shares_are_those_of_each():
    cases = product(
        [0, 1, 29, 30, 31],
        [0, 29, 30, 31],
        [10.0, 30.0, np.nan],
        [np.nan, 0.0, 5.0],
        [0.1, np.nan],
        [0, 12, 80],
    )
    cases = [case for case in cases if case[0] <= case[1]]
    count, n, n_effective, df, low, missing = (np.array(column) for column in zip(*cases, strict=True))
    asked = n + missing
    rate = np.divide(n, asked, out=np.full(n.shape, np.nan), where=asked > 0)
    numbers = {
        "count": count,
        "n": n,
        "n_effective": n_effective,
        "df": df,
        "conf_low": low,
        "response_rate": rate,
    }
    for weighted in (False, True):
        expected = []
        for c, m, effective, d, limit, r in zip(count, n, n_effective, df, low, rate, strict=True):
            flags = ["weighted"] * weighted
            if m == 0:
                expected.append((*flags, "no_answers"))
                continue
            flags += unanimity_flags(int(c), int(m)) + size_flags(int(m), float(effective))
            flags += ["no_df"] if d <= 0 else ["no_interval"] * bool(np.isnan(limit))
            expected.append((*flags, *["low_item_response"] * bool(r < 0.7)))
        assert proportion_flags(numbers, weighted=weighted) == expected
