"""Columns of keys read in bulk say what each cell says alone, and blank rows are found whatever the type."""

import sys
from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.frames import given
from credbenefits.frames.boundary import read
from credbenefits.frames.given import blank_rows
from credbenefits.frames.keys.normalise import distinct, normalise_key, normalised

TEXTS = ["Ann@x.org ", None, "", " \u3000", "\x1c", "Ä1", "n/a", "7", "test", "a\nb", "007", "unknown"]
NUMBERS = [3, None, 0, 12, 3, 2**60, -1]
FLOATS = [3.0, None, -0.0, 0.5, 1e300, float("inf"), 1e-7, 12.0, 3.0]
FRAMES = {
    "pandas": lambda v: pd.DataFrame({"k": v}),
    "objects": lambda v: pd.DataFrame({"k": pd.Series(v, dtype=object)}),
    "polars": lambda v: pl.DataFrame({"k": v}),
    "pyarrow": lambda v: pa.table({"k": v}),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize(
    "values", [TEXTS, TEXTS[:5], FLOATS, [1, 2, 2, 3]], ids=["text", "ascii", "floats", "whole"]
)
def test_in_bulk_as_alone(make, values):
    frame = read(make(values))
    told = {"test": "FILLED"}
    alone = [told.get(key, key) for key in map(normalise_key, values)]
    assert normalised(frame, "k", ["test"], instead="FILLED") == alone


@pytest.mark.parametrize(
    "make",
    [
        lambda v: pd.DataFrame({"k": pd.array(v, dtype="Int64")}),
        lambda v: pd.DataFrame({"k": pd.Series(v, dtype=pd.ArrowDtype(pa.int64()))}),
        FRAMES["objects"],
        FRAMES["polars"],
        FRAMES["pyarrow"],
    ],
)
def test_whole_numbers_with_gaps(make):
    frame = read(make(NUMBERS))
    assert normalised(frame, "k") == list(map(normalise_key, NUMBERS))
    values, place = distinct(frame, "k")
    assert values == [3, 0, 12, 2**60, -1]
    assert place.tolist() == [0, -1, 1, 2, 0, 3, 4]


def test_spaces_are_those_of_python():
    assert set(given._SPACES) == {c for c in map(chr, range(sys.maxunicode + 1)) if not c.strip()}


BLANK = 8
COLUMNS = {
    "many texts": [f"p{i}" for i in range(22)] + ["", " \u2003", "\x1c\n", None] * 2,
    "few texts": ["yes", "no"] * 11 + ["", " \u2003", "\x1c\n", None] * 2,
    "whole numbers": [*range(22)] + [None] * BLANK,
    "numbers": [x / 2 for x in range(22)] + [None] * BLANK,
    "days": [datetime(2024, 1, i + 1) for i in range(22)] + [None] * BLANK,
    "decimals": [Decimal(i) for i in range(22)] + [None] * BLANK,
    "truths": [True, False] * 11 + [None] * BLANK,
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_blank_rows_of_every_type(make, values):
    frame = read(make(values))
    assert blank_rows(frame, np.arange(len(values)), ["k"], 3).tolist() == [*range(22, 30)]


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("value", ["x", 3, 2.5, datetime(2024, 1, 1), True])
def test_a_column_that_never_varies_says_nothing(make, value):
    frame = read(make([value] * 30))
    rows = np.arange(30)
    assert blank_rows(frame, rows, ["k"], 3).size == 0
    varying = frame.with_columns(frame["k"].alias("other"))
    assert blank_rows(varying, rows, ["k", "other"], 3).size == 0


def test_lists_are_no_blanks():
    frame = read(pd.DataFrame({"k": [["a"], None] * 15}))
    assert blank_rows(frame, np.arange(30), ["k"], 3).size == 0


def test_text_is_read_without_arrow_too(monkeypatch):
    # A plain installation has no pyarrow: pandas then keeps text as Python objects, with NaN or NA for gaps.
    monkeypatch.setattr("credbenefits.frames.boundary.find_spec", lambda name: None)
    keys = pd.array(["a@x.org", None, " B@x.org", ""], dtype=pd.StringDtype("python"))
    frames = {"one": pd.DataFrame({"id": keys}), "two": pd.DataFrame({"id": ["b@x.org", "a@x.org"]})}
    panel = cb.link_waves(frames, on="id")
    assert (panel.n_people, len(panel.links)) == (2, 2)
    assert panel.no_key["row"].tolist() == [1, 3]
