"""Comparisons between groups of people, with intervals and p-values for all that are made."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, cast

import numpy as np

from credbenefits import _progress
from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.groups import where_words
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators.core.contrasts import How, adjust_p_values, make_contrasts
from credbenefits.estimators.core.flags import Response, warn_of_low_response
from credbenefits.estimators.core.notes import comparison_notes
from credbenefits.estimators.core.refusals import refuse_nothing_made
from credbenefits.estimators.core.source import prepare
from credbenefits.frames.boundary import kind_of
from credbenefits.frames.names import identifies
from credbenefits.numerics.groups.methods import method_for
from credbenefits.questions.spelling import canonical
from credbenefits.results.comparisons import ComparisonResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Frame, Values
    from credbenefits.counts.share_sums import OfGroups
    from credbenefits.estimators.core.source import Prepared
    from credbenefits.frames.answers import Answers
    from credbenefits.questions.item import ItemLike, Question
    from credbenefits.results.comparisons import Contrast
    from credbenefits.weighting.weights import Weights

#: Most groups of which every pair is compared without allow_long=True.
_MOST_GROUPS = 50


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
    answers: Values = (),
    people: str = "respondents",
    allow_long: bool = False,
    allow_identifier: bool = False,
) -> ComparisonResult:
    """Compare the proportions that say yes between groups of different people.

    Parameters
    ----------
    data, items, among, weights, missing, answers, people
        As in :func:`proportions`.
    by : str
        Column whose values make the groups.
    reference : value, optional
        Group that all others are compared with. By default every pair is compared, of up to 50 groups.
    comparison : {"difference", "ratio", "odds_ratio"}
        Group minus reference, group over reference, or the group's odds over those of the reference.
    method : str, optional
        Interval: any method of :func:`comparison_interval` for this comparison. By default "newcombe"
        for differences, "koopman" for ratios and "miettinen_nurminen" for odds ratios. When weighted, on
        Kish's effective sample sizes, so not those that need whole counts ("cornfield_exact",
        "cornfield_midp"). A method that has no interval for some pair, or one without width, is refused.
    adjust : {"holm", "bonferroni", "fdr_bh", "none"}
        Adjustment of the p-values for all comparisons of the call (as by statsmodels).
    confidence_level : float
        Level of each interval on its own, a proportion.
    allow_long : bool
        Compare every pair of more than 50 groups too, which is refused otherwise: 200 groups make 19,900
        comparisons for each proportion.
    allow_identifier : bool
        As in :func:`proportions`.

    Returns
    -------
    ComparisonResult
        Per item and pair: the estimate, its interval, ``test``, ``p_value`` and ``p_adjusted``, and both
        groups' counts, bases, effective sizes, ``n_missing``, ``response_rate`` and kinds of no answer
        (``n_refused``, ``n_refused_reference`` and so on, as in :func:`proportions`). A question with several
        answers has rows for each, told apart by ``level``. ``n_comparisons`` says how many comparisons were
        made.

        Flags are those of :func:`proportions`, of whichever of the two groups has them (``none`` and
        ``all``: both groups together), and ``too_few_to_test`` and ``undefined`` (see Notes).

    Raises
    ------
    InputError
        As :func:`proportions` does, and for fewer than two groups, a reference that is no group, more than
        50 groups without a reference, or where no item was answered in two groups (or in the reference and
        another).
    MethodError
        For a method that is not one for this comparison or not for these counts.

    Warns
    -----
    DataWarning
        Where fewer than 70% of those asked answered an item in some group.

    Notes
    -----
    Where nobody in one of the two groups answered an item, the pair has a row all the same: its estimate,
    interval and p-values are NaN, ``test`` is "none", the flag is ``no_answers``. Neither ``n_comparisons``
    nor the adjustment counts it. An item that nobody at all answered is an error,
    as in :func:`proportions`.

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
    check.switches(allow_long=allow_long, allow_identifier=allow_identifier)
    column = check.text("by", by, fix="Name one column.")
    prepared = prepare(
        data,
        items,
        by=column,
        among=among,
        weights=weights,
        missing=missing,
        answers=answers,
        people=people,
        allow_identifier=allow_identifier,
    )
    names = [label for (label,) in prepared.group_labels]
    pairs = _pairs(names, _reference(reference, names, prepared), by, allow_long=allow_long)
    estimates = prepared.all_answers()
    sums = [each for part in prepared.parts(estimates) for each in part.each()]
    counted = list(zip(estimates, sums, strict=True))
    accounts = [prepared.account(a, cells.missing.sum(axis=0), cells.nobs.sum()) for a, cells in counted]
    made = _contrasts(prepared, counted, pairs, how)
    refuse_nothing_made(made, by, reference)
    warn_of_low_response(_responses(prepared, counted), "groups")
    compared = [row for row in made if "no_answers" not in row.flags]
    return ComparisonResult(
        _adjusted(made, adjust),
        by,
        prepared.people,
        prepared.population[0],
        how.comparison,
        how.method,
        len(compared),
        adjust,
        how.level,
        tuple(accounts),
        comparison_notes(prepared, counted, compared, how.comparison),
        frame_kind=kind_of(prepared.frame),
    )


def _how(comparison: object, method: object, confidence_level: object, *, weighted: bool) -> How:
    kind = check.choice("comparison", comparison, t.ContrastKind)
    chosen = method_for(kind, method)
    if weighted and chosen.whole_counts:
        raise MethodError(
            "method",
            allowed="with weights, a method for effective sizes, which are not whole",
            value=chosen.name,
            fix="Use method='miettinen_nurminen'.",
        )
    level = check.confidence_level(confidence_level)
    return How(cast("t.ContrastKind", kind), cast("t.ComparisonMethod", chosen.name), level)


def _pairs(
    names: Sequence[str], reference: int | None, by: str, *, allow_long: bool
) -> list[tuple[int, int]]:
    """Return the pairs (group, reference) to compare; refuse too few of them, and too many."""
    n = len(names)
    if n < 2:
        raise InputError(
            "by",
            allowed="at least two groups",
            received=f"{by!r}: {check.listing(names)}",
            fix="Choose a column with more values; missing codes are none.",
        )
    if reference is not None:
        return [(g, reference) for g in range(n) if g != reference]
    if n > _MOST_GROUPS and not allow_long:
        raise InputError(
            "reference",
            allowed=f"the group to compare with, where {by!r} makes more than {_MOST_GROUPS}",
            received=f"None: {n:,} groups make {n * (n - 1) // 2:,} comparisons for each share",
            fix="Name one group as reference=, or insist on every pair with allow_long=True.",
        )
    return [(b, a) for a, b in combinations(range(n), 2)]


def _contrasts(
    prepared: Prepared,
    counted: Sequence[tuple[Answers, OfGroups]],
    pairs: list[tuple[int, int]],
    how: How,
) -> list[Contrast]:
    """Compare every pair of groups in each of the answers."""
    result: list[Contrast] = []
    with _progress.showing("comparing") as tell:
        for done, each in enumerate(counted, 1):
            result += make_contrasts(prepared, *each, pairs=pairs, how=how)
            tell(done, len(counted))
    return result


def _responses(prepared: Prepared, counted: Sequence[tuple[Answers, OfGroups]]) -> list[Response]:
    """Say how many answered, per item and group, once for all answers to a question."""
    result = []
    for answers, cells in counted:
        missing = cells.missing[:, 1:].sum(axis=1)
        for g, (name,) in enumerate(prepared.group_labels):
            words = f"{answers.column!r} ({where_words(prepared.by, (name,))})"
            result.append(Response(words, int(cells.nobs[g]), int(missing[g])))
    return list(dict.fromkeys(result))


def _reference(reference: object, groups: list[str], prepared: Prepared) -> int | None:
    if reference is None:
        return None
    wanted = canonical(reference)
    for place, name in enumerate(groups):
        if canonical(name) == wanted:
            return place
    sizes = np.bincount(prepared.group[prepared.group >= 0], minlength=len(groups))
    secret = identifies(groups, sizes, ordinary=12)  # an error must not say who people are
    raise InputError(
        "reference",
        allowed=f"a group of {prepared.by[0]!r}",
        value=reference,
        fix="Give one of its values." if secret else check.suggestion(reference, groups, "groups"),
    )


def _adjusted(rows: Sequence[Contrast], how: t.Adjust) -> tuple[Contrast, ...]:
    """Return the rows with the p-values that there are adjusted for one another."""
    adjusted: FloatArray = np.array([row.p_value for row in rows])
    tested = ~np.isnan(adjusted)
    adjusted[tested] = adjust_p_values(adjusted[tested], how)
    return tuple(replace(row, p_adjusted=float(p)) for row, p in zip(rows, adjusted, strict=True))
