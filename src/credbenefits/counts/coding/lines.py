"""Tables that stay where they are: their rows are grouped there, and one line comes back for all alike."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import numpy as np

from credbenefits import _validation as check
from credbenefits.counts.coding.weights import refuse_bad_weights, scaling
from credbenefits.errors import InputError
from credbenefits.frames.answers import columns_of
from credbenefits.frames.boundary import LINE, PERSON, collected, refuse_no_numbers, require_names
from credbenefits.frames.columns import not_one_answer
from credbenefits.frames.people import is_panel_id, refuse_several_rows
from credbenefits.questions.item import Item, Joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from credbenefits._typing import FloatArray
    from credbenefits.frames.boundary import LazyTable, NarwhalsFrame
    from credbenefits.questions.item import Asked

#: Different values of a column that leave its table: of answers and groups, which may be spelled in several
#: ways; of numbers and of several choices in one text; of sampling units.
MOST_ANSWERS, MOST_VALUES, MOST_UNITS = 1_000, 20_000, 100_000
#: Lines that come back at once: some hundred megabytes.
MOST_LINES = 2_000_000


class Column(NamedTuple):
    """A column, the argument that names it, and how many different values of it may leave its table."""

    name: str
    argument: str
    most: int


class Lines(NamedTuple):
    """Lines, in a frame whose column LINE says how many rows each stands for, and their sums of weights."""

    frame: NarwhalsFrame
    weight: FloatArray | None
    square: FloatArray | None


@dataclass(frozen=True)
class Grouping:
    """A lazy table, and the columns by which its rows are grouped whatever is asked.

    Attributes
    ----------
    table : LazyFrame
        The table, of the columns that are named in the call.
    keys : tuple of str
        Columns of groups, subset and design.
    weight : str, optional
        Column of weights. They are divided by 2 to the power `exponent`; `light` says whether some are 0.
    """

    table: LazyTable
    keys: tuple[str, ...]
    weight: str | None = None
    exponent: int = 0
    light: bool = False

    def lines(self, columns: Iterable[Column]) -> Lines:
        """Group the rows by the keys and some columns, and fetch the lines."""
        named = tuple(dict.fromkeys([*self.keys, *(column.name for column in columns)]))
        people, weight, square, heavy = _free(4, [*named, *filter(None, [self.weight])])
        table, by, sums = self.table, list(named), [nw.len().alias(people)]
        if self.weight is not None:
            value = nw.col(self.weight).cast(nw.Float64)
            if self.exponent:  # in two steps, as one power might be no number
                half = self.exponent // 2
                value = value * 2.0**-half * 2.0 ** (half - self.exponent)
            table = table.with_columns(value.alias(weight))
            table = table.with_columns((nw.col(weight) * nw.col(weight)).alias(square))
            sums += [nw.col(weight).sum(), nw.col(square).sum()]
            if self.light:
                table = table.with_columns((nw.col(weight) > 0).alias(heavy))
                by.append(heavy)
        made = collected(table.group_by(by).agg(*sums), MOST_LINES + 1)
        if len(made) > MOST_LINES:
            raise InputError(
                "data",
                allowed=f"a lazy table with at most {MOST_LINES:,} crossings of {check.listing(named)}",
                received="more",
                fix="Cross fewer groups, name fewer units, or ask for fewer columns in one question.",
            )
        # In the type that every engine's counts and sums have.
        sizes = made[people].cast(nw.Int64).alias(LINE)
        frame = made.select(*named).with_columns(sizes)
        if self.weight is None:
            return Lines(frame, None, None)
        return Lines(frame, *(np.array(made[name].to_numpy(), dtype=np.float64) for name in (weight, square)))


def _free(n: int, taken: Sequence[str]) -> list[str]:
    """Return names that no column has."""
    end = "_" * max(map(len, taken), default=0)
    return [f"n{k}{end}" for k in range(n)]


def asked_columns(question: Asked, argument: str) -> list[Column]:
    """Return the columns of a question."""
    if isinstance(question, Joined):
        return [column for item in question.leaves for column in asked_columns(item, argument)]
    many = question.by_size if isinstance(question, Item) else not question.block
    return [Column(name, argument, MOST_VALUES if many else MOST_ANSWERS) for name in columns_of(question)]


def grouping(
    table: LazyTable, keys: Sequence[Column], columns: Sequence[Column], weights: object
) -> Grouping:
    """Look once at each column of a lazy table that is named, and return what groups its rows."""
    if weights is not None and not isinstance(weights, str):
        raise InputError(
            "weights",
            allowed="a column of weights, with a lazy table",
            received=type(weights).__name__,
            fix="Name its column. Weights of people or rows need the rows: collect the table for them.",
        )
    names = table.collect_schema().names()
    for name, argument, _ in (*columns, *keys):
        require_names(names, [name], argument)
    result = _weighed(Grouping(table, tuple(dict.fromkeys(key.name for key in keys)), weights))
    for column in dict.fromkeys([*keys, *columns]):
        _refuse_too_many(table, column)
    return result


def _weighed(made: Grouping) -> Grouping:
    """Look at the rows and weights, and say how these are scaled and whether some are 0."""
    table, weights = made.table, made.weight
    schema, sums = table.collect_schema(), {"rows": nw.len()}
    if weights is not None:
        require_names(schema.names(), [weights], "weights")
        refuse_no_numbers(weights, schema[weights], "weights")
        value = nw.col(weights).cast(nw.Float64)
        # A missing weight is not at least 0, and engines hold what is no number larger than any.
        sums["good"] = _rows_where((value >= 0) & (value <= sys.float_info.max))
        sums["zero"] = _rows_where(value == 0)
        sums["largest"] = value.max()
    if PERSON in schema and schema[PERSON].is_integer():
        sums |= {"people": nw.col(PERSON).n_unique(), "person": nw.col(PERSON).max()}
    line = collected(table.select(*(each.alias(name) for name, each in sums.items())), 1)
    seen = {name: line[name].to_list()[0] for name in sums}
    n = int(seen["rows"])
    if not n:
        raise InputError(
            "data",
            allowed="a frame with at least one row",
            received=f"a lazy table of 0 rows and {len(schema)} columns",
            fix="Check how it was read or filtered.",
        )
    if is_panel_id(seen.get("person")):
        refuse_several_rows(n, int(seen["people"]))
    if weights is None:
        return made
    refuse_bad_weights(weights, n - int(seen["good"]))
    exponent = scaling(float(seen["largest"]))
    return replace(made, exponent=exponent, light=bool(exponent or seen["zero"]))


def _rows_where(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1).otherwise(0).sum()


def _refuse_too_many(table: LazyTable, column: Column) -> None:
    """Refuse a column of which more different values would leave the table than may."""
    name, argument, most = column
    kind = table.collect_schema()[name]
    if isinstance(kind, (nw.List, nw.Array, nw.Struct)):
        raise not_one_answer(name, kind, argument)
    (size,) = _free(1, [name])
    # Engines group faster than they look for what is unique.
    values = table.group_by(name).agg(nw.len().alias(size))
    if len(collected(values, most + 1)) > most:
        raise InputError(
            argument,
            allowed=f"a column of at most {most:,} different values, in a lazy table",
            received=f"{name!r} with more",
            fix="Group its values where the table is: numbers can be cut there, or compared with a limit.",
        )
