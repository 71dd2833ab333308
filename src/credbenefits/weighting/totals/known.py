"""The totals of a calibration: what was given, and the columns that it is of."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.cuts import numbers_of
from credbenefits.errors import InputError
from credbenefits.frames.columns import encode
from credbenefits.frames.doubts import refuse_undeclared
from credbenefits.frames.separators import refuse_several
from credbenefits.numerics.calibration.solve import MET
from credbenefits.questions.spelling import canonical, label
from credbenefits.weighting.covariates import MISSING, Covariate
from credbenefits.weighting.steps.calibration import Margin
from credbenefits.weighting.totals.refusals import (
    no_answers,
    no_number,
    no_total,
    nobody_there,
    nothing_wanted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import FloatArray, Value
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories

#: Levels whose codes are held as small numbers.
_FEW = 1 << 15
_EXAMPLE = '{"sex": {"f": 5_100, "m": 4_900}, "income": 4.2e8}'


@dataclass(frozen=True, slots=True)
class Known:
    """What totals say of one column: those of its levels by their canonical spelling, or that of its numbers.

    ``names`` are the levels as they were given.
    """

    column: str
    levels: Mapping[str, float]
    names: Mapping[str, Any]
    number: float | None = None

    @property
    def everybody(self) -> float:
        """How many there are at all levels together."""
        return math.fsum(self.levels.values())


def check_totals(totals: object, argument: str = "totals") -> tuple[Known, ...]:
    """Check what was given as totals, before any column is looked at."""
    given = check.mapping(argument, totals, example=_EXAMPLE)
    if not given:
        raise InputError(
            argument,
            allowed="the totals of at least one column",
            value=totals,
            fix=f"For example: {_EXAMPLE}.",
        )
    made = tuple(_known(argument, column, value) for column, value in given.items())
    _refuse_other_sums(argument, made)
    return made


def _known(argument: str, column: object, value: object) -> Known:
    name = check.text(argument, column, fix=f"Name columns: {_EXAMPLE}.")
    if not isinstance(value, Mapping):
        return Known(name, {}, {}, _total(argument, name, value, least=-math.inf))
    levels: dict[str, float] = {}
    names: dict[str, Any] = {}
    for level, total in value.items():
        (plain,) = check.values(argument, [level])
        token = MISSING if plain == MISSING else canonical(plain)
        if token in levels or not token:
            raise InputError(
                argument,
                allowed=f"each level of {name!r} once",
                received=f"{names[token]!r} and {level!r}, which are one answer"
                if token
                else "a blank level",
                fix="Add their totals up." if token else f"Write {MISSING!r} for missing answers.",
            )
        levels[token], names[token] = _total(argument, f"{name} = {plain}", total, least=0.0), plain
    if not levels or not any(levels.values()):
        raise InputError(
            argument,
            allowed=f"a total above 0 for each level of {name!r}",
            received="none" if not levels else "0 for all of them",
            fix=f"For example: {_EXAMPLE}.",
        )
    return Known(name, levels, names)


def _total(argument: str, whose: str, total: object, *, least: float) -> float:
    number = float(total) if isinstance(total, numbers.Real) and not isinstance(total, bool) else math.nan
    if math.isfinite(number) and number >= least:
        return number
    raise InputError(
        argument,
        allowed="a finite number of at least 0 for each level"
        if least == 0
        else "a finite number, or a mapping of level to total",
        received=f"{total!r} for {whose!r}"
        if isinstance(total, numbers.Real)
        else f"{type(total).__name__} for {whose!r}",
        fix=f"Give its values as a mapping: {{{whose!r}: totals.to_dict()}}."
        if hasattr(total, "to_dict")
        else f"For example: {_EXAMPLE}.",
    )


def _refuse_other_sums(argument: str, given: Sequence[Known]) -> None:
    """Refuse levels that add up to different numbers of people in different columns."""
    of_levels = [each for each in given if each.number is None]
    if not of_levels:
        return
    sums = [each.everybody for each in of_levels]
    most = max(sums)
    if most - min(sums) <= MET * most:
        return
    came = ", ".join(f"{each.column!r} to {_shown(each.everybody)}" for each in of_levels)
    shares = min(sums) <= 1.001 < most or min(sums) <= 100.1 < most
    raise InputError(
        argument,
        allowed="levels that add up to the same number of people in every column",
        received=f"levels of {came}",
        fix="Some are shares and others people: multiply the shares by the number of people."
        if shares
        else "Take all of them from one source, or bring them to one sum first.",
    )


def _shown(number: float) -> str:
    return f"{number:,.12g}" if abs(number) < 1e15 else f"{number:.12g}"


def plain_totals(known: Sequence[Known]) -> dict[str, dict[str, float] | float]:
    """Return the totals as they were given, with levels as text."""
    return {
        each.column: {label(each.names[token]): total for token, total in each.levels.items()}
        if each.number is None
        else each.number
        for each in known
    }


# ---- columns ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Columns:
    """The variables that weights are calibrated on, as covariates of a sample, and their margins.

    A level without a total has NaN in its margin, until `complete` looks whether anybody is there.
    """

    covariates: tuple[Covariate, ...]
    margins: tuple[Margin, ...]
    known: tuple[Known, ...]
    notes: tuple[str, ...]


def read_totals(
    frame: NarwhalsFrame, known: Sequence[Known], *, missing: Sequence[Value], answers: Sequence[Value]
) -> Columns:
    """Read the columns that have totals."""
    covariates, margins, notes = [], [], []
    for place, each in enumerate(known):
        check.column("totals", each.column, frame.columns)
        categories = encode(frame, each.column, "totals", short=True).without(missing)
        # A level that was given a total is an answer, whatever it looks like.
        refuse_undeclared(categories, "totals", answers=[*answers, *each.names.values()])
        if each.number is None:
            covariate, margin = _of_levels(categories, each, place)
        else:
            covariate, margin = _of_numbers(frame, categories, each.number, place)
        covariates.append(covariate)
        margins.append(margin)
        notes += [categories.note] if categories.note else []
    return Columns(tuple(covariates), tuple(margins), tuple(known), tuple(notes))


def _of_levels(categories: Categories, known: Known, place: int) -> tuple[Covariate, Margin]:
    refuse_several(categories, "totals")
    covariate = Covariate.of(categories.column, categories.codes, categories.labels, ordered=False)
    if covariate.codes.itemsize > 2 and len(covariate.levels) < _FEW:  # read and copied several times as fast
        covariate = replace(covariate, codes=covariate.codes.astype(np.int16))
    tokens = [canonical(level) for level in categories.levels] + [MISSING] * covariate.has_missing
    return covariate, Margin(place, np.array([known.levels.get(token, np.nan) for token in tokens]))


def _of_numbers(
    frame: NarwhalsFrame, categories: Categories, total: float, place: int
) -> tuple[Covariate, Margin]:
    found = numbers_of(frame, categories, "totals", wanted=False)
    if found is None or not categories.levels:
        raise no_number(categories, total)
    ordered, at = found
    covariate = Covariate.of(categories.column, categories.codes, categories.labels, ordered=True)
    values = np.asarray(ordered, dtype=np.float64)[at]
    values = np.append(values, np.nan) if covariate.has_missing else values
    return replace(covariate, of_numbers=True), Margin(place, np.array([total]), values)


def complete(columns: Columns, mass: Sequence[FloatArray]) -> tuple[Margin, ...]:
    """Refuse totals of levels that nobody has, and levels without a total; return the margins of the rest.

    `mass` has the given weight at each level of each column.
    """
    parts = zip(columns.covariates, columns.margins, columns.known, mass, strict=True)
    return tuple(_complete(*each) for each in parts)


def _complete(covariate: Covariate, margin: Margin, known: Known, there: FloatArray) -> Margin:
    wanted = margin.totals if margin.numbers is None else margin.numbers
    assert wanted is not None
    without = np.isnan(wanted) & (there > 0)
    if covariate.has_missing and without[-1]:
        raise no_answers(covariate, number=known.number is not None)
    if margin.numbers is not None:
        return replace(margin, numbers=np.where(np.isnan(wanted), 0.0, wanted))
    tokens = [MISSING if level == MISSING else canonical(level) for level in covariate.levels]
    empty = [level for token, level in known.names.items() if known.levels[token] > 0 and token not in tokens]
    empty += [covariate.levels[i] for i in np.flatnonzero((wanted > 0) & (there <= 0)).tolist()]
    if without.any():
        raise no_total(covariate, without, empty)
    if empty:
        raise nobody_there(covariate, empty)
    nothing = np.flatnonzero((wanted == 0) & (there > 0))
    if nothing.size:
        raise nothing_wanted(covariate, nothing)
    return replace(margin, totals=np.where(np.isnan(wanted), 0.0, wanted))
