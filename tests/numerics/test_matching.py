"""Matching people by codes: what is known about the answer, and what must not change it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credbenefits.errors import InputError
from credbenefits.numerics.matching import matching
from credbenefits.numerics.matching.candidates import Candidates
from credbenefits.numerics.matching.matching import accept, match_codes
from match_data import ORDERED, simulate

seeds = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def study():
    return simulate(2_500, 750, 110, seed=11)


@pytest.fixture(scope="module")
def matches(study):
    return study.match()


def links(candidates, chosen):
    return set(zip(candidates.row_a[chosen].tolist(), candidates.row_b[chosen].tolist(), strict=True))


def false_link_rate(study, candidates, chosen):
    return 1.0 - study.is_true(candidates)[chosen].mean()


def by_pair(candidates, size):
    table = np.zeros(size)
    table[candidates.row_a, candidates.row_b] = candidates.probability
    return table


# ---- what is known -----------------------------------------------------------------------------------


def test_the_model_recovers_how_the_codes_were_made(study, matches):
    model = matches.model
    assert model.converged
    assert model.max_disagreements == 3
    # 750 people in both waves, each element wrong with chance 0.05: four standard errors.
    assert abs(model.n_matches - 750) < 4 * np.sqrt(750 * 0.01)
    np.testing.assert_allclose(model.agree, 0.95, atol=4 * np.sqrt(0.05 * 0.95 / 750))
    ordered = np.array(ORDERED)
    assert (model.near[~ordered] == 0).all()
    assert (model.near[ordered] > 0.01).all()
    np.testing.assert_allclose(model.agree + model.near + model.far, 1.0)
    # Two different people agree as often as pairs within the first wave do.
    n = len(study.codes_a)
    for element in range(8):
        codes = study.codes_a[study.codes_a[:, element] >= 0, element]
        times = np.bincount(codes)
        within = times @ (times - 1) / (codes.size * (codes.size - 1))
        assert model.strangers_agree[element] == pytest.approx(within, rel=0.1 + 20 / n)


@pytest.mark.parametrize(("error", "least"), [(0.03, 0.985), (0.08, 0.96)])
def test_nearly_everybody_is_linked_and_nearly_no_link_is_false(error, least):
    study = simulate(2_500, 225, 34, error=error, seed=12)
    candidates = study.match().candidates
    chosen = accept(candidates, threshold=0.5)
    true = np.count_nonzero(study.is_true(candidates)[chosen])
    assert 2 * true / (chosen.sum() + study.n_both) > least


def test_probabilities_mean_what_they_say():
    found = [
        (s, s.match().candidates) for s in (simulate(4_000, 600, 300, error=0.1, seed=k) for k in range(6))
    ]
    p = np.concatenate([c.probability for _, c in found])
    true = np.concatenate([s.is_true(c) for s, c in found])
    for low, high in [(0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.0)]:
        inside = (p >= low) & (p < high)
        spread = np.sqrt((p * (1 - p))[inside].sum())
        assert abs(true[inside].sum() - p[inside].sum()) < 4 * spread + 0.02 * inside.sum() * high


def test_weight_is_the_evidence_in_bits():
    # Without relatives, and with everybody free but the two, the odds are the prior odds times 2^weight.
    study = simulate(400, 60, 40, seed=13)
    found = study.match()
    c, model = found.candidates, found.model
    alone = (np.bincount(c.row_a)[c.row_a] == 1) & (np.bincount(c.row_b)[c.row_b] == 1)
    assert alone.sum() > 20
    ratio = c.probability[alone] / (1 - c.probability[alone]) / 2.0 ** c.weight[alone]
    n = model.n_matches
    np.testing.assert_allclose(ratio, n / (400 - n) / (100 - n), rtol=0.05)


def test_relatives_within_a_wave_keep_false_links_down():
    study = simulate(4_000, 700, 300, error=0.08, siblings=0.3, seed=14)
    candidates = study.match().candidates
    assert false_link_rate(study, candidates, accept(candidates, max_false_link_rate=0.01)) < 0.02


# ---- nobody, everybody, and elements that say nothing ---------------------------------------------------


@pytest.mark.parametrize("siblings", [0.0, 0.3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_nobody_came_back_nobody_is_linked(seed, siblings):
    study = simulate(3_000, 0, 600, seed=seed, siblings=siblings)
    found = study.match()
    assert found.model.n_matches < 6
    assert accept(found.candidates, threshold=0.5).sum() <= 2
    assert accept(found.candidates, max_false_link_rate=0.01).sum() <= 1


def test_doubles_are_not_taken_for_people_who_came_back():
    # One in fifty newcomers has the code of somebody in the first wave, and of two of these there.
    study = simulate(3_000, 0, 600, seed=4, blank=0.0)
    codes_a, codes_b = study.codes_a.copy(), study.codes_b.copy()
    codes_a[:60] = codes_a[60:120]
    codes_b[:12] = codes_a[200:212]
    found = match_codes(codes_a, codes_b, ordered=ORDERED)
    assert found.relatives.twin_share == pytest.approx(0.04, rel=0.3)
    assert accept(found.candidates, max_false_link_rate=0.01).sum() == 0


@pytest.mark.parametrize("error", [0.0, 0.08])
def test_where_everybody_came_back_everybody_is_linked(error):
    study = simulate(1_000, 1_000, 0, error=error, seed=5, blank=0.0)
    found = study.match()
    assert found.model.n_matches == pytest.approx(1_000, abs=15)
    chosen = accept(found.candidates, threshold=0.5)
    assert chosen.sum() > 970
    assert study.is_true(found.candidates)[chosen].mean() > 0.99


def test_more_newcomers_than_returners():
    study = simulate(2_500, 200, 1_000, seed=6)
    found = study.match()
    chosen = accept(found.candidates, max_false_link_rate=0.01)
    assert study.is_true(found.candidates)[chosen].mean() > 0.97
    assert np.count_nonzero(study.is_true(found.candidates)[chosen]) > 185


def test_a_column_that_is_the_same_for_all_says_nothing(study):
    codes_a, codes_b = (np.delete(c, 6, axis=1) for c in (study.codes_a, study.codes_b))
    without = match_codes(codes_a, codes_b, ordered=np.delete(ORDERED, 6), max_disagreements=3)
    codes_a, codes_b = np.insert(codes_a, 6, 0, axis=1), np.insert(codes_b, 6, 0, axis=1)
    constant = match_codes(codes_a, codes_b, ordered=ORDERED, max_disagreements=3)
    np.testing.assert_allclose(constant.candidates.probability, without.candidates.probability, atol=1e-3)


def test_a_column_that_nobody_answered_is_left_out(study):
    codes_a, codes_b = (np.delete(c, 6, axis=1) for c in (study.codes_a, study.codes_b))
    without = match_codes(codes_a, codes_b, ordered=np.delete(ORDERED, 6), max_disagreements=3)
    codes_a = np.insert(codes_a, 6, -1, axis=1)
    blank = match_codes(codes_a, np.insert(codes_b, 6, 2, axis=1), ordered=ORDERED)
    np.testing.assert_array_equal(blank.candidates.probability, without.candidates.probability)
    assert np.flatnonzero(np.isnan(blank.model.agree)).tolist() == [6]
    assert not blank.relatives.family[6]


def test_people_who_answered_nothing_are_nobodys_candidates(study):
    codes_a = np.vstack([study.codes_a, np.full((3, 8), -1)])
    found = match_codes(codes_a, study.codes_b, ordered=ORDERED).candidates
    assert found.row_a.max() < len(study.codes_a)


@pytest.mark.parametrize(("elements", "most"), [(4, 2), (5, 2), (6, 3), (12, 3)])
def test_codes_of_other_lengths(elements, most):
    study = simulate(300, 100, 20, error=0.03, seed=7)
    columns = np.arange(elements) % 8
    rng = np.random.default_rng(1)
    codes_a, codes_b = study.codes_a[:, columns], study.codes_b[:, columns]
    for column in range(8, elements):  # further elements of their own
        answer = rng.integers(0, 20, 400)
        codes_a[:, column], codes_b[:, column] = answer[study.people_a], answer[study.people_b]
    found = match_codes(codes_a, codes_b, ordered=[ORDERED[c] for c in columns])
    assert found.model.max_disagreements == most
    chosen = accept(found.candidates, threshold=0.5)
    assert study.is_true(found.candidates)[chosen].mean() > 0.9


# ---- what must not matter --------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seeds)
def test_the_waves_may_change_places(seed):
    study = simulate(120, 40, 15, seed=seed)
    one, two = study.match(), match_codes(study.codes_b, study.codes_a, ordered=ORDERED)
    size = len(study.codes_a), len(study.codes_b)
    turned = Candidates(
        two.candidates.row_b,
        two.candidates.row_a,
        *(getattr(two.candidates, k) for k in ("probability", "weight", "disagreements")),
    )
    np.testing.assert_allclose(by_pair(turned, size), by_pair(one.candidates, size), atol=1e-4)
    assert two.model.n_matches == pytest.approx(one.model.n_matches, rel=1e-4, abs=1e-6)


@settings(max_examples=20)
@given(seeds)
def test_the_order_of_rows_does_not_matter(seed):
    study = simulate(120, 40, 15, seed=seed)
    rng = np.random.default_rng(seed)
    order_a, order_b = rng.permutation(len(study.codes_a)), rng.permutation(len(study.codes_b))
    one = study.match().candidates
    two = match_codes(study.codes_a[order_a], study.codes_b[order_b], ordered=ORDERED).candidates
    back = Candidates(order_a[two.row_a], order_b[two.row_b], two.probability, two.weight, two.disagreements)
    size = len(study.codes_a), len(study.codes_b)
    np.testing.assert_allclose(by_pair(back, size), by_pair(one, size), atol=1e-4)
    for how in ({"threshold": 0.5}, {"max_false_link_rate": 0.01}):
        assert links(back, accept(two, **how)) == links(one, accept(one, **how))


@settings(max_examples=20)
@given(seeds)
def test_the_names_of_values_do_not_matter(seed):
    study = simulate(120, 40, 15, seed=seed)
    rng = np.random.default_rng(seed)
    codes_a, codes_b = study.codes_a.copy(), study.codes_b.copy()
    for element, ordered in enumerate(ORDERED):
        name = np.append(np.arange(300)[::-1] if ordered else rng.permutation(300), -1)
        codes_a[:, element], codes_b[:, element] = name[codes_a[:, element]], name[codes_b[:, element]]
    one, two = study.match().candidates, match_codes(codes_a, codes_b, ordered=ORDERED).candidates
    np.testing.assert_array_equal(one.row_a, two.row_a)
    np.testing.assert_allclose(one.probability, two.probability, atol=1e-4)


def test_somebody_who_is_like_nobody_changes_nothing(study, matches):
    stranger = study.codes_a.max(axis=0, keepdims=True) + 5
    more = match_codes(np.vstack([study.codes_a, stranger]), study.codes_b, ordered=ORDERED).candidates
    np.testing.assert_array_equal(more.row_a, matches.candidates.row_a)
    np.testing.assert_allclose(more.probability, matches.candidates.probability, atol=5e-3)


# ---- links --------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(seeds, st.sampled_from([{"threshold": 0.2}, {"threshold": 0.5}, {"max_false_link_rate": 0.05}]))
def test_nobody_is_linked_twice(seed, how):
    study = simulate(150, 60, 15, seed=seed, error=0.1, siblings=0.3)
    candidates = study.match().candidates
    chosen = accept(candidates, **how)
    assert (
        np.unique(candidates.row_a[chosen]).size == np.unique(candidates.row_b[chosen]).size == chosen.sum()
    )
    if "threshold" in how:
        assert (candidates.probability[chosen] >= how["threshold"]).all()
    elif chosen.any():
        assert (1.0 - candidates.probability[chosen]).mean() <= 0.05


def test_two_people_with_one_code_share_the_probability(study):
    returned = np.flatnonzero(np.isin(study.people_a, study.people_b) & (study.codes_a >= 0).all(axis=1))[:5]
    codes_a = np.vstack([study.codes_a, study.codes_a[returned]])
    found = match_codes(codes_a, study.codes_b, ordered=ORDERED).candidates
    chosen = {
        how: accept(found, **{how: level})
        for how, level in [("threshold", 0.5), ("max_false_link_rate", 0.01)]
    }
    for row in returned:
        partner = np.flatnonzero(study.people_b == study.people_a[row])[0]
        tied = (found.row_b == partner) & np.isin(
            found.row_a, [row, len(study.codes_a) + np.searchsorted(returned, row)]
        )
        p = found.probability[tied]
        if p.size == 2:
            assert p[0] == pytest.approx(p[1], abs=1e-6)
            assert p.sum() <= 1.0
            assert not any(c[tied].any() for c in chosen.values())


def test_links_by_hand():
    def chosen(pairs, **how):
        row_a, row_b, p = (np.array(x) for x in zip(*pairs, strict=True))
        return np.flatnonzero(accept(Candidates(row_a, row_b, p, p, row_a), **how)).tolist()

    pairs = [(0, 0, 0.9), (0, 1, 0.08), (1, 1, 0.6), (2, 2, 0.5), (2, 3, 0.5), (3, 4, 0.97)]
    assert chosen(pairs, threshold=0.5) == [0, 2, 5]  # row 2 has two partners who are equally good
    assert chosen(pairs, max_false_link_rate=0.03) == [5]
    assert chosen(pairs, max_false_link_rate=0.07) == [0, 5]  # (0.03 + 0.1) / 2
    assert chosen(pairs, max_false_link_rate=0.18) == [0, 2, 5]  # (0.03 + 0.1 + 0.4) / 3
    assert chosen(pairs, max_false_link_rate=0.01) == []
    # Taking the better pair first leaves the others free for what is left.
    assert chosen([(0, 0, 0.5), (0, 1, 0.45), (1, 1, 0.4)], threshold=0.1) == [0, 2]
    # Of pairs that are equally probable none is taken where not all can be.
    assert chosen([(0, 0, 0.99), (1, 1, 0.9), (2, 2, 0.9)], max_false_link_rate=0.06) == [0]


def test_no_candidates_no_links():
    found = match_codes(np.zeros((3, 4), np.int64), np.ones((2, 4), np.int64), ordered=[False] * 4)
    assert found.candidates.row_a.size == 0
    assert found.model.n_matches < 1e-3
    assert accept(found.candidates, threshold=0.5).size == 0
    assert accept(found.candidates, max_false_link_rate=0.01).size == 0


# ---- errors and progress --------------------------------------------------------------------------------


def test_too_many_pairs_are_an_error(study):
    with pytest.raises(InputError, match="`max_disagreements`: expected at most 100 pairs"):
        study.match(max_pairs=100)


@pytest.mark.parametrize(
    ("codes", "ordered", "message"),
    [
        (np.zeros((3, 4)), [False] * 4, "Number the values"),
        (np.zeros((3, 4), np.int64), [False] * 5, "5 as in `ordered`"),
        (np.zeros((3, 17), np.int64), [False] * 17, "at most 16"),
        (np.full((3, 4), -2), [False] * 4, "from -1 to"),
        (np.full((3, 4), 1 << 40), [False] * 4, "from -1 to"),
        (np.zeros(4, np.int64), [False] * 4, "one column per element"),
        (np.zeros((3, 2), np.int64), [False] * 2, "at least 3 elements with answers"),
        (np.full((3, 4), -1), [False] * 4, "at least 3 elements with answers"),
        (np.zeros((0, 4), np.int64), [False] * 4, "at least 3 elements with answers"),
    ],
)
def test_codes_that_cannot_be_used_are_an_error(codes, ordered, message):
    with pytest.raises(InputError, match=message):
        match_codes(codes, codes, ordered=ordered)


@pytest.mark.parametrize("option", ["max_disagreements", "max_pairs"])
def test_options_are_whole_numbers_of_at_least_one(study, option):
    for value in (0, 1.5, True):
        with pytest.raises(InputError, match=f"`{option}`"):
            study.match(**{option: value})


@pytest.mark.parametrize(
    "how",
    [{}, {"threshold": 0.5, "max_false_link_rate": 0.01}, {"threshold": 1.5}, {"max_false_link_rate": -0.1}],
)
def test_accept_wants_one_rule(matches, how):
    with pytest.raises(InputError):
        accept(matches.candidates, **how)


def told_of(study, **options):
    told = []
    found = study.match(tick=lambda done, total: told.append((done, total)), **options)
    return told, found


@pytest.mark.parametrize("n_a", [2, 20, 100, 3_000])
def test_progress_is_told_to_the_end_and_never_goes_back(n_a):
    told, _ = told_of(simulate(n_a, min(n_a, 30), 10, seed=1))
    done = [d for d, _ in told]
    assert {total for _, total in told} == {200}
    assert done == sorted(set(done))
    assert done[-1] == 200


def test_progress_moves_while_pairs_are_weighed_and_the_model_is_fitted(monkeypatch):
    """Not only in the search for pairs: the fit takes longer than that in a large study."""
    at, told = {}, []

    def marked(module, name):
        work = getattr(module, name)

        def call(*args, **options):
            at.setdefault(name, len(told))
            return work(*args, **options)

        monkeypatch.setattr(module, name, call)

    marked(matching, "evidence")
    marked(matching, "fit")
    study = simulate(3_000, 300, 40, seed=1)
    found = study.match(tick=lambda done, total: told.append((done, total)))
    assert told[at["evidence"] - 1] == (
        80,
        200,
    )  # a pass leaves one of 56 sets of elements out, in three searches
    assert told[at["fit"] - 1] == (100, 200)
    late = [done for done, _ in told[at["fit"] :]]
    assert len(late) >= 2 + 2 + found.model.iterations  # EM, two posteriors in two parts, the rounds
    assert late[-1] == 200


# ---- false links, many times ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "repeats", "options", "most"),
    [
        (2_500, 40, {"error": 0.03}, 0.013),
        (2_500, 40, {"error": 0.08}, 0.013),
        (26_000, 8, {"error": 0.03}, 0.013),
        (26_000, 8, {"error": 0.08}, 0.013),
        (26_000, 8, {"error": 0.02, "careless": 0.3}, 0.013),
        (26_000, 8, {"error": 0.08, "siblings": 0.1}, 0.015),
        (26_000, 8, {"error": 0.08, "siblings": 0.3}, 0.02),
    ],
)
def test_false_links_are_as_few_as_promised_and_not_far_fewer(n, repeats, options, most):
    false = links_in_all = 0
    for seed in range(repeats):
        study = simulate(n, int(0.09 * n), int(0.0135 * n), seed=1_000 + seed, **options)
        candidates = study.match().candidates
        chosen = accept(candidates, max_false_link_rate=0.01)
        false += np.count_nonzero(~study.is_true(candidates)[chosen])
        links_in_all += chosen.sum()
    assert 0.005 <= false / links_in_all <= most
