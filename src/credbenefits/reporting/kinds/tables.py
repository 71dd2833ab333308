"""What a result that is a plain table gives to a brief: the table as it prints itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.reporting.names import sentences
from credbenefits.results.base import printed
from credbenefits.results.parts import Parts, Table

if TYPE_CHECKING:
    from credbenefits.results.base import TableResult
    from credbenefits.results.parts import StudyWords

SECTION = "Further tables"


def parts(result: TableResult, words: StudyWords) -> Parts:
    """Return the table of a result, and its notes."""
    title, header, rows, notes = printed(result)
    table = Table(
        SECTION, title, tuple(map(words.label, header)), tuple(map(tuple, rows)), after=sentences(notes)
    )
    return Parts(tables=(table,) if rows else ())
