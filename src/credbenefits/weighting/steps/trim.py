"""Trimming that leaves the totals met: weights are capped, and made to add up again, until both hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.results.weighing.alert import Alert
from credbenefits.weighting.recipe import Account, Draw, Gradients
from credbenefits.weighting.steps.cap import Cap

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, Progress
    from credbenefits.weighting.recipe import Recipe, Sample, Step

#: Most times that weights are capped, and how far above the limit, relative to it, a weight may end.
_ROUNDS, _ABOVE = 100, 1e-6


@dataclass(frozen=True, slots=True)
class Trim:
    """Weights above a limit are brought down to it, and all are made to add up again, until both hold.

    The limit is that of ``cap`` for the weights before the step; ``again`` is what made these add up. Where
    both do not hold after so many rounds, weights add up, and some are above the limit.
    """

    cap: Cap
    again: Step

    @property
    def label(self) -> str:
        """What the step is called in the table of steps."""
        return f"{self.cap.label}, {self.again.label} again"

    @property
    def words(self) -> str:
        """What the step does."""
        return self.cap.words + (" and calibrated again" if self.again.words else "")

    def run(self, sample: Sample, weight: FloatArray, draw: Draw) -> FloatArray:
        """Return the weights after the step: see :class:`credbenefits.weighting.recipe.Step`."""
        return self._rounds(sample, weight, draw)[-1]

    def report(self, sample: Sample, weight: FloatArray, draw: Draw, tell: Progress) -> Account:
        """Run the step for the people as they are: see :class:`credbenefits.weighting.recipe.Reporting`."""
        limit = float(self.cap.limit(sample, weight, draw)[0])
        made = self.run(sample, weight, draw)[0]
        tell(1, 1)
        above = float(made.max()) / limit
        if above <= 1.0 + _ABOVE:
            return Account(made, limited=bool((made != weight[0]).any()))
        text = f"after {_ROUNDS} rounds the largest weight is still {above:.3g} times the limit."
        alert = Alert("trim_not_held", text, above, "The totals need it: trim less, or calibrate to less.")
        return Account(made, log=(text,), alerts=(alert,), limited=True)

    def backward(self, sample: Sample, weight: FloatArray, draw: Draw, gradient: FloatArray) -> Gradients:
        """Take gradients back through the step: see :class:`credbenefits.weighting.recipe.Step`.

        A weight that is capped changes as the limit does, which is that of the weights before the step.
        """
        limit = self.cap.limit(sample, weight, draw)[:, None]
        times: FloatArray = np.zeros((len(gradient), sample.answered.size))
        base: FloatArray = np.zeros(times.shape)
        of_limit: FloatArray = np.zeros(len(gradient))
        for before in reversed(self._rounds(sample, weight, draw)[:-1]):
            back = self.again.backward(sample, np.minimum(before, limit), draw, gradient)
            kept = before[0] <= limit[0]
            of_limit = of_limit + (back.weight * ~kept).sum(axis=1)
            gradient = back.weight * kept
            times, base = times + back.times, base + back.base
        first = self.cap.to_limit(sample, weight, of_limit)
        return Gradients(gradient + first.weight, times + first.times, base)

    def _rounds(self, sample: Sample, weight: FloatArray, draw: Draw) -> list[FloatArray]:
        """Return the weights before the first round and after each; replicates that are done stay."""
        limit = self.cap.limit(sample, weight, draw)[:, None]
        made = [weight]
        for _ in range(_ROUNDS):
            over = np.flatnonzero((made[-1] > limit * (1.0 + _ABOVE)).any(axis=1))
            if not over.size:
                break
            capped = np.minimum(made[-1][over], limit[over])
            after = made[-1].copy()
            after[over] = self.again.run(sample, capped, Draw(draw.times[over], draw.base[over]))
            made.append(after)
        return made


def untrimmed(recipe: Recipe) -> Recipe | None:
    """Return a recipe without trimming; None where it does not trim."""
    kept = tuple(step for step in recipe.steps if not isinstance(step, Trim | Cap))
    trims = any(isinstance(step, Trim) or (isinstance(step, Cap) and step.limits) for step in recipe.steps)
    return replace(recipe, steps=kept) if trims else None
