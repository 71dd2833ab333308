"""Blocks: where only rows of one course, site or term are compared, everything is counted within them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.matching._evidence import Agreement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.numerics.matching._search import Wave

#: So many agreements at a value, as chance would give them, count for the belief that blocks are alike.
_ALIKE = 5.0
#: Answers of all blocks that are counted in an array of their own, each with its place.
_MOST_PLACES = 1 << 22


class Blocks(NamedTuple):
    """The block of each row of two waves, and how many rows of each wave the blocks have."""

    a: IntArray
    b: IntArray
    n_a: FloatArray
    n_b: FloatArray

    @property
    def n_pairs(self) -> float:
        """Pairs of rows of one block."""
        return float(self.n_a @ self.n_b)

    @property
    def most(self) -> float:
        """Matches at most."""
        return float(np.minimum(self.n_a, self.n_b).sum())

    def prior_odds(self, n_matches: float) -> FloatArray:
        """Odds of a pair, by block, that put `n_matches` among all pairs; both without another partner.

        Of the smaller wave of a block the same share is in both, whatever its size. In a block of matchings
        weighted by odds^size, the expected size is m = odds ((n_a - m) (n_b - m) + its variance), which is
        about binomial.
        """
        smaller = np.minimum(self.n_a, self.n_b)
        m = n_matches * smaller / max(self.most, 1.0)
        alone = (self.n_a - m) * (self.n_b - m) + m * (1.0 - m / np.maximum(smaller, 1.0))
        odds: FloatArray = m / np.maximum(alone, 0.25)
        return odds


def blocks_of(block_a: IntArray, block_b: IntArray) -> Blocks:
    """Give the blocks of two waves the same numbers, and count their rows."""
    numbers, place = np.unique(np.concatenate([block_a, block_b]), return_inverse=True)
    a, b = place[: block_a.size], place[block_a.size :]
    sizes = [np.bincount(x, minlength=numbers.size).astype(np.float64) for x in (a, b)]
    return Blocks(a, b, sizes[0], sizes[1])


class _Counts(NamedTuple):
    """How often each answer to an element occurs in each block.

    `times` has a place for every answer of every block (block times width plus answer), or where these would
    be too many only for those `where` some are.
    """

    times: FloatArray
    where: IntArray | None
    answered: FloatArray  # by block


def _counts(wave: Wave, block: IntArray, element: int, shape: tuple[int, int]) -> _Counts:
    there = ~wave.blank[element]
    own = block[there]
    place = own * shape[1] + wave.codes[element, there]
    answered = np.bincount(own, minlength=shape[0]).astype(np.float64)
    if shape[0] * shape[1] <= _MOST_PLACES:
        times = np.bincount(place, minlength=shape[0] * shape[1])
        return _Counts(times.astype(np.float64), None, answered)
    where, times = np.unique(place, return_counts=True)
    return _Counts(times.astype(np.float64), where, answered)


def _meeting(a: _Counts, b: _Counts, shift: int) -> float:
    """Count the pairs of rows of a block whose answers are `shift` apart, 0 or 1."""
    if a.where is None or b.where is None:
        return float(a.times[: a.times.size - shift] @ b.times[shift:])
    _, i, j = np.intersect1d(a.where + shift, b.where, assume_unique=True, return_indices=True)
    return float(a.times[i] @ b.times[j])


def agreement_between_blocks(
    a: Wave, b: Wave, blocks: Blocks, *, n_values: IntArray, ordered: BoolArray
) -> Agreement:
    """Count agreements of all pairs of two waves that are in one block."""
    return _agreement((a, blocks.a), (b, blocks.b), blocks.n_pairs, n_values=n_values, ordered=ordered)


def agreement_within_blocks(
    wave: Wave, block: IntArray, n_values: IntArray, ordered: BoolArray
) -> tuple[Agreement, float]:
    """Count agreements of all ordered pairs of two different rows of a wave and block, and these pairs."""
    sizes = np.bincount(block).astype(np.float64)
    n_pairs = float(sizes @ (sizes - 1.0))
    side = wave, block
    both = _agreement(side, side, float(sizes @ sizes), n_values=n_values, ordered=ordered)
    answered = (~wave.blank).sum(axis=1).astype(np.float64)
    pairs = both.pairs - answered
    return Agreement(both.agree - answered, both.near, pairs, 1.0 - pairs / max(n_pairs, 1.0)), n_pairs


def _agreement(
    one: tuple[Wave, IntArray],
    two: tuple[Wave, IntArray],
    n_pairs: float,
    *,
    n_values: IntArray,
    ordered: BoolArray,
) -> Agreement:
    n_blocks = 1 + int(max(one[1].max(initial=0), two[1].max(initial=0)))
    agree, near, pairs = (np.zeros(ordered.size) for _ in range(3))
    for element, size in enumerate(n_values):
        shape = n_blocks, int(size) + 1  # so that the last answer of a block is not beside the next block
        a = _counts(*one, element, shape)
        b = a if two is one else _counts(*two, element, shape)
        agree[element], pairs[element] = _meeting(a, b, 0), a.answered @ b.answered
        near[element] = _meeting(a, b, 1) + _meeting(b, a, 1) if ordered[element] else 0.0
    return Agreement(agree, near, pairs, 1.0 - pairs / max(n_pairs, 1.0))


def rarer_or_not(sides: list[tuple[Wave, IntArray]], element: int, share: FloatArray) -> NDArray[np.float64]:
    """Return how much more often two strangers of a block agree at each value than if blocks were alike.

    It is counted within waves, where nobody meets himself, and drawn to 1 where few agreements are expected.
    `share` is how often each value occurs.
    """
    seen = np.zeros(share.size)
    for wave, block in sides:
        made = _counts(wave, block, element, (int(block.max(initial=0)) + 1, share.size + 1))
        where = np.arange(made.times.size) if made.where is None else made.where
        pairs = made.times * (made.times - 1.0)
        seen += np.bincount(where % (share.size + 1), pairs, minlength=share.size + 1)[: share.size]
    expected = seen.sum() * share**2 / max(float(share @ share), 1e-300)
    ratio: FloatArray = (seen + _ALIKE) / (expected + _ALIKE)
    return ratio
