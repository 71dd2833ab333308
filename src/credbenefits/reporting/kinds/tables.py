"""What a result that is a plain table gives to a brief, and the tables of all results as pandas frames."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from credbenefits.reporting import headings
from credbenefits.reporting.names import sentences
from credbenefits.results.base import printed
from credbenefits.results.parts import Parts, Table

if TYPE_CHECKING:
    from credbenefits.results.base import TableResult
    from credbenefits.results.output import DataFrame
    from credbenefits.results.parts import StudyWords


def pandas_frame(result: TableResult) -> DataFrame:
    """Return the table of a result as a pandas frame, whatever the data were."""
    frame: Any = replace(result, frame_kind="pandas").to_frame()
    made: DataFrame = frame
    return made


def parts(result: TableResult, words: StudyWords) -> Parts:
    """Return the table of a result, and its notes."""
    title, header, rows, notes = printed(result)
    table = Table(
        headings.TABLES,
        title,
        tuple(map(words.label, header)),
        tuple(map(tuple, rows)),
        after=sentences(notes),
    )
    return Parts(tables=(table,) if rows else (), names=dict.fromkeys(header, ()))
