"""Fit matches, relatives and strangers to candidate pairs, and give each pair its probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits._progress import parts, silent
from credbenefits.numerics.matching._evidence import AGREE, MISSING
from credbenefits.numerics.matching._model import Distribution, level_counts, update, visible
from credbenefits.numerics.matching._relatives import relative_distribution
from credbenefits.numerics.matching.posterior import Exclusive, prior_odds, totals

if TYPE_CHECKING:
    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress
    from credbenefits.numerics.matching._blocks import Blocks
    from credbenefits.numerics.matching._evidence import Agreement, Evidence
    from credbenefits.numerics.matching._relatives import RelativeKind
    from credbenefits.numerics.matching._search import Reach
    from credbenefits.numerics.matching.posterior import Pairs

#: EM on patterns, cheap: steps at most, and the change of probabilities and of the overlap that ends it.
_MOST_STEPS = 2_000
_STEP_TOLERANCE = 1e-6
#: Rounds with one partner at most for everybody, dear.
_MOST_ROUNDS = 40
_ROUND_TOLERANCE = 3e-4
#: Steps that are reported of EM on patterns, the first posterior, the rounds, and the last posterior.
_STEPS = 5, 25, 55, 15
#: Matches are not mistaken for doubles when there are this many times more of them, and a few.
_DOUBLES, _FEW = 3.0, 5.0
#: Matches that the belief beforehand counts for. Where nobody came back, it keeps a handful of coincidences
#: from making a kind of match of their own.
_PRIOR_WEIGHT = 20.0
#: Number of matches that stands for none.
_NONE = 1e-6


class Fit(NamedTuple):
    """The fitted distribution of matches, their number in all and among candidates, the pairs' posterior."""

    matches: Distribution
    strangers: Distribution
    n_matches: float
    n_seen: float
    probability: FloatArray
    log_ratio: FloatArray
    disagreements: IntArray
    rounds: int = 0
    converged: bool = False


class Data(NamedTuple):
    """All that the fit uses."""

    pairs: Pairs
    evidence: Evidence
    agreement: Agreement
    relatives: list[RelativeKind]
    reach: Reach
    capped: bool
    blocks: Blocks | None = None

    @property
    def n_pairs(self) -> float:
        """Pairs of rows that are compared."""
        return self.pairs.n_a * self.pairs.n_b if self.blocks is None else self.blocks.n_pairs

    @property
    def most(self) -> float:
        """Matches at most."""
        return min(self.pairs.n_a, self.pairs.n_b) if self.blocks is None else self.blocks.most

    def log_prior(self, n_seen: float) -> float | FloatArray:
        """Log odds of a pair, or of each, that put so many matches among all pairs."""
        if self.blocks is None:
            return float(np.log(prior_odds(n_seen, self.pairs.n_a, self.pairs.n_b)))
        odds = np.maximum(self.blocks.prior_odds(n_seen), _NONE / max(self.n_pairs, 1.0))
        by_pair: FloatArray = np.log(odds)[self.blocks.a[self.pairs.row_a]]
        return by_pair


def fit(data: Data, ordered: BoolArray, tell: Progress) -> Fit:
    """Run EM on patterns to get near, then with the exclusive posterior of all pairs until nothing moves.

    Source of the mixture: Fellegi & Sunter (1969), A theory for record linkage; of its EM: Winkler (1988).
    """
    begun, first, rounds_done, last = parts(tell, *_STEPS)
    data, distribution, n = _with_or_without_doubles(data, ordered)
    begun(1, 1)
    values, exclusive = _values(data), Exclusive(data.pairs)
    now = _posterior(data, exclusive, values, distribution=distribution, n=n, tell=first)
    rounds, converged = 1, False
    while not converged and rounds < _MOST_ROUNDS:
        distribution, n, moved = _step(
            data, distribution, n, totals(data.evidence.pattern, now.probability, len(data.evidence.levels))
        )
        converged = moved < _ROUND_TOLERANCE
        if not converged:
            now = _posterior(data, exclusive, values, distribution=distribution, n=n)
            rounds += 1
            rounds_done(round(100 * max(np.log(moved) / np.log(_ROUND_TOLERANCE), 0.0)), 100)
    rounds_done(1, 1)
    # Links are accepted where they look sure: more of them where the overlap is overestimated.
    few = _posterior(data, exclusive, values, distribution=now.matches, n=_rather_few(now), tell=last)
    return few._replace(rounds=rounds, converged=converged)


def _rather_few(fitted: Fit) -> float:
    """Return the number of matches less half its standard error, from the information in the posteriors.

    The number of people itself is no error, so its variance as a random count is taken off.
    """
    n = fitted.n_matches
    variance = n * (n / max(float(fitted.probability @ fitted.probability), _NONE) - 1.0)
    return max(n - float(np.sqrt(max(variance, 0.0))) / 2.0, n / 2.0)


def _posterior(
    data: Data,
    exclusive: Exclusive,
    values: FloatArray,
    *,
    distribution: Distribution,
    n: float,
    tell: Progress = silent,
) -> Fit:
    """Work out all probabilities under the present distribution of matches and their present number."""
    levels, pattern = data.evidence.levels, data.evidence.pattern
    strangers = _strangers(data.agreement, distribution, n)
    by_pattern = distribution.log_probability(levels) - strangers.log_probability(levels)
    log_ratio = by_pattern[pattern] + values
    share = visible(distribution, data.agreement.blank, data.reach).overall
    prior = data.log_prior(n * share) - np.log(share)
    probability = exclusive.probability(np.exp(log_ratio + prior), tell)
    disagreements = np.count_nonzero((levels != AGREE) & (levels != MISSING), axis=1)[pattern]
    return Fit(distribution, strangers, n, float(probability.sum()), probability, log_ratio, disagreements)


def _with_or_without_doubles(data: Data, ordered: BoolArray) -> tuple[Data, Distribution, float]:
    """Fit the patterns; count doubles, different people with one code, only if they might be all there is.

    A pair of doubles looks like a match, so the number of people in both waves can only be estimated from
    that of doubles by assuming how many newcomers have one in the other wave. The doubles within a wave are
    an upper bound: most of them may be people who answered twice. So they count where few more pairs are
    found.
    """
    doubles, *relatives = data.relatives
    without = data._replace(relatives=[doubles._replace(rate=0.0), *relatives])
    distribution, n = _fit_patterns(without, ordered)
    if n > _DOUBLES * doubles.rate * data.n_pairs + _FEW:
        return without, distribution, n
    return data, *_fit_patterns(data, ordered)


def _fit_patterns(data: Data, ordered: BoolArray) -> tuple[Distribution, float]:
    levels = data.evidence.levels
    times = np.bincount(data.evidence.pattern, minlength=len(levels)).astype(np.float64)
    n_pairs = data.n_pairs
    distribution, n = (
        Distribution(np.full(ordered.size, 0.9), np.where(ordered, 0.05, 0.0)),
        data.most / 2,
    )
    for _ in range(_MOST_STEPS):
        strangers = _strangers(data.agreement, distribution, n)
        log_strangers = strangers.log_probability(levels)
        other = np.full(log_strangers.size, 1.0 - sum(k.rate for k in data.relatives))
        for relatives in data.relatives:
            other += relatives.rate * np.exp(
                relative_distribution(relatives.shared, strangers).log_probability(levels) - log_strangers
            )
        odds = (
            n / max(n_pairs - n, 1.0) * np.exp(distribution.log_probability(levels) - log_strangers) / other
        )
        distribution, n, moved = _step(data, distribution, n, times * odds / (1.0 + odds))
        if moved < _STEP_TOLERANCE:
            break
    return distribution, n


def _step(
    data: Data, distribution: Distribution, n: float, expected: FloatArray
) -> tuple[Distribution, float, float]:
    """Take an EM step from the expected matches by pattern; also say how far it went."""
    new, total = update(
        distribution,
        level_counts(data.evidence.levels, expected),
        n_seen=float(expected.sum()),
        blank=data.agreement.blank,
        reach=data.reach,
        prior_weight=_PRIOR_WEIGHT,
        alike=True,
    )
    total = min(max(total, _NONE), float(data.most))
    moved = max(float(np.max(np.abs(new.agree - distribution.agree))), abs(total - n) / max(n, 1.0))
    return new, total, moved


def _strangers(agreement: Agreement, distribution: Distribution, n: float) -> Distribution:
    """Take the matches out of all pairs; the rest agree by chance."""
    matched = n * (1.0 - agreement.blank)
    pairs = np.maximum(agreement.pairs - matched, 1.0)
    agree = np.clip((agreement.agree - matched * distribution.agree) / pairs, 0.0, 1.0)
    return Distribution(
        agree, np.clip((agreement.near - matched * distribution.near) / pairs, 0.0, 1.0 - agree)
    )


def _values(data: Data) -> FloatArray:
    """Add up what the values say for a match, against strangers and relatives together, as natural logs."""
    match, *ratios = data.evidence.sums
    other = np.full(match.size, 1.0 - sum(k.rate for k in data.relatives), np.float32)
    for relatives, log_ratio in zip(data.relatives, ratios, strict=True):
        other += np.float32(relatives.rate) * np.exp(log_ratio)
    result: FloatArray = (match - np.log(other)).astype(np.float64)
    return result


def expected_on(patterns: BoolArray, fitted: Fit, data: Data) -> float:
    """Return the expected number of pairs with these patterns if nobody had relatives."""
    levels = data.evidence.levels[patterns]
    blank = data.agreement.blank
    answering = np.where(levels == MISSING, blank, 1.0 - blank).prod(axis=1)
    n_pairs = data.n_pairs
    strangers = (n_pairs - fitted.n_matches) * np.exp(fitted.strangers.log_probability(levels))
    matches = fitted.n_matches * np.exp(fitted.matches.log_probability(levels))
    return float(answering @ (strangers + matches))
