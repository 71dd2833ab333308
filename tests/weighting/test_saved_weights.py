"""Recipes of weights as plain data: saved, run again, and refused for other data; summary and plots."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits import Item, Weights
from credbenefits.errors import InputError


def waves(seed=2, n=300):
    rng = np.random.default_rng(seed)
    start = pd.DataFrame(
        {
            "id": [f"person {k}" for k in range(n)],
            "age": rng.integers(20, 70, n),
            "sex": rng.choice(["f", "m"], n),
            "status": rng.choice(["active", "left"], n, p=[0.9, 0.1]),
            "since": [datetime.date(2020, 1, 1 + int(k)) for k in rng.integers(0, 3, n)],
        }
    )
    middle = start[["id"]].assign(grade=rng.choice(["a", "b", "c"], n))[rng.random(n) < 0.7]
    end = middle[["id"]][rng.random(len(middle)) < 0.6].assign(job="yes")
    return {"start": start, "middle": middle, "end": end}


def panel(**options):
    return cb.link_waves(waves(**options), on="id")


def chain(panel):
    first = cb.attrition_weights(
        panel,
        ["age", ("age", "sex"), "since"],
        wave="middle",
        to="start",
        eligible=Item("status", yes=["active"]),
        missing=[datetime.date(2020, 1, 3), -9],
        population="everybody",
    )
    return cb.attrition_weights(
        panel, {"middle": ["grade"], "start": ["sex"]}, wave="end", to="middle", base_weights=first, trim=4
    )


def test_chains_run_again_from_their_text():
    made = chain(panel())
    text = made.to_json()
    held = json.loads(text)
    assert held["call"] == "attrition_weights"
    assert held["credbenefits"] == cb.__version__
    again = Weights.from_json(text, panel())
    assert np.array_equal(again.weight, made.weight)
    assert again.alerts == made.alerts
    assert again.to_json() == text
    assert "person 1" not in text


def test_recipes_are_run_on_other_data_on_purpose_only():
    made = chain(panel())
    other = panel(seed=9)
    with pytest.raises(InputError, match=r"`data`.*new_data=True"):
        Weights.from_json(made.to_json(), other)
    again = Weights.from_json(made.to_json(), other, new_data=True)
    assert again.population_size != made.population_size


@pytest.mark.parametrize("change", ["answer", "respondent", "check", "order"])
def test_whatever_differs_is_noticed(change):
    frames = waves()
    options = {"wave": "end", "to": "start", "check": "status"}
    made = cb.attrition_weights(cb.link_waves(frames, on="id"), "sex", **options)
    start = frames["start"].copy()
    if change == "answer":
        start.loc[0, "sex"] = "f" if start.loc[0, "sex"] == "m" else "m"
    elif change == "check":
        start.loc[0, "status"] = "left" if start.loc[0, "status"] == "active" else "active"
    elif change == "respondent":
        frames["end"] = frames["end"].iloc[1:]
    else:
        start = start.iloc[::-1]
    frames["start"] = start
    with pytest.raises(InputError, match="`data`"):
        Weights.from_json(made.to_json(), cb.link_waves(frames, on="id"))


def rows(n=80):
    rng = np.random.default_rng(4)
    return pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": rng.integers(1, 4, n), "w": rng.random(n)})


def test_weights_of_a_column_and_calibrated_ones():
    data = rows()
    column = Weights.from_column(data, "w", population="adults", population_size=900)
    assert Weights.from_json(column.to_json(), data) == column
    totals = {"sex": {"f": 50, "m": 40}, "age": {1: 30, 2: 30, 3: 30}}
    plain = cb.calibrate(data, totals, weights="w", bounds=(0.1, 9), distance="logit")
    assert np.array_equal(Weights.from_json(plain.to_json(), data).weight, plain.weight)
    twice = cb.calibrate(data, {"sex": {"f": 40, "m": 60}}, weights=plain)
    assert np.array_equal(Weights.from_json(twice.to_json(), data).weight, twice.weight)
    for made in (column, plain, twice):
        with pytest.raises(InputError):
            Weights.from_json(made.to_json(), data.iloc[::-1].reset_index(drop=True))


def test_weights_before_that_came_from_elsewhere_are_given():
    people = panel()
    first = cb.attrition_weights(people, "sex", wave="end", to="start")
    data = people.wave("end", also_in="start", carry={"start": ["sex"]})
    made = cb.calibrate(data, {"sex_start": {"f": 150, "m": 150}}, weights=first)
    with pytest.raises(InputError, match=r"`base`.*base=weights"):
        Weights.from_json(made.to_json(), data)
    with pytest.raises(InputError, match=r"`base`.*another recipe"):
        Weights.from_json(
            made.to_json(), data, base=cb.attrition_weights(people, "age", wave="end", to="start")
        )
    again = Weights.from_json(made.to_json(), data, base=Weights.from_json(first.to_json(), people))
    assert np.array_equal(again.weight, made.weight)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"recipe": {}, "inputs": "", "call": "calibrate"}',
        '{"recipe": {"column": "w"}, "inputs": "", "call": "calibrate"}',
        '{"recipe": {"column": "w"}, "inputs": 3, "call": "from_column"}',
        '{"recipe": {"column": "w", "x": {"a question": "open", "declared": {}}}, "inputs": "", "call": "from_column"}',
        "__import__('os')",
        7,
        None,
    ],
)
def test_other_text_is_refused(text):
    with pytest.raises(InputError, match="`text`"):
        Weights.from_json(text, rows())


def test_the_summary_says_what_the_weights_cost():
    weights = chain(panel())
    made = weights.summary()
    values = dict(zip(made.columns[""], made.columns["value"], strict=True))
    w = weights.weight
    assert values["people with a weight"] == f"{w.size}"
    assert values["effective sample (n_effective)"] == f"{w.sum() ** 2 / (w**2).sum():.1f}"
    larger = f"{np.sqrt(w.size * (w**2).sum()) / w.sum() - 1:.0%} larger"
    assert values["standard errors, where weights correct nothing"] == larger
    assert values["largest weight, times the median"] == f"{w.max() / np.median(w):.2f}"
    assert values["part of all weight of the five largest"] == f"{np.sort(w)[-5:].sum() / w.sum():.1%}"
    assert all(any(alert.code in note for note in made.notes) for alert in weights.alerts)
    assert "everybody" in repr(made)


def test_weights_are_drawn_three_ways():
    pytest.importorskip("matplotlib")
    weights = chain(panel())
    assert "standardised difference" in weights.plot().get_xlabel()
    assert "weight of a person" in weights.plot("histogram").get_xlabel()
    axes = weights.plot("shares")
    assert "largest weights first" in axes.get_xlabel()
    curve = next(line for line in axes.lines if len(line.get_xdata()) > 2)
    np.testing.assert_allclose(
        curve.get_ydata()[1:], 100 * np.cumsum(np.sort(weights.weight)[::-1]) / weights.weight.sum()
    )
    with pytest.raises(InputError, match="`kind`"):
        weights.plot("pie")
    alone = Weights.from_column(rows(3), "w", population="adults")
    assert alone.plot("histogram")
    assert alone.plot("shares")
