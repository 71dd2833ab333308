"""Sums of shares are the same from rows, by brute force and from counts, however many levels are in a block."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.counts import share_sums as module
from credbenefits.counts.count import count
from credbenefits.estimators.core.of_counts.source import prepare_counts
from credbenefits.estimators.core.source import prepare

N = 400
DESIGN = cb.SurveyDesign(strata="stratum", clusters="school")
ITEMS = [
    "plain",
    cb.Item("degree", each_level=True, missing=["n/a"]),
    cb.Item("degree", yes=["MA", "PhD"], missing=["n/a"], label="a higher degree"),
    cb.Item("liked", yes="agree"),  # the yes comes before the no
    cb.Item("age", at_least=30),
    cb.Item("always", each_level=True),
    cb.SelectAll("sources", number_chosen=True, any_of={"a or b": ["a", "b"]}),
]


@pytest.fixture(scope="module")
def survey():
    rng = np.random.default_rng(11)
    school = rng.integers(0, 12, N)
    degrees = np.array(["BA", "MA", "PhD", "none", "n/a", None], dtype=object)
    return pd.DataFrame(
        {
            "plain": rng.choice(np.array([0.0, 1.0, np.nan]), N, p=[0.5, 0.4, 0.1]),
            "degree": degrees[rng.integers(0, 6, N)],
            "liked": rng.choice(["agree", "disagree"], N),
            "age": rng.integers(18, 60, N),
            "always": "same",
            "sources": rng.choice(np.array(["a", "b;c", "a;c", "c", ""], dtype=object), N),
            "inner": rng.choice(np.array(["yes", "no", None], dtype=object), N, p=[0.6, 0.3, 0.1]),
            "site": rng.choice(np.array(["n", "s", "w", None], dtype=object), N, p=[0.4, 0.3, 0.2, 0.1]),
            "school": [f"s{each:02d}" for each in school],
            "stratum": school % 3,
            "weight": rng.integers(0, 9, N) / 4,  # all sums are exact
        }
    )


def from_rows(frame, **options):
    options = {"by": "site", "among": None, "weights": "weight", "joint": False, **options}
    return prepare(frame, ITEMS, missing=(), answers=(), people="people", **options)


def together(parts):
    """Put blocks together."""
    parts = list(parts)
    ends = [(part.at.start, part.at.stop) for part in parts]
    assert [start for start, _ in ends[1:]] == [stop for _, stop in ends[:-1]]
    of_all = ("count", "nobs", "missing")
    by_unit = ("people", "weight_yes", "weight", "weight2_yes", "weight2")
    return {
        name: np.concatenate([getattr(part, name) for part in parts], axis=int(name in by_unit))
        for name in (*of_all, *by_unit)
    }


def brute_force(prepared, answers, unit, n_units):
    w = np.ones(N) if prepared.weight is None else prepared.weight
    part = prepared.subset.rows & (prepared.group >= 0) & (w > 0)
    shape = n_units, len(answers), len(prepared.group_labels)
    by_unit = ("people", "weight_yes", "weight", "weight2_yes", "weight2")
    made = {name: np.zeros(shape) for name in by_unit}
    made |= {name: np.zeros(shape[1:]) for name in ("count", "nobs")}
    made["missing"] = np.zeros((*shape[1:], 5))
    for k, each in enumerate(answers):
        for status, u, g, x in zip(each.status[part], unit[part], prepared.group[part], w[part], strict=True):
            if status < 0:
                made["missing"][k, g, status] += 1
                continue
            made["nobs"][k, g] += 1
            made["people"][u, k, g] += 1
            made["weight"][u, k, g] += x
            made["weight2"][u, k, g] += x**2
            if status == 1:
                made["count"][k, g] += 1
                made["weight_yes"][u, k, g] += x
                made["weight2_yes"][u, k, g] += x**2
    return made


@pytest.mark.parametrize("most", [1, 100, 200, 32_768])
@pytest.mark.parametrize("by_unit", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weights": None, "by": None},
        {"among": "inner"},
        {"among": "inner", "joint": True},
    ],
    ids=str,
)
def test_rows_are_counted_as_by_hand(survey, monkeypatch, most, by_unit, options):
    """Also where a block holds only some levels of a question, so that the others are one answer."""
    monkeypatch.setattr(module, "MOST_CELLS", most)
    prepared = from_rows(survey, **options)
    answers = prepared.all_answers()
    design = prepared.drawn(DESIGN, ()) if by_unit else None
    unit, n_units = (design.unit, design.n_units) if design else (np.zeros(N, dtype=int), 1)
    made, expected = together(prepared.parts(answers, design)), brute_force(prepared, answers, unit, n_units)
    for name, values in expected.items():
        np.testing.assert_array_equal(made[name], values, err_msg=name)


@pytest.mark.parametrize("most", [100, 32_768])
@pytest.mark.parametrize("share", ["conditional", "joint"])
@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("by_unit", [False, True])
def test_rows_and_counts_give_the_same_sums(survey, monkeypatch, most, share, weights, by_unit):
    monkeypatch.setattr(module, "MOST_CELLS", most)
    rows = from_rows(survey, weights=weights, among="inner", joint=share == "joint")
    counted = prepare_counts(
        count(survey, ITEMS, by="site", among="inner", share=share, weights=weights, design=DESIGN),
        None,
        None,
        allow_identifier=False,
    )
    both = []
    for source in (rows, counted):
        design = source.drawn(DESIGN, ()) if by_unit else None
        both.append(together(source.parts(source.all_answers(), design)))
    unit_of = dict(zip(survey["school"], rows.drawn(DESIGN, ()).unit, strict=True))
    order = [unit_of[school] for _, school in counted.counts.units.names]
    for name in both[0]:
        one, two = (each[name] for each in both)
        one = one[order] if by_unit and one.shape[0] == len(order) else one
        if name.startswith("weight") and weights:  # the two scale weights by another power of two
            one, two = (each / each.max() for each in (one, two))
        np.testing.assert_array_equal(one, two, err_msg=name)


def test_the_levels_of_a_question_are_counted_once(survey, monkeypatch):
    """Eleven answers are one pass over the rows, and as many passes as blocks where not all fit in one."""
    frame = survey.assign(score=np.random.default_rng(1).integers(0, 11, N))
    prepared = prepare(
        frame,
        [cb.Item("score", each_level=True)],
        by=None,
        among=None,
        weights=None,
        missing=(),
        answers=(),
        people="people",
    )
    answers, passes = prepared.all_answers(), Counter()

    class Counted:
        def __init__(self, inner):
            self.inner, self.n_units, self.n_groups = inner, inner.n_units, inner.n_groups

        def table(self, *args, **kwargs):
            passes["tables"] += 1
            return self.inner.table(*args, **kwargs)

    plain = prepared.counter()
    monkeypatch.setattr(type(prepared), "counter", lambda self, design=None: Counted(plain))
    for most, n in [(32_768, 1), (4, 3)]:
        monkeypatch.setattr(module, "MOST_CELLS", most)
        passes.clear()
        assert together(prepared.parts(answers))["count"].sum() == N
        assert passes["tables"] == n


def test_answers_are_held_in_few_bytes(survey):
    """All questions of a call are held at once, for millions of people."""
    answers = from_rows(survey).all_answers()
    held = {id(each.codes): each.codes.rows for each in answers}
    assert len(held) < len(answers)  # the levels of a question have theirs in common
    assert {rows.dtype for rows in held.values()} == {np.dtype(np.int8)}
    many = survey.assign(age=np.arange(N))
    (age,) = prepare(
        many,
        [cb.Item("age", at_least=30)],
        by=None,
        among=None,
        weights=None,
        missing=(),
        answers=(),
        people="p",
    ).all_answers()
    assert age.codes.rows.dtype == np.int16
    np.testing.assert_array_equal(age.status, np.arange(N) >= 30)
