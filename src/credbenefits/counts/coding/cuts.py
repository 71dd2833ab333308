"""Where a column of numbers is cut, and what its bins are called: for groups, and for covariates."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from credbenefits import _validation as check
from credbenefits.errors import InputError
from credbenefits.frames.columns import MOST_LEVELS
from credbenefits.frames.names import listed
from credbenefits.questions.spelling import label, text_as_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from credbenefits._typing import Bins, IntArray
    from credbenefits.frames.boundary import NarwhalsFrame
    from credbenefits.frames.columns import Categories
    from credbenefits.questions.item import ItemLike

#: A column with more different numbers than this is cut.
MOST_NUMBERS = 12
#: Groups of a column of numbers, unless `bins` says otherwise.
GROUPS = 5
#: Edges that the steps name one by one; the recipe has them all.
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class BinRule:
    """How columns are cut: what was asked for each, and into how many groups others are (0: not at all)."""

    groups: int
    by_column: Mapping[str, int | tuple[float, ...]]

    def of(self, *names: str) -> int | tuple[float, ...] | None:
        """Return what was asked for a column, by the first of its names that was given."""
        return next((self.by_column[name] for name in names if name in self.by_column), None)


@dataclass(frozen=True, slots=True)
class Cut:
    """A column of numbers in groups: the numbers at which a new group begins, and the groups' names.

    `group` is the group of each number, in order of size; `asked` how many groups were asked for (0
    where edges were given).
    """

    edges: tuple[float, ...]
    group: IntArray
    labels: tuple[str, ...]
    asked: int

    @property
    def words(self) -> str:
        """Where the column was cut, and whether there are fewer groups than were asked for."""
        reported = f"cut at {', '.join(label(edge) for edge in self.edges[:MOST_SHOWN])}"
        more = len(self.edges) - MOST_SHOWN
        reported += f" and {more} more" if more > 0 else ""
        n = len(self.labels)
        fewer = f" ({n} groups, not {self.asked}: many people share a value)"
        return reported + (fewer if n < self.asked else "")


def check_bins(
    bins: Bins, known: Collection[str], where: str = "covariates= or check=", *, others: int = GROUPS
) -> BinRule:
    """Check `bins`: a number of groups, or a mapping of column to that or to edges.

    `known` are the columns that `where` names, `others` the number of groups of those without an entry.
    """
    if not isinstance(bins, Mapping):
        if isinstance(bins, Iterable) and not isinstance(bins, str):
            raise InputError(
                "bins",
                allowed="a number of groups, or a mapping of column to edges",
                value=bins,
                fix="Name the column: bins={'age': [25, 35, 50]}.",
            )
        return BinRule(_groups(bins), {})
    asked: dict[str, int | tuple[float, ...]] = {}
    for name, wanted in bins.items():
        check.column("bins", name, sorted(known), where)
        asked[name] = _of_column(name, wanted)
    return BinRule(others, asked)


def check_group_bins(bins: Bins | None, by: Collection[ItemLike]) -> BinRule:
    """Check `bins` beside `by`: only columns can be cut, and without an entry they are not."""
    columns = [entry for entry in by if isinstance(entry, str)]
    if bins is None:
        return BinRule(0, {})
    if not columns:
        raise InputError(
            "bins",
            allowed="bins of a column of numbers that by= names",
            value=bins,
            fix="Name the column itself: by='age'.",
        )
    return check_bins(bins, columns, "by=", others=0)


def _of_column(name: str, wanted: object) -> int | tuple[float, ...]:
    if isinstance(wanted, (str, Mapping)) or not isinstance(wanted, Iterable):
        return _groups(wanted, name)
    return _edges(name, tuple(wanted))


def _groups(value: object, name: str = "") -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 2 <= value <= MOST_LEVELS:
        return int(value)
    edges = f", or a list of edges, for {name!r}" if name else ""
    example = f"{{{name!r}: {GROUPS}}}" if name else str(GROUPS)
    raise InputError(
        "bins",
        allowed=f"a number of groups from 2 to {MOST_LEVELS}{edges}",
        value=value,
        fix=f"For example bins={example}.",
    )


def _edges(name: str, edges: tuple[object, ...]) -> tuple[float, ...]:
    numbers = [e.item() if isinstance(e, np.generic) else e for e in edges]
    real = [e for e in numbers if isinstance(e, Real) and not isinstance(e, bool) and math.isfinite(e)]
    if len(numbers) >= MOST_LEVELS:
        raise InputError(
            "bins",
            allowed=f"edges that make at most {MOST_LEVELS} groups",
            received=f"{len(numbers):,} edges of {name!r}",
            fix="Cut at fewer numbers.",
        )
    if not real or len(real) < len(numbers) or any(b <= a for a, b in pairwise(real)):
        raise InputError(
            "bins",
            allowed=f"finite, increasing numbers as edges of {name!r}",
            received=list(numbers),
            fix="Give the numbers at which a new group begins, such as "
            "[25, 35, 50]; the first and the last group are open.",
        )
    return tuple(real)  # type: ignore[arg-type]


def as_numbers(levels: Sequence[Any]) -> list[Any] | None:
    """Return the levels as numbers, or None where they are something else; booleans are no numbers.

    Text that is plainly numbers is taken as such.
    """
    text = text_as_numbers(levels)
    if text is not None:
        return text
    if not levels or any(isinstance(v, bool) or not isinstance(v, (int, float, Decimal)) for v in levels):
        return None
    return [float(v) if isinstance(v, Decimal) else v for v in levels]


def numbers_of(
    frame: NarwhalsFrame, categories: Categories, argument: str, *, wanted: bool
) -> tuple[list[Any], IntArray] | None:
    """Return the levels as numbers, in order of size, and the place of each level among them.

    None where they are no numbers, which is refused where they are `wanted`.
    """
    named = isinstance(frame[categories.column].dtype, (nw.Categorical, nw.Enum))
    numbers = None if named else as_numbers(categories.levels)
    if numbers is None:
        if wanted and categories.levels:
            said = listed(categories.labels, categories.sizes(), limit=3)
            raise InputError(
                "bins",
                allowed="columns of numbers",
                received=f"{categories.column!r}, with {said}",
                fix="Leave it out of bins=, or convert it to numbers first.",
            )
        return None
    if any(isinstance(v, float) and np.isinf(v) for v in numbers):
        raise InputError(
            argument,
            allowed="finite numbers",
            received=f"{categories.column!r}, with infinite values",
            fix="Say missing=[float('inf'), float('-inf')], or put numbers in their place.",
        )
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return [numbers[i] for i in order], np.argsort(order)


def cut(numbers: Sequence[Any], sizes: IntArray, wanted: int | tuple[float, ...]) -> Cut:
    """Put different numbers, in order of size, into groups.

    Parameters
    ----------
    numbers : sequence of numbers
        In increasing order.
    sizes : array
        People with each number, none of them 0.
    wanted : int or tuple of numbers
        How many groups, of about the same number of people; or the numbers at which a new group begins.
    """
    whole = all(isinstance(v, int) or float(v).is_integer() for v in numbers)
    edges = wanted if isinstance(wanted, tuple) else _quantiles(numbers, sizes, wanted, whole=whole)
    place = np.array([bisect_right(edges, v) for v in numbers], dtype=np.int64)
    used, group = np.unique(place, return_inverse=True)
    labels = []
    for i in used.tolist():
        first, last = np.searchsorted(place, [i, i + 1])
        labels.append(_range(numbers[first], numbers[last - 1]) if whole else _between(edges, i))
    return Cut(edges, group.reshape(-1), tuple(labels), 0 if isinstance(wanted, tuple) else wanted)


def _quantiles(numbers: Sequence[Any], sizes: IntArray, groups: int, *, whole: bool) -> tuple[float, ...]:
    """Return where groups begin: between the two numbers nearest to each quantile.

    Numbers that many people share take several quantiles to the same place: then there are fewer groups.
    """
    below = np.cumsum(sizes)[:-1]
    if not below.size:
        return ()
    n = int(sizes.sum())
    # In whole numbers, so that no rounding decides between two places that are equally near.
    cuts = sorted({int(np.abs(below * groups - j * n).argmin()) for j in range(1, groups)})
    return tuple(numbers[i + 1] if whole else _shortest(numbers[i], numbers[i + 1]) for i in cuts)


def _shortest(low: float, high: float) -> float:
    """Return the number above `low` and up to `high` that takes the fewest digits to write."""
    for digits in range(1, 17):
        number = float(f"{high:.{digits}g}")
        if low < number <= high:
            return number
    return high


def edge_labels(edges: tuple[float, ...]) -> tuple[str, ...]:
    """Return what the groups are called by the edges alone, whatever numbers there are."""
    return tuple(_between(edges, i) for i in range(len(edges) + 1))


def _range(low: float, high: float) -> str:
    return label(low) if low == high else f"{label(low)} to {label(high)}"


def _between(edges: tuple[float, ...], place: int) -> str:
    if not edges:
        return "any number"
    if place == 0:
        return f"below {label(edges[0])}"
    if place == len(edges):
        return f"{label(edges[-1])} or more"
    return f"{label(edges[place - 1])} to below {label(edges[place])}"
