"""Delimiters, letters, quotes, rows of other lengths: what can be wrong with a file of text."""

from __future__ import annotations

import gzip
import io
import zipfile

import pandas as pd
import pytest

import credbenefits as cb
import export_files as files
from credbenefits.errors import InputError

TWIN = [["code", "job", "score", "why"], ["007", "yes", "1", "a, b; c"], ["1e5", "no", "2", "über\nall"]]


def same(export, rows=TWIN):
    assert list(export.frame.columns) == rows[0]
    assert export.frame.to_numpy().tolist() == rows[1:]


# ---- delimiters and letters ----------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_letters_and_line_ends_are_found(delimiter, encoding, end):
    export = cb.read_export(files.written(TWIN, delimiter, end=end).encode(encoding))
    same(export)
    assert any("cp1252" in note for note in export.notes) == (encoding == "cp1252")


def test_every_letter_of_windows_is_read():
    letters = "".join(bytes([i]).decode("cp1252", "ignore") for i in range(0x80, 0x100))
    rows = [["id", letters[:20]], ["1", letters], ["2", letters[::-1]]]
    same(
        cb.read_export(files.written(rows).encode("cp1252")),
        [["id", " ".join(letters[:20].split())], *rows[1:]],
    )
    with pytest.raises(InputError, match="in cp1252; got the file, which is in another encoding"):
        cb.read_export(b"id,a\n1,\x81\xff\n")


def test_lines_may_end_as_on_old_machines():
    rows = [row[:3] for row in TWIN]
    same(cb.read_export(files.written(rows, end="\r").encode()), rows)


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "SEP=;\n"])
def test_a_note_for_a_spreadsheet_says_what_stands_between_cells(first):
    export = cb.read_export((first + files.written(TWIN, ";")).encode("utf-8-sig"))
    same(export)
    assert any("note for a spreadsheet" in note for note in export.notes)


def test_delimiters_and_encodings_can_be_declared():
    content = files.written(TWIN, "^").encode("cp437")
    same(cb.read_export(content, delimiter="^", encoding="cp437"))
    with pytest.raises(InputError, match="delimiter"):
        cb.read_export(content, delimiter="::")
    with pytest.raises(InputError, match="encoding"):
        cb.read_export(content, encoding="utf-99")
    with pytest.raises(InputError, match="another encoding"):
        cb.read_export(b"a,b\n\xff,1\n", encoding="ascii")


def test_a_question_that_holds_the_delimiter_decides_nothing():
    rows = [
        ["code", "Which, of these, and why?", "Since when, about?"],
        *[[str(i), "a, b", "x"] for i in range(9)],
    ]
    for delimiter in (",", ";", "\t"):
        same(cb.read_export(files.written(rows, delimiter).encode()), rows)
    plain = "code;Which, of these?;n\n1;a;1,5\n2;b;2,5\n3;c;3,5\n"
    assert cb.read_export(plain.encode()).frame.shape == (3, 3)


def test_one_column_needs_no_delimiter():
    assert cb.read_export(b"id\n007\n1e5\nNA\n").frame["id"].tolist() == ["007", "1e5", "NA"]


# ---- cells -----------------------------------------------------------------------------------------------


def test_only_the_empty_cell_is_missing_and_nothing_becomes_a_number():
    cells = [
        "007",
        "1e5",
        "NA",
        "NaN",
        "null",
        "None",
        "1.50",
        "TRUE",
        "-",
        " ",
        "a@b.org",
        "12345678901234567890",
    ]
    frame = cb.read_export(files.written([["x", "y"], *[[c, "1"] for c in cells], ["", "1"]]).encode()).frame
    assert frame["x"].tolist()[:-1] == cells
    assert frame["x"].isna().tolist() == [False] * len(cells) + [True]


def test_line_breaks_and_quotes_in_headings_and_cells_stay_in_their_cell():
    rows = [["id", 'Why,\n"really"?', "z"], ["1", 'a\n\nb ""c"', "x"], ["2", "\n", ""], ["3", '5" pipe', ","]]
    export = cb.read_export(files.written(rows).encode())
    assert list(export.frame.columns) == ["id", 'Why, "really"?', "z"]
    assert export.frame['Why, "really"?'].tolist() == [row[1] for row in rows[1:]]
    assert export.frame["z"].isna().tolist() == [False, True, False]
    assert export.notes == ()


def test_headings_given_twice_or_not_at_all_get_a_name():
    export = cb.read_export(b"job,job,,job (2),x\n1,2,3,4,5\n")
    assert list(export.frame.columns) == ["job", "job (3)", "column 3", "job (2)", "x"]
    assert len(export.notes) == 2


def test_columns_at_the_end_without_heading_or_cell_are_left_out_and_noted():
    export = cb.read_export(b"a,b,,\n1,2,,\n3,4,,\n")
    assert list(export.frame.columns) == ["a", "b"]
    assert any("2 columns at the end" in note for note in export.notes)
    assert list(cb.read_export(b"a,b,,\n1,2,,x\n").frame.columns) == ["a", "b", "column 3", "column 4"]


# ---- rows ------------------------------------------------------------------------------------------------


def test_long_rows_are_refused_without_a_word_of_what_is_in_them():
    with pytest.raises(InputError, match="row 2 below the header has 4 cells for 3 columns") as caught:
        cb.read_export(b"id,a,b\n1,2,3\nann@example.org,secret,3,4\n")
    assert "secret" not in str(caught.value)
    assert "ann" not in str(caught.value)
    with pytest.raises(InputError, match="row 1 below the header has 4 cells for 3 columns"):
        cb.read_export(b"id,a,b\n1,2,3,4\n1,2,3\n")
    with pytest.raises(InputError, match="double quote that nothing closes"):
        cb.read_export(b'id,a\n1,"x\n2,y\n')


def test_a_delimiter_behind_every_row_is_no_cell():
    assert cb.read_export(b"a,b\n1,2,\n3,4,\n").frame.to_numpy().tolist() == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("quote", ["x", '"x, y"', '"x\n\ny"'])
def test_short_rows_are_counted(quote):
    body = "".join(f"{i},{quote},\n" for i in range(50))
    whole = cb.read_export(f"id,a,b\n{body}".encode())
    assert not any("fewer cells" in note for note in whole.notes)
    short = cb.read_export(f"id,a,b\n{body}51,{quote}\n52\n".encode())
    assert len(short.frame) == 52
    assert any(note.startswith("2 rows have fewer cells") for note in short.notes)


def test_empty_rows_are_taken_out_and_counted():
    export = cb.read_export(b'\n\nid,a\n1,x\n\n,\n"",""\n  \n2,\n,y\n\n\n')
    assert export.frame.fillna("").to_numpy().tolist() == [["1", "x"], ["2", ""], ["", "y"]]
    assert dict(export.taken_out) == {"empty rows": 4}
    assert export.notes[0] == "Taken out: 4 empty rows."
    quoted = cb.read_export(b'id,a\n1,"x\n\ny"\n\n2,"\n\n\n"\n')
    assert dict(quoted.taken_out) == {"empty rows": 1}


def test_long_texts_and_wide_files_are_read_to_their_end():
    rows = [["id", *[f"q{i}" * 200 for i in range(300)]], ["1", *["z" * 3000] * 300], ["2", *["y"] * 300]]
    assert cb.read_export(files.written(rows).encode()).frame.shape == (2, 301)
    big = cb.read_export(files.written([["id", "a"], ["1", "x" * 200_000], ["2", "y"]]).encode())
    assert big.frame["a"].str.len().tolist() == [200_000, 1]


# ---- where files come from -------------------------------------------------------------------------------


def packed(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("__MACOSX/._" + name, b"x")
        archive.writestr(name, content)
    return out.getvalue()


def test_paths_bytes_files_and_packed_files_are_the_same(tmp_path):
    content = files.written(TWIN).encode()
    place = tmp_path / "wave.csv"
    place.write_bytes(content)
    same(cb.read_export(place))
    same(cb.read_export(str(place)))
    same(cb.read_export(content))
    same(cb.read_export(bytearray(content)))
    same(cb.read_export(io.BytesIO(content)))
    same(cb.read_export(io.StringIO(content.decode())))
    with place.open("rb") as file:
        same(cb.read_export(file))
    same(cb.read_export(gzip.compress(content)))
    same(cb.read_export(packed("wave.csv", content)))
    same(cb.read_export(gzip.compress(packed("wave.csv", content))))
    assert place.read_bytes() == content


def test_what_cannot_be_read_says_what_it_is(tmp_path):
    with pytest.raises(InputError, match=r"'none.csv' \(No such file"):
        cb.read_export(tmp_path / "none.csv")
    with pytest.raises(InputError, match="folder"):
        cb.read_export(tmp_path)
    with pytest.raises(InputError, match="empty"):
        cb.read_export(b"")
    with pytest.raises(InputError, match="empty"):
        cb.read_export(b"\xef\xbb\xbf\r\n\r\n")
    with pytest.raises(InputError, match="path"):
        cb.read_export(42)
    with pytest.raises(InputError, match="DataFrame"):
        cb.read_export(pd.DataFrame({"a": [1]}))
    with pytest.raises(InputError, match="damaged"):
        cb.read_export(gzip.compress(b"a,b\n" * 99)[:-20])
    with pytest.raises(InputError, match="damaged"):
        cb.read_export(packed("a.csv", b"a,b\n")[:60])
    with pytest.raises(InputError, match="NUL"):
        cb.read_export(b"\x89ABC\x00\x01\x02\x00\x03binary\x00\x01\x01\x01")
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", "a")
        archive.writestr("b.csv", "a")
    with pytest.raises(InputError, match="2 files"):
        cb.read_export(two.getvalue())


# ---- what is no row, and what is no file of rows -----------------------------------------------------------


@pytest.mark.parametrize("text", ["id,job", "id,job\n", "id,job\n\n"])
def test_a_file_of_headings_alone_has_no_rows_and_none_that_were_taken_out(text):
    export = cb.read_export(text.encode())
    assert export.frame.shape == (0, 2)
    assert dict(export.taken_out) == {}


def test_headings_that_come_again_are_no_people_whatever_the_tool():
    plain = cb.read_export(b"id,job\n1,a\nid,job\n2,b\nid,x\n")
    assert plain.frame["id"].tolist() == ["1", "2", "id"]
    assert dict(plain.taken_out) == {"repeated headings": 1}
    two = "Respondent ID,Collector ID,Why?,\n,,Pay,Place\n"
    joined = cb.read_export(f"{two}1,7,Pay,\n{two}2,7,,Place\n".encode())
    assert joined.kind == "surveymonkey"
    assert joined.frame.iloc[:, 0].tolist() == ["1", "2"]
    assert dict(joined.taken_out) == {"second headings": 1, "repeated headings": 2}
    texts = cb.read_export(b"id,job\nId,Your job\n1,a\nid,job\nId,Your job\n2,b\n", header_rows=2)
    assert texts.frame["id"].tolist() == ["1", "2"]


def test_a_column_of_one_heading_keeps_the_answers_that_read_like_it():
    assert cb.read_export(b"yes\nno\nyes\n").frame["yes"].tolist() == ["no", "yes"]


def test_headings_that_are_wider_than_the_names_are_refused():
    rows = (
        b"StartDate,Status,Finished,ResponseId,Q1\nStart Date,Response Type,Finished,Response ID,Good, bad?\n"
    )
    with pytest.raises(InputError, match="headings that has 6 cells for 5 columns"):
        cb.read_export(rows + b"2024-05-01 10:00:00,IP Address,True,R_1,Yes\n")


@pytest.mark.parametrize(
    "text", ["<html><table><tr><td>id</td></tr></table>", '{"a": [1, 2]}\n', '[{"a": 1}]']
)
def test_pages_and_json_are_no_tables(text):
    with pytest.raises(InputError, match="CSV"):
        cb.read_export(text.encode())


def test_a_file_of_bytes_that_is_open_as_text_is_refused(tmp_path):
    place = tmp_path / "names.csv"
    place.write_bytes("name\nMüller\n".encode("cp1252"))
    with place.open(encoding="utf-8") as file, pytest.raises(InputError, match="'rb'"):
        cb.read_export(file)


def test_text_in_place_of_a_path_is_not_repeated():
    with pytest.raises(InputError, match="encode") as problem:
        cb.read_export("id,mail\n1,anna@example.org\n")
    assert "anna" not in str(problem.value)
