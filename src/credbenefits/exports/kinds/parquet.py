"""Parquet files: columns with types of their own, and answers where these are categories."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

from credbenefits.errors import MissingExtraError
from credbenefits.questions.column import Answer, Column
from credbenefits.questions.spelling import natural_order
from credbenefits.questions.words import no_answer
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credbenefits._typing import Value
    from credbenefits.exports.source import Options, Source


def read(source: Source, options: Options) -> Export:
    """Read a Parquet file; the levels of an ordered category are the answers in order."""
    try:
        frame = pd.read_parquet(io.BytesIO(source.content))
    except ImportError as problem:
        raise MissingExtraError("pyarrow", "io") from problem
    except (ValueError, OSError) as problem:
        raise source.wrong(
            "a Parquet file that can be read", "which is damaged or of another kind", "Write it again."
        ) from problem
    frame.columns = [str(name) for name in frame.columns]
    columns = tuple(_column(frame[name]) for name in frame.columns)
    return Export(frame, Codebook(columns), kind="parquet")


def _column(cells: pd.Series) -> Column:
    """Say what the type of a column says of its answers."""
    name = str(cells.name)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        levels: Sequence[Value] = cells.dtype.categories.tolist()
        if not cells.dtype.ordered:  # in the order in which they were met, which says nothing
            levels = sorted(levels, key=natural_order)
        return Column(name, answers=tuple(Answer(level, missing=no_answer(level)) for level in levels))
    return Column(name, role="date" if cells.dtype.kind == "M" else "answer", open=True)
