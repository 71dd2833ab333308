"""proportions(count(data)) is proportions(data), whole or split: on the frozen tables, and on any split."""

from __future__ import annotations

import numpy as np
import pytest

import credbenefits as cb
import frozen_tables
from credbenefits.counts.count import count
from todays_calls import CALLS
from todays_data import Data

COUNT = {"by", "among", "share", "weights", "design", "missing", "answers", "people"}
#: What these calls need that counts do not hold (yet).
NEEDS_ROWS = ("bootstrap", "replicate_weights")


@pytest.fixture(scope="module")
def frozen():
    return frozen_tables.load()


@pytest.fixture(scope="module")
def data():
    return Data()


def is_shares(name):
    """Whether the frozen call is one of proportions() alone, and gives a table."""
    return name.split(",")[0] in {"large", "small", "tiny", "example"} and "compare" not in name


def through_counts(parts):
    """Return a proportions() that counts the rows first, in so many parts."""
    original = cb.proportions

    def made(data, items, **how):
        whole = {k: v for k, v in how.items() if k in COUNT}
        rest = {k: v for k, v in how.items() if k not in COUNT}
        place = np.random.default_rng(4).integers(0, parts, len(data))
        pieces = [data[place == k] for k in range(parts)]
        counts = sum(count(piece, items, **whole) for piece in pieces if len(piece))
        return original(counts, **rest)

    return made


def outcome(name, data, parts, monkeypatch):
    monkeypatch.setattr(cb, "proportions", through_counts(parts))
    return frozen_tables.outcome(CALLS[name].make, data)


def needs_rows(now):
    """What counts refuse and rows do not: they say so, and name what to use."""
    text = now.get("raises", {}).get("columns", {}).get("text", [""])[0]
    return "with counts" in text or "counts can hold" in text or "cannot be counted yet" in text


SHARES = [name for name in CALLS if is_shares(name)]


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("name", SHARES)
def test_counts_give_todays_tables(frozen, data, name, parts, monkeypatch):
    now = outcome(name, data, parts, monkeypatch)
    if needs_rows(now):
        pytest.skip("needs rows")
    found = frozen_tables.differences(frozen[name], now, 1e-12)
    assert not found, "\n".join([f"{len(found)} cells differ", *found[:20]])
