"""Numbers that enter the model as they are, or by a curve: what stands in the columns of the design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as validate
from credbenefits.counts.coding.cuts import numbers_of
from credbenefits.errors import InputError
from credbenefits.frames.columns import encode
from credbenefits.questions.spelling import label
from credbenefits.weighting.covariates import MISSING, Covariate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import FloatArray, NumberShapes, Value
    from credbenefits.frames.boundary import NarwhalsFrame

#: How a number enters the model: as it is, by a natural cubic spline, or by one with these knots.
Shape: TypeAlias = str | tuple[float, ...]

#: Proportions of the people who have a number below each knot, after Harrell (2015), section 2.4.6.
_KNOTS = (0.05, 0.35, 0.65, 0.95)
#: A spline with fewer knots than this is a straight line.
_LEAST_KNOTS = 3


class Shaped(NamedTuple):
    """The terms of a number, how it entered in words, and its shape, in which the knots are numbers."""

    terms: tuple[Covariate, ...]
    note: str
    shape: Shape


def check_shapes(numbers: NumberShapes | None, known: Collection[str]) -> dict[str, Shape]:
    """Check `numbers`, whose columns must be among the `known` names."""
    result: dict[str, Shape] = {}
    given = validate.mapping("numbers", numbers, example="{'age': 'spline'}")
    for name, shape in given.items():
        validate.column("numbers", name, sorted(known), "covariates=, by itself and not only in a pair")
        if isinstance(shape, Iterable) and not isinstance(shape, (str, Mapping)):
            result[name] = _knots(name, tuple(shape))
        else:
            result[name] = validate.choice("numbers", shape, t.NumberShape)
    return result


def _knots(name: str, given: tuple[object, ...]) -> tuple[float, ...]:
    """Check the knots of a spline."""
    try:
        knots = tuple(float(knot) for knot in given)  # type: ignore[arg-type] # checked by trying
    except (TypeError, ValueError):
        knots = ()
    increasing = all(low < high for low, high in pairwise(knots))
    if len(knots) < _LEAST_KNOTS or not np.isfinite(knots).all() or not increasing:
        raise InputError(
            "numbers",
            allowed=f"at least {_LEAST_KNOTS} finite, increasing numbers as the knots of {name!r}",
            received=list(given),
            fix=f"For example numbers={{{name!r}: [20, 30, 45, 60]}}, or {name!r}: 'spline'.",
        )
    return knots


def read_shaped(frame: NarwhalsFrame, column: str, shape: Shape, missing: Sequence[Value]) -> Shaped:
    """Read a column of numbers as terms of a model.

    People without a number have the median, and an indicator of their own tells them apart.
    """
    categories = encode(frame, column, "covariates").without(missing)
    found = numbers_of(frame, categories, "covariates", wanted=False)
    if found is None and categories.levels:
        raise InputError(
            "numbers",
            allowed="columns of numbers",
            received=f"{column!r}, which has none",
            fix="Leave it out of numbers=, or convert it to numbers first.",
        )
    if found is None or len(found[0]) < 2:
        return Shaped((), "", shape)  # without information: it is reported as it is for categories
    numbers, place = found
    x, codes = np.asarray(numbers, dtype=np.float64), np.append(place, -1)[categories.codes]
    there = codes >= 0
    median = float(np.median(x[codes[there]]))
    scale = _scale(x[codes[there]])
    if shape == "spline":
        shape = _quantiles(column, x[codes[there]])
    basis = _basis((np.append(x, median) - median) / scale, shape, median, scale)
    levels = (*(label(number) for number in numbers), MISSING)
    codes = np.where(there, codes, x.size)
    size = x.size + 1
    if there.all():
        basis, levels, size = basis[:-1], levels[:-1], x.size
    members = tuple((i,) for i in range(size))
    term = Covariate(column, codes, levels, ordered=True, has_missing=False, members=members, basis=basis)
    terms, note = [term], f"{column}: {_words(shape)}"
    if not there.all():
        answered = np.where(there, 0, -1)
        terms.append(Covariate.of(f"{column} (answered)", answered, ("a number",), ordered=False))
        note += (
            f"; {int((~there).sum()):,} people without one have the median, {label(median)}, and an indicator"
        )
    return Shaped(tuple(terms), note, shape)


def _scale(values: FloatArray) -> float:
    """Return a standard deviation to divide by, which is a number however large the values are."""
    largest = float(np.abs(values).max()) or 1.0
    return float((values / largest).std()) * largest


def _quantiles(column: str, values: FloatArray) -> tuple[float, ...]:
    """Return the knots of a spline: quantiles of everybody."""
    knots = tuple(np.unique(np.quantile(values, _KNOTS)).tolist())
    if len(knots) < _LEAST_KNOTS:
        raise InputError(
            "numbers",
            allowed=f"a column with at least {_LEAST_KNOTS} different knots for a spline",
            received=f"{column!r}, in which many people share a number: knots at "
            f"{', '.join(map(label, knots))}",
            fix=f"Write numbers={{{column!r}: 'linear'}}, give knots, or leave it to bins=.",
        )
    return knots


def _basis(x: FloatArray, shape: Shape, centre: float, scale: float) -> FloatArray:
    """Return the columns of the design: the number, and for a spline the curves that bend at the knots.

    Source: Harrell (2015), Regression Modeling Strategies, equation 2.25.
    """
    if isinstance(shape, str):
        return x[:, None]
    knots = (np.asarray(shape) - centre) / scale
    *inner, before, last = knots.tolist()
    columns = [x]
    for knot in inner:
        curve = _cubed(x - knot)
        curve -= _cubed(x - before) * (last - knot) / (last - before)
        curve += _cubed(x - last) * (before - knot) / (last - before)
        columns.append(curve / (last - knots[0]) ** 2)
    return np.column_stack(columns)


def _cubed(values: FloatArray) -> FloatArray:
    positive: FloatArray = np.maximum(values, 0.0) ** 3
    return positive


def _words(shape: Shape) -> str:
    if isinstance(shape, str):
        return "enters as it is"
    return f"natural cubic spline with knots at {', '.join(map(label, shape))}"
