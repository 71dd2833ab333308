"""Linking by keys that must agree."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.frames.keys.no_keys import (
    DAMAGE,
    PLACEHOLDER,
    SHARED,
    is_damage,
    is_phrase,
    key_words,
    nobodys,
    refuse_lost_digits,
)
from credbenefits.frames.keys.normalise import normalised, numbered
from credbenefits.frames.keys.spellings import alike, may_differ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray, Progress
    from credbenefits.frames.boundary import NarwhalsFrame

#: So many rows of one wave under one key are a shared address or a test, rarely a person: unless the usual
#: person of the wave has a tenth of that too.
MANY_ROWS = 10
#: What stands in place of a placeholder until its rows are counted.
_FILLED = "\0placeholder"
#: Without any of these in it, a key is neither damaged nor a phrase.
_SIGNS = (" ", "#", "e+", "err:")


@dataclass(frozen=True, slots=True)
class KeyCodes:
    """The keys of the rows of all waves, in order of trust.

    `keys` has one code array per key over all rows, -1 where there is none, and `why` the reasons for that
    in arrays of the same form (0 where a cell is blank, or a key). `alike` numbers the keys that are one
    number written in two ways; -1 is any other key, and None stands for a key that has no such. `crowds`
    tells of keys that were set aside because very many rows hold them. `mark` is a checksum.
    """

    keys: tuple[IntArray, ...]
    why: tuple[IntArray, ...]
    alike: tuple[IntArray | None, ...]
    crowds: tuple[str, ...]
    mark: int


def read_keys(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    n_keys: int,
    excluded: Mapping[str, BoolArray],
    *,
    tell: Progress,
) -> KeyCodes:
    """Read the keys of all waves; excluded rows have none."""
    out_rows = np.concatenate(list(excluded.values()))
    wave = np.repeat(np.arange(len(frames)), [len(f) for f in frames.values()])
    keys, whys, groups, crowds = [], [], [], []
    mark, steps = 0, len(frames) + 3
    for j in range(n_keys):
        parts: list[list[str | None]] = []
        for name, frame in frames.items():
            column = columns[name][j]
            parts.append([None] * len(frame) if column is None else _cells(frame, column, name))
            tell(j * steps + len(parts), n_keys * steps)
        text = "\n".join(["\n".join([k or "" for k in part]) for part in parts])
        mark = zlib.crc32(text.encode(errors="surrogatepass"), mark)
        tell(j * steps + len(frames) + 1, n_keys * steps)
        code, result = numbered(parts)
        tell(j * steps + len(frames) + 2, n_keys * steps)
        code, why, crowd = _usable(np.where(out_rows, -1, code), result, wave, text)
        keys.append(code)
        whys.append(why)
        groups.append(_alike(code, result.tolist()) if may_differ(text, code.size) else None)
        crowds += [
            f"one key stands in {n:,} rows of wave {list(frames)[place]!r} and was taken for none: a shared "
            "address or a test, it seems (see panel.no_key)"
            for place, n in crowd
        ]
    tell(1, 1)
    return KeyCodes(tuple(keys), tuple(whys), tuple(groups), tuple(crowds), mark)


def _cells(frame: NarwhalsFrame, column: str, wave: str) -> list[str | None]:
    refuse_lost_digits(frame, column, "on", where=f"wave {wave!r}")
    return normalised(frame, column, key_words(column), instead=_FILLED)


def _alike(code: IntArray, values: Sequence[str]) -> IntArray | None:
    group = alike(values)
    group = np.where((np.bincount(group, minlength=1) > 1)[group], group, -1)
    return np.append(group, -1)[code] if (group >= 0).any() else None


def _usable(
    code: IntArray, values: NDArray[Any], wave: IntArray, text: str
) -> tuple[IntArray, IntArray, list[tuple[int, int]]]:
    """Take out the keys that are none; return the codes, the reasons, and crowds as (wave, rows)."""
    reason = np.zeros(values.size + 1, dtype=np.int64)  # the last place is read by code -1
    if "\0" in text and _FILLED in text:
        reason[:-1][values == _FILLED] = PLACEHOLDER
    for sign in _SIGNS:
        if sign[-1] in text and sign in text:
            for i in [i for i, key in enumerate(values.tolist()) if sign in key]:
                if is_damage(values[i]):
                    reason[i] = DAMAGE
                elif is_phrase(values[i]):
                    reason[i] = PLACEHOLDER
    if reason.any():
        code, why = np.where(reason[code] > 0, -1, code), reason[code]
    else:
        why = np.zeros_like(code)
    several, crowds = _shared(code, wave, values)
    if several:
        some = np.isin(code, several)
        code, why = np.where(some, -1, code), np.where(some, SHARED, why)
    return code, why, crowds


def _shared(code: IntArray, wave: IntArray, found: NDArray[Any]) -> tuple[list[int], list[tuple[int, int]]]:
    """Find keys that several rows of a wave share and that are nobody's own."""
    n_waves = int(wave[-1]) + 1
    times = np.bincount(code + 1, minlength=found.size + 1)
    times[0] = 0
    rows = np.flatnonzero((times > 1)[code + 1])
    values, counts = np.unique(code[rows] * n_waves + wave[rows], return_counts=True)
    shared = {v for v in set((values[counts > 1] // n_waves).tolist()) if nobodys(str(found[v]))}
    crowds = []
    for value, n in zip(
        values[counts > MANY_ROWS].tolist(), counts[counts > MANY_ROWS].tolist(), strict=True
    ):
        key, place = divmod(value, n_waves)
        usual = np.bincount(code[(wave == place) & (code >= 0)])
        usual = np.sort(usual[usual > 0])
        if n > MANY_ROWS * usual[(usual.size - 1) // 2]:
            crowds.append((place, n))
            shared.add(key)
    return sorted(shared), crowds


def how_exact(names: tuple[str, ...], keys_a: list[IntArray], keys_b: list[IntArray]) -> dict[str, Any]:
    """Say of linked rows, whose keys are given, which key did it: the most trusted that agrees."""
    used = np.full(keys_a[0].size, len(names), dtype=np.int64)
    for j in range(len(names) - 1, -1, -1):
        used[(keys_a[j] == keys_b[j]) & (keys_a[j] >= 0)] = j
    key = np.array([*names, "(indirect)"], dtype=object)[used]
    return {
        "method": "exact",
        "key": key,
        "match_probability": 1.0,
        "match_weight": np.nan,
        "disagreements": 0,
    }
