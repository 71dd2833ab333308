"""What a reader must know about the design behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credbenefits.estimators._estimates import Shares
    from credbenefits.estimators._task import Task


def design_notes(task: Task, shares: Shares, *, kept: bool) -> tuple[str, ...]:
    """Say what the design is, where it says nothing about a share, and what no variance here knows.

    `kept` says whether replicates are kept with the result.
    """
    design, found = task.design, []
    if design.has_any:
        named = [f"{design.drawn.size:,} strata ({design.strata})"] if design.strata is not None else []
        if design.clusters is not None:
            named.append(f"{design.n_units:,} clusters ({design.clusters})")
        if design.sampling_fraction is not None:
            named.append("finite population correction")
        found.append(f"design: {', '.join(named)}")
    if task.variance != "kish" and shares.edge.any():
        size = (
            "the number of answers" if task.method == "korn_graubard" else "Kish's, which knows no clusters"
        )
        found.append(
            "where nobody or everybody said yes the design's variance is 0 and tells nothing: the effective "
            f"size there is {size}"
        )
    resampled = task.variance in {"bootstrap", "jackknife", "linearized"}
    if task.prepared.weights_are_estimated and (resampled or (kept and task.variance == "kish")):
        what = f"the {task.variance} variance takes" if resampled else "the kept replicates take"
        found.append(f"{what} the weights as known: that they were estimated, and would come out differently "
                     "in another sample, is not included")  # fmt: skip
    if ((shares.df <= 0) & (shares.nobs > 0)).any():
        found.append("no_df: too few units of the design to know how the share varies, so no interval")
    return tuple(found)
