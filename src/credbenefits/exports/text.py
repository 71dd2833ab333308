"""From the bytes of a text file to its cells: the encoding, the delimiter, and what is no row."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pandas as pd

from credbenefits.exports.source import Cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits.exports.source import Options, Source


def cells(source: Source, options: Options) -> Cells:
    """Return the cells of a text file."""
    words = source.content.decode(options.encoding or "utf-8-sig")
    delimiter = options.delimiter or ","
    top = list(csv.reader(io.StringIO(words, newline=""), delimiter=delimiter))[:200]

    def rows(skip: int, names: Sequence[str]) -> pd.DataFrame:
        return pd.read_csv(
            io.StringIO(words),
            sep=delimiter,
            names=list(names),
            skiprows=skip,
            dtype=str,
            keep_default_na=False,
            na_values=[""],
            index_col=False,
        )

    return Cells(top, rows)
