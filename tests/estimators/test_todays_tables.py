"""What the public functions give is what they gave before they were rebuilt: golden/todays_tables.json.gz.

People, flags, notes, refusals and what seeds draw are exact. Floats hold to 1e-14, or to the tolerance that the call
states with its reason; shuffled rows, which are added up in another order, to 1e-12. After a change that is meant,
``python tests/golden/todays_tables.py`` lists the cells that changed and freezes them anew.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import frozen_tables
from credbenefits import _typing as t
from todays_calls import CALLS
from todays_data import Data

FREE = [name for name, each in CALLS.items() if each.free]


@pytest.fixture(scope="module")
def frozen():
    return frozen_tables.load()


@pytest.fixture(scope="module")
def data():
    return Data()


@pytest.fixture(scope="module")
def others():
    return {
        "shuffled": Data(lambda frame: frame.iloc[np.random.default_rng(3).permutation(len(frame))]),
        "polars": Data(pl.from_pandas),
        "pyarrow": Data(lambda frame: pa.Table.from_pandas(frame, preserve_index=False)),
    }


def check(frozen, name, data, tolerance):
    found = frozen_tables.differences(frozen[name], frozen_tables.outcome(CALLS[name].make, data), tolerance)
    assert not found, "\n".join([f"{len(found)} cells differ", *found[:20]])


def test_every_call_is_frozen(frozen):
    assert list(frozen) == list(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_todays_table(frozen, data, name):
    check(frozen, name, data, CALLS[name].tolerance)


@pytest.mark.parametrize("kind", ["shuffled", "polars", "pyarrow"])
@pytest.mark.parametrize("name", FREE[::8])
def test_order_and_kind_of_frame_change_nothing(frozen, others, name, kind):
    check(frozen, name, others[kind], max(1e-12 if kind == "shuffled" else 0.0, CALLS[name].tolerance))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["shuffled", "polars", "pyarrow"])
@pytest.mark.parametrize("name", FREE)
def test_order_and_kind_of_frame_change_nothing_anywhere(frozen, others, name, kind):
    check(frozen, name, others[kind], max(1e-12 if kind == "shuffled" else 0.0, CALLS[name].tolerance))


def gathered(frozen, table, column):
    return {
        v for tables in frozen.values() if table in tables for v in tables[table]["columns"].get(column, ())
    }


def test_every_option_is_frozen(frozen):
    """Of each option there is a table, not a refusal alone."""
    kinds = gathered(frozen, "procedure", "replicate_kind")
    assert gathered(frozen, "procedure", "method") >= {
        *get_args(t.ProportionMethod),
        *get_args(t.ComparisonMethod),
    }
    assert gathered(frozen, "procedure", "variance") == set(get_args(t.VarianceMethod))
    assert kinds >= {*get_args(t.Resampling), *get_args(t.ReplicateKind)}, kinds
    assert gathered(frozen, "table", "method") >= set(get_args(t.ComparisonMethod))
    assert gathered(frozen, "table", "comparison") == set(get_args(t.ContrastKind))
