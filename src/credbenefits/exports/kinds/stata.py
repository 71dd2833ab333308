"""Files of Stata: .dta of any version since 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credbenefits.exports.kinds.labelled import Declared, Meta, Package, read_with

if TYPE_CHECKING:
    from credbenefits.exports.source import Options, Source
    from credbenefits.results.export import Export

#: The day that Stata counts from, and the units of its formats of days and times.
_FIRST = "1960-01-01"
_UNITS = {"%td": "D", "%d": "D", "%tc": "ms"}
#: Versions before 117 begin with their number, the order of the bytes, and a 1.
OLD = tuple(bytes([version, order, 1]) for version in (113, 114, 115) for order in (1, 2))


def read(source: Source, options: Options) -> Export:
    """Read a file of Stata; codes for no answer stay in the rows as .a to .z."""
    return read_with("read_dta", _STATA, source, encoding=options.encoding, user_missing=True)


def _days(written: str) -> tuple[str, str] | None:
    unit = next(
        (unit for begins, unit in _UNITS.items() if written.replace("-", "").startswith(begins)), None
    )
    return None if unit is None else (unit, _FIRST)


def _missing(meta: Meta, name: str) -> Declared:
    """Return the letters that stand in a column of numbers, or have words."""
    if meta.readstat_variable_types.get(name) == "string":
        return Declared()
    letters = [*(meta.missing_user_values or {}).get(name, []), *(meta.variable_value_labels.get(name) or {})]
    return Declared(tuple(dict.fromkeys(f".{each}" for each in letters if isinstance(each, str))))


_STATA = Package("stata", "a file of Stata (.dta) that can be read", _days, _missing)
