"""The sampling units of a design by name, and the unit of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.names import name_order
from credbenefits.counts.sampling import several
from credbenefits.counts.units import Units
from credbenefits.errors import MethodError

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.sampling import SurveyDesign


def units_of(design: Design, said: SurveyDesign) -> tuple[Units, IntArray | None]:
    """Name the units, in the order of their names; people drawn one by one without strata are one unit."""
    _refuse_what_is_not_counted(said)
    n_rows = design.unit.size
    if not design.columns and design.population is None:
        return Units.none(n_rows), None
    first = np.full(design.n_units, n_rows)
    np.minimum.at(first, design.unit, np.arange(n_rows))
    stages = len(several(said.clusters)[:1])
    texts = [[part.labels[code] for code in part.codes[first]] for part in design.columns]
    strata = texts[: len(several(said.strata))]
    crossed = [" x ".join(names) for names in zip(*strata, strict=True)] if strata else [""] * first.size
    named = [crossed, *texts[len(strata) : len(strata) + stages]]
    columns = (design.strata or "", *([design.clusters] if design.clusters is not None else []))
    names = list(zip(*named, strict=True))
    by_name = name_order()
    order = np.array(sorted(range(len(names)), key=lambda i: [by_name(part) for part in names[i]]))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    strata_in_order = list(dict.fromkeys(design.stratum[order].tolist()))
    units = Units.of(
        [names[i] for i in order],
        columns,
        rows=None if stages else design.drawn[strata_in_order],
        population=None if design.population is None else design.population[strata_in_order],
        lonely_psu=design.lonely_psu,
        deff=design.deff,
    )
    return units, place[design.unit]


def _refuse_what_is_not_counted(said: SurveyDesign) -> None:
    """Refuse what counts do not hold yet."""
    if said.replicate_weights is not None:
        what, fix = "design.replicate_weights", "name strata and clusters"
    elif len(several(said.clusters)) > 1:
        what, fix = "design.clusters", "name the first stage alone (ultimate clusters)"
    else:
        return
    raise MethodError(
        what,
        allowed="a design of one stage",
        received="more than counts can hold",
        fix=f"Call proportions() with the rows, or {fix}.",
    )
