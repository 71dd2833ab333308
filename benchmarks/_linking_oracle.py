"""The best that linking by codes can do: the model that made the codes, used with the truth about it.

Fellegi-Sunter with the likelihood ratio of every pair of values under the error model that made the second
wave, the true overlap, the same one-to-one posterior as the library's, and the threshold that truth finds
best.
"""

from __future__ import annotations

import numpy as np

from credbenefits.numerics.matching import matching
from credbenefits.numerics.matching._search import Reach, candidate_pairs, encode
from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.numerics.matching.posterior import Exclusive, Pairs, prior_odds


def element_ratio(p, error, *, ordered):
    """P(b | a, one person) / P(b) for all values a (rows) and b of an element."""
    size = p.size
    other = np.broadcast_to(p, (size, size)) / (1.0 - p)[:, None] * (1.0 - np.eye(size))
    if ordered:  # half of the errors are off by one; at the ends there is one way only
        near = np.zeros((size, size))
        steps = np.arange(size)
        for step in (-1, 1):
            to = steps + step
            to = np.where(to < 0, 1, np.where(to >= size, size - 2, to))
            np.add.at(near, (steps, to), 0.5)
        other = (other + near) / 2.0
    return ((1.0 - error) * np.eye(size) + error * other) / p


def ceiling(codes_a, codes_b, people, *, frequencies, ordered, error, max_disagreements=3):
    """Candidates as the oracle sees them; `error` is a rate or (share careless, rate, careless rate)."""
    n_values = np.array([p.size for p in frequencies])
    a, b = encode(codes_a, n_values, first=True), encode(codes_b, n_values, first=False)
    reach = Reach(codes_a.shape[1] - max_disagreements, max_disagreements)
    row_a, row_b = candidate_pairs(a, b, reach, max_pairs=200_000_000, tick=lambda: None)
    kinds = [(1.0, error)] if np.isscalar(error) else [(1.0 - error[0], error[1]), (error[0], error[2])]
    ratio = np.zeros(row_a.size)
    disagreements = np.zeros(row_a.size, np.int64)
    for share, rate in kinds:
        part = np.full(row_a.size, np.log(share))
        for element, p in enumerate(frequencies):
            x, y = a.codes[element, row_a], b.codes[element, row_b]
            answered = (x >= 0) & (y >= 0)
            table = np.log(element_ratio(p, rate, ordered=ordered[element]))
            part += np.where(answered, table[np.maximum(x, 0), np.maximum(y, 0)], 0.0)
            disagreements += (share == kinds[0][0]) * (x != y)
        ratio += np.exp(part)
    seen = int(np.count_nonzero(people[0][row_a] == people[1][row_b]))
    overlap = np.isin(people[1], people[0]).sum()
    odds = prior_odds(seen, a.n, b.n) * overlap / max(seen, 1) * ratio
    probability = Exclusive(Pairs(row_a, row_b, a.n, b.n)).probability(odds)
    return Candidates(row_a, row_b, probability, np.log2(ratio), disagreements)


def best_threshold(candidates, people):
    """F1, precision and recall at the threshold that truth finds best, and that threshold."""
    one_to_one = matching.accept(candidates, threshold=0.02)
    p = candidates.probability[one_to_one]
    true = (people[0][candidates.row_a] == people[1][candidates.row_b])[one_to_one]
    order = np.argsort(-p)
    hits = np.cumsum(true[order])
    n_true = np.isin(people[1], people[0]).sum()
    precision, recall = hits / np.arange(1, hits.size + 1), hits / n_true
    f1 = 2.0 * hits / (np.arange(1, hits.size + 1) + n_true)
    at = int(np.argmax(f1))
    return f1[at], precision[at], recall[at], p[order][at]
