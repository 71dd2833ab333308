"""Every number of a brief in one JSON file, for programs: docs/results-json.md says what each field means."""

from __future__ import annotations

import json
import math
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from credbenefits._text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credbenefits.results.output import DataFrame

#: The name and version of the format. The number goes up when a field is renamed, removed, or means something
#: else; fields that are added leave it.
SCHEMA = "credbenefits.results/1"

#: Whatever the numbers depend on, beside Python.
_PACKAGES = ("credbenefits", "numpy", "scipy", "pandas")


def results_json(title: str, tables: Mapping[str, DataFrame]) -> bytes:
    """Write the tables of a brief as JSON; the same tables give the same bytes."""
    return _written(
        {
            "schema": SCHEMA,
            "title": printable(title),
            "versions": {**{name: _version(name) for name in _PACKAGES}, "python": platform.python_version()},
            "study": None,
            "inputs": [],
            "results": {name: _records(frame) for name, frame in tables.items() if len(frame)},
        }
    )


def with_sources(made: bytes, study: Mapping[str, str], inputs: Sequence[Mapping[str, str]]) -> bytes:
    """Name in it the study file and the data files that the numbers were made from, with their SHA-256."""
    return _written(json.loads(made) | {"study": study, "inputs": inputs})


def _written(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # copied, not installed
        return None


def _records(frame: DataFrame) -> list[dict[str, object]]:
    names = [printable(str(name)) for name in frame.columns]
    columns = [
        _cells(name, frame.iloc[:, place].tolist(), frame.iloc[:, place].isna().tolist())
        for place, name in enumerate(names)
    ]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _cells(name: str, values: list[Any], missing: list[bool]) -> list[object]:
    cells = [None if gone else _cell(value) for value, gone in zip(values, missing, strict=True)]
    return [_flags(cell) for cell in cells] if name == "flags" else cells


def _cell(value: Any) -> object:  # noqa: ANN401 - whatever stands in a column
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isinf(value):  # JSON has no word for it
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (bool, int, float)):
        return value
    return printable(str(value))


def _flags(cell: object) -> list[str]:
    return [flag for flag in str(cell or "").split(", ") if flag]
