"""Taking in any eager data frame and giving the same kind back, through narwhals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals as nw
import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import Frame, IntArray

NarwhalsFrame: TypeAlias = nw.DataFrame[Any]

#: Column of person ids that a panel adds, and that weights are joined on.
PERSON = "person"


def read(data: Frame, argument: str = "data", *, allow_empty: bool = False) -> NarwhalsFrame:
    """Wrap a native frame; refuse what is no eager frame, repeats a column or has no rows."""
    if isinstance(data, nw.DataFrame):
        frame: NarwhalsFrame = data
    else:
        _refuse_repeated_columns(data, argument)
        try:
            frame = nw.from_native(data, eager_only=True)
        except TypeError as problem:
            lazy = hasattr(data, "collect")
            raise InputError(
                argument,
                allowed="an eager data frame (pandas, polars, pyarrow)",
                received=type(data).__name__,
                fix="Collect the lazy frame first."
                if lazy
                else "Wrap the values, e.g. pd.DataFrame(values).",
            ) from problem
    if not allow_empty and len(frame) == 0:
        raise InputError(
            argument,
            allowed="a frame with at least one row",
            received=f"a frame of 0 rows and {len(frame.columns)} columns",
            fix="Check how it was read or filtered.",
        )
    return frame


def _refuse_repeated_columns(data: Frame, argument: str) -> None:
    names = [str(c) for c in getattr(data, "columns", ())] if hasattr(data, "iloc") else []
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            argument,
            allowed="a frame whose column names are all different",
            received=f"{check.listing(twice)} more than once",
            fix="Rename the repeated columns.",
        )


def objects(frame: NarwhalsFrame, column: str) -> NDArray[Any]:
    """Return a column's values as a NumPy array; missing ones are None, NaN, NaT or NA."""
    series = frame[column]
    if series.dtype == nw.Categorical or isinstance(series.dtype, nw.Enum):
        return np.array(series.to_list(), dtype=object)
    return np.asarray(series.to_numpy())


def floats(frame: NarwhalsFrame, column: str, argument: str) -> NDArray[np.float64]:
    """Return a numeric column as floats with NaN for missing; refuse other kinds."""
    series = frame[column]
    if not (series.dtype.is_numeric() or series.dtype == nw.Boolean):
        raise InputError(
            argument,
            allowed="a column of numbers",
            received=f"column {column!r} of type {series.dtype}",
            fix="Convert it to numbers first.",
        )
    return (
        np.array([np.nan if v is None else v for v in series.to_list()], dtype=np.float64)
        if series.null_count()
        else np.asarray(series.to_numpy(), dtype=np.float64)
    )


def take(frame: NarwhalsFrame, rows: IntArray) -> NarwhalsFrame:
    """Return those rows, in that order, with a fresh index."""
    return nw.maybe_reset_index(frame[rows.tolist()])


def with_column(frame: NarwhalsFrame, name: str, values: NDArray[Any]) -> NarwhalsFrame:
    """Return the frame with one more column, put first."""
    series = nw.new_series(name, values.tolist(), backend=nw.get_native_namespace(frame))
    return nw.maybe_reset_index(frame).with_columns(series).select([name, *frame.columns])


def carry(
    frame: NarwhalsFrame, other: NarwhalsFrame, columns: Mapping[str, str], *, on: str
) -> NarwhalsFrame:
    """Join columns of `other` to `frame` under new names; rows of `frame` stay as they are."""
    wanted = other.select([on, *columns]).rename(dict(columns))
    return frame.join(wanted, on=on, how="left")


def require(frame: NarwhalsFrame, columns: Sequence[str], argument: str, where: str = "the data") -> None:
    """Check that all columns are there."""
    for name in columns:
        check.column(argument, name, frame.columns, where)
