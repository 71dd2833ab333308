"""From the survey tool's own file to rows and a codebook: finds the kind of the file and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits import _validation as check
from credbenefits._typing import Decimal, ExportKind, KeptRows
from credbenefits.exports import text
from credbenefits.exports.kinds import plain
from credbenefits.exports.source import Cells, Options, Source, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import IO

    from credbenefits.results.export import Export

#: How files begin that are no text. A reader of them takes the source and the options.
_BEGINS: Mapping[bytes, ExportKind] = {
    b"PK\x03\x04": "excel",
    b"\xd0\xcf\x11\xe0": "excel",
    b"$FL2": "spss",
    b"$FL3": "spss",
    b"<stata_dta>": "stata",
    b"PAR1": "parquet",
}
READERS: Mapping[ExportKind, Callable[[Source, Options], Export]] = {}
#: The tools, each with what tells its first records, asked in this order, and what reads its cells.
TOOLS: Mapping[ExportKind, tuple[Callable[[Cells], bool], Callable[[Cells, Options], Export]]] = {
    "csv": (plain.recognised, plain.read),
}


def read_export(
    path: str | PathLike[str] | bytes | IO[bytes] | IO[str],
    *,
    kind: ExportKind | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: Decimal | None = None,
    keep: Sequence[KeptRows] = (),
) -> Export:
    """Read the file of a survey tool as the tool wrote it.

    Parameters
    ----------
    path : path, bytes or file
        The file; in an archive or compressed too.
    kind : str, optional
        Of which tool or kind it is; by default what its content says.
    delimiter, encoding : str, optional
        What stands between the cells, and how letters are written; by default what its content says.
    decimal : {".", ","}, optional
        What stands before decimals.
    keep : list of {"previews", "tests", "spam"}
        Rows that are kept.

    Returns
    -------
    Export
        Its ``frame`` has the rows.

    Examples
    --------
    >>> import credbenefits as cb
    >>> cb.read_export(b"id,job\\n007,yes\\n").frame
        id  job
    0  007  yes
    """
    if kind is not None:
        check.choice("kind", kind, ExportKind)
    options = Options(delimiter, encoding, decimal, tuple(keep))
    source = opened(path)
    found = kind if kind in READERS else kind_of(source.content)
    if found is not None:
        return READERS[found](source, options)
    return of_cells(text.cells(source, options), options, kind)


def kind_of(content: bytes) -> ExportKind | None:
    """Tell the kind of a file that is no text by how it begins; None for text."""
    return next((kind for begins, kind in _BEGINS.items() if content.startswith(begins)), None)


def of_cells(cells: Cells, options: Options, kind: ExportKind | None = None) -> Export:
    """Read cells, of a text file or a worksheet, as the tool lays them out that its headers tell."""
    found = kind or next(kind for kind, (recognised, _) in TOOLS.items() if recognised(cells))
    return TOOLS[found][1](cells, options)
