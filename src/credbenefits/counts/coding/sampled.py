"""The sampling units of a design by name, and the unit of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.sampling import several
from credbenefits.counts.tally import Axis
from credbenefits.counts.units import Units, crossing, unit_token
from credbenefits.questions.spelling import label, token_order

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.counts.coding.design import Design
    from credbenefits.counts.sampling import SurveyDesign
    from credbenefits.frames.columns import Categories


def units_of(design: Design, said: SurveyDesign) -> tuple[Units, IntArray | None]:
    """Name the units, in the order of their names; people drawn one by one without strata are one unit.

    With two stages they are those of the second, whether the variance needs them or not.
    """
    unit, n_rows = design.unit if design.inner is None else design.inner, design.unit.size
    if not design.columns and design.population is None:
        return Units.none(int(design.drawn.sum()), deff=design.deff), None
    first = np.full(int(unit.max()) + 1, n_rows)
    np.minimum.at(first, unit, np.arange(n_rows))
    names = _names(design, said, first)
    tokens = [unit_token(name, len(several(said.strata))) for name in names]
    order = np.array(sorted(range(len(names)), key=lambda i: [token_order(part) for part in tokens[i]]))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    psus = list(dict.fromkeys(design.unit[first[order]].tolist()))
    strata = list(dict.fromkeys(design.stratum[psus].tolist()))
    second = design.second
    units = Units.of(
        [names[i] for i in order],
        (design.strata or "", *map(str, several(said.clusters))),
        rows=None if design.clusters is not None else design.drawn[strata],
        population=None if design.population is None else design.population[strata],
        lonely_psu=design.lonely_psu,
        deff=design.deff,
        inner_population=None if second is None else second.population[psus],
        read=tuple(_axis(part) for part in design.columns),
    )
    return units, place[unit]


def _names(design: Design, said: SurveyDesign, first: IntArray) -> list[tuple[str, ...]]:
    """Name each unit by what its first row says: stratum, cluster, and unit of the second stage."""
    texts = [list(np.array(part.labels, dtype=object)[part.codes[first]]) for part in design.columns]
    n_strata = len(several(said.strata))
    strata = texts[:n_strata]
    crossed = [crossing(names) for names in zip(*strata, strict=True)] if strata else [""] * first.size
    return list(zip(crossed, *texts[n_strata:], strict=True))


def _axis(part: Categories) -> Axis:
    """Return what was read from a column of strata or units."""
    order = tuple(map(label, part.declared)) or part.order
    return Axis(part.column, part.column, part.labels, tuple(part.spellings), order, bool(part.declared))
