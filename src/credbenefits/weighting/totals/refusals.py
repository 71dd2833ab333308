"""Why no weights meet the totals, in words: what contradicts what, and which bounds would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.numerics.calibration.feasible import nearest_bounds, never_above_zero, unreachable
from credbenefits.numerics.calibration.redundant import contradiction
from credbenefits.results.base import many
from credbenefits.weighting.covariates import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray
    from credbenefits.frames.columns import Categories
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.steps.calibration import Calibrate, MarginCells

#: Beside the average ratio of new to given weight, one that is none.
NO_RATIO = 1e-7
#: How often nearest bounds are moved apart until the distance can keep within them.
_TRIES = 6


def refuse(
    step: Calibrate, cells: MarginCells, covariates: Sequence[Covariate], sums: tuple[FloatArray, FloatArray]
) -> InputError:
    """Return the error that says why no weights meet the totals.

    Parameters
    ----------
    step : Calibrate
        The calibration that failed.
    cells : MarginCells
        What it was of.
    covariates : sequence of Covariate
        The variables that its margins name.
    sums : (array, array), of shape (cells,) and (columns,)
        The given weights of each cell, after what multiplied them first, and what they were to add up to.
    """
    mass, totals = sums
    names = cells.names(covariates)
    false = contradiction(cells.x, mass, totals)
    if false is not None:
        return _contradictory(names, false, totals)
    lacking = unreachable(cells.x, mass, totals)
    if lacking.size:
        return InputError(
            "totals",
            allowed="totals that weights of at least 0 can meet together",
            received=f"totals that no such weights meet, those of {_listed(names, lacking)} among them",
            fix="Compare them with the combinations in the data: join small levels, or leave a column out.",
        )
    if step.bounds is not None:
        return _too_narrow(step, cells, mass, totals)
    empty = never_above_zero(cells.x, mass, totals)
    where = cells.words(covariates, int(empty[0])) if empty.size else ""
    return InputError(
        "totals",
        allowed="totals that weights above 0 can meet",
        received=f"totals that leave no weight for rows with {where}"
        if where
        else "totals at the edge of what can be met",
        fix="Join small levels, or leave a column out.",
    )


def for_argument(problem: InputError, argument: str) -> InputError:
    """Return an error about totals as one about the argument that they were given by."""
    if problem.argument != "totals":
        return problem
    return type(problem)(argument, allowed=problem.allowed, received=problem.received, fix=problem.fix)


def _contradictory(names: Sequence[str], false: IntArray, totals: FloatArray) -> InputError:
    first, *others = [f"{names[i]} ({totals[i]:,.12g})" for i in false.tolist()]
    rest = _some(others)
    return InputError(
        "totals",
        allowed="totals that agree with each other in these data",
        received=f"a total of {first} that contradicts {rest}"
        if others
        else f"a total of {first}, which is 0 in all rows",
        fix="In these data one follows from the others: correct it, or leave it out.",
    )


def _too_narrow(step: Calibrate, cells: MarginCells, mass: FloatArray, totals: FloatArray) -> InputError:
    """Name the nearest bounds that can be kept, tried out."""
    assert step.bounds is not None
    low, high = step.bounds
    near = nearest_bounds(cells.x, mass, totals, step.bounds)
    for _ in range(_TRIES):
        # The mass has been multiplied already.
        _, made = replace(step, bounds=near, scaled=False).solve(cells, mass[None], totals[None])
        if made.met[0]:
            break
        near = max(near[0] - 0.01 * (near[1] - near[0]), 0.0), near[1] + 0.01 * (near[1] - near[0])
    average = float(cells.everybody(totals[None])[0] / mass.sum()) if cells.has_everybody else 1.0
    of_all = "" if low < average < high else f" On average the ratio is {average:.4g}."
    return InputError(
        "bounds",
        allowed="a lowest and a highest ratio of new to given weight with which the totals can be met",
        received=f"({low:g}, {high:g}), which is too narrow",
        fix=f"The nearest that is wide enough is bounds=({near[0]:.6g}, {near[1]:.6g}).{of_all}",
    )


def _listed(names: Sequence[str], some: IntArray) -> str:
    return _some([names[int(i)] for i in some])


def _some(listed: Sequence[str], most: int = 6) -> str:
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")


# ---- levels -----------------------------------------------------------------------------------------------


def no_number(categories: Categories, total: float) -> InputError:
    """Return the error for one total of a column of categories."""
    answers = (
        f"answers are {check.listing(categories.labels, 3)}" if categories.levels else "rows are all blank"
    )
    return InputError(
        "totals",
        allowed="one number for a column of numbers, a total for each level of another",
        received=f"{total:g} for {categories.column!r}, whose {answers}",
        fix=f'Give a total for each level: totals={{"{categories.column}": {{...: ..., ...: ...}}}}.',
    )


def no_answers(covariate: Covariate, *, number: bool) -> InputError:
    """Return the error for rows that have no answer."""
    return InputError(
        "totals",
        allowed=f"an answer to {covariate.name!r} in every row with a weight above 0",
        received=f"{many(int(covariate.sizes()[-1]), 'row', 'rows')} without one",
        fix="Leave these rows out, or fill them in."
        if number
        else f"Leave these rows out, or give them a total: {covariate.name!r}: {{..., {MISSING!r}: ...}}.",
    )


def no_total(covariate: Covariate, without: BoolArray, empty: Sequence[object]) -> InputError:
    """Return the error for levels without a total; `empty` are those with a total that nobody has."""
    sizes = covariate.sizes()
    rows = [many(int(n), "row", "rows") for n in sizes]
    listed = [f"{covariate.levels[i]!r} ({rows[i]})" for i in np.flatnonzero(without).tolist()]
    more = f" Totals that no row has: {check.listing(empty)}." if empty else ""
    return InputError(
        "totals",
        allowed=f"a total for each level of {covariate.name!r} in the data",
        received=f"none for {_some(listed)}",
        fix=f"Add them, or leave these rows out.{more}",
    )


def nobody_there(covariate: Covariate, empty: Sequence[object]) -> InputError:
    """Return the error for totals above 0 of levels that nobody has."""
    return InputError(
        "totals",
        allowed=f"levels of {covariate.name!r} that somebody in the data has, with a weight above 0",
        received=f"totals above 0 for {check.listing(empty)}, which nobody has",
        fix="Weights cannot speak for them: add their totals to those of a level that is like them.",
    )


def nothing_wanted(covariate: Covariate, levels: IntArray) -> InputError:
    """Return the error for totals of 0 of levels that somebody has."""
    return InputError(
        "totals",
        allowed="a total above 0 for each level that somebody in the data has",
        received=f"0 for {check.listing(covariate.levels[i] for i in levels)} of {covariate.name!r}",
        fix="Leave these rows out: they do not belong to the population.",
    )
