"""Keys that link rows: one spelling for what people type in many, and blank words set apart."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from credbenefits.errors import InputError
from credbenefits.frames.boundary import WIDE, is_text, objects, text_codes, texts
from credbenefits.questions.spelling import is_missing, plain_text
from credbenefits.questions.words import BLANK_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame


def normalise_key(value: object) -> str | None:
    """Return a key in its one spelling, or None where there is none.

    Unicode NFKC, invisible characters removed, surrounding space stripped, casefolded; blank words
    and missing values are no key. Normalising twice changes nothing.
    """
    if isinstance(value, str):
        text = value.strip().casefold() if value.isascii() else _fold(value)
    elif is_missing(value):
        return None
    elif isinstance(value, (float, np.floating)) and float(value).is_integer():
        text = str(int(value))  # an id read as 123.0 is the id 123
    elif isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        text = str(int(value))
    elif isinstance(value, datetime) and value.time() == time():
        text = value.date().isoformat()  # frame libraries keep dates as midnights
    else:
        text = str(value).strip().casefold()
    return None if text in BLANK_WORDS else text


def _fold(value: str) -> str:
    # Removing or folding one character can make its neighbours compose anew, so until nothing changes.
    before = None
    text = value
    while text != before:
        before = text
        text = plain_text(text).strip().casefold()
    return text


def refuse_series(argument: str, given: object) -> None:
    """Refuse a column in place of its name, before a message repeats whom it identifies."""
    if isinstance(nw.from_native(given, allow_series=True, pass_through=True), nw.Series):
        raise InputError(
            argument,
            allowed="names of columns",
            received="the values of one",
            fix=f"Write {argument}='column', not {argument}=data['column'].",
        )


def distinct(frame: NarwhalsFrame, column: str, argument: str = "on") -> tuple[list[Any], IntArray]:
    """Return the distinct values of a column, and per row the place of its value (-1 where it is missing)."""
    series = frame[column]
    native = series.to_native()
    numbered = text_codes(series)
    if numbered is not None:
        place, values = numbered
        return values, place
    if series.dtype.is_integer() and not isinstance(series.dtype, WIDE) and series.null_count():
        there = ~series.is_null().to_numpy()
        codes, numbers = pd.factorize(np.asarray(series.fill_null(0).to_numpy())[there])
        place = np.full(there.size, -1, dtype=np.int64)
        place[there] = codes
        return numbers.tolist(), place
    # pandas numbers its own text columns without making a Python string of every cell.
    text = isinstance(native, pd.Series) and isinstance(native.dtype, pd.StringDtype)
    try:
        place, result = pd.factorize(native if text else objects(frame, column))
    except TypeError as problem:
        raise InputError(
            argument,
            allowed="columns with one answer per row",
            received=f"{column!r}, whose cells are lists or the like",
            fix="Make a column of each of their parts.",
        ) from problem
    return _listed(np.asarray(result)), place.astype(np.int64)


def _listed(values: NDArray[Any]) -> list[Any]:
    """Return the values as Python objects; NumPy alone makes bare numbers of some dates."""
    return list(pd.DatetimeIndex(values)) if values.dtype.kind == "M" else values.tolist()


def normalised(
    frame: NarwhalsFrame, column: str, words: Collection[str] = (), *, instead: str | None = None
) -> list[str | None]:
    """Return a column's keys, normalised. Where they are one of the `words` stands `instead`."""
    reported: dict[str | None, str | None] = {**dict.fromkeys(words, instead), **dict.fromkeys(BLANK_WORDS)}
    series = frame[column]
    kind = series.dtype
    if kind.is_integer() or kind.is_float():
        return _of_numbers(frame, column, reported)
    if is_text(series):
        values = plain = texts(series)
    else:
        values = _listed(objects(frame, column))
        plain = [v if isinstance(v, str) else "" for v in values]
    whole = "\n".join(plain)
    if not whole.isascii():
        plain = [v if v.isascii() else "" for v in plain]
        whole = "\n".join(plain)
    if whole.count("\n") >= len(plain):  # line breaks inside the keys
        keys = [normalise_key(v) for v in values]
        return list(map(reported.get, keys, keys))
    # Plain text all in one go, which takes a third of the time; what else there is, one by one.
    spelled = list(map(str.strip, whole.casefold().split("\n")))
    result = list(map(reported.get, spelled, spelled))
    place = -1
    for _ in range(0 if plain is values else plain.count("")):
        place = plain.index("", place + 1)  # many times faster than to look at each text
        key = normalise_key(values[place])
        result[place] = reported.get(key, key)
    return result


def _of_numbers(
    frame: NarwhalsFrame, column: str, by_text: Mapping[str | None, str | None]
) -> list[str | None]:
    """Return the keys of a column of numbers as `normalise_key` writes them, each number once."""
    result, place = distinct(frame, column)
    whole = frame[column].dtype.is_integer()
    keys = list(map(str, result)) if whole else [str(int(v)) if v.is_integer() else str(v) for v in result]
    known = [*map(by_text.get, keys, keys), None]
    return [known[i] for i in place.tolist()]


def key_codes(columns: Iterable[list[str | None]]) -> list[IntArray]:
    """Give numbers 0.. to the distinct keys of several columns together; -1 is no key."""
    parts = list(columns)
    ends = np.cumsum([len(p) for p in parts])
    return np.split(numbered(parts)[0], ends[:-1]) if parts else []


def numbered(columns: Iterable[list[str | None]]) -> tuple[IntArray, NDArray[Any]]:
    """Give numbers to the distinct keys of several columns on end (-1 is no key); return the keys too."""
    parts = [np.array(c, dtype=object) for c in columns]
    codes, result = pd.factorize(np.concatenate(parts))
    return codes.astype(np.int64), result


def by_appearance(values: IntArray) -> tuple[IntArray, int]:
    """Give numbers to values in the order in which they come; return how many there are too."""
    codes, result = pd.factorize(values)
    return codes.astype(np.int64), result.size


def same_answers(frame: NarwhalsFrame, rows: IntArray, others: IntArray, columns: list[str]) -> BoolArray:
    """Tell row by row whether two lists of rows agree in all the columns (missing equals missing).

    Columns that are different in every row (response ids, time stamps) do not count.
    """
    agree = np.ones(rows.size, dtype=bool)
    for column in columns if rows.size else ():
        values = objects(frame, column)
        try:
            codes, result = pd.factorize(values)
        except TypeError:  # cells are lists or the like
            codes, result = pd.factorize(np.array([repr(v) for v in values], dtype=object))
        if result.size + bool((codes < 0).any()) < max(len(frame), 2):
            agree &= codes[rows] == codes[others]
    return agree
