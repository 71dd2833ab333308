"""The weight of each row of a frame: found by person, or by the columns that the weights were made of."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.weights import Estimated, RowWeights, left_out_words
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats
from credbenefits.frames.people import people_of, refuse_repeated
from credbenefits.weighting.alerts import forbidding
from credbenefits.weighting.uses.everybody import EverybodyRows

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.uses.held import Held


def of(weights: Held, frame: NarwhalsFrame) -> RowWeights:
    """Return the weight of each row, and whom they speak for: see :meth:`credbenefits.Weights.of`."""
    if (weights.weight < 0).any():
        raise negative_weights()
    if weights.ids is None:
        weight = _of_rows(weights, frame)
        estimated = _again(weights, np.arange(weight.size))
        if estimated is not None:
            estimated = replace(estimated, everybody=EverybodyRows(frame))
        return _row_weights(weights, weight, estimated)
    people = people_of(frame, needed=True)
    assert people is not None
    place = _places_of(weights, people)
    weight = np.append(weights.weight, 0.0)[place]
    note = left_out_words(weights.n, weights.n - int(np.count_nonzero(weight)), weights.target.whom)
    return _row_weights(weights, weight, _again(weights, place), note=note)


def _row_weights(
    weights: Held, weight: FloatArray, estimated: Estimated | None, *, note: str = ""
) -> RowWeights:
    return RowWeights(
        weight,
        weights.target.words,
        weights.target.size or 0,
        weights.n if weights.run else 0,
        note,
        estimated,
        mark_of(weights),
        forbidding(weights.alerts),
    )


def mark_of(weights: Held) -> str:
    """Return what tells weights from others: the people, or rows, and their weights, as a short code."""
    code = zlib.crc32(weights.weight.tobytes())
    if weights.ids is not None:
        code = zlib.crc32(weights.ids.tobytes(), code)
    return f"{code:08x}"


def places(weights: Held, people: IntArray) -> IntArray:
    """Return the place of each of these people among those who have a weight."""
    assert weights.ids is not None
    refuse_repeated(people)
    order = np.argsort(weights.ids)
    place = np.minimum(np.searchsorted(weights.ids[order], people), weights.ids.size - 1)
    result = weights.ids[order][place] == people
    if not result.all():
        _refuse_strangers(weights, int((~result).sum()), people.size)
    return order[place]


def negative_weights() -> InputError:
    """Return the error for weights below 0."""
    return InputError(
        "weights",
        allowed="weights of at least 0",
        received="weights below 0, which linear calibration can give",
        fix="Calibrate with distance='raking', or with bounds=(0, 10).",
    )


def _again(weights: Held, place: IntArray) -> Estimated | None:
    """Return what makes the weights of rows again, given the place of each; None where they are known."""
    if weights.run is None:
        return None
    if weights.ids is None or weights.everybody is None:
        person = np.arange(weights.weight.size)
    else:
        order = np.argsort(weights.everybody, kind="stable")
        person = order[np.searchsorted(weights.everybody[order], weights.ids)]
    rows = weights.rows_of_all
    return Estimated(weights.run, weights.weight, person, place, rows if rows and rows.there else None)


def _places_of(weights: Held, people: IntArray) -> IntArray:
    """Return the place of each of these people's weights: -1 for those who are known to have none."""
    if weights.unweighted is None or not weights.unweighted.size:
        return places(weights, people)
    weighted = ~np.isin(people, weights.unweighted)
    result = np.full(people.size, -1)
    result[weighted] = places(weights, people[weighted])
    return result


def _of_rows(weights: Held, frame: NarwhalsFrame) -> FloatArray:
    """Return the weights, if the frame has their column as it was: it tells which rows these are."""
    if weights.run is not None:
        return _of_same_rows(weights, frame, weights.run)
    name = weights.column
    if name in frame.columns and len(frame) == weights.weight.size:
        if np.array_equal(floats(frame, name, "weights"), weights.weight):
            return weights.weight
        came = f"{len(frame):,} rows with other weights, or in another order"
    else:
        came = f"{len(frame):,} rows" + ("" if name in frame.columns else " without that column")
    raise InputError(
        "weights",
        allowed=f"the {weights.weight.size:,} rows that have these weights, in their order, in {name!r}",
        received=came,
        fix="Use among= for a subset, or Weights.from_column() with these rows.",
    )


def _of_same_rows(weights: Held, frame: NarwhalsFrame, run: Recipe) -> FloatArray:
    """Return weights that were made of the rows, if the columns they were made of are as they were."""
    names = [c.name for c in run.sample.calibrated]
    same = len(frame) == weights.weight.size and all(name in frame.columns for name in names)
    gone = weights.recipe["missing"]
    if same and all(c.is_column_of(frame, gone) for c in run.sample.calibrated):
        return weights.weight
    raise InputError(
        "weights",
        allowed=f"the {weights.weight.size:,} rows that these weights were made of, in their order",
        received=f"{len(frame):,} rows, with other answers in {check.listing(names)} or in another order",
        fix="Use among= for a subset, or make the weights of these rows.",
    )


def _refuse_strangers(weights: Held, strangers: int, n: int) -> None:
    fix = "These weights were made for another panel: make them again for this one."
    if strangers < n:
        to = weights.target.to
        *others, last = weights.target.waves or ("",)
        also = repr([*others, to]) if others else repr(to)
        both = "all these" if others else "both"
        fix = f"Only people in {both} waves have one: use panel.wave({last!r}, also_in={also})."
        if not weights.target.waves:
            fix = "Make the weights of a frame that has all of them."
    raise InputError(
        "weights",
        allowed=f"weights for every person in the data (these cover {len(weights.weight):,})",
        received=f"{strangers:,} of {n:,} people without a weight",
        fix=fix,
    )
