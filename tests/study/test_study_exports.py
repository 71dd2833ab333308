"""Waves of a study that are files of tools: read with their codebook, which items use."""

from __future__ import annotations

import io
import warnings

import pandas as pd
import pytest

from credbenefits.errors import DataWarning, StudyFileError
from credbenefits.results.proportions import ProportionsResult
from credbenefits.study.check import check_study
from credbenefits.study.file import read_study
from credbenefits.study.run import study_results

pyreadstat = pytest.importorskip("pyreadstat")
openpyxl = pytest.importorskip("openpyxl")
pytestmark = pytest.mark.filterwarnings("ignore:again.dta. quit. some codes are no answer")

STUDY = """
title = "Smokers"
wave = "start"
[waves.start]
file = "start.sav"
keys = "id"
[waves.end]
file = "end.xlsx"
keys = "id"
sheet = "Answers"
{more}
[[items]]
column = "quit"
label = "having quit"
[[items]]
column = "agree"
each_level = true
[[items]]
select_all = "why"
[[items]]
wave = "end"
column = "job"
[[change]]
item = {{ start = "quit", again = "quit" }}
each_level = true
waves = ["start", "again"]
[waves.again]
file = "again.dta"
keys = "id"
{item}
"""
ANSWERS = {
    "quit": {1.0: "Yes", 2.0: "No", -1.0: "Refused"},
    "agree": {1.0: "Agree", 2.0: "Neither", 3.0: "Disagree"},
}


def make(folder, *, more="", item=""):
    n = 40
    ids = [f"p{i:02d}" for i in range(n)]
    start = pd.DataFrame(
        {
            "id": ids,
            "quit": [[1.0, 2.0, 2.0, -1.0][i % 4] for i in range(n)],
            "agree": [[3.0, 1.0][i % 2] for i in range(n)],
            "why_1": [[1.0, 0.0][i % 2] for i in range(n)],
            "why_2": [[0.0, 1.0, 1.0][i % 3] for i in range(n)],
        }
    )
    pyreadstat.write_sav(
        start,
        folder / "start.sav",
        variable_value_labels=ANSWERS,
        missing_ranges={"quit": [-1]},
        column_labels=["", "Quit?", "Agree?", "Why? [health]", "Why? [money]"],
    )
    again = pd.DataFrame({"id": ids, "quit": [[2.0, 1.0][i % 2] for i in range(n)]})
    pyreadstat.write_dta(again, folder / "again.dta", variable_value_labels={"quit": ANSWERS["quit"]})
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.create_sheet("Answers")
    sheet.append(["id", "job"])
    for i, name in enumerate(ids[:30]):
        sheet.append([name, ["yes", "no"][i % 2]])
    book.save(file)
    (folder / "end.xlsx").write_bytes(file.getvalue())
    (folder / "study.toml").write_text(STUDY.format(more=more, item=item), encoding="utf-8")
    return folder / "study.toml"


def test_a_study_of_files_of_tools_says_nothing_of_codes(tmp_path):
    study = make(tmp_path)
    assert check_study(study) == []
    made = study_results(read_study(study))
    rows = [row for result in made.results if isinstance(result, ProportionsResult) for row in result.rows]
    found = {(row.label, row.level): (row.count, row.n) for row in rows}
    assert found[("having quit", "Yes")] == (10, 30)
    assert found[("agree: Neither", "Neither")] == (0, 40)
    assert found[("why: health", "health")][0] == 20
    assert found[("job", "yes")] == (15, 30)
    assert made.panel.codebook("start").column("quit").codes("refused") == (-1,)
    assert made.panel.ledger["taken_out"].tolist() == [0, 0, 0]
    page = made.brief().to_markdown()
    assert "Disagree" in page


def test_what_the_study_says_wins(tmp_path):
    study = make(tmp_path, item='[[items]]\ncolumn = "quit"\nyes = "No"\nlabel = "smoking"')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        made = study_results(read_study(study), only=["smoking"])
    (row,) = made.results[0].rows
    assert (row.level, row.count, row.n) == ("No", 20, 30)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item": '[[items]]\ncolumn = "quit"\nyes = "Yess"'}, r"items\[5\].yes.*Did you mean 'Yes'"),
        ({"item": '[[items]]\nselect_all = "what"'}, "what"),
        ({"more": 'kind = "spss"'}, r"waves.end"),
        ({"more": 'separator = ";"'}, r"waves.end.separator`: .*none beside a file of this kind"),
    ],
)
def test_what_is_wrong_is_a_key_of_the_file(tmp_path, change, said):
    study = make(tmp_path, **change)
    with pytest.raises(StudyFileError, match=said):
        study_results(read_study(study))
    (problem, *_) = check_study(study)
    assert isinstance(problem, StudyFileError)


def test_a_sheet_that_is_not_there_names_the_others(tmp_path):
    study = make(tmp_path)
    study.write_text(study.read_text(encoding="utf-8").replace('"Answers"', '"Answer"'), encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"waves.end.sheet.*Did you mean 'Answers'"):
        study_results(read_study(study))


def test_a_file_of_a_tool_is_known_by_its_content(tmp_path):
    study = make(tmp_path)
    rows = "".join(
        f"2024-05-01,{'Survey Preview' if i == 0 else 'IP Address'},p{i:02d},{'Yes' if i % 2 else 'No'}\n"
        for i in range(30)
    )
    ids = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in ("startDate", "status", "QID1", "QID2"))
    (tmp_path / "end.csv").write_text(
        f"StartDate,Status,id,job\nStart Date,Response Type,Id,Job?\n{ids}\n{rows}", encoding="utf-8"
    )
    text = (
        study.read_text(encoding="utf-8").replace('"end.xlsx"', '"end.csv"').replace('sheet = "Answers"', "")
    )
    study.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        made = study_results(read_study(study))
    assert made.panel.ledger["taken_out"].tolist() == [0, 3, 0]
    assert made.panel.codebook("end").column("job").question == "Job?"


CUT = """
title = "Smokers"
wave = "end"
{missing}
[waves.start]
file = "wide.sav"
keys = "id"
{start}
[waves.end]
file = "wide.sav"
keys = "id"
{end}
[[items]]
column = "quit"
label = "having quit"
[[items]]
column = "agree"
each_level = true
[[items]]
select_all = "why"
"""


def cut(folder, *, long=False, start="", end="", missing="", known=True):
    """Write a file of 40 people in two waves: in the second a quarter refused, and a quarter stayed silent."""
    n = 40
    wide = {"id": [f"p{i:02d}" for i in range(n)]}
    for wave in ("", "_2"):
        silent = [bool(wave) and i % 4 == 2 for i in range(n)]
        for name, values in (
            ("quit", [1.0, 2.0, 2.0, -1.0] if wave else [2.0, 2.0, 1.0, 1.0]),
            ("agree", [3.0, 1.0, 1.0, -1.0 if wave else 1.0]),
            ("why_a", [1.0, 0.0, 1.0, None if wave else 1.0]),
            ("why_b", [0.0, 1.0, 1.0, None if wave else 1.0]),
        ):
            wide[name + wave] = [None if silent[i] else values[i % 4] for i in range(n)]
    table = pd.DataFrame(wide)
    names = dict.fromkeys(("quit", "agree"), "")
    words = {"why_a": "Why? [health]", "why_b": "Why? [money]"}
    if long:
        later = [name for name in wide if name.endswith("_2")]
        first = table.drop(columns=later).assign(year="start")
        second = table[["id", *later]].rename(columns=lambda name: name.removesuffix("_2")).assign(year="end")
        table = pd.concat([first, second], ignore_index=True)
    endings = ("",) if long else ("", "_2")
    labels = {f"{name}{e}": {**ANSWERS[name], -1.0: "Refused"} for name in names for e in endings}
    pyreadstat.write_sav(
        table,
        folder / "wide.sav",
        variable_value_labels=labels if known else None,
        missing_ranges={name: [-1] for name in labels} if known else None,
        column_labels=[words.get(name.removesuffix("_2"), "") for name in table.columns],
    )
    start, end = (
        "\n".join(['wave_column = "year"' if long else f'columns = "{e}"', more])
        for e, more in (("", start), ("_2", end))
    )
    (folder / "study.toml").write_text(CUT.format(start=start, end=end, missing=missing), encoding="utf-8")
    return folder / "study.toml"


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("end", ["", 'answered = "quit"', 'status = { answered = "quit" }'])
def test_waves_cut_from_one_file_of_a_tool_know_its_codebook(tmp_path, long, end):
    study = cut(tmp_path, long=long, end=end)
    assert check_study(study) == []
    made = study_results(read_study(study))
    assert made.panel.presence.sum(axis=0).tolist() == [40, 20]
    assert made.panel.codebook("end").column("quit").codes("refused") == (-1,)
    assert [tick.choice for tick in made.panel.codebook("end").ticks("why")] == ["health", "money"]
    rows = [row for result in made.results if isinstance(result, ProportionsResult) for row in result.rows]
    found = {(row.label, row.level): (row.count, row.n) for row in rows}
    assert found[("having quit", "Yes")] == (10, 20)
    assert found[("agree: Neither", "Neither")] == (0, 20)
    assert found[("why: health", "health")] == (10, 20)


def test_a_check_reads_the_codebooks_of_cut_waves(tmp_path):
    study = cut(tmp_path)
    text = study.read_text(encoding="utf-8").replace('label = "having quit"', 'yes = "Yess"')
    study.write_text(text, encoding="utf-8")
    (problem,) = check_study(study)
    assert "Did you mean 'Yes'" in str(problem)
    assert problem.argument == "items[1].yes"
