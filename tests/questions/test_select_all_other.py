"""The text that goes with "other", where the survey tool has no box for it."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning, InputError

TEXTS = ["a friend", "n/a", None, "a sale", "the weather", None]
DATA = pd.DataFrame(
    {
        "why[pay]": ["Y", None, None, None, "Y", None],
        "why[place]": [None, "Y", "Y", None, None, None],
        "why[other]": TEXTS,
    }
)
LIMESURVEY = "id,submitdate,lastpage,why[pay],why[place],why[other]\n" + "".join(
    f"{i},2024-05-01,3,{pay},{place},{text}\n"
    for i, (pay, place, text) in enumerate(DATA.fillna("").to_numpy().tolist())
)
MONKEY = "Respondent ID,Collector ID,Why?,,\n,,Pay,Place,Other (please specify)\n" + "".join(
    f"{i},7,{'Pay' if pay else ''},{'Place' if place else ''},{text}\n"
    for i, (pay, place, text) in enumerate(DATA.fillna("").to_numpy().tolist())
)


def counted(data, question):
    table = cb.proportions(data, question).to_frame()
    return list(zip(table["count"], table["n"], table["n_missing"], strict=True))


@pytest.mark.parametrize("frame", [DATA, pl.from_pandas(DATA)])
def test_who_wrote_a_text_beside_other_answered(frame):
    how = cb.SelectAll(["why[pay]", "why[place]"], other="why[other]")
    assert counted(frame, how) == [(2, 5, 1), (2, 5, 1), (3, 5, 1)]
    assert counted(cb.count(frame, how), how) == counted(frame, how)


@pytest.mark.parametrize(
    ("text", "name", "choice"), [(LIMESURVEY, "why", "other"), (MONKEY, "Why?", "Other (please specify)")]
)
def test_the_codebook_says_which_text_has_no_box(text, name, choice):
    export = cb.read_export(text.encode())
    how = cb.SelectAll(name, codebook=export)
    assert how.choices[-1] == choice
    renamed = cb.SelectAll(name, choices=["Salary", "Town"], codebook=export)
    assert renamed.choices == ("Salary", "Town", choice)
    assert counted(export.frame, renamed) == counted(export.frame, how)
    assert counted(export.frame, how) == [(2, 5, 1), (2, 5, 1), (3, 5, 1)]


def test_a_text_that_has_a_box_is_not_counted_again():
    file = (
        "StartDate,Status,Finished,ResponseId,Q2_1,Q2_2,Q2_2_TEXT\n"
        "Start Date,Response Type,Finished,Response ID,Why? - Selected Choice - Pay,"
        "Why? - Selected Choice - Other,Why? - Other - Text\n"
        "2024-05-01 10:00:00,IP Address,True,R_1,Pay,,\n2024-05-01 10:00:00,IP Address,True,R_2,,Other,x\n"
    )
    how = cb.SelectAll("Q2", codebook=cb.read_export(file.encode()))
    assert (how.columns, how.other) == (("Q2_1", "Q2_2"), None)


def test_no_text_is_shown_and_a_question_in_one_column_has_none():
    counts = cb.count(DATA, cb.SelectAll(["why[pay]", "why[place]"], other="why[other]"))
    with pytest.warns(DataWarning, match="not anonymous"):  # six people
        written = counts.to_json()
    assert "friend" not in written
    with pytest.raises(InputError, match="other"):
        cb.SelectAll("why", other="why[other]")


def test_nothing_written_beside_boxes_that_were_filled_in_is_no_gap():
    boxes = pd.DataFrame({"pay": [1, 0, 0, 0], "place": [0, 1, 0, 0], "other": [None, None, "a sale", None]})
    how = cb.SelectAll(["pay", "place"], other="other", unticked="none")
    assert counted(boxes, how) == [(1, 4, 0)] * 3
    assert not any("without an answer" in note for note in cb.proportions(boxes, how).notes)
