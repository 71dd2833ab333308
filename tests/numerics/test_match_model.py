"""The parts of the matching model, each against counting everything.

`match_codes` shows none of them by itself: it fits the model to pairs that it chose. So the parts are tested where
they are, by enumeration and by hand; what shows in its result is tested in test_matching.py.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from credbenefits.errors import InputError
from credbenefits.numerics.matching._evidence import (
    AGREE,
    FAR,
    MISSING,
    NEAR,
    agreement_between,
    agreement_within,
    counts,
    evidence,
    relative_table,
    value_table,
)
from credbenefits.numerics.matching._model import Distribution, level_counts, update, visible
from credbenefits.numerics.matching._relatives import Search, find_relatives
from credbenefits.numerics.matching._search import Reach, candidate_pairs, encode, rows_of
from match_data import FAMILY, ORDERED, simulate

N_VALUES = np.array([3, 4, 3, 5, 3])
IS_ORDERED = np.array([False, True, True, True, False])


def some_codes(n_elements=5, most_rows=12):
    return hnp.arrays(
        np.int64, st.tuples(st.integers(1, most_rows), st.just(n_elements)), elements=st.integers(-1, 2)
    )


def levels_of(x, y, ordered):
    if x < 0 or y < 0:
        return MISSING
    return AGREE if x == y else NEAR if ordered and abs(x - y) == 1 else FAR


# ---- candidates ------------------------------------------------------------------------------------


reaches = st.builds(Reach, st.integers(1, 5), st.integers(0, 4))


def within(reach, codes_a, codes_b):
    """Compare all with all: which pairs agree often enough and differ seldom enough, blanks being neither."""
    alike = (codes_a[:, None] == codes_b) & (codes_a[:, None] >= 0)
    differ = (codes_a[:, None] != codes_b) & (codes_a[:, None] >= 0) & (codes_b >= 0)
    return np.argwhere((alike.sum(axis=2) >= reach.agree) & (differ.sum(axis=2) <= reach.disagree))


@given(some_codes(), some_codes(), reaches)
def test_candidates_are_all_pairs_that_agree_enough_and_differ_little(codes_a, codes_b, reach):
    a, b = encode(codes_a, N_VALUES, first=True), encode(codes_b, N_VALUES, first=False)
    row_a, row_b = candidate_pairs(a, b, reach, max_pairs=10_000, tick=lambda: None)
    expected = within(reach, codes_a, codes_b)
    np.testing.assert_array_equal(np.column_stack([row_a, row_b]), expected)  # in order, none twice


@given(some_codes(), reaches, st.booleans(), st.data())
def test_candidates_within_a_wave_do_not_agree_on_blanks(codes, reach, first, data):
    wave = encode(codes, N_VALUES, first=first)
    rows = np.array(data.draw(st.lists(st.integers(0, len(codes) - 1), min_size=1, unique=True)))
    row, place = candidate_pairs(wave, rows_of(wave, rows), reach, max_pairs=10_000, tick=lambda: None)
    np.testing.assert_array_equal(np.column_stack([row, place]), within(reach, codes, codes[rows]))


def test_candidates_of_a_large_study_are_all_there():
    study = simulate(900, 300, 200, seed=1)
    found = study.match().candidates
    expected = within(Reach(5, 3), study.codes_a, study.codes_b)
    np.testing.assert_array_equal(np.column_stack([found.row_a, found.row_b]), expected)
    one, two = study.codes_a[found.row_a], study.codes_b[found.row_b]
    np.testing.assert_array_equal(
        found.disagreements, np.count_nonzero((one != two) & (one >= 0) & (two >= 0), axis=1)
    )


@pytest.mark.parametrize("most", [99, 100])
def test_more_pairs_than_allowed_are_an_error_that_says_what_to_do(most):
    codes = np.zeros((10, 5), np.int64)
    a, b = encode(codes, N_VALUES, first=True), encode(codes, N_VALUES, first=False)
    if most == 100:
        assert candidate_pairs(a, b, Reach(3, 2), max_pairs=most, tick=lambda: None)[0].size == 100
    else:
        with pytest.raises(
            InputError, match=r"more than 100 .* give more elements, or lower max_disagreements"
        ):
            candidate_pairs(a, b, Reach(3, 2), max_pairs=most, tick=lambda: None)


# ---- evidence --------------------------------------------------------------------------------------


@given(some_codes(), some_codes())
def test_agreement_by_chance_is_counted_over_all_pairs(codes_a, codes_b):
    a, b = encode(codes_a, N_VALUES, first=True), encode(codes_b, N_VALUES, first=False)
    values = counts(a, N_VALUES), counts(b, N_VALUES)
    between = agreement_between(*values, len(codes_a) * len(codes_b), IS_ORDERED)
    levels = [
        [levels_of(x, y, o) for x, y, o in zip(one, two, IS_ORDERED, strict=True)]
        for one, two in product(codes_a, codes_b)
    ]
    check_chance(between, np.array(levels))
    if len(codes_a) > 1:
        levels = [
            [levels_of(x, y, o) for x, y, o in zip(one, two, IS_ORDERED, strict=True)]
            for (i, one), (j, two) in product(enumerate(codes_a), repeat=2)
            if i != j
        ]
        check_chance(agreement_within(values[0], len(codes_a), IS_ORDERED), np.array(levels))


def check_chance(chance, levels):
    np.testing.assert_allclose(chance.agree, np.count_nonzero(levels == AGREE, axis=0))
    np.testing.assert_allclose(chance.near, np.count_nonzero(levels == NEAR, axis=0))
    np.testing.assert_allclose(chance.blank, np.mean(levels == MISSING, axis=0), atol=1e-12)


@given(some_codes(), some_codes())
def test_evidence_reads_levels_and_adds_entries_of_the_tables(codes_a, codes_b):
    a, b = encode(codes_a, N_VALUES, first=True), encode(codes_b, N_VALUES, first=False)
    rows = tuple(x.ravel() for x in np.indices((len(codes_a), len(codes_b))))
    rng = np.random.default_rng(1)
    tables = [rng.normal(size=(2, 2 * k + 2)).astype(np.float32) for k in N_VALUES]
    found = evidence(a, b, rows, ordered=IS_ORDERED, tables=tables)
    for pair, (i, j) in enumerate(zip(*rows, strict=True)):
        sums = np.zeros(2)
        for element, table in enumerate(tables):
            x, y = codes_a[i, element], codes_b[j, element]
            level = levels_of(x, y, IS_ORDERED[element])
            assert found.levels[found.pattern[pair], element] == level
            k = N_VALUES[element]
            sums += table[:, {AGREE: x, NEAR: k + min(x, y), FAR: 2 * k, MISSING: 2 * k + 1}[level]]
        np.testing.assert_allclose(found.sums[:, pair], sums, rtol=1e-5, atol=1e-5)


def test_values_weigh_by_their_rarity_and_even_out():
    a, b = np.array([6.0, 3.0, 1.0]), np.array([4.0, 5.0, 1.0])
    table = value_table(a, b, ordered=True)
    p = np.array([0.5, 0.4, 0.1])
    np.testing.assert_allclose(np.exp(table[:3]), 0.42 / p)  # sum of p squared is 0.42
    # Over pairs that agree by chance the ratio of likelihoods averages one, near ones too.
    assert p**2 / 0.42 @ np.exp(table[:3]) == pytest.approx(1.0)
    two = p[1:] * p[:-1]
    assert two / two.sum() @ np.exp(table[3:5]) == pytest.approx(1.0)
    assert table[5:].tolist() == [0.0, 0.0, 0.0]
    relatives = relative_table(table, 0.7, 0.42)
    agreements = np.r_[p**2, 2.0 * two, 1.0 - 0.42 - 2.0 * two.sum()]
    ratios = np.exp(relatives[[0, 1, 2, 3, 4, 6]])
    assert agreements @ ratios == pytest.approx(1.0)
    assert relatives[-1] == 0.0


# ---- the mixture -----------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0.01, 0.99), min_size=4, max_size=4),
    st.lists(st.floats(0.0, 0.5), min_size=4, max_size=4),
    st.builds(Reach, st.integers(1, 4), st.integers(1, 4)),
)
def test_chance_of_being_seen_adds_up_over_all_patterns(agree, blank, reach):
    agree, blank = np.array(agree), np.array(blank)
    view = visible(Distribution(agree, np.zeros(4)), blank, reach)
    agreements = np.array([(1.0 - blank) * agree, (1.0 - blank) * (1.0 - agree), blank])
    total, given_yes, given_no = 0.0, np.zeros(4), np.zeros(4)
    for levels in product(range(3), repeat=4):
        if levels.count(0) >= reach.agree and levels.count(1) <= reach.disagree:
            each = agreements[list(levels), np.arange(4)]
            total += each.prod()
            others = np.array([np.delete(each, element).prod() for element in range(4)])
            given_yes += np.where(np.array(levels) == 0, others, 0.0)
            given_no += np.where(np.array(levels) == 1, others, 0.0)
    assert view.overall == pytest.approx(total)
    np.testing.assert_allclose(view.if_agree, given_yes, atol=1e-12)
    np.testing.assert_allclose(view.if_differ, given_no, atol=1e-12)


def test_a_step_stands_still_at_the_truth_although_some_pairs_are_not_seen():
    distribution, blank, n = (
        Distribution(np.array([0.9, 0.8, 0.7, 0.85]), np.array([0.0, 0.1, 0.2, 0.05])),
        np.zeros(4),
        1e9,
    )
    levels = np.array([p for p in product([AGREE, NEAR, FAR], repeat=4) if p.count(AGREE) >= 2], np.int8)
    expected = (
        n
        * np.exp(distribution.log_probability(levels))
        * ((levels[:, 0] != NEAR) | (distribution.near[0] > 0))
    )
    seen = level_counts(levels, expected)
    moved, total = update(
        distribution,
        seen,
        n_seen=expected.sum(),
        blank=blank,
        reach=Reach(2, 2),
        prior_weight=1.0,
        alike=False,
    )
    assert total == pytest.approx(n)
    np.testing.assert_allclose(moved.agree, distribution.agree, atol=1e-8)
    np.testing.assert_allclose(moved.near, distribution.near, atol=1e-8)


def believed(agreeing, most=20.0):
    agreeing = np.array(agreeing, dtype=float)
    seen = np.array([agreeing, np.zeros(agreeing.size), 100.0 - agreeing])
    distribution = Distribution(np.full(agreeing.size, 0.9), np.zeros(agreeing.size))
    return update(
        distribution,
        seen,
        n_seen=100.0,
        blank=np.zeros(agreeing.size),
        reach=Reach(1, 5),
        prior_weight=most,
        alike=True,
    )[0].agree


def test_what_is_believed_of_an_element_is_what_all_of_them_do():
    # 100 pairs, 97 agree on each of five elements: by nine in ten it would be (97 + 18) / 120 = .958.
    centre = (5 * 97 + 20 * 0.9) / (500 + 20)
    np.testing.assert_allclose(believed([97] * 5), (97 + 20 * centre) / 120, atol=2e-4)
    assert centre == pytest.approx(0.967, abs=5e-4)


def test_an_element_unlike_the_others_does_not_pull_them_down():
    agree = believed([99, 99, 99, 99, 60])
    # By hand: the shares lie around .9115 with variance .02434, of which chance may have made .00161.
    weight = 0.9115 * 0.0885 / (0.02434 - 0.00161)
    np.testing.assert_allclose(
        agree[:4], (99 + weight * 0.9115) / (100 + weight), atol=2e-4
    )  # .987, not .977
    assert agree[4] == pytest.approx((60 + weight * 0.9115) / (100 + weight), abs=5e-4)  # .611, not .652


# ---- relatives ---------------------------------------------------------------------------------------


def relatives_of(study):
    n_values = np.maximum(study.codes_a.max(axis=0), study.codes_b.max(axis=0)) + 1
    waves = [encode(study.codes_a, n_values, first=True), encode(study.codes_b, n_values, first=False)]
    search = Search(np.array(ORDERED), Reach(5, 3), 10**7, lambda: None)
    return find_relatives([(w, counts(w, n_values)) for w in waves], search)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_the_family_elements_are_found_without_being_told(share):
    study = simulate(4_000, 400, 100, siblings=share, seed=3)
    relatives = relatives_of(study)[1]
    np.testing.assert_array_equal(relatives.shared > 0.5, FAMILY)
    assert relatives.shared[FAMILY].min() > 0.9
    assert relatives.shared[~FAMILY].max() < 0.1
    # About share * n / 2 pairs of siblings among all n (n - 1) / 2 pairs; 200 of them or more are seen.
    assert relatives.rate * 4_100 == pytest.approx(share, rel=0.25)


def test_where_nobody_is_related_no_relatives_are_found():
    study = simulate(4_000, 400, 100, seed=4)
    found = study.match().relatives
    assert found.share < 0.002
    assert found.twin_share < 0.002
    assert not found.family.any()
    assert (found.observed, found.expected) == (0, 0.0)


def test_relatives_are_told_by_pairs_that_agree_on_exactly_the_family_elements():
    study = simulate(4_000, 400, 100, siblings=0.3, seed=5)
    found = study.match().relatives
    np.testing.assert_array_equal(found.family, FAMILY)
    assert found.share == pytest.approx(0.3, rel=0.25)
    alike = (study.codes_a[:, None] == study.codes_b) & (study.codes_a[:, None] >= 0)
    assert found.observed == np.count_nonzero((alike == FAMILY).all(axis=2))
    assert found.observed > 5 * found.expected
    # Without relatives there are as many such pairs as expected.
    free = simulate(4_000, 400, 100, seed=6)
    alike = (free.codes_a[:, None] == free.codes_b) & (free.codes_a[:, None] >= 0)
    assert abs(np.count_nonzero((alike == FAMILY).all(axis=2)) - found.expected) < 4 * np.sqrt(
        found.expected + 1
    )
