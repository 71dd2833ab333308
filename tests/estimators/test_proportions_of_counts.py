"""proportions(count(data)) is proportions(data), whole or added from parts: on the frozen tables and on any split."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import credbenefits as cb
import frozen_tables
from credbenefits import Item, SelectAll
from credbenefits.counts.count import count
from credbenefits.counts.counts import Counts
from credbenefits.errors import DataWarning, InputError, MethodError
from credbenefits.estimators.proportions import proportions
from todays_calls import CALLS
from todays_data import Data

COUNT = {"by", "among", "share", "weights", "design", "missing", "answers", "people"}


@pytest.fixture(scope="module")
def frozen():
    return frozen_tables.load()


@pytest.fixture(scope="module")
def data():
    return Data()


def through_counts(parts):
    """Return a proportions() that counts the rows first, in so many parts."""

    def made(data, items, **how):
        whole = {name: value for name, value in how.items() if name in COUNT}
        rest = {name: value for name, value in how.items() if name not in COUNT}
        place = np.random.default_rng(4).integers(0, parts, len(data))
        pieces = [data[place == k] for k in range(parts)]
        return proportions(sum(count(piece, items, **whole) for piece in pieces), **rest)

    return made


def needs_rows(now):
    """Whether counts refuse what rows do not: they say so, and name what to use."""
    text = now.get("raises", {}).get("columns", {}).get("text", [""])[0]
    return "with counts" in text or "counts can hold" in text


SHARES = [name for name in CALLS if name.split(",")[0] in {"large", "small", "tiny", "example"}]
SHARES = [name for name in SHARES if "compare" not in name and "brief" not in name]
ROW_METHODS = ("bootstrap", "replicate weights", "drawn", "file", "rows left out", "seed 2")


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("name", SHARES)
def test_counts_give_todays_tables(frozen, data, name, parts, monkeypatch):
    monkeypatch.setattr(cb, "proportions", through_counts(parts))
    now = frozen_tables.outcome(CALLS[name].make, data)
    if needs_rows(now):
        assert any(word in name for word in ROW_METHODS)
        return
    found = frozen_tables.differences(frozen[name], now, 1e-12)
    assert not found, "\n".join([f"{len(found)} cells differ", *found[:20]])


# ---- any split ----------------------------------------------------------------------------------------------

ITEMS = [
    "job",
    Item("mood", yes=["Good", "very good"], label="a good mood", refused="Prefer not to say"),
    Item("mood", yes="bad", no=["good", "very good"], label="a bad mood", missing="Prefer not to say"),
    Item("score", at_least=3, label="a high score", missing=99),
    Item("pay", each_level=True, levels=["low", "mid", "high"], skipped="skip"),
    Item("town", each_level=True),
    SelectAll("how", separator=";", none_of_these="none", number_chosen=True, any_of={"some": ["x", "y"]}),
    SelectAll(["box_a", "box_b"], number_chosen=True, missing=9),
]
row = st.fixed_dictionaries(
    {
        "job": st.sampled_from(["yes", "no", "Yes", None, " "]),
        "mood": st.sampled_from(["good", "Good", "very good", "bad", "bad ", None, "Prefer not to say"]),
        "score": st.sampled_from(["1", "2", "3", "4", "99", None]),
        "pay": st.sampled_from(["low", "high", "High", "skip", None]),
        "town": st.sampled_from(["Ulm", "ulm", "Bonn", "10", "9", None, "Don't know", "99", "-9"]),
        "how": st.sampled_from(["x", "x;y", "Y", "z; x", "none", None]),
        "box_a": st.sampled_from(["0", "1", "1", "9", None]),
        "box_b": st.sampled_from(["0", "1", "9", None]),
        "site": st.sampled_from(["North", "north", "2", "10", None]),
        "role": st.sampled_from(["b", "a"]),
        "flag": st.sampled_from(["yes", "yes", "yes", "no", None]),
        "stratum": st.sampled_from(["9", "10", "rural"]),
        "school": st.sampled_from(["s1", "s2", "s10"]),
        "weight": st.integers(0, 12).map(lambda q: q / 4),
    }
)
files = st.lists(row, min_size=1, max_size=40)
DESIGNS = {
    "none": None,
    "strata": cb.SurveyDesign(strata="stratum", lonely_psu="adjust"),
    "clusters": cb.SurveyDesign(strata="stratum", clusters="school", lonely_psu="certainty"),
}
how = st.fixed_dictionaries(
    {
        "by": st.sampled_from([(), "site", ("site", "role")]),
        "among": st.sampled_from([(), "flag"]),
        "share": st.sampled_from(["conditional", "joint"]),
        "weights": st.sampled_from([None, "weight"]),
        "design": st.sampled_from(list(DESIGNS.values())),
    }
)


def outcome(make):
    """What a call gives, or what it raises."""
    return frozen_tables.outcome(lambda _: make(), None)


def counted(rows, items, options):
    return count(pd.DataFrame(rows, columns=list(ROW)).astype(object).assign(weight=weights(rows)), items, **options)


def weights(rows):
    return np.array([each["weight"] for each in rows])


ROW = row.example() if False else dict.fromkeys(
    ("job", "mood", "score", "pay", "town", "how", "box_a", "box_b", "site", "role", "flag", "stratum", "school")
)


def as_frame(rows):
    frame = pd.DataFrame(rows, columns=list(ROW)).astype(object)
    return frame.where(frame.notna(), None).assign(weight=weights(rows))


@settings(deadline=None, max_examples=150)
@given(files, files, files, how, st.sampled_from(ITEMS))
def test_any_split_counted_apart_and_added_gives_what_the_rows_give(one, two, three, options, item):
    rows = [*one, *two, *three]
    expected = outcome(lambda: proportions(as_frame(rows), item, **options))
    parts = [count(as_frame(some), item, **options) for some in (one, two, three)]
    for counts in (count(as_frame(rows), item, **options), sum(parts), parts[2] + parts[0] + parts[1]):
        now = outcome(lambda counts=counts: proportions(counts))
        assert not frozen_tables.differences(expected, now, 1e-12)
