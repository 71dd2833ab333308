"""What weights hold, as their uses take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.results.tables import BalanceResult
    from credbenefits.results.weighing.alert import Alert
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.record import Target
    from credbenefits.weighting.uses.everybody import EverybodyRows


class Held(NamedTuple):
    """The weights, whose they are, and what made them: see :class:`credbenefits.Weights`.

    ``run`` is the recipe that can be run again, None for weights that are known. ``unweighted`` are people
    who are known to have no weight, ``column`` is where weights of rows were taken from, and ``rows_of_all``
    is where all that is known of everybody stands.
    """

    weight: FloatArray
    ids: IntArray | None
    everybody: IntArray | None
    unweighted: IntArray | None
    run: Recipe | None
    target: Target
    column: str
    recipe: Mapping[str, Any]
    alerts: tuple[Alert, ...]
    balance: BalanceResult | None
    words: str
    rows_of_all: EverybodyRows | None

    @property
    def n(self) -> int:
        """People who have a weight above 0."""
        return int((self.weight != 0).sum())
