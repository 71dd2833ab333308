"""The command: the example study, a study file of one's own, and errors that name key and file."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from importlib import resources

import pandas as pd
import pytest

from credbenefits.cli import main
from credbenefits.study.exports import read_rows
from credbenefits.study.file import read_study
from credbenefits.study.run import PARTS, run_study

#: The manifest says which files a later run may replace.
FILES = [
    ".credbenefits.json",
    "balance.csv",
    "brief.html",
    "brief.md",
    "differences.csv",
    "estimates.csv",
    "figures",
    "ledger.csv",
    "participation.csv",
    "results.json",
    "weights.csv",
]


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
    assert sorted(p.name for p in out.iterdir()) == sorted([*FILES, "study"])
    printed = capsys.readouterr()
    assert "brief.html" in printed.out
    assert "\r" not in printed.err  # no progress where there is no terminal
    text = (out / "brief.md").read_text(encoding="utf-8")
    for takeaway in (
        "**33%** of the 120 follow-up respondents reported improved job performance (40 of 120",
        "(12 of 40;",
        "(10 of 40;",
        "(23 of 120;",
        "(18 of 120;",
        "(0 of 120;",
        "(19 of 120;",
        "(42 of 120;",
        "(15 of 42;",
        "(316 of 2,288;",
        "(277 of 2,288;",
        "(211 of 2,288;",
    ):
        assert takeaway in text
    assert "synthetic" in text.lower()


def test_people_without_a_link_are_told_from_people_without_an_answer(example):
    # 12 of 120 have no employment from the other wave: before, one note counted them together.
    text = run_study(read_study(example / "study.toml")).to_markdown()
    assert "9 of the 120 people in “followup” are not in “completion” and are in no group." in text
    assert "- 3 rows have no value in employment in “completion” and are in no group." in text


def test_example_files_are_commented_and_complete(example):
    assert sorted(p.name for p in example.iterdir()) == [
        "completion.csv",
        "followup.csv",
        "start.csv",
        "study.toml",
    ]
    text = (example / "study.toml").read_text(encoding="utf-8")
    assert text.count("#") > 10
    assert "SYNTHETIC" in text


def test_the_files_it_writes_are_read_back_as_they_were(example):
    from credbenefits import load_credentials

    for name, frame in load_credentials().items():
        back = read_rows(example / f"{name}.csv")
        assert list(back.columns) == list(frame.columns)
        assert len(back) == len(frame)


def test_module_run_gives_the_same_brief(example, tmp_path):
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "credbenefits",
            "brief",
            str(example / "study.toml"),
            "--out",
            str(tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == FILES
    assert "\r" not in run.stderr


@pytest.mark.once
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
    "unknown key column": (
        '["learner_id", "email"]',
        '["lerner_id", "email"]',
        "waves.start.keys",
        "'learner_id'",
    ),
    "invited too few": ("invited = 2288", "invited = 100", "waves.followup.invited", "at least"),
    "invited text": ("invited = 2288", 'invited = "many"', "waves.followup.invited", "whole number"),
    "level in percent": ("confidence_level = 0.95", "confidence_level = 95", "confidence_level", "0.95"),
    "duplicate rule": ('duplicates = "last"', 'duplicates = "lats"', "duplicates", "'last'"),
    "exclude column": ('status = ["Survey Preview"]', 'sttaus = ["x"]', "exclude", "'status'"),
    "unknown item column": ('column = "first_job"', 'column = "frist_job"', "items[5].column", "'first_job'"),
    "item not binary": (
        'column = "first_job"',
        'column = "performance_how"',
        "items[5].column",
        "[[choices]]",
    ),
    "among not declared": (
        'among = "performance_improved"',
        'among = "improved"',
        "items[2].among",
        "performance_improved",
    ),
    "refusal not declared": ('missing = ["Prefer not to say"]', "", "items[10].column", "Prefer not to say"),
    "choice not offered": ('"Faster work", ', "", "choices[1].choices", "Faster work"),
    "choices column": (
        'column = "employer_support"',
        'column = "employr_support"',
        "choices[2].column",
        "'employer_support'",
    ),
    "items as one table": ("[[items]]", "[items]", "study", "TOML"),
    "weights to": ('to = "completion"', 'to = "completed"', "weights.to", "'completion'"),
    "covariate": (
        '"employment", "education"]',
        '"employment", "eduction"]',
        "weights.covariates",
        "'education'",
    ),
    "no population": (
        'population = "completion-survey respondents"',
        "",
        "weights.population",
        "the key is missing",
    ),
    "group column": ('by = "employment"', 'by = "employmnt"', "groups[1].by", "'employment'"),
    "group reference": (
        '"Employed full time"',
        '"Employed fulltime"',
        "groups[1].reference",
        "'Employed full time'",
    ),
    "group items": (
        'items = ["performance_improved"',
        'items = ["performance"',
        "groups[1].items",
        "performance_improved",
    ),
    "group adjust": ('by = "employment"', 'by = "employment"\nadjust = "hulm"', "groups[1].adjust", "'holm'"),
    "trim": ('to = "completion"', 'to = "completion"\ntrim = 0.5', "weights.trim", "above 1"),
    "bins": ('to = "completion"', 'to = "completion"\nbins = 1', "weights.bins", "from 2 to 200"),
    "bins of names": (
        'to = "completion"',
        'to = "completion"\nbins = { region = 3 }',
        "weights.bins",
        "columns of numbers",
    ),
    "bins of an unknown column": (
        'to = "completion"',
        'to = "completion"\nbins = { regoin = 3 }',
        "weights.bins",
        "'region'",
    ),
    "edges of bins": (
        'to = "completion"',
        'to = "completion"\nbins = { region = [3, 2] }',
        "weights.bins",
        "increasing",
    ),
    "to the same wave": ('to = "completion"', 'to = "followup"', "weights.to", "another wave"),
    "check a covariate": ('check = ["region"', 'check = ["education"', "weights.check", "not covariates"),
    "separator": (
        'column = "performance_how"\n',
        'column = "performance_how"\nseparator = ""\n',
        "choices[1].separator",
        "text",
    ),
    "repeats are errors": ('duplicates = "last"', 'duplicates = "error"', "duplicates", "repeat submissions"),
    "among two readings": (
        'column = "first_job"\nlabel = "a first job"',
        'column = "performance_improved"\nyes = "No"\nlabel = "no improvement"',
        "items[2].among",
        "read by several",
    ),
}


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


def test_a_folder_is_no_study_file(tmp_path, capsys):
    assert main(["brief", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "Give the path of a study file." in told
    assert "the line" not in told


@pytest.mark.once
def test_out_that_cannot_be_written(example, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "`--out`: expected a folder that can be written" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "a file"


def test_interrupt(monkeypatch, example, tmp_path, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("credbenefits.study.command.study_results", stop)
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 130
    assert not (tmp_path / "out").exists()


#: Runs the command, and sends itself a real SIGINT at a given moment.
LAUNCHER = """
import importlib.abc, os, signal, sys
moment, *arguments = sys.argv[1:]
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
class Interrupting(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == moment:
            interrupt()
sys.meta_path.insert(0, Interrupting())
if moment == "reading":
    import credbenefits.study.exports as run
    run.read_rows = lambda *_: interrupt()
if moment == "swallowed":  # nobody hears of an exception that is raised in a destructor
    import credbenefits.study.exports as run
    class Deaf:
        def __del__(self):
            interrupt()
    read = run.read_rows
    run.read_rows = lambda *given: (Deaf(), read(*given))[1]
if moment == "writing":
    from pathlib import Path
    move = Path.replace
    def replace(path, target):
        interrupt()
        return move(path, target)
    Path.replace = replace
if moment == "at exit":
    import atexit
    atexit.register(interrupt)
sys.argv[1:] = arguments
from credbenefits.cli import program
sys.exit(program())
"""


def heard():
    """Let the child hear Ctrl-C also where this process, started in the background, ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C in another way")


@pytest.mark.once
@needs_signals
@pytest.mark.parametrize(
    "moment",
    [
        "argparse",
        "tomllib",
        "numpy",
        "numpy.linalg",
        "pandas",
        "pandas._libs.tslibs",
        "scipy.special",
        "narwhals",
        "matplotlib",
        "matplotlib.figure",
        "reading",
        "swallowed",
        "writing",
        "at exit",
    ],
)
def test_ctrl_c_at_any_time_ends_with_one_line(moment, example, tmp_path):
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, moment, "brief", str(example / "study.toml"), "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=heard,
    )
    assert done.returncode == 130, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("credbenefits: note: ")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("credbenefits: interrupted; ")
    if moment in {"writing", "at exit"}:  # what was begun is whole
        assert sorted(p.name for p in out.iterdir()) == FILES
        assert (moment == "at exit") or lines[0].endswith("the files were written before that")
    else:
        assert not out.exists()


@pytest.mark.once
@needs_signals
@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.2, 0.4])
def test_ctrl_c_from_outside(delay, tmp_path):
    code = "import sys; from credbenefits.cli import program; print('ready', flush=True)\nsys.exit(program())"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heard,  # noqa: PLW1509
    ) as run:
        assert run.stdout.readline() == "ready\n"
        time.sleep(delay)
        run.send_signal(signal.SIGINT)
        _, error = run.communicate()
    assert run.returncode == 130, error
    assert len(error.splitlines()) == 1, error
    assert "credbenefits: interrupted" in error


@pytest.mark.once
@needs_signals
def test_a_program_in_the_background_goes_on(example, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            LAUNCHER,
            "pandas",
            "brief",
            str(example / "study.toml"),
            "--out",
            str(tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert done.returncode == 0, done.stderr


HEAVY = ["numpy", "pandas", "scipy", "statsmodels", "matplotlib", "narwhals", "credbenefits.study.run"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["brief", "--help"], 0),
        (["example", "--help"], 0),
        (["check", "--help"], 0),
        (["example", "--report", "another"], 2),
        (["example"], 2),
        (["breif"], 2),
        (["brief", "study.toml"], 2),
        (["brief", "nowhere.toml", "--out", "out"], 2),
        (["--wrong"], 2),
    ],
)
def test_help_and_wrong_arguments_import_no_library(arguments, status, tmp_path):
    code = (
        f"import sys; sys.argv[1:] = {arguments!r}\nfrom credbenefits.cli import program\n"
        "try:\n    status = program()\nexcept SystemExit as stop:\n    status = stop.code\n"
        f"print('\\nloaded', [name for name in {HEAVY!r} if name in sys.modules])\nsys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_running_a_study_does_not_load_what_takes_long():
    slow = ("scipy.stats", "statsmodels")
    code = f"import credbenefits.study.command, sys; print([n for n in {slow} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.once
@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    ],
)
def test_a_path_that_the_terminal_cannot_write(settings, example, tmp_path):
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "credbenefits",
            "brief",
            str(example / "study.toml"),
            "--out",
            str(tmp_path / "Göteborg"),
        ],
        capture_output=True,
        check=False,
        env={**os.environ, **settings},
    )
    assert run.returncode == 0, run.stderr
    assert sorted(p.name for p in (tmp_path / "Göteborg").iterdir()) == FILES
    assert len(run.stdout.splitlines()) >= len(FILES)
    assert b"teborg" in run.stdout
    lost = subprocess.run(
        [sys.executable, "-m", "credbenefits", "brief", "Göteborg.toml", "--out", "x"],
        capture_output=True,
        check=False,
        env={**os.environ, **settings},
        cwd=tmp_path,
    )
    assert lost.returncode == 2
    assert b"Traceback" not in lost.stderr


def test_help_and_version(capsys):
    for argument, words in (("--help", "synthetic"), ("--version", "credbenefits 0")):
        with pytest.raises(SystemExit) as stop:
            main([argument])
        assert stop.value.code == 0
        assert words in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["breif"])
    assert stop.value.code == 2


def test_help_names_every_part_that_can_run_alone(capsys):
    with pytest.raises(SystemExit):
        main(["brief", "--help"])
    named = (
        " ".join(capsys.readouterr().out.split()).partition("run only this part: ")[2].partition(", or an")[0]
    )
    assert tuple(named.split(", ")) == PARTS


def test_exports_are_read_as_text(tmp_path):
    (tmp_path / "a.csv").write_text("code,answer,n\n0012,NA,-8\n,n/a,1.50\n", encoding="utf-8-sig")
    frame = read_rows(tmp_path / "a.csv")
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
    data = read_rows(tmp_path / "followup.csv")
    who = data.index[data["performance_how"].notna() & data["learner_id"].notna()][-1]
    data.loc[who, "performance_how"] = "Prefer not to say"
    data.to_csv(tmp_path / "followup.csv", index=False)
    frame = run_study(read_study(path)).to_frame()
    row = frame[(frame["item"] == "performance_how: Better knowledge") & (frame["population"] == "")].iloc[0]
    assert row["n"] + row["n_missing"] == 40
    assert row["n_missing"] == 1


@pytest.mark.once
def test_example_does_not_overwrite_an_edited_study(tmp_path, capsys):
    assert main(["example", str(tmp_path)]) == 0
    assert main(["example", str(tmp_path)]) == 0  # the same files again lose nothing
    with (tmp_path / "study.toml").open("a") as file:
        file.write("# my edits\n")
    capsys.readouterr()
    assert main(["example", str(tmp_path)]) == 2
    assert "'study.toml' would be lost" in capsys.readouterr().err
    assert "# my edits" in (tmp_path / "study.toml").read_text()


@pytest.mark.once
def test_a_reader_that_has_read_enough_is_no_error(example, tmp_path, monkeypatch):
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "brief.html").is_file()


@pytest.mark.parametrize(
    ("bins", "levels"),
    [
        ("", ["20 to 27", "52 to 59"]),
        ("bins = 2", ["20 to 39", "40 to 59"]),
        ("bins = { age = [30, 50] }", ["20 to 29", "30 to 49", "50 to 59"]),
    ],
)
def test_numbers_among_the_covariates_of_a_study_are_cut(tmp_path, bins, levels):
    age = [20 + i % 40 for i in range(400)]
    # A CSV's cells are text; Parquet keeps numbers.
    pd.DataFrame({"id": [str(i) for i in range(400)], "age": age}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"id": range(0, 400, 3), "job": ["yes", "no"] * 67}).to_csv(tmp_path / "b.csv", index=False)
    (tmp_path / "study.toml").write_text(
        f"""
title = "Ages"
wave = "b"
[waves.a]
file = "a.parquet"
keys = "id"
[waves.b]
file = "b.csv"
keys = "id"
[[items]]
column = "job"
label = "a better job"
[weights]
to = "a"
population = "everybody"
covariates = ["age"]
{bins}
""",
        encoding="utf-8",
    )
    text = run_study(read_study(tmp_path / "study.toml")).to_markdown()
    assert all(level in text for level in levels)


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


def test_check_names_every_problem_with_its_line_and_runs_nothing(study, monkeypatch, capsys):
    monkeypatch.setattr("credbenefits.study.command.study_results", lambda *_, **__: pytest.fail("it ran"))
    path = study('column = "first_job"', 'column = "frist_job"')
    text = path.read_text(encoding="utf-8").replace('to = "completion"', 'to = "completed"')
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(path)]) == 2
    *problems, last = capsys.readouterr().out.splitlines()
    lines = text.splitlines()
    for key, line in (
        ("items[5].column", lines.index('column = "frist_job"') + 1),
        ("weights.to", lines.index('to = "completed"') + 1),
    ):
        assert [problem for problem in problems if problem.startswith(f"study.toml, line {line}: `{key}`: ")]
    assert last == f"{path}: {len(problems)} problems"
    assert sorted(p.suffix for p in path.parent.iterdir()) == [".csv", ".csv", ".csv", ".toml"]


def test_check_says_when_nothing_is_wrong(example, capsys):
    assert main(["check", str(example / "study.toml")]) == 0
    assert capsys.readouterr().out == f"{example / 'study.toml'}: nothing is wrong\n"


def test_check_of_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().out.endswith("none.toml: 1 problem\n")


def test_check_reads_outside_only_if_it_may(study, tmp_path, capsys):
    path = study('file = "start.csv"', 'file = "../start.csv"')
    assert main(["check", str(path)]) == 2
    assert "waves.start.file" in capsys.readouterr().out
    (tmp_path / "start.csv").rename(tmp_path.parent / "start.csv")
    assert main(["check", str(path), "--allow-outside"]) == 0


@pytest.mark.parametrize(
    ("only", "there", "gone"),
    [
        (["first_job"], ["estimates.csv"], ["differences.csv", "ledger.csv"]),
        (["groups", "link"], ["differences.csv", "ledger.csv"], ["estimates.csv", "weights.csv"]),
    ],
)
def test_one_part_runs_alone(only, there, gone, example, tmp_path):
    arguments = [word for part in only for word in ("--only", part)]
    assert main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out"), *arguments]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= set(there)
    assert not names & set(gone)


def test_an_unknown_part_is_refused(example, tmp_path, capsys):
    assert (
        main(["brief", str(example / "study.toml"), "--out", str(tmp_path / "out"), "--only", "grups"]) == 2
    )
    assert "Did you mean 'groups'?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_schema_is_the_one_that_comes_with_the_package(capsys):
    assert main(["schema"]) == 0
    packed = resources.files("credbenefits.study").joinpath("study.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == packed
