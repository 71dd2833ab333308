"""What several test files draw on: Hypothesis strategies, and the golden values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

_GOLDEN = json.loads((Path(__file__).parent / "golden" / "intervals.json").read_text(encoding="utf-8"))


def golden(kind):
    """Return the golden records of one kind, as parameters named by their ids."""
    return [pytest.param(record, id=record["id"]) for record in _GOLDEN if record["kind"] == kind]


#: Confidence levels that anybody might ask for.
confidence_levels = st.floats(0.5, 0.999)

#: A count and its base, whole numbers.
counts = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

#: A count and its base as effective sizes leave them: any real numbers.
real_counts = st.tuples(st.floats(0.0, 1.0), st.floats(0.5, 1e9)).map(lambda pn: (pn[0] * pn[1], pn[1]))

#: Positive weights, as respondents may carry them.
weights = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60).map(np.array)

#: Keys as people type them: few people, so that they meet; noise that must not matter; ways to leave blank.
_spellings = {
    "a": ["a", "A", " a "],
    "b": ["b", "B", "\u200bb"],
    "c": ["c", "C", "ｃ"],
    "d": ["d", "\ufeffd", "D "],
}
messy_keys = st.one_of(
    st.sampled_from([s for group in _spellings.values() for s in group]),
    st.sampled_from([None, float("nan"), "", "n/a", "-", "NULL", " None "]),
)


@st.composite
def wave_frames(draw, n_keys: int, max_rows: int = 7) -> dict[str, pd.DataFrame]:
    """Two or three waves with the key columns k0, k1, ..., a row id and an answer that may be missing."""
    frames = {}
    for wave in ["one", "two", "three"][: draw(st.integers(2, 3))]:
        n = draw(st.integers(1, max_rows))
        columns = {
            f"k{j}": pd.Series(draw(st.lists(messy_keys, min_size=n, max_size=n)), dtype=object)
            for j in range(n_keys)
        }
        frames[wave] = pd.DataFrame({**columns, "row_id": [f"{wave}{i}" for i in range(n)]})
        frames[wave]["answer"] = draw(st.lists(st.sampled_from(["yes", "no", None]), min_size=n, max_size=n))
    return frames
