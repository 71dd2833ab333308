"""What weights are calibrated to at last: columns of the population wave, or totals that are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from credbenefits import _validation as validate
from credbenefits.errors import InputError
from credbenefits.frames.boundary import read, take
from credbenefits.weighting.reading.known import columns_by_wave
from credbenefits.weighting.steps.calibration import Margin
from credbenefits.weighting.totals.known import check_totals, complete, plain_totals, read_totals
from credbenefits.weighting.totals.refusals import for_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Totals
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.covariates import Covariate
    from credbenefits.weighting.reading.answering import Standing
    from credbenefits.weighting.reading.known import Columns, How, Known, Wanted
    from credbenefits.weighting.totals.known import Known as KnownTotal


class Margins(NamedTuple):
    """The variables of the sample that weights are calibrated on, and what they are to add up to."""

    variables: tuple[Covariate, ...] = ()
    margins: tuple[Margin, ...] = ()
    notes: tuple[str, ...] = ()


class Asked(NamedTuple):
    """What `calibrate_to` asks for: columns by wave, or known totals."""

    columns: dict[str, list[str]]
    totals: tuple[KnownTotal, ...] = ()

    @property
    def everybody(self) -> float:
        """What the levels of a column add up to; 0 where no totals of levels are known."""
        return max((each.everybody for each in self.totals), default=0.0)

    @property
    def arguments(self) -> dict[str, object]:
        """What the call has to say to ask for the same again."""
        if self.totals:
            return {"calibrate_to": plain_totals(self.totals)}
        return {"calibrate_to": self.columns} if self.columns else {}


def asked_margins(
    panel: Panel, calibrate_to: Columns | Totals | None, *, waves: Sequence[str], to: str
) -> Asked:
    """Tell columns from totals: these have a mapping, or a number, for each column."""
    if calibrate_to is None:
        return Asked({})
    if isinstance(calibrate_to, Mapping) and any(
        isinstance(value, Mapping | int | float) for value in calibrate_to.values()
    ):
        return Asked({}, check_totals(calibrate_to, "calibrate_to"))
    made = columns_by_wave(panel, cast("Columns", calibrate_to), "calibrate_to", waves=waves, to=to)
    if not any(made.values()):
        raise InputError(
            "calibrate_to",
            allowed="at least one column known for everybody, or known totals",
            value=calibrate_to,
            fix="Name columns, or leave it out.",
        )
    return Asked(made)


def add_columns(wanted: Wanted, asked: Asked) -> Wanted:
    """Add the columns to those that are read for the model, and refuse any that is held out."""
    if not asked.columns:
        return wanted
    held_out = {(wave, name) for wave, names in wanted["check"].items() for name in names}
    both = held_out & {(wave, name) for wave, names in asked.columns.items() for name in names}
    if both:
        raise InputError(
            "check",
            allowed="variables that weights are not calibrated to",
            received=validate.listing(sorted(name for _, name in both)),
            fix="Hold them out, or calibrate to them.",
        )
    return {**wanted, "calibrate_to": asked.columns}


def read_margins(panel: Panel, asked: Asked, known: Known, how: How, *, standing: Standing) -> Margins:
    """Return the margins: variables that were read, with the totals of everybody, or known totals."""
    if not asked.totals:
        own = tuple(Margin(place) for place in range(len(known.margins)))
        return Margins(tuple(known.margins), own)
    frame = read(panel.wave(standing.to, status="everybody"))
    if standing.rows.size < len(frame):
        frame = take(frame, standing.rows)
    try:
        columns = read_totals(frame, asked.totals, missing=how.missing, answers=how.answers)
        there = [
            np.bincount(each.codes[standing.answered], minlength=len(each.levels)).astype(np.float64)
            for each in columns.covariates
        ]
        return Margins(columns.covariates, complete(columns, there), columns.notes)
    except InputError as problem:
        raise for_argument(problem, "calibrate_to") from None
