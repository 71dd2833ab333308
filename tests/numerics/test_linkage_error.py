"""Shares of linked pairs, corrected for wrong links: by hand, pair by pair, by bootstrap, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.numerics.pairs.linkage_error import corrected, corrected_wilson, moved
from credbenefits.numerics.wilson import wilson
from linked_cells import linked_cells, pair_by_pair
from strategies import confidence_levels

#: The share who rise on a scale of eight, as in the simulations below.
RISE = np.triu(np.ones((1, 8, 8)), 1)
TRUE_RISE = 0.108


def all_scores(size):
    """Every pair of answers of all and of its first answer, who moves, and a difference of codes."""
    each = np.eye(size**2).reshape(-1, size, size)
    moves = 1.0 - np.eye(size)
    step = np.subtract.outer(np.arange(size), np.arange(size)) * -1.0
    scores = np.concatenate([each, [moves, step], each])
    everybody = np.ones((size**2 + 2, size))
    return scores, np.concatenate([everybody, np.repeat(np.eye(size), size, axis=0)])


@st.composite
def linked(draw, size=3):
    """Draw pairs of answers with probabilities, and the second wave's answers, those of the pairs first."""
    n = draw(st.integers(2, 12))
    codes = st.integers(0, size - 1)
    first, second = (np.array(draw(st.lists(codes, min_size=n, max_size=n))) for _ in range(2))
    chances = st.just(1.0) | st.floats(0.05, 1.0)
    probability = np.array(draw(st.lists(chances, min_size=n, max_size=n)))
    others = np.array(draw(st.lists(codes, max_size=8)), dtype=np.int64)
    return first, second, probability, np.concatenate([second, others])


def in_bases(first, scores, bases):
    """Keep what has somebody in its base."""
    some = bases @ np.bincount(first, minlength=bases.shape[1]) > 0
    return scores[some], bases[some]


# ---- by hand ----------------------------------------------------------------------------------------


def test_by_hand():
    # Codes 0 yes, 1 no. Ten pairs: 4 yes yes, 1 yes no, 2 no yes, 3 no no, each right with 0.9; among 20
    # people of the second wave 10 say yes. From no to yes: 2 less 5 x 0.1 x 0.5 that wrong links add, of 9.
    first = np.repeat([0, 0, 1, 1], [4, 1, 2, 3])
    second = np.repeat([0, 1, 0, 1], [4, 1, 2, 3])
    everybody = np.concatenate([second, np.repeat([0, 1], [4, 6])])
    cells = linked_cells(first, second, np.full(10, 0.9), everybody=everybody, size=2)
    scores = np.array(
        [
            [[0, 0], [1, 0]],
            [[0, 1], [0, 0]],
            [[0, 1], [1, 0]],
            [[0, 0], [1, 0]],
            [[1, 0], [1, 0]],
        ],
        dtype=float,
    )
    bases = np.array([[1, 1], [1, 1], [1, 1], [0, 1], [1, 1]], dtype=float)
    found = corrected(cells, scores, bases)
    by_hand = [1.75 / 9, 0.75 / 9, 2.5 / 9, 1.75 / 4.5, 5.5 / 9]
    assert found.estimate == pytest.approx(by_hand, rel=1e-12)
    assert found.observed == pytest.approx([0.2, 0.1, 0.3, 0.4, 0.6], rel=1e-12)
    # Somebody who says yes in the second wave adds -(0.5 x (1 - 0.5)) / 20 = -0.0125, who says no 0.0125. With
    # T x 0.9 = 0.175 the parts are: no yes 1 - 0.05 - 0.175 - 0.0125 = 0.7625, no no -0.05 - 0.175 + 0.0125 =
    # -0.2125, yes yes -0.175 - 0.0125 = -0.1875, yes no -0.1625; the ten others 0.0125 either way.
    squares = 2 * 0.7625**2 + 3 * 0.2125**2 + 4 * 0.1875**2 + 0.1625**2 + 10 * 0.0125**2
    assert found.std_error[0] == pytest.approx(squares**0.5 / 9, rel=1e-12)


def test_where_all_pairs_are_alike_there_is_no_standard_error():
    codes = np.zeros(40, dtype=np.int64)
    cells = linked_cells(codes, codes, np.full(40, 0.9), everybody=codes, size=2)
    scores = np.array([[[1, 0], [0, 0]], [[0, 1], [0, 0]]], dtype=float)
    found = corrected(cells, scores, np.ones((2, 2)))
    assert np.isnan(found.std_error).all()
    assert (found.n_effective == 40).all()
    low, high = corrected_wilson(found, 0.95)
    assert found.estimate == pytest.approx([1, 0], abs=1e-12)
    assert high[0] == pytest.approx(1)
    assert low[1] == pytest.approx(0)
    assert 0 < high[1] < 1


def test_fewer_pairs_than_wrong_links_should_make():
    # A half say yes in the second wave, half of 400 links should be wrong, and still nobody moved.
    codes = np.repeat([0, 1], 200)
    cells = linked_cells(codes, codes, np.full(400, 0.5), everybody=codes, size=2)
    found = corrected(cells, np.array([[[0, 1], [0, 0]]], dtype=float), np.ones((1, 2)))
    assert found.estimate[0] == pytest.approx(-400 * 0.5 * 0.25 / 200)
    assert np.isnan(corrected_wilson(found, 0.95)).all()


def test_limits_are_moved_and_cut():
    codes = np.repeat([0, 1], 50)
    cells = linked_cells(codes, codes[::-1], np.full(100, 0.8), everybody=codes, size=2)
    found = corrected(cells, np.array([[[0, 1], [0, 0]]], dtype=float), np.ones((1, 2)))
    shift, rate = 100 * 0.2 * 0.25 / 100, 0.8
    seen = type(corrected_wilson(found, 0.9))(np.array([0.01]), np.array([0.95]))
    low, high = moved(seen, found, least=0.0)
    assert (low[0], high[0]) == (0.0, 1.0)
    low, high = moved(seen, found, least=-1.0)
    assert (low[0], high[0]) == pytest.approx(((0.01 - shift) / rate, 1.0))


# ---- pair by pair, and what must hold for any data --------------------------------------------------


@given(linked())
def test_equals_the_definition_pair_by_pair(data):
    first, second, probability, everybody = data
    scores, bases = in_bases(first, *all_scores(3))
    found = corrected(linked_cells(first, second, probability, everybody=everybody, size=3), scores, bases)
    for i in range(len(scores)):
        estimate, error = pair_by_pair(first, second, probability, everybody, scores[i], bases[i])
        assert found.estimate[i] == pytest.approx(estimate, rel=1e-9, abs=1e-9)
        if not np.isnan(found.std_error[i]):
            # Roots of differences of rounded squares: half the digits where they are nearly nothing.
            assert found.std_error[i] ** 2 == pytest.approx(error**2, rel=1e-9, abs=1e-12)


@given(linked(), confidence_levels)
def test_certain_links_give_the_plain_shares(data, level):
    first, second, _, everybody = data
    scores, bases = in_bases(first, *all_scores(3))
    shares = scores.min(axis=(1, 2)) >= 0
    cells = linked_cells(first, second, np.ones(first.size), everybody=everybody, size=3)
    found = corrected(cells, scores[shares], bases[shares])
    assert (found.estimate == found.observed).all()
    assert found.n_effective == pytest.approx(found.nobs, rel=1e-12)
    plain = wilson(found.observed * found.nobs, found.nobs, level)
    for got, limit in zip(corrected_wilson(found, level), plain, strict=True):
        assert got == pytest.approx(limit, abs=1e-12)


@given(linked())
def test_shares_add_up(data):
    first, second, probability, everybody = data
    scores, bases = all_scores(3)
    cells = linked_cells(first, second, probability, everybody=everybody, size=3)
    found = corrected(cells, scores[:10], bases[:10])
    table = found.estimate[:9].reshape(3, 3)
    assert table.sum() == pytest.approx(1)
    assert found.estimate[9] == pytest.approx(1 - np.trace(table))
    some = np.bincount(first, minlength=3) > 0
    rows = corrected(cells, scores[11:][np.repeat(some, 3)], bases[11:][np.repeat(some, 3)])
    assert rows.estimate.reshape(-1, 3).sum(axis=1) == pytest.approx(np.ones(some.sum()))


@given(linked(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(data, random):
    first, second, probability, everybody = data
    order = np.array(random.sample(range(first.size), first.size))
    shuffled = np.array(random.sample(list(everybody), everybody.size))
    scores, bases = in_bases(first, *all_scores(3))
    one = corrected(linked_cells(first, second, probability, everybody=everybody, size=3), scores, bases)
    two = corrected(
        linked_cells(first[order], second[order], probability[order], everybody=shuffled, size=3),
        scores,
        bases,
    )
    assert one.estimate == pytest.approx(two.estimate, rel=1e-9, abs=1e-9)
    assert one.std_error**2 == pytest.approx(two.std_error**2, rel=1e-9, abs=1e-12, nan_ok=True)


# ---- the standard error against the bootstrap -------------------------------------------------------


def test_standard_errors_agree_with_the_bootstrap():
    rng = np.random.default_rng(1)
    n, everybody_n, size = 1_500, 1_900, 3
    first = rng.integers(0, size, n)
    probability = rng.choice([1.0, 0.95, 0.7, 0.5], n)
    second = np.where(rng.random(n) < 0.8, first, rng.integers(0, size, n))
    second = np.where(rng.random(n) < probability, second, rng.integers(0, size, n))
    everybody = np.concatenate([second, rng.integers(0, size, everybody_n - n)])
    scores, bases = all_scores(size)

    def estimates(people):
        pairs = people[people < n]
        cells = linked_cells(
            first[pairs], second[pairs], probability[pairs], everybody=everybody[people], size=size
        )
        return corrected(cells, scores, bases)

    found = estimates(np.arange(everybody_n))
    drawn = np.array([estimates(rng.integers(0, everybody_n, everybody_n)).estimate for _ in range(4_000)])
    # The standard deviation of 4,000 replicates is itself known to 1.1%; twenty are looked at.
    assert found.std_error == pytest.approx(drawn.std(axis=0), rel=0.05)


# ---- simulated coverage -----------------------------------------------------------------------------


def answers(rng, n):
    """Draw both answers on a scale of eight: 85% stay, 10.8% rise, as most in the middle can do either."""
    first = rng.integers(0, 8, n)
    up = np.where(first == 0, True, np.where(first == 7, False, rng.random(n) < 0.595 / 0.75))
    above = first + 1 + np.floor(rng.random(n) * (7 - first)).astype(np.int64)
    below = np.floor(rng.random(n) * first).astype(np.int64)
    return first, np.where(rng.random(n) < 0.85, first, np.where(up, above, below))


def link(rng, second, newcomers, false_rate):
    """Link one to one: most links are nearly certain, 12% in doubt; wrong ones exchange answers among them.

    The rows of the second wave that wrong links leave over are the unlinked ones, with the newcomers.
    """
    n = second.size
    doubt = np.where(rng.random(n) < 0.12, rng.random(n) * 1.9 * false_rate / 0.12, 0.05 * false_rate / 0.88)
    wrong = np.flatnonzero(rng.random(n) < doubt)
    pool = rng.permutation(np.concatenate([second[wrong], newcomers]))
    seen = second.copy()
    seen[wrong] = pool[: wrong.size]
    return seen, 1.0 - doubt, np.concatenate([seen, pool[wrong.size :]])


def coverage(n, unlinked, false_rate, repeats):
    """Return bias and coverage of the share who rise, as it is and corrected, and the ratio of standard errors."""
    rng = np.random.default_rng(20)
    kept = []
    for _ in range(repeats):
        first, second = answers(rng, n)
        seen, probability, everybody = link(rng, second, answers(rng, unlinked)[1], false_rate)
        for chance in (np.ones(n), probability):
            cells = linked_cells(first, seen, chance, everybody=everybody, size=8)
            found = corrected(cells, RISE, np.ones((1, 8)))
            low, high = corrected_wilson(found, 0.95)
            kept.append([found.estimate[0], low[0] <= TRUE_RISE <= high[0], found.std_error[0]])
    (plain, plain_held, _), (fixed, held, error) = np.array(kept).reshape(repeats, 2, 3).transpose(1, 2, 0)
    return (
        plain.mean() - TRUE_RISE,
        plain_held.mean(),
        fixed.mean() - TRUE_RISE,
        held.mean(),
        error.mean() / fixed.std(),
    )


def test_corrected_interval_covers_where_the_plain_one_does_not():
    plain_bias, plain, bias, held, ratio = coverage(2_300, 390, 0.0345, 400)
    # 400 repeats at 95%: standard error 1.1 points.
    assert plain_bias > 0.010
    assert plain < 0.65
    assert abs(bias) < 0.001
    assert 0.92 < held < 0.98
    assert ratio == pytest.approx(1, abs=0.12)


# The rates of false links that linking by codes gives at N = 26,000 and 260,000 with 8% errors, and at
# 260,000 with at most 1% false links asked for. A prototype of such a linker had a plain coverage of .887,
# .000 and .650 there, and .953, .900 and .950 corrected (of 300, 20 and 20 repeats).
@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "unlinked", "false_rate", "at_most"),
    [(2_300, 390, 0.0177, 0.89), (22_000, 3_500, 0.0345, 0.01), (22_000, 3_500, 0.0116, 0.65)],
)
def test_coverage_with_the_false_links_of_linking_by_codes(n, unlinked, false_rate, at_most):
    _, plain, bias, held, ratio = coverage(n, unlinked, false_rate, 3_000)
    assert plain < at_most
    assert abs(bias) < 0.0004
    assert held == pytest.approx(0.95, abs=0.012)  # 3,000 repeats: standard error 0.4 points
    assert ratio == pytest.approx(1, abs=0.04)


# ---- weights and sampling units ---------------------------------------------------------------------


def by_unit(first, second, probability, everybody, score, base, *, weight, unit, of_linked):
    """The estimate and the parts of every unit by their definition, one person at a time.

    Everybody in the second wave: first the pairs, then people of known units (`of_linked`), then others.
    """
    m = len(everybody)
    share = np.bincount(everybody, minlength=len(base)) / m
    by_chance = score @ share
    d = 1 - probability
    total = (weight * base[first] * probability).sum()
    z = score[first, second]
    estimate = (weight * (z - d * by_chance[first])).sum() / total
    echo = (
        -np.array([(weight * d * (score[first, b] - by_chance[first])).sum() for b in range(len(base))]) / m
    )
    own = weight * (z - d * by_chance[first] - estimate * base[first] * probability)
    n = len(first)
    linked = n + len(of_linked)
    parts = np.zeros(int(unit.max()) + 1)
    np.add.at(parts, unit, own + echo[second])
    np.add.at(parts, of_linked, echo[everybody[n:linked]])
    alone = (echo[everybody[linked:]] ** 2).sum()
    return estimate, parts, alone, own + echo[second], echo[everybody[n:]], total


def clusters(totals, squares):
    """The variance of a sum over clusters drawn from one stratum."""
    del squares
    n = len(totals)
    return n / (n - 1) * ((totals - totals.mean(axis=0)) ** 2).sum(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_weights_and_clusters_by_their_definition(seed):
    rng = np.random.default_rng(seed)
    n, size = 60, 3
    first, second = rng.integers(0, size, (2, n))
    probability = rng.choice([1.0, 0.9, 0.6], n)
    weight, unit = rng.exponential(size=n) + 0.1, np.append(np.arange(8), rng.integers(0, 8, n - 8))
    of_linked = rng.integers(0, 8, 12)  # linked people without a first answer, say
    everybody = np.concatenate([second, rng.integers(0, size, 12 + 30)])
    known = np.append(unit, of_linked), everybody[: n + 12]
    scores, bases = in_bases(first, *all_scores(size))
    cells = linked_cells(
        first, second, probability, everybody=everybody, size=size, weight=weight, unit=unit, known=known
    )
    found = corrected(cells, scores, bases, clusters)
    people = linked_cells(first, second, probability, everybody=everybody, size=size, weight=weight)
    alone = corrected(people, scores, bases)
    for i, (score, base) in enumerate(zip(scores, bases, strict=True)):
        estimate, parts, rest, own, others, total = by_unit(
            first, second, probability, everybody, score, base, weight=weight, unit=unit, of_linked=of_linked
        )
        assert found.estimate[i] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
        assert alone.estimate[i] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
        if not np.isnan(found.std_error[i]):
            assert found.std_error[i] ** 2 == pytest.approx(
                (clusters(parts, None) + rest) / total**2, rel=1e-9, abs=1e-14
            )
            of_people = ((own**2).sum() + (others**2).sum()) / total**2
            assert alone.std_error[i] ** 2 == pytest.approx(of_people, rel=1e-9, abs=1e-14)


def test_standard_errors_with_weights_and_clusters_agree_with_the_bootstrap_of_clusters():
    rng = np.random.default_rng(4)
    n_units, each, size = 150, 20, 3
    unit = np.repeat(np.arange(n_units), each)
    lean = rng.integers(0, size, n_units)[unit]
    first = np.where(rng.random(unit.size) < 0.4, lean, rng.integers(0, size, unit.size))
    second = np.where(rng.random(unit.size) < 0.7, first, lean)
    probability = rng.choice([1.0, 0.95, 0.7, 0.5], unit.size)
    wrong = rng.random(unit.size) >= probability
    second[wrong] = rng.permutation(second)[wrong]
    weight = rng.exponential(size=unit.size) + 0.2
    scores, bases = all_scores(size)

    def counted(units):
        rows = (np.asarray(units)[:, None] * each + np.arange(each)).ravel()
        return linked_cells(
            first[rows],
            second[rows],
            probability[rows],
            everybody=second[rows],
            size=size,
            weight=weight[rows],
            unit=np.repeat(np.arange(n_units), each),
            known=(np.repeat(np.arange(n_units), each), second[rows]),
        )

    found = corrected(counted(np.arange(n_units)), scores, bases, clusters)
    drawn = np.array(
        [corrected(counted(rng.integers(0, n_units, n_units)), scores, bases).estimate for _ in range(1_500)]
    )
    # The standard deviation of 1,500 replicates is known to 1.8%; twenty are looked at.
    assert found.std_error == pytest.approx(drawn.std(axis=0), rel=0.08)
