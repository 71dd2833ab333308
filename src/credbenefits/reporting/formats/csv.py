"""Tables as CSV files, in which a spreadsheet finds nothing to run."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from credbenefits._text import printable

if TYPE_CHECKING:
    from credbenefits.results.output import DataFrame

#: A spreadsheet takes a cell that starts with one of these for a formula, also where ";" separates cells.
_FORMULA = re.compile(r"(?:^|(?<=;))(?=\s*[=+\-@＝＋－＠])")


def guarded(value: object) -> object:
    """Return text on one line, with an apostrophe before what a spreadsheet would run as a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    # Most cells are a word or a number, in which there is nothing to look for.
    return text if text[:1].isalnum() and ";" not in text else _FORMULA.sub("'", text)


def csv_bytes(frame: DataFrame) -> bytes:
    """Write a frame as CSV (UTF-8 with a byte-order mark, so that spreadsheets read the letters).

    Every text is quoted and no number is; a missing value is an empty field without quotes.
    """
    columns = [
        _fields(frame.iloc[:, k].tolist(), frame.iloc[:, k].isna().tolist()) for k in range(frame.shape[1])
    ]
    lines = [[_field(name) for name in frame.columns], *zip(*columns, strict=True)]
    return "".join(",".join(line) + "\n" for line in lines).encode("utf-8-sig")


def _fields(values: list[Any], missing: list[bool]) -> list[str]:
    # A text that stands in many cells is written once.
    texts = {text: _field(text) for text in {v for v in values if isinstance(v, str)}}
    return [
        "" if gone else texts[v] if isinstance(v, str) else _field(v)
        for v, gone in zip(values, missing, strict=True)
    ]


def _field(value: object) -> str:
    if isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, datetime) and value == datetime.combine(value.date(), time(), value.tzinfo):
        value = value.date()
    return '"' + str(guarded(str(value))).replace('"', '""') + '"'
