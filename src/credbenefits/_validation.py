"""Argument checks, kept apart from the maths. Each raises one of our errors or returns a clean value."""

from __future__ import annotations

import difflib
import math
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from credbenefits._text import shortened
from credbenefits.errors import ColumnNotFoundError, InputError, MethodError

if TYPE_CHECKING:
    from credbenefits._typing import Options, Value

#: Levels are allowed from the first to 1 minus the second: beyond them normal quantiles lose digits.
_LEAST_LEVEL, _LEAST_DOUBT = 1e-6, 1e-12

#: What stands in cells rather than at the head of a column: an address, a date, a number beyond the years,
#: and what pandas puts where a name is blank. Names like these are not repeated, as they may be a person's.
_CELL = re.compile(r"\S+@\S+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|[-+]?[\d(][\d\s().,/-]{4,}|Unnamed: [1-9]\d*")


def nearest(name: object, known: Iterable[object], limit: int = 3) -> list[str]:
    """Return the known names that look most like `name`, best first."""
    by_folded = {str(k).casefold(): str(k) for k in known}
    hits = difflib.get_close_matches(str(name).casefold(), by_folded, n=limit, cutoff=0.5)
    return [by_folded[h] for h in hits]


def listing(names: Iterable[object], limit: int = 12) -> str:
    """Write names as a short quoted list, saying how many were left out."""
    all_names = list(names)
    shown = ", ".join(_name(n) for n in all_names[:limit])
    more = len(all_names) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def _name(name: object) -> str:
    return repr(shortened(name)) if isinstance(name, str) else shortened(str(name))


def suggestion(name: object, known: Sequence[object], what: str) -> str:
    """Write the fix for an unknown name: the nearest known ones, or all there are."""
    near = nearest(name, known)
    if near:
        return f"Did you mean {' or '.join(_name(n) for n in near)}?"
    return f"The {what} are {listing(known)}." if known else f"There are no such {what}."


def choice(argument: str, value: object, options: Options) -> str:
    """Check that `value` is one of a ``Literal``'s options."""
    allowed: tuple[str, ...] = get_args(options)
    if isinstance(value, str) and value in allowed:
        return value
    raise MethodError(
        argument,
        allowed=f"one of {', '.join(repr(a) for a in allowed)}",
        value=value,
        fix=suggestion(value, allowed, "valid ones"),
    )


def confidence_level(value: object) -> float:
    """Check a confidence level: a proportion, not so near to 0 or 1 that digits are lost."""
    number = float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else math.nan
    if _LEAST_LEVEL <= number <= 1.0 - _LEAST_DOUBT:
        return number
    allowed, fix = "a number between 0 and 1", "Give a proportion, such as 0.95."
    if 1 < number < 100:
        fix = f"Levels are proportions, not percents: write {number / 100:g}."
    elif 0 < number < 1:
        allowed = f"a number from {_LEAST_LEVEL:g} to 1 - {_LEAST_DOUBT:g}"
        fix = "Nearer to 0 and 1 the limits are lost to rounding. A usual level is 0.95."
    raise InputError("confidence_level", allowed=allowed, value=value, fix=fix)


def whole_number(argument: str, value: object, *, least: int) -> int:
    """Check a whole number that is at least `least` (booleans are not numbers here)."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least:
        return int(value)
    raise InputError(
        argument,
        allowed=f"a whole number of at least {least}",
        value=value,
        fix=f"Write a whole number, {least} or more.",
    )


def switches(**given: object) -> None:
    """Check arguments that are True or False."""
    for name, value in given.items():
        if not isinstance(value, bool):
            raise InputError(name, allowed="True or False", value=value, fix=f"Write {_last(name)}=True.")


def positive_number(argument: str, value: object, *, fix: str, least: float = 0.0) -> float:
    """Check a finite number above `least`."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and number > least:
            return number
    raise InputError(argument, allowed=f"a finite number above {least:g}", value=value, fix=fix)


def text(argument: str, value: object, *, fix: str = "Give it in words.") -> str:
    """Check a string that is not blank."""
    if isinstance(value, str) and value.strip():
        return value
    raise InputError(argument, allowed="text that is not blank", value=value, fix=fix)


def mapping(argument: str, value: object, *, example: str) -> Mapping[Any, Any]:
    """Check a mapping; None is an empty one."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise InputError(argument, allowed="a mapping", value=value, fix=f"For example: {example}.")


def column(argument: str, name: object, known: Sequence[str], where: str = "the data") -> str:
    """Check that a column is there; the error lists the nearest names that are."""
    if isinstance(name, str) and name in known:
        return name
    fix = suggestion(name, known, "columns") if known else "The data have no columns."
    if any(_CELL.fullmatch(str(k).strip()) for k in known):
        fix = "Check the names of the columns: the first row of the data seems to stand in their place."
    if any(str(k) == str(name) for k in known):  # a frame whose columns are numbered, not named
        fix = "Columns need names of text: data.columns = data.columns.astype(str)."
    raise ColumnNotFoundError(argument, allowed=f"a column of {where}", value=name, fix=fix)


def _last(argument: str) -> str:
    """Return how an argument is written in the call: "design.strata" is strata= of the design."""
    return argument.rpartition(".")[2]


def names(argument: str, value: object) -> tuple[str, ...]:
    """Check one name or several different ones; None is none."""
    if value is None:
        return ()
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, Iterable):
        raise InputError(
            argument,
            allowed="a name or a list of names",
            value=value,
            fix=f"Write {_last(argument)}='column' or {_last(argument)}=['column', ...].",
        )
    result = tuple(items)
    for item in result:
        text(argument, item, fix="Give each name as text.")
    twice = sorted({n for n in result if result.count(n) > 1})
    if twice:
        raise InputError(
            argument,
            allowed="each name once",
            received=f"{listing(twice)} more than once",
            fix="Remove the repetition.",
        )
    return result


def wave_name(argument: str, value: object) -> str:
    """Return the name of a wave as text: of a text, a number (2009) or a day; not of a truth value."""
    name = as_name(value)
    if name is not None and name.strip():
        return name
    raise InputError(
        argument,
        allowed="the name of a wave: text that is not blank, a number or a day",
        value=value,
        fix="For example 'start', 2009 or datetime.date(2024, 5, 1).",
    )


def as_name(value: object) -> str | None:
    """Return a scalar as a name: 2009 and 2009.0 are "2009", a day its ISO form; None for all else."""
    kind: Any = getattr(value, "dtype", None)
    if kind is not None and getattr(value, "ndim", None) == 0:  # a scalar of NumPy
        plain: Any = value
        value = (plain.astype("datetime64[us]") if kind.kind == "M" else plain).item()
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or _never_equal(value):
        return None
    if isinstance(value, (numbers.Real, Decimal)):
        number: Any = value
        return str(int(number)) if math.isfinite(number) and number == int(number) else str(number)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return (
        str(value) if hasattr(value, "ordinal") and hasattr(value, "freqstr") else None
    )  # a period of pandas


def _never_equal(value: object) -> bool:
    """Tell NaN, NaT and NA, and what cannot be compared."""
    try:
        return bool(value != value)  # noqa: PLR0124
    except (TypeError, ValueError):
        return True


def wave_names(argument: str, value: object) -> tuple[str, ...]:
    """Check one name of a wave or several different ones, and return them as text; None is none."""
    several = isinstance(value, Iterable) and as_name(value) is None and not isinstance(value, Mapping)
    listed: Any = value if several else (() if value is None else (value,))
    return names(argument, [wave_name(argument, each) for each in listed])


def by_wave(argument: str, value: object, *, example: str) -> dict[str, Any]:
    """Check a mapping whose keys are waves, and return it with their names as text; None is an empty one."""
    given = mapping(argument, value, example=example)
    wave_names(argument, tuple(given))  # 1 and "1" are one wave
    return {wave_name(argument, wave): each for wave, each in given.items()}


def values(argument: str, value: object) -> tuple[Value, ...]:
    """Check one answer value or several: text, numbers, booleans or days; None is none."""
    if value is None or (type(value) is tuple and not value):
        return ()
    many = isinstance(value, Iterable) and not (
        isinstance(value, (str, bytes, Mapping)) or hasattr(value, "columns")
    )
    result: tuple[Any, ...] = tuple(value) if many else (value,)  # type: ignore[arg-type]
    for item in result:
        if not isinstance(item, (str, numbers.Real, date)) or item != item:  # noqa: PLR0124 - NaN, NaT
            raise InputError(
                argument,
                allowed="an answer (text, number, boolean or day) or a list of answers",
                value=value,
                fix=_instead_of(argument, item),
            )
    return result


def _instead_of(argument: str, item: object) -> str:
    """Say what to write instead of something that no cell can hold."""
    if item is None or isinstance(item, (numbers.Real, date)) or type(item).__name__ == "NAType":
        return "Leave it out: an empty cell is always missing, and no answer."
    if isinstance(item, Mapping):
        return f"List the values themselves: {argument}=[...]."
    return f"Give what stands in the cells, such as {argument}=['Agree', 4]."
