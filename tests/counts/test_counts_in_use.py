"""Counts as a newcomer uses them: what they print, give back and refuse, and odd files in parts."""

from __future__ import annotations

import warnings
from datetime import date

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


@pytest.mark.filterwarnings("ignore:.*who were asked answered:credbenefits.errors.DataWarning")
@pytest.mark.parametrize("empty", [0, 1, 2])
def test_a_part_without_any_answer_to_an_item_still_has_people_outside_the_subset(empty):
    parts = [
        pd.DataFrame({"worked": ["yes", "no", None], "level": [None, None, None]}),
        pd.DataFrame({"worked": ["yes", "no", "yes"], "level": ["low", "low", "high"]}),
    ]
    parts = parts[::-1] if empty else parts
    parts = [*parts, parts[0].assign(worked="no")] if empty == 2 else parts
    how = {"among": "worked", "share": "joint"}
    counts = sum(cb.count(part, LEVELS, **how) for part in parts)
    assert repr(cb.proportions(counts)) == repr(cb.proportions(pd.concat(parts), LEVELS, **how))
    assert counts == cb.count(pd.concat(parts), LEVELS, **how)


# ---- weights at the ends of what numbers hold -----------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_a_part_of_people_without_weight_changes_nothing(scale):
    some = pd.DataFrame({"job": [1, 0, 1, 1], "weight": np.array([1.0, 2.0, 1.0, 3.0]) * scale})
    none = some.assign(weight=0.0)
    both = cb.count(some, "job", weights="weight") + cb.count(none, "job", weights="weight")
    assert both == cb.count(none, "job", weights="weight") + cb.count(some, "job", weights="weight")
    of_rows = cb.proportions(pd.concat([some, none]), "job", weights="weight").rows[0]
    row = cb.proportions(both).rows[0]
    assert np.isclose(row.n_effective, 49 / 15)
    assert np.isclose(row.conf_low, of_rows.conf_low, rtol=1e-12)
    assert row.flags == of_rows.flags


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_replicate_weights_of_any_size_give_the_same_from_rows_and_counts(scale):
    rng = np.random.default_rng(4)
    data = pd.DataFrame({f"r{k}": rng.choice([0.0, 1.0, 2.0], 40) for k in range(5)})
    data = data.assign(job=rng.integers(0, 2, 40), weight=1.0)
    design = cb.SurveyDesign(replicate_weights=cb.ReplicateWeights([f"r{k}" for k in range(5)], "jk1"))
    how = {"weights": "weight", "design": design}
    scaled = data.assign(**{name: data[name] * scale for name in data if name != "job"})
    plain = cb.proportions(data, "job", **how).rows[0]
    assert plain.df == 4
    for made in (cb.proportions(scaled, "job", **how), cb.proportions(cb.count(scaled, "job", **how))):
        assert made.rows[0].df == plain.df
        assert np.isclose(made.rows[0].std_error, plain.std_error, rtol=1e-12)


# ---- answers that are no text in JSON -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        ([1, 2, 9, 99], {"at_least": np.float64(2), "missing": [np.int64(9), 99.0]}),
        ([1, 2, 9, 9], {"yes": np.array([2]), "missing": [9]}),
        ([date(2020, 1, 1), date(2020, 1, 2)], {"yes": [date(2020, 1, 2)]}),
        ([date(2020, 1, 1), date(2020, 1, 2)], {"each_level": True, "missing": [date(2020, 1, 2)]}),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), {"yes": [pd.Timestamp("2020-01-02")]}),
    ],
)
def test_counts_that_were_sent_add_up_with_those_that_were_not(cells, asked):
    item = cb.Item("said", **asked)
    data = pd.DataFrame({"said": list(cells) * 3})
    counts = cb.count(data, item)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        read = cb.Counts.from_json(counts.to_json())
        assert repr(cb.proportions(read + counts)) == repr(cb.proportions(counts + counts))
    assert read == counts
    assert read + counts == counts + counts


# ---- one answer in several spellings --------------------------------------------------------------------


@pytest.mark.parametrize("share", ["conditional", "joint"])
@pytest.mark.parametrize("by", [None, "site"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_number_in_two_spellings_is_one_answer_of_all_parts(share, by, turned):
    one = pd.DataFrame({"level": ["1", "2", "3"] * 4, "site": ["a", "b", None] * 4, "worked": "yes"})
    two = pd.DataFrame({"level": ["1.0", "2.0", "4"] * 5, "site": ["a", "c", "a"] * 5, "worked": "yes"})
    parts = [two, one.assign(site=None)] if turned else [one, two]
    how = {"by": by, "among": "worked", "share": share}
    made = cb.proportions(sum(cb.count(part, LEVELS, **how) for part in parts))
    of_rows = cb.proportions(pd.concat(parts), LEVELS, **how)
    assert [row.level for row in made.rows] == [row.level for row in of_rows.rows]
    assert repr(made) == repr(of_rows)
