"""The rules of alerts, each where it fires and where it just does not; and people who answered and were not linked."""

from __future__ import annotations

import ast
import pathlib
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.results.tables import BalanceResult
from credbenefits.weighting import alerts as rules
from credbenefits.weighting.alerts import find_alerts

pytestmark = pytest.mark.filterwarnings("ignore:.*are blank in every column that varies")


def found(weight, propensity=None, *, n_people=1000, moved=0.0, n_parameters=1, limited=False):
    """The alerts of weights, by code."""
    balance = BalanceResult((), "respondents", "people")
    made = find_alerts(
        np.asarray(weight, dtype=float),
        n_people,
        propensity,
        balance,
        moved=moved,
        n_parameters=n_parameters,
        limited=limited,
    )
    return {alert.code: alert for alert in made}


def heavy(n, heaviest, share):
    """So many weights, of which the heaviest together have this share."""
    rest = (1 - share) / (n - heaviest)
    return [share / heaviest] * heaviest + [rest] * (n - heaviest)


@pytest.mark.parametrize(
    ("n", "heaviest", "share", "codes"),
    [
        (100, 1, 0.05, []),
        (100, 1, 0.0501, ["dominant_respondent"]),
        (150, 5, 0.19, []),
        (150, 5, 0.21, ["dominant_few"]),
        (150, 6, 0.23, []),
        (40, 5, 0.24, []),
        (20, 1, 0.3, ["few_respondents", "small_n_effective", "costly_weights"]),
    ],
)
def test_few_people_who_carry_much(n, heaviest, share, codes):
    alerts = found(heavy(n, heaviest, share))
    relevant = [code for code in alerts if code != "small_n_effective" or n < 30]
    assert relevant == codes
    if "dominant_respondent" in codes:
        assert alerts["dominant_respondent"].value == pytest.approx(share)
    if "dominant_few" in codes:
        assert alerts["dominant_few"].value == pytest.approx(5 / heaviest * share)
        assert alerts["dominant_few"].text == "five of 150 respondents carry 21% of the weight."


@pytest.mark.parametrize(("moved", "fires"), [(0.05, False), (0.051, True), (-0.05, False), (-0.06, True)])
def test_the_total_moved(moved, fires):
    alerts = found([1.0] * 100, moved=moved)
    assert ("total_moved" in alerts) == fires
    if fires:
        assert alerts["total_moved"].value == moved
        assert ("less than the population" in alerts["total_moved"].text) == (moved > 0)


def test_the_total_moved_by_hand():
    # 31 of 50 and 3 of 95, capped at 4 x 50/31: before rescaling 50 + 12 x 50/31, for 145 people.
    ids = np.arange(145)
    a = np.where(ids < 50, "x", "y")
    answered = np.r_[ids[:31], ids[50:53]]
    panel = cb.link_waves(
        {"all": pd.DataFrame({"id": ids, "a": a}), "some": pd.DataFrame({"id": answered})}, on="id"
    )
    (alert,) = [
        each
        for each in cb.attrition_weights(panel, "a", wave="some", to="all").alerts
        if each.code == "total_moved"
    ]
    before = 50 + 12 * 50 / 31
    assert alert.value == pytest.approx(145 / before - 1)
    assert alert.text == "before they were rescaled, the weights added up to 52% less than the population."
    assert "raise the cap" in alert.remedy


@pytest.mark.parametrize(
    ("lowest", "n", "fires"),
    [(0.011, 100, False), (0.0099, 100, True), (0.0099, 28, False), (0.0032, 10, True), (0.0034, 10, False)],
)
def test_tiny_propensities(lowest, n, fires):
    # Below 1%, and below a third of the response rate: n of 1,000.
    alerts = found([1.0] * n, np.array([lowest, 0.5]))
    assert ("tiny_propensity" in alerts) == fires
    if fires:
        assert alerts["tiny_propensity"].value == lowest


def test_every_alert_has_a_number_and_a_remedy():
    weights = [*heavy(25, 1, 0.9)]
    for alert in found(weights, np.array([0.001, 0.5]), moved=0.2, n_parameters=9).values():
        assert np.isfinite(alert.value)
        assert alert.text.endswith(".")
        assert alert.remedy.endswith(".")


# ---- people who answered and were not linked ---------------------------------------------------------------


def linked(unlinked=20, make=pd.DataFrame, **columns):
    """A panel whose second wave has so many people who are not in the first."""
    n = 100
    ids = np.arange(2 * n)
    some = np.r_[ids[:80], ids[-1] + 1 + np.arange(unlinked)]
    rest = {name: np.asarray(of(some.size), dtype=object) for name, of in columns.items()}
    frames = {
        "all": {"id": ids.tolist(), "a": ["x", "y"] * n},
        "some": {"id": some.tolist(), **{name: values.tolist() for name, values in rest.items()}},
    }
    return cb.link_waves({name: make(frame) for name, frame in frames.items()}, on="id")


def job(n):
    """Half of the linked have a job, and all of the unlinked."""
    return ["yes" if i % 2 or i >= 80 else "no" for i in range(n)]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_unlinked_people_are_compared_in_the_wave_they_answered(make):
    panel = linked(make=make, job=job, pay=lambda n: [1000 + 7 * (i % 40) for i in range(n)])
    weights = cb.attrition_weights(panel, "a", wave="some", to="all")
    table = weights.unlinked
    assert (table.n, table.of, table.n_columns, table.n_others) == (20, 100, 2, 0)
    yes = next(row for row in table["job"] if row.level == "yes")
    assert (yes.linked, yes.unlinked, yes.difference) == (0.5, 1.0, 0.5)
    assert yes.std_difference == pytest.approx(0.5 / np.sqrt(0.6 * 0.4))
    assert table.rows[0].variable == "job"
    assert sum(row.variable == "pay" for row in table) == 5
    (alert,) = [each for each in weights.alerts if each.code == "unlinked_respondents"]
    assert alert.value == 0.2
    assert alert.text == (
        "20 of the 100 people who answered “some” are not found in “all” and have no weight. They differ most in "
        "job = no: 0.0% of them, 50.0% of the others."
    )
    assert table.frame_kind == weights.frame_kind
    assert weights.left_out["not in the population wave"].size == 20


def test_differences_that_chance_allows_are_called_so():
    panel = linked(4, job=lambda n: ["yes" if i % 2 else "no" for i in range(n)])
    weights = cb.attrition_weights(panel, "a", wave="some", to="all")
    (alert,) = [each for each in weights.alerts if each.code == "unlinked_respondents"]
    assert "On 1 column they differ no more than chance allows." in alert.text


def test_nothing_is_said_where_everybody_is_linked():
    weights = cb.attrition_weights(linked(0, job=job), "a", wave="some", to="all")
    assert weights.unlinked is None
    assert "unlinked_respondents" not in [each.code for each in weights.alerts]


@pytest.mark.parametrize(
    "column",
    [
        lambda n: [f"name {i}" for i in range(n)],
        lambda n: [None] * n,
        lambda n: ["same"] * n,
        lambda n: [10_000_000 + 37 * i for i in range(n)],
        lambda n: [float("inf")] + [0.5 * i for i in range(1, n)],
        lambda n: ["text; of; many"] * (n // 2) + [f"{i}" for i in range(n - n // 2)],
    ],
    ids=["names", "blank", "constant", "numbers of people", "infinite", "free text"],
)
def test_columns_that_cannot_be_compared_are_counted_and_stop_nothing(column):
    weights = cb.attrition_weights(linked(z=column), "a", wave="some", to="all")
    assert (weights.unlinked.n_columns, weights.unlinked.n_others) == (0, 1)
    (alert,) = [each for each in weights.alerts if each.code == "unlinked_respondents"]
    assert alert.remedy == "Nothing compares them with the others."


def test_missing_answers_of_the_unlinked_are_compared_too():
    panel = linked(z=lambda n: [None if i >= 80 else "yes" if i % 2 else "no" for i in range(n)])
    table = cb.attrition_weights(panel, "a", wave="some", to="all").unlinked
    assert {row.level: row.unlinked for row in table} == {"yes": 0, "no": 0, "(missing)": 1}


def _strings(path):
    """The texts in alerts of a module, and in what is called their text or remedy."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
            "Alert",
            "_few_people",
            "_dominant",
        }
        named = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"remedy", "text"}
        if called or named:
            parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
            yield from (part for part in parts if isinstance(part, str))


def test_alerts_are_words_that_readers_of_briefs_and_of_study_files_understand():
    # No arguments, calls or attributes: a study file has none of them, and the reader of a brief no Python.
    python = re.compile(r"\b[a-z_]+=|\b[a-z_]+\(\)|\bweights\.[a-z]")
    found = [
        (path.name, text)
        for path in pathlib.Path(rules.__file__).parent.rglob("*.py")
        for text in _strings(path)
        if python.search(text)
    ]
    assert found == []
