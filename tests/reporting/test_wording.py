"""Findings in words: no percentage says more than its counts; every method and test has a printed name."""

import re
from typing import get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import _typing as t
from credbenefits.reporting import words as say
from credbenefits.results.parts import StudyWords

#: Without labels of the study.
PLAIN = StudyWords()


@pytest.mark.parametrize(("n", "bound"), [(120, "3%"), (33, "10%"), (100, "4%"), (29, "12%")])
def test_zero_prints_one_number_for_the_rates_that_cannot_be_ruled_out(n, bound):
    result = cb.proportions(pd.DataFrame({"a": [0] * n}), cb.Item("a", label="a degree"), people="graduates")
    lead, number, rest = say.claim(result.rows[0], result, 0, PLAIN)
    assert (lead, number) == ("", "None")
    assert f"of the {n} graduates reported a degree (0 of {n};" in rest
    assert f"95% interval 0% to {bound}; rates up to {bound} cannot be ruled out" in rest


def test_all_prints_the_rates_that_cannot_be_ruled_out():
    result = cb.proportions(pd.DataFrame({"a": [1] * 33}), "a")
    _, number, rest = say.claim(result.rows[0], result, 0, PLAIN)
    assert number == "All"
    assert "95% interval 90% to 100%; rates down to 90% cannot be ruled out" in rest


def test_small_bases_lead_with_counts():
    result = cb.proportions(pd.DataFrame({"a": [1, 1, 1] + [0] * 9}), "a")
    _, number, rest = say.claim(result.rows[0], result, 0, PLAIN)
    assert number == "3 of 12"
    assert "(25%; 95% interval 9% to 53%)" in rest


def test_nested_claim_states_both_bases():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [1] * 12 + [0] * 28 + [None] * 80})
    result = cb.proportions(
        data, cb.Item("b", label="knowledge"), among=cb.Item("a", label="better work"), people="people"
    )
    assert " ".join(say.claim(result.rows[0], result, 0, PLAIN)) == (
        "Among the 40 people who reported better work, 30% reported knowledge "
        "(12 of 40; 95% interval 18% to 45%; that is 12 of all 120 people)."
    )


def test_people_who_did_not_answer_are_told():
    result = cb.proportions(pd.DataFrame({"a": [1] * 40 + [0] * 57 + [None] * 23}), "a", people="people")
    _, number, rest = say.claim(result.rows[0], result, 0, PLAIN)
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
    lead, number, rest = say.claim(result.rows[0], result, 0, PLAIN)
    text = f"{lead} {number} {rest}"
    assert f"{x} of {n}" in text
    assert (
        f"of the {n} people" in text or f"of {n} people" in text or "The one person among the people" in text
    )
    assert re.search(r"95% interval \S+% to \S+%", text)


def test_weighted_findings_name_the_subset_and_the_people_behind_them():
    data = pd.DataFrame({"a": [1] * 40 + [0] * 80, "b": [1] * 12 + [0] * 28 + [None] * 80, "w": [2.0] * 120})
    nested = cb.proportions(data, "b", among="a", weights="w", people="people")
    text = " ".join(say.weighted_claim(nested.rows[0], nested, 0, PLAIN))
    assert text.startswith(
        "Estimated: 30% of those among the population that the weights of people stand for"
    )
    assert "who report a would report b (30% unweighted: 12 of 40 with a weight; effective sample 40;" in text
    none = cb.proportions(data.assign(a=0), "a", weights="w", people="people")
    text = " ".join(say.weighted_claim(none.rows[0], none, 0, PLAIN))
    assert "0%" not in text.split("(")[0]
    assert "Estimated: none of the 120 people who stand for" in text
    assert "(0% unweighted: 0 of 120 with a weight;" in text
    assert "cannot be ruled out" in text


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_the_ladder_tells_a_group_from_people_who_did_not_answer():
    data = pd.DataFrame({"a": [1, 0, 1, 0, None] * 4, "g": ["x", "x", "y", "y", "x"] * 4})
    row = cb.proportions(data, "a", by="g", people="people").rows[0]
    assert say.ladder(row, PLAIN) == "20 people → 12 with g = x → 8 answered → 4 reported a"


@pytest.mark.parametrize(
    ("answers", "start"),
    [
        ([1], "The one person among the nurses reported a new job (1 of 1;"),
        ([0], "The one person among the nurses did not report a new job (0 of 1;"),
        ([1, 1], "Both of the 2 nurses reported a new job (2 of 2;"),
        ([0, 0], "Neither of the 2 nurses reported a new job (0 of 2;"),
        ([1, 0], "1 of 2 nurses reported a new job (50%;"),
        ([1, None], "The one person among the nurses who answered this question reported a new job (1 of 1;"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_one_and_two_people_are_not_a_plural_of_percentages(answers, start):
    result = cb.proportions(pd.DataFrame({"a": answers}), cb.Item("a", label="a new job"), people="nurses")
    assert " ".join(say.claim(result.rows[0], result, 0, PLAIN)).strip().startswith(start)


def test_a_base_of_one_is_one_person_and_notes_agree_with_their_number():
    data = pd.DataFrame({"a": [1, 0, 1, 1], "g": ["x", "y", "y", None], "w": [1.0, 1, 0, 1]})
    result = cb.proportions(data, "a", by="g", weights="w", people="nurses")
    assert [row.base for row in result.rows] == [
        "1 person among the nurses (g = x)",
        "1 person among the nurses (g = y)",
    ]
    assert "1 row has no value in g and is in no group" in result.notes
    assert "1 row has weight 0 and takes no part" in result.notes


def test_a_sentence_has_the_same_decimals_for_the_estimate_and_its_interval():
    result = cb.proportions(pd.DataFrame({"a": [1] * 25 + [0] * 175}), "a")
    assert " ".join(say.claim(result.rows[0], result, 0, PLAIN)).strip().startswith("13% of the 200")
    text = " ".join(say.claim(result.rows[0], result, 1, PLAIN))
    assert "12.5% of the 200" in text
    assert "95% interval 8.6% to 17.8%" in text


INTERVALS = {
    *get_args(t.ProportionMethod),
    *get_args(t.ComparisonMethod),
    *get_args(t.PairedDifferenceMethod),
    *get_args(t.DesignMethod),
    *get_args(t.MultinomialMethod),
}
TESTS = {*get_args(t.ComparisonTestMethod), *get_args(t.PairedTestMethod), "score"}
NAMES = (
    "wilson|jeffreys|clopper|pearson|blaker|wald|korn|graubard|goodman|sison|glaz|quesenberry|hurst|fitzpatrick|"
    "scott|newcombe|miettinen|nurminen|mee|agresti|coull|caffo|min|bonett|price|tango|haldane|perks|hauck|anderson|"
    "koopman|katz|woolf|gart|cornfield|fisher|barnard|boschloo|mcnemar|holm|bonferroni|benjamini|hochberg|kish|"
    "taylor|fay|rao|wu|poisson|fagerland"
)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (say.INTERVALS, INTERVALS),
        (say.TESTS, TESTS),
        (say.ADJUSTMENTS, set(get_args(t.Adjust))),
        (say.VARIANCES, set(get_args(t.VarianceMethod))),
        (say.REPLICATES, {*get_args(t.Resampling), *get_args(t.ReplicateKind)}),
        (say.LINKS, set(get_args(t.LinkMethod))),
    ],
)
def test_every_option_has_words_for_print(words, options):
    assert set(words) == options
    for text in words.values():
        assert "_" not in text
        assert not re.search(rf"\b({NAMES})\b", text), text


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_bases_in_words_are_those_of_the_result_where_the_study_has_no_labels():
    data = pd.DataFrame(
        {"a": [1] * 40 + [0] * 20, "b": [1, 0, 1, None] * 15, "g": ["x", "y"] * 30, "h": ["u"] * 60}
    )
    for how in (
        {},
        {"by": "g"},
        {"by": ["g", "h"], "totals": True},
        {"among": "a"},
        {"among": "a", "by": "g"},
    ):
        for share in ("conditional", "joint") if "among" in how else ("conditional",):
            for row in cb.proportions(data, "b", people="nurses", share=share, **how):
                if "(all)" not in row.base:
                    assert say.base(row, PLAIN) == row.base


def test_labels_of_the_study_stand_in_every_part_of_a_base():
    words = StudyWords(
        labels={"a": "more pay", "b": "a new job", "arm": "group"}, level_labels={"arm": {"t": "treated"}}
    )
    data = pd.DataFrame({"a": [1] * 40 + [0] * 20, "b": [1, 0] * 30, "arm": ["t", "c"] * 30})
    result = cb.proportions(data, "b", among="a", by="arm", people="patients")
    row = result.rows[0]
    assert say.base(row, words) == "20 patients who reported more pay (group = c)"
    assert say.base(result.rows[1], words) == "20 patients who reported more pay (group = treated)"
    assert say.ladder(result.rows[1], words) == (
        "60 patients → 40 reported more pay → 20 with group = treated → 20 reported a new job"
    )
    whole = " ".join(say.claim(result.rows[1], result, 0, words))
    assert "patients who reported more pay (group = treated) reported a new job" in whole


def test_notes_name_columns_as_the_study_does_and_touch_no_other_word():
    words = StudyWords(labels={"a": "pay", "g": "arm", "h": "site"})
    said = [
        "a: counted as no: 'a', 'g'",
        "3 rows have no value in g or h and are in no group",
        "a design of g",
        "design: 4 strata (g), 9 clusters (h), 12 units of the second stage (i) within them",
    ]
    assert say.notes(said, ["g", "h", "a"], words) == (
        ("pay: counted as no: 'a', 'g'.",),
        ("3 rows have no value in arm or site and are in no group.",),
        ("a design of g.",),
        ("Design: 4 strata (arm), 9 clusters (site), 12 units of the second stage (i) within them.",),
    )
