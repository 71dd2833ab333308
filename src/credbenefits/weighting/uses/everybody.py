"""Where all columns stand that are known of everybody whom weights were made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.frames.boundary import read, take
from credbenefits.frames.people import people_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EverybodyRows:
    """The data that everybody is in, as long as they are in memory: saved and copied weights hold none.

    They are `people` of a wave of a panel, or the rows of a frame.
    """

    frame: NarwhalsFrame | None = None
    panel: Panel | None = None
    wave: str = ""
    people: IntArray | None = None

    @property
    def there(self) -> bool:
        """Whether the data are in memory."""
        return self.frame is not None or self.panel is not None

    @property
    def words(self) -> str:
        """Where the columns stand."""
        return f"wave {self.wave!r}" if self.wave else "the data that the weights were made of"

    def rows(self, columns: Sequence[str]) -> NarwhalsFrame:
        """Return everybody, in order, with those of these columns that are known.

        A column that was carried over from the wave has its name with the wave: "school_start".
        """
        frame = self._everybody()
        there = {name: name if name in frame.columns else self._own_name(name) for name in columns}
        there = {name: own for name, own in there.items() if own in frame.columns}
        return frame.with_columns(*(frame[own].alias(name) for name, own in there.items())).select(
            list(there)
        )

    def _own_name(self, carried: str) -> str:
        return carried.removesuffix(f"_{self.wave}")

    def _everybody(self) -> NarwhalsFrame:
        if self.panel is None:
            assert self.frame is not None
            return self.frame
        frame = read(self.panel.wave(self.wave, status="everybody"))
        ids = people_of(frame, needed=True)
        assert ids is not None
        assert self.people is not None
        order = np.argsort(ids)
        return take(frame, order[np.searchsorted(ids[order], self.people)])

    def __reduce__(self) -> tuple[type[EverybodyRows], tuple[()]]:
        return EverybodyRows, ()
