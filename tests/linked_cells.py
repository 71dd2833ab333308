"""Linked pairs as cells, counted as the library counts them."""

from __future__ import annotations

import numpy as np

from credbenefits.counts.by_codes import ByCodes
from credbenefits.numerics.pairs.linkage_error import LinkedCells


def linked_cells(first, second, probability, *, everybody, size, weight=None, unit=None, known=None):
    """Count pairs by their answers, codes from 0 to size - 1.

    `everybody` holds the answers of the second wave, those of the pairs and all others. With `unit` (of each
    pair) `known` has unit and answer of everybody in the second wave whose unit is known.
    """
    n_units = 1 if unit is None else int(unit.max()) + 1
    counter = ByCodes(unit, np.zeros(len(first), dtype=np.int64), n_units, 1, weight, doubt=1.0 - probability)
    sums = counter.count([np.asarray(first), np.asarray(second)])

    def of(array):
        made = np.zeros((n_units, size, size))
        made[:, sums.cells[:, 0], sums.cells[:, 1]] = array[:, 0]
        return made

    parts = (sums.people, sums.weight, sums.weight2, *(sums.extra[name] for name in ("wd", "w2d", "w2d2")))
    answers = np.bincount(everybody, minlength=size).astype(float)
    linked = np.zeros((n_units, size))
    at, said = (np.zeros(len(first), dtype=np.int64), second) if known is None else known
    np.add.at(linked, (at, said), 1)
    return LinkedCells(*map(of, parts), linked, answers - linked.sum(axis=0))


def pair_by_pair(first, second, probability, everybody, score, base):
    """Return a corrected mean and its standard error by their definition, one person at a time."""
    m = len(everybody)
    distribution = {b: sum(e == b for e in everybody) / m for b in set(everybody)}

    def by_chance(a):
        return sum(share * score[a, b] for b, share in distribution.items())

    pairs = list(zip(first, second, probability, strict=True))
    total = sum(base[a] * p for a, _, p in pairs)
    estimate = sum(score[a, b] - (1 - p) * by_chance(a) for a, b, p in pairs) / total
    squares = 0.0
    for j, b in enumerate(everybody):  # the pairs come first
        part = -sum((1 - p) * (score[a, b] - by_chance(a)) for a, _, p in pairs) / m
        if j < len(pairs):
            a, _, p = pairs[j]
            part += score[a, b] - (1 - p) * by_chance(a) - estimate * base[a] * p
        squares += part**2
    return estimate, squares**0.5 / total
