"""Which weights a result was made with, and the call that can be asked what they change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from credbenefits._frozen import Content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import BoolArray, FloatArray, IntArray


class Moves(NamedTuple):
    """What a result is asked for, of the shape (rows,): the unweighted estimates, and how weights move them.

    ``unweighted`` are the estimates of the same people, with the interval ``low`` to ``high``. ``variance``
    is that of the weighted less the unweighted estimate, of ratios of their logarithms, and ``still`` says
    where nobody or everybody said yes, so that it leaves somebody out. Where weights were trimmed,
    ``untrimmed`` are the estimates with weights that were not, and Kish's sizes are ``size`` with the trimmed
    and ``size_untrimmed`` with the untrimmed weights.
    """

    unweighted: FloatArray
    low: FloatArray
    high: FloatArray
    variance: FloatArray
    still: BoolArray
    untrimmed: FloatArray | None = None
    size: FloatArray | None = None
    size_untrimmed: FloatArray | None = None

    def at(self, places: IntArray) -> Moves:
        """Return those of some rows."""
        return Moves(*(None if each is None else each[places] for each in self))  # type: ignore[arg-type]

    def in_rows(self) -> Moves:
        """Return tables of proportions and groups as rows."""
        return Moves(*(None if each is None else each.ravel() for each in self))  # type: ignore[arg-type]


class AsksAgain(Protocol):
    """The call that made a result, which can be asked what its weights change."""

    def __call__(self, untrimmed: FloatArray | None) -> Moves:
        """Return it, given the weights of all respondents without trimming, if they were trimmed."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Weighed(Content):
    """Which weights a result was made with, and what is known of them.

    ``mark`` tells them from others, ``forbidden`` says why numbers with them must not stand at the top of a
    brief. ``ask`` is the call, as long as it is in memory: what is saved holds no people. ``places`` are
    those of the rows among all that were estimated together.
    """

    mark: str
    forbidden: str = ""
    ask: AsksAgain | None = field(default=None, compare=False, repr=False)
    places: IntArray | None = field(default=None, compare=False, repr=False)

    def at(self, places: Sequence[int]) -> Weighed:
        """Return the same for some of the rows."""
        here = np.asarray(places, dtype=np.int64)
        return replace(self, places=here if self.places is None else self.places[here])

    def __reduce__(self) -> tuple[type[Weighed], tuple[str, str]]:
        return Weighed, (self.mark, self.forbidden)


def weighed_of(result: object) -> Weighed | None:
    """Return which weights a result was made with; None without weights, and with a column of weights."""
    made = getattr(result, "_weighed", None)
    return made if isinstance(made, Weighed) else None


def why_forbidden(result: object) -> str:
    """Say why an alert of its weights keeps a result from the top of a brief; empty where none does."""
    made = weighed_of(result)
    return made.forbidden if made is not None else ""
