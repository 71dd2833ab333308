"""The columns that a result holds, and the rows that are made of them when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np

from credbenefits._frozen import Frozen
from credbenefits.results.base import RowsResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class Columns(Frozen, Generic[Row]):
    """Read-only columns of one length, one for each field of a row.

    ``columns["count"]`` is one of them, ``len(columns)`` the number of rows. Equal columns make equal rows,
    and the other way round.

    Attributes
    ----------
    row : type
        The class of a row.
    values : mapping of str to array or tuple
        A column for each field of a row, in the order of the fields: numbers as an array of the shape
        (rows,), all else as a tuple of as many values that nobody can change.
    """

    row: type[Row]
    values: Mapping[str, Any]

    def __post_init__(self) -> None:
        # `frozen` would look at every cell of the tuples, which are frozen as they are.
        object.__setattr__(self, "values", MappingProxyType({k: _kept(v) for k, v in self.values.items()}))

    @classmethod
    def of(cls, row: type[Row], rows: Iterable[Row]) -> Self:
        """Return the columns of rows."""
        held = tuple(rows)
        columns = {f.name: [getattr(one, f.name) for one in held] for f in fields(row)}  # type: ignore[arg-type]
        return cls(row, {name: _typed(column) for name, column in columns.items()})

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows, made once."""
        return tuple(map(self.row, *(self.cells(f.name) for f in fields(self.row))))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - an array or a tuple
        return self.values[name]

    def cells(self, name: str) -> list[Any]:
        """Return one column as a list of plain numbers or whatever it holds."""
        column = self.values[name]
        return column.tolist() if isinstance(column, np.ndarray) else list(column)

    def take(self, places: Sequence[int]) -> Self:
        """Return the columns of some of the rows."""
        return type(self)(self.row, {name: _taken(column, places) for name, column in self.values.items()})


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ColumnsResult(RowsResult[Row]):
    """Base of the results that hold columns, and make the rows of them when somebody asks."""

    columns: Columns[Row]

    @property
    def rows(self) -> tuple[Row, ...]:
        """One per number, in the order asked for; made of the columns when first asked for."""
        return self.columns.rows

    @property
    def weighted(self) -> bool:
        """Whether weights were used."""
        return any("weighted" in flags for flags in self.columns["flags"])

    def __len__(self) -> int:
        return len(self.columns)

    def _called(self) -> Iterable[tuple[object, ...]]:
        return zip(*(self.columns[name] for name in self._NAMED_BY), strict=True)


def _kept(column: Any) -> Any:  # noqa: ANN401 - an array or a sequence
    if not isinstance(column, np.ndarray):
        return tuple(column)
    if column.flags.writeable or column.base is not None:
        column = column.copy()
        column.setflags(write=False)
    return column


def _typed(column: list[Any]) -> Any:  # noqa: ANN401 - an array or a tuple
    kinds = {type(value) for value in column}
    return np.array(column) if kinds in ({int}, {float}) else tuple(column)


def _taken(column: Any, places: Sequence[int]) -> Any:  # noqa: ANN401 - an array or a tuple
    if isinstance(column, np.ndarray):
        return column[np.asarray(places, dtype=np.int64)]
    return tuple(column[place] for place in places)
