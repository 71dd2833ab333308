"""Numbers that are codes for no answer, found by the gap between them and the answers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How codes are written, stops left out: 66, 77, 88, 99, 555, 95 to 99, 994 to 999, 9998, 988888.
_SHAPE = re.compile(r"([5-9])\1+|9+[4-9]|98{4,}")
#: Codes of one digit.
_DIGITS = (7, 8, 9)
#: Answers up to this number are a scale; above it numbers measure something.
_SCALE = 12
#: Answers of a measurement from which one number beyond them all can be told to be far away.
_ENOUGH = 10


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Different numbers in order of size, and the rows of each."""

    values: tuple[float, ...]
    rows: tuple[int, ...]

    def part(self, start: int, stop: int) -> _Numbers:
        return _Numbers(self.values[start:stop], self.rows[start:stop])

    @property
    def n(self) -> int:
        return sum(self.rows)

    @property
    def whole(self) -> bool:
        return all(x.is_integer() for x in self.values)

    @property
    def full(self) -> bool:
        """Whether these are whole numbers from the first to the last, without a gap."""
        return self.whole and self.values[-1] - self.values[0] == len(self.values) - 1

    @property
    def spread(self) -> float:
        return self.values[-1] - self.values[0]

    @property
    def widest(self) -> float:
        """The widest step between two neighbours in the upper half."""
        upper = self.values[(len(self.values) - 1) // 2 :]
        return max((b - a for a, b in pairwise(upper)), default=0.0)


def code_like(values: Sequence[float], rows: Sequence[int], *, cautious: bool = False) -> set[float]:
    """Return the numbers that look like codes for no answer.

    Parameters
    ----------
    values : sequence of numbers
        The different numbers of a column.
    rows : sequence of int
        The rows of each.
    cautious : bool
        Whether these numbers would become a no without a word: there, a doubt is cheap and a mistake is not.

    Notes
    -----
    A number is a code if it is written as files write codes *and* stands apart from the answers:

    - 7, 8, 9 after a scale from 0 or 1 (or 2) without a gap, if at least two numbers are missing between, or
      one number and at least two of them follow. How often the neighbours occur must make it implausible
      that nobody gave the numbers between; and a thin tail of counts (children: 0, 1, 2, 3, 5, 9) is none.
    - Two or more digits (55, 66, 77, 88, 94 to 99, 995 to 999, 9998, 99.9 and so on). After a scale of up to
      12: above twice the largest answer and 10. After a measurement: the gap is three times the widest step
      in the upper half of the answers, and either wider than all answers together (of at least ten rows), or
      at least a quarter of that where two rows and a hundredth lie beyond; for codes of four digits, a
      twentieth of the code is enough. Nines of four digits or more are codes, too, where three rows or more
      have them, more than any other number.
    - Below 0 every number, unless the scale mirrors itself (-2 to 2) or the column measures something that
      goes below 0: it has numbers there that no file uses as codes, or at least three that follow without a
      gap and are no more frequent than those above 0. Then only what stands apart is a code.
    """
    pairs = sorted((float(v), int(n)) for v, n in zip(values, rows, strict=True) if math.isfinite(v))
    numbers = _Numbers(tuple(v for v, _ in pairs), tuple(n for _, n in pairs))
    first = next((i for i, v in enumerate(numbers.values) if v >= 0), len(pairs))
    below, above = numbers.part(0, first), numbers.part(first, len(pairs))
    low = _below_zero(below, above, cautious=cautious)
    answers = above if low else numbers
    found = set(low) | set(_beyond(answers, cautious=cautious)) | _nines_among(above)
    if below.values and not low:  # a measurement on both sides of 0: codes may lie far below as well
        turned = _Numbers(tuple(-v for v in numbers.values[::-1]), numbers.rows[::-1])
        found |= {-v for v in _beyond(turned, cautious=False)}
    return found


def _shaped(value: float) -> bool:
    """Tell whether a positive number is written as files write codes."""
    if value in _DIGITS:
        return True
    digits = f"{value:.6f}".rstrip("0").rstrip(".").replace(".", "")
    return _SHAPE.fullmatch(digits) is not None


def _beyond(numbers: _Numbers, *, cautious: bool) -> tuple[float, ...]:
    """Return the numbers at the upper end that stand apart from all others."""
    size = len(numbers.values)
    start = size
    while start and numbers.values[start - 1] > 0 and _shaped(numbers.values[start - 1]):
        start -= 1
    for first in range(max(start, 1), size):
        if _apart(numbers.part(0, first), numbers.part(first, size), cautious=cautious):
            return numbers.values[first:]
    return ()


def _apart(answers: _Numbers, codes: _Numbers, *, cautious: bool) -> bool:
    largest, code = answers.values[-1], codes.values[0]
    if code in _DIGITS and answers.whole and answers.values[0] >= 0:
        return _after_digits(answers, codes, cautious=cautious)
    if largest <= _SCALE and answers.values[0] >= 0 and code > 2 * largest + 10:
        return True
    gap = code - largest
    if gap <= 3 * answers.widest or len(answers.values) < 2:
        return code >= 1000 and len(answers.values) == 1 and code > 2 * largest
    alone = answers.n >= _ENOUGH and gap > answers.spread and (code not in _DIGITS or codes.n > 1)
    several = codes.n >= max(2, answers.n / 100) and gap >= answers.spread / 4
    return alone or several or (code >= 1000 and gap >= code / 20)


def _after_digits(answers: _Numbers, codes: _Numbers, *, cautious: bool) -> bool:
    """Tell whether 7, 8 or 9 are codes after a scale of one digit."""
    largest, code = answers.values[-1], codes.values[0]
    step, digits = code - largest, [v for v in codes.values if v <= 9]
    if step < 2 or answers.values[0] > 2 or _is_tail(answers, codes):
        return False
    inside = max((b - a for a, b in pairwise(answers.values)), default=1)
    if inside > 1:
        return cautious and step >= 4 and step > inside
    if len(answers.values) == 1 and largest > 1:
        return cautious
    # How many rows the missing numbers would have, if they were answers as their neighbours are.
    expected = (step - 1) * (answers.n / len(answers.values) + codes.n / len(codes.values)) / 2
    if step == 2 and len(digits) == 1:
        return code != _DIGITS[0] and expected >= 5
    return expected >= 3 or cautious


def _is_tail(answers: _Numbers, codes: _Numbers) -> bool:
    """Tell whether numbers are counts that become fewer and fewer up to a rare large one.

    The numbers at the end are no more than the fall from the most frequent number to the end leads to expect,
    within three standard deviations.
    """
    rows = list(answers.rows)
    mode, top = max(rows), (rows[-1] + rows[-2]) / 2 if len(rows) > 1 else rows[-1]
    if mode >= 2 * rows[-1] and rows[-1] <= max(2, mode / 20) and codes.n <= rows[-1]:
        return all(b <= a for a, b in pairwise(rows[max(rows.index(mode), len(rows) - 3) :]))
    if answers.values[0] != 0 or len(rows) < 4 or mode < 3 * top:
        return False
    steps = len(rows) - 1 - rows.index(mode)
    fall: float = (top / mode) ** (1 / max(steps, 1))
    beyond = sum(top * fall ** (v - answers.values[-1]) for v in codes.values)
    between = sum(top * fall**j for j in range(1, int(codes.values[0] - answers.values[-1])))
    return between < 10 and codes.n <= float(beyond) + 3 * math.sqrt(beyond) + 1


def _nines_among(numbers: _Numbers) -> set[float]:
    """Return nines of four digits or more that more rows have than any other number has."""
    found = set()
    for value, rows in zip(numbers.values, numbers.rows, strict=True):
        if rows >= 3 and re.fullmatch(r"9{3,}[789]", f"{value:.0f}") and value.is_integer():
            others = [n for v, n in zip(numbers.values, numbers.rows, strict=True) if v != value]
            if rows > max(others, default=0) and len(others) >= _ENOUGH:
                found.add(value)
    return found


def _below_zero(below: _Numbers, above: _Numbers, *, cautious: bool) -> tuple[float, ...]:
    """Return the numbers below 0 that are codes: all of them, or none where they measure something."""
    if not below.values:
        return ()
    if not cautious and above.values:
        far = sum(v < -above.values[-1] for v in below.values)
        near = below.part(far, len(below.values))
        if near.values and _mirrored(near, above) and (not far or len(near.values) > 1):
            return below.values[:far]
    odd = [v for v in below.values if not (v.is_integer() and (v >= -9 or _shaped(-v)))]
    scale = bool(above.values) and above.full and above.values[0] <= 1 and above.values[-1] <= _SCALE
    if any(not v.is_integer() for v in odd) or (odd and not scale):
        return ()
    return () if not scale and _runs_on(below, above) else below.values


def _mirrored(below: _Numbers, above: _Numbers) -> bool:
    """Tell whether a scale has as many steps below 0 as above."""
    if not above.values:
        return False
    top = above.values[-1]
    if not (below.whole and above.whole) or top != -below.values[0] or top < 2 or top > 50:
        return False
    values = below.values + above.values
    return len(values) > top and 0 in above.values


def _runs_on(below: _Numbers, above: _Numbers) -> bool:
    """Tell whether a measurement goes on below 0: no gap there, and no number that stands out."""
    values = below.values + above.values
    if len(below.values) < 3 or len(values) <= _SCALE or not above.values:
        return False
    steps = [b - a for a, b in pairwise(above.values)]
    crossing = [b - a for a, b in pairwise((*below.values, above.values[0]))]
    return max(crossing) <= 2 * max(steps, default=0) and max(below.rows) <= 2 * max(above.rows)
