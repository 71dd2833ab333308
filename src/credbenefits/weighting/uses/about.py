"""What rows of results are about, as the rows of the effect of weights say it, whatever they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from credbenefits.results.comparisons import ComparisonResult
from credbenefits.results.proportions import ProportionsResult

if TYPE_CHECKING:
    from credbenefits._typing import FloatArray
    from credbenefits.results.comparisons import Contrast
    from credbenefits.results.proportions import Procedure
    from credbenefits.results.transitions import Transition, TransitionsResult

#: What all rows have.
_SHARED = ("count", "n", "n_effective", "base")


class About(NamedTuple):
    """The fields of each row of the effect, and of all rows: people, and degrees of freedom."""

    rows: list[dict[str, Any]]
    n: FloatArray
    df: FloatArray


def about_rows(result: ProportionsResult | ComparisonResult | TransitionsResult) -> About:
    """Say what the rows of a result are about."""
    if isinstance(result, ComparisonResult):
        return _of_comparisons(result)
    columns = result.columns
    df = _df(result.procedure, columns["df"], _size(columns, "") - 1.0)
    if isinstance(result, ProportionsResult):
        own = [
            {"item": row.item, "label": row.label, "level": row.level, "measure": "share", "group": row.group}
            | {"reference": ""}
            for row in result.rows
        ]
    else:
        own = [_of_transition(row, result) for row in result.rows]
    shared = [row | _shared(made) for row, made in zip(own, result.rows, strict=True)]
    return About(shared, columns["n"], df)


def _shared(row: object) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHARED}


def _of_transition(row: Transition, result: TransitionsResult) -> dict[str, Any]:
    both = row.first, row.second
    answers = " to ".join(filter(None, both[:1] if row.measure == "net_change" else both))
    said = f" ({answers})" if answers else ""
    return {
        "item": result.item,
        "label": f"{result.label}: {row.measure}{said}",
        "level": row.second or row.first,
        "measure": row.measure,
        "group": row.group,
        "reference": "",
    }


def _of_comparisons(result: ComparisonResult) -> About:
    columns, by = result.columns, " and ".join(result.by)
    size = _size(columns, "") + _size(columns, "_reference") - 2.0
    rows = [_of_contrast(row, result.comparison, by) | _shared(row) for row in result.rows]
    n = np.minimum(columns["n"], columns["n_reference"])
    return About(rows, n, _df(result.procedure, columns["df"], size))


def _of_contrast(row: Contrast, comparison: str, by: str) -> dict[str, Any]:
    return {
        "item": row.item,
        "label": row.label,
        "level": row.level,
        "measure": comparison,
        "group": ((by, row.group),),
        "reference": row.reference,
    }


def _size(columns: Any, side: str) -> FloatArray:  # noqa: ANN401 - the columns of any result
    """Return effective sizes; the people where they are not known."""
    n, size = columns[f"n{side}"], columns[f"n_effective{side}"]
    made: FloatArray = np.where(np.isfinite(size), np.minimum(size, n), n)
    return made


def _df(procedure: Procedure, df: FloatArray, of_sizes: FloatArray) -> FloatArray:
    """Return degrees of freedom: those of a design, or else those of the effective sizes."""
    of_design = bool(procedure.strata or procedure.clusters or procedure.finite_population)
    return np.where(np.isfinite(df) & of_design, df, of_sizes)
