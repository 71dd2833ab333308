"""Workbooks and Parquet files: what their cells are, and what tells the tool."""

from __future__ import annotations

import io
import sys
from datetime import datetime

import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import InputError, MissingExtraError

openpyxl = pytest.importorskip("openpyxl")

ROWS = [
    ["id", "n", "x", "day", "mixed", "flag"],
    ["007", 1, 1.5, datetime(2024, 1, 31), 1, True],
    ["1e5", None, 2, None, "NA", False],
    ["NA", 3, 2.25, datetime(2024, 2, 1, 10, 5), None, True],
    [None] * 6,
]


def workbook(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_text_stays_text_and_numbers_and_days_are_such():
    export = cb.read_export(workbook(Data=ROWS))
    frame = export.frame
    assert export.kind == "excel"
    assert frame["id"].tolist() == ["007", "1e5", "NA"]
    assert frame["n"].tolist()[0::2] == [1, 3]
    assert str(frame["n"].dtype) == "Int64"
    assert frame["x"].tolist() == [1.5, 2.0, 2.25]
    assert frame["day"].tolist()[0::2] == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01 10:05")]
    assert frame["mixed"].tolist()[:2] == ["1", "NA"]
    assert frame["mixed"].isna().tolist() == [False, False, True]
    assert frame["flag"].tolist() == ["TRUE", "FALSE", "TRUE"]
    assert [c.name for c in export.codebook.columns] == ROWS[0]


def test_a_sheet_is_chosen_by_its_name():
    file = workbook(Notes=[["a"], ["b"]], Answers=[["c"], ["d"]])
    first = cb.read_export(file)
    assert list(first.frame) == ["a"]
    assert "first sheet, 'Notes'" in first.notes[0]
    other = cb.read_export(file, sheet="Answers")
    assert (list(other.frame), other.notes) == (["c"], ())
    with pytest.raises(InputError, match=r"sheet.*'Notes', 'Answers'.*Did you mean 'Answers'"):
        cb.read_export(file, sheet="answers")


def test_what_cannot_be_read_says_what_to_do():
    with pytest.raises(InputError, match=r"old one \(.xls\), or has a password.*Save it as .xlsx"):
        cb.read_export(b"\xd0\xcf\x11\xe0" + bytes(100))
    with pytest.raises(InputError, match="sheet 'Data' is empty"):
        cb.read_export(workbook(Data=[[]]))


def test_without_the_package_the_extra_is_named(monkeypatch):
    file = workbook(Data=ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"openpyxl.*credbenefits\[io\]"):
        cb.read_export(file)


def test_the_levels_of_a_category_are_the_answers_in_order():
    levels = ["never", "often", "always", "Refused"]
    frame = pd.DataFrame(
        {
            "often": pd.Categorical(["often", "always", "Refused"], levels, ordered=True),
            "place": pd.Categorical(["b", "a", None], ["b", "a"]),
            "n": [1, 2, 3],
            "day": pd.to_datetime(["2024-01-31"] * 3),
        }
    )
    file = io.BytesIO()
    frame.to_parquet(file)
    export = cb.read_export(file.getvalue())
    pd.testing.assert_frame_equal(export.frame, frame, check_dtype=False, check_categorical=False)
    assert [a.code for a in export.column("often").offered] == levels[:3]
    assert export.column("often").codes("refused") == ("Refused",)
    assert [a.code for a in export.column("place").answers] == ["a", "b"]
    assert (export.column("n").open, export.column("day").role) == (True, "date")
    item = cb.Item("often", each_level=True, codebook=export)
    assert (item.levels, item.refused) == (("never", "often", "always"), ("Refused",))
    with pytest.raises(InputError, match="Parquet"):
        cb.read_export(b"PAR1 rubbish")
