"""Counts as a newcomer uses them: what they print, give back and refuse, and odd files in parts."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning, InputError, MethodError

ROWS = pd.DataFrame(
    {
        "job": ["yes", "no", None, "Yes", "YES "] * 20,
        "site": ["a", "A ", "b", None, "c"] * 20,
        "level": ["low", "mid", "high", "low", None] * 20,
        "in_class": [True, False, True, True] * 25,
        "town": [f"town {i % 25}" for i in range(100)],
        "role": ["x", "y"] * 50,
        "w": [0.5, 1.0, 2.0, 1.0, 3.0] * 20,
        "school": np.arange(100) // 10,
    }
)
LEVELS = cb.Item("level", each_level=True)


def halves(items, data=ROWS, at=37, **how):
    return cb.count(data[:at], items, **how), cb.count(data[at:], items, **how)


# ---- adding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("items", ["job", LEVELS])
@pytest.mark.parametrize("by", [(), "site", ["site", "role"]])
@pytest.mark.parametrize("share", ["conditional", "joint"])
def test_two_halves_are_the_whole_with_all_that_it_holds(items, by, share):
    # In joint shares whoever is outside the subset has a place of its own, the last one.
    how = {"by": by, "among": "in_class", "share": share}
    one, two = halves(items, **how)
    whole = cb.count(ROWS, items, **how)
    assert one + two == two + one == whole
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # of low response
        assert str(cb.proportions(one + two)) == str(cb.proportions(ROWS, items, **how))


def test_ten_chosen_come_after_nine():
    names = [f"c{i:02}" for i in range(12)]
    ticks = np.tril(np.ones((13, 12), dtype=int), -1)
    data = pd.concat([pd.DataFrame(ticks, columns=names)] * 3, ignore_index=True)
    question = cb.SelectAll(names, label="tools", number_chosen=True)
    one, two = cb.count(data[:20], question), cb.count(data[20:], question)
    assert one + two == cb.count(data, question)
    assert str(cb.proportions(one + two)) == str(cb.proportions(data, question))


def test_a_part_without_an_answer_or_a_weight_adds_its_people():
    silent, weightless = ROWS.assign(job=None), ROWS.assign(w=0.0)
    both = cb.count(silent, "job") + cb.count(ROWS, "job")
    with pytest.warns(DataWarning, match="80 of 200"):
        row = cb.proportions(both).rows[0]
    assert (row.count, row.n, row.n_missing) == (60, 80, 120)
    row = cb.proportions(cb.count(weightless, "job", weights="w") + cb.count(ROWS, "job", weights="w")).rows[
        0
    ]
    assert (row.count, row.n, row.n_missing) == (60, 80, 20)


def test_parts_may_be_frames_of_different_kinds():
    parts = [cb.count(make(ROWS[a:b]), "job", by="site") for make, a, b in KINDS_OF_PARTS]
    assert sum(parts) == cb.count(ROWS, "job", by="site")


KINDS_OF_PARTS = [(lambda d: d, 0, 30), (pl.from_pandas, 30, 60), (pa.Table.from_pandas, 60, 100)]


# ---- what comes back -------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "kind"), [(pl.from_pandas, pl.DataFrame), (pa.Table.from_pandas, pa.Table)])
def test_the_table_is_of_the_kind_that_the_rows_were(make, kind):
    data = make(ROWS)
    counts = cb.count(data, "job", by="site")
    assert isinstance(counts.to_frame(), kind)
    assert isinstance((counts + cb.count(ROWS, "job", by="site")).to_frame(), kind)
    assert isinstance(counts.without_units().to_frame(), kind)
    assert isinstance(cb.proportions(counts).to_frame(), kind)


# ---- what they print -------------------------------------------------------------------------------


def test_counts_say_how_many_people_they_are_of():
    assert str(cb.count(ROWS, "job")).splitlines() == [
        "Counts of 100 respondents",
        "question  answers  answered  no answer",
        "job       no, yes  80        20",
        "- the smallest cell holds 20 people",
    ]
    weighted = cb.count(ROWS, "job", by="site", weights="w", people="graduates", among="in_class")
    assert str(weighted).startswith("Counts of 100 graduates, weighted\n")
    assert "in_class: 75 of 100" in str(weighted)


def test_of_many_answers_the_first_ones_are_printed():
    counts = cb.count(ROWS, cb.Item("town", each_level=True))
    assert "town 0, town 1, town 2, " in repr(counts)
    assert ", ... (25 in all)" in repr(counts)
    assert max(map(len, repr(counts).splitlines())) <= 110
    assert "town 9" not in counts._repr_html_()
    assert "(25 in all)" in counts._repr_html_()


def test_a_notebook_shows_names_as_text():
    html = cb.count(ROWS.rename(columns={"job": "<b>job</b>"}), "<b>job</b>")._repr_html_()
    assert "&lt;b&gt;job" in html
    assert "<b>" not in html


def test_what_boxes_were_read_as_has_no_comma_in_it():
    boxes = pd.DataFrame({"x": ["1", None, "0", "9"], "y": ["1", None, "1", None]})
    counts = cb.count(boxes, cb.SelectAll(["x", "y"], label="boxes", missing=9))
    shown = next(line for line in str(counts).splitlines() if line.startswith("boxes: x"))
    assert "no, yes, nothing ticked, nothing ticked but a missing code" in shown


# ---- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("missing", np.array([1, 2])),
        ("answers", ["no"]),
        ("weights", "w"),
        ("weights", ROWS["w"]),
        ("weights", ROWS),
        ("among", "in_class"),
        ("design", cb.SurveyDesign(clusters="school")),
        ("people", "graduates"),
        ("share", "joint"),
    ],
)
def test_what_counts_hold_is_refused_whatever_it_is(argument, value):
    with pytest.raises(InputError) as caught:
        cb.proportions(cb.count(ROWS, "job"), **{argument: value})
    assert caught.value.argument == argument
    assert f"give {argument}= to count()" in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("empty", [(), [], np.array([]), None])
def test_what_says_nothing_is_not_refused(empty):
    given = {} if empty is None else {"missing": empty, "answers": empty}
    assert len(cb.proportions(cb.count(ROWS, "job"), among=None, **given)) == 1


def test_groups_that_a_column_of_the_result_would_hide_are_refused_from_counts_too():
    counts = cb.count(ROWS.rename(columns={"site": "estimate"}), "job", by="estimate")
    for by in (None, "estimate"):
        with pytest.raises(InputError, match="'estimate_group'"):
            cb.proportions(counts, by=by)
    assert len(cb.proportions(counts, by=[])) == 1


def test_counts_without_units_are_not_told_to_linearize():
    counts = cb.count(ROWS, "job", design=cb.SurveyDesign(clusters="school")).without_units()
    with pytest.raises(MethodError) as caught:
        cb.proportions(counts, variance="bootstrap")
    assert "Leave it out, or call proportions() with the rows." in str(caught.value)


def test_what_takes_rows_says_so_to_counts_and_results():
    counts = cb.count(ROWS, "job", by="site")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        made = [counts, cb.proportions(counts)]
    for data in made:
        with pytest.raises(InputError, match=r"Give the rows it was made of\."):
            cb.count(data, "job")
    with pytest.raises(InputError, match=r"got \w+\. Give the rows it was made of\."):
        cb.compare_groups(made[1], "job", by="site")
    panel = cb.link_waves({"a": ROWS.assign(i=range(100)), "b": ROWS.assign(i=range(100))}, on="i")
    with pytest.raises(InputError, match=r"Give a wave of it: panel\.wave\(\.\.\.\)\."):
        cb.proportions(panel, "job")


def test_a_question_that_means_something_else_is_refused():
    counted = [cb.Item("level", yes=["low", "mid"]), cb.SelectAll("site", separator=";", label="sites")]
    counts = cb.count(ROWS, counted, answers=["mid"])
    for again in (counted, "level", ["sites", "level"], counted[0]):
        assert cb.proportions(counts, again)["level"].rows[0].count == 60
    others = [cb.Item("level", yes=["low"]), cb.Item("level"), cb.Item("site", yes=["a"], label="sites")]
    for other in [*others, cb.Item("level", yes=["low", "mid"], missing="high")]:
        with pytest.raises(InputError, match=f"another question that is called '{other.label}'"):
            cb.proportions(counts, other)
