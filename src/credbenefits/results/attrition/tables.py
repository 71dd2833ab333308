"""Who was lost between waves, which waves have whom in common, and how people answered over all waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from credbenefits._frozen import Content
from credbenefits.results.base import RowsResult, many

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, eq=False)
class FunnelStep(Content):
    """The people of one wave, and what became of those who answered the wave before.

    ``people`` are all who are known to be in the wave = ``ineligible`` + ``not_invited`` + ``no_answer`` +
    ``answered``; ``asked`` = ``no_answer`` + ``answered``. ``answered`` = ``from_before`` (answered the wave
    before) + ``returned`` (answered an earlier wave, but not the one before) + ``new`` (answered none before;
    everybody, in the first wave). Those who answered the wave before = ``from_before`` + ``lost_ineligible``
    + ``lost_not_invited`` + ``lost_silent``. ``found_from_first`` answered the first wave too.
    """

    wave: str
    people: int
    ineligible: int
    not_invited: int
    asked: int
    no_answer: int
    answered: int
    from_before: int
    returned: int
    new: int
    lost_ineligible: int
    lost_not_invited: int
    lost_silent: int
    found_from_first: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AttritionFunnel(RowsResult[FunnelStep]):
    """Wave by wave who was asked and answered, and who was lost in between: ``attrition(...).funnel``.

    Attributes
    ----------
    rows : tuple of FunnelStep
        One per wave, in order.
    declared : tuple of str
        The waves of which it was declared how everybody ended in them. In all others whoever is in the wave
        answered it, and nobody knows who was asked.
    """

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave",)
    _ROW: ClassVar[Any] = FunnelStep

    rows: tuple[FunnelStep, ...]
    declared: tuple[str, ...]

    def _title(self) -> str:
        return f"People of {many(len(self.rows), 'wave', 'waves')}, and who was lost in between"

    def _shown(self) -> tuple[str, ...]:
        outside = ("ineligible", "not_invited", "lost_ineligible", "lost_not_invited")
        unused = {name for name in outside if not any(getattr(row, name) for row in self.rows)}
        if not self.declared:
            unused |= {"people", "asked", "no_answer"}
        return tuple(name for name in self._columns() if name not in unused)

    def _notes(self) -> tuple[str, ...]:
        silent = [f"“{row.wave}”" for row in self.rows if row.wave not in self.declared]
        if not silent:
            return ()
        if len(silent) == len(self.rows):
            listed = "the waves"
        else:
            listed = ", ".join(silent[:5]) + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
        return (f"Who was asked is not declared for {listed}: everybody there answered",)


@dataclass(frozen=True, slots=True, eq=False)
class Overlap(Content):
    """How many of those who answered ``wave`` (``n``) answered ``other`` too (``both``), and their share."""

    wave: str
    other: str
    both: int
    n: int
    share: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class WaveOverlap(RowsResult[Overlap]):
    """How many people every two waves have in common: ``attrition(...).overlap``.

    It prints a matrix; on its diagonal are the people of a wave. The frame has a row for every two waves, a
    wave and itself among them, in both orders.
    """

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("wave", "other")
    _ROW: ClassVar[Any] = Overlap

    rows: tuple[Overlap, ...]

    def _title(self) -> str:
        return "People who answered both of two waves"

    def _columns(self) -> dict[str, list[Any]]:
        found = {(row.wave, row.other): row.both for row in self.rows}
        waves = list(dict.fromkeys(row.wave for row in self.rows))
        others = list(dict.fromkeys(row.other for row in self.rows))
        first = "wave" + " " * ("wave" in others)
        return {first: waves, **{name: [found.get((wave, name)) for wave in waves] for name in others}}

    def _frame_columns(self) -> Mapping[str, Any]:
        return RowsResult._columns(self)


@dataclass(frozen=True, slots=True, eq=False)
class AnswerClass(Content):
    """People who answered in one way over all waves: how many, and their share of all people of the panel.

    ``kind`` is "stayer" (answered every wave), "drop-out" (answered every wave up to ``last`` and none
    after), "returner" (answered the first wave, missed one, and answered a later one), "late entrant"
    (did not answer the first wave, but a later one) or "never" (is known, and answered none). ``last`` is
    empty for all but drop-outs.
    """

    kind: str
    last: str
    n: int
    share: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AnswerClasses(RowsResult[AnswerClass]):
    """Stayers, drop-outs, returners, late entrants: ``attrition(...).classes``. They add up to all people.

    Attributes
    ----------
    rows : tuple of AnswerClass
        Each class, drop-outs by the last wave that they answered.
    monotone_share : float
        Stayers and drop-outs, of those who answered the first wave; NaN where nobody did. The others missed
        a wave and came back: weights that chain waves leave them out.
    """

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("kind", "last")
    _ROW: ClassVar[Any] = AnswerClass

    rows: tuple[AnswerClass, ...]
    monotone_share: float

    def _title(self) -> str:
        n = sum(row.n for row in self.rows)
        return f"How {many(n, 'person', 'people')} answered over all waves"

    def _notes(self) -> tuple[str, ...]:
        if self.monotone_share != self.monotone_share:
            return ()
        return (
            f"monotone share (no wave missed before one answered, of the first): {self.monotone_share:.4f}",
        )
