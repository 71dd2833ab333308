"""What weights change in transitions of the same people, computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.errors import MethodError
from credbenefits.estimators.core.pairing.numbers import newcombe_of_sizes
from credbenefits.estimators.core.pairing.plan import codes_of, shares_of
from credbenefits.estimators.core.refitting.moved import (
    refuse_unknown,
    untrimmed_of,
    unweighted,
    variances,
    weighted,
)
from credbenefits.numerics.design.scores import ROUNDING
from credbenefits.numerics.wilson import wilson
from credbenefits.results.weighing.weighed import Moves

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.estimators.core.pairing.plan import Plan
    from credbenefits.estimators.core.pairing.source import PairedRows
    from credbenefits.estimators.core.task import Task


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ChangeEffects:
    """Holds one call of :func:`credbenefits.transitions`, to say what its weights change."""

    task: Task
    rows: PairedRows
    plan: Plan
    label: str

    def __call__(self, untrimmed: FloatArray | None) -> Moves:
        """Return what the weights change: see :class:`credbenefits.results.weighing.weighed.AsksAgain`."""
        if self.rows.doubt is not None:
            raise MethodError(
                "linkage_error",
                allowed="'ignore' for results of which it is asked what weights change",
                received="'adjust': what the correction takes out has a variance of its own",
                fix="Make them with transitions(..., linkage_error='ignore').",
            )
        rows, cells = self.rows, self.rows.sums().cells
        codes = codes_of(rows.first, rows.second, cells)
        task = replace(self.task, answers=shares_of(self.plan, cells, self.label, codes))
        refuse_unknown(task)
        made = self._moves(task, variances(task))
        free = untrimmed_of(task, untrimmed)
        if free is not None:
            size, size_free = (self._of_rows(each) for each in (free.size_trimmed, free.size))
            made = made._replace(untrimmed=self._and_changes(free.share), size=size, size_untrimmed=size_free)
        return made.in_rows()

    def _moves(self, task: Task, variance: FloatArray) -> Moves:
        plan, n = self.plan, self.plan.n_shares
        plain = unweighted(weighted(task))
        low, high = (np.asarray(each)[:n] for each in wilson(plain.count, plain.nobs, task.level))
        rose, fell, moved = (slice(n + k * plan.n_net, n + (k + 1) * plan.n_net) for k in range(3))
        # V(rose - fell) + V(rose + fell) = 2 V(rose) + 2 V(fell), and who moved either rose or fell.
        whole = 2.0 * (variance[rose] + variance[fell])
        of_change = np.where(whole - variance[moved] > ROUNDING * whole, whole - variance[moved], 0.0)
        change_low, change_high = newcombe_of_sizes(task, plan, plain, (rose, fell))
        one_way = plain.edge[rose] & plain.edge[fell]
        return Moves(
            self._and_changes(plain.proportion),
            np.concatenate([low, change_low]),
            np.concatenate([high, change_high]),
            np.concatenate([variance[:n], np.where(np.isnan(whole), np.nan, of_change)]),
            np.concatenate([plain.edge[:n], one_way]),
        )

    def _and_changes(self, proportion: FloatArray) -> FloatArray:
        """Put net changes behind the shares."""
        plan = self.plan
        change = proportion[plan.second_wave] - proportion[plan.first_wave]
        return np.concatenate([proportion[: plan.n_shares], change])

    def _of_rows(self, each: FloatArray) -> FloatArray:
        """Take what net changes have from the shares of the first wave: their base is the same."""
        return np.concatenate([each[: self.plan.n_shares], each[self.plan.first_wave]])
