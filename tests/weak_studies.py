"""Studies of short codes and of codes with blanks, made from a seed: how many links are false, who is found."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import credbenefits as cb
from credbenefits.errors import DataWarning
from credbenefits.numerics.matching.matching import accept

FIVE, SIX, SEVEN = (31, 26, 26, 5, 4), (31, 26, 26, 5, 4, 12), (31, 26, 26, 5, 4, 12, 26)
EIGHT = (210, 26, 12, 31, 7, 26, 26, 10)


def weak_codes(sizes, n, back, *, error, seed, blank=0.0, careless=None):
    """Two waves of codes, all answers equally common, and who gave them; errors per element or one for all.

    Of the people a share may be `careless` (share, factor): they err and leave blanks so many times as often.
    """
    rng = np.random.default_rng(seed)
    new = max(round(0.15 * back), 1)
    truth = np.column_stack([rng.integers(0, k, n + new) for k in sizes])
    people = [rng.permutation(n), rng.permutation(np.r_[rng.choice(n, back, replace=False), n : n + new])]
    waves = [truth[p] for p in people]
    share, factor = careless or (0.0, 1.0)
    worse = np.where(rng.random(n + new) < share, factor, 1.0)
    errors = np.broadcast_to(error, len(sizes))
    for element, k in enumerate(sizes):
        wrong = rng.random(people[1].size) < np.minimum(errors[element] * worse[people[1]], 0.5)
        shifted = waves[1][wrong, element] + rng.integers(1, k, int(wrong.sum()))
        waves[1][wrong, element] = shifted % k
    for wave, p in zip(waves, people, strict=True):
        wave[rng.random(wave.shape) < np.minimum(blank * worse[p], 0.5)[:, None]] = -1
    return waves, people


def link(waves, **options):
    names = [f"e{k}" for k in range(waves[0].shape[1])]
    frames = {
        w: pd.DataFrame(np.where(c < 0, "", c.astype(str)), columns=names)
        for w, c in zip(("a", "b"), waves, strict=True)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return cb.link_waves(frames, on=names, method="code", **options)


#: Elements, people, how many come back, errors, blanks, studies.
ONE_BAD = {k: np.r_[np.full(k - 1, 0.01), 0.4] for k in (5, 6, 7, 8)}
GRID = [
    pytest.param(FIVE, 300, 180, 0.03, 0.0, 60, id="5 of 300"),
    pytest.param(FIVE, 300, 30, ONE_BAD[5], 0.0, 150, id="5 of 300, a tenth back, one element 40% wrong"),
    pytest.param(FIVE, 2_000, 260, 0.01, 0.0, 40, id="5 of 2,000, 1% wrong"),
    pytest.param(FIVE, 2_000, 260, 0.08, 0.02, 40, id="5 of 2,000, 8% wrong"),
    pytest.param(FIVE, 2_000, 200, ONE_BAD[5], 0.0, 40, id="5 of 2,000, one element 40% wrong"),
    pytest.param(FIVE, 10_000, 1_300, 0.03, 0.0, 8, id="5 of 10,000"),
    pytest.param(SIX, 300, 300, 0.01, 0.02, 40, id="6 of 300, all back"),
    pytest.param(SIX, 2_000, 260, 0.03, 0.2, 40, id="6 of 2,000, a fifth blank"),
    pytest.param(SIX, 26_000, 2_340, 0.03, 0.0, 4, id="6 of 26,000"),
    pytest.param(SEVEN, 2_000, 260, 0.08, 0.2, 40, id="7 of 2,000, a fifth blank, 8% wrong"),
    pytest.param(SEVEN, 10_000, 1_000, ONE_BAD[7], 0.0, 8, id="7 of 10,000, one element 40% wrong"),
    pytest.param(EIGHT, 2_000, 260, 0.03, 0.2, 40, id="8 of 2,000, a fifth blank"),
    pytest.param(EIGHT, 26_000, 2_340, 0.03, 0.2, 4, id="8 of 26,000, a fifth blank"),
    pytest.param((12, 7, 6, 4, 3), 300, 150, 0.03, 0.0, 60, id="13 bits of 300"),
    pytest.param((12, 7, 6, 5, 4, 4), 300, 30, 0.03, 0.0, 200, id="15 bits of 300, a tenth back"),
]

#: The same and more, out to all ends that the false-link rate was asked to hold for.
_LONG, _LONG_BAD = (100, 26, 12, 31, 7, 26, 26, 10), np.r_[0.4, np.full(7, 0.03)]
REACH = [
    *GRID,
    pytest.param((12, 7, 6, 4, 2), 300, 150, 0.02, 0.0, 60, id="12 bits of 300"),
    pytest.param(
        (4, 4, 4, 3, 3, 2, 2, 2), 300, 300, 0.01, 0.0, 40, id="8 elements of 12 bits, 300, all back"
    ),
    pytest.param((16, 12, 8, 6, 4, 2), 300, 200, 0.03, 0.1, 60, id="17 bits of 300, a tenth blank"),
    pytest.param(FIVE, 300, 300, 0.03, 0.2, 60, id="5 of 300, all back, a fifth blank"),
    pytest.param(FIVE, 2_000, 2_000, 0.03, 0.1, 8, id="5 of 2,000, all back, a tenth blank"),
    pytest.param(FIVE, 26_000, 2_600, 0.03, 0.0, 6, id="5 of 26,000, a tenth back"),
    pytest.param(
        SIX, 2_000, 2_000, ONE_BAD[6], 0.1, 8, id="6 of 2,000, all back, a tenth blank, one 40% wrong"
    ),
    pytest.param(SIX, 26_000, 26_000, 0.03, 0.0, 1, id="6 of 26,000, all back"),
    pytest.param(SEVEN, 300, 30, 0.08, 0.2, 150, id="7 of 300, a tenth back, a fifth blank, 8% wrong"),
    pytest.param(SEVEN, 26_000, 2_600, 0.03, 0.2, 4, id="7 of 26,000, a tenth back, a fifth blank"),
    pytest.param(EIGHT, 300, 150, 0.08, 0.2, 60, id="8 of 300, a fifth blank, 8% wrong"),
    pytest.param(EIGHT, 3_000, 580, 0.03, 0.2, 20, id="8 of 3,000, a fifth blank"),
    pytest.param(
        _LONG, 26_000, 2_600, _LONG_BAD, 0.1, 4, id="35 bits of 26,000, a tenth blank, one 40% wrong"
    ),
    pytest.param(_LONG, 26_000, 13_000, 0.08, 0.0, 1, id="35 bits of 26,000, half back, 8% wrong"),
    pytest.param(
        _LONG, 2_000, 2_000, _LONG_BAD, 0.2, 8, id="35 bits of 2,000, all back, a fifth blank, one 40% wrong"
    ),
]


def measured(sizes, n, back, error, blank, studies, careless=None, rates=(0.01, 0.05), first_seed=5_000):
    """Count the links and the false ones at each rate asked for, study by study."""
    found = {rate: [] for rate in rates}
    for seed in range(first_seed, first_seed + studies):
        waves, people = weak_codes(sizes, n, back, error=error, blank=blank, careless=careless, seed=seed)
        panel = link(waves)
        pair = panel._evidence.pairs[0]
        for rate in rates:  # as max_false_link_rate=rate would, without linking again
            chosen = accept(pair.candidates, max_false_link_rate=rate)
            row_a, row_b = pair.candidates.row_a[chosen], pair.candidates.row_b[chosen]
            found[rate].append((chosen.sum(), (people[0][row_a] != people[1][row_b]).sum()))
    return {rate: np.array(counts) for rate, counts in found.items()}


def at_true_rate(sizes, n, back, error, blank, studies, rates=(0.01, 0.05), first_seed=5_000):
    """Return the share of returners linked to themselves where so many links of all studies are truly false.

    The links of all studies are taken from the most probable down, and those as probable as the last one all
    or none: what the probabilities claim does not matter, only how they order the pairs.
    """
    probability, is_true = [], []
    for seed in range(first_seed, first_seed + studies):
        waves, people = weak_codes(sizes, n, back, error=error, blank=blank, seed=seed)
        found = link(waves)._evidence.pairs[0].candidates
        chosen = accept(found, threshold=0.02)
        probability.append(found.probability[chosen])
        is_true.append(people[0][found.row_a[chosen]] == people[1][found.row_b[chosen]])
    p, right = np.concatenate(probability), np.concatenate(is_true)
    order = np.argsort(-p)
    p, right = p[order], right[order]
    true, links = np.cumsum(right), np.arange(1, p.size + 1)
    last_of_its_kind = np.append(p[1:] < p[:-1], True)
    within = [last_of_its_kind & (links - true <= rate * links) for rate in rates]
    return [float(true[w].max(initial=0)) / (back * studies) for w in within]
