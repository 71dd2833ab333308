"""What transitions refuse: waves that nobody answered both of, and variances that do not fit the links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits._typing import LinkageErrorRule, TransitionMethod
from credbenefits.errors import InputError, MethodError
from credbenefits.estimators.core.refusals import (
    refuse_loose_ends,
    refuse_second_stage,
    refuse_taken,
    refuse_variance,
)
from credbenefits.frames.answers import NOT_ASKED
from credbenefits.numerics.proportion.methods import METHODS
from credbenefits.results.transitions import TransitionsResult

if TYPE_CHECKING:
    from credbenefits._typing import VarianceMethod
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.pairs import Pairs
    from credbenefits.estimators.core.design import Resample
    from credbenefits.estimators.core.source import Source
    from credbenefits.questions.groups import GroupsBy


def refuse_options(by: GroupsBy | None, *, method: object, linkage_error: object) -> None:
    """Refuse unknown options, and groups that a column of the result would hide."""
    if linkage_error is not None:
        check.choice("linkage_error", linkage_error, LinkageErrorRule)
    check.choice("method", method, TransitionMethod)
    refuse_taken(by, TransitionsResult.COLUMNS)


def refuse_nobody_in_both(pairs: Pairs, names: tuple[str, str]) -> None:
    """Refuse waves that nobody answered both of."""
    if ((pairs.first >= 0) & (pairs.second >= 0)).any():
        return
    n, shared = pairs.row.size, "which share nobody"
    not_asked = int(((pairs.first == NOT_ASKED) | (pairs.second == NOT_ASKED)).sum())
    if n:
        shared = f"which share {n:,} {'person' if n == 1 else 'people'}, none with an answer in both; "
        shared += f"{not_asked:,} of them {'was' if not_asked == 1 else 'were'} not asked in both"
    raise InputError(
        "waves",
        allowed="waves that somebody answered both of",
        received=f"{names[0]!r} and {names[1]!r}, {shared}",
        fix="Check the links and the missing codes." if n else "Check the links (panel.ledger).",
    )


def check_variance(
    variance: VarianceMethod | None,
    design: Design,
    resample: Resample,
    *,
    method: TransitionMethod,
    source: Source,
    adjust: bool,
) -> VarianceMethod:
    """Choose where the variance comes from, or check what was chosen."""
    resampled = METHODS[method].from_replicates is not None
    # Kish's size goes by weights alone: where links are corrected for, answers and weights go together.
    plain = not design.has_any and not (adjust and source.weighted)
    how = variance
    if how is None:
        by_design: VarianceMethod = "bootstrap" if resampled else "kish" if plain else "linearized"
        how = "replicate_weights" if resample.scale is not None else by_design
    refuse_variance(how, design, resample, drawn=resampled)
    if resampled and how != "bootstrap":
        raise MethodError(
            "method",
            allowed="a bootstrap interval with variance='bootstrap'",
            received=f"{method!r} with variance={how!r}",
            fix="Leave variance= out, or use method='wilson'.",
        )
    if resample.keep:
        raise MethodError(
            "bootstrap.keep", allowed="False in transitions", received=True, fix="No replicates are kept."
        )
    drawn = how == "bootstrap"
    refuse_loose_ends(resample, weighted=source.weighted, drawn=drawn)
    refuse_second_stage(design, how, drawn=drawn)
    if adjust:
        _refuse_correction(how, design, weighted=source.weighted)
    return how


def _refuse_correction(how: VarianceMethod, design: Design, *, weighted: bool) -> None:
    """Refuse to correct for false links where no variance is known that counts the correction in."""
    if how == "linearized" and design.second is None:
        return
    if how == "kish" and not weighted:
        return
    came = "population sizes of both stages" if design.second is not None else f"variance={how!r}"
    weight = " and weights" if how == "kish" else ""
    raise MethodError(
        "linkage_error",
        allowed="'ignore' here: of corrected numbers only the linearized variance is known"
        + ("" if design.second is None else ", with ultimate clusters"),
        received=f"'adjust' with {came}{weight}",
        fix="Leave variance= and method= out, or take all links as right with linkage_error='ignore'."
        if design.second is None
        else "Leave the second entry of population_size out, or say linkage_error='ignore'.",
    )
