"""Rates of response: who answered, was reached or refused, each with what it is of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits._frozen import Content
from credbenefits.errors import InputError
from credbenefits.results.base import RowsResult, drawing, level_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Axes, RatesPlot

#: Columns that only the frame has: they are the same words in many rows.
_WORDS = ("numerator", "base")


@dataclass(frozen=True, slots=True, eq=False)
class ResponseRate(Content):
    """One rate: ``estimate`` is a proportion, ``count`` people of ``n``.

    ``n`` is not whole where the share e of some people is in the base. ``numerator`` and ``base`` say in
    words who is counted and of whom, ``definition`` which definition that is. ``effort`` is the day or the
    reminder up to which people answered; None where all are counted.
    """

    wave: str
    group: tuple[tuple[str, str], ...]
    effort: str | None
    rate: str
    estimate: float
    conf_low: float
    conf_high: float
    count: int
    n: float
    definition: str
    numerator: str
    base: str


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSteps(Content):
    """People of a wave by step: asked, of them reached, of them answered, of these linked to another wave.

    ``linked`` is None where there is no panel. ``partial`` of those who answered did so in part.
    """

    wave: str
    asked: int
    reached: int
    answered: int
    partial: int
    linked: int | None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ResponseRatesResult(RowsResult[ResponseRate]):
    """Rates of response, from :func:`credbenefits.response_rates`.

    ``len()`` and a loop are over the rates; ``result["RR1"]`` is the same result with that rate only, and
    ``result["end"]`` with that wave only. The frame has the columns ``wave`` (of a panel), those of ``by``,
    ``effort`` (where asked for), and then those of :class:`ResponseRate`.

    Attributes
    ----------
    rows : tuple of ResponseRate
        The rates.
    by : tuple of str
        The columns that make groups.
    steps : tuple of ResponseSteps
        Of each wave how many were asked, reached, answered and linked; without groups.
    people : str
        Who was asked, in words.
    volunteers : bool
        Whether the rate is to be called a participation rate: people came of their own accord, or fewer
        than one in ten answered.
    confidence_level : float
        Level of the Wilson intervals.
    notes : tuple of str
        What a reader must know.

    Examples
    --------
    >>> import credbenefits as cb
    >>> rates = cb.response_rates({"complete": 412, "partial": 31, "refused": 200, "no_contact": 1645})
    >>> [(rate.rate, round(rate.estimate, 3), rate.count, rate.n) for rate in rates["RR1"]]
    [('RR1', 0.18, 412, 2288.0)]
    """

    _KIND: ClassVar[str] = "nonresponse.rates"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave", "rate")
    _ROW: ClassVar[Any] = ResponseRate

    rows: tuple[ResponseRate, ...]
    by: tuple[str, ...]
    steps: tuple[ResponseSteps, ...]
    people: str
    volunteers: bool
    confidence_level: float
    notes: tuple[str, ...]

    def _title(self) -> str:
        by = f" by {' and '.join(self.by)}" if self.by else ""
        return f"Response rates of {self.people}{by} ({level_words(self.confidence_level)} intervals)"

    def _frame_columns(self) -> dict[str, list[Any]]:
        rows = self.rows
        columns: dict[str, list[Any]] = {}
        if any(row.wave for row in rows):
            columns["wave"] = [row.wave for row in rows]
        columns |= {name: [dict(row.group)[name] for row in rows] for name in self.by}
        if any(row.effort is not None for row in rows):
            columns["effort"] = [row.effort for row in rows]
        own = [each.name for each in fields(ResponseRate) if each.name not in {"wave", "group", "effort"}]
        return columns | {name: [getattr(row, name) for row in rows] for name in own}

    def _columns(self) -> dict[str, list[Any]]:
        columns = {name: cells for name, cells in self._frame_columns().items() if name not in _WORDS}
        columns["n"] = [int(n) if float(n).is_integer() else n for n in columns["n"]]
        return columns

    def _notes(self) -> Sequence[str]:
        return self.notes

    def plot(self, kind: RatesPlot | None = None, ax: Axes | None = None) -> Axes:
        """Draw who was asked, reached, answered and linked, or answers over time; returns the Axes.

        Parameters
        ----------
        kind : {"steps", "effort"}, optional
            ``"steps"``: the people of each wave, step by step. ``"effort"``: the rate by the day or reminder
            up to which people answered; by default where there is an ``effort``.
        ax : matplotlib Axes, optional
            Without it the axes are new, as in ``ProportionsResult.plot``.
        """
        grown = any(row.effort is not None for row in self.rows)
        wanted = ("effort" if grown else "steps") if kind is None else check.choice("kind", kind, t.RatesPlot)
        if wanted == "effort" and not grown:
            raise InputError(
                "kind",
                allowed="'steps' for rates without effort",
                value=kind,
                fix="Ask for response_rates(effort=...): the column of the day or the reminder.",
            )
        return drawing("response", f"plot_{wanted}")(self, ax=ax)
