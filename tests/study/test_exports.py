"""Files of a study that are not what was declared: a clear error that repeats none of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from credbenefits import cli
from credbenefits.errors import StudyFileError
from credbenefits.study.file import read_study
from credbenefits.study.run import run_study

STUDY = """
title = "A small study"
wave = "end"
[waves.start]
file = "start.csv"
keys = "id"
[waves.end]
file = "{file}"
keys = "id"
{more}
[[items]]
column = "job"
{item}
"""
#: What only the cells of the file say.
SECRET = "SECRET"
GOOD = "id,job\n" + "".join(f"p{i},{'yes' if i % 2 else 'no'}\n" for i in range(30)).replace(
    "p3,", f"{SECRET},"
)
WIDE = "".join(f"p{i},{'yes' if i % 2 else 'no'},{SECRET},\n" for i in range(30))


def make(folder, data=None, *, file="end.csv", more="", item="", mark=b""):
    """Write a study of two waves; `data` is the second one's file."""
    study = folder / "study"
    study.mkdir()
    (study / "start.csv").write_text("id\n" + "".join(f"p{i}\n" for i in range(40)), encoding="utf-8")
    if data is not None:
        (study / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    text = STUDY.format(file=file, more=more, item=item)
    (study / "study.toml").write_bytes(mark + text.encode())
    return study / "study.toml"


def refused(study, **options):
    with pytest.raises(StudyFileError) as problem:
        run_study(read_study(study, **options))
    message = str(problem.value)
    assert SECRET not in message
    assert re.fullmatch(r"study.toml, line \d+: `[\w.]+`: expected .+; got .+\. .+[.?]", message)
    return message


def share(study, **options):
    row = run_study(read_study(study, **options)).to_frame().iloc[0]
    return f"{row['count']:.0f} of {row['n']:.0f}"


def test_a_plain_file_is_read(tmp_path):
    assert share(make(tmp_path, GOOD)) == "15 of 30"


# ---- encodings and damage --------------------------------------------------------------------------------

LATIN = GOOD.replace(SECRET, f"{SECRET} José")
DAMAGED = {
    "UTF-16": (GOOD.encode("utf-16"), r"UTF-8; got 'end.csv', which is in UTF-16.*\"CSV UTF-8\""),
    "UTF-16 without a mark": (GOOD.encode("utf-16-be"), r"UTF-16 or has NUL bytes.*\"CSV UTF-8\""),
    "Latin-1": (LATIN.encode("latin-1"), r"which is in another encoding.*\"CSV UTF-8\""),
    "cp1252": (GOOD.replace(SECRET, f"“{SECRET}”").encode("cp1252"), r"in another encoding.*\"CSV UTF-8\""),
    "Latin-1 in the header": (GOOD.replace("job", "job,café", 1).encode("latin-1"), "in another encoding"),
    "NUL bytes": (GOOD.replace(SECRET, f"{SECRET}\0"), "NUL bytes"),
    "a damaged workbook": (b"PK\x03\x04 SECRET", "which is damaged or has a password"),
    "nothing": (b"", "whose first row is empty"),
    "only a mark": (b"\xef\xbb\xbf", "whose first row is empty"),
    "blank lines": ("\n\n" + GOOD, "whose first row is empty"),
    "only separators": (",,\n" + GOOD, "whose first row is empty"),
    "only a header": ("id,job\n", "at least one row below its header"),
    "only a header that does not end": ("id,job", "at least one row below its header"),
    "no header": (GOOD.partition("\n")[2], "2 cells, none of which is a column that the study names"),
    "a title above the header": (
        f"My {SECRET}\n{GOOD}",
        "1 cell, which is not a column that the study names",
    ),
    "a longer row": (GOOD + f"p99,yes,{SECRET},3\n", "row 31 below the header has 4 cells for 2 columns"),
    "a longer first row": (GOOD.replace("no\n", f"no,{SECRET}\n", 1), "row 1 below the header has 3 cells"),
    # Its missing cells would count as no answer: a file that was cut off has such a row.
    "a row that ends early": (GOOD + "p35\n", "row 31 below the header has 1 cell for 2 columns.*end no row"),
    "a row that ends early, and quotes": (
        GOOD.replace(SECRET, f'"{SECRET}, more"') + "p35\n",
        "row 31 below the header has 1 cell for 2 columns",
    ),
    "longer rows": ("id,job\n" + WIDE, "row 1 below the header has 4 cells for 2 columns"),
    "an open quote": (GOOD + f'p99,"yes {SECRET}\n', "double quote that nothing closes"),
    "a name twice": ("id,job,job\n" + WIDE.replace(",\n", "\n"), "'job' more than once. Rename them"),
    "a name with a space": ("id,job,job \n" + WIDE.replace(",\n", "\n"), "'job' more than once"),
    "spaces in a name": ("id,job,a b,a  b\n" + WIDE, "'a b' more than once"),
    "a hard space in a name": ("id,job,a b,a\u00a0b\n" + WIDE, "'a b' more than once"),
}


@pytest.mark.parametrize(("data", "words"), DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_is_not_what_was_declared_is_refused_and_not_repeated(data, words, tmp_path):
    message = refused(make(tmp_path, data))
    assert message.startswith("study.toml, line 8: `waves.end.file`")
    assert re.search(words, message)


READ = {
    "a mark of UTF-8": GOOD.encode("utf-8-sig"),
    "ends of lines of Windows": GOOD.replace("\n", "\r\n"),
    "ends of lines of old Macs": GOOD.replace("\n", "\r"),
    "names that differ by case": "id,job,Job\n" + WIDE.replace(",\n", "\n"),
    "columns without a name": "id,job,,\n" + WIDE,
    "separators at the ends of rows": GOOD.replace("yes\n", "yes,\n").replace("no\n", "no,\n"),
    "empty cells at the end": GOOD + "p35,\n",
    "blank lines below": GOOD + "\n\np35,\n",
    "a quoted line break": GOOD.replace(SECRET, f'"{SECRET}\nand more"'),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_what_is_no_damage_is_read(data, tmp_path):
    assert share(make(tmp_path, data)) == "15 of 30"


def test_names_with_spaces_around_are_told(tmp_path):
    assert "Did you mean 'id '" in refused(make(tmp_path, GOOD.replace("id,job", "id , job")))


def test_a_damaged_parquet_file(tmp_path):
    message = refused(make(tmp_path, b"SECRET " * 9, file="end.parquet"))
    assert "'end.parquet', which is not of this kind, or damaged" in message
    assert str(tmp_path) not in message


@pytest.mark.parametrize("folder", ["end.csv", "."])
def test_a_folder_is_no_file(folder, tmp_path):
    study = make(tmp_path, file=folder)
    (study.parent / "end.csv").mkdir()
    assert "It is a folder: name a file in it" in refused(study)


def test_a_study_file_with_a_byte_order_mark(tmp_path):
    assert share(make(tmp_path, GOOD, mark=b"\xef\xbb\xbf")) == "15 of 30"


def test_a_study_file_in_another_encoding(tmp_path):
    study = make(tmp_path, GOOD)
    study.write_bytes(study.read_text(encoding="utf-8").replace("small", "schöne").encode("latin-1"))
    with pytest.raises(
        StudyFileError, match=r"UTF-8; got study\.toml, which is in another encoding\. Save it as UTF-8"
    ):
        read_study(study)


# ---- places ----------------------------------------------------------------------------------------------

OUTSIDE = {
    "the folder above": ("../end.csv", lambda s: None),
    "a full path": ("{}/end.csv", lambda s: None),
    "a link": ("end.csv", lambda s: (s / "end.csv").symlink_to(s.parent / "end.csv")),
    "a linked folder": ("sub/end.csv", lambda s: (s / "sub").symlink_to(s.parent)),
}


@pytest.mark.parametrize(("file", "prepare"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_file_outside_of_the_folder_is_read_only_if_allowed(file, prepare, tmp_path, capsys):
    study = make(tmp_path, file=file.format(tmp_path.as_posix()))
    (tmp_path / "end.csv").write_text(GOOD, encoding="utf-8")
    prepare(study.parent)
    message = refused(study)
    assert "in the folder of the study file or below it" in message
    assert "--allow-outside" in message
    assert share(study, allow_outside=True) == "15 of 30"
    command = ["brief", str(study), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 2
    assert "--allow-outside" in capsys.readouterr().err
    assert cli.main([*command, "--allow-outside"]) == 0


def test_a_path_that_comes_back_is_inside(tmp_path):
    study = make(tmp_path, GOOD)
    (study.parent / "sub").mkdir()
    study.write_text(
        study.read_text(encoding="utf-8").replace('"end.csv"', '"sub/../end.csv"'), encoding="utf-8"
    )
    assert share(study) == "15 of 30"


@pytest.mark.parametrize("file", ["/proc/self/environ", "/etc/passwd"])
def test_a_file_of_the_system_is_not_repeated(file, tmp_path):
    if not Path(file).exists():
        pytest.skip("this system has no such file")
    held = [v for v in re.split(rb"[\0\n:=]", Path(file).read_bytes()) if len(v) > 5]
    study = make(tmp_path, file=file)
    for options in ({}, {"allow_outside": True}):
        message = refused(study, **options).replace(file, "")
        assert not [v for v in held if v in message.encode()]


# ---- separators ------------------------------------------------------------------------------------------

MARKS = {";": ('";"', "semicolons"), "\t": (r'"\t"', "tabs"), "|": ('"|"', "bars")}


@pytest.mark.parametrize("mark", MARKS)
def test_another_separator_is_named_and_then_read(mark, tmp_path):
    written, words = MARKS[mark]
    data = GOOD.replace(",", mark)
    message = refused(make(tmp_path, data))
    assert "with commas between the cells, whose first row names the columns; got 'end.csv', " in message
    assert (
        f"whose first row has {words} between the cells. Write separator = {written} under [waves.end]."
        in message
    )
    (tmp_path / "declared").mkdir()
    assert share(make(tmp_path / "declared", data, more=f"separator = {written}")) == "15 of 30"


@pytest.mark.parametrize("mark", MARKS)
def test_a_wrong_separator_is_refused(mark, tmp_path):
    written, words = MARKS[mark]
    message = refused(make(tmp_path, GOOD, more=f"separator = {written}"))
    assert f"with {words} between the cells" in message
    assert 'has commas between the cells. Write separator = "," under [waves.end].' in message


def test_a_separator_within_a_quoted_name(tmp_path):
    data = 'id;"job, now";job\n' + WIDE.replace(",", ";").replace(";\n", "\n")
    assert "semicolons" in refused(make(tmp_path, data))


def test_the_separator_line_of_a_spreadsheet(tmp_path):
    message = refused(make(tmp_path, "sep=;\n" + GOOD.replace(",", ";")))
    assert "a note for a spreadsheet (sep=). Delete this line" in message


@pytest.mark.parametrize("value", ['":"', '""', r"'\t'", "3", '[";"]', '", "'])
def test_separators_that_are_none(value, tmp_path):
    message = refused(make(tmp_path, GOOD, more=f"separator = {value}"))
    assert "`waves.end.separator`: " in message
    assert r'one of ",", ";", "\t", "|"' in message


def test_a_parquet_file_has_no_separator(tmp_path):
    study = make(tmp_path, b"", file="end.parquet", more='separator = ";"')
    assert "`waves.end.separator`: " in refused(study)


def test_a_misspelt_separator(tmp_path):
    assert "Did you mean 'separator'" in refused(make(tmp_path, GOOD, more='seperator = ";"'))


def test_decimal_commas_stay_text(tmp_path):
    data = "id;job\n" + "".join(f"p{i};{i % 5},5\n" for i in range(30))
    study = make(tmp_path, data, more='separator = ";"', item='yes = ["3,5", "4,5"]')
    assert share(study) == "12 of 30"
