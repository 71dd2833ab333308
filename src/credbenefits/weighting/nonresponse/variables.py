"""The variables that are known for everybody: those that were named, or all that can be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from credbenefits.counts.coding.cuts import check_bins, numbers_of
from credbenefits.errors import InputError
from credbenefits.frames.boundary import MATCH, PERSON
from credbenefits.frames.columns import encode
from credbenefits.frames.identifiers import refuse_identifier, refuse_keys
from credbenefits.weighting.covariates import Covariate, read_covariate
from credbenefits.weighting.nonresponse.words import quoted
from credbenefits.weighting.reading.known import columns_by_wave

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import Bins, FloatArray, IntArray, Value
    from credbenefits.counts.coding.cuts import BinRule
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.panel.panel import Panel
    from credbenefits.weighting.reading.known import Columns


@dataclass(frozen=True, slots=True)
class How:
    """How the columns of a call are read."""

    bins: Bins
    missing: tuple[Value, ...]
    answers: tuple[Value, ...]
    allow_identifier: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable known for everybody: its levels and, where numbers were cut into groups, the numbers."""

    covariate: Covariate
    numbers: FloatArray | None = None

    @property
    def name(self) -> str:
        """Its column, with the wave if it comes from another one."""
        return self.covariate.name

    @property
    def codes(self) -> IntArray:
        """The level of everybody."""
        return self.covariate.codes

    @property
    def levels(self) -> tuple[str, ...]:
        """Its levels, in order; that of missing answers is the last."""
        return self.covariate.levels


def named_columns(
    panel: Panel, variables: Columns | None, waves: Sequence[str], to: str, *, keys_too: bool
) -> dict[str, list[str]] | None:
    """Return the columns that were named, by their wave; None where none were."""
    if variables is None:
        return None
    result = columns_by_wave(panel, variables, "variables", waves=waves, to=to)
    for source, columns in result.items():
        if not keys_too:
            refuse_keys("variables", columns, panel.key_columns[source])
    if not any(result.values()):
        raise InputError(
            "variables",
            allowed="at least one column",
            value=variables,
            fix="Name variables known for everybody, or leave variables= out to take all.",
        )
    return result


def read_named(frame: NarwhalsFrame, named: Mapping[str, Sequence[str]], to: str, how: How) -> list[Variable]:
    """Read the columns that were named."""
    columns = [(c if w == to else f"{c}_{w}", c) for w, cs in named.items() for c in cs]
    rule = check_bins(how.bins, {name for both in columns for name in both}, "variables=")
    return [_read(frame, column, how, (rule, given)) for column, given in columns]


def read_all(frame: NarwhalsFrame, aside: Mapping[str, str], how: How) -> tuple[list[Variable], list[str]]:
    """Read all columns that can be used, and say which were left out and why.

    `aside` has the columns that are something else, and what.
    """
    columns = [c for c in frame.columns if c not in {PERSON, MATCH}]
    rule = check_bins(how.bins, set(columns), "the wave")
    variables: list[Variable] = []
    left_out: dict[str, list[str]] = {}
    for column in columns:
        if column in aside:
            left_out.setdefault(aside[column], []).append(column)
            continue
        try:
            # Unnamed, whole numbers that hardly two people share are numbers of people, not sizes.
            categories = encode(frame, column, "variables").without(how.missing)
            refuse_identifier(categories, "variables", allowed=how.allow_identifier)
            made = _read(frame, column, how, (rule, column))
        except InputError as problem:
            left_out.setdefault(_why(problem, column), []).append(column)
            continue
        if made.covariate.silent:
            left_out.setdefault(made.covariate.silent, []).append(column)
        else:
            variables.append(made)
    if not variables:
        raise InputError(
            "variables",
            allowed="columns of the wave that are known for everybody and vary",
            received="none: " + "; ".join(_words(left_out)),
            fix="Name the columns: variables=[...], and what is no answer: missing=[...].",
        )
    return variables, [f"columns left out: {'; '.join(_words(left_out))}"] if left_out else []


def _words(left_out: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{quoted(names)} ({why})" for why, names in left_out.items()]


def _why(problem: InputError, column: str) -> str:
    """Return why a column cannot be used, without naming it again."""
    said = str(problem.received)
    for start in (f"{column!r}, with ", f"{column!r} with ", f"{column!r}, ", f"{column!r}: "):
        said = said.removeprefix(start)
    return said


def _read(frame: NarwhalsFrame, column: str, how: How, rule: tuple[BinRule, str]) -> Variable:
    bins, given = rule
    covariate, cut = read_covariate(
        frame,
        column,
        "variables",
        missing=how.missing,
        answers=how.answers,
        rule=bins,
        given=given,
        allow_identifier=how.allow_identifier,
    )
    if cut is not None:
        covariate = replace(
            covariate, note="; ".join(filter(None, [covariate.note, f"{column} {cut.words}"]))
        )
    return Variable(covariate, None if cut is None else numbers(frame, column, how.missing))


def numbers(frame: NarwhalsFrame, column: str, missing: Sequence[Value]) -> FloatArray | None:
    """Return the numbers of a column, NaN where there is none; None for a column of something else."""
    categories = encode(frame, column, "variables").without(missing)
    found = numbers_of(frame, categories, "variables", wanted=False)
    if found is None:
        return None
    ordered, place = found
    values = np.array([float(value) for value in ordered])
    return np.append(values[place] if place.size else values, np.nan)[categories.codes]
