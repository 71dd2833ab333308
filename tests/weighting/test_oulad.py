"""The table of methods in docs/weights.md: real students, whose results are known, of whom some answer."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def code():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        yield importlib.import_module("coverage_oulad")


@pytest.fixture(scope="module")
def table():
    frame = pd.read_csv(ROOT / "docs" / "_data" / "coverage_oulad.csv")
    return frame.set_index(["mechanism", "nobs", "method"])


def test_every_mechanism_and_method_is_there(code, table):
    assert set(table.index.get_level_values("mechanism")) == {each.name for each in code.MECHANISMS}
    assert set(table.index.get_level_values("method")) == set(code.METHODS)
    assert (table["draws"] >= 200).all()


def test_the_page_has_the_numbers_of_the_file(table):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    lines = re.findall(
        r"^\| (ignorable|weak|not ignorable) \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", page, flags=re.MULTILINE
    )
    assert len(lines) == len(table)
    for mechanism, method, *numbers in lines:
        kept = table.loc[(mechanism, 100, method), ["bias", "rmse", "coverage"]]
        shown = [float(each.replace("−", "-")) for each in numbers]
        assert shown == pytest.approx(kept.tolist(), abs=5.1e-4), (mechanism, method)


def test_weights_correct_bias_that_covariates_explain_and_no_other(table):
    def bias(mechanism, method):
        return abs(table.loc[(mechanism, 100, method), "bias"])

    for method in ("logit", "calibration", "auto"):
        assert bias("ignorable", method) < bias("ignorable", "unweighted") / 2
        assert bias("not ignorable", method) > 0.08
        assert table.loc[("not ignorable", 100, method), "coverage"] < 0.9
        for mechanism in ("ignorable", "weak"):
            # Two standard errors of a coverage of .95 in 200 draws are .031.
            assert table.loc[(mechanism, 100, method), "coverage"] > 0.95 - 0.031


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.filterwarnings("ignore")
def test_the_simulation_gives_the_table_again(code, table, shared):
    """200 draws, seed 2017, of the mechanism whose bias the covariates explain."""
    students = code.read_students(shared / "data" / "oulad_student_info.csv.gz")
    assert len(students) == 28_785
    for row in code.simulate(students, code.MECHANISMS[0], 100, draws=200):
        kept = table.loc[(row["mechanism"], 100, row["method"])]
        for name in ("bias", "rmse", "coverage", "width"):
            assert row[name] == pytest.approx(kept[name], abs=1e-4), (row["method"], name)
