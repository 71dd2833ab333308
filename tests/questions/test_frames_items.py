"""Which answers count as yes, as no, and as none."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits import Item
from credbenefits.errors import InputError
from credbenefits.frames.answers import read_answers
from credbenefits.frames.boundary import read
from credbenefits.questions.item import as_items


def status(values, item="q", missing=(), make=pd.DataFrame):
    column = pd.Series(values, dtype=object) if make is pd.DataFrame else values
    given_item = item if isinstance(item, Item) else Item(item)
    return read_answers(read(make({"q": column})), given_item, "items", missing)[0].status.tolist()


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("yes", "no"),
        ("Yes ", " NO"),
        (True, False),
        (1, 0),
        (1.0, 0.0),
        ("1", "0"),
        ("y", "n"),
        ("TRUE", "False"),
    ],
)
def test_the_usual_words_need_no_declaration(yes, no):
    assert status([yes, no, None, yes, float("nan"), ""]) == [1, 0, -1, 1, -1, -1]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_frame_is_read_alike(make):
    assert status(["yes", "no", None], make=make) == [1, 0, -1]
    assert status([True, False, None], make=make) == [1, 0, -1]
    assert status([1, 0, None], make=make) == [1, 0, -1]
    assert status([5, 4, None, 1], Item("q", yes=[4, 5]), make=make) == [1, 1, -1, 0]


def test_one_sided_answers_are_yes_or_no_items_too():
    assert status(["yes", "yes", None]) == [1, 1, -1]
    assert status([0, 0]) == [0, 0]
    assert status(["no", "no"], Item("q", yes="yes")) == [0, 0]


def test_other_answers_need_a_declaration():
    with pytest.raises(InputError) as problem:
        status(["Agree", "Disagree", "Prefer not to say"])
    assert "'Agree', 'Disagree', 'Prefer not to say'" in str(problem.value)
    assert "Item('q', yes=[...], refused=['Prefer not to say'])" in problem.value.fix


def test_declared_answers_are_yes_and_the_others_no():
    assert status(
        ["Agree", " agree", "Strongly agree", "Neutral", None], Item("q", yes=["agree", "strongly agree"])
    ) == [1, 1, 1, 0, -1]


def test_a_misspelt_yes_is_refused_with_the_answers_there_are():
    with pytest.raises(InputError) as problem:
        status(["Agree", "Disagree"], Item("q", yes="Agreed"))
    assert "'Agree', 'Disagree'" in str(problem.value)
    assert "spelling" in problem.value.fix


def test_an_answer_that_nobody_gave_is_reported_beside_those_given():
    frame = read(pd.DataFrame({"q": ["Agree", "Disagree"]}))
    assert read_answers(frame, Item("q", yes=["Agree", "Stronly agree"]), "items")[0].unheard == (
        "Stronly agree",
    )
    assert read_answers(frame, Item("q", yes="Agree"), "items")[0].unheard == ()


@pytest.mark.parametrize(
    "refusal", ["Prefer not to say", "don't know", "Don’t know", "N/A", "REFUSED", "not asked"]
)
def test_refusals_are_neither_yes_nor_no(refusal):
    with pytest.raises(InputError, match="look like no answer"):
        status(["Agree", "Disagree", refusal], Item("q", yes="Agree"))
    assert status(["Agree", "Disagree", refusal], Item("q", yes="Agree", missing=refusal)) == [1, 0, -2]
    assert status(["Agree", "Disagree", refusal], Item("q", yes="Agree"), missing=[refusal]) == [1, 0, -2]


def test_refusals_can_be_declared_answers():
    assert status(
        ["Agree", "Disagree", "Don't know"], Item("q", yes="Agree", no=["Disagree", "don't know"])
    ) == [1, 0, 0]


def test_negative_codes_are_refused_until_declared():
    with pytest.raises(InputError, match="-8 in 2 rows"):
        status([1, 0, -8, -8], Item("q", yes=1))
    with pytest.raises(InputError, match="-8 in 2 rows"):
        status([1, 0, -8, -8])
    with pytest.raises(InputError, match="-1 in 1 row"):  # no scale: 0/1 with one code
        status([1, 0, -1], Item("q", yes=1))
    assert status([1, 0, -8, -8], Item("q", missing=-8)) == [1, 0, -2, -2]
    assert status([2, 1, -1, -2], Item("q", yes=[1, 2], no=[-1, -2])) == [1, 1, 0, 0]


def test_with_both_sides_declared_anything_else_is_refused():
    item = Item("q", yes="Agree", no="Disagree")
    assert status(["Agree", "Disagree", None], item) == [1, 0, -1]
    with pytest.raises(InputError, match=r"'Neutral' \(2 rows\)"):
        status(["Agree", "Neutral", "Neutral"], item)
    assert status(["Disagree", "Disagree"], item) == [0, 0]


def test_yes_and_no_must_not_overlap():
    for lists in ({"yes": ["Agree"], "no": [" agree"]}, {"yes": [1], "missing": ["1.0"]}):
        with pytest.raises(InputError, match="in both"):
            Item("q", **lists)


def test_a_column_without_answers_is_refused():
    with pytest.raises(InputError, match=r"missing in all rows \(3\)"):
        status([None, "", float("nan")])
    with pytest.raises(InputError, match=r"missing in all rows \(2\)"):
        status([-9, -9], missing=[-9])


def test_measurements_are_refused():
    with pytest.raises(InputError, match="at most 200 different answers"):
        status([*range(300)] * 2, Item("q", yes=1))


def test_items_in_lists():
    assert [i.column for i in as_items("items", ["a", Item("b")])] == ["a", "b"]
    assert as_items("items", None) == ()
    assert len(as_items("items", [Item("a", yes=1, label="one"), Item("a", yes=2, label="two")])) == 2
    with pytest.raises(InputError, match="different labels"):
        as_items("items", [Item("a", yes=1), Item("a", yes=2)])
    with pytest.raises(InputError, match="'a' more than once"):
        as_items("items", ["a", "a"])
    for wrong in (3, [3], {"a": 1}):
        with pytest.raises(InputError, match="`items`"):
            as_items("items", wrong)


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=20).filter(any),
    st.sets(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=2),
)
def test_every_answer_is_yes_or_no_and_every_gap_is_neither(values, yes):
    answers = {v for v in values if v}
    item = Item("q", yes=sorted(yes), no=sorted({"a", "b", "c"} - yes))
    assert status(values, item) == [-1 if v is None else int(v in yes) for v in values]
    if answers & yes:  # the same without naming the no
        assert status(values, Item("q", yes=sorted(yes))) == status(values, item)
