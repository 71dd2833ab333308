"""From the survey tool's own file to rows and a codebook: finds the kind of the file and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits._typing import Decimal, ExportKind, KeptRows
from credbenefits.errors import InputError
from credbenefits.exports import text
from credbenefits.exports.kinds import (
    excel,
    google_forms,
    limesurvey,
    microsoft_forms,
    parquet,
    plain,
    qualtrics,
    spss,
    stata,
    surveymonkey,
)
from credbenefits.exports.source import Cells, Options, Source, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import IO

    from credbenefits.results.export import Export

#: How files begin that are no text.
_BEGINS: Mapping[bytes, ExportKind] = {
    b"PK\x03\x04": "excel",
    b"\xd0\xcf\x11\xe0": "excel",
    b"$FL2": "spss",
    b"$FL3": "spss",
    b"<stata_dta>": "stata",
    b"PAR1": "parquet",
    **dict.fromkeys(stata.OLD, "stata"),
}
#: The readers of files that are no text.
READERS: Mapping[ExportKind, Callable[[Source, Options], Export]] = {
    "parquet": parquet.read,
    "spss": spss.read,
    "stata": stata.read,
}
#: The tools, each with what tells its first records, asked in this order, and what reads its cells.
TOOLS: Mapping[ExportKind, tuple[Callable[[Cells], bool], Callable[[Cells, Options], Export]]] = {
    "qualtrics": (qualtrics.recognised, qualtrics.read),
    "surveymonkey": (surveymonkey.recognised, surveymonkey.read),
    "limesurvey": (limesurvey.recognised, limesurvey.read),
    "microsoft_forms": (microsoft_forms.recognised, microsoft_forms.read),
    "google_forms": (google_forms.recognised, google_forms.read),
    "csv": (plain.recognised, plain.read),
}


def read_export(
    path: str | PathLike[str] | bytes | IO[bytes] | IO[str],
    *,
    kind: ExportKind | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: Decimal | None = None,
    header_rows: int | None = None,
    keep: KeptRows | Sequence[KeptRows] = (),
    sheet: str | None = None,
) -> Export:
    r"""Read a file as a survey tool wrote it, with what the file says of its columns.

    Nothing in a cell is guessed: ids keep their leading zeros, codes and e-mail addresses stay text, the
    answer "NA" stays an answer, and only an empty cell is missing. What is in the file and is no row of
    answers is taken out and counted: rows of question texts and of import ids, second headings, previews,
    tests, what the tool takes for spam, and rows without any cell.

    Parameters
    ----------
    path : path, bytes, or an open file
        The file, also in a zip archive of its own or compressed with gzip.
    kind : str, optional
        Of which tool the file is, or of which kind: "qualtrics", "limesurvey", "surveymonkey",
        "google_forms", "microsoft_forms", "csv", "excel", "spss", "stata" or "parquet". By default its
        content says so.
    delimiter : str, optional
        What stands between the cells of a text file; by default a note in its first line (``sep=;``) says so,
        or the one of comma, semicolon, tab and bar that gives all records as many cells as the first.
    encoding : str, optional
        How the letters of a text file are written. By default a mark at its beginning says so; without one
        it is UTF-8 or, where the file cannot be that, cp1252, which is noted.
    decimal : {".", ","}, optional
        What stands before the decimals of numbers. If given, columns that are numbers throughout and have
        decimals or marks between thousands become numbers. By default they stay text, and it is noted which
        have commas.
    header_rows : int, optional
        How many rows of headings a file has whose tool is not known: names, and question texts below
        them. By default one; a second one that looks like headings is refused until it is said what it is.
    keep : {"previews", "tests", "spam"} or list of these
        Rows that Qualtrics marks as no ordinary responses, to be kept all the same.
    sheet : str, optional
        The sheet of a workbook; by default the first.

    Returns
    -------
    Export
        ``frame`` is a pandas frame with the tool's column names in the order of the file, ``codebook`` says
        what is known of each column, ``notes`` what was done and is to be known, ``kind`` what the file is,
        and ``taken_out`` how many rows were left out, by reason.

    Raises
    ------
    InputError
        If the file cannot be read, if a row has more cells than there are columns, if a quote is not
        closed, or if an option does not fit.

    Notes
    -----
    Rows with fewer cells than there are columns count as ending in empty cells, and are noted. Columns that
    share a heading get the ids that the tool gives them, or a number. Days that are written in more than one
    way are noted and stay text.

    Examples
    --------
    >>> import credbenefits as cb
    >>> file = (
    ...     b'StartDate,Status,Finished,ResponseId,Q1\n'
    ...     b'Start Date,Response Type,Finished,Response ID,"Did the course help, all in all?"\n'
    ...     b'"{""ImportId"":""startDate""}","{""ImportId"":""status""}","{""ImportId"":""finished""}",'
    ...     b'"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"\n'
    ...     b'2024-05-01 10:00:00,IP Address,True,R_1,Yes\n'
    ...     b'2024-05-01 10:05:00,Survey Preview,True,R_2,No\n'
    ... )
    >>> export = cb.read_export(file)
    >>> export.kind, len(export.frame), dict(export.taken_out)
    ('qualtrics', 1, {'question texts': 1, 'import ids': 1, 'previews': 1})
    >>> export.column("Q1").question
    'Did the course help, all in all?'
    """
    options = Options(
        delimiter,
        encoding,
        None if decimal is None else _decimal(decimal),
        None if header_rows is None else check.whole_number("header_rows", header_rows, least=1),
        _kept(keep),
        None if sheet is None else check.text("sheet", sheet),
    )
    if kind is not None:
        check.choice("kind", kind, ExportKind)
    source = opened(path)
    told = kind_of(source.content)
    if kind is not None and told not in (None, kind) and not (told == "excel" and kind in TOOLS):
        raise _other_kind(kind)
    found = kind if kind is not None and kind in READERS else told
    if sheet is not None and found != "excel":
        raise InputError(
            "sheet",
            allowed="a sheet of a workbook (.xlsx)",
            value=sheet,
            fix="The file has no sheets: leave it out.",
        )
    if found == "excel":
        read = excel.sheet_of(source, options)
        return read.finished(of_cells(read.cells, options, kind if kind in TOOLS else None))
    if found is not None:
        return READERS[found](source, options)
    return of_cells(text.cells(source, options), options, kind)


def _decimal(decimal: Decimal) -> Decimal:
    check.choice("decimal", decimal, Decimal)
    return decimal


def _kept(keep: KeptRows | Sequence[KeptRows]) -> tuple[KeptRows, ...]:
    names = check.names("keep", keep)
    return tuple(check.choice("keep", name, KeptRows) for name in names)  # type: ignore[misc]


def _tool(cells: Cells) -> ExportKind:
    """Tell the tool by the first records; any file can be read as CSV."""
    return next(tool for tool, (recognised, _) in TOOLS.items() if recognised(cells))


def _never(_: Cells) -> bool:
    """Tell of a kind that is no text that text is not of it."""
    return False


def kind_of(content: bytes) -> ExportKind | None:
    """Tell the kind of a file that is no text by how it begins; None for text."""
    if spss.is_portable(content):
        return "spss"
    return next((kind for begins, kind in _BEGINS.items() if content.startswith(begins)), None)


def kind_at(beginning: bytes) -> ExportKind | None:
    """Tell the kind of a file by its beginning; None for what cannot be read so."""
    found = kind_of(beginning)
    if found is not None:
        return found
    whole = beginning[: beginning.rfind(b"\n") + 1] or beginning
    try:
        return _tool(text.cells(Source(whole), Options()))
    except InputError:
        return None


def of_cells(cells: Cells, options: Options, kind: ExportKind | None = None) -> Export:
    """Read cells, of a text file or a worksheet, as the tool lays them out that its headers tell."""
    if kind is None and options.header_rows is not None:
        kind = "csv"
    found = _tool(cells) if kind is None else kind
    recognised, read = TOOLS.get(found, (_never, plain.read))
    if not recognised(cells):
        raise _other_kind(found)
    return read(cells, options)


def _other_kind(kind: str) -> InputError:
    """Make the error about a file that is not of the kind that the caller says."""
    return InputError(
        "kind",
        allowed="the tool that wrote the file",
        received=f"{kind!r}, which the file is not",
        fix="Leave kind= out: the file says what it is.",
    )
