"""How many of a wave's people are found again in another wave, all together and group by group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from credbenefits.results.base import level_words
from credbenefits.results.proportions import Proportion, ProportionsResult

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The group that people of small groups are shown in, together.
POOLED = "(small groups)"


@dataclass(frozen=True, slots=True, eq=False)
class Retention(Proportion):
    """The share of one group that is found again.

    It has all of :class:`~credbenefits.results.proportions.Proportion`, and more. ``ratio`` is the share over
    that of everybody. ``shrunken`` is the share drawn towards that of all groups, as far as chance explains
    how they differ; NaN where no group is so small that it is worked out.
    """

    ratio: float
    shrunken: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RetentionResult(ProportionsResult):
    """Shares of a wave's people who are found again in another: ``attrition(...).retention``.

    A :class:`~credbenefits.results.proportions.ProportionsResult` with one row for each group, or one alone,
    and the columns ``ratio`` and ``shrunken`` (see :class:`Retention`). Groups of fewer than 10 people are
    shown together, as "(small groups)", with the next larger one where they would be known by subtraction.

    Attributes
    ----------
    waves : tuple of str
        The wave that the shares are of, and the wave in which people are found again.
    everybody : Retention
        The share of everybody, in a group or not.
    pooled : tuple of str
        The groups that are shown together.
    left, not_invited : int
        People of the first wave who are in no share: those who had left the population by the second
        (``ineligible``), and those who were not invited to it.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> start, end = pd.DataFrame({"id": [1, 2, 3]}), pd.DataFrame({"id": [2]})
    >>> found = cb.attrition(cb.link_waves({"start": start, "end": end}, on="id")).retention
    >>> found.waves, found.rows[0].count, found.rows[0].n
    (('start', 'end'), 1, 3)
    """

    _KIND: ClassVar[str] = "attrition.retention"
    _ROW: ClassVar[type[Retention]] = Retention

    COLUMNS: ClassVar[tuple[str, ...]] = (*ProportionsResult.COLUMNS, "ratio", "shrunken")

    waves: tuple[str, str] = ("", "")
    everybody: Retention | None = None
    pooled: tuple[str, ...] = ()
    left: int = 0
    not_invited: int = 0

    @property
    def nobody_found(self) -> tuple[Retention, ...]:
        """The groups of which nobody is found again: no weight makes anybody speak for them."""
        return tuple(row for row in self._retained if self.by and row.n and not row.count)

    @property
    def _retained(self) -> tuple[Retention, ...]:
        return tuple(row for row in self.rows if isinstance(row, Retention))

    def _title(self) -> str:
        first, again = self.waves
        return (
            f"{self.people} of {first} who are found again in {again} "
            f"({level_words(self.confidence_level)} intervals)"
        )

    def _shown(self) -> Sequence[str]:
        of_groups = ["ratio"] if self.by else []
        if any(not math.isnan(value) for value in self.columns["shrunken"]):
            of_groups.append("shrunken")
        label, *shown = ProportionsResult._shown(self)
        place = shown.index("n") + 1
        return (label, *shown[:place], *of_groups, *shown[place:])
