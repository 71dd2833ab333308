"""How many of a wave's people are found again in another wave, with notes on who cannot be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from credbenefits.results.base import level_words
from credbenefits.results.proportions import ProportionsResult


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RetentionResult(ProportionsResult):
    """Shares of a wave's people who are found again in another wave, from :func:`credbenefits.retention`.

    A :class:`~credbenefits.results.proportions.ProportionsResult` with one row for each group, or one alone.

    Attributes
    ----------
    waves : tuple of str
        The wave that the shares are of, and the wave in which people are found again.

    Examples
    --------
    >>> import pandas as pd, credbenefits as cb
    >>> start, end = pd.DataFrame({"id": [1, 2, 3]}), pd.DataFrame({"id": [2]})
    >>> found = cb.retention(cb.link_waves({"start": start, "end": end}, on="id"))
    >>> found.waves, found.rows[0].count, found.rows[0].n
    (('start', 'end'), 1, 3)
    """

    _KIND: ClassVar[str] = "retention"

    waves: tuple[str, str] = ("", "")

    def _title(self) -> str:
        first, again = self.waves
        return (
            f"{self.people} of {first} who are found again in {again} "
            f"({level_words(self.confidence_level)} intervals)"
        )
