"""Reading codes: one spelling per answer, numbers that agree, strings that are split, whole codes alike."""

from __future__ import annotations

import unicodedata

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.errors import InputError
from credbenefits.frames.boundary import read
from credbenefits.frames.keys.codes import (
    CodeForm,
    encode_elements,
    normalise_element,
    read_code_strings,
    read_elements,
    same_code,
)
from credbenefits.frames.keys.normalise import distinct, normalise_key, normalised

BLANKS = [None, float("nan"), pd.NA, pd.NaT, "", "  ", "-", "?", "n/a", "None", "NULL", "\u200b"]


def frames_of(waves):
    return {w: read(pd.DataFrame({"e": pd.Series(v, dtype=object)})) for w, v in waves.items()}


def encoded(ordered=(), **waves):
    raw = read_elements(frames_of(waves), {w: ["e"] for w in waves}, ["e"])
    codes = encode_elements(raw, ordered)
    return codes, [codes.values[w][:, 0].tolist() for w in waves]


def split(code_form, **waves):
    raw = read_code_strings(frames_of(waves), dict.fromkeys(waves, "e"), code_form)
    return raw, encode_elements(raw, ())


# ---- one answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MA", " ma\u200b"),
        ("M A", "ma"),
        ("03", 3),
        ("03", 3.0),
        ("3.0", "3"),
        ("٣", "3"),
        ("０３", "3"),
        ("É", "e\u0301"),
        ("ﬁ", "FI"),
        ("İ", "I"),
        ("ı", "i"),
        ("ß", "SS"),
        ("00", 0),
        ("-1", -1),
        (True, "true"),
    ],
)
def test_answers_that_are_one(one, other):
    assert normalise_element(one) == normalise_element(other) is not None


@pytest.mark.parametrize(
    ("one", "other"), [("3", "30"), ("3a", "3"), ("É", "E"), ("1.5", "1"), ("ma", "mam")]
)
def test_answers_that_differ(one, other):
    assert normalise_element(one) != normalise_element(other)


@pytest.mark.parametrize("value", BLANKS, ids=repr)
def test_blanks_are_no_answer(value):
    assert normalise_element(value) is None


@pytest.mark.parametrize("value", ["NA", "na", "No", "X", "0", "nil"])
def test_initials_are_answers_even_where_programs_write_them_for_nothing(value):
    assert normalise_element(value) is not None


@given(st.text(max_size=8))
def test_normalising_an_answer_twice_changes_nothing(text):
    once = normalise_element(text)
    assert once is None or normalise_element(once) == once


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=6))
def test_unicode_forms_and_case_do_not_matter(text):
    assert normalise_element(unicodedata.normalize("NFD", text)) == normalise_element(text)
    assert normalise_element(f" {text}\u00a0") == normalise_element(text)


# ---- columns ---------------------------------------------------------------------------------------


def test_equal_answers_have_equal_numbers_in_all_waves():
    codes, (one, two) = encoded(one=["b", "A ", None, "c"], two=["a", "C", "-", "d"])
    assert one == [1, 0, -1, 2]
    assert two == [0, 2, -1, 3]
    assert codes.ordered == (False,)


def test_ordered_answers_are_ranks_by_number():
    codes, (one, two) = encoded(["e"], one=["10", "9", "09", None], two=[2, 10.0, 9, 30])
    assert one == [2, 1, 1, -1]
    assert two == [0, 2, 1, 3]
    assert codes.ordered == (True,)


def test_leading_zeros_lost_in_one_wave_do_no_harm():
    text = [f"{i:02d}" for i in range(1, 13)]
    _, (one, two) = encoded(one=text, two=[float(i) for i in range(1, 13)])
    assert one == two
    _, (one, two) = encoded(["e"], one=text, two=list(range(1, 13)))
    assert one == two == list(range(12))


def test_a_few_words_among_ordered_answers_are_blank_and_counted():
    codes, (one, two) = encoded(["e"], one=[str(i) for i in range(1, 31)], two=[*range(1, 30), "May"])
    assert two[-1] == -1
    assert one[:29] == two[:29]
    assert codes.unreadable["two"].tolist() == [1]
    assert codes.unreadable["one"].tolist() == [0]


def test_ordered_answers_in_words_are_refused():
    with pytest.raises(InputError, match=r"`ordered`.*'e', where 2 of 4 answers are none.*May as 5"):
        encoded(["e"], one=["May", "5"], two=["June", 6, None])


def test_an_element_that_a_wave_lacks_is_blank_there():
    frames = frames_of({"one": ["a", "b"], "two": ["a", "b"]})
    raw = read_elements(frames, {"one": ["e", "e"], "two": ["e", None]}, ["x", "y"])
    codes = encode_elements(raw, ())
    assert codes.values["two"].tolist() == [[0, -1], [1, -1]]


def test_the_mark_tells_other_answers_of_the_same_pattern():
    marks = {encoded(one=one, two=["a", "b"])[0].mark for one in (["a", "b"], ["a", "c"], ["b", "a"])}
    assert len(marks) == 3
    assert encoded(one=["A"], two=["b"])[0].mark == encoded(one=["a"], two=["b"])[0].mark


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_frame_is_read_alike(make):
    frame = read(make({"e": ["b", None, "a", "b"], "n": [3, 1, None, 3]}))
    for column, missing in (("e", 1), ("n", 2)):
        found, place = distinct(frame, column)
        assert place[missing] == -1
        assert place[0] == place[3] >= 0
        assert len(found) == 2
        assert place.dtype == np.int64


def test_lists_in_cells_are_refused():
    with pytest.raises(InputError, match=r"`on`.*'e', whose cells are lists"):
        distinct(read(pd.DataFrame({"e": [["a"], ["b"]]})), "e")


@given(
    st.lists(st.one_of(st.sampled_from(["a", "B ", "03", "n/a"]), st.none(), st.integers(0, 12)), min_size=1)
)
def test_reading_agrees_with_reading_cell_by_cell(values):
    _, (got,) = encoded(one=values)
    forms = [normalise_element(v) for v in values]
    levels = sorted({f for f in forms if f is not None})
    assert got == [-1 if f is None else levels.index(f) for f in forms]


# ---- code strings -----------------------------------------------------------------------------------


def test_codes_are_split_at_the_separator():
    raw, codes = split(
        CodeForm("-", (), ()), one=["MA-03-x", "ma–3–Y", None], two=["--X", "an-03", "MA-03-?"]
    )
    assert raw.names == ("element 1", "element 2", "element 3")
    assert codes.values["one"].tolist() == [[0, 0, 0], [0, 0, 1], [-1, -1, -1]]
    assert codes.values["two"].tolist() == [[-1, -1, 0], [-1, -1, -1], [0, 0, -1]]
    assert codes.malformed == {
        "one": 0,
        "two": 1,
    }  # an-03 has another number of parts; None is blank, not torn


def test_codes_are_split_by_width():
    form = CodeForm(None, (2, 1, 2), ("mother", "father", "day"))
    raw, codes = split(
        form, one=["MAJ03", " anK31 ", "MA J 03", "M"], two=["maj03", "__k31", "  K31", "ＡＮk31"]
    )
    assert raw.names == ("mother", "father", "day")
    assert codes.values["one"].tolist() == [[1, 0, 0], [0, 1, 1], [1, 0, 0], [-1, -1, -1]]
    assert codes.values["two"].tolist() == [[1, 0, 0], [-1, 1, 1], [-1, 1, 1], [0, 1, 1]]
    assert codes.malformed == {"one": 1, "two": 0}


def test_a_code_of_digits_that_was_read_as_a_number_gets_its_zeros_back():
    _, codes = split(CodeForm(None, (2, 2), ()), one=["0312", "1203"], two=[312, 1203.0])
    assert codes.values["one"].tolist() == codes.values["two"].tolist()


def test_a_letter_that_folds_to_two_does_not_shift_the_rest():
    _, codes = split(CodeForm(None, (1, 2), ()), one=["ß03", "a04"], two=["ẞ03", "A04"])
    assert codes.values["one"].tolist() == codes.values["two"].tolist()
    assert codes.malformed == {"one": 0, "two": 0}


# ---- whole codes alike ---------------------------------------------------------------------------------


def test_only_whole_codes_are_alike():
    values = np.array([[0, 1, -1], [0, 1, -1], [0, -1, -1], [0, -1, -1], [1, 1, -1], [0, 1, -1]])
    rows = np.array([True, True, True, True, True, False])
    group = same_code(values, rows)  # the third element is blank in the whole wave
    assert group[0] == group[1] >= 0
    assert group[2] == group[3] == group[5] == -1
    assert group[4] not in (group[0], -1)


@given(st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=40))
def test_whole_codes_alike_agree_with_comparing_rows(rows):
    values = np.array(rows)
    group = same_code(values, np.ones(len(values), dtype=bool))
    asked = (values >= 0).any(axis=0)
    for i, mine in enumerate(rows):
        complete = asked.any() and all(v >= 0 for v, a in zip(mine, asked, strict=True) if a)
        assert (group[i] >= 0) == complete
        for k, other in enumerate(rows):
            if group[i] >= 0 and group[k] >= 0:
                assert (group[i] == group[k]) == (mine == other)


def test_a_frame_of_narwhals_is_read_too():
    found, place = distinct(nw.from_native(pl.DataFrame({"e": ["x", "x"]}), eager_only=True), "e")
    assert (found, place.tolist()) == (["x"], [0, 0])


# ---- keys, all in one go --------------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(
            st.text(max_size=5),
            st.text(st.sampled_from(" \t\n\r\x1cAb-/n.é\u200bＡ"), max_size=5),
            st.sampled_from([*BLANKS[:4], "n/a", " N/A ", 3, 3.0, True]),
        ),
        max_size=12,
    )
)
def test_normalising_a_column_is_normalising_each_key(values):
    frame = read(pd.DataFrame({"k": pd.Series(values, dtype=object)}), allow_empty=True)
    assert normalised(frame, "k") == [normalise_key(v) for v in values]
