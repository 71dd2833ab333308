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
#: Scales that mirror themselves go up to this number: -2 to 2, -3 to 3.
_MIRRORED = 3
#: From this number on a scale that goes on below 0 has more than three answers there.
_WIDE = 8
#: Below this probability no ordinary tail explains a gap; below the second, where a doubt is cheap.
_RARE, _DOUBTFUL = 0.002, 0.05
#: Fewer rows cannot show where a scale ends: before one digit more, below 0, and before more digits.
_ROWS, _ROWS_BELOW, _ROWS_FAR = 20, 12, 4
#: Wider gaps than this are not told apart.
_WIDEST = 1e6
#: Steps beyond which rows that share one number are no chance.
_FAR = 4


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Different numbers in order of size, and the rows of each."""

    values: tuple[float, ...]
    rows: tuple[int, ...]

    def part(self, start: int, stop: int) -> _Numbers:
        return _Numbers(self.values[start:stop], self.rows[start:stop])

    def turned(self) -> _Numbers:
        return _Numbers(tuple(-v for v in self.values[::-1]), self.rows[::-1])

    @property
    def pairs(self) -> list[tuple[float, int]]:
        return list(zip(self.values, self.rows, strict=True))

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
    def step(self) -> float:
        """The widest step between two neighbours in the upper half; of one number alone its own size."""
        if len(self.values) == 1:
            return max(1.0, abs(self.values[0]))
        upper = self.values[(len(self.values) - 1) // 2 :] if len(self.values) > 2 else self.values
        return max(b - a for a, b in pairwise(upper))

    def above(self, limit: float) -> int:
        """Return the rows above a number."""
        return sum(n for v, n in self.pairs if v > limit)

    @property
    def median(self) -> float:
        half, values = self.n / 2, iter(self.pairs)
        value, seen = next(values)
        while seen < half:
            value, n = next(values)
            seen += n
        return value


def code_like(values: Sequence[float], rows: Sequence[int], *, cautious: bool = False) -> set[float]:
    """Return the numbers that look like codes for no answer.

    Parameters
    ----------
    values : sequence of numbers
        The numbers of a column.
    rows : sequence of int
        The rows of each.
    cautious : bool
        Whether these numbers would become a no without a word: there, a doubt is cheap and a mistake is not.

    Notes
    -----
    A number is a code if it is written as files write codes (7, 8, 9, 77, 98, 999, or below 0) *and* the
    answers cannot be expected to reach it. Ordinary answers end little by little: of the rows in each step of
    the scale some stop there and the others go on. So there is a gap, if many rows stop at the largest answer
    and none in the steps that follow, although some go on beyond them. `_by_chance` is the probability of
    this under the tail that fits best; it is never small where the largest answers are rare, as with
    children. It is multiplied by the probability that an ordinary number is written as a code
    (`_so_written`), small for 999 and 99999, unless answers end in 99 as prices do. Below 0.002 there is a
    code, below 0.05 where `cautious`. A step is 1 on a scale without a gap, and else the widest in the upper
    half of the answers. Below 0 the same rule looks downwards; numbers from -1 to -9 are codes without a gap,
    too, where there are too few of them for a scale or a measurement that goes on below 0.
    """
    times: dict[float, int] = {}
    for v, n in zip(values, rows, strict=True):  # two answers may stand for one number
        if math.isfinite(v):
            times[float(v)] = times.get(float(v), 0) + int(n)
    pairs = sorted(times.items())
    numbers = _Numbers(tuple(v for v, _ in pairs), tuple(n for _, n in pairs))
    first = next((i for i, v in enumerate(numbers.values) if v >= 0), len(pairs))
    below, above = numbers.part(0, first), numbers.part(first, len(pairs))
    rare = _DOUBTFUL if cautious else _RARE
    high = set(_beyond(above if above.values else numbers, rare))
    answers = above.part(0, len(above.values) - len(high))
    return high | _nines_among(above) | set(_below_zero(below, answers, rare))


def shaped(value: float) -> bool:
    """Tell whether a positive number is written as files write codes."""
    return value in _DIGITS or _SHAPE.fullmatch(_digits(value)) is not None


def _digits(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".").replace(".", "")


def _beyond(numbers: _Numbers, rare: float) -> tuple[float, ...]:
    """Return the numbers at the upper end that stand apart from all others."""
    size = len(numbers.values)
    start = size
    while start and numbers.values[start - 1] > 0 and shaped(numbers.values[start - 1]):
        start -= 1
    for first in range(max(start, 1), size):
        answers, codes = numbers.part(0, first), numbers.part(first, size)
        digit = codes.values[0] in _DIGITS
        if digit and answers.values[0] not in (0, 1, 2):
            continue
        if codes.values[0] == 7 and answers.values[-1] == 5 and not {8, 9} & {*codes.values}:
            continue  # nobody at 6 of 1 to 7
        if rare == _RARE and numbers.n < (_ROWS if digit else _ROWS_FAR):
            continue
        if _by_chance(answers, codes) * _so_written(answers, codes) < rare:
            return codes.values
    return ()


def _by_chance(answers: _Numbers, codes: _Numbers, *, below: bool = False) -> float:
    """Return the probability, at most, that ordinary answers leave so wide a gap below the codes.

    In an ordinary tail each row goes on from one step to the next with some probability p, and stops
    otherwise. Of `top` rows within a step of the largest answer all stopped there; `rows` went on for `gap`
    steps, and where the first of them stopped, `more` did (but not at 7, 8 or 9 of counts, which start at 0:
    many children are often given as 9). Before one digit two steps of a scale count. The binomial probability
    of this is largest for p = passed / (passed + stopped).
    """
    step, smallest, largest = answers.step, answers.values[0], answers.values[-1]
    gap, rows = min((codes.values[0] - largest) / step, _WIDEST), codes.n
    if gap < 2:  # no step is missing
        return 1.0
    steps = 2 if answers.full and len(answers.values) > 3 and codes.values[0] in _DIGITS else 1
    top = max(answers.above(largest - steps * step), 1)  # a tiny step may be lost to rounding
    far = gap >= _FAR and (below or codes.values[0] not in _DIGITS)
    more = codes.rows[0] - 1 if far or (answers.whole and smallest == 1) else 0
    stop = (top + more) / (top + more + gap * rows)
    ways = math.lgamma(top + rows + 1) - math.lgamma(top + 1) - math.lgamma(rows + 1)
    return math.exp(ways + (top + more) * math.log(stop) + gap * rows * math.log1p(-stop))


def _so_written(answers: _Numbers, codes: _Numbers) -> float:
    """Return the probability that an ordinary number of this size is written as the first code is.

    Of two digits 10 of 90 numbers are, of three 10 of 900. Where answers end in 99, as prices do, it is
    their share.
    """
    digits = _digits(codes.values[0])
    if len(digits) == 1:  # of counts, which start at 0, 9 is often the largest that may be given
        return (10.0 if answers.values[0] == 0 else len(_DIGITS)) if answers.whole else 0.1
    if len(digits) == 2 and (answers.values[-1] > _SCALE or not answers.whole):
        return 1.0
    alike = sum(n for v, n in answers.pairs if v > _SCALE and _digits(v)[-2:] == digits[-2:])
    return max(_as_a_code(codes.values[0]), alike / answers.n)


def _as_a_code(value: float) -> float:
    """Return the share of the numbers of that size which are written as codes; of one digit all may be."""
    digits = len(_digits(value))
    return 10.0 ** (2 - digits) / 9 if digits > 1 else 1.0


def _nines_among(numbers: _Numbers) -> set[float]:
    """Return nines of four digits or more that stand out among the other numbers.

    More rows have them than any other number (three at least), and hardly any number ends in 99 beside
    them; or of 50 other rows none ends in 7, 8 or 9.
    """
    nines = {v for v in numbers.values if v.is_integer() and re.fullmatch(r"9{3,}[789]", f"{v:.0f}")}
    if not nines:
        return set()
    others = [(v, n) for v, n in numbers.pairs if v not in nines]
    n, most = sum(n for _, n in others), max((n for _, n in others), default=0)
    if n < _ROWS:
        return set()
    if n >= 50 and not any(_digits(v)[-1] in "789" for v, _ in others):
        return nines
    alike = sum(n for v, n in others if _digits(v).endswith("99"))
    often = {v for v, n in numbers.pairs if v in nines and n >= 3 and n > most}
    return often if 20 * alike <= n and len(others) >= 10 else set()


def _below_zero(below: _Numbers, above: _Numbers, rare: float) -> tuple[float, ...]:
    """Return the numbers below 0 that are codes: all of them, or those that lie far below."""
    if not below.values or _beside_two(below.turned(), above):
        return below.values
    codes, n, rest = below.turned(), above.n + below.n, len(above.values)
    written = [v.is_integer() and (v < 10 or shaped(v)) for v in codes.values]
    downwards = _Numbers(above.turned().values + codes.values, above.turned().rows + codes.rows)
    end = rest + len(codes.values)
    # Beyond a number that no file writes as a code there is none; a measurement has thousands of numbers.
    plain = next((i for i, like_a_code in enumerate(reversed(written)) if not like_a_code), len(written))
    cuts = [(downwards.part(0, i), downwards.part(i, end)) for i in range(max(rest, 1, end - plain), end)]
    probabilities = [_by_chance(near, far, below=True) for near, far in cuts]
    if all(written) and (n >= _ROWS_BELOW or rare > _RARE):
        if not above.values:
            return below.values if len(below.values) <= 2 else ()
        scale = above.full and above.values[0] <= 1 and above.values[-1] <= _SCALE
        if scale and rare > _RARE:  # a mirrored scale might be an answer and its codes
            return below.values
        goes_on = _below_scale if scale else _below_measurement
        if min(goes_on(codes, above, probabilities), _in_few_places(codes, above)) < rare:
            return below.values
    for (near, far), probability in zip(cuts, probabilities, strict=True):
        k = len(far.values)
        if n >= _ROWS_FAR and probability * _so_written(near, far) < rare:
            return below.values[:k]
    return ()


def _beside_two(codes: _Numbers, above: _Numbers) -> bool:
    """Tell whether numbers below 0 stand beside a yes and a no, and mirror neither."""
    two = bool(above.values) and above.full and above.values[0] <= 1 and above.values[-1] <= 2
    return two and codes.values[0] > 2 and all(v.is_integer() and (v < 10 or shaped(v)) for v in codes.values)


def _in_few_places(codes: _Numbers, above: _Numbers) -> float:
    """Return the probability that answers below 0 keep to so few of the places from -1 to -9.

    A wide scale that mirrors itself has rows in several of them, a narrow one may not. Fewer than 20 rows
    show nothing.
    """
    places, rows = len(codes.values), codes.n
    if above.n + codes.n < _ROWS or codes.values[-1] > 9 or places > 3:
        return 1.0
    if above.full and above.values[0] <= 1 and above.values[-1] < _SCALE:
        if above.values[-1] >= _WIDE:
            return 0.0
        if above.values[-1] <= _MIRRORED + 1:
            return 1.0
    if any(2 * b <= a for a, b in pairwise(codes.rows)):  # they end little by little
        return 1.0
    return math.comb(9, places) * (places / 9.0) ** rows


def _below_scale(codes: _Numbers, above: _Numbers, probabilities: Sequence[float]) -> float:
    """Return the probability that a scale without a gap goes on below 0 as seen.

    `codes` are the numbers below 0 without their sign, `probabilities` are those of the gap above each. A
    scale that mirrors itself has about as many rows below 0 as above; a skewed one has at least a quarter.
    """
    top, lowest = above.values[-1], codes.values[-1]
    half, quarter = _so_few(codes.n, above.n, 0.5), _so_few(codes.n, above.n, 0.25)
    if lowest > top:  # no mirror
        return min(quarter * min(probabilities) if quarter < 0.2 else 1.0, probabilities[0]) * _as_a_code(
            lowest
        )
    if top <= 1:
        return half
    if above.values[0] == 0:  # no gap there
        return quarter if top > _MIRRORED else 1.0
    mirrored = top <= _MIRRORED and (above.n < 30 or (codes.full and len(codes.values) > 1))
    return 1.0 if mirrored else half * probabilities[0]


def _below_measurement(codes: _Numbers, above: _Numbers, probabilities: Sequence[float]) -> float:
    """Return the probability that a measurement goes on below 0 as seen.

    Numbers in thousands hardly ever fall on -1 to -9 (those about 15 do). And where there are as many rows
    just above 0 as further up, 0 is the end if hardly any lie below.
    """
    middle = above.median
    so_near = probabilities[0] * min(1.0, max(codes.values[-1], 9.0) / max(middle, 1.0))
    just_above = above.n - above.above(middle / 2)
    further = above.n - above.above(middle) - just_above
    ends = middle >= 2 * codes.values[0] and 4 * just_above >= 3 * further
    return min(so_near, _so_few(codes.n, just_above, 0.4) if ends else 1.0)


def _so_few(few: int, many: int, proportion: float) -> float:
    """Return the probability that at most `few` of all rows lie where this share is expected (a bound)."""
    n = few + many
    seen = few / n
    if seen >= proportion:
        return 1.0
    below = seen * math.log(seen / proportion) if few else 0.0
    return math.exp(-n * (below + (1 - seen) * math.log((1 - seen) / (1 - proportion))))
