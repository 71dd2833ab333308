"""The command: the example study, a study file of one's own, and errors that name key and file."""

import io
import re
import subprocess
import sys

import pandas as pd
import pytest

from credbenefits.cli import main
from credbenefits.study.run import read_export, run_study
from credbenefits.study.schema import read_study

FILES = ["brief.html", "brief.md", "differences.csv", "estimates.csv", "figures"]


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    assert main(["example", str(folder)]) == 0
    return folder


@pytest.fixture
def study(example, tmp_path):
    """A copy of the example whose study file a test can spoil."""

    def spoil(old="", new=""):
        for csv in example.glob("*.csv"):
            (tmp_path / csv.name).write_bytes(csv.read_bytes())
        text = (example / "study.toml").read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "study.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "study.toml"

    return spoil


def test_without_arguments_it_runs_the_example(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    out = tmp_path / "credbenefits-example"
    assert sorted(p.name for p in out.iterdir()) == [*FILES, "study"]
    printed = capsys.readouterr()
    assert "brief.html" in printed.out
    assert "\r" not in printed.err  # no progress where there is no terminal
    text = (out / "brief.md").read_text(encoding="utf-8")
    for takeaway in (
        "**33%** of the 120 follow-up respondents reported improved job performance (40 of 120",
        "(12 of 40;", "(10 of 40;", "(23 of 120;", "(18 of 120;", "(0 of 120;", "(19 of 120;", "(42 of 120;",
        "(15 of 42;", "(316 of 2,288;", "(277 of 2,288;", "(211 of 2,288;",
    ):  # fmt: skip
        assert takeaway in text
    assert "synthetic" in text.lower()


def test_people_without_a_link_are_told_from_people_without_an_answer(example):
    # 12 of 120 have no employment from the other wave: before, one note counted them together.
    text = run_study(read_study(example / "study.toml")).to_markdown()
    assert "9 of the 120 people in “followup” are not in “completion” and are in no group." in text
    assert re.search(r"- 3 rows have no value in employment.+completion and are in no group\.", text)


def test_example_files_are_commented_and_complete(example):
    assert sorted(p.name for p in example.iterdir()) == [
        "completion.csv", "followup.csv", "start.csv", "study.toml",
    ]  # fmt: skip
    text = (example / "study.toml").read_text(encoding="utf-8")
    assert text.count("#") > 10
    assert "SYNTHETIC" in text


def test_the_files_it_writes_are_read_back_as_they_were(example):
    from credbenefits import load_credentials

    for name, frame in load_credentials().items():
        back = read_export(example / f"{name}.csv")
        assert list(back.columns) == list(frame.columns)
        assert len(back) == len(frame)


def test_module_run_gives_the_same_brief(example, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "credbenefits", "brief", str(example / "study.toml"), "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == FILES
    assert "\r" not in run.stderr


def test_progress_on_a_terminal(example, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 0
    assert "[1/6] reading the waves" in sys.stderr.getvalue()
    assert sys.stderr.getvalue().endswith("\r\033[K")


WRONG = {
    "unknown key": ('wave = "followup"', 'wvae = "followup"', "wvae", "'wave'"),
    "unknown wave": ('wave = "followup"', 'wave = "folowup"', "wave", "'followup'"),
    "missing title": ("title = ", "note2 = ", "note2", "'note'"),
    "missing file": ('file = "start.csv"', 'file = "strat.csv"', "waves.start.file", "strat.csv"),
    "no file": ('file = "start.csv"', "", "waves.start.file", "the key is missing"),
    "no keys": ('keys = ["learner_id", "email"]', "", "waves.start.keys", "none"),
    "keys of a wrong kind": ('keys = ["learner_id", "email"]', "keys = 3", "waves.start.keys", "a text"),
    "unknown key column": ('["learner_id", "email"]', '["lerner_id", "email"]', "waves.start.keys", "'learner_id'"),
    "invited too few": ("invited = 2288", "invited = 100", "waves.followup.invited", "at least"),
    "invited text": ("invited = 2288", 'invited = "many"', "waves.followup.invited", "whole number"),
    "level in percent": ("confidence_level = 0.95", "confidence_level = 95", "confidence_level", "0.95"),
    "duplicate rule": ('duplicates = "last"', 'duplicates = "lats"', "duplicates", "'last'"),
    "exclude column": ('status = ["Survey Preview"]', 'sttaus = ["x"]', "exclude", "'status'"),
    "unknown item column": ('column = "first_job"', 'column = "frist_job"', "items[5].column", "'first_job'"),
    "item not binary": ('column = "first_job"', 'column = "performance_how"', "items[5].column", "yes=["),
    "among not declared": ('among = "performance_improved"', 'among = "improved"', "items[2].among",
                           "performance_improved"),
    "refusal not declared": ('missing = ["Prefer not to say"]', "", "items[10].column", "Prefer not to say"),
    "choice not offered": ('"Faster work", ', "", "choices[1].choices", "Faster work"),
    "choices column": ('column = "employer_support"', 'column = "employr_support"', "choices[2].column",
                       "'employer_support'"),
    "items as one table": ("[[items]]", "[items]", "study", "TOML"),
    "weights to": ('to = "completion"', 'to = "completed"', "weights.to", "'completion'"),
    "covariate": ('"employment", "education"]', '"employment", "eduction"]', "weights.covariates", "'education'"),
    "no population": ('population = "completion-survey respondents"', "", "weights.population", "the key is missing"),
    "group column": ('by = "employment"', 'by = "employmnt"', "groups[1].by", "'employment'"),
    "group reference": ('"Employed full time"', '"Employed fulltime"', "groups[1].reference", "'Employed full time'"),
    "group items": ('items = ["performance_improved"', 'items = ["performance"', "groups[1].items",
                    "performance_improved"),
    "group adjust": ('by = "employment"', 'by = "employment"\nadjust = "hulm"', "groups[1].adjust", "'holm'"),
    "trim": ('to = "completion"', 'to = "completion"\ntrim = 0.5', "weights.trim", "above 1"),
    "to the same wave": ('to = "completion"', 'to = "followup"', "weights.to", "another wave"),
    "check a covariate": ('check = ["region"', 'check = ["education"', "weights.check", "not covariates"),
    "separator": ('column = "performance_how"\n', 'column = "performance_how"\nseparator = ""\n',
                  "choices[1].separator", "text"),
    "repeats are errors": ('duplicates = "last"', 'duplicates = "error"', "duplicates", "repeat submissions"),
    "among two readings": ('column = "first_job"\nlabel = "a first job"',
                           'column = "performance_improved"\nyes = "No"\nlabel = "no improvement"',
                           "items[2].among", "read by several"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_study_names_key_file_and_fix_and_writes_nothing(case, study, tmp_path, capsys):
    old, new, key, words = WRONG[case]
    assert main(["brief", str(study(old, new)), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert f"`{key}`" in error
    assert "study.toml" in error
    assert "expected" in error
    assert words in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "content",
    [b"title = ", b"\xff\xfe", b"", b"title = 'x'\nwaves = 3", b"title='x'\n[waves.a]\nfile='a.csv'"],
)
def test_a_file_that_is_no_study(content, tmp_path, capsys):
    (tmp_path / "study.toml").write_bytes(content)
    assert main(["brief", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "study.toml" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_study_file_that_is_not_there(tmp_path, capsys):
    assert main(["brief", str(tmp_path / "none.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "credbenefits example DIR" in capsys.readouterr().err


def test_out_that_cannot_be_written(example, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "a file"


def test_interrupt(monkeypatch, example, tmp_path, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("credbenefits.cli.run_study", stop)
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 130
    assert not (tmp_path / "out").exists()


def test_help_and_version(capsys):
    for argument, words in (("--help", "synthetic"), ("--version", "credbenefits 0")):
        with pytest.raises(SystemExit) as stop:
            main([argument])
        assert stop.value.code == 0
        assert words in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["breif"])
    assert stop.value.code == 2


def test_exports_are_read_as_text(tmp_path):
    (tmp_path / "a.csv").write_text("code,answer,n\n0012,NA,-8\n,n/a,1.50\n", encoding="utf-8-sig")
    frame = read_export(tmp_path / "a.csv")
    assert frame.fillna("").to_numpy().tolist() == [["0012", "NA", "-8"], ["", "n/a", "1.50"]]


def test_rows_longer_than_the_header_are_refused(study, tmp_path, capsys):
    path = study()
    text = (tmp_path / "followup.csv").read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    (tmp_path / "followup.csv").write_text("\n".join([lines[0], *(line + ",x" for line in lines[1:])]))
    assert main(["brief", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "`waves.followup.file`" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_refusal_among_ticks_is_no_answer(study, tmp_path):
    path = study()
    data = read_export(tmp_path / "followup.csv")
    who = data.index[data["performance_how"].notna() & data["learner_id"].notna()][-1]
    data.loc[who, "performance_how"] = "Prefer not to say"
    data.to_csv(tmp_path / "followup.csv", index=False)
    frame = run_study(read_study(path)).to_frame()
    row = frame[(frame["item"] == "performance_how: Better knowledge") & (frame["population"] == "")].iloc[0]
    assert row["n"] + row["n_missing"] == 40
    assert row["n_missing"] == 1


def test_example_does_not_overwrite_an_edited_study(tmp_path, capsys):
    assert main(["example", str(tmp_path)]) == 0
    assert main(["example", str(tmp_path)]) == 0  # the same files again lose nothing
    with (tmp_path / "study.toml").open("a") as file:
        file.write("# my edits\n")
    capsys.readouterr()
    assert main(["example", str(tmp_path)]) == 2
    assert "study.toml would be lost" in capsys.readouterr().err
    assert "# my edits" in (tmp_path / "study.toml").read_text()


def test_a_reader_that_has_read_enough_is_no_error(example, tmp_path, monkeypatch):
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "brief.html").is_file()


def test_a_study_of_two_waves_without_weights(tmp_path):
    pd.DataFrame({"id": ["1", "2", "3"]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"id": ["1", "2"], "job": ["Agree", "Disagree"]}).to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "study.toml").write_text(
        """
title = "Small"
wave = "b"
[waves.a]
file = "a.csv"
keys = "id"
[waves.b]
file = "b.csv"
keys = "id"
[[items]]
column = "job"
yes = "Agree"
label = "a better job"
""",
        encoding="utf-8",
    )
    text = run_study(read_study(tmp_path / "study.toml")).to_markdown()
    assert "**1 of 2** people who answered “b” reported a better job (50%;" in text
    assert re.search(r"2 of 3 people in “a” are also in “b”", text)
