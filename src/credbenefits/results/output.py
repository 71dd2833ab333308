"""The data frames that users get back: made here, so that the other rooms need not know their libraries."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas import DataFrame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import BoolArray, Frame, FrameKind, IntArray

__all__ = ["DataFrame", "frame_of", "in_kind", "stacked", "table", "whole_or_missing"]

#: Column types by the type of their cells, and by the name of that type.
_TYPES: dict[type, nw.dtypes.DType] = {
    bool: nw.Boolean(),
    int: nw.Int64(),
    float: nw.Float64(),
    str: nw.String(),
}
_BY_NAME = {kind.__name__: dtype for kind, dtype in _TYPES.items()}


def table(columns: Mapping[str, Any]) -> DataFrame:
    """Return a pandas frame of these columns; a single value stands in every row."""
    return pd.DataFrame(dict(columns))


def stacked(tables: Sequence[DataFrame]) -> DataFrame:
    """Put pandas frames below each other; none at all make an empty one."""
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def whole_or_missing(values: IntArray, missing: BoolArray) -> object:
    """Return a column of whole numbers, some of which are missing."""
    column = pd.array(np.where(missing, 0, values), dtype="Int64")
    column[missing] = pd.NA
    return column


def frame_of(
    kind: FrameKind, columns: Mapping[str, Any], types: Mapping[str, str] = MappingProxyType({})
) -> Frame:
    """Return a frame of one of the three libraries.

    `types` names the types of columns, for those in which every cell is empty; without it these are text.
    """
    if kind == "pandas":
        return table(columns)
    # Their columns have one type: cells of several stand as text.
    values = {name: _cells(column) for name, column in columns.items()}
    types_of = {name: _type_of(column, types.get(name, "str")) for name, column in values.items()}
    schema = {name: of for name, of in types_of.items() if of is not None}
    typed = nw.from_dict({name: values[name] for name in schema}, schema=schema, backend=kind)
    others = {name: column for name, column in values.items() if name not in schema}
    if not others:
        return typed.to_native()
    known = nw.from_dict(others, backend=kind)  # days and the like: the library knows best what they are
    parts = [typed, known] if schema else [known]
    return nw.concat(parts, how="horizontal").select(*values).to_native()


def in_kind(kind: FrameKind, frame: DataFrame) -> Frame:
    """Return a pandas frame, whose column names are text, as a frame of one of the three libraries."""
    if kind == "pandas":
        return frame
    types = {name: _BY_DTYPE.get(frame[name].dtype.kind, "str") for name in frame.columns}
    return frame_of(kind, {name: _column(frame[name]) for name in frame.columns}, types)


#: How the kinds of a pandas column's type are called.
_BY_DTYPE = {"b": "bool", "i": "int", "u": "int", "f": "float"}


def _column(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - an array of numbers, or a list
    """Return numbers as an array, and of other columns the cells, missing ones as None."""
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in _BY_DTYPE:
        return series.to_numpy()
    gaps = series.isna().tolist()
    return [None if gap else value for value, gap in zip(series.tolist(), gaps, strict=True)]


def _cells(column: Any) -> Any:  # noqa: ANN401 - an array of numbers, or a list
    if isinstance(column, np.ndarray) and column.dtype.kind in _BY_DTYPE:
        return column
    cells = [value.item() if isinstance(value, np.generic) else value for value in column]
    kinds = {type(value) for value in cells if value is not None}
    if len(kinds) > 1 and kinds != {int, float}:
        return [None if value is None else str(value) for value in cells]
    return cells


def _type_of(column: Any, empty: str) -> nw.dtypes.DType | None:  # noqa: ANN401 - an array of numbers, or a list
    """Return the type that holds all cells of a column; None leaves it to the library."""
    if isinstance(column, np.ndarray):
        return _BY_NAME[_BY_DTYPE[column.dtype.kind]]
    kinds = {type(value) for value in column if value is not None}
    if not kinds:
        return _BY_NAME.get(empty, _TYPES[str])
    return _TYPES[float] if len(kinds) > 1 else _TYPES.get(kinds.pop())
