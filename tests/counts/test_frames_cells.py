"""Sums over cells: they add up, and no order or repetition of rows changes more than it should."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.counts.cells import CellSums, Counter, weight_classes

N_GROUPS = 3


@st.composite
def rows(draw, min_size=0):
    """Status, group and weight per row; quarters, so that sums are exact in any order."""
    listed = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1, 0, -1, -3, -5]),
                st.integers(-1, N_GROUPS - 1),
                st.integers(0, 40).map(lambda q: q / 4),
            ),
            min_size=min_size,
            max_size=40,
        )
    )
    status, group, weight = (np.array([r[i] for r in listed]) for i in range(3))
    return status.astype(np.int8), group.astype(np.int64), weight.astype(np.float64)


def counted(status, group, weight):
    return Counter(group, N_GROUPS, weight).count(status)


def assert_same(one, other):
    for field in fields(CellSums):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(other, field.name), err_msg=field.name
        )


def test_sums_by_hand():
    status = np.array([1, 0, -1, 1, 1, 0, 1], dtype=np.int8)
    group = np.array([0, 0, 0, 1, -1, 1, 0])
    weight = np.array([2.0, 3.0, 5.0, 1.5, 9.0, 0.5, 0.0])
    sums = Counter(group, 2, weight).count(status)
    assert sums.count.tolist() == [1, 1]  # the last row has no weight: it takes no part
    assert sums.nobs.tolist() == [2, 2]
    assert sums.missing.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]  # the last kind is a blank
    assert sums.weight_yes.tolist() == [2.0, 1.5]
    assert sums.weight.tolist() == [5.0, 2.0]
    assert sums.weight_squared.tolist() == [13.0, 2.5]
    assert sums.weight_squared_yes.tolist() == [4.0, 2.25]
    assert sums.cubes[:, -1].tolist() == [8.0, 3.375]
    plain = Counter(group, 2).count(status)
    assert plain.count.tolist() == plain.weight_yes.tolist() == [2, 1]
    assert plain.nobs.tolist() == plain.weight.tolist() == plain.weight_squared.tolist() == [3, 2]


@given(rows(), rows(), rows())
def test_parts_add_up_to_the_whole(one, two, three):
    whole = counted(*(np.concatenate(parts) for parts in zip(one, two, three, strict=True)))
    assert_same(counted(*one) + counted(*two) + counted(*three), whole)
    assert_same(counted(*one) + (counted(*two) + counted(*three)), whole)
    assert_same(counted(*two) + counted(*one), counted(*one) + counted(*two))


@given(rows())
def test_nothing_is_the_neutral_part(part):
    nothing = counted(*(column[:0] for column in part))
    assert_same(counted(*part) + nothing, counted(*part))


@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(part, random):
    order = list(range(part[0].size))
    random.shuffle(order)
    assert_same(counted(*(column[order] for column in part)), counted(*part))


@given(rows(), st.integers(2, 4))
def test_every_row_several_times_gives_that_many_times_the_sums(part, times):
    many = counted(*(np.repeat(column, times) for column in part))
    once = counted(*part)
    for field in fields(CellSums):
        np.testing.assert_array_equal(getattr(many, field.name), times * getattr(once, field.name))


@given(rows())
def test_counts_and_weights_agree_with_each_other(part):
    sums = counted(*part)
    assert (sums.count <= sums.nobs).all()
    assert (sums.weight_yes <= sums.weight).all()
    assert (sums.weight**2 <= sums.nobs * sums.weight_squared + 1e-9).all()  # Kish: never more than n
    inside = (part[1] >= 0) & (part[2] > 0)
    assert (sums.nobs.sum() + sums.missing.sum()) == inside.sum()


@given(rows())
def test_powers_that_are_not_asked_for_are_left_out(part):
    status, group, weight = part
    full, less = counted(*part), Counter(group, N_GROUPS, weight).count(status, powers=1)
    assert_array = np.testing.assert_array_equal
    assert_array(less.weights, full.weights)
    assert not less.squares.any()
    assert not less.cubes.any()


@given(rows(min_size=1))
def test_weight_classes_hold_the_same_people_and_weights(part):
    status, group, weight = (column[(part[1] >= 0) & (part[0] >= 0) & (part[2] > 0)] for column in part)
    group_of, yes, first, people = weight_classes(status, weight, group)
    whole = counted(status, group, weight)
    for g in range(N_GROUPS):
        here = group_of == g
        assert people[here].sum() == whole.nobs[g]
        assert (people * yes)[here].sum() == whole.count[g]
        assert (people * weight[first])[here].sum() == whole.weight[g]
        assert (people * weight[first] * yes)[here].sum() == whole.weight_yes[g]
    assert len({*zip(group_of, yes, weight[first], strict=True)}) == yes.size
