"""What people are linked on: the key columns of each wave, checked, and what rows must have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.keys.columns import KeyColumn, Keys, name_of, parts_of
from credbenefits.frames.keys.normalise import refuse_series

if TYPE_CHECKING:
    from credbenefits._typing import IntArray
    from credbenefits.frames.boundary import NarwhalsFrame

Key: TypeAlias = str | tuple[str, ...]
On: TypeAlias = str | Sequence[Key] | Mapping[Any, str | Sequence[Key | None]]
Within: TypeAlias = str | Mapping[Any, str]

#: A key that the usual row of a wave shares with so many rows in all is no key by itself; nor, of few rows,
#: can anybody tell.
_SHARED, _FEW = 3, 10


def read_keys_asked(
    on: On, within: Within | None, frames: Mapping[str, NarwhalsFrame], *, compound: bool
) -> Keys:
    """Return the key columns of each wave, in order of trust, and names for the keys."""
    if isinstance(on, Mapping):
        given = check.by_wave("on", on, example="{'start': 'id', 'end': 'user_id'}")
        _check_waves("on", given, frames, "key columns")
        per_wave = {name: _as_list(given[name]) for name in frames}
    else:
        per_wave = dict.fromkeys(frames, _as_list(on))
    lengths = {len(c) for c in per_wave.values()}
    if lengths == {0} or len(lengths) > 1:
        raise InputError(
            "on",
            allowed="at least one key, and the same number of keys in every wave",
            value=on,
            fix="Write None where a wave lacks a key." if any(lengths) else "Name the column of the key.",
        )
    for name, columns in per_wave.items():
        check.names("on", [name_of(c) for c in columns if c is not None])
        for column in (c for key in columns if key is not None for c in parts_of(key)):
            check.column("on", column, frames[name].columns, f"wave {name!r}")
    names = [_name([c[j] for c in per_wave.values()], on) for j in range(*lengths)]
    if not compound and any(isinstance(key, tuple) for keys in per_wave.values() for key in keys):
        raise InputError(
            "on",
            allowed="columns one by one: compound keys are for method='exact'",
            value=on,
            fix="List the columns. Rows of one course only are compared with within='course'.",
        )
    return Keys(per_wave, names, _within(within, frames))


def _as_list(columns: object) -> list[KeyColumn]:
    if columns is None or isinstance(columns, str):
        return [columns]
    refuse_series("on", columns)
    if not isinstance(columns, Iterable) or isinstance(columns, Mapping):
        raise InputError(
            "on",
            allowed="a key column or a list of them for each wave",
            value=columns,
            fix="For example: on={'start': 'id', 'end': ['user_id']}.",
        )
    return [_key(each) for each in columns]


def _key(columns: object) -> KeyColumn:
    if columns is None:
        return None
    if isinstance(columns, str):
        return check.text("on", columns, fix="Give each name as text.")
    refuse_series("on", columns)
    parts = check.names("on", columns)
    if not parts:
        raise InputError("on", allowed="the columns of each key", value=columns, fix="Name them.")
    first, *others = parts
    return parts if others else first


def _name(columns: Sequence[KeyColumn], on: object) -> str:
    """Return what a key is called, from its columns in all waves, which must be equally many."""
    there = [c for c in columns if c is not None]
    if not there:
        raise InputError("on", allowed="keys that some wave has", value=on, fix="Remove the empty key.")
    if len({len(parts_of(c)) for c in there}) > 1:
        raise InputError(
            "on",
            allowed="keys of equally many columns in every wave",
            received=" and ".join(repr(name_of(c)) for c in dict.fromkeys(there)),
            fix="Name the parts of the key in the same order everywhere.",
        )
    return name_of(there[0])


def _within(within: Within | None, frames: Mapping[str, NarwhalsFrame]) -> dict[str, str] | None:
    if within is None:
        return None
    refuse_series("within", within)
    example = "{'start': 'workshop', 'end': 'course'}"
    given = (
        check.by_wave("within", within, example=example)
        if isinstance(within, Mapping)
        else dict.fromkeys(frames, within)
    )
    _check_waves("within", given, frames, "a column")
    for name, frame in frames.items():
        check.column("within", given[name], frame.columns, f"wave {name!r}")
    return {name: given[name] for name in frames}


def parts_of_one_key(
    keys: Sequence[IntArray], names: Sequence[str], wave: IntArray, waves: Sequence[str]
) -> list[str]:
    """Say which keys of several look like a part of one: the usual row shares it with others of its wave."""
    result = []
    for j, code in enumerate(keys if len(keys) > 1 else ()):
        for place, name in enumerate(waves):
            own = code[(wave == place) & (code >= 0)]
            usual = int(np.median(np.bincount(own)[own])) if own.size >= _FEW else 0
            if usual >= _SHARED:
                other = names[1 if j == 0 else 0]
                pair = (names[j], other) if j == 0 else (other, names[j])
                rest = "".join(f", {n!r}" for n in names if n not in pair)
                result.append(
                    f"the usual row of wave {name!r} shares {names[j]!r} with {usual - 1:,} others. Keys in "
                    "a list go one after the other: rows with the same first key are one person, "
                    "and the next is for rows without it. If they are parts of one key, write "
                    f"on=[{pair!r}{rest}]"
                )
                break
    return result


def _check_waves(argument: str, given: Mapping[str, object], frames: Mapping[str, object], what: str) -> None:
    """Refuse a mapping that lacks a wave, or that has a wave which does not exist."""
    for name in (*given, *frames):
        if name in given and name in frames:
            continue
        raise InputError(
            argument,
            allowed=f"{what} for each of the waves {check.listing(frames)}",
            received=check.listing(given),
            fix=f"Add or correct the entry {name!r}.",
        )
