"""The data frames that users get back: made here, so that the other rooms need not know pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas import DataFrame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, IntArray

__all__ = ["DataFrame", "stacked", "table", "whole_or_missing"]


def table(columns: Mapping[str, Any]) -> DataFrame:
    """Return a frame of these columns; a single value stands in every row."""
    return pd.DataFrame(dict(columns))


def stacked(tables: Sequence[DataFrame]) -> DataFrame:
    """Put tables below each other; none at all make an empty one."""
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def whole_or_missing(values: IntArray, missing: BoolArray) -> object:
    """Return a column of whole numbers, some of which are missing."""
    column = pd.array(np.where(missing, 0, values), dtype="Int64")
    column[missing] = pd.NA
    return column
