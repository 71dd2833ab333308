"""Sums over cells: they add up, and no order or repetition of rows changes more than it should."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credbenefits.frames.cells import CellSums, count_cells, weight_classes

N_GROUPS = 3


@st.composite
def rows(draw, min_size=0):
    """Status, group and weight per row; quarters, so that sums are exact in any order."""
    listed = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1, 0, -1]), st.integers(-1, N_GROUPS - 1), st.integers(0, 40).map(lambda q: q / 4)
            ),
            min_size=min_size, max_size=40,
        )
    )  # fmt: skip
    status, group, weight = (np.array([r[i] for r in listed]) for i in range(3))
    return status.astype(np.int64), group.astype(np.int64), weight.astype(np.float64)


def counted(status, group, weight):
    return count_cells(status, group, N_GROUPS, weight)


def assert_same(one, other):
    for field in fields(CellSums):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(other, field.name), err_msg=field.name
        )


def test_sums_by_hand():
    status = np.array([1, 0, -1, 1, 1, 0, 1])
    group = np.array([0, 0, 0, 1, -1, 1, 0])
    weight = np.array([2.0, 3.0, 5.0, 1.5, 9.0, 0.5, 0.0])
    sums = count_cells(status, group, 2, weight)
    assert sums.count.tolist() == [1, 1]  # the last row has no weight: it takes no part
    assert sums.nobs.tolist() == [2, 2]
    assert sums.unanswered.tolist() == [1, 0]
    assert sums.weight_yes.tolist() == [2.0, 1.5]
    assert sums.weight.tolist() == [5.0, 2.0]
    assert sums.weight_squared.tolist() == [13.0, 2.5]
    plain = count_cells(status, group, 2, None)
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
    assert (sums.nobs + sums.unanswered).sum() == inside.sum()


@given(rows(min_size=1))
def test_weight_classes_hold_the_same_people_and_weights(part):
    status, group, weight = part
    chosen = group >= 0
    yes, class_weight, people = weight_classes(status, weight, chosen)
    whole = count_cells(status, np.where(chosen, 0, -1), 1, weight)
    assert people.sum() == whole.nobs[0]
    assert (people * yes).sum() == whole.count[0]
    assert (people * class_weight).sum() == whole.weight[0]
    assert (people * class_weight * yes).sum() == whole.weight_yes[0]
    assert (people * class_weight**2).sum() == pytest.approx(whole.weight_squared[0])
    assert len({*zip(yes, class_weight, strict=True)}) == yes.size


def test_weight_classes_without_weights_are_yes_and_no():
    status = np.array([1, 0, 0, -1, 1, 0])
    yes, weight, people = weight_classes(status, None, np.array([True, True, True, True, True, False]))
    assert (yes.tolist(), weight.tolist(), people.tolist()) == ([0, 1], [1, 1], [2, 2])
