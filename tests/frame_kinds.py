"""A table of any kind as the pandas frame that the same call gives for pandas data."""

from __future__ import annotations

import narwhals as nw
import pandas as pd


def in_pandas(frame):
    """Return a pandas frame as it is, and a frame of polars or Arrow with its cells."""
    if isinstance(frame, pd.DataFrame):
        return frame
    return pd.DataFrame(nw.from_native(frame, eager_only=True).to_dict(as_series=False))
