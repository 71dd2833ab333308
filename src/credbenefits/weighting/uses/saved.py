"""The recipe of weights as plain data: a call, its arguments, and a hash of what it was run on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.errors import CredbenefitsError, InputError
from credbenefits.questions.item import Item, Joined
from credbenefits.questions.select_all import SelectAll

if TYPE_CHECKING:
    from credbenefits.weighting.recipe import Recipe
    from credbenefits.weighting.uses.held import Held

#: What a recipe can call: the file, the name there, and the argument after the data.
_CALLS = {
    "from_column": ("weights", "Weights.from_column", "column"),
    "calibrate": ("calibrate", "calibrate", "totals"),
    "attrition_weights": ("attrition", "attrition_weights", "covariates"),
}
#: The arguments that take the weights of the step before.
_BEFORE = ("base_weights", "weights")
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Item, Joined, SelectAll)}
_QUESTION, _DECLARED, _DAY, _TIME = "a question", "declared", "a day", "a time"
_WHAT = "text that Weights.to_json() wrote"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a text holds: the recipe, and the hash of what it was run on."""

    recipe: dict[str, Any]
    inputs: str


def write(weights: Held) -> str:
    """Write the recipe of weights: see :meth:`credbenefits.Weights.to_json`."""
    held = {
        "credbenefits": metadata.version("credbenefits"),
        "call": _call(weights.recipe),
        "recipe": plain(weights.recipe),
        "inputs": inputs_hash(weights),
    }
    return json.dumps(held, ensure_ascii=False, indent=1)


def read(text: object) -> Saved:
    """Read what :func:`write` wrote; whatever else it is is refused."""
    if not isinstance(text, str):
        raise InputError("text", allowed=_WHAT, received=type(text).__name__, fix="Read the file first.")
    recipe: Any = None
    inputs: Any = None
    try:
        held = json.loads(text)
        recipe, inputs = _arguments(held["recipe"]), held["inputs"]
        known = isinstance(recipe, dict) and isinstance(inputs, str) and held["call"] == _call(recipe)
    except (CredbenefitsError, LookupError, RecursionError, TypeError, ValueError):
        known = False
    if not known:
        raise InputError("text", allowed=_WHAT, received="something else", fix="Save the weights again.")
    return Saved(recipe, inputs)


def refuse_other_data(saved: Saved, made: Held) -> None:
    """Refuse weights that were made again of other data."""
    if inputs_hash(made) != saved.inputs:
        raise InputError(
            "data",
            allowed="the data that the weights were made of",
            received="others: some answer, person, weight or order differs",
            fix="Give the data as they were, or run the recipe on these: from_json(..., new_data=True).",
        )


def run(recipe: Mapping[str, Any], data: object, base: Any) -> Any:  # noqa: ANN401 - weights, whose class is above
    """Call what a recipe calls, the weights of the step before first: see :meth:`Weights.from_json`."""
    call, given = _call(recipe), dict(recipe)
    for name in _BEFORE:
        if isinstance(given.get(name), Mapping):
            given[name] = _before(given[name], call, data, base)
    file, name, first = _CALLS[call]
    function: Any = import_module(f"credbenefits.weighting.{file}")
    for part in name.split("."):
        function = getattr(function, part)
    return function(data, given.pop(first), **given)


def _before(before: Mapping[str, Any], call: str, data: object, base: Any) -> Any:  # noqa: ANN401
    """Return the weights of the step before: those given, if their recipe is the same, or made again."""
    if base is not None:
        if plain(base.recipe) == plain(before):
            return base
        raise InputError(
            "base",
            allowed="the weights of the step before, whose recipe the text holds",
            received="weights with another recipe",
            fix="Make them first: Weights.from_json(their text, ...).",
        )
    if _call(before) == call:
        return run(before, data, None)
    raise InputError(
        "base",
        allowed=f"the weights of the step before, from {_call(before)}()",
        received="none",
        fix="Make them first, and give them: from_json(text, data, base=weights).",
    )


def _call(recipe: Mapping[str, Any]) -> str:
    """Return what a recipe calls; empty where it is no recipe."""
    return next((call for call, (_, _, first) in _CALLS.items() if first in recipe), "")


# ---- the hash ---------------------------------------------------------------------------------------------


def inputs_hash(weights: Held) -> str:
    """Return a hash of all that weights were made of: answers, who answered, weights before, and the order.

    Held-out variables are in it too, by their shares in the population. It holds no keys of people; `person`
    is a panel's own number.
    """
    told = hashlib.sha256()
    people = weights.everybody if weights.everybody is not None else weights.ids
    for ids in (people, weights.ids):
        _add(told, [] if ids is None else ids)
    if weights.run is None:
        _add(told, weights.weight)
    else:
        _add_recipe(told, weights.run)
    for row in () if weights.balance is None else weights.balance.rows:
        _add(told, row.variable, row.level, round(row.population, 12))
    return f"sha256:{told.hexdigest()}"


def _add_recipe(told: Any, run: Recipe) -> None:  # noqa: ANN401 - hashlib names no class
    for covariate in (*run.sample.covariates, *run.sample.calibrated):
        _add(told, covariate.name, *covariate.levels, covariate.codes)
    _add(told, run.sample.answered, *([] if run.sample.base is None else [run.sample.base]))
    if run.before is not None:
        _add(told, [] if run.place is None else run.place)
        _add_recipe(told, run.before)


def _add(told: Any, *values: Any) -> None:  # noqa: ANN401 - text, numbers and arrays
    """Add values, each with its length, so that no two lists of values read alike."""
    for value in values:
        if isinstance(value, str):
            data = value.encode()
        else:
            array = np.asarray(value)
            whole = array.dtype.kind in "biu" or not array.size
            data = np.ascontiguousarray(array, dtype="<i8" if whole else "<f8").tobytes()
        told.update(f"{len(data)}:".encode() + data)


# ---- plain data -------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
    """Return a recipe as JSON takes it: lists, mappings, text and numbers."""
    if isinstance(value, Mapping):
        return {name: plain(held) for name, held in value.items()}
    if isinstance(value, tuple | list):
        return [plain(held) for held in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if is_dataclass(value):  # a question: what it declares
        given = {each.name: getattr(value, each.name) for each in fields(value)}
        defaults = {each.name: each.default for each in fields(value)}
        declared = {name: plain(held) for name, held in given.items() if held != defaults[name]}
        return {_QUESTION: type(value).__name__, _DECLARED: declared}
    if isinstance(value, date):
        return {_TIME if isinstance(value, datetime) else _DAY: value.isoformat()}
    return value


def _arguments(value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
    """Return what :func:`plain` made plain."""
    if isinstance(value, list):
        return [_arguments(held) for held in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_QUESTION, _DECLARED}:
        declared = _arguments(value[_DECLARED])
        return _KINDS[value[_QUESTION]](
            **{name: tuple(held) if isinstance(held, list) else held for name, held in declared.items()}
        )
    if value.keys() == {_DAY}:
        return date.fromisoformat(value[_DAY])
    if value.keys() == {_TIME}:
        return datetime.fromisoformat(value[_TIME])
    return {name: _arguments(held) for name, held in value.items()}
