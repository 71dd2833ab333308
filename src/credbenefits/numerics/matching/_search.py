"""Find the pairs of rows of two waves whose codes agree where both answered, but for a few elements.

A blank is no disagreement. It is no agreement either: a pair needs so many that chance seldom gives them.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray

    Keys = NDArray[np.uint64]

#: Most pairs of one pass that are held at once before those found before are taken out.
_BLOCK = 1 << 22
#: Fixes the random numbers that stand for values; no result depends on it.
_SEED = 20231127
#: Beside the seed, stands for blocks; elements have their number.
_BLOCKS = 1 << 16
#: An odd number that mixes all bits of a key (2^64 over the golden ratio).
MIX = np.uint64(0x9E3779B97F4A7C15)


class Reach(NamedTuple):
    """Which pairs are candidates: what they must have in common, and how far they may differ.

    `agree` is the fewest elements that agree, `disagree` the most that both answered and that do not agree.
    """

    agree: int
    disagree: int


class Wave(NamedTuple):
    """The codes of one wave, one row per element, and a random number for each answer.

    Where only rows of one `block` are compared, it has the number of each row's.
    """

    codes: NDArray[np.int32]
    keys: Keys
    blank: BoolArray  # (elements, people)
    block: IntArray | None = None

    def whole_keys(self) -> Keys:
        """Return a random number for each row's block and whole code."""
        whole: Keys = np.bitwise_xor.reduce(self.keys, axis=0)
        if self.block is None:
            return whole
        rng = np.random.default_rng([_SEED, _BLOCKS])
        of_block = rng.integers(0, 1 << 64, size=int(self.block.max(initial=0)) + 1, dtype=np.uint64)
        keys: Keys = whole ^ of_block[self.block]
        return keys

    @property
    def n(self) -> int:
        """Return the number of people."""
        return int(self.codes.shape[1])


def encode(codes: IntArray, n_values: IntArray, *, first: bool, block: IntArray | None = None) -> Wave:
    """Turn codes round and give every value a random number; a blank of one wave equals none of the other."""
    blank_code = -1 if first else -2
    blank = codes.T < 0
    turned = np.where(blank, blank_code, codes.T).astype(np.int32)
    keys = np.empty(turned.shape, np.uint64)
    for element, size in enumerate(n_values):
        rng = np.random.default_rng([_SEED, element])
        value = rng.integers(0, 1 << 64, size=int(size) + 2, dtype=np.uint64)
        keys[element] = value[turned[element] + 2]
    return Wave(turned, keys, np.ascontiguousarray(blank), block)


def rows_of(wave: Wave, rows: IntArray) -> Wave:
    """Return the wave with some of its people only, as the other side of a search within the wave."""
    codes, blank = wave.codes[:, rows], wave.blank[:, rows]
    keys = wave.keys[:, rows]
    keys[blank] *= MIX  # two blanks do not agree
    block = None if wave.block is None else wave.block[rows]
    return Wave(np.where(blank, -3, codes).astype(np.int32), keys, blank, block)


def n_passes(n_elements: int, reach: Reach) -> int:
    """Return how many sets of elements a search goes through."""
    return comb(n_elements, reach.agree)


def candidate_pairs(
    a: Wave,
    b: Wave,
    reach: Reach,
    *,
    max_pairs: int,
    tick: Callable[[], None],
) -> tuple[IntArray, IntArray]:
    """List all pairs of rows within reach, in order.

    For every set of elements that may be left out, rows are joined on the others. A pair is kept in
    the first set it is found in, so none comes twice and nothing has to be taken out afterwards. Where rows
    are compared within small blocks, all pairs of a block are looked at instead.
    """
    if a.n < b.n:
        row_b, row_a = candidate_pairs(b, a, reach, max_pairs=max_pairs, tick=tick)
        order = np.lexsort((row_b, row_a))
        return row_a[order], row_b[order]
    n_elements = a.codes.shape[0]
    n_passes_here = n_passes(n_elements, reach)
    inside = _inside(a, b, min(max_pairs, n_passes_here * (a.n + b.n)))
    if inside is not None:
        for _ in range(n_passes_here):
            tick()
        return _all_inside(a, b, inside, reach)
    whole_a, whole_b = a.whole_keys(), b.whole_keys()
    result: list[IntArray] = []
    n_found = 0
    for left_out in combinations(range(n_elements), n_elements - reach.agree):
        rest = list(left_out)
        key_a = whole_a ^ np.bitwise_xor.reduce(a.keys[rest], axis=0)
        key_b = whole_b ^ np.bitwise_xor.reduce(b.keys[rest], axis=0)
        join = _join(key_a, key_b)
        new_here = _is_first(left_out, n_elements)
        n_joined = int(join.times.sum())
        for row_a, row_b in _blocks(join) if n_joined <= max_pairs else ():
            new = new_here[_differing(a, b, (row_a, row_b), left_out)]
            if reach.disagree < len(left_out):
                new &= _answered_differently(a, b, (row_a, row_b), left_out) <= reach.disagree
            result.append(row_a[new] * b.n + row_b[new])
            n_found += result[-1].size
        if max(n_found, n_joined) > max_pairs:
            raise _too_many(max(n_found, n_joined), max_pairs, reach)
        tick()
    pairs = np.sort(np.concatenate(result)) if result else np.empty(0, np.int64)
    row_a, row_b = np.divmod(pairs, max(b.n, 1))
    return row_a, row_b


def _inside(a: Wave, b: Wave, most: int) -> _Join | None:
    """Join the rows of each block; None without blocks, or where passes take less time than so many pairs."""
    if a.block is None or b.block is None:
        return None
    size = 1 + int(max(a.block.max(initial=0), b.block.max(initial=0)))
    n_b = np.bincount(b.block, minlength=size)
    times = n_b[a.block]
    if int(times.sum()) > most:
        return None
    rows = np.flatnonzero(times)
    start = np.cumsum(n_b) - n_b
    return _Join(rows, np.argsort(b.block, kind="stable"), start[a.block[rows]], times[rows])


def _all_inside(a: Wave, b: Wave, inside: _Join, reach: Reach) -> tuple[IntArray, IntArray]:
    """List the pairs within reach by looking at every pair of one block."""
    result = []
    for row_a, row_b in _blocks(inside):
        left = np.zeros(row_a.size, np.int8)  # elements that do not agree
        for x, y in zip(a.codes, b.codes, strict=True):
            left += x[row_a] != y[row_b]
        near = left <= a.codes.shape[0] - reach.agree
        row_a, row_b = row_a[near], row_b[near]  # noqa: PLW2901
        elements = tuple(range(a.codes.shape[0]))
        close = _answered_differently(a, b, (row_a, row_b), elements) <= reach.disagree
        result.append(row_a[close] * b.n + row_b[close])
    pairs = np.sort(np.concatenate(result)) if result else np.empty(0, np.int64)
    row_a, row_b = np.divmod(pairs, max(b.n, 1))
    return row_a, row_b


def _differing(a: Wave, b: Wave, rows: tuple[IntArray, IntArray], elements: tuple[int, ...]) -> IntArray:
    """Say which of the elements do not agree, blanks among them, as the bits of a number per pair."""
    flags = np.zeros(rows[0].size, np.int64)
    for place, element in enumerate(elements):
        flags |= (a.codes[element, rows[0]] != b.codes[element, rows[1]]).astype(np.int64) << place
    return flags


def _answered_differently(
    a: Wave, b: Wave, rows: tuple[IntArray, IntArray], elements: tuple[int, ...]
) -> IntArray:
    """Count per pair which of the elements both answered and that do not agree."""
    count = np.zeros(rows[0].size, np.int64)
    for element in elements:
        x, y = a.codes[element, rows[0]], b.codes[element, rows[1]]
        count += (x != y) & (x >= 0) & (y >= 0)
    return count


class _Join(NamedTuple):
    """Rows of the longer wave, and where in the ordered shorter wave their partners start."""

    rows_a: IntArray
    order_b: IntArray
    start: IntArray
    times: IntArray


def _join(key_a: Keys, key_b: Keys) -> _Join:
    """Join on equal keys; a table of bits drops most rows of the longer wave before anything is sorted."""
    bits = min(max(int(key_b.size * 32).bit_length(), 16), 24)
    shift = np.uint64(64 - bits)
    there = np.zeros(1 << bits, np.bool_)
    there[(key_b >> shift).view(np.int64)] = True
    rows_a = np.flatnonzero(there[(key_a >> shift).view(np.int64)])
    order_b = np.argsort(key_b)
    sorted_b, wanted = key_b[order_b], key_a[rows_a]
    first = np.flatnonzero(np.r_[True, sorted_b[1:] != sorted_b[:-1]][: sorted_b.size])
    run = np.searchsorted(sorted_b[first], wanted)
    hit = np.flatnonzero(np.r_[sorted_b[first], ~sorted_b[-1:]][run] == wanted)
    times = np.diff(first, append=sorted_b.size)[run[hit]]
    return _Join(rows_a[hit], order_b, first[run[hit]], times)


def _blocks(join: _Join) -> Iterator[tuple[IntArray, IntArray]]:
    """Write the join out as pairs of rows, a few million at a time."""
    ends = np.cumsum(join.times)
    n_blocks = -(-int(join.times.sum()) // _BLOCK)
    cuts = [*np.searchsorted(ends, np.arange(n_blocks) * _BLOCK), ends.size]
    for low, high in pairwise(cuts):
        times = join.times[low:high]
        which = np.repeat(np.arange(low, high), times)
        offset = np.arange(which.size) - np.repeat(np.cumsum(times) - times, times)
        yield join.rows_a[which], join.order_b[join.start[which] + offset]


def _is_first(left_out: tuple[int, ...], n_elements: int) -> BoolArray:
    """Say, by which of the left-out elements disagree, whether no earlier set holds the pair.

    The first set that holds a pair is made of its disagreements and the lowest other elements.
    """
    first = np.zeros(1 << len(left_out), np.bool_)
    for flags in range(first.size):
        disagreeing = [e for place, e in enumerate(left_out) if flags >> place & 1]
        others = [e for e in range(n_elements) if e not in disagreeing]
        filled = sorted([*disagreeing, *others[: len(left_out) - len(disagreeing)]])
        first[flags] = tuple(filled) == left_out
    return first


def _too_many(found: int, max_pairs: int, reach: Reach) -> InputError:
    return InputError(
        "max_disagreements",
        allowed=f"at most {max_pairs:,} pairs of rows that may be one person",
        received=f"more than {found:,} of them" if found > max_pairs else f"{found:,}",
        fix=(
            "The codes say too little for so many people: give more elements, or lower max_disagreements "
            f"(now {reach.disagree})."
        ),
    )
