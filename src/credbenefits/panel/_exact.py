"""Linking by keys that must agree."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from credbenefits.frames.keys import key_codes, normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credbenefits._typing import BoolArray, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame


@dataclass(frozen=True, slots=True)
class KeyCodes:
    """One code array over the rows of all waves per key (-1 is none), and a checksum of the keys."""

    keys: list[IntArray]
    mark: int


def read_keys(
    frames: Mapping[str, NarwhalsFrame],
    columns: Mapping[str, list[str | None]],
    n_keys: int,
    excluded: Mapping[str, BoolArray],
) -> KeyCodes:
    """Read the keys of all waves; excluded rows have none."""
    out_rows = np.concatenate(list(excluded.values()))
    codes = []
    mark = 0
    for j in range(n_keys):
        parts: list[list[str | None]] = []
        for name, frame in frames.items():
            column = columns[name][j]
            parts.append([None] * len(frame) if column is None else normalised(frame, column))
        for part in parts:
            mark = zlib.crc32("\n".join([k or "" for k in part]).encode(errors="surrogatepass"), mark)
        code = np.concatenate(key_codes(parts))
        codes.append(np.where(out_rows, -1, code))
    return KeyCodes(codes, mark)


def how_exact(names: tuple[str, ...], keys_a: list[IntArray], keys_b: list[IntArray]) -> dict[str, Any]:
    """Say of linked rows, whose keys are given, which key did it: the most trusted that agrees."""
    used = np.full(keys_a[0].size, len(names), dtype=np.int64)
    for j in range(len(names) - 1, -1, -1):
        used[(keys_a[j] == keys_b[j]) & (keys_a[j] >= 0)] = j
    key = np.array([*names, "(indirect)"], dtype=object)[used]
    return {"method": "exact", "key": key, "match_probability": 1.0, "match_weight": np.nan,
            "disagreements": 0}  # fmt: skip
