"""Rounding: one rule for the decimals of a table, halves away from zero, nothing rounded to what it is not."""

import math
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.reporting import rounding as r
from credbenefits.results.base import cell, p_words
from credbenefits.results.parts import Numbers


@pytest.mark.parametrize(
    ("bases", "places"), [([199, 5000], 0), ([200], 1), ([200, 0], 1), ([0], 0), ([], 0), ([1], 0)]
)
def test_one_decimal_where_the_smallest_base_is_200_or_more(bases, places):
    assert r.decimals(bases) == places


@pytest.mark.parametrize(
    ("share", "places", "text"),
    [
        (25 / 200, 0, "13%"),
        (25 / 200, 1, "12.5%"),
        (0.285, 0, "29%"),
        (57 / 200, 0, "29%"),
        (0.1 + 0.025, 0, "13%"),  # in floats a hair below
        (0.145, 0, "15%"),
        (0.005, 0, "1%"),
        (1 / 2000, 1, "0.1%"),
        (1 / 3, 0, "33%"),
        (0.0, 0, "0%"),
        (0.0, 1, "0.0%"),  # even decimals down a column; what is nearly none is "<0.1%"
        (1.0, 1, "100.0%"),
        (316 / 2288, 1, "13.8%"),
        (1 / 400, 0, "<1%"),
        (1 / 400, 1, "0.3%"),
        (399 / 400, 0, ">99%"),
        (1 / 10**6, 1, "<0.1%"),
        (1 - 1 / 10**6, 1, ">99.9%"),
        (0.1, 1, "10.0%"),
        (math.nan, 0, "–"),
    ],
)
def test_percent(share, places, text):
    assert r.percent(share, places) == text


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.integers(0, 1))
def test_percent_never_rounds_to_none_or_all(pair, places):
    x, n = pair
    text = r.percent(x / n, places)
    assert (text == ("0.0%" if places else "0%")) == (x == 0)
    assert (text == ("100.0%" if places else "100%")) == (x == n)


@given(counts, st.integers(0, 1))
def test_halves_are_those_of_the_counts_and_go_away_from_zero(pair, places):
    x, n = pair
    unit = 10**places
    exact = math.floor(Fraction(100 * x * unit, n) + Fraction(1, 2))  # no float between counts and digits
    text = r.percent(x / n, places)
    if text[0] not in "<>":
        assert Decimal(text.rstrip("%")) * unit == exact
    difference = r.points(-x / n, places)
    assert abs(Decimal(difference.replace("−", "-"))) * unit == exact
    assert difference.startswith("−") == (exact > 0)


@pytest.mark.parametrize(
    ("difference", "places", "text"),
    [
        (0.2, 1, "+20.0"),
        (-0.2, 1, "−20.0"),
        (0.0, 1, "0.0"),
        (1e-5, 1, "0.0"),
        (-1e-5, 1, "0.0"),
        (-0.345, 0, "−35"),
        (0.001, 0, "0"),
        (0.125, 0, "+13"),
        (-0.005, 0, "−1"),
        (math.nan, 0, "–"),
    ],
)
def test_points(difference, places, text):
    assert r.points(difference, places) == text


def test_number():
    assert r.number(100.5) == "101"
    assert r.number(1.005, 2) == "1.01"
    assert r.number(12345.6, 0) == "12,346"
    assert r.number(math.inf) == "infinity"
    assert r.number(math.nan) == "–"


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0, "< 0.0001"), (1e-12, "< 0.0001"), (0.0456, "0.0456"), (1.0, "1.0000"), (math.nan, "–")],
)
def test_p_values_have_one_style_and_are_never_zero(p, text):
    assert p_words(p) == text


@given(st.floats(0, 1))
def test_no_p_value_reads_as_zero(p):
    assert p_words(p) != "0.0000"


def test_p_values_of_printed_tables_are_never_zero():
    data = pd.DataFrame({"a": [1] * 90 + [0] * 10 + [1] * 10 + [0] * 90, "g": ["x"] * 100 + ["y"] * 100})
    result = cb.compare_groups(data, "a", by="g")
    assert result.rows[0].p_adjusted < 1e-4
    assert "0.0000" not in repr(result)
    assert "0.0000" not in result._repr_html_()
    assert "< 0.0001" in repr(result)
    assert "&lt; 0.0001" in result._repr_html_()
    assert cell(0.25) == "0.2500"


def test_whole_questions_that_do_not_add_up_are_named():
    assert r.not_hundred([("q", (0.2559, 0.2559, 0.4882))], 0) == ["q"]
    assert r.not_hundred([("q", (0.25, 0.25, 0.5))], 0) == []
    assert r.not_hundred([("q", (0.126,)), ("q", (0.874,))], 0) == []  # not one question
    assert r.not_hundred([("q", (0.125, 0.875)), ("q", (0.125, 0.875))], 0) == ["q"]
    assert r.not_hundred([("q", (0.125, 0.5))], 0) == []  # no whole
    assert r.not_hundred([("q", (math.nan, 0.5))], 0) == []


def test_minus_signs_are_true_and_cells_are_filled_by_one_rule():
    assert r.number(-1.5, 1) == "−1.5"
    assert r.filled(Numbers("{} ({} to {})", (1 / 3, 0.0, 1.0)), 1) == "33.3% (0.0% to 100.0%)"
    assert r.filled(Numbers("{} ({} to {})", (-0.125, -0.2, 0.05), "points"), 0) == "−13 (−20 to +5)"
    assert r.filled(Numbers("{}", (1.234,), "number"), 0) == "1.23"
    assert r.filled(Numbers("{{a}} {}", (math.nan,)), 0) == "{a} –"


def test_differences_of_printed_shares():
    assert r.same_difference(0.70, 0.61, 0.09, 0)
    assert not r.same_difference(0.334, 0.246, 0.088, 0)
    assert r.same_difference(math.nan, 0.246, math.nan, 0)


def test_a_share_a_hair_below_0_is_0_and_one_below_has_a_true_minus():
    assert r.percent(-1e-17, 0) == "0%"
    assert r.percent(-0.0, 1) == "0.0%"
    assert r.percent(-0.034, 1) == "−3.4%"
