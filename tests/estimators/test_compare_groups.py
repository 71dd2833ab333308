"""Comparisons between groups: by hand, against statsmodels, and what must hold whatever the data are."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

import credbenefits as cb
from credbenefits import Item, SelectAll, _typing, comparison_interval
from credbenefits.errors import DataWarning, InputError, MethodError
from strategies import golden

some = settings(max_examples=40, deadline=None)

METHODS = [
    *[("difference", m) for m in get_args(_typing.DifferenceIntervalMethod)],
    *[("ratio", m) for m in get_args(_typing.RatioIntervalMethod)],
    *[("odds_ratio", m) for m in get_args(_typing.OddsRatioIntervalMethod)],
]
DEFAULTS = {"difference": "newcombe", "ratio": "koopman", "odds_ratio": "miettinen_nurminen"}
WHOLE = ("cornfield_exact", "cornfield_midp")


def groups(**yes_of):
    """One row per person from group=(yes, n)."""
    parts = [pd.DataFrame({"g": name, "q": [1] * x + [0] * (n - x)}) for name, (x, n) in yes_of.items()]
    return pd.concat(parts, ignore_index=True)


def wilson(p, n):
    z = NormalDist().inv_cdf(0.975)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def newcombe(p1, n1, p2, n2):
    (l1, u1), (l2, u2) = wilson(p1, n1), wilson(p2, n2)
    d = p1 - p2
    return d - math.hypot(p1 - l1, u2 - p2), d + math.hypot(u1 - p1, p2 - l2)


def holm(p_values):
    """Step down: the i-th smallest of m times (m - i), never below the one before, at most 1."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    out, floor = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[i]))
        out[i] = floor
    return out


def interval(row):
    return row.conf_low, row.conf_high


# ---- by hand ------------------------------------------------------------------------------------------


def test_newcombe_1998():
    (row,) = cb.compare_groups(groups(a=(56, 70), b=(48, 80)), "q", by="g", reference="b").rows
    assert row.estimate == pytest.approx(0.2)
    assert interval(row) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert interval(row) == pytest.approx(newcombe(0.8, 70, 0.6, 80), abs=1e-13)
    assert (row.group, row.reference) == ("a", "b")
    assert (row.count, row.n, row.count_reference, row.n_reference) == (56, 70, 48, 80)
    assert (row.estimate_group, row.estimate_reference) == (0.8, 0.6)
    assert (row.n_effective, row.n_effective_reference) == (70, 80)
    assert row.flags == ()
    assert row.base == "70 against 80 respondents"


def test_the_p_value_is_that_of_the_pooled_score_test():
    (row,) = cb.compare_groups(groups(a=(56, 70), b=(48, 80)), "q", by="g").rows
    assert row.p_value == pytest.approx(proportions_ztest([56, 48], [70, 80])[1], rel=1e-12)
    assert row.p_adjusted == row.p_value


@pytest.mark.parametrize(("a", "b"), [((0, 40), (0, 50)), ((40, 40), (50, 50))])
def test_groups_that_all_say_the_same_do_not_differ(a, b):
    (row,) = cb.compare_groups(groups(a=a, b=b), "q", by="g").rows
    assert row.estimate == 0
    assert row.p_value == 1
    assert row.conf_low < 0 < row.conf_high


def test_nobody_against_everybody():
    (row,) = cb.compare_groups(groups(a=(40, 40), b=(0, 50)), "q", by="g", reference="b").rows
    assert row.estimate == 1
    assert row.conf_high == 1
    assert 0.8 < row.conf_low < 1


def test_a_reference_or_every_pair():
    data = groups(a=(10, 40), b=(20, 40), c=(30, 40), d=(35, 40))
    pairs = cb.compare_groups(data, "q", by="g", adjust="none")
    assert [(r.group, r.reference) for r in pairs.rows] == [
        ("b", "a"),
        ("c", "a"),
        ("d", "a"),
        ("c", "b"),
        ("d", "b"),
        ("d", "c"),
    ]
    against_b = cb.compare_groups(data, "q", by="g", reference="b", adjust="none")
    assert [(r.group, r.reference) for r in against_b.rows] == [("a", "b"), ("c", "b"), ("d", "b")]
    assert (pairs.n_comparisons, against_b.n_comparisons) == (6, 3)
    assert "6 comparisons" in repr(pairs)
    same = {(r.group, r.reference): r for r in pairs.rows}[("c", "b")]
    assert interval(against_b.rows[1]) == interval(same)
    assert against_b.rows[1].p_value == same.p_value


@pytest.mark.parametrize("adjust", ["holm", "bonferroni", "fdr_bh"])
def test_adjustment_is_that_of_statsmodels(adjust):
    data = groups(a=(10, 40), b=(20, 40), c=(26, 40), d=(21, 40))
    rows = cb.compare_groups(data, "q", by="g", adjust=adjust).rows
    p_values = [r.p_value for r in rows]
    assert [r.p_adjusted for r in rows] == pytest.approx(multipletests(p_values, method=adjust)[1].tolist())
    if adjust == "holm":
        assert [r.p_adjusted for r in rows] == pytest.approx(holm(p_values), rel=1e-13)


@pytest.mark.parametrize("record", golden("adjust"))
@pytest.mark.parametrize("method", ["holm", "fdr_bh"])
def test_adjustment_agrees_with_golden_values(record, method):
    adjusted = multipletests(record["inputs"]["p"], method=method)[1]
    np.testing.assert_allclose(adjusted, record["expected"][method], rtol=0, atol=record["tolerance"])


def test_the_example_of_holm_by_hand():
    assert holm([0.001, 0.012, 0.03, 0.04, 0.2]) == pytest.approx([0.005, 0.048, 0.09, 0.09, 0.2])


def test_no_adjustment_is_said():
    result = cb.compare_groups(groups(a=(10, 40), b=(20, 40)), "q", by="g", adjust="none")
    assert result.rows[0].p_adjusted == result.rows[0].p_value
    assert "not adjusted" in repr(result)
    assert "adjusted (holm)" in repr(
        cb.compare_groups(groups(a=(10, 40), b=(20, 40), c=(30, 40)), "q", by="g")
    )


def test_all_comparisons_of_the_call_are_counted_across_items():
    data = groups(a=(10, 40), b=(20, 40), c=(30, 40))
    data["r"] = np.tile([1, 0, 0, 1, 1], 24)
    both = cb.compare_groups(data, ["q", Item("r", label="r")], by="g")
    alone = cb.compare_groups(data, "q", by="g")
    assert both.n_comparisons == len(both.rows) == 6
    assert [r.item for r in both.rows] == ["q"] * 3 + ["r"] * 3
    assert [r.p_value for r in both.rows[:3]] == [r.p_value for r in alone.rows]
    assert [r.p_adjusted for r in both.rows] == pytest.approx(holm([r.p_value for r in both.rows]))
    assert all(b.p_adjusted >= a.p_adjusted for b, a in zip(both.rows[:3], alone.rows, strict=True))


# ---- who is compared -------------------------------------------------------------------------------------


def test_weighted_on_effective_sizes_by_hand():
    data = pd.DataFrame(
        {"g": ["a"] * 4 + ["b"] * 3, "q": [1, 0, 1, 0, 1, 0, 0], "w": [1.0, 2, 3, 4, 2, 1, 1]}
    )
    (row,) = cb.compare_groups(data, "q", by="g", reference="b", weights="w").rows
    n_a, n_b = 10**2 / 30, 4**2 / 6
    assert row.estimate == pytest.approx(0.4 - 0.5)
    assert (row.n_effective, row.n_effective_reference) == pytest.approx((n_a, n_b))
    assert interval(row) == pytest.approx(newcombe(0.4, n_a, 0.5, n_b), abs=1e-12)
    assert (row.count, row.n, row.count_reference, row.n_reference) == (2, 4, 1, 3)
    # too few for the score test, and there is no exact one with weights
    assert row.test == "none"
    assert math.isnan(row.p_value)
    assert math.isnan(row.p_adjusted)
    assert row.flags == ("weighted", "small_base", "too_few_to_test")


def test_weighted_score_test_by_hand():
    data = pd.DataFrame(
        {
            "g": ["a"] * 80 + ["b"] * 60,
            "q": [1, 0, 1, 0] * 20 + [1, 0, 0] * 20,
            "w": [1.0, 2, 3, 4] * 20 + [2, 1, 1] * 20,
        }
    )
    (row,) = cb.compare_groups(data, "q", by="g", reference="b", weights="w").rows
    n_a, n_b = 20 * 10**2 / 30, 20 * 4**2 / 6
    pooled = (0.4 * n_a + 0.5 * n_b) / (n_a + n_b)
    z = 0.1 / math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    assert row.test == "score"
    assert row.p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)))


def test_few_people_are_tested_exactly():
    # 6 of 13 against 11 of 78: the smallest expected count is 2.4. Fisher's exact p is .0137.
    data = pd.DataFrame({"g": ["a"] * 13 + ["b"] * 78, "q": [1] * 6 + [0] * 7 + [1] * 11 + [0] * 67})
    (row,) = cb.compare_groups(data, "q", by="g", reference="b").rows
    assert row.test == "fisher"
    tail = sum(
        math.comb(17, k) * math.comb(74, 13 - k)
        for k in range(14)
        if math.comb(17, k) * math.comb(74, 13 - k) <= math.comb(17, 6) * math.comb(74, 7)
    ) / math.comb(91, 13)
    assert row.p_value == pytest.approx(tail)
    assert round(tail, 4) == 0.0137


def test_only_what_was_tested_is_adjusted():
    data = pd.DataFrame(
        {
            "g": ["a"] * 100 + ["b"] * 100 + ["c"] * 4,
            "w": [1.0] * 204,
            "q": [1] * 60 + [0] * 40 + [1] * 40 + [0] * 60 + [1, 0, 0, 0],
        }
    )
    result = cb.compare_groups(data, "q", by="g", weights="w")
    assert [row.test for row in result.rows] == ["score", "none", "none"]
    assert result.rows[0].p_adjusted == result.rows[0].p_value
    assert result.n_comparisons == 3


def test_small_effective_sizes_are_flagged_as_well_as_small_bases():
    data = groups(a=(20, 40), b=(10, 40))
    assert cb.compare_groups(data, "q", by="g").rows[0].flags == ()
    data["w"] = ([8.0] * 4 + [1.0] * 36) * 2
    assert cb.compare_groups(data, "q", by="g", weights="w").rows[0].flags == (
        "weighted",
        "small_n_effective",
    )
    assert cb.compare_groups(groups(a=(20, 40), b=(10, 29)), "q", by="g").rows[0].flags == ("small_base",)


# ---- groups without answers ------------------------------------------------------------------------------


def with_silence(**options):
    """Three groups; in c nobody answered q, but r. Returns the data and what comes out."""
    data = groups(a=(10, 40), b=(20, 40), c=(0, 35)).astype({"q": object})
    data = data.assign(r=[1, 0, 1, 0, 0] * 23)
    data.loc[data["g"] == "c", "q"] = None
    return data, cb.compare_groups(data, ["q", "r"], by="g", **options)


def without(data, group):
    return data[data["g"] != group]


@pytest.mark.parametrize("comparison", list(DEFAULTS))
@pytest.mark.parametrize("adjust", get_args(_typing.Adjust))
def test_a_group_without_answers_has_rows_without_numbers(comparison, adjust):
    # Before, such a pair had no row, and a reference without answers stopped the whole call.
    data, result = with_silence(comparison=comparison, adjust=adjust)
    pairs = [("b", "a"), ("c", "a"), ("c", "b")]
    assert [(r.item, r.group, r.reference) for r in result.rows] == [(i, *p) for i in "qr" for p in pairs]
    for row in result.rows[1:3]:
        assert row.flags == ("no_answers",)
        numbers = (row.estimate, *interval(row), row.p_value, row.p_adjusted, row.estimate_group)
        assert all(math.isnan(number) for number in numbers)
        assert row.test == "none"
        assert (row.count, row.n, row.n_missing, row.response_rate, row.n_effective) == (0, 0, 35, 0, 0)
        assert (row.n_reference, row.response_rate_reference) == (40, 1)
    assert result.n_comparisons == 4
    assert "nobody answered 'q' in 'c': not compared" in result.notes
    # All that can be compared is as it is in calls of its own, adjusted for four comparisons.
    how = {"by": "g", "comparison": comparison, "adjust": "none", "confidence_level": result.interval_level}
    alone = [
        *cb.compare_groups(without(data, "c"), "q", **how).rows,
        *cb.compare_groups(data, "r", **how).rows,
    ]
    made = [row for row in result.rows if row.flags != ("no_answers",)]
    assert [(r.estimate, *interval(r), r.p_value) for r in made] == [
        (r.estimate, *interval(r), r.p_value) for r in alone
    ]
    p_values = [r.p_value for r in made]
    expected = p_values if adjust == "none" else multipletests(p_values, method=adjust)[1]
    assert [r.p_adjusted for r in made] == pytest.approx(list(expected), abs=0)
    assert len(result.to_frame()) == 6
    assert "no_answers" in repr(result)
    assert "4 comparisons made" in repr(result)
    assert "no_answers" in result._repr_html_()
    assert "4 comparisons" in cb.brief(result, title="t").to_markdown()


def test_a_reference_without_answers_to_one_item():
    _, result = with_silence(reference="c")
    assert [(r.item, r.group, r.flags) for r in result.rows] == [
        ("q", "a", ("no_answers",)),
        ("q", "b", ("no_answers",)),
        ("r", "a", ()),
        ("r", "b", ()),
    ]
    assert all(math.isnan(r.estimate_reference) and not math.isnan(r.estimate_group) for r in result.rows[:2])
    assert result.n_comparisons == 2


def test_an_item_that_one_group_alone_answered():
    data, _ = with_silence()
    data.loc[data["g"] == "b", "q"] = None
    result = cb.compare_groups(data, ["q", "r"], by="g")
    assert [r.flags == ("no_answers",) for r in result.rows] == [True] * 3 + [False] * 3
    assert "nobody answered 'q' in 'b', 'c': not compared" in result.notes


@pytest.mark.parametrize("method", get_args(_typing.DifferenceIntervalMethod))
def test_groups_without_weight_have_no_answers(method):
    data, _ = with_silence()
    data = data.assign(w=np.where(data["g"] == "b", 0.0, 1.0 + np.arange(len(data)) % 3))
    result = cb.compare_groups(data, ["q", "r"], by="g", weights="w", method=method)
    told = {(r.item, r.group, r.reference): r.flags for r in result.rows}
    assert [pair for pair, flags in told.items() if "no_answers" not in flags] == [("r", "c", "a")]
    assert told["r", "b", "a"] == ("weighted", "no_answers")


def test_a_subset_with_nobody_of_a_group():
    data, _ = with_silence()
    data["s"] = np.where(data["g"] == "b", "no", "yes")
    result = cb.compare_groups(data, ["q", "r"], by="g", among="s")
    told = {(r.item, r.group, r.reference): r for r in result.rows}
    assert [pair for pair, r in told.items() if "no_answers" not in r.flags] == [("r", "c", "a")]
    nobody = told["r", "b", "a"]
    assert (nobody.n, nobody.n_missing) == (0, 0)
    assert math.isnan(nobody.response_rate)


def test_every_level_and_choice_of_a_group_without_answers():
    data = pd.DataFrame(
        {
            "g": ["a", "b", "c"] * 40,
            "s": ["x", "y", None, "y", "x", None] * 20,
            "m1": [1, 0, 0] * 40,
            "m2": [0, 1, 0] * 40,
            "r": [1, 0, 1, 0, 0] * 24,
        }
    )
    questions = [Item("s", each_level=True), SelectAll(["m1", "m2"], label="by"), "r"]
    result = cb.compare_groups(data, questions, by="g")
    assert [r.flags == ("no_answers",) for r in result.rows] == [False, True, True] * 4 + [False] * 3
    assert result.n_comparisons == 7
    assert result.notes.count("nobody answered 's' in 'c': not compared") == 1


def test_nothing_at_all_to_compare_is_an_error_that_helps():
    data, _ = with_silence()
    with pytest.raises(InputError) as caught:
        cb.compare_groups(data, "q", by="g", reference="c")
    assert caught.value.argument == "reference"
    assert str(caught.value) == (
        "`reference`: expected a group that answered; got 'g': 'a', 'b' answered 'q'. "
        "Choose one of these, or leave reference= out."
    )
    data.loc[data["g"] == "b", "q"] = None
    for options in ({}, {"reference": "a"}):
        with pytest.raises(InputError) as caught:
            cb.compare_groups(data, "q", by="g", **options)
        assert caught.value.argument == "by"
        assert str(caught.value) == (
            "`by`: expected at least two groups that answered the same item; got 'g': 'a' answered 'q'. "
            "Leave out such items, or check the missing codes, among= and weights=."
        )
    with pytest.raises(InputError, match="at least two groups"):
        cb.compare_groups(data[data["g"] == "a"], "r", by="g")


# ---- flags that shares have too ---------------------------------------------------------------------------


def test_low_response_is_flagged_and_warned_of():
    data = groups(a=(20, 100), b=(30, 100), c=(30, 100)).astype({"q": object})
    data.loc[data.index[data["g"] == "b"][::2], "q"] = None
    data.loc[data.index[data["g"] == "c"][:10], "q"] = None
    with pytest.warns(
        DataWarning, match=r"^50 of 100 who were asked answered 'q' \(g = b\): below 70%"
    ) as caught:
        result = cb.compare_groups(data, "q", by="g")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [r.flags for r in result.rows] == [("low_item_response",), (), ("low_item_response",)]
    b, c, _ = result.rows
    assert (b.n, b.n_missing, b.response_rate) == (50, 50, 0.5)
    assert (b.n_reference, b.n_missing_reference, b.response_rate_reference) == (100, 0, 1)
    assert (c.n_missing, c.response_rate) == (10, 0.9)
    with pytest.warns(DataWarning):
        shares = cb.proportions(data, "q", by="g").rows
    assert [s.response_rate for s in shares] == [1.0, 0.5, 0.9]
    frame = result.to_frame()
    assert frame["response_rate"].tolist() == [0.5, 0.9, 0.9]
    assert frame["n_missing_reference"].tolist() == [0, 0, 50]


def test_not_asked_does_not_lower_the_response():
    data = groups(a=(20, 100), b=(30, 100)).astype({"q": object})
    data.loc[data.index[data["g"] == "b"][::2], "q"] = -4
    (row,) = cb.compare_groups(data, Item("q", yes=1, no=0, not_asked=-4), by="g").rows
    assert (row.n, row.n_missing, row.response_rate, row.flags) == (50, 0, 1, ())


def test_none_and_all_are_of_both_groups():
    result = cb.compare_groups(groups(a=(0, 40), b=(0, 40), c=(40, 40), d=(29, 29)), "q", by="g")
    told = {(r.group, r.reference): r.flags for r in result.rows}
    assert told["b", "a"] == ("none",)
    assert told["d", "c"] == ("all", "small_base")
    assert told["c", "a"] == ()


@pytest.mark.parametrize("engine", [pl.DataFrame, pa.Table.from_pylist])
def test_groups_without_answers_in_any_frame(engine):
    rows = [{"g": g, "q": None if g == "c" else k % 2, "r": k % 3 % 2} for g in "abc" for k in range(40)]
    result = cb.compare_groups(engine(rows), ["q", "r"], by="g")
    assert [r.flags == ("no_answers",) for r in result.rows] == [False, True, True, False, False, False]


def test_rows_left_out_are_told():
    data = groups(a=(10, 40), b=(20, 40)).assign(w=[0.0] * 5 + [1.0] * 75)
    data.loc[70:, "g"] = None
    notes = cb.compare_groups(data, "q", by="g", weights="w").notes
    assert any("10 rows have no value in g" in n for n in notes)
    assert any("5 rows have weight 0" in n for n in notes)


def test_among_a_subset():
    data = groups(a=(20, 40), b=(30, 40))
    data["s"] = ["yes", "no"] * 40
    inside = cb.compare_groups(data, "q", by="g", among=Item("s", label="a pay rise"), people="learners")
    filtered = cb.compare_groups(data[data["s"] == "yes"], "q", by="g")
    assert interval(inside.rows[0]) == interval(filtered.rows[0])
    assert (inside.rows[0].n, inside.rows[0].n_reference) == (20, 20)
    assert inside.rows[0].base == "20 against 20 learners who reported a pay rise"


def test_missing_codes_make_no_group():
    data = groups(a=(20, 40), b=(30, 40))
    data["g"] = data["g"].map({"a": 1, "b": 2})
    data.loc[:9, "g"] = -9
    (row,) = cb.compare_groups(data, "q", by="g", missing=-9).rows
    assert (row.group, row.reference, row.n, row.n_reference) == ("2", "1", 40, 30)


@pytest.mark.parametrize("reference", ["male", "Male", " MALE"])
def test_spellings_of_a_group_are_one_group_and_a_note_counts_them(reference):
    result = cb.compare_groups(
        groups(Male=(10, 40), male=(20, 41), other=(5, 40)), "q", by="g", reference=reference
    )
    (row,) = result.rows
    assert (row.group, row.reference, row.n, row.n_reference) == ("other", "male", 40, 81)
    assert "g: 'Male' (40 rows) read as 'male'" in result.notes


@pytest.mark.parametrize("reference", [1, 1.0, "1", " 1 "])
def test_a_reference_may_be_a_number_or_its_text(reference):
    data = groups(a=(10, 40), b=(20, 40)).replace({"g": {"a": "1", "b": "2"}})
    assert cb.compare_groups(data, "q", by="g", reference=reference).rows[0].reference == "1"
    assert (
        cb.compare_groups(data.astype({"g": int}), "q", by="g", reference=reference).rows[0].reference == "1"
    )


def test_counts_are_those_of_proportions():
    data = groups(a=(10, 40), b=(20, 31), c=(30, 45)).assign(w=np.tile([1.0, 2.0], 58))
    shares = {r.group[0][1]: r for r in cb.proportions(data, "q", by="g", weights="w").rows}
    for row in cb.compare_groups(data, "q", by="g", weights="w").rows:
        a, b = shares[row.group], shares[row.reference]
        assert row.estimate == a.estimate - b.estimate
        assert (row.count, row.n, row.n_effective) == (a.count, a.n, a.n_effective)
        assert (row.count_reference, row.n_reference) == (b.count, b.n)


# ---- ratios, odds ratios, and every method ----------------------------------------------------------------


@pytest.mark.parametrize(("comparison", "method"), METHODS)
def test_limits_are_those_of_comparison_interval(comparison, method):
    data = groups(a=(56, 70), b=(48, 80), c=(5, 33))
    result = cb.compare_groups(data, "q", by="g", comparison=comparison, method=method, adjust="none")
    expected = comparison_interval(
        [48, 5, 5], [80, 33, 33], [56, 56, 48], [70, 70, 80], comparison=comparison, method=method
    )
    assert [interval(row) for row in result.rows] == list(zip(*(v.tolist() for v in expected), strict=True))
    assert (result.comparison, result.method) == (comparison, method)


@pytest.mark.parametrize("comparison", DEFAULTS)
def test_every_comparison_has_a_default_method_and_the_same_test(comparison):
    data = groups(a=(56, 70), b=(48, 80), c=(2, 9))
    result = cb.compare_groups(data, "q", by="g", comparison=comparison)
    assert result.method == DEFAULTS[comparison]
    difference = cb.compare_groups(data, "q", by="g").rows
    assert [(r.test, r.p_value) for r in result.rows] == [(r.test, r.p_value) for r in difference]
    assert {r.test for r in result.rows} == {"score", "fisher"}
    frame = result.to_frame()
    assert frame["comparison"].tolist() == [comparison] * 3
    assert frame["method"].tolist() == [DEFAULTS[comparison]] * 3
    assert DEFAULTS[comparison] in repr(result)
    title = {"difference": "Differences", "ratio": "Ratios", "odds_ratio": "Odds ratios"}[comparison]
    assert repr(result).startswith(f"{title} by g among respondents: 3 comparisons")


def test_ratio_by_hand():
    # 2 of 4 against 1 of 3: ratio 1.5, variance of its log 1/2 - 1/4 + 1 - 1/3; odds ratio 2, 1/2 + 1/2 + 1 + 1/2
    data, z = groups(a=(2, 4), b=(1, 3)), NormalDist().inv_cdf(0.975)
    (row,) = cb.compare_groups(data, "q", by="g", reference="b", comparison="ratio", method="katz").rows
    half = z * math.sqrt(11 / 12)
    assert row.estimate == pytest.approx(1.5)
    assert interval(row) == pytest.approx((1.5 * math.exp(-half), 1.5 * math.exp(half)))
    (row,) = cb.compare_groups(data, "q", by="g", reference="b", comparison="odds_ratio", method="woolf").rows
    half = z * math.sqrt(2.5)
    assert row.estimate == pytest.approx(2.0)
    assert interval(row) == pytest.approx((2 * math.exp(-half), 2 * math.exp(half)))


def test_weighted_ratios_are_on_effective_sizes():
    data = pd.DataFrame(
        {
            "g": ["a"] * 80 + ["b"] * 60,
            "q": [1, 0, 1, 0] * 20 + [1, 0, 0] * 20,
            "w": [1.0, 2, 3, 4] * 20 + [2, 1, 1] * 20,
        }
    )
    options = {"by": "g", "reference": "b", "weights": "w", "comparison": "ratio"}
    (row,) = cb.compare_groups(data, "q", method="katz", **options).rows
    n_a, n_b = 20 * 10**2 / 30, 20 * 4**2 / 6
    half = NormalDist().inv_cdf(0.975) * math.sqrt(0.6 / 0.4 / n_a + 0.5 / 0.5 / n_b)
    assert row.estimate == pytest.approx(0.8)
    assert interval(row) == pytest.approx((0.8 * math.exp(-half), 0.8 * math.exp(half)))
    assert row.flags == ("weighted",)
    (row,) = cb.compare_groups(data, "q", **options).rows
    expected = comparison_interval(0.4 * n_a, n_a, 0.5 * n_b, n_b, comparison="ratio")
    assert interval(row) == pytest.approx(tuple(expected), rel=1e-12)


@pytest.mark.parametrize(("comparison", "method"), METHODS)
def test_with_weights_methods_that_need_whole_counts_are_refused(comparison, method):
    data = groups(a=(56, 70), b=(48, 80)).assign(w=[1.0, 2.0] * 75)
    options = {"by": "g", "weights": "w", "comparison": comparison, "adjust": "none"}
    if method not in WHOLE:
        (row,) = cb.compare_groups(data, "q", method=method, **options).rows
        assert row.conf_low < row.estimate < row.conf_high
        return
    for even in (
        data,
        data.assign(w=1.0),
    ):  # not even where all weigh the same: that would depend on the data
        with pytest.raises(MethodError, match=r"`method`.*Use method='miettinen_nurminen'") as caught:
            cb.compare_groups(even, "q", method=method, **options)
    fix = caught.value.fix.partition("'")[2].partition("'")[0]
    assert cb.compare_groups(data, "q", method=fix, **options).method == fix


@pytest.mark.parametrize(
    ("comparison", "method", "a", "b"),
    [
        ("difference", "wald", (0, 40), (0, 50)),
        ("difference", "wald", (40, 40), (0, 50)),
        ("difference", "haldane", (40, 40), (40, 40)),
        ("ratio", "katz", (40, 40), (50, 50)),
        ("difference", "hauck_anderson", (1, 1), (20, 50)),
    ],
)
def test_methods_without_an_interval_or_without_width_are_refused(comparison, method, a, b):
    with pytest.raises(MethodError, match="with some width") as caught:
        cb.compare_groups(groups(a=a, b=b), "q", by="g", comparison=comparison, method=method)
    assert caught.value.argument == "method"
    assert f"method='{DEFAULTS[comparison]}'" in caught.value.fix
    (row,) = cb.compare_groups(groups(a=a, b=b), "q", by="g", comparison=comparison).rows
    assert row.conf_low < row.conf_high


@pytest.mark.parametrize(
    ("comparison", "method", "message"),
    [
        ("ratio", "newcombe", "'newcombe' is for comparison='difference'"),
        ("difference", "koopman", "'koopman' is for comparison='ratio'"),
        ("difference", "wilson", "one of 'newcombe'"),
        ("odds", None, "one of 'difference', 'ratio', 'odds_ratio'"),
        (None, None, "one of 'difference'"),
    ],
)
def test_methods_of_other_comparisons_are_refused(comparison, method, message):
    with pytest.raises(MethodError, match=message):
        cb.compare_groups(groups(a=(1, 2), b=(1, 2)), "q", by="g", comparison=comparison, method=method)


@pytest.mark.parametrize(("comparison", "method"), [m for m in METHODS if m[0] != "difference"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_nothing_against_nothing_has_no_estimate_and_says_so(comparison, method, weights):
    if weights and method in WHOLE:
        return
    data = groups(a=(0, 40), b=(0, 50), c=(20, 40)).assign(w=1.0)
    result = cb.compare_groups(
        data, "q", by="g", comparison=comparison, method=method, weights=weights, adjust="none"
    )
    none, up, again = result.rows
    words = comparison.replace("_", " ")
    assert math.isnan(none.estimate)
    assert none.flags[-1] == "undefined"
    assert any(note.startswith(f"1 {words} is 0 / 0") for note in result.notes)
    assert none.conf_low < 1 < none.conf_high
    assert up.estimate == again.estimate == math.inf
    assert "undefined" not in up.flags
    assert 0 <= up.conf_low < up.conf_high
    assert (up.conf_high == math.inf) == (method != "gart")
    assert any(note.startswith("inf (infinity): a ratio with a denominator of 0") for note in result.notes)
    assert "inf " in repr(result)


def test_everybody_against_everybody():
    data = groups(a=(40, 40), b=(50, 50), c=(20, 40))
    alike, down, _ = cb.compare_groups(data, "q", by="g", comparison="odds_ratio").rows
    assert math.isnan(alike.estimate)
    assert (alike.conf_low, alike.conf_high) == (0, math.inf)
    assert (down.estimate, down.conf_low) == (0, 0)
    alike, down, _ = cb.compare_groups(data, "q", by="g", comparison="ratio").rows
    assert alike.estimate == 1
    assert alike.conf_low < 1 < alike.conf_high < math.inf
    assert down.estimate == 0.5


def test_plain_comparisons_have_no_note_on_ratios():
    data = groups(a=(10, 40), b=(20, 40))
    assert cb.compare_groups(data, "q", by="g").notes == ()
    assert cb.compare_groups(data, "q", by="g", comparison="ratio").notes == ()
    (note,) = cb.compare_groups(data, "q", by="g", comparison="odds_ratio").notes
    assert "further from 1" in note


# ---- questions with several answers ----------------------------------------------------------------------


def test_every_level_has_rows_of_its_own():
    data = pd.DataFrame({"g": ["a", "b"] * 60, "s": ["low", "mid", "high", "low"] * 30})
    how = {"by": "g", "reference": "b", "adjust": "none"}
    result = cb.compare_groups(data, Item("s", each_level=True, label="pay"), **how)
    assert [(r.item, r.level, r.label) for r in result.rows] == [
        ("s", "high", "pay: high"),
        ("s", "low", "pay: low"),
        ("s", "mid", "pay: mid"),
    ]
    assert [(r.count, r.count_reference) for r in result.rows] == [(30, 0), (30, 30), (0, 30)]
    assert result.n_comparisons == 3
    assert result.to_frame()["level"].tolist() == ["high", "low", "mid"]
    assert repr(result).splitlines()[1].split()[:3] == ["item", "level", "group"]
    (one,) = cb.compare_groups(data, Item("s", yes="high"), **how).rows
    assert (interval(one), one.p_value) == (interval(result.rows[0]), result.rows[0].p_value)
    assert one.level == "high"


def test_every_choice_has_rows_of_its_own():
    data = pd.DataFrame({"g": ["a", "b"] * 60, "m1": [1, 0, 1, 1] * 30, "m2": [0, 1, 0, 0] * 30})
    data.loc[:9, ["m1", "m2"]] = 0  # nothing ticked: not in the base
    question = SelectAll(["m1", "m2"], label="by", choices=["email", "phone"])
    result = cb.compare_groups(data, question, by="g", reference="b", comparison="ratio")
    assert [(r.level, r.n, r.n_reference) for r in result.rows] == [("email", 55, 55), ("phone", 55, 55)]
    shares = {(r.level, r.group[0][1]): r.estimate for r in cb.proportions(data, question, by="g").rows}
    for row in result.rows:
        assert row.estimate == shares[row.level, "a"] / shares[row.level, "b"]
    assert "level" in repr(result).splitlines()[1]


# ---- in the brief ------------------------------------------------------------------------------------------


def table(comparison, **options):
    data = groups(a=(0, 40), b=(0, 50), c=(600, 4000), d=(3900, 4000))
    result = cb.compare_groups(data, Item("q", label="a rise"), by="g", comparison=comparison, **options)
    return cb.brief(result, title="t", figures=False).to_markdown()


def test_ratios_are_printed_as_ratios():
    text = table("ratio", adjust="none")
    assert "## Comparisons between groups" in text
    assert "Ratios by g" in text
    assert "Ratio (95% interval, not adjusted)" in text
    assert "points" not in text
    assert "Differences" not in text
    assert "| undefined (0 to infinity) | 1.0000 |" in text
    low = comparison_interval(600, 4000, 0, 40, comparison="ratio").low
    assert f"| infinity ({low:.2f} to infinity) |" in text
    low, high = comparison_interval(3900, 4000, 600, 4000, comparison="ratio")
    assert f"| 6.50 ({low:.2f} to {high:.2f}) |" in text
    assert "Intervals of ratios: Koopman" in text
    assert "Tests of ratios: Fisher's exact test, score test (Pearson's chi-squared)." in text
    assert "1 is no difference" in text
    assert "1 ratio is 0 / 0" in text  # notes are told although there is no table of bases


def test_odds_ratios_are_printed_as_odds_ratios():
    text = table("odds_ratio", method="cornfield_exact", adjust="none")
    assert "Odds ratio (95% interval, not adjusted)" in text
    assert "compares odds, not shares" in text
    low, high = comparison_interval(3900, 4000, 600, 4000, comparison="odds_ratio", method="cornfield_exact")
    assert f"| 221 ({low:.0f} to {high:.0f}) |" in text
    assert "Intervals of odds ratios: Cornfield exact" in text


def test_differences_are_printed_in_points():
    text = table("difference")
    assert "## Comparisons between groups" in text
    assert "Difference in points (95% interval, adjusted)" in text
    assert "| +83 (+81 to +84) |" in text
    assert "Intervals of differences: Newcombe" in text
    assert "Tests of differences: Fisher's exact test, score test" in text
    assert "atio" not in text


# ---- what must hold whatever the data are -------------------------------------------------------------------

share = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@some
@given(share, share)
def test_turning_a_difference_round_changes_its_sign_only(a, b):
    data = groups(a=a, b=b)
    (one,) = cb.compare_groups(data, "q", by="g", reference="b", adjust="none").rows
    (other,) = cb.compare_groups(data, "q", by="g", reference="a", adjust="none").rows
    assert one.estimate == -other.estimate
    assert interval(one) == pytest.approx((-other.conf_high, -other.conf_low), abs=1e-14)
    assert one.p_value == pytest.approx(other.p_value, abs=1e-14)
    assert -1 <= one.conf_low <= one.estimate <= one.conf_high <= 1
    assert interval(one) == pytest.approx(newcombe(a[0] / a[1], a[1], b[0] / b[1], b[1]), abs=1e-12)


@some
@given(share, share, st.sampled_from(["ratio", "odds_ratio"]))
def test_turning_a_ratio_round_turns_it_upside_down(a, b, comparison):
    data, options = groups(a=a, b=b), {"by": "g", "comparison": comparison, "adjust": "none"}
    (one,) = cb.compare_groups(data, "q", reference="b", **options).rows
    (other,) = cb.compare_groups(data, "q", reference="a", **options).rows
    with np.errstate(divide="ignore"):
        turned = [float(np.divide(1.0, v)) for v in (other.estimate, other.conf_high, other.conf_low)]
    assert [one.estimate, *interval(one)] == pytest.approx(turned, rel=1e-12, nan_ok=True)
    assert math.isnan(one.estimate) == ("undefined" in one.flags)
    assert math.isnan(one.estimate) or one.conf_low <= one.estimate <= one.conf_high
    assert 0 <= one.conf_low < one.conf_high


@some
@given(share, share)
def test_an_odds_ratio_is_further_from_1_than_the_ratio(a, b):
    data = groups(a=a, b=b)
    (ratio,) = cb.compare_groups(data, "q", by="g", comparison="ratio", adjust="none").rows
    (odds,) = cb.compare_groups(data, "q", by="g", comparison="odds_ratio", adjust="none").rows
    if not math.isnan(ratio.estimate) and not math.isnan(odds.estimate):
        assert odds.estimate >= ratio.estimate * (1 - 1e-12) >= 1 or (
            odds.estimate <= ratio.estimate * (1 + 1e-12) <= 1 + 1e-12
        )


@some
@given(share, share)
def test_no_differs_as_much_as_yes(a, b):
    data = groups(a=a, b=b)
    (yes,) = cb.compare_groups(data, Item("q", yes=1, no=0), by="g", adjust="none").rows
    (no,) = cb.compare_groups(data, Item("q", yes=0, no=1), by="g", adjust="none").rows
    assert yes.estimate == pytest.approx(-no.estimate, abs=1e-15)
    assert interval(yes) == pytest.approx((-no.conf_high, -no.conf_low), abs=1e-12)
    assert yes.p_value == pytest.approx(no.p_value, abs=1e-12)


@some
@given(st.lists(share, min_size=2, max_size=5), st.sampled_from([1e-200, 0.1, 3.0, 1e200]), st.integers(0, 9))
def test_the_scale_of_weights_and_the_order_of_rows_change_nothing(parts, factor, seed):
    data = groups(**{f"g{i}": part for i, part in enumerate(parts)})
    data["w"] = np.random.default_rng(seed).choice([0.5, 1.0, 2.0], len(data))
    before = cb.compare_groups(data, "q", by="g", weights="w", adjust="none").to_frame()
    changed = data.assign(w=data["w"] * factor).sample(frac=1, random_state=seed)
    after = cb.compare_groups(changed, "q", by="g", weights="w", adjust="none").to_frame()
    pd.testing.assert_frame_equal(before, after, rtol=1e-9, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.lists(share, min_size=2, max_size=5))
def test_adjusted_p_values_are_no_smaller_and_keep_their_order(parts):
    rows = cb.compare_groups(groups(**{f"g{i}": p for i, p in enumerate(parts)}), "q", by="g").rows
    assert all(0 <= r.p_value <= r.p_adjusted <= 1 for r in rows)
    ordered = sorted(rows, key=lambda r: r.p_value)
    assert all(a.p_adjusted <= b.p_adjusted for a, b in itertools.pairwise(ordered))
