"""What is said of weights: whom they are for, how they looked after each step, what a reader must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from credbenefits._frozen import Content
from credbenefits.counts.coding.weights import scaling
from credbenefits.results.base import RowsResult, many, population_words

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray

#: As few weights are sorted at once.
_SORTED = 16


@dataclass(frozen=True, slots=True, eq=False)
class Target(Content):
    """Whom weighted people stand for.

    ``words`` names them, and ``size`` is how many they are, if that is known. ``waves`` are those whose
    respondents are weighted, people who answered all of them, and ``to`` is the wave of the people they are
    weighted to; both are empty where the weights are not of a panel's waves.
    """

    words: str
    size: int | None = None
    waves: tuple[str, ...] = ()
    to: str = ""

    @property
    def wave(self) -> str:
        """The waves in one text."""
        return " and ".join(filter(None, [", ".join(self.waves[:-1]), *self.waves[-1:]]))

    @property
    def whom(self) -> str:
        """Their number, where it is known, and their name."""
        return population_words(self.words, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class StepRecord(Content):
    """The weights after a step: ``step`` in words, people and sum, then what the inequality costs.

    ``cv`` is the standard deviation over the mean, ``deff`` and ``n_effective`` are Kish's, ``max_to_median``
    is the largest weight over the median, and ``top5_share`` the proportion of the sum that the five largest
    have.
    """

    step: str
    n: int
    sum: float
    cv: float
    deff: float
    n_effective: float
    max_to_median: float
    top5_share: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Steps(RowsResult[StepRecord]):
    """What was done to weights, step by step. ``len()`` and a loop are over the :class:`StepRecord` s."""

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("step",)
    _ROW: ClassVar[Any] = StepRecord

    rows: tuple[StepRecord, ...]

    def _title(self) -> str:
        return "Weights step by step"


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Content):
    """``n`` people answered all of these ``waves``; ``without`` is the wave that is left out."""

    without: str
    waves: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Choices(RowsResult[Choice]):
    """How many people have a weight, and how many more would if they had not to answer each of the waves.

    The first row has all waves, and nothing in ``without``.
    """

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("without",)
    _ROW: ClassVar[Any] = Choice

    rows: tuple[Choice, ...]

    def _title(self) -> str:
        return "People who answered all of these waves"

    @property
    def words(self) -> str:
        """The same as one line."""
        (first, *others) = self.rows
        without = "; ".join(f"without “{row.without}” {row.n:,}" for row in others)
        waves = quoted(first.waves)
        return f"answered {waves}: {many(first.n, 'person', 'people')}; {without}"


@dataclass(frozen=True, slots=True, eq=False)
class UnlinkedRow(Content):
    """One answer in the wave that people answered: its shares among those who are in `to`, and among others.

    ``linked`` is the proportion of people who were found in the population wave, ``unlinked`` that of those
    who were not, both of everybody who answered. ``std_difference`` is the difference over the standard
    deviation of all of them, sqrt(P (1 - P)).
    """

    variable: str
    level: str
    linked: float
    unlinked: float
    difference: float
    std_difference: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Unlinked(RowsResult[UnlinkedRow]):
    """People who answered and were not found in the population wave: they have no weight.

    ``n`` are so many, of ``of`` who answered. The rows compare them with the others on every column of the
    wave that they answered, the columns with the largest differences first: ``n_columns`` columns with few
    different answers, or with numbers; ``n_others`` could not be compared. ``band`` is the absolute
    standardised difference that chance alone would exceed somewhere in one of twenty such tables.
    """

    _KIND: ClassVar[str] = "tables"
    _NAMED_BY: ClassVar[tuple[str, ...]] = ("variable",)
    _ROW: ClassVar[Any] = UnlinkedRow

    rows: tuple[UnlinkedRow, ...]
    waves: tuple[str, ...]
    to: str
    n: int
    of: int
    n_columns: int
    n_others: int
    band: float

    def _title(self) -> str:
        return (
            f"Of {many(self.of, 'person', 'people')} who answered {quoted(self.waves)}: {self.n:,} who "
            f"{'is' if self.n == 1 else 'are'} not in “{self.to}”, against the others"
        )

    def _notes(self) -> tuple[str, ...]:
        compared = f"compared on {many(self.n_columns, 'column', 'columns')} of “{self.waves[-1]}”"
        if self.n_others:
            compared += f"; {many(self.n_others, 'other', 'others')} could not be compared"
        if not self.rows:
            return (compared,)
        return (compared, f"chance alone exceeds {self.band:.2f} in one of twenty such tables")


def quoted(names: tuple[str, ...]) -> str:
    """Name waves in a sentence."""
    quoted = [f"“{name}”" for name in names]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


class Spread(NamedTuple):
    """How unequal weights are: what :class:`StepRecord` has, and the share of the largest."""

    n: int
    sum: float
    cv: float
    n_effective: float
    max_to_median: float
    top_share: float
    top5_share: float


def spread_of(weight: FloatArray) -> Spread:
    """Look at all weights of a step, a few times as fast as sorting them."""
    scaled, n = scaled_down(weight), weight.size
    ordered = np.empty_like(scaled)
    total, middle = scaled.sum(), n // 2
    cv = _variation(scaled, total / n, ordered)
    ordered[...] = scaled
    if n < _SORTED:
        ordered.sort()
    else:  # one place at a time: for several NumPy takes ten times as long
        ordered.partition(middle)
        ordered[middle + 1 :].partition(n - middle - 6)  # the middle stays where it is
    lower = ordered[middle] if n % 2 else ordered[:middle].max()
    top5 = ordered[-5:]
    return Spread(
        n=n,
        sum=float(weight.sum()) if scaled is not weight else float(total),
        cv=cv,
        n_effective=n / (1.0 + cv**2),
        max_to_median=float(top5.max() / ((lower + ordered[middle]) / 2.0)),
        top_share=float(top5.max() / total),
        top5_share=float(top5.sum() / total),
    )


def effective_size(weight: FloatArray) -> float:
    """Return Kish's effective sample size of weights, however large or small they are."""
    scaled = scaled_down(weight)
    return weight.size / (1.0 + _variation(scaled, scaled.mean(), np.empty_like(scaled)) ** 2)


def _variation(weight: FloatArray, mean: float, work: FloatArray) -> float:
    """Return the standard deviation of weights over their mean; NaN where all are 0. `work` is overwritten.

    The square of it is the part of Kish's design effect above 1: n sum w^2 / (sum w)^2 = 1 + cv^2.
    """
    np.subtract(weight, mean, out=work)
    np.square(work, out=work)
    return float(np.sqrt(work.mean()) / mean) if mean else np.nan


def scaled_down(weight: FloatArray) -> FloatArray:
    """Divide weights by a power of two, which changes no digit, if their squares are no numbers otherwise."""
    exponent = scaling(float(weight.max()))
    return np.ldexp(weight, -exponent) if exponent else weight
