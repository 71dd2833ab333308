"""Keys that are one number written in two ways: when they are one key, and whom they would link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from credbenefits.panel.matching.persons import resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.panel.matching.exact import KeyCodes


def as_numbers(read: KeyCodes, numeric: Collection[int]) -> list[IntArray]:
    """Return the keys as written, those in the places `numeric` by their numbers."""
    out = []
    for j, (code, group) in enumerate(zip(read.keys, read.alike, strict=True)):
        out.append(code if j not in numeric or group is None else _joined(code, group, group >= 0))
    return out


def settled(keys: Sequence[IntArray], read: KeyCodes, wave: IntArray) -> tuple[list[IntArray], list[int]]:
    """Return the keys by which people are told apart, and how many were joined in each.

    Two ways to write a number contradict nobody where another key says that it is the same person.
    """
    out, n = list(keys), [0] * len(keys)
    for j, group in enumerate(read.alike):
        if group is None or len(keys) < 2:
            continue
        sure = _written_once(keys[j], group, wave)
        agreed = np.zeros(int(group.max()) + 1, dtype=bool)
        for other in (*keys[:j], *keys[j + 1 :]):
            rows = np.flatnonzero(sure & (other >= 0))
            both = _with_several(group[rows] * (int(other.max(initial=0)) + 1) + other[rows], keys[j][rows])
            agreed[group[rows][both]] = True
        n[j] = int(agreed.sum())
        if n[j]:
            out[j] = _joined(keys[j], group, np.append(agreed, False)[group])
    return out, n


def would_link(
    keys: Sequence[IntArray], read: KeyCodes, wave: IntArray, alone: BoolArray
) -> list[tuple[int, IntArray]]:
    """Say for each key how many of the rows marked `alone` find a partner, per wave, if written alike."""
    result = []
    for j, group in enumerate(read.alike):
        if group is None:
            continue
        sure = _written_once(keys[j], group, wave)
        tried = [*keys[:j], _joined(keys[j], group, sure), *keys[j + 1 :]]
        person = resolve(tried).person
        rows = np.flatnonzero(person >= 0)
        meets = np.zeros(person.size, dtype=bool)
        meets[rows] = _with_several(person[rows], wave[rows])
        if (meets & alone).any():
            result.append((j, np.bincount(wave[meets & alone], minlength=int(wave[-1]) + 1)))
    return result


def _written_once(code: IntArray, group: IntArray, wave: IntArray) -> BoolArray:
    """Mark the rows of groups that every wave writes in one way only: there nobody can be mistaken."""
    rows = np.flatnonzero((group >= 0) & (code >= 0))
    n_waves = int(wave[-1]) + 1
    place = group[rows] * n_waves + wave[rows]
    twice = np.zeros(int(group.max()) + 2, dtype=bool)
    twice[group[rows][_with_several(place, code[rows])]] = True
    return (group >= 0) & ~twice[group]


def _with_several(label: IntArray, value: IntArray) -> BoolArray:
    """Mark the entries whose label comes with two or more different values."""
    if not label.size:
        return np.zeros(0, dtype=bool)
    order = np.lexsort((value, label))
    ordered, values = label[order], value[order]
    change = (ordered[1:] == ordered[:-1]) & (values[1:] != values[:-1])
    return np.isin(label, ordered[1:][change])


def _joined(code: IntArray, group: IntArray, rows: BoolArray) -> IntArray:
    """Give the marked rows of each group one code, that of its first way of writing."""
    at = np.flatnonzero(rows & (code >= 0))
    first = np.full(int(group.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, group[at], code[at])
    out = code.copy()
    out[at] = first[group[at]]
    return out
