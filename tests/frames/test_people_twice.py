"""Nobody counts twice: a panel's people may be in a frame once, with weights and without."""

import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import credbenefits as cb
from credbenefits import Item
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read
from credbenefits.frames.people import people_of


@pytest.fixture(scope="module")
def panel():
    """60 people answered the second of two waves that 120 are in."""
    start = pd.DataFrame({"id": [f"p{i}" for i in range(120)], "age": ["young", "old", "mid"] * 40})
    end = start[::2].assign(job=["yes", "no"] * 30, role=["a", "a", "b", "b"] * 15)[["id", "job", "role"]]
    return cb.link_waves({"start": start, "end": end}, on="id")


@pytest.fixture(scope="module")
def merged(panel):
    """The second wave after a one-to-many merge: 69 rows of 60 people, 9 of them twice."""
    frame = panel.wave("end")
    return pd.concat([frame, frame.iloc[3:12]], ignore_index=True).assign(w=1.5)


TYPES = {
    "whole numbers": lambda d: d,
    "floats": lambda d: d.assign(person=d["person"].astype(float)),
    "nullable": lambda d: d.assign(person=d["person"].astype("Int64")),
    "nullable floats": lambda d: d.assign(person=d["person"].astype("Float64")),
    "unsigned": lambda d: d.assign(person=d["person"].astype("uint64")),
    "text": lambda d: d.assign(person=d["person"].astype(str)),
    "text of floats": lambda d: d.assign(person=d["person"].astype(float).map("{:.1f}".format)),
    "objects": lambda d: d.assign(person=d["person"].astype(object)),
    "categories": lambda d: d.assign(person=d["person"].astype("category")),
    "categories of text": lambda d: d.assign(person=d["person"].astype(str).astype("category")),
    "arrow": lambda d: d.assign(person=d["person"].astype("int64[pyarrow]")),
    "polars": pl.from_pandas,
    "polars text": lambda d: pl.from_pandas(d).with_columns(pl.col("person").cast(pl.String)),
    "pyarrow": lambda d: pa.Table.from_pandas(d, preserve_index=False),
    "pyarrow text": lambda d: pa.Table.from_pandas(
        d.assign(person=d["person"].astype(str)), preserve_index=False
    ),
}


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_one_error_in_every_estimator_with_weights_and_without(panel, merged, kind):
    weights = cb.attrition_weights(panel, "age", wave="end", to="start")
    twice = kind(merged)
    messages = set()
    for by in (None, "role"):
        for how in (None, "w", weights):
            with pytest.raises(InputError) as problem:
                cb.proportions(twice, "job", by=by, weights=how)
            messages.add(str(problem.value))
            with pytest.raises(InputError) as problem:
                cb.compare_groups(twice, ["job"], by="role", weights=how)
            messages.add(str(problem.value))
    (message,) = messages
    assert message.startswith("`data`: expected each person once in the column 'person'")
    assert "9 people more than once: 69 rows of 60 people" in message
    assert "one row per person" in message


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_people_who_are_there_once_are_counted(panel, kind):
    frame = kind(panel.wave("end"))
    assert cb.proportions(frame, "job").rows[0].n == 60
    weights = cb.attrition_weights(panel, "age", wave="end", to="start")
    assert cb.proportions(frame, "job", weights=weights).rows[0].n == 60


@pytest.mark.parametrize(
    "options",
    [
        {"among": Item("role", yes="a")},
        {"among": Item("role", yes="a"), "share": "joint"},
        {"design": cb.SurveyDesign(clusters="role")},
        {"method": "bootstrap", "bootstrap": cb.Bootstrap(n_resamples=200, rng=1)},
        {"by": "role", "totals": True},
    ],
)
def test_no_option_lets_people_in_twice(merged, options):
    with pytest.raises(InputError, match="9 people more than once"):
        cb.proportions(merged, Item("job", each_level=True), **options)


def test_rows_of_two_waves_below_each_other_are_people_counted_twice(panel):
    both = pd.concat([panel.wave("start"), panel.wave("end")])
    with pytest.raises(
        InputError, match=r"60 people more than once: 180 rows of 120 people.*transitions\(\)"
    ):
        cb.proportions(both, Item("age", yes="old"))


def test_one_person_twice(panel):
    frame = panel.wave("end")
    with pytest.raises(InputError, match="1 person more than once: 61 rows of 60 people"):
        cb.proportions(pd.concat([frame, frame[:1]]), "job")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [lambda c: c, lambda c: c.astype("Int64"), lambda c: c.astype("string")])
def test_a_row_without_a_person_is_the_same_error_too(panel, weighted, kind):
    frame = panel.wave("end")
    frame["person"] = kind(frame["person"]).where(frame.index > 1)
    weights = cb.attrition_weights(panel, "age", wave="end", to="start") if weighted else None
    with pytest.raises(InputError, match="a 'person' id in every row; got 2 rows without one"):
        cb.proportions(frame, "job", weights=weights)


@pytest.mark.parametrize(
    "person",
    [
        ["Ann", "Bob"] * 30,
        [1, 2] * 30,
        [None] * 60,
        [1.5, None] * 30,
        ["12", "13"] * 30,
        [True, False] * 30,
        [["a"], ["b"]] * 30,
        pd.date_range("2024-01-01", periods=2).tolist() * 30,
        [float("inf"), -1.0] * 30,
    ],
)
def test_a_column_of_the_users_own_kind_is_theirs(person):
    data = pd.DataFrame({"person": person, "job": ["yes", "no"] * 30})
    assert cb.proportions(data, "job").rows[0].n == 60


def test_looking_is_cheap():
    ids = 1_234_567 * 10**9 + np.random.default_rng(1).permutation(260_000)
    frame = read(pd.DataFrame({"person": ids, "job": 1}))
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        assert people_of(frame, needed=False) is not None
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.05  # ten times what it takes on a quiet machine
