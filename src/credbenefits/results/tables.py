"""Results that are plain tables: the participation flow, response patterns, balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import RowsResult, TableResult, drawing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Table(TableResult):
    """A titled table of equally long columns, with notes."""

    title: str
    columns: Mapping[str, Sequence[Any]]
    notes: tuple[str, ...] = ()

    def _title(self) -> str:
        return self.title

    def _columns(self) -> dict[str, list[Any]]:
        return {name: list(values) for name, values in self.columns.items()}

    def _notes(self) -> Sequence[str]:
        return self.notes


@dataclass(frozen=True, slots=True, eq=False)
class FlowRate(Content):
    """One response rate: who answered, of whom."""

    wave: str
    rate: str
    estimate: float
    conf_low: float
    conf_high: float
    count: int
    n: int
    base: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FlowResult(RowsResult[FlowRate]):
    """How many people answered each wave, and of whom, from :meth:`credbenefits.Panel.flow`.

    ``len()`` and a loop are over the rates; ``result["spring"]`` is the same result with the rates of that
    wave only.

    Attributes
    ----------
    waves : tuple of str
        Wave names in order.
    people : tuple of int
        People who answered each wave (with a usable key, repeats counted once).
    linked : tuple of int
        Of those, how many also answered an earlier wave.
    invited : tuple of int or None
        People invited to each wave, where that was declared; or all people in a wave whose ``answered``
        columns were named.
    rates : tuple of FlowRate
        Per wave the ``wave`` rate (of those invited), the ``conditional`` rate (of those who
        answered the wave before) and the ``cumulative`` rate (answered every wave so far, of
        those who answered the first).
    confidence_level : float
        Level of the rates' Wilson intervals.
    notes : tuple of str
        What a reader must know.
    """

    _HOLDS: ClassVar[str] = "rates"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave",)
    _ROW: ClassVar[Any] = FlowRate

    waves: tuple[str, ...]
    people: tuple[int, ...]
    linked: tuple[int, ...]
    invited: tuple[int | None, ...]
    rates: tuple[FlowRate, ...]
    confidence_level: float
    notes: tuple[str, ...]

    def _title(self) -> str:
        return "Participation: " + ", ".join(
            f"{w} {n:,}" for w, n in zip(self.waves, self.people, strict=True)
        )

    def _notes(self) -> Sequence[str]:
        return self.notes

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw people per wave and how many of them link back; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return drawing("findings", "plot_flow")(self, ax=ax)


@dataclass(frozen=True, slots=True, eq=False)
class BalanceRow(Content):
    """One level of one variable: its share in the population and among respondents.

    Differences are respondents minus population, after weighting weighted respondents minus population, in
    proportions; standardised ones are divided by the population's standard deviation sqrt(P (1 - P)).
    """

    variable: str
    level: str
    role: str
    population: float
    respondents: float
    weighted: float
    difference_before: float
    difference_after: float
    std_difference_before: float
    std_difference_after: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BalanceResult(RowsResult[BalanceRow]):
    """Respondents against the whole population wave, before and after weighting.

    ``role`` is ``model`` for variables the weights were built on, and ``check`` for variables
    known for everybody that were held back: the only direct evidence of what weighting left.
    ``len()`` and a loop are over the rows; ``result["age"]`` is the same result with the rows of that
    variable only.
    """

    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable",)
    _ROW: ClassVar[Any] = BalanceRow

    rows: tuple[BalanceRow, ...]
    people: str
    population: str

    def _title(self) -> str:
        return f"{self.people} against all {self.population}, before and after weighting"

    def worst(self, role: str = "model", *, after: bool = True) -> float:
        """Return the largest absolute standardised difference of a role; 0 where it has no rows."""
        name = "std_difference_after" if after else "std_difference_before"
        return max((abs(getattr(r, name)) for r in self.rows if r.role == role), default=0.0)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw standardised differences before and after weighting; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return drawing("findings", "plot_balance")(self, ax=ax)
