"""What the cells of a column look like: numbers with commas, days, several choices in one text."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Decimal

#: So many rows are looked at before a column is read in full.
SAMPLE = 1000
#: What else stands between thousands: spaces of three kinds and apostrophes.
_APART = " \u00a0\u202f'\u2019"
#: Numbers as they are written with one or the other mark before their decimals. A zero at the front that is
#: not the whole number says that digits are a code.
_WRITTEN: dict[Decimal, re.Pattern[str]] = {
    ".": re.compile(rf"[-+]?(?:0|[1-9]\d{{0,2}}(?:[,{_APART}]\d{{3}})+|[1-9]\d*)(?:\.\d+)?"),
    ",": re.compile(rf"[-+]?(?:0|[1-9]\d{{0,2}}(?:[.{_APART}]\d{{3}})+|[1-9]\d*)(?:,\d+)?"),
}
_DAY = re.compile(
    r"\s*(?:(?P<first>\d{4})(?P<a>[-/.])\d{1,2}(?P=a)\d{1,2}|(?P<one>\d{1,2})(?P<b>[-/.])(?P<two>\d{1,2})(?P=b)\d{2,4})"
    r"(?!\d)"
)
#: What stands between choices in one text.
_JOINTS = (re.compile(r";"), re.compile(r",(?! )"), re.compile(r", "), re.compile(r"\|"))


def seen(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return the first cells of each column that are not empty."""
    head = frame.head(SAMPLE)
    return {name: [cell for cell in head[name].tolist() if isinstance(cell, str)] for name in head.columns}


def different(column: pd.Series[Any]) -> list[str]:
    """Return the different cells of a column, the empty one left out."""
    return [cell for cell in column.unique().tolist() if isinstance(cell, str)]


def decimals(cells: Sequence[str]) -> set[Decimal]:
    """Return with which mark before decimals all cells are numbers, if some have a comma or a point."""
    if not any("," in cell or "." in cell for cell in cells):
        return set()
    return {mark for mark, written in _WRITTEN.items() if all(written.fullmatch(c.strip()) for c in cells)}


def numbers(column: pd.Series[Any], mark: Decimal) -> pd.Series[Any] | None:
    """Return a column as numbers; None where a cell is none, or where none has a comma or a point."""
    if not decimals(different(column)) >= {mark}:
        return None
    thousands = "," if mark == "." else "."
    plain = column.str.replace(f"(?<=\\d)[{thousands}{_APART}](?=\\d)", "", regex=True).str.replace(
        mark, ".", regex=False
    )
    return pd.to_numeric(plain.str.strip()).astype("float64")


def are_days(cells: Sequence[str]) -> bool:
    """Tell whether most cells are days."""
    return len(cells) > 0 and sum(_DAY.match(cell) is not None for cell in cells) >= 0.8 * len(cells)


def ways_of_days(column: pd.Series[Any]) -> list[str]:
    """Return the ways in which a column of days is written, in words; more than one is to be known."""
    ways: dict[str, None] = {}
    firsts = seconds = False
    for cell in different(column.str.slice(0, 10)):
        day = _DAY.match(cell)
        if day is None:
            ways["other text"] = None
        elif day["first"]:
            ways[f"year{day['a']}month{day['a']}day"] = None
        else:
            ways[f"two numbers and the year with {day['b']}"] = None
            firsts |= int(day["one"]) > 12
            seconds |= int(day["two"]) > 12
    result = list(ways)
    if firsts and seconds:
        result += ["some with the day first, some with the month"]
    return result


def several(cells: Sequence[str]) -> bool:
    """Tell whether cells hold several choices each: their parts come again in other texts."""
    return any(_several(cells, joint) for joint in _JOINTS)


def _ascend(parts: Sequence[str]) -> bool:
    """Tell whether numbers of choices are in order, as tools write them; "2,5" and "3,0" are numbers."""
    if not all(part.isdecimal() for part in parts):
        return True
    numbers = [int(part) for part in parts]
    return all(one < next_one for one, next_one in itertools.pairwise(numbers))


def _several(cells: Sequence[str], joint: re.Pattern[str]) -> bool:
    parts = {text: [part for p in joint.split(text) if (part := p.strip())] for text in set(cells)}
    joined = {text: of for text, of in parts.items() if len(of) > 1}
    if len(joined) < 2 or not all(map(_ascend, joined.values())):
        return False
    texts = Counter(part for of in parts.values() for part in set(of))
    said = Counter(part for cell in cells for part in joined.get(cell, ()))
    again = sum(n for part, n in said.items() if texts[part] > 1)
    return 3 * again >= 2 * said.total()
