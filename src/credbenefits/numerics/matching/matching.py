"""Match the people of two survey waves by codes of short answers, without a common key and without truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _progress
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.numerics.matching._blocks import Blocks, agreement_between_blocks, blocks_of, rarer_or_not
from credbenefits.numerics.matching._evidence import (
    AGREE,
    agreement_between,
    counts,
    evidence,
    relative_table,
    value_table,
)
from credbenefits.numerics.matching._fit import Data, Fit, expected_on, fit
from credbenefits.numerics.matching._reach import nearest_reach, reach_for
from credbenefits.numerics.matching._relatives import Search, find_relatives, stranger_distribution
from credbenefits.numerics.matching._search import candidate_pairs, encode, n_passes
from credbenefits.numerics.matching.candidates import DISAGREEMENTS, Candidates
from credbenefits.numerics.matching.posterior import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray, Progress

#: Elements a code may have, and how many of them at least must be answered in both waves.
_MOST_ELEMENTS, _FEWEST_ANSWERED = 16, 3
#: A pair less likely than this is not looked at when links are accepted.
_LEAST_LIKELY = 1e-3
#: Two partners whose probabilities differ by less are equally good.
TIE = 1e-4
#: Sums of probabilities are compared with this much to spare.
_ROUNDING = 1e-9
#: Values an element may have.
_MOST_VALUES = 1 << 24
#: Steps that are reported of the search for pairs, their evidence, and the fit: about as they take time.
_STEPS = 80, 20, 100


@dataclass(frozen=True, slots=True)
class MatchModel:
    """What the codes say about matches and about agreement by chance.

    Arrays have one entry per element; NaN for an element that nobody answered in one of the waves, or that
    everybody answered alike.

    Attributes
    ----------
    agree, near, far : numpy.ndarray
        Probability that the two answers of one person are the same, off by one, or neither, given both.
    chance_agree, chance_near : numpy.ndarray
        The same for two people who have nothing to do with each other.
    n_matches : float
        Expected number of people in both waves, those who cannot be found included. People who make
        many errors are underestimated, so it is rather a lower bound.
    n_seen : float
        Expected number of matches among the candidate pairs.
    least_agreements, max_disagreements : int
        Elements that agree at least in a candidate pair, and elements that may differ, both answered.
    capped : bool
        Whether more would have been looked at if that had not been too many pairs.
    iterations : int
    converged : bool
    """

    agree: FloatArray
    near: FloatArray
    far: FloatArray
    strangers_agree: FloatArray
    strangers_near: FloatArray
    n_matches: float
    n_seen: float
    least_agreements: int
    max_disagreements: int
    capped: bool
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class Relatives:
    """Different people whose codes agree on part of the elements, as siblings' do.

    Attributes
    ----------
    shared : numpy.ndarray
        Probability that two relatives have the element in common; one entry per element.
    family : numpy.ndarray
        Elements that relatives share more often than not; none if no relatives were found.
    share : float
        Estimated share of people with a relative in the larger wave.
    observed : int
        Candidate pairs that agree on exactly the family elements.
    expected : float
        How many of these there would be without relatives.
    twin_share : float
        Estimated share of people with a double in the larger wave: another person with the same code.
    """

    shared: FloatArray
    family: BoolArray
    share: float
    observed: int
    expected: float
    twin_share: float


@dataclass(frozen=True, slots=True)
class Matches:
    """Candidate pairs with their probabilities, and the model behind them."""

    candidates: Candidates
    model: MatchModel
    relatives: Relatives


def match_codes(
    codes_a: IntArray,
    codes_b: IntArray,
    *,
    ordered: Sequence[bool],
    max_disagreements: int = DISAGREEMENTS,
    max_pairs: int = 50_000_000,
    blocks: tuple[IntArray, IntArray] | None = None,
    tick: Progress | None = None,
) -> Matches:
    """Give every pair of rows that may be one person its probability.

    Parameters
    ----------
    codes_a, codes_b : numpy.ndarray
        One row per person, one column per element of the code; whole numbers, the same number for the
        same answer in both waves, -1 for a blank.
    ordered : sequence of bool
        For each element, whether its numbers are ranks, so that off by one is a near miss.
    max_disagreements : int
        How many elements of a candidate pair may differ, both answered; at most half of the elements
        are used. A blank is no disagreement. See Notes on how many must agree.
    max_pairs : int
        Stop with an error before more candidate pairs than this are made.
    blocks : two arrays, optional
        For each row of either wave the number (from 0) of its course, site or term: only rows of one are
        compared.
    tick : callable, optional
        Told the steps done and the steps in all: of the search for pairs, of EM and of the posterior.

    Returns
    -------
    Matches

    Notes
    -----
    Without blanks all other elements of a candidate pair agree. With blanks, fewer need to: so few that
    97% of the matches are candidates if 95% of the elements of a match agree, but at least three (two of
    four), and not if more than 5 million pairs of strangers would have as many in common.

    log(P(codes | match) / P(codes | no match)) adds up over the elements that both answered. Probabilities of
    agreement by coincidence come from the frequencies of the values, those of matches from EM on the
    candidate pairs. Pairs within a wave cannot be matches, so they show how often relatives agree, and
    that is added to the coincidences. A person has at most one partner: the probabilities are those of
    one-to-one matchings, found by belief propagation.

    Source: Fellegi & Sunter (1969), A theory for record linkage; Winkler (1988), Using the EM algorithm
    for weight computation in the Fellegi-Sunter model; Bayati, Gamarnik, Katz, Nair & Tetali (2007),
    Simple deterministic approximation algorithms for counting matchings.
    """
    codes_a, codes_b = _checked("codes_a", codes_a, ordered), _checked("codes_b", codes_b, ordered)
    used = _telling(codes_a, codes_b)
    if used.sum() < _FEWEST_ANSWERED:
        raise InputError(
            "codes_a, codes_b",
            allowed=f"at least {_FEWEST_ANSWERED} elements with answers in both waves, not all the same",
            received=f"{int(used.sum())}",
            fix="Give more elements of the code.",
        )
    is_ordered = np.asarray(ordered, np.bool_)[used]
    check.whole_number("max_pairs", max_pairs, least=1)
    most = check.whole_number("max_disagreements", max_disagreements, least=1)
    searching, weighing, fitting = _progress.parts(tick or _progress.silent, *_STEPS)
    data = _data(
        (codes_a[:, used], codes_b[:, used]),
        None if blocks is None else blocks_of(*blocks),
        is_ordered,
        most=most,
        max_pairs=max_pairs,
        progress=(searching, weighing),
    )
    fitted = fit(data, is_ordered, fitting)
    return Matches(
        Candidates(
            data.pairs.row_a,
            data.pairs.row_b,
            fitted.probability,
            fitted.log_ratio / np.log(2.0),
            fitted.disagreements,
        ),
        _model(fitted, data, used),
        _relatives(fitted, data, used),
    )


def accept(
    candidates: Candidates, *, max_false_link_rate: float | None = None, threshold: float | None = None
) -> BoolArray:
    """Choose the pairs to link, each person at most once.

    Pairs are taken from the most probable down, if both people are still free. Somebody with two
    equally good partners stays unlinked, so the choice does not depend on the order of rows.

    Parameters
    ----------
    candidates : Candidates
    max_false_link_rate : float, optional
        Take the largest such set whose expected share of false links, the mean of 1 - probability, is at
        most this.
    threshold : float, optional
        Take all such pairs of at least this probability.

    Returns
    -------
    numpy.ndarray
        Whether each candidate pair is a link.
    """
    level = threshold if max_false_link_rate is None else max_false_link_rate
    if (max_false_link_rate is None) == (threshold is None) or level is None or not 0.0 <= level <= 1.0:
        raise InputError(
            "max_false_link_rate, threshold",
            allowed="one of the two, between 0 and 1",
            received=f"max_false_link_rate={max_false_link_rate!r}, threshold={threshold!r}",
            fix="Give one of the two, such as max_false_link_rate=0.01.",
        )
    p = candidates.probability
    chosen = _greedy(candidates, np.flatnonzero(p >= (_LEAST_LIKELY if threshold is None else threshold)))
    if max_false_link_rate is not None:
        ranked = np.sort(p[chosen])[::-1]
        within = np.cumsum(1.0 - ranked) <= max_false_link_rate * np.arange(1, ranked.size + 1) + _ROUNDING
        n = int(np.count_nonzero(within))
        if n < ranked.size:  # pairs as probable as the first one too many go with it
            chosen &= p > ranked[n]
    return chosen


def _greedy(candidates: Candidates, left: IntArray) -> BoolArray:
    """Take, again and again, all pairs that are the one best of both their rows, among those left."""
    rows = candidates.row_a, candidates.row_b
    sizes = [int(row.max(initial=-1)) + 1 for row in rows]
    chosen = np.zeros(candidates.probability.size, np.bool_)
    while left.size:
        p = candidates.probability[left]
        take, gone = np.ones(left.size, np.bool_), np.zeros(left.size, np.bool_)
        for row, size in zip(rows, sizes, strict=True):
            best = np.zeros(size)
            np.maximum.at(best, row[left], p)
            top = p >= best[row[left]] - TIE
            tied = np.bincount(row[left][top], minlength=size) > 1
            take &= top & ~tied[row[left]]
            gone |= tied[row[left]]
        chosen[left[take]] = True
        for row, size in zip(rows, sizes, strict=True):
            gone |= (np.bincount(row[left], take, minlength=size) > 0)[row[left]]
        left = left[~gone]
    return chosen


class _Passes:
    """Counts passes through the elements."""

    def __init__(self, tell: Progress, total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def __call__(self) -> None:
        self.done += 1
        self.tell(self.done, self.total)


def _checked(argument: str, codes: IntArray, ordered: Sequence[bool]) -> IntArray:
    codes = np.asarray(codes)
    shape_is_right = codes.ndim == 2 and codes.shape[1] == len(ordered) <= _MOST_ELEMENTS
    if not shape_is_right or codes.dtype.kind not in "iu":
        raise InputError(
            argument,
            allowed=f"whole numbers in one column per element, {len(ordered)} as in `ordered`, "
            f"at most {_MOST_ELEMENTS}",
            received=f"an array of shape {codes.shape} and type {codes.dtype}",
            fix="Number the values of each element from 0; -1 is a blank.",
        )
    if codes.size and (codes.min() < -1 or codes.max() >= _MOST_VALUES):
        raise InputError(
            argument,
            allowed=f"numbers from -1 to {_MOST_VALUES - 1:,}",
            received=f"{codes.min()} to {codes.max()}",
            fix="Number the values of each element from 0; -1 is a blank.",
        )
    return codes


def _telling(codes_a: IntArray, codes_b: IntArray) -> BoolArray:
    """Mark the elements that somebody answered in both waves, and not everybody alike."""
    answered = np.any(codes_a >= 0, axis=0) & np.any(codes_b >= 0, axis=0)
    blank = np.iinfo(np.int64).max
    lowest = [np.where(c >= 0, c, blank).min(axis=0, initial=blank) for c in (codes_a, codes_b)]
    highest = [c.max(axis=0, initial=-1) for c in (codes_a, codes_b)]
    result: BoolArray = answered & (np.minimum(*lowest) < np.maximum(*highest))
    return result


def _data(
    codes: tuple[IntArray, IntArray],
    blocks: Blocks | None,
    ordered: BoolArray,
    *,
    most: int,
    max_pairs: int,
    progress: tuple[Progress, Progress],
) -> Data:
    """Find relatives within the waves, then the candidate pairs between them and their evidence."""
    n_values = np.maximum(codes[0].max(axis=0), codes[1].max(axis=0)) + 1
    a = encode(codes[0], n_values, first=True, block=None if blocks is None else blocks.a)
    b = encode(codes[1], n_values, first=False, block=None if blocks is None else blocks.b)
    counts_a, counts_b = counts(a, n_values), counts(b, n_values)
    if blocks is None:
        agreement, n_pairs = agreement_between(counts_a, counts_b, a.n * b.n, ordered), float(a.n * b.n)
    else:
        agreement, n_pairs = (
            agreement_between_blocks(a, b, blocks, n_values=n_values, ordered=ordered),
            blocks.n_pairs,
        )
    near = nearest_reach(ordered.size, most)
    reach, capped = reach_for(agreement, n_pairs, most)
    one_pass = _Passes(progress[0], 2 * n_passes(ordered.size, near) + n_passes(ordered.size, reach))
    relatives = find_relatives([(a, counts_a), (b, counts_b)], Search(ordered, near, max_pairs, one_pass))
    rows = candidate_pairs(a, b, reach, max_pairs=max_pairs, tick=one_pass)
    progress[0](1, 1)  # a wave of one person is not searched
    agree = stranger_distribution(agreement).agree
    tables = []
    for element, (x, y) in enumerate(zip(counts_a, counts_b, strict=True)):
        sides = [] if blocks is None else [(a, blocks.a), (b, blocks.b)]
        strangers = rarer_or_not(sides, element, _share(x, y)) if sides else None
        table = value_table(x, y, ordered=bool(ordered[element]), strangers=strangers)
        by_relatives = [relative_table(table, k.shared[element], agree[element]) for k in relatives]
        tables.append(np.array([table, *by_relatives]))
    result = evidence(a, b, rows, ordered=ordered, tables=tables, tell=progress[1])
    return Data(Pairs(*rows, a.n, b.n), result, agreement, relatives, reach, capped, blocks)


def _share(a: FloatArray, b: FloatArray) -> FloatArray:
    both = a + b
    result: FloatArray = both / max(both.sum(), 1.0)
    return result


def _spread(values: FloatArray, used: BoolArray) -> FloatArray:
    whole = np.full(used.size, np.nan)
    whole[used] = values
    return whole


def _model(fitted: Fit, data: Data, used: BoolArray) -> MatchModel:
    return MatchModel(
        _spread(fitted.matches.agree, used),
        _spread(fitted.matches.near, used),
        _spread(fitted.matches.far, used),
        _spread(fitted.strangers.agree, used),
        _spread(fitted.strangers.near, used),
        fitted.n_matches,
        fitted.n_seen,
        data.reach.agree,
        data.reach.disagree,
        data.capped,
        fitted.rounds,
        fitted.converged,
    )


def _relatives(fitted: Fit, data: Data, used: BoolArray) -> Relatives:
    doubles, relatives = data.relatives
    family = (relatives.shared > 0.5) & (relatives.found >= 1.0)
    exactly = ((data.evidence.levels == AGREE) == family).all(axis=1)
    n_larger = data.n_pairs / max(min(data.pairs.n_a, data.pairs.n_b), 1)  # of those who are compared
    observed = int(np.count_nonzero(exactly[data.evidence.pattern])) if family.any() else 0
    whole = np.zeros(used.size, np.bool_)
    whole[used] = family
    return Relatives(
        _spread(relatives.shared, used),
        whole,
        share=1.0 - (1.0 - relatives.rate) ** (n_larger - 1),
        observed=observed,
        expected=expected_on(exactly, fitted, data) if family.any() else 0.0,
        twin_share=1.0 - (1.0 - doubles.rate) ** (n_larger - 1),
    )
