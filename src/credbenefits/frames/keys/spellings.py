"""Keys that are one number written in two ways: "0980" and "980", "101.0" and "101", "P-007" and "p7"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import IntArray

#: What does not count: a decimal point with noughts, marks of thousands, noughts before a number.
_POINT_NOUGHT = re.compile(r"(?<=\d)\.0+$", re.MULTILINE)
_THOUSANDS = re.compile(r"(?<=\d)[.,'’](?=\d{3}(?!\w))")
_NOUGHTS = re.compile(r"(?<![\d.,:/])0+(?=\d)")
_BETWEEN = str.maketrans("", "", " -‐‑–_")
_ANY_BETWEEN = re.compile(r"[ \-‐‑–_]+")
#: Letters (and ends of lines) and digits in their kinds, to see at once whether a column has such keys.
_KINDS = str.maketrans(
    {**dict.fromkeys("123456789", "1"), **dict.fromkeys("\nabcdefghijklmnopqrstuvwxyz", "a")}
)
_KINDS_OF_BYTES = bytes(ord(chr(i).translate(_KINDS)) for i in range(256))
_MARKS = " -‐‑–_.,'’"
#: What shows it, with the character to look for first.
_SIGNS = {
    " ": (" ",),
    "-": ("-",),
    "_": ("_",),
    "‐": ("‐",),
    "‑": ("‑",),
    "–": ("–",),
    ".": (".0a", "1.1", "1.0"),
    ",": ("1,",),
    "'": ("1'",),
    "’": ("1’",),
    "0": ("a00", "a01"),
}


def may_differ(text: str, n: int) -> bool:
    """Tell whether among `n` keys, one to a line, some could be written in two ways.

    Addresses cannot: a column of them is passed over.
    """
    if text.count("@") * 2 >= n:
        return False
    lines = f"\n{text}\n"
    # Bytes are translated many times faster than text.
    kinds = lines.encode().translate(_KINDS_OF_BYTES).decode() if text.isascii() else lines.translate(_KINDS)
    return any(mark in text and any(sign in kinds for sign in signs) for mark, signs in _SIGNS.items())


def alike(keys: Sequence[str]) -> IntArray:
    """Give one number to distinct keys that are the same number, however it is written.

    Leading noughts, a trailing .0, marks of thousands, spaces and hyphens do not count. Hyphens in different
    places make different keys ("1-23" and "12-3"), and "123" is then neither.
    """
    marks = {mark for mark in _MARKS if any(mark in key for key in keys)}
    if len(marks) < 2 and "." not in marks and len({len(key) for key in keys}) < 2:  # all written in one way
        return np.arange(len(keys))
    whole = _joined(keys)
    bare = _NOUGHTS.sub("", whole.translate(_BETWEEN)).split("\n")
    labels = [b or k for b, k in zip(bare, keys, strict=True)]
    group = pd.factorize(np.array(labels, dtype=object))[0].astype(np.int64)
    written = whole.split("\n")
    shapes: dict[int, dict[int, str]] = {}
    for i in np.flatnonzero((np.bincount(group) > 1)[group]).tolist():
        shape = _NOUGHTS.sub("", _ANY_BETWEEN.sub("-", written[i]))
        if "-" in shape:
            shapes.setdefault(int(group[i]), {})[i] = shape
    split = [mine for mine in shapes.values() if len(set(mine.values())) > 1]
    for mine in split:
        for i, shape in mine.items():
            labels[i] = shape
    return pd.factorize(np.array(labels, dtype=object))[0].astype(np.int64) if split else group


def _joined(keys: Sequence[str]) -> str:
    """Write the keys one to a line, without noughts behind a point and marks of thousands; no addresses."""
    whole = "\n".join("" if "@" in key or "\n" in key else key for key in keys)
    return _THOUSANDS.sub("", _POINT_NOUGHT.sub("", whole))
