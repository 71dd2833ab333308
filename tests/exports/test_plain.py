"""Files of which nothing says what tool wrote them: numbers, days, choices, and a doubtful second row."""

from __future__ import annotations

import pickle

import pytest

import credbenefits as cb
import export_files as files
from credbenefits.errors import InputError


def read(rows, **options):
    return cb.read_export(files.written(rows).encode(), **options)


def test_the_rows_of_an_export_are_what_estimates_are_made_of():
    export = read([["id", "job"], ["1", "yes"]])
    with pytest.raises(InputError, match=r"export\.frame"):
        cb.proportions(export, "job")


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1.200,50", "-0,5", "900"], ","),
        (["1\u202f200,50", "-0,5", "900"], ","),
        (["1\xa0200,50", " -0,5", "900"], ","),
        (["1'200.50", "-0.5", "900"], "."),
        (["1 200.50", "-0.5", "900"], "."),
    ],
)
def test_thousands_as_languages_write_them(cells, mark):
    export = read([["id", "pay"], *([str(i), cell] for i, cell in enumerate(cells))], decimal=mark)
    assert export.frame["pay"].tolist() == [1200.5, -0.5, 900.0]


def test_a_decimal_that_made_no_numbers_is_noted():
    export = read([["id", "pay"], ["1", "1,5"], ["2", "n/a"], ["3", "2,5"]], decimal=",")
    assert export.frame["pay"].tolist() == ["1,5", "n/a", "2,5"]
    assert any("no column" in note for note in export.notes)


# ---- a second row of headings, or a person ---------------------------------------------------------------


def test_a_person_whose_answers_look_like_questions_stays():
    rows = [["id", "liked", "missed"], ["1", "What was it?", "Why so long?"], ["2", "The tasks", "More time"]]
    export = read(rows)
    assert export.frame["liked"].tolist() == ["What was it?", "The tasks"]
    assert dict(export.taken_out) == {}


def test_a_second_row_that_looks_like_headings_is_refused_until_it_is_said_what_it_is():
    people = [[f"p{i}x", "yes" if i % 2 else "no", str(i)] for i in range(20)]
    rows = [["code", "job", "age"], ["Your code", "Do you have a new job?", "How old are you?"], *people]
    with pytest.raises(InputError, match=r"header_rows=2"):
        read(rows)
    export = read(rows, header_rows=2)
    assert len(export.frame) == 20
    assert export.column("job").question == "Do you have a new job?"
    assert dict(export.taken_out) == {"question texts": 1}
    assert len(read(rows, header_rows=1).frame) == 21
    with pytest.raises(InputError, match="header_rows"):
        read(rows, header_rows=0)
    with pytest.raises(InputError, match=r"the file has rows \(22\)"):
        read(rows, header_rows=23)


def test_a_file_without_headings_is_refused_without_saying_whose_it_is():
    with pytest.raises(InputError, match="first row has an e-mail address") as caught:
        read([["ann@example.org", "yes"], ["bo@example.org", "no"]])
    assert "ann" not in str(caught.value)


# ---- numbers -------------------------------------------------------------------------------------------


NUMBERS = [
    ["id", "zip", "gpa", "pay", "either", "mixed", "point", "when"],
    ["007", "01,5", "1,5", "1,234", "1,234", "1.5", "1.5", "1"],
    ["1,5", "02,5", "2", "12,345.6", "2,345", "1,5", "2.25", "2"],
    ["3", "03,5", "-3,25", "", "", "x", "", ""],
]


def test_numbers_with_commas_stay_text_and_are_noted():
    export = read(NUMBERS)
    assert export.frame.to_numpy(dtype=object).tolist()[0] == NUMBERS[1]
    said = "\n".join(export.notes)
    assert "with a comma before their decimals stay text ('gpa')" in said
    assert "with commas between thousands stay text ('pay')" in said
    assert "a comma that may mean either stay text ('either')" in said
    for column in ("'id'", "'zip'", "'mixed'", "'point'", "'when'"):
        assert column not in said


def test_numbers_are_made_if_it_is_said_how_they_are_written():
    comma = read(NUMBERS, decimal=",").frame
    assert comma["gpa"].tolist() == [1.5, 2.0, -3.25]
    assert comma["either"].tolist()[:2] == [1.234, 2.345]
    assert [comma[c].tolist()[0] for c in ("id", "zip", "pay", "mixed", "when")] == [
        "007",
        "01,5",
        "1,234",
        "1.5",
        "1",
    ]
    export = read(NUMBERS, decimal=".")
    assert export.frame["pay"].tolist()[:2] == [1234.0, 12345.6]
    assert export.frame["either"].tolist()[:2] == [1234.0, 2345.0]
    assert export.frame["point"].tolist()[:2] == [1.5, 2.25]
    assert export.frame["gpa"].tolist() == ["1,5", "2", "-3,25"]
    assert any("'pay', 'either', 'point'" in note for note in export.notes)
    thousands = [["a", "b"], ["1.234,5", "x"], ["12.000", "y"]]
    assert read(thousands, decimal=",").frame["a"].tolist() == [1234.5, 12000.0]
    with pytest.raises(InputError, match="decimal"):
        read(NUMBERS, decimal=";")


def test_a_number_far_below_that_is_none_leaves_its_column_text():
    rows = [["id", "gpa"], *[[str(i), "1,5"] for i in range(1500)], ["x", "none yet"]]
    assert read(rows, decimal=",").frame["gpa"].tolist()[-1] == "none yet"


# ---- days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "several"),
    [
        (["2024-05-01", "2024-05-31 10:00"], False),
        (["01/05/2024", "31/05/2024"], False),
        (["05/31/2024", "01/05/2024"], False),
        (["2024-05-01", "31.05.2024"], True),
        (["31/05/2024", "05/31/2024"], True),
        (["2024-05-01"] * 9 + ["last May"], True),
        (["1.5", "2.5"], False),
    ],
)
def test_days_written_in_several_ways_are_noted_and_not_guessed(days, several):
    export = read([["id", "when"], *[[str(i), day] for i, day in enumerate(days)]])
    assert export.frame["when"].tolist() == days
    assert any("several ways" in note for note in export.notes) == several
    assert (export.column("when").role == "date") == (days[0] != "1.5")


# ---- what columns are ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        (["a,b", "a", "b,c", "c"] * 5, "choices"),
        (["1,2", "2,3", "1", "3"] * 5, "choices"),
        (["a;b;", "a;", "c;b;"] * 5, "choices"),
        (["Agree, I think", "No", "Yes"] * 5, "answer"),
        (["No, never", "No, not yet", "Yes"] * 5, "answer"),
        (["1,5", "2,5", "3,0", "1,0"] * 5, "answer"),
        ([f"I liked {i}, and {i * 7}" for i in range(20)], "answer"),
    ],
)
def test_several_choices_in_one_text_are_told_from_texts_with_commas(cells, role):
    assert read([["x", "y"], *[["p", cell] for cell in cells]]).column("y").role == role


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "stu_id",
        "userId",
        "userID",
        "STU_ID",
        "Case ID",
        "unique_user_id",
        "E-Mail",
        "email address",
    ],
)
def test_who_a_row_is_of_is_known_by_the_heading(name):
    assert read([[name, "x"], ["1", "2"]]).column(name).role == "id"


def test_ordinary_headings_are_no_ids():
    export = read([["paid", "valid", "name of course", "idea", "mail"], ["1"] * 5, ["a@b.org"] * 5])
    assert {c.role for c in export.codebook.columns} == {"answer"}
    capitals = ["PAID", "COVID", "VALID", "Q1_COVID", "Paid"]
    assert {c.role for c in read([capitals, ["1"] * 5, ["2"] * 5]).codebook.columns} == {"answer"}
    assert read([["who", "x"], ["a@b.org", "1"], ["c@d.org", "2"]]).column("who").role == "id"


# ---- the result ------------------------------------------------------------------------------------------


def test_an_export_prints_shows_and_tabulates_what_is_known_of_its_columns():
    export = read(files.limesurvey(heading=". ", full=True))
    printed = repr(export)
    assert printed.startswith("Export (limesurvey) of 4 rows and 12 columns\n")
    assert "brought[SQ001]" in printed
    assert "- 1 of the 4 rows was not submitted" in printed
    assert "007" not in printed
    assert "<table" in export._repr_html_()
    assert "&lt;" not in export._repr_html_()
    table = export.to_frame()
    assert list(table.columns) == [
        "column",
        "role",
        "question",
        "part_of",
        "choice",
        "code",
        "label",
        "missing",
    ]
    assert table[table["column"] == "brought[SQ001]"]["code"].tolist() == ["Yes", "No", "N/A"]
    assert table["column"].nunique() == 12
    assert export.codebook.to_frame().equals(table)
    wide = read([[f"q{i}" for i in range(60)], ["1"] * 60])
    assert "35 more columns; all of them: codebook.to_frame()" in repr(wide)
    assert repr(read([["a", "b"], ["1", "2"]])).startswith("Export (csv) of 1 row and 2 columns")


def test_columns_and_ticks_are_found_by_name():
    export = read(files.qualtrics())
    assert export.column("Q1") is export.codebook.column("Q1")
    assert export.column("nothing") is None
    assert export.ticks("nothing") == ()
    back = pickle.loads(pickle.dumps(export))
    assert back == export
    assert back.ticks("Q2") == export.ticks("Q2")
    with pytest.raises(TypeError):
        export.taken_out["previews"] = 3
