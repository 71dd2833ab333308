"""The table of methods in docs/weights.md: real students, whose results are known, of whom some answer."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
WEIGHTED = ["logit", "classes", "calibration", "auto"]


@pytest.fixture(scope="module")
def code():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        yield importlib.import_module("coverage_oulad")


@pytest.fixture(scope="module")
def table():
    frame = pd.read_csv(ROOT / "docs" / "_data" / "coverage_oulad.csv")
    assert set(frame["nobs"]) == {100}
    return frame.set_index(["mechanism", "method"])


def test_every_mechanism_and_method_is_there(code, table):
    assert set(table.index) == {(each.name, way) for each in code.MECHANISMS for way in code.METHODS}
    calibrated = table.index.get_level_values("method") == "calibration"
    assert (table["draws"][~calibrated] == 1_000).all()
    assert (table["draws"][calibrated] >= 940).all()  # no weights of at least 0 meet all totals


def test_the_page_has_the_numbers_of_the_file(table):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    number = r" (−?\d\.\d{3}) \|"
    lines = re.findall(rf"^\| (ignorable|weak|not ignorable) \| (\w+) \|{number * 4}$", page, re.MULTILINE)
    assert len(lines) == len(table)
    for mechanism, method, *numbers in lines:
        kept = table.loc[(mechanism, method), ["bias", "rmse", "coverage", "width"]]
        shown = [float(each.replace("−", "-")) for each in numbers]
        assert shown == pytest.approx(kept.tolist(), abs=5.1e-4), (mechanism, method)


def of(table, mechanism, column, methods=WEIGHTED):
    """A column for no weights, and for the methods."""
    rows = table.loc[mechanism, column]
    return rows["unweighted"], rows[methods].to_numpy()


def test_weights_help_where_the_covariates_explain_who_answers(table):
    plain, (logit, classes, calibration, auto) = of(table, "ignorable", "bias")
    assert plain > 0.06
    assert max(abs(logit), abs(calibration), abs(auto)) < plain / 5
    assert abs(classes) < 0.6 * plain  # few classes: answering still differs within them
    plain, weighted = of(table, "ignorable", "rmse")
    assert (weighted < 0.85 * plain).all()
    plain, covered = of(table, "ignorable", "coverage", ["logit", "calibration", "auto"])
    assert plain < 0.8
    assert (np.abs(covered - 0.95) < 0.02).all()


def test_weights_do_nothing_where_the_covariates_hardly_explain_it(table):
    plain, weighted = of(table, "weak", "rmse")
    assert (np.abs(weighted / plain - 1) < 0.03).all()


def test_weights_cannot_help_where_the_outcome_itself_moves_answering(table):
    plain, weighted = of(table, "not ignorable", "bias")
    assert (weighted < plain).all()
    assert (weighted > 0.75 * plain).all()
    _, covered = of(table, "not ignorable", "coverage")
    assert (covered < 0.35).all()


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_the_simulation_gives_the_table_again(code, table, shared):
    """1,000 draws, seed 2017: no weights, and those of the default, where the covariates explain who answers."""
    students = code.read_students(shared / "data" / "oulad_student_info.csv.gz")
    assert (len(students), students["passed"].mean()) == (28_785, pytest.approx(0.46823, abs=5e-6))
    ways = ["unweighted", "logit"]
    for row in code.simulate(students, code.MECHANISMS[0], 100, draws=1_000, methods=ways):
        kept = table.loc[(row["mechanism"], row["method"])]
        for name in ("draws", "bias", "rmse", "coverage", "width"):
            assert row[name] == pytest.approx(kept[name], abs=1e-4), (row["method"], name)
