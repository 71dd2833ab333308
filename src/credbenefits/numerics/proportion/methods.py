"""What each interval method for a proportion can do: one entry a method, which all others read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credbenefits.numerics import wilson
from credbenefits.numerics.proportion import _closed, _design, _exact, _together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from credbenefits._typing import BootstrapKind, FloatArray
    from credbenefits.numerics.interval import Interval

    #: Takes counts, bases and the two-sided level.
    FromCounts: TypeAlias = Callable[[FloatArray, FloatArray, float], Interval]
    #: Takes proportions with their design variance, and the level.
    FromVariance: TypeAlias = Callable[[_design.Estimated, float], Interval]
    #: Takes tables of counts, and the level at which all intervals of a table hold together.
    FromTables: TypeAlias = Callable[[FloatArray, float], Interval]


@dataclass(frozen=True, slots=True)
class Method:
    """One interval method: its functions, and for which data it is valid.

    Attributes
    ----------
    name : str
        As the `Literal` in `_typing` has it.
    from_counts : callable, optional
        Limits from counts.
    from_variance : callable, optional
        Limits from a design's variance; without it the method knows no design.
    from_tables : callable, optional
        Limits that hold together for all answers to a question (simultaneous).
    from_replicates : str, optional
        The kind of bootstrap interval, as functions on arrays of replicates name it.
    solved : bool
        Whether `from_counts` costs a microsecond or more a pair. Counts repeat, so each pair is then solved
        once; formulas are worked through in blocks.
    whole_counts : bool
        Whether it is defined by rules for single counts, so that effective sizes are refused.
    one_sided : bool
        Whether the limits from counts are bounds as well, each with half of the doubt in its tail.
    instead : str
        The method to name where this one is refused for its counts or its bound.
    edge : bool
        Whether tables report its limits where nobody or everybody says yes: not if they do not exist there,
        have no width, or a width that does not depend on the level.
    edge_from_variance : bool
        The same for `from_variance`.
    draws_units : bool
        Whether replicates may be drawn by a design.
    without_design : str
        The method that it is for counts, if it is for designs and has no `from_counts`.
    """

    name: str
    from_counts: FromCounts | None = None
    from_variance: FromVariance | None = None
    from_tables: FromTables | None = None
    from_replicates: BootstrapKind | None = None
    solved: bool = False
    whole_counts: bool = False
    one_sided: bool = True
    instead: str = ""
    edge: bool = True
    edge_from_variance: bool = False
    draws_units: bool = False
    without_design: str = ""


_ALL = (
    Method("wilson", _closed.wilson, _design.wilson, edge_from_variance=True),
    Method("wilson_cc", _closed.wilson_cc),
    Method("modified_wilson", _closed.modified_wilson, whole_counts=True, one_sided=False, instead="wilson"),
    Method("agresti_coull", _closed.agresti_coull),
    Method("jeffreys", _exact.jeffreys, solved=True),
    Method(
        "modified_jeffreys",
        _exact.modified_jeffreys,
        solved=True,
        whole_counts=True,
        one_sided=False,
        instead="jeffreys",
    ),
    Method("clopper_pearson", _exact.clopper_pearson, solved=True),
    # Without a design Korn and Graubard's interval is Clopper and Pearson's for the effective size.
    Method(
        "korn_graubard",
        from_variance=_design.korn_graubard,
        edge_from_variance=True,
        without_design="clopper_pearson",
    ),
    Method("mid_p", _exact.mid_p, solved=True),
    Method("blaker", _exact.blaker, solved=True, whole_counts=True, one_sided=False, instead="mid_p"),
    Method("likelihood", _closed.likelihood, solved=True),
    Method("logit", _closed.logit, _design.logit, edge=False),
    Method("arcsine", _closed.arcsine, _design.arcsine),
    Method("wald", wilson.wald, _design.wald, edge=False),
    Method("wald_cc", _closed.wald_cc, edge=False),
    Method("bootstrap", from_replicates="percentile", edge=False, draws_units=True),
    Method("bootstrap_basic", from_replicates="basic", edge=False, draws_units=True),
    Method("bootstrap_bca", from_replicates="bca", edge=False, draws_units=True),
    # The errors within its replicates know no strata.
    Method("bootstrap_studentized", from_replicates="studentized", edge=False),
    Method("goodman", from_tables=_together.goodman),
    Method("sison_glaz", from_tables=_together.sison_glaz, whole_counts=True, instead="goodman"),
    Method("quesenberry_hurst", from_tables=_together.quesenberry_hurst),
    Method("fitzpatrick_scott", from_tables=_together.fitzpatrick_scott),
)
#: By name, in the order in which errors list them.
METHODS: Mapping[str, Method] = {each.name: each for each in _ALL}
