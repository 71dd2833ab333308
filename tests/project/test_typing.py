"""The types that users see, as mypy and pyright read them: what they accept, what they refuse, what comes back."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import credbenefits as cb
from credbenefits import stats

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "typing"
CALLS = FOLDER / "calls_that_pass.py", FOLDER / "calls_that_fail.py"
MARK = re.compile(r"# E: (?P<mypy>[\w, -]+) \| (?P<pyright>[\w, ]+)$")


def expected(checker: str) -> set[tuple[str, int, str]]:
    """Return file, line and the allowed names of each error that must be found."""
    return {
        (path.name, number, found[checker])
        for path in CALLS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := MARK.search(line))
    }


def run(command: list[str], cwd: Path) -> str:
    environment = os.environ | {"MYPYPATH": str(ROOT / "src"), "PYTHONPATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert done.stdout, done.stderr
    return done.stdout


def by_mypy(cache: Path) -> list[tuple[str, int, str, str]]:
    options = [
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
        "--no-pretty",
        "--follow-imports=silent",
    ]
    files = [str(path) for path in CALLS]
    text = run([sys.executable, "-m", "mypy", *options, "--cache-dir", str(cache), *files], cwd=cache)
    found = re.findall(r"^(?:.*[/\\])?([\w.]+):(\d+): error: (.*?)  \[([\w-]+)\]$", text, flags=re.MULTILINE)
    assert found, text
    return [(file, int(line), code, said) for file, line, said, code in found]


def by_pyright(cache: Path) -> list[tuple[str, int, str, str]]:
    config = {
        "include": [str(path) for path in CALLS],
        "extraPaths": [str(ROOT / "src")],
        "typeCheckingMode": "standard",
        "reportUnusedExpression": "none",
    }
    (cache / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson"]
    told = json.loads(run([*command, "-p", str(cache)], cwd=cache))
    assert told["summary"]["filesAnalyzed"] == len(CALLS)
    return [
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1, each.get("rule", ""), each["message"])
        for each in told["generalDiagnostics"]
        if each["severity"] == "error"
    ]


@pytest.mark.parametrize(
    ("checker", "tool", "check"), [("mypy", "mypy", by_mypy), ("pyright", "basedpyright", by_pyright)]
)
def test_the_face_is_typed(checker, tool, check, request, tmp_path):
    for module in (tool, "polars", "duckdb"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module}")
    kept = getattr(request.config, "cache", None)  # pytest can run without one
    found = check(Path(kept.mkdir(f"typing-{checker}") if kept else tmp_path))
    wanted = expected(checker)
    places = {(file, line) for file, line, _ in wanted}
    surprising = [each for each in found if each[:2] not in places]
    assert not surprising, "\n".join(map(str, surprising))
    for file, line, names in sorted(wanted):
        codes = {code for *place, code, _ in found if place == [file, line]}
        assert codes, f"{file}, line {line}: no error"
        assert codes <= set(names.split(", ")), f"{file}, line {line}: {codes}"


def test_every_public_name_is_tried():
    text = "".join(path.read_text(encoding="utf-8") for path in CALLS)
    tried = set(re.findall(r"\b(?:cb|stats)\.(\w+)", text))
    assert set(cb.__all__) | set(stats.__all__) <= tried


@pytest.mark.filterwarnings("ignore::credbenefits.errors.DataWarning")
def test_the_calls_that_pass_run():
    pytest.importorskip("duckdb")
    pytest.importorskip("polars")
    runpy.run_path(str(CALLS[0]))
