"""Select-all-that-apply columns."""

from __future__ import annotations

import math

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, DataWarning, InputError


def ticks(values, *, make=pd.DataFrame, **options):
    """Split a column and return {choice: values}, missing as None."""
    column = pd.Series(values, dtype=object) if make is pd.DataFrame else values
    frame = nw.from_native(cb.split_choices(make({"how": column}), "how", **options), eager_only=True)
    return {
        name.removeprefix("how: "): [None if v is None or math.isnan(v) else v for v in frame[name].to_list()]
        for name in frame.columns
        if name != "how"
    }


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_choices_by_hand_in_every_kind_of_frame(make):
    assert ticks(["b,a", None, "b", "", "c , a"], make=make) == {
        "a": [1, None, 0, None, 1],
        "b": [1, None, 1, None, 0],
        "c": [0, None, 0, None, 1],
    }


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_frame_comes_back_as_it_went_in(make):
    data = make({"id": [1, 2, 3], "how": ["a", "b", None]})
    out = cb.split_choices(data, "how")
    assert isinstance(out, type(data))
    assert nw.from_native(out).columns == ["id", "how", "how: a", "how: b"]
    assert nw.from_native(data).columns == ["id", "how"]


def test_an_odd_index_does_no_harm():
    data = pd.DataFrame({"how": ["a", "b", "a,b"]}, index=[7, 7, 1])
    assert cb.split_choices(data, "how")["how: a"].tolist() == [1, 0, 1]
    assert data.index.tolist() == [7, 7, 1]


def test_offered_choices_may_hold_the_separator():
    values = [
        "Better knowledge, skills,Faster work",
        "Faster work",
        "Better knowledge, skills",
        "Better knowledge",
    ]
    offered = ["Better knowledge, skills", "Better knowledge", "Faster work"]
    assert ticks(values, choices=offered) == {
        "Better knowledge, skills": [1, 0, 1, 0],
        "Better knowledge": [0, 0, 0, 1],
        "Faster work": [1, 1, 0, 0],
    }


def test_offered_choices_that_nobody_ticked_have_a_column():
    assert ticks(["a", "a,b"], choices=["a", "b", "z"])["z"] == [0, 0]
    assert list(ticks(["a"], choices=["z", "a"])) == ["z", "a"]  # in the order offered


@pytest.mark.parametrize("separator", [";", "|", "\n", " / ", "; "])
def test_any_separator(separator):
    values = [separator.join(["a", "b"]), "b", None]
    expected = {"a": [1, 0, None], "b": [1, 1, None]}
    assert ticks(values, separator=separator) == expected
    assert ticks(values, separator=separator, choices=["a", "b"]) == expected


def test_none_of_these_is_an_answer_of_no_to_all():
    values = ["a", "None of these", None, "None of these, really"]
    assert ticks(values[:3], none_of_these="None of these") == {"a": [1, 0, None]}
    assert ticks(values[:3], choices=["a", "b"], none_of_these="None of these") == {
        "a": [1, 0, None],
        "b": [0, 0, None],
    }
    with pytest.raises(InputError, match="really"):
        ticks(values, choices=["a"], none_of_these="None of these")
    with pytest.raises(InputError, match="`none_of_these`"):
        ticks(["a", "none"], choices=["a", "none"], none_of_these="none")


@pytest.mark.filterwarnings("ignore:.*who were asked answered")
def test_the_base_is_who_answered():
    split = cb.split_choices(
        pd.DataFrame({"how": ["a,b", "b", None, "", "None"]}), "how", none_of_these="None"
    )
    rows = cb.proportions(split, ["how: a", "how: b"]).rows
    assert [(r.count, r.n, r.n_missing) for r in rows] == [(1, 3, 2), (2, 3, 2)]


def test_numbers_are_choices_too():
    # Where one choice was ticked, a spreadsheet hands back its number, not its text.
    assert ticks([1, "1,2", None], choices=["1", "2"]) == {"1": [1, 1, None], "2": [0, 1, None]}
    assert ticks([1.0, 2.0, None]) == {"1": [1, 0, None], "2": [0, 1, None]}


def test_an_answer_that_was_not_offered_is_refused():
    with pytest.raises(InputError, match="Did you mean 'Faster work'"):
        ticks(["Faster work", "faster wrok"], choices=["Faster work"])


def test_wrong_arguments_are_refused():
    data = pd.DataFrame({"how": ["a"], "how: b": [1]})
    with pytest.raises(ColumnNotFoundError, match="Did you mean 'how'"):
        cb.split_choices(data, "hwo")
    with pytest.raises(InputError, match="`separator`"):
        cb.split_choices(data, "how", separator="")
    with pytest.raises(InputError, match="not split yet"):
        cb.split_choices(data, "how", choices=["a", "b"])
    with pytest.raises(InputError, match="somebody ticked something"):
        ticks([None, ""])
    assert ticks([None, ""], choices=["a"]) == {"a": [None, None]}
    for values in ([["a"], ["a", "b"]], [{"a": 1}, {"a": 2}]):
        with pytest.raises(InputError, match="`column`"):
            cb.split_choices(pl.DataFrame({"how": values}), "how", choices=["a"])


@given(
    st.lists(st.one_of(st.none(), st.lists(st.sampled_from("abcd"), unique=True)), min_size=1, max_size=15)
)
def test_splitting_undoes_joining(answers):
    values = [None if a is None else ",".join(a) for a in answers]
    split = ticks(values, choices=list("abcd"))
    for choice in "abcd":
        assert split[choice] == [float(choice in a) if a else None for a in answers]


# ---- what a reader must know --------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_spellings_that_were_joined_are_told(make):
    data = make(
        {"how": ["Fees,time"] * 20 + ["fees"] * 5 + ["TIME ,  Fees"] + ["Long  walk"] * 2 + ["Long walk"] * 3}
    )
    with pytest.warns(DataWarning) as said:
        cb.split_choices(data, "how")
    told = "how: 'fees' (5 rows) read as 'Fees'; 'Long  walk' (2 rows) read as 'Long walk'; 'TIME' (1 row) read as 'time'"
    assert [str(w.message) for w in said] == [told]
    assert said[0].filename == __file__
    assert told in cb.proportions(data, cb.SelectAll("how")).notes


def test_space_beside_a_separator_is_no_spelling():
    assert ticks(["a, b", "b ,a", "a,b"]) == {"a": [1, 1, 1], "b": [1, 1, 1]}  # any warning is an error


def test_old_wordings_are_counted_one_by_one():
    data = pd.DataFrame(
        {"how": ["Twitter,mail"] * 7 + ["FACEBOOK"] * 3 + ["Facebook"] * 4 + ["Social media"] * 5 + ["mail"]}
    )
    same = {"Twitter": "Social media", "Facebook": "Social media", "MySpace": "Social media"}
    with pytest.warns(DataWarning) as said:
        cb.split_choices(data, "how", same=same)
    told = (
        "how: 'Twitter' (7 rows) read as 'Social media'; "
        "how: 'Facebook' (7 rows) read as 'Social media'; "
        "how: 'MySpace' (0 rows) read as 'Social media'"
    )
    assert [str(w.message) for w in said] == [told]
    assert told in cb.proportions(data, cb.SelectAll("how", same=same)).notes


def test_a_note_does_not_say_who_people_are():
    names = [f"Person {chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(60)]
    with pytest.warns(DataWarning) as said:
        cb.split_choices(pd.DataFrame({"who": [*names, names[0].upper()]}), "who")
    assert [str(w.message) for w in said] == ["who: 1 value was written in several ways (1 row)"]


def test_what_looks_like_no_answer_may_be_a_choice():
    with pytest.raises(InputError, match="answers="):
        ticks(["a,N/A", "a", "N/A"])
    assert ticks(["a,N/A", "a", "N/A"], answers="n/a") == {"N/A": [1, 0, 1], "a": [1, 1, 0]}
