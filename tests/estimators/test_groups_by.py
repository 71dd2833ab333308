"""Groups from several columns, from questions and from bins of numbers, in all that has `by`."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits import Item, SelectAll, SurveyDesign, all_of, any_of
from credbenefits.errors import ColumnNotFoundError, InputError
from frame_kinds import in_pandas

pytestmark = pytest.mark.filterwarnings("ignore:.*who were asked answered", "ignore:counts are not anonymous")

N = 300
RANDOM = np.random.default_rng(12)
ROWS = pd.DataFrame(
    {
        "job": RANDOM.choice(["yes", "no", None], N, p=[0.4, 0.5, 0.1]),
        "role": RANDOM.choice(["staff", "student", "tutor", None], N),
        "site": RANDOM.choice(["north", "south"], N),
        "agree": RANDOM.choice(["Agree", "agree ", "Disagree", "Refused", None], N),
        "score": RANDOM.choice([1, 2, 3, 4, 5, 99], N),
        "age": RANDOM.integers(18, 80, N),
        "income": RANDOM.normal(40_000, 9_000, N).round(2),
        "weight": RANDOM.uniform(0.5, 3, N),
        "school": RANDOM.integers(0, 25, N),
    }
)
AGREES = Item("agree", yes="Agree", refused="Refused", label="agrees")
HIGH = Item("score", at_least=4, missing=99, label="high score")
BY_HAND = {
    "agrees": ROWS["agree"].map({"Agree": "yes", "agree ": "yes", "Disagree": "no"}),
    "high score": ROWS["score"].map({1: "no", 2: "no", 3: "no", 4: "yes", 5: "yes"}),
}
DESIGN = SurveyDesign(clusters="school")


def rows_of(result):
    """Return the numbers and names of a result, but for those of the grouping columns."""
    return in_pandas(result.to_frame()).rename(columns=lambda name: name)


def same(one, two):
    pd.testing.assert_frame_equal(rows_of(one), rows_of(two))
    pd.testing.assert_frame_equal(in_pandas(one.accounts()), in_pandas(two.accounts()))


# ---- several columns -----------------------------------------------------------------------------------


@pytest.mark.parametrize("design", [None, DESIGN], ids=["kish", "clusters"])
@pytest.mark.parametrize("weights", [None, "weight"])
def test_several_columns_are_compared_as_one_column_of_their_crossings(weights, design):
    data = ROWS.assign(
        both=[
            f"role = {r}, site = {s}" if isinstance(r, str) else None
            for r, s in ROWS[["role", "site"]].values
        ]
    )
    how = {"weights": weights, "design": design}
    made = cb.compare_groups(data, ["job"], by=["role", "site"], **how)
    by_hand = cb.compare_groups(data, ["job"], by="both", **how)
    assert made.by == ("role", "site")
    assert by_hand.by == ("both",)
    same(made, by_hand)
    assert made.rows[0].group == "role = staff, site = south"
    assert made.rows[0].reference == "role = staff, site = north"
    assert "by role and site" in str(made)


@pytest.mark.parametrize(
    "reference",
    [
        {"role": "staff", "site": "north"},
        {"site": "North", "role": " staff"},
        ("staff", "north"),
        ["staff", "north"],
    ],
)
def test_a_reference_of_several_columns_has_a_value_for_each(reference):
    made = cb.compare_groups(ROWS, "job", by=["role", "site"], reference=reference)
    assert {row.reference for row in made.rows} == {"role = staff, site = north"}
    assert made.n_comparisons == 5


def test_one_column_may_be_given_as_a_list_and_its_reference_as_a_mapping():
    plain = cb.compare_groups(ROWS, "job", by="role", reference="staff")
    assert plain.by == ("role",)
    for by, reference in [(["role"], "staff"), ("role", {"role": "staff"}), (("role",), ["staff"])]:
        assert cb.compare_groups(ROWS, "job", by=by, reference=reference) == plain


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("staff", "reference={'role': 'staff', 'site': 'north'}"),
        (("staff",), "a value for each of 'role', 'site'"),
        ({"role": "staff"}, "a value for each of 'role', 'site'"),
        ({"role": "staff", "place": "north"}, "a value for each of 'role', 'site'"),
        (("staf", "north"), "Did you mean 'role = staff, site = north'"),
        ({"role": "staf", "site": "north"}, "Did you mean 'role = staff, site = north'"),
    ],
)
def test_a_reference_that_is_no_group_of_several_columns_is_refused(reference, told):
    with pytest.raises(InputError, match="`reference`") as refused:
        cb.compare_groups(ROWS, "job", by=["role", "site"], reference=reference)
    assert told in str(refused.value)


def test_crossings_that_read_alike_are_refused():
    data = pd.DataFrame({"q": [1, 0] * 20, "a": ["x", "x, b = y"] * 20, "b": ["y, b = z", "z"] * 20})
    with pytest.raises(InputError, match="differ in words"):
        cb.compare_groups(data, "q", by=["a", "b"])


def test_counts_with_several_columns_are_compared_by_all_or_by_some():
    counts = cb.count(ROWS, "job", by=["role", "site"])
    assert cb.compare_groups(counts) == cb.compare_groups(ROWS, "job", by=["role", "site"])
    fewer, by_hand = cb.compare_groups(counts, by="site"), ROWS.dropna(subset="role")
    assert fewer.by == ("site",)
    assert fewer.rows == cb.compare_groups(by_hand, "job", by="site").rows


def test_comparisons_by_several_columns_are_in_a_brief(tmp_path):
    made = cb.compare_groups(ROWS, "job", by=["role", "site"])
    brief = cb.brief(made, title="Groups", figures=False)
    text = brief.to_markdown()
    assert "15 comparisons by role and site among respondents" in text
    assert "role = staff, site = south against role = staff, site = north" in text
    brief.save(tmp_path / "out")
    table = pd.read_csv(next((tmp_path / "out").rglob("differences.csv")))
    assert set(table["by"]) == {"role and site"}


# ---- questions -----------------------------------------------------------------------------------------


EITHER = any_of(AGREES, HIGH, label="agrees or high")
BOTH = all_of(AGREES, HIGH, label="agrees and high")
BY_HAND["agrees or high"] = pd.Series(
    np.select(
        [
            (BY_HAND["agrees"] == "yes") | (BY_HAND["high score"] == "yes"),
            pd.DataFrame(BY_HAND).isna().any(axis=1),
        ],
        ["yes", None],
        "no",
    )
)
BY_HAND["agrees and high"] = pd.Series(
    np.select(
        [
            (BY_HAND["agrees"] == "no") | (BY_HAND["high score"] == "no"),
            pd.DataFrame(BY_HAND).iloc[:, :2].isna().any(axis=1),
        ],
        ["no", None],
        "yes",
    )
)


@pytest.mark.parametrize("design", [None, DESIGN], ids=["kish", "clusters"])
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize(
    "question", [AGREES, HIGH, EITHER, BOTH], ids=["yes", "at_least", "any_of", "all_of"]
)
def test_a_question_makes_the_groups_that_a_column_made_by_hand_does(question, weights, design):
    name, how = question.label, {"weights": weights, "design": design}
    data = ROWS.assign(**BY_HAND)
    for by, other in ([question], [name]), (["site", question], ["site", name]):
        same(cb.proportions(data, "job", by=by, **how), cb.proportions(data, "job", by=other, **how))
        same(cb.compare_groups(data, "job", by=by, **how), cb.compare_groups(data, "job", by=other, **how))
        counts = cb.count(data, "job", by=by, **how)
        assert counts.by == tuple(other)
        same(cb.proportions(counts), cb.proportions(data, "job", by=by, **how))
        assert cb.compare_groups(counts) == cb.compare_groups(data, "job", by=by, **how)
        assert cb.proportions(counts).notes == cb.proportions(data, "job", by=by, **how).notes


def test_a_question_of_every_answer_makes_a_group_of_each():
    each = Item("agree", each_level=True, refused="Refused")
    data = ROWS.assign(agree=ROWS["agree"].replace({"agree ": "Agree", "Refused": None}))
    made = cb.proportions(ROWS, "job", by=each)
    same(made, cb.proportions(data, "job", by="agree"))
    assert any("'agree ' (48 rows) read as 'Agree'" in note for note in made.notes)


@settings(max_examples=40, deadline=None)
@given(
    answers=st.lists(st.sampled_from(["a", "A ", "b", "c", "DK", None]), min_size=30, max_size=60),
    yes=st.sets(st.sampled_from(["a", "b"]), min_size=1),
    seed=st.integers(0, 99),
)
def test_a_question_and_a_column_made_by_hand_are_one(answers, yes, seed):
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"q": random.choice([1, 0], len(answers)), "x": pd.Series(answers, dtype=object)})
    asked = Item("x", yes=sorted(yes), no=sorted({"a", "b", "c"} - yes), missing="DK", label="group")
    said = {v: "yes" if v.strip().casefold() in yes else "no" for v in ("a", "A ", "b", "c")}
    data["group"] = data["x"].map(said)
    try:
        by_hand = cb.proportions(data, "q", by="group")
    except InputError:  # nobody is in any group
        with pytest.raises(InputError, match="`by`"):
            cb.proportions(data, "q", by=asked)
        return
    same(cb.proportions(data, "q", by=asked), by_hand)
    k = len(answers) // 2
    parts = [cb.count(part, "q", by=asked) for part in (data[:k], data[k:])]
    same(cb.proportions(sum(parts)), by_hand)


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas, lambda d: d.convert_dtypes()])
def test_questions_make_the_same_groups_in_every_kind_of_frame(make):
    for by in ([AGREES], ["site", HIGH], [EITHER], Item("score", each_level=True, missing=99)):
        want, made = (cb.proportions(data, "job", by=by) for data in (ROWS, make(ROWS)))
        same(made, replace(want, frame_kind=made.frame_kind))
        assert made.notes == want.notes


def test_counts_by_questions_add_up_and_can_be_sent():
    by = [AGREES, EITHER, "site"]
    whole = cb.count(ROWS, "job", by=by, design=DESIGN)
    parts = [cb.count(ROWS[a:b], "job", by=by, design=DESIGN) for a, b in ((0, 70), (70, 210), (210, N))]
    assert sum(parts) == whole
    sent = cb.Counts.from_json(whole.to_json())
    assert sent == whole
    assert sent.by == ("agrees", "agrees or high", "site")
    assert cb.compare_groups(sent) == cb.compare_groups(ROWS, "job", by=by, design=DESIGN)
    assert cb.Counts.from_frame(whole.to_frame(), like=whole) == whole
    same(cb.proportions(whole, by=AGREES), cb.proportions(whole, by="agrees"))


def test_counts_by_another_question_of_the_same_name_do_not_add_up():
    other = Item("agree", yes="Disagree", refused="Refused", label="agrees")
    with pytest.raises(InputError, match="questions"):
        cb.count(ROWS, "job", by=AGREES) + cb.count(ROWS, "job", by=other)
    with pytest.raises(InputError, match=r"`by`: expected questions as they were counted.*by='agrees'"):
        cb.proportions(cb.count(ROWS, "job", by=AGREES), by=other)


def test_groups_of_a_question_within_a_subset():
    data = ROWS.assign(**BY_HAND)
    for by in (AGREES, HIGH):
        made = cb.proportions(data, "job", by=by, among=Item("role", yes="staff"))
        same(made, cb.proportions(data, "job", by=by.label, among=Item("role", yes="staff")))


def test_an_answer_that_nobody_gave_is_a_group_that_nobody_is_in():
    data = ROWS.assign(all="yes")
    made = cb.proportions(data, "job", by=Item("all"))
    assert [dict(row.group) for row in made.rows] == [{"all": "yes"}]
    assert "all: nobody is in 'no'" in made.notes
    with pytest.raises(InputError, match=r"`by`: expected at least two groups; got 'all': 'yes'"):
        cb.compare_groups(data, "job", by=Item("all"))


def test_transitions_have_groups_of_questions_and_of_bins():
    first = ROWS.assign(**BY_HAND, id=range(N), job=ROWS["job"].fillna("no"))
    later = first[["id"]].assign(job=np.roll(first["job"], 3))
    panel = cb.link_waves({"before": first, "after": later}, on="id")
    for by, hand in ((AGREES, "agrees"), (["site", EITHER], ["site", "agrees or high"])):
        made, want = (cb.transitions(panel, "job", by=each) for each in (by, hand))
        pd.testing.assert_frame_equal(made.to_frame(), want.to_frame())
    made = cb.transitions(panel, "job", by="age", bins={"age": [30, 50]})
    assert list(made.to_frame()["age"].unique()) == ["below 30", "30 to below 50", "50 or more"]


WRONG = {
    "a question twice": ([AGREES, AGREES], ["each name once", "'agrees' more than once", "label="]),
    "a column and its question": (["agree", replace(AGREES, label="agree")], ["'agree' more than once"]),
    "a question of ticks": (
        SelectAll(["role", "site"]),
        ["one answer per person", "Item(column, yes=[...])"],
    ),
    "a question of ticks in a list": (["role", SelectAll(["role", "site"])], ["one answer per person"]),
    "no yes and no no": (Item("role"), ["yes/no item", "Item('role', yes=[...])"]),
    "a yes that nobody gave": (Item("role", yes="boss"), ["answers of 'role' in yes="]),
    "a code that nobody declared": (Item("score", at_least=4), ["99", "missing=[99]"]),
    "words where numbers are meant": (Item("role", at_least=4), ["a column of numbers"]),
    "no answer at all": (Item("empty", yes="x"), ["somebody answered", "'empty'"]),
    "a name that the table has": (replace(AGREES, label="estimate"), ["'estimate'", "another label"]),
    "something else": (["role", 3], ["got 3", "as text"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_groups_is_refused(case):
    by, told = WRONG[case]
    data = ROWS.assign(empty=None)
    calls = [lambda: cb.proportions(data, "job", by=by), lambda: cb.proportions(cb.count(data, "job", by=by))]
    for call in calls:
        with pytest.raises(InputError) as refused:
            call()
        assert refused.value.argument == "by"
        assert not [text for text in told if text not in str(refused.value)], str(refused.value)


@pytest.mark.parametrize(
    ("items", "by"),
    [
        ("job", "job"),
        (["agree_twice", Item("agree", yes="Agree", refused="Refused")], "agree"),
        (replace(AGREES, label="other"), ["site", AGREES]),
        (AGREES, Item("agree", each_level=True, refused="Refused")),
        (EITHER, replace(EITHER, label="other")),
    ],
)
def test_an_item_is_not_compared_between_the_groups_that_it_makes(items, by):
    data = ROWS.assign(agree=ROWS["agree"].replace("Refused", None), agree_twice=1)
    for source in (data, cb.count(data, items, by=by)):
        with pytest.raises(InputError, match="`by`: expected groups that are not made of an item") as refused:
            cb.compare_groups(source, None if source is not data else items, by=by)
        assert "which tells the answer to" in str(refused.value)
    assert len(cb.proportions(data, items, by=by)) > 1  # a table of both shows how answers were coded


def test_an_item_is_compared_between_groups_of_another_question_of_its_column():
    made = cb.compare_groups(ROWS, Item("score", at_least=2, missing=99), by=HIGH)
    assert made.rows[0].estimate_group == 1


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ColumnNotFoundError, match=r"`by`.*'agree'"):
        cb.proportions(ROWS, "job", by=Item("agre", yes="Agree"))


def test_nothing_is_changed_and_nothing_is_said_twice():
    before = ROWS.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        made = cb.compare_groups(ROWS, "job", by=[AGREES, "site"])
    pd.testing.assert_frame_equal(ROWS, before)
    assert len(set(made.notes)) == len(made.notes)
