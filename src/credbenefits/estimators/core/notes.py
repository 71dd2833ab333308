"""What a reader must know beside the numbers: how answers were read, who is left out, what was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.estimators.core.refitting.words import failed_words, weight_notes
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.results.base import kind_words, many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import ContrastKind, FloatArray, VarianceMethod
    from credbenefits.counts.sampling import Bootstrap
    from credbenefits.estimators.core.resample import Drawn
    from credbenefits.estimators.core.source import Source
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Estimates
    from credbenefits.frames.answers import Answers
    from credbenefits.results.columns import Columns
    from credbenefits.results.comparisons import Contrast

# ---- answers and rows ------------------------------------------------------------------------------------


def readings(answers: Iterable[Answers]) -> tuple[str, ...]:
    """Say how answers were read, where that is not plain: what nobody said, and what counts as no."""
    result: list[str] = []
    for each in answers:
        result.extend(readings(each.parts))
        if each.unheard:
            result.append(
                f"{each.column}: nobody answered {check.listing(each.unheard)}, which counts as yes"
            )
        if len(each.no_levels) > 1:
            result.append(f"{each.column}: counted as no: {check.listing(each.no_levels)}")
        if each.note:
            result.append(each.note)
    return tuple(dict.fromkeys(result))


def left_out(source: Source) -> tuple[str, ...]:
    """Say how groups were read, and how many rows took no part, and why."""
    result, aside = [*source.readings, *filter(None, [source.note])], source.aside
    n_unknown = sum(aside.unclear)
    if n_unknown:
        unknown, base = many(n_unknown, "row", "rows"), aside.base
        are = "is" if n_unknown == 1 else "are"
        why = f" ({kind_words(aside.unclear)})" if any(aside.unclear[:-1]) else ""
        result.append(
            f"{unknown} did not answer what defines the base “{base}”{why} and {are} in no denominator"
        )
    homeless = aside.ungrouped
    if homeless:
        has, are = ("row has", "is") if homeless == 1 else ("rows have", "are")
        result.append(f"{homeless:,} {has} no value in {' or '.join(aside.by)} and {are} in no group")
    if aside.weightless:
        result.append(
            many(
                aside.weightless, "row has weight 0 and takes no part", "rows have weight 0 and take no part"
            )
        )
    return tuple(result)


# ---- proportions -----------------------------------------------------------------------------------------


def design_notes(task: Task, estimates: Estimates) -> tuple[str, ...]:
    """Describe the design, where it says nothing about a proportion, and what the variance leaves out."""
    design, result = task.design, [*task.design.notes]
    if design.has_any:
        named = [f"{design.drawn.size:,} strata ({design.strata})"] if design.strata is not None else []
        if design.clusters is not None:
            named.append(f"{design.n_units:,} clusters ({design.clusters})")
        named += [f"{design.within} within them"] if design.within else []
        if design.sampling_fraction is not None:
            named.append("finite population correction" + (" at both stages" if design.second else ""))
        if design.within and design.second is None:
            named.append("variance of the first stage (ultimate clusters)")
        result.append(f"design: {', '.join(named)}")
    if task.variance != "kish":
        result.extend(_at_the_edge(task, estimates))
    result += weight_notes(task)
    left_out = None if task.refit is None else task.refit.held.get("left out")
    if left_out is not None and left_out.failed:
        result.append(failed_words(left_out.failed, left_out.n_groups))
    if ((estimates.df <= 0) & (estimates.nobs > 0)).any():
        result.append(
            "a share without degrees of freedom has no interval: too few units of the design answered to "
            "know how it varies"
        )
    return tuple(result)


def _at_the_edge(task: Task, estimates: Estimates) -> list[str]:
    """Say what the interval counts where nobody or everybody said yes: units, or people."""
    known = estimates.edge & (estimates.df > 0)
    if not known.any():
        return []
    result = []
    drawn_in_full = known & (estimates.correction == 0)
    if drawn_in_full.any():
        result.append("where all of the population was drawn, a share has no sampling error")
    known &= ~drawn_in_full
    units = known & (estimates.units < np.minimum(estimates.n_kish, estimates.nobs))
    lead = (
        "where nobody or everybody said yes the design's variance is 0 and tells nothing: the interval there"
    )
    # The correction of the population comes on top of what is counted.
    left = ", divided by the part of the population that was not drawn"
    finite = [left if (some & (estimates.correction < 1)).any() else "" for some in (units, known & ~units)]
    stated = task.design.deff
    if stated is not None and known.any():
        what = "the number of answers" if not task.source.weighted else "Kish's size, for unequal weights,"
        result.append(
            f"{lead} takes {what} over the stated design effect of {stated:g} as its effective size"
            f"{finite[0] or finite[1]}"
        )
        return result
    if units.any():
        counts = sorted({int(m) for m in estimates.units[units]})
        many = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
        what = (
            f"clusters with an answer ({many}), not people"
            if task.design.clusters is not None
            else f"the degrees of freedom of the replicate weights, plus 1 ({many}), not people"
        )
        result.append(f"{lead} counts {what}, as if all people of a cluster answered alike{finite[0]}")
    if (known & ~units).any():
        what = "the number of answers" if not task.source.weighted else "Kish's, for unequal weights"
        result.append(f"{lead} takes no account of clusters; its effective size is {what}{finite[1]}")
    return result


def together(task: Task) -> tuple[str, ...]:
    """Say which intervals hold at once, where they do."""
    if not METHODS[task.method].from_tables:
        return ()
    return ("the intervals of all answers to a question hold together, group by group",)


def replicate_notes(task: Task, estimates: Estimates, drawn: Drawn) -> tuple[str, ...]:
    """Say how to repeat the replicates, and of how many a proportion is undefined."""
    result = []
    if task.resample.seed is not None and task.resample.scale is None:
        result.append(
            f"bootstrap seed {task.resample.seed}: give it as Bootstrap(rng=...) to repeat these replicates"
        )
    if drawn.failed:
        result.append(failed_words(drawn.failed, len(drawn.values)))
    undefined = np.isnan(drawn.values).sum(axis=0) - drawn.failed
    if undefined[estimates.nobs > 0].any():
        most = int(undefined[estimates.nobs > 0].max())
        result.append(
            f"in up to {most:,} of {len(drawn.values):,} replicates "
            + (
                "nobody in the base was drawn: those are left out of that share's variance and interval"
                if drawn.df is None
                else "the weights of the base add up to 0 or less: that share's variance cannot be told from "
                "these weights (no_interval)"
            )
        )
    return tuple(result)


def idle_notes(bootstrap: Bootstrap | None, how: VarianceMethod, *, drawn: bool) -> tuple[str, ...]:
    """Say that nothing was drawn although it was said how."""
    if bootstrap is None or drawn or how == "replicate_weights":
        return ()
    return (f"bootstrap= has no effect here: nothing is drawn with variance={how!r}",)


# ---- comparisons and transitions -------------------------------------------------------------------------


def comparison_notes(
    task: Task, nobs: FloatArray, columns: Columns[Contrast], comparison: ContrastKind
) -> tuple[str, ...]:
    """Say how groups and answers were read, what was not compared, and what is special about ratios."""
    notes = [
        *left_out(task.source),
        *readings(task.answers),
        *_silent_groups(task, nobs),
        *_ratios(columns, comparison),
    ]
    return tuple(dict.fromkeys(notes))


def _silent_groups(task: Task, nobs: FloatArray) -> list[str]:
    """Say in which groups nobody answered what."""
    names = task.source.group_words
    empty = [
        (answers.column, [names[g] for g in np.flatnonzero(n[: len(names)] == 0).tolist()])
        for answers, n in zip(task.answers, nobs, strict=True)
    ]
    return [
        f"nobody answered {item!r} in {check.listing(some)}: not compared" for item, some in empty if some
    ]


def _ratios(columns: Columns[Contrast], comparison: ContrastKind) -> list[str]:
    """Say what a reader must know of ratios, and of those that have no number."""
    words = comparison.replace("_", " ")
    result = ["odds ratios are not ratios of shares: they are further from 1"] * (comparison == "odds_ratio")
    undefined = sum("undefined" in flags for flags in columns["flags"])
    if undefined:
        are = f"{words}s are" if undefined > 1 else f"{words} is"
        result.append(
            f"{undefined} {are} 0 / 0, so there is no estimate; the interval says what is left open"
        )
    if np.isinf(columns["conf_high"]).any() or np.isinf(columns["estimate"]).any():
        result.append("inf (infinity): a ratio with a denominator of 0, or a limit that the data leave open")
    return result


def chained_note(indirect: int) -> tuple[str, ...]:
    """Say how many pairs have a match probability that was put together."""
    if not indirect:
        return ()
    return (
        f"{indirect:,} pairs are linked only through other rows of the same person; their match "
        "probability is taken as the product along the best chain of links",
    )


def misfits(flags: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Say where the pairs and their match probabilities do not go together."""
    strange = sum("outside_range" in each for each in flags)
    if not strange:
        return ()
    empty = sum("no_interval" in each for each in flags)
    more = f", {empty:,} of them beyond chance (no interval)" if empty else ""
    return (
        f"{strange:,} estimates are outside of what a share can be{more}: wrong links alone should have "
        "made more, or fewer, such pairs than there are",
    )
