"""Groups that are compared with each other: how many of each were lost, and how alike the others are."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.groups import (
    group_notes,
    group_words,
    read_groups,
    refuse_doubtful_groups,
    refuse_no_groups,
)
from credbenefits.errors import InputError
from credbenefits.frames.identifiers import refuse_keys
from credbenefits.numerics.response.attrition import attrition_boundary, is_low, overall_and_differential
from credbenefits.numerics.response.differences import cox_index, hedges_g
from credbenefits.questions.groups import as_groups, group_names
from credbenefits.results.bias.tables import (
    MEAN,
    AttritionOfGroups,
    EquivalenceOfGroups,
    GroupAttrition,
    GroupEquivalence,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from credbenefits._typing import BoolArray, Equivalence, FloatArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.weighting.nonresponse.people import Everybody
    from credbenefits.weighting.nonresponse.variables import How, Variable

#: Every two of more groups than this are too many to be read.
_MOST_GROUPS = 6
#: Effect sizes up to these are equal, and can be adjusted for: WWC (2017), Standards Handbook 4.1, II.2.
_EQUAL, _ADJUSTED = 0.05, 0.25


def read_compared(
    frame: NarwhalsFrame, by: object, how: How, keys: Collection[object]
) -> tuple[IntArray, tuple[str, ...], list[str]]:
    """Return the group of each row (below 0 none), what the groups are called, and notes."""
    wanted = as_groups(by, how.answers)
    if not wanted:
        return np.full(len(frame), -1), (), []
    if not how.allow_identifier:
        refuse_keys("by", [one for one in wanted if isinstance(one, str)], keys)
    grouped = read_groups(frame, wanted, how.missing)
    refuse_doubtful_groups(grouped.parts, answers=how.answers, allow_identifier=how.allow_identifier)
    names = group_names(wanted)
    refuse_no_groups(names, grouped.labels)
    n = len(grouped.labels)
    if not 2 <= n <= _MOST_GROUPS:
        raise InputError(
            "by",
            allowed=f"groups that are compared with each other, 2 to {_MOST_GROUPS}",
            received="1 group" if n == 1 else f"{n:,} groups",
            fix="Name the column of the groups that the study compares.",
        )
    notes = group_notes(grouped.parts, grouped.labels)
    if outside := int((grouped.group < 0).sum()):
        notes.append(f"{outside:,} people have no value in {' and '.join(names)}, and are in no group")
    return grouped.group, group_words(names, grouped.labels), notes


def compare_groups_left(
    group: IntArray, names: Sequence[str], variables: Sequence[Variable], people: Everybody
) -> tuple[AttritionOfGroups, EquivalenceOfGroups]:
    """Compare every two groups: attrition, and their respondents on each variable."""
    losses: list[GroupAttrition] = []
    effects: list[GroupEquivalence] = []
    for first, second in combinations(range(len(names)), 2):
        inside = group == first, group == second
        called = names[first], names[second]
        losses.append(_attrition(called, inside, people.answered))
        there = inside[0] & people.answered, inside[1] & people.answered
        for each in variables:
            effects += _equivalence(each, called, there)
    return AttritionOfGroups(tuple(losses)), EquivalenceOfGroups(tuple(effects))


def _attrition(
    names: tuple[str, str], inside: tuple[BoolArray, BoolArray], answered: BoolArray
) -> GroupAttrition:
    n = [int(some.sum()) for some in inside]
    mine = [int((some & answered).sum()) for some in inside]
    overall, differential = (float(x) for x in overall_and_differential(n, mine))
    cautious = float(attrition_boundary(overall, "cautious"))
    optimistic = float(attrition_boundary(overall, "optimistic"))
    return GroupAttrition(
        *names,
        n[0],
        n[1],
        mine[0],
        mine[1],
        1.0 - mine[0] / n[0],
        1.0 - mine[1] / n[1],
        overall,
        differential,
        cautious,
        optimistic,
        "low" if is_low(differential, cautious) else "high",
        "low" if is_low(differential, optimistic) else "high",
    )


def _equivalence(
    variable: Variable, names: tuple[str, str], there: tuple[BoolArray, BoolArray]
) -> Iterator[GroupEquivalence]:
    """Yield an effect size for each level, one for two levels, and one for the mean of numbers."""
    levels = variable.levels
    n = [int(some.sum()) for some in there]
    if len(levels) > 1 and all(n):
        counts = [np.bincount(variable.codes[some], minlength=len(levels)) for some in there]
        shares = counts[0] / n[0], counts[1] / n[1]
        sizes = cox_index(shares, (n[0], n[1]))
        # Of two levels the second has the same index, with the other sign.
        for i in range(len(levels) - (len(levels) == 2)):
            estimates = float(shares[0][i]), float(shares[1][i]), float(sizes[i])
            yield GroupEquivalence(
                *names, variable.name, levels[i], "share", n[0], n[1], *estimates, equivalence(estimates[-1])
            )
    if variable.numbers is not None:
        values = [variable.numbers[some] for some in there]
        known = [each[~np.isnan(each)] for each in values]
        if all(each.size for each in known):
            yield _of_means(variable.name, names, known)


def _of_means(variable: str, names: tuple[str, str], values: Sequence[FloatArray]) -> GroupEquivalence:
    means = float(values[0].mean()), float(values[1].mean())
    spreads = tuple(float(each.std(ddof=1)) if each.size > 1 else 0.0 for each in values)
    n = values[0].size, values[1].size
    g = float(hedges_g(means, (spreads[0], spreads[1]), n))
    return GroupEquivalence(*names, variable, MEAN, "mean", *n, *means, g, equivalence(g))


def equivalence(effect_size: float) -> Equivalence:
    """Say what the What Works Clearinghouse makes of an effect size between groups."""
    size = abs(effect_size)
    if not size <= _ADJUSTED:
        return "apart" if size > _ADJUSTED else "undefined"
    return "equal" if size <= _EQUAL else "adjust"
