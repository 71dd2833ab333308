"""The waves that were cut from one table: frames by wave, and who answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from credbenefits import _validation as check
from credbenefits.results.base import TableResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, Value


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Waves(TableResult, Mapping[str, Any]):
    """Frames by wave, for :func:`credbenefits.link_waves`, which takes from them who answered.

    Made by :func:`credbenefits.waves_from_wide` and :func:`credbenefits.waves_from_long`. It is a mapping:
    ``waves["2009"]``, or ``waves[2009]``, is a frame of the kind that the table was (an export, where the
    table was one). As a table it has a row per wave: its rows, its columns, and the rows with an answer.

    Attributes
    ----------
    answered : mapping of str to tuple of str
        Per wave the columns of answers: whoever has an answer in any of them answered the wave. Without any,
        everybody did.
    responded : mapping of str to array of bool
        Per wave which rows these are.
    notes : tuple of str
        What was done, and what is to be known of it.
    """

    _frames: Mapping[str, Any]
    answered: Mapping[str, tuple[str, ...]]
    responded: Mapping[str, BoolArray]
    _widths: Mapping[str, int]
    notes: tuple[str, ...] = ()
    _missing: Mapping[str, Sequence[Value]] = field(default_factory=dict, kw_only=True)

    def __getitem__(self, wave: object) -> Any:  # noqa: ANN401 - a frame of any library, or an export
        """Return the frame of a wave."""
        name = check.as_name(wave)
        if name is None or name not in self._frames:
            raise KeyError(wave)
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names of the waves, in order."""
        return iter(self._frames)

    def __len__(self) -> int:
        """Return how many waves there are."""
        return len(self._frames)

    def over(self, frames: Mapping[str, Any]) -> Waves:
        """Return who answered with other frames of the same rows, and perhaps of more waves."""
        return replace(self, _frames=frames)

    def missing(self, wave: str) -> Sequence[Value]:
        """Return the codes for no answer that were named when the table was cut."""
        return self._missing.get(wave, ())

    def with_answers_of(self, other: Waves) -> Waves:
        """Return both: waves that were cut from two tables."""
        return replace(
            self,
            _frames={**self._frames, **other._frames},
            answered={**self.answered, **other.answered},
            responded={**self.responded, **other.responded},
            _widths={**self._widths, **other._widths},
            notes=(*self.notes, *other.notes),
            _missing={**self._missing, **other._missing},
        )

    def _title(self) -> str:
        return f"{len(self)} waves of one table"

    def _columns(self) -> dict[str, list[Any]]:
        return {
            "wave": list(self),
            "rows": [who.size for who in self.responded.values()],
            "columns": list(self._widths.values()),
            "answered": [int(who.sum()) for who in self.responded.values()],
        }

    def _notes(self) -> tuple[str, ...]:
        return self.notes
