"""Keys in one spelling."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.frames.boundary import read
from credbenefits.frames.keys.normalise import BLANK_WORDS, key_codes, normalise_key, normalised, same_answers

INVISIBLE = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u00ad",
    "\ufeff",
    "\u2060",
    "\u202a",
    "\u2066",
]


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("ann@example.org", "ann@example.org"),
        (" Ann@Example.ORG\t", "ann@example.org"),
        ("\ufeffann@example.org", "ann@example.org"),  # byte-order mark of a CSV
        ("ann\u200b@example.org", "ann@example.org"),
        ("\u00a0ann@example.org\u3000", "ann@example.org"),  # no-break and ideographic space
        ("ａｎｎ１２", "ann12"),  # full width
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("\ufb01ne", "fine"),  # ligature fi
        ("e\u0301va", "\u00e9va"),
        ("\u00c9va", "\u00e9va"),  # accents composed or not
        ("007", "007"),
        ("0", "0"),
        (7, "7"),
        (123.0, "123"),
        ("123", "123"),
        (np.float64(123), "123"),
        (np.int64(5), "5"),
        (12.5, "12.5"),
        (-3, "-3"),
        (2**60 + 1, str(2**60 + 1)),
        (True, "true"),
        (decimal.Decimal("12"), "12"),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        ("na", "na"),
        ("NA", "na"),
        ("Nan Li", "nan li"),
        ("none@example.org", "none@example.org"),
    ],
)
def test_keys_by_hand(value, key):
    assert normalise_key(value) == key


@pytest.mark.parametrize(
    "value",
    [
        None,
        float("nan"),
        np.nan,
        pd.NA,
        pd.NaT,
        np.datetime64("NaT", "ns"),
        decimal.Decimal("NaN"),
        "",
        "  ",
        "\u200b",
        "\u00a0",
        "-",
        "--",
        ".",
        "?",
        "N/A",
        "n/a ",
        "NaN",
        "None",
        " NULL",
        "#N/A",
        "<NA>",
        "Missing",
        "ｎ/ａ",
    ],
)
def test_missing_values_and_blank_words_are_no_key(value):
    assert normalise_key(value) is None


def test_turkish_letters_follow_unicode_not_turkish():
    # Casefolding knows no language: dotted I becomes i with a dot above, dotless i stays what it is.
    assert normalise_key("İ") == "i\u0307"
    assert normalise_key("I") == "i"
    assert normalise_key("ı") == "ı"
    assert len({normalise_key(k) for k in ("İrem", "irem", "ırem")}) == 3


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normalise_key(text)
    assert once is None or normalise_key(once) == once


@given(
    st.text(alphabet=st.characters(codec="ascii"), min_size=1), st.sampled_from(INVISIBLE), st.integers(0, 20)
)
def test_characters_that_nobody_sees_change_nothing(text, mark, place):
    typed = text[:place] + mark + text[place:]
    assert normalise_key(typed) == normalise_key(text)


@given(st.text())
def test_case_and_surrounding_space_change_nothing(text):
    key = normalise_key(text)
    assert normalise_key(f"  {text}\t\u00a0") == key
    assert normalise_key(text.casefold()) == key


@given(st.text())
def test_a_key_is_clean(text):
    key = normalise_key(text)
    if key is not None:
        assert key
        assert key == key.strip()
        assert key not in BLANK_WORDS
        assert not any(mark in key for mark in INVISIBLE)


@given(st.integers(-(2**53), 2**53))
def test_an_id_is_the_same_as_number_float_and_text(number):
    assert normalise_key(number) == normalise_key(float(number)) == normalise_key(str(number)) == str(number)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"k": pd.Series([2**53 + 1, None, 2**53], dtype="Int64")}),
        pd.DataFrame({"k": pd.Series([2**53 + 1, None, 2**53], dtype="int64[pyarrow]")}),
        pl.DataFrame({"k": [2**53 + 1, None, 2**53]}),
        pa.table({"k": [2**53 + 1, None, 2**53]}),
    ],
)
def test_long_ids_keep_their_last_digit(frame):
    assert normalised(read(frame), "k") == [str(2**53 + 1), None, str(2**53)]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=6), min_size=1, max_size=3))
def test_codes_agree_where_keys_do_across_columns(columns):
    codes = np.concatenate(key_codes(columns))
    keys = [k for column in columns for k in column]
    assert codes.tolist() == pd.factorize(np.array(keys, dtype=object))[0].tolist()
    assert ((codes < 0) == [k is None for k in keys]).all()
    assert [c.size for c in key_codes(columns)] == [len(c) for c in columns]


def test_same_answers_by_hand():
    frame = read(pd.DataFrame({"a": ["x", "x", None, None], "b": [1.0, 2.0, np.nan, np.nan]}))
    rows, others = np.array([0, 2, 0]), np.array([1, 3, 0])
    assert same_answers(frame, rows, others, ["a"]).tolist() == [True, True, True]
    assert same_answers(frame, rows, others, ["a", "b"]).tolist() == [False, True, True]
    assert same_answers(frame, rows, others, []).tolist() == [True, True, True]
