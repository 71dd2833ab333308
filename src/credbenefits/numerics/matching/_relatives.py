"""Relatives: different people whose codes agree more than chance, found among the pairs within a wave."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits.numerics.matching._blocks import agreement_within_blocks
from credbenefits.numerics.matching._evidence import AGREE, MISSING, Agreement, agreement_within, evidence
from credbenefits.numerics.matching._model import Distribution, level_counts, update
from credbenefits.numerics.matching._search import MIX, candidate_pairs, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, FloatArray
    from credbenefits.numerics.matching._search import Reach, Wave

_MOST_STEPS = 500
_TOLERANCE = 1e-6
#: How likely elements are shared, to begin with: for whole codes, and for the part that stands out.
_ALIKE, _START = 0.97, 0.9
#: Pairs that the belief that relatives share elements counts for.
_PRIOR_WEIGHT = 1.0
#: People of a wave whose relatives are searched for; enough to know rates to a few hundredths.
_MOST_ROWS = 10_000


class RelativeKind(NamedTuple):
    """One kind of relatives: how likely they share each element, and how many of all pairs they are."""

    shared: FloatArray
    rate: float
    found: float  # pairs of this kind in the search that found them


class Search(NamedTuple):
    """How pairs are searched for."""

    ordered: BoolArray
    reach: Reach
    max_pairs: int
    tick: Callable[[], None]


def stranger_distribution(agreement: Agreement) -> Distribution:
    """Return the distribution of two people who have nothing to do with each other."""
    pairs = np.maximum(agreement.pairs, 1.0)
    return Distribution(np.clip(agreement.agree / pairs, 0.0, 1.0), np.clip(agreement.near / pairs, 0.0, 1.0))


def relative_distribution(shared: FloatArray, strangers: Distribution) -> Distribution:
    """Return the distribution of relatives: an element is shared, or each answers as strangers do."""
    return Distribution(shared + (1.0 - shared) * strangers.agree, (1.0 - shared) * strangers.near)


def find_relatives(waves: list[tuple[Wave, list[FloatArray]]], search: Search) -> list[RelativeKind]:
    """Fit two kinds of relatives to the pairs within the waves, none of which is one person.

    The first kind shares the whole code, the second a part, which is found from the data: it starts as
    the set of agreeing elements that is most in excess of chance.
    """
    within = [_pairs_within(wave, values, search) for wave, values in waves if wave.n > 1]
    n_elements = search.ordered.size
    if not within:
        return [RelativeKind(np.full(n_elements, _ALIKE), 0.0, 0.0)] * 2
    n_pairs = sum(w.n_pairs for w in within)
    counted = _Counted(
        np.concatenate([w.levels for w in within]),
        np.concatenate([w.times for w in within]),
        _pooled([w.agreement for w in within], n_pairs),
        n_pairs,
    )
    family = np.where(_most_in_excess(counted), _START, 1.0 - _START)
    relatives = [RelativeKind(np.full(n_elements, _ALIKE), 1e-9, 0.0), RelativeKind(family, 1e-9, 0.0)]
    for _ in range(_MOST_STEPS):
        new = _step(relatives, counted, search.reach)
        moved = max(float(np.max(np.abs(x.shared - y.shared))) for x, y in zip(relatives, new, strict=True))
        moved = max(
            moved, *(abs(x.found - y.found) / max(y.found, 1.0) for x, y in zip(relatives, new, strict=True))
        )
        relatives = new
        if moved < _TOLERANCE:
            break
    return relatives


def _pooled(agreements: list[Agreement], n_pairs: float) -> Agreement:
    agree = np.sum([c.agree for c in agreements], axis=0)
    near = np.sum([c.near for c in agreements], axis=0)
    pairs = np.sum([c.pairs for c in agreements], axis=0)
    return Agreement(agree, near, pairs, 1.0 - pairs / n_pairs)


class _Counted(NamedTuple):
    """Patterns of pairs within waves, how often each was seen, and what chance alone would give."""

    levels: NDArray[np.int8]
    times: FloatArray
    agreement: Agreement
    n_pairs: float


def _pairs_within(wave: Wave, values: list[FloatArray], search: Search) -> _Counted:
    """Search a wave for pairs of different people; a large wave for the partners of some of them.

    These are chosen by their answers, so that the choice does not depend on the order of rows.
    """
    mixed = wave.whole_keys() * MIX
    rows = np.flatnonzero(mixed >> np.uint64(11) < np.uint64(min(1.0, _MOST_ROWS / wave.n) * 2.0**53))
    other = rows_of(wave, rows)
    row, place = candidate_pairs(wave, other, search.reach, max_pairs=search.max_pairs, tick=search.tick)
    different = row != rows[place]
    result = (row[different], place[different])
    tables = [np.zeros((0, 2 * v.size + 2)) for v in values]
    seen = evidence(wave, other, result, ordered=search.ordered, tables=tables)
    if wave.block is None:
        agreement, n_others = agreement_within(values, wave.n, search.ordered), wave.n - 1.0
    else:
        sizes = np.array([v.size for v in values])
        agreement, n_pairs = agreement_within_blocks(wave, wave.block, sizes, search.ordered)
        n_others = n_pairs / wave.n
    share = rows.size / wave.n
    scaled = Agreement(
        agreement.agree * share, agreement.near * share, agreement.pairs * share, agreement.blank
    )
    times = np.bincount(seen.pattern, minlength=len(seen.levels)).astype(np.float64)
    return _Counted(seen.levels, times, scaled, rows.size * n_others)


def _most_in_excess(counted: _Counted) -> BoolArray:
    """Find the set of agreeing elements, short of all, that is most in excess of chance."""
    levels, agreement = counted.levels, counted.agreement
    n_elements = levels.shape[1]
    answering = np.where(levels == MISSING, agreement.blank, 1.0 - agreement.blank).prod(axis=1)
    expected = counted.n_pairs * np.exp(stranger_distribution(agreement).log_probability(levels)) * answering
    masks = (levels == AGREE) @ (1 << np.arange(n_elements))
    sets, which = np.unique(masks, return_inverse=True)
    by_chance = np.bincount(which, expected)
    strength = (np.bincount(which, counted.times) - by_chance) / np.sqrt(by_chance + 1.0)
    strength[sets == (1 << n_elements) - 1] = -np.inf
    best = int(sets[np.argmax(strength)]) if sets.size else 0
    result: BoolArray = (best >> np.arange(n_elements) & 1).astype(np.bool_)
    return result


def _step(relatives: list[RelativeKind], counted: _Counted, reach: Reach) -> list[RelativeKind]:
    """Take one EM step of all kinds of relatives together."""
    levels, agreement = counted.levels, counted.agreement
    strangers = stranger_distribution(agreement)
    distributions = [relative_distribution(k.shared, strangers) for k in relatives]
    log_strangers = strangers.log_probability(levels)
    parts = np.array(
        [
            k.rate * np.exp(distribution.log_probability(levels) - log_strangers)
            for k, distribution in zip(relatives, distributions, strict=True)
        ]
    )
    parts *= counted.times / (1.0 - sum(k.rate for k in relatives) + parts.sum(axis=0))
    new = []
    for distribution, part in zip(distributions, parts, strict=True):
        moved, total = update(
            distribution,
            level_counts(levels, part),
            n_seen=float(part.sum()),
            blank=agreement.blank,
            reach=reach,
            prior_weight=_PRIOR_WEIGHT,
            alike=False,  # relatives share some elements, and others not
        )
        shared = (moved.agree - strangers.agree) / np.maximum(1.0 - strangers.agree, 1e-9)
        new.append(
            RelativeKind(np.clip(shared, 0.0, 0.999), max(total / counted.n_pairs, 1e-15), float(part.sum()))
        )
    return new
