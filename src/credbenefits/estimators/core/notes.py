"""What a reader must know about the design behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from credbenefits.estimators.core.task import Task
    from credbenefits.estimators.core.variance import Shares


def design_notes(task: Task, shares: Shares) -> tuple[str, ...]:
    """Describe the design, where it says nothing about a share, and what the variance does not include."""
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
        result.extend(_at_the_edge(task, shares))
    resampled = task.variance in {"bootstrap", "jackknife", "linearized"}
    if task.source.weights_are_estimated and (resampled or (task.resample.keep and task.variance == "kish")):
        what = f"the {task.variance} variance takes" if resampled else "the kept replicates take"
        result.append(
            f"{what} the weights as known: that they were estimated, and would come out differently "
            "in another sample, is not included"
        )
    if ((shares.df <= 0) & (shares.nobs > 0)).any():
        result.append(
            "a share without degrees of freedom has no interval: too few units of the design answered to "
            "know how it varies"
        )
    return tuple(result)


def _at_the_edge(task: Task, shares: Shares) -> list[str]:
    """Say what the interval counts where nobody or everybody said yes: units, or people."""
    known = shares.edge & (shares.df > 0)
    if not known.any():
        return []
    result = []
    drawn_in_full = known & (shares.correction == 0)
    if drawn_in_full.any():
        result.append("where all of the population was drawn, a share has no sampling error")
    known &= ~drawn_in_full
    units = known & (shares.units < np.minimum(shares.n_kish, shares.nobs))
    lead = (
        "where nobody or everybody said yes the design's variance is 0 and tells nothing: the interval there"
    )
    # The correction of the population comes on top of what is counted.
    left = ", divided by the part of the population that was not drawn"
    finite = [left if (some & (shares.correction < 1)).any() else "" for some in (units, known & ~units)]
    stated = task.design.deff
    if stated is not None and known.any():
        what = "the number of answers" if not task.source.weighted else "Kish's size, for unequal weights,"
        result.append(
            f"{lead} takes {what} over the stated design effect of {stated:g} as its effective size"
            f"{finite[0] or finite[1]}"
        )
        return result
    if units.any():
        counts = sorted({int(m) for m in shares.units[units]})
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
