"""The weights that people come with: a column of the file, or weights that an earlier step made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from credbenefits import _validation as validate
from credbenefits.errors import InputError
from credbenefits.frames.boundary import floats, read
from credbenefits.results.base import many
from credbenefits.weighting.weights import Weights, recipe_of

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray, IntArray
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.recipe import Recipe


class Earlier(NamedTuple):
    """The weight that everybody in `to` comes with (0 for none), and the recipe that made it, if one did.

    ``place`` says which of the respondents of that recipe each of them is; it has no meaning where the weight
    is 0. ``words`` say which weights these are.
    """

    words: str
    weight: FloatArray
    recipe: Recipe | None
    place: IntArray | None
    log: tuple[str, ...]


def read_earlier(panel: Panel, base_weights: Weights | str, to: str) -> Earlier:
    """Read the weight that everybody in the wave `to` comes with."""
    people = panel.people_in(to, status="everybody")
    if isinstance(base_weights, Weights):
        return _of_weights(base_weights, people, to)
    if not isinstance(base_weights, str):
        raise InputError(
            "base_weights",
            allowed=f"a column of {to!r}, or Weights of an earlier step",
            received=type(base_weights).__name__,
            fix="Put the values in a column and name it.",
        )
    frame = read(panel.wave(to, status="everybody"))
    validate.column("base_weights", base_weights, frame.columns, f"wave {to!r}")
    weight = floats(frame, base_weights, "base_weights")
    bad = int((np.isinf(weight) | (weight < 0)).sum())
    if bad or not (weight > 0).any():
        raise InputError(
            "base_weights",
            allowed="finite numbers of at least 0, not all 0; missing for people who have no weight",
            received=f"column {base_weights!r} with {bad:,} negative or infinite values"
            if bad
            else f"column {base_weights!r} without a number above 0",
            fix="Correct the column.",
        )
    weight = np.nan_to_num(weight)
    words = f"the column “{base_weights}”"
    return Earlier(words, weight, None, None, _log(weight, to))


def _of_weights(base: Weights, people: IntArray, to: str) -> Earlier:
    """Look up the weights of an earlier step."""
    if base.ids is None:
        raise InputError(
            "base_weights",
            allowed="weights on people",
            received=f"weights on the rows of a data frame (column {base.base!r})",
            fix=f"Name a column of {to!r}, or make them of the rows that panel.wave() gives.",
        )
    order = np.argsort(base.ids, kind="stable")
    place = order[np.minimum(np.searchsorted(base.ids[order], people), base.ids.size - 1)]
    known = base.ids[place] == people
    if not known.any():
        raise InputError(
            "base_weights",
            allowed=f"weights of people in {to!r}",
            received=f"weights of {many(base.n, 'person', 'people')}, none of them in it",
            fix="Make the weights of the earlier step with this panel, for people who are in that wave.",
        )
    weight = np.where(known, base.weight[place], 0.0)
    if (weight < 0).any():
        raise InputError(
            "base_weights",
            allowed="weights of at least 0",
            received=f"weights below 0 of {many(int((weight < 0).sum()), 'person', 'people')}",
            fix="Calibrate with distance='raking', or with bounds=(0, 10).",
        )
    log = list(_log(weight, to))
    elsewhere = base.n - int(np.count_nonzero(weight))
    if elsewhere:
        log.append(f"{many(elsewhere, 'person', 'people')} with a weight before not in “{to}”, left out")
    return Earlier(base.words, weight, recipe_of(base), place, tuple(log))


def _log(weight: FloatArray, to: str) -> tuple[str, ...]:
    """Say how many are left out for want of a weight."""
    none = int((weight == 0).sum())
    left = [f"{many(none, 'person', 'people')} in “{to}” without a weight before left out"] if none else []
    return tuple(left)
