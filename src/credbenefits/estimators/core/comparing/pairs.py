"""Which groups are compared with what: with one another, with all others, or with everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray
    from credbenefits.estimators.core.source import Source

#: How the references are called that are no group.
REST, OVERALL = "(rest)", "(overall)"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Places of a group and its reference in a table of `groups`, shape (pairs,).

    `tested` is what the group is tested against: its reference, or, where that is everybody, all others. Both
    ask the same, as a group differs from everybody just where it differs from the others.
    """

    groups: Groups
    group: IntArray
    reference: IntArray
    tested: IntArray

    @property
    def overlap(self) -> bool:
        """Whether groups are part of their reference."""
        return not np.array_equal(self.tested, self.reference)


def pairs_of(labels: Sequence[tuple[str, ...]], pairs: Sequence[tuple[int, int]]) -> Pairs:
    """Compare groups with one another."""
    group, reference = np.array(pairs, dtype=np.int64).T
    return Pairs(Groups(tuple(labels), None), group, reference, reference)


def with_rest(labels: Sequence[tuple[str, ...]]) -> Pairs:
    """Compare each group with all others together."""
    n = len(labels)
    members = np.vstack([np.eye(n), 1.0 - np.eye(n)])
    groups = Groups((*labels, *[(REST,) * len(labels[0])] * n), members)
    rest = np.arange(n, 2 * n)
    return Pairs(groups, np.arange(n), rest, rest)


def with_overall(labels: Sequence[tuple[str, ...]]) -> Pairs:
    """Compare each group with everybody who has a group."""
    n, others = len(labels), with_rest(labels)
    members = np.vstack([others.groups.members, np.ones((1, n))])  # type: ignore[list-item]
    groups = Groups((*others.groups.labels, (OVERALL,) * len(labels[0])), members)
    return Pairs(groups, others.group, np.full(n, 2 * n), others.tested)


def names_of(source: Source, groups: Groups) -> tuple[str, ...]:
    """Return what the rows of a table of pairs are called."""
    words = source.group_words
    return (*words, *(label[0] for label in groups.labels[len(words) :]))
