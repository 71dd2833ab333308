"""What weights change in proportions of the same people, computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.estimators.core.refitting.moved import (
    refuse_unknown,
    untrimmed_of,
    unweighted,
    variances,
    weighted,
)
from credbenefits.estimators.core.source import Prepared
from credbenefits.numerics.wilson import wilson
from credbenefits.results.weighing.weighed import Moves, Weighed

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.source import Source
    from credbenefits.estimators.core.task import Task
    from credbenefits.results.weighing.weighed import AsksAgain


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Effects:
    """Holds one call of :func:`credbenefits.proportions`, to say what its weights change."""

    task: Task

    def __call__(self, untrimmed: FloatArray | None) -> Moves:
        """Return what the weights change: see :class:`credbenefits.results.weighing.weighed.AsksAgain`."""
        refuse_unknown(self.task)
        plain = unweighted(weighted(self.task))
        low, high = wilson(plain.count, plain.nobs, self.task.level)
        made = Moves(plain.proportion, np.asarray(low), np.asarray(high), variances(self.task), plain.edge)
        free = untrimmed_of(self.task, untrimmed)
        if free is not None:
            made = made._replace(untrimmed=free.share, size=free.size_trimmed, size_untrimmed=free.size)
        return made.in_rows()


def weighed_by(source: Source, ask: AsksAgain) -> Weighed | None:
    """Return which weights a result is made with, where the weights say who they are; None in a column."""
    if isinstance(source, Prepared) and source.weighting.mark:
        return Weighed(source.weighting.mark, source.weighting.forbidden, ask)
    counted = not isinstance(source, Prepared) and source.weighted and source.population[0]
    return Weighed("", ask=ask) if counted else None
