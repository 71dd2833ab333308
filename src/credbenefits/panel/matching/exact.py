"""Linking by keys that must agree."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits._progress import silent
from credbenefits.frames.keys.columns import parts_of
from credbenefits.frames.keys.no_keys import (
    APART,
    BLANK,
    DAMAGE,
    PART,
    PLACEHOLDER,
    SHARED,
    is_damage,
    is_phrase,
    key_words,
    nobodys,
    refuse_lost_digits,
)
from credbenefits.frames.keys.normalise import by_appearance, normalised, numbered
from credbenefits.frames.keys.spellings import alike, may_differ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from credbenefits._typing import BoolArray, IntArray, Progress
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.keys.columns import KeyColumn, Keys

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


class _Column(NamedTuple):
    """The keys in one column of all waves: a code per row (-1 is none), why there is none, and more.

    `alike` numbers values that are one number written in two ways; None where there are none. `values` has
    the key of each code, of several columns that of the one that tells most people apart.
    """

    code: IntArray
    why: IntArray
    alike: IntArray | None
    values: NDArray[Any]


def read_keys(
    frames: Mapping[str, NarwhalsFrame],
    asked: Keys,
    excluded: Mapping[str, BoolArray],
    *,
    tell: Progress,
) -> KeyCodes:
    """Read the keys of all waves; excluded rows have none."""
    out_rows = np.concatenate(list(excluded.values()))
    wave = np.repeat(np.arange(len(frames)), [len(f) for f in frames.values()])
    wanted = [_parts({w: c[j] for w, c in asked.columns.items()}) for j in range(len(asked.names))]
    reader = _Reader(frames, out_rows, tell, sum(map(len, wanted)) + (asked.within is not None))
    within = None if asked.within is None else reader.read(asked.within)
    keys, whys, groups, crowds = [], [], [], []
    for parts in wanted:
        column = _together([reader.read(part) for part in parts])
        column = column if within is None else _within(column, within)
        code, why, crowd = _usable(column, wave)
        keys.append(code)
        whys.append(why)
        alike = None if column.alike is None else np.where(code < 0, -1, column.alike)
        groups.append(alike if alike is not None and (alike >= 0).any() else None)
        crowds += [
            f"one key stands in {n:,} rows of wave {list(frames)[place]!r} and was taken for none: a shared "
            "address or a test, it seems (see panel.no_key)"
            for place, n in crowd
        ]
    tell(1, 1)
    return KeyCodes(tuple(keys), tuple(whys), tuple(groups), tuple(crowds), reader.mark)


def read_blocks(frames: Mapping[str, NarwhalsFrame], within: Mapping[str, str]) -> dict[str, IntArray]:
    """Return the number of each row's course, -1 where it has none, by wave."""
    nobody = np.zeros(sum(len(f) for f in frames.values()), dtype=bool)
    made = _Reader(frames, nobody, silent, 1).read(within).code
    ends = np.cumsum([len(f) for f in frames.values()])[:-1]
    return dict(zip(frames, np.split(made, ends), strict=True))


def _parts(columns: Mapping[str, KeyColumn]) -> list[dict[str, str | None]]:
    """Return the columns of each part of a key by wave."""
    n = max(len(parts_of(key)) for key in columns.values() if key is not None)
    return [{w: None if key is None else parts_of(key)[i] for w, key in columns.items()} for i in range(n)]


class _Reader:
    """Reads columns of all waves one after another, and keeps the mark of what was read."""

    def __init__(
        self, frames: Mapping[str, NarwhalsFrame], out_rows: BoolArray, tell: Progress, n_columns: int
    ) -> None:
        self.frames, self.out_rows, self.tell = frames, out_rows, tell
        self.total, self.done, self.mark = n_columns * (len(frames) + 3), 0, 0

    def _step(self, n: int = 1) -> None:
        self.done += n
        self.tell(self.done, self.total)

    def read(self, columns: Mapping[str, str | None]) -> _Column:
        """Read a column of each wave (None where it has none)."""
        cells: list[list[str | None]] = []
        for name, frame in self.frames.items():
            column = columns[name]
            cells.append([None] * len(frame) if column is None else _cells(frame, column, name))
            self._step()
        text = "\n".join(["\n".join([k or "" for k in part]) for part in cells])
        self.mark = zlib.crc32(text.encode(errors="surrogatepass"), self.mark)
        self._step()
        code, values = numbered(cells)
        self._step()
        code, why = _no_keys(np.where(self.out_rows, -1, code), values, text)
        groups = _alike(code, values.tolist()) if may_differ(text, code.size) else None
        self._step()
        return _Column(code, why, groups, values)


def _cells(frame: NarwhalsFrame, column: str, wave: str) -> list[str | None]:
    refuse_lost_digits(frame, column, "on", where=f"wave {wave!r}")
    return normalised(frame, column, key_words(column), instead=_FILLED)


def _alike(code: IntArray, values: Sequence[str]) -> IntArray | None:
    group = alike(values)
    group = np.where((np.bincount(group, minlength=1) > 1)[group], group, -1)
    return np.append(group, -1)[code] if (group >= 0).any() else None


def _together(parts: Sequence[_Column]) -> _Column:
    """Make one key of its parts, all of which must be there. Values do not run together."""
    first, *others = parts
    if not others:
        return first
    lead = max(parts, key=lambda part: part.values.size)  # the part that tells people apart
    blank = np.logical_or.reduce([part.code < 0 for part in parts])
    all_blank = np.logical_and.reduce([part.code < 0 for part in parts])
    said: IntArray = np.stack([part.why for part in parts]).max(axis=0)
    why: IntArray = np.where(blank & ~all_blank & (said == BLANK), PART, np.where(blank, said, BLANK))
    return _crossed(parts, lead, ~blank, why)


def _within(key: _Column, within: _Column) -> _Column:
    """Tell keys of different courses apart; where the course is blank there is no key."""
    lost = (key.code >= 0) & (within.code < 0)
    why = np.where(lost, np.where(within.why > BLANK, within.why, APART), key.why)
    return _crossed((key, within), key, (key.code >= 0) & ~lost, why)


def _crossed(parts: Sequence[_Column], lead: _Column, rows: BoolArray, why: IntArray) -> _Column:
    """Give a number to every combination of values that occurs in the rows; `lead` has the values."""
    at = np.flatnonzero(rows)
    code = np.full(rows.size, -1, dtype=np.int64)
    code[at] = _numbers([part.code[at] for part in parts])
    first = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
    first[code[at][::-1]] = at[::-1]
    values = lead.values[lead.code[first]]
    if all(part.alike is None for part in parts):
        return _Column(code, why, None, values)
    # Two ways to write a number in any part are two ways to write the whole.
    labels = [
        part.code if part.alike is None else np.where(part.alike >= 0, -1 - part.alike, part.code)
        for part in parts
    ]
    group = np.full(rows.size, -1, dtype=np.int64)
    group[at] = _numbers([by_appearance(label[at])[0] for label in labels])
    ways = np.bincount(group[first], minlength=1)
    group[at] = np.where(ways[group[at]] > 1, group[at], -1)
    return _Column(code, why, group if (group >= 0).any() else None, values)


def _numbers(codes: Sequence[IntArray]) -> IntArray:
    """Give numbers to combinations of codes (from 0 on) in order of appearance."""
    made = codes[0]
    for code in codes[1:]:
        made, _ = by_appearance(made * (int(code.max(initial=0)) + 1) + code)
    return made


def _no_keys(code: IntArray, values: NDArray[Any], text: str) -> tuple[IntArray, IntArray]:
    """Take out the values that are no key; return the codes, and the reasons."""
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
        return np.where(reason[code] > 0, -1, code), reason[code]
    return code, np.zeros_like(code)


def _usable(column: _Column, wave: IntArray) -> tuple[IntArray, IntArray, list[tuple[int, int]]]:
    """Take out keys that several rows share; return the codes, the reasons, and crowds as (wave, rows)."""
    code, why = column.code, column.why
    several, crowds = _shared(code, wave, column.values)
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
