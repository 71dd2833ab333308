"""What a pair of codes says: levels of its elements, what their values add, and agreement by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits._progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.numerics.matching._search import Wave

#: Levels of an element of a pair.
AGREE, NEAR, FAR, MISSING = range(4)
#: Pairs whose evidence is worked out at once.
_BLOCK = 1 << 20
#: Stands for a probability of nought, so that its logarithm exists.
_NEVER = 1e-300


class Agreement(NamedTuple):
    """Of the pairs with both answers, how many agree or nearly agree, one entry per element."""

    agree: FloatArray  # numbers of pairs
    near: FloatArray
    pairs: FloatArray
    blank: FloatArray  # share of all pairs with a blank


class Evidence(NamedTuple):
    """Candidate pairs by pattern: the levels of each, which one a pair has, and sums over its values."""

    levels: NDArray[np.int8]  # (patterns, elements)
    pattern: NDArray[np.int32]  # one entry per pair
    sums: NDArray[np.float32]  # (tables, pairs): natural logs, from the tables by value


def counts(wave: Wave, n_values: IntArray) -> list[FloatArray]:
    """Count the values of every element."""
    return [
        np.bincount(codes[~blank], minlength=int(size)).astype(np.float64)
        for codes, blank, size in zip(wave.codes, wave.blank, n_values, strict=True)
    ]


def agreement_between(
    a: list[FloatArray], b: list[FloatArray], n_pairs: int, ordered: BoolArray
) -> Agreement:
    """Count agreements of all pairs of two waves from the frequencies of their values alone."""
    agree = np.array([x @ y for x, y in zip(a, b, strict=True)])
    near = np.array(
        [
            x[1:] @ y[:-1] + x[:-1] @ y[1:] if is_ordered else 0.0
            for x, y, is_ordered in zip(a, b, ordered, strict=True)
        ]
    )
    pairs = np.array([x.sum() * y.sum() for x, y in zip(a, b, strict=True)])
    return Agreement(agree, near, pairs, 1.0 - pairs / n_pairs)


def agreement_within(a: list[FloatArray], n: int, ordered: BoolArray) -> Agreement:
    """Count agreements of all ordered pairs of two different people of one wave."""
    both = agreement_between(a, a, n * (n - 1), ordered)
    answered = np.array([x.sum() for x in a])
    pairs = both.pairs - answered
    return Agreement(both.agree - answered, both.near, pairs, 1.0 - pairs / (n * (n - 1)))


def value_table(
    a: FloatArray, b: FloatArray, *, ordered: bool, strangers: FloatArray | None = None
) -> FloatArray:
    """Log of how much more an agreement says at one value than on average, from the counts in both waves.

    Two answers of one person are both v with probability proportional to p(v), those of two people with
    probability proportional to p(v) squared; off by one, to p(v) + p(v + 1) and to p(v) p(v + 1). The table
    has an entry for agreeing at each value, one for being near from each value up, one for far, one for
    missing. `strangers` says how much more often two people agree at each value than that, where only people
    of one block are compared.
    """
    p = (a + b) / max((a + b).sum(), 1.0)
    table = np.zeros(2 * p.size + 2)
    if strangers is None:
        table[: p.size] = _log(p @ p) - _log(p)
    else:
        table[: p.size] = _log((p * strangers) @ p) - _log(p * strangers)
    if ordered:
        one, two = p[1:] + p[:-1], p[1:] * p[:-1]
        met = two > 0
        one, two = one * met, np.where(met, two, _NEVER)
        table[p.size : 2 * p.size - 1] = np.where(
            met, _log(one) - _log(two) + _log(two.sum()) - _log(one.sum()), 0.0
        )
    return table


def relative_table(table: FloatArray, shared: float, agree_by_chance: float) -> FloatArray:
    """Log likelihood ratio of relatives to strangers, laid out as `value_table`.

    With probability `shared` relatives have the element in common, otherwise they answer as strangers do.
    """
    size = (table.size - 2) // 2
    ratio = np.full(table.size, _log(1.0 - shared))
    ratio[:size] = np.logaddexp(ratio[0], _log(shared) - _log(agree_by_chance) + table[:size])
    ratio[-1] = 0.0
    return ratio


def evidence(
    a: Wave,
    b: Wave,
    rows: tuple[IntArray, IntArray],
    *,
    ordered: BoolArray,
    tables: list[FloatArray],
    tell: Progress = silent,
) -> Evidence:
    """Read the levels of all pairs and add up entries of tables, given as (tables, entries) by element."""
    n = rows[0].size
    key = np.zeros(n, np.int64)
    sums = np.zeros((tables[0].shape[0], n), np.float32)
    for begin in range(0, n, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        row_a, row_b = rows[0][block], rows[1][block]
        for element, table in enumerate(tables):
            x, y = a.codes[element, row_a], b.codes[element, row_b]
            level = np.full(x.size, FAR, np.int8)
            size = (table.shape[1] - 2) // 2
            entry = np.full(x.size, 2 * size, np.int32)
            if ordered[element]:
                near = np.abs(x - y) == 1
                level[near] = NEAR
                entry[near] = size + np.minimum(x, y)[near]
            agree, missing = x == y, (x < 0) | (y < 0)
            level[agree], entry[agree] = AGREE, x[agree]
            level[missing], entry[missing] = MISSING, 2 * size + 1
            key[block] |= level.astype(np.int64) << (2 * element)
            for total, part in zip(sums, table, strict=True):
                total[block] += part[entry]
        tell(min(begin + _BLOCK, n), n)
    patterns, pattern = _different(key)
    levels = (patterns[:, None] >> (2 * np.arange(len(tables)))) & 3
    tell(1, 1)  # without a pair too
    return Evidence(levels.astype(np.int8), pattern, sums)


def _different(key: IntArray) -> tuple[IntArray, NDArray[np.int32]]:
    """Return the different keys below 2^32 in order, and which each is: by tables, as sorting is slower."""
    high, of_high = _numbered(key >> 16, 1 << 16)
    low, of_low = _numbered(key & 0xFFFF, 1 << 16)
    both, of_both = _numbered(of_high * np.int64(low.size) + of_low, high.size * low.size)
    return high[both // max(low.size, 1)] << 16 | low[both % max(low.size, 1)], of_both


def _numbered(values: IntArray, size: int) -> tuple[IntArray, NDArray[np.int32]]:
    """Return the different values below `size`, and which of them each is."""
    there = np.zeros(size, np.bool_)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there, dtype=np.int32) - np.int32(1))[values]


def _log(x: FloatArray | float) -> FloatArray:
    return np.log(np.maximum(x, _NEVER))
