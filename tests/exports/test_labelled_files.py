"""Files of SPSS and Stata: codes in the rows, words and codes for no answer in the codebook."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item, SelectAll
from credbenefits.errors import InputError, MissingExtraError
from credbenefits.exports.tick_groups import TickSet, grouped
from credbenefits.questions.column import Answer, Column

pyreadstat = pytest.importorskip("pyreadstat")
few = pytest.mark.filterwarnings("ignore:.*who were asked answered")

ROWS = pd.DataFrame(
    {
        "id": ["007", "1e5", "NA", ""],
        "mood": [-1.0, 0.0, 1.0, 1.0],
        "agree": [1.0, 2.0, -1.0, -7.0],
        "weeks": [3.0, 99.0, np.nan, 12.5],
        "day": [date(2024, 1, 31), date(1999, 12, 1), None, None],
        "when": pd.to_datetime(["2024-01-31 10:11:12", None, None, None]),
        "word": ["x", "XX", "y", "XX"],
    }
)
LABELS = {
    "mood": {-1.0: "Somewhat bad", 0.0: "Neutral", 1.0: "Good"},
    "agree": {2.0: "No", 1.0: "Yes", -1.0: "Refused", -2.0: "", -9.0: "Inapplicable"},
    "weeks": {},
    "word": {"XX": "Illegible"},
}


def spss(frame=ROWS, name="a.sav", folder=Path(), **how):
    how.setdefault("variable_value_labels", LABELS)
    pyreadstat.write_sav(frame, folder / name, **how)
    return cb.read_export(folder / name)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return spss(
        folder=tmp_path_factory.mktemp("spss"),
        column_labels=["Id", "Mood?", "Do you  agree?", "Weeks", "", "", ""],
        missing_ranges={
            "agree": [{"lo": -9, "hi": -5}, -1],
            "weeks": [99],
            "word": ["XX"],
        },
    )


# ---- SPSS --------------------------------------------------------------------------------------------------


def test_the_frame_holds_the_codes_of_the_file(export):
    assert export.kind == "spss"
    assert export.frame["id"].tolist()[:3] == ["007", "1e5", "NA"]
    assert export.frame["id"].isna().tolist() == [False, False, False, True]
    assert export.frame["agree"].tolist() == [1, 2, -1, -7]
    assert export.frame["agree"].dtype == np.int64
    assert export.frame["weeks"].tolist()[0::3] == [3.0, 12.5]
    assert export.frame["day"].dt.date.tolist()[:2] == [date(2024, 1, 31), date(1999, 12, 1)]
    assert str(export.frame["when"][0]) == "2024-01-31 10:11:12"
    assert export.column("day").role == export.column("when").role == "date"


def test_missing_codes_have_the_kind_that_their_words_say_in_their_column(export):
    assert export.column("agree").answers == (
        Answer(-9, "Inapplicable", "not_asked"),
        Answer(-7, "", "missing"),  # in the range, without words
        Answer(-1, "Refused", "refused"),
        Answer(1, "Yes"),
        Answer(2, "No"),
    )
    assert export.column("mood").answers[0] == Answer(-1, "Somewhat bad")
    assert export.column("weeks").answers == (Answer(99, "", "missing"),)
    assert export.column("word").answers == (Answer("XX", "Illegible", "missing"),)
    assert export.column("agree").question == "Do you agree?"


def test_columns_in_which_other_answers_are_given_are_open(export):
    assert [export.column(name).open for name in ("mood", "weeks", "word")] == [False, True, True]


def test_words_alone_make_a_missing_code_and_a_note(tmp_path):
    export = spss(folder=tmp_path, name="b.zsav", compress=True)
    assert export.column("agree").codes("refused") == (-1,)
    assert any(
        note.startswith("agree, word: some codes are no answer by their words") for note in export.notes
    )


def test_whole_numbers_with_blanks_are_integers(tmp_path):
    frame = pd.DataFrame({"q": [1.0, np.nan, 3.0], "none": [np.nan] * 3, "big": [2.0**60, 1.0, 2.0]})
    made = spss(frame, folder=tmp_path, variable_value_labels={}).frame
    assert str(made["q"].dtype) == "Int64"
    assert made["q"].isna().tolist() == [False, True, False]
    assert made["none"].isna().all()
    assert made["big"].dtype == np.float64


def test_a_missing_code_among_days_is_blank_and_days_without_end_stay_numbers(tmp_path):
    frame = pd.DataFrame({"day": [1.4e10, 1.0], "never": [1.4e10, 1e15]})
    export = spss(
        frame,
        folder=tmp_path,
        variable_value_labels={},
        variable_format={"day": "DATE11", "never": "DATE11"},
        missing_ranges={"day": [1]},
    )
    assert export.frame["day"].isna().tolist() == [False, True]
    assert export.frame["never"].tolist() == [14_000_000_000, 10**15]
    assert [note.split(":")[0] for note in export.notes] == ["day", "never"]


def test_a_file_in_memory_is_the_same(tmp_path):
    whole = spss(folder=tmp_path)
    again = cb.read_export(io.BytesIO((tmp_path / "a.sav").read_bytes()))
    pd.testing.assert_frame_equal(whole.frame, again.frame)
    assert whole.codebook.columns == again.codebook.columns


def test_a_portable_file_has_no_codes_for_no_answer_and_says_so(tmp_path):
    frame = pd.DataFrame({"Q": [1.0, 2.0]})
    pyreadstat.write_por(frame, tmp_path / "a.por", variable_format={"Q": "F8.0"})
    export = cb.read_export(tmp_path / "a.por")
    assert (export.kind, export.frame["Q"].tolist()) == ("spss", [1, 2])
    assert "portable" in export.notes[0]
    with pytest.raises(InputError, match="encoding"):
        cb.read_export(tmp_path / "a.por", encoding="cp1252")


def test_a_damaged_file_says_what_to_do():
    with pytest.raises(InputError, match=r"SPSS.*damaged.*encoding='cp1252'"):
        cb.read_export(b"$FL2 rubbish" * 20)
    with pytest.raises(InputError, match="Stata"):
        cb.read_export(b"<stata_dta> rubbish" * 20)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(MissingExtraError, match=r"credbenefits\[io\]"):
        cb.read_export(b"$FL2")


@few
def test_a_share_comes_from_the_file_without_a_word_on_codes(export):
    found = cb.proportions(export.frame, Item("agree", codebook=export)).rows[0]
    assert (found.count, found.n, found.level) == (1, 2, "Yes")
    levels = cb.proportions(export.frame, Item("mood", each_level=True, codebook=export)).rows
    assert [row.level for row in levels] == ["Somewhat bad", "Neutral", "Good"]


# ---- Stata -------------------------------------------------------------------------------------------------


@few
def test_letters_of_stata_are_codes_for_no_answer(tmp_path):
    frame = pd.DataFrame(
        {
            "q": pd.Series([1, 2, "a", "b"], dtype=object),
            "pay": pd.Series([1.5, "b", 2.5, None], dtype=object),
            "s": ["a", "", "b", "c"],
            "n": [1, 2, np.nan, -9],
            "day": pd.Series([1.0, "a", 366.0, None], dtype=object),
        }
    )
    pyreadstat.write_dta(
        frame,
        tmp_path / "a.dta",
        variable_value_labels={
            "q": {1: "Yes", 2: "No", "a": "Refused", "b": ""},
            "n": {-9: "Refusal"},
        },
        missing_user_values={"q": ["a", "b"], "pay": ["b"], "day": ["a"]},
        variable_format={"day": "%td"},
    )
    export = cb.read_export(tmp_path / "a.dta")
    assert export.kind == "stata"
    assert export.frame["q"].tolist() == [1, 2, ".a", ".b"]
    assert export.frame["pay"].tolist() == [1.5, ".b", 2.5, None]
    assert export.frame["s"].tolist()[0] == "a"
    assert export.column("q").answers == (
        Answer(1, "Yes"),
        Answer(2, "No"),
        Answer(".a", "Refused", "refused"),
        Answer(".b", "", "missing"),
    )
    assert export.column("n").codes("refused") == (-9,)
    assert export.frame["day"].dt.date.tolist()[0] == date(1960, 1, 2)
    assert "day: codes for no answer among days or times were made blank." in export.notes
    rows = cb.proportions(
        export.frame, [Item("q", codebook=export), Item("pay", at_least=2, codebook=export)]
    ).rows
    assert [(row.count, row.n) for row in rows] == [(1, 2), (1, 2)]


def test_an_old_file_of_stata_is_known_by_how_it_begins(tmp_path):
    pd.DataFrame({"q": [1, 2]}).to_stata(tmp_path / "a.dta", write_index=False)
    assert cb.read_export(tmp_path / "a.dta").frame["q"].tolist() == [1, 2]


# ---- ticks -------------------------------------------------------------------------------------------------


TICKED = pd.DataFrame(
    {
        "q5_1": [1.0, 0.0, 1.0, 0.0],
        "q5_2": [0.0, 1.0, 1.0, 0.0],
        "q5_2_TEXT": ["", "a course", "", ""],
        "q6_1": [1.0, 5.0, 3.0, 2.0],
        "q6_2": [2.0, 2.0, 3.0, 4.0],
    }
)


@few
@pytest.mark.parametrize(
    "layout",
    ["Which? [{}]", "[{}] Which?", "Which? - {}", "Which? – Selected Choice - {}", "Which? {}", "Which: {}"],
)
def test_ticks_of_one_question_are_found_by_what_their_labels_share(tmp_path, layout):
    said = [layout.format(choice) for choice in ("better job", "other", "other - text", "pay", "place")]
    export = spss(TICKED, folder=tmp_path, variable_value_labels={}, column_labels=said)
    assert [c.role for c in export.codebook.columns] == ["tick", "tick", "other", "answer", "answer"]
    assert [c.choice for c in export.ticks("q5")] == ["better job", "other"]
    assert {c.part_of for c in export.codebook.columns[:3]} == {"q5"}
    found = cb.proportions(export.frame, SelectAll("q5", codebook=export)).rows
    assert [(row.level, row.count) for row in found] == [("better job", 2), ("other", 2)]


def test_a_grid_of_yes_and_no_is_ticks_and_a_scale_is_none(tmp_path):
    words = {
        "q5_1": {0: "No", 1: "Yes"},
        "q5_2": {0: "Not selected", 1: "Selected"},
        "q6_1": {1: "a", 5: "b"},
    }
    said = ["Which? [a]", "Which? [b]", "x", "How? [a]", "How? [b]"]
    export = spss(TICKED, folder=tmp_path, variable_value_labels=words, column_labels=said)
    assert [c.name for c in export.ticks("q5")] == ["q5_1", "q5_2"]
    assert SelectAll("q5", codebook=export).ticked == (1,)
    assert export.column("q6_1").role == "answer"


def test_two_questions_whose_columns_have_one_beginning_are_told_apart():
    columns = [
        Column(f"v{i}", f"{question} [{choice}]")
        for i, (question, choice) in enumerate([("A?", "x"), ("A?", "y"), ("B?", "x"), ("B?", "y")])
    ]
    made = grouped(columns, lambda _: [0, 1], ())
    assert [c.part_of for c in made] == ["v", "v", "v2 to v3", "v2 to v3"]


def test_a_set_that_the_file_declares_is_a_question():
    columns = [Column("a", "More pay"), Column("b", "Travel", answers=(Answer(2, "Yes"),)), Column("c")]
    made = grouped(columns, lambda _: [2], (), sets=[TickSet("why", "Why?", ("a", "b"), 2)])
    assert [(c.role, c.part_of, c.choice) for c in made[:2]] == [
        ("tick", "why", "More pay"),
        ("tick", "why", "Travel"),
    ]
    book = SimpleNamespace(ticks=lambda _: made[:2], column=lambda _: None)
    question = SelectAll("why", codebook=book)
    assert (question.choices, question.ticked) == (("More pay", "Travel"), (2,))


@pytest.mark.parametrize("kind", ["csv", "excel", "stata", "qualtrics"])
def test_a_file_is_not_read_as_another_kind_than_the_caller_says(kind, tmp_path):
    place = tmp_path / "wave.sav"
    pyreadstat.write_sav(pd.DataFrame({"q": [1.0, 2.0]}), place)
    with pytest.raises(InputError, match="which the file is not"):
        cb.read_export(place, kind=kind)
