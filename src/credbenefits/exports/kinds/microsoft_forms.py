"""Files of Microsoft Forms: who and when first, then questions as headings; a ";" behind each choice.

Source: "Check and share your form results" in Microsoft's support pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.questions.column import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits._typing import ColumnRole
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export

#: The columns of the tool itself, in some languages. All languages begin with these three.
_BEGIN: tuple[set[str], ...] = (
    {"id", "id."},
    {
        "start time",
        "startzeit",
        "heure de début",
        "hora de inicio",
        "begintijd",
        "hora de início",
        "ora di inizio",
    },
    {
        "completion time",
        "fertigstellungszeit",
        "heure de fin",
        "hora de finalización",
        "tijd van voltooien",
        "hora de conclusão",
        "ora di completamento",
    },
)
_ROLES: Mapping[str, ColumnRole] = {
    "email": "id", "e-mail": "id", "adresse de messagerie": "id", "correo electrónico": "id",
    "name": "id", "nom": "id", "nombre": "id", "naam": "id", "nome": "id",
    "language": "meta", "last modified time": "date", "total points": "meta", "quiz feedback": "meta",
}  # fmt: skip
_QUIZ = ("points - ", "feedback - ")


def recognised(cells: Cells) -> bool:
    """Tell the file by its first three headings."""
    first = [headings.clean(cell).casefold() for cell in cells.top[0][:3]]
    return len(first) == 3 and all(cell in known for cell, known in zip(first, _BEGIN, strict=True))


def read(cells: Cells, options: Options) -> Export:
    """Read the rows below the questions."""
    names, notes = headings.names_of(cells.top[0])
    cells.notes.extend(notes)
    frame = cells.rows(1, names)
    texts = [headings.clean(cell) for cell in cells.top[0]]
    columns = [Column(n, t, _role(t, i)) for i, (n, t) in enumerate(zip(names, texts, strict=True))]
    seen = looks.seen(frame)
    columns = [_with_choices(column, seen[column.name]) for column in columns]
    return finished("microsoft_forms", frame, columns, cells=cells, options=options)


def _role(heading: str, place: int) -> ColumnRole:
    if place < 3:
        return "date" if place else "id"
    folded = heading.casefold()
    if folded.startswith(_QUIZ):
        return "meta"
    return _ROLES.get(folded, "answer") if place < 9 else "answer"


def _with_choices(column: Column, cells: Sequence[str]) -> Column:
    """Tell a question with several choices: a ";" ends each of them, the last one too."""
    if column.role == "answer" and cells and all(cell.rstrip().endswith(";") for cell in cells):
        return replace(column, role="choices")
    return column
