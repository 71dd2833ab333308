"""Results that are plain tables: the participation flow, patterns of answering, balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits import _validation as check
from credbenefits._frozen import Content
from credbenefits._typing import BalanceRole
from credbenefits.results.base import RowsResult, TableResult, cell, drawing, level_words, many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Axes

#: Names of waves that are listed in a title have at most so many characters together.
_LONGEST_LIST = 60


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Table(TableResult):
    """A titled table of equally long columns, with notes."""

    _KIND: ClassVar[str] = "tables"

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
    """One rate of participation: who answered, of whom."""

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

    It prints a line per wave; the frame has a row per rate, and so have ``len()`` and a loop.
    ``result["spring"]`` is the same result with the rates of that wave only, ``result["retention"]`` with
    those of that kind.

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
        answered the wave before), the ``cumulative`` rate (answered every wave so far, of
        those who answered the first), the ``retention`` (answered this wave, whether or not waves
        between, of those who answered the first), and ``not_known_before`` (no link leads to an earlier wave,
        of those who answered this one; printed as ``people`` and ``linked``).
    confidence_level : float
        Level of the rates' Wilson intervals.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import credbenefits as cb
    >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
    >>> [(rate.wave, rate.count, rate.n) for rate in panel.flow()["retention"]]
    [('completion', 431, 25891), ('followup', 30, 25891)]
    """

    _KIND: ClassVar[str] = "participation"
    _HOLDS: ClassVar[str] = "rates"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave", "rate")
    _ROW: ClassVar[Any] = FlowRate

    waves: tuple[str, ...]
    people: tuple[int, ...]
    linked: tuple[int, ...]
    invited: tuple[int | None, ...]
    rates: tuple[FlowRate, ...]
    confidence_level: float
    notes: tuple[str, ...]

    def _title(self) -> str:
        waves = many(len(self.waves), "wave", "waves")
        return f"Participation in {waves} ({level_words(self.confidence_level)} intervals)"

    def _frame_columns(self) -> dict[str, list[Any]]:
        return RowsResult._columns(self)

    def _columns(self) -> dict[str, list[Any]]:
        """Return what is printed: a line per wave, a column per kind of rate."""
        found = {(rate.wave, rate.rate): rate for rate in self.rates}
        waves = range(len(self.waves))
        columns: dict[str, list[Any]] = {
            "wave": list(self.waves),
            "people": list(self.people),
            "linked": [self.linked[k] if k else None for k in waves],
        }
        if any(n is not None for n in self.invited):
            columns["invited"] = list(self.invited)
        for kind, (name, _) in self._kinds().items():
            columns[name] = [_rate_cell(found.get((wave, kind))) for wave in self.waves]
        return columns

    def _kinds(self) -> dict[str, tuple[str, str]]:
        """Return the name of each kind of rate that occurs, and what it is a share of."""
        first = f"of those in “{self.waves[0]}”"
        known = any(rate.rate == "wave" and rate.base != "people invited" for rate in self.rates)
        asked = (
            "of those invited or known to be in the wave, silent ones too" if known else "of those invited"
        )
        kinds = {
            "wave": ("of invited", f"people, {asked}"),
            "conditional": ("conditional", "in the wave, of those in the wave before"),
            "cumulative": ("cumulative", f"in every wave so far, {first}"),
            "retention": ("retention", f"in the wave, whether or not in waves between, {first}"),
        }
        there = {rate.rate for rate in self.rates}
        return {kind: words for kind, words in kinds.items() if kind in there}

    def _notes(self) -> Sequence[str]:
        words = "; ".join(f"{name}: {of}" for name, of in self._kinds().values())
        return (*self.notes, words) if words else self.notes

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw people per wave and how many of them link back; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return drawing("participation", "plot_flow")(self, ax=ax)


def _rate_cell(rate: FlowRate | None) -> str | None:
    """Write a rate and its interval in one cell."""
    if rate is None or not rate.n:
        return None
    return f"{cell(rate.estimate)} ({cell(rate.conf_low)}, {cell(rate.conf_high)})"


@dataclass(frozen=True, slots=True, eq=False)
class Pattern(Content):
    """One pattern of answering (X answered, . did not, in the order of waves), and its people."""

    pattern: str
    n: int
    share: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PatternsResult(RowsResult[Pattern]):
    r"""Who answered which waves, the largest pattern first, from :meth:`credbenefits.Panel.patterns`.

    It prints the largest patterns and one row for all others. The frame has all patterns, with a column per
    wave that says whether it was answered; if a wave is called "pattern", "n" or "share", " (wave)" is added
    to the name of its column. ``len()`` and a loop are over the patterns; ``result["X.X"]`` is the same
    result with that pattern only.

    Attributes
    ----------
    waves : tuple of str
        Wave names in order.
    rows : tuple of Pattern
        The patterns that occur, with the people of each and their proportion of all people.
    n_people : int
        All people; the rows add up to them.
    most : int
        Patterns that are printed one by one.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import credbenefits as cb
    >>> panel = cb.link_waves(cb.load_credentials(), on=["learner_id", "email"])
    >>> print(*str(panel.patterns(most=3)).splitlines()[:6], sep="\n")
    Patterns of answering of 27,752 people (waves in order: start, completion, followup)
    pattern               n       share
    X..                   25,455  0.9172
    .X.                   1,771   0.0638
    XX.                   406     0.0146
    all other 4 patterns  120     0.0043
    """

    _KIND: ClassVar[str] = "patterns"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("pattern",)
    _ROW: ClassVar[Any] = Pattern

    waves: tuple[str, ...]
    rows: tuple[Pattern, ...]
    n_people: int
    most: int
    notes: tuple[str, ...]

    def _title(self) -> str:
        listed = ", ".join(self.waves)
        order = f"waves in order: {listed}"
        if len(listed) > _LONGEST_LIST:
            order = f"{len(self.waves)} waves in order, from “{self.waves[0]}” to “{self.waves[-1]}”"
        return f"Patterns of answering of {many(self.n_people, 'person', 'people')} ({order})"

    def _columns(self) -> dict[str, list[Any]]:
        # A single row more is printed as it is: it would be no shorter as a sum.
        shown = self.rows if len(self.rows) <= self.most + 1 else self.rows[: self.most]
        columns: dict[str, list[Any]] = {
            "pattern": [row.pattern for row in shown],
            "n": [row.n for row in shown],
            "share": [row.share for row in shown],
        }
        if others := self.rows[len(shown) :]:
            n = sum(row.n for row in others)
            rest = (f"all other {len(others):,} patterns", n, n / self.n_people)
            for column, value in zip(columns.values(), rest, strict=True):
                column.append(value)
        return columns

    def _frame_columns(self) -> dict[str, list[Any]]:
        columns = RowsResult._columns(self)
        inside = {
            name: [row.pattern[k] == "X" for row in self.rows] for k, name in enumerate(self._wave_columns())
        }
        return {"pattern": columns.pop("pattern"), **inside, **columns}

    def _wave_columns(self) -> list[str]:
        """Return what the column of each wave is called: the wave's name where no other column has it."""
        taken = {"pattern", "n", "share", *self.waves}
        names = []
        for wave in self.waves:
            name = wave
            while name in {"pattern", "n", "share"} or (name != wave and name in taken):
                name += " (wave)"
            names.append(name)
        return names

    def _types(self) -> dict[str, str]:
        return {**dict.fromkeys(self._wave_columns(), "bool"), **RowsResult._types(self)}

    def _notes(self) -> Sequence[str]:
        return self.notes


@dataclass(frozen=True, slots=True, eq=False)
class BalanceRow(Content):
    """One level of one variable: its share in the population and among respondents.

    Differences are respondents minus population, after weighting weighted respondents minus population, in
    proportions; standardised ones are divided by the population's standard deviation sqrt(P (1 - P)). Where
    people come with weights before the weighting, the shares are weighted with these.
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

    _KIND: ClassVar[str] = "balance"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable",)
    _ROW: ClassVar[Any] = BalanceRow

    rows: tuple[BalanceRow, ...]
    people: str
    population: str

    def _title(self) -> str:
        return f"{self.people} against all {self.population}, before and after weighting"

    def worst(self, role: BalanceRole = "model", *, after: bool = True) -> float:
        """Return the largest absolute standardised difference of a role; 0 where it has no rows."""
        check.choice("role", role, BalanceRole)
        name = "std_difference_after" if after else "std_difference_before"
        return max((abs(getattr(r, name)) for r in self.rows if r.role == role), default=0.0)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw standardised differences before and after weighting; returns the matplotlib Axes.

        Without `ax` the axes are new, as in ``ProportionsResult.plot``.
        """
        return drawing("balance", "plot_balance")(self, ax=ax)
