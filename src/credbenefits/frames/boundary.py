"""Taking in any data frame and giving the same kind back, through narwhals; lazy tables stay lazy."""

from __future__ import annotations

import io
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias, cast, get_args

import narwhals as nw
import numpy as np
import pandas as pd

from credbenefits import _validation as check
from credbenefits._typing import FrameKind
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, Frame, IntArray, IntoDataFrameT

NarwhalsFrame: TypeAlias = nw.DataFrame[Any]
#: A table whose rows are elsewhere: a plan of polars, a relation of DuckDB, a table of Spark or Ibis.
LazyTable: TypeAlias = nw.LazyFrame[Any]

#: Column of person ids that a panel adds, and that weights are joined on.
PERSON = "person"

#: Column of the probability that the links of a panel's person are right, where some are in doubt.
MATCH = "match_probability"

#: Column of a table whose rows were grouped: how many of them each line stands for.
LINE = "\0rows"

#: Whole numbers that NumPy has no type for.
WIDE = (nw.Int128, nw.UInt128)
#: Places of which each is looked for in turn.
_FEW_PLACES = 16
#: How engines call what fetches a table.
_FETCH = {"duckdb": "df", "pyspark": "toPandas", "ibis": "to_pandas"}
#: Types that are read value by value.
_AS_OBJECTS = (nw.List, nw.Array, nw.Struct, nw.Categorical, nw.Enum, *WIDE)


def read(data: Frame, argument: str = "data", *, allow_empty: bool = False) -> NarwhalsFrame:
    """Wrap a native frame; refuse what is no eager frame, repeats a column or has no rows."""
    if isinstance(data, nw.DataFrame):
        frame: NarwhalsFrame = data
    else:
        _refuse_repeated_columns(data, argument)
        try:
            frame = nw.from_native(nw.to_native(data, pass_through=True), eager_only=True)
        except TypeError as problem:
            raise InputError(
                argument,
                allowed="an eager data frame (pandas, polars, pyarrow)",
                received=type(data).__name__,
                fix=_frame_instead(data),
            ) from problem
    if not allow_empty and len(frame) == 0:
        raise InputError(
            argument,
            allowed="a frame with at least one row",
            received=f"a frame of 0 rows and {len(frame.columns)} columns",
            fix="Check how it was read or filtered.",
        )
    return frame


def lazy(data: object) -> LazyTable | None:
    """Wrap a lazy table; None for anything else."""
    table = data
    if not isinstance(data, (nw.DataFrame, nw.LazyFrame)) and not hasattr(data, "iloc"):
        try:
            table = nw.from_native(data, pass_through=True)
        except nw.exceptions.DuplicateError:  # of an eager table, which read() refuses
            return None
    if not isinstance(table, nw.LazyFrame):
        return None
    if not table.implementation.is_polars():  # whose names are different in any case, and slow to ask for
        _refuse_repeated(list(getattr(table.to_native(), "columns", ())), "data")
    return table


def collected(table: LazyTable, most: int) -> NarwhalsFrame:
    """Fetch so many rows of a table: in a frame of polars from there, in an Arrow table from elsewhere."""
    if table.implementation.is_polars():
        return table.collect().head(most)  # old ones stop with an error where it is cut before
    return _of_declared(table.head(most).collect("pyarrow" if find_spec("pyarrow") else "pandas"), table)


def _of_declared(frame: NarwhalsFrame, table: LazyTable) -> NarwhalsFrame:
    """Keep the order that an engine's type of a column declares, which is lost on the way."""
    listed = [n for n, kind in table.collect_schema().items() if isinstance(kind, nw.Enum)]
    if not (listed and frame.implementation.is_pyarrow()):
        return frame
    result: Any = frame.to_native()
    arrow: Any = nw.get_native_namespace(frame)
    for name in listed:
        chunk = result[name].combine_chunks()
        kind = arrow.dictionary(chunk.indices.type, chunk.dictionary.type, ordered=True)
        column = arrow.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary, ordered=True)
        place = result.column_names.index(name)
        result = result.set_column(place, arrow.field(name, kind), column)
    return nw.from_native(result, eager_only=True)


def _frame_instead(data: object) -> str:
    """Say what to give instead of something that is no eager frame."""
    if type(data).__module__.startswith("credbenefits."):
        if hasattr(data, "frame"):
            return "Give its rows: export.frame."
        return (
            "Give a wave of it: panel.wave(...)."
            if hasattr(data, "wave")
            else "Give the rows it was made of."
        )
    table = lazy(data)
    if table is not None:
        how = "collect" if hasattr(data, "collect") else _FETCH.get(table.implementation.value, "collect")
        return f"Collect the lazy table first, with the columns you need: data.{how}()."
    if type(data).__module__.startswith("pyarrow") and hasattr(
        data, "schema"
    ):  # a data set of files, batches, or a stream of them
        return "Count it where it is, duckdb.from_arrow(data), or make a table of the columns you need."
    return "Wrap the values, e.g. pd.DataFrame(values)."


def as_given(frame: NarwhalsFrame, data: IntoDataFrameT) -> IntoDataFrameT:
    """Return a frame as the data came: one of narwhals, or of the library that it wraps."""
    result: Any = frame if isinstance(data, nw.DataFrame) else frame.to_native()
    return cast("IntoDataFrameT", result)


def kind_of(frame: NarwhalsFrame) -> FrameKind:
    """Name the library whose frames the caller gets back: that of the data, pandas for one we do not make."""
    name = frame.implementation.value
    return cast("FrameKind", name) if name in get_args(FrameKind) else "pandas"


def _refuse_repeated_columns(data: Frame, argument: str) -> None:
    pandas_like = hasattr(data, "iloc")
    listed = getattr(data, "columns" if pandas_like else "column_names", ())
    _refuse_repeated([str(c) for c in listed], argument)


def _refuse_repeated(names: Sequence[str], argument: str) -> None:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(
            argument,
            allowed="a frame whose column names are all different",
            received=f"{check.listing(twice)} more than once",
            fix="Rename the repeated columns.",
        )


def refuse_unnamed_columns(frame: NarwhalsFrame, argument: str) -> None:
    """Refuse a pandas frame whose columns are named by numbers, dates or tuples."""
    unnamed = [name for name in frame.columns if not isinstance(name, str)]
    if unnamed:
        joined = any(isinstance(name, tuple) for name in unnamed)
        text = "['_'.join(map(str, c)) for c in data.columns]" if joined else "data.columns.astype(str)"
        raise InputError(
            argument,
            allowed="a frame whose column names are text",
            received=f"columns named {check.listing(unnamed)}",
            fix=f"Name them: data.columns = {text}.",
        )


def is_text(series: nw.Series[Any]) -> bool:
    """Tell whether a column holds text only, and as text that its library can work with.

    pandas' columns of objects can hold anything, and Arrow computes next to nothing with its views of text.
    """
    native = series.to_native()
    if isinstance(native, pd.Series) and native.dtype == object:
        return False
    return series.dtype == nw.String and "view" not in str(getattr(native, "type", ""))


def text_codes(series: nw.Series[Any]) -> tuple[IntArray, list[Any]] | None:
    """Return the text of each row as a number (-1 is missing), and the texts, each made once.

    Of columns of polars and Arrow; None for others.
    """
    native = series.to_native()
    if isinstance(native, pd.Series) or not is_text(series) or find_spec("pyarrow") is None:
        return None
    arrow: Any = series.to_arrow().dictionary_encode()
    codes = arrow.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), arrow.dictionary.to_pylist()


def category_codes(native: Any) -> tuple[NDArray[Any], list[Any]] | None:  # noqa: ANN401 - of whatever library
    """Return the category of each row of a categorical column of pandas, of those that occur."""
    if not (isinstance(native, pd.Series) and isinstance(native.dtype, pd.CategoricalDtype)):
        return None
    codes = native.cat.codes.to_numpy()
    occurs = _rows_at(codes + 1, len(native.cat.categories))[1:] > 0
    if not occurs.all():
        place = np.append(
            np.where(occurs, np.cumsum(occurs) - 1, -1), -1
        )  # the last place is read by code -1
        codes = place[codes]
    return codes, native.cat.categories[occurs].tolist()


def number_codes(
    values: NDArray[Any], most: int, *, short: bool
) -> tuple[IntArray, tuple[int, ...], IntArray] | None:
    """Count whole numbers into codes: no hashing, no sorting; None if their range is `most` or more.

    Returns the code of each row, in 8 or 16 bits where it may be `short`, the numbers (bools where the column
    is of bools), and the rows of each and of none.
    """
    start, last = 0, 1
    place: NDArray[np.integer] = values.view(np.uint8) if values.dtype.kind == "b" else values
    if values.dtype.kind != "b":
        # Read without its sign, a number below 0 is a large one: mostly one look tells the range.
        last = int(values.view(f"u{values.itemsize}").max())
        if last >= min(most, np.iinfo(values.dtype).max + 1):
            start = int(values.min())
            last = int(values.max()) - start
            if last >= most:
                return None
        # The distance between two numbers of a small type need not fit into it.
        place = values if not start else values - start if start > 0 else values.astype(np.int64) - start
    kind: type[np.signedinteger[Any]] = np.int64
    if short:
        kind = np.int8 if last < np.iinfo(np.int8).max else np.int16
        place = place.astype(kind)
    rows = _rows_at(place, last)
    given = np.flatnonzero(rows)
    levels = tuple((bool(v) if values.dtype.kind == "b" else start + v) for v in given.tolist())
    first = int(given[0])
    if given.size == rows.size - first:  # every number from the first to the last occurs
        codes = (place - first if first else place).astype(kind, copy=False)
    else:
        codes = (np.cumsum(rows > 0) - 1).astype(kind)[place]
    return codes, levels, np.append(rows[given], 0)


def _rows_at(place: NDArray[np.integer], last: int) -> IntArray:
    """Count the rows at each place from 0 to the last."""
    if last == 1:  # most items, and several times as fast
        ones = int(np.count_nonzero(place))
        return np.array([place.size - ones, ones])
    if place.itemsize < 8 and last < _FEW_PLACES:  # short numbers are compared faster than they are counted
        return np.array([np.count_nonzero(place == each) for each in range(last + 1)])
    return np.bincount(place.astype(np.int64, copy=False), minlength=last + 1)


def texts(series: nw.Series[Any]) -> list[str]:
    """Return the cells of a column of text; missing ones are empty."""
    # Arrow makes the Python strings faster than other libraries do.
    cells: list[Any] = series.to_arrow().to_pylist() if find_spec("pyarrow") else series.to_list()
    return [cell if isinstance(cell, str) else "" for cell in cells]  # pandas' own text has NaN or NA


def objects(frame: NarwhalsFrame, column: str) -> NDArray[Any]:
    """Return a column's values as a NumPy array; missing ones are None, NaN, NaT or NA."""
    series = frame[column]
    # Whole numbers with gaps become floats on the way to NumPy, and ids beyond 2**53 the same number.
    gaps = series.dtype.is_integer() and series.null_count() > 0
    if gaps or isinstance(series.dtype, _AS_OBJECTS):
        return np.fromiter(series.to_list(), dtype=object, count=len(series))
    return np.asarray(series.to_numpy())


def floats(frame: NarwhalsFrame, column: str, argument: str) -> NDArray[np.float64]:
    """Return a numeric column as floats with NaN for missing; refuse other kinds."""
    whole = frame.to_native()
    if (
        isinstance(whole, pd.DataFrame) and whole[column].dtype == np.float64
    ):  # common: NaN is what is missing
        return np.asarray(whole[column].to_numpy())
    series = frame[column]
    refuse_no_numbers(column, series.dtype, argument)
    if not series.null_count() and not isinstance(series.dtype, WIDE):
        return np.asarray(series.to_numpy(), dtype=np.float64)
    gaps = series.is_null().to_numpy()
    listed = zip(series.to_list(), gaps, strict=True)
    return np.array([np.nan if gap else value for value, gap in listed], dtype=np.float64)


def refuse_no_numbers(column: str, kind: nw.dtypes.DType, argument: str) -> None:
    """Refuse a column of another type than numbers."""
    if not (kind.is_numeric() or kind == nw.Boolean):
        raise InputError(
            argument,
            allowed="a column of numbers",
            received=f"column {column!r} of type {kind}",
            fix="Convert it to numbers first.",
        )


def line_sizes(frame: NarwhalsFrame) -> IntArray | None:
    """Return how many rows each line stands for, if they were grouped before they came here; None if not."""
    native = frame.to_native()
    names = native.column_names if hasattr(native, "column_names") else native.columns
    return np.asarray(frame[LINE].to_numpy()) if LINE in names else None


def n_rows(frame: NarwhalsFrame) -> int:
    """Count the rows, those that a line stands for each."""
    sizes = line_sizes(frame)
    return len(frame) if sizes is None else int(sizes.sum())


def sizes_of(codes: NDArray[np.integer], n: int, lines: IntArray | None) -> IntArray:
    """Count the rows of each code from 0 to `n` - 1, and of those below 0, last."""
    place = np.where(codes < 0, n, codes)
    # Sums of whole numbers below 2**53 are exact as floats.
    return np.bincount(place, weights=lines, minlength=n + 1).astype(np.int64, copy=False)


def take(frame: NarwhalsFrame, rows: IntArray) -> NarwhalsFrame:
    """Return those rows, in that order, with a fresh index."""
    if frame.implementation.is_pyarrow():
        return _picked(frame, rows)
    return nw.maybe_reset_index(frame[rows])


def _picked(frame: NarwhalsFrame, rows: IntArray) -> NarwhalsFrame:
    """Return those rows of an Arrow table, with a row of missing cells where the number is -1."""
    table: Any = frame.to_native()
    arrow: Any = nw.get_native_namespace(frame)
    try:
        picked = table.take(arrow.array(rows, type=arrow.int64(), mask=rows < 0))
    except NotImplementedError:  # Arrow picks no rows of its newest types, such as views of text
        columns = {n: table.column(n).to_pylist() for n in table.column_names}
        chosen = {n: [None if row < 0 else v[row] for row in rows] for n, v in columns.items()}
        picked = arrow.table(chosen, schema=table.schema)
    return nw.from_native(picked, eager_only=True)


def with_column(frame: NarwhalsFrame, name: str, values: IntArray | FloatArray) -> NarwhalsFrame:
    """Return the frame with one more column, of numbers, put first."""
    kind = nw.Int64 if values.dtype.kind == "i" else nw.Float64
    series = nw.new_series(name, values.copy(), kind, backend=nw.get_native_namespace(frame))
    return nw.maybe_reset_index(frame).with_columns(series).select([name, *frame.columns])


def carry(
    frame: NarwhalsFrame, other: NarwhalsFrame, columns: Mapping[str, str], *, on: str
) -> NarwhalsFrame:
    """Join columns of `other` to `frame` under new names; rows of `frame` stay as they are."""
    if frame.implementation.is_pyarrow():  # Arrow joins no tables with lists in them, and shuffles the rows
        result = pd.Index(objects(other, on)).get_indexer(pd.Index(objects(frame, on)))
        carried: Any = _picked(other.select(list(columns)), result).to_native()
        table: Any = frame.to_native()
        for old, new in columns.items():
            table = table.append_column(new, carried.column(old))
        return nw.from_native(table, eager_only=True)
    wanted = other.select([on, *columns]).rename(dict(columns))
    row = "row" + "_" * max(len(c) for c in [*frame.columns, *wanted.columns])  # no column is called so
    # Not every engine promises to keep the order of rows in a join.
    joined = frame.with_row_index(row).join(wanted, on=on, how="left").sort(row).drop(row)
    return nw.maybe_reset_index(joined)


def require(frame: NarwhalsFrame, columns: Sequence[str], argument: str, where: str = "the data") -> None:
    """Check that all columns are there."""
    require_names(frame.columns, columns, argument, where)


def require_names(
    known: Sequence[str], columns: Sequence[str], argument: str, where: str = "the data"
) -> None:
    """Check that all columns are among those that are there."""
    for name in columns:
        check.column(argument, name, known, where)


class UnevenRowsError(ValueError):
    """A CSV file of which some rows have other cells than the header has."""


def with_numbers(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return an export with these columns as numbers, those whose cells all are numbers or blank."""
    made = {}
    for name in columns:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.isna().equals(frame[name].isna()):
            made[name] = numbers
    return frame.assign(**made) if made else frame


def parquet_columns(path: Path) -> list[str]:
    """Return the columns that a Parquet file has when it is read, without reading their cells."""
    try:
        from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:  # another engine of pandas, which reads all
        return [str(name) for name in pd.read_parquet(path).columns]
    empty = parquet.read_schema(path).empty_table().to_pandas()
    return [str(name) for name in empty.columns]


def read_rows(path: Path, separator: str = ",", content: bytes | None = None) -> pd.DataFrame:
    """Read a survey export; a CSV with every cell as text. `content` is what the file holds, if it was read.

    Nothing in it is guessed: ids keep their leading zeros, the answer "NA" stays an answer, and
    only an empty cell is missing.
    """
    source = path if content is None else io.BytesIO(content)
    if path.suffix == ".parquet":
        return pd.read_parquet(source)
    with warnings.catch_warnings():
        # A row with more cells than the header would shift every answer into another column.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                source,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                index_col=False,
            )
        except (pd.errors.ParserError, pd.errors.ParserWarning) as problem:
            raise UnevenRowsError from problem
