"""A file with one row of headings over its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.questions.column import Column
from credbenefits.results.export import Codebook, Export

if TYPE_CHECKING:
    from credbenefits.exports.source import Cells, Options


def recognised(cells: Cells) -> bool:  # noqa: ARG001
    """Any file can be read so."""
    return True


def read(cells: Cells, options: Options) -> Export:  # noqa: ARG001
    """Read the rows below the first."""
    names = list(cells.top[0])
    frame = cells.rows(1, names)
    return Export(frame, Codebook(tuple(Column(name) for name in names)))
