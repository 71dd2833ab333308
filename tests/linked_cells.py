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
