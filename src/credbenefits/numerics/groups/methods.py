"""What each interval method for two independent proportions can do: one entry a method and comparison."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from credbenefits._typing import DifferenceIntervalMethod, OddsRatioIntervalMethod, RatioIntervalMethod
from credbenefits.numerics.arguments import method_for as chosen
from credbenefits.numerics.groups import _closed, _conditional, _score, design

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from credbenefits._typing import Options
    from credbenefits.numerics.interval import Interval


@dataclass(frozen=True, slots=True)
class Method:
    """One interval method for one kind of comparison.

    Attributes
    ----------
    name : str
        As the `Literal` of its comparison in `_typing` has it.
    fn : callable
        Takes both counts with their bases, and the two-sided `level` by name; returns an `Interval`.
    whole_counts : bool
        Whether it counts tables, so that effective sizes are refused.
    from_design : callable, optional
        Takes a `DesignPair`, and the two-sided `confidence_level` by name; returns an `Interval`. None where
        the method knows no design.
    """

    name: str
    fn: Callable[..., Interval]
    whole_counts: bool = False
    from_design: Callable[..., Interval] | None = None


_DIFFERENCE = (
    Method("newcombe", _closed.newcombe, from_design=design.newcombe),
    Method("newcombe_cc", _closed.newcombe_cc),
    Method("miettinen_nurminen", _score.miettinen_nurminen_difference),
    Method("mee", _score.mee),
    Method("agresti_caffo", _closed.agresti_caffo),
    Method("haldane", _closed.haldane),
    Method("jeffreys_perks", _closed.jeffreys_perks),
    Method("hauck_anderson", _closed.hauck_anderson),
    Method("wald", _closed.wald, from_design=design.wald),
    Method("wald_cc", _closed.wald_cc),
    Method("likelihood", _score.likelihood),
)
_RATIO = (
    Method("koopman", _score.koopman),
    Method("miettinen_nurminen", _score.miettinen_nurminen_ratio),
    Method("katz", _closed.katz, from_design=partial(design.wald, comparison="ratio")),
    Method("mover_wilson", _closed.mover_ratio),
)
_ODDS_RATIO = (
    Method("miettinen_nurminen", _score.miettinen_nurminen_odds_ratio),
    Method("woolf", _closed.woolf, from_design=partial(design.wald, comparison="odds_ratio")),
    Method("gart", _closed.gart),
    Method("mover_wilson", _closed.mover_odds_ratio),
    Method("cornfield_exact", _conditional.cornfield_exact, whole_counts=True),
    Method("cornfield_midp", _conditional.cornfield_midp, whole_counts=True),
)
#: By kind of comparison and by name.
METHODS: Mapping[str, Mapping[str, Method]] = {
    "difference": {each.name: each for each in _DIFFERENCE},
    "ratio": {each.name: each for each in _RATIO},
    "odds_ratio": {each.name: each for each in _ODDS_RATIO},
}
#: The options of each kind; the first is its default.
OPTIONS: Mapping[str, Options] = {
    "difference": DifferenceIntervalMethod,
    "ratio": RatioIntervalMethod,
    "odds_ratio": OddsRatioIntervalMethod,
}


def method_for(kind: str, method: object, *, of_design: bool = False) -> Method:
    """Check that a method is one for this kind of comparison; None is the kind's default.

    With `of_design` the default is the first that knows a design.
    """
    if of_design and method is None:
        return next(each for each in METHODS[kind].values() if each.from_design)
    return METHODS[kind][chosen(kind, method, OPTIONS)]
