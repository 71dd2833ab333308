"""Who answered each wave that was cut from one table: anybody with an answer in one of its columns."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import require
from credbenefits.frames.given import Known, given_cells
from credbenefits.results.export import Export

if TYPE_CHECKING:
    from collections.abc import Collection

    from credbenefits._typing import BoolArray, Value, Values
    from credbenefits.frames.boundary import NarwhalsFrame

Answered: TypeAlias = str | Sequence[str] | Mapping[Any, str | Sequence[str]]

#: One row in so many without an answer elsewhere, and a column that is filled everywhere seems to be none.
_ONE_IN = 10


def named(answered: Answered | None, frames: Mapping[str, NarwhalsFrame]) -> dict[str, tuple[str, ...]]:
    """Return the columns of answers that were named, by wave; the other waves go by the rule."""
    if answered is None:
        return {}
    if isinstance(answered, Mapping):
        given = check.by_wave("answered", answered, example="{'followup': ['job', 'salary']}")
        for wave, columns in given.items():
            _known(wave, frames)
            require(frames[wave], _some(columns, wave), "answered", f"wave {wave!r}")
        return {wave: check.names("answered", columns) for wave, columns in given.items()}
    wanted = _some(answered, "")
    everywhere = list(dict.fromkeys(c for frame in frames.values() for c in frame.columns))
    for column in wanted:
        check.column("answered", column, everywhere, "any wave (without suffix)")
    made = {wave: tuple(c for c in wanted if c in frame.columns) for wave, frame in frames.items()}
    for wave, columns in made.items():
        if not columns:
            raise InputError(
                "answered",
                allowed="at least one column of every wave, or a mapping",
                received=f"none of wave {wave!r}",
                fix=f"Write answered={{wave: [columns]}}; waves that are left out go by all their columns. "
                f"Those of {wave!r} are {check.listing(frames[wave].columns)}.",
            )
    return made


def _known(wave: str, frames: Mapping[str, NarwhalsFrame]) -> None:
    if wave not in frames:
        raise InputError(
            "answered",
            allowed=f"waves ({check.listing(frames)})",
            value=wave,
            fix=check.suggestion(wave, list(frames), "waves"),
        )


def _some(columns: object, wave: str) -> tuple[str, ...]:
    names = check.names("answered", columns)
    if not names:
        raise InputError(
            "answered",
            allowed=f"at least one column{f' of wave {wave!r}' if wave else ''}",
            value=columns,
            fix="Name the columns that only answers fill.",
        )
    return names


def who_answered(
    frames: Mapping[str, NarwhalsFrame],
    answered: Answered | None,
    aside: Mapping[str, Collection[str]],
    missing: Values | None,
    *,
    made: Mapping[str, object],
) -> tuple[dict[str, tuple[str, ...]], dict[str, BoolArray]]:
    """Return the columns of answers of each wave, and who has one in any of them.

    Where none are named, all are that vary within the wave and are not set `aside` (keys, what is constant).
    What the codebook of an export in `made` says to be missing is no answer.
    """
    said, gone = named(answered, frames), check.values("missing", missing)
    columns, who, doubts, untold = {}, {}, [], []
    for wave, frame in frames.items():
        listed = said.get(wave)
        own = listed if listed is not None else [c for c in frame.columns if c not in aside[wave]]
        cells = {column: given_cells(frame, column, _coded(made[wave], column, gone)) for column in own}
        if listed is None:
            cells = {column: (filled, varies) for column, (filled, varies) in cells.items() if varies}
            doubts.append(_only_by_filled(wave, {column: filled for column, (filled, _) in cells.items()}))
        columns[wave] = tuple(cells)
        everybody = np.ones(len(frame), dtype=bool)
        who[wave] = np.logical_or.reduce([f for f, _ in cells.values()]) if cells else everybody
        gaps = not cells and any(not given_cells(frame, c, Known(gone))[0].all() for c in frame.columns)
        untold += [wave] if gaps else []
    _warn([doubt for doubt in doubts if doubt], untold)
    return columns, who


def _coded(wave: object, column: str, gone: tuple[Value, ...]) -> Known:
    if not isinstance(wave, Export):
        return Known(gone)
    return Known((*gone, *wave.codebook.no_answers(column)), wave.codebook.named_answers(column))


def _only_by_filled(wave: str, cells: Mapping[str, BoolArray]) -> str:
    """Say how many count as answering only by columns in which nobody has a gap; nothing where few do."""
    always = [column for column, filled in cells.items() if filled.all()]
    others = [filled for column, filled in cells.items() if column not in always]
    if not always or not others:
        return ""
    silent = ~np.logical_or.reduce(others)
    if silent.sum() * _ONE_IN < max(silent.size, _ONE_IN):
        return ""
    return f"{silent.sum():,} of {silent.size:,} in {wave!r} ({check.listing(always, 4)})"


def _warn(doubts: Sequence[str], untold: Sequence[str]) -> None:
    if untold:
        warnings.warn(
            f"no column tells who answered {check.listing(untold)}, as none with gaps varies within people: "
            "everybody there counts as a respondent. If some are silent, name the columns of answers: "
            "answered=[...]",
            DataWarning,
            stacklevel=4,
        )
    if doubts:
        warnings.warn(
            "rows count as answers only by columns in which nobody has a gap: "
            f"{'; '.join(doubts)}. If these columns are no answers, name those that are: answered=[...]",
            DataWarning,
            stacklevel=4,
        )
