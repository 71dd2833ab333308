"""What a code tells: by hand, by counting pairs, and against simulated studies."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import credbenefits as cb
from credbenefits.errors import ColumnNotFoundError, InputError
from credbenefits.numerics.matching.code_information import (
    collision,
    disagreements,
    nearest_rates,
    shannon_bits,
    shared_rate,
)

# ---- the formulas ---------------------------------------------------------------------------------


def test_bits_by_hand():
    # Shares 1/2, 1/4, 1/4: 0.5 * 1 + 2 * 0.25 * 2 = 1.5 bits.
    assert shannon_bits(np.array([4, 2, 0, 2])) == pytest.approx(1.5)
    # Pairs alike: 6 + 1 + 1 of the 28 pairs of 8 people.
    assert collision(np.array([4, 2, 0, 2])) == pytest.approx(8 / 28)
    assert collision(np.array([1, 1, 1])) == pytest.approx(1 / 3)  # none alike: put at one pair of three
    assert shannon_bits(np.array([5])) == 0.0
    assert collision(np.array([5])) == 1.0


@given(st.lists(st.integers(0, 5), min_size=2, max_size=30))
def test_collision_counts_pairs(answers):
    alike = sum(a == b for a, b in combinations(answers, 2))
    n_pairs = math.comb(len(answers), 2)
    assert collision(np.bincount(answers)) == pytest.approx(max(alike, 1) / n_pairs)


@given(st.lists(st.floats(0, 1), max_size=6))
def test_disagreements_enumerated(agree):
    distribution = np.zeros(len(agree) + 1)
    for agrees in product([True, False], repeat=len(agree)):
        distribution[agrees.count(False)] += math.prod(
            p if a else 1 - p for p, a in zip(agree, agrees, strict=True)
        )
    np.testing.assert_allclose(disagreements(np.array(agree)), distribution, atol=1e-12)


def test_shared_rate():
    assert shared_rate(0.5, 2) == pytest.approx(0.5)
    assert shared_rate(0.5, 3) == pytest.approx(0.75)
    assert shared_rate(1.0, 5) == 1.0
    assert shared_rate(1e-12, 1001) == pytest.approx(1e-9)


def test_nearest_by_enumeration():
    # One match and two strangers (n = 3), disagreements 0 to 2, links up to 1: all 27 outcomes.
    match, stranger = np.array([0.6, 0.3, 0.1]), np.array([0.05, 0.15, 0.8])
    right = wrong = newcomer = 0.0
    for m, s, t in product(range(3), repeat=3):
        chance = match[m] * stranger[s] * stranger[t]
        right += chance * (m <= 1 and m < min(s, t))
        wrong += chance * (min(s, t) <= 1 and s != t and min(s, t) < m)
    for s in product(range(3), repeat=3):
        newcomer += math.prod(stranger[d] for d in s) * (min(s) <= 1 and s.count(min(s)) == 1)
    assert tuple(nearest_rates(match, stranger, n=3, most=1)) == pytest.approx((right, wrong, newcomer))


# ---- against simulated studies ----------------------------------------------------------------------

LEVELS = [12, 28, 26, 26, 7, 10]


def codes(rng, n):
    """Six independent elements; the answers of each are unevenly frequent."""
    return np.column_stack([rng.choice(k, n, p=(w := 1 / (np.arange(k) + 6.0)) / w.sum()) for k in LEVELS])


def test_shared_codes_as_simulated():
    rng = np.random.default_rng(5)
    n = 3_000
    columns = [f"e{j}" for j in range(4)]
    shares = []
    for _ in range(40):
        _, group, size = np.unique(codes(rng, n)[:, :4], axis=0, return_inverse=True, return_counts=True)
        shares.append(np.mean(size[group.ravel()] > 1))
    drawn = codes(rng, 20_000)[:, :4]
    told = cb.code_information(pd.DataFrame(drawn, columns=columns), columns, sizes=[n])
    (share,) = told.sizes.columns["share"]
    # At most: uneven codes share less than equally frequent ones with the same collisions would.
    assert np.mean(shares) < share < 1.05 * np.mean(shares)
    assert told.sizes.columns["expected"] == (pytest.approx(n * share),)
    _, group, size = np.unique(drawn, axis=0, return_inverse=True, return_counts=True)
    assert told.shared_observed == pytest.approx(np.mean(size[group.ravel()] > 1))  # counted another way
    assert told.shared_observed < told.shared_expected


def nearest_simulated(rng, n, error, most):
    """Link 400 returning people and 400 newcomers to the one nearest code of n; return the three shares."""
    blank = 0.02
    first, new = codes(rng, n), codes(rng, 400)
    again = first[:400].copy()
    for j, k in enumerate(LEVELS):
        wrong = rng.random(400) < error
        again[wrong, j] = (again[wrong, j] + rng.integers(1, k, wrong.sum())) % k
    asked = []
    for wave in (first, np.vstack([again, new])):
        asked.append(np.where(rng.random(wave.shape) < blank, -1, wave))
    apart = np.stack(
        [(asked[1][:, j, None] != asked[0][:, j]) | (asked[1][:, j, None] < 0) for j in range(len(LEVELS))]
    ).sum(axis=0)
    nearest = apart.min(axis=1)
    linked = (nearest <= most) & ((apart == nearest[:, None]).sum(axis=1) == 1)
    partner = apart.argmin(axis=1)
    own = partner[:400] == np.arange(400)
    return np.mean(linked[:400] & own), np.mean(linked[:400] & ~own), np.mean(linked[400:])


@pytest.mark.parametrize(("n", "error", "most"), [(1_000, 0.03, 1), (1_000, 0.08, 2), (4_000, 0.08, 1)])
def test_rates_as_simulated(n, error, most):
    rng = np.random.default_rng(8)
    seen = np.mean([nearest_simulated(rng, n, error, most) for _ in range(6)], axis=0)
    pilot = codes(rng, 20_000)
    pilot[rng.random(pilot.shape) < 0.02] = -1
    columns = [f"e{j}" for j in range(len(LEVELS))]
    frame = pd.DataFrame(pilot, columns=columns).replace(-1, np.nan)
    told = cb.code_information(frame, columns, sizes=[n], error_rates=[error], max_disagreements=most)
    expected = [told.rates.columns[c][0] for c in ("match_rate", "wrong_rate", "newcomer_rate")]
    # 2,400 people: four standard errors, and a tenth for uneven codes, which the formula takes as even.
    allowed = 4 * np.sqrt(np.maximum(seen * (1 - seen), 1e-4) / 2_400) + 0.1 * np.minimum(seen, 1 - seen)
    assert np.abs(seen - expected).max() < 0.05
    assert (np.abs(seen - expected) < allowed).all(), (seen, expected)


# ---- the function -----------------------------------------------------------------------------------


def pilot_columns():
    return {"a": ["x", "X ", None, "y"], "b": ["01", "1", "2", "n/a"]}


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_reading_is_that_of_linking(kind):
    told = cb.code_information(kind(pilot_columns()), ["a", "b"])
    a, b = told.elements
    assert (a.levels, a.answered, a.blank) == (2, 3, 0.25)
    assert (b.levels, b.answered, b.blank) == (2, 3, 0.25)
    assert a.collision_bits == pytest.approx(math.log2(3))  # one pair alike of three
    assert told.collision_bits == pytest.approx(2 * math.log2(3))
    assert told.shared_observed == 1.0  # two complete codes, both x and 1
    assert told.shared_expected == pytest.approx(1 / 9)
    assert any("Only 4 rows" in note for note in told.notes)


def test_tables_print_and_become_frames():
    told = cb.code_information(
        pd.DataFrame(pilot_columns()), ["a", "b"], sizes=[10, 20], error_rates=[0, 0.1]
    )
    assert told.to_frame()["element"].tolist() == ["a", "b"]
    assert told.rates.to_frame().shape == (4, 5)
    text = repr(told)
    assert text.startswith("A code of 2 elements: at most 1.8 bits (3.2 collision bits)")
    for word in ("upper bounds", "match_rate", "expected"):
        assert word in text
        assert word in told._repr_html_()


def test_more_people_share_more_and_are_linked_less():
    rng = np.random.default_rng(2)
    columns = [f"e{j}" for j in range(len(LEVELS))]
    sizes = [10, 1_000, 10**6, 10**9]
    told = cb.code_information(pd.DataFrame(codes(rng, 500), columns=columns), columns, sizes=sizes)
    assert (np.diff(told.sizes.columns["share"]) >= 0).all()
    assert (np.diff(told.rates.columns["match_rate"][::2]) <= 0).all()
    assert np.isfinite(told.rates.to_frame().to_numpy()).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"elements": []}, "at least one column"),
        ({"elements": ["a", "c"]}, "column of the data"),
        ({"elements": ["empty"]}, "at least two people answered"),
        ({"sizes": [1]}, "at least 2"),
        ({"sizes": 500}, "a list of numbers"),
        ({"error_rates": [5]}, "Write 5% as 0.05"),
        ({"max_disagreements": -1}, "at least 0"),
    ],
)
def test_bad_arguments(options, said):
    frame = pd.DataFrame({**pilot_columns(), "empty": [None, "", "n/a", "z"]})
    with pytest.raises((InputError, ColumnNotFoundError), match=said):
        cb.code_information(frame, **{"elements": ["a", "b"], **options})
