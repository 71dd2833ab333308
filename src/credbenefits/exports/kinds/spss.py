"""Files of SPSS: .sav, .zsav and .por."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from credbenefits.errors import InputError
from credbenefits.exports.kinds.labelled import Declared, Meta, Package, code, read_with

if TYPE_CHECKING:
    from credbenefits.exports.source import Options, Source
    from credbenefits.results.export import Export

#: The first day of the calendar that SPSS counts seconds from.
_FIRST = "1582-10-14"
_DAYS = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "DATETIME", "YMDHMS")
#: A portable file names itself in its first lines, whatever stands before.
PORTABLE = b"SPSS PORT FILE"
_BLANKED = "A portable file: what SPSS declares to be no answer came as blank cells."


def read(source: Source, options: Options) -> Export:
    """Read a file of SPSS; codes for no answer stay in the rows."""
    if is_portable(source.content):
        if options.encoding is not None:
            raise InputError(
                "encoding",
                allowed="none for a portable file of SPSS, which says itself how letters are written",
                value=options.encoding,
                fix="Leave it out.",
            )
        export = read_with("read_por", _SPSS, source)
        return replace(export, notes=(_BLANKED, *export.notes))
    return read_with("read_sav", _SPSS, source, encoding=options.encoding, user_missing=True)


def is_portable(content: bytes) -> bool:
    """Tell a portable file, which has a page of marks and its own name at the top."""
    return PORTABLE in content[:400].replace(b"\r", b"").replace(b"\n", b"")


def _days(written: str) -> tuple[str, str] | None:
    return ("s", _FIRST) if written.rstrip("0123456789.") in _DAYS else None


def _missing(meta: Meta, name: str) -> Declared:
    pairs = [(each["lo"], each["hi"]) for each in (meta.missing_ranges or {}).get(name, [])]
    return Declared(
        tuple(code(low) for low, high in pairs if low == high),
        tuple((low, high) for low, high in pairs if low != high),
    )


_SPSS = Package("spss", "a file of SPSS (.sav, .zsav or .por) that can be read", _days, _missing)
