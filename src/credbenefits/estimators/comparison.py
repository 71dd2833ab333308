"""Comparisons between groups of people, with intervals and p-values for all that are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import isinf, isnan
from typing import TYPE_CHECKING, cast

import numpy as np
from statsmodels.stats.multitest import multipletests

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators._prepare import SMALL_BASE, is_small, prepare
from credbenefits.estimators._rows import left_out, readings
from credbenefits.frames.categories import canonical
from credbenefits.numerics.comparison_interval import WHOLE_COUNTS, comparison_interval, method_for
from credbenefits.numerics.comparison_test import comparison_test
from credbenefits.numerics.proportion import kish
from credbenefits.results.proportions import ComparisonResult, Contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import FloatArray, Frame, IntArray, Values
    from credbenefits.estimators._prepare import Prepared
    from credbenefits.frames.answers import Answers
    from credbenefits.frames.cells import CellSums
    from credbenefits.frames.items import ItemLike, Question
    from credbenefits.weighting.weights import Weights


#: Expected count below which the score test's p-value is not to be trusted.
_SAFE_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class _How:
    """What is compared, by which method and at which level."""

    comparison: t.ContrastKind
    method: t.ComparisonMethod
    level: float


def compare_groups(
    data: Frame,
    items: Question | Sequence[Question],
    *,
    by: str,
    reference: object = None,
    comparison: t.ContrastKind = "difference",
    among: ItemLike | Sequence[ItemLike] | None = None,
    weights: Weights | str | None = None,
    method: t.ComparisonMethod | None = None,
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
    comparison : {"difference", "ratio", "odds_ratio"}
        Group minus reference, group over reference, or the group's odds over those of the reference.
    method : str, optional
        Interval: any method of :func:`comparison_interval` for this comparison. By default "newcombe"
        for differences, "koopman" for ratios and "miettinen_nurminen" for odds ratios. When weighted, on
        Kish's effective sample sizes, so not those that need whole counts ("cornfield_exact",
        "cornfield_midp"). A method that has no interval for some pair, or one without width, is refused.
    adjust : {"holm", "bonferroni", "fdr_bh", "none"}
        Adjustment of the p-values for all comparisons of the call (by statsmodels).
    confidence_level : float
        Level of each interval on its own, a proportion.

    Returns
    -------
    ComparisonResult
        Per item and pair: the estimate, its interval, ``test``, ``p_value`` and ``p_adjusted``, and both
        groups' counts, bases and effective sizes. A question with several answers has rows for each, told
        apart by ``level``. ``n_comparisons`` says how many comparisons were made.

    Raises
    ------
    InputError
        As :func:`proportions` does, and for fewer than two groups with answers, or a reference
        that is no group.
    MethodError
        For a method that is not one for this comparison or not for these counts.

    Notes
    -----
    The test is the score test (Pearson's chi-squared without correction). Where an expected count is
    below 5 it is Fisher's exact test; with weights there is no exact test, so there ``test`` is "none",
    the p-values are NaN, the row is flagged ``too_few_to_test``, and the adjustment covers the others.

    Ratios are on their own scale, from 0 to infinity, where 1 says that the groups are alike. A ratio is
    infinite where its denominator alone is 0 (nobody in the reference said yes; for odds ratios also:
    everybody in the group did). Where both ends are 0 there is no estimate: it is NaN, the row is flagged
    ``undefined``, a note says so, and the interval is what the data leave open, mostly from 0 to infinity.

    A difference between groups of respondents says nothing about what caused it.

    References
    ----------
    Newcombe (1998), Stat Med 17:873, method 10; Koopman (1984), Biometrics 40:513; Miettinen & Nurminen
    (1985), Stat Med 4:213; Holm (1979), Scand J Stat 6:65.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"role": ["a"] * 70 + ["b"] * 80,
    ...                      "yes": [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32})
    >>> row = cb.compare_groups(data, "yes", by="role", reference="b").rows[0]
    >>> round(row.estimate, 4), round(row.conf_low, 4), round(row.conf_high, 4)
    (0.2, 0.0524, 0.3339)
    >>> row = cb.compare_groups(data, "yes", by="role", reference="b", comparison="ratio").rows[0]
    >>> round(row.estimate, 4), round(row.conf_low, 4), round(row.conf_high, 4)
    (1.3333, 1.0798, 1.6708)
    """
    how = _how(comparison, method, confidence_level, weighted=weights is not None)
    check.choice("adjust", adjust, t.Adjust)
    column = check.text("by", by, fix="Name one column.")
    prepared = prepare(data, items, by=column, among=among, weights=weights, missing=missing, people=people)
    chosen = _reference(reference, [label for (label,) in prepared.group_labels], by)
    made: list[Contrast] = []
    accounts = []
    notes = list(left_out(prepared))
    counter = prepared.counter()
    found = [answers for question in prepared.questions for answers in prepared.answers(question)]
    notes += readings(found)
    for answers in found:
        cells = counter.count(answers.status, powers=2)
        accounts.append(prepared.account(answers, cells.missing.sum(axis=0), cells.nobs.sum()))
        pairs, empty = _pairs(prepared, answers, cells, chosen)
        if empty:
            notes.append(f"nobody answered {answers.column!r} in {check.listing(empty)}: not compared")
        made += _contrasts(prepared, answers, cells, pairs=pairs, how=how)
    notes += _edges(made, how.comparison)
    adjusted = _adjust([row.p_value for row in made], adjust)
    rows = tuple(replace(row, p_adjusted=p) for row, p in zip(made, adjusted, strict=True))
    return ComparisonResult(
        rows, by, prepared.people, prepared.population[0], how.comparison, how.method, len(rows), adjust,
        how.level, tuple(accounts), tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _how(comparison: object, method: object, confidence_level: object, *, weighted: bool) -> _How:
    kind = check.choice("comparison", comparison, t.ContrastKind)
    name = method_for(kind, method)
    if weighted and name in WHOLE_COUNTS:
        raise MethodError("method", allowed="with weights, a method for effective sizes, which are not whole",
                          received=name, fix="Use method='miettinen_nurminen'.")  # fmt: skip
    level = check.confidence_level(confidence_level)
    return _How(cast("t.ContrastKind", kind), cast("t.ComparisonMethod", name), level)


def _pairs(
    prepared: Prepared, answers: Answers, cells: CellSums, reference: int | None
) -> tuple[list[tuple[int, int]], list[str]]:
    """Return the pairs (group, reference) to compare, and the groups in which nobody answered."""
    groups = [label for (label,) in prepared.group_labels]
    present = [g for g in range(len(groups)) if cells.nobs[g] > 0]
    lonely = len(present) < 2
    if lonely or (reference is not None and reference not in present):
        raise InputError("by" if lonely else "reference",
                         allowed="at least two groups that answered" if lonely else
                         "a group that answered",
                         received=f"{prepared.by[0]!r}: {check.listing(groups[g] for g in present)} "
                         f"answered {answers.column!r}",
                         fix="Choose another column or reference.")  # fmt: skip
    pairs = (
        [(b, a) for a, b in combinations(present, 2)]
        if reference is None
        else [(g, reference) for g in present if g != reference]
    )
    return pairs, [groups[g] for g in range(len(groups)) if g not in present]


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


def _contrasts(
    prepared: Prepared, answers: Answers, cells: CellSums, *, pairs: list[tuple[int, int]], how: _How
) -> list[Contrast]:
    """Compare pairs of groups (group, reference) on one item."""
    weighted = prepared.weight is not None
    n_effective = np.minimum(kish(cells.weight, cells.weight_squared), cells.nobs)
    share = np.divide(cells.weight_yes, cells.weight, out=np.zeros(cells.weight.shape),
                      where=cells.weight > 0)  # fmt: skip
    count = share * n_effective if weighted else cells.count
    one, two = np.array(pairs).T
    tables = (count[one], n_effective[one], count[two], n_effective[two])
    low, high = comparison_interval(
        *tables, comparison=how.comparison, method=how.method, confidence_level=how.level
    )
    names = [label for (label,) in prepared.group_labels]
    _refuse_no_interval(np.flatnonzero(~(low < high)), how, answers, [(names[a], names[b]) for a, b in pairs])
    estimate = _estimate(share[one], share[two], how.comparison)
    tests, p_values = _tests(*tables, weighted=weighted)
    rows = []
    for k, (a, b) in enumerate(pairs):
        n_a, n_b = int(cells.nobs[a]), int(cells.nobs[b])
        flags = ["weighted"] if weighted else []
        if min(n_a, n_b) < SMALL_BASE:
            flags.append("small_base")
        elif is_small(min(n_effective[a], n_effective[b])):
            flags.append("small_n_effective")
        flags += ["too_few_to_test"] * (tests[k] == "none") + ["undefined"] * bool(np.isnan(estimate[k]))
        rows.append(
            Contrast(
                item=answers.column, label=answers.label, level=answers.level,
                group=names[a], reference=names[b],
                estimate=float(estimate[k]), conf_low=float(low[k]), conf_high=float(high[k]),
                test=str(tests[k]), p_value=float(p_values[k]), p_adjusted=float("nan"),
                estimate_group=float(share[a]), estimate_reference=float(share[b]),
                count=int(cells.count[a]), n=n_a, count_reference=int(cells.count[b]), n_reference=n_b,
                n_effective=float(n_effective[a]), n_effective_reference=float(n_effective[b]),
                flags=tuple(flags),
                base=f"{n_a:,} against {n_b:,} {prepared.subset.words}",
            )
        )  # fmt: skip
    return rows


def _estimate(share1: FloatArray, share2: FloatArray, comparison: t.ContrastKind) -> FloatArray:
    """Compare shares; a ratio is infinite where only its denominator is 0, and NaN where both ends are."""
    if comparison == "difference":
        return share1 - share2
    odds = comparison == "odds_ratio"
    top, bottom = (share1 * (1 - share2), share2 * (1 - share1)) if odds else (share1, share2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: FloatArray = top / bottom
    return ratio


def _tests(
    x1: FloatArray, n1: FloatArray, x2: FloatArray, n2: FloatArray, *, weighted: bool
) -> tuple[NDArray[np.str_], FloatArray]:
    """Test pairs of proportions: by score, exactly where that is unsafe, not at all where neither will do."""
    yes, everybody = x1 + x2, n1 + n2
    unsafe = np.minimum(n1, n2) * np.minimum(yes, everybody - yes) / everybody < _SAFE_EXPECTED
    p_values = comparison_test(x1, n1, x2, n2, method="pearson").p_value.copy()
    few = [values[unsafe] for values in (x1, n1, x2, n2)]
    p_values[unsafe] = np.nan if weighted else comparison_test(*few, method="fisher").p_value
    return np.where(unsafe, "none" if weighted else "fisher", "score"), p_values


def _refuse_no_interval(lacking: IntArray, how: _How, answers: Answers, pairs: list[tuple[str, str]]) -> None:
    """Refuse a method that has no interval for some pair, or one without width."""
    if not lacking.size:
        return
    group, reference = pairs[lacking[0]]
    default = method_for(how.comparison, None)
    raise MethodError(
        "method",
        allowed="one that has an interval, with some width, for every pair",
        received=f"{how.method!r}, which has none for {answers.label!r}, {group!r} against {reference!r}",
        fix=f"Use method={default!r}.",
    )


def _edges(rows: Sequence[Contrast], comparison: t.ContrastKind) -> list[str]:
    """Say what a reader must know of ratios, and of those that have no number."""
    words = comparison.replace("_", " ")
    found = ["odds ratios are not ratios of shares: they are further from 1"] * (comparison == "odds_ratio")
    undefined = sum(isnan(row.estimate) for row in rows)
    if undefined:
        are = f"{words}s are" if undefined > 1 else f"{words} is"
        found.append(f"{undefined} {are} 0 / 0, so there is no estimate; the interval says what is left open")
    if any(isinf(row.conf_high) or isinf(row.estimate) for row in rows):
        found.append("inf: as an estimate, that the denominator is 0; as a limit, that the data set none")
    return found
