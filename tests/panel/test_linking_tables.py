"""The figures and tables of the page on linking: what is stored is what the library gives."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from credbenefits.numerics.matching.candidates import Candidates

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def code():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), str(DOCS), *sys.path])
        yield SimpleNamespace(
            linking=importlib.import_module("linking"), figures=importlib.import_module("_linking_figures")
        )


@pytest.fixture(scope="module")
def pairs():
    return pd.read_csv(DOCS / "_data" / "linking_calibration.csv")


@pytest.fixture(scope="module")
def rates():
    return pd.read_csv(DOCS / "_data" / "linking_false_links.csv")


@pytest.fixture(scope="module")
def page():
    return (DOCS / "linking.md").read_text(encoding="utf-8")


def pooled(rates):
    counts = rates.groupby(["error", "requested"])[["false", "links"]].sum()
    return counts["false"] / counts["links"]


# ---- how they are made ------------------------------------------------------------------------------


def test_classes_and_links_by_hand(code):
    p = np.array([0.005, 0.01, 0.02, 0.5, 0.59, 0.9995, 1.0])
    true = np.array([True, False, True, True, False, True, True])
    zeros = np.zeros(7)
    rows = np.arange(7)
    found = code.linking.classes(Candidates(rows, rows, p, zeros, zeros.astype(np.int64)), true)
    by_class = {low: row.tolist() for low, row in zip(code.linking.EDGES, found, strict=False) if row[0]}
    assert list(by_class) == [0.01, 0.5, 0.999]  # less than 0.01 is not shown
    assert by_class[0.01] == pytest.approx([2, 0.03, 1])
    assert by_class[0.5] == pytest.approx([2, 1.09, 1])
    assert by_class[0.999] == pytest.approx([2, 1.9995, 2])
    sure = Candidates(rows[:3], rows[:3], np.array([0.99, 0.97, 0.5]), zeros[:3], rows[:3])
    # Mean chance of being wrong: 1%, 2%, 18%.
    assert code.linking.links_at(sure, true[:3], 0.02) == (2, 1, 0.04)
    assert code.linking.links_at(sure, true[:3], 0.015) == (1, 0, 0.01)


# ---- what is stored ---------------------------------------------------------------------------------


def test_the_files_hold_every_class_and_study(code, pairs, rates):
    made = code.linking
    classes = [
        (e, *ends) for e in made.SHOWN_ERRORS for ends in zip(made.EDGES, made.EDGES[1:], strict=False)
    ]
    assert list(pairs[["error", "low", "high"]].itertuples(index=False, name=None)) == classes
    seeds = range(made.FIRST_SEED, made.FIRST_SEED + made.SHOWN_SEEDS)
    studies = [(e, r, s) for e in made.SHOWN_ERRORS for s in seeds for r in made.RATES]
    assert list(rates[["error", "requested", "seed"]].itertuples(index=False, name=None)) == studies
    assert pairs["mean_probability"].between(pairs["low"], pairs["high"]).all()
    assert (pairs["same_person"] <= pairs["pairs"]).all()
    assert (rates["expected"] <= rates["requested"] * rates["links"] + 0.005).all()  # kept to two digits


@pytest.mark.parametrize("error", [0.03, 0.08])
def test_one_study_is_what_the_library_gives(code, pairs, rates, error):
    classes, links = code.linking.calibration(error, 1)
    kept = rates[(rates["error"] == error) & (rates["seed"] == code.linking.FIRST_SEED)]
    pd.testing.assert_frame_equal(links, kept.reset_index(drop=True))
    # The classes are pooled over all studies, so one has its part in each, within chance.
    share = classes["pairs"].to_numpy() / pairs.loc[pairs["error"] == error, "pairs"].to_numpy()
    assert np.all(np.abs(share - 1 / code.linking.SHOWN_SEEDS) < 0.04)


@pytest.mark.slow
def test_the_files_are_what_the_library_gives(code, pairs, rates, tmp_path):
    code.linking.write_calibration(tmp_path)
    for name, kept in (("linking_calibration.csv", pairs), ("linking_false_links.csv", rates)):
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / name), kept)


# ---- what the page says -----------------------------------------------------------------------------


def rows_after(text, heading):
    """Return the rows of the first table after a heading, by their first cell."""
    table = re.search(r"(?:^\|.*\n)+", text.split(heading, 1)[1], re.MULTILINE).group()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {first: rest for first, *rest in cells}


def test_the_page_gives_the_rates_as_they_are_stored(rates, page):
    single = (rates["false"] / rates["links"]).groupby([rates["error"], rates["requested"]])
    spread, true = single.quantile([0.05, 0.95]).unstack(), pooled(rates)
    for requested in (0.005, 0.01, 0.02, 0.05):
        cells = [f"{requested * 100:g}%"]
        for error in (0.03, 0.08):
            low, high = spread.loc[(error, requested)]
            cells += [f"{true[error, requested]:.2%}", f"{low:.2%} to {high:.2%}"]
        assert f"| {' | '.join(cells)} |" in page


def test_what_the_page_says_of_probabilities_and_rates(code, pairs, rates):
    off = (pairs["same_person"] / pairs["pairs"] - pairs["mean_probability"]).abs()
    assert off.nlargest(3).round(3).tolist() == [0.085, 0.056, 0.032]
    assert pairs.loc[off.nlargest(2).index, "pairs"].between(190, 230).all()
    sure = pairs[pairs["low"] >= 0.9]
    assert (sure["same_person"] < sure["mean_probability"] * sure["pairs"]).all()
    ratio = pooled(rates) / pooled(rates).index.get_level_values("requested")
    assert ratio.between(1, 1.125).all()
    for panel in code.figures.probabilities(pairs).axes:
        low, high = panel.get_xlim()
        assert low < pairs["mean_probability"].min() < pairs["mean_probability"].max() < high


def test_the_page_and_the_benchmark_say_the_same(page):
    benchmark = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    names = {
        '`method="code"`, `threshold=0.5`': "ours, threshold 0.5",
        '`method="code"`, 1% false links': "ours, at most 1% false",
    }
    full = {
        (size, error): rows_after(benchmark, f"{size}, {error}% ")
        for size in ("2,500 x 259", "26,000 x 2,691", "260,000 x 26,910", "1,000,000 x 103,500")
        for error in (3, 8)
    }
    ways = rows_after(page, "### Against other ways")
    assert len(ways) == 7
    for way, cells in ways.items():
        found = [full["26,000 x 2,691", error][names.get(way, way)] for error in (3, 8)]
        assert cells[:6] == [f"{float(x):.3f}" for row in found for x in row[:3]]
    sizes = rows_after(page, "not to the method")
    assert list(sizes) == list(dict.fromkeys(size for size, _ in full))
    for size, cells in sizes.items():
        for error, said in ((3, cells[:4]), (8, cells[4:8])):
            rows = full[size, error]
            others = [float(row[2]) for way, row in rows.items() if way not in {*names.values(), "ceiling"}]
            ours, ceiling = (f"{float(rows[way][2]):.3f}" for way in ("ours, threshold 0.5", "ceiling"))
            false = float(rows["ours, at most 1% false"][3])
            assert said == [ours, f"{max(others):.3f}" if others else "-", ceiling, f"{false:.2%}"]
