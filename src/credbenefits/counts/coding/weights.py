"""The weight of every row: from a column, or from weights of people or rows that were made before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, require
from credbenefits.frames.people import people_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.numerics.resampling.recipes import LeftOut, MadeAgain


#: Weights beyond 2 to this power, or all below its inverse, are scaled, so that their squares are numbers.
_LARGE = 300


class Everybody(Protocol):
    """Everybody whom weights were made of, respondents or not, with the columns that are known of all."""

    @property
    def words(self) -> str:
        """Where the columns stand."""
        ...

    def rows(self, columns: Sequence[str]) -> NarwhalsFrame:
        """Return a row for each of them, in order, with those of these columns that are known."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """Weights that were estimated, and what makes them again.

    Attributes
    ----------
    recipe : MadeAgain
        Makes the weights of all respondents again, for replicates of everybody that they were made of.
    weight : array, shape (respondents,)
        The weights as the recipe makes them.
    person : array of int, shape (respondents,)
        Which of everybody each respondent is.
    place : array of int, shape (rows,)
        Which of the respondents each row is; -1 for a row that is none.
    everybody : Everybody, optional
        What else is known of everybody; None where that is not in memory.
    held, covariances : dict
        What was made again already in the same call: weights, and covariances by the answers they are of.
    """

    recipe: MadeAgain
    weight: FloatArray
    person: IntArray
    place: IntArray
    everybody: Everybody | None = None
    held: dict[str, LeftOut] = field(default_factory=dict, repr=False)
    covariances: dict[tuple[int, ...], FloatArray] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RowWeights:
    """The weight of every row, if any, and whom they speak for, and how many these are, if that is known.

    Estimated weights are of `n` people in all. `note` says that people are missing who have a weight.
    `estimated` is there where the recipe of the weights can be run again. `mark` tells these weights from
    others, and `forbidden` says why numbers with them must not stand at the top of a brief, if they must not.
    """

    weight: FloatArray | None = None
    population: str = ""
    population_size: int = 0
    n: int = 0
    note: str = ""
    estimated: Estimated | None = None
    mark: str = ""
    forbidden: str = ""


@runtime_checkable
class MadeWeights(Protocol):
    """Weights of people or rows, whoever made them."""

    @property
    def words(self) -> str:
        """How they were made."""
        ...

    def of(self, frame: NarwhalsFrame) -> RowWeights:
        """Return the weight of each row."""
        ...


def left_out_words(n: int, left_out: int, whom: str) -> str:
    """Say that so many of `n` people are missing who have a weight; empty where all are there."""
    if left_out <= 0:
        return ""
    return (
        f"{left_out:,} of the {n:,} weighted people are not in the data, so the rest do not stand "
        f"for all {whom}; use among= for a subset"
    )


def read_weights(frame: NarwhalsFrame, weights: object) -> RowWeights:
    """Read the weights, as they are. A person of a panel may be in one row only."""
    if isinstance(weights, MadeWeights):
        return weights.of(frame)
    people_of(frame, needed=False)
    if weights is None:
        return RowWeights()
    if isinstance(weights, str):
        return RowWeights(_weight_column(frame, weights))
    raise InputError(
        "weights",
        allowed="Weights, from attrition_weights() or Weights.from_column(), or a column name",
        received=type(weights).__name__,
        fix="Put the values in a column and name it.",
    )


def _weight_column(frame: NarwhalsFrame, name: str) -> FloatArray:
    require(frame, [name], "weights")
    values = floats(frame, name, "weights")
    if not (values.size and values.min() >= 0.0 and values.max() < np.inf):  # a missing one is neither
        refuse_bad_weights(name, int((~np.isfinite(values) | (values < 0)).sum()))
    return values


def refuse_bad_weights(column: str, n: int) -> None:
    """Refuse a column of which so many values are no weights."""
    if n:
        raise InputError(
            "weights",
            allowed="finite numbers of at least 0, not all 0",
            received=f"column {column!r} with {n:,} negative, missing or infinite values",
            fix="Give people who are not in the sample the weight 0, everybody else a positive one.",
        )


def scaling(largest: float) -> int:
    """Return the power of 2 to divide weights by, of which the largest is given: 0 unless squares need it.

    Dividing by a power of 2 changes no digit.
    """
    exponent = int(np.frexp(largest)[1])
    return exponent if abs(exponent) > _LARGE else 0


def for_ratios(made: RowWeights, given: str) -> RowWeights:
    """Return weights of which only the ratios matter, and refuse those that are all 0.

    Dividing by a power of 2 changes no digit, and keeps squares from overflowing.
    """
    assert made.weight is not None
    if not made.weight.any():
        raise all_zero(given)
    return replace(made, weight=np.ldexp(made.weight, -int(np.frexp(made.weight.max())[1])))


def all_zero(column: str) -> InputError:
    """Return the error for weights that leave nobody."""
    return InputError(
        "weights",
        allowed="finite numbers of at least 0, not all 0",
        received=f"{column}, all 0",
        fix="Give people who are not in the sample the weight 0, everybody else a positive one.",
    )
