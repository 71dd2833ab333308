"""One rule for what is written alike: spellings of a word, forms of a number, and times of a day."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Characters that take no room: zero-width spaces and joiners, soft hyphen, direction marks, BOM.
_INVISIBLE = dict.fromkeys(
    [
        0x00AD,
        0x034F,
        0x061C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ]
)
#: Dashes that keyboards and word processors put in place of the plain one.
DASHES = dict.fromkeys([0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212], "-")
#: Typographic quotes and dashes, and the plain ones in their place.
_PLAIN_MARKS = {
    **DASHES,
    **dict.fromkeys(
        [0x2018, 0x2019, 0x201A, 0x201B, 0x2032, 0x2035, 0x2039, 0x203A, 0x00B4, 0x0060, 0x02BC], "'"
    ),
    **dict.fromkeys([0x201C, 0x201D, 0x201E, 0x201F, 0x2033, 0x2036, 0x00AB, 0x00BB], '"'),
}
_NUMBER = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?")
_DIGITS = re.compile(r"([0-9]+)")
#: What numbers and days begin with.
_FIRST = frozenset("+-.0123456789")
_ZERO_FIRST = re.compile(r"-?0[0-9]")
#: A day, alone or with a time of that day.
_DAY = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:z| ?[+-][0-9:]{2,6})?)?"
)


def canonical(value: object) -> str:
    """Write an answer so that all its spellings agree.

    Text in one Unicode form (NFKC) without invisible characters, white space trimmed and collapsed, quotes
    and dashes plain, without case. A number, its text and its float form are one (3, "3", "3.0", 3.0), and
    so are the times of one day. Writing twice changes nothing.
    """
    if isinstance(value, str):
        return _canonical_text(value)
    if type(value) is int or (type(value) is float and not value.is_integer()):
        return _decimal(str(value))  # most levels that are no text, and nothing needs to be looked up
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (datetime, np.datetime64)):
        return _day(value)
    if isinstance(value, np.floating) and value.dtype == np.float32:
        value = float(str(value))  # the number that was meant: 0.1, not 0.10000000149011612
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return _canonical_text(str(value))


def _decimal(text: str) -> str:
    """Return a number of Python as it stands, if it has neither an exponent nor a name (nan, inf)."""
    return text if text[-1].isdigit() and "e" not in text else _canonical_text(text)


def _day(value: datetime | np.datetime64) -> str:
    return str(value.astype("M8[D]")) if isinstance(value, np.datetime64) else value.date().isoformat()


def _canonical_text(value: str) -> str:
    plain = value.isascii() and "`" not in value
    text = " ".join(value.split()).casefold() if plain else _fold(value)
    if text[:1] not in _FIRST:
        return text
    number = _NUMBER.fullmatch(text)
    if number is not None:
        return _plain_number(*number.groups(default=""))
    day = _DAY.fullmatch(text)
    return day[1] if day is not None and _exists(day[1]) else text


def _fold(value: str) -> str:
    # Removing or folding one character can make its neighbours compose anew, so until nothing changes.
    text, before = value, ""
    while text != before:
        before = text
        text = " ".join(plain_text(text.translate(_PLAIN_MARKS)).split()).translate(_PLAIN_MARKS).casefold()
    return text


def plain_text(value: object) -> str:
    """Return a value as text in Unicode NFKC without invisible characters; nothing else is changed."""
    return unicodedata.normalize("NFKC", str(value)).translate(_INVISIBLE)


def _plain_number(sign: str, whole: str, part: str) -> str:
    """Write a number without a plus, and without zeros at the end of its decimals."""
    part = part.rstrip("0")
    minus = "-" if sign == "-" and (part or whole.strip("0")) else ""
    return f"{minus}{whole or '0'}" + (f".{part}" if part else "")


def is_day(level: object) -> bool:
    """Tell whether a level is a day, or text that is one (2024-01-31)."""
    if isinstance(level, (date, np.datetime64)):
        return True
    text = canonical(level)
    return _DAY.fullmatch(text) is not None and _exists(text[:10])


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def label(value: object) -> str:
    """Write a level for people: 3.0 as 3, midnight as its day, text without the white space around it."""
    if isinstance(value, str):
        return " ".join(value.split()) if value.isascii() else " ".join(value.translate(_INVISIBLE).split())
    if type(value) is int:
        return str(value)
    if isinstance(value, (datetime, np.datetime64)):
        return _day(value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return canonical(value) if isinstance(value, Decimal) else str(value)


def raw_text(value: object) -> str:
    """Return text as it stands, with one kind of line break, and any other value as a label."""
    return one_line_break(value) if isinstance(value, str) else label(value)


def one_line_break(text: str) -> str:
    """Write every line break in the same way, whatever system the text comes from."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def as_number(level: object) -> float | None:
    """Return the number that a level stands for, if it stands for one."""
    if isinstance(level, (bool, np.bool_)):
        return None
    if isinstance(level, str):
        level = canonical(level)
        return float(level) if _NUMBER.fullmatch(level) else None
    try:
        return float(level)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def text_as_numbers(levels: Sequence[object]) -> list[float] | None:
    """Return levels that are plainly numbers written as text; None if one is not.

    Zeros at the front ("007", "02139") say that the text is a name.
    """
    if not levels or not all(isinstance(v, str) for v in levels):
        return None
    numbers = [as_number(v) for v in levels if not _ZERO_FIRST.match(canonical(v))]
    result = [x for x in numbers if x is not None]
    return result if len(result) == len(levels) else None


def natural_order(level: object) -> tuple[int, Any]:
    """Return what sorts levels: numbers by size, days by date, words by name and by the numbers in them."""
    return token_order(canonical(level))


def token_order(token: str) -> tuple[int, Any]:
    """Return what sorts answers in the form that :func:`canonical` gives them."""
    if token[:1] in _FIRST and _NUMBER.fullmatch(token):
        return 0, (float(token), token)
    return 1, (_DIGITS.sub(_padded, token), token)


def _padded(digits: re.Match[str]) -> str:
    return digits[0].zfill(20)


def is_missing(value: object) -> bool:
    """Tell whether a cell holds nothing."""
    # Neither NaN nor NaT equals itself; of pandas' NA that cannot even be asked.
    return value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124


def declared_spellings(order: Sequence[Any]) -> dict[str, str]:
    """Return how answers are written that are declared in one spelling; of several, the rows decide."""
    tokens = list(map(canonical, order))
    once = {token for token, n in Counter(tokens).items() if n == 1}
    return {token: label(value) for token, value in zip(tokens, order, strict=True) if token in once}
