"""Proportions of people who say yes, with intervals, bases in words and nested subsets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits import _progress
from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.counts.coding.design import check_design
from credbenefits.counts.counts import Counts
from credbenefits.estimators.core.columns import low_responses, make_columns
from credbenefits.estimators.core.design import check_resampling
from credbenefits.estimators.core.flags import warn_of_low_response
from credbenefits.estimators.core.groups import with_totals
from credbenefits.estimators.core.intervals import limits
from credbenefits.estimators.core.notes import (
    design_notes,
    idle_notes,
    left_out,
    readings,
    replicate_notes,
    together,
)
from credbenefits.estimators.core.of_counts.choosing import data_words, source_of
from credbenefits.estimators.core.of_counts.source import Counted
from credbenefits.estimators.core.refitting.effect import Effects, weighed_by
from credbenefits.estimators.core.refusals import (
    refuse_edges,
    refuse_loose_ends,
    refuse_method,
    refuse_rows,
    refuse_second_stage,
    refuse_taken,
    refuse_variance,
)
from credbenefits.estimators.core.replicates import draw_file, exact_bootstrap, keep, limits_of, with_variance
from credbenefits.estimators.core.resample import draw
from credbenefits.estimators.core.task import Task
from credbenefits.estimators.core.variance import estimate, with_stated_deff
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.results.proportions import ProportionsResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntoFrame, Values
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.sampling import Bootstrap, SurveyDesign
    from credbenefits.estimators.core.design import Resample
    from credbenefits.estimators.core.intervals import Limits
    from credbenefits.estimators.core.variance import Estimates
    from credbenefits.questions.groups import GroupsBy
    from credbenefits.questions.item import ItemLike, Question
    from credbenefits.results.replicates import Replicates
    from credbenefits.weighting.weights import Weights


def proportions(
    data: IntoFrame | Counts,
    items: Question | Sequence[Question] | None = None,
    *,
    by: GroupsBy | None = None,
    bins: t.Bins | None = None,
    among: ItemLike | Sequence[ItemLike] | None = None,
    share: t.ShareKind = "conditional",
    totals: bool = False,
    weights: Weights | str | None = None,
    design: SurveyDesign | None = None,
    variance: t.VarianceMethod | None = None,
    method: t.ProportionMethod = "wilson",
    confidence_level: float = 0.95,
    bootstrap: Bootstrap | None = None,
    missing: Values = (),
    answers: Values = (),
    people: str = "respondents",
    allow_identifier: bool = False,
) -> ProportionsResult:
    """Estimate the proportion of people who say yes to each item.

    Parameters
    ----------
    data : data frame or Counts
        One row per person: pandas, polars or any other frame that narwhals understands. Lazy tables (polars,
        DuckDB, Spark, Ibis) are counted where they are, so what needs rows is refused. Or counts of
        such rows, which hold `bins`, `among`, `share`, `weights`, `design`, `missing`, `answers` and
        `people`: given again they are refused. `items` and `by` may name fewer than the counts have, and are
        all of theirs by default. What resamples people needs the rows.
    items : str, Item, SelectAll, what any_of and all_of return, or list of them
        Yes/no columns by name; an :class:`Item` says which answers count as yes, or asks for every
        answer; a :class:`SelectAll` is a question of which people ticked several; :func:`any_of` and
        :func:`all_of` join items.
    by : str, Item, what any_of and all_of return, or list of them, optional
        What makes the groups: the values of a column, the answers to a question (an :class:`Item` makes the
        groups "yes" and "no" under its label, with ``each_level=True`` one of each answer), or the crossings
        of several. Rows without a value or an answer are in no group, and accounted for.
    bins : int, or mapping of column to int or to list of numbers, optional
        Columns of numbers in `by` that are cut into groups: the numbers at which a new group begins, or a
        number of groups of about the same number of rows, of all rows: ``{"age": [30, 50], "income": 4}``.
        The first and the last group are open: "below 30", "30 to below 50", "50 or more". A number alone cuts
        every column of more than 12 different numbers. Columns that are not cut make a group of each number.
    among : str, Item, what any_of and all_of return, or list of them, optional
        The subset that is the denominator: people who say yes to this item, and then to the
        next one, and so on. The result keeps the ladder of counts.
    share : {"conditional", "joint"}
        With `among`: the proportion of the subset, or of everybody (who said yes to `among` and to the item).
    totals : bool
        Add subtotals and the total over the groups, called ``(all)``. Rows without a group are in none.
    weights : Weights or str, optional
        Weights from :func:`attrition_weights` (joined on ``person``) or from :meth:`Weights.from_column`, or
        a column of weights.
    design : SurveyDesign, optional
        How people were drawn: ``SurveyDesign(strata="region", clusters="school")``, with population sizes,
        or the replicate weights that came with the file. All rows of the data are the sample.
    variance : {"kish", "linearized", "jackknife", "bootstrap", "replicate_weights"}, optional
        "kish" (default): that of the effective sample size of the weights. "linearized" (Taylor;
        default with strata, clusters or population sizes in the `design`), "jackknife" and "bootstrap"
        know the design, and that `weights` were estimated (see Notes). "replicate_weights" is the default
        with those. Where the second of two stages has a population size, "linearized" alone counts it, and
        the others are refused.
    method : str
        Interval. With "kish" any method of :func:`credbenefits.stats.proportion_interval`, on Kish's
        effective sample size; with other variances "wilson", "korn_graubard", "logit", "arcsine" and "wald",
        with t on the design's degrees of freedom. "bootstrap" (percentile), "bootstrap_basic",
        "bootstrap_bca" and "bootstrap_studentized" come from replicates; for unweighted proportions they
        are exact, without any draw. "goodman", "sison_glaz", "quesenberry_hurst" and
        "fitzpatrick_scott" hold for all answers to a question together. Methods without an interval
        where nobody or everybody says yes are refused there.
    confidence_level : float
        Level of the intervals, a proportion.
    bootstrap : Bootstrap, optional
        How replicates are drawn, and whether the result keeps them: ``Bootstrap(n_resamples=5_000, rng=1)``.
        Replicates are drawn where `variance` or `method` asks for the bootstrap, or with ``keep=True``. Else
        it has no effect, and a note says so; its ``kind`` is refused then.
    missing : value or list of values
        Answers in items and groups that are no answer (refusals, missing codes).
    answers : value or list of values
        Answers, groups, strata and clusters that look like no answer and are some all the same ("Don't know",
        a true 99). Undeclared, they raise.
    people : str
        Who the rows are, in words ("follow-up respondents"): part of every printed base.
    allow_identifier : bool
        Take columns that identify people as groups or answers, which is refused otherwise: the panel's
        ``person``, and text (or days) of more than 30 different values of which over half belong to one
        person each. The result then prints them.

    Returns
    -------
    ProportionsResult
        Per item and group: ``estimate`` (a proportion), its interval, ``count`` and ``n`` (people
        who said yes, people who answered: unweighted), ``n_missing`` (asked, no answer), the kinds of no
        answer ``n_not_asked``, ``n_refused``, ``n_skipped``, ``n_code`` (declared as missing without a
        reason) and ``n_blank``, which make up the whole group with n, ``estimate_unweighted`` (count / n:
        the proportion of the same people before weighting), ``response_rate`` (answered of those asked),
        ``n_effective`` (never above n without a population size), ``deff`` (n over that), ``df``, ``flags``,
        and ``base`` in words. Answers missing inside the subset are not in ``n``.

        Flags: ``weighted``; ``none`` and ``all`` (nobody or everybody said yes); ``small_base`` and
        ``small_n_effective`` (below 30); ``low_item_response`` (below 70% of those asked); ``no_answers``;
        ``no_df`` (no degrees of freedom, so no standard error, interval or effective size);
        ``no_interval`` (the variance cannot be estimated for another reason).

    Raises
    ------
    InputError
        For unknown columns, items that are not yes/no, undeclared missing codes, columns that identify
        people, a panel's ``person`` in several rows, weights that are negative, missing or of another panel,
        an empty subset, a level that is no proportion, more than 100 million units x groups x answers, draws
        that take more work than ``Bootstrap(allow_long=...)`` says.
    MethodError
        For an unknown method, or one that is not valid for the data; a stratum with one unit; arguments
        that would have no effect together.

    Warns
    -----
    DataWarning
        Where fewer than 70% of those asked answered an item.

    Notes
    -----
    Groups are domains: units of the design with nobody in the group count as such. ``df`` are the
    units with somebody who answered less their strata; where that is 0 there is no interval, and the
    flag ``no_df``. With replicate weights it is the rank of the weights of those
    who answered less 1.

    ``n_effective`` is p (1 - p) over the variance without the finite population correction, at most n,
    then multiplied by what the correction divides the variance by: infinite where all was drawn.
    Degrees of freedom are in the limits (t, or Korn and Graubard's ratio), never in it. "logit" has the
    delta method's error, with replicate weights too. Where nobody or
    everybody says yes the variance is 0 and says nothing of how alike people of a cluster are: the
    effective size is then the number of clusters with somebody who answered (with replicate weights
    ``df`` + 1; with ``SurveyDesign(deff=...)`` Kish's size over that), at most Kish's size, over the largest
    1 - f of their strata (f of both stages, multiplied, where the second has a population size).
    ``std_error`` is NaN there, and ``bound``, the one-sided limit for the same size, is exact only without
    weights and design.

    With weights from :func:`attrition_weights`, "linearized", "jackknife", "bootstrap" and kept replicates
    count in that these were estimated. Everybody whom they were made of has a part in the variance, those who
    did not answer too. With N people "linearized" adds up N / (N - 1) times their squared influences,
    "jackknife" makes the weights again without each of them (or each of 1,000 random groups, if they are over
    4,000), and "bootstrap" draws from all of them and makes the weights again in each replicate. Replicates
    in which no weights can be made are left out and counted. Under a `design` the units of everybody take the
    place of people, if its columns are in the wave `to` of the weights too (a column "school" of the wave
    "start" may be called "school_start" in the data). Else, with population sizes, and with counts, which
    hold no people, the weights are taken as known. A note says what was done. To take the weights as known
    anyway, give their column: ``weights="weight"``.

    References
    ----------
    Wilson (1927), JASA 22:209; Kish (1965), Survey Sampling, 11.7 (effective sample size); Korn &
    Graubard (1998), Survey Methodology 24:193; Efron & Tibshirani (1993), chapters 12 to 14; Rao,
    Wu & Yue (1992), Survey Methodology 18:209; Beaumont (2005), Survey Methodology 31:227;
    Kott (2001), Journal of Official Statistics 17:521.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> data = pd.DataFrame({"better_job": ["yes"] * 40 + ["no"] * 80,
    ...                      "through_knowledge": ["yes"] * 12 + ["no"] * 28 + [None] * 80})
    >>> result = cb.proportions(data, "through_knowledge", among="better_job")
    >>> result.to_frame()[["estimate", "conf_low", "conf_high", "count", "n"]].round(4)
       estimate  conf_low  conf_high  count   n
    0       0.3    0.1807     0.4543     12  40
    >>> result.rows[0].base
    '40 respondents who reported better_job'
    """
    check.choice("method", method, t.ProportionMethod)
    check.choice("share", share, t.ShareKind)
    level = check.confidence_level(confidence_level)
    said = check_design(design)
    resample = check_resampling(bootstrap, said.replicate_weights)
    refuse_taken(data.by if by is None and isinstance(data, Counts) else by, ProportionsResult.COLUMNS)
    check.switches(totals=totals, allow_identifier=allow_identifier)
    source = source_of(
        data,
        items,
        by=by,
        bins=bins,
        among=among,
        share=share,
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
    plain = not source.weighted and not drawing.has_any and resample.kind in {None, "simple"}
    resampled = METHODS[method].from_replicates is not None
    how = _variance(variance, drawing, resample, drawn=resampled and not plain)
    drawn = how == "bootstrap" or resampled or resample.keep
    refuse_loose_ends(resample, weighted=source.weighted, drawn=drawn)
    refuse_second_stage(drawing, how, drawn=drawn)
    if isinstance(source, Counted):
        refuse_rows(source.counts, how, method, plain=plain, keep=resample.keep, of=data_words(data))
    result = source.all_answers(None if resample.progress is None else _progress.silent)
    groups = with_totals(source.group_labels, totals=totals)
    task = Task(source, result, drawing, groups, how, method, level, resample)
    return _estimated(task, idle_notes(bootstrap, how, drawn=drawn))


def _variance(
    variance: t.VarianceMethod | None, design: Design, resample: Resample, *, drawn: bool
) -> t.VarianceMethod:
    """Choose where the variance comes from, or check what was chosen."""
    if variance is None:
        if resample.scale is not None:
            return "replicate_weights"
        return "bootstrap" if drawn else "linearized" if design.has_any else "kish"
    refuse_variance(variance, design, resample, drawn=drawn)
    return variance


def _estimated(task: Task, idle: tuple[str, ...]) -> ProportionsResult:
    """Estimate the proportions, and put columns, accounts and notes together."""
    refuse_method(task)
    source, estimates = task.source, estimate(task)
    accounts = [
        source.account(*each)
        for each in zip(task.answers, estimates.unanswered, estimates.answered, strict=True)
    ]
    estimates, made, kept, notes = _with_limits(task, estimates)
    columns = make_columns(task, estimates, made)
    warn_of_low_response(low_responses(columns), "rows", stacklevel=4)
    population, size = source.population
    return ProportionsResult(
        columns,
        source.people,
        population,
        size,
        source.by,
        task.level,
        tuple(accounts),
        (
            *together(task),
            *readings(task.answers),
            *design_notes(task, estimates),
            *notes,
            *left_out(source),
            *idle,
        ),
        task.procedure,
        kept,
        weighed_by(source, Effects(task)),
        frame_kind=source.frame_kind,
    )


def _with_limits(
    task: Task, estimates: Estimates
) -> tuple[Estimates, Limits, Replicates | None, tuple[str, ...]]:
    """Draw replicates where they are needed, and make the intervals."""
    refuse_edges(task, estimates)
    from_replicates = METHODS[task.method].from_replicates
    replicated = task.variance in {"bootstrap", "replicate_weights"}
    if not replicated and not task.resample.keep:
        estimates = with_stated_deff(estimates, task.design.deff)
        return (
            estimates,
            exact_bootstrap(task, estimates) if from_replicates else limits(task, estimates),
            None,
            (),
        )
    scale = task.resample.scale
    drawn = draw(task, estimates.proportion) if scale is None else draw_file(task, scale)
    if replicated:
        estimates = with_variance(estimates, drawn)
    estimates = with_stated_deff(estimates, task.design.deff)
    if not from_replicates:
        made = limits(task, estimates)
    else:
        made = limits_of(task, estimates, drawn) if replicated else exact_bootstrap(task, estimates)
    kept = keep(task, estimates, drawn) if task.resample.keep else None
    return estimates, made, kept, replicate_notes(task, estimates, drawn)
