"""Two waves joined by a code of eight elements, made from a seed, with the people known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from credbenefits.numerics.matching.matching import Matches, match_codes

ORDERED = (False, False, True, True, True, False, False, True)
FAMILY = np.array([True, True, False, False, False, True, True, True])
_SIZES = (210, 26, 12, 31, 7, 26, 26, 10)
_SKEW = (0.9, 0.67, 0.0, 0.0, 1.4, 0.6, 0.62, 0.2)


class Study(NamedTuple):
    codes_a: np.ndarray
    codes_b: np.ndarray
    people_a: np.ndarray
    people_b: np.ndarray

    @property
    def n_both(self):
        return int(np.isin(self.people_b, self.people_a).sum())

    def match(self, **options) -> Matches:
        return match_codes(self.codes_a, self.codes_b, ordered=ORDERED, **options)

    def is_true(self, candidates):
        return self.people_a[candidates.row_a] == self.people_b[candidates.row_b]


def frequencies():
    return [
        np.arange(1, k + 1) ** -s / np.sum(np.arange(1, k + 1) ** -s)
        for k, s in zip(_SIZES, _SKEW, strict=True)
    ]


def simulate(n_a, n_both, n_new, *, error=0.05, seed, blank=0.02, siblings=0.0, careless=0.0, doubles=0.0):
    """Make wave A of `n_a` people and wave B of `n_both` of them and `n_new` others.

    Answers of wave B differ with chance `error` (0.2 for the share `careless`), in ordered elements half of
    them by one. `siblings` is the share of people who share the family elements with somebody, `doubles` that
    of people of wave A who share all of them.
    """
    rng = np.random.default_rng(seed)
    n = n_a + n_new
    answers = np.column_stack([rng.choice(p.size, n, p=p) for p in frequencies()])
    pairs = rng.permutation(n)[: 2 * int(siblings * n / 2)].reshape(2, -1)
    answers[np.ix_(pairs[1], FAMILY)] = answers[np.ix_(pairs[0], FAMILY)]
    twins = rng.permutation(n_a)[: 2 * int(doubles * n_a / 2)].reshape(2, -1)
    answers[twins[1]] = answers[twins[0]]
    people_a = rng.permutation(n_a)
    people_b = rng.permutation(np.concatenate([rng.choice(n_a, n_both, replace=False), np.arange(n_a, n)]))
    codes_a, codes_b = answers[people_a], answers[people_b]
    rate = np.where(rng.random(people_b.size) < careless, 0.2, error)
    for element, p in enumerate(frequencies()):
        wrong = rng.random(people_b.size) < rate
        codes_b[wrong, element] = _wrong(codes_b[wrong, element], p, ORDERED[element], rng)
    for codes in (codes_a, codes_b):
        codes[rng.random(codes.shape) < blank] = -1
    return Study(codes_a, codes_b, people_a, people_b)


def _wrong(true, p, ordered, rng):
    other = rng.choice(p.size, true.size, p=p)
    while (same := other == true).any():
        other[same] = rng.choice(p.size, int(same.sum()), p=p)
    if not ordered:
        return other
    step = np.where(true == 0, 1, np.where(true == p.size - 1, -1, rng.choice([-1, 1], true.size)))
    return np.where(rng.random(true.size) < 0.5, true + step, other)
