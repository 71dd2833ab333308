"""Differences between groups of people, with intervals and p-values for all comparisons made."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from statsmodels.stats.multitest import multipletests

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.estimators._prepare import SMALL_BASE, is_small, prepare
from credbenefits.estimators._rows import left_out, readings
from credbenefits.frames.categories import canonical
from credbenefits.numerics.comparison_test import comparison_test
from credbenefits.numerics.difference import newcombe, score_p_value
from credbenefits.numerics.proportion import kish
from credbenefits.results.proportions import ComparisonResult, Difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Frame, Values
    from credbenefits.estimators._prepare import Prepared
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.cells import CellSums
    from credbenefits.frames.items import ItemLike
    from credbenefits.weighting.weights import Weights


#: Expected count below which the score test's p-value is not to be trusted.
_SAFE_EXPECTED = 5.0


def compare_groups(
    data: Frame,
    items: ItemLike | Sequence[ItemLike],
    *,
    by: str,
    reference: object = None,
    comparison: t.Comparison = "difference",
    among: ItemLike | Sequence[ItemLike] | None = None,
    weights: Weights | str | None = None,
    method: t.DifferenceMethod = "newcombe",
    adjust: t.Adjust = "holm",
    confidence_level: float = 0.95,
    missing: Values = (),
    people: str = "respondents",
) -> ComparisonResult:
    """Compare the shares that say yes between groups of different people.

    Parameters
    ----------
    data, items, among, weights, missing, people
        As in :func:`proportions`.
    by : str
        Column whose values make the groups.
    reference : value, optional
        Group that all others are compared with. By default every pair is compared.
    comparison : {"difference"}
        Difference of proportions, group minus reference.
    method : {"newcombe"}
        Newcombe's hybrid score interval; on effective sample sizes when weighted.
    adjust : {"holm", "bonferroni", "fdr_bh", "none"}
        Adjustment of the p-values for all comparisons of the call (by statsmodels).
    confidence_level : float
        Level of each interval on its own, a proportion.

    Returns
    -------
    ComparisonResult
        Per item and pair: the difference, its interval, ``test``, ``p_value`` and ``p_adjusted``,
        and both groups' counts, bases and effective sizes. ``n_comparisons`` says how many were made.

    Raises
    ------
    InputError
        As :func:`proportions` does, and for fewer than two groups with answers, or a reference
        that is no group.

    Notes
    -----
    The test is the score test (Pearson's chi-squared without correction). Where an expected count is
    below 5 it is Fisher's exact test; with weights there is no exact test, so there ``test`` is "none",
    the p-values are NaN, the row is flagged ``too_few_to_test``, and the adjustment covers the others.

    A difference between groups of respondents says nothing about what caused it.

    References
    ----------
    Newcombe (1998), Stat Med 17:873, method 10; Holm (1979), Scand J Stat 6:65.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"role": ["a"] * 70 + ["b"] * 80,
    ...                      "yes": [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32})
    >>> row = cb.compare_groups(data, "yes", by="role", reference="b").rows[0]
    >>> round(row.estimate, 4), round(row.conf_low, 4), round(row.conf_high, 4)
    (0.2, 0.0524, 0.3339)
    """
    check.choice("comparison", comparison, t.Comparison)
    check.choice("method", method, t.DifferenceMethod)
    check.choice("adjust", adjust, t.Adjust)
    level = check.confidence_level(confidence_level)
    column = check.text("by", by, fix="Name one column.")
    prepared = prepare(data, items, by=column, among=among, weights=weights, missing=missing, people=people)
    groups = [label for (label,) in prepared.group_labels]
    chosen = _reference(reference, groups, by)
    made: list[Difference] = []
    accounts = []
    notes = list(left_out(prepared))
    counter = prepared.counter()
    found = [answers for question in prepared.questions for answers in prepared.answers(question)]
    notes += readings(found)
    for answers in found:
        cells = counter.count(answers.status, powers=2)
        accounts.append(prepared.account(answers, cells.missing.sum(axis=0), cells.nobs.sum()))
        present = [g for g in range(len(groups)) if cells.nobs[g] > 0]
        empty = [groups[g] for g in range(len(groups)) if g not in present]
        if len(present) < 2 or (chosen is not None and chosen not in present):
            lonely = len(present) < 2
            raise InputError("by" if lonely else "reference",
                             allowed="at least two groups that answered" if lonely else
                             "a group that answered",
                             received=f"{by!r}: {check.listing(groups[g] for g in present)} "
                             f"answered {answers.column!r}",
                             fix="Choose another column or reference.")  # fmt: skip
        if empty:
            notes.append(f"nobody answered {answers.column!r} in {check.listing(empty)}: not compared")
        pairs = (
            [(g, chosen) for g in present if g != chosen]
            if chosen is not None
            else [(b, a) for a, b in combinations(present, 2)]
        )
        made += _differences(prepared, answers, cells, pairs=pairs, level=level)
    adjusted = _adjust([row.p_value for row in made], adjust)
    rows = tuple(replace(row, p_adjusted=p) for row, p in zip(made, adjusted, strict=True))
    return ComparisonResult(rows, by, prepared.people, prepared.population[0], len(rows), adjust, level,
                            tuple(accounts), tuple(notes))  # fmt: skip


def _reference(reference: object, groups: list[str], by: str) -> int | None:
    if reference is None:
        return None
    wanted = canonical(reference)
    alike = [place for place, name in enumerate(groups) if canonical(name) == wanted]
    exact = [place for place in alike if groups[place] == str(reference)]
    if len(alike) == 1 or exact:
        return (exact or alike)[0]
    raise InputError("reference", allowed=f"a group of {by!r}", received=reference,
                     fix=check.suggestion(reference, groups, "groups"))  # fmt: skip


def _adjust(p_values: list[float], how: t.Adjust) -> list[float]:
    """Adjust the p-values that there are for one another."""
    adjusted: FloatArray = np.array(p_values)
    tested = ~np.isnan(adjusted)
    if how != "none" and tested.any():
        adjusted[tested] = multipletests(adjusted[tested], method=how)[1]
    return [float(p) for p in adjusted]


def _test(counts: tuple[float, float, float, float], *, weighted: bool) -> tuple[str, float]:
    """Test two proportions: by score, exactly where that is unsafe, not at all where neither will do."""
    x1, n1, x2, n2 = counts
    yes = x1 + x2
    smallest = min(n1, n2) * min(yes, n1 + n2 - yes) / (n1 + n2)
    if smallest >= _SAFE_EXPECTED:
        return "score", float(score_p_value(x1, n1, x2, n2))
    if weighted:
        return "none", float("nan")
    exact = comparison_test(*np.rint([x1, n1, x2, n2]), method="fisher")
    return "fisher", float(exact.p_value)


def _differences(
    prepared: Prepared, answers: Answers, cells: CellSums, *, pairs: list[tuple[int, int]], level: float
) -> list[Difference]:
    """Compare pairs of groups (group, reference) on one item."""
    n_effective = np.minimum(kish(cells.weight, cells.weight_squared), cells.nobs)
    share = np.divide(cells.weight_yes, cells.weight, out=np.zeros(cells.weight.shape),
                      where=cells.weight > 0)  # fmt: skip
    one, two = np.array(pairs).T
    count = share * n_effective
    low, high = newcombe(count[one], n_effective[one], count[two], n_effective[two], confidence_level=level)
    names = [label for (label,) in prepared.group_labels]
    rows = []
    for k, (a, b) in enumerate(pairs):
        n_a, n_b = int(cells.nobs[a]), int(cells.nobs[b])
        weighted = ["weighted"] if prepared.weight is not None else []
        flags = list(weighted)
        if min(n_a, n_b) < SMALL_BASE:
            flags.append("small_base")
        elif is_small(min(n_effective[a], n_effective[b])):
            flags.append("small_n_effective")
        test, p_value = _test((count[a], n_effective[a], count[b], n_effective[b]), weighted=bool(weighted))
        if test == "none":
            flags.append("too_few_to_test")
        rows.append(
            Difference(
                item=answers.column, label=answers.label, group=names[a], reference=names[b],
                estimate=float(share[a] - share[b]), conf_low=float(low[k]), conf_high=float(high[k]),
                test=test, p_value=p_value, p_adjusted=float("nan"),
                estimate_group=float(share[a]), estimate_reference=float(share[b]),
                count=int(cells.count[a]), n=n_a, count_reference=int(cells.count[b]), n_reference=n_b,
                n_effective=float(n_effective[a]), n_effective_reference=float(n_effective[b]),
                flags=tuple(flags),
                base=f"{n_a:,} against {n_b:,} {prepared.subset.words}",
            )
        )  # fmt: skip
    return rows
