"""Comparisons between groups of people, with intervals and p-values for all that are made."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.design import check_design
from credbenefits.counts.counts import Counts
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators.core.comparing.columns import low_responses, make_columns
from credbenefits.estimators.core.comparing.contrasts import How, compare, there
from credbenefits.estimators.core.comparing.effect import ContrastEffects
from credbenefits.estimators.core.comparing.of_design import groups_together
from credbenefits.estimators.core.comparing.pairs import Pairs, pairs_of, with_overall, with_rest
from credbenefits.estimators.core.comparing.reference import find_reference
from credbenefits.estimators.core.design import check_resampling
from credbenefits.estimators.core.flags import warn_of_low_response
from credbenefits.estimators.core.notes import comparison_notes, design_notes, idle_notes
from credbenefits.estimators.core.of_counts.choosing import data_words, source_of
from credbenefits.estimators.core.of_counts.source import Counted
from credbenefits.estimators.core.refitting.effect import weighed_by
from credbenefits.estimators.core.refusals import (
    refuse_bootstrap_method,
    refuse_comparison_method,
    refuse_keeping,
    refuse_loose_ends,
    refuse_nothing_made,
    refuse_odds_of_overlap,
    refuse_own_groups,
    refuse_reserved_groups,
    refuse_rows,
    refuse_second_stage,
    refuse_variance,
)
from credbenefits.estimators.core.task import Task, refit_of
from credbenefits.estimators.core.variance import estimate
from credbenefits.numerics.groups.methods import method_for
from credbenefits.questions.groups import as_groups
from credbenefits.results.comparisons import ComparisonResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntoFrame, Values
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.sampling import Bootstrap, SurveyDesign
    from credbenefits.estimators.core.comparing.of_design import Together
    from credbenefits.estimators.core.design import Resample
    from credbenefits.estimators.core.source import Source
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike, Question
    from credbenefits.weighting.weights import Weights

#: Most groups of which every pair is compared without allow_long=True.
_MOST_GROUPS = 50


def compare_groups(
    data: IntoFrame | Counts,
    items: Question | Sequence[Question] | None = None,
    *,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    reference: t.Reference | None = None,
    comparison: t.ContrastKind = "difference",
    among: ItemLike | Sequence[ItemLike] | None = None,
    weights: Weights | str | None = None,
    design: SurveyDesign | None = None,
    variance: t.VarianceMethod | None = None,
    method: t.ComparisonMethod | t.ComparisonBootstrap | None = None,
    adjust: t.Adjust = "holm",
    confidence_level: float = 0.95,
    bootstrap: Bootstrap | None = None,
    missing: Values = (),
    answers: Values = (),
    people: str = "respondents",
    allow_long: bool = False,
    allow_identifier: bool = False,
) -> ComparisonResult:
    """Compare the proportions that say yes between groups of different people.

    Parameters
    ----------
    data, items, bins, among, weights, design, missing, answers, people
        As in :func:`proportions`. Counts hold all but the first two, and the rest is refused if given again.
    by : str, Item, what any_of and all_of return, or list of them
        What makes the groups, as in :func:`proportions`; of counts by default all that they have. Groups of
        several columns or questions are called "role = staff, site = north" in the result.
    reference : value, list or mapping of values, "rest" or "overall", optional
        Group that all others are compared with; of several columns a value of each, in their order or by
        their names: ``{"role": "staff", "site": "north"}``. "rest" compares each group with all others
        together, and "overall" with everybody who has a group, itself among them. By default every pair is
        compared, of up to 50 groups.
    comparison : {"difference", "ratio", "odds_ratio"}
        Group minus reference, group over reference, or the group's odds over those of the reference.
    variance : {"kish", "linearized", "jackknife", "bootstrap", "replicate_weights"}, optional
        "kish" (default): that of the effective sample sizes of the weights, groups being independent.
        "linearized" (Taylor; default with strata, clusters or population sizes in the `design`): that of the
        design, with the covariance of groups that share sampling units. So have "jackknife" (with clusters or
        estimated weights), "bootstrap" and "replicate_weights" (default with those of a file). The first
        three count in that `weights` were estimated, as in :func:`proportions`: groups have a covariance then
        too, because their weights are of one model.
    method : str, optional
        Interval: any method of :func:`credbenefits.stats.comparison_interval` for this comparison. By default
        "newcombe" for differences, "koopman" for ratios and "miettinen_nurminen" for odds ratios. When
        weighted, on Kish's effective sample sizes, so not those that need whole counts ("cornfield_exact",
        "cornfield_midp"). With a design's variance "newcombe" (default) or "wald" for differences, "katz" for
        ratios and "woolf" for odds ratios. "bootstrap" (percentile), and for differences "bootstrap_basic",
        take the comparison of each replicate. A method that has no interval for some pair, or one without
        width, is refused; so are bootstrap intervals where nobody or everybody in a group said yes.
    adjust : {"holm", "bonferroni", "fdr_bh", "none"}
        Adjustment for all comparisons of the call, of p-values and intervals. With "holm" and "bonferroni"
        intervals are Bonferroni's, so a p-value of Holm's below 0.05 may go with an interval that holds 0.
        With "fdr_bh" and "none" intervals are not adjusted.
    confidence_level : float
        Level of the intervals, a proportion: of all together with "holm" and "bonferroni", where each has
        1 - (1 - `confidence_level`) / ``n_comparisons`` (``interval_level``), and else of each on its own.
    bootstrap : Bootstrap, optional
        How replicates are drawn where `variance` or `method` asks for them, which takes the rows. They are
        those of :func:`proportions` with the same ``rng``, so groups that share clusters share them in
        each.
    allow_long : bool
        Compare every pair of more than 50 groups too, which is refused otherwise: 200 groups make 19,900
        comparisons for each proportion.
    allow_identifier : bool
        As in :func:`proportions`.

    Returns
    -------
    ComparisonResult
        Per item and pair: the estimate, ``std_error``, its interval, ``test``, ``df`` (NaN without a
        design), ``p_value`` and ``p_adjusted``, and both groups' counts, bases, effective sizes,
        ``n_missing``, ``response_rate`` and kinds of no answer (``n_refused``, ``n_refused_reference`` and so
        on, as in :func:`proportions`). A question with several answers has rows for each; ``level`` names the
        answer. ``n_comparisons`` says how many comparisons were made.

        Flags are those of :func:`proportions`, of whichever of the two groups has them (``none`` and
        ``all``: both groups together), and ``too_few_to_test`` and ``undefined`` (see Notes); ``no_df`` and
        ``no_interval`` are of the comparison.

    Raises
    ------
    InputError
        As :func:`proportions` does, and for fewer than two groups, a reference that is no group, more than
        50 groups without a reference, or where no item was answered in two groups (or in the reference and
        another).
    MethodError
        For a method that is not one for this comparison, this variance or these counts; a stratum with one
        unit, as :func:`proportions` has it.

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

    P-values are adjusted for the comparisons that were tested, intervals for all that were made: there is an
    interval where there is no test, too.

    Under a design the groups are domains. Newcombe's interval has Wilson's limits for each group's
    effective size, and the design's correlation of both; where it is adjusted it is never shorter than
    "wald". "wald" has the delta method's standard error, for ratios ("katz", "woolf") on the log scale. The
    test compares the proportions by their variances if both were equal, which is Pearson's test with Rao
    and Scott's correction. All have t with ``df``: the units with somebody of either group who answered
    less their strata, or fewer where a group is in few units (Satterthwaite's). A pair has no degrees of
    freedom where a group is in one unit only; its interval and p-values are NaN then, and the flag is
    ``no_df``. Expected counts below 5 are not tested: of people where there are clusters or replicate
    weights, whose number the test's t allows for, and of effective sizes where people are the units. There
    is no exact test.

    With "rest" and "overall" the row's reference is called ``(rest)`` and ``(overall)``, and a pair is
    compared where somebody outside of the group answered. With two groups "rest" is the other one. A group
    differs from everybody just where it differs from the rest, so that is what "overall" tests, with the
    same p-value and ``df``. Without a design its interval follows from that with the rest and from Wilson's
    of the group's part f of the weights, which varies from sample to sample, too: the difference is (1 - f)
    times that with the rest, and the ratio R / (f R + 1 - f). Odds ratios do not follow and are refused.
    Under a design the overlap is in the covariance of both proportions; where nobody or everybody in the
    group or among all others said yes, the interval follows from that with the rest as well. Where the sizes
    of the groups were fixed when people were drawn, name the groups as strata of the `design`.

    ``std_error`` is the delta method's, without pooling; without a design it is that of the (effective)
    sizes. It is NaN where nobody or everybody in a group said yes. Under a design it is NaN as well where
    both groups vary alike, so that the difference has no variance: it is the same in all clusters. That is
    chance, not certainty, so there is no interval (``no_interval``) and no test of a difference that is not
    0. Up to rounding, a variance counts as 0 below 1e-13 of those of both groups, and a proportion's where
    more than 2**53 people would be needed for one so small.

    Ratios are on their own scale, from 0 to infinity, where 1 says that the groups are alike. A ratio is
    infinite where its denominator alone is 0 (nobody in the reference said yes; for odds ratios also:
    everybody in the group did). Where both ends are 0 there is no estimate: it is NaN, the row is flagged
    ``undefined``, a note says so, and the interval is what the data leave open, mostly from 0 to infinity.

    A difference between groups of respondents says nothing about what caused it.

    References
    ----------
    Newcombe (1998), Stat Med 17:873, method 10; Koopman (1984), Biometrics 40:513; Miettinen & Nurminen
    (1985), Stat Med 4:213; Holm (1979), Scand J Stat 6:65; Zou & Donner (2008), Stat Med 27:1693; Rao &
    Scott (1992), Biometrics 48:577; Binder (1983), Int Stat Rev 51:279.

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
    said = check_design(design)
    resample = refuse_keeping(check_resampling(bootstrap, said.replicate_weights))
    check.choice("comparison", comparison, t.ContrastKind)
    check.choice("adjust", adjust, t.Adjust)
    check.switches(allow_long=allow_long, allow_identifier=allow_identifier)
    wanted = _groups(data, by)
    resampled = isinstance(method, str) and method in get_args(t.ComparisonBootstrap)
    if not isinstance(data, Counts) and not resampled:
        _how(comparison, method, confidence_level, "kish", weighted=weights is not None)
    source = source_of(
        data,
        items,
        by=wanted,
        bins=bins,
        among=among,
        share="conditional",
        weights=weights,
        design=design,
        missing=missing,
        answers=answers,
        people=people,
        allow_identifier=allow_identifier,
    )
    if isinstance(source, Counted):
        resample = replace(resample, scale=source.counts.replicates)
    drawing = source.drawn(said, answers)
    refit = refit_of(source, drawing, resample)
    made_by = _variance(variance, drawing, resample, drawn=resampled, refit=refit is not None)
    drawn = made_by == "bootstrap"
    refuse_loose_ends(resample, weighted=source.weighted, drawn=drawn)
    if isinstance(source, Counted):
        _refuse_people(source, made_by, data_words(data), resampled=resampled)
    how = replace(
        _how(comparison, method, confidence_level, made_by, weighted=source.weighted), adjust=adjust
    )
    pairs = _pairs(source, reference, allow_long=allow_long)
    refuse_odds_of_overlap(how.comparison, made_by, overlap=pairs.overlap)
    task = Task(source, source.all_answers(), drawing, pairs.groups, made_by, "wilson", how.asked, resample)
    idle = idle_notes(bootstrap, made_by, drawn=drawn)
    return _compared(task, pairs, replace(how, adjust=adjust), reference=reference, idle=idle)


def _refuse_people(source: Counted, variance: t.VarianceMethod, words: str, *, resampled: bool) -> None:
    """Refuse what takes people one by one, who are not in the counts."""
    method: t.ProportionMethod = "bootstrap" if resampled else "wilson"
    refuse_rows(source.counts, variance, method, plain=False, keep=False, call="compare_groups", of=words)


def _compared(
    task: Task, pairs: Pairs, how: How, *, reference: object, idle: tuple[str, ...]
) -> ComparisonResult:
    """Compare the groups, and put rows, accounts and notes together. `idle` notes come last."""
    source = task.source
    together: Together | None = None
    notes: tuple[str, ...] = ()
    if how.variance == "kish":
        estimates = estimate(task)
        n_effective = np.where(estimates.nobs > 0, estimates.n_kish, 0.0)
    else:
        estimates, together, drawn = groups_together(task, pairs)
        n_effective, notes = together.n_effective, (*design_notes(task, estimates), *drawn)
    accounts = [
        source.account(*each)
        for each in zip(task.answers, estimates.unanswered, estimates.answered, strict=True)
    ]
    compared = there(estimates, pairs)
    n_comparisons = int(compared.sum())
    how = how.adjusted_for(n_comparisons)
    made = compare(task, estimates, together, pairs=pairs, how=how)
    columns = make_columns(task, estimates, made, n_effective=n_effective, pairs=pairs, adjust=how.adjust)
    refuse_nothing_made(columns, source.by, reference)
    warn_of_low_response(low_responses(task, estimates), "groups", stacklevel=4)
    return ComparisonResult(
        columns,
        source.by,
        source.people,
        source.population[0],
        how.comparison,
        how.method,
        n_comparisons,
        how.adjust,
        how.asked,
        how.level,
        tuple(accounts),
        (*comparison_notes(task, estimates.nobs, columns, how.comparison), *notes, *idle),
        replace(task.procedure, method=how.method),
        weighed_by(source, ContrastEffects(task, pairs, how.comparison)),
        frame_kind=source.frame_kind,
    )


def _groups(data: IntoFrame | Counts, by: GroupsBy | None) -> tuple[ItemLike, ...]:
    """Check what makes the groups; of counts it is by default all that they have."""
    wanted = as_groups(data.by if by is None and isinstance(data, Counts) else by)
    if not wanted:
        raise InputError(
            "by",
            allowed="a column, a question, or a list of them",
            value=by,
            fix="Name the column whose values make the groups.",
        )
    return wanted


def _variance(
    variance: t.VarianceMethod | None, design: Design, resample: Resample, *, drawn: bool, refit: bool
) -> t.VarianceMethod:
    """Choose where the variance comes from, or check what was chosen."""
    if variance is None:
        if resample.scale is not None:
            return "replicate_weights"
        return "bootstrap" if drawn else "linearized" if design.has_any else "kish"
    refuse_variance(variance, design, resample, drawn=drawn)
    if variance == "jackknife" and design.clusters is None and not refit:
        raise MethodError(
            "variance",
            allowed="'linearized' or 'bootstrap' for comparisons, or 'jackknife' with clusters or weights "
            "from attrition_weights()",
            received=repr(variance),
            fix="Leave variance= out.",
        )
    refuse_second_stage(design, variance, drawn=variance == "bootstrap")
    return variance


def _how(
    comparison: t.ContrastKind,
    method: object,
    confidence_level: object,
    variance: t.VarianceMethod,
    *,
    weighted: bool,
) -> How:
    level = check.confidence_level(confidence_level)
    if isinstance(method, str) and method in get_args(t.BootstrapMethod):
        refuse_bootstrap_method(cast("t.BootstrapMethod", method), comparison, variance)
        return How(comparison, cast("t.ComparisonBootstrap", method), level, level, variance, "none")
    chosen = method_for(comparison, method, of_design=variance != "kish")
    refuse_comparison_method(chosen, comparison, variance)
    if weighted and chosen.whole_counts:
        raise MethodError(
            "method",
            allowed="with weights, a method for effective sizes, which are not whole",
            value=chosen.name,
            fix="Use method='miettinen_nurminen'.",
        )
    return How(comparison, cast("t.ComparisonMethod", chosen.name), level, level, variance, "none")


def _pairs(source: Source, reference: object, *, allow_long: bool) -> Pairs:
    """Return the pairs to compare; refuse too few of them, and too many."""
    refuse_own_groups(*source.asked)
    names, by = source.group_words, check.listing(source.by)
    refuse_reserved_groups(by, names)
    one = find_reference(reference, source)
    n = len(names)
    if n < 2:
        raise InputError(
            "by",
            allowed="at least two groups",
            received=f"{by}: {check.listing(names)}",
            fix="Choose a column with more values; missing codes are none.",
        )
    if len(set(names)) < n:
        raise InputError(
            "by",
            allowed="groups whose names differ in words",
            received=f"{check.listing(sorted({name for name in names if names.count(name) > 1}))} twice",
            fix="Write the values without commas and equals signs.",
        )
    if isinstance(one, str):
        return with_rest(source.group_labels) if one == "rest" else with_overall(source.group_labels)
    if one is not None:
        return pairs_of(source.group_labels, [(g, one) for g in range(n) if g != one])
    if n > _MOST_GROUPS and not allow_long:
        raise InputError(
            "reference",
            allowed=f"the group to compare with, where {by} makes more than {_MOST_GROUPS}",
            received=f"None: {n:,} groups make {n * (n - 1) // 2:,} comparisons for each share",
            fix="Name one group as reference=, or 'rest', or insist on every pair with allow_long=True.",
        )
    return pairs_of(source.group_labels, [(b, a) for a, b in combinations(range(n), 2)])
