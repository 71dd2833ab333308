"""Numbers in words: no percentage says more than its counts."""

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.reporting import wording as say


@pytest.mark.parametrize(
    ("share", "n", "text"),
    [
        (1 / 3, 120, "33%"),
        (0.0, 120, "0%"),
        (1.0, 120, "100%"),
        (316 / 2288, 2288, "13.8%"),
        (1 / 400, 400, "0.2%"),
        (399 / 400, 400, "99.8%"),
        (1 / 10**6, 10**6, "<0.01%"),
        (1 - 1 / 10**6, 10**6, ">99.99%"),
        (math.nan, 0, "–"),
    ],
)
def test_percent(share, n, text):
    assert say.percent(share, n) == text


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_percent_never_rounds_to_none_or_all(pair):
    x, n = pair
    text = say.percent(x / n, n)
    assert (text == "0%") == (x == 0)
    assert (text == "100%") == (x == n)


@pytest.mark.parametrize(("n", "bound"), [(120, "3%"), (33, "9%"), (100, "3%")])
def test_zero_prints_the_rates_that_cannot_be_ruled_out(n, bound):
    result = cb.proportions(pd.DataFrame({"a": [0] * n}), cb.Item("a", label="a degree"), people="graduates")
    lead, number, rest = say.claim(result.rows[0], result)
    assert (lead, number) == ("", "None")
    assert f"of the {n} graduates reported a degree (0 of {n};" in rest
    assert f"rates up to about {bound} cannot be ruled out" in rest


def test_all_prints_the_rates_that_cannot_be_ruled_out():
    result = cb.proportions(pd.DataFrame({"a": [1] * 33}), "a")
    _, number, rest = say.claim(result.rows[0], result)
    assert number == "All"
    assert "rates down to about 91% cannot be ruled out" in rest  # 1 - .087 = .913


def test_small_bases_lead_with_counts():
    result = cb.proportions(pd.DataFrame({"a": [1, 1, 1] + [0] * 9}), "a")
    _, number, rest = say.claim(result.rows[0], result)
    assert number == "3 of 12"
    assert "(25%; 95% interval 9% to 53%)" in rest


def test_nested_claim_states_both_bases():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [1] * 12 + [0] * 28 + [None] * 80})
    result = cb.proportions(
        data, cb.Item("b", label="knowledge"), among=cb.Item("a", label="better work"), people="people"
    )
    assert " ".join(say.claim(result.rows[0], result)) == (
        "Among the 40 people who reported better work, 30% reported knowledge "
        "(12 of 40; 95% interval 18% to 45%; that is 12 of all 120 people)."
    )


def test_people_who_did_not_answer_are_told():
    result = cb.proportions(pd.DataFrame({"a": [1] * 40 + [0] * 57 + [None] * 23}), "a", people="people")
    _, number, rest = say.claim(result.rows[0], result)
    assert number == "41%"
    assert rest.startswith("of the 97 people who answered this question reported a (40 of 97;")
    assert "23 did not answer" in rest


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
@given(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(0, 5),
)
def test_every_percentage_stands_with_its_count_base_and_interval(pair, missing):
    x, n = pair
    data = pd.DataFrame({"a": [1] * x + [0] * (n - x) + [None] * missing})
    result = cb.proportions(data, "a", people="people")
    lead, number, rest = say.claim(result.rows[0], result)
    text = f"{lead} {number} {rest}"
    assert f"{x} of {n}" in text
    assert f"of the {n} people" in text or f"of {n} people" in text
    assert re.search(r"95% interval \S+% to \S+%", text)


@pytest.mark.parametrize(
    ("difference", "text"), [(0.2, "+20.0"), (-0.2, "-20.0"), (0.0, "0.0"), (1e-5, "0.0"), (-1e-5, "0.0")]
)
def test_points(difference, text):
    assert say.points(difference, 1_000) == text


def test_p_values():
    assert say.p_value(0.00001) == "<0.001"
    assert say.p_value(0.0456) == "0.046"


def test_points_of_few_people_have_no_decimals():
    assert say.points(-0.345, 8) == "-34"
    assert say.points(0.001, 8) == "0"


@pytest.mark.parametrize(
    ("bound", "n", "upper", "text"),
    [
        (0.0247, 120, True, "3%"),
        (0.0868, 33, True, "9%"),
        (1 - 0.0868, 33, False, "91%"),
        (0.00131, 2288, True, "0.14%"),
        (1 - 0.00131, 2288, False, "99.86%"),
        (0.03, 100, True, "3%"),
    ],
)
def test_bounds_are_rounded_away_from_what_was_observed(bound, n, upper, text):
    assert say.about(bound, n, upper=upper) == text


def test_weighted_findings_name_the_subset_and_the_people_behind_them():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [1] * 12 + [0] * 28 + [None] * 80, "w": [2.0] * 120})
    nested = cb.proportions(data, "b", among="a", weights="w", people="people")
    text = " ".join(say.weighted_claim(nested.rows[0], nested))
    assert text.startswith(
        "Estimated: 30% of those among the population that the weights of people stand for"
    )
    assert "who report a would report b (12 of 40 answers; n_effective 40;" in text
    none = cb.proportions(data.assign(a=0), "a", weights="w", people="people")
    text = " ".join(say.weighted_claim(none.rows[0], none))
    assert "0%" not in text.split("(")[0]
    assert "none observed" in text
    assert "(0 of 120 answers;" in text
    assert "cannot be ruled out" in text


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_the_ladder_tells_a_group_from_people_who_did_not_answer():
    data = pd.DataFrame({"a": [1, 0, 1, 0, None] * 4, "g": ["x", "x", "y", "y", "x"] * 4})
    row = cb.proportions(data, "a", by="g", people="people").rows[0]
    assert say.ladder(row) == "20 people → 12 with g = x → 8 answered → 4 reported a"
