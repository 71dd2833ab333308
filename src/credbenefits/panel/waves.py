"""The waves and key columns of a panel, read and checked before anything is linked."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _typing as t
from credbenefits import _validation as check
from credbenefits.errors import DataWarning, InputError
from credbenefits.frames.boundary import (
    PERSON,
    carry,
    read,
    refuse_unnamed_columns,
    require,
    take,
    with_column,
)
from credbenefits.frames.doubts import answered_cells
from credbenefits.frames.given import blank_rows
from credbenefits.frames.header_rows import refuse_header_rows
from credbenefits.frames.keys.columns import columns_of
from credbenefits.frames.keys.normalise import distinct
from credbenefits.panel.dispositions import ranks
from credbenefits.panel.matching.persons import DUPLICATE, EXCLUDED, KEPT, NO_KEY, keep_one
from credbenefits.questions.spelling import canonical
from credbenefits.results.export import Export

if TYPE_CHECKING:
    from collections.abc import Collection

    from credbenefits._typing import BoolArray, Frame, IntArray, IntoDataFrame, StatusArray, Values
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.columns import KeyColumn

#: One row in so many blank, and a wave (of so many rows at least) seems to hold people who did not answer.
_BLANK_SHARE = 10

IntoWaves: TypeAlias = "Mapping[Any, IntoDataFrame | Export] | Sequence[tuple[Any, IntoDataFrame | Export]]"


def read_waves(waves: IntoWaves) -> dict[str, NarwhalsFrame]:
    """Return copies of the wave frames by name, in order."""
    given = {name: wave.frame if isinstance(wave, Export) else wave for name, wave in _named(waves).items()}
    frames = {name: read(frame, f"waves[{name!r}]").clone() for name, frame in given.items()}
    for name, frame in frames.items():
        refuse_unnamed_columns(frame, f"waves[{name!r}]")
        refuse_header_rows(frame, f"waves[{name!r}]")
        _refuse_person_column(name, frame)
    return frames


def _named(waves: IntoWaves) -> dict[str, Frame]:
    pairs = list(waves.items()) if isinstance(waves, Mapping) else waves
    if not isinstance(pairs, Sequence) or not all(isinstance(p, tuple) and len(p) == 2 for p in pairs):
        raise InputError(
            "waves",
            allowed="a mapping of wave name to data frame or export, or a list of (name, frame)",
            received=type(waves).__name__,
            fix="For example: {'start': df0, 'end': df1}.",
        )
    names = [check.wave_name("waves", name) for name, _ in pairs]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice or len(names) < 2:
        raise InputError(
            "waves",
            allowed="two or more waves with different names",
            received=f"{check.listing(twice)} twice" if twice else f"{len(names)} wave",
            fix="Name every wave differently, in order of time."
            if twice
            else "Linking needs another wave; one wave alone goes straight to proportions().",
        )
    return {name: frame for name, (_, frame) in zip(names, pairs, strict=True)}


def _refuse_person_column(name: str, frame: NarwhalsFrame) -> None:
    if PERSON in frame.columns:
        raise InputError(
            f"waves[{name!r}]",
            allowed=f"a frame without a column {PERSON!r}, which the panel adds",
            received=f"a frame that has {PERSON!r}",
            fix=f"Rename it, e.g. to '{PERSON}_id', and link on that name.",
        )


def excluded_rows(
    frames: Mapping[str, NarwhalsFrame], exclude: Mapping[str, Values] | None
) -> dict[str, BoolArray]:
    """Mark the rows of each wave that hold a value to be excluded."""
    masks = {name: np.zeros(len(frame), dtype=bool) for name, frame in frames.items()}
    for column, given in check.mapping("exclude", exclude, example="{'status': ['Survey Preview']}").items():
        wanted = {canonical(v) for v in check.values("exclude", given)}
        if not wanted:
            raise InputError(
                "exclude",
                allowed=f"at least one value for {column!r}",
                value=given,
                fix="Rows without a value cannot be named here.",
            )
        everywhere = sorted({c for f in frames.values() for c in f.columns})
        check.column("exclude", column, everywhere, "any wave")
        for name, frame in frames.items():
            if column in frame.columns:
                result, place = distinct(frame, column, "exclude")
                masks[name] |= np.array([*(canonical(v) in wanted for v in result), False])[place]
        if not any(mask.any() for mask in masks.values()):
            warnings.warn(
                f"`exclude`: no row has {check.listing(check.values('exclude', given))} in {column!r}",
                DataWarning,
                stacklevel=3,
            )
    return masks


def carried_names(
    frame: NarwhalsFrame, source: NarwhalsFrame, columns: Sequence[str], other: str
) -> dict[str, str]:
    """Return the new name of each column that is carried from another wave to a frame."""
    require(source, columns, "carry", f"wave {other!r}")
    if source.implementation is not frame.implementation:
        raise InputError(
            "carry",
            allowed="columns of a frame of the same library",
            received=f"{other!r} in {source.implementation}, to {frame.implementation}",
            fix="Read all waves with one library.",
        )
    result = {c: f"{c}_{other}" for c in columns}
    taken = [n for n in result.values() if n in frame.columns]
    if taken:
        raise InputError(
            "carry",
            allowed="columns whose new names are free",
            received=f"{check.listing(taken)}, already there",
            fix="Rename the column in its wave.",
        )
    return result


def wanted_of(given: object, name: str, waves: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return which columns of which other waves are to be carried to the wave `name`."""
    wanted = {}
    for other, columns in check.by_wave("carry", given, example="{'start': ['age']}").items():
        if other == name:
            raise InputError(
                "carry",
                allowed="other waves",
                value=other,
                fix=f"The columns of {name!r} are there already.",
            )
        require_wave(other, waves, "carry")
        if named := check.names("carry", columns):
            wanted[other] = named
    return wanted


def carried(
    frame: NarwhalsFrame,
    wave: tuple[NarwhalsFrame, str],
    columns: Sequence[str],
    *,
    rows: IntArray,
    ids: IntArray,
) -> NarwhalsFrame:
    """Bring columns of another wave, given as frame and name, whose `rows` are those of the people `ids`."""
    source, other = wave
    new_names = carried_names(frame, source, columns, other)
    brought = with_column(take(source, rows).select(columns), PERSON, ids)
    return carry(frame, brought, new_names, on=PERSON)


def warn_of_blank_rows(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[KeyColumn]],
    excluded: Mapping[str, BoolArray],
    known: Collection[str],
) -> None:
    """Warn of waves with many rows that hold keys and nothing else: people who were invited, it seems.

    Of the waves in `known` it is known who answered.
    """
    for name, frame in frames.items():
        rows = np.flatnonzero(~excluded[name])
        keys = columns_of(columns[name])
        others = [c for c in frame.columns if c not in keys]
        if name in known or rows.size < _BLANK_SHARE or not others:
            continue
        enough = -(-rows.size // _BLANK_SHARE)
        blank = blank_rows(frame, rows, others, enough)
        if blank.size >= enough:
            warnings.warn(
                f"{blank.size:,} of the {rows.size:,} rows of wave {name!r} are blank in every column that "
                "varies, keys apart. They count as people who answered. If they were invited and did not "
                f"answer, say so: link_waves(answered={{{name!r}: [...]}}), with the columns of the answers",
                DataWarning,
                stacklevel=3,
            )


def fates(
    frame: NarwhalsFrame,
    person: IntArray,
    excluded: BoolArray,
    *,
    rule: t.CodeDuplicateRule,
    name: str,
    status: StatusArray | None = None,
) -> IntArray:
    """Say of each row whether it is kept, a duplicate, without key, or excluded.

    A complete row goes before one that is answered in part, and either before one that is not, whatever the
    rule.
    """
    order = np.arange(person.size)
    if rule == "first":
        preference = -order
    elif rule == "most_complete":
        preference = answered_cells(frame)
    else:
        preference = order
    if status is not None and status.size:
        preference = preference + ranks(status) * (int(np.ptp(preference)) + 1)
    kept = keep_one(person, preference)
    repeated = (person >= 0) & ~kept
    if rule == "error" and repeated.any():
        raise InputError(
            "duplicates",
            allowed="at most one row per person in each wave",
            received=f"{int(repeated.sum()):,} repeat submissions in wave {name!r}",
            fix="Choose a rule: duplicates='last', 'first' or 'most_complete'; with codes also 'keep'.",
        )
    fate = np.where(kept, KEPT, np.where(repeated, DUPLICATE, NO_KEY))
    return np.where(excluded, EXCLUDED, fate)


def require_wave(wave: object, names: Sequence[str], argument: str) -> str:
    """Return the name of a wave, or say that there is none of that name."""
    name = check.as_name(wave)
    if name is not None and name in names:
        return name
    raise InputError(
        argument,
        allowed=f"a wave of this panel ({check.listing(names)})",
        value=wave,
        fix=check.suggestion(wave, names, "waves"),
    )
