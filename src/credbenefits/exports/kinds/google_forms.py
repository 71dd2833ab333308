"""Files of Google Forms: questions as headings, the time of the answer first, choices joined in one text.

Source: "View and manage form responses" in Google's help pages. A sheet joins choices by ", ", the file that
Forms itself writes by ";"; a grid has a column per row, which stands in brackets behind the question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.exports import headings, looks
from credbenefits.exports.finish import finished
from credbenefits.questions.column import Column

if TYPE_CHECKING:
    from credbenefits._typing import ColumnRole
    from credbenefits.exports.source import Cells, Options
    from credbenefits.results.export import Export

#: How the first column is called, in some languages.
_TIME = {
    "timestamp",
    "zeitstempel",
    "horodateur",
    "marca temporal",
    "carimbo de data/hora",
    "tijdstempel",
    "informazioni cronologiche",
    "tidsstämpel",
    "tidsstempel",
    "sygnatura czasowa",
    "timestamp (utc)",
}
_WHO = {
    "email address",
    "username",
    "email",
    "e-mail-adresse",
    "nutzername",
    "adresse e-mail",
    "dirección de correo electrónico",
    "endereço de e-mail",
    "e-mailadres",
}


def recognised(cells: Cells) -> bool:
    """Tell the file by its first heading, and by a time with seconds in the first cell below it."""
    if headings.clean(cells.top[0][0]).casefold() not in _TIME or len(cells.top[0]) < 2:
        return False
    below = [record[0] for record in cells.top[1:] if record and record[0].strip()]
    return all(":" in cell for cell in below) and (not below or looks.are_days(below))


def read(cells: Cells, options: Options) -> Export:
    """Read the rows below the questions."""
    names, notes = headings.names_of(cells.top[0])
    cells.notes.extend(notes)
    frame = cells.rows(1, names)
    texts = [headings.clean(cell) for cell in cells.top[0]]
    columns = [Column(n, t, _role(t, i)) for i, (n, t) in enumerate(zip(names, texts, strict=True))]
    return finished("google_forms", frame, columns, cells=cells, options=options)


def _role(heading: str, place: int) -> ColumnRole:
    if place == 0:
        return "date"
    if heading.casefold() in _WHO and place < 3:
        return "id"
    return "meta" if heading == "Score" and place < 3 else "answer"
