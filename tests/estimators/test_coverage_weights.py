"""The table of docs/weights.md is what the simulation gives, and its words are what it says; METHODS 4.18."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
IGNORABLE = ["both", "weak", "answering only"]
NOBS = [40, 100, 300]


@pytest.fixture(scope="module")
def code():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        yield importlib.import_module("coverage_weights")


@pytest.fixture(scope="module")
def table():
    frame = pd.read_csv(ROOT / "docs" / "_data" / "coverage_weights.csv")
    return frame.set_index(["of", "scenario", "nobs", "method"])


def column(table, of, method, name, scenarios=IGNORABLE):
    return [table.loc[(of, s, n, method), name] for n in NOBS for s in scenarios]


def test_every_scenario_and_size_is_there(code, table):
    assert set(table.index.get_level_values("scenario")) == {each.name for each in code.SCENARIOS}
    assert set(table.index.get_level_values("nobs")) == set(code.NOBS) == set(NOBS)
    assert (table["draws"] >= 200).all()


def test_the_truth_is_what_it_should_be(code):
    for scenario in code.SCENARIOS:
        for nobs in NOBS:
            world = code.World.of(scenario, nobs)
            assert world.truths()[0] == pytest.approx(code.TRUTH, abs=1e-9)
            assert world.chance[world.answered].sum() * code.PEOPLE == pytest.approx(nobs)
            assert world.chance.sum() == pytest.approx(1.0)


def test_wilson_on_kishs_size_covers_where_answering_is_ignorable(table):
    coverage = column(table, "share", "cap 4, kish, wilson", "coverage")
    assert min(coverage) >= 0.94
    assert max(coverage) <= 0.97


def test_a_cap_of_three_medians_costs_coverage_where_covariates_move_the_outcome_much(table):
    coverage = column(table, "share", "cap 3, kish, wilson", "coverage")
    assert 0.92 <= min(coverage) < 0.94
    assert max(coverage) <= 0.97


@pytest.mark.parametrize("weights", ["1/p", "cap 3", "cap 4"])
def test_variances_that_know_the_estimation_cover_less_in_few_people(table, weights):
    kish, estimated = (
        sum(column(table, "share", f"{weights}, {how}, wilson", "coverage")) / 9
        for how in ("kish", "estimated")
    )
    assert estimated < kish - 0.005


def test_weights_that_have_nothing_to_do_with_the_outcome_cost_precision(table):
    rmse = {
        m: table.loc[("share", "answering only", 100, m), "rmse"]
        for m in ("unweighted, wilson", "1/p, kish, wilson")
    }
    assert 1.3 < rmse["1/p, kish, wilson"] / rmse["unweighted, wilson"] < 1.5


def test_no_method_covers_where_answering_depends_on_the_outcome(table):
    for method in ("1/p, kish, wilson", "cap 4, kish, wilson"):
        assert max(column(table, "share", method, "coverage", ["not ignorable"])) < 0.8


def test_the_page_has_the_numbers_of_the_file(table):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (.+?) \| ((?:0\.\d{3} \|? ?){9})$", page, flags=re.MULTILINE)
    assert len(lines) == 19 + 6 + 4
    for name, numbers in lines:
        of, method, what = "share", name, "coverage"
        if "newcombe" in name:
            of = "difference"
        elif "wilson" not in name and "percentile" not in name:
            method, what = f"{name}, {'wilson' if name == 'unweighted' else 'kish, wilson'}", "rmse"
        shown = [float(each) for each in re.findall(r"0\.\d{3}", numbers)]
        assert shown == pytest.approx(column(table, of, method, what), abs=5.1e-4), name


def test_the_page_has_what_weights_do_where_the_outcome_moves_answering(table):
    page = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| ([^|]+?) \| ((?:0\.\d{3} \| ){5}0\.\d{3}) \|$", page, flags=re.MULTILINE)
    assert [name for name, _ in lines] == ["unweighted", "1/p", "cap 3", "cap 4"]
    for name, numbers in lines:
        method = f"{name}, {'wilson' if name == 'unweighted' else 'kish, wilson'}"
        kept = [
            table.loc[("share", "not ignorable", n, method), what]
            for n in NOBS
            for what in ("bias", "coverage")
        ]
        assert [float(each) for each in numbers.split(" | ")] == pytest.approx(kept, abs=5.1e-4), name


@pytest.mark.slow
@pytest.mark.parametrize(("place", "nobs"), [(0, 100), (2, 40), (3, 40)])
def test_the_simulation_gives_the_table_again(code, table, place, nobs):
    """4,000 draws, seed 418: the closed forms of three cells are those of the file; two have the penalty always."""
    scenario = code.SCENARIOS[place]
    rows = code.simulate(scenario, nobs, draws=4_000, influenced=20, bootstrapped=0, resamples=0)
    for row in rows:
        if row["draws"] == 4_000:
            kept = table.loc[(row["of"], scenario.name, nobs, row["method"])]
            assert row["coverage"] == pytest.approx(kept["coverage"], abs=0.004)
            assert row["rmse"] == pytest.approx(kept["rmse"], abs=5e-4)


@pytest.mark.slow
def test_the_report_warns_where_weighting_only_raises_the_error(code, table):
    """40 draws of 100 respondents: most are warned where no covariate goes with the outcome, of what it costs."""
    found = {s.name: code.advice(s, 100, draws=40) for s in code.SCENARIOS[:3]}
    assert found["answering only"]["raises"] > 0.6
    assert found["answering only"]["corrects"] < 0.4
    rmse = [
        table.loc[("share", "answering only", 100, m), "rmse"]
        for m in ("unweighted, wilson", "1/p, kish, wilson")
    ]
    assert found["answering only"]["larger"] == pytest.approx(rmse[1] / rmse[0] - 1, abs=0.06)
