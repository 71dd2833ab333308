"""How everybody whom weights were made of was drawn, where a design describes the people in the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.design import read_design
from credbenefits.counts.sampling import several
from credbenefits.errors import InputError

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, Values
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.coding.weights import Estimated
    from credbenefits.counts.sampling import SurveyDesign

#: Why the correction for a finite population does not go with weights against attrition.
_OF_SAMPLE = (
    "population sizes say how many were drawn, not how many of them answer: the correction would take that "
    "to be certain, too"
)


def with_everybody(
    design: Design, said: SurveyDesign, answers: Values, estimated: Estimated | None
) -> Design:
    """Put beside the design of the data that of everybody whom the weights were made of.

    Where that is not known, `unknown` says why.
    """
    if estimated is None or not design.has_any:
        return design
    if design.population is not None and estimated.person.size < estimated.recipe.n_people:
        return replace(design, unknown=_OF_SAMPLE)
    made = _of_everybody(design, said, answers, estimated)
    return replace(design, unknown=made) if isinstance(made, str) else replace(design, everybody=made)


def _of_everybody(design: Design, said: SurveyDesign, answers: Values, estimated: Estimated) -> Design | str:
    """Return the design of everybody, or say why it is not known."""
    known = "strata and clusters are known only of those who are in the data"
    if estimated.everybody is None:
        return f"{known}: weights that were saved or copied do not know everybody's"
    parts = (*several(said.strata), *several(said.clusters), *several(said.population_size))
    columns = list(dict.fromkeys(part for part in parts if isinstance(part, str)))
    frame, where = estimated.everybody.rows(columns), estimated.everybody.words
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        return f"{known}: {where} has no column {check.listing(lacking)}"
    try:
        made = read_design(frame, said, answers)
    except InputError as problem:
        return f"{known}: in {where} there is {problem.received}"
    rows = np.flatnonzero(estimated.place >= 0)
    person = estimated.person[estimated.place[rows]]
    for one, other in zip(design.columns, made.columns, strict=True):
        here, there = (
            np.array(each.labels, dtype=object)[each.codes[places]]
            for each, places in ((one, rows), (other, person))
        )
        differ = int(np.count_nonzero(here != there))
        if differ:
            return f"{known}: {where} has another {one.column!r} for {differ:,} of them"
    return made


def added_by_unit(influence: FloatArray, design: Design) -> FloatArray:
    """Add up what people of a unit add, of the smallest units that the variance needs: people, if any."""
    second = design.second
    if design.clusters is None or (second is not None and second.of_rows):
        return influence
    unit = design.unit if second is None else second.unit
    order = np.argsort(unit, kind="stable")
    first = np.flatnonzero(np.diff(unit[order], prepend=-1))
    added: FloatArray = np.add.reduceat(influence[..., order], first, axis=-1)
    return added
