"""Errors of a study file advise what can be written in a study file."""

from __future__ import annotations

import tomllib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.cli import main
from credbenefits.study.advice import in_study

KEYS, TOP = ("column", "yes", "no", "missing"), ("missing", "answers", "allow_identifier", "waves")


@pytest.mark.parametrize(
    ("python", "toml"),
    [
        (
            "Ask with SelectAll('how', separator='\\n').",
            "Ask for its choices: select_all = 'how' in [[items]]. Or split it: [[choices]] with column = 'how' and separator = "
            '"\\n", then name them in [[items]].',
        ),
        (
            "Ask with SelectAll('how', separator=';'), or name them in yes=, no= or missing=.",
            "Ask for its choices: select_all = 'how' in [[items]]. Or split it: [[choices]] with column = 'how' and separator = "
            "';', then name them in [[items]], or name them in `yes`, `no` or `missing`.",
        ),
        (
            "Split it with split_choices(data, \"don't\", separator=',') and use the columns of the choices.",
            "Split it: [[choices]] with column = \"don't\" and separator = ',', and use the columns of the choices.",
        ),
        (
            "Say which count as yes: Item('q', yes=[...], missing=['a (b)']).",
            "Say which count as yes: yes = [...], missing = ['a (b)'].",
        ),
        (
            "Say missing=['x=y', 9] if they are no answer, or answers=['x=y', 9] if they are answers.",
            "Say missing = ['x=y', 9] if they are no answer, or answers = ['x=y', 9] if they are answers. At the top of the file: answers.",
        ),
        (
            "Choose a column of answers, or insist with allow_identifier=True.",
            "Choose a column of answers, or insist with allow_identifier = true. At the top of the file: allow_identifier.",
        ),
        (
            "Name one group as yes=, or insist on every pair with allow_long=True.",
            "Name one group as `yes`, or insist on every pair with allow_long = true. `allow_long` is a key of [bootstrap] and of [[groups]].",
        ),
        (
            "Keep them with keep=True, or say variance='bootstrap'.",
            "Keep them with keep = true, or say variance = 'bootstrap'. `variance` is a key of [proportions], [[items]], "
            "[[groups]] and of [[change]]. In Python only: keep.",
        ),
        (
            "Say missing=[float('inf'), float('-inf')], or put numbers.",
            "Say missing = [inf, -inf], or put numbers.",
        ),
        ("Name the column: yes={'age': [25, 35, 50]}.", "Name the column: yes = {'age' = [25, 35, 50]}."),
        (
            "Say how: code_format={'separator': '-'} or {'widths': [2, 1]}.",
            "Say how: code_format = {'separator' = '-'} or {'widths' = [2, 1]}. `code_format` is a key of [link].",
        ),
        (
            "say so: link_waves(answered={'end': [...]}), with the columns",
            "say so: answered = [...] in the table of the wave 'end', with the columns",
        ),
        (
            "Skip them: pandas.read_csv(path, skiprows=[1, 2]), polars.read_csv(path, skip_rows_after_header=2), or in a "
            "study file skip_rows = 2 under the wave.",
            "Skip them: skip_rows = 2 under the wave.",
        ),
        (
            "The nearest that is wide enough is bounds=(0.1, 2.5).",
            "The nearest that is wide enough is bounds = [0.1, 2.5]. `bounds` is a key of [weights].",
        ),
        (
            "trim='95%'; or trim=None for no cap.",
            "trim = '95%'; or trim = false for no cap. `trim` is a key of [weights].",
        ),
        ("how they differ from everybody (nonresponse_bias)", "how they differ from everybody ([[bias]])"),
        (
            "Only people in both waves have one: use panel.wave('end', also_in='start').",
            "Only people in both waves have one: say wave = ['start', 'end'].",
        ),
        (
            "For example: {'sex': {'f': 5_100, 'm': 4_900}}.",
            "For example: {'sex' = {'f' = 5_100, 'm' = 4_900}}.",
        ),
        ("Don't do it: that's the reader's.", "Don't do it: that's the reader's."),
    ],
)
def test_advice_is_written_for_the_file(python, toml):
    assert in_study(python, KEYS, TOP) == toml


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=6), min_size=1, max_size=3))
def test_answers_can_be_copied_from_the_advice(answers):
    told = in_study(f"Say missing={answers!r} if they are no answer.", KEYS, TOP)
    said = told.removeprefix("Say ").removesuffix(" if they are no answer.")
    assert tomllib.loads(said) == {"missing": answers}


# ---- the whole way --------------------------------------------------------------------------------------------

STUDY = """
title = "A study"
wave = "end"
{top}
[waves.start]
file = "start.csv"
keys = "id"
[waves.end]
file = "end.csv"
keys = "id"
{rest}
"""
JOB = '[[items]]\ncolumn = "job"\n'


def run(folder, capsys, *, top="", rest=JOB, **columns):
    n = 40
    start = pd.DataFrame({"id": range(n), "way": SEVERAL})
    end = pd.DataFrame({"id": range(n), "job": ["yes", "no"] * (n // 2), **columns})
    start.to_csv(folder / "start.csv", index=False)
    end = end.head(30) if "[weights]" in rest else end
    end.to_csv(folder / "end.csv", index=False)
    (folder / "study.toml").write_text(STUDY.format(top=top, rest=rest), encoding="utf-8")
    status = main(["brief", str(folder / "study.toml"), "--out", str(folder / "out")])
    return status, capsys.readouterr().err


SEVERAL = ["a", "b", "a\nb", "b"] * 10
PYTHON = ("SelectAll", "split_choices", "Item(", "=True", "link_waves", "pandas.")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (
            '[[items]]\ncolumn = "how"\n',
            ["items[1].column", "[[choices]] with column = 'how'", 'separator = "\\n"'],
        ),
        ('[[items]]\ncolumn = "how"\nyes = "a"\n', ["[[choices]]", 'separator = "\\n"']),
        (JOB + '[[groups]]\nby = "how"\n', ["groups[1].by", "[[choices]]", 'separator = "\\n"']),
        (
            JOB + '[weights]\nto = "start"\npopulation = "people"\n[weights.covariates]\nstart = ["way"]\n',
            ["weights.covariates", "[[choices]]"],
        ),
    ],
)
def test_several_answers_lead_to_choices(rest, expected, tmp_path, capsys):
    status, told = run(tmp_path, capsys, rest=rest, how=SEVERAL)
    assert status == 2
    assert all(words in told for words in expected), told
    assert not any(words in told for words in PYTHON), told


@pytest.mark.parametrize(
    ("rest", "columns", "fix"),
    [
        (JOB + '[[groups]]\nby = "g"\n', {"g": ["x", "y", "DK", "y"] * 10}, "missing = ['DK']"),
        (
            '[[items]]\ncolumn = "mail"\nyes = "p1@x.org"\n',
            {"mail": [f"p{i}@x.org" for i in range(40)]},
            "allow_identifier = true",
        ),
        ('[[items]]\ncolumn = "g"\n', {"g": ["x", "y"] * 20}, "Say which count as yes: yes = [...]."),
    ],
)
def test_other_advice_is_for_the_file_too(rest, columns, fix, tmp_path, capsys):
    status, told = run(tmp_path, capsys, rest=rest, **columns)
    assert status == 2
    assert fix in told
    assert not any(words in told for words in PYTHON), told


@pytest.mark.parametrize("place", ["top", "choices"])
def test_no_answers_of_choices_are_declared_where_the_error_says(place, tmp_path, capsys):
    rest = '[[choices]]\ncolumn = "how"\n{}[[items]]\ncolumn = "how: a"\n'
    how = {"how": ["a,b", "a", "N/A", "b"] * 10}
    status, told = run(tmp_path, capsys, rest=rest.format(""), **how)
    assert status == 2
    assert "study.toml, line 11: `choices[1].missing`: " in told
    assert "Say missing = ['N/A'] if they are no answer, or answers = ['N/A'] if they are." in told
    for said in ('missing = ["N/A"]\n', 'answers = ["N/A"]\n'):
        top, inside = (said, "") if place == "top" else ("", said)
        status, told = run(tmp_path, capsys, top=top, rest=rest.format(inside), **how)
        assert status == 0, told
        n = 30 if said.startswith("missing") else 40
        assert f"20 of {n}" in (tmp_path / "out" / "brief.md").read_text(encoding="utf-8")


def test_joined_spellings_of_choices_stand_in_the_brief(tmp_path, capsys):
    rest = '[[choices]]\ncolumn = "how"\nsame = {"Old" = "b"}\n[[items]]\ncolumn = "how: A"\n[[items]]\ncolumn = "how: b"\n'
    status, told = run(tmp_path, capsys, rest=rest, how=["A,b", "a", "A", "b,Old"] * 10)
    assert status == 0, told
    brief = (tmp_path / "out" / "brief.md").read_text(encoding="utf-8")
    assert brief.count("how: 'a' (10 rows) read as 'A'; how: 'Old' (10 rows) read as 'b'") == 1


def test_a_warning_of_silent_people_names_the_key(tmp_path, capsys):
    blank = {"job": ["yes", "no", "", ""] * 10}
    _, told = run(tmp_path, capsys, **blank)
    assert "answered=[...] in the table of the wave 'end'" in told
    assert "link_waves" not in told
