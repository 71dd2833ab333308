"""Rows counted by code: the sums add up, and no order or repetition of rows changes more than it should."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import credbenefits as cb
from credbenefits.counts import tally
from credbenefits.counts.by_codes import ByCodes, crossed
from credbenefits.errors import InputError

N_UNITS, N_GROUPS = 2, 3
LOWEST, COLUMNS = -5, 8
NAMES = ("people", "weight", "weight2")


@st.composite
def rows(draw):
    """Code, unit, group and weight per row; quarters, so that sums are exact in any order."""
    listed = draw(
        st.lists(
            st.tuples(
                st.sampled_from([2, 1, 0, -1, -3, -5]),
                st.integers(-1, N_UNITS - 1),
                st.integers(-1, N_GROUPS - 1),
                st.integers(0, 40).map(lambda q: q / 4),
            ),
            max_size=40,
        )
    )
    code, unit, group, weight = (np.array([r[i] for r in listed]) for i in range(4))
    return (
        code.astype(np.int8),
        unit.astype(np.int64),
        group.astype(np.int64),
        weight.astype(np.float64),
    )


def counter(unit, group, weight):
    return ByCodes(unit, group, N_UNITS, N_GROUPS, weight)


def table(part):
    code, *rest = part
    return counter(*rest).table(code, LOWEST, COLUMNS)


def assert_same(one, other, times=1):
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), times * getattr(other, name), err_msg=name)


def joined(*parts):
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def test_sums_by_hand():
    code = np.array([1, 0, -1, 1, 1, 0, 1], dtype=np.int8)
    group = np.array([0, 0, 0, 1, -1, 1, 0])
    weight = np.array([2.0, 3.0, 5.0, 1.5, 9.0, 0.5, 0.0])
    sums = ByCodes(None, group, 1, 2, weight).table(code, -1, 3)
    assert sums.cells.tolist() == [[-1], [0], [1]]
    # The fifth row has no group and the last no weight: they take no part.
    assert sums.people.tolist() == [[[1, 1, 1], [0, 1, 1]]]
    assert sums.weight.tolist() == [[[5.0, 3.0, 2.0], [0.0, 0.5, 1.5]]]
    assert sums.weight2.tolist() == [[[25.0, 9.0, 4.0], [0.0, 0.25, 2.25]]]
    plain = ByCodes(None, group, 1, 2).table(code, -1, 3)
    assert plain.people.tolist() == plain.weight.tolist() == plain.weight2.tolist()
    assert plain.people.tolist() == [[[1, 1, 2], [0, 1, 1]]]


@given(rows(), st.booleans())
def test_every_cell_is_the_sum_over_its_rows(part, weighted):
    code, unit, group, weight = part
    made = ByCodes(unit, group, N_UNITS, N_GROUPS, weight if weighted else None).table(code, LOWEST, COLUMNS)
    w = weight if weighted else np.ones(code.size)
    assert made.people.dtype == np.int64
    assert made.weight.dtype == made.weight2.dtype == np.float64
    for u in range(N_UNITS):
        for g in range(N_GROUPS):
            for k, c in enumerate(range(LOWEST, LOWEST + COLUMNS)):
                here = (unit == u) & (group == g) & (code == c) & (w > 0)
                assert made.people[u, g, k] == here.sum()
                assert made.weight[u, g, k] == w[here].sum()
                assert made.weight2[u, g, k] == (w[here] ** 2).sum()


@given(rows())
def test_the_cells_that_occur_are_those_of_the_whole_table(part):
    code, *rest = part
    whole, made = table(part), counter(*rest).count([code])
    place = made.cells[:, 0] - LOWEST
    left = np.setdiff1d(np.arange(COLUMNS), place)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(made, name), getattr(whole, name)[..., place])
    assert not whole.people[..., left].any()
    assert made.people.any(axis=(0, 1)).all()


@given(rows(), rows(), rows())
def test_parts_add_up_to_the_whole(one, two, three):
    parts, whole = [table(each) for each in (one, two, three)], table(joined(one, two, three))
    for name in NAMES:
        added = sum(getattr(part, name) for part in parts)
        np.testing.assert_array_equal(added, getattr(whole, name))


@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(part, random):
    order = list(range(part[0].size))
    random.shuffle(order)
    assert_same(table(tuple(column[order] for column in part)), table(part))


@given(rows(), st.integers(2, 4))
def test_every_row_several_times_gives_that_many_times_the_sums(part, times):
    assert_same(table(tuple(np.repeat(column, times) for column in part)), table(part), times)


@given(rows())
def test_counts_and_weights_agree_with_each_other(part):
    sums = table(part)
    # Kish: never more than n
    assert (sums.weight**2 <= sums.people * sums.weight2 + 1e-9).all()
    _, unit, group, weight = part
    assert sums.people.sum() == ((unit >= 0) & (group >= 0) & (weight > 0)).sum()


@pytest.mark.parametrize("weighted", [False, True])
def test_questions_of_other_widths_do_not_mix(weighted):
    """Where cells begin is kept from question to question, as long as they have as many answers."""
    rng = np.random.default_rng(3)
    group, weight = rng.integers(0, 3, 200), rng.gamma(4.0, 0.25, 200) if weighted else None
    many = ByCodes(None, group, 1, 3, weight)
    for lowest, n in [(0, 2), (-1, 2), (0, 2), (0, 7), (-5, 7), (-1, 3), (0, 2)]:
        code = rng.integers(lowest, n, 200)
        once = ByCodes(None, group, 1, 3, weight).table(code, lowest, n - lowest)
        assert_same(many.table(code, lowest, n - lowest), once)


def test_squares_that_are_not_asked_for_are_left_out():
    many = ByCodes(None, np.zeros(2, dtype=np.int64), 1, 1, np.array([2.0, 3.0]))
    full, less = (many.table(np.array([0, 1]), 0, 2, squares=asked) for asked in (True, False))
    np.testing.assert_array_equal(less.weight, full.weight)
    assert full.weight2.tolist() == [[[4.0, 9.0]]]
    assert less.weight2.tolist() == [[[0.0, 0.0]]]


def test_a_table_beyond_reason_is_refused_before_it_is_made():
    n = 40_000
    data = pd.DataFrame({"job": np.arange(n) % 2, "person": range(n), "a": np.arange(n) % 199})
    data["b"] = np.arange(n) // 199 % 150
    for call in (cb.count, cb.proportions):
        with pytest.raises(
            InputError, match=r"`by`.*at most 100,000,000 cells a question; got 40,000 x 29,850 x"
        ):
            call(data, "job", by=["a", "b"], design=cb.SurveyDesign(clusters="person"))


def test_a_sum_beyond_reason_is_refused_before_it_is_made(monkeypatch):
    assert tally.MOST_CELLS == 100_000_000
    monkeypatch.setattr(tally, "MOST_CELLS", 10_000_000)  # of both parts together, without parts as large
    n = 2_000

    def counts(of):
        people = [f"{of}{k}" for k in range(n)]
        groups = [f"{of if k % 2 else ''}{k % 190}" for k in range(n)]
        data = pd.DataFrame({"job": np.arange(n) % 2, "person": people, "site": groups})
        data["role"] = [f"{of}{k % 7}" for k in range(n)]
        return cb.count(data, "job", by=["site", "role"], design=cb.SurveyDesign(clusters="person"))

    one, two = counts("a"), counts("b")
    with pytest.raises(InputError, match="at most 10,000,000 cells a question; got 4,000 x 2,660 x 2"):
        one + two


def test_products_of_replicate_weights_beyond_reason_are_refused():
    weights = {f"r{k}": np.ones(4_000) for k in range(400)}
    data = pd.DataFrame({"job": np.arange(4_000) % 2, "w": 1.0, **weights, "run": np.arange(4_000) % 199})
    data["half"] = np.arange(4_000) % 4
    design = cb.SurveyDesign(replicate_weights=cb.ReplicateWeights(list(weights), kind="bootstrap"))
    with pytest.raises(InputError, match=r"`by`.*products of two replicate weights; got 796 x 400 x 400"):
        cb.count(data, "job", by=["run", "half"], weights="w", design=design)


@given(
    hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(0, 30)), elements=st.integers(-5, 3)),
    st.sampled_from([1, 1_000, 2**40]),
)
def test_a_crossing_has_the_cells_that_occur_and_the_cell_of_every_row(codes, scale):
    """Large codes are sorted, and numbered anew before their product leaves the whole numbers."""
    if len(codes) > 1:
        codes = np.where(codes > 0, codes * scale, codes)
    cells, place = crossed(list(codes))
    expected, where = np.unique(codes.T, axis=0, return_inverse=True)
    assert (cells == expected).all()
    assert (place == where.reshape(-1)).all()
