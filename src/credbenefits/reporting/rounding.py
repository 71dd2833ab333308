"""Numbers as text: one rule for the decimals of a table, and halves away from zero.

One decimal where the smallest base of the table (or of the finding) is 200 people or more, none below. All
percentages of a table then have as many, 0.0% and 100.0% too. The base is the number of people that is
printed beside the proportion, weighted or not, so that a reader can check the rule; what weights and designs
take from the precision stands in the interval.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits.results.parts import Numbers

#: From this base on one person is at most half a point, and a decimal means something.
_DECIMAL_FROM = 200
#: Digits that arithmetic can be trusted for; those behind them must not decide how a half is rounded.
_TRUSTED = 12
#: What stands before a negative number in print.
MINUS = "\N{MINUS SIGN}"


def decimals(bases: Iterable[int]) -> int:
    """Return the decimals of all percentages of a table with these bases; empty ones have none to print."""
    return int(min((n for n in bases if n), default=0) >= _DECIMAL_FROM)


def _rounded(value: float, places: int) -> Decimal:
    # The shortest text that gives a float back is the decimal that was meant: 0.285, not 0.28499999999999998.
    exact = Decimal(repr(round(float(value), _TRUSTED)))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _rounded_percent(proportion: float, places: int) -> Decimal:
    return _rounded(proportion, places + 2) * 100


def percent(proportion: float, places: int) -> str:
    """Write a proportion as a percentage.

    What is not exactly none or all is never written as 0% or 100%.
    """
    if math.isnan(proportion):
        return "–"
    last = Decimal(1).scaleb(-places)
    value = _rounded_percent(proportion, places).quantize(last)
    if value == 0 and round(proportion, _TRUSTED) > 0:
        return f"<{last}%"
    if value == 100 and round(proportion, _TRUSTED) < 1:
        return f">{100 - last}%"
    # What is estimated with a correction can lie below 0; a hair below is 0.
    return f"{value + 0}%".replace("-", MINUS)


def at_most(proportion: float, places: int) -> str:
    """Write an upper bound as a percentage: 100%, and never ">99%", where it is all but 1."""
    text = percent(proportion, places)
    return percent(1.0, places) if text.startswith(">") else text


def points(difference: float, places: int) -> str:
    """Write a difference of proportions in percentage points, with its sign, which is a true minus."""
    if math.isnan(difference):
        return "–"
    value = _rounded_percent(difference, places)
    return f"{value:+.{places}f}".replace("-", MINUS) if value else f"{abs(value):.{places}f}"


def number(value: float, places: int = 0) -> str:
    """Write a number with a fixed number of decimals."""
    if math.isnan(value):
        return "–"
    return f"{_rounded(value, places):,}".replace("-", MINUS) if math.isfinite(value) else "infinity"


def ratio(value: float) -> str:
    """Write a ratio or one of its limits with two decimals, or fewer where it is large."""
    if math.isnan(value):
        return "undefined"
    if value == 0 or math.isinf(value):
        return "infinity" if value else "0"
    if value < 0.01:
        return "<0.01"
    return number(value, 2 if value < 10 else 1 if value < 100 else 0)


def filled(cell: Numbers, places: int) -> str:
    """Write a cell of a table: its numbers, rounded, in its text."""
    write = {"percent": percent, "points": points}.get(cell.unit)
    return cell.template.format(*(write(v, places) if write else ratio(v) for v in cell.values))


def same_difference(first: float, second: float, difference: float, places: int) -> bool:
    """Tell whether a printed difference is that of the printed proportions."""
    if any(math.isnan(value) for value in (first, second, difference)):
        return True
    one, two, both = (_rounded_percent(value, places) for value in (first, second, difference))
    return one - two == both


def not_hundred(wholes: Iterable[tuple[str, Sequence[float]]], places: int) -> list[str]:
    """Return the names of questions whose proportions make up a whole and do not add to 100% as printed."""
    result = [
        name
        for name, values in wholes
        if len(values) > 1
        and math.isclose(math.fsum(values), 1.0, abs_tol=1e-9)
        and sum(_rounded_percent(value, places) for value in values) != 100
    ]
    return list(dict.fromkeys(result))
